"""Formats that are not rebuilt are called by their right Japanese name, by content."""

from __future__ import annotations

import struct

import pytest

from sanitizers.identify import Identified, identify, warm
from sanitizers.identify.labels import label
from sanitizers.registry import sanitizers_of
from tests.sanitizers.identify import samples as make

P21 = b"ISO-10303-21;\r\nHEADER;\r\n"
SECTION = b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n"
VSDX = "application/vnd.ms-visio.drawing.main+xml"
BY_CONTENT = {
    "TrueType": (b"\0\1\0\0\0\x0c\0\x80" + bytes(90), "フォント（TrueType）"),
    "TrueType collection": (
        b"ttcf\0\1\0\0" + bytes(90), "フォント（TrueTypeコレクション）",
    ),
    "OpenType": (b"OTTO\0\x0c\0\x80" + bytes(90), "フォント（OpenType）"),
    "WOFF": (b"wOFF\0\1\0\0" + bytes(90), "フォント（WOFF）"),
    "WOFF2": (b"wOF2\0\1\0\0" + bytes(90), "フォント（WOFF2）"),
    "DWG": (b"AC1032\0\0\0\0\0\3" + bytes(90), "AutoCAD図面（DWG）"),
    "DWG of 1986": (b"AC1002\0\0\0\0\0\3" + bytes(90), "AutoCAD図面（DWG）"),
    "DXF": (SECTION, "CAD図面（DXF）"),
    "DXF with a comment": (b"999\nmade by\n" + SECTION, "CAD図面（DXF）"),
    "binary DXF": (b"AutoCAD Binary DXF\r\n\x1a\0" + bytes(90), "CAD図面（DXF）"),
    "DWF": (b"(DWF V06.00)PK\3\4" + bytes(90), "CAD図面（DWF）"),
    "Jw_cad": (b"JwwData.\xbc\2\0\0" + bytes(90), "Jw_cad図面"),
    "EOT": (
        struct.pack("<III", 182, 100, 0x20001) + bytes(22) + b"LP" + bytes(146),
        "フォント（EOT）",
    ),
    "Type 1": (b"%!PS-AdobeFont-1.0: Mincho\n", "フォント（Type 1）"),
    "Type 1 in segments": (b"\x80\1\x20\0\0\0%!FontType1-1.0: M\n\0", "フォント（Type 1）"),
    "SXF P21": (
        P21 + b"FILE_DESCRIPTION(('SCADEC level2 AP202_mode'),'2;1');", "CAD図面（SXF P21）",
    ),
    "SXF P21 by its schema": (
        P21 + b"FILE_SCHEMA(('ASSOCIATIVE_DRAUGHTING'));", "CAD図面（SXF P21）",
    ),
    "STEP": (P21 + b"FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));", "3次元CADデータ（STEP）"),
    "STEP without a schema": (P21, "3次元CADデータ（STEP）"),
    "IFC": (P21 + b"FILE_SCHEMA (('IFC4'));", "BIMモデル（IFC）"),
    "IGES": (b"made by hand".ljust(72) + b"S      1\n" + b"x" * 80, "CADデータ（IGES）"),
    "Jw_cad for DOS": (b"jw_cad(c)data".ljust(200) * 4 + bytes(90), "Jw_cad図面"),
    "shapefile": (b"\0\0\x27\x0a" + bytes(96), "地図データ（シェープファイル）"),
    "InDesign": (bytes.fromhex("0606edf5d81d46e5bd31efe7fe74b71d") + bytes(90), "InDesign文書"),
    "WordPerfect": (b"\xffWPC" + bytes(90), "WordPerfect文書"),
    "EPUB": (make.odf("application/epub+zip"), "電子書籍（EPUB）"),
    "XPS": (
        make.office("application/vnd.ms-package.xps-fixeddocumentsequence+xml", "a.fdseq"),
        "XPS文書",
    ),
    "SXF SFC": (
        P21 + b"FILE_DESCRIPTION(('SCADEC level2 feature_mode'),'2;1');", "CAD図面（SXF SFC）",
    ),
    "Ichitaro": (make.compound("DocumentText", "JSRV_SegmentInformation"), "一太郎文書"),
    "Ichitaro, compressed": (make.compound("JSCompDocument"), "一太郎文書"),
    "Ichitaro 5": (b"DOC".ljust(43, b"\0") + b"\x15" + bytes(90), "一太郎文書"),
    "JustSystems": (make.compound("JSRV_SegmentInformation"), "一太郎文書"),
    "HWP 5": (make.compound("FileHeader", "BodyText"), "ハングル文書（HWP）"),
    "HWP 3": (b"HWP Document File V3.00 \x1a\1\2\3\4\5" + bytes(90), "ハングル文書（HWP）"),
    "HWPX": (make.odf("application/hwp+zip"), "ハングル文書（HWPX）"),
    "Visio": (make.compound("VisioDocument"), "Visio図面（旧形式）"),
    "Visio of 2013": (make.office(VSDX, "visio/document.xml"), "Visio図面"),
    "Access": (b"\0\1\0\0Standard Jet DB\0" + bytes(90), "Accessデータベース"),
    "Access of 2007": (b"\0\1\0\0Standard ACE DB\0" + bytes(90), "Accessデータベース"),
    "Publisher": (make.compound("Quill", "Contents"), "Publisher文書"),
    "Project": (make.compound("Props14"), "Projectファイル"),
    "Works": (make.compound("MatOST"), "Works文書"),
    "StarOffice": (make.compound("StarWriterDocument"), "StarOffice文書"),
    "Outlook data": (b"!BDN" + bytes(90), "Outlookデータ（PST）"),
    "SQLite": (b"SQLite format 3\0" + bytes(90), "SQLiteデータベース"),
    "PostScript": (b"%!PS-Adobe-3.0\n", "PostScript"),
    "MIDI": (b"MThd\0\0\0\6\0\1\0\1" + bytes(40), "音声（MIDI）"),
}  # fmt: skip
#: No signature is published of these: the name decides, and only what nothing else is.
BY_NAME = {
    "図面.xdw": "DocuWorks文書",
    "図面.xbd": "DocuWorksバインダー",
    "図面.jhd": "花子図面",
    "集計.jsd": "三四郎ブック",
    "文書.jtd": "一太郎文書",
    "図面.jwc": "Jw_cad図面",
    "文書.oas": "OASYS文書",
}
#: Types of `BY_CONTENT` whose text is taken out.
WITH_TEXT = {"一太郎文書", "ハングル文書（HWP）", "ハングル文書（HWPX）"}


