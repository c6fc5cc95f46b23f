"""Embedded font programs, re-serialized from their parsed tables (ISO 32000-2, 9.9).

TrueType stays TrueType, CFF stays CFF, Type 1 becomes CFF. Instruction bytecode, hints,
subroutines, copyright strings and unknown tables never cross; of names, only those that
glyphs are found by. What cannot be parsed is a `BadFont`: its page is drawn instead.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.pdf import _font_cff, _font_truetype, _font_type1
from sanitizers.pdf._font_errors import BadFont

MAX_PROGRAM: Final = 60_000_000  # bytes; a whole CJK family has 20 million

_TRUE_TYPE: Final = (b"\0\1\0\0", b"true")
_OPEN_TYPE: Final = b"OTTO"
_CFF: Final = b"\1\0"
_TYPE_1: Final = (b"%!", b"\x80\1")


def rebuild_font_file(kind: str, data: bytes, *, composite: bool = False) -> bytes:
    """The program of a descriptor's `FontFile…`; `kind` is the key or its Subtype.

    What it is, is read from its first bytes: producers mislabel. `composite` fonts find
    their glyphs by number and get no names and no `cmap`.

    Raises:
        BadFont: it cannot be parsed, or it is over a limit.
    """
    if len(data) > MAX_PROGRAM:
        raise BadFont("too long")
    try:
        return _rebuilt(kind, data, composite=composite)
    except (struct.error, IndexError, ValueError, OverflowError, RecursionError) as error:
        # Data that ends early, or a number that no field can hold.
        raise BadFont(type(error).__name__) from error


def _rebuilt(kind: str, data: bytes, *, composite: bool) -> bytes:
    head = data[:4]
    if head == _OPEN_TYPE:
        return _font_cff.of_open_type(data)
    if head in _TRUE_TYPE:
        return _font_truetype.rebuild(data, composite=composite)
    if data[:2] == _CFF and kind != "FontFile":
        return _font_cff.rebuild(data)
    if data[:2] in _TYPE_1 or kind == "FontFile":
        return _font_type1.rebuild(data)
    raise BadFont("of no known kind")


__all__ = ["BadFont", "rebuild_font_file"]
