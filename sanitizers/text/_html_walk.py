"""Walks a parsed HTML document in reading order and writes its text.

One loop over the tree, never recursion: nesting is the sender's choice. Each element has
at most two handlers, one before and one after its children; elements without any are
inline and only their text counts. What is not text (script, style, head, comments,
attributes other than the few read here) has no way into the output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from selectolax.lexbor import LexborNode

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text import _html_links as links
from sanitizers.text._html_lines import Lines
from sanitizers.text._html_style import HIDDEN, Sheet, has_remote
from sanitizers.text._html_table import Cell, Table, span, table_lines

Attributes = Mapping[str, str | None]
Leave = Callable[[Any], None]
#: What an element leaves to be done after its children: a handler and its argument.
After = tuple[Leave, Any] | None

#: Bit of text that is no content at all (head, script, drawings); above those of styles.
SKIPPED: Final = 32
#: Tables inside tables up to here are laid out; deeper ones flow. Newsletters nest about 10.
_MAX_TABLES: Final = 25
#: Nodes looked at; the DOM of more would not fit the memory of a child anyway.
_MAX_NODES: Final = 4_000_000
_TINY: Final = 3  # pixels: remote images this small are there to count readers
_RULE: Final = "-" * 40
_MAX_LIST_NUMBER: Final = 10**9

IMAGE: Final = "画像"
#: Alternative texts that programs write, not people.
_EMPTY_ALTS: Final = frozenset({"image", "img", "spacer", "blank", "pixel", "logo.gif", "picture"})
_IMAGE_ENDINGS: Final = (".gif", ".png", ".jpg", ".jpeg", ".bmp", ".webp", ".svg")


class Full(Exception):
    """The text has reached its limit."""


class Walk:
    """Everything known while one document is walked."""

    def __init__(
        self, findings: Findings, *, where: str, images: Mapping[str, str], limit: int
    ) -> None:
        self._findings = findings
        self._where = where
        self._images = images
        self._left = limit
        self._sheet = Sheet()
        self.out = Lines()
        self._mask = 0  # bits of _html_style and SKIPPED: any means "not seen"
        self._pre = False
        self._frames: list[Lines] = []
        self._tables: list[Table | None] = []
        self._lists: list[list[Any]] = []  # [type or "", next number, step]
        self._links: list[list[Any]] = []
        self._base = ""
        self.footer: list[str] = []

    # ------------------------------------------------------------------------ the loop

    def document(self, root: LexborNode) -> bool:
        """Walk the tree below `root`; False when a limit ended it early."""
        stack: list[tuple[LexborNode, After, int, bool]] = []
        whole = True
        nodes = 0
        node: LexborNode | None = root
        try:
            while node is not None:
                nodes += 1
                if nodes > _MAX_NODES:
                    raise Full
                child: LexborNode | None = None
                if node.is_text_node:
                    self._text(node.text_content or "")
                elif node.is_element_node:
                    mask, pre = self._mask, self._pre
                    after = self._enter(node)
                    child = node.first_child
                    if node.tag == "style" and child is not None:
                        self._sheet_text(child.text_content or "")
                    if child is not None:
                        stack.append((node, after, mask, pre))
                        node = child
                        continue
                    if after is not None:
                        after[0](after[1])
                    self._mask, self._pre = mask, pre
                following = node.next
                while following is None and stack:
                    node, after, mask, pre = stack.pop()
                    if after is not None:
                        after[0](after[1])
                    self._mask, self._pre = mask, pre
                    following = node.next
                node = following
        except Full:
            whole = False
        while stack:  # close what the limit left open, so that nothing written is lost
            _, after, _, _ = stack.pop()
            if after is not None:
                after[0](after[1])
        return whole

    def _text(self, raw: str) -> None:
        if self._mask:
            if not self._mask & SKIPPED and raw.strip(" \t\n\r\f\xa0\u200b\u200c\u034f\xad"):
                self._note(Kind.HIDDEN_TEXT, Action.NOTED)
            return
        self._left -= len(raw)
        if self._left < 0:
            raise Full
        if self._pre:
            self.out.verbatim(raw)
        else:
            self.out.text(raw)

    def _enter(self, node: LexborNode) -> After:
        tag = node.tag or ""
        attributes: Attributes = node.attributes
        handler = _ENTER.get(tag)
        block = tag in _BLOCKS or tag in _PARAGRAPHS
        if attributes:
            block = self._attributes(tag, attributes) or block
        elif self._sheet.has_rules:
            block = self._styled(tag, attributes) or block
        if handler is not None:
            return handler(self, tag, attributes)
        if self._mask or not block:
            return None
        self._left -= 1
        if tag in _PARAGRAPHS:
            self.out.paragraph()
            return Walk._leave_paragraph, self
        self.out.end_line()
        return Walk._leave_block, self

    def _attributes(self, tag: str, attributes: Attributes) -> bool:
        """What attributes mean on any element; whether they make it a block."""
        block = False
        for name in attributes:
            if name[:2] == "on" and len(name) > 2:
                self._note(Kind.SCRIPT, Action.REMOVED)
        if "hidden" in attributes:
            self._mask |= HIDDEN
        if "style" in attributes or self._sheet.has_rules:
            block = self._styled(tag, attributes)
        ground = attributes.get("background")
        if ground and _is_remote(ground):
            self._note(Kind.REMOTE_CONTENT, Action.REMOVED)
        return block

    def _styled(self, tag: str, attributes: Attributes) -> bool:
        effect = self._sheet.effect(tag, attributes)
        self._mask = (self._mask & ~effect.clears) | effect.sets
        if effect.preformatted is not None:
            self._pre = effect.preformatted
        if effect.remote:
            self._note(Kind.REMOTE_CONTENT, Action.REMOVED)
        return effect.block

    def _note(self, kind: Kind, action: Action) -> None:
        self._findings.add(kind, action, where=self._where)

    def _put(self, text: str) -> None:
        """Text of our own or of an attribute that is shown."""
        text = " ".join(text.split())
        if self._mask or not text:
            return
        self._left -= len(text)
        if self._left < 0:
            raise Full
        self.out.word(text)

    # ------------------------------------------------------------- blocks and headings

    def _leave_block(self) -> None:
        self.out.end_line()

    def _leave_paragraph(self) -> None:
        self.out.paragraph()

    def _break(self, _tag: str, _attributes: Attributes) -> After:
        if not self._mask:
            self._left -= 1
            self.out.line_break()
        return None

    def _rule(self, _tag: str, _attributes: Attributes) -> After:
        if not self._mask:
            self.out.end_line()
            self._put(_RULE)
            self.out.end_line()
        return None

    def _prefixed(self, mark: str, rest: str, *, apart: bool) -> After:
        if self._mask:
            return None
        self._left -= len(mark)
        if apart:
            self.out.paragraph()
        saved = self.out.push(mark, rest)
        return self._leave_prefixed, (self.out, saved, apart)

    @staticmethod
    def _leave_prefixed(state: tuple[Lines, tuple[str, str | None], bool]) -> None:
        out, saved, apart = state
        out.pop(saved)
        if apart:
            out.gap = True

    def _heading(self, _tag: str, _attributes: Attributes) -> After:
        return self._prefixed("■ ", "", apart=True)

    def _quote_block(self, _tag: str, _attributes: Attributes) -> After:
        return self._prefixed("> ", "> ", apart=True)

    def _definition(self, _tag: str, _attributes: Attributes) -> After:
        return self._prefixed("  ", "  ", apart=False)

    def _preformatted(self, _tag: str, _attributes: Attributes) -> After:
        self._pre = True
        if self._mask:
            return None
        self.out.paragraph()
        return Walk._leave_paragraph, self

    # --------------------------------------------------------------------------- lists

    def _list(self, tag: str, attributes: Attributes) -> After:
        if self._mask:
            return None
        kind, number, step = "", 1, 1
        if tag == "ol":
            kind = (attributes.get("type") or "1").strip()[:1] or "1"
            number = _integer(attributes.get("start"), 1)
            if "reversed" in attributes:
                step = -1
                if "start" not in attributes:
                    number = 0  # known at the first item
        if self._lists:
            self.out.end_line()
        else:
            self.out.paragraph()
        self._lists.append([kind, number, step, "start" not in attributes and step < 0])
        return Walk._leave_list, self

    def _leave_list(self) -> None:
        self._lists.pop()
        if self._lists:
            self.out.end_line()
        else:
            self.out.paragraph()

    def _item(self, _tag: str, attributes: Attributes) -> After:
        mark = "・"
        if self._lists and self._lists[-1][0]:
            state = self._lists[-1]
            if "value" in attributes:
                state[1] = _integer(attributes.get("value"), state[1])
            mark = f"{_numeral(state[1], state[0])}. "
            state[1] += state[2]
        return self._prefixed(mark, "  " if mark == "・" else " " * len(mark), apart=False)

    # -------------------------------------------------------------------------- tables

    def _table(self, _tag: str, attributes: Attributes) -> After:
        if self._tables and self._tables[-1] is not None:
            self._tables[-1].nested = True
        table: Table | None = None
        if len(self._tables) < _MAX_TABLES:
            role = (attributes.get("role") or "").lower()
            table = Table(presentation=role in ("presentation", "none"))
        self.out.end_line()
        self._tables.append(table)
        return Walk._leave_table, self

    def _leave_table(self) -> None:
        table = self._tables.pop()
        self.out.end_line()
        if table is not None:
            lines, data = table_lines(table)
            if data:
                self.out.gap = True
            self.out.block(lines)
            if data:
                self.out.gap = True

    def _row(self, _tag: str, _attributes: Attributes) -> After:
        table = self._tables[-1] if self._tables else None
        if table is None:
            self.out.end_line()
        else:
            table.row()
        return None

    def _cell(self, tag: str, attributes: Attributes) -> After:
        table = self._tables[-1] if self._tables else None
        if table is None:
            self.out.end_line()
            return Walk._leave_block, self
        self._left -= 2
        self._frames.append(self.out)
        self.out = Lines()
        cell = Cell(
            lines=self.out.lines,
            columns=span(attributes.get("colspan")),
            rows=span(attributes.get("rowspan")),
            head=tag == "th",
        )
        table.add(cell)
        lists, self._lists = self._lists, []
        return self._leave_cell, lists

    def _leave_cell(self, lists: list[list[Any]]) -> None:
        self.out.finish()
        self.out = self._frames.pop()
        self._lists = lists

    # --------------------------------------------------------------------------- links

    def _anchor(self, _tag: str, attributes: Attributes) -> After:
        href = attributes.get("href")
        if href is None:
            return None
        url = links.clean(href)
        scheme = links.scheme_of(url)
        if not scheme and url and not url.startswith("#"):
            url = links.resolve(self._base, url)
            scheme = links.scheme_of(url)
        if scheme in links.SCRIPTS:
            self._note(Kind.SCRIPT, Action.REMOVED)
        if scheme and scheme not in links.SHOWN:
            self._note(Kind.LINK, Action.NEUTRALIZED)
        if self._mask or scheme not in links.SHOWN:
            url = ""
        out = self.out
        self._links.append([False])
        return self._leave_anchor, (url, out, len(out.lines), len(out.words))

    def _leave_anchor(self, state: tuple[str, Lines, int, int]) -> None:
        url, out, lines, words = state
        pictured = self._links.pop()[0]
        if not url:
            return
        if len(out.lines) == lines:
            label = "".join(out.words[words:]).strip()
        else:
            label = " ".join([*out.lines[lines : lines + 5], *out.words[:20]])
        label = " ".join(label.split())
        if links.mismatch(label, url):
            self._note(Kind.LINK_MISMATCH, Action.NOTED)
        url_shown = self._cut(links.shown(url))
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
        self._left -= len(url_shown) + 3

    def _cut(self, url: str) -> str:
        if len(url) <= links.MAX_URL:
            return url
        self._note(Kind.TRUNCATED, Action.NOTED)
        return url[: links.MAX_URL] + "…"

    def _map_area(self, tag: str, attributes: Attributes) -> After:
        after = self._anchor(tag, attributes)
        self._put(attributes.get("alt") or "")
        return after

    # -------------------------------------------------------------------------- images

    def _image(self, _tag: str, attributes: Attributes) -> After:
        source = links.clean(attributes.get("src") or "")
        alt = " ".join((attributes.get("alt") or "").split())
        if _is_remote(source) or attributes.get("srcset"):
            tiny = _is_tiny(attributes.get("width")) or _is_tiny(attributes.get("height"))
            hidden = bool(self._mask & ~SKIPPED)
            kind = Kind.TRACKING_PIXEL if tiny or hidden else Kind.REMOTE_CONTENT
            self._note(kind, Action.REMOVED)
            if tiny:
                return None
        elif _is_tiny(attributes.get("width")) or _is_tiny(attributes.get("height")):
            return None
        if source[:4].lower() == "cid:":
            name = source[4:].strip("<>")
            label = self._images.get(name) or self._images.get(links.unquote(name)) or ""
            self._put(label or f"[{IMAGE}: {alt}]" if label or alt else f"[{IMAGE}]")
            return None
        if _means_something(alt):
            self._put(f"[{IMAGE}: {alt}]")
        elif self._links and not self._mask:
            self._links[-1][0] = True
        return None

    # --------------------------------------------------------------------------- forms

    def _form(self, _tag: str, _attributes: Attributes) -> After:
        self._note(Kind.FORM, Action.REMOVED)
        if self._mask:
            return None
        self.out.end_line()
        return Walk._leave_block, self

    def _input(self, _tag: str, attributes: Attributes) -> After:
        self._note(Kind.FORM, Action.REMOVED)
        kind = (attributes.get("type") or "text").lower()
        value = attributes.get("value") or ""
        if kind in ("hidden", "password", "file", "image"):
            return None
        if kind in ("checkbox", "radio"):
            on, off = ("☑", "☐") if kind == "checkbox" else ("◉", "○")
            self._put(on if "checked" in attributes else off)
            self.out.space()
        elif value.strip():
            self._put(f"[{value}]")
        return None

    def _button(self, _tag: str, _attributes: Attributes) -> After:
        self._note(Kind.FORM, Action.REMOVED)
        return None

    def _textarea(self, tag: str, attributes: Attributes) -> After:
        self._note(Kind.FORM, Action.REMOVED)
        return self._preformatted(tag, attributes)

    def _select(self, _tag: str, _attributes: Attributes) -> After:
        self._note(Kind.FORM, Action.REMOVED)
        return None

    def _option(self, _tag: str, attributes: Attributes) -> After:
        if not self._mask:
            self.out.space()
            self._put("◉" if "selected" in attributes else "○")
            self.out.space()
        return None

    # ------------------------------------------------------------------ words in a line

    def _around(self, before: str, after: str) -> After:
        if self._mask:
            return None
        self.out.word(before)
        return self._close_around, (self.out, after)

    @staticmethod
    def _close_around(state: tuple[Lines, str]) -> None:
        state[0].attach(state[1])

    def _quote(self, _tag: str, _attributes: Attributes) -> After:
        return self._around("「", "」")

    def _ruby_text(self, _tag: str, _attributes: Attributes) -> After:
        return self._around("(", ")")

    # ------------------------------------------------------------- what is never shown

    def _skip(self, _tag: str, _attributes: Attributes) -> After:
        self._mask |= SKIPPED
        return None

    def _script(self, _tag: str, _attributes: Attributes) -> After:
        self._note(Kind.SCRIPT, Action.REMOVED)
        self._mask |= SKIPPED
        return None

    def _style(self, _tag: str, _attributes: Attributes) -> After:
        self._note(Kind.STYLE, Action.REMOVED)
        self._mask |= SKIPPED
        return None

    def _object(self, tag: str, _attributes: Attributes) -> After:
        self._note(Kind.EMBEDDED_OBJECT, Action.REMOVED)
        if tag not in _FALLBACK:
            self._mask |= SKIPPED
        return None

    def _linked_sheet(self, _tag: str, attributes: Attributes) -> After:
        relation = (attributes.get("rel") or "").lower()
        if "stylesheet" in relation:
            self._note(Kind.STYLE, Action.REMOVED)
        if _is_remote(links.clean(attributes.get("href") or "")):
            self._note(Kind.REMOTE_CONTENT, Action.REMOVED)
        return None

    def _base_url(self, _tag: str, attributes: Attributes) -> After:
        url = links.clean(attributes.get("href") or "")
        if url:
            self._note(Kind.EXTERNAL_REFERENCE, Action.NOTED)
            if not self._base and links.scheme_of(url) in ("http", "https"):
                self._base = url[: links.MAX_URL]
        return None

    def _meta(self, _tag: str, attributes: Attributes) -> After:
        if (attributes.get("http-equiv") or "").strip().lower() != "refresh":
            return None
        content = attributes.get("content") or ""
        position = content.lower().find("url")
        if position < 0:
            return None
        url = links.clean(content[position + 3 :].strip().lstrip("= \t").strip("'\" "))
        self._note(Kind.EXTERNAL_REFERENCE, Action.NEUTRALIZED)
        scheme = links.scheme_of(url)
        if not scheme:
            url = links.resolve(self._base, url)
            scheme = links.scheme_of(url)
        if scheme in links.SCRIPTS:
            self._note(Kind.SCRIPT, Action.REMOVED)
        if scheme in links.SHOWN:
            self.footer.append(f"自動転送先: <{self._cut(links.shown(url))}>")
        return None

    def _sheet_text(self, css: str) -> None:
        """Rules of a `<style>`: they decide what is seen from here on."""
        self._sheet.read(css)
        if has_remote(css):
            self._note(Kind.REMOTE_CONTENT, Action.REMOVED)


# ------------------------------------------------------------------------------ helpers


def _is_remote(url: str) -> bool:
    return url.startswith("//") or links.scheme_of(url) in ("http", "https", "ftp")


def _is_tiny(size: str | None) -> bool:
    digits = (size or "").strip().lower().removesuffix("px").split(".")[0]
    return digits.isascii() and digits.isdigit() and int(digits[:6]) <= _TINY


def _means_something(alt: str) -> bool:
    low = alt.lower()
    named = low.endswith(_IMAGE_ENDINGS) and " " not in low
    return bool(alt) and low not in _EMPTY_ALTS and not named and any(c.isalnum() for c in alt)


def _integer(value: str | None, default: int) -> int:
    text = (value or "").strip()[:10]
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return default
    return max(-_MAX_LIST_NUMBER, min(_MAX_LIST_NUMBER, int(text)))


_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MAX_ROMAN: Final = 3999


def _numeral(number: int, kind: str) -> str:
    """The number of a list item in the style of `<ol type>` (HTML, 4.4.5)."""
    if kind in "aA" and number > 0:
        letters = ""
        while number:
            number, digit = divmod(number - 1, 26)
            letters = chr(ord(kind) + digit) + letters
        return letters
    if kind in "iI" and 0 < number <= _MAX_ROMAN:
        roman = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            roman += sign * count
        return roman if kind == "i" else roman.upper()
    return str(number)


# ------------------------------------------------------------------------ the elements

_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "body", "caption", "center", "details", "dir", "div",
        "dt", "fieldset", "figcaption", "figure", "footer", "header", "hgroup", "legend",
        "main", "menu", "nav", "optgroup", "section", "summary", "noframes",
    }
)  # fmt: skip
_PARAGRAPHS: Final = frozenset({"p", "dl"})
#: Embedded things whose content is text for those who cannot show them.
_FALLBACK: Final = frozenset({"object", "applet", "video", "audio", "canvas", "noembed"})

_Enter = Callable[[Walk, str, Attributes], After]


def _table_of_handlers() -> dict[str, _Enter]:

    one: dict[str, _Enter] = {
        "br": Walk._break,
        "hr": Walk._rule,
        "blockquote": Walk._quote_block,
        "dd": Walk._definition,
        "li": Walk._item,
        "table": Walk._table,
        "tr": Walk._row,
        "a": Walk._anchor,
        "area": Walk._map_area,
        "img": Walk._image,
        "form": Walk._form,
        "input": Walk._input,
        "button": Walk._button,
        "textarea": Walk._textarea,
        "select": Walk._select,
        "option": Walk._option,
        "q": Walk._quote,
        "rt": Walk._ruby_text,
        "script": Walk._script,
        "style": Walk._style,
        "link": Walk._linked_sheet,
        "base": Walk._base_url,
        "meta": Walk._meta,
    }
    many: tuple[tuple[str, _Enter], ...] = (
        ("h1 h2 h3 h4 h5 h6", Walk._heading),
        ("ul ol menu dir", Walk._list),
        ("td th", Walk._cell),
        ("pre listing xmp plaintext", Walk._preformatted),
        ("object embed iframe frame applet svg math video audio canvas", Walk._object),
        ("head title template rp datalist", Walk._skip),
    )
    for tags, handler in many:
        one |= dict.fromkeys(tags.split(), handler)
    return one


_ENTER: Final = _table_of_handlers()
