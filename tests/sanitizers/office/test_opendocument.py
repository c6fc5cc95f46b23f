"""OpenDocument files: what is read, what comes out, and that garbage is refused."""

import contextlib
import io
import re
import struct
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.model import Job, Split
from sanitizers.office import _odf_formulas, _odf_values
from sanitizers.office.opendocument import OpenDocument
from sanitizers.reasons import ReasonCode, Withheld
from tests.sanitizers.office.opendocuments import (
    BODIES,
    DECLARED,
    HEAD,
    ODF,
    ODP,
    ODS,
    ODT,
    PNG,
    chart,
    content,
    drawing,
    embed,
    flat,
    package,
    picture,
    placed,
    sheet,
    slides,
    styles,
    text,
)
from tests.sanitizers.office.packages import clean

WORDS = "<text:p>字</text:p>"


def job(data: bytes, media_type: str = ODT) -> Job:
    return Job(data=memoryview(data), media_type=media_type)


def refused(data: bytes, media_type: str = ODT) -> ReasonCode:
    """Why the sanitizer alone refuses a file."""
    with pytest.raises(Withheld) as caught:
        OpenDocument().clean(job(data, media_type), io.BytesIO())
    return caught.value.code


@pytest.mark.parametrize("make", [text, sheet, slides, drawing])
def test_every_kind_comes_out_as_the_same_kind(make):
    data = make()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        media_type = archive.read("mimetype").decode()
    result = clean(data)
    assert result.cleaned.media_type == media_type
    assert result.cleaned.extension == {"text": ".odt", "spreadsheet": ".ods"}.get(
        BODIES[media_type], f".od{BODIES[media_type][0].replace('d', 'g')}"
    )
    assert not result.cleaned.findings


def test_the_type_stands_first_and_unpacked_and_nothing_tells_the_time():
    data = clean(text()).data
    assert data[26:38] == struct.pack("<HH", 8, 0) + b"mimetype"
    assert data[38 : 38 + len(ODT)] == ODT.encode()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_equal_files_give_equal_bytes():
    data = text(picture(), {"Pictures/a.png": PNG, "styles.xml": styles()})
    assert clean(data).data == clean(data).data


def test_the_manifest_lists_what_is_there_and_nothing_else():
    result = clean(text(picture() + placed(embed("object", "Object 1")),
                        {"Pictures/a.png": PNG, "Object 1/content.xml": chart()}))  # fmt: skip
    listed = re.findall(r'full-path="([^"]+)"', result.parts["META-INF/manifest.xml"].decode())
    assert set(listed) == set(result.parts) - {"mimetype", "META-INF/manifest.xml"} | {
        "/", "Object 1/",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["text", "spreadsheet", "presentation", "graphics"])
def test_templates_become_documents(kind):
    body = content(WORDS if kind == "text" else "", ODF + kind)
    result = clean(package({"content.xml": body}, f"{ODF}{kind}-template"))
    assert result.cleaned.media_type == ODF + kind
    assert "format_changed" in result.kinds


def test_macros_and_signatures_are_told_with_their_place():
    data = text(files={
        "Basic/Standard/Module1.xml": "Sub AutoOpen", "META-INF/documentsignatures.xml": "<a/>",
        "Thumbnails/thumbnail.png": PNG, "Configurations2/menubar/m.xml": "<a/>",
    })  # fmt: skip
    findings = {f.kind.value: f for f in clean(data).cleaned.findings}
    assert set(findings) == {"macro", "signature", "thumbnail", "metadata"}
    assert findings["macro"].sha256 is not None
    assert {f.action.value for f in findings.values()} == {"removed"}


def test_pictures_are_handed_out_before_the_file_is_written():
    out = io.BytesIO()
    data = text(picture() * 2 + picture("Pictures/b.png"),
                {"Pictures/a.png": PNG, "Pictures/b.png": PNG + b"b"})  # fmt: skip
    split = OpenDocument().clean(job(data), out)
    assert isinstance(split, Split)
    assert [(m.name, m.offset, m.size, m.beside) for m in split.members] == [
        ("picture-1", 0, len(PNG), False),
        ("picture-2", len(PNG), len(PNG) + 1, False),
    ]


def test_another_number_of_pictures_than_were_handed_out_is_refused():
    data = text(picture(), {"Pictures/a.png": PNG})
    with pytest.raises(Withheld) as caught:
        OpenDocument().assemble(job(data), (), io.BytesIO())
    assert caught.value.code is ReasonCode.INTERNAL


