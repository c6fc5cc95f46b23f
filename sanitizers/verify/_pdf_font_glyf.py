"""Outlines of TrueType fonts of rebuilt documents (OpenType 1.9, "glyf" and "loca").

Every glyph is walked from its header to its last coordinate: no instructions, no reserved
bits, no byte between the glyphs but the zeros that round them up.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import mul
from typing import Final

from sanitizers.verify import Rejected

MAX_DEPTH: Final = 10  # of composites
_REPEAT: Final = 8
_POINT_BITS: Final = 0x3F
#: Flags that stand once.
_FLAGS: Final = re.compile(
    b"[" + re.escape(bytes(f for f in range(_POINT_BITS + 1) if not f & _REPEAT)) + b"]++"
)


def _kinds(short: int, same: int) -> tuple[bytes, bytes, bytes]:
    """By flag: how a coordinate is read, its sign (255 for -1), and flags without one."""
    forms = bytes(ord("B") if f & short else ord("h") for f in range(256))
    signs = bytes(255 if f & short and not f & same else 1 for f in range(256))
    return forms, signs, bytes(f for f in range(256) if f & same and not f & short)


_KINDS: Final = {(short, same): _kinds(short, same) for short, same in ((2, 16), (4, 32))}
_WORDS, _SCALE, _MORE, _XY_SCALE, _2X2 = 0x1, 0x8, 0x20, 0x40, 0x80
#: All that place a component; not 0x100 (instructions follow), 0x10, 0x400, 0xE000.
_COMPONENT_BITS: Final = 0x1 | 0x2 | 0x4 | 0x8 | 0x20 | 0x40 | 0x80 | 0x200 | 0x800 | 0x1000


@dataclass(slots=True)
class Shape:
    """What `maxp` and `head` must say of a glyph."""

    box: tuple[int, ...] = ()
    points: int = 0
    contours: int = 0
    parts: tuple[int, ...] = ()
    depth: int = 0


def check_outlines(loca: bytes, glyf: bytes, count: int, *, long: bool) -> list[Shape]:
    """All glyphs; for an empty one a shape without a box.

    Raises:
        Rejected: a location, a glyph or a byte that is not of the grammar.
    """
    if len(loca) != (count + 1) * (4 if long else 2):
        raise Rejected("locations of glyphs")
    offsets: tuple[int, ...] = struct.unpack(f">{count + 1}{'I' if long else 'H'}", loca)
    if not long:
        offsets = tuple(2 * offset for offset in offsets)
    if offsets[0] != 0 or offsets[-1] != len(glyf):
        raise Rejected("locations of glyphs")
    shapes = []
    for start, end in pairwise(offsets):
        if end < start:
            raise Rejected("locations of glyphs")
        shape = Shape()
        if start < end:
            shape, used = _glyph(glyf[start:end], count)
            if end - start - used > 3 or any(glyf[start + used : end]):
                raise Rejected("data after a glyph")
        shapes.append(shape)
    for shape in shapes:
        if shape.parts:
            _measure(shapes, shape, 1)
    return shapes


def _glyph(data: bytes, count: int) -> tuple[Shape, int]:
    if len(data) < 12:
        raise Rejected("header of a glyph")
    contours, *box = struct.unpack_from(">hhhhh", data)
    if contours == -1:
        parts, used = _components(data, count)
        return Shape(box=tuple(box), parts=parts), used
    if contours < 1:
        raise Rejected("contours of a glyph")
    at = 10 + 2 * contours
    if len(data) < at + 2:
        raise Rejected("contours of a glyph")
    ends: tuple[int, ...] = struct.unpack_from(f">{contours}H", data, 10)
    if any(a >= b for a, b in pairwise(ends)) or data[at : at + 2] != b"\0\0":
        raise Rejected("contours or instructions of a glyph")
    flags, at = _flags(data, at + 2, ends[-1] + 1)
    left, right, at = _extent(data, at, flags, short=2, same=16)
    low, high, at = _extent(data, at, flags, short=4, same=32)
    if box != [left, low, right, high]:
        raise Rejected("box of a glyph")
    return Shape(tuple(box), len(flags), contours), at


def _flags(data: bytes, at: int, count: int) -> tuple[bytes, int]:
    flags = bytearray()
    while len(flags) < count:
        run = _FLAGS.match(data, at, at + count - len(flags))
        if run is not None:
            flags += run[0]
            at = run.end()
            continue
        flag = data[at : at + 1]
        if len(data) < at + 2 or flag[0] & ~_POINT_BITS:
            raise Rejected("flags of a glyph")
        flags += flag * (1 + data[at + 1])
        at += 2
    if len(flags) != count:
        raise Rejected("flags of a glyph")
    return bytes(flags), at


def _extent(data: bytes, at: int, flags: bytes, *, short: int, same: int) -> tuple[int, int, int]:
    """Least and greatest coordinate, and where the coordinates end."""
    forms, signs, unmoved = _KINDS[short, same]
    form = flags.translate(forms, unmoved)
    end = at + len(form) + form.count(b"h")
    if len(data) < end:
        raise Rejected("coordinates of a glyph")
    steps = struct.unpack_from(b">" + form, data, at)
    up = memoryview(flags.translate(signs, unmoved)).cast("b")
    sums = list(accumulate(map(mul, steps, up)))
    if flags[:1] in unmoved:  # a first point that stays is at zero
        sums.append(0)
    return min(sums), max(sums), end


def _components(data: bytes, count: int) -> tuple[tuple[int, ...], int]:
    at, parts = 10, list[int]()
    more = True
    while more:
        if len(data) < at + 4:
            raise Rejected("components of a glyph")
        flags, part = struct.unpack_from(">HH", data, at)
        scales = [flags & _SCALE, flags & _XY_SCALE, flags & _2X2]
        if flags & ~_COMPONENT_BITS or part >= count or sum(map(bool, scales)) > 1:
            raise Rejected("components of a glyph")
        at += 4 + (4 if flags & _WORDS else 2)
        at += 2 if scales[0] else 4 if scales[1] else 8 if scales[2] else 0
        parts.append(part)
        more = bool(flags & _MORE)
    if at > len(data):
        raise Rejected("components of a glyph")
    return tuple(parts), at


def _measure(shapes: list[Shape], shape: Shape, depth: int) -> None:
    """Depth, points and contours of a composite, each counted once."""
    if depth > MAX_DEPTH:
        raise Rejected("depth of a composite glyph")
    if shape.depth:
        return
    for number in shape.parts:
        part = shapes[number]
        if part.parts:
            _measure(shapes, part, depth + 1)
        shape.depth = max(shape.depth, part.depth + 1)
        shape.points += part.points
        shape.contours += part.contours