def look(data: bytes, name: str = "", claimed: str = "") -> Identified:
    warm()
    return identify(memoryview(data), name=name, claimed_type=claimed)


@pytest.mark.parametrize("sample", BY_CONTENT)
def test_content_names_the_format_whatever_the_name_says(sample: str) -> None:
    data, name_ja = BY_CONTENT[sample]
    for name in ("", "a.pdf", "a.docx", "a.jpg", "a.unknown"):
        found = look(data, name, "application/pdf")
        assert (found.label_ja, found.program) == (name_ja, False), name


@pytest.mark.parametrize("name", BY_NAME)
def test_a_name_speaks_where_content_says_nothing(name: str) -> None:
    assert look(b"\x60\x0e" + bytes(range(128)), name).label_ja == BY_NAME[name]
    assert look(make.pe(), name).program
    assert look(make.PDF, name).media_type == "application/pdf"
    assert look(b"readable text", name).media_type == "application/octet-stream"


@pytest.mark.parametrize(("name", "name_ja"), [("a.jhd", "花子図面"), ("a.jsd", "三四郎ブック")])
def test_kinds_of_justsystems_documents_are_told_by_their_names(name: str, name_ja: str) -> None:
    assert look(make.compound("JSRV_SegmentInformation"), name).label_ja == name_ja
    assert look(make.compound("something"), name).label_ja == name_ja
    assert look(make.compound("DocumentText"), name).label_ja == "一太郎文書"


def test_of_these_only_the_text_is_taken_out() -> None:
    names = {name for _, name in BY_CONTENT.values()} | set(BY_NAME.values())
    assert {label(t)[0] for t in sanitizers_of("media")} & names == WITH_TEXT
