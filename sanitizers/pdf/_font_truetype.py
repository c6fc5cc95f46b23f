"""TrueType programs made anew (OpenType 1.9: otff, head, maxp, hhea, hmtx, loca, glyf, cmap).

Each table is parsed into numbers and written from them; the outlines lose their instructions,
reserved bits and padding. Tables that draw nothing are not written at all.
"""

from __future__ import annotations

import itertools
import re
import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.pdf._font_cmap_table import read_cmap, write_cmap
from sanitizers.pdf._font_errors import BadFont

MAX_TABLES: Final = 100
MAX_GLYPHS: Final = 65_535
MAX_DEPTH: Final = 10  # of composites; real ones have 2
MAX_COMPONENTS: Final = 500  # of one glyph

_HEAD: Final = ">HHIIIHHqqhhhhHHhhh"
_MAXP: Final = ">IHHHHHHHHHHHHHH"
_METRICS: Final = ">HHhhhhhhhhhhhhhhhH"  # hhea and vhea have one shape
_MAGIC: Final = 0x5F0F3CF5
_SHORT_X, _SHORT_Y, _REPEAT, _SAME_X, _SAME_Y = 2, 4, 8, 16, 32
_FLAGS: Final = 1 | _SHORT_X | _SHORT_Y | _SAME_X | _SAME_Y  # bits 6 and 7 say nothing to a viewer


def _length(short: int, same: int) -> bytes:
    """Table: bytes of one coordinate by the point's flags."""
    return bytes(1 if f & short else 0 if f & same else 2 for f in range(256))


_X_BYTES: Final = _length(_SHORT_X, _SAME_X)
_Y_BYTES: Final = _length(_SHORT_Y, _SAME_Y)
_STRIP: Final = bytes(f & _FLAGS for f in range(256))
_RUN: Final = re.compile(rb"(.)\1*", re.DOTALL)
#: Composite flags (glyf, "Component Glyph Flags"): those that move, scale or go on.
_WORDS, _XY, _ROUND, _SCALE, _MORE, _XY_SCALE, _2X2 = 1, 2, 4, 8, 0x20, 0x40, 0x80
_INSTRUCTIONS, _USE_METRICS, _SCALED_OFFSET, _UNSCALED = 0x100, 0x200, 0x800, 0x1000
_COMPONENT_KEPT: Final = (
    _WORDS | _XY | _ROUND | _SCALE | _MORE | _XY_SCALE | _2X2 | _USE_METRICS | _SCALED_OFFSET
    | _UNSCALED
)  # fmt: skip


@dataclass(slots=True)
class _Glyph:
    data: bytes
    points: int = 0
    contours: int = 0
    components: tuple[int, ...] = ()


def rebuild(data: bytes) -> bytes:
    """A TrueType program as a viewer of a PDF needs it.

    Raises:
        BadFont: a table is missing, damaged or over a limit.
    """
    tables = read_directory(data)
    head = _unpack(_HEAD, tables, b"head")
    if head[4] != _MAGIC or not 16 <= head[6] <= 16_384:
        raise BadFont("head")
    count = struct.unpack_from(">H", _table(tables, b"maxp"), 4)[0]
    glyphs = _glyphs(tables, count, long=head[16] == 1)
    made = {b"glyf": b"", b"loca": b""}
    made[b"glyf"], made[b"loca"] = _written(glyphs)
    made[b"head"] = write_head(head, long=True)
    made[b"maxp"] = _maxp(glyphs)
    for header, metrics in ((b"hhea", b"hmtx"), (b"vhea", b"vmtx")):
        if header in tables and metrics in tables:
            made[header], made[metrics] = write_metrics(tables[header], tables[metrics], count)
    if b"hhea" not in made:
        raise BadFont("hhea")
    codes = read_cmap(tables.get(b"cmap", b""), count)
    if codes:
        made[b"cmap"] = write_cmap(codes)
    made[b"post"] = struct.pack(">IihhI16x", 0x30000, 0, 0, 0, 0)
    return write_directory(b"\0\1\0\0", made)


