"""Character maps of TrueType fonts of rebuilt documents (OpenType 1.9, "cmap").

Subtables of a list, one after the other without gaps, formats 4, 6 and 12, every field
right and every glyph one that is there.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.verify import Rejected

#: (platform, encoding) → the format that it has.
_FORMATS: Final = {(0, 3): 4, (1, 0): 6, (3, 0): 4, (3, 1): 4, (3, 10): 12}
_LAST: Final = 0x10FFFF


def check_character_maps(table: bytes, count: int) -> None:
    """The whole table of a font of `count` glyphs.

    Raises:
        Rejected: a field or byte that is not of the grammar.
    """
    if len(table) < 4 or table[:2] != b"\0\0":
        raise Rejected("character maps of a font")
    number = int.from_bytes(table[2:4], "big")
    at = 4 + 8 * number
    if not 1 <= number <= len(_FORMATS) or len(table) < at:
        raise Rejected("character maps of a font")
    rows = [struct.unpack_from(">HHI", table, 4 + 8 * index) for index in range(number)]
    keys = [row[:2] for row in rows]
    if keys != sorted(set(keys)) or not set(keys) <= set(_FORMATS):
        raise Rejected("character maps of a font")
    for platform, encoding, offset in rows:
        if offset != at:
            raise Rejected("a gap between character maps")
        try:
            at += _CHECKS[_FORMATS[platform, encoding]](table[at:], count)
        except struct.error as error:
            raise Rejected("a character map that ends early") from error
    if at != len(table):
        raise Rejected("data after the character maps")


def _check_glyphs(glyphs: tuple[int, ...], count: int) -> None:
    if any(glyph >= count for glyph in glyphs):
        raise Rejected("a character of no glyph")


def _trimmed(data: bytes, count: int) -> int:
    """Format 6: all 256 codes of a byte."""
    if struct.unpack_from(">5H", data) != (6, 522, 0, 0, 256):
        raise Rejected("character map 6")
    _check_glyphs(struct.unpack_from(">256H", data, 10), count)
    return 522


def _grouped(data: bytes, count: int) -> int:
    """Format 12: ranges in order."""
    kind, zero, length, language, number = struct.unpack_from(">HHIII", data)
    if (kind, zero, language) != (12, 0, 0) or length != 16 + 12 * number:
        raise Rejected("character map 12")
    if length > len(data):
        raise Rejected("character map 12")
    before = -1
    for first, last, glyph in struct.iter_unpack(">III", data[16:length]):
        if not before < first <= last <= _LAST or glyph + last - first >= count:
            raise Rejected("character map 12")
        before = last
    return int(length)


def _segmented(data: bytes, count: int) -> int:
    """Format 4: segments in order, by a difference or with a list of glyphs each."""
    kind, length, language, twice, *search = struct.unpack_from(">7H", data)
    number = twice // 2
    power = 1 << (number.bit_length() - 1) if number else 0
    wanted = [2 * power, power.bit_length() - 1, 2 * (number - power)]
    if (kind, language) != (4, 0) or twice % 2 or search != wanted or len(data) < length:
        raise Rejected("character map 4")
    words: tuple[int, ...] = struct.unpack_from(f">{4 * number + 1}H", data, 14)
    ends, starts = words[:number], words[number + 1 : 2 * number + 1]
    deltas, ranges = words[2 * number + 1 : 3 * number + 1], words[3 * number + 1 :]
    if words[number] or (starts[-1], ends[-1], deltas[-1], ranges[-1]) != (0xFFFF, 0xFFFF, 1, 0):
        raise Rejected("character map 4")
    if any(start > end for start, end in zip(starts, ends, strict=True)) or any(
        end >= start for end, start in zip(ends, starts[1:], strict=False)
    ):
        raise Rejected("segments of a character map")
    at = 16 + 8 * number
    for index in range(number - 1):
        size = ends[index] - starts[index] + 1
        if ranges[index]:
            if ranges[index] != at - (16 + 6 * number + 2 * index) or deltas[index]:
                raise Rejected("a gap in a character map")
            _check_glyphs(struct.unpack_from(f">{size}H", data, at), count)
            at += 2 * size
        elif (starts[index] + deltas[index] & 0xFFFF) + size > count:
            raise Rejected("a character of no glyph")
    if at != length:
        raise Rejected("data after a character map")
    return int(length)


_CHECKS: Final = {4: _segmented, 6: _trimmed, 12: _grouped}
