"""Writes a mail's attachments to the output, undone from their transfer encodings.

Each one becomes a `Member`: a range of the output, with the name, type and charset that
its sender claims. Nothing is judged here but names: what a member is and whether it may
cross is found out in a child of its own. This module must never hold a whole large part
in memory.
"""

from __future__ import annotations

import re
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

#: Members of one mail. The item's own rows (mail, notice files) need room under MAX_PARTS.
MAX_MEMBERS: Final = MAX_PARTS - 50
#: Bytes of an attached mail in which its Subject is looked for.
MAX_PEEK_BYTES: Final = 64 * 1024

_CHARSET: Final = re.compile(r"[\x21-\x7e]{1,60}")
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n|\r\r")
_SLASHES: Final = str.maketrans({"/": "／", "\\": "＼"})  # no folders in a subject
#: Types of a whole attached mail (RFC 2046 5.2.1, RFC 6532 3.7, and news).
MAIL_TYPES: Final = frozenset({"message/rfc822", "message/global", "message/news"})
#: Names of parts that mailers send without one: type -> our own name.
_USUAL_NAMES: Final = {
    "text/calendar": "invite.ics",  # RFC 5545
    "text/vcard": "card.vcf",  # RFC 6350
    "text/x-vcard": "card.vcf",
    "text/rfc822-headers": "headers.txt",  # RFC 6522 4
}


class Members:
    """The members of one mail, in the order of its tree, at most `MAX_MEMBERS`."""

    def __init__(self, data: memoryview, out: Output, findings: Findings) -> None:
        self._data = data
        self._out = out
        self._findings = findings
        self._found: list[Member] = []
        self._full = False

    def freeze(self) -> tuple[Member, ...]:
        """All members."""
        return tuple(self._found)

    def add(self, entity: Entity, *, inline: bool = False) -> None:
        """Write the decoded body of `entity` and keep it as a member."""
        if entity.withheld is not None:
            self.withhold(entity, entity.withheld)
            return
        if self._has_no_room():
            return
        name = file_name(entity)
        offset = self._out.tell()
        defects = Defects()
        head = b""
        for piece in decoded(self._data[entity.start : entity.end], entity.encoding, defects):
            if not head:
                head = bytes(piece[:MAX_PEEK_BYTES])
            self._out.write(piece)
        size = self._out.tell() - offset
        if defects.count:
            self._findings.add(Kind.MIME_DEFECT, Action.NOTED, where=entity.where)
        if not size and not name:
            self._findings.add(Kind.MIME_DEFECT, Action.NOTED, where=entity.where)
            return
        claimed = entity.content_type
        if claimed in MAIL_TYPES:
            claimed = "message/rfc822"
            cleaned = self._clean(name, entity.where) if name else _mail_name(head)
        else:
            usual = _USUAL_NAMES.get(claimed, "")
            cleaned = self._clean(name, entity.where) if name else usual
        self._keep(cleaned, claimed, entity, offset=offset, size=size, inline=inline)

    def add_bytes(self, name: str, content: memoryview, encoding: str, *, where: str) -> None:
        """Keep a file that stood inside a text (uuencode) as a member."""
        if self._has_no_room():
            return
        offset = self._out.tell()
        defects = Defects()
        for piece in decoded(content, encoding, defects):
            self._out.write(piece)
        if defects.count:
            self._findings.add(Kind.MIME_DEFECT, Action.NOTED, where=where)
        self._found.append(
            Member(
                name=self._clean(name, where) if name else "",
                claimed_type="application/octet-stream",
                claimed_charset="",
                offset=offset,
                size=self._out.tell() - offset,
            )
        )

    def withhold(self, entity: Entity, code: ReasonCode) -> None:
        """A member of which nothing crosses but that it was there."""
        if code is ReasonCode.TOO_MANY_PARTS:
            self._overflow()
        elif not self._has_no_room():
            name = file_name(entity)
            cleaned = self._clean(name, entity.where) if name else ""
            offset = self._out.tell()
            self._keep(cleaned, entity.content_type, entity, offset=offset, size=0, code=code)

    def _has_no_room(self) -> bool:
        if len(self._found) >= MAX_MEMBERS - 1:
            self._overflow()
        return self._full

    def _overflow(self) -> None:
        """One placeholder stands for everything over the limit."""
        if self._full:
            return
        self._full = True
        self._found.append(
            Member(
                name="",
                claimed_type="",
                claimed_charset="",
                offset=self._out.tell(),
                size=0,
                withheld=ReasonCode.TOO_MANY_PARTS.value,
            )
        )

    def _keep(
        self,
        name: str,
        claimed: str,
        entity: Entity,
        *,
        offset: int,
        size: int,
        inline: bool = False,
        code: ReasonCode | None = None,
    ) -> None:
        charset = entity.parameters.get("charset", "")
        self._found.append(
            Member(
                name=name,
                claimed_type=claimed,
                claimed_charset=charset if _CHARSET.fullmatch(charset) else "",
                offset=offset,
                size=size,
                inline=inline,
                withheld=code.value if code is not None else "",
            )
        )

    def _clean(self, name: str, where: str) -> str:
        cleaned = clean_name(name)
        if cleaned != name:
            self._findings.add(Kind.FILE_NAME, Action.NEUTRALIZED, where=where)
        return cleaned


def file_name(entity: Entity) -> str:
    """The name that the sender gave a part, decoded but not yet cleaned, or ""."""
    name = entity.disposition_parameters.get("filename", "").strip()
    name = name or entity.disposition_parameters.get("name", "").strip()
    name = name or entity.parameters.get("name", "").strip()
    name = name or entity.parameters.get("filename", "").strip()
    if not name and entity.disposition == "attachment" and entity.content_location:
        name = entity.content_location.rpartition("/")[2].strip()  # RFC 2557, old mailers
    return name


def _mail_name(head: bytes) -> str:
    """A name for an attached mail, from the Subject in its first bytes."""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    blank = _BLANK_LINE.search(head)
    fields, _, _ = split_fields(head[: blank.start()] if blank is not None else head)
    raw = next((value for name, value in fields if name == b"subject"), b"")
    # What is found while peeking is reported by the attached mail's own child.
    subject = decode_subject(raw, Findings(), where="") if raw else ""
    return clean_name(subject.translate(_SLASHES), extension=".eml", default="転送メール")
