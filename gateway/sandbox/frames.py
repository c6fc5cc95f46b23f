"""The frame that a sandbox child answers with: what the child writes.

The worker believes none of it before `replies.decode` has checked every field.

Frame: magic, u32 number of records; a record: u8 tag, u8 number of fields; a field:
u32 length, bytes. Little endian. The frame ends exactly where the last field ends.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.findings import Finding
from sanitizers.model import Cleaned, Needs, Split
from sanitizers.reasons import ReasonCode

MAGIC: Final = b"MGK1"
#: The largest reply: a mail text of 2 million characters in UTF-8, and its members.
MAX_REPLY_BYTES: Final = 16_000_000
_MAX_DETAIL: Final = 300


class _Writer:
    def __init__(self) -> None:
        self._out = bytearray(MAGIC + b"\0\0\0\0")
        self._count = 0

    def record(self, tag: bytes, *fields: str | int) -> None:
        self._out += tag
        self._out.append(len(fields))
        for value in fields:
            data = str(value).encode("utf-8", "replace")
            self._out += struct.pack("<I", len(data))
            self._out += data
        self._count += 1

    def findings(self, findings: tuple[Finding, ...]) -> None:
        for f in findings:
            self.record(b"F", f.kind, f.action, f.count, f.where, f.sha256 or "")

    def frame(self) -> bytes:
        struct.pack_into("<I", self._out, len(MAGIC), self._count)
        return bytes(self._out)


def encode_identified(media_type: str, program: bool, findings: tuple[Finding, ...]) -> bytes:
    """Reply of `identify`."""
    w = _Writer()
    w.record(b"I", media_type, int(program))
    w.findings(findings)
    return w.frame()


def encode_withheld(code: ReasonCode, detail: str) -> bytes:
    """Reply when the part must not cross."""
    w = _Writer()
    w.record(b"W", code, detail[:_MAX_DETAIL])
    return w.frame()


def encode_verified() -> bytes:
    """Reply of `verify` when the grammar consumed everything."""
    w = _Writer()
    w.record(b"V")
    return w.frame()


def encode_cleaned(cleaned: Cleaned, size: int) -> bytes:
    """Reply of `clean` for a file, and of `assemble`."""
    w = _Writer()
    w.record(b"O", cleaned.text, cleaned.media_type, cleaned.extension, cleaned.method, size)
    for name, value in cleaned.parameters.items():
        w.record(b"P", name, value)
    w.findings(cleaned.findings)
    return w.frame()


def encode_split(split: Split) -> bytes:
    """Reply of `clean` for a container."""
    w = _Writer()
    w.record(b"S", split.text, split.kind)
    for name, value in split.headers:
        w.record(b"H", name, value)
    for m in split.members:
        w.record(
            b"M", m.name, m.folder, m.claimed_type, m.claimed_charset, m.offset, m.size,
            int(m.inline), int(m.beside), m.withheld,
        )  # fmt: skip
    for key, value in split.facts.items():
        w.record(b"A", key, value)
    w.findings(split.findings)
    return w.frame()


def encode_needs(needs: Needs) -> bytes:
    """Reply of `clean` when a program must convert the output first."""
    w = _Writer()
    w.record(b"N", needs.tool, needs.target, needs.source)
    w.findings(needs.findings)
    return w.frame()
