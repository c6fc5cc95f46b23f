"""Writes the one kind of archive that crosses: a plain ZIP (PKWARE APPNOTE 6.3.10).

Stored or deflated entries, UTF-8 names, 1 January 1980, no extra fields, comments or
attributes; the same members give the same bytes. A member that does not cross leaves a
short notice in its place. Only verified bytes (`Rebuilt.data`) and our own sentences get
in; names are cleaned once more here by the tree that hands them out.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from sanitizers.archive._names import Tree, with_suffix
from sanitizers.findings import Findings
from sanitizers.identify.labels import label
from sanitizers.model import Output, Rebuilt
from sanitizers.names import clean_name
from sanitizers.reasons import REASONS, ReasonCode
from sanitizers.text.characters import make_harmless
from sanitizers.text.notice_mark import NOTICE_MARK

NOTICE_ENDING: Final = ".お渡しできません.txt"
_MAX_QUOTED: Final = 80  # characters of a sender's words in a notice
#: Already compressed by their own encoders: deflate would only cost time.
_STORED: Final = (
    "application/zip",
    "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.",
    "audio/",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/",
)
_LEVEL: Final = 6  # zlib's own middle between time and size
_TINY: Final = 64  # bytes; below that deflate saves nothing worth a stream

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")  # 4.3.7
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")  # 4.3.12
_END: Final = struct.Struct("<4sHHHHIIH")  # 4.3.16
_VERSION: Final = 20  # 4.4.3.2
_UTF8: Final = 0x800  # 4.4.4, bit 11
_TIME: Final = (0, 0x21)  # 4.4.6: 1980-01-01 00:00
_FOLDER: Final = 0x10  # 4.4.15, the MS-DOS folder attribute

_SCHEME: Final = re.compile(r"(?i)(h)tt(ps?)(?=:|：)")
_LINK: Final = re.compile(r"(?i)\b(?:www|ftp|mailto)[.:]|://")


def write(members: Sequence[Rebuilt], folders: Iterable[str], out: Output) -> None:
    """The ZIP of `members` in their order, `folders` (clean paths) first, to `out`."""
    archive = _Writer(out)
    tree = Tree()
    wanted = [*folders, *(member.folder for member in members)]
    for path in dict.fromkeys(tree.folder(folder) for folder in wanted if folder):
        archive.folder(path)
    for member in members:
        folder = tree.folder(member.folder)
        name = clean_name(member.name)
        if member.data is None:
            path = tree.file(folder, with_suffix(name, NOTICE_ENDING))
            archive.file(path, _notice(member), packed=False)
        else:
            archive.file(
                tree.file(folder, name), member.data, packed=member.media_type.startswith(_STORED)
            )
    archive.finish()


def _notice(member: Rebuilt) -> bytes:
    code = member.reason or ReasonCode.INTERNAL
    lines = (
        f"{NOTICE_MARK}このファイルはお渡しできません。",
        "",
        f"ファイル名: {_quoted(member.name)}",
        f"種類: {label(member.media_type)[0] or '不明'}" if member.media_type else "種類: 不明",
        f"理由: {REASONS[code].ja}",
        "",
    )
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode("utf-8")


def _quoted(words: str) -> str:
    """A sender's words inside a notice: one line, cut, defanged, in brackets."""
    line = " ".join(make_harmless(words, Findings(), multiline=False).split())
    line = _SCHEME.sub(r"\1xx\2", line).replace("「", "｢").replace("」", "｣")
    line = _LINK.sub(lambda found: f"{found[0][:-1]}[{found[0][-1]}]", line)
    return f"「{line[: _MAX_QUOTED - 1] + '…' if len(line) > _MAX_QUOTED else line}」"


class _Writer:
    """Headers and data one after the other; the directory at the end."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._start = out.tell()
        self._directory = bytearray()
        self._count = 0

    def folder(self, path: str) -> None:
        self._entry(path + "/", b"", 0, 0, method=0, attributes=_FOLDER)

    def file(self, path: str, data: bytes | memoryview, *, packed: bool) -> None:
        crc = zlib.crc32(data)
        if not packed and len(data) > _TINY:
            compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
            deflated = compressor.compress(data) + compressor.flush()
            if len(deflated) < len(data):
                self._entry(path, deflated, crc, len(data), method=8, attributes=0)
                return
        self._entry(path, data, crc, len(data), method=0, attributes=0)

    def _entry(
        self,
        path: str,
        data: bytes | memoryview,
        crc: int,
        size: int,
        *,
        method: int,
        attributes: int,
    ) -> None:
        name = path.encode("utf-8")
        offset = self._out.tell() - self._start
        same = (_VERSION, _UTF8, method, *_TIME, crc, len(data), size, len(name))
        self._out.write(_LOCAL.pack(b"PK\x03\x04", *same, 0) + name)
        self._out.write(data)
        self._directory += _CENTRAL.pack(
            b"PK\x01\x02", _VERSION, *same, 0, 0, 0, 0, attributes, offset
        )
        self._directory += name
        self._count += 1

    def finish(self) -> None:
        """Write the central directory and the end record."""
        start, size = self._out.tell() - self._start, len(self._directory)
        self._out.write(self._directory)
        self._out.write(_END.pack(b"PK\x05\x06", 0, 0, self._count, self._count, size, start, 0))
