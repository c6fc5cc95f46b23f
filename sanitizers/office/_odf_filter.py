"""Writes the allowed part of a tree of OpenDocument, and nothing else.

The output is put together from names of `_odf_names` and values that passed their check, so
that what no table lists cannot appear in it, whatever a handler does with the tree. Texts of
mixed content (part 3, section 6) keep their order; identifiers are numbered anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.office import _odf_names
from sanitizers.office._odf_values import CHECKS, is_plain
from sanitizers.office._values import Check
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.xmltree import Element

Handler = Callable[["Writer", Element], None]

MAX_REMEMBERED: Final = 50_000  # attributes of one file that were judged; some 10 MB
MAX_IDENTIFIERS: Final = 500_000  # of one file; lists of long minutes have 20,000
HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: Versions of the standard that a file may say it is of (3.1.2); programs read angles and
#: lines of older ones otherwise. Those of 1.0 and 1.1 did not have to say it.
_VERSIONS: Final = frozenset(("1.0", "1.1", "1.2", "1.3", "1.4"))
_UNSAID: Final = "1.1"
_LATER: Final = "1.3"

_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_MATH: Final = "{http://www.w3.org/1998/Math/MathML}"
DECLARATIONS: Final = "".join(
    f' xmlns:{prefix}="{uri}"' for prefix, uri in _odf_names.NAMESPACES.items()
)


def opening(part: str, version: str, more: str = "") -> str:
    """The start of a part: declaration, and the root's start tag with `more` attributes."""
    return f'{HEAD}<office:document-{part}{DECLARATIONS}{more} office:version="{version}">'


def version_of(root: Element) -> str:
    """The version of the standard that a part is written by."""
    said: str = root.get(name("office:version"), _UNSAID)
    return said if said in _VERSIONS else _LATER


def name(prefixed: str) -> str:
    """lxml's name of an element or attribute that is written with our prefix."""
    prefix, _, local = prefixed.partition(":")
    return _XML + local if prefix == "xml" else f"{{{_odf_names.NAMESPACES[prefix]}}}{local}"


def names(prefixed: str) -> frozenset[str]:
    """`name` of each of several, separated by spaces."""
    return frozenset(name(word) for word in prefixed.split())


def _spellings(prefixed: str) -> list[str]:
    """lxml's names of what is written with our prefix, in the drafts' namespaces too."""
    prefix, _, local = prefixed.partition(":")
    old = _odf_names.ALIASES.get(prefix)
    return [name(prefixed), f"{{{old}}}{local}"] if old else [name(prefixed)]


def _elements() -> dict[str, tuple[str, bool]]:
    text = frozenset(_odf_names.WITH_TEXT.split())
    return {
        spelling: (f"{prefix}:{local}", f"{prefix}:{local}" in text)
        for prefix, words in _odf_names.ELEMENTS.items()
        for local in words.split()
        for spelling in _spellings(f"{prefix}:{local}")
    }


def _attributes() -> dict[str, tuple[str, Check, bool]]:
    found: dict[str, tuple[str, Check, bool]] = {}
    for prefix, words in _odf_names.PLAIN.items():
        for local in words.split():
            if prefix == "math":  # MathML's have no prefix
                found[local] = (local, is_plain, False)
                continue
            for spelling in _spellings(f"{prefix}:{local}"):
                found[spelling] = (f"{prefix}:{local}", is_plain, False)
    for kind, words in _odf_names.KINDS.items():
        for own in words.split():
            for spelling in _spellings(own):
                found[spelling] = (own, CHECKS[kind], kind == "id")
    return found


HREF: Final = name("xlink:href")
_NOTHING: Final = frozenset[str]()
_LINKED: Final = frozenset((HREF,))
#: What has a name that people see or that a style asks for; those of shapes are numbered.
_DRAW_NAME: Final = name("draw:name")
_NAMED_BY_DRAW: Final = names(
    "draw:page draw:layer draw:gradient draw:hatch draw:fill-image draw:marker draw:opacity "
    "draw:stroke-dash draw:equation svg:linearGradient svg:radialGradient"
)
#: Sheets, rows, slides and texts that are there and not shown: kept, and said once a part.
_HIDING: Final = frozenset(
    (name(key), value)
    for key, value in (
        ("table:display", "false"), ("table:visibility", "collapse"),
        ("presentation:visibility", "hidden"), ("text:display", "none"),
    )
)  # fmt: skip
_STYLES: Final = names(_odf_names.KINDS["style"])
#: Begin and end of animations with another one or with a click (SMIL 2.0, 10.3.1).
_TIMES: Final = names("smil:begin smil:end")
_EVENT: Final = re.compile(r"([A-Za-z_][\w-]{0,60})(\.(?:begin|end|click)(?:\+[0-9.]{1,12}s)?)")
#: By lxml's name: (as written, whether it has text), and (as written, check, identifier).
_ELEMENTS: Final = _elements()
_ATTRIBUTES: Final = _attributes()


def escaped(text: str) -> str:
    """`text` as character data (XML 1.0, 2.4)."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    return text.replace("\r", "&#13;") if "\r" in text else text


def quoted(value: str) -> str:
    """`value` as the value of an attribute, with its quotes."""
    value = escaped(value)
    for character, reference in (('"', "&quot;"), ("\t", "&#9;"), ("\n", "&#10;")):
        if character in value:
            value = value.replace(character, reference)
    return f'"{value}"'


class Identifiers:
    """Numbers the identifiers of one file anew, in the order in which they are met."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def fresh(self, value: str) -> str:
        """The new identifier for one of the file's.

        Raises:
            Withheld: TOO_MANY_PARTS.
        """
        known = self._known.get(value)
        if known is None:
            if len(self._known) >= MAX_IDENTIFIERS:
                raise Withheld(ReasonCode.TOO_MANY_PARTS, "identifiers")
            known = self._known[value] = f"id{len(self._known) + 1}"
        return known


