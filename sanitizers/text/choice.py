"""Whether the plain rendering of a mail says what its HTML rendering says.

Rules for a text/plain beside a text/html, in this order:
1. nothing visible in it: useless;
2. shorter than MAX_STUB_CHARS, shorter than the HTML's text, and it says that one should
   look at the HTML: useless;
3. less than a third of the HTML's text, both without addresses of links, and more than
   MIN_DIFFERENCE characters shorter: useless;
4. else it is the body: the sender wrote it for readers of plain text.
"""

from __future__ import annotations

import re
from typing import Final

MAX_STUB_CHARS: Final = 400
MIN_DIFFERENCE: Final = 40
SHORTER: Final = 3

_STUB: Final = re.compile(
    r"html[ -]?(?:形式|メール|対応|版|表示)|ＨＴＭＬ"
    r"|(?:形式|テキスト)では(?:正しく)?(?:表示|ご覧)|ブラウザ(?:ー)?(?:で|から)(?:ご覧|ご確認|表示)"
    r"|html[ -]?(?:e-?mail|message|version|format|capable|compatible|enabled|view|part|content)"
    r"|(?:support|display|view|read|render)\w{0,4} (?:\w+ ){0,6}html"
    r"|view (?:this|the|it) (?:e-?mail|message|newsletter)?.{0,30}(?:browser|online|web)"
    r"|no (?:plain )?text (?:version|part|content)|text[ -]only (?:version|mail)",
    re.IGNORECASE | re.DOTALL,
)
_TAG: Final = re.compile(r"<(?:style|script)\b[^<>]*>[^<]*|<[^<>]*>", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"<?(?:https?|mailto|ftp):[^\s<>]{1,2000}>?", re.IGNORECASE)


def visible_length(text: str) -> int:
    """Characters of `text` without white space and without addresses of links."""
    return len("".join(_ADDRESS.sub("", text).split()))


def is_stub(plain: str, plain_length: int) -> bool:
    """Whether a text of `plain_length` visible characters only points to the HTML (rule 2)."""
    return plain_length < MAX_STUB_CHARS and _STUB.search(plain) is not None


def is_useful(plain: str, html_length: int) -> bool:
    """Whether `plain` can stand for HTML of `html_length` visible characters (rules 1 to 4).

    What is useful beside a longer text is useful beside a shorter one: an upper bound of
    the length may be asked first.
    """
    own = visible_length(plain)
    if not own:
        return False
    if html_length > own and is_stub(plain, own):
        return False
    return not (own * SHORTER < html_length and html_length - own > MIN_DIFFERENCE)


def most_visible(html: str) -> int:
    """An upper bound of the visible characters of `html`, much cheaper than a rendering.

    Tags, style sheets and scripts are cut out by their marks; the rest counts.
    """
    return len("".join(_TAG.sub("", html).split()))
