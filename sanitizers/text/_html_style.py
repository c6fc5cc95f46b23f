"""Which text declarations of CSS hide.

It decides only whether text is seen; nothing of a style ever reaches the output. Which
declarations an element has is known to `_html_sheet`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

#: Bits of text that is not seen. The first ones are inherited and can be taken back.
FONT, VISIBILITY, INDENT, COLOUR, HIDDEN = 1, 2, 4, 8, 16

_SMALLEST_FONT: Final = 1.0  # pixels or points that still cannot be read
_OLD_CLIP: Final = "-webkit-background-clip"
_FAR: Final = -999.0

_USED: Final = frozenset(
    {
        "display", "visibility", "font-size", "font", "opacity", "mso-hide", "max-height",
        "height", "width", "max-width", "overflow", "overflow-x", "overflow-y", "color",
        "background", "background-color", "background-image", "text-indent", "white-space",
        "position", "left", "top", "margin-left", "clip", "clip-path", "transform", "min-height",
        "min-width", "background-clip", "-webkit-background-clip",
    }
)  # fmt: skip
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_NUMBER: Final = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))([a-z%]*)")
_FONT_SIZE: Final = re.compile(r"(?:\A|\s)((?:\d+\.?\d*|\.\d+)(?:px|pt|r?em|%)|0(?=[\s/]))")
_REMOTE: Final = re.compile(r"url\(\s*['\"]?\s*(?:https?:|ftp:|//)", re.I)
_CLIP: Final = re.compile(r"rect\(\s*(?:[01](?:px)?[\s,]*){4}\)")
_INSET: Final = re.compile(r"inset\(\s*(?:50|100)%[\s\d%]*\)")
_SHRUNK: Final = re.compile(r"scale[xy]?\(\s*0(?:\s*,\s*[\d.]+)?\s*\)")
_CLEAR: Final = re.compile(
    r"transparent|(?:rgb|hsl)a?\([^()]*[,/]\s*0?\.?0+%?\s*\)|#(?:[0-9a-f]{3}0|[0-9a-f]{6}00)"
)
_COLOUR_NAMES: Final = {"white": "#ffffff", "black": "#000000"}
_RGB: Final = re.compile(r"rgba?\((\d{1,3})[, ]+(\d{1,3})[, ]+(\d{1,3})(?:[,/ ]+([\d.]+%?))?\)")


class Effect(NamedTuple):
    """What declarations do to the text inside: bits set, bits taken back."""

    sets: int = 0
    clears: int = 0
    preformatted: bool | None = None  # None: as around
    block: bool = False
    remote: bool = False  # refers to something on a server


NO_EFFECT: Final = Effect()
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@lru_cache(maxsize=4096)
def declarations(style: str) -> Mapping[str, str]:
    """The declarations that matter here, lower-case, the winning one of each property."""
    found, weighty = _read(style)
    return {**found, **weighty} if weighty else found


def important(style: str) -> Mapping[str, str]:
    """Those of them that are `!important` (CSS Cascade 4, 6.3)."""
    return _read(style)[1] if "!" in style else _NOTHING


def _read(style: str) -> tuple[dict[str, str], dict[str, str]]:
    found: dict[str, str] = {}
    weighty: dict[str, str] = {}
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if colon and name in _USED:
            value, sign, _ = value.strip().lower().partition("!")
            (weighty if sign else found)[name] = value.rstrip()
    return found, weighty


def _number(value: str, default: float = 1e9) -> tuple[float, str]:
    match = _NUMBER.match(value[:40])
    return (float(match[1]), match[2]) if match else (default, "")


def colour_of(value: str) -> str:
    """A colour as `#rrggbb`, or "" when it is not a plain one."""
    value = value.strip().lower()[:60]
    if value in _COLOUR_NAMES:
        return _COLOUR_NAMES[value]
    if re.fullmatch("#[0-9a-f]{6}", value):
        return value
    if re.fullmatch("#[0-9a-f]{3}", value):
        return "#" + "".join(c + c for c in value[1:])
    match = _RGB.fullmatch(value)
    if match and match[4] in (None, "1", "1.0", "100%"):
        return "#" + "".join(f"{min(255, int(match[i])):02x}" for i in (1, 2, 3))
    return value if value.isalpha() and value not in ("transparent", "inherit", "none") else ""


def _is_nil(found: Mapping[str, str], name: str) -> bool:
    """Whether a length is too small to show anything; `height: 1%` is an old habit, not nil."""
    if name not in found:
        return False
    number, unit = _number(found[name])
    return number <= (1 if unit in ("", "px", "pt") else 0)


def _is_flat(found: Mapping[str, str], side: str) -> bool:
    least = f"min-{side}"
    if least in found and not _is_nil(found, least):
        return False
    return _is_nil(found, side) or _is_nil(found, f"max-{side}")


def _is_far(found: Mapping[str, str], name: str) -> bool:
    """Whether a length leads out of any window."""
    number, unit = _number(found.get(name, ""), 0.0)
    return unit != "%" and number * (16 if unit in ("em", "rem") else 1) <= _FAR


def _is_away(found: Mapping[str, str]) -> bool:
    """Whether the box stands outside the page, or nothing of it is left."""
    if _is_far(found, "margin-left"):
        return True
    if found.get("position") in ("absolute", "fixed"):
        if _is_far(found, "left") or _is_far(found, "top"):
            return True
        if _CLIP.fullmatch(found.get("clip", "")):
            return True
    return bool(
        _INSET.fullmatch(found.get("clip-path", "")) or _SHRUNK.search(found.get("transform", ""))
    )


def effect_of(found: Mapping[str, str]) -> Effect:
    """What these declarations do to the text inside."""
    sets = clears = 0
    display = found.get("display", "")
    if display == "none" or found.get("mso-hide") == "all":
        sets |= HIDDEN
    if "opacity" in found and _number(found["opacity"])[0] <= 0.01:
        sets |= HIDDEN
    clipped = "hidden" in (found.get("overflow"), found.get("overflow-y"), found.get("overflow-x"))
    if clipped and (_is_flat(found, "height") or _is_flat(found, "width")):
        sets |= HIDDEN
    if _is_away(found):
        sets |= HIDDEN
    visibility = found.get("visibility", "")
    if visibility in ("hidden", "collapse"):
        sets |= VISIBILITY
    elif visibility == "visible":
        clears |= VISIBILITY
    size = found.get("font-size", "")
    if not size and "font" in found:
        match = _FONT_SIZE.search(found["font"])
        size = match[1] if match else ""
    if size:
        number, unit = _number(size)
        tiny = unit in ("px", "pt", "") and number <= _SMALLEST_FONT
        if tiny or (unit in ("em", "rem", "%") and number <= 0.01):
            sets |= FONT
        elif unit not in ("em", "%"):  # a share of nothing is nothing
            clears |= FONT
    if "text-indent" in found:
        far = _is_far(found, "text-indent")
        sets, clears = (sets | INDENT, clears) if far else (sets, clears | INDENT)
    ground = found.get("background-color") or found.get("background") or ""
    if ground or "color" in found:
        same = colour_of(found.get("color", "")) == colour_of(ground) != ""
        # A picture behind the text makes white on white readable.
        same = same and found.get("background-image", "none") == "none"
        same = same and "url(" not in found.get("background", "")
        if _CLEAR.fullmatch(found.get("color", "")):  # or the background is what is read
            same = "text" not in (found.get("background-clip"), found.get(_OLD_CLIP))
        sets, clears = (sets | COLOUR, clears) if same else (sets, clears | COLOUR)
    space = found.get("white-space", "")
    kept = None if not space else space in ("pre", "pre-wrap", "break-spaces")
    return Effect(
        sets=sets,
        clears=clears,
        preformatted=kept,
        block=display in ("block", "flex", "grid", "list-item"),
    )


def has_remote(style: str) -> bool:
    """Whether `style` would load something from a server."""
    return "url" in style.lower() and bool(_REMOTE.search(style))
