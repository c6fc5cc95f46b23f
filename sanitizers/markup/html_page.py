"""HTML as a file: an inert page of the same words, lists and tables.

The tree is read and a new page written from a table of allowed elements and attributes:
no script, style, form, frame, remote or embedded content, and no address but those of links
where the profile keeps them. What the page hides (CSS or `hidden`) is left out. Pictures are
named by their alternative text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text import _html_links as links
from sanitizers.text._html_depth import flattened
from sanitizers.text._html_sheet import Sheet
from sanitizers.text.characters import make_harmless
from sanitizers.text.html import html_to_text, sniffed_charset
from sanitizers.text.whole import read_text, write_text

HTML: Final = "text/html"
#: Elements open at the same time; deeper ones lose their marks, never their words.
MAX_LEVELS: Final = 200
#: Elements of one page; the tree of more would not fit the memory of a child.
MAX_ELEMENTS: Final = 1_000_000

_COUNT: Final = re.compile(r"[1-9]\d{0,3}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_SCOPE: Final = re.compile(r"row|col|rowgroup|colgroup")
_SPANS: Final = {"colspan": _COUNT, "rowspan": _COUNT}
_NONE: Final[Mapping[str, re.Pattern[str]]] = {}

#: HTML Living Standard, 4.3 (sections) and 4.4 (grouping).
_BLOCKS: Final = (
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "p", "pre",
    "section", "ul",
)  # fmt: skip
#: 4.5 (text), 4.7 (edits) and 4.11.1 (details).
_PHRASES: Final = (
    "abbr", "b", "bdi", "br", "cite", "code", "del", "details", "dfn", "em", "i", "ins", "kbd",
    "mark", "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "small", "span", "strong", "sub",
    "summary", "sup", "time", "u", "var", "wbr",
)  # fmt: skip
#: HTML Living Standard, 4.3 to 4.9: element → attributes and their form. Void ones below.
_ALLOWED: Final[Mapping[str, Mapping[str, re.Pattern[str]]]] = {
    **dict.fromkeys((*_BLOCKS, *_PHRASES), _NONE),
    "ol": {"start": _COUNT},
    "li": {"value": _COUNT},
    # 4.9 tables; `border` (16.3.2) because nothing else would draw the lines
    **dict.fromkeys(("caption", "tbody", "tfoot", "thead", "tr"), _NONE),
    "table": {"border": re.compile("[01]")},
    "colgroup": {"span": _COUNT},
    "col": {"span": _COUNT},
    "td": _SPANS,
    "th": {**_SPANS, "scope": _SCOPE},
}
_VOID: Final = frozenset(("br", "col", "hr", "wbr"))
#: How elements without any attribute start and end: most of a page are these.
_BARE: Final = {tag: (f"<{tag}>", f"</{tag}>") for tag in _ALLOWED if tag not in _VOID}
#: Old and interactive elements that are written as plain ones.
_INSTEAD: Final = {"center": "div", "fieldset": "div", "legend": "p", "dir": "ul", "menu": "ul",
                   "strike": "s", "tt": "code", "acronym": "abbr", "listing": "pre"}  # fmt: skip
#: Never entered, with what is said of it.
_CUT: Final = {
    "script": Kind.SCRIPT, "style": Kind.STYLE, "template": Kind.UNKNOWN_DATA,
    "iframe": Kind.REMOTE_CONTENT, "frame": Kind.REMOTE_CONTENT, "frameset": Kind.REMOTE_CONTENT,
    "object": Kind.EMBEDDED_OBJECT, "embed": Kind.EMBEDDED_OBJECT,
    "applet": Kind.EMBEDDED_OBJECT, "svg": Kind.EMBEDDED_OBJECT, "math": Kind.EMBEDDED_OBJECT,
    "canvas": Kind.EMBEDDED_OBJECT, "audio": Kind.EMBEDDED_OBJECT,
    "video": Kind.EMBEDDED_OBJECT, "link": Kind.REMOTE_CONTENT, "base": Kind.LINK,
    "meta": Kind.METADATA, "datalist": Kind.HIDDEN_TEXT, "noembed": Kind.HIDDEN_TEXT,
    "noframes": Kind.HIDDEN_TEXT,
}  # fmt: skip
_FIELDS: Final = frozenset(("input", "textarea", "select", "button"))
_KEPT_SCHEMES: Final = frozenset(("http", "https", "mailto"))


class HtmlPage(Sanitizer):
    """One page to an inert page, or to the text that it shows."""

    media_types = (HTML, "application/xhtml+xml")
    methods = (Method.SANITIZE, Method.TEXT)
    outputs = (HTML, "text/plain")

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the page of `job` to `out`.

        Raises:
            Withheld: EMPTY (also when nothing is visible), TOO_LARGE, DAMAGED.
        """
        findings = Findings()
        source = read_text(job, findings, charset=job.claimed_charset or sniffed_charset(job.data))
        if job.method is Method.TEXT:
            findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
            text = make_harmless(html_to_text(source, findings), findings)
            if not text.strip():
                raise Withheld(ReasonCode.EMPTY, "nothing visible")
            write_text(text, out)
            return Cleaned(
                media_type="text/plain",
                extension=".txt",
                method=Method.TEXT,
                findings=findings.freeze(),
            )
        page = _Page(findings, keep_links=job.options.get("links") == "keep")
        page.read(source)
        out.write(page.written().encode("utf-8"))
        return Cleaned(
            media_type=HTML, extension=".html", method=Method.SANITIZE, findings=findings.freeze()
        )


