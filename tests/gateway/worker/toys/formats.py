"""`TOY:<name>` and JSON: containers, wrappers, letters, and files that need a program."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from sanitizers.findings import Action, Finding, Kind
from sanitizers.model import (
    CONVERTED,
    Cleaned,
    Job,
    Member,
    Method,
    Needs,
    Output,
    Rebuilt,
    Sanitizer,
    Split,
    SplitKind,
)
from sanitizers.reasons import PasswordNeeded

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _read(job: Job) -> Any:
    return json.loads(bytes(job.data).split(b"\n", 1)[1])


def _members(raw: list[dict[str, Any]], out: Output) -> tuple[Member, ...]:
    found = []
    for member in raw:
        data = base64.b64decode(member["data"])
        found.append(
            Member(
                name=member.get("name", ""),
                folder=member.get("folder", ""),
                claimed_type=member.get("type", ""),
                claimed_charset="",
                offset=out.tell(),
                size=len(data),
                beside=member.get("beside", False),
                withheld=member.get("withheld", ""),
            )
        )
        out.write(data)
    return tuple(found)


def _noted(kind: Kind, where: str = "") -> tuple[Finding, ...]:
    return (Finding(kind=kind, action=Action.NOTED, where=where),)


def _shown(data: bytes) -> str:
    """Text in one line; anything else by its first bytes."""
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return f"<{data[:4].hex()}>"
    return text.replace("\r", "").replace("\n", "~")


class Box(Sanitizer):
    """A container; put together it is a text that lists what became of each member."""

    media_types = ("test/box",)
    methods = (Method.SANITIZE,)
    outputs = ("text/plain",)

    def clean(self, job: Job, out: Output) -> Split:
        return Split(
            kind=SplitKind.CONTAINER,
            members=_members(_read(job)["members"], out),
            findings=_noted(Kind.COMMENT),
        )

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        raw = _read(job)
        if raw.get("fails"):
            raise ValueError("cannot be put together")
        lines = [f"{raw.get('title', '')}|{'/'.join(job.passwords)}"]
        for m in members:
            reason = m.reason.value if m.reason else ""
            shown = "-" if m.data is None else _shown(bytes(m.data))
            lines.append("|".join((m.folder, m.name, m.media_type, m.outcome, reason, shown)))
        out.write("".join(f"{line}\r\n" for line in lines).encode())
        return Cleaned(
            media_type="text/plain",
            extension=".txt",
            method=Method.SANITIZE,
            findings=_noted(Kind.METADATA),
        )


class Wrap(Sanitizer):
    """Something wrapped, perhaps under a password."""

    media_types = ("test/wrap",)
    methods = (Method.SANITIZE,)
    outputs = ("text/plain",)

    def clean(self, job: Job, out: Output) -> Split:
        raw = _read(job)
        if raw.get("password") and raw["password"] not in job.passwords:
            raise PasswordNeeded
        return Split(
            kind=SplitKind.INNER,
            members=_members([raw], out),
            findings=_noted(Kind.ENCRYPTION),
        )


class Letter(Sanitizer):
    """A mail in another format."""

    media_types = ("test/letter",)
    methods = (Method.TEXT,)
    outputs = ("message/rfc822",)

    def clean(self, job: Job, out: Output) -> Split:
        raw = _read(job)
        return Split(
            headers=(("Subject", raw["subject"]),),
            text=raw["text"],
            members=_members(raw.get("members", []), out),
        )


class Invitation(Sanitizer):
    """Cleaned with a card for the mail's body."""

    media_types = ("test/invitation",)
    methods = (Method.SANITIZE,)
    outputs = ("text/calendar",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        raw = _read(job)
        out.write(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
        return Cleaned(
            media_type="text/calendar",
            extension=".ics",
            method=Method.SANITIZE,
            text=raw["card"],
            parameters={"method": raw["method"]},
        )


class Old(Sanitizer):
    """Needs a program; the bytes to convert are those of its JSON."""

    media_types = ("test/old",)
    tools: ClassVar = {"test/old": "libreoffice"}
    methods = (Method.SANITIZE,)
    outputs = ("text/plain",)

    def clean(self, job: Job, out: Output) -> Needs:
        raw = _read(job)
        out.write(base64.b64decode(raw["data"]))
        return Needs(tool="libreoffice", target=DOCX, findings=_noted(Kind.MACRO))


class Converted(Sanitizer):
    """What the program is expected to write."""

    media_types = (DOCX,)
    tools: ClassVar = {DOCX: "libreoffice"}
    methods = (Method.SANITIZE,)
    outputs = ("text/plain",)

    def clean(self, job: Job, out: Output) -> Cleaned | Needs:
        if bytes(job.data).endswith(b"again"):
            out.write(bytes(job.data))
            return Needs(tool="libreoffice", target=DOCX)
        out.write(f"converted by {job.options[CONVERTED]}\r\n".encode())
        return Cleaned(media_type="text/plain", extension=".txt", method=Method.SANITIZE)


class Bomb(Sanitizer):
    """A thousand members that are one and the same megabyte."""

    media_types = ("test/bomb",)
    methods = (Method.SANITIZE,)
    outputs = ("text/plain",)

    def clean(self, job: Job, out: Output) -> Split:
        out.write(bytes(1_000_000))
        one = Member(name="a.bin", claimed_type="", claimed_charset="", offset=0, size=1_000_000)
        return Split(kind=SplitKind.CONTAINER, members=(one,) * 1000)
