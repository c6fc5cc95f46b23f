"""Colour spaces of rebuilt documents (ISO 32000-2, 8.6)."""

from __future__ import annotations

from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_functions import FUNCTION
from sanitizers.verify._pdf_objects import Array, Name, PdfObject, Reference, Value
from sanitizers.verify._pdf_profiles import check_profile
from sanitizers.verify._pdf_rules import (
    STREAM,
    STREAM_FILTER,
    Walk,
    each,
    fields,
    integer,
    names,
    number,
    numbers,
    require,
    stream_data,
    sub,
)

MAX_PROFILE: Final = 100_000  # bytes of a profile
MAX_DEPTH: Final = 6  # spaces upon spaces
_DEVICES: Final = frozenset({"DeviceGray", "DeviceRGB", "DeviceCMYK"})
_WHITE: Final = {"WhitePoint": numbers(3, 3)}


def colour_space(walk: Walk, value: Value) -> None:
    """A name or an array, direct or a reference to none (8.6.3)."""
    _space(walk, value, 0)


def _space(walk: Walk, value: Value, depth: int) -> None:
    if isinstance(value, Name):
        require(value.text in _DEVICES or value.text == "Pattern", "colour space")
        return
    if not isinstance(value, Array) or not value or depth > MAX_DEPTH:
        raise Rejected("colour space")
    kind = value[0]
    if not isinstance(kind, Name):
        raise Rejected("colour space")
    if kind.text == "Indexed" and len(value) == 4:
        _space(walk, value[1], depth + 1)
        highest = value[2]
        if type(highest) is not int or not 0 <= highest <= 255:
            raise Rejected("palette")
        _palette(value[3], highest)
    elif kind.text == "Separation" and len(value) == 4:
        require(isinstance(value[1], Name), "colorant")
        _space(walk, value[2], depth + 1)
        FUNCTION(walk, value[3])
    elif kind.text == "DeviceN" and len(value) in (4, 5):
        each(_colorant, 1, 32)(walk, value[1])
        _space(walk, value[2], depth + 1)
        FUNCTION(walk, value[3])
    elif kind.text == "ICCBased" and len(value) == 2:
        walk.meet(value[1], _profile)
    elif kind.text == "Pattern" and len(value) == 2:
        _space(walk, value[1], depth + 1)
    elif kind.text == "Lab" and len(value) == 2:
        sub(_WHITE, {"BlackPoint": numbers(3, 3), "Range": numbers(4, 4)})(walk, value[1])
    elif kind.text == "CalGray" and len(value) == 2:
        sub(_WHITE, {"BlackPoint": numbers(3, 3), "Gamma": number()})(walk, value[1])
    elif kind.text == "CalRGB" and len(value) == 2:
        more = {"BlackPoint": numbers(3, 3), "Gamma": numbers(3, 3), "Matrix": numbers(9, 9)}
        sub(_WHITE, more)(walk, value[1])
    else:
        raise Rejected("colour space")


def _profile(walk: Walk, item: PdfObject) -> None:
    """8.6.5.5: a profile of our own making, of as many components as its alternate."""
    alternates = {1: "DeviceGray", 3: "DeviceRGB", 4: "DeviceCMYK"}
    count = item.value.get("N")
    if type(count) is not int or count not in alternates:
        raise Rejected("components of a profile")
    fields(
        walk,
        item.value,
        {**STREAM, "N": integer(1, 4), "Alternate": names(alternates[count])},
        STREAM_FILTER,
    )
    check_profile(stream_data(item, MAX_PROFILE), count)


def _colorant(walk: Walk, value: Value) -> None:
    require(isinstance(value, Name), "colorant")


def _palette(value: Value, highest: int) -> None:
    if not isinstance(value, bytearray):
        raise Rejected("palette")
    sizes = {(highest + 1) * count for count in (1, 3, 4)}
    require(len(value) in sizes, "length of a palette")


COLOUR_SPACE = colour_space
_COUNTS: Final = {"DeviceGray": 1, "DeviceRGB": 3, "DeviceCMYK": 4, "Pattern": 0}


def components(value: Value, walk: Walk) -> int:
    """How many numbers a colour of a checked space has."""
    if isinstance(value, Name):
        return _COUNTS[value.text]
    if not isinstance(value, Array) or not isinstance(value[0], Name):
        raise Rejected("colour space")
    kind = value[0].text
    if kind == "DeviceN" and isinstance(value[1], Array):
        return len(value[1])
    if kind == "ICCBased" and isinstance(value[1], Reference):
        count = walk.objects[value[1].number].value["N"]
        return count if isinstance(count, int) else 0
    return 3 if kind in ("Lab", "CalRGB") else 1
