"""The table directory of an sfnt: read leniently, written by the letter (OpenType 1.9, "otff")."""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.pdf._font_errors import BadFont

MAX_TABLES: Final = 100
_CHECKSUM: Final = 0xB1B0AFBA  # of the whole file, when `head` has its adjustment


def read_directory(data: bytes) -> dict[bytes, bytes]:
    """The tables of an sfnt by their tags.

    Raises:
        BadFont: no directory.
    """
    if len(data) < 12:
        raise BadFont("directory")
    count = struct.unpack_from(">H", data, 4)[0]
    if not 1 <= count <= MAX_TABLES or len(data) < 12 + 16 * count:
        raise BadFont("directory")
    tables: dict[bytes, bytes] = {}
    for index in range(count):
        tag, _, offset, length = struct.unpack_from(">4sIII", data, 12 + 16 * index)
        # Producers cut the last table's padding, sometimes a little more: what is there counts.
        if offset <= len(data):
            tables.setdefault(tag, data[offset : offset + length])
    return tables


def write_directory(version: bytes, tables: dict[bytes, bytes]) -> bytes:
    """An sfnt: sorted directory, checksums, padding of zeros; `head` gets its adjustment."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    offset = 12 + 16 * count
    rows, bodies, at_head, total = [], [], 0, 0
    for tag in sorted(tables):
        body = tables[tag]
        padded = body + bytes(-len(body) % 4)
        checksum = _checksum(padded)
        rows.append(struct.pack(">4sIII", tag, checksum, offset, len(body)))
        bodies.append(padded)
        total += checksum
        if tag == b"head":
            at_head = offset
        offset += len(padded)
    front = version + struct.pack(
        ">HHHH", count, power * 16, power.bit_length() - 1, (count - power) * 16
    )
    front += b"".join(rows)
    whole = bytearray(front + b"".join(bodies))
    if at_head:
        adjustment = (_CHECKSUM - total - _checksum(front)) & 0xFFFFFFFF
        struct.pack_into(">I", whole, at_head + 8, adjustment)
    return bytes(whole)


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}I", data)
    return sum(words) & 0xFFFFFFFF