def read_directory(data: bytes) -> dict[bytes, bytes]:
    """The tables of an sfnt by their tags.

    Raises:
        BadFont: no directory, or a table outside the file.
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
    """An sfnt: sorted directory, checksums, padding of zeros (otff, "Organization")."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    head = version + struct.pack(
        ">HHHH", count, power * 16, power.bit_length() - 1, (count - power) * 16
    )
    offset = 12 + 16 * count
    rows, bodies = [], []
    for tag in sorted(tables):
        body = tables[tag]
        padded = body + bytes(-len(body) % 4)
        rows.append(struct.pack(">4sIII", tag, _checksum(padded), offset, len(body)))
        bodies.append(padded)
        offset += len(padded)
    whole = bytearray(head + b"".join(rows) + b"".join(bodies))
    at = 12 + 16 * count + sum(len(b) for b, t in zip(bodies, sorted(tables), strict=True)
                               if t < b"head")  # fmt: skip
    adjustment = (0xB1B0AFBA - _checksum(bytes(whole))) & 0xFFFFFFFF
    struct.pack_into(">I", whole, at + 8, adjustment)
    return bytes(whole)


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}I", data)
    return sum(words) & 0xFFFFFFFF


def _table(tables: dict[bytes, bytes], tag: bytes) -> bytes:
    if tag not in tables:
        raise BadFont(tag.decode("ascii"))
    return tables[tag]


def _unpack(form: str, tables: dict[bytes, bytes], tag: bytes) -> tuple[int, ...]:
    data = _table(tables, tag)
    size = struct.calcsize(form)
    if len(data) < size:
        raise BadFont(tag.decode("ascii"))
    return struct.unpack_from(form, data)


def write_head(head: tuple[int, ...], *, long: bool) -> bytes:
    """`head` without dates, revision and what only instructions use; checksum to be set."""
    units, box = head[6], head[9:13]
    flags = head[5] & 0b1011  # baseline, left side bearing, integer scaling
    return struct.pack(
        _HEAD, 1, 0, 0x10000, 0, _MAGIC, flags, units, 0, 0, *box, head[13] & 0x7F, 0, 2,
        1 if long else 0, 0,
    )  # fmt: skip


def write_metrics(header: bytes, metrics: bytes, count: int) -> tuple[bytes, bytes]:
    """`hhea` and `hmtx` (or their vertical kin) for `count` glyphs.

    Raises:
        BadFont: shorter than they say.
    """
    if len(header) < struct.calcsize(_METRICS):
        raise BadFont("metrics header")
    values = list(struct.unpack_from(_METRICS, header))
    full = min(values[-1], count)
    if full < 1 or len(metrics) < 4 * full:
        raise BadFont("metrics")
    bearings = metrics[4 * full : 4 * full + 2 * (count - full)]
    bearings += bytes(2 * (count - full) - len(bearings))
    pairs = struct.unpack(f">{2 * full}H", metrics[: 4 * full])
    singles = struct.unpack(f">{count - full}h", bearings)
    values[0:2] = [1, 0]
    values[12:17] = [0, 0, 0, 0, 0]
    values[-1] = full
    return (
        struct.pack(_METRICS, *values),
        struct.pack(f">{2 * full}H", *pairs) + struct.pack(f">{count - full}h", *singles),
    )


