"""CFF programs made anew (Adobe TN 5176 and 5177), by fontTools' parser and writer.

Subroutines are written out, hints dropped, and only the operators of the lists below cross:
numbers, glyph names that mean a character or a count, and outlines.
"""

from __future__ import annotations

import io
from typing import Any, Final

from fontTools.cffLib import CFFFontSet  # type: ignore[import-untyped]
from fontTools.cffLib.transforms import desubroutinize, remove_hints  # type: ignore[import-untyped]

from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_truetype import read_directory
from sanitizers.pdf._glyph_names import is_plain

MAX_GLYPHS: Final = 65_535
MAX_CHARSTRING: Final = 65_535  # bytes of one (TN 5177 appendix B: the interpreter's limit)
NAME: Final = "F"  # of the font itself; the PDF has its own

#: Top DICT operators (TN 5176 table 9) that say how to draw; no name, notice or PostScript.
TOP: Final = frozenset(
    {"ROS", "FontMatrix", "FontBBox", "charset", "Encoding", "CharStrings", "Private", "FDArray",
     "FDSelect", "CIDCount"}
)  # fmt: skip
#: Private DICT operators (table 23): the widths only; the rest are hints and subroutines.
PRIVATE: Final = frozenset({"defaultWidthX", "nominalWidthX"})


def rebuild(data: bytes) -> bytes:
    """A bare CFF font set of one font.

    Raises:
        BadFont: not parsed, over a limit, or with glyph names that could say something.
    """
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(data), None, isCFF2=False)
    if len(fonts.fontNames) != 1:
        raise BadFont("not one font")
    top = fonts.topDictIndex[0]
    check_matrix(top)
    names = top.charset
    if len(names) > MAX_GLYPHS:
        raise BadFont("too many glyphs")
    if not hasattr(top, "ROS"):
        for name in names:
            if not is_plain(name):
                raise BadFont("glyph name")
    else:
        top.ROS = ("Adobe", "Identity", 0)
    for index in range(len(top.CharStrings.charStringsIndex)):
        if len(top.CharStrings.charStringsIndex[index].bytecode or b"") > MAX_CHARSTRING:
            raise BadFont("charstring")
    remove_hints(fonts)
    desubroutinize(fonts)
    fonts.fontNames = [NAME]
    _keep(top, TOP)
    for font in getattr(top, "FDArray", None) or [top]:
        if font is not top:
            check_matrix(font)
            _keep(font, frozenset({"FontMatrix", "Private"}))
        _keep(font.Private, PRIVATE)
    return compiled(fonts)


def of_open_type(data: bytes) -> bytes:
    """The CFF table of an OpenType program: a PDF needs no more of it.

    Raises:
        BadFont: it has none, or it cannot be rebuilt.
    """
    tables = read_directory(data)
    if b"CFF " not in tables:
        raise BadFont("no outlines")
    return rebuild(tables[b"CFF "])


def check_matrix(font: Any) -> None:
    """FontMatrix must be six numbers (CVE-2024-4367: a viewer ran what else it was).

    Raises:
        BadFont: it is not.
    """
    matrix = font.rawDict.get("FontMatrix")
    if matrix is not None and not (
        isinstance(matrix, list | tuple)
        and len(matrix) == 6
        and all(isinstance(value, int | float) for value in matrix)
    ):
        raise BadFont("FontMatrix")


class _Owner:
    """What fontTools asks the font around a CFF table: nothing is to be computed anew."""

    recalcBBoxes = False


def compiled(fonts: Any) -> bytes:
    """The bytes of a font set."""
    out = io.BytesIO()
    fonts.compile(out, _Owner(), isCFF2=False)
    return out.getvalue()


def _keep(font: Any, allowed: frozenset[str]) -> None:
    for key in [key for key in font.rawDict if key not in allowed]:
        del font.rawDict[key]
        if key in vars(font):
            delattr(font, key)
    for key in ("Subrs",):
        if key in vars(font) and key not in allowed:
            delattr(font, key)
