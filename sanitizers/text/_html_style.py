"""Which text a style sheet hides: a small, bounded reader of CSS.

Reads inline `style` attributes and the rules of `<style>` whose selector is one tag, class
or id (`p`, `.x`, `p.x`, `#x`). It decides only whether text is seen; nothing of a style
ever reaches the output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

#: Bits of text that is not seen. The first ones are inherited and can be taken back.
FONT, VISIBILITY, INDENT, COLOUR, HIDDEN = 1, 2, 4, 8, 16

_MAX_SHEET: Final = 500_000  # characters read of all style sheets of a document
_MAX_RULES: Final = 5_000
_SMALLEST_FONT: Final = 1.0  # pixels or points that still cannot be read
_FAR_INDENT: Final = -999.0

_USED: Final = frozenset(
    {
        "display", "visibility", "font-size", "font", "opacity", "mso-hide", "max-height",
        "height", "width", "max-width", "overflow", "overflow-x", "overflow-y", "color",
        "background", "background-color", "background-image", "text-indent", "white-space",
    }
)  # fmt: skip
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_NUMBER: Final = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))([a-z%]*)")
_SIMPLE: Final = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][\w-]+)?", re.I)
_RULE: Final = re.compile(r"[{}]")
_REMOTE: Final = re.compile(r"url\(\s*['\"]?\s*(?:https?:|ftp:|//)", re.I)
_COLOUR_NAMES: Final = {"white": "#ffffff", "black": "#000000"}
_RGB: Final = re.compile(r"rgba?\((\d{1,3})[, ]+(\d{1,3})[, ]+(\d{1,3})(?:[,/ ]+([\d.]+%?))?\)")


class Effect(NamedTuple):
    """What declarations do to the text inside: bits set, bits taken back."""

    sets: int = 0
    clears: int = 0
    preformatted: bool | None = None  # None: as around
    block: bool = False
    remote: bool = False  # refers to something on a server


_NO_EFFECT: Final = Effect()


@lru_cache(maxsize=4096)
def declarations(style: str) -> Mapping[str, str]:
    """The declarations that matter here, lower-case, later ones winning."""
    found: dict[str, str] = {}
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        name = name.strip().lower()
        if colon and name in _USED:
            value = value.strip().lower()
            found[name] = value.replace("!important", "").strip()
    return found


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


def effect_of(found: Mapping[str, str]) -> Effect:
    """What these declarations do to the text inside."""
    sets = clears = 0
    display = found.get("display", "")
    if display == "none" or found.get("mso-hide") == "all":
        sets |= HIDDEN
    if "opacity" in found and _number(found["opacity"])[0] <= 0.01:
        sets |= HIDDEN
    clipped = "hidden" in (found.get("overflow"), found.get("overflow-y"), found.get("overflow-x"))
    if clipped and any(_is_nil(found, n) for n in ("max-height", "height", "max-width", "width")):
        sets |= HIDDEN
    visibility = found.get("visibility", "")
    if visibility in ("hidden", "collapse"):
        sets |= VISIBILITY
    elif visibility == "visible":
        clears |= VISIBILITY
    size = found.get("font-size", "")
    if not size and "font" in found:
        size = next((w for w in found["font"].split() if _NUMBER.match(w) and w[-1].isalpha()), "")
    if size:
        number, unit = _number(size)
        tiny = unit in ("px", "pt", "") and number <= _SMALLEST_FONT
        if tiny or (unit in ("em", "rem", "%") and number <= 0.01):
            sets |= FONT
        elif unit not in ("em", "%"):  # a share of nothing is nothing
            clears |= FONT
    if "text-indent" in found:
        number, unit = _number(found["text-indent"], 0.0)
        far = unit != "%" and number * (16 if unit in ("em", "rem") else 1) <= _FAR_INDENT
        sets, clears = (sets | INDENT, clears) if far else (sets, clears | INDENT)
    ground = found.get("background-color") or found.get("background") or ""
    if ground or "color" in found:
        same = colour_of(found.get("color", "")) == colour_of(ground) != ""
        # A picture behind the text makes white on white readable.
        same = same and found.get("background-image", "none") == "none"
        same = same and "url(" not in found.get("background", "")
        sets, clears = (sets | COLOUR, clears) if same else (sets, clears | COLOUR)
    space = found.get("white-space", "")
    kept = None if not space else space in ("pre", "pre-wrap", "break-spaces")
    return Effect(
        sets=sets,
        clears=clears,
        preformatted=kept,
        block=display in ("block", "flex", "grid", "list-item"),
    )


@lru_cache(maxsize=4096)
def inline_effect(style: str) -> Effect:
    """The effect of a `style` attribute alone."""
    effect = effect_of(declarations(style))
    return effect._replace(remote=True) if has_remote(style) else effect


def has_remote(style: str) -> bool:
    """Whether `style` would load something from a server."""
    return "url" in style.lower() and bool(_REMOTE.search(style))


class Sheet:
    """The rules of a document that concern seen and unseen text."""

    def __init__(self) -> None:
        self._rules: dict[str, dict[str, str]] = {}
        self._left = _MAX_SHEET

    @property
    def has_rules(self) -> bool:
        """Whether any rule may apply."""
        return bool(self._rules)

    def read(self, css: str) -> None:
        """Add the rules of one `<style>`; those inside @media and the like are left out."""
        css = css[: self._left]
        self._left -= len(css)
        css = _COMMENT.sub(" ", css).replace("<!--", " ").replace("-->", " ")
        depth = at = skipped = 0
        selector = ""
        for brace in _RULE.finditer(css):
            if brace[0] == "{":
                if not depth:
                    selector = css[at : brace.start()].rpartition(";")[2].strip()
                    skipped = selector.startswith("@")
                depth += 1
            elif depth:
                depth -= 1
                if not depth and not skipped:
                    self._add(selector, css[at : brace.start()])
            at = brace.end()

    def _add(self, selectors: str, body: str) -> None:
        found = declarations(body)
        if not found:
            return
        for selector in selectors.split(","):
            name = selector.strip()
            if not name or not _SIMPLE.fullmatch(name) or len(self._rules) >= _MAX_RULES:
                continue
            tag, mark = name, ""
            for sign in ".#":
                if sign in name:
                    tag, _, rest = name.partition(sign)
                    mark = sign + rest
            self._rules.setdefault(tag.lower() + mark, {}).update(found)

    def effect(self, tag: str, attributes: Mapping[str, str | None]) -> Effect:
        """What the rules and the `style` attribute do to one element."""
        style = attributes.get("style") or ""
        if not self._rules:
            return inline_effect(style) if style else _NO_EFFECT
        merged: dict[str, str] = {}
        rules = self._rules
        if tag in rules:
            merged.update(rules[tag])
        names = attributes.get("class")
        if names:
            for name in names.split()[:50]:
                for key in (f".{name}", f"{tag}.{name}"):
                    if key in rules:
                        merged.update(rules[key])
        identity = attributes.get("id")
        if identity:
            for key in (f"#{identity}", f"{tag}#{identity}"):
                if key in rules:
                    merged.update(rules[key])
        if not merged:
            return inline_effect(style) if style else _NO_EFFECT
        if style:
            merged.update(declarations(style))
        return effect_of(merged)._replace(remote=has_remote(style))
