"""CFF programs made anew (Adobe TN 5176 and 5177): read into numbers, names and outlines.

Only what `Face` holds is taken: glyphs without hints and subroutines, their names or CIDs,
the encoding, matrices and widths. Every other dictionary operator, string, table and byte
stays behind.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.pdf._encoding import crossing_name
from sanitizers.pdf._font_cff_names import CHARSETS, STANDARD_STRINGS
from sanitizers.pdf._font_cff_write import Face, Matrix, Part, write
from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_sfnt import read_directory
from sanitizers.pdf._font_type2 import Type2

MAX_PARTS: Final = 256  # font dictionaries of a CID font: FDSelect has one byte
MAX_STRINGS: Final = 65_000  # section 10: string numbers end at 64,999
MAX_DICTIONARY: Final = 2_000  # bytes; a full one has under 300
MAX_MATRIX: Final = 1_000.0  # of an element; a usual one is 0.001
MAX_TOTAL: Final = 100_000_000  # bytes of all charstrings with their subroutines written out

# Operators (tables 9, 10 and 23) that are read.
_BBOX, _CHARSET, _ENCODING, _CHARSTRINGS, _PRIVATE = 5, 15, 16, 17, 18
_CHARSTRING_TYPE, _MATRIX, _ROS, _FD_ARRAY, _FD_SELECT = 1206, 1207, 1230, 1236, 1237
_SUBRS, _DEFAULT_WIDTH, _NOMINAL_WIDTH = 19, 20, 21

_REAL: Final = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:E-?\d{1,3})?")
_NIBBLES: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "E", "E-", "?", "-", "")

Dict = dict[int, list[float]]


@dataclass(slots=True)
class _Set:
    """The font set's own structures."""

    data: bytes
    top: Dict
    strings: list[bytes]
    shared: list[bytes]
    glyphs: list[bytes]


def rebuild(data: bytes) -> bytes:
    """A bare CFF font set of one font.

    Raises:
        BadFont: not parsed, or over a limit.
    """
    found = _read(data)
    count = len(found.glyphs)
    maker = Type2(found.shared)
    matrix, box = _matrix(found.top), _box(found.top)
    if _ROS in found.top:
        parts, locals_ = _parts(found)
        selector = _selector(data, int(_one(found.top, _FD_SELECT)), count)
        if max(selector) >= len(parts):
            raise BadFont("FDSelect")
        glyphs = _rebuilt(maker, found.glyphs, (locals_[part] for part in selector))
        cids = _charset(data, int(_one(found.top, _CHARSET, 0)), count, cid=True)
        return write(Face(glyphs=glyphs, cids=cids, matrix=matrix, box=box, parts=parts,
                          selector=selector))  # fmt: skip
    private, local = _private(data, found.top)
    glyphs = _rebuilt(maker, found.glyphs, itertools.repeat(local))
    numbers = _charset(data, int(_one(found.top, _CHARSET, 0)), count, cid=False)
    names = _unique([_name(found.strings, number) for number in numbers])
    encoding, more = _encoding(found, names)
    return write(Face(glyphs=glyphs, names=names, matrix=matrix, box=box, encoding=encoding,
                      more_codes=more, parts=(private,)))  # fmt: skip


def of_open_type(data: bytes) -> bytes:
    """The CFF table of an OpenType program: a PDF needs no more of it.

    Raises:
        BadFont: it has none, or it cannot be rebuilt.
    """
    tables = read_directory(data)
    if b"CFF " not in tables:
        raise BadFont("no outlines")
    return rebuild(tables[b"CFF "])


def _read(data: bytes) -> _Set:
    if len(data) < 4 or data[0] != 1:
        raise BadFont("header")
    fonts, at = _index(data, data[2])
    tops, at = _index(data, at)
    strings, at = _index(data, at)
    shared, _ = _index(data, at)
    if len(fonts) != 1 or len(tops) != 1 or len(strings) > MAX_STRINGS:
        raise BadFont("not one font")
    top = dictionary(tops[0])
    if _one(top, _CHARSTRING_TYPE, 2) != 2:
        raise BadFont("charstrings of another type")
    glyphs, _ = _index(data, int(_one(top, _CHARSTRINGS)))
    if not glyphs:
        raise BadFont("no glyphs")
    return _Set(data, top, strings, shared, glyphs)


