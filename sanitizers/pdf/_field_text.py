"""Lays text into a box: form fields and free text that bring no appearance (12.7.4.3).

Size and colour come from the default appearance string, the font from our own two:
Helvetica for Latin, a Japanese gothic (not embedded, found by every viewer that shows
Japanese) for all else. The text is what a reader would see, so it is kept.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sanitizers.pdf._context import Context
from sanitizers.pdf._objects import Made, Target, Text, Value, Word
from sanitizers.pdf._operands import parse_number
from sanitizers.pdf._resources import PageResources
from sanitizers.pdf._serialize import real

MAX_LINES: Final = 2_000
AUTO_SIZE: Final = 12.0  # points, where the size is 0 (automatic)
LEADING: Final = 1.15
PADDING: Final = 2.0  # points between the border and the text
_SIZE: Final = re.compile(rb"/[^\s/]+\s+([-+.0-9]+)\s+Tf")
_COLOUR: Final = re.compile(rb"((?:[-+.0-9]+\s+){1,4})(g|rg|k)\b")
_COUNTS: Final = {b"g": 1, b"rg": 3, b"k": 4}
#: Widths of Helvetica, thousandths: narrow and wide letters; the rest is about 556.
_NARROW: Final = frozenset(" !',./:;I[\\]`fijlt|()-")
_WIDE: Final = frozenset("ABCDEGHKMNOPQRSUVWXYmw@%&")


def text_block(
    context: Context,
    resources: PageResources,
    text: str,
    box: tuple[float, float, float, float],
    *,
    appearance: Value,
    align: int = 0,
    multiline: bool = False,
    comb: int = 0,
) -> str:
    """Operators that show `text` in `box`; `align` is 0 left, 1 middle, 2 right."""
    if not text:
        return ""
    found = context.source.resolve(appearance)
    given = found[:1_000] if isinstance(found, bytes) else b""
    high = box[3] - box[1]
    size = _size(given, high, multiline=multiline)
    wide = box[2] - box[0] - 2 * PADDING
    lines = _lines(text, size, wide) if multiline else [text]
    latin = all(character.isascii() for character in text)
    name = resources.add("Font", _latin(context) if latin else _japanese(context))
    top = box[3] - PADDING - size if multiline else box[1] + (high - size) / 2 + 0.22 * size
    parts = [f"{_rectangle(box)} W n BT {_colour(given)} /{name} {real(size)} Tf"]
    for index, line in enumerate(lines[:MAX_LINES]):
        cells = list(line)[:comb] if comb > 1 else [line]
        step = (box[2] - box[0]) / comb if comb > 1 else 0.0
        for place, cell in enumerate(cells):
            long = _measure(cell, size)
            if comb > 1:
                x = box[0] + step * place + (step - long) / 2
            else:
                x = box[0] + PADDING + max(wide - long, 0) * (align / 2 if align in (1, 2) else 0)
            y = top - index * size * LEADING
            shown = cell.encode("cp1252", "replace") if latin else cell.encode("utf-16-be")
            parts.append(f"1 0 0 1 {real(x)} {real(y)} Tm <{shown.hex().upper()}> Tj")
    return " ".join([*parts, "ET"])


def _size(given: bytes, high: float, *, multiline: bool) -> float:
    match = _SIZE.search(given)
    size = float(parse_number(match[1])) if match else 0.0
    if not 0.1 < size < 1_000:
        size = AUTO_SIZE if multiline else min(AUTO_SIZE, max(high * 0.7, 4))
    return size


def _colour(given: bytes) -> str:
    match = _COLOUR.search(given)
    if match is None:
        return "0 g"
    numbers = [parse_number(part) for part in match[1].split()][-_COUNTS[match[2]] :]
    if len(numbers) != _COUNTS[match[2]]:
        return "0 g"
    return " ".join([*(real(float(n)) for n in numbers), match[2].decode("ascii")])


def _rectangle(box: tuple[float, float, float, float]) -> str:
    sides = (box[0], box[1], box[2] - box[0], box[3] - box[1])
    return " ".join([real(v) for v in sides]) + " re"


def _advance(character: str) -> float:
    if not character.isascii():
        return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.5
    return 0.28 if character in _NARROW else 0.72 if character in _WIDE else 0.556


def _measure(line: str, size: float) -> float:
    return size * sum([_advance(character) for character in line])


def _lines(text: str, size: float, wide: float) -> list[str]:
    """Break at line ends, at spaces, and anywhere in Japanese."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line, used = "", 0.0
        for piece in re.findall(r"[!-~]+ ?|[\s\S]", paragraph):
            long = _measure(piece, size)
            if line and used + long > wide:
                lines.append(line)
                line, used = "", 0.0
            line += piece
            used += long
        lines.append(line)
    return lines


def _latin(context: Context) -> Target:
    return context.file.add(
        {
            "Type": Word("Font"), "Subtype": Word("Type1"), "BaseFont": Word("Helvetica"),
            "Encoding": Word("WinAnsiEncoding"),
        }
    )  # fmt: skip


def _japanese(context: Context) -> Target:
    """A composite font without a program (9.7), codes are UTF-16 (table 116)."""
    name = Word("MS-Gothic")
    box: list[Made] = [0, -137, 1000, 859]
    descriptor = context.file.add(
        {
            "Type": Word("FontDescriptor"), "FontName": name, "Flags": 5, "FontBBox": box,
            "ItalicAngle": 0, "Ascent": 859, "Descent": -137, "CapHeight": 769, "StemV": 78,
        }
    )  # fmt: skip
    system: dict[str, Made] = {
        "Registry": Text(b"Adobe"), "Ordering": Text(b"Japan1"), "Supplement": 2,
    }  # fmt: skip
    descendant = context.file.add(
        {
            "Type": Word("Font"), "Subtype": Word("CIDFontType2"), "BaseFont": name,
            "CIDSystemInfo": system, "DW": 1000, "W": [1, 95, 500, 231, 632, 500],
            "FontDescriptor": descriptor,
        }
    )  # fmt: skip
    return context.file.add(
        {
            "Type": Word("Font"), "Subtype": Word("Type0"), "BaseFont": name,
            "Encoding": Word("UniJIS-UTF16-H"), "DescendantFonts": [descendant],
        }
    )  # fmt: skip
