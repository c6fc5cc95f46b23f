"""Content lines: whatever the bytes, they are read or refused; what is written folds right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.calendar import content_lines
from sanitizers.calendar.content_lines import (
    Component,
    escape,
    folded,
    read_components,
    split_unescaped,
    unescape,
    written_parameter,
)
from sanitizers.findings import Findings, Kind
from sanitizers.reasons import ReasonCode, Withheld


def read(data: bytes, charset: str = "") -> tuple[list[Component], Findings]:
    findings = Findings()
    return read_components(memoryview(data), charset, findings), findings


def refused(data: bytes) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        read(data)
    return caught.value.code


def test_components_nest_and_parameters_are_taken_apart():
    (top,), findings = read(b'BEGIN:A\r\ng.X;P="a;b",c;Q=^n^^:v:w\r\nBEGIN:B\r\nEND:B\r\nEND:A\r\n')
    (line,) = top.lines
    assert (line.name, line.value) == ("X", "v:w")
    assert line.parameters == {"P": ("a;b", "c"), "Q": ("\n^",)}
    assert [child.name for child in top.children] == ["B"]
    assert not len(findings)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_every_line_end_and_fold_is_read(end):
    (top,), _ = read(b"BEGIN:A%bX:one%b  two%b\tthree%bEND:A%b".replace(b"%b", end))
    assert top.lines[0].value == "one twothree"


def test_components_that_cross_or_do_not_end_are_noted():
    _, findings = read(b"BEGIN:A\nBEGIN:B\nEND:A\nEND:C\nX:1\nBEGIN:D\n")
    assert {(f.kind, f.count) for f in findings} == {(Kind.DAMAGED, 3), (Kind.UNKNOWN_DATA, 1)}


@pytest.mark.parametrize(
    ("limit", "value", "data", "code"),
    [
        ("MAX_LINES", 3, b"BEGIN:A\nX:1\nX:2\nEND:A\n", ReasonCode.TOO_LARGE),
        ("MAX_INPUT_BYTES", 10, b"BEGIN:A\nEND:A\n", ReasonCode.TOO_LARGE),
        ("MAX_COMPONENTS", 2, b"BEGIN:A\nEND:A\n" * 3, ReasonCode.TOO_MANY_PARTS),
        ("MAX_NESTING", 6, b"BEGIN:A\n" * 1_000, ReasonCode.TOO_DEEP),
        ("MAX_LINES", 9, b"", ReasonCode.EMPTY),
    ],
)
def test_limits_are_kept(monkeypatch, limit, value, data, code):
    monkeypatch.setattr(content_lines, limit, value)
    assert refused(data) is code


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300).filter(lambda t: not set(t) & set("\r\n")))
def test_a_folded_line_comes_back_and_no_octet_line_is_too_long(text):
    raw = folded(f"X:{text}")
    assert raw.endswith(b"\r\n")
    lines = raw[:-2].split(b"\r\n")
    assert all(len(line) <= content_lines.FOLD_OCTETS for line in lines)
    for line in lines:
        line.decode("utf-8")  # no character is cut
    assert raw.replace(b"\r\n ", b"")[:-2].decode() == f"X:{text}"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60).map(lambda t: t.replace("\r", "")), st.text(max_size=20))
def test_escaped_text_comes_back_and_holds_no_separator(one, other):
    joined = f"{escape(one)};{escape(other)}"
    assert [unescape(p) for p in split_unescaped(joined, ";", most=9)] == [one, other]
    assert "\n" not in joined


@settings(max_examples=100, deadline=None)
@given(st.from_regex(r"[ -~あ-ん]{1,30}", fullmatch=True))
def test_a_written_parameter_comes_back(value):
    (top,), _ = read(f"BEGIN:A\nX{written_parameter('P', value)}:v\nEND:A\n".encode())
    (line,) = top.lines
    assert (line.parameter("P"), line.value) == (value, "v")


_PIECES = st.one_of(
    st.sampled_from(
        [b"BEGIN:", b"END:", b"A", b":", b";", b"=", b'"', b",", b"\r\n", b"\n ", b"\r", b"\\",
         b"ENCODING=QUOTED-PRINTABLE", b"=\r\n", b"=E3", b"CHARSET=shift_jis", b"\xff\xfe", b"\0"]
    ),
    st.binary(max_size=6),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=60).map(b"".join))
def test_whatever_the_bytes_are_they_are_read_or_refused(data):
    try:
        components, _ = read(data)
    except Withheld:
        return
    waiting = list(components)
    while waiting:
        component = waiting.pop()
        waiting += component.children
        assert all("\n" not in line.name for line in component.lines)
