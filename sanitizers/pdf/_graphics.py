"""Graphics objects beside text and pictures: forms, graphics states, patterns, shadings.

Each dictionary type has its table: key, rule, and the section of ISO 32000-2. Whatever
draws is a content stream and goes through `_contents`; whatever computes is a function
and goes through `_functions.function`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sanitizers.findings import Kind
from sanitizers.pdf import _colour, _functions
from sanitizers.pdf._context import MAX_DATA, Context, Unrebuildable
from sanitizers.pdf._filters import BadFilter, TooLong
from sanitizers.pdf._meshes import BadMesh, MeshLayout, rebuild_mesh
from sanitizers.pdf._objects import Made, Name, Stream, Target, Value, Word
from sanitizers.pdf._rules import (
    Table,
    apply,
    boolean,
    integer,
    number,
    numbers,
    rectangle,
    sub,
    word,
)

if TYPE_CHECKING:
    from sanitizers.pdf._resources import PageResources

Builder = Callable[[Context, Value, "PageResources"], "Target | None"]

MAX_FUNCTIONS: Final = 32  # of one array: one for each colour component

#: Table 134: blend modes (Compatible is the deprecated name of Normal).
BLEND_MODES: Final = (
    "Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge",
    "ColorBurn", "HardLight", "SoftLight", "Difference", "Exclusion", "Hue", "Saturation",
    "Color", "Luminosity",
)  # fmt: skip
_blend_word = word(*BLEND_MODES)


def _blend_mode(context: Context, value: Value) -> Made | None:
    """A name, or the first known one of an array (11.3.5)."""
    found = context.source.resolve(value)
    for item in found if isinstance(found, list) else [found]:
        made = _blend_word(context, item)
        if made is not None:
            return made
    return None


def _dash(context: Context, value: Value) -> Made | None:
    found = context.source.array(value)
    if len(found) != 2:
        return None
    lengths = numbers(0, 100)(context, found[0])
    phase = number()(context, found[1])
    return None if lengths is None or phase is None else [lengths, phase]


def _space(context: Context, value: Value) -> Made | None:
    return _colour.colour_space(context, value)


def _computed(context: Context, value: Value) -> Made | None:
    found = context.source.resolve(value)
    if isinstance(found, list):
        made = [_functions.function(context, item) for item in found[:MAX_FUNCTIONS]]
        return None if None in made else [t for t in made if t is not None]
    return _functions.function(context, value)


#: Table 145 (11.6.6): transparency groups.
GROUP: Final[Table] = MappingProxyType(
    {"S": word("Transparency"), "CS": _space, "I": boolean, "K": boolean}
)


def _group(context: Context, value: Value) -> Made | None:
    made = sub(GROUP)(context, value)
    return made if isinstance(made, dict) and "S" in made else None


#: Table 93 (8.10.2); `Ref` (8.10.4), `OPI` and the rest have no row.
FORM: Final[Table] = MappingProxyType({"BBox": rectangle, "Matrix": numbers(6), "Group": _group})
#: The page's own group (table 31).
PAGE_GROUP: Final = _group

#: Table 57 (8.4.5) without what is of a printing press (BG, UCR, TR, HT).
GRAPHICS_STATE: Final[Table] = MappingProxyType(
    {
        "LW": number(0), "LC": integer(0, 2), "LJ": integer(0, 2), "ML": number(0), "D": _dash,
        "RI": word("AbsoluteColorimetric", "RelativeColorimetric", "Saturation", "Perceptual"),
        "OP": boolean, "op": boolean, "OPM": integer(0, 1),  # 8.6.7
        "FL": number(0, 100), "SM": number(0, 1), "SA": boolean,
        "BM": _blend_mode, "CA": number(0, 1), "ca": number(0, 1), "AIS": boolean,  # 11.6.4
        "TK": boolean,
    }
)  # fmt: skip

#: Table 74 (8.7.3.1).
TILING: Final[Table] = MappingProxyType(
    {
        "PaintType": integer(1, 2), "TilingType": integer(1, 3), "BBox": rectangle,
        "XStep": number(), "YStep": number(), "Matrix": numbers(6),
    }
)  # fmt: skip

#: Table 77 and tables 78 to 83 (8.7.4.3, 8.7.4.5).
SHADING: Final[Table] = MappingProxyType(
    {
        "ShadingType": integer(1, 7), "ColorSpace": _space, "Background": numbers(1, 32),
        "BBox": rectangle, "AntiAlias": boolean, "Function": _computed,
        "Domain": numbers(2, 4), "Matrix": numbers(6), "Coords": numbers(4, 6),
    }
)  # fmt: skip
#: Tables 81 to 83: meshes.
MESH: Final[Table] = MappingProxyType(
    {
        **SHADING, "BitsPerCoordinate": integer(1, 32), "BitsPerComponent": integer(1, 16),
        "BitsPerFlag": integer(2, 8), "VerticesPerRow": integer(2, 10**6),
        "Decode": numbers(6, 68),
    }
)  # fmt: skip


def form(context: Context, value: Value, resources: PageResources) -> Target | None:
    """A form XObject (8.10) with its content rewritten.

    Raises:
        Unrebuildable: its content, or something that it uses, cannot be.
    """
    if not isinstance(value, Stream):
        return None
    entries = apply(context, value.entries, FORM)
    if "BBox" not in entries:
        return None
    own = value.entries.get("Resources", resources.source)
    names = resources.nested(own)
    data = names.content(value)
    head: dict[str, Made] = {"Type": Word("XObject"), "Subtype": Word("Form"), **entries}
    head["Resources"] = dict(names.dictionary())
    return context.file.stream(head, data)


def graphics_state(context: Context, value: Value, resources: PageResources) -> Target | None:
    """An ExtGState."""

    def build(found: Value) -> Target | None:
        if not isinstance(found, dict):
            return None
        entries: dict[str, Made] = {}
        known = dict(found)
        if "Font" in known:  # table 57: an array of a font and its size
            entries.update(_state_font(context, known.pop("Font"), resources))
        if "SMask" in known:
            mask = _soft_mask(context, known.pop("SMask"), resources)
            if mask is not None:
                entries["SMask"] = mask
        entries.update(apply(context, known, GRAPHICS_STATE))
        return context.file.add({"Type": Word("ExtGState"), **entries})

    return context.once("state", value, build)


def _state_font(context: Context, value: Value, resources: PageResources) -> dict[str, Made]:
    items = context.source.array(value)
    size = number()(context, items[1]) if len(items) == 2 else None
    made = resources.font_of(items[0]) if size is not None else None
    return {} if made is None or size is None else {"Font": [made, size]}


def _soft_mask(context: Context, value: Value, resources: PageResources) -> Made | None:
    """Table 142 (11.6.5.2).

    Raises:
        Unrebuildable: a mask that cannot be made; without it hidden things would show.
    """
    found = context.source.resolve(value)
    if isinstance(found, Name):
        return Word("None") if found == "None" else None
    if not isinstance(found, dict):
        return None
    kind = context.source.get(found, "S")
    group = resources.xobject_of(found.get("G"))
    if kind not in ("Alpha", "Luminosity") or group is None:
        raise Unrebuildable("soft mask")
    made: dict[str, Made] = {"Type": Word("Mask"), "S": Word(str(kind)), "G": group}
    backdrop = numbers(1, 32)(context, found.get("BC"))
    if backdrop is not None:
        made["BC"] = backdrop
    transfer = context.source.get(found, "TR")
    if transfer is not None and transfer != "Identity":
        function = _functions.function(context, found.get("TR"))
        if function is not None:
            made["TR"] = function
    return made


def pattern(context: Context, value: Value, resources: PageResources) -> Target | None:
    """A tiling or shading pattern (8.7.3, 8.7.4.2)."""
    found = context.source.resolve(value)
    if isinstance(found, Stream):
        own = "Resources" in found.entries
        key = "tiling" if own else ("tiling", id(resources))
        return context.once(key, value, lambda v: _tiling(context, v, resources))
    return context.once("pattern", value, lambda v: _shading_pattern(context, v, resources))


def _tiling(context: Context, value: Value, resources: PageResources) -> Target | None:
    if not isinstance(value, Stream):
        return None
    entries = apply(context, value.entries, {**TILING, "PatternType": integer(1, 1)})
    if not {"PaintType", "BBox", "XStep", "YStep"} <= set(entries):
        return None
    if not entries["XStep"] or not entries["YStep"]:
        return None
    entries.setdefault("TilingType", 1)
    names = resources.nested(value.entries.get("Resources", resources.source))
    data = names.content(value)
    head: dict[str, Made] = {"Type": Word("Pattern"), "PatternType": 1, **entries}
    head["Resources"] = dict(names.dictionary())
    return context.file.stream(head, data)


def _shading_pattern(context: Context, value: Value, resources: PageResources) -> Target | None:
    if not isinstance(value, dict):
        return None
    made = shading(context, value.get("Shading"))
    if made is None:
        return None
    head: dict[str, Made] = {"Type": Word("Pattern"), "PatternType": 2, "Shading": made}
    matrix = numbers(6)(context, value.get("Matrix"))
    if matrix is not None:
        head["Matrix"] = matrix
    if "ExtGState" in value:
        state = graphics_state(context, value["ExtGState"], resources)
        if state is not None:
            head["ExtGState"] = state
    return context.file.add(head)


def shading(context: Context, value: Value) -> Target | None:
    """A shading; meshes with their data.

    Raises:
        Unrebuildable: its colour space or function cannot be made.
    """
    return context.once("shading", value, lambda found: _shading(context, found))


def _shading(context: Context, value: Value) -> Target | None:
    entries = context.source.dictionary(value)
    kind = context.source.get(entries, "ShadingType")
    table = MESH if isinstance(value, Stream) else SHADING
    made = apply(context, entries, {**table, "Extend": _extend})
    if "ShadingType" not in made:
        context.removed(Kind.DAMAGED)
        return None
    if "ColorSpace" not in made or ("Function" in entries and "Function" not in made):
        raise Unrebuildable("shading")
    if not isinstance(value, Stream):
        return None if isinstance(kind, int) and kind > 3 else context.file.add(made)
    space = _colour.parse_colour_space(context, entries.get("ColorSpace"))
    try:
        data = context.source.content(value, limit=MAX_DATA)
        layout = MeshLayout(
            kind=_whole(made, "ShadingType"), coordinate=_whole(made, "BitsPerCoordinate"),
            component=_whole(made, "BitsPerComponent"), flag=_whole(made, "BitsPerFlag"),
            components=1 if "Function" in made or space is None else space.components,
        )  # fmt: skip
        return context.file.stream(made, rebuild_mesh(data, layout))
    except (TooLong, BadFilter, BadMesh) as fault:
        raise Unrebuildable("mesh") from fault


def _whole(made: dict[str, Made], key: str) -> int:
    """An integer that its rule has checked; 0 where it is missing."""
    found = made.get(key)
    return found if isinstance(found, int) else 0


def _extend(context: Context, value: Value) -> Made | None:
    items = [context.source.resolve(v) for v in context.source.array(value)]
    return [v is True for v in items] if len(items) == 2 else None
