"""Resources of rebuilt documents: forms, graphics states, patterns, shadings, functions.

ISO 32000-2: graphics states 8.4.5, colour spaces 8.6, patterns 8.7, forms 8.10,
transparency 11, functions 7.10. Every content stream is checked together with the
resource dictionary that it uses, to the last instruction and the last resource.
"""

from __future__ import annotations

from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_colours import COLOUR_SPACE, components
from sanitizers.verify._pdf_fonts import RESOURCES_OF, font
from sanitizers.verify._pdf_functions import FUNCTION, function
from sanitizers.verify._pdf_objects import Array, Dictionary, Name, PdfObject, Reference, Value
from sanitizers.verify._pdf_operators import DEFAULT_SPACES, check_operators, must_use
from sanitizers.verify._pdf_pictures import picture
from sanitizers.verify._pdf_rules import (
    STREAM,
    STREAM_FILTER,
    Table,
    Walk,
    boolean,
    each,
    fields,
    integer,
    names,
    number,
    numbers,
    one_of,
    plain,
    require,
    stream_data,
    sub,
    to,
)

MAX_CONTENT: Final = 400_000_000
MAX_RESOURCES: Final = 100_000  # of one category

_INTENTS: Final = names("AbsoluteColorimetric", "RelativeColorimetric", "Saturation", "Perceptual")
GROUP: Final = sub({"S": names("Transparency")}, {"CS": COLOUR_SPACE, "I": boolean, "K": boolean})


def check_content(
    data: bytes, resources: Dictionary, *, glyph: bool = False, whole: bool = True
) -> set[tuple[str, str]]:
    """Operators and resources: each names and uses the other's."""
    known = {key: value for key, value in resources.items() if isinstance(value, Dictionary)}
    used = check_operators(data, known, glyph=glyph)
    if whole and used != must_use(known):
        raise Rejected("a resource that nothing uses")
    return used


def _dash(walk: Walk, value: Value) -> None:
    if not isinstance(value, Array) or len(value) != 2:
        raise Rejected("dash")
    numbers(0, 100)(walk, value[0])
    number()(walk, value[1])


def _state_font(walk: Walk, value: Value) -> None:
    if not isinstance(value, Array) or len(value) != 2:
        raise Rejected("font of a graphics state")
    walk.meet(value[0], font)
    number()(walk, value[1])


_BLEND: Final = names(
    "Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge",
    "ColorBurn", "HardLight", "SoftLight", "Difference", "Exclusion", "Hue", "Saturation",
    "Color", "Luminosity",
)  # fmt: skip


def _xobject(walk: Walk, value: Value) -> None:
    if not isinstance(value, Reference) or value.number not in walk.objects:
        raise Rejected("XObject")
    kind = walk.objects[value.number].value.get("Subtype")
    walk.meet(value, form if kind == Name("Form") else picture)


def _mask(walk: Walk, value: Value) -> None:
    if value == Name("None"):
        return
    sub(
        {"Type": names("Mask"), "S": names("Alpha", "Luminosity"), "G": to(form)},
        {"BC": numbers(1, 32), "TR": FUNCTION},
    )(walk, value)


_STATE: Final[Table] = {
    "LW": number(0), "LC": integer(0, 2), "LJ": integer(0, 2), "ML": number(0), "D": _dash,
    "RI": _INTENTS, "OP": boolean, "op": boolean, "OPM": integer(0, 1), "FL": number(0, 100),
    "SM": number(0, 1), "SA": boolean, "BM": _BLEND, "CA": number(0, 1), "ca": number(0, 1),
    "AIS": boolean, "TK": boolean, "Font": _state_font, "SMask": _mask,
}  # fmt: skip


def graphics_state(walk: Walk, item: PdfObject) -> None:
    """Table 57."""
    fields(walk, plain(item), {"Type": names("ExtGState")}, _STATE)


def form(walk: Walk, item: PdfObject) -> None:
    """Table 93."""
    fields(walk, item.value, _FORM, _FORM_MORE)
    _own_content(item)


