"""Words in a line: links, images, quotes, ruby, and what forms show."""

from __future__ import annotations

from typing import Final

from selectolax.lexbor import LexborNode

from sanitizers.findings import Action, Kind
from sanitizers.text import _html_links as links
from sanitizers.text._html_flow import preformatted
from sanitizers.text._html_lines import Lines
from sanitizers.text._html_style import declarations
from sanitizers.text._html_walk import SKIPPED, After, Attributes, Walk, leave_block

IMAGE: Final = "画像"
_TINY: Final = 3  # pixels: remote images this small are there to count readers
#: Alternative texts that programs write, not people.
_EMPTY_ALTS: Final = frozenset({"image", "img", "spacer", "blank", "pixel", "picture"})
_IMAGE_ENDINGS: Final = (".gif", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".svg")


def anchor(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """A link: its label, then its target."""
    href = attributes.get("href")
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
    if walk.mask or scheme not in links.SHOWN:
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
    if links.mismatch(label, url):
        walk.note(Kind.LINK_MISMATCH, Action.NOTED)
    url_shown = cut(walk, links.shown(url))
    if len(out.lines) == lines and (links.same(label, url) or links.same(label, url_shown)):
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
        hidden = bool(walk.mask & ~SKIPPED)
        kind = Kind.TRACKING_PIXEL if tiny or hidden else Kind.REMOTE_CONTENT
        walk.note(kind, Action.REMOVED)
    if source[:4].lower() == "cid:":
        name = source[4:].strip("<>")
        label = walk.images.get(name) or walk.images.get(links.unquote(name)) or ""
        walk.put(label or (f"[{IMAGE}: {alt}]" if _means_something(alt) else f"[{IMAGE}]"))
    elif tiny:
        return None
    elif _means_something(alt):
        walk.put(f"[{IMAGE}: {alt}]")
    elif walk.links and not walk.mask:
        walk.links[-1][0] = True
    return None


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
    if kind in ("hidden", "password", "file", "image"):
        return None
    if kind in ("checkbox", "radio"):
        on, off = ("☑", "☐") if kind == "checkbox" else ("◉", "○")
        walk.put(on if "checked" in attributes else off)
        walk.out.space()
    elif value.strip():
        walk.put(f"[{value}]")
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
    return _around(walk, "(", ")")
