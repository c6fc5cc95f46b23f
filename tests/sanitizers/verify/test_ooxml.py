"""The verifier of OOXML refuses what the writer would never write."""

import io
import zipfile

import pytest

from sanitizers.office import _rules
from sanitizers.verify import Rejected, _ooxml_markup, _ooxml_names, _ooxml_values
from sanitizers.verify.ooxml import DocxVerifier, DotxVerifier, PptxVerifier, XlsxVerifier
from tests.sanitizers.office.packages import (
    DOCUMENT,
    SHEET,
    SLIDE,
    book,
    clean,
    deck,
    paragraph,
    row,
    shape,
    word,
)

DATE = (1980, 1, 1, 0, 0, 0)
VERIFIERS = {DOCUMENT: DocxVerifier, SHEET: XlsxVerifier, SLIDE: PptxVerifier}
RELS = "word/_rels/document.xml.rels"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def parts_of(main: str) -> dict[str, bytes]:
    """The parts of a cleaned file whose text lies in `main`."""
    made = {
        DOCUMENT: lambda: word(paragraph("字")).relate(
            DOCUMENT, "rId8", "hyperlink", "https://a.example/", external=True
        ),
        SHEET: lambda: book(row('<c r="A1"><f>SUM(B1)</f><v>1</v></c>')),
        SLIDE: lambda: deck(shape("字")),
    }[main]()
    return clean(made.bytes(), links="keep").parts


