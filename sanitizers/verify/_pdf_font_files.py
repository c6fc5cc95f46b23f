"""Font programs of rebuilt documents (ISO 32000-2, 9.9, table 124): which grammar each has."""

from __future__ import annotations

from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_font_cff import check_cff
from sanitizers.verify._pdf_font_sfnt import check_sfnt
from sanitizers.verify._pdf_objects import Dictionary, Name

_OF_STREAMS: Final = ("Length", "Filter")


def check_font_file(key: str, entries: Dictionary, data: bytes) -> None:
    """A program under a descriptor's `key`, with the `entries` of its stream.

    Type 1 programs and OpenType wrappers do not cross as such: they become CFF.

    Raises:
        Rejected: another kind, or a program that is not of its grammar.
    """
    head = {name: value for name, value in entries.items() if name not in _OF_STREAMS}
    if key == "FontFile2" and head == {"Length1": len(data)}:
        check_sfnt(data)
    elif key == "FontFile3" and head in (
        {"Subtype": Name("Type1C")}, {"Subtype": Name("CIDFontType0C")},
    ):  # fmt: skip
        check_cff(data)
    else:
        raise Rejected("kind of a font program")
