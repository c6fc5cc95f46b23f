"""The font of the invisible text layer: two glyphs without area, built from numbers here.

Every character of the layer is drawn as a diagonal there and back, wide or narrow, which
paints nothing but has the height of a line (readers drop upward text whose glyphs have
no extent). Widths come from the CIDFont dictionary, meaning from ToUnicode.
The bytes are the same in every output (the verifier knows their sha256), so nothing
can hide in them. Tables: OpenType 1.9; the set that ISO 32000-2, 9.9 asks of an
embedded TrueType program, with `cmap`, `name`, `OS/2` and `post` for strict viewers.
"""

from __future__ import annotations

import struct
from typing import Final

UNITS_PER_EM: Final = 1000
ASCENT: Final = 800  # with DESCENT: the box of a line is exactly its font size high
DESCENT: Final = -200
FULL_WIDTH: Final = 1000
HALF_WIDTH: Final = 500
NAME: Final = "MugaikaGlyphless"
#: Code points drawn half an em wide: ASCII and Latin-1, and half-width katakana.
HALF_RANGES: Final = ((0x20, 0xFF), (0xFF61, 0xFF9F))


def width_of(code: int) -> int:
    """Advance of a code point in thousandths of the font size."""
    half = any(first <= code <= last for first, last in HALF_RANGES)
    return HALF_WIDTH if half else FULL_WIDTH


def font_program() -> bytes:
    """The TrueType file."""
    tables = {
        b"OS/2": _os2(),
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 1, 12)
        + struct.pack(">HHHHHHH", 4, 24, 0, 2, 2, 0, 0)
        + struct.pack(">HHHhH", 0xFFFF, 0, 0xFFFF, 1, 0),
        b"glyf": _diagonal(FULL_WIDTH) + _diagonal(HALF_WIDTH),
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            *(0x00010000, 0x00010000, 0, 0x5F0F3CF5, 0, UNITS_PER_EM, 0, 0),
            *(0, DESCENT, FULL_WIDTH, ASCENT, 0, 3, 2, 0, 0),
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH",
            *(0x00010000, ASCENT, DESCENT, 0, FULL_WIDTH, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2),
        ),
        b"hmtx": struct.pack(">HhHh", FULL_WIDTH, 0, HALF_WIDTH, 0),
        b"loca": struct.pack(">HHH", 0, 15, 30),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x00010000, 2, 3, 1, 0, 0, 2, *(0,) * 8),
        b"name": _name(),
        b"post": struct.pack(">IIhhIIIII", 0x00030000, 0, 0, 0, 1, 0, 0, 0, 0),
    }
    return _assemble(tables)


def glyph_map() -> bytes:
    """CIDToGIDMap (ISO 32000-2, table 115): glyph 1 for the narrow codes, else 0."""
    narrow = bytearray(2 * 0x10000)
    for first, last in HALF_RANGES:
        narrow[2 * first : 2 * last + 2] = b"\0\1" * (last - first + 1)
    return bytes(narrow)


def _diagonal(width: int) -> bytes:
    """A glyph of three points on one line: extent, but no area (OpenType, glyf)."""
    rise = ASCENT - DESCENT
    return (
        struct.pack(">hhhhhHH3B", 1, 0, DESCENT, width, ASCENT, 2, 0, 1, 1, 1)
        + struct.pack(">hhhhhh", 0, width, -width, DESCENT, rise, -rise)
        + b"\0"
    )


def _os2() -> bytes:
    return struct.pack(
        ">HhHHHhhhhhhhhhhh10sIIII4sHHHhhhHH",
        *(3, FULL_WIDTH, 400, 5, 0, 500, 500, 0, 0, 500, 500, 0, 0, 50, 250, 0),
        *(bytes(10), 0, 0, 0, 0, b"MGKA", 0x40, 0, 0xFFFF, ASCENT, DESCENT, 0, ASCENT, 200),
    ) + struct.pack(">IIhhHHH", 0, 0, 0, 0, 0, 0, 0)


def _name() -> bytes:
    text = NAME.encode("utf-16-be")
    records = b"".join(
        struct.pack(">HHHHHH", 3, 1, 0x409, name_id, len(text), 0) for name_id in (1, 4, 6)
    )
    return struct.pack(">HHH", 0, 3, 6 + len(records)) + records + text


def _checksum(table: bytes) -> int:
    padded = table + bytes(-len(table) % 4)
    words = range(0, len(padded), 4)
    return sum(int.from_bytes(padded[at : at + 4], "big") for at in words) & 0xFFFFFFFF


def _assemble(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    out = struct.pack(
        ">IHHHH", 0x00010000, count, power * 16, power.bit_length() - 1, (count - power) * 16
    )
    offset = 12 + 16 * count
    body = b""
    head_at = 0
    for tag, table in sorted(tables.items()):
        if tag == b"head":
            head_at = offset + len(body)
        out += struct.pack(">4sIII", tag, _checksum(table), offset + len(body), len(table))
        body += table + bytes(-len(table) % 4)
    whole = out + body
    adjustment = (0xB1B0AFBA - _checksum(whole)) & 0xFFFFFFFF
    return whole[: head_at + 8] + struct.pack(">I", adjustment) + whole[head_at + 12 :]
