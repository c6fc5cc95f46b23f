"""What a file is, is decided by its content; programs win, the unknown stays unknown."""

from __future__ import annotations

import base64
import gzip
import os
import resource

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Kind
from sanitizers.identify import Identified, identify, warm
from sanitizers.identify.labels import EMPTY, FORMATS, PROGRAM, UNKNOWN
from tests.sanitizers.identify import samples as make
from tests.sanitizers.identify.samples import MACRO, OOXML

warm()


NOISE = b"\xf1\x02" + bytes(range(255, -1, -1))  # no format at all


def look(data: bytes, name: str = "", claimed: str = "") -> Identified:
    """Identify bytes."""
    return identify(memoryview(data), name=name, claimed_type=claimed)


def kinds(found: Identified) -> set[Kind]:
    """The kinds of its findings."""
    return {f.kind for f in found.findings}


BINARIES = [
    (make.PDF, "application/pdf"),
    (make.PNG, "image/png"),
    (make.JPEG, "image/jpeg"),
    (b"GIF89a" + bytes(20), "image/gif"),
    (
        b"BM" + (100).to_bytes(4, "little") + bytes(4) + b"\x36\0\0\0\x28\0\0\0" + bytes(82),
        "image/bmp",
    ),
    (b"II*\0\x08\0\0\0" + bytes(20), "image/tiff"),
    (b"MM\0*\0\0\0\x08" + bytes(20), "image/tiff"),
    (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), "image/webp"),
    (make.ftyp(b"heic", b"mif1"), "image/heic"),
    (make.ftyp(b"mif1", b"mif1", b"heic"), "image/heic"),
    (make.ftyp(b"mif1", b"miaf"), "image/heif"),
    (make.ftyp(b"avif", b"mif1"), "image/avif"),
    (make.ftyp(b"isom", b"mp42"), "video/mp4"),
    (make.ftyp(b"qt  "), "video/quicktime"),
    (
        b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x04\0\0\0\x16\0\0\0" + bytes(8),
        "image/vnd.microsoft.icon",
    ),
    (b"8BPS\0\1" + bytes(20), "image/vnd.adobe.photoshop"),
    (b"{\\rtf1\\ansi hello}", "application/rtf"),
    (b"\x78\x9f\x3e\x22" + bytes(30), "application/ms-tnef"),
    (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(30), "application/x-7z-compressed"),
    (b"Rar!\x1a\x07\1\0" + bytes(30), "application/vnd.rar"),
    (gzip.compress(b"abc", mtime=0), "application/gzip"),
    (make.tar(), "application/x-tar"),
    (b"\x22\x33-lh5-" + bytes(40), "application/x-lzh"),
    (b"MSCF\0\0\0\0" + bytes(40), "application/vnd.ms-cab-compressed"),
    (bytes(32_769) + b"CD001\1" + bytes(3000), "application/x-iso9660-image"),
    (b"AC1032\0\0\0\0" + bytes(100), "image/vnd.dwg"),
    (b"JwwData.\x58\x02\0\0" + bytes(40), "application/x-jww"),
    (make.zipped({"a.txt": b"x"}), "application/zip"),
    (
        make.office(OOXML + "wordprocessingml.document.main+xml"),
        OOXML + "wordprocessingml.document",
    ),
    (make.office(OOXML + "spreadsheetml.sheet.main+xml"), OOXML + "spreadsheetml.sheet"),
    (make.office(OOXML + "presentationml.slideshow.main+xml"), OOXML + "presentationml.slideshow"),
    (
        make.office(MACRO + "word.document.macroEnabled.main+xml"),
        MACRO + "word.document.macroenabled.12",
    ),
    (
        make.office(MACRO + "excel.sheet.binary.macroEnabled.main"),
        MACRO + "excel.sheet.binary.macroenabled.12",
    ),
    (
        make.odf("application/vnd.oasis.opendocument.text"),
        "application/vnd.oasis.opendocument.text",
    ),
    (make.odf("application/epub+zip"), "application/epub+zip"),
    (make.compound("WordDocument", "1Table"), "application/msword"),
    (make.compound("Workbook"), "application/vnd.ms-excel"),
    (make.compound("PowerPoint Document"), "application/vnd.ms-powerpoint"),
    (make.compound("a", "b", "c", "d", "e", "EncryptedPackage"), "application/x-encrypted-ooxml"),
    (make.compound("__properties_version1.0"), "application/vnd.ms-outlook"),
    (make.compound("DocumentText", "JSRV_SegmentInformation"), "application/x-js-taro"),
    (make.compound("FileHeader", "BodyText"), "application/x-hwp"),
    (make.compound("something"), "application/x-ole-storage"),
]


