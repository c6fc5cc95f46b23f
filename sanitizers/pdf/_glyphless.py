"""The font of the invisible text layer: one empty glyph, built from numbers here.

Every character of the layer is drawn with glyph 0, which has no outline; the widths
that place the selection come from the CIDFont dictionary, the meaning from ToUnicode.
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
        b"glyf": struct.pack(">hhhhh", 0, 0, 0, 0, 0) + b"\0\0",
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh",
            *(0x00010000, 0x00010000, 0, 0x5F0F3CF5, 0, UNITS_PER_EM, 0, 0),
            *(0, DESCENT, FULL_WIDTH, ASCENT, 0, 3, 2, 0, 0),
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH",
            *(0x00010000, ASCENT, DESCENT, 0, FULL_WIDTH, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1),
        ),
        b"hmtx": struct.pack(">Hh", FULL_WIDTH, 0),
        b"loca": struct.pack(">HH", 0, 6),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x00010000, 1, *(0,) * 4, 2, *(0,) * 8),
        b"name": _name(),
        b"post": struct.pack(">IIhhIIIII", 0x00030000, 0, 0, 0, 1, 0, 0, 0, 0),
    }
    return _assemble(tables)


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
    return sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF


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
