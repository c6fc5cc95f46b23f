"""From the RTF of a message comes the HTML that it wraps, or its text; nothing hidden."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.mailbox._rtf_body import MAX_GROUPS, RtfBody, rtf_body

CANARY = "CANARY7F3Q"


def text_of(body: bytes) -> str:
    found = rtf_body(b"{\\rtf1\\ansi\\ansicpg932 " + body + b"}")
    assert not found.html
    return found.text


def html_of(body: bytes) -> str:
    found = rtf_body(b"{\\rtf1\\ansi\\ansicpg932\\fromhtml1 " + body + b"}")
    assert not found.text
    return found.html


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb"a\par b\line c\tab d", "a\nb\nc\td"),
        (rb"\'93\'fa\'96\'7b", "日本"),
        ("日東".encode("cp932"), "日東"),
        (rb"\u26085?\u26412?", "日本"),
        (rb"\uc2\u26085 ??x", "日x"),
        (rb"\uc0\u26085 x", "日x"),
        (rb"\u-10179?\u-8704?", "😀"),
        (rb"\u55357?x", "\ufffdx"),
        (rb"\{a\}\\\~b\_c", "{a}\\\u00a0b-c"),
        (rb"{\b bold} {\i it}", "bold it"),
        (rb"{\field{\*\fldinst HYPERLINK CANARY7F3Q}{\fldrslt shown}}", "shown"),
        (b"a\r\nb", "ab"),
        (rb"{\fonttbl{\f1\fcharset204 CANARY7F3Q;}}\f1\'ff\plain\'93\'fa", "я日"),
    ],
)
def test_visible_text_is_read(body, text):
    assert text_of(body) == text


@pytest.mark.parametrize(
    "group",
    [
        rb"{\info{\title %s}}", rb"{\*\generator %s}", rb"{\stylesheet{\s1 %s;}}",
        rb"{\colortbl %s;}", rb"{\pict %s}", rb"{\object{\*\objdata %s}{\result %s}}",
        rb"{\header %s}", rb"{\footer %s}", rb"{\*\unknown{\a %s}}", rb"{\v %s}",
        rb"{\*\datastore %s}", rb"{\themedata %s}", rb"{\footnote %s}", rb"\v %s\v0 ",
        rb"{\*\htmltag84 %s}",
    ],
)  # fmt: skip
def test_what_nobody_sees_is_left_out(group):
    hidden = group.replace(b"%s", CANARY.encode())
    assert text_of(b"a" + hidden + b"b") == "ab" or group.startswith(rb"{\*\htmltag")
    if not group.startswith((rb"{\*\htmltag", rb"{\v", rb"\v")):
        assert html_of(b"a" + hidden + b"b") == "ab"


def test_html_is_what_its_marks_say():
    body = (
        rb"{\*\htmltag64 <p class=\'22x\'22>}\htmlrtf " + CANARY.encode() + rb"\par\htmlrtf0 a"
        rb"{\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0{\*\htmltag72 </p>}\par"
    )
    assert html_of(body) == '<p class="x">a&lt;</p>\n'


@pytest.mark.parametrize("rtf", [b"", b"{", b"hello", b"\\rtf1 x", b"PK\x03\x04"])
def test_what_is_no_rtf_is_empty(rtf):
    assert rtf_body(rtf) == RtfBody()


def test_groups_in_groups_end_at_their_limit():
    assert text_of(b"a" + b"{" * (MAX_GROUPS + 10) + CANARY.encode()) == "a"


_PIECES = st.one_of(
    st.sampled_from(
        [b"{", b"}", b"\\", b"\\*", b"\\u", b"\\u-1?", b"\\'", b"\\'9", b"\\uc9", b"\\f1",
         b"\\fonttbl", b"\\fcharset128", b"\\ansicpg65001", b"\\ansicpg9999", b"\\htmltag",
         b"\\htmlrtf", b"\\htmlrtf0", b"\\fromhtml1", b"\\bin99 "]
    ),
    st.binary(max_size=10),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=40).map(b"".join))
def test_no_bytes_break_it(body):
    found = rtf_body(b"{\\rtf1 " + body)
    (found.html + found.text).encode("utf-8")
