"""The charset ladder, rung by rung: real Japanese strings x encodings x labels."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.text.charset import canonical, decode
from sanitizers.text.japanese import (
    JIS_X_0208,
    decode_cp932,
    decode_euc_jp,
    decode_iso_2022,
)
from tests.corpus import require_corpus

_CELLS = {char: pair for pair, char in reversed(JIS_X_0208.items())}


def cp51932(text: str) -> bytes:
    """EUC-JP with the NEC and IBM extensions, written cell by cell."""
    out = b""
    for char in text:
        raw = char.encode("cp932")
        if len(raw) == 2:
            out += _CELLS[char]
        else:
            out += raw if raw[0] < 0x80 else b"\x8e" + raw
    return out


def cp50221(text: str) -> bytes:
    """ISO-2022-JP with the same, half-width kana by ESC ( I."""
    out, state = b"", b"\x1b(B"
    for char in text:
        raw = cp51932(char)
        wanted = b"\x1b(B" if raw[0] < 0x80 else b"\x1b(I" if raw[0] == 0x8E else b"\x1b$B"
        if wanted != state:
            out, state = out + wanted, wanted
        out += bytes(b & 0x7F for b in raw[raw[0] == 0x8E :])
    return out + (b"" if state == b"\x1b(B" else b"\x1b(B")


def _encodes(char: str) -> bool:
    try:
        return len(char) == 1 and char != "〓" and len(char.encode("cp932")) == 2
    except UnicodeEncodeError:
        return False


TEXTS = (
    "会議のお知らせ",
    "平成30年度予算について（通知）",
    "①㈱髙島屋 﨑山様 Ⅲ期 ～ － ∥ ￢",
    "東京都庁\r\n総務局 御中\r\n",
    "テスト ABC ﾃｽﾄ",
)
ENCODERS = {
    "shift_jis": lambda t: t.encode("cp932"),
    "euc-jp": cp51932,
    "iso-2022-jp": cp50221,
    "utf-8": str.encode,
}
USED = {"shift_jis": "cp932"}
LABELS = ("shift_jis", "iso-2022-jp", "utf-8", "us-ascii", "iso-8859-1", "", "x-unheard-of")


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("text", TEXTS)
def test_the_right_label_gives_the_exact_text(text, encoding):
    decoded = decode(ENCODERS[encoding](text), encoding)
    assert decoded.text == text
    assert (decoded.charset, decoded.guessed, decoded.lost) == (
        USED.get(encoding, encoding),
        False,
        0,
    )


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("text", [TEXTS[0], TEXTS[1], TEXTS[4]])
def test_a_wrong_or_missing_label_does_not_matter_but_is_said(text, encoding, label):
    decoded = decode(ENCODERS[encoding](text), label)
    assert decoded.text == text
    assert decoded.guessed is (label != encoding)
    assert decoded.lost == 0


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\x1b$B-!-j|b\x1b(B", "①㈱髙"),  # NEC row 13, NEC selected IBM extensions
        (b"\x1b(I6@6E\x1b(B kana", "ｶﾀｶﾅ kana"),
        (b"\x1b$B%F%9%H\x1b(B \x0e6@6E\x0f.", "テスト ｶﾀｶﾅ."),
        (b"\x1b$B%F%9%H\x1b(B \xb6\xc0\xb6\xc5", "テスト ｶﾀｶﾅ"),  # raw 8-bit kana
        (b"\x1b$@%F%9%H\x1b(J abc", "テスト abc"),
        (b"\x1b&@\x1b$B%F\x1b(B", "テ"),
        (b"\x1b$(D0!\x1b(B", "丂"),  # JIS X 0212
        (b"\x1b$(Q.!\x1b(B", b"\xae\xa1".decode("euc_jis_2004")),  # JIS X 0213 plane 1
        (b"\x1b$(P!!\x1b(B", b"\x8f\xa1\xa1".decode("euc_jis_2004")),  # plane 2
        (b"\x1b$B!A!]!B!=\x1b(B", "～－∥―"),  # the MS mapping, as in CP932
        (b"\x1b$B%F%9\nabc\n", "テス\nabc\n"),  # a line ends in ASCII
        (b"\x1b(J\\100~\x1b(B", "\\100~"),
    ],
)
def test_iso_2022_jp_has_the_extensions_of_real_mailers(raw, text):
    assert decode(raw, "iso-2022-jp").text == text
    assert decode(raw, "iso-2022-jp").lost == 0


def test_carriers_emoji_become_geta_marks_and_are_counted():
    jis = decode(b"\x1b$B%F%9%Hu:v^\x1b(B", "iso-2022-jp")
    assert (jis.text, jis.lost) == ("テスト〓〓", 2)
    sjis = decode("テスト".encode("cp932") + b"\xf9\x91\xf7\xc1", "shift_jis")
    assert (sjis.text, sjis.lost) == ("テスト〓〓", 2)


def test_gaiji_of_an_office_stay_private_use():
    assert decode("渡邉".encode("cp932") + b"\xf0\x40", "shift_jis").text == "渡邉\ue000"


def test_a_cell_decodes_the_same_in_all_three_encodings():
    for pair, char in JIS_X_0208.items():
        jis = bytes(b & 0x7F for b in pair)
        assert decode_euc_jp(pair).text == char
        assert decode_iso_2022(b"\x1b$B" + jis + b"\x1b(B").text == char
        assert decode_euc_jp(b"\xff" + pair).text == "\ufffd" + char  # the slow path
    for code in range(0x8140, 0xFCFD):
        raw = code.to_bytes(2, "big")
        try:
            char = raw.decode("cp932")
        except UnicodeDecodeError:
            continue
        if len(char) == 1 and not 0xE000 <= ord(char) <= 0xF8FF:
            assert decode_cp932(raw).text == char
            assert decode_cp932(b"\xff" + raw).text == "\ufffd" + char


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        ("あa".encode("utf-8-sig"), "utf-8"),
        (b"\xff\xfe" + "あa".encode("utf-16-le"), "utf-16le"),
        (b"\xfe\xff" + "あa".encode("utf-16-be"), "utf-16be"),
        (b"\xff\xfe\0\0" + "あa".encode("utf-32-le"), "utf-32le"),
        (b"\0\0\xfe\xff" + "あa".encode("utf-32-be"), "utf-32be"),
    ],
)
@pytest.mark.parametrize("label", ["", "shift_jis"])
def test_a_byte_order_mark_beats_every_label(raw, charset, label):
    decoded = decode(raw, label)
    assert (decoded.text, decoded.charset) == ("あa", charset)
    assert decoded.guessed is bool(label)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("label", ["", "iso-8859-1", "utf-8", "unicode"])
def test_wide_text_without_a_mark_is_known_by_its_nul_bytes(codec, label):
    text = "氏名,住所\r\n山田太郎,東京都 1-2-3\r\n"
    decoded = decode(text.encode(codec), label)
    assert decoded.text == text
    assert decoded.guessed is (label != "unicode" or codec.startswith("utf-32"))


@pytest.mark.parametrize("text", ["café", "Zürich", "élève", "naïve “quoted” – text", "100 €"])
@pytest.mark.parametrize("label", ["", "iso-8859-1", "utf-8", "us-ascii"])
def test_western_text_is_read_as_windows_1252(text, label):
    assert decode(text.encode("cp1252"), label).text == text


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("中文邮件", "gb18030", "gb2312"),
        ("中文郵件", "big5", "big5"),
        ("안녕하세요 똠방각하", "cp949", "ks_c_5601-1987"),
        ("안녕하세요", "iso2022_kr", "iso-2022-kr"),
        ("Привет мир", "koi8_r", "koi8-r"),
        ("Привет мир", "cp1251", "windows-1251"),
        ("Žluťoučký kůň", "iso8859_2", "iso-8859-2"),
        ("日本語+ASCII", "utf_7", "unicode-1-1-utf-7"),
        ("中文", "hz", "hz-gb-2312"),
    ],
)
def test_other_charsets_are_read_by_their_label(text, codec, label):
    decoded = decode(text.encode(codec), label)
    assert (decoded.text, decoded.guessed, decoded.lost) == (text, False, 0)


def test_a_few_odd_western_bytes_are_not_taken_for_kanji():
    assert decode(b"A\xa4\xe0\xe4?", "iso-8859-15").text == "A€àä?"


def test_utf_7_is_never_guessed():
    assert decode(b"+ADw-script+AD4-").text == "+ADw-script+AD4-"


def test_cesu_8_surrogates_are_joined():
    raw = "😀".encode("utf-16-be").hex()
    halves = "".join(chr(int(raw[i : i + 4], 16)) for i in (0, 4))
    assert decode(halves.encode("utf-8", "surrogatepass"), "utf-8").text == "😀"


def test_utf_8_cut_inside_a_character_loses_only_that_character():
    decoded = decode("無害化の結果".encode()[:-1], "utf-8")
    assert decoded.text == "無害化の結\ufffd"
    assert (decoded.charset, decoded.lost) == ("utf-8", 1)


def test_a_broken_lead_byte_does_not_swallow_what_follows():
    assert decode_cp932(b"\x85<b>").text == "\ufffd<b>"


def test_a_banks_half_width_kana_is_not_read_as_kanji():
    text = "ﾌﾘｺﾐ ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ 10000"
    assert decode(text.encode("cp932")).text == text
    assert decode(text.encode("cp932"), "shift_jis").guessed is False


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("X-SJIS", "cp932"),
        ("ms932", "cp932"),
        ("Windows-31J", "cp932"),
        ("cp51932", "euc-jp"),
        ("x-euc-jp", "euc-jp"),
        ("ISO-2022-JP-MS", "iso-2022-jp"),
        ("_iso-2022-jp$ESC", "iso-2022-jp"),
        ("utf8", "utf-8"),
        ('"utf-8"', "utf-8"),
        ("utf-8*ja", "utf-8"),
        ("ansi_x3.4-1968", "us-ascii"),
        ("iso-8859-1", "windows-1252"),
        ("gb2312", "gb18030"),
        ("ks_c_5601-1987", "euc-kr"),
        ("unknown-8bit", ""),
        ("default", ""),
        ("base64", ""),  # a codec of Python that is no charset
        ("rot13", ""),
        ("", ""),
    ],
)
def test_labels_choose_from_an_allow_list(label, name):
    assert canonical(label) == name


@given(st.binary(max_size=300), st.sampled_from([*LABELS, "utf-16", "utf-7", "hz", "gbk", "jis"]))
@settings(max_examples=400, deadline=None)
def test_no_bytes_raise_and_no_surrogate_comes_out(raw, label):
    decoded = decode(raw, label)
    assert decoded.lost >= 0
    decoded.text.encode("utf-8")


@given(st.text(alphabet=[*filter(_encodes, _CELLS), *"abc <>\n"]))
@settings(max_examples=200, deadline=None)
def test_japanese_text_in_iso_2022_jp_comes_back_exactly(text):
    assert decode(cp50221(text), "iso-2022-jp").text == text


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"])))
@settings(max_examples=200, deadline=None)
def test_utf_8_text_comes_back_exactly(text):
    assert decode(text.encode(), "utf-8").text == text.removeprefix("\ufeff")


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name",
    ["euc_jisx0213", "euc_jp", "iso2022_jp", "iso2022_kr", "shift_jis", "shift_jisx0213"],
)
def test_the_sample_of_each_encoding_matches_its_utf_8_twin(name):
    base = require_corpus()
    file = f"deb-libpython3.11-testsuite__cjkencodings_{name}.txt"
    raw = (base / "csv" / file).read_bytes()
    twin = base / "expected" / "csv" / f"{file}.d" / f"cjkencodings_{name}-utf8.txt"
    decoded = decode(raw, name)
    assert decoded.text == twin.read_bytes().decode("utf-8")
    assert (decoded.guessed, decoded.lost) == (False, 0)


@pytest.mark.corpus
def test_unlabelled_tables_of_municipal_sites_decode_without_loss():
    base = require_corpus()
    for path in sorted((base / "csv").glob("shirasagi__*.csv")):
        decoded = decode(path.read_bytes())
        assert decoded.lost == 0, path.name
        assert decoded.charset in {"cp932", "euc-jp", "utf-8", "utf-16le", "us-ascii"}
