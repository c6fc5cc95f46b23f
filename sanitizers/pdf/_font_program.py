"""Embedded font programs, re-serialized from their parsed tables (ISO 32000-2, 9.9).

TrueType stays TrueType, CFF stays CFF, Type 1 becomes CFF. Instruction bytecode, hints,
names, copyright strings and unknown tables never cross. What cannot be parsed is a
`BadFont`: its page is drawn instead.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from sanitizers.pdf import _font_cff, _font_truetype, _font_type1
from sanitizers.pdf._font_errors import BadFont

MAX_PROGRAM: Final = 60_000_000  # bytes; a whole CJK family has 20 million

_SFNT: Final = (b"\0\1\0\0", b"true", b"OTTO")
_CFF: Final = b"\1\0"


def rebuild_font_file(kind: str, data: bytes) -> bytes:
    """The program of a descriptor's `FontFile…`; `kind` is the key or its Subtype.

    What it is, is read from its first bytes: producers mislabel.

    Raises:
        BadFont: it cannot be parsed, or it is over a limit.
    """
    if len(data) > MAX_PROGRAM:
        raise BadFont("too long")
    head = data[:4]
    rebuild: Callable[[bytes], bytes]
    if head == _SFNT[2]:
        rebuild = _font_cff.of_open_type
    elif head in _SFNT:
        rebuild = _font_truetype.rebuild
    elif data[:2] == _CFF and kind != "FontFile":
        rebuild = _font_cff.rebuild
    elif data[:2] in (b"%!", b"\x80\x01") or kind == "FontFile":
        rebuild = _font_type1.rebuild
    else:
        raise BadFont("of no known kind")
    try:
        return rebuild(data)
    except BadFont:
        raise
    except (
        ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError,
        OverflowError, RecursionError, struct.error, ArithmeticError, NotImplementedError,
    ) as error:  # fmt: skip
        # Of a damaged table: the libraries below raise whatever comes.
        raise BadFont(type(error).__name__) from error
    except Exception as error:
        raise BadFont(type(error).__name__) from error


__all__ = ["BadFont", "rebuild_font_file"]