@pytest.mark.parametrize(("data", "media_type"), BINARIES, ids=lambda v: str(v)[:40])
def test_binary_formats_are_known_without_a_name(data: bytes, media_type: str) -> None:
    found = look(data)
    assert found.media_type == media_type
    assert not found.program
    assert (found.label_ja, found.label_en) == (FORMATS[media_type].ja, FORMATS[media_type].en)
    assert found.findings == ()


PROGRAMS = [
    (make.pe(), "", "application/x-dosexec"),
    (b"\x7fELF\2\1\1" + bytes(60), "", "application/x-elf"),
    (b"\xcf\xfa\xed\xfe" + bytes(60), "", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(60), "", "application/java-vm"),
    (b"\xca\xfe\xba\xbe\0\0\0\2" + bytes(60), "", "application/x-mach-binary"),
    (b"\x4c\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" + bytes(60), "",
     "application/x-ms-shortcut"),
    (b"ITSF\3\0\0\0" + bytes(60), "", "application/vnd.ms-htmlhelp"),
    (
        bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(60),
        "a.txt",
        "application/onenote",
    ),
    (make.compound("\u4840\u3b3f", clsid=bytes.fromhex("84100c0000000000c000000000000046")), "",
     "application/x-msi"),
    (make.zipped({"META-INF/MANIFEST.MF": b"x", "A.class": b"x"}), "a.zip",
     "application/java-archive"),
    (make.zipped({"AndroidManifest.xml": b"x"}), "", "application/vnd.android.package-archive"),
    (make.zipped({"extension.vsixmanifest": b"x", "[Content_Types].xml": b"<Types/>"}), "",
     "application/vsix"),
    (make.zipped({"a": b"x"}), "a.jar", "application/java-archive"),
    (b"#!/bin/sh\nrm -rf /\n", "", "application/x-sh"),
    (b"\xef\xbb\xbf@echo off\r\nstart x\r\n", "readme.txt", "application/x-bat"),
    ("\ufeff@ECHO OFF\r\n".encode("utf-16-le"), "a.txt", "application/x-bat"),
    (b"<?php system($_GET['x']); ?>", "a.txt", "application/x-php"),
    (b"Windows Registry Editor Version 5.00\r\n", "a.txt", "text/x-registry"),
    (b"[InternetShortcut]\r\nURL=file://x\r\n", "a.txt", "application/x-mswinurl"),
    (b"ID;PWXL;N;E\r\n", "a.csv", "application/x-sylk"),
    (b"WEB\r\n1\r\nhttp://x/\r\n", "", "application/x-iqy"),
    (b"<job><script language='VBScript'>x</script></job>", "", "application/x-windows-script"),
    (b"<html><head><HTA:APPLICATION ID=a></head></html>", "a.html", "application/hta"),
    (b"<html><script>1</script></html>", "a.hta", "application/hta"),
    (b"alert(1)", "a.js", "text/javascript"),
    (b"MsgBox 1", "a.vbs", "application/x-windows-script"),
    (b"Get-Item x", "\uff41.\uff50\uff53\uff11", "application/x-powershell"),
    (b"print(1)", "a.PY ", "text/x-python"),
    (b"hello", "a.exe:b.txt", "application/x-dosexec"),
    (b"<?xml version='1.0'?><PCSettings></PCSettings>", "a.xml", PROGRAM),
    (bytes(range(256)), "a.cpl", "application/x-dosexec"),
    (bytes(range(256)), "a.gadget", PROGRAM),
]  # fmt: skip


@pytest.mark.parametrize(("data", "name", "media_type"), PROGRAMS, ids=lambda v: str(v)[:30])
def test_programs_are_programs(data: bytes, name: str, media_type: str) -> None:
    found = look(data, name, "text/plain")
    assert (found.media_type, found.program) == (media_type, True)


