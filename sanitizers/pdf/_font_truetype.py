"""TrueType programs made anew (OpenType 1.9: head, maxp, hhea, hmtx, loca, glyf, cmap, post).

Each table is parsed into numbers and written from them. Tables that draw nothing are not
written: names, hints and their programs (`fpgm`, `prep`, `cvt `), layout, bitmaps, colours,
signatures, and what nobody knows.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.pdf._font_cmap_table import read_cmap, write_cmap
from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_glyf_table import Box, Glyph, drawn, read_glyphs, write_glyphs
from sanitizers.pdf._font_post_table import read_names, write_post
from sanitizers.pdf._font_sfnt import read_directory, write_directory

_HEAD: Final = ">HHIIIHHqqhhhhHHhhh"
_MAXP: Final = ">IHHHHHHHHHHHHHH"
_HHEA: Final = ">HHhhhHhhhhhhhhhhhH"
_MAGIC: Final = 0x5F0F3CF5
_HEAD_FLAGS: Final = 0b1011  # baseline, left side bearing, integer scaling
_MAC_STYLES: Final = 0x7F  # bold to extended


def rebuild(data: bytes, *, composite: bool) -> bytes:
    """A TrueType program as a viewer of a PDF needs it.

    In a `composite` font glyphs are found by number (ISO 32000-2, 9.7.4.2): it gets no
    `cmap` and no names.

    Raises:
        BadFont: a table is missing, damaged or over a limit.
    """
    tables = read_directory(data)
    head = _unpack(_HEAD, tables, b"head")
    units, bold = head[6], head[13] & _MAC_STYLES
    if not 16 <= units <= 16_384:
        raise BadFont("head")
    if len(tables.get(b"maxp", b"")) < 6:
        raise BadFont("maxp")
    count = int.from_bytes(tables[b"maxp"][4:6], "big")
    if not count:
        raise BadFont("maxp")
    glyphs = read_glyphs(tables.get(b"loca", b""), tables.get(b"glyf", b""), count,
                         long=head[16] != 0)  # fmt: skip
    glyf, loca, long = write_glyphs(glyphs)
    shown = drawn(glyphs)
    widest, hmtx, full = _metrics(tables, shown, count)
    header = _unpack(_HHEA, tables, b"hhea")
    made = {
        b"glyf": glyf,
        b"loca": loca,
        b"head": struct.pack(
            _HEAD, 1, 0, 0x10000, 0, _MAGIC, head[5] & _HEAD_FLAGS, units, 0, 0,
            *_box([glyph.box for _, glyph in shown]), bold, 0, 2, int(long), 0,
        ),
        b"hhea": struct.pack(
            _HHEA, 1, 0, header[2], header[3], 0, widest, 0, 0, 0, 1, *([0] * 7), full
        ),
        b"hmtx": hmtx,
        b"maxp": _maxp([glyph for _, glyph in shown], count),
        b"post": write_post([] if composite else read_names(tables.get(b"post", b""), count)),
    }  # fmt: skip
    codes = {} if composite else read_cmap(tables.get(b"cmap", b""), count)
    if codes:
        made[b"cmap"] = write_cmap(codes)
    return write_directory(b"\0\1\0\0", made)


def _unpack(form: str, tables: dict[bytes, bytes], tag: bytes) -> tuple[int, ...]:
    data = tables.get(tag, b"")
    if len(data) < struct.calcsize(form):
        raise BadFont(tag.decode("ascii"))
    return struct.unpack_from(form, data)


def _metrics(
    tables: dict[bytes, bytes], shown: list[tuple[int, Glyph]], count: int
) -> tuple[int, bytes, int]:
    """The greatest advance, `hmtx`, and the number of its full rows.

    A glyph is drawn where its left side bearing says, relative to the box that its header
    names. The box is new, so the bearing moves with it.
    """
    metrics = tables.get(b"hmtx", b"")
    full = min(_unpack(_HHEA, tables, b"hhea")[-1], count, len(metrics) // 4)
    if full < 1:
        raise BadFont("hmtx")
    pairs = struct.unpack(f">{'Hh' * full}", metrics[: 4 * full])
    rest = metrics[4 * full : 4 * full + 2 * (count - full)]
    rest += bytes(2 * (count - full) - len(rest))
    advances, bearings = pairs[::2], pairs[1::2] + struct.unpack(f">{count - full}h", rest)
    moved = [0] * count
    for number, glyph in shown:
        bearing = bearings[number] - glyph.said + glyph.box[0]
        moved[number] = max(-32_768, min(32_767, bearing))
    rows = [0] * (2 * full)
    rows[::2], rows[1::2] = advances, moved[:full]
    made = struct.pack(f">{'Hh' * full}{count - full}h", *rows, *moved[full:])
    return max(advances), made, full


def _box(boxes: list[Box]) -> Box:
    if not boxes:
        return 0, 0, 0, 0
    lefts, lows, rights, highs = zip(*boxes, strict=True)
    return min(lefts), min(lows), max(rights), max(highs)


def _maxp(shown: list[Glyph], count: int) -> bytes:
    """Version 1: the greatest of each kind; nothing is asked for instructions."""
    simple = [g for g in shown if not g.components]
    composites = [g for g in shown if g.components]
    return struct.pack(
        _MAXP, 0x10000, count,
        max((g.points for g in simple), default=0),
        max((g.contours for g in simple), default=0),
        max((g.points for g in composites), default=0),
        min(65_535, max((g.contours for g in composites), default=0)),
        2, 0, 0, 0, 0, 0, 0,
        max((len(g.components) for g in composites), default=0),
        max((g.depth for g in composites), default=0),
    )  # fmt: skip