def _glyphs(tables: dict[bytes, bytes], count: int, *, long: bool) -> list[_Glyph]:
    loca, glyf = _table(tables, b"loca"), tables.get(b"glyf", b"")
    if not 1 <= count <= MAX_GLYPHS:
        raise BadFont("maxp")
    have = min(count, len(loca) // (4 if long else 2) - 1)
    if have < 1:
        raise BadFont("loca")
    form = f">{have + 1}{'I' if long else 'H'}"
    offsets: tuple[int, ...] = struct.unpack_from(form, loca)
    if not long:
        offsets = tuple(2 * o for o in offsets)
    glyphs = [
        _glyph(glyf[start:end], count) if 0 <= start < end else _Glyph(b"")
        for start, end in itertools.pairwise(offsets)
    ]
    glyphs += [_Glyph(b"")] * (count - have)
    _check_depth(glyphs)
    return glyphs


def _glyph(data: bytes, count: int) -> _Glyph:
    if len(data) < 10:
        return _Glyph(b"")
    contours, *box = struct.unpack_from(">hhhhh", data)
    if contours >= 0:
        return _simple(data, contours, box)
    return _composite(data, box, count)


def _simple(data: bytes, contours: int, box: list[int]) -> _Glyph:
    if not contours:
        return _Glyph(b"")
    ends: tuple[int, ...] = struct.unpack_from(f">{contours}H", data, 10)
    if any(a >= b for a, b in itertools.pairwise(ends)):
        raise BadFont("contours")
    points = ends[-1] + 1
    at = 10 + 2 * contours
    at += 2 + struct.unpack_from(">H", data, at)[0]  # the instructions stay behind
    flags = bytearray()
    while len(flags) < points:
        flag = data[at]
        at += 1
        flags.append(flag)
        if flag & _REPEAT:
            flags += bytes((flag,)) * data[at]
            at += 1
    if len(flags) != points:
        raise BadFont("flags")
    x_size, y_size = sum(flags.translate(_X_BYTES)), sum(flags.translate(_Y_BYTES))
    coordinates = data[at : at + x_size + y_size]
    if len(coordinates) != x_size + y_size:
        raise BadFont("coordinates")
    # Every byte of a coordinate is part of its number: nothing else can hide in them.
    body = (
        struct.pack(">hhhhh", contours, *box)
        + struct.pack(f">{contours}HH", *ends, 0)
        + _packed(bytes(flags.translate(_STRIP)))
        + coordinates
    )
    return _Glyph(body, points, contours)


def _packed(flags: bytes) -> bytes:
    """Flags with equal neighbours counted (glyf, "Simple Glyph Description")."""
    out = bytearray()
    for run in _RUN.finditer(flags):
        flag, left = run[1][0], len(run[0])
        while left > 0:
            more = min(left - 1, 255)
            if more > 1:
                out += bytes((flag | _REPEAT, more))
                left -= more + 1
            else:
                out.append(flag)
                left -= 1
    return bytes(out)


def _composite(data: bytes, box: list[int], count: int) -> _Glyph:
    out = bytearray(struct.pack(">hhhhh", -1, *box))
    at, parts = 10, list[int]()
    while True:
        flags, index = struct.unpack_from(">HH", data, at)
        if index >= count or len(parts) >= MAX_COMPONENTS:
            raise BadFont("components")
        size = (4 if flags & _WORDS else 2) + (
            2 if flags & _SCALE else 4 if flags & _XY_SCALE else 8 if flags & _2X2 else 0
        )
        values = data[at + 4 : at + 4 + size]
        if len(values) != size:
            raise BadFont("components")
        out += struct.pack(">HH", flags & _COMPONENT_KEPT, index) + values
        parts.append(index)
        at += 4 + size
        if not flags & _MORE:
            return _Glyph(bytes(out), components=tuple(parts))


def _check_depth(glyphs: list[_Glyph]) -> None:
    depths: dict[int, int] = {}

    def depth(index: int, above: int) -> int:
        if above > MAX_DEPTH:
            raise BadFont("composites too deep")
        if index not in depths:
            depths[index] = 1 + max(
                (depth(part, above + 1) for part in glyphs[index].components), default=0
            )
        return depths[index]

    for number, glyph in enumerate(glyphs):
        if glyph.components and depth(number, 0) > MAX_DEPTH:
            raise BadFont("composites too deep")


def _written(glyphs: list[_Glyph]) -> tuple[bytes, bytes]:
    """`glyf` and a long `loca`."""
    offsets, pieces, at = [0], [], 0
    for glyph in glyphs:
        padded = glyph.data + bytes(-len(glyph.data) % 4)
        pieces.append(padded)
        at += len(padded)
        offsets.append(at)
    return b"".join(pieces), struct.pack(f">{len(offsets)}I", *offsets)


def _maxp(glyphs: list[_Glyph]) -> bytes:
    composites = [g for g in glyphs if g.components]

    def total(glyph: _Glyph, above: int = 0) -> tuple[int, int]:
        if not glyph.components or above > MAX_DEPTH:
            return glyph.points, glyph.contours
        parts = [total(glyphs[i], above + 1) for i in glyph.components]
        return sum(p for p, _ in parts), sum(c for _, c in parts)

    totals = [total(g) for g in composites]
    return struct.pack(
        _MAXP, 0x10000, len(glyphs), max(g.points for g in glyphs),
        max(g.contours for g in glyphs), min(max((p for p, _ in totals), default=0), 65_535),
        min(max((c for _, c in totals), default=0), 65_535), 2, 0, 0, 0, 0, 0, 0,
        max((len(g.components) for g in composites), default=0), MAX_DEPTH if composites else 0,
    )  # fmt: skip
