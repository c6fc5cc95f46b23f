"""The parts that an Office file of ours may have, and how they may be related.

ECMA-376-1:2016, 11 to 15. A part's name says what it is; its content type, its root element
and its relationships must agree. Macros, controls, embedded objects, printer settings,
custom XML, connections and links to other files have no row here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OFFICE: Final = "application/vnd.openxmlformats-officedocument."
RELATIONSHIP: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
DIAGRAM_DRAWING: Final = "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing"
CORE: Final = (
    "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
)

#: Pictures: media types by extension; each is checked by its own verifier.
PICTURES: Final[Mapping[str, str]] = {
    "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp",
    "tif": "image/tiff", "webp": "image/webp",
}  # fmt: skip
#: Workbooks behind charts (21.2.2.63): OOXML again, by extension.
WORKBOOKS: Final[Mapping[str, str]] = {
    "xlsx": OFFICE + "spreadsheetml.sheet", "xltx": OFFICE + "spreadsheetml.template",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of part. `relations`: relationship type (last word) → kinds of its target."""

    kind: str
    name: re.Pattern[str]
    content_type: str  # "" of the main part: it depends on the media type
    root: str  # prefixed; "" for what is no XML of a vocabulary
    prefixes: frozenset[str]
    relations: Mapping[str, frozenset[str]]


_DRAWN: Final = (
    "image:image hyperlink:hyperlink chart:chart diagramData:diagramData "
    "diagramLayout:diagramLayout diagramQuickStyle:diagramStyle diagramColors:diagramColors "
    "diagramDrawing:diagramDrawing"
)
_WORD: Final = "w wp wps wpg wpc a pic c dgm m v o w10 mc r"
_SHEET: Final = "x x14 xm mc r"
_DRAWING: Final = "xdr a c dgm pic mc r"
_SLIDE: Final = "p a c dgm m mc r"
_CHART: Final = "c a cdr mc r"
_DIAGRAM: Final = "dgm dsp a mc r"
_MASTER: Final = " slideLayout:slideLayout theme:theme slide:slide"

