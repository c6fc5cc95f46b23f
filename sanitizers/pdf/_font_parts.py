"""Embedded font programs (ISO 32000-2, 9.9): under which key a rebuilt one is written.

A rebuilt program says by its first bytes what it is, and that decides the key of the
descriptor: a Type 1 program that became CFF changes places. A kind that cannot be parsed
is a `BadFont`, and its page is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sanitizers.pdf._font_program import BadFont, rebuild_font_file
from sanitizers.pdf._objects import Made, Word

_TRUE_TYPE: Final = b"\0\1\0\0"
_CFF: Final = b"\1\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FontFile:
    """A program and the key of a descriptor that holds it (table 124)."""

    key: str
    entries: dict[str, Made]
    data: bytes


def font_file(kind: str, data: bytes, *, composite: bool) -> FontFile:
    """The program of a font, made anew.

    `kind` is the key it came from, or the Subtype of a FontFile3.

    Raises:
        BadFont: it cannot be parsed.
    """
    made = rebuild_font_file(kind, data, composite=composite)
    if made[:4] == _TRUE_TYPE:
        return FontFile(key="FontFile2", entries={"Length1": len(made)}, data=made)
    if made[:2] == _CFF:
        subtype = Word("CIDFontType0C" if composite else "Type1C")
        return FontFile(key="FontFile3", entries={"Subtype": subtype}, data=made)
    raise BadFont
