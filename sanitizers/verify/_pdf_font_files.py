"""Font programs of rebuilt documents: structure walked to the last byte.

TrueType and OpenType (OpenType 1.9): the table directory, tables of a list, no gaps, right
checksums, and no instructions. CFF (Adobe TN 5176): header and the INDEX structures.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_objects import Value

#: Tables that a viewer needs to draw; none of them holds instructions or free text.
TABLES: Final = frozenset(
    {
        b"CFF ", b"OS/2", b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name",
        b"post", b"vhea", b"vmtx", b"VORG",
    }
)  # fmt: skip
_VERSIONS: Final = frozenset({b"\0\1\0\0", b"OTTO", b"true"})


def check_sfnt(data: bytes) -> None:
    """A TrueType or OpenType file.

    Raises:
        Rejected: another table, a gap, a wrong checksum.
    """
    if len(data) < 12 or data[:4] not in _VERSIONS:
        raise Rejected("version of a font")
    count = int.from_bytes(data[4:6], "big")
    rows = []
    for index in range(count):
        row = data[12 + 16 * index : 28 + 16 * index]
        if len(row) < 16:
            raise Rejected("directory of a font")
        tag, checksum, offset, length = struct.unpack(">4sIII", row)
        if tag not in TABLES:
            raise Rejected("table of a font")
        rows.append((offset, length, tag, checksum))
    if [row[2] for row in rows] != sorted({row[2] for row in rows}):
        raise Rejected("order of a font's tables")
    at = 12 + 16 * count
    for offset, length, tag, checksum in sorted(rows):
        end = offset + length
        padded = end + (-end) % 4
        if offset != at or end > len(data) or any(data[end:padded]):
            raise Rejected("a gap between a font's tables")
        if tag != b"head" and _checksum(data[offset:end]) != checksum:
            raise Rejected("checksum of a font's table")
        at = padded
    if (at != len(data) and at - len(data) >= 4) or at < len(data):
        raise Rejected("data after a font's tables")


def _checksum(table: bytes) -> int:
    padded = table + bytes(-len(table) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF


def check_cff(data: bytes) -> None:
    """A bare CFF font set of one font.

    Raises:
        Rejected: a header or INDEX that does not fit.
    """
    if len(data) < 4 or data[0] != 1 or data[2] != 4:
        raise Rejected("header of a CFF font")
    at = 4
    for index in range(4):  # names, top dictionaries, strings, subroutines
        count, at = _index(data, at)
        if index < 2 and count != 1:
            raise Rejected("a CFF set of several fonts")


def _index(data: bytes, at: int) -> tuple[int, int]:
    count = int.from_bytes(data[at : at + 2], "big")
    if not count:
        return 0, at + 2
    size = data[at + 2] if at + 2 < len(data) else 0
    if not 1 <= size <= 4:
        raise Rejected("INDEX of a CFF font")
    base = at + 3
    last = base + size * count
    end = int.from_bytes(data[last : last + size], "big")
    after = last + size + end - 1
    if after > len(data) or end < 1:
        raise Rejected("INDEX of a CFF font")
    return count, after


def check_type1(data: bytes, head: Mapping[str, Value]) -> None:
    """Type 1 programs do not cross as such: they become CFF."""
    raise Rejected("a Type 1 program")