def _own_content(item: PdfObject) -> None:
    resources = item.value["Resources"]
    if not isinstance(resources, Dictionary):
        raise Rejected("resources")
    check_content(stream_data(item, MAX_CONTENT), resources)


def _resources(walk: Walk, value: Value) -> None:
    if not isinstance(value, Dictionary):
        raise Rejected("resources")
    for category, members in value.items():
        check = _RESOURCES.get(category)
        if check is None or not isinstance(members, Dictionary) or not members:
            raise Rejected("category of resources")
        require(len(members) <= MAX_RESOURCES, "too many resources")
        for name, member in members.items():
            check(walk, member)
            if name in DEFAULT_SPACES:
                _check_default(walk, name, member)


def _check_default(walk: Walk, name: str, value: Value) -> None:
    """8.6.5.6: a space made of light or ink, of as many components as the device's."""
    kind = value[0] if isinstance(value, Array) else None
    require(
        kind in (Name("ICCBased"), Name("CalGray"), Name("CalRGB"))
        and components(value, walk) == DEFAULT_SPACES[name],
        "default colour space",
    )


RESOURCES = _resources
RESOURCES_OF[0] = _resources
_FORM: Final[Table] = {
    **STREAM, "Type": names("XObject"), "Subtype": names("Form"), "BBox": numbers(4, 4),
    "Resources": RESOURCES,
}  # fmt: skip
_FORM_MORE: Final[Table] = {**STREAM_FILTER, "Matrix": numbers(6, 6), "Group": GROUP}


def _pattern(walk: Walk, item: PdfObject) -> None:
    if item.stream is not None:
        fields(walk, item.value, _TILING, {**STREAM_FILTER, "Matrix": numbers(6, 6)})
        _own_content(item)
    else:
        fields(
            walk, item.value, _SHADED, {"Matrix": numbers(6, 6), "ExtGState": to(graphics_state)}
        )


def _functions(walk: Walk, value: Value) -> None:
    one_of([(Array, each(to(function), 1, 32)), (Reference, to(function))])(walk, value)


_SHADING: Final[Table] = {"ShadingType": integer(1, 7), "ColorSpace": COLOUR_SPACE}
_SHADING_MORE: Final[Table] = {
    "Background": numbers(1, 32), "BBox": numbers(4, 4), "AntiAlias": boolean,
    "Function": _functions, "Domain": numbers(2, 4), "Matrix": numbers(6, 6),
    "Coords": numbers(4, 6), "Extend": each(boolean, 2, 2),
}  # fmt: skip
_MESH_MORE: Final[Table] = {
    **_SHADING_MORE, **STREAM_FILTER, **STREAM, "BitsPerCoordinate": integer(1, 32),
    "BitsPerComponent": integer(1, 16), "BitsPerFlag": integer(2, 8),
    "VerticesPerRow": integer(2, 10**6), "Decode": numbers(6, 68),
}  # fmt: skip


def _shading(walk: Walk, item: PdfObject) -> None:
    fields(walk, item.value, _SHADING, _SHADING_MORE if item.stream is None else _MESH_MORE)
    if item.stream is not None:
        stream_data(item, MAX_CONTENT)


_TILING: Final[Table] = {
    **STREAM, "Type": names("Pattern"), "PatternType": integer(1, 1), "PaintType": integer(1, 2),
    "TilingType": integer(1, 3), "BBox": numbers(4, 4), "XStep": number(), "YStep": number(),
    "Resources": RESOURCES,
}  # fmt: skip
_SHADED: Final[Table] = {
    "Type": names("Pattern"), "PatternType": integer(2, 2), "Shading": to(_shading),
}  # fmt: skip
#: Table 34: categories and the role of what is in each.
_RESOURCES: Final[Table] = {
    "Font": to(font), "ExtGState": to(graphics_state), "ColorSpace": COLOUR_SPACE,
    "Pattern": to(_pattern), "Shading": to(_shading), "XObject": _xobject,
}  # fmt: skip
