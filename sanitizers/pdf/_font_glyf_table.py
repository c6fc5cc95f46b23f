"""The `glyf` and `loca` tables of an sfnt: outlines read and written anew (OpenType 1.9).

Every glyph is parsed: contours, flags, coordinates, components. It is written without its
instructions, reserved bits and padding, and with a box computed from its points. A glyph
that cannot be parsed is empty, as viewers leave it out; too many of them, and the font is
refused.
"""

from __future__ import annotations

import itertools
import operator
import re
import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.pdf._font_errors import BadFont

MAX_DEPTH: Final = 10  # of composites; real ones have 2
MAX_COMPONENTS: Final = 500  # of one glyph
MAX_POINTS: Final = 65_535  # of one glyph with its components: what `maxp` can say
MAX_TOTAL: Final = 100_000_000  # bytes of all glyphs: locations may share their bytes
MAX_BROKEN: Final = 0.25  # of the glyphs that are not empty: more, and it is no font

_REPEAT: Final = 8
_SHORT, _SAME = (2, 4), (16, 32)  # bits of x and y ("Simple Glyph Flags")
_FLAGS: Final = 0x37  # bits 6 and 7 say nothing to a viewer; 3 is set anew


def _deleted(same: int, short: int) -> bytes:
    """Flags of points whose coordinate is the one before: no bytes stand for it."""
    return bytes(f for f in range(256) if f & same and not f & short)


_X_SAME, _Y_SAME = (_deleted(_SAME[i], _SHORT[i]) for i in (0, 1))
#: The form in which `struct` reads a coordinate, by the flags.
_X_FORM, _Y_FORM = (bytes(ord("B" if f & s else "h") for f in range(256)) for s in _SHORT)
#: Whether a coordinate counts up (1) or down (255, which is -1 as a signed byte).
_X_SIGN, _Y_SIGN = (
    bytes(1 if not f & short or f & same else 255 for f in range(256))
    for short, same in zip(_SHORT, _SAME, strict=True)
)
_STRIP: Final = bytes(f & _FLAGS for f in range(256))
_SINGLE: Final = bytes(f for f in range(256) if not f & _REPEAT)
_RUN: Final = re.compile(rb"(.)\1{2,255}", re.DOTALL)
#: "Component Glyph Flags": those that move, scale or go on.
_WORDS, _XY, _ROUND, _SCALE, _MORE, _XY_SCALE, _2X2 = 1, 2, 4, 8, 0x20, 0x40, 0x80
_USE_METRICS, _SCALED_OFFSET, _UNSCALED = 0x200, 0x800, 0x1000
_COMPONENT_KEPT: Final = (
    _WORDS | _XY | _ROUND | _SCALE | _MORE | _XY_SCALE | _2X2 | _USE_METRICS | _SCALED_OFFSET
    | _UNSCALED
)  # fmt: skip

Box = tuple[int, int, int, int]
_EMPTY: Final[Box] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class _Component:
    """Another glyph's number, and how its box moves: x' = ax + cy + e, y' = bx + dy + f."""

    glyph: int
    matrix: tuple[float, float, float, float, float, float]


@dataclass(slots=True)
class Glyph:
    """One glyph; `body` is what follows its header."""

    body: bytes = b""
    said: int = 0  # xMin of the source's header: glyphs are placed relative to it
    box: Box = _EMPTY
    points: int = 0
    contours: int = 0
    depth: int = 0
    components: tuple[_Component, ...] = ()

    @property
    def data(self) -> bytes:
        """The glyph as it is written; nothing if it is empty."""
        if not self.body:
            return b""
        return (
            struct.pack(">hhhhh", -1 if self.components else self.contours, *self.box) + self.body
        )


#: What most numbers of a subset font stand for. Shared: it must never be changed.
_NOTHING: Final = Glyph()


