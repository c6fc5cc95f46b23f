"""Takes everything out of a part's tree that its vocabulary does not list.

The tree is serialized once and its distinct tags are judged; only elements of the names
that did not pass are then looked at one by one, in document order. What comes out is
serialized and judged again, whole: a part that still holds a tag that is not allowed
withholds the file, so no mistake in a handler lets anything cross.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.office._rules import NAMESPACES, Vocabulary
from sanitizers.office._values import FIELD_ID
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.xmltree import Element, drop_unused_prefixes, serialize

Handler = Callable[["Filter", Element], None]

_TOKEN: Final = re.compile(rb"<[^>]*>[^<]?")
#: Text after an end tag or an empty element: only pretty-printing and mischief have it.
_STRAY: Final = re.compile(rb"(?:/>|</[^>]*>)[^<]")
#: Attributes that say how to read others: nothing is lost with them.
_ASIDES: Final = f"{{{NAMESPACES['mc']}}}"


class Filter:
    """Filters one part. Handlers and the part's maker use it to change the tree.

    Args:
        relation: the new identifier for one of the part's relationships, or None.
        handlers: by lxml's element name; called after the attributes were filtered.
        named: what the removal of an element that is not listed is called.
        needed: elements that mean nothing without their relationship.
        lists: elements that may not stay behind empty.
        hot: matches tags that always pass and are very many, and nothing else; its only
            group must catch every other token.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        findings: Findings,
        where: str,
        relation: Callable[[str], str | None],
        handlers: Mapping[str, Handler],
        named: Mapping[str, Kind],
        needed: frozenset[str] = frozenset(),
        lists: frozenset[str] = frozenset(),
        hot: re.Pattern[bytes] | None = None,
    ) -> None:
        self.findings = findings
        self.where = where
        self._vocabulary = vocabulary
        self._relation = relation
        self._handlers = handlers
        self._named = named
        self._needed = needed
        self._lists = lists
        self._tokens = hot or _TOKEN
        self._dead: set[Element] = set()

    def run(self, root: Element, keep: frozenset[str]) -> bytes:
        """Filter the tree of `root`; its serialized form. `keep`: prefixes to declare anyway.

        Raises:
            Withheld: DAMAGED when the tree cannot be brought into an allowed form.
        """
        drop_unused_prefixes(root, keep)
        written = serialize(root)
        bad = self._bad(written)
        stray = _STRAY.search(written) is not None
        if stray:
            self._clear_stray(root)
        visits = self._visits(root, bad)
        if not visits and not stray:
            return written
        for element in visits:
            if element not in self._dead:
                self._visit(element)
        drop_unused_prefixes(root, self._kept_prefixes(root, keep))
        written = serialize(root)
        left = self._bad(written)
        if left or _STRAY.search(written):
            raise Withheld(ReasonCode.DAMAGED, f"not allowed in a part: {sorted(left)[:3]}")
        return written

    def drop(
        self,
        element: Element,
        kind: Kind = Kind.UNKNOWN_DATA,
        action: Action = Action.REMOVED,
        *,
        noted: bool = True,
    ) -> None:
        """Take `element` out with all it holds, and lists that are empty without it."""
        if noted:
            self.findings.add(kind, action, where=self.where)
        self._dead.update(element.iter())
        parent = element.getparent()
        if parent is None:
            raise Withheld(ReasonCode.DAMAGED, "root element")
        parent.remove(element)
        if len(parent) == 0 and parent.tag in self._lists:
            self.drop(parent, noted=False)
        elif parent.get("count") is not None:
            parent.set("count", str(len(parent)))

    def unwrap(self, element: Element) -> None:
        """Put the children of `element` in its place."""
        parent = element.getparent()
        if parent is None:
            raise Withheld(ReasonCode.DAMAGED, "root element")
        self._dead.add(element)
        for child in list(element):
            element.addprevious(child)
        parent.remove(element)

    def is_dead(self, element: Element) -> bool:
        """Whether `element` was taken out."""
        return element in self._dead

    def _bad(self, written: bytes) -> set[bytes]:
        judge = self._vocabulary.judge
        tokens = set(self._tokens.findall(written))
        tokens.discard(b"")
        return {name for name in map(judge, tokens) if name}

    def _visits(self, root: Element, bad: set[bytes]) -> list[Element]:
        names: set[str] = {*self._handlers, *self._vocabulary.related}
        known = self._vocabulary.names
        for raw in bad:
            name = raw.decode("utf-8")
            names.add(known.get(name) or "{*}" + name.rpartition(":")[2])
        return list(root.iter(*names)) if names else []

    def _visit(self, element: Element) -> None:
        rule = self._vocabulary.elements.get(element.tag)
        handler = self._handlers.get(element.tag)
        if rule is None:
            if handler is None:
                self.drop(element, self._named.get(element.tag, Kind.UNKNOWN_DATA))
            else:
                handler(self, element)
            return
        for name, value in element.items():
            check = rule.attributes.get(name)
            kind = rule.kinds.get(name, "")
            if kind == "rel" and value:
                fresh = self._relation(value)
                if fresh is not None:
                    element.set(name, fresh)
                    continue
                if element.tag in self._needed:
                    self.drop(element, noted=False)
                    return
                del element.attrib[name]
            elif kind == "blank" and value:
                element.set(name, "")
            elif kind == "fieldid":
                element.set(name, FIELD_ID)
            elif kind == "css":
                element.set(name, self._css(value, check))
            elif check is None or not check(value):
                self._forget(element, name)
        if not rule.text and element.text:
            self._text(element)
        if handler is not None:
            handler(self, element)

    def _forget(self, element: Element, name: str) -> None:
        del element.attrib[name]
        if name.startswith(_ASIDES):
            return
        self.findings.add(Kind.METADATA, Action.REMOVED, where=self.where)

    @staticmethod
    def _css(value: str, check: Callable[[str], object] | None) -> str:
        """The declarations of a VML style that are allowed."""
        return ";".join(
            part.strip() for part in value.split(";") if part.strip() and check and check(part)
        )

    def _text(self, element: Element) -> None:
        if element.text and element.text.strip():
            self.findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where=self.where)
        element.text = None

    def _clear_stray(self, root: Element) -> None:
        elements = self._vocabulary.elements
        for element in root.iter():
            if element.tail:
                if element.tail.strip():
                    self.findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where=self.where)
                element.tail = None
            rule = elements.get(element.tag)
            if element.text and (rule is None or not rule.text):
                self._text(element)

    @staticmethod
    def _kept_prefixes(root: Element, keep: frozenset[str]) -> frozenset[str]:
        named = root.iter(f"{{{NAMESPACES['mc']}}}Choice")
        return keep | {p for choice in named for p in (choice.get("Requires") or "").split()}
