"""Workbooks: what their parts need beyond the allow-lists.

Formulas that fetch, run or look into other files leave their values, names that stand for
such formulas go, strings that no cell shows are emptied, macro sheets give way to empty
ones (so that the numbers of sheets stay right), and comments get boxes of our own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from sanitizers.findings import Action, Kind
from sanitizers.office import (
    _charts,
    _common,
    _formulas,
    _kinds,
    _notes,
    _object_pictures,
    _rules,
)
from sanitizers.office._builder import Builder, Node
from sanitizers.office._common import name, names
from sanitizers.office._filter import Filter, Handler
from sanitizers.office._leftovers import SheetUses, blank_authors
from sanitizers.office._object_pictures import ObjectPicture
from sanitizers.office._opc import HEAD, Relationship
from sanitizers.office._rules import Vocabulary
from sanitizers.xmltree import Element

VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    "sheet": _rules.vocabulary("x", "x", "x14", "xm"),
    "chart": _rules.vocabulary("", "c", "a", "cdr"),
    "drawing": _rules.vocabulary("", "xdr", "a", "c", "dgm", "pic"),
    "diagram": _rules.vocabulary("", "dgm", "dsp", "a"),
}
#: Cells as Excel and LibreOffice write them: they always pass, and there are millions.
_HOT: Final = re.compile(
    rb'<c r="[A-Z]{1,3}[1-9][0-9]{0,6}"(?: s="[0-9]{1,6}")?'
    rb'(?: t="(?:s|n|b|e|d|str|inlineStr)")?/?>(?=<)|(<[^>]*>[^<]?)'
)
#: Numbers of dynamic arrays, rich values and phonetic flags that point into dropped parts,
#: heights that later readers recompute, and identifiers of editing sessions.
_IGNORED: Final = (
    "cm", "vm",
    "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac}dyDescent",
    *(f"{{http://schemas.microsoft.com/office/spreadsheetml/{year}}}uid"
      for year in ("2014/revision", "2015/revision2", "2016/revision3")),
)  # fmt: skip
_SHOWN: Final = re.compile(rb'<c [^>]*t="s"[^>]*><v>([0-9]{1,9})</v>')
_FORMULA: Final = name("x:f")
_DEFINED: Final = name("x:definedName")
_MACRO_FLAGS: Final = ("function", "vbProcedure", "xlm")
#: 18.2.5: names whose macros run when a workbook opens, closes or is switched to.
_AUTOMATIC: Final = re.compile(r"(?:_xlnm\.)?auto_", re.IGNORECASE)
_LEGACY: Final = name("x:legacyDrawing")
_RELATION: Final = name("r:id")
#: 18.3.1.99: what stands behind `legacyDrawing` in a worksheet.
_AFTER_LEGACY: Final = names(
    "x:legacyDrawingHF x:drawingHF x:picture x:oleObjects x:controls x:webPublishItems "
    "x:tableParts x:extLst"
) | {name("mc:AlternateContent")}
_OBJECTS: Final = names("x:oleObject x:control")
_DRAWING: Final = name("x:drawing")
_OBJECT_DRAWING: Final = "objects"  # our identifier until the part is written
_TABLES: Final = frozenset(("table", "pivotTable", "pivotCache"))
_NOTES: Final = "notes"  # our identifier until the part is written
_EMPTY_SHEET: Final = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="'
    + _rules.NAMESPACES["x"].encode("ascii")
    + b'"><sheetData/></worksheet>'
)
#: Sheets that run: [MS-OFFMACRO2] and 18.3.1.34.
_RUNNING: Final = frozenset(("xlMacrosheet", "xlIntlMacrosheet", "dialogsheet"))
#: A formula that is wrong takes this much with it (18.3.1.10, 18.3.1.32; [MS-XLSX] 2.6).
_RULES: Final = names(
    "x:cfRule x:dataValidation x14:cfRule x14:dataValidation x14:sparkline x14:sparklineGroup"
)


def _rule_formula(tree: Filter, element: Element) -> None:
    if _formulas.is_safe(element.text or ""):
        return
    tree.findings.add(Kind.FORMULA, Action.REMOVED, where=tree.where)
    owner: Element | None = element
    while owner is not None and owner.tag not in _RULES:
        owner = owner.getparent()
    tree.drop(element if owner is None else owner, noted=False)


def _hyperlink(tree: Filter, element: Element) -> None:
    """18.3.1.47: links within the workbook stay, others by policy; the cell stays anyway."""
    if not element.get(_RELATION) and not element.get("location"):
        tree.drop(element, noted=False)


HANDLERS: Final[Mapping[str, Handler]] = {
    **_common.HANDLERS,
    name("x:hyperlink"): _hyperlink,
    name("x:extLst"): _common.extension_list,
    **dict.fromkeys(
        names("x:formula x:formula1 x:formula2 x:calculatedColumnFormula x:totalsRowFormula xm:f"),
        _rule_formula,
    ),
}


class SheetMaker:
    """The family's part of `Builder`."""

    vocabularies = VOCABULARIES

    def __init__(self) -> None:
        self._shown: set[int] = set()  # shared strings that cells show
        self._uses = SheetUses()
        self._dropped_names: frozenset[str] = frozenset()
        self._pictures: dict[str, list[ObjectPicture]] = {}  # for a drawing of the input

    def handlers(self, builder: Builder, node: Node) -> Mapping[str, Handler]:
        """Handlers of single elements."""
        return HANDLERS if node.kind.vocabulary == "sheet" else _charts.HANDLERS

    def hot(self, node: Node) -> re.Pattern[bytes] | None:
        """Cells of worksheets."""
        return _HOT if node.kind_name == "worksheet" else None

    def prepare(self, builder: Builder, node: Node, root: Element, tree: Filter) -> None:
        """What must happen before single elements are looked at."""
        if node.source in self._pictures:
            self._append_pictures(builder, node, root)
        if node.kind.vocabulary != "sheet":
            return
        etree.strip_attributes(root, *_IGNORED)
        if node.kind_name == "workbook":
            self._names(root, tree)
        elif node.kind_name == "worksheet":
            self._formulas(root, tree)
            self._objects(builder, node, root)
            self._comments(builder, node, root)
        elif node.kind_name == "sharedStrings":
            self._strings(root, tree)
        elif node.kind_name == "bookStyles":
            self._uses.drop_styles(root, tree)
        elif node.kind_name == "sheetComments":
            blank_authors(root, tree)

    def finish(self, builder: Builder, node: Node, written: bytes) -> None:
        """Remember which strings a sheet shows."""
        if node.kind_name == "worksheet":
            self._shown.update(map(int, _SHOWN.findall(written)))
            self._uses.read(written)
        elif node.kind_name in _TABLES:
            self._uses.read_table(written)

    def stand_in(self, builder: Builder, node: Node, relation: Relationship) -> bytes | None:
        """An empty sheet for one that runs."""
        running = relation.type.rpartition("/")[2] in _RUNNING
        return _EMPTY_SHEET if running and node.kind_name == "workbook" else None

    def _names(self, root: Element, tree: Filter) -> None:
        """18.2.5: names of macros, or of formulas that may not cross, go."""
        dropped: set[str] = set()
        for defined in list(root.iter(_DEFINED)):
            runs = any(defined.get(flag, "0") not in ("0", "false") for flag in _MACRO_FLAGS)
            runs = runs or _AUTOMATIC.match(defined.get("name", "")) is not None
            if runs or not _formulas.is_safe(defined.text or ""):
                dropped.add(defined.get("name", "").lower())
                tree.drop(defined, Kind.MACRO if runs else Kind.FORMULA)
        self._dropped_names = frozenset(dropped)

    def _formulas(self, root: Element, tree: Filter) -> None:
        """18.3.1.40: a formula that may not cross leaves its value."""
        lost: set[str] = set()
        bad: list[Element] = []
        for formula in root.iter(_FORMULA):
            text = formula.text
            if not text:
                continue
            if not _formulas.is_safe(text) or (
                self._dropped_names and self._dropped_names & _formulas.names_in(text)
            ):
                bad.append(formula)
                if formula.get("t") == "shared":
                    lost.add(formula.get("si", ""))
        if lost:
            bad += [
                f
                for f in root.iter(_FORMULA)
                if not f.text and f.get("t") == "shared" and f.get("si") in lost
            ]
        for formula in bad:
            tree.drop(formula, Kind.FORMULA)

    def _objects(self, builder: Builder, node: Node, root: Element) -> None:
        """18.3.1.59: what an object or control looks like stays, in the sheet's drawing."""
        numbers = [e.get("shapeId", "") for e in root.iter(*_OBJECTS)]
        if not numbers:
            return
        found = _object_pictures.pictures(builder.package, node.source, builder.findings)
        shown = [found[n] for n in dict.fromkeys(numbers) if n in found and found[n].place]
        if not shown:
            return
        for drawing in root.iter(_DRAWING):
            relation = builder.target(node, drawing.get(_RELATION, ""))
            if relation is not None and relation.target:
                self._pictures[relation.target] = shown
                return
        made = builder.add(node, "drawing", "drawing", b"", _OBJECT_DRAWING)
        rows = [(builder.picture(made, picture.part), picture.place) for picture in shown]
        made.data = HEAD + _object_pictures.anchors(rows)
        drawing = root.makeelement(_DRAWING)
        drawing.set(_RELATION, _OBJECT_DRAWING)
        behind = _AFTER_LEGACY | {_LEGACY}
        place = next((e for e in root if e.tag in behind), None)
        root.append(drawing) if place is None else place.addprevious(drawing)

    def _append_pictures(self, builder: Builder, node: Node, root: Element) -> None:
        rows = []
        for number, picture in enumerate(self._pictures.pop(node.source)):
            identifier = f"object{number}"
            node.renamed[identifier] = builder.picture(node, picture.part)
            rows.append((identifier, picture.place))
        root.extend(etree.fromstring(_object_pictures.anchors(rows)))

    @staticmethod
    def _comments(builder: Builder, node: Node, root: Element) -> None:
        """18.7: Excel shows comments in boxes of VML, which we draw."""
        for legacy in list(root.iter(_LEGACY)):
            root.remove(legacy)
        for row in node.relationships:
            if _kinds.short_type(row.type) == "comments" and row.target and not row.external:
                before = _notes.drawn(builder.package, node.source)
                comments = builder.package.read(row.target)
                shapes = _notes.boxes(comments, before, builder.findings)
                if not shapes:
                    return
                builder.add(node, "vmlDrawing", "noteShapes", shapes, _NOTES)
                place = next((e for e in root if e.tag in _AFTER_LEGACY), None)
                legacy = root.makeelement(_LEGACY)
                legacy.set(_RELATION, _NOTES)
                if place is None:
                    root.append(legacy)
                else:
                    place.addprevious(legacy)
                return

    def _strings(self, root: Element, tree: Filter) -> None:
        """18.4.8: a string that no cell shows is left over; its place stays, its text goes."""
        emptied = 0
        for index, item in enumerate(root):
            if index not in self._shown and len(item):
                for child in list(item):
                    item.remove(child)
                item.append(item.makeelement(name("x:t")))
                emptied += 1
        if emptied:
            tree.findings.add(Kind.METADATA, Action.REMOVED, count=emptied, where="unused strings")