def read_glyphs(loca: bytes, glyf: bytes, count: int, *, long: bool) -> list[Glyph]:
    """All glyphs, with their boxes and sizes.

    Raises:
        BadFont: no locations, too many broken glyphs, or a limit.
    """
    have = min(count, len(loca) // (4 if long else 2) - 1)
    if have < 1:
        raise BadFont("loca")
    offsets: tuple[int, ...] = struct.unpack_from(f">{have + 1}{'I' if long else 'H'}", loca)
    if not long:
        offsets = tuple(2 * offset for offset in offsets)
    glyphs, total, broken = [_NOTHING] * count, 0, 0
    for number, (start, end) in enumerate(itertools.pairwise(offsets)):
        if start >= end or start >= len(glyf):
            continue
        try:
            glyphs[number] = glyph = _glyph(glyf[start:end], count)
        except (BadFont, struct.error, IndexError):
            broken += 1
            continue
        total += len(glyph.body)
        if total > MAX_TOTAL:
            raise BadFont("outlines too long")
    if broken and broken > MAX_BROKEN * (broken + len(drawn(glyphs))):
        raise BadFont("outlines")
    for number, glyph in drawn(glyphs):
        if glyph.components:
            _measure(glyphs, number, 1)
    return glyphs


def drawn(glyphs: list[Glyph]) -> list[tuple[int, Glyph]]:
    """The glyphs that are not empty, and their numbers."""
    return [(at, glyph) for at, glyph in enumerate(glyphs) if glyph is not _NOTHING and glyph.body]


def write_glyphs(glyphs: list[Glyph]) -> tuple[bytes, bytes, bool]:
    """`glyf`, `loca`, and whether its offsets are long."""
    pieces, sizes = [], [0] * (len(glyphs) + 1)
    for number, glyph in drawn(glyphs):
        data = glyph.data
        data += bytes(-len(data) % 4)
        pieces.append(data)
        sizes[number + 1] = len(data)
    offsets = list(itertools.accumulate(sizes))
    if offsets[-1] < 2 * 65_536:
        return b"".join(pieces), struct.pack(f">{len(offsets)}H", *(o // 2 for o in offsets)), False
    return b"".join(pieces), struct.pack(f">{len(offsets)}I", *offsets), True


def _glyph(data: bytes, count: int) -> Glyph:
    if len(data) < 10:
        return _NOTHING
    contours, said = struct.unpack_from(">hh", data)
    if contours > 0:
        return _simple(data, contours, said)
    return _composite(data, said, count) if contours else _NOTHING


def _simple(data: bytes, contours: int, said: int) -> Glyph:
    at = 10 + 2 * contours
    head = data[10:at]
    ends: tuple[int, ...] = struct.unpack(f">{contours}H", head)
    if any(map(int.__ge__, ends, ends[1:])):
        raise BadFont("contours")
    points = ends[-1] + 1
    at += 2 + int.from_bytes(data[at : at + 2], "big")  # the instructions stay behind
    flags, at = _flags(data, at, points)
    form = flags.translate(_X_FORM, _X_SAME)
    number = len(form)
    form += flags.translate(_Y_FORM, _Y_SAME)
    values = struct.unpack_from(b">" + form, data, at)
    end = at + len(form) + form.count(b"h")
    signs = flags.translate(_X_SIGN, _X_SAME) + flags.translate(_Y_SIGN, _Y_SAME)
    steps = map(operator.mul, values, memoryview(signs).cast("b"))
    reached = list(itertools.accumulate(steps))
    origin = reached[number - 1] if number else 0  # y goes on where x ended
    left, right = _extent(reached[:number], 0, flags[0] in _X_SAME)
    low, high = _extent(reached[number:], origin, flags[0] in _Y_SAME)
    if min(left, low) < -32_768 or max(right, high) > 32_767:
        raise BadFont("coordinates")
    # Every byte of a coordinate is part of its number: nothing else can hide in them.
    body = b"".join((head, b"\0\0", _packed(flags), data[at:end]))
    return Glyph(body, said, (left, low, right, high), points, contours)


def _flags(data: bytes, at: int, points: int) -> tuple[bytes, int]:
    """One flag for each point, stripped of what is not kept; and where they end."""
    flags = data[at : at + points]
    if flags.translate(None, _SINGLE):
        made = bytearray()
        while len(made) < points:
            flag = data[at]
            if flag & _REPEAT:
                made += bytes((flag,)) * (1 + data[at + 1])
                at += 2
            else:
                made.append(flag)
                at += 1
        flags = bytes(made)
    else:
        at += points
    if len(flags) != points:
        raise BadFont("flags")
    return flags.translate(_STRIP), at


def _extent(reached: list[int], origin: int, at_origin: bool) -> tuple[int, int]:
    """Least and greatest coordinate from `origin` on; the first may be the origin itself."""
    if not reached:
        return 0, 0
    low, high = min(reached) - origin, max(reached) - origin
    return (min(low, 0), max(high, 0)) if at_origin else (low, high)


def _packed(flags: bytes) -> bytes:
    """Flags with equal neighbours counted."""
    return _RUN.sub(lambda run: bytes((run[1][0] | _REPEAT, len(run[0]) - 1)), flags)


def _composite(data: bytes, said: int, count: int) -> Glyph:
    out = bytearray()
    at, parts = 10, list[_Component]()
    while True:
        flags, index = struct.unpack_from(">HH", data, at)
        if index >= count or len(parts) >= MAX_COMPONENTS:
            raise BadFont("components")
        scales = 1 if flags & _SCALE else 2 if flags & _XY_SCALE else 4 if flags & _2X2 else 0
        form = ("hh" if flags & _WORDS else "bb") + "h" * scales
        values = struct.unpack_from(">" + form, data, at + 4)
        end = at + 4 + struct.calcsize(">" + form)
        out += struct.pack(">HH", flags & _COMPONENT_KEPT, index) + data[at + 4 : end]
        parts.append(_Component(index, _moved(flags, values)))
        at = end
        if not flags & _MORE:
            return Glyph(bytes(out), said, components=tuple(parts))


def _moved(flags: int, values: tuple[int, ...]) -> tuple[float, float, float, float, float, float]:
    scales = [value / 16_384 for value in values[2:]]
    a, b, c, d = (
        (scales[0], 0.0, 0.0, scales[0]) if len(scales) == 1
        else (scales[0], 0.0, 0.0, scales[1]) if len(scales) == 2
        else tuple(scales) if len(scales) == 4 else (1.0, 0.0, 0.0, 1.0)
    )  # fmt: skip
    # Numbers of points to be matched do not move the box by themselves: an estimate is enough.
    dx, dy = values[:2] if flags & _XY else (0, 0)
    return a, b, c, d, dx, dy


def _measure(glyphs: list[Glyph], number: int, depth: int) -> None:
    """Depth, points, contours and box of a composite, from its components."""
    glyph = glyphs[number]
    if depth > MAX_DEPTH:
        raise BadFont("composites too deep")
    if glyph.depth:
        if glyph.depth + depth - 1 > MAX_DEPTH:
            raise BadFont("composites too deep")
        return
    xs: list[float] = []
    ys: list[float] = []
    for part in glyph.components:
        other = glyphs[part.glyph]
        if other.components:
            _measure(glyphs, part.glyph, depth + 1)
        glyph.depth = max(glyph.depth, 1 + other.depth)
        glyph.points += other.points
        glyph.contours += other.contours
        if other.body:
            a, b, c, d, e, f = part.matrix
            left, low, right, high = other.box
            for x, y in ((left, low), (left, high), (right, low), (right, high)):
                xs.append(a * x + c * y + e)
                ys.append(b * x + d * y + f)
    if glyph.points > MAX_POINTS:
        raise BadFont("points")
    if xs:
        glyph.box = tuple(  # type: ignore[assignment]
            max(-32_768, min(32_767, round(value)))
            for value in (min(xs), min(ys), max(xs), max(ys))
        )
