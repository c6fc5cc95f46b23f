"""HTML to text that a person likes to read.

Mail bodies and attached pages cross as text only: headings, paragraphs, lists, quotes,
tables and the targets of links stay; script, style, forms, remote images and whatever the
sender hid do not. Nothing of the markup is ever copied: only text nodes and the few
attributes named in `_html_walk` are read, and the result is plain text.

The parts: `_html_walk` (elements), `_html_lines` (white space and lines), `_html_table`,
`_html_links`, `_html_style` (what is seen).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.text._html_depth import flattened
from sanitizers.text._html_elements import HANDLERS
from sanitizers.text._html_walk import Walk

#: A UTF-32 character takes four bytes: more input than this is over the limit anyway.
_MAX_INPUT_BYTES: Final = 4 * MAX_TEXT_CHARS + 4
_SNIFFED: Final = 1_024  # bytes searched for <meta charset> (HTML, 4.2.5.4)
_META_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.+-]{1,60})"
    rb"|<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.+-]{1,60})",
    re.I,
)
#: Markup read of one document: the tree of more would not fit the memory of a child.
_MAX_TAGS: Final = 2_000_000
_PIECE_CHARS: Final = 1_000_000
_CUT: Final = "［長すぎるため、以下は省略されました］"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def html_to_text(
    html: str, findings: Findings, *, where: str = "", images: Mapping[str, str] = _NOTHING
) -> str:
    """The readable text of an HTML document, lines ended by "\\n" (none at the end).

    `images` maps content-ids (without <>) to the label put where the image stands. The
    text may still hold control or invisible characters of the source: it goes through
    `characters.make_harmless` next. Never longer than about `MAX_TEXT_CHARS`; what was cut
    is said in the text. Source: HTML Living Standard, 15.3 (rendering), CSS Text 3.
    """
    cut = html.count("<") > _MAX_TAGS
    if cut:
        html = "<".join(html.split("<", _MAX_TAGS)[:_MAX_TAGS])
    tree = LexborHTMLParser(flattened(html).encode("utf-8", "replace"))
    walk = Walk(
        HANDLERS,
        findings,
        where=where,
        images=images,
        limit=MAX_TEXT_CHARS,
    )
    root = tree.root
    whole = walk.document(root) if root is not None else True
    lines = walk.out.finish()
    if walk.footer:
        lines.extend(["", *walk.footer])
    text = "\n".join(lines).strip("\n")
    if cut or not whole or len(text) > MAX_TEXT_CHARS:
        findings.add(Kind.TRUNCATED, Action.NOTED, where=where)
        text = f"{text[: MAX_TEXT_CHARS - len(_CUT) - 2]}\n\n{_CUT}"
    return text


def sniffed_charset(data: bytes | memoryview) -> str:
    """The charset that a document names in its first 1,024 bytes, or ""."""
    match = _META_CHARSET.search(bytes(data[:_SNIFFED]))
    if not match:
        return ""
    label = (match[1] or match[2]).decode("ascii")
    # A label that could be read as ASCII cannot be UTF-16 (HTML, 13.2.3.2).
    return "utf-8" if label.lower().startswith("utf-16") else label
