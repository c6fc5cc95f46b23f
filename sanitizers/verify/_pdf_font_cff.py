"""Grammar of CFF fonts of rebuilt documents (Adobe TN 5176 and 5177), to the last byte.

One font, its structures in one order without gaps: header, name, top dictionary, strings,
no subroutines, encoding, charset, selector, charstrings, font dictionaries, private
dictionaries. Of a charstring every number must be an operand of something that draws.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_glyph_names import check_glyph_name

STANDARD_STRINGS: Final = 391  # appendix A
MAX_CODE: Final = 65_535  # bytes of a charstring (TN 5177, appendix B)
MAX_MATRIX: Final = 1_000.0

_BBOX, _CHARSET, _ENCODING, _CHARSTRINGS, _PRIVATE = 5, 15, 16, 17, 18
_MATRIX, _ROS, _CID_COUNT, _FD_ARRAY, _FD_SELECT = 1207, 1230, 1234, 1236, 1237
_DEFAULT_WIDTH, _NOMINAL_WIDTH = 20, 21
#: Operators of dictionaries → how many operands.
_OPERANDS: Final = {
    _BBOX: 4, _CHARSET: 1, _ENCODING: 1, _CHARSTRINGS: 1, _PRIVATE: 2, _MATRIX: 6, _ROS: 3,
    _CID_COUNT: 1, _FD_ARRAY: 1, _FD_SELECT: 1, _DEFAULT_WIDTH: 1, _NOMINAL_WIDTH: 1,
}  # fmt: skip
_TOP: Final = frozenset({_BBOX, _CHARSET, _ENCODING, _CHARSTRINGS, _PRIVATE})
_TOP_CID: Final = frozenset(
    {_BBOX, _CHARSET, _CHARSTRINGS, _ROS, _CID_COUNT, _FD_ARRAY, _FD_SELECT}
)
_REAL: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:E-?[0-9]{1,2})?")
_NIBBLES: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "E", "E-", "", "-", "")

_N: Final = rb"(?:[\x20-\xf6]|[\xf7-\xfe].|\x1c..|\xff....)"
#: TN 5177, 4.1: moves and lines and curves with the operands that they draw with.
_PATH: Final = (
    rb"(?:(?:" + _N + rb"{2})\x15|" + _N + rb"[\x16\x04]"  # rmoveto, hmoveto, vmoveto
    rb"|(?:" + _N + rb"{2}){1,24}+\x05"  # rlineto
    rb"|" + _N + rb"{1,48}+[\x06\x07]"  # hlineto, vlineto
    rb"|(?:" + _N + rb"{6}){1,8}+\x08"  # rrcurveto
    rb"|(?:" + _N + rb"{6}){1,7}" + _N + rb"{2}\x18"  # rcurveline
    rb"|(?:" + _N + rb"{2}){1,21}" + _N + rb"{6}\x19"  # rlinecurve
    rb"|(?:" + _N + rb"{4}){1,12}" + _N + rb"?[\x1a\x1b\x1e\x1f]"  # vvcurveto to hvcurveto
    rb"|" + _N + rb"{7}\x0c\x22|" + _N + rb"{13}\x0c\x23"  # hflex, flex
    rb"|" + _N + rb"{9}\x0c\x24|" + _N + rb"{11}\x0c\x25)"  # hflex1, flex1
)
#: Appendix C: where the accent stands, and two codes of StandardEncoding.
_ACCENTED: Final = _N + rb"{2}(?:[\x8b-\xf6]|\xf7[\x00-\x93]){2}"
#: A width may stand before the first move, or before the end of a glyph without any.
_GLYPH: Final = re.compile(
    rb"(?:" + _N + rb"(?:" + _N + rb"{2}\x15|" + _N + rb"[\x16\x04])" + rb")?+"
    rb"(?:" + _PATH + rb")*+" + rb"(?:" + _N + rb"?" + _ACCENTED + rb"|" + _N + rb"?)\x0e",
    re.DOTALL,
)


@dataclass(slots=True)
class _Walk:
    """Where the walk stands; every byte is passed once."""

    data: bytes
    at: int = 0
    names: list[bytes] = field(default_factory=list)

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if size < 0 or len(taken) != size:
            raise Rejected("a CFF font that ends early")
        self.at += size
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def index(self) -> list[bytes]:
        """Section 5."""
        count = self.number(2)
        if not count:
            return []
        size = self.number(1)
        if not 1 <= size <= 4:
            raise Rejected("INDEX of a CFF font")
        table = self.take((count + 1) * size)
        offsets = [int.from_bytes(table[i : i + size], "big") for i in range(0, len(table), size)]
        if offsets[0] != 1 or any(start > end for start, end in pairwise(offsets)):
            raise Rejected("INDEX of a CFF font")
        base = self.at - 1
        self.take(offsets[-1] - 1)
        return [self.data[base + start : base + end] for start, end in pairwise(offsets)]


def check_cff(data: bytes) -> None:
    """A bare CFF font set of one font.

    Raises:
        Rejected: a structure that is not of the grammar, or a byte that is in none.
    """
    walk = _Walk(data)
    if walk.take(4) != b"\1\0\4\4" or walk.index() != [b"F"]:
        raise Rejected("header of a CFF font")
    tops = walk.index()
    if len(tops) != 1:
        raise Rejected("a CFF set of several fonts")
    top = _dictionary(tops[0])
    cid = _ROS in top
    if set(top) - {_MATRIX} != (_TOP_CID if cid else _TOP):
        raise Rejected("top dictionary of a CFF font")
    _check_matrix(top)
    strings = walk.index()
    if walk.index():
        raise Rejected("subroutines of a CFF font")
    if cid:
        _check_cid(walk, top, strings)
    else:
        _check_named(walk, top, strings)
    if walk.at != len(data):
        raise Rejected("data after a CFF font")


def _check_named(walk: _Walk, top: dict[int, list[float]], strings: list[bytes]) -> None:
    for name in strings:
        check_glyph_name(name.decode("latin-1"))
    limit = STANDARD_STRINGS + len(strings)
    count = _count(walk, top)
    codes: list[int] = []
    if top[_ENCODING][0] not in (0, 1):
        _stand(walk, top, _ENCODING)
        codes = _encoding(walk, count)
    _stand(walk, top, _CHARSET)
    if walk.number(1) != 0:
        raise Rejected("charset of a CFF font")
    numbers = [walk.number(2) for _ in range(count - 1)]
    if any(number >= limit for number in numbers) or not set(codes) <= set(numbers):
        raise Rejected("glyph name of a CFF font")
    if set(range(STANDARD_STRINGS, limit)) - set(numbers):
        raise Rejected("a string that names no glyph")
    _check_glyphs(walk, top, count)
    _check_private(walk, top)


def _check_cid(walk: _Walk, top: dict[int, list[float]], strings: list[bytes]) -> None:
    if strings != [b"Adobe", b"Identity"] or top[_ROS] != [391, 392, 0]:
        raise Rejected("character collection of a CFF font")
    count = _count(walk, top)
    _stand(walk, top, _CHARSET)
    kind, left, highest = walk.number(1), count - 1, 0
    if kind not in ((0, 2) if count == 1 else (2,)):
        raise Rejected("charset of a CFF font")
    while left:
        first, more = walk.number(2), walk.number(2)
        left -= more + 1
        highest = max(highest, first + more)
        if left < 0 or highest > 65_535:
            raise Rejected("charset of a CFF font")
    if top[_CID_COUNT] != [highest + 1]:
        raise Rejected("number of CIDs")
    _stand(walk, top, _FD_SELECT)
    if walk.number(1) != 3:
        raise Rejected("FDSelect")
    rows = [(walk.number(2), walk.number(1)) for _ in range(walk.number(2))]
    firsts = [first for first, _ in rows] + [walk.number(2)]
    if firsts[0] != 0 or firsts[-1] != count or any(a >= b for a, b in pairwise(firsts)):
        raise Rejected("FDSelect")
    _check_glyphs(walk, top, count)
    _stand(walk, top, _FD_ARRAY)
    parts = [_dictionary(part) for part in walk.index()]
    if any(part >= len(parts) for _, part in rows):
        raise Rejected("FDSelect")
    for part in parts:
        if set(part) - {_MATRIX} != {_PRIVATE}:
            raise Rejected("font dictionary of a CFF font")
        _check_matrix(part)
        _check_private(walk, part)


def _count(walk: _Walk, top: dict[int, list[float]]) -> int:
    """The number of glyphs, looked up ahead of where they are checked."""
    at = top[_CHARSTRINGS][0]
    if at != int(at) or not walk.at < at < len(walk.data) - 2:
        raise Rejected("charstrings of a CFF font")
    count = int.from_bytes(walk.data[int(at) : int(at) + 2], "big")
    if not count:
        raise Rejected("a CFF font without glyphs")
    return count


def _stand(walk: _Walk, entries: dict[int, list[float]], operator: int) -> None:
    """A structure must begin where the one before ended."""
    if entries[operator][-1] != walk.at:
        raise Rejected("a gap in a CFF font")


def _check_glyphs(walk: _Walk, top: dict[int, list[float]], count: int) -> None:
    _stand(walk, top, _CHARSTRINGS)
    glyphs = walk.index()
    if len(glyphs) != count:
        raise Rejected("charstrings of a CFF font")
    for code in glyphs:
        if len(code) > MAX_CODE or not _GLYPH.fullmatch(code):
            raise Rejected("charstring")


def _check_private(walk: _Walk, entries: dict[int, list[float]]) -> None:
    """Only the two widths."""
    _stand(walk, entries, _PRIVATE)
    size = entries[_PRIVATE][0]
    if size != int(size) or list(_dictionary(walk.take(int(size)))) != [
        _DEFAULT_WIDTH, _NOMINAL_WIDTH,
    ]:  # fmt: skip
        raise Rejected("private dictionary")


def _check_matrix(entries: dict[int, list[float]]) -> None:
    if any(abs(value) > MAX_MATRIX for value in entries.get(_MATRIX, ())):
        raise Rejected("FontMatrix")


def _encoding(walk: _Walk, count: int) -> list[int]:
    """Section 12, format 0; the string numbers of its second codes."""
    kind, number = walk.number(1), walk.number(1)
    if kind not in (0, 0x80) or number > count - 1:
        raise Rejected("encoding of a CFF font")
    walk.take(number)
    if not kind:
        return []
    return [walk.number(3) & 0xFFFF for _ in range(walk.number(1))]


def _dictionary(data: bytes) -> dict[int, list[float]]:
    """Section 4: operators once each, with the operands of `_OPERANDS`."""
    walk, found, operands = _Walk(data), dict[int, list[float]](), list[float]()
    while walk.at < len(data):
        head = walk.number(1)
        if head <= 21:
            operator = 1200 + walk.number(1) if head == 12 else head
            if operator in found or _OPERANDS.get(operator) != len(operands):
                raise Rejected("operator of a CFF dictionary")
            found[operator] = operands
            operands = []
        elif head in (28, 29):
            size = 2 if head == 28 else 4
            operands.append(int.from_bytes(walk.take(size), "big", signed=True))
        elif head == 30:
            operands.append(_real(walk))
        elif 32 <= head <= 246:
            operands.append(head - 139)
        elif 247 <= head <= 250:
            operands.append((head - 247) * 256 + walk.number(1) + 108)
        elif 251 <= head <= 254:
            operands.append(-(head - 251) * 256 - walk.number(1) - 108)
        else:
            raise Rejected("number of a CFF dictionary")
    if operands:
        raise Rejected("operands of a CFF dictionary")
    return found


def _real(walk: _Walk) -> float:
    text = ""
    while True:
        pair = walk.number(1)
        high, low = pair >> 4, pair & 15
        text += _NIBBLES[high] + _NIBBLES[low]
        if high == 15 and low != 15:
            raise Rejected("number of a CFF dictionary")
        if low == 15:
            break
    if not _REAL.fullmatch(text):
        raise Rejected("number of a CFF dictionary")
    return float(text)
