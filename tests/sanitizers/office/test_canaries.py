"""What nobody sees does not cross: a canary at every hidden place of an Office file."""

import io
import struct
import zipfile

import pytest

from tests.sanitizers.office.packages import (
    BOOK,
    DECK,
    DOCUMENT,
    SHEET,
    SLIDE,
    P,
    Package,
    R,
    W,
    X,
    book,
    clean,
    deck,
    paragraph,
    row,
    shape,
    word,
)

CANARY = "KanariaX7Q"
TEXT = f"<w:p><w:r><w:t>{CANARY}</w:t></w:r></w:p>"
MICROSOFT = "http://schemas.microsoft.com/office/"
CORE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/"


def part(made: Package, source: str, kind: str, name: str, data: str | bytes = CANARY) -> bytes:
    """A part that is related to `source`."""
    payload = data if isinstance(data, bytes) else f"<x>{data}</x>"
    depth = source.count("/")
    target = "../" * depth + name
    return (
        made.add(name, payload, "application/x-thing").relate(source, "rId77", kind, target).bytes()
    )


def word_part(kind: str, name: str) -> bytes:
    """A document with one more part."""
    return part(word(), DOCUMENT, kind, name)


def in_body(xml: str, attributes: str = "") -> bytes:
    """A document with `xml` in its body."""
    return word(xml, attributes=attributes).bytes()


def in_settings(xml: str) -> bytes:
    """A document with `xml` in its settings."""
    made = word().relate(DOCUMENT, "rId5", "settings", "settings.xml")
    made.add("word/settings.xml", f'<w:settings xmlns:w="{W}" xmlns:r="{R}">{xml}</w:settings>')
    return made.bytes()


def rezipped(**changes: object) -> bytes:
    """The same document with something in its ZIP."""
    data = word().bytes()
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            fresh = zipfile.ZipInfo(info.filename)
            for key, value in changes.items():
                setattr(fresh, key, value)
            new.writestr(fresh, old.read(info))
        if changes.get("comment"):
            new.comment = CANARY.encode()
    return out.getvalue()


def before_the_directory() -> bytes:
    """Slack between the last part and the directory."""
    data = bytearray(word().bytes())
    start = struct.unpack_from("<I", data, len(data) - 6)[0]
    slack = CANARY.encode() * 5
    struct.pack_into("<I", data, len(data) - 6, start + len(slack))
    return bytes(data[:start] + slack + data[start:])


def in_rels() -> bytes:
    """Identifier and target of a relationship that nothing uses."""
    made = word().relate(DOCUMENT, CANARY, "hyperlink", f"http://a.example/{CANARY}", external=True)
    return made.bytes()


def core_properties() -> bytes:
    made = word().relate("", "rId9", CORE + "core-properties", "docProps/core.xml")
    made.add(
        "docProps/core.xml",
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>題</dc:title>'
        f"<dc:creator>{CANARY}</dc:creator><cp:keywords>{CANARY}</cp:keywords></cp:coreProperties>",
    )
    return made.bytes()


