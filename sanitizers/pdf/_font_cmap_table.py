"""The `cmap` table of an sfnt, read into codes and written anew (OpenType 1.9, "cmap").

Formats 0, 4, 6 and 12 are read; what a viewer of a PDF looks at is kept: (3,0), (1,0) and
the Unicode maps (ISO 32000-2, 9.6.5.4).
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.pdf._font_errors import BadFont

MAX_SUBTABLES: Final = 30
MAX_CODES: Final = 70_000  # of one map: Unicode's first plane and some more
MAX_VISITED: Final = 200_000  # codes of ranges that overlap

Codes = dict[int, int]  # code → glyph
#: (platform, encoding), as written; sorted.
KEPT: Final = ((0, 3), (1, 0), (3, 0), (3, 1), (3, 10))


def read_cmap(table: bytes, count: int) -> dict[tuple[int, int], Codes]:
    """The maps by (platform, encoding); a damaged one counts as absent.

    `count` is the number of glyphs: codes of others are dropped.
    """
    found: dict[tuple[int, int], Codes] = {}
    if len(table) < 4:
        return found
    number = min(struct.unpack_from(">H", table, 2)[0], MAX_SUBTABLES)
    for index in range(number):
        if len(table) < 12 + 8 * index:
            break
        platform, encoding, offset = struct.unpack_from(">HHI", table, 4 + 8 * index)
        key = (0, 3) if platform == 0 and encoding in (0, 1, 2, 3, 4) else (platform, encoding)
        if key not in KEPT or key in found:
            continue
        try:
            codes = _codes(table[offset:])
        except (struct.error, IndexError):
            continue
        kept = {c: g for c, g in codes.items() if 0 < g < count}
        if kept:
            found[key] = kept
    return found


def _codes(table: bytes) -> Codes:
    kind = struct.unpack_from(">H", table)[0]
    if kind == 0:
        return dict(enumerate(table[6:262]))
    if kind == 6:
        first, number = struct.unpack_from(">HH", table, 6)
        glyphs = struct.unpack_from(f">{number}H", table, 10)
        return dict(enumerate(glyphs, start=first))
    if kind == 4:
        return _segments(table)
    if kind == 12:
        return _groups(table)
    return {}


def _segments(table: bytes) -> Codes:
    number = struct.unpack_from(">H", table, 6)[0] // 2
    words = struct.unpack_from(f">{4 * number + 1}H", table, 14)
    ends, starts = words[:number], words[number + 1 : 2 * number + 1]
    deltas, ranges = words[2 * number + 1 : 3 * number + 1], words[3 * number + 1 :]
    base = 14 + 2 * (3 * number + 1)
    codes: Codes = {}
    visited = 0
    for index, (first, last, delta, away) in enumerate(
        zip(starts, ends, deltas, ranges, strict=True)
    ):
        visited += max(0, last - first + 1)
        if visited > MAX_VISITED:
            return {}
        if not away or away == 0xFFFF:
            found = ((code, (code + delta) & 0xFFFF) for code in range(first, last + 1))
            codes.update(found)
            continue
        at = base + 2 * index + away
        here = max(0, min(last - first + 1, (len(table) - at) // 2))
        glyphs = struct.unpack_from(f">{here}H", table, at) if here else ()
        for code, glyph in enumerate(glyphs, start=first):
            codes[code] = (glyph + delta) & 0xFFFF if glyph else 0
    codes.pop(0xFFFF, None)
    return codes


def _groups(table: bytes) -> Codes:
    number = struct.unpack_from(">I", table, 12)[0]
    codes: Codes = {}
    visited = 0
    for index in range(min(number, MAX_CODES)):
        first, last, glyph = struct.unpack_from(">III", table, 16 + 12 * index)
        if last < first or last > 0x10FFFF:
            continue
        visited += last - first + 1
        if visited > MAX_VISITED:
            return {}
        codes.update(zip(range(first, last + 1), range(glyph, glyph + last - first + 1),
                         strict=True))  # fmt: skip
    return codes


def write_cmap(maps: dict[tuple[int, int], Codes]) -> bytes:
    """A `cmap` table: format 6 for (1,0), format 12 for (3,10), format 4 for the rest."""
    rows, bodies = [], []
    offset = 4 + 8 * len(maps)
    for key in sorted(maps):
        body = _subtable(key, maps[key])
        rows.append(struct.pack(">HHI", *key, offset))
        bodies.append(body)
        offset += len(body)
    return struct.pack(">HH", 0, len(maps)) + b"".join(rows) + b"".join(bodies)


def _subtable(key: tuple[int, int], codes: Codes) -> bytes:
    if key == (1, 0):
        glyphs = [codes.get(code, 0) for code in range(256)]
        return struct.pack(">HHHHH256H", 6, 10 + 512, 0, 0, 256, *glyphs)
    if key == (3, 10):
        runs = _runs(codes)
        body = b"".join(struct.pack(">III", *run) for run in runs)
        return struct.pack(">HHIII", 12, 0, 16 + len(body), 0, len(runs)) + body
    return _format_4({code: glyph for code, glyph in codes.items() if code < 0xFFFF})


def _format_4(codes: Codes) -> bytes:
    """Codes without gaps become one segment: by a difference, or with a list of glyphs."""
    segments: list[list[tuple[int, int, int]]] = []
    for run in _runs(codes):
        if segments and segments[-1][-1][1] + 1 == run[0]:
            segments[-1].append(run)
        else:
            segments.append([run])
    number = len(segments) + 1
    deltas, ranges, glyphs = [], [], list[int]()
    for at, runs in enumerate(segments):
        if len(runs) == 1:
            first, _, glyph = runs[0]
            deltas.append((glyph - first) & 0xFFFF)
            ranges.append(0)
        else:
            deltas.append(0)
            ranges.append(2 * (number - at + len(glyphs)))
            for first, last, glyph in runs:
                glyphs += range(glyph, glyph + last - first + 1)
    power = 1 << (number.bit_length() - 1)
    length = 16 + 8 * number + 2 * len(glyphs)
    if length > 0xFFFF or max(ranges, default=0) > 0xFFFF:
        raise BadFont("cmap")
    return struct.pack(
        f">HHHHHHH{number}HH{number}H{number}H{number}H{len(glyphs)}H",
        4, length, 0, 2 * number, 2 * power, power.bit_length() - 1, 2 * (number - power),
        *(runs[-1][1] for runs in segments), 0xFFFF, 0,
        *(runs[0][0] for runs in segments), 0xFFFF,
        *deltas, 1, *ranges, 0, *glyphs,
    )  # fmt: skip


def _runs(codes: Codes) -> list[tuple[int, int, int]]:
    """Codes whose glyphs follow each other: (first, last, first glyph)."""
    runs: list[tuple[int, int, int]] = []
    for code in sorted(codes):
        glyph = codes[code]
        if runs and code == runs[-1][1] + 1 and glyph - runs[-1][2] == code - runs[-1][0]:
            runs[-1] = (runs[-1][0], code, runs[-1][2])
        else:
            runs.append((code, code, glyph))
    return runs
