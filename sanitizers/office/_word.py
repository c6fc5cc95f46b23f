"""Word documents: what their parts need beyond the allow-lists.

Fields are settled, objects become their pictures, and bookmarks, notes and styles that
nothing uses go. A template keeps its styles: they are what it is for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from sanitizers.findings import Action, Kind
from sanitizers.office import _charts, _common, _rules, _word_fields
from sanitizers.office._builder import Builder, Node
from sanitizers.office._common import name, names
from sanitizers.office._filter import Filter, Handler
from sanitizers.office._leftovers import WordUses
from sanitizers.office._opc import Relationship
from sanitizers.office._rules import Vocabulary
from sanitizers.xmltree import Element

_SHARED: Final = ("a", "pic", "c", "dgm", "m")
VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    "word": _rules.vocabulary("", "w", "wp", "wps", "wpg", "wpc", *_SHARED, "v", "o", "w10"),
    "chart": _rules.vocabulary("", "c", "a", "cdr"),
    "drawing": _rules.vocabulary("", "a"),
    "diagram": _rules.vocabulary("", "dgm", "dsp", "a"),
}

#: Numbers of editing sessions (17.15.1.72): attributes that say who wrote what when.
_REVISIONS: Final = (
    *(name(f"w:{local}") for local in (
        "rsidR", "rsidRPr", "rsidDel", "rsidP", "rsidRDefault", "rsidTr", "rsidSect", "rsid")),
    "{http://schemas.microsoft.com/office/word/2010/wordml}paraId",
    "{http://schemas.microsoft.com/office/word/2010/wordml}textId",
)  # fmt: skip
_TEMPLATE: Final = ".template."
_ANCHOR: Final = name("w:anchor")
_ID: Final = name("w:id")
_NAME: Final = name("w:name")
_SHOWN: Final = name("w:displayText")
_CHOICE: Final = name("w:value")
_PARAGRAPH: Final = name("w:p")
#: 17.5.1: marks around content that is kept.
_WRAPPERS: Final = names("w:smartTag w:customXml")
_WRAPPER_PROPERTIES: Final = names("w:smartTagPr w:customXmlPr")
_OBJECT_PARTS: Final = names("o:OLEObject w:control w:objectEmbed w:objectLink w:movie")
_REFERENCES: Final = re.compile(
    rb'w:(?:anchor|instr)="([^"]*)"|<w:(?:del)?[iI]nstrText[^>]*>([^<]*)<'
)
_WORD_SEPARATOR: Final = re.compile(rb'[\s"]+|&quot;')


def _hyperlink(tree: Filter, element: Element) -> None:
    if element.get(name("r:id")) or element.get(_ANCHOR):
        return
    tree.unwrap(element)


def _unwrap(tree: Filter, element: Element) -> None:
    for child in list(element):
        if child.tag in _WRAPPER_PROPERTIES:
            tree.drop(child, Kind.METADATA)
    tree.unwrap(element)


def _object(tree: Filter, element: Element) -> None:
    """17.3.3.19: an embedded object or control leaves its picture."""
    tree.findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, where=tree.where)
    for child in list(element):
        if child.tag in _OBJECT_PARTS:
            tree.drop(child, noted=False)
    element.tag = name("w:pict")
    element.attrib.clear()
    if not len(element):
        tree.drop(element, noted=False)


def _form_data(tree: Filter, element: Element) -> None:
    """17.16.17: a form field's macros, help and name go."""
    for child in list(element):
        if child.tag in (_NAME, name("w:name")):
            tree.drop(child, noted=False)


def _chunk(tree: Filter, element: Element) -> None:
    """17.17.2.1: a file of another format goes; a cell must not stay without a paragraph."""
    element.addprevious(element.makeelement(_PARAGRAPH))
    tree.drop(element, Kind.EMBEDDED_FILE)


def _list_item(_: Filter, element: Element) -> None:
    """17.5.2.21: the value of a choice is never shown; what is shown stands for it."""
    shown = element.get(_SHOWN)
    if shown and element.get(_CHOICE):
        element.set(_CHOICE, shown)


HANDLERS: Final[Mapping[str, Handler]] = {
    **_common.HANDLERS,
    name("w:altChunk"): _chunk,
    name("w:listItem"): _list_item,
    name("w:hyperlink"): _hyperlink,
    name("w:object"): _object,
    name("w:ffData"): _form_data,
    **dict.fromkeys(_WRAPPERS, _unwrap),
}


class WordMaker:
    """The family's part of `Builder`."""

    vocabularies = VOCABULARIES

    def __init__(self) -> None:
        self._uses = WordUses()
        self._pointed: frozenset[bytes] | None = None

    def handlers(self, builder: Builder, node: Node) -> Mapping[str, Handler]:
        return HANDLERS if node.kind.vocabulary == "word" else _charts.HANDLERS

    def hot(self, node: Node) -> re.Pattern[bytes] | None:
        return None

    def prepare(self, builder: Builder, node: Node, root: Element, tree: Filter) -> None:
        """What must happen before single elements are looked at."""
        if node.kind.vocabulary != "word":
            return
        etree.strip_attributes(root, *_REVISIONS)
        _word_fields.settle(root, tree)
        self._bookmarks(builder, root, tree)
        if node.kind_name in ("footnotes", "endnotes", "comments"):
            self._uses.drop_notes(node.kind_name, root, tree)
        elif node.kind_name == "styles" and _TEMPLATE not in builder.nodes[0].content_type:
            self._uses.drop_styles(root, tree)

    def finish(self, builder: Builder, node: Node, written: bytes) -> None:
        """Remember what a part uses."""
        if node.kind.vocabulary == "word":
            self._uses.read(written)

    def stand_in(self, builder: Builder, node: Node, relation: Relationship) -> bytes | None:
        """Nothing of a Word document has to be replaced."""
        return None

    def _bookmarks(self, builder: Builder, root: Element, tree: Filter) -> None:
        """17.13.6: a bookmark whose name nothing uses is a hidden text; it goes."""
        starts = list(root.iter(name("w:bookmarkStart")))
        if not starts:
            return
        pointed = self._pointed_names(builder)
        gone = {
            start.get(_ID) for start in starts if (start.get(_NAME) or "").encode() not in pointed
        }
        if not gone:
            return
        ends = list(root.iter(name("w:bookmarkEnd")))
        for mark in (*starts, *ends):
            if mark.get(_ID) in gone and not tree.is_dead(mark):
                tree.drop(mark, noted=False)
        tree.findings.add(Kind.METADATA, Action.REMOVED, count=len(gone), where="bookmark")

    def _pointed_names(self, builder: Builder) -> frozenset[bytes]:
        if self._pointed is None:
            words: set[bytes] = set()
            for node in builder.nodes:
                if node.kind.vocabulary == "word" and node.source:
                    for anchor, code in _REFERENCES.findall(builder.package.read(node.source)):
                        words.update(_WORD_SEPARATOR.split(anchor or code))
            self._pointed = frozenset(words)
        return self._pointed
