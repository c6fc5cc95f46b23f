"""Of documents that are not rebuilt the text crosses, and only the text."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Kind
from sanitizers.identify import identify, warm
from sanitizers.model import Cleaned, Method
from sanitizers.reasons import ReasonCode, Withheld
from tests.sanitizers.identify.samples import zipped
from tests.sanitizers.mailbox.samples import compound
from tests.sanitizers.media.samples import CANARY, clean

TARO, HWP, HWPX = "application/x-js-taro", "application/x-hwp", "application/hwp+zip"
CANARY_16 = CANARY.decode().encode("utf-16-le")


def text_of(media_type: str, data: bytes) -> str:
    warm()
    assert identify(memoryview(data)).media_type == media_type
    answer, output = clean(media_type, data, tool=None)
    assert isinstance(answer, Cleaned)
    assert (answer.media_type, answer.method) == ("text/plain", Method.TEXT)
    assert {Kind.FORMAT_CHANGED, Kind.TRUNCATED} <= {f.kind for f in answer.findings}
    assert CANARY not in output
    text = output.decode("utf-8-sig")
    head, blank, body = text.split("\r\n", 2)
    assert head.endswith("から文字だけを取り出しました。図・表・書式は含まれません。］")
    assert blank == ""
    return body.replace("\r\n", "\n")


def refusal(media_type: str, data: bytes) -> ReasonCode:
    with pytest.raises(Withheld) as held:
        clean(media_type, data, tool=None)
    return held.value.code


# -- HWP ------------------------------------------------------------------------------


def record(tag: int, payload: bytes) -> bytes:
    if len(payload) < 0xFFF:
        return struct.pack("<I", tag | len(payload) << 20) + payload
    return struct.pack("<II", tag | 0xFFF << 20, len(payload)) + payload


def paragraph(text: str) -> bytes:
    return record(67, text.encode("utf-16-le"))


def hwp(*sections: bytes, flags: int = 1, **streams: bytes) -> bytes:
    header = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05010001, flags)
    body = {}
    for number, section in enumerate(sections):
        deflate = zlib.compressobj(wbits=-15)
        packed = deflate.compress(section) + deflate.flush()
        body[f"Section{number}"] = packed if flags & 1 else section
    return compound(
        {
            "FileHeader": header.ljust(256, b"\0"),
            "BodyText": body,
            "PrvText": CANARY_16,
            "\x05HwpSummaryInformation": CANARY_16,
            "DocOptions": {"_LinkDoc": CANARY_16},
            "Scripts": {"DefaultJScript": CANARY_16},
            **streams,
        }
    )


CONTROL = "\x0b" + CANARY.decode()[:6] + "\x0b"  # an extended control: eight characters


@pytest.mark.parametrize("flags", [0, 1])
def test_paragraphs_of_all_sections_of_a_hwp_cross_in_order(flags: int) -> None:
    first = record(66, CANARY) + paragraph("一つ目\u3000" + CONTROL + "の段落\r")
    second = paragraph("표\x09......\x09二\n行") + record(70, CANARY)
    assert text_of(HWP, hwp(first, second, flags=flags)) == "一つ目\u3000の段落\n\n표\t二\n行\n"


def test_a_long_paragraph_is_whole() -> None:
    assert text_of(HWP, hwp(paragraph("長い文。" * 3_000))) == "長い文。" * 3_000 + "\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (hwp(paragraph("x"), flags=2), ReasonCode.ENCRYPTED),
        (hwp(paragraph("x"), flags=5), ReasonCode.UNSUPPORTED_TYPE),
        (b"HWP Document File V3.00 \x1a\1\2\3\4\5" + bytes(200), ReasonCode.UNSUPPORTED_TYPE),
        (hwp(b""), ReasonCode.EMPTY),
        (hwp(), ReasonCode.EMPTY),
        (hwp(struct.pack("<I", 67 | 100 << 20), flags=0), ReasonCode.DAMAGED),
        (hwp(struct.pack("<I", 67 | 0xFFF << 20), flags=0), ReasonCode.DAMAGED),
        (compound({"FileHeader": b"x", "BodyText": {}}), ReasonCode.UNSUPPORTED_TYPE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ReasonCode.DAMAGED),
        (
            compound({
                "FileHeader": bytes(36) + b"\1\0\0\0" + bytes(216),
                "BodyText": {"Section0": b"not deflated"},
            }),
            ReasonCode.DAMAGED,
        ),
    ],
)  # fmt: skip
def test_a_hwp_whose_text_cannot_be_reached_is_withheld(data: bytes, reason: ReasonCode) -> None:
    assert refusal(HWP, data) is reason


# -- HWPX -----------------------------------------------------------------------------

SECTION = (
    "<?xml version='1.0'?><hs:sec xmlns:hs='s' xmlns:hp='p'><!-- {canary} --><?x {canary}?>"
    "<hp:p id='{canary}'><hp:ctrl><hp:fieldBegin command='{canary}'/>{canary}</hp:ctrl>"
    "<hp:run><hp:t>{text}<hp:tab/>後</hp:t></hp:run></hp:p></hs:sec>"
)


def hwpx(*sections: bytes) -> bytes:
    members = {f"Contents/section{n}.xml": s for n, s in enumerate(sections)}
    return zipped({
        "mimetype": b"application/hwp+zip", "Preview/PrvText.txt": CANARY, "version.xml": CANARY,
        "META-INF/container.xml": CANARY, "BinData/a.bin": CANARY, **members,
    })  # fmt: skip


def section(text: str) -> bytes:
    return SECTION.format(text=text, canary=CANARY.decode()).encode()


def test_paragraphs_of_all_sections_of_a_hwpx_cross_in_order() -> None:
    sections = [section(f"第{n}節") for n in range(12)]
    expected = "\n".join(f"第{n}節\t後\n" for n in range(12))
    assert text_of(HWPX, hwpx(*sections)) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (hwpx(), ReasonCode.UNSUPPORTED_TYPE),
        (hwpx(b"<a>"), ReasonCode.DAMAGED),
        (hwpx(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), ReasonCode.DAMAGED),
        (hwpx(b"<a/>"), ReasonCode.EMPTY),
        (hwpx(section("x"))[:-30], ReasonCode.DAMAGED),
    ],
)
def test_a_hwpx_that_is_not_plain_xml_is_withheld(data: bytes, reason: ReasonCode) -> None:
    assert refusal(HWPX, data) is reason


# -- 一太郎 ----------------------------------------------------------------------------


def taro(text: str, **streams: bytes) -> bytes:
    body = b"SsmgV.01" + bytes(8) + CANARY + b"TextV.01" + text.encode("utf-16-be")
    tree = {"DocumentText": body, "DocumentViewStyles": CANARY, "JSRV_SegmentInformation": CANARY}
    return compound({**tree, **streams})


def test_the_text_of_ichitaro_crosses_without_its_commands() -> None:
    command = "\x1c\x30" + CANARY.decode() + "\x1f"
    data = taro("令和八年度\u3000予算書\r" + command + "第一条\x0a(略)①\x00\x00")
    assert text_of(TARO, data) == "令和八年度\u3000予算書\n第一条\n(略)①\n"


@pytest.mark.parametrize(
    "data",
    [
        compound({"DocumentText": b"something else"}),
        compound({"DocumentViewStyles": b"x"}),
        compound({"JSCompDocument": b"compressed"}),
        taro("".join(chr(0x1000 + 37 * n % 0xC000) for n in range(500))),
        taro("漢" * 500),
        b"\0\0old Ichitaro",
    ],
)
def test_an_ichitaro_document_that_does_not_read_as_text_is_withheld_by_its_name(
    data: bytes,
) -> None:
    assert refusal(TARO, data) is ReasonCode.UNSUPPORTED_TYPE


@given(data=st.binary(max_size=300), at=st.integers(0, 3_000))
@settings(max_examples=150, deadline=None)
def test_no_damage_does_more_than_withhold(data: bytes, at: int) -> None:
    for media_type, whole in ((HWP, hwp(paragraph("文"))), (HWPX, hwpx(section("文"))),
                              (TARO, taro("文章です。"))):  # fmt: skip
        place = at % len(whole)
        broken = whole[:place] + data + whole[place + len(data) :]
        try:
            answer, output = clean(media_type, broken, tool=None)
        except Exception as error:  # noqa: BLE001 - any failure withholds; see child.py
            assert not isinstance(error, (RecursionError, MemoryError, AssertionError))
            continue
        assert isinstance(answer, Cleaned)
        output.decode("utf-8-sig")