class Writer:
    """Writes one part.

    `styles`: names of styles that the document has, so that no other is asked for. `named`:
    what the removal of an element that is not listed is called.
    """

    def __init__(
        self,
        *,
        findings: Findings,
        where: str,
        identifiers: Identifiers,
        styles: frozenset[str],
        handlers: Mapping[str, Handler],
        named: Mapping[str, Kind],
    ) -> None:
        self.findings = findings
        self.where = where
        self._identifiers = identifiers
        self._styles = styles
        self._handlers = handlers
        self._named = named
        self._pieces: list[str] = []
        self._mixed = False  # whether text may stand where we are
        self._right: dict[tuple[str, str], str] = {}

    def put(self, *markup: str) -> None:
        """Append markup of our own making."""
        self._pieces.extend(markup)

    def result(self) -> bytes:
        """All that was written."""
        return "".join(self._pieces).encode("utf-8")

    def write(self, element: Element) -> None:
        """`element` as its handler says, or as the tables allow."""
        tag = element.tag
        handler = self._handlers.get(tag)
        if handler is not None:
            handler(self, element)
        else:
            self._allowed(element, tag)

    def allowed(self, element: Element, more: str = "") -> None:
        """`element` as the tables allow, with `more` attributes of our own making."""
        self._allowed(element, element.tag, more)

    def _allowed(self, element: Element, tag: str, more: str = "") -> None:
        rule = _ELEMENTS.get(tag)
        if rule is None:
            self.drop(element, self._named.get(tag, Kind.UNKNOWN_DATA))
            return
        own, mixed = rule
        pieces = self._pieces
        pieces.append(f"<{own}{self.attributes(element, _LINKED if more else _NOTHING)}{more}")
        text = element.text
        if len(element) or (mixed and text):
            pieces.append(">")
            outer, self._mixed = self._mixed, mixed
            if text:
                self.text(text)
            self._children(element)
            self._mixed = outer
            pieces.append(f"</{own}>")
        else:
            pieces.append("/>")
            if text and text.strip():
                self.findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where=self.where)

    def inside(self, element: Element) -> None:
        """What `element` holds, without its own tags."""
        if element.text:
            self.text(element.text)
        self._children(element)

    def _children(self, element: Element) -> None:
        handlers = self._handlers
        for child in element:
            tag = child.tag
            if tag in handlers:
                handlers[tag](self, child)
            else:
                self._allowed(child, tag)
            tail = child.tail
            if tail:
                self.text(tail)

    def attributes(self, element: Element, without: frozenset[str] = _NOTHING) -> str:
        """The attributes of `element` that may stay, as they are written."""
        found = ""
        right = self._right
        for item in element.items():
            key = item[0]
            if key not in without:
                known = right.get(item)
                found += self._attribute(element, *item) if known is None else known
        return found

    def keeps(self, element: Element, key: str) -> bool:
        """Whether `element` has an attribute `key` that may stay."""
        return key in element.attrib and bool(self._attribute(element, key, element.get(key)))

    def drop(self, element: Element, kind: Kind, action: Action = Action.REMOVED) -> None:
        """Leave out `element` with all it holds."""
        del element
        self.findings.add(kind, action, where=self.where)

    def _attribute(self, element: Element, key: str, value: str) -> str:
        if key == _DRAW_NAME and element.tag not in _NAMED_BY_DRAW:
            return f' draw:name="{self._identifiers.fresh(value)}"'
        rule = _ATTRIBUTES.get(key)
        if rule is None or (key[0] != "{" and not element.tag.startswith(_MATH)):
            if key not in SILENT:
                kind = Kind.EXTERNAL_REFERENCE if key == HREF else Kind.METADATA
                self.findings.add(kind, Action.REMOVED, where=self.where)
            return ""
        own, check, identifier = rule
        if key in _STYLES and value not in self._styles and value:
            return ""  # nothing has that name, so nobody sees a difference
        event = _EVENT.fullmatch(value) if key in _TIMES else None
        if event:
            return f' {own}="{self._identifiers.fresh(event[1])}{event[2]}"'
        if not check(value):
            kind = Kind.FORMULA if key in _FORMULAS else Kind.METADATA
            self.findings.add(kind, Action.REMOVED, where=self.where)
            return ""
        if identifier:
            fresh = " ".join(map(self._identifiers.fresh, value.split()))
            return f" {own}={quoted(fresh)}"
        if (key, value) in _HIDING:
            self.findings.add(Kind.HIDDEN_TEXT, Action.NOTED, where=self.where)
        written = f" {own}={quoted(value)}"
        if len(self._right) < MAX_REMEMBERED and key[0] == "{" and key != _DRAW_NAME:
            self._right[key, value] = written
        return written

    def text(self, text: str) -> None:
        """Text of the file, where text may stand."""
        if self._mixed:
            self._pieces.append(escaped(text))
        elif text.strip():
            self.findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where=self.where)


_FORMULAS: Final = names(
    "table:formula table:expression text:formula table:condition text:condition style:condition"
)
#: Attributes that belong to those that handlers write, or that programs write beside others.
SILENT: Final = names("xlink:type xlink:show xlink:actuate office:version") | {
    "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type",
    "{http://www.w3.org/2003/g/data-view#}transformation",
}
