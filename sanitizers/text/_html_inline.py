"""Words in a line: links, images, quotes, ruby, and what forms show."""

from __future__ import annotations

from typing import Final

from selectolax.lexbor import LexborNode

from sanitizers.findings import Action, Kind
from sanitizers.text import _html_links as links
from sanitizers.text._html_flow import preformatted
from sanitizers.text._html_lines import Lines
from sanitizers.text._html_style import declarations
from sanitizers.text._html_walk import DRAWN, SKIPPED, After, Attributes, Walk, leave_block

IMAGE: Final = "画像"
_MAX_SIGN: Final = 8  # characters of an emoji sequence
_MAX_RAISED: Final = 8  # characters of an exponent or index
_TINY: Final = 3  # pixels: remote images this small are there to count readers
#: Alternative texts that programs write, not people.
_EMPTY_ALTS: Final = frozenset({"image", "img", "spacer", "blank", "pixel", "picture"})
_IMAGE_ENDINGS: Final = (".gif", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".svg")


def anchor(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """A link: its label, then its target."""
    href = attributes.get("href")
    if href is None:
        href = attributes.get("xlink:href")  # SVG 1.1, 17.1
    if href is None:
        return None
    url = links.clean(href)
    scheme = links.scheme_of(url)
    if not scheme and url and not url.startswith("#"):
        url = links.resolve(walk.base, url)
        scheme = links.scheme_of(url)
    if scheme in links.SCRIPTS:
        walk.note(Kind.SCRIPT, Action.REMOVED)
    if scheme and scheme not in links.SHOWN:
        walk.note(Kind.LINK, Action.NEUTRALIZED)
    if walk.mask & ~DRAWN or scheme not in links.SHOWN:
        url = ""
    out = walk.out
    walk.links.append([False])
    return _leave_anchor, (url, out, len(out.lines), len(out.words))


def _leave_anchor(walk: Walk, state: tuple[str, Lines, int, int]) -> None:
    url, out, lines, words = state
    pictured = walk.links.pop()[0]
    if not url:
        return
    if len(out.lines) == lines:
        label = "".join(out.words[words:]).strip()
    else:
        label = " ".join([*out.lines[lines : lines + 5], *out.words[:20]])
    label = " ".join(label.split())
    if links.mismatch(label, url) or links.is_lookalike(url):
        walk.note(Kind.LINK_MISMATCH, Action.NOTED)
    url_shown = cut(walk, links.shown(url))
    told = len(out.lines) == lines and links.same(label, url)
    if told and (url_shown in label or links.scheme_of(url) == "tel"):
        return
    if told and label in url_shown:  # one of the two is enough: the longer
        tail = out.words[words:]
        del out.words[words:]
        if tail and tail[0] == " ":
            out.words.append(" ")
        elif tail and tail[0][:1] == " ":
            out.space()
        out.word(url_shown)
        return
    if label:
        out.attach(f" <{url_shown}>")
    else:
        if pictured:
            out.word(f"[{IMAGE}]")
            out.space()
        out.word(f"<{url_shown}>")
    walk.left -= len(url_shown) + 3


def cut(walk: Walk, url: str) -> str:
    """`url` for showing, within `MAX_URL`."""
    if len(url) <= links.MAX_URL:
        return url
    walk.note(Kind.TRUNCATED, Action.NOTED)
    return url[: links.MAX_URL] + "…"


def map_area(walk: Walk, node: LexborNode, attributes: Attributes) -> After:
    """A link in an image map."""
    after = anchor(walk, node, attributes)
    walk.put(attributes.get("alt") or "")
    return after


# -------------------------------------------------------------------------- images


def image(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """The label of an inline image, or its alternative text."""
    source = links.clean(attributes.get("src") or "")
    alt = " ".join((attributes.get("alt") or "").split())
    style = declarations(attributes.get("style") or "")
    tiny = any(_is_tiny(attributes.get(n)) or _is_tiny(style.get(n)) for n in ("width", "height"))
    if links.is_remote(source) or attributes.get("srcset"):
        hidden = bool(walk.mask & ~(SKIPPED | DRAWN))
        kind = Kind.TRACKING_PIXEL if tiny or hidden else Kind.REMOTE_CONTENT
        walk.note(kind, Action.REMOVED)
    if source[:4].lower() == "cid:":
        name = source[4:].strip("<>")
        label = walk.images.get(name) or walk.images.get(links.unquote(name)) or ""
        walk.put(label or (f"[{IMAGE}: {alt}]" if _means_something(alt) else f"[{IMAGE}]"))
        return None
    is_data = source[:5].lower() == "data:"
    if is_data:
        walk.note(Kind.EMBEDDED_OBJECT, Action.REMOVED)
    if tiny:
        return None
    if _is_sign(alt):
        walk.put(alt)
    elif _means_something(alt) and walk.links:  # the label of a link is its words
        walk.out.space()
        walk.put(alt)
        walk.out.space()
    elif _means_something(alt):
        walk.put(f"[{IMAGE}: {alt}]")
    elif walk.links and not walk.mask:
        walk.links[-1][0] = True
    elif is_data:
        walk.put(f"[{IMAGE}]")
    return None


def _is_sign(alt: str) -> bool:
    """An emoji or sign that mailers send as an image."""
    return 0 < len(alt) <= _MAX_SIGN and not alt.isascii() and not any(c.isalnum() for c in alt)


def _is_tiny(size: str | None) -> bool:
    digits = (size or "").strip().lower().removesuffix("px").split(".")[0]
    return digits.isascii() and digits.isdigit() and int(digits[:6]) <= _TINY


def _means_something(alt: str) -> bool:
    low = alt.lower()
    named = low.endswith(_IMAGE_ENDINGS) and " " not in low
    return bool(alt) and low not in _EMPTY_ALTS and not named and any(c.isalnum() for c in alt)


# --------------------------------------------------------------------------- forms


def form(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """A form: what it shows stays, it sends nothing."""
    walk.note(Kind.FORM, Action.REMOVED)
    if walk.mask:
        return None
    walk.out.end_line()
    return leave_block, None


def input_(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """An input field: its value, or its mark."""
    walk.note(Kind.FORM, Action.REMOVED)
    kind = (attributes.get("type") or "text").lower()
    value = attributes.get("value") or ""
    if kind == "image":
        walk.put(attributes.get("alt") or "")
        return None
    if kind in ("hidden", "password", "file"):
        return None
    if kind in ("checkbox", "radio"):
        on, off = ("☑", "☐") if kind == "checkbox" else ("◉", "○")
        walk.put(on if "checked" in attributes else off)
        walk.out.space()
    else:
        shown = value if value.strip() else attributes.get("placeholder") or ""
        walk.put(f"[{shown}]" if shown.strip() else "")
    return None


def button(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """A button: its text."""
    walk.note(Kind.FORM, Action.REMOVED)
    return None


def textarea(walk: Walk, node: LexborNode, attributes: Attributes) -> After:
    """A text field: its text."""
    walk.note(Kind.FORM, Action.REMOVED)
    return preformatted(walk, node, attributes)


def select(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """A choice: its options follow."""
    walk.note(Kind.FORM, Action.REMOVED)
    return None


def option(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """One option, marked when chosen."""
    if not walk.mask:
        walk.out.space()
        walk.put("◉" if "selected" in attributes else "○")
        walk.out.space()
    return None


# -------------------------------------------------------------------- around words


def _around(walk: Walk, before: str, after: str) -> After:
    if walk.mask:
        return None
    walk.out.word(before)
    return _close_around, (walk.out, after)


def _close_around(_: Walk, state: tuple[Lines, str]) -> None:
    state[0].attach(state[1])


def quote(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """`<q>`: in Japanese quotation marks."""
    return _around(walk, "「", "」")


def ruby_text(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """A reading: in parentheses after its word."""
    walk.out.no_space()
    return _around(walk, "(", ")")


def deleted(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """Struck-out text: said so, or an old price would read as the price."""
    return _around(walk, "[削除: ", "]")


_SUPERSCRIPTS: Final = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPTS: Final = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")


def superscript(walk: Walk, node: LexborNode, _attributes: Attributes) -> After:
    """`m<sup>2</sup>` as m², where Unicode has the characters."""
    return _shifted(walk, node, _SUPERSCRIPTS)


def subscript(walk: Walk, node: LexborNode, _attributes: Attributes) -> After:
    """`H<sub>2</sub>O` as H₂O, where Unicode has the characters."""
    return _shifted(walk, node, _SUBSCRIPTS)


def _shifted(walk: Walk, node: LexborNode, characters: dict[int, int]) -> After:
    child = node.first_child
    if child is None or child.next is not None or not child.is_text_node:
        return None
    text = (child.text_content or "").strip()
    if len(text) <= _MAX_RAISED and all(ord(c) in characters for c in text):
        walk.put(text.translate(characters))
        walk.mask |= SKIPPED
    return None
