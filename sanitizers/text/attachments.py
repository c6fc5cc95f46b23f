"""Writes the files of a mail to `out`, decoded, and lists them as members.

Decoding is streamed: an attachment is never in memory as a whole. What a file is worth
is judged in a child of its own; nothing here looks into it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_PARTS
from sanitizers.model import Member, Output
from sanitizers.names import clean_name
from sanitizers.reasons import ReasonCode
from sanitizers.text.fields import split_fields
from sanitizers.text.headers import decode_subject
from sanitizers.text.mime import Entity
from sanitizers.text.transfer import Defects, decoded

#: An attached mail without a subject.
MAIL_NAME: Final = "転送メール.eml"
#: A multipart body that can be read only as a mail of its own.
WRAPPED_NAME: Final = "本文.eml"
#: Decoded bytes of an attached mail in which its Subject is looked for.
_SUBJECT_BYTES: Final = 64_000
_BLANK: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_CHARSET: Final = re.compile(r"[A-Za-z0-9._:+-]{1,40}")


class Attachments:
    """The members of one mail, in the order of its tree."""

    def __init__(self, data: memoryview, out: Output, findings: Findings) -> None:
        self._data = data
        self._out = out
        self._findings = findings
        self._names: dict[int, str] = {}
        self.members: list[Member] = []

    def name_of(self, entity: Entity) -> str:
        """The cleaned file name of `entity`, or ""."""
        if entity.index not in self._names:
            raw = file_name(entity)
            name = clean_name(raw) if raw else ""
            if name != raw:
                self._findings.add(Kind.FILE_NAME, Action.NEUTRALIZED, where=entity.where)
            self._names[entity.index] = name
        return self._names[entity.index]

    def add(
        self, entity: Entity, *, inline: bool = False, name: str = "", claimed_type: str = ""
    ) -> None:
        """Decode `entity`'s body to `out` as a member."""
        self.add_encoded(
            self._data[entity.start : entity.end],
            entity.encoding,
            where=entity.where,
            name=name or self.name_of(entity),
            claimed_type=claimed_type or entity.content_type,
            parameters=entity.parameters,
            inline=inline,
        )

    def add_encoded(
        self,
        data: memoryview,
        encoding: str,
        *,
        where: str,
        name: str,
        claimed_type: str,
        parameters: Mapping[str, str],
        inline: bool = False,
        head: bytes = b"",
    ) -> None:
        """Write `head` and the decoded `data` to `out` as a member."""
        if self._is_full(where):
            return
        offset = self._out.tell()
        defects = Defects()
        if head:
            self._out.write(head)
        for piece in decoded(data, encoding, defects):
            self._out.write(piece)
        if defects.count:
            self._findings.add(Kind.MIME_DEFECT, Action.NOTED, where=where)
        charset = parameters.get("charset", "")
        self.members.append(
            Member(
                name=name,
                claimed_type=claimed_type,
                claimed_charset=charset if _CHARSET.fullmatch(charset) else "",
                offset=offset,
                size=self._out.tell() - offset,
                inline=inline,
            )
        )

    def add_withheld(self, entity: Entity, reason: ReasonCode) -> None:
        """List `entity` without its bytes."""
        if self._is_full(entity.where):
            return
        self._findings.add(Kind.WITHHELD_PART, Action.REMOVED, where=entity.where)
        self.members.append(
            Member(
                name=self.name_of(entity),
                claimed_type=entity.content_type,
                claimed_charset="",
                offset=self._out.tell(),
                size=0,
                withheld=reason.value,
            )
        )

    def _is_full(self, where: str) -> bool:
        """Whether MAX_PARTS is reached; the last member then stands for all further ones."""
        if len(self.members) < MAX_PARTS - 1:
            return False
        self._findings.add(Kind.WITHHELD_PART, Action.REMOVED, where=where)
        if len(self.members) < MAX_PARTS:
            self.members.append(
                Member(
                    name="",
                    claimed_type="",
                    claimed_charset="",
                    offset=self._out.tell(),
                    size=0,
                    withheld=ReasonCode.TOO_MANY_PARTS.value,
                )
            )
        return True

    def add_wrapped(self, entity: Entity) -> None:
        """A multipart that was encoded as a whole: decoded under its own Content-Type."""
        self.add_encoded(
            self._data[entity.start : entity.end],
            entity.encoding,
            where=entity.where,
            name=WRAPPED_NAME,
            claimed_type="message/rfc822",
            parameters={},
            head=b"Content-Type: " + entity.raw_type + b"\r\n\r\n",
        )

    def add_mail(self, entity: Entity) -> None:
        """An attached mail, named after its file name or its Subject. It is not parsed."""
        name = self.name_of(entity)
        if not name:
            subject = self._subject_of(entity)
            name = clean_name(subject, extension=".eml") if subject else MAIL_NAME
        self.add(entity, name=name, claimed_type="message/rfc822")

    def _subject_of(self, entity: Entity) -> str:
        head = bytearray()
        for piece in decoded(self._data[entity.start : entity.end], entity.encoding, Defects()):
            head += piece[: _SUBJECT_BYTES - len(head)]
            break
        end = _BLANK.search(head)
        fields, _, _ = split_fields(bytes(head[: end.start()] if end is not None else head))
        raw = next((value for name, value in fields if name == b"subject"), b"")
        return decode_subject(raw, Findings(), where="header subject")


def file_name(entity: Entity) -> str:
    """The sender's name for the file: RFC 2183 2.3, else the older `name` of the type."""
    return entity.disposition_parameters.get("filename") or entity.parameters.get("name", "")