class _Page:
    """The new page while the old one is walked."""

    def __init__(self, findings: Findings, *, keep_links: bool) -> None:
        self._findings = findings
        self._keep_links = keep_links
        self._sheet = Sheet()
        self._out: list[str] = []
        self._title = ""
        self._language = "ja"
        self._seen = False  # any word at all
        self._left = MAX_TEXT_CHARS

    def written(self) -> str:
        """The whole page.

        Raises:
            Withheld: EMPTY, nothing of it is seen.
        """
        if not self._seen:
            raise Withheld(ReasonCode.EMPTY, "nothing visible")
        head = (
            f'<!DOCTYPE html>\n<html lang="{self._language}"><head><meta charset="utf-8">'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
            f"<title>{escape(self._title, quote=False)}</title></head>\n<body>\n"
        )
        return f"{head}{''.join(self._out)}\n</body></html>\n"

    def read(self, source: str) -> None:
        """Walk the tree of `source`.

        Raises:
            Withheld: TOO_LARGE.
        """
        tree = LexborHTMLParser(flattened(source).encode("utf-8", "replace"))
        for sheet in tree.css("style"):
            self._sheet.read(sheet.text() or "")
        # (node, what closes it): entered children first, closed behind them
        open_: list[tuple[LexborNode, str]] = []
        node: LexborNode | None = tree.root
        elements = 0
        bare = {} if self._sheet.has_rules else _BARE
        while node is not None:
            close: str | None = None
            if node.is_text_node:
                self._text(node.text_content or "")
            elif node.is_element_node:
                elements += 1
                if elements > MAX_ELEMENTS:
                    raise Withheld(ReasonCode.TOO_LARGE, "elements of HTML")
                tag, attributes = node.tag or "", node.attributes
                if tag in bare and not attributes and len(open_) <= MAX_LEVELS:
                    start, close = bare[tag]
                    self._out.append(start)
                else:
                    close = self._enter(node, tag, attributes, len(open_))
            child = node.first_child if close is not None else None
            if child is not None:
                open_.append((node, close or ""))
                node = child
                continue
            self._out.append(close or "")
            following = node.next
            while following is None and open_:
                node, close = open_.pop()
                self._out.append(close)
                following = node.next
            node = following

    def _note(self, kind: Kind, action: Action = Action.REMOVED) -> None:
        self._findings.add(kind, action)

    def _text(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise Withheld(ReasonCode.TOO_LARGE, "text of HTML")
        text = make_harmless(text, self._findings)
        self._seen = self._seen or not text.isspace()
        self._out.append(escape(text, quote=False))

    def _enter(
        self, node: LexborNode, tag: str, attributes: Mapping[str, str | None], level: int
    ) -> str | None:
        """Write the start of an element; what will close it, None: its content is left out."""
        if any(name.startswith("on") for name in attributes):
            self._note(Kind.SCRIPT)
        if tag in _CUT:
            self._note(_CUT[tag])
            return None
        if tag == "title":
            title = make_harmless(node.text() or "", self._findings, multiline=False)
            self._title = title.strip()[:500]
            return None
        if tag == "html" and _LANGUAGE.fullmatch(attributes.get("lang") or ""):
            self._language = attributes["lang"] or "ja"
        effect = self._sheet.effect(node, tag, attributes)
        if effect.remote:
            self._note(Kind.REMOTE_CONTENT)
        if effect.sets or "hidden" in attributes:
            if (node.text() or "").strip():
                self._note(Kind.HIDDEN_TEXT)
            return None
        if tag == "img":
            self._picture(attributes)
            return None
        if tag in _FIELDS:
            return self._field(tag, attributes)
        if tag == "a":
            return self._link(node, attributes)
        return self._plain(_INSTEAD.get(tag, tag), attributes, level)

    def _plain(self, tag: str, attributes: Mapping[str, str | None], level: int) -> str | None:
        allowed = _ALLOWED.get(tag)
        if allowed is None or level > MAX_LEVELS:
            return ""
        written = "".join(
            f' {name}="{value}"'
            for name, form in allowed.items()
            if (value := attributes.get(name)) and form.fullmatch(value)
        )
        self._out.append(f"<{tag}{written}>")
        return None if tag in _VOID else f"</{tag}>"

    def _picture(self, attributes: Mapping[str, str | None]) -> None:
        source = attributes.get("src") or ""
        self._note(Kind.REMOTE_CONTENT if links.is_remote(source) else Kind.EMBEDDED_OBJECT)
        if words := (attributes.get("alt") or "").strip():
            self._text(f"［画像: {words}］")

    def _field(self, tag: str, attributes: Mapping[str, str | None]) -> str | None:
        """A form's field is the words that stand in it."""
        self._note(Kind.FORM)
        if tag != "input":
            return ""
        shown = (attributes.get("type") or "text").lower()
        if shown in ("text", "submit", "button", "reset", "search", "email", "tel", "url", "date"):
            self._text(attributes.get("value") or "")
        elif shown in ("checkbox", "radio"):
            self._text("☑" if "checked" in attributes else "☐")
        return None

    def _link(self, node: LexborNode, attributes: Mapping[str, str | None]) -> str:
        target = links.clean(attributes.get("href") or "")
        scheme = links.scheme_of(target)
        label = node.text() or ""
        if scheme in links.SCRIPTS:
            self._note(Kind.SCRIPT)
            return ""
        if scheme not in links.SHOWN:
            return ""
        if links.mismatch(label, target):
            self._note(Kind.LINK_MISMATCH, Action.NOTED)
        address = links.shown(target)
        if self._keep_links and scheme in _KEPT_SCHEMES and address.isascii():
            self._out.append(f'<a href="{escape(address)}" rel="noreferrer">')
            return "</a>"
        self._note(Kind.LINK, Action.NEUTRALIZED)
        if links.same(label, target):
            return ""
        return escape(f" <{make_harmless(address, self._findings, multiline=False)}>", quote=False)
