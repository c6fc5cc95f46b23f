"""Tames hostile markup before the parser sees it.

The tree builder of HTML looks through all open elements at most tags, opens every unclosed
formatting element again in each paragraph (13.2.4.3, 13.2.6.1) and compares each attribute
with all before it: nesting and attributes cost the square of their number. Browsers stop at
a depth of about 500. Here the start tags beyond a depth (with their end tags) and attributes
beyond a number are left out; text never is. Ordinary documents pass untouched.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

#: Documents with fewer tags, or shorter ones, cost little whatever they do.
_FEW_TAGS: Final = 1_000
_SHORT: Final = 60_000  # characters
_MAX_DEPTH: Final = 400  # real newsletters stay under 100
#: SVG's words (SVG 2, 11.2) may lie deeper: without their element they would not be seen.
_WORDS: Final = frozenset({"text", "foreignobject"})
_MAX_FORMATTING: Final = 30  # unclosed <b>, <font> … at one place
_MAX_REOPENED: Final = 1_000_000  # formatting elements times paragraphs, at the worst
_MAX_OPTIONS: Final = 1_000  # the parser looks through all options of a <select> at each one
_LONG_TAG: Final = 5_000  # characters, from which on attributes are counted
_MAX_ATTRIBUTES: Final = 200

#: Comments, raw text, and tags as the tokenizer sees them (13.2.5), each in linear time.
_TOKEN: Final = re.compile(
    r"<!--(?:>|->|.*?(?:--!?>|\Z))"
    r"|<(script|style|xmp|iframe|noembed|noframes|textarea|title)\b.*?(?:</\1(?=[\s/>])|\Z)"
    r"|<(/?)([a-z][^\s/>]*)"
    r"(?:[^>\"'=]++|=\s*+\"[^\"]*+(?:\"|\Z)|=\s*+'[^']*+(?:'|\Z)|=|[\"'])*+(?:>|\Z)",
    re.I | re.S,
)
_ATTRIBUTE: Final = re.compile(
    r"[\s/]++[^\s/>=]++(?:\s*+=\s*+(?:\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?"
)
_FORMATTING: Final = frozenset(
    {"b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"}
)
#: Elements that end by themselves when the next of their kind starts, or have no content.
_FLAT: Final = frozenset(
    {
        "html", "head", "body", "p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead",
        "tfoot", "col", "colgroup", "caption", "option", "optgroup", "rp", "rt", "rb", "rtc",
        "a", "nobr", "area", "base", "basefont", "bgsound", "br", "embed", "frame", "hr", "img",
        "input", "keygen", "link", "meta", "param", "source", "track", "wbr", "h1", "h2", "h3",
        "h4", "h5", "h6", "button", "form", "plaintext",
    }
)  # fmt: skip


def flattened(html: str) -> str:
    """`html`, without tags that nest deeper, or attributes more, than anybody writes."""
    tags = html.count("<")
    if tags < _FEW_TAGS and len(html) < _SHORT:
        return html
    formatting_left = min(_MAX_FORMATTING, _MAX_REOPENED // max(1, tags))
    options = 0
    opened: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    depth = formatting = at = 0
    kept: list[str] = []
    for token in _TOKEN.finditer(html):
        name = (token[3] or "").lower()
        if not name:
            continue
        if token.end() - token.start() > _LONG_TAG:
            cut = _surplus(html, token.end(3), token.end())
            if cut < token.end():
                kept.append(html[at:cut])
                kept.append(">")
                at = token.end()
        if name in _FLAT:
            if name == "option" and not token[2]:
                options += 1
                if options > _MAX_OPTIONS:  # without its tag an option is text, and stays
                    kept.append(html[at : token.start()] + " ")
                    at = token.end()
            continue
        light = name in _FORMATTING
        step = 0
        if token[2]:
            step = -1 if opened[name] and not dropped[name] else 0
            drop = bool(dropped[name])
            dropped[name] -= drop
        else:
            deepest = 2 * _MAX_DEPTH if name in _WORDS else _MAX_DEPTH
            drop = depth >= deepest or (light and formatting >= formatting_left)
            dropped[name] += drop
            step = not drop
        opened[name] += step
        if light:
            formatting += step
        else:
            depth += step
        if drop:
            kept.append(html[at : token.start()])
            at = token.end()
    if not at:
        return html
    kept.append(html[at:])
    return "".join(kept)


def _surplus(html: str, start: int, end: int) -> int:
    """Where the attributes of a tag are too many: the end of the last one kept."""
    for count, attribute in enumerate(_ATTRIBUTE.finditer(html, start, end)):
        if count == _MAX_ATTRIBUTES:
            return attribute.start()
    return end
