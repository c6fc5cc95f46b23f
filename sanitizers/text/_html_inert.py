"""What never crosses: script, style, objects, and what the head of a document loads."""

from __future__ import annotations

from typing import Final

from selectolax.lexbor import LexborNode

from sanitizers.findings import Action, Kind
from sanitizers.text import _html_links as links
from sanitizers.text._html_inline import cut
from sanitizers.text._html_walk import DRAWN, SKIPPED, After, Attributes, Walk, leave_block

#: Embedded things whose content is text for those who cannot show them.
_FALLBACK: Final = frozenset({"object", "applet", "video", "audio", "canvas"})


def skip(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """Content that is not shown: the head, templates, what older browsers would show."""
    walk.mask |= SKIPPED
    return None


def script(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """Programs."""
    walk.note(Kind.SCRIPT, Action.REMOVED)
    walk.mask |= SKIPPED
    return None


def style(walk: Walk, node: LexborNode, _attributes: Attributes) -> After:
    """A style sheet: read for what it hides, never shown."""
    walk.note(Kind.STYLE, Action.REMOVED)
    walk.mask |= SKIPPED
    child = node.first_child
    if child is not None:
        walk.read_sheet(child.text_content or "")
    return None


def embedded(walk: Walk, node: LexborNode, _attributes: Attributes) -> After:
    """Objects of others; plain fallback text inside may show."""
    walk.note(Kind.EMBEDDED_OBJECT, Action.REMOVED)
    if node.tag not in _FALLBACK:
        walk.mask |= SKIPPED
    return None


def drawing(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """A drawing (SVG): only the words in it are shown."""
    walk.note(Kind.EMBEDDED_OBJECT, Action.REMOVED)
    walk.mask |= DRAWN
    return None


def drawn_words(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """Words in a drawing (SVG 2, 11.2 and 11.11), each on a line of its own."""
    if not walk.mask & DRAWN:
        return None
    walk.mask &= ~DRAWN
    if walk.mask:
        return None
    walk.out.end_line()
    return leave_block, None


def linked_sheet(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """A style sheet or other resource on a server."""
    relation = (attributes.get("rel") or "").lower()
    if "stylesheet" in relation:
        walk.note(Kind.STYLE, Action.REMOVED)
    if links.is_remote(links.clean(attributes.get("href") or "")):
        walk.note(Kind.REMOTE_CONTENT, Action.REMOVED)
    return None


def base_url(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """`<base>`: what relative links are relative to."""
    url = links.clean(attributes.get("href") or "")
    if url:
        walk.note(Kind.EXTERNAL_REFERENCE, Action.NOTED)
        if not walk.base and links.scheme_of(url) in ("http", "https"):
            walk.base = url[: links.MAX_URL]
    return None


def meta(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """`<meta http-equiv=refresh>`: never followed, its target is shown."""
    if (attributes.get("http-equiv") or "").strip().lower() != "refresh":
        return None
    content = attributes.get("content") or ""
    position = content.lower().find("url")
    if position < 0:
        return None
    url = links.clean(content[position + 3 :].strip().lstrip("= \t").strip("'\" "))
    walk.note(Kind.EXTERNAL_REFERENCE, Action.NEUTRALIZED)
    scheme = links.scheme_of(url)
    if not scheme:
        url = links.resolve(walk.base, url)
        scheme = links.scheme_of(url)
    if scheme in links.SCRIPTS:
        walk.note(Kind.SCRIPT, Action.REMOVED)
    if scheme in links.SHOWN:
        walk.footer.append(f"自動転送先: <{cut(walk, links.shown(url))}>")
    return None
