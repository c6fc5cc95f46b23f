"""Office files made by code, and what the sanitizer makes of them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from functools import cache
from xml.sax.saxutils import quoteattr

from sanitizers.identify import identify
from sanitizers.identify import warm as warm_identify
from sanitizers.model import Cleaned, Job, Outcome, Rebuilt, Sanitizer, Split, Verifier
from sanitizers.reasons import Withheld
from sanitizers.registry import sanitizers_of, verifiers

OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = OFFICE + "wordprocessingml.document"
XLSX = OFFICE + "spreadsheetml.sheet"
PPTX = OFFICE + "presentationml.presentation"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_OPC = "http://schemas.openxmlformats.org/package/2006/"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass
class Package:
    """A package to be: parts, content types, relationships."""

    parts: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    relations: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, data: str | bytes, content_type: str = "") -> Package:
        """A part; text gets an XML declaration."""
        self.parts[name] = (HEAD + data).encode() if isinstance(data, str) else data
        if content_type:
            self.types[name] = content_type
        return self

    def relate(
        self, source: str, identifier: str, kind: str, target: str, *, external: bool = False
    ) -> Package:
        """A relationship of `source` ("" for the package); a short `kind` is ECMA-376's."""
        kind = kind if ":" in kind else f"{R}/{kind}"
        mode = ' TargetMode="External"' if external else ""
        row = f'<Relationship Id="{identifier}" Type="{kind}" Target={quoteattr(target)}{mode}/>'
        self.relations.setdefault(source, []).append(row)
        return self

    def bytes(self) -> bytes:
        """The ZIP."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            overrides = "".join(
                f'<Override PartName="/{n}" ContentType="{t}"/>' for n, t in self.types.items()
            )
            archive.writestr(
                "[Content_Types].xml",
                f'{HEAD}<Types xmlns="{_OPC}content-types">'
                '<Default Extension="rels" ContentType="application/x"/>'
                f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
            )
            for source, rows in self.relations.items():
                folder, _, name = source.rpartition("/")
                path = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
                body = f'<Relationships xmlns="{_OPC}relationships">{"".join(rows)}</Relationships>'
                archive.writestr(path, HEAD + body)
            for name, data in self.parts.items():
                archive.writestr(name, data)
        return out.getvalue()


DOCUMENT = "word/document.xml"
BOOK = "xl/workbook.xml"
SHEET = "xl/worksheets/sheet1.xml"
SLIDE = "ppt/slides/slide1.xml"
DECK = "ppt/presentation.xml"


def paragraph(text: str) -> str:
    """A paragraph of Word with one run."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def word(
    body: str = "", *, main: str = DOCX + ".main+xml", before: str = "", attributes: str = ""
) -> Package:
    """A document with `body`."""
    made = Package()
    made.relate("", "rId1", "officeDocument", DOCUMENT)
    made.add(
        DOCUMENT,
        f'{before}<w:document xmlns:w="{W}" xmlns:r="{R}" xmlns:a="{A}" xmlns:mc="{MC}" '
        'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
        f" {attributes}><w:body>{paragraph('本文')}{body}<w:sectPr/></w:body></w:document>",
        main,
    )
    return made


def book(
    rows: str = "", *, main: str = XLSX + ".main+xml", workbook: str = "", after: str = "",
    before: str = "",
) -> Package:  # fmt: skip
    """A workbook with one sheet; `workbook` and `after` follow the sheets and the cells."""
    made = Package()
    made.relate("", "rId1", "officeDocument", BOOK)
    made.relate(BOOK, "rId1", "worksheet", "worksheets/sheet1.xml")
    made.add(
        BOOK,
        f'<workbook xmlns="{X}" xmlns:r="{R}"><sheets><sheet name="集計" sheetId="1" r:id="rId1"/>'
        f"</sheets>{workbook}</workbook>",
        main,
    )
    made.add(
        SHEET,
        f'<worksheet xmlns="{X}" xmlns:r="{R}">{before}<sheetData>{rows}</sheetData>{after}'
        "</worksheet>",
        OFFICE + "spreadsheetml.worksheet+xml",
    )
    return made


def row(cells: str) -> str:
    """The first row of a sheet."""
    return f'<row r="1">{cells}</row>'


_TREE = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'


