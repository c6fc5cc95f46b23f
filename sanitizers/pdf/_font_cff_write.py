"""Writes a CFF font set of one font (Adobe TN 5176) from numbers, names and charstrings.

The order is fixed and without gaps: header, names, top dictionary, strings, (no) shared
subroutines, encoding, charset, selector, charstrings, font dictionaries, private dictionaries.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sanitizers.pdf._font_cff_names import STANDARD_STRINGS
from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_type2 import encoded

NAME: Final = b"F"  # of the font itself; the PDF has its own

Matrix = tuple[float, float, float, float, float, float]

# Operators of dictionaries: table 9 (top), table 10 (CID), table 23 (private).
_BBOX, _CHARSET, _ENCODING, _CHARSTRINGS, _PRIVATE = b"\5", b"\x0f", b"\x10", b"\x11", b"\x12"
_MATRIX, _ROS, _CID_COUNT = b"\x0c\7", b"\x0c\x1e", b"\x0c\x22"
_FD_ARRAY, _FD_SELECT = b"\x0c\x24", b"\x0c\x25"
_DEFAULT_WIDTH, _NOMINAL_WIDTH = b"\x14", b"\x15"
_STANDARD: Final = {name: number for number, name in enumerate(STANDARD_STRINGS)}
#: The character collection that says nothing: the PDF names the real one.
_IDENTITY: Final = (b"Adobe", b"Identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A font dictionary of a CID font, or the only one: the widths and the matrix."""

    matrix: Matrix | None = None
    default_width: float = 0
    nominal_width: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What is written. `glyphs` begin with `.notdef`; names and CIDs with the glyph after it."""

    glyphs: Sequence[bytes]
    names: Sequence[str] = ()
    cids: Sequence[int] | None = None  # in place of names
    matrix: Matrix | None = None
    box: tuple[int, int, int, int] = (0, 0, 0, 0)
    encoding: int | bytes = 0  # a predefined one, or the code of each glyph after `.notdef`
    more_codes: Mapping[int, str] = field(default_factory=dict)  # second codes of glyphs
    parts: Sequence[Part] = (Part(),)
    selector: bytes = b""  # the part of each glyph, if there are several


def write(face: Face) -> bytes:
    """The bytes of the font set.

    Raises:
        BadFont: a number that the format cannot hold.
    """
    cid = face.cids is not None
    strings: dict[str, int] = {}
    charset = _cid_charset(face.cids) if face.cids is not None else _charset(face.names, strings)
    encoding = b"" if cid or isinstance(face.encoding, int) else _encoding(face, strings)
    listed = _IDENTITY if cid else tuple(name.encode("ascii") for name in strings)
    selector = _selector(face.selector or bytes(len(face.glyphs))) if cid else b""
    glyphs = index(face.glyphs)
    privates = [_private(part) for part in face.parts]

    start = b"\1\0\4\4" + index([NAME])
    after = index(listed) + index([])
    size = len(_top(face, 0, 0, 0, 0, 0, 0))
    at = len(start) + len(index([bytes(size)])) + len(after)
    at_charset = at + len(encoding)
    at_selector = at_charset + len(charset)
    at_glyphs = at_selector + len(selector)
    at_parts = at_glyphs + len(glyphs)
    if cid:
        fonts = index([_font(part, 0, 0) for part in face.parts])
        at_private = at_parts + len(fonts)
        rows = []
        for part, private in zip(face.parts, privates, strict=True):
            rows.append(_font(part, len(private), at_private))
            at_private += len(private)
        fonts = index(rows)
    else:
        fonts = b""
    top = _top(face, at, at_charset, at_selector, at_glyphs, at_parts, len(privates[0]))
    return b"".join(
        (start, index([top]), after, encoding, charset, selector, glyphs, fonts, *privates)
    )


def _top(
    face: Face, encoding: int, charset: int, selector: int, glyphs: int, parts: int, size: int
) -> bytes:
    cid = face.cids is not None
    made = [_offset(391) + _offset(392) + _offset(0) + _ROS] if cid else []
    if face.matrix is not None:
        made.append(_matrix(face.matrix))
    made.append(b"".join(_number(value) for value in face.box) + _BBOX)
    if face.cids is not None:
        made.append(_offset(max(face.cids, default=0) + 1) + _CID_COUNT)
    made.append(_offset(charset) + _CHARSET)
    if not cid:
        made.append(
            _offset(face.encoding if isinstance(face.encoding, int) else encoding) + _ENCODING
        )
    made.append(_offset(glyphs) + _CHARSTRINGS)
    if cid:
        made.append(_offset(parts) + _FD_ARRAY + _offset(selector) + _FD_SELECT)
    else:
        made.append(_offset(size) + _offset(parts) + _PRIVATE)
    return b"".join(made)


def _font(part: Part, size: int, offset: int) -> bytes:
    matrix = b"" if part.matrix is None else _matrix(part.matrix)
    return matrix + _offset(size) + _offset(offset) + _PRIVATE


def _private(part: Part) -> bytes:
    return (
        _number(part.default_width) + _DEFAULT_WIDTH + _number(part.nominal_width) + _NOMINAL_WIDTH
    )


def index(items: Sequence[bytes]) -> bytes:
    """An INDEX (section 5)."""
    if not items:
        return b"\0\0"
    if len(items) > 65_535:
        raise BadFont("too many of one kind")
    offsets, at = [1], 1
    for item in items:
        at += len(item)
        offsets.append(at)
    size = (at.bit_length() + 7) // 8
    table = struct.pack(f">{len(offsets)}I", *offsets)
    if size < 4:
        lanes = bytearray(size * len(offsets))
        for lane in range(size):
            lanes[lane::size] = table[4 - size + lane :: 4]
        table = bytes(lanes)
    return struct.pack(">HB", len(items), size) + table + b"".join(items)


def _offset(value: int) -> bytes:
    """An operand of constant length (section 4)."""
    return b"\x1d" + value.to_bytes(4, "big")


def _number(value: float) -> bytes:
    """An operand (section 4): the forms that charstrings have too, or a real number."""
    if value == int(value):
        whole = int(value)
        return encoded(whole) if -32_768 <= whole < 32_768 else _long(whole)
    text = f"{value:.9g}".replace("e-0", "e-").replace("e+", "e").replace("e-", "c")
    nibbles = text.replace(".", "a").replace("e", "b").replace("-", "e") + "f"
    return b"\x1e" + bytes.fromhex(nibbles + "f" * (len(nibbles) % 2))


def _long(value: int) -> bytes:
    if not -(2**31) <= value < 2**31:
        raise BadFont("number of a dictionary")
    return b"\x1d" + value.to_bytes(4, "big", signed=True)


def _matrix(matrix: Matrix) -> bytes:
    return b"".join(_number(value) for value in matrix) + _MATRIX


def _spans(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First number and how many more follow it, of numbers that count up."""
    spans: list[tuple[int, int]] = []
    first, more = numbers[0], 0
    for number in numbers[1:]:
        if number == first + more + 1:
            more += 1
        else:
            spans.append((first, more))
            first, more = number, 0
    spans.append((first, more))
    return spans


