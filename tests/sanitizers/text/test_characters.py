"""What cannot be seen does not cross; writing that needs invisible characters does."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text.characters import is_harmless, make_harmless


def made(text: str, *, multiline: bool = True) -> tuple[str, dict[Kind, int]]:
    findings = Findings()
    result = make_harmless(text, findings, where="body", multiline=multiline)
    assert all(f.action is Action.NEUTRALIZED and f.where == "body" for f in findings)
    return result, {f.kind: f.count for f in findings}


@pytest.mark.parametrize(
    "text",
    [
        "無害化 ABC\n\t表",
        "葛\U000e0100城市",  # IVS of a person's or city's name
        "神\ufe00",
        "👨\u200d👩\u200d👧 ❤\ufe0f 1\ufe0f⃣ ⚕\ufe0e 🏳\ufe0f\u200d🌈",
        "می\u200cخواهم क्\u200dष",  # Persian ZWNJ, Hindi ZWJ
        "\ue000外字",
        "か\u3099",
        "\u3000全角　空白",
        "\U0001fae8\U00031350",  # newer than Python's tables
    ],
)
def test_what_is_writing_stays_as_it_is(text):
    assert made(text) == (text, {})
    assert is_harmless(text)


@pytest.mark.parametrize(
    ("text", "result", "kinds"),
    [
        ("a\x00b\x1b[31mc\x7f\x9b", "ab[31mc", {Kind.CONTROL_CHARACTER: 4}),
        ("gpj\u202eexe\u2066\u200f", "gpjexe", {Kind.BIDI_CONTROL: 3}),
        ("pay\u200bpal\ufeff\u00ad\u2060", "paypal", {Kind.ZERO_WIDTH: 4}),
        ("a\u115f\u3164\uffa0b", "ab", {Kind.ZERO_WIDTH: 3}),
        ("x" + "".join(chr(0xE0000 + ord(c)) for c in "hidden"), "x", {Kind.ZERO_WIDTH: 6}),
        ("a\ufe0fb\U000e0101", "ab", {Kind.ZERO_WIDTH: 2}),  # selectors as a side channel
        ("字\U000e0100\U000e0101\U000e0102", "字\U000e0100", {Kind.ZERO_WIDTH: 2}),
        ("a\u200db\u200cc", "abc", {Kind.ZERO_WIDTH: 2}),
        ("😀\u200d\u200d😀", "😀\u200d😀", {Kind.ZERO_WIDTH: 1}),
        ("a\ud800b", "a\ufffdb", {Kind.CONTROL_CHARACTER: 1}),
        ("a\ufdd0b\U0001ffff", "ab", {Kind.CONTROL_CHARACTER: 2}),
    ],
)
def test_what_hides_or_controls_goes_and_is_counted(text, result, kinds):
    assert made(text) == (result, kinds)
    assert not is_harmless(text)


@pytest.mark.parametrize("mark", ["\r\n", "\r", "\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_every_line_break_becomes_one_newline_or_one_space(mark):
    assert made(f"a{mark}b") == ("a\nb", {})
    assert made(f"a{mark}b", multiline=False) == ("a b", {})
    assert is_harmless(f"a{mark}b") is (mark == "\n")
    assert not is_harmless(f"a{mark}b", multiline=False)


def test_a_header_cannot_be_split_into_two():
    assert made("Subject\r\nBcc: x@y", multiline=False)[0] == "Subject Bcc: x@y"


def test_each_code_point_is_judged_alike_by_both_halves():
    for point in chain(range(0x40000), range(0xE0000, 0xE1000), range(0xFFFF0, 0x100010)):
        text = f"a{chr(point)}b"
        result = make_harmless(text, Findings())
        assert is_harmless(result), hex(point)
        assert is_harmless(text) is (result == text), hex(point)
    for start in range(0x40000, 0x110000, 0x100):  # planes without assigned characters
        text = "".join(map(chr, range(start, start + 0x100)))
        result = make_harmless(text, Findings())
        assert is_harmless(result), hex(start)
        assert is_harmless(text) is (result == text), hex(start)


_TRICKY = (
    "a1字ｱ😀❤م\u094dक\u200c\u200d\ufe00\ufe0e\ufe0f\U000e0100\U000e01ef\n\r\t\x00\u202e\ufeff\x85"
)


@given(st.text(alphabet=st.sampled_from(_TRICKY)) | st.text(), st.booleans())
@settings(max_examples=500, deadline=None)
def test_the_result_passes_the_check_and_stays_as_it_is(text, multiline):
    result = make_harmless(text, Findings(), multiline=multiline)
    assert is_harmless(result, multiline=multiline)
    findings = Findings()
    assert make_harmless(result, findings, multiline=multiline) == result
    assert not len(findings)
