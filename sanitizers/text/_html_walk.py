"""Walks a parsed HTML document in reading order and writes its text.

One loop over the tree, never recursion: nesting is the sender's choice. An element's
handler runs before its children and may leave something to be done after them; what is not
text (script, style, comments, attributes no handler reads) has no way into the output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from selectolax.lexbor import LexborNode

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text._html_lines import Lines
from sanitizers.text._html_links import clean, is_remote
from sanitizers.text._html_sheet import Sheet
from sanitizers.text._html_style import HIDDEN, NO_EFFECT, has_remote
from sanitizers.text._html_table import Table

Attributes = Mapping[str, str | None]
#: What a handler leaves to be done after the children, with its argument.
After = tuple[Callable[["Walk", Any], None], Any] | None
Handler = Callable[["Walk", LexborNode, Attributes], After]

#: Bit of text that is no content at all (head, script, drawings); above those of styles.
SKIPPED: Final = 32
#: Bit of what a drawing holds besides its words; they take it back.
DRAWN: Final = 64
_BLANKS: Final = " \t\n\r\f\xa0\xad\u034f\u200b\u200c\u200d\u2007\ufeff"


class Full(Exception):
    """The text has reached its limit."""


class Walk:
    """Everything known while one document is walked; handlers read and change it."""

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        findings: Findings,
        *,
        where: str,
        images: Mapping[str, str],
        limit: int,
    ) -> None:
        self.out = Lines()
        self.mask = 0  # bits of _html_style and SKIPPED: any means "not seen"
        self.pre = False  # white space stays as it is
        self.left = limit  # characters that may still be written
        self.tables: list[Table | None] = []
        self.lists: list[list[Any]] = []  # [type or "", next number, step]
        self.links: list[list[bool]] = []  # [an image without words was seen inside]
        self.base = ""
        self.footer: list[str] = []
        self.images = images
        self._handlers = handlers
        self._findings = findings
        self._where = where
        self._sheet = Sheet()

    def document(self, root: LexborNode) -> bool:
        """Walk the tree from `root`; False when the limit ended it early."""
        stack: list[tuple[LexborNode, After, int, bool]] = []
        whole = True
        node: LexborNode | None = root
        try:
            while node is not None:
                if node.is_text_node:
                    raw = node.text_content or ""
                    if self.mask or self.pre:
                        self.text(raw)
                    else:
                        self.left -= len(raw)
                        if self.left < 0:
                            raise Full
                        self.out.text(raw)
                elif node.is_element_node:
                    mask, pre = self.mask, self.pre
                    after = self._enter(node)
                    child = node.first_child
                    if child is not None:
                        stack.append((node, after, mask, pre))
                        node = child
                        continue
                    if after is not None:
                        after[0](self, after[1])
                    self.mask, self.pre = mask, pre
                following = node.next
                while following is None and stack:
                    node, after, mask, pre = stack.pop()
                    if after is not None:
                        after[0](self, after[1])
                    self.mask, self.pre = mask, pre
                    following = node.next
                node = following
        except Full:
            whole = False
        while stack:  # close what the limit left open, so that nothing written is lost
            _, after, _, _ = stack.pop()
            if after is not None:
                after[0](self, after[1])
        return whole

    def text(self, raw: str) -> None:
        """Text of the document; hidden text is only noted."""
        if self.mask:
            if not self.mask & (SKIPPED | DRAWN) and raw.strip(_BLANKS):
                self.note(Kind.HIDDEN_TEXT, Action.NOTED)
            return
        self.left -= len(raw)
        if self.left < 0:
            raise Full
        if self.pre:
            self.out.verbatim(raw)
        else:
            self.out.text(raw)

    def put(self, text: str) -> None:
        """Words of our own or of an attribute that is shown."""
        text = " ".join(text.split())
        if self.mask or not text:
            return
        self.left -= len(text)
        if self.left < 0:
            raise Full
        self.out.word(text)

    def note(self, kind: Kind, action: Action) -> None:
        """Add a finding."""
        self._findings.add(kind, action, where=self._where)

    def read_sheet(self, css: str) -> None:
        """Rules of a `<style>`: they decide what is seen from here on."""
        self._sheet.read(css)
        if has_remote(css):
            self.note(Kind.REMOTE_CONTENT, Action.REMOVED)

    def _enter(self, node: LexborNode) -> After:
        tag = node.tag or ""
        attributes: Attributes = node.attributes
        handler = self._handlers.get(tag)
        block = False
        if attributes:
            for name in attributes:
                if name[:2] == "on" and name != "on":
                    self.note(Kind.SCRIPT, Action.REMOVED)
            if "hidden" in attributes:
                self.mask |= HIDDEN
            if "background" in attributes:
                self._background(attributes["background"] or "")
            if "style" in attributes or self._sheet.has_rules:
                block = self._styled(node, tag, attributes)
        elif self._sheet.has_rules:
            block = self._styled(node, tag, attributes)
        if handler is not None:
            return handler(self, node, attributes)
        if block and not self.mask:
            self.out.end_line()
            return leave_block, None
        return None

    def _background(self, url: str) -> None:
        if is_remote(clean(url)):
            self.note(Kind.REMOTE_CONTENT, Action.REMOVED)

    def _styled(self, node: LexborNode, tag: str, attributes: Attributes) -> bool:
        effect = self._sheet.effect(node, tag, attributes)
        if effect is NO_EFFECT:
            return False
        self.mask = (self.mask & ~effect.clears) | effect.sets
        if effect.preformatted is not None:
            self.pre = effect.preformatted
        if effect.remote:
            self.note(Kind.REMOTE_CONTENT, Action.REMOVED)
        return effect.block


def leave_block(walk: Walk, _: None) -> None:
    """The end of a block."""
    walk.out.end_line()


def leave_paragraph(walk: Walk, _: None) -> None:
    """The end of a paragraph."""
    walk.out.paragraph()
