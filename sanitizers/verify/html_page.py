"""HTML as our writer may write it: one fixed head, and a body of inert elements.

A grammar of tags, not an HTML parser: text without markup characters, start and end tags of
a short list that nest like brackets, attributes in one spelling. Nothing here has an address
but links to http, https and mail.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected
from sanitizers.verify.text import visible

_WORDS: Final = r"(?:[^<>&]|&(?:amp|lt|gt);)*+"
_HEAD: Final = re.compile(
    r'<!DOCTYPE html>\n<html lang="[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}"><head>'
    r'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
    rf'content="default-src \'none\'"><title>{_WORDS}</title></head>\n<body>\n'
)
_TAIL: Final = "\n</body></html>\n"
_NUMBER: Final = r'="[1-9]\d{0,3}"'
_VOID: Final = r"br|hr|wbr|col(?: span" + _NUMBER + ")?"
_PAIRED: Final = (
    r"(?P<name>address|article|aside|blockquote|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|header"
    r"|main|nav|p|pre|section|ul|ol|li|abbr|b|bdi|cite|code|del|details|dfn|em|i|ins|kbd|mark|q|rb"
    r"|rp|rt|rtc|ruby|s|samp|small|span|strong|sub|summary|sup|time|u|var|caption|tbody|tfoot"
    r"|thead|tr|table|colgroup|td|th|a)"
)
_ATTRIBUTES: Final = {
    "ol": re.compile(rf"(?: start{_NUMBER})?"),
    "li": re.compile(rf"(?: value{_NUMBER})?"),
    "table": re.compile(r'(?: border="[01]")?'),
    "colgroup": re.compile(rf"(?: span{_NUMBER})?"),
    "td": re.compile(rf"(?: colspan{_NUMBER})?(?: rowspan{_NUMBER})?"),
    "th": re.compile(
        rf'(?: colspan{_NUMBER})?(?: rowspan{_NUMBER})?(?: scope="(?:row|col)(?:group)?")?'
    ),
    "a": re.compile(r' href="(?:https?://|mailto:)(?:[!#-%\'-;=?-~]|&amp;)*" rel="noreferrer"'),
}
_NO_ATTRIBUTES: Final = re.compile("")
_TOKEN: Final = re.compile(
    rf"(?P<words>(?:[^<>&]|&(?:amp|lt|gt);)++)|<(?:{_VOID})>"
    rf"|<{_PAIRED}(?P<attributes>(?: [a-z]+=\"[^\"<>]*\")*)>|</(?P<end>[a-z0-9]{{1,10}})>"
)
_LEVELS: Final = 250


class HtmlVerifier(Verifier):
    """One inert page."""

    media_types = ("text/html",)

    def verify(self, data: memoryview) -> None:
        """Accept a page that the grammar consumes whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        text = visible(bytes(data), line_end="\n")
        head = _HEAD.match(text)
        if head is None or not text.endswith(_TAIL):
            raise Rejected("another head or end than ours")
        at, end = head.end(), len(text) - len(_TAIL)
        open_: list[str] = []
        while at < end:
            token = _TOKEN.match(text, at, end)
            if token is None:
                raise Rejected("markup that is not allowed")
            at = token.end()
            if token["name"]:
                form = _ATTRIBUTES.get(token["name"], _NO_ATTRIBUTES)
                if not form.fullmatch(token["attributes"]):
                    raise Rejected("an attribute that is not allowed")
                open_.append(token["name"])
                if len(open_) > _LEVELS:
                    raise Rejected("too deep")
            elif token["end"] and (not open_ or open_.pop() != token["end"]):
                raise Rejected("tags that do not nest")
        if open_:
            raise Rejected("an element without its end")
