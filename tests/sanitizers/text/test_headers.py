"""Only allow-listed fields cross, rebuilt; nothing raw survives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text.characters import is_harmless
from sanitizers.text.headers import (
    MAX_REFERENCES,
    MAX_REFERENCES_CHARS,
    MAX_SUBJECT_CHARS,
    rebuild_headers,
)

Fields = list[tuple[bytes, bytes]]
ALLOWED = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "List-Id",
    "Auto-Submitted",
    "Precedence",
]


def rebuild(*fields: tuple[str, bytes]) -> tuple[list[tuple[str, str]], dict[str, str], Findings]:
    findings = Findings()
    headers, facts = rebuild_headers([(n.lower().encode(), v) for n, v in fields], findings)
    return list(headers), facts, findings


def test_addresses_come_one_by_one_with_a_tab() -> None:
    name = (
        b'=?ISO-2022-JP?B?GyRCOzNFREJATzobKEI=?= <taro@example.jp>, "B, C" <b@example.jp>, d@e.jp'
    )
    headers, _, _ = rebuild(("To", name))
    assert [n for n, _ in headers] == ["To"] * 3
    assert headers[0][1].endswith("\ttaro@example.jp") and headers[0][1].startswith("山田")
    assert headers[1:] == [("To", "B, C\tb@example.jp"), ("To", "\td@e.jp")]


def test_what_is_no_address_stays_readable_as_a_name() -> None:
    headers, _, _ = rebuild(("From", b"Nobody at all"))
    assert headers == [("From", "Nobody at all\t")]


def test_other_fields_are_counted_not_named() -> None:
    headers, facts, findings = rebuild(
        ("Received", b"x"), ("Received", b"y"), ("X-Canary", b"CANARY"), ("Bcc", b"h@x.jp")
    )
    assert headers == []
    assert facts == {"received": "2"}
    (row,) = findings
    assert (row.kind, row.action, row.count) == (Kind.HEADER, Action.REMOVED, 4)


def test_the_first_of_repeated_fields_wins_and_is_noted() -> None:
    headers, _, findings = rebuild(("Subject", b"one"), ("Subject", b"two"))
    assert headers == [("Subject", "one")]
    assert Kind.HEADER_DEFECT in {f.kind for f in findings}


def test_dates_ids_and_keywords_are_normalized() -> None:
    headers, facts, _ = rebuild(
        ("Date", b"Mon, 23 Nov 2026 07:00:00 +0900 (JST)"),
        ("Message-ID", b"junk <a@b.jp> <c@d.jp>"),
        ("In-Reply-To", b"Your message of Monday <x@y>"),
        ("List-Id", b"Our list <list.example.jp>"),
        ("Auto-Submitted", b"Auto-Generated; owner=x"),
        ("Precedence", b" BULK "),
    )
    assert headers == [
        ("Date", "Mon, 23 Nov 2026 07:00:00 +0900"),
        ("Message-ID", "<a@b.jp>"),
        ("In-Reply-To", "<x@y>"),
        ("List-Id", "<list.example.jp>"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
    ]
    assert facts["auto_submitted"] == "1"


@pytest.mark.parametrize(
    ("fields", "automatic"),
    [
        ([("Auto-Submitted", b"no")], False),
        ([("Auto-Submitted", b"x-robot")], True),
        ([("Precedence", b"list")], True),
        ([("Precedence", b"first-class")], False),
        ([], False),
    ],
)
def test_programs_are_told_from_people(fields: list[tuple[str, bytes]], automatic: bool) -> None:
    _, facts, _ = rebuild(*fields)
    assert ("auto_submitted" in facts) is automatic


def test_unreadable_values_are_left_out_and_noted() -> None:
    headers, _, findings = rebuild(
        ("Date", b"yesterday"), ("List-Id", b"<<b>>"), ("Precedence", b"canary-word")
    )
    assert headers == []
    assert sum(f.count for f in findings if f.kind is Kind.HEADER_DEFECT) == 3


def test_long_values_are_cut() -> None:
    headers, _, findings = rebuild(("Subject", b"a" * 5_000))
    assert len(headers[0][1]) == MAX_SUBJECT_CHARS
    assert Kind.TRUNCATED in {f.kind for f in findings}


def test_references_keep_the_first_and_the_newest() -> None:
    ids = [f"<{i}@example.jp>" for i in range(300)]
    headers, _, _ = rebuild(("References", " ".join(ids).encode()))
    kept = headers[0][1].split()
    assert (kept[0], kept[-1]) == (ids[0], ids[-1])
    assert len(kept) <= MAX_REFERENCES
    long = " ".join(f"<{i}{'x' * 200}@y>" for i in range(40)).encode()
    headers, _, _ = rebuild(("References", long))
    assert len(headers[0][1]) <= MAX_REFERENCES_CHARS


def test_hops_are_taken_only_when_printable() -> None:
    assert rebuild(("X-Mugaika-Hops", b"3 abcdef"))[1]["hops"] == "3 abcdef"
    assert "hops" not in rebuild(("X-Mugaika-Hops", b"3\x00"))[1]
    assert "hops" not in rebuild(("X-Mugaika-Hops", b"9" * 201))[1]


@pytest.mark.parametrize(
    "subject", ["【無害化】お知らせ", "【追加】資料", "[無害化] x", "【 無 害 化 】x"]
)
def test_a_subject_that_imitates_ours_is_broken(subject: str) -> None:
    headers, _, findings = rebuild(("Subject", subject.encode()))
    assert headers == [("Subject", f"> {subject}")]
    assert Kind.NOTICE_IMITATION in {f.kind for f in findings}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ALLOWED), st.binary(max_size=120)), max_size=6))
def test_no_raw_byte_breaks_out_of_a_value(fields: list[tuple[str, bytes]]) -> None:
    headers, _, _ = rebuild(*fields)
    for name, value in headers:
        assert name in ALLOWED
        if name in ALLOWED[:5]:
            display, tab, address = value.partition("\t")
            assert tab and (display or address)
            value = display + address
        assert is_harmless(value, multiline=False)
        assert value


@pytest.mark.parametrize("evil", [b"a\r\nBcc: x@y", b"a\nBcc: x@y", b"a\rBcc: x@y", b"a\x00b"])
def test_line_breaks_and_nul_never_survive(evil: bytes) -> None:
    for name in ALLOWED:
        headers, _, _ = rebuild(
            (name, evil),
        )
        for _, value in headers:
            assert not set(value) & set("\r\n\0")
    encoded = b"=?utf-8?q?a=0D=0ABcc=3A_x=40y=00?="
    headers, _, _ = rebuild(("Subject", encoded), ("From", encoded + b" <a@b.jp>"))
    assert all(not set(v) & set("\r\n\0") for _, v in headers)
