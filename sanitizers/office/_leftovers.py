"""What nothing in a file uses, and so nobody sees: it goes.

Word: styles (17.7.4), and notes and comments without a mark in the text (17.11, 17.13.4).
Excel: cell formats, their named styles and number formats (18.8), styles of tables, and
authors (18.7.2). PowerPoint: authors (19.4.3).
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from sanitizers.findings import Action, Kind
from sanitizers.office._common import name, names
from sanitizers.office._filter import Filter
from sanitizers.xmltree import Element

#: In parts that we wrote.
_STYLE: Final = re.compile(rb'<w:(?:pStyle|rStyle|tblStyle) w:val="([^"]*)"')
_MARK: Final = re.compile(
    rb'<w:(foot|end|comm)[a-z]*(?:Reference|RangeStart)\b[^>]*? w:id="(-?\d{1,10})"'
)
_CELL_FORMAT: Final = re.compile(rb'<(?:c|row|col) [^>]*?\b(?:s|style)="(\d{1,6})"')
_NUMBER_FORMAT: Final = re.compile(rb' numFmtId="(\d{1,9})"')
_TABLE_STYLE: Final = re.compile(rb'StyleInfo [^>]*?name="([^"]*)"')
_STYLE_NAME: Final = re.compile(rb'CellStyle="([^"]*)"')

_NOTES: Final = {"footnotes": b"foot", "endnotes": b"end", "comments": b"comm"}
_STYLE_ELEMENT: Final = name("w:style")
_STYLE_ID: Final = name("w:styleId")
_DEFAULT: Final = name("w:default")
_BASES: Final = names("w:basedOn w:link")
_NEXT: Final = name("w:next")
_VALUE: Final = name("w:val")
_TYPE: Final = name("w:type")
_ID: Final = name("w:id")
#: 17.18.33: notes that hold no text of people but the lines between it.
_LINES: Final = frozenset(("separator", "continuationSeparator", "continuationNotice"))
#: 18.8.45: what an unused cell format becomes.
_PLAIN_FORMAT: Final = ("numFmtId", "fontId", "fillId", "borderId", "xfId")


class WordUses:
    """What the written parts of a document use."""

    def __init__(self) -> None:
        self._styles: set[str] = set()
        self._marks: set[tuple[bytes, bytes]] = set()

    def read(self, written: bytes) -> None:
        """Remember what a part uses."""
        self._styles.update(unescape(s.decode("utf-8")) for s in set(_STYLE.findall(written)))
        self._marks.update(_MARK.findall(written))

    def drop_notes(self, kind_name: str, root: Element, tree: Filter) -> None:
        """Take out the notes of a part that no mark in the text leads to."""
        word = _NOTES[kind_name]
        gone = [
            note
            for note in root
            if note.get(_TYPE) not in _LINES
            and (word, (note.get(_ID) or "").encode("utf-8", "replace")) not in self._marks
        ]
        for note in gone:
            tree.drop(note, noted=False)
        if gone:
            tree.findings.add(Kind.METADATA, Action.REMOVED, count=len(gone), where=tree.where)

    def drop_styles(self, root: Element, tree: Filter) -> None:
        """Take out styles that neither text nor a kept style uses; defaults stay."""
        styles = {style.get(_STYLE_ID, ""): style for style in root.iter(_STYLE_ELEMENT)}
        waiting = [
            key
            for key, style in styles.items()
            if key in self._styles or style.get(_DEFAULT, "0") not in ("0", "false", "off")
        ]
        kept: set[str] = set()
        while waiting:
            key = waiting.pop()
            if key in styles and key not in kept:
                kept.add(key)
                waiting += [e.get(_VALUE, "") for e in styles[key] if e.tag in _BASES]
        gone = [
            style for style in root.iter(_STYLE_ELEMENT) if style.get(_STYLE_ID, "") not in kept
        ]
        for style in gone:
            tree.drop(style, noted=False)
        for following in list(root.iter(_NEXT)):
            if following.get(_VALUE, "") not in kept:
                tree.drop(following, noted=False)
        if gone:
            tree.findings.add(Kind.METADATA, Action.REMOVED, count=len(gone), where="unused styles")


class SheetUses:
    """Which cell formats the written sheets use."""

    def __init__(self) -> None:
        self._formats: set[int] = {0}
        self._numbers: set[str] = set()
        self._names: set[str] = set()

    def read(self, written: bytes) -> None:
        """Remember what a sheet uses."""
        self._formats.update(int(f) for f in set(_CELL_FORMAT.findall(written)))

    def read_table(self, written: bytes) -> None:
        """Remember what a table or a pivot table uses (18.5.1.2, 18.10.1.22)."""
        self._numbers.update(n.decode() for n in _NUMBER_FORMAT.findall(written))
        self._names.update(unescape(n.decode("utf-8")) for n in _STYLE_NAME.findall(written))
        self._names.update(unescape(n.decode("utf-8")) for n in _TABLE_STYLE.findall(written))

    def drop_styles(self, root: Element, tree: Filter) -> None:
        """Make unused cell formats plain; take out names and number formats that are left over."""
        formats = root.find(name("x:cellXfs"))
        for index, cell_format in enumerate(formats if formats is not None else ()):
            if index not in self._formats:
                for child in list(cell_format):
                    cell_format.remove(child)
                cell_format.attrib.clear()
                for attribute in _PLAIN_FORMAT:
                    cell_format.set(attribute, "0")
        used = {f.get("xfId", "0") for f in formats} if formats is not None else {"0"}
        gone = [
            style
            for style in root.iter(name("x:cellStyle"))
            if style.get("xfId") not in used
            and style.get("builtinId") != "0"
            and style.get("name") not in self._names
        ]
        bases = root.find(name("x:cellStyleXfs"))
        numbers = {f.get("numFmtId") for f in formats} if formats is not None else set()
        numbers |= self._numbers
        for index, base in enumerate(bases if bases is not None else ()):
            if str(index) in used:
                numbers.add(base.get("numFmtId"))
            elif base.get("numFmtId", "0") != "0":
                base.set("numFmtId", "0")
        owner = name("x:numFmts")
        gone += [
            number
            for number in root.iter(name("x:numFmt"))
            if number.getparent().tag == owner and number.get("numFmtId") not in numbers
        ]
        gone += [
            style
            for style in root.iter(name("x:tableStyle"))
            if style.get("name") not in self._names
        ]
        for element in gone:
            tree.drop(element, noted=False)
        if gone:
            tree.findings.add(Kind.METADATA, Action.REMOVED, count=len(gone), where="unused styles")


def drop_authors(root: Element, tree: Filter, used: frozenset[str]) -> None:
    """19.4.3: authors of a presentation's comments, by their number."""
    for author in list(root.iter(name("p:cmAuthor"))):
        if author.get("id", "") not in used:
            tree.drop(author, Kind.METADATA)


def blank_authors(root: Element, tree: Filter) -> None:
    """18.7.1: authors are found by their number; who wrote nothing here has no name."""
    used = {comment.get("authorId", "") for comment in root.iter(name("x:comment"))}
    for index, author in enumerate(root.iter(name("x:author"))):
        if str(index) not in used and author.text:
            author.text = ""
            tree.findings.add(Kind.METADATA, Action.REMOVED, where=tree.where)