#: kind, name, content type after `OFFICE`, root, prefixes, relationships.
_ROWS: Final = (
    # 11.3
    ("document", r"word/document\.xml", "", "w:document", _WORD,
     _DRAWN + " styles:styles numbering:numbering settings:settings fontTable:fontTable"
     " theme:theme footnotes:footnotes endnotes:endnotes comments:comments header:header"
     " footer:footer"),
    ("header", r"word/header\d+\.xml", "wordprocessingml.header", "w:hdr", _WORD, _DRAWN),
    ("footer", r"word/footer\d+\.xml", "wordprocessingml.footer", "w:ftr", _WORD, _DRAWN),
    ("footnotes", r"word/footnotes\.xml", "wordprocessingml.footnotes", "w:footnotes", _WORD,
     _DRAWN),
    ("endnotes", r"word/endnotes\.xml", "wordprocessingml.endnotes", "w:endnotes", _WORD, _DRAWN),
    ("comments", r"word/comments\.xml", "wordprocessingml.comments", "w:comments", _WORD, _DRAWN),
    ("numbering", r"word/numbering\.xml", "wordprocessingml.numbering", "w:numbering", _WORD,
     "image:image"),
    ("settings", r"word/settings\.xml", "wordprocessingml.settings", "w:settings", _WORD, ""),
    ("styles", r"word/styles\.xml", "wordprocessingml.styles", "w:styles", _WORD, ""),
    ("fontTable", r"word/fontTable\.xml", "wordprocessingml.fontTable", "w:fonts", _WORD, ""),
    # 12.3
    ("workbook", r"xl/workbook\.xml", "", "x:workbook", _SHEET,
     "worksheet:worksheet chartsheet:chartsheet styles:bookStyles theme:theme"
     " sharedStrings:sharedStrings pivotCacheDefinition:pivotCache"),
    ("worksheet", r"xl/worksheets/sheet\d+\.xml", "spreadsheetml.worksheet", "x:worksheet",
     _SHEET, "drawing:drawing table:table pivotTable:pivotTable comments:sheetComments"
     " hyperlink:hyperlink image:image vmlDrawing:noteShapes"),
    ("chartsheet", r"xl/chartsheets/sheet\d+\.xml", "spreadsheetml.chartsheet", "x:chartsheet",
     _SHEET, "drawing:drawing"),
    ("bookStyles", r"xl/styles\.xml", "spreadsheetml.styles", "x:styleSheet", _SHEET, ""),
    ("sharedStrings", r"xl/sharedStrings\.xml", "spreadsheetml.sharedStrings", "x:sst", _SHEET,
     ""),
    ("table", r"xl/tables/table\d+\.xml", "spreadsheetml.table", "x:table", _SHEET, ""),
    ("sheetComments", r"xl/comments\d+\.xml", "spreadsheetml.comments", "x:comments", _SHEET, ""),
    ("noteShapes", r"xl/drawings/vmlDrawing\d+\.vml", "vmlDrawing", "", "", ""),
    ("pivotTable", r"xl/pivotTables/pivotTable\d+\.xml", "spreadsheetml.pivotTable",
     "x:pivotTableDefinition", _SHEET, "pivotCacheDefinition:pivotCache"),
    ("pivotCache", r"xl/pivotCache/pivotCacheDefinition\d+\.xml",
     "spreadsheetml.pivotCacheDefinition", "x:pivotCacheDefinition", _SHEET,
     "pivotCacheRecords:pivotRecords"),
    ("pivotRecords", r"xl/pivotCache/pivotCacheRecords\d+\.xml",
     "spreadsheetml.pivotCacheRecords", "x:pivotCacheRecords", _SHEET, ""),
    # 13.3
    ("presentation", r"ppt/presentation\.xml", "", "p:presentation", _SLIDE,
     "slideMaster:slideMaster slide:slide notesMaster:notesMaster handoutMaster:handoutMaster"
     " presProps:presProps viewProps:viewProps tableStyles:tableStyles theme:theme"
     " commentAuthors:commentAuthors"),
    ("slide", r"ppt/slides/slide\d+\.xml", "presentationml.slide", "p:sld", _SLIDE,
     _DRAWN + " slideLayout:slideLayout notesSlide:notesSlide slide:slide comments:slideComments"),
    ("slideLayout", r"ppt/slideLayouts/slideLayout\d+\.xml", "presentationml.slideLayout",
     "p:sldLayout", _SLIDE, _DRAWN + " slideMaster:slideMaster slide:slide"),
    ("slideMaster", r"ppt/slideMasters/slideMaster\d+\.xml", "presentationml.slideMaster",
     "p:sldMaster", _SLIDE, _DRAWN + _MASTER),
    ("notesSlide", r"ppt/notesSlides/notesSlide\d+\.xml", "presentationml.notesSlide", "p:notes",
     _SLIDE, _DRAWN + " notesMaster:notesMaster slide:slide"),
    ("notesMaster", r"ppt/notesMasters/notesMaster\d+\.xml", "presentationml.notesMaster",
     "p:notesMaster", _SLIDE, _DRAWN + _MASTER),
    ("handoutMaster", r"ppt/handoutMasters/handoutMaster\d+\.xml",
     "presentationml.handoutMaster", "p:handoutMaster", _SLIDE, _DRAWN + _MASTER),
    ("presProps", r"ppt/presProps\.xml", "presentationml.presProps", "p:presentationPr", _SLIDE,
     ""),
    ("viewProps", r"ppt/viewProps\.xml", "presentationml.viewProps", "p:viewPr", _SLIDE, ""),
    ("tableStyles", r"ppt/tableStyles\.xml", "presentationml.tableStyles", "a:tblStyleLst",
     _SLIDE, ""),
    ("commentAuthors", r"ppt/commentAuthors\.xml", "presentationml.commentAuthors",
     "p:cmAuthorLst", _SLIDE, ""),
    ("slideComments", r"ppt/comments/comment\d+\.xml", "presentationml.comments", "p:cmLst",
     _SLIDE, ""),
    # 14.2
    ("theme", r"(?:word|xl|ppt)/theme/theme\d+\.xml", "theme", "a:theme", _DRAWING,
     "image:image"),
    ("themeOverride", r"(?:word|xl|ppt)/theme/themeOverride\d+\.xml", "themeOverride",
     "a:themeOverride", _DRAWING, "image:image"),
    ("chart", r"(?:word|xl|ppt)/charts/chart\d+\.xml", "drawingml.chart", "c:chartSpace", _CHART,
     "image:image package:workbookFile chartUserShapes:chartShapes themeOverride:themeOverride"),
    ("chartShapes", r"(?:word|xl|ppt)/drawings/chartDrawing\d+\.xml", "drawingml.chartshapes",
     "c:userShapes", _CHART, "image:image"),
    ("drawing", r"xl/drawings/drawing\d+\.xml", "drawing", "xdr:wsDr", _DRAWING, _DRAWN),
    ("diagramData", r"(?:word|xl|ppt)/diagrams/data\d+\.xml", "drawingml.diagramData",
     "dgm:dataModel", _DIAGRAM, "image:image hyperlink:hyperlink"),
    ("diagramLayout", r"(?:word|xl|ppt)/diagrams/layout\d+\.xml", "drawingml.diagramLayout",
     "dgm:layoutDef", _DIAGRAM, "image:image"),
    ("diagramStyle", r"(?:word|xl|ppt)/diagrams/quickStyle\d+\.xml", "drawingml.diagramStyle",
     "dgm:styleDef", _DIAGRAM, ""),
    ("diagramColors", r"(?:word|xl|ppt)/diagrams/colors\d+\.xml", "drawingml.diagramColors",
     "dgm:colorsDef", _DIAGRAM, ""),
    ("diagramDrawing", r"(?:word|xl|ppt)/diagrams/drawing\d+\.xml", "drawingml.diagramDrawing",
     "dsp:drawing", _DIAGRAM, "image:image hyperlink:hyperlink"),
    ("image", rf"(?:word|xl|ppt)/media/image\d+\.(?:{'|'.join(PICTURES)})", "", "", "", ""),
    ("workbookFile", rf"(?:word|xl|ppt)/embeddings/workbook\d+\.(?:{'|'.join(WORKBOOKS)})", "",
     "", "", ""),
)  # fmt: skip
_CONTENT_TYPES: Final = {
    "noteShapes": OFFICE + "vmlDrawing",
    "diagramDrawing": "application/vnd.ms-office.drawingml.diagramDrawing+xml",
}