def _charset(names: Sequence[str], strings: dict[str, int]) -> bytes:
    """Section 13: string numbers of the names; new ones are added to `strings`."""
    numbers = []
    for name in names:
        known = _STANDARD.get(name)
        if known is None:
            known = strings.setdefault(name, len(_STANDARD) + len(strings))
        numbers.append(known)
    return b"\0" + struct.pack(f">{len(numbers)}H", *numbers)


def _cid_charset(cids: Sequence[int]) -> bytes:
    if not cids:
        return b"\0"
    return b"\2" + b"".join(struct.pack(">HH", *span) for span in _spans(cids))


def _encoding(face: Face, strings: dict[str, int]) -> bytes:
    """Section 12, format 0."""
    codes = face.encoding if isinstance(face.encoding, bytes) else b""
    numbers = {**_STANDARD, **strings}
    more = [(code, numbers[name]) for code, name in sorted(face.more_codes.items())]
    made = bytes((0x80 if more else 0, len(codes))) + codes
    if more:
        made += bytes((len(more),)) + b"".join(struct.pack(">BH", *row) for row in more)
    return made


def _selector(parts: bytes) -> bytes:
    """Section 19, format 3."""
    rows = [(at, part) for at, part in enumerate(parts) if not at or parts[at - 1] != part]
    return (
        struct.pack(">BH", 3, len(rows))
        + b"".join(struct.pack(">HB", *row) for row in rows)
        + struct.pack(">H", len(parts))
    )