def shape(text: str, properties: str = "") -> str:
    """A text box of a slide."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x">{properties}</p:cNvPr><p:cNvSpPr txBox="1"/>'
        "<p:nvPr/></p:nvSpPr><p:spPr/><p:txBody><a:bodyPr/><a:p><a:r>"
        f"<a:t>{text}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def deck(shapes: str = "", *, main: str = PPTX + ".main+xml", after: str = "") -> Package:
    """A presentation with one slide, its layout, master and theme."""
    made = Package()
    namespaces = f'xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{R}" xmlns:mc="{MC}"'
    tree = f"<p:cSld><p:spTree>{_TREE}{{}}</p:spTree></p:cSld>"
    accents = [f"accent{n}" for n in range(1, 7)]
    sides = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}
    sides.update({name: name for name in (*accents, "hlink", "folHlink")})
    colours = " ".join(f'{name}="{value}"' for name, value in sides.items())
    slide = OFFICE + "presentationml.{}+xml"
    made.relate("", "rId1", "officeDocument", DECK)
    made.relate(DECK, "rId1", "slideMaster", "slideMasters/slideMaster1.xml")
    made.relate(DECK, "rId2", "slide", "slides/slide1.xml")
    made.add(
        DECK,
        f'<p:presentation {namespaces}><p:sldMasterIdLst><p:sldMasterId id="2147483648" '
        'r:id="rId1"/></p:sldMasterIdLst><p:sldIdLst><p:sldId id="256" r:id="rId2"/></p:sldIdLst>'
        '<p:notesSz cx="6858000" cy="9144000"/></p:presentation>',
        main,
    )
    made.relate(SLIDE, "rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")
    made.add(
        SLIDE,
        f"<p:sld {namespaces}>{tree.format(shape('表題') + shapes)}{after}</p:sld>",
        slide.format("slide"),
    )
    layout = "ppt/slideLayouts/slideLayout1.xml"
    made.relate(layout, "rId1", "slideMaster", "../slideMasters/slideMaster1.xml")
    made.add(
        layout,
        f"<p:sldLayout {namespaces}>{tree.format('')}<p:clrMapOvr><a:masterClrMapping/>"
        "</p:clrMapOvr></p:sldLayout>",
        slide.format("slideLayout"),
    )
    master = "ppt/slideMasters/slideMaster1.xml"
    made.relate(master, "rId1", "slideLayout", "../slideLayouts/slideLayout1.xml")
    made.add(
        master,
        f"<p:sldMaster {namespaces}>{tree.format('')}<p:clrMap {colours}/><p:sldLayoutIdLst>"
        '<p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst></p:sldMaster>',
        slide.format("slideMaster"),
    )
    return made


@cache
def _tools() -> tuple[dict[str, Sanitizer], dict[str, Sanitizer], dict[str, Verifier]]:
    warm_identify()
    office, image, verifying = sanitizers_of("office"), sanitizers_of("image"), verifiers()
    for tool in (*office.values(), *image.values(), *verifying.values()):
        tool.warm()
    return office, image, verifying


@dataclass(frozen=True)
class Result:
    """A cleaned and verified file."""

    cleaned: Cleaned
    data: bytes
    parts: dict[str, bytes]
    beside: tuple[bytes, ...]

    @property
    def everything(self) -> bytes:
        """All bytes of the output, packed and unpacked."""
        return b"\n".join((self.data, *self.parts.values(), *map(str.encode, self.parts)))

    @property
    def kinds(self) -> set[str]:
        """The kinds of its findings."""
        return {f.kind.value for f in self.cleaned.findings}


def _member(data: memoryview, name: str) -> Rebuilt:
    """A file inside, cleaned by its own sanitizer, as the worker would."""
    office, image, _ = _tools()
    media_type = identify(data, name=name).media_type
    sanitizer = image.get(media_type) or office.get(media_type)
    withheld = Rebuilt(name=name, folder="", media_type=media_type, outcome=Outcome.WITHHELD)
    out = io.BytesIO()
    try:
        done = sanitizer.clean(Job(data=data, media_type=media_type), out) if sanitizer else None
    except Withheld:
        return withheld
    if not isinstance(done, Cleaned):  # a program would have to draw it first
        return withheld
    return Rebuilt(
        name=name, folder="", media_type=done.media_type, outcome=Outcome.CLEAN,
        data=memoryview(out.getvalue()),
    )  # fmt: skip


def clean(data: bytes, **options: str) -> Result:
    """Identify, clean with everything inside, verify."""
    office, _, verifying = _tools()
    view = memoryview(data)
    media_type = identify(view).media_type
    job = Job(data=view, media_type=media_type, options=options)
    out = io.BytesIO()
    done = office[media_type].clean(job, out)
    beside: list[bytes] = []
    if isinstance(done, Split):
        inside = memoryview(out.getvalue())
        members = []
        for member in done.members:
            piece = inside[member.offset : member.offset + member.size]
            if member.beside:
                beside.append(bytes(piece))
            else:
                members.append(_member(piece, member.name))
        out = io.BytesIO()
        done = office[media_type].assemble(job, members, out)
    assert isinstance(done, Cleaned)
    written = out.getvalue()
    verifying[done.media_type].verify(memoryview(written))
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return Result(done, written, parts, tuple(beside))