def packed(parts: dict[str, bytes]) -> bytes:
    """A ZIP in the form of our writer."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            info.external_attr = 0
            archive.writestr(info, data)
    return out.getvalue()


def verify(parts: dict[str, bytes], main: str) -> None:
    verifier = VERIFIERS[main]
    verifier.warm()
    verifier().verify(memoryview(packed(parts)))


@pytest.mark.parametrize("main", VERIFIERS)
def test_what_the_writer_writes_is_accepted(main):
    verify(parts_of(main), main)


INSERTED = [
    (DOCUMENT, "<!-- a -->"),
    (DOCUMENT, "<?a b?>"),
    (DOCUMENT, "text"),
    (DOCUMENT, "<w:attachedTemplate/>"),
    (DOCUMENT, '<w:altChunk r:id="rId1"/>'),
    (DOCUMENT, "<w:object/>"),
    (DOCUMENT, '<w:p w:onAction="a"/>'),
    (DOCUMENT, '<w:p xmlns:z="urn:z"/>'),
    (DOCUMENT, '<z:p xmlns:z="urn:z"/>'),
    (DOCUMENT, '<w:p><w:hyperlink r:id="rId9"/></w:p>'),
    (DOCUMENT, '<w:p><w:fldSimple w:instr=" DDEAUTO c:\\\\cmd "/></w:p>'),
    (DOCUMENT, '<w:p><w:fldSimple w:instr=" INCLUDEPICTURE &quot;http://a/&quot; "/></w:p>'),
    (DOCUMENT, '<w:p><w:fldSimple w:instr=" HYPERLINK &quot;http://a/&quot; "/></w:p>'),
    (DOCUMENT, '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>'),
    (DOCUMENT, "<w:p><w:r><w:instrText> PAGE </w:instrText></w:r></w:p>"),
    (DOCUMENT, '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> D'
               "</w:instrText></w:r><w:r><w:instrText>DE x</w:instrText></w:r>"
               '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'),
    (DOCUMENT, '<w:p><w:pPr><w:ind w:left="http://a/"/></w:pPr></w:p>'),
    (DOCUMENT, "<w:sdt>" * 300 + "</w:sdt>" * 300),
    (SHEET, '<row r="2"><c r="A2"><f>WEBSERVICE("a")</f></c></row>'),
    (SHEET, "<row r=\"2\"><c r=\"A2\"><f>cmd|'/c a'!A1</f></c></row>"),
    (SHEET, '<row r="2"><c r="A2"><f>[1]S!A1</f></c></row>'),
    (SHEET, '<row r="2"><c r="A2"><f>HYPERLINK("http://a/")</f></c></row>'),
    (SHEET, "<oleObjects/>"),
    (SHEET, '<row r="2" onclick="a"/>'),
    (SLIDE, '<p:sp><p:nvSpPr><p:cNvPr id="3" name=""><a:hlinkClick r:id="" '
            'action="ppaction://program"/></p:cNvPr></p:nvSpPr></p:sp>'),
    (SLIDE, '<p:cmd type="call" cmd="a"/>'),
    (SLIDE, "<p:oleObj/>"),
]  # fmt: skip
PLACES = {DOCUMENT: b"<w:sectPr", SHEET: b"</sheetData>", SLIDE: b"</p:spTree>"}


@pytest.mark.parametrize(("main", "xml"), INSERTED)
def test_xml_that_could_act_or_is_not_known_is_rejected(main, xml):
    parts = parts_of(main)
    assert PLACES[main] in parts[main]
    parts[main] = parts[main].replace(PLACES[main], xml.encode() + PLACES[main])
    with pytest.raises(Rejected):
        verify(parts, main)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (DOCUMENT, b"<w:document", b'<!DOCTYPE w [<!ENTITY e "a">]><w:document'),
        (DOCUMENT, b"<w:document", b"<w:hdr"),
        (DOCUMENT, "字".encode(), b"\xff\xfe"),
        ("_rels/.rels", b"rId2", b"rId1"),
        ("_rels/.rels", b"word/document.xml", b"http://a.example/"),
        ("_rels/.rels", b"/extended-properties", b"/attachedTemplate"),
        ("[Content_Types].xml", b"document.main+xml", b"template.main+xml"),
        (
            "[Content_Types].xml",
            b"</Types>",
            b'<Default Extension="bin" ContentType="a/b"/></Types>',
        ),
        ("docProps/app.xml", b"LibreOffice", b"Macrosoft"),
    ],
)
def test_a_frame_that_says_something_else_is_rejected(name, old, new):
    parts = parts_of(DOCUMENT)
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    with pytest.raises(Rejected):
        verify(parts, DOCUMENT)


@pytest.mark.parametrize(
    ("kind", "target", "mode"),
    [
        ("attachedTemplate", "https://a.example/", ' TargetMode="External"'),
        ("image", "https://a.example/", ' TargetMode="External"'),
        ("hyperlink", "file:///c:/a", ' TargetMode="External"'),
        ("hyperlink", "javascript:a", ' TargetMode="External"'),
        ("hyperlink", "document.xml", ""),
        ("vbaProject", "vbaProject.bin", ""),
        ("oleObject", "embeddings/a.bin", ""),
        ("styles", "../../styles.xml", ""),
        ("styles", "missing.xml", ""),
        ("image", "document.xml", ""),
    ],
)
def test_a_relationship_that_is_not_allowed_is_rejected(kind, target, mode):
    parts = parts_of(DOCUMENT)
    row_ = f'<Relationship Id="rId9" Type="{REL}{kind}" Target="{target}"{mode}/></Relationships>'
    empty = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns='
        b'"http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    )
    verify({**parts, RELS: empty}, DOCUMENT)
    parts[RELS] = empty.replace(b"</Relationships>", row_.encode())
    for name in ("word/vbaProject.bin", "word/embeddings/a.bin"):
        if name.endswith(target):
            parts[name] = b"a"
    with pytest.raises(Rejected):
        verify(parts, DOCUMENT)


@pytest.mark.parametrize("name", ["word/vbaProject.bin", "word/header1.xml", "x.xml", "word/"])
def test_a_part_that_nothing_refers_to_is_rejected(name):
    with pytest.raises(Rejected):
        verify({**parts_of(DOCUMENT), name: b""}, DOCUMENT)


def test_one_type_is_not_taken_for_another():
    data = memoryview(packed(parts_of(DOCUMENT)))
    for other in (DotxVerifier, XlsxVerifier):
        other.warm()
        with pytest.raises(Rejected):
            other().verify(data)


def test_bytes_before_between_and_after_are_rejected():
    data = packed(parts_of(DOCUMENT))
    for changed in (
        b"a" + data,
        data + b"a",
        data[:-1],
        data.replace(b"PK\x01\x02", b"aPK\x01\x02"),
    ):
        with pytest.raises(Rejected):
            DocxVerifier().verify(memoryview(changed))


def test_no_name_of_the_tables_runs_or_fetches():
    words = {w for table in _ooxml_names.ELEMENTS.values() for w in table.split()}
    assert "script" not in words  # of VML; as an attribute it names a writing system
    words |= {w for table in _ooxml_names.ATTRIBUTES.values() for w in table.split()}
    assert not words & {
        "oleObject", "OLEObject", "oleObj", "oleLink", "control", "controls", "altChunk",
        "attachedTemplate", "macro", "onAction", "entryMacro", "exitMacro", "externalReference",
        "ddeLink", "connection", "cmd", "audioFile", "videoFile", "quickTimeFile", "wavAudioFile",
        "subDoc", "dataBinding", "r:link", "href", "src", "o:href", "r:href", "movie",
    }  # fmt: skip


@pytest.mark.parametrize(
    "formula",
    ["a|b!c", "'[b.xlsx]S'!A1", "[b.xlsx]S!A1", "SUM([1]S!A1)", "CALL(1)", 'HYPERLINK("a")', "f(x",
     "RTD(1)", "_xll.A()", "A1:[2]B!C1", "T[a", "EXEC(1)", '"a', "'a"],
)  # fmt: skip
def test_formulas_that_fetch_or_run_are_rejected(formula):
    if formula == "f(x":
        formula = "unknown(x)"
    with pytest.raises(Rejected):
        _ooxml_values.formula(formula)


@pytest.mark.parametrize(
    "formula",
    ["SUM(A1:B2)", "'東京 都'!A1+1", "T1[[#This Row],[金額 (円)]]", "_xlfn.XLOOKUP(1,A:A,B:B)",
     '"[1]|"&A1', "IF(A1>0,\"a'b\",'x y'!B2)", "[@金額]*2", "#REF!+1", "A1#", '"a""b"'],
)  # fmt: skip
def test_formulas_that_compute_are_accepted(formula):
    _ooxml_values.formula(formula)


def test_every_name_that_the_writer_may_write_is_known():
    """The tables are apart, so that no mistake is made twice; but they must not drift apart."""
    for prefix, table in _rules._TABLES.items():
        assert table
        for name, (rule, _) in _rules._rules(prefix, prefix).items():
            uri, _, local = name[1:].partition("}")
            known = _ooxml_markup._RULES[f"{uri} {local}"]
            written = {a[1:].replace("}", " ") if a[0] == "{" else a for a in rule.kinds}
            assert written <= set(known.attributes), name
            assert bool(rule.text) == (known.text is not None), name