def _index(data: bytes, at: int) -> tuple[list[bytes], int]:
    """Section 5: the items, and where the INDEX ends."""
    if not 0 <= at <= len(data) - 2:
        raise BadFont("INDEX")
    count = int.from_bytes(data[at : at + 2], "big")
    if not count:
        return [], at + 2
    size = data[at + 2]
    base = at + 3 + (count + 1) * size
    table = data[at + 3 : base]
    if not 1 <= size <= 4 or len(table) != (count + 1) * size:
        raise BadFont("INDEX")
    offsets = [
        int.from_bytes(table[here : here + size], "big") for here in range(0, len(table), size)
    ]
    if offsets[0] != 1 or base - 1 + offsets[-1] > len(data):
        raise BadFont("INDEX")
    items = []
    for start, end in itertools.pairwise(offsets):
        if end < start:
            raise BadFont("INDEX")
        items.append(data[base - 1 + start : base - 1 + end])
    return items, base - 1 + offsets[-1]


def dictionary(data: bytes) -> Dict:
    """Section 4: operators (those of two bytes as 1200 and more) and their numbers.

    Raises:
        BadFont: a byte that begins neither.
    """
    if len(data) > MAX_DICTIONARY:
        raise BadFont("dictionary")
    found: Dict = {}
    operands: list[float] = []
    at = 0
    while at < len(data):
        head = data[at]
        at += 1
        if head <= 21:
            if head == 12:
                head = 1200 + data[at]
                at += 1
            found.setdefault(head, operands)
            operands = []
        elif head == 28:
            operands.append(int.from_bytes(data[at : at + 2], "big", signed=True))
            at += 2
        elif head == 29:
            operands.append(int.from_bytes(data[at : at + 4], "big", signed=True))
            at += 4
        elif head == 30:
            value, at = _real(data, at)
            operands.append(value)
        elif 32 <= head <= 246:
            operands.append(head - 139)
        elif 247 <= head <= 254:
            sign, base = (1, 247) if head < 251 else (-1, 251)
            operands.append(sign * ((head - base) * 256 + data[at] + 108))
            at += 1
        else:
            raise BadFont("dictionary")
    return found


def _real(data: bytes, at: int) -> tuple[float, int]:
    text = ""
    while True:
        pair = data[at]
        at += 1
        text += _NIBBLES[pair >> 4] + _NIBBLES[pair & 15]
        if pair & 15 == 15 or pair >> 4 == 15:
            break
    if not _REAL.fullmatch(text):
        raise BadFont("number of a dictionary")
    return float(text), at


def _one(entries: Dict, operator: int, default: float | None = None) -> float:
    values = entries.get(operator)
    if not values:
        if default is None:
            raise BadFont("dictionary")
        return default
    return values[-1]


def _matrix(entries: Dict) -> Matrix | None:
    """FontMatrix: six numbers (CVE-2024-4367: a viewer ran what else it was)."""
    values = entries.get(_MATRIX)
    if values is None:
        return None
    if len(values) != 6:
        raise BadFont("FontMatrix")
    return checked_matrix(values)


def checked_matrix(values: list[float]) -> Matrix:
    """Six numbers of a size that a matrix of glyphs has.

    Raises:
        BadFont: they are not.
    """
    a, b, c, d, e, f = values
    if not all(math.isfinite(v) and abs(v) <= MAX_MATRIX for v in values):
        raise BadFont("FontMatrix")
    return a, b, c, d, e, f


def _box(entries: Dict) -> tuple[int, int, int, int]:
    values = entries.get(_BBOX, [])
    if len(values) != 4:
        return 0, 0, 0, 0
    left, low, right, high = (max(-32_768, min(32_767, round(v))) for v in values)
    return left, low, right, high


def _private(data: bytes, entries: Dict) -> tuple[Part, list[bytes]]:
    """The widths of a private dictionary, and its subroutines."""
    values = entries.get(_PRIVATE, [])
    if len(values) != 2:
        return Part(), []
    size, start = (int(value) for value in values)
    if size < 0 or start < 0 or start + size > len(data):
        raise BadFont("private dictionary")
    found = dictionary(data[start : start + size])
    subrs = _one(found, _SUBRS, 0)
    local = _index(data, start + int(subrs))[0] if subrs else []
    return (
        Part(
            default_width=_width(_one(found, _DEFAULT_WIDTH, 0)),
            nominal_width=_width(_one(found, _NOMINAL_WIDTH, 0)),
        ),
        local,
    )


def _width(value: float) -> float:
    if not abs(value) <= 32_767:
        raise BadFont("width")
    return value


def _parts(found: _Set) -> tuple[list[Part], list[list[bytes]]]:
    rows, _ = _index(found.data, int(_one(found.top, _FD_ARRAY)))
    if not 1 <= len(rows) <= MAX_PARTS:
        raise BadFont("FDArray")
    parts, locals_ = [], []
    for row in rows:
        entries = dictionary(row)
        part, local = _private(found.data, entries)
        parts.append(
            Part(
                matrix=_matrix(entries),
                default_width=part.default_width,
                nominal_width=part.nominal_width,
            )
        )
        locals_.append(local)
    return parts, locals_