DAMAGED = {
    "no package": b"PK\x03\x04" + b"\0" * 100,
    "no content": package({"styles.xml": styles()}),
    "content that is no XML": package({"content.xml": "text"}),
    "content of another root": package({"content.xml": "<a/>"}),
    "content that ends early": package({"content.xml": content(WORDS)[:-9]}),
    "content in another encoding": package(
        {"content.xml": content(WORDS).replace("UTF-8", "EUC-JP").encode("euc-jp")}),
    "content that is not UTF-8": package(
        {"content.xml": content("<text:p>@</text:p>").encode().replace(b"@", b"\xff")}),
    "content of another kind": package({"content.xml": content("", ODS)}),
    "content of a chart": package({"content.xml": chart()}),
    "content of a database": package({"content.xml": content("", "database")}),
    "no body": package({"content.xml": content(WORDS).replace("office:body", "office:face")}),
    "two bodies": package({"content.xml": content(WORDS).replace(
        "</office:body>", "</office:body><office:body><office:text/></office:body>")}),
    "two kinds in the body": package({"content.xml": content(
        f"{WORDS}</office:text><office:spreadsheet></office:spreadsheet><office:text>")}),
    "styles of another root": text(files={"styles.xml": "<a/>"}),
    "styles that are no XML": text(files={"styles.xml": "<a"}),
    "settings that are no XML": text(files={"settings.xml": "<a"}),
    "document type": package({"content.xml": content(WORDS).replace(
        HEAD, f"{HEAD}<!DOCTYPE a SYSTEM 'http://a.example/'>")}),
    "entity": package({"content.xml": content("<text:p>&e;</text:p>").replace(
        HEAD, f'{HEAD}<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>')}),
    "entity bomb": package({"content.xml": content("<text:p>&b;</text:p>").replace(
        HEAD, f'{HEAD}<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>')}),
    "undeclared prefix": package({"content.xml": content("<q:p/>")}),
    "depth": text("<text:section>" * 400 + "</text:section>" * 400),
    "flat file that ends early": flat(WORDS)[:-20],
    "flat file with a document type": flat(WORDS).replace(
        HEAD.encode(), f"{HEAD}<!DOCTYPE a>".encode()),
    "flat file of another root": f"{HEAD}<office:document-meta {DECLARED}/>".encode(),
    "object of another root": text(
        placed(embed("object", "Object 1")), {"Object 1/content.xml": "<a/>"}),
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("length", (5, 40, 200, -1, -30))
def test_a_file_that_ends_early_is_refused(length):
    assert refused(text()[:length]) in (ReasonCode.DAMAGED, ReasonCode.ENCRYPTED)


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_file_is_refused(what):
    assert refused(DAMAGED[what]) is ReasonCode.DAMAGED


def test_two_parts_of_one_name_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", ODT)
        archive.writestr("content.xml", content(WORDS))
        archive.writestr("Content.xml", content(WORDS))
    assert refused(out.getvalue()) is ReasonCode.DAMAGED


def test_a_bomb_is_refused_before_it_is_unpacked():
    data = text(files={"styles.xml": b"\0" * 120_000_000})
    assert refused(data) is ReasonCode.ARCHIVE_BOMB


def test_a_part_that_says_another_size_is_refused():
    data = bytearray(text())
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 7)
    assert refused(bytes(data)) is ReasonCode.DAMAGED


def test_a_part_with_another_checksum_is_refused():
    body = content(WORDS).encode()
    data = package({"content.xml": body})
    assert refused(data.replace(struct.pack("<I", zlib.crc32(body)), b"abcd")) is ReasonCode.DAMAGED


def test_objects_in_objects_end_somewhere():
    inner = content(placed(embed("object", "./Object 1")))
    files = {f"{'Object 1/' * depth}content.xml": inner for depth in range(1, 9)}
    parts = clean(text(placed(embed("object", "./Object 1")), files)).parts
    assert max(name.count("Object ") for name in parts) == 3


def test_an_object_that_holds_itself_ends_somewhere():
    files = {"Object 1/content.xml": content(placed(embed("object", "../Object 1")) * 3)}
    assert len(clean(text(placed(embed("object", "./Object 1")), files)).parts) < 50


def test_too_many_objects_are_refused():
    body = "".join(placed(embed("object", f"./Object {n}")) for n in range(1_001))
    files = {f"Object {n}/content.xml": chart() for n in range(1_001)}
    assert refused(text(body, files)) is ReasonCode.TOO_MANY_PARTS


@pytest.mark.parametrize("href", ["../../etc/passwd", "/etc/passwd", "a\\b.png", "file:///a.png",
                                  "%2e%2e/a.png", "#a", ""])  # fmt: skip
def test_a_picture_outside_of_the_package_is_never_asked_for(href):
    result = clean(text(picture(href), {"Pictures/a.png": PNG}))
    assert not [name for name in result.parts if name.endswith(".png") and len(
        result.parts[name]) == len(PNG)]  # fmt: skip
    assert b"passwd" not in result.everything


def test_a_document_of_another_kind_than_its_name_says_is_told():
    body = content("", ODS)
    assert "format_changed" in clean(
        package({"content.xml": body}, ODS + "-template")).kinds  # fmt: skip
    assert refused(package({"content.xml": body}, ODP), ODP) is ReasonCode.DAMAGED


CALLS = st.sampled_from(["WEBSERVICE", "DDE", "HYPERLINK", "FILTERXML", "INFO", "CALL", "自作"])
AROUND = st.text(alphabet="=+-*/^&;,.()[]{}'\"$#:!~ \tAaz09集売", max_size=30)


@settings(max_examples=150, deadline=None)
@given(before=AROUND, call=CALLS, after=AROUND)
def test_no_surroundings_make_a_function_that_fetches_pass(before, call, after):
    text = f"of:={before}{call}({after}"
    strings = re.sub(r""""(?:[^"]|"")*"|'(?:[^']|'')*'""", "", text.replace("of:=", ""))
    if f"{call}(" in strings and not re.search(rf"[\w.]{call}\(", strings):
        assert not _odf_formulas.is_formula(text)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_checks_of_values_are_total(value):
    for check in (*_odf_values.CHECKS.values(), _odf_values.is_plain):
        check(value)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=4))
def test_damage_is_withheld_or_harmless(at, junk):
    data = bytearray(text("<text:h>題</text:h>"))
    at %= len(data)
    data[at : at + len(junk)] = junk
    with contextlib.suppress(Withheld):
        OpenDocument().clean(job(bytes(data)), io.BytesIO())
