"""The MIME tree: right for good mail, bounded and never raising for bad mail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_HEADER_BYTES, MAX_HEADER_FIELDS, MAX_MIME_DEPTH, MAX_PARTS
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.fields import split_fields
from sanitizers.text.mime import Entity, Message, parse

MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def tree(raw: bytes, findings: Findings | None = None) -> Message:
    return parse(memoryview(raw), Findings() if findings is None else findings)


def bodies(raw: bytes) -> list[bytes]:
    """The bodies of all leaves, in the order of the tree."""
    found: list[bytes] = []

    def walk(entity: Entity) -> None:
        if not entity.children:
            found.append(raw[entity.start : entity.end])
        for child in entity.children:
            walk(child)

    walk(tree(raw).root)
    return found


def kinds(findings: Findings) -> set[tuple[Kind, Action]]:
    return {(f.kind, f.action) for f in findings}


def test_reads_a_nested_mail_by_ranges() -> None:
    raw = (
        b"Subject: x\r\n" + MIXED + b"--b\r\n"
        b"Content-Type: multipart/alternative; boundary=bb\r\n\r\n"
        b"--bb\r\n\r\nplain\r\n--bb\r\nContent-Type: text/html\r\n\r\n<p>\r\n--bb--\r\n"
        b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n--b--\r\n"
    )
    root = tree(raw).root
    assert [c.content_type for c in root.children] == ["multipart/alternative", "application/pdf"]
    assert root.children[1].parameters["name"] == "a.pdf"
    assert bodies(raw) == [b"plain", b"<p>", b"PDF"]


@pytest.mark.parametrize("eol", [b"\r\n", b"\n", b"\r"])
def test_every_line_ending_is_read(eol: bytes) -> None:
    raw = (MIXED + b"--b\r\n\r\none\r\ntwo\r\n--b\r\n\r\nthree\r\n--b--\r\n").replace(b"\r\n", eol)
    assert bodies(raw) == [b"one" + eol + b"two", b"three"]


def test_doubled_carriage_returns_do_not_end_the_header() -> None:
    message = tree(b"From: a@b\r\r\nSubject: x\r\r\n\r\r\nbody")
    assert [name for name, _ in message.fields] == [b"from", b"subject"]


def test_a_boundary_that_starts_like_another_is_another() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=abc\r\n\r\n--abc\r\n\r\none\r\n--abcd\r\nmore"
        b"\r\n--abc \t\r\n\r\ntwo\r\n--abc--\r\n"
    )
    assert bodies(raw) == [b"one\r\n--abcd\r\nmore", b"two"]


def test_a_missing_closing_boundary_ends_at_the_outer_one() -> None:
    raw = (
        MIXED + b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n"
        b"--b\r\n\r\ntwo\r\n"
    )
    findings = Findings()
    assert bodies(raw) == [b"one", b"two\r\n"]
    tree(raw, findings)
    assert (Kind.MIME_DEFECT, Action.NOTED) in kinds(findings)


def test_parts_behind_a_closing_boundary_are_still_parts() -> None:
    assert bodies(MIXED + b"--b\r\n\r\n1\r\n--b--\r\n\r\n--b\r\n\r\n2\r\n--b--") == [b"1", b"2"]


def test_the_same_boundary_inside_closes_the_inner_one_first() -> None:
    raw = MIXED + b"--b\r\n" + MIXED + b"--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\ntwo\r\n--b--\r\n"
    root = tree(raw).root
    assert [c.content_type for c in root.children] == ["multipart/mixed", "text/plain"]
    assert bodies(raw) == [b"one", b"two"]


def test_a_multipart_whose_boundary_never_comes_is_text() -> None:
    root = tree(MIXED + b"hello\r\n--other\r\nworld").root
    assert (root.content_type, root.children) == ("text/plain", [])


def test_a_missing_boundary_parameter_is_guessed() -> None:
    raw = (
        b"Content-Type: multipart/mixed\r\n\r\n--XYZZY1\r\nContent-Type: text/plain\r\n\r\none\r\n"
        b"--XYZZY1--\r\n"
    )
    assert bodies(raw) == [b"one"]


def test_a_part_may_end_inside_its_own_header() -> None:
    raw = MIXED + b"--b\r\nContent-Type: text/html\r\n--b\r\n\r\ntwo\r\n--b--"
    assert bodies(raw) == [b"", b"two"]


def test_a_missing_separator_starts_the_body_at_the_first_line_that_is_no_field() -> None:
    raw = b"Subject: x\r\nHello there\r\nNote: see below\r\n\r\nBye"
    message = tree(raw)
    assert [name for name, _ in message.fields] == [b"subject"]
    assert raw[message.root.start :].startswith(b"Hello there")


def test_a_junk_line_between_known_fields_is_skipped() -> None:
    fields, body, junk = split_fields(b"From: a\r\njunk\r\n more junk\r\nSubject: b\r\n c")
    assert fields == [(b"from", b"a"), (b"subject", b"b\r\n c")]
    assert (body, junk) == (None, 1)


@pytest.mark.parametrize(
    "lead", [b"\xef\xbb\xbf", b"From a@b Mon Nov 23 07:00:00 2026\r\n", b"\r\n\r\n", b">From x\n"]
)
def test_what_stands_before_the_first_field_is_passed(lead: bytes) -> None:
    assert tree(lead + b"Subject: x\r\n\r\nbody").fields == [(b"subject", b"x")]


def test_a_mail_without_header_is_all_body() -> None:
    assert bodies(b"\r\nhello") == [b"hello"]


def test_digest_parts_are_mails_by_default() -> None:
    raw = b"Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\nhi\n--b--"
    assert tree(raw).root.children[0].content_type == "message/rfc822"


def test_ten_thousand_nested_multiparts_end_at_the_depth_limit() -> None:
    raw = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
        for i in range(10_000)
    )
    entity, depth = tree(raw + b"\r\nx").root, 0
    while entity.children:
        entity, depth = entity.children[0], depth + 1
    assert depth == MAX_MIME_DEPTH + 1
    assert entity.withheld is ReasonCode.TOO_DEEP


def test_parts_over_the_limit_become_one_placeholder() -> None:
    root = tree(MIXED + b"--b\r\n\r\nhello\r\n" * 20_000 + b"--b--").root
    assert len(root.children) == MAX_PARTS + 1
    assert [c.withheld for c in root.children[-2:]] == [None, ReasonCode.TOO_MANY_PARTS]


def test_a_header_over_the_limit_withholds_the_mail() -> None:
    for raw in (
        b"Subject: " + b"a" * (MAX_HEADER_BYTES + 10),
        b"X: y\r\n" * (MAX_HEADER_FIELDS + 1) + b"\r\nbody",
    ):
        with pytest.raises(Withheld) as caught:
            tree(raw)
        assert caught.value.code is ReasonCode.TOO_LARGE


def test_a_part_header_over_the_limit_withholds_the_part_only() -> None:
    raw = MIXED + b"--b\r\nX: " + b"a" * (MAX_HEADER_BYTES + 10) + b"\r\n--b\r\n\r\nok\r\n--b--"
    first, second = tree(raw).root.children
    assert first.withheld is ReasonCode.TOO_LARGE
    assert raw[second.start : second.end] == b"ok"


def test_text_outside_the_parts_is_reported() -> None:
    findings = Findings()
    tree(MIXED + b"secret note\r\n--b\r\n\r\none\r\n--b--\r\n", findings)
    assert (Kind.UNKNOWN_DATA, Action.REMOVED) in kinds(findings)
    findings = Findings()
    usual = b"This is a multi-part message in MIME format.\r\n"
    tree(MIXED + usual + b"--b\r\n\r\none\r\n--b--\r\nepilogue", findings)
    assert (Kind.UNKNOWN_DATA, Action.NOTED) in kinds(findings)
    assert (Kind.UNKNOWN_DATA, Action.REMOVED) in kinds(findings)


def test_the_first_of_two_content_types_counts() -> None:
    raw = b"Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\nx"
    assert tree(raw).root.content_type == "text/html"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"garbage", "text/plain"),
        (b"text", "text/plain"),
        (b"; name=a.pdf", ""),
        (b"TEXT/HTML", "text/html"),
        (b"", "text/plain"),
    ],
)
def test_garbage_content_types(value: bytes, expected: str) -> None:
    assert tree(b"Content-Type: " + value + b"\r\n\r\nx").root.content_type == expected


PIECES = st.sampled_from(
    [
        b"--b",
        b"--b--",
        b"--c",
        b"--c--",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n",
        b"Content-Type: multipart/alternative; boundary=c\r\n",
        b"Content-Type: multipart/mixed\r\n",
        b"Content-Type: message/rfc822\r\n",
        b"Subject: x\r\n",
        b"hello",
        b"\x00",
        b" ",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(b"".join)))
def test_any_bytes_give_a_tree_of_ranges_inside_each_other(raw: bytes) -> None:
    def check(entity: Entity) -> None:
        assert 0 <= entity.start <= entity.end <= len(raw)
        previous = entity.start
        for child in entity.children:
            assert previous <= child.start and child.end <= len(raw)
            previous = child.start
            check(child)

    check(tree(raw).root)