def _selector(data: bytes, at: int, count: int) -> bytes:
    """Section 19: the font dictionary of each glyph."""
    if not 0 < at < len(data):
        raise BadFont("FDSelect")
    if data[at] == 0:
        made = data[at + 1 : at + 1 + count]
    elif data[at] == 3:
        number = int.from_bytes(data[at + 1 : at + 3], "big")
        rows = [data[row : row + 3] for row in range(at + 3, at + 3 + 3 * number, 3)]
        firsts = [int.from_bytes(row[:2], "big") for row in rows] + [count]
        if firsts[0] != 0 or any(a >= b for a, b in itertools.pairwise(firsts)):
            raise BadFont("FDSelect")
        made = b"".join(
            row[2:3] * (b - a) for row, (a, b) in zip(rows, itertools.pairwise(firsts), strict=True)
        )
    else:
        raise BadFont("FDSelect")
    if len(made) != count:
        raise BadFont("FDSelect")
    return made


def _rebuilt(maker: Type2, glyphs: list[bytes], local: Iterator[list[bytes]]) -> list[bytes]:
    made: list[bytes] = []
    total = 0
    used: list[bytes] | None = None
    for code, subrs in zip(glyphs, local, strict=False):
        if subrs is not used:
            maker.use(subrs)
            used = subrs
        made.append(maker.rebuild(code))
        total += len(made[-1])
        if total > MAX_TOTAL:
            raise BadFont("charstrings too long")
    return made


def _charset(data: bytes, at: int, count: int, *, cid: bool) -> list[int]:
    """Section 13: string numbers, or CIDs, of the glyphs after `.notdef`."""
    if at < len(CHARSETS):
        # A CID font without one counts its glyphs.
        numbers = list(range(1, count)) if cid else list(CHARSETS[at][1:count])
    else:
        numbers = _charset_rows(data, at, count - 1)
    if len(numbers) != count - 1:
        raise BadFont("charset")
    return numbers


def _charset_rows(data: bytes, at: int, count: int) -> list[int]:
    if at >= len(data) or data[at] > 2:
        raise BadFont("charset")
    kind, at = data[at], at + 1
    if kind == 0:
        words = data[at : at + 2 * count]
        return [int.from_bytes(words[i : i + 2], "big") for i in range(0, len(words) - 1, 2)]
    numbers: list[int] = []
    while len(numbers) < count:
        row = data[at : at + 2 + kind]
        if len(row) != 2 + kind:
            raise BadFont("charset")
        first, more = int.from_bytes(row[:2], "big"), int.from_bytes(row[2:], "big")
        numbers += range(first, min(first + more, 65_535) + 1)
        at += len(row)
    return numbers[:count]


def _name(strings: list[bytes], number: int) -> str:
    if number < len(STANDARD_STRINGS):
        return STANDARD_STRINGS[number]
    if number - len(STANDARD_STRINGS) >= len(strings):
        raise BadFont("glyph name")
    return crossing_name(strings[number - len(STANDARD_STRINGS)].decode("latin-1"))


def _unique(names: list[str]) -> list[str]:
    """Names that stand twice: only the first is found by it; the others are counted."""
    seen: set[str] = set()
    made = []
    for number, name in enumerate(names, start=1):
        while name in seen:
            name = crossing_name(f"{name} {number}")
        seen.add(name)
        made.append(name)
    return made


def _encoding(found: _Set, names: list[str]) -> tuple[int | bytes, dict[int, str]]:
    """Section 12: a predefined encoding, or the codes of the glyphs in their order."""
    data, at = found.data, int(_one(found.top, _ENCODING, 0))
    if at in (0, 1):
        return at, {}
    if not 0 < at < len(data) - 1:
        raise BadFont("encoding")
    kind, number, at = data[at], data[at + 1], at + 2
    codes: list[int] = []
    if kind & 0x7F == 0:
        codes += data[at : at + number]
        at += number
    elif kind & 0x7F == 1:
        for row in range(at, at + 2 * number, 2):
            first, more = data[row : row + 2]
            codes += range(first, min(first + more, 255) + 1)
        at += 2 * number
    else:
        raise BadFont("encoding")
    made: dict[int, str] = {}
    if kind & 0x80:
        for row in range(at + 1, at + 1 + 3 * data[at], 3):
            number = int.from_bytes(data[row + 1 : row + 3], "big")
            if number and (name := _name(found.strings, number)) in names:
                made[data[row]] = name
    return bytes(codes[: min(255, len(names))]), made