def _relations(words: str) -> dict[str, frozenset[str]]:
    pairs = (word.partition(":") for word in words.split())
    return {relation: frozenset((kind,)) for relation, _, kind in pairs}


def _part(row: tuple[str, str, str, str, str, str]) -> Part:
    kind, name, content, root, prefixes, relations = row
    content_type = _CONTENT_TYPES.get(kind, f"{OFFICE}{content}+xml" if content else "")
    return Part(
        kind, re.compile(name), content_type, root, frozenset(prefixes.split()),
        _relations(relations),
    )  # fmt: skip


PARTS: Final = tuple(_part(row) for row in _ROWS)

#: Media type → (kind of the main part, application of docProps/app.xml).
FAMILIES: Final[Mapping[str, tuple[str, str]]] = {
    OFFICE + "wordprocessingml.document": ("document", "Microsoft Office Word"),
    OFFICE + "wordprocessingml.template": ("document", "Microsoft Office Word"),
    OFFICE + "spreadsheetml.sheet": ("workbook", "Microsoft Excel"),
    OFFICE + "spreadsheetml.template": ("workbook", "Microsoft Excel"),
    OFFICE + "presentationml.presentation": ("presentation", "Microsoft Office PowerPoint"),
    OFFICE + "presentationml.template": ("presentation", "Microsoft Office PowerPoint"),
    OFFICE + "presentationml.slideshow": ("presentation", "Microsoft Office PowerPoint"),
}
