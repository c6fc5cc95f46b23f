"""The parts of OOXML packages that cross, and the relationships between them.

ECMA-376-1:2016, 11 (WordprocessingML), 12 (SpreadsheetML), 13 (PresentationML), 14
(DrawingML) and 15 (shared). A relationship that a part's kind does not list is not
followed, so what lies behind it (macros, controls, printer settings, connections, other
files) is never even read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_TRANSITIONAL: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_STRICT: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
_MICROSOFT: Final = "http://schemas.microsoft.com/office/2007/relationships/"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True, slots=True, kw_only=True)
class PartKind:
    """One kind of part."""

    path: str  # "{base}" is the family's folder, "{n}" counts from 1
    content_type: str
    where: str  # our word for it in findings
    root: str  # prefixed name of the root element; "" for what is not XML
    vocabulary: str = ""
    relations: Mapping[str, str] = field(default_factory=dict)  # relationship → kind
    implicit: frozenset[str] = frozenset()  # those that no element names
    late: bool = False  # made when all other parts are: it depends on what they use


def short_type(relationship: str) -> str:
    """The last word of a relationship type of ECMA-376 or of diagrams; "" for others."""
    for base in (_TRANSITIONAL, _STRICT):
        if relationship.startswith(base):
            return relationship[len(base) :]
    if relationship == _MICROSOFT + "diagramDrawing":
        return "diagramDrawing"
    return ""


def full_type(short: str) -> str:
    """The inverse of `short_type`, in its transitional form."""
    return (_MICROSOFT if short == "diagramDrawing" else _TRANSITIONAL) + short


_DIAGRAMS: Final = {
    "diagramData": "diagramData", "diagramLayout": "diagramLayout",
    "diagramQuickStyle": "diagramStyle", "diagramColors": "diagramColors",
    "diagramDrawing": "diagramDrawing",
}  # fmt: skip
_DRAWN: Final = {"image": "image", "hyperlink": "hyperlink", "chart": "chart", **_DIAGRAMS}


def _word(name: str, root: str, content: str, **more: object) -> PartKind:
    options: dict[str, object] = {"relations": _DRAWN, "vocabulary": "word", **more}
    return PartKind(
        path=f"{{base}}/{name}.xml",
        content_type=f"{_OFFICE}wordprocessingml.{content}+xml",
        where=name.replace("{n}", "").replace("fontTable", "fonts"),
        root=root,
        **options,  # type: ignore[arg-type]
    )


def _sheet(path: str, where: str, root: str, content: str, **more: object) -> PartKind:
    options: dict[str, object] = {"vocabulary": "sheet", **more}
    return PartKind(
        path=f"{{base}}/{path}.xml",
        content_type=f"{_OFFICE}spreadsheetml.{content}+xml",
        where=where,
        root=root,
        **options,  # type: ignore[arg-type]
    )


def _slide(path: str, where: str, root: str, content: str, **more: object) -> PartKind:
    options: dict[str, object] = {"vocabulary": "slide", **more}
    return PartKind(
        path=f"{{base}}/{path}.xml",
        content_type=f"{_OFFICE}presentationml.{content}+xml",
        where=where,
        root=root,
        **options,  # type: ignore[arg-type]
    )


def _diagram(path: str, root: str, content: str, **more: object) -> PartKind:
    return PartKind(
        path=f"{{base}}/diagrams/{path}{{n}}.xml",
        content_type=content,
        where="diagram",
        root=root,
        vocabulary="diagram",
        **more,  # type: ignore[arg-type]
    )


KINDS: Final[Mapping[str, PartKind]] = {
    # 11.3 WordprocessingML
    "document": _word(
        "document", "w:document", "document.main",
        relations={
            **_DRAWN, "styles": "styles", "numbering": "numbering", "settings": "settings",
            "fontTable": "fontTable", "theme": "theme", "footnotes": "footnotes",
            "endnotes": "endnotes", "comments": "comments", "header": "header",
            "footer": "footer",
        },
        implicit=frozenset(
            ("styles", "numbering", "settings", "fontTable", "theme", "footnotes", "endnotes",
             "comments")
        ),
    ),
    "header": _word("header{n}", "w:hdr", "header"),
    "footer": _word("footer{n}", "w:ftr", "footer"),
    "footnotes": _word("footnotes", "w:footnotes", "footnotes"),
    "endnotes": _word("endnotes", "w:endnotes", "endnotes"),
    "comments": _word("comments", "w:comments", "comments", late=True),
    "numbering": _word("numbering", "w:numbering", "numbering", relations={"image": "image"}),
    "settings": _word("settings", "w:settings", "settings", relations={}),
    "styles": _word("styles", "w:styles", "styles", relations={}, late=True),
    "fontTable": _word("fontTable", "w:fonts", "fontTable", relations={}, late=True),
    # 12.3 SpreadsheetML
    "workbook": _sheet(
        "workbook", "workbook", "x:workbook", "sheet.main",
        relations={
            "worksheet": "worksheet", "chartsheet": "chartsheet", "styles": "bookStyles",
            "theme": "theme", "sharedStrings": "sharedStrings",
            "pivotCacheDefinition": "pivotCache",
        },
        implicit=frozenset(("styles", "theme", "sharedStrings")),
    ),
    "worksheet": _sheet(
        "worksheets/sheet{n}", "sheet", "x:worksheet", "worksheet",
        relations={
            "drawing": "drawing", "table": "table", "pivotTable": "pivotTable",
            "comments": "sheetComments", "hyperlink": "hyperlink", "image": "image",
        },
        implicit=frozenset(("pivotTable", "comments")),
    ),
    "chartsheet": _sheet(
        "chartsheets/sheet{n}", "chart sheet", "x:chartsheet", "chartsheet",
        relations={"drawing": "drawing"},
    ),
    "bookStyles": _sheet("styles", "styles", "x:styleSheet", "styles", late=True),
    "sharedStrings": _sheet("sharedStrings", "strings", "x:sst", "sharedStrings", late=True),
    "table": _sheet("tables/table{n}", "table", "x:table", "table"),
    "sheetComments": _sheet("comments{n}", "comments", "x:comments", "comments"),
    # made by us: the boxes in which Excel shows comments (Part 4, 19.4)
    "noteShapes": PartKind(
        path="{base}/drawings/vmlDrawing{n}.vml",
        content_type="application/vnd.openxmlformats-officedocument.vmlDrawing",
        where="comments", root="xml",
    ),
    "pivotTable": _sheet(
        "pivotTables/pivotTable{n}", "pivot table", "x:pivotTableDefinition", "pivotTable",
        relations={"pivotCacheDefinition": "pivotCache"},
        implicit=frozenset(("pivotCacheDefinition",)),
    ),
    "pivotCache": _sheet(
        "pivotCache/pivotCacheDefinition{n}", "pivot cache", "x:pivotCacheDefinition",
        "pivotCacheDefinition", relations={"pivotCacheRecords": "pivotRecords"},
    ),
    "pivotRecords": _sheet(
        "pivotCache/pivotCacheRecords{n}", "pivot cache", "x:pivotCacheRecords",
        "pivotCacheRecords",
    ),
    # 13.3 PresentationML
    "presentation": _slide(
        "presentation", "presentation", "p:presentation", "presentation.main",
        relations={
            "slideMaster": "slideMaster", "slide": "slide", "notesMaster": "notesMaster",
            "handoutMaster": "handoutMaster", "presProps": "presProps", "viewProps": "viewProps",
            "tableStyles": "tableStyles", "theme": "theme", "commentAuthors": "commentAuthors",
        },
        implicit=frozenset(("presProps", "viewProps", "tableStyles", "theme", "commentAuthors")),
    ),
    "slide": _slide(
        "slides/slide{n}", "slide", "p:sld", "slide",
        relations={
            **_DRAWN, "slideLayout": "slideLayout", "notesSlide": "notesSlide",
            "slide": "slide", "comments": "slideComments",
        },
        implicit=frozenset(("slideLayout", "notesSlide", "comments")),
    ),
    "slideLayout": _slide(
        "slideLayouts/slideLayout{n}", "layout", "p:sldLayout", "slideLayout",
        relations={**_DRAWN, "slideMaster": "slideMaster", "slide": "slide"},
        implicit=frozenset(("slideMaster",)),
    ),
    "slideMaster": _slide(
        "slideMasters/slideMaster{n}", "master", "p:sldMaster", "slideMaster",
        relations={**_DRAWN, "slideLayout": "slideLayout", "theme": "theme", "slide": "slide"},
        implicit=frozenset(("theme",)),
    ),
    "notesSlide": _slide(
        "notesSlides/notesSlide{n}", "notes", "p:notes", "notesSlide",
        relations={**_DRAWN, "notesMaster": "notesMaster", "slide": "slide"},
        implicit=frozenset(("notesMaster", "slide")),
    ),
    "notesMaster": _slide(
        "notesMasters/notesMaster{n}", "notes master", "p:notesMaster", "notesMaster",
        relations={**_DRAWN, "theme": "theme"}, implicit=frozenset(("theme",)),
    ),
    "handoutMaster": _slide(
        "handoutMasters/handoutMaster{n}", "handout master", "p:handoutMaster", "handoutMaster",
        relations={**_DRAWN, "theme": "theme"}, implicit=frozenset(("theme",)),
    ),
    "presProps": _slide("presProps", "properties", "p:presentationPr", "presProps"),
    "viewProps": _slide("viewProps", "view", "p:viewPr", "viewProps"),
    "tableStyles": _slide("tableStyles", "table styles", "a:tblStyleLst", "tableStyles"),
    "commentAuthors": _slide(
        "commentAuthors", "comments", "p:cmAuthorLst", "commentAuthors", late=True
    ),
    "slideComments": _slide("comments/comment{n}", "comments", "p:cmLst", "comments"),
    # 14.2 DrawingML
    "theme": PartKind(
        path="{base}/theme/theme{n}.xml", content_type=_OFFICE + "theme+xml", where="theme",
        root="a:theme", vocabulary="drawing", relations={"image": "image"},
    ),
    "themeOverride": PartKind(
        path="{base}/theme/themeOverride{n}.xml", content_type=_OFFICE + "themeOverride+xml",
        where="theme", root="a:themeOverride", vocabulary="drawing",
        relations={"image": "image"},
    ),
    "chart": PartKind(
        path="{base}/charts/chart{n}.xml", content_type=_OFFICE + "drawingml.chart+xml",
        where="chart", root="c:chartSpace", vocabulary="chart",
        relations={
            "image": "image", "package": "workbookFile", "chartUserShapes": "chartShapes",
            "themeOverride": "themeOverride",
        },
        implicit=frozenset(("themeOverride",)),
    ),
    "chartShapes": PartKind(
        path="{base}/drawings/chartDrawing{n}.xml",
        content_type=_OFFICE + "drawingml.chartshapes+xml", where="chart", root="c:userShapes",
        vocabulary="chart", relations={"image": "image"},
    ),
    "drawing": PartKind(
        path="{base}/drawings/drawing{n}.xml", content_type=_OFFICE + "drawing+xml",
        where="drawing", root="xdr:wsDr", vocabulary="drawing", relations=_DRAWN,
    ),
    "diagramData": _diagram(
        "data", "dgm:dataModel", _OFFICE + "drawingml.diagramData+xml",
        relations={"image": "image", "hyperlink": "hyperlink"},
    ),
    "diagramLayout": _diagram(
        "layout", "dgm:layoutDef", _OFFICE + "drawingml.diagramLayout+xml",
        relations={"image": "image"},
    ),
    "diagramStyle": _diagram(
        "quickStyle", "dgm:styleDef", _OFFICE + "drawingml.diagramStyle+xml"
    ),
    "diagramColors": _diagram(
        "colors", "dgm:colorsDef", _OFFICE + "drawingml.diagramColors+xml"
    ),
    "diagramDrawing": _diagram(
        "drawing", "dsp:drawing", "application/vnd.ms-office.drawingml.diagramDrawing+xml",
        relations={"image": "image", "hyperlink": "hyperlink"},
    ),
    # Files inside: cleaned by their own sanitizers, in children of their own
    "image": PartKind(path="{base}/media/image{n}", content_type="", where="picture", root=""),
    "workbookFile": PartKind(
        path="{base}/embeddings/workbook{n}", content_type="", where="workbook", root=""
    ),
}  # fmt: skip

#: Relationships whose removal is worth a word of its own: short type → (kind, where).
#: All others that are not followed count as unknown data.
REMOVED: Final[Mapping[str, str]] = {
    "oleObject": "embedded_object", "package": "embedded_file", "control": "embedded_object",
    "ctrlProp": "form", "attachedTemplate": "external_reference",
    "subDocument": "external_reference", "frame": "external_reference",
    "aFChunk": "embedded_file", "externalLink": "external_reference",
    "connections": "external_reference", "queryTable": "external_reference",
    "customXml": "metadata", "customXmlProps": "metadata", "printerSettings": "metadata",
    "xlMacrosheet": "macro", "dialogsheet": "macro", "font": "unknown_data",
    "glossaryDocument": "unknown_data", "audio": "embedded_file", "video": "embedded_file",
    "calcChain": "metadata", "webSettings": "metadata", "tags": "metadata",
    "custom-properties": "metadata", "extended-properties": "metadata", "thumbnail": "thumbnail",
    "customProperties": "metadata", "extendedProperties": "metadata",
}  # fmt: skip
#: The relationship of docProps/app.xml: transitional (Part 1, 15.2.12.3) and strict.
EXTENDED: Final = frozenset(("extended-properties", "extendedProperties"))
#: The same for types outside of ECMA-376, by their last word.
REMOVED_OTHERS: Final[Mapping[str, str]] = {
    "vbaProject": "macro", "wordVbaData": "macro", "xlMacrosheet": "macro",
    "xlIntlMacrosheet": "macro", "extensibility": "macro", "keyMapCustomizations": "macro",
    "attachedToolbars": "macro", "activeXControlBinary": "embedded_object",
    "core-properties": "metadata", "thumbnail": "thumbnail", "origin": "signature",
    "taskpanes": "script", "webextension": "script", "webextensiontaskpanes": "script",
    "media": "embedded_file", "stylesWithEffects": "metadata", "chartStyle": "metadata",
    "chartColorStyle": "metadata", "person": "metadata",
}  # fmt: skip
