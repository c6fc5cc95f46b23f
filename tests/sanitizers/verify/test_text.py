"""The text verifier takes visible characters in UTF-8 with CRLF, and nothing more."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.verify import Rejected
from sanitizers.verify.text import TextVerifier


def accepts(data: bytes) -> None:
    """The verifier takes it."""
    TextVerifier().verify(memoryview(data))


def rejects(data: bytes) -> None:
    """The verifier refuses it."""
    with pytest.raises(Rejected):
        TextVerifier().verify(memoryview(data))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "件名：お知らせ\r\n①㈱髙﨑、葛󠄀城市、𠮷野家、ｶﾅ\r\n\r\n\t表\u3000終",
        "no line end at the end",
        "é ü ß — “quoted” … € 한국어 हिन्दी e\u0301",
        "😀 👍🏽 ❤\ufe0f 👨\u200d👩\u200d👧 🇯🇵",
        "外字\ue000と置換\ufffd",
        "می\u200cخواهم, क्\u200dष",
    ],
)
def test_what_people_write_is_accepted(text: str) -> None:
    accepts(text.encode())
    accepts(b"\xef\xbb\xbf" + text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "a\nb", "a\rb", "a\n\rb", "a\r", "a\0", "a\x07", "a\x0b", "a\x0c", "a\x1b[31m", "a\x7f",
        "a\x85",
        "a\x9b", "a\u202eb", "a\u2066b", "a\u200eb", "a\u200fb", "a\u061cb", "a\u200bb", "a\u200cb",
        "a\u200db", "\u200d😀", "a\ufe0f",
        "辻\U000e0100\U000e0100", "あ\ufe00", "a\u2060b", "a\ufeffb", "a\u00adb",
        "a\u2028b", "a\u2029b", "a\u180eb",
        "a\u115fb", "a\u3164b", "a\uffa0b", "a\ufff9b", "a\ufffe", "a\U000e0041b", "a\U0001ffff",
    ],
)  # fmt: skip
def test_what_controls_or_hides_is_rejected(text: str) -> None:
    rejects(text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xe3\x81",
        "日本".encode("cp932"),
    ],
)
def test_what_is_not_strict_utf8_is_rejected(data: bytes) -> None:
    rejects(data)


def test_a_second_byte_order_mark_is_rejected() -> None:
    rejects(b"\xef\xbb\xbf\xef\xbb\xbfa")


def test_a_long_text_is_read_in_one_pass() -> None:
    accepts("これは長い文章です。\r\n".encode() * 50_000)
    rejects("これは長い文章です。\r\n".encode() * 50_000 + b"\n")


def test_no_control_or_format_character_of_the_basic_plane_passes() -> None:
    for code in range(0x10000):
        # Arabic number signs (0600 …) draw, although they are format characters.
        shown = chr(code) == "\t" or 0x600 <= code <= 0x8FF
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp") and not shown:
            rejects(f"a{chr(code)}".encode())


def test_letters_and_digits_of_the_basic_plane_pass() -> None:
    fillers = "\u115f\u1160\u3164\uffa0"  # letters by category that draw nothing
    text = "".join(c for c in map(chr, range(0xD800)) if c.isalnum() and c not in fillers)
    accepts(text.encode())


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_bytes_never_crash_it(data: bytes) -> None:
    try:
        TextVerifier().verify(memoryview(data))
    except Rejected:
        return
    assert data.decode("utf-8").count("\n") == data.count(b"\r\n")
