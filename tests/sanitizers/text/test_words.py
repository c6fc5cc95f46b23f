"""Header fields as real mails have them, from raw bytes to checked text."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Findings, Kind
from sanitizers.text.characters import is_harmless
from sanitizers.text.words import (
    MAX_ADDRESSES,
    decode_addresses,
    decode_parameters,
    decode_words,
    message_ids,
    parse_date,
    unfold,
)
from tests.corpus import corpus_files


def b(data: bytes, charset: str) -> bytes:
    return b"=?" + charset.encode() + b"?B?" + base64.b64encode(data) + b"?="


def words(raw: bytes) -> str:
    return decode_words(raw, Findings())


def parameters(raw: bytes) -> tuple[str, dict[str, str]]:
    return decode_parameters(raw, Findings())


def addresses(raw: bytes) -> list[tuple[str, str]]:
    return decode_addresses(raw, Findings())


def kinds(function, raw: bytes) -> set[Kind]:
    findings = Findings()
    function(raw, findings, where="header 1")
    return {f.kind for f in findings}


TE = "テ".encode()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain subject", "plain subject"),
        (b"=?iso-2022-jp?B?GyRCJUYlOSVILSEbKEI=?=", "テスト①"),
        (b"=?utf-8?q?caf=c3=A9_au_lait?=", "café au lait"),
        (b"=?UTF-8?B?44OG44K5?=\r\n =?UTF-8?B?44OI?=", "テスト"),  # folded
        (b(TE[:2], "utf-8") + b" " + b(TE[2:] + b"x", "UTF-8"), "テx"),  # a split character
        (b(b"\x1b$B2q", "iso-2022-jp") + b" " + b(b"5D\x1b(B", "ISO-2022-JP"), "会議"),
        (b(b"\x1b$B2q", "iso-2022-jp") + b" " + b(b"\x1b$B5D", "iso-2022-jp"), "会議"),
        (b("会".encode("cp932"), "shift_jis") + b(b"\x1b$B5D\x1b(B", "iso-2022-jp"), "会議"),
        (b"Re:=?utf-8?B?44OG?=x=?utf-8?B?44K5?=y", "Re:テxスy"),  # glued
        (b'"=?utf-8?B?44OG44K5?="', '"テス"'),
        (b"=?utf-8?Q?a b c?= d", "a b c d"),  # blanks inside
        (b"=? utf-8 ? B ?44OG?=", "テ"),
        (b"=?utf-8?B?44OG44K5", "テス"),  # never ends
        (b"=?utf-8?B?44OG =?utf-8?B?44K5?=", "テス"),
        (b"=?utf-8?B?44O\r\n G44K5?=", "テス"),
        (b"=?us-ascii?B?YWI?=", "ab"),  # no padding
        (b"=?utf-8?B?44OG=44K5?=", "テス"),
        (b"=?utf-8*ja?Q?a?=", "a"),
        (b"=?x-unheard-of?B?" + base64.b64encode("会議の件".encode("cp932")) + b"?=", "会議の件"),
        ("会議の件".encode("cp932"), "会議の件"),
        ("会議の件".encode("euc_jp"), "会議の件"),
        ("会議の件".encode(), "会議の件"),
        (b"[x] \x1b$B2q5D\x1b(B", "[x] 会議"),
        (b"=?utf-8?Q?" + "日".encode() + b"=E6=9C=AC?=", "日本"),  # raw bytes in a word
        (b"=?utf-8?Z?abc?=", "=?utf-8?Z?abc?="),
        (b"1 =? 2", "1 =? 2"),
        (b"=?utf-8?Q?=0D=0ABcc:_x=00=E2=80=AE?=", "Bcc: x"),
        (b"", ""),
    ],
)
def test_unstructured_text(raw, text):
    assert words(raw) == text


def test_what_was_guessed_lost_or_broken_is_noted():
    assert kinds(decode_words, "会議の件".encode("cp932")) == {Kind.CHARSET_GUESSED}
    assert kinds(decode_words, "会議の件".encode()) == set()
    assert kinds(decode_words, b"=?utf-8?B?44OG") == {Kind.HEADER_DEFECT}
    assert Kind.CHARSET_LOSS in kinds(decode_words, b(b"\x1b$Bu:\x1b(B", "iso-2022-jp"))


def test_unfolding_leaves_one_line():
    assert unfold(b" a\r\n\tb\n c\rd\0e\r\n") == b"a\tb c d e"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'attachment; filename="a.pdf"', "a.pdf"),
        (b"attachment; filename*=utf-8'ja'%E8%B3%87%E6%96%99.pdf", "資料.pdf"),
        (b"attachment; filename*=iso-2022-jp''%1B%24B%3BqNA%1B%28B.pdf", "資料.pdf"),
        (b"attachment; filename*1*=%E6%96%99.pdf; filename*0*=utf-8''%E8%B3%87", "資料.pdf"),
        (b"attachment; filename*0*=utf-8''%E8%B3; filename*1*=%87; filename*2=.pdf", "資.pdf"),
        (b'attachment; filename*0="long "; filename*1="name.pdf"', "long name.pdf"),
        (b"attachment; filename*0*=utf-8''a; filename*2=.pdf", "a.pdf"),  # a piece is missing
        (b"attachment; filename=x.pdf; filename*=utf-8''%E8%B3%87.pdf", "資.pdf"),
        (b'attachment; filename="' + b(b"\x1b$B;qNA\x1b(B.pdf", "iso-2022-jp") + b'"', "資料.pdf"),
        (b"attachment; filename=" + b("資料.pdf".encode(), "utf-8"), "資料.pdf"),
        (b'attachment; filename="\x1b$B;qNA\x1b(B.pdf"', "資料.pdf"),  # ";" byte in 資
        (b'attachment; filename="\x1b$B$"0!5"\x1b(B.pdf"; size=1', "あ亜帰.pdf"),  # quote bytes
        ('attachment; filename="表示ソ.pdf"'.encode("cp932"), "表示ソ.pdf"),  # 5C bytes
        ('attachment; filename="資料.pdf"'.encode("euc_jp"), "資料.pdf"),
        ('attachment; filename="資料.pdf"'.encode(), "資料.pdf"),
        (b"attachment; filename=my file (1).pdf; size=3", "my file (1).pdf"),
        (b'attachment; filename="never closed.pdf; size=3', "never closed.pdf"),
        (b'attachment; filename="a"b".pdf"', 'a"b".pdf'),
        (b'attachment; filename="a\\"b\\\\.pdf"', 'a"b\\.pdf'),
        (b'attachment; filename="C:\\docs\\a.pdf"', "C:\\docs\\a.pdf"),
        (b'attachment; filename="%E8%B3%87%E6%96%99.pdf"', "資料.pdf"),
        (b'attachment; filename="100%.pdf"', "100%.pdf"),
        (b"attachment;filename=first.pdf;filename=second.pdf", "first.pdf"),
        (b"attachment; FileName = a.pdf ;;; x", "a.pdf"),
        (b"attachment (see below); filename=a.pdf", "a.pdf"),
    ],
)
def test_file_names_in_all_their_forms(raw, name):
    value, found = parameters(raw)
    assert value == "attachment"
    assert found["filename"] == name


@pytest.mark.parametrize(
    ("raw", "value", "found"),
    [
        (b"Text/Plain; CHARSET=UTF-8", "text/plain", {"charset": "UTF-8"}),
        (b"text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (b"text/plain; charset=us-ascii (Plain text)", "text/plain", {"charset": "us-ascii"}),
        (
            b"text/plain; charset=a format=flowed",
            "text/plain",
            {"charset": "a", "format": "flowed"},
        ),
        (b'multipart/mixed; boundary="=_?=x; y"', "multipart/mixed", {"boundary": "=_?=x; y"}),
        (b"charset=utf-8", "", {"charset": "utf-8"}),
        (b"", "", {}),
        (b"<script>; a=b", "", {"a": "b"}),
    ],
)
def test_media_types(raw, value, found):
    assert parameters(raw) == (value, found)


def test_defects_of_parameters_are_noted():
    for raw in (
        b"a/b; x=1; x=2",
        b'a/b; x="1',
        b"a/b; x*0=1; x*2=3",
        b"a/b" + b"; x=1" * 1_000,
    ):
        assert Kind.HEADER_DEFECT in kinds(decode_parameters, raw)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"a@example.jp", [("", "a@example.jp")]),
        (b"Taro Yamada <a@b.jp>, c@d.jp", [("Taro Yamada", "a@b.jp"), ("", "c@d.jp")]),
        (b'"Yamada, Taro" <a@b.jp>', [("Yamada, Taro", "a@b.jp")]),
        (b"=?utf-8?Q?Yamada,_Taro?= <a@b.jp>", [("Yamada, Taro", "a@b.jp")]),
        (b'"=?utf-8?B?44OG44K5?=" <a@b.jp>', [("テス", "a@b.jp")]),
        ('"表, ソ" <a@b.jp>'.encode("cp932"), [("表, ソ", "a@b.jp")]),
        (b'"\x1b$B;qNA\x1b(B" <a@b.jp>', [("資料", "a@b.jp")]),
        ("株式会社:山田 <a@b.jp>".encode(), [("株式会社:山田", "a@b.jp")]),
        (b"a..b.@docomo.ne.jp", [("", "a..b.@docomo.ne.jp")]),
        (b'"a..b."@docomo.ne.jp', [("", '"a..b."@docomo.ne.jp')]),
        (b"a@b.jp (Taro (T) Yamada)", [("Taro (T) Yamada", "a@b.jp")]),
        (b"Group: a@b.jp, X <c@d.jp>;, e@f.jp", [("", "a@b.jp"), ("X", "c@d.jp"), ("", "e@f.jp")]),
        (b"undisclosed-recipients:;", []),
        (b"a@b.jp; c@d.jp", [("", "a@b.jp"), ("", "c@d.jp")]),
        (b"Taro a@b.jp", [("Taro", "a@b.jp")]),
        (b"a @ b.jp", [("", "a@b.jp")]),
        (b"Taro <a@b.jp", [("Taro", "a@b.jp")]),
        (b'"Taro <a@b.jp>', [("Taro", "a@b.jp")]),
        (b"(Taro <a@b.jp>", [("Taro", "a@b.jp")]),
        (b"<@x,@y:a@b.jp>", [("", "a@b.jp")]),
        (b"<mailto:a@b.jp>", [("", "a@b.jp")]),
        (b"root", [("root", "")]),
        (b"X <a@@b>", [("X a@@b", "")]),
        (b"<a b@c.jp>", [("a b@c.jp", "")]),
        (b"<>, , (nobody)", []),
        (b"Pete <pete(his account)@silly.test(his host)>", [("Pete", "pete@silly.test")]),
        ("<山田@例え.jp>".encode(), [("", "山田@例え.jp")]),
        (b"x <a@b.jp>\r\n\t, y\r\n <c@d.jp>", [("x", "a@b.jp"), ("y", "c@d.jp")]),
    ],
)
def test_address_lists(raw, found):
    assert addresses(raw) == found


def test_an_address_list_is_bounded():
    assert len(addresses(b"a@b.jp," * (MAX_ADDRESSES * 3))) == MAX_ADDRESSES
    assert addresses(b"a" * 400 + b"@b.jp")[0][1] == ""


@pytest.mark.parametrize(
    ("raw", "date"),
    [
        (b"Mon, 1 Jan 2024 10:00:00 +0900 (JST)", "Mon, 01 Jan 2024 10:00:00 +0900"),
        (b"1 Jan 24 10:00 GMT", "Mon, 01 Jan 2024 10:00:00 +0000"),
        ("Mon, 1 Jan 2024 10:00:00 +0900 (東京)".encode(), "Mon, 01 Jan 2024 10:00:00 +0900"),
        (b"Mon, 1 Jan 2024 10:00:00 +9999", ""),
        (b"Mon, 1 Jan 9024 10:00:00 +0900", ""),
        (b"yesterday", ""),
        (b"", ""),
    ],
)
def test_dates(raw, date):
    assert parse_date(raw) == date


def test_message_identifiers():
    assert message_ids(b"<a@b>\r\n <c d> <e@f>< ><g\x00h>") == ["<a@b>", "<e@f>"]
    assert message_ids(b"<" + b"a" * 300 + b">") == []
    assert len(message_ids(b"<a@b>" * 100)) == 50


_SYNTAX = rb"=?utf-8?B? =?iso-2022-jp?q? ?= \" \\ ; , < > ( ) : = a@b =0D=0A %0d%0a".split()
_NAMES = rb"filename*0*= name= utf-8''%e3%81".split()
_RAW = [
    b" ",
    b"\r\n",
    b"\x00",
    b"\x1b$B",
    b"\x1b(B",
    "日本".encode(),
    "表".encode("cp932"),
    b"\xff",
]
_PIECES = st.sampled_from([*_SYNTAX, *_NAMES, *_RAW])
_HEADERS = st.binary(max_size=200) | st.lists(_PIECES, max_size=40).map(b"".join)


@given(_HEADERS)
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise_and_everything_given_is_one_harmless_line(raw):
    value, found = parameters(raw)
    texts = [words(raw), value, *found, *found.values(), *message_ids(raw), parse_date(raw)]
    for display, address in addresses(raw):
        texts += [display, address]
        assert display or address
        assert not set(address) & set(" <>\r\n\0")
    for text in texts:
        assert is_harmless(text, multiline=False)


@pytest.mark.parametrize(
    "unit",
    [b'"\\', b"(", b"<", b'"', b"=?utf-8?b?AAAA=", b"=?a?b?", b';a="b', b":;", b"\x0e\x0f", b"@ "],
)
def test_hostile_repetition_is_taken_in_stride(unit):
    raw = unit * (100_000 // len(unit))
    words(raw)
    parameters(raw)
    addresses(raw)


@pytest.mark.corpus
def test_subjects_of_mobile_mails_decode():
    found = {}
    for path in corpus_files("mime", ".eml"):
        if path.name.startswith("jpmobile__"):
            for line in path.read_bytes().splitlines():
                if line.lower().startswith(b"subject:"):
                    found[path.name] = words(line[8:])
                    break
    if not found:
        pytest.skip("the shared corpus is not beside this repository")
    assert found["jpmobile__iphone-circled-numbers-in-jis.eml"] == "テスト①"
    assert found["jpmobile__softbank-gmail-utf8.eml"] == "テストです\ue221"
    assert found["jpmobile__softbank-gmail-sjis.eml"] == "テスト〓〓〓"
    assert found["jpmobile__iphone-unicode-emoji.eml"].startswith("絵文字")
    assert found["jpmobile__au-decomail2.eml"] == "Fwd: 【NurseryMail】日日"