TEXTS = [
    ("お知らせです。\r\n".encode(), "通知.txt", "", "text/plain"),
    ("お知らせです。\r\n".encode("cp932"), "", "", "text/plain"),
    ("お知らせです。\r\n".encode("iso-2022-jp"), "a.log", "", "text/plain"),
    ("お知らせ a\r\n".encode("utf-16"), "a.txt", "", "text/plain"),
    ("notice a b c d\r\n".encode("utf-16-be"), "a.txt", "", "text/plain"),
    (b"a memo", "議事録 2024.05.01", "", "text/plain"),
    (b"a memo", "第１.資料", "", "text/plain"),
    (b"a,b\n1,2\n", "a.csv", "", "text/csv"),
    (b"a\tb\n", "a.TSV", "", "text/tab-separated-values"),
    (b"a,b\n", "", "text/csv", "text/csv"),
    (b"<html><body>x", "", "", "text/html"),
    (b"<!DOCTYPE html><svg></svg>", "a.htm", "", "text/html"),
    (b"<svg onload=x></svg>", "a.html", "", "text/html"),
    (b"plain, but named so", "a.html", "", "text/html"),
    (b"<p>x", "", "text/html", "text/html"),
    (b"<html> as an example", "", "text/plain", "text/plain"),
    (b"<html> as an example", "a.txt", "", "text/plain"),
    (make.ICS, "", "text/calendar", "text/calendar"),
    (b"\xef\xbb\xbf" + make.ICS, "invite.ics", "", "text/calendar"),
    (b"BEGIN:VCARD\nEND:VCARD\n", "a.vcf", "", "text/vcard"),
    (make.MAIL, "", "", "message/rfc822"),
    (make.MAIL, "a.eml", "", "message/rfc822"),
    (b"X-A: b\n\n\xff\xfe\x00\x01\x02\x03" * 20, "a.eml", "", "message/rfc822"),
    (make.MAIL, "a.txt", "", "text/plain"),
    (make.MAIL, "a.mht", "", "application/x-mimearchive"),
    (make.SAVED_PAGE, "", "", "application/x-mimearchive"),
    (make.SAVED_PAGE, "a.doc", "", "application/x-mimearchive"),
    (make.SAVED_PAGE, "a.mhtml", "message/rfc822", "application/x-mimearchive"),
    (make.SAVED_PAGE, "a.eml", "", "message/rfc822"),
    (make.SAVED_PAGE, "", "message/rfc822", "message/rfc822"),
    (make.SAVED_PAGE, "a.txt", "", "text/plain"),
    (b"To: a@example.jp\r\n" + make.SAVED_PAGE, "", "", "message/rfc822"),
    (b"Date: now\r\nFrom: a@example.jp\r\n" + make.SAVED_PAGE, "", "", "message/rfc822"),
    (make.SAVED_BY_EXPLORER, "", "", "application/x-mimearchive"),
    (make.SAVED_BY_OFFICE, "", "", "application/x-mimearchive"),
    (make.SAVED_BY_OFFICE, "a.mht", "", "application/x-mimearchive"),
    (make.SAVED_BY_OFFICE, "a.xls", "", "application/x-mimearchive"),
    (b'{"a": 1}', "a.json", "", "application/json"),
    (b"<?xml version='1.0'?><a/>", "", "", "application/xml"),
    (b"<?xml version='1.0'?>\n<!-- x --><svg xmlns='x'/>", "a.svg", "", "image/svg+xml"),
    (b"ISO-10303-21;\nHEADER;\n", "a.p21", "", "application/p21"),
    (b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n", "a.dxf", "", "image/vnd.dxf"),
    (b"the text says %PDF-1.4 and 1 0 obj", "a.txt", "", "text/plain"),
    (b"MZ is how programs begin", "a.txt", "", "text/plain"),
    (b"alert(1)", "a.unknownext", "", UNKNOWN),
    (b"alert(1)", "a.odt", "", UNKNOWN),
]


@pytest.mark.parametrize(("data", "name", "claimed", "media_type"), TEXTS)
def test_texts_by_content_name_and_label(
    data: bytes, name: str, claimed: str, media_type: str
) -> None:
    found = look(data, name, claimed)
    assert (found.media_type, found.program) == (media_type, False)


def test_empty_and_unknown_are_never_anything_else() -> None:
    assert look(b"", "a.pdf", "application/pdf").media_type == EMPTY
    assert look(NOISE, "a.txt", "text/plain").media_type == UNKNOWN
    assert look(NOISE, "a.pdf", "application/pdf").media_type == UNKNOWN


def test_a_name_only_labels_what_no_sanitizer_takes() -> None:
    found = look(b"\x60\x0e" + bytes(range(128)), "図面.xdw")
    assert found.label_ja == "DocuWorks文書"
    assert look(make.compound("x"), "a.jtd").label_ja == "一太郎文書"


@pytest.mark.parametrize(
    ("data", "name", "claimed"),
    [
        (make.PNG, "a.pdf", ""),
        (make.PDF, "a.pdf", "image/png"),
        (make.pe(), "photo.jpg", "image/jpeg"),
        (make.compound("WordDocument"), "a.docx", ""),
        (b"<html><body>", "a.doc", ""),
        (make.JPEG, "a.scr", ""),
        (make.JPEG, "a.jpg", "video/x-strange"),
    ],
)
def test_a_contradiction_is_noted(data: bytes, name: str, claimed: str) -> None:
    (finding,) = [f for f in look(data, name, claimed).findings if f.kind is Kind.TYPE_MISMATCH]
    assert finding.action is Action.NOTED


@pytest.mark.parametrize(
    ("data", "name", "claimed"),
    [
        (make.JPEG, "a.JPG", "image/pjpeg"),
        (make.JPEG, "a.jpeg", "application/octet-stream"),
        (make.PDF, "a.pdf", "application/x-download"),
        (make.office(OOXML + "wordprocessingml.document.main+xml"), "a.docx", "application/msword"),
        (make.office(OOXML + "wordprocessingml.document.main+xml"), "a.docx", "application/zip"),
        (b"a,b", "a.csv", "application/vnd.ms-excel"),
        (make.zipped({"a": b"b"}), "a.zip", "application/x-zip-compressed"),
        (b"hello", "", "text/plain; charset=utf-8"),
    ],
)
def test_ordinary_labels_are_no_contradiction(data: bytes, name: str, claimed: str) -> None:
    assert Kind.TYPE_MISMATCH not in kinds(look(data, name, claimed))


@pytest.mark.parametrize(
    "name",
    [
        "invoice.pdf.exe",
        "請求書.pdf        .exe",
        "a.docx.js",
        "invoice\u202efdp.exe",
        "a.jpg.lnk.",
    ],
)
def test_a_hidden_extension_is_noted(name: str) -> None:
    found = look(b"hello", name)
    assert Kind.DOUBLE_EXTENSION in kinds(found)
    assert found.program


@pytest.mark.parametrize("name", ["a.tar.gz", "a.exe", "v1.2.pdf", "資料.pdf.zip"])
def test_ordinary_names_hide_nothing(name: str) -> None:
    assert Kind.DOUBLE_EXTENSION not in kinds(look(make.PDF, name))


def test_the_first_of_two_formats_stands_and_the_second_is_noted() -> None:
    archive = make.zipped({"evil.exe": make.pe()})
    tailed = look(make.JPEG + archive, "a.jpg")
    assert tailed.media_type == "image/jpeg"
    assert Kind.TRAILING_DATA in kinds(tailed)
    inside = look(make.PNG + make.PDF, "a.png")
    assert inside.media_type == "image/png"
    assert Kind.UNKNOWN_DATA in kinds(inside)
    shifted = look(b"\0\1junk" + make.PDF, "a.pdf")
    assert shifted.media_type == "application/pdf"
    assert Kind.UNKNOWN_DATA in kinds(shifted)


def test_programs_win_over_a_second_format() -> None:
    assert look(make.pe() + make.PDF, "a.pdf", "application/pdf").program
    assert look(b"#!/bin/sh\nexit\n" + make.PDF, "a.pdf").program
    assert look(make.pe() + make.zipped({"a": b"b"}), "a.zip").program


def test_compressed_data_is_not_looked_into() -> None:
    assert look(gzip.compress(make.pe(), mtime=0), "a.gz").media_type == "application/gzip"


def test_nothing_is_opened_after_warm() -> None:
    everything = [(d, "", "") for d, _ in BINARIES] + [(d, n, "") for d, n, _ in PROGRAMS]
    everything += [(d, n, c) for d, n, c, _ in TEXTS] + [(os.urandom(5000), "a.dat", "")]
    before = [look(*sample) for sample in everything]
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # every open fails from here on
        same = [look(*sample) for sample in everything] == before
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0


@given(
    data=st.one_of(
        st.binary(max_size=600),
        st.tuples(
            st.sampled_from([d for d, _ in BINARIES] + [d for d, _, _ in PROGRAMS]),
            st.integers(0, 2000),
            st.binary(max_size=8),
        ).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + len(t[2]) :]),
    ),
    name=st.text(max_size=30),
    claimed=st.text(max_size=20),
)
@settings(max_examples=300, deadline=None)
@example(data=b"PK\x05\x06" + b"\xff" * 18, name=".", claimed="/")
@example(data=base64.b64decode("0M8R4KGxGuE=") + b"\xff" * 600, name="a.", claimed="a/")
def test_no_content_name_or_label_breaks_it(data: bytes, name: str, claimed: str) -> None:
    found = look(data, name, claimed)
    assert found.media_type in FORMATS
    assert found.program == FORMATS[found.media_type].program
