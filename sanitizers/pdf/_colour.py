"""Colour spaces (ISO 32000-2, 8.6), parsed and written anew so that colours look the same.

ICC profiles do not cross: a space based on one becomes the device space it equals, or a
profile of our own making (`_icc`). Names of inks are kept only where a reader gives them
a meaning (`All`, `None` and the four process inks); any other ink gets a name of ours.
Functions and numbers pass `_functions` and `_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sanitizers.findings import Action, Kind
from sanitizers.pdf import _icc
from sanitizers.pdf._context import MAX_DATA, Context, Unrebuildable
from sanitizers.pdf._filters import BadFilter, TooLong
from sanitizers.pdf._functions import MAX_OUTPUTS, function
from sanitizers.pdf._objects import Made, Name, Stream, Target, Text, Value, Word
from sanitizers.pdf._rules import as_number, as_numbers

MAX_SPACES: Final = 4  # spaces upon spaces: Pattern on Indexed on Separation on Lab
#: Names and abbreviations (8.9.7, table 92) of the device spaces.
_DEVICES: Final = {
    "DeviceGray": ("DeviceGray", 1), "G": ("DeviceGray", 1),
    "DeviceRGB": ("DeviceRGB", 3), "RGB": ("DeviceRGB", 3),
    "DeviceCMYK": ("DeviceCMYK", 4), "CMYK": ("DeviceCMYK", 4), "CalCMYK": ("DeviceCMYK", 4),
}  # fmt: skip
_OF_COMPONENTS: Final = {1: "DeviceGray", 3: "DeviceRGB", 4: "DeviceCMYK"}
#: 8.6.6.4: all inks, no ink, and what a device has by itself.
INKS: Final = frozenset({"All", "None", "Cyan", "Magenta", "Yellow", "Black"})
OWN_INK: Final = "Spot"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourSpace:
    """A parsed space; `made` is what is written for it."""

    family: str
    components: int
    made: Made
    base: ColourSpace | None = None  # of Indexed and Pattern
    palette: bytes = b""  # of Indexed: colours one after the other
    highest: int = 0  # of Indexed
    ranges: tuple[float, ...] = ()  # default decode array for 8 bits, where it is not 0 1

    def with_palette(self, used: frozenset[int]) -> Made:
        """An Indexed space in which only the `used` entries have a colour."""
        if self.base is None:
            return self.made
        size = self.base.components
        kept = bytearray(len(self.palette))
        for index in used:
            kept[index * size : (index + 1) * size] = self.palette[
                index * size : (index + 1) * size
            ]
        return [Word("Indexed"), self.base.made, self.highest, Text(kept)]


def device(components: int) -> ColourSpace | None:
    """The device space of so many components."""
    name = _OF_COMPONENTS.get(components)
    if name is None:
        return None
    return ColourSpace(family=name, components=components, made=Word(name))


def colour_space(context: Context, value: Value) -> Made | None:
    """What is written for a space; None where it is none.

    Raises:
        Unrebuildable: a space that cannot be written so that it looks the same.
    """
    found = parse_colour_space(context, value)
    return None if found is None else found.made


def parse_colour_space(context: Context, value: Value, *, depth: int = 0) -> ColourSpace | None:
    """The space that a name or array means; None where it means nothing.

    Raises:
        Unrebuildable: too deep, or a tint function that cannot be made.
    """
    if depth > MAX_SPACES:
        raise Unrebuildable("colour spaces upon colour spaces")
    found = context.source.resolve(value)
    items: list[Value] = found if isinstance(found, list) else [found]
    kind = context.source.resolve(items[0]) if items else None
    if not isinstance(kind, Name):
        return None
    if kind in _DEVICES:
        return device(_DEVICES[kind][1])
    if kind == "Pattern":
        return _pattern(context, items, depth)
    if len(items) < 2:
        return None
    if kind == "ICCBased":
        return _profiled(context, items[1], depth)
    if kind in ("CalGray", "CalRGB", "Lab"):
        return _calibrated(context, kind, items[1])
    if kind in ("Indexed", "I"):
        return _indexed(context, items, depth)
    if kind in ("Separation", "DeviceN"):
        return _inks(context, kind, items, depth)
    return None


def _pattern(context: Context, items: list[Value], depth: int) -> ColourSpace:
    """8.7.3.3: an uncoloured pattern names the space of its colour."""
    base = parse_colour_space(context, items[1], depth=depth + 1) if len(items) > 1 else None
    if base is None:
        return ColourSpace(family="Pattern", components=0, made=Word("Pattern"))
    made: Made = [Word("Pattern"), base.made]
    return ColourSpace(family="Pattern", components=base.components, made=made, base=base)


#: Tables 62 to 64: keys, how many numbers, and bounds of each.
_CALIBRATED: Final = {
    "CalGray": {"BlackPoint": (3, 0.0, 10.0)},
    "CalRGB": {"BlackPoint": (3, 0.0, 10.0), "Gamma": (3, 0.01, 100.0), "Matrix": (9, -10.0, 10.0)},
    "Lab": {"BlackPoint": (3, 0.0, 10.0), "Range": (4, -1_000.0, 1_000.0)},
}


def _calibrated(context: Context, kind: str, value: Value) -> ColourSpace:
    entries = context.source.dictionary(value)
    white = as_numbers(context, entries.get("WhitePoint"))
    components = 1 if kind == "CalGray" else 3
    if white is None or len(white) != 3 or not all(0 <= n <= 10 for n in white):
        own = device(components)
        if kind == "Lab" or own is None:
            raise Unrebuildable("Lab without a white point")
        return own
    made: dict[str, Made] = {"WhitePoint": [*white]}
    for key, (count, low, high) in _CALIBRATED[kind].items():
        numbers = as_numbers(context, entries.get(key))
        if numbers and len(numbers) == count and all(low <= n <= high for n in numbers):
            made[key] = [*numbers]
    gamma = as_number(context.source.get(entries, "Gamma"), 0.01, 100)
    if kind == "CalGray" and gamma is not None:
        made["Gamma"] = gamma
    ranges: tuple[float, ...] = ()
    if kind == "Lab":
        limits = made.get("Range")
        bounds = limits if isinstance(limits, list) else [-100, 100, -100, 100]
        ranges = (0, 100, *(float(n) for n in bounds if isinstance(n, int | float)))
    whole: Made = [Word(kind), made]
    return ColourSpace(family=kind, components=components, made=whole, ranges=ranges)


def _profiled(context: Context, value: Value, depth: int) -> ColourSpace | None:
    """8.6.5.5: a profile; its alternate or the device space where it cannot be used."""
    stream = context.source.resolve(value)
    if not isinstance(stream, Stream):
        return None
    components = context.source.get(stream.entries, "N")
    if type(components) is not int or components not in _OF_COMPONENTS:
        return None
    context.findings.add(Kind.COLOUR_PROFILE, Action.CONVERTED, where=context.where)
    own = device(components)
    made = context.once(("profile", components), value, lambda v: _profile(context, v, components))
    if made is not None:
        whole: Made = [Word("ICCBased"), made]
        return ColourSpace(family="ICCBased", components=components, made=whole)
    if "Alternate" in stream.entries:
        other = parse_colour_space(context, stream.entries["Alternate"], depth=depth + 1)
        if other is not None and other.family == "Lab" and components == 3:
            return other
    return own


def _profile(context: Context, value: Value, components: int) -> Target | None:
    """A profile of our own that means the same; None where the device space does."""
    if not isinstance(value, Stream):
        return None
    try:
        data = context.source.content(value, limit=MAX_DATA)
    except (TooLong, BadFilter):
        return None
    made = _icc.rebuild_profile(data, components)
    if made is None:
        return None
    return context.file.stream(
        {"N": components, "Alternate": Word(_OF_COMPONENTS[components])}, made
    )


def _indexed(context: Context, items: list[Value], depth: int) -> ColourSpace | None:
    """8.6.6.3."""
    if len(items) != 4:
        return None
    base = parse_colour_space(context, items[1], depth=depth + 1)
    highest = as_number(context.source.resolve(items[2]), 0, 100_000)
    if base is None or base.family in ("Indexed", "Pattern") or highest is None:
        return None
    table = context.source.resolve(items[3])
    try:
        if isinstance(table, Stream):
            table = context.source.content(table, limit=MAX_DATA)
    except (TooLong, BadFilter) as fault:
        raise Unrebuildable("palette") from fault
    if not isinstance(table, bytes):
        return None
    top = min(int(highest), 255)
    size = (top + 1) * base.components
    palette = table[:size].ljust(size, b"\0")
    made: Made = [Word("Indexed"), base.made, top, Text(palette)]
    return ColourSpace(
        family="Indexed", components=1, made=made, base=base, palette=palette, highest=top,
        ranges=(0, 255),
    )  # fmt: skip


def _inks(context: Context, kind: str, items: list[Value], depth: int) -> ColourSpace | None:
    """Separation (8.6.6.4) and DeviceN (8.6.6.5), whose attributes do not cross."""
    if len(items) < 4:
        return None
    named = context.source.resolve(items[1])
    names = named if isinstance(named, list) else [named]
    if not 0 < len(names) <= MAX_OUTPUTS or (kind == "Separation") is isinstance(named, list):
        return None
    base = parse_colour_space(context, items[2], depth=depth + 1)
    if base is None or base.family in ("Indexed", "Pattern", "Separation", "DeviceN"):
        return None
    tint = function(context, items[3])
    if tint is None:
        raise Unrebuildable("tint function")
    words: list[Made] = []
    for index, item in enumerate(names, 1):
        name = context.source.resolve(item)
        if not isinstance(name, Name):
            return None
        words.append(Word(str(name) if name in INKS else f"{OWN_INK}{index}"))
    head: Made = words if kind == "DeviceN" else words[0]
    made: Made = [Word(kind), head, base.made, tint]
    return ColourSpace(family=kind, components=len(names), made=made)