def alternate(requires: str) -> str:
    return (
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="{requires}"><w:t>{CANARY}</w:t>'
        "</mc:Choice><mc:Fallback><w:t>代わり</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )


def field(code: str) -> str:
    return (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{code}</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>結果</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


def sheet_strings() -> bytes:
    """A shared string that no cell shows."""
    made = book(row('<c r="A1" t="s"><v>0</v></c>'))
    made.relate(BOOK, "rId4", "sharedStrings", "sharedStrings.xml")
    made.add(
        "xl/sharedStrings.xml",
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<si><t>見える</t></si><si><t>{CANARY}</t></si></sst>",
    )
    return made.bytes()


def note(kind: str, element: str) -> bytes:
    """A note or comment that no mark leads to."""
    made = word().relate(DOCUMENT, "rId5", kind, "n.xml")
    body = f'<w:{element} w:id="7" w:author="{CANARY}">{TEXT}</w:{element}>'
    return made.add("word/n.xml", f'<w:{kind} xmlns:w="{W}">{body}</w:{kind}>').bytes()


def word_styles(xml: str) -> bytes:
    made = word().relate(DOCUMENT, "rId5", "styles", "styles.xml")
    return made.add("word/styles.xml", f'<w:styles xmlns:w="{W}">{xml}</w:styles>').bytes()


def book_styles(xml: str) -> bytes:
    made = book(row('<c r="A1" s="0"><v>1</v></c>')).relate(BOOK, "rId5", "styles", "styles.xml")
    return made.add("xl/styles.xml", f'<styleSheet xmlns="{X}">{xml}</styleSheet>').bytes()


def unused_author() -> bytes:
    made = book().relate(SHEET, "rId5", "comments", "../comments1.xml")
    text = (
        f'<comments xmlns="{X}"><authors><author>{CANARY}</author><author>山田</author></authors>'
        '<commentList><comment ref="A1" authorId="1"><text><t>注</t></text></comment>'
        "</commentList></comments>"
    )
    return made.add("xl/comments1.xml", text).bytes()


def unused_styles() -> bytes:
    made = word().relate(DOCUMENT, "rId5", "styles", "styles.xml")
    made.add(
        "word/styles.xml",
        f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="a"><w:name w:val="a"/>'
        f'<w:aliases w:val="{CANARY}"/></w:style><w:latentStyles><w:lsdException w:name="{CANARY}"'
        "/></w:latentStyles></w:styles>",
    )
    return made.bytes()


UNKNOWN = 'xmlns:z="urn:unknown"'

PLACES = {
    # package and ZIP
    "a part that nothing refers to": lambda: word().add("word/left.xml", CANARY).bytes(),
    "a part's name": lambda: word().add(f"word/{CANARY}.xml", "<x/>").bytes(),
    "a file that is no XML": lambda: word().add("x.bin", CANARY.encode()).bytes(),
    "comment of the archive": lambda: rezipped(comment=CANARY.encode()),
    "extra field": lambda: rezipped(extra=struct.pack("<HH", 0x9999, 10) + CANARY.encode()),
    "data after the end": lambda: word().bytes() + CANARY.encode(),
    "slack before the directory": before_the_directory,
    "relationship that nothing uses": in_rels,
    "unknown relationship": lambda: word_part("urn:x-unknown", "word/u.xml"),
    "relationship of the package": lambda: part(word(), "", "urn:x-unknown", "u.xml"),
    "content type": lambda: word().add("word/m.xml", "<x/>", f"application/{CANARY}").bytes(),
    # properties
    "core properties": core_properties,
    "extended properties": lambda: part(word(), "", "extended-properties", "docProps/app.xml"),
    "custom properties": lambda: part(word(), "", "custom-properties", "docProps/custom.xml"),
    "thumbnail": lambda: part(
        word(), "", CORE + "thumbnail", "docProps/t.jpeg", b"\xff\xd8\xff" + CANARY.encode()
    ),
    "custom XML": lambda: word_part("customXml", "customXml/item1.xml"),
    # parts of Word
    "macros": lambda: part(
        word(main="application/vnd.ms-word.document.macroEnabled.main+xml"), DOCUMENT,
        MICROSOFT + "2006/relationships/vbaProject", "word/vbaProject.bin", CANARY.encode(),
    ),
    "ribbon": lambda: part(
        word(), "", MICROSOFT + "2006/relationships/ui/extensibility", "customUI/customUI.xml"
    ),
    "glossary": lambda: word_part("glossaryDocument", "word/glossary/document.xml"),
    "web settings": lambda: word_part("webSettings", "word/webSettings.xml"),
    "printer settings": lambda: word_part("printerSettings", "word/printerSettings.bin"),
    "embedded font": lambda: word_part("font", "word/fonts/f.odttf"),
    "alternative format": lambda: word_part("aFChunk", "word/chunk.mht"),
    "control": lambda: word_part("control", "word/activeX/activeX1.xml"),
    "people": lambda: word_part(MICROSOFT + "2011/relationships/people", "word/people.xml"),
    "header that no section has": lambda: word_part("header", "word/header9.xml"),
    "web extension": lambda: part(
        word(), "", MICROSOFT + "2011/relationships/webextensiontaskpanes", "we/taskpanes.xml"
    ),
    # inside of XML
    "comment in XML": lambda: in_body(f"<!-- {CANARY} -->"),
    "comment before the root": lambda: word(before=f"<!-- {CANARY} -->").bytes(),
    "processing instruction": lambda: in_body(f"<?x {CANARY}?>"),
    "text between elements": lambda: in_body(CANARY),
    "unknown element": lambda: in_body(f"<z:p {UNKNOWN}>{CANARY}</z:p>"),
    "unknown element of Word": lambda: in_body(f"<w:hidden1>{CANARY}</w:hidden1>"),
    "unknown attribute": lambda: in_body(f'<w:p z:a="{CANARY}" {UNKNOWN}/>'),
    "attribute of Word elsewhere": lambda: in_body(f'<w:p w:tag="{CANARY}"/>'),
    "namespace": lambda: in_body("", f'xmlns:z="urn:{CANARY}"'),
    "prefix": lambda: in_body("", f'xmlns:{CANARY}="urn:z"'),
    "word where a number belongs": lambda: in_body(
        f'<w:p><w:pPr><w:jc w:val="{CANARY}"/></w:pPr></w:p>'
    ),
    "session number": lambda: in_body(f'<w:p w:rsidR="{CANARY}"/>'),
    "choice that no reader knows": lambda: in_body(alternate("z"), UNKNOWN),
    "ignored prefix": lambda: in_body("", f'{UNKNOWN} mc:Ignorable="z" z:{CANARY}="1"'),
    "bookmark that nothing points to": lambda: in_body(
        f'<w:bookmarkStart w:id="1" w:name="{CANARY}"/><w:bookmarkEnd w:id="1"/>'
    ),
    "smart tag": lambda: in_body(
        f'<w:p><w:smartTag w:element="e" w:uri="urn:{CANARY}"><w:r><w:t>字</w:t></w:r>'
        "</w:smartTag></w:p>"
    ),
    "tag of a content control": lambda: in_body(
        f'<w:sdt><w:sdtPr><w:alias w:val="{CANARY}"/><w:tag w:val="{CANARY}"/><w:dataBinding '
        f'w:xpath="{CANARY}"/></w:sdtPr><w:sdtContent>{paragraph("字")}</w:sdtContent></w:sdt>'
    ),
    "code of an unknown field": lambda: in_body(field(f" MERGEFIELD {CANARY} ")),
    "code of a field that fetches": lambda: in_body(field(f' INCLUDETEXT "{CANARY}" ')),
    "field's macro": lambda: in_body(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData>'
        f'<w:entryMacro w:val="{CANARY}"/><w:name w:val="{CANARY}"/></w:ffData></w:fldChar></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    ),
    "VML script": lambda: in_body(
        f'<w:p><w:r><w:pict><v:shape id="{CANARY}" href="{CANARY}" onclick="{CANARY}" '
        f'style="width:9pt;behavior:url({CANARY})"><v:script>{CANARY}</v:script></v:shape></w:pict>'
        "</w:r></w:p>"
    ),
    "VML data": lambda: in_body(
        f'<w:p><w:r><w:pict><v:rect o:gfxdata="{CANARY}" o:href="{CANARY}"/></w:pict></w:r></w:p>'
    ),
    "extension list": lambda: in_body(
        f'<w:p><w:r><w:drawing><a:ext uri="{CANARY}">{CANARY}</a:ext></w:drawing></w:r></w:p>'
    ),
    "settings": lambda: in_settings(
        f'<w:docVars><w:docVar w:name="a" w:val="{CANARY}"/></w:docVars>'
    ),
    "revision numbers": lambda: in_settings(f'<w:rsids><w:rsid w:val="{CANARY}"/></w:rsids>'),
    "mail merge": lambda: in_settings(f'<w:mailMerge><w:query w:val="{CANARY}"/></w:mailMerge>'),
    "hash of a protection": lambda: in_settings(f'<w:documentProtection w:hash="{CANARY}"/>'),
    "style's aliases": unused_styles,
    "value of a choice": lambda: in_body(
        '<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="可" '
        f'w:value="{CANARY}"/></w:dropDownList></w:sdtPr><w:sdtContent/></w:sdt>'
    ),
    "style that nothing uses": lambda: word_styles(
        f'<w:style w:type="paragraph" w:styleId="{CANARY}"><w:name w:val="{CANARY}"/></w:style>'
    ),
    "style after a style": lambda: word_styles(
        '<w:style w:type="paragraph" w:default="1" w:styleId="a">'
        f'<w:next w:val="{CANARY}"/></w:style>'
    ),
    "footnote without a mark": lambda: note("footnotes", "footnote"),
    "endnote without a mark": lambda: note("endnotes", "endnote"),
    "comment without a mark": lambda: note("comments", "comment"),
    # workbooks
    "number format that no cell has": lambda: book_styles(
        f'<numFmts><numFmt numFmtId="176" formatCode="&quot;{CANARY}&quot;"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="176"/></cellXfs>'
    ),
    "named style that no cell has": lambda: book_styles(
        '<cellStyleXfs><xf numFmtId="0"/><xf numFmtId="0"/></cellStyleXfs><cellXfs><xf xfId="0"/>'
        f'</cellXfs><cellStyles><cellStyle name="{CANARY}" xfId="1"/></cellStyles>'
    ),
    "author of no comment": unused_author,
    "table style that no table has": lambda: book_styles(
        f'<tableStyles><tableStyle name="{CANARY}" pivot="0" count="0"/></tableStyles>'
    ),
    "string that no cell shows": sheet_strings,
    "external workbook": lambda: part(book(), BOOK, "externalLink", "xl/externalLinks/e.xml"),
    "connections": lambda: part(book(), BOOK, "connections", "xl/connections.xml"),
    "calculation chain": lambda: part(book(), BOOK, "calcChain", "xl/calcChain.xml"),
    "macro sheet": lambda: part(
        book(), BOOK, MICROSOFT + "2006/relationships/xlMacrosheet", "xl/macrosheets/m.xml"
    ),
    "query table": lambda: part(book(), SHEET, "queryTable", "xl/queryTables/q.xml"),
    "printer of a sheet": lambda: part(book(), SHEET, "printerSettings", "xl/p.bin"),
    "custom property of a sheet": lambda: part(book(), SHEET, "customProperty", "xl/c.bin"),
    "control of a sheet": lambda: part(book(), SHEET, "ctrlProp", "xl/ctrlProps/c.xml"),
    "VML of a sheet": lambda: part(book(), SHEET, "vmlDrawing", "xl/drawings/v.vml"),
    "threaded persons": lambda: part(
        book(), BOOK, MICROSOFT + "2017/10/relationships/person", "xl/persons/p.xml"
    ),
    "name of a macro": lambda: book(
        workbook=f'<definedNames><definedName name="{CANARY}" xlm="1" hidden="1">A1</definedName>'
        "</definedNames>"
    ).bytes(),
    "last user": lambda: book(workbook=f'<fileSharing userName="{CANARY}"/>').bytes(),
    "path of the workbook": lambda: book(
        workbook='<x15ac:absPath xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/'
        f'2010/11/ac" url="{CANARY}"/>'
    ).bytes(),
    "code name": lambda: book(
        before=f'<sheetPr codeName="{CANARY}"><tabColor rgb="FF00FF00"/></sheetPr>'
    ).bytes(),
    "extension of a sheet": lambda: book(
        after=f'<extLst><ext uri="{{1}}"><z:z {UNKNOWN}>{CANARY}</z:z></ext></extLst>'
    ).bytes(),
    "control in a sheet": lambda: book(
        after=f'<controls><control shapeId="1" name="{CANARY}"/></controls>'
    ).bytes(),
    "attribute of a cell": lambda: book(row(f'<c r="A1" z="{CANARY}"><v>1</v></c>')).bytes(),
    "reference of a cell": lambda: book(row(f'<c r="{CANARY}"><v>1</v></c>')).bytes(),
    # presentations
    "author of no comment on a slide": lambda: deck().relate(
        DECK, "rId9", "commentAuthors", "a.xml"
    ).add(
        "ppt/a.xml",
        f'<p:cmAuthorLst xmlns:p="{P}"><p:cmAuthor id="0" name="{CANARY}" initials="a" lastIdx="1" '
        'clrIdx="0"/></p:cmAuthorLst>',
    ).bytes(),
    "tags": lambda: part(deck(), SLIDE, "tags", "ppt/tags/tag1.xml"),
    "name of a shape": lambda: deck(shape("字").replace('name="x"', f'name="{CANARY}"')).bytes(),
    "sound": lambda: part(deck(), SLIDE, "audio", "ppt/media/a.wav"),
    "slide that nothing shows": lambda: part(deck(), DECK, "slide", "ppt/slides/slide9.xml"),
    "modern comments": lambda: part(
        deck(), SLIDE, MICROSOFT + "2018/10/relationships/comments", "ppt/comments/c.xml"
    ),
    "creation id": lambda: deck(
        shape("字", f'<a:extLst><a:ext uri="1"><z:i {UNKNOWN} v="{CANARY}"/></a:ext></a:extLst>')
    ).bytes(),
    "animation that calls": lambda: deck(
        after='<p:timing><p:tnLst><p:par><p:cTn id="1"><p:childTnLst><p:cmd type="call" '
        f'cmd="{CANARY}"/></p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>'
    ).bytes(),
    "name of a section": lambda: deck(
        after=f'<p:extLst><p:ext uri="{{5}}">{CANARY}</p:ext></p:extLst>'
    ).bytes(),
    "unused default type": lambda: deck().add("ppt/x.dat", b"x", f"a/{CANARY}").bytes(),
    "chart that no frame shows": lambda: part(deck(), SLIDE, "chart", "ppt/charts/chart9.xml"),
    "embedded object that is not known": lambda: part(
        deck(), SLIDE, "oleObject", "ppt/embeddings/o.bin", CANARY.encode()
    ),
}  # fmt: skip


def inflated(data: bytes) -> bytes:
    """All parts of a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("place", PLACES)
def test_what_nobody_sees_does_not_cross(place):
    data = PLACES[place]()
    assert CANARY.encode() in data + inflated(data), "planted nowhere"
    result = clean(data)
    assert CANARY.encode() not in result.everything, place
    assert CANARY.encode("utf-16-le") not in result.everything, place
    assert not result.beside


def test_there_are_places_enough():
    assert len(PLACES) >= 80
