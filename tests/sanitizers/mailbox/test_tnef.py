"""winmail.dat becomes the mail that it is; what nobody sees of it is gone."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Kind
from sanitizers.identify import identify
from sanitizers.limits import MAX_DEPTH
from sanitizers.mailbox import tnef
from sanitizers.mailbox.tnef import Tnef
from sanitizers.model import Job, Member, Split, SplitKind
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.text.characters import is_harmless
from sanitizers.text.mail import Mail
from tests.corpus import corpus_files, require_corpus
from tests.sanitizers.mailbox import samples
from tests.sanitizers.mailbox.samples import BINARY, LONG, OBJECT, TEXT, TEXT_8, TIME

CANARY = "CANARY7F3Q"
MESSAGE, FILE = 1, 2
CODEPAGE = (MESSAGE, 0x00069007, struct.pack("<II", 932, 0))
SUBJECT = (MESSAGE, 0x00018004, "件名\0".encode("cp932"))
BODY = (MESSAGE, 0x0002800C, "本文①㈱髙\0".encode("cp932"))
START = (FILE, 0x00069002, b"\0" * 14)
TITLE = (FILE, 0x00018010, "資料.txt\0".encode("cp932"))
DATA = (FILE, 0x0006800F, b"hello")
WHOLE = (CODEPAGE, SUBJECT, BODY, START, TITLE, DATA)
IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def properties(*rows: bytes) -> tuple[int, int, bytes]:
    return (MESSAGE, 0x00069003, samples.tnef_properties(*rows))


def file_properties(*rows: bytes) -> tuple[int, int, bytes]:
    return (FILE, 0x00069005, samples.tnef_properties(*rows))


def split_of(data: bytes) -> tuple[Split, bytes]:
    out = io.BytesIO()
    split = Tnef().clean(Job(data=memoryview(data)), out)
    assert split.kind is SplitKind.MAIL
    assert is_harmless(split.text)
    return split, out.getvalue()


def content(member: Member, out: bytes) -> bytes:
    return out[member.offset : member.offset + member.size]


def refused(data: bytes) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        split_of(data)
    return caught.value.code


def test_the_family_takes_what_the_content_says():
    found = identify(memoryview(samples.tnef(*WHOLE)), name="a.doc").media_type
    assert found == "application/ms-tnef"
    assert found in sanitizers_of("mailbox")


def test_text_subject_and_files_of_the_old_attributes_are_read():
    split, out = split_of(samples.tnef(*WHOLE))
    assert split.headers == (("Subject", "件名"),)
    assert split.text == "本文①㈱髙"
    (member,) = split.members
    assert (member.name, content(member, out)) == ("資料.txt", b"hello")


def test_properties_say_it_better_than_the_old_attributes():
    rows = [
        samples.tnef_property(0x0037, TEXT, "よい件名"),
        samples.tnef_property(0x1000, TEXT, "よい本文"),
        samples.tnef_property(0x0C1A, TEXT, "山田"),
        samples.tnef_property(0x5D01, TEXT, "yamada@example.jp"),
        samples.tnef_property(0x0039, TIME, samples.APRIL),
    ]
    name = samples.tnef_property(0x3707, TEXT, "よい名前.txt")
    people = samples.tnef_properties(
        samples.tnef_property(0x3001, TEXT_8, "佐藤\0".encode("cp932")),
        samples.tnef_property(0x39FE, TEXT_8, b"sato@example.jp\0"),
        samples.tnef_property(0x0C15, LONG, 2),
    )
    table = (MESSAGE, 0x00069004, struct.pack("<I", 1) + people)
    split, out = split_of(samples.tnef(*WHOLE, file_properties(name), table, properties(*rows)))
    assert split.headers == (
        ("From", "山田\tyamada@example.jp"),
        ("Cc", "佐藤\tsato@example.jp"),
        ("Subject", "よい件名"),
        ("Date", "Wed, 01 Apr 2026 01:00:00 +0000"),
    )
    assert split.text == "よい本文"
    assert [(m.name, content(m, out)) for m in split.members] == [("よい名前.txt", b"hello")]


def test_a_body_in_compressed_rtf_is_read():
    rtf = samples.lzfu(rb"{\rtf1\ansi\ansicpg932 \'93\'fa\'96\'7b}")
    split, _ = split_of(samples.tnef(properties(samples.tnef_property(0x1009, BINARY, rtf))))
    assert split.text == "日本"


def nested(inner: bytes) -> bytes:
    row = samples.tnef_property(0x3701, OBJECT, IID_MESSAGE + inner)
    return samples.tnef(SUBJECT, START, file_properties(row))


def test_a_message_in_a_message_is_an_attached_mail():
    split, out = split_of(nested(samples.tnef(*WHOLE)))
    (member,) = split.members
    assert member.claimed_type == "message/rfc822"
    again = io.BytesIO()
    mail = Mail().clean(Job(data=memoryview(content(member, out))), again)
    assert mail.text == "本文①㈱髙"
    assert again.getvalue() == b"hello"


def test_messages_in_messages_end_at_the_depth_of_the_tree():
    data = samples.tnef((MESSAGE, 0x0002800C, b"innermost"))
    for _ in range(1_000):
        data = nested(data)
    split, out = split_of(data)
    assert b"innermost" not in out
    assert split.members[-1].withheld == ReasonCode.UNSUPPORTED_TYPE.value
    depth, raw = 0, content(split.members[0], out)
    while raw:
        again = io.BytesIO()
        mail = Mail().clean(Job(data=memoryview(raw)), again)
        depth, raw = depth + 1, content(mail.members[0], again.getvalue()) if mail.members else b""
    assert depth == MAX_DEPTH - 1


def test_objects_of_programs_are_withheld():
    row = samples.tnef_property(0x3701, OBJECT, b"\0" * 16 + CANARY.encode())
    split, out = split_of(samples.tnef(START, file_properties(row)))
    assert [m.withheld for m in split.members] == [ReasonCode.UNSUPPORTED_TYPE.value]
    assert CANARY.encode() not in out


UNSEEN = [0x001A, 0x003D, 0x0041, 0x0070, 0x0C19, 0x0E04, 0x1008, 0x3008, 0x4022, 0x8001, 0xFFFE]


@pytest.mark.parametrize("kind", [TEXT, TEXT_8, BINARY])
@pytest.mark.parametrize("identifier", UNSEEN)
def test_properties_that_nobody_sees_do_not_cross(identifier, kind):
    value = CANARY if kind == TEXT else CANARY.encode()
    row = samples.tnef_property(identifier, kind, value, name=CANARY)
    split, out = split_of(samples.tnef(*WHOLE, file_properties(row), properties(row)))
    assert CANARY not in repr(split)
    assert CANARY.encode() not in out
    assert out == b"hello"
    if identifier != 0x001A:  # a class is looked at, and never shown
        counts = {f.count for f in split.findings if f.where == "properties"}
        assert counts == {2}


@pytest.mark.parametrize(
    "attribute",
    [0x00078008, 0x00018009, 0x00048020, 0x0008800D, 0x00069001, 0x00068011, 0x00079999],
)
@pytest.mark.parametrize("level", [MESSAGE, FILE])
def test_attributes_that_no_rule_names_do_not_cross(attribute, level):
    data = samples.tnef(*WHOLE, (level, attribute, CANARY.encode()))
    split, out = split_of(data)
    assert (Kind.METADATA, Action.REMOVED, 1) in {
        (f.kind, f.action, f.count) for f in split.findings
    }
    assert CANARY not in repr(split)
    assert out == b"hello"


def test_names_and_padding_of_properties_do_not_cross():
    row = samples.tnef_property(0x8123, TEXT, CANARY, name=CANARY)
    split, out = split_of(samples.tnef(BODY, CODEPAGE, properties(row)))
    assert (CANARY in repr(split), out) == (False, b"")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"hello, world", ReasonCode.DAMAGED),
        (b"\x78\x9f\x3e", ReasonCode.DAMAGED),
        (samples.tnef((9, 0x0002800C, b"x")), ReasonCode.DAMAGED),
        (samples.tnef() + struct.pack("<BII", 1, 0x0002800C, 2**32 - 1), ReasonCode.DAMAGED),
        (samples.tnef((1, 0x00069003, b"\xff\xff\xff\xff")), ReasonCode.DAMAGED),
        (
            samples.tnef((1, 0x00069003, b"\1\0\0\0\x1e\0\x37\0\xff\xff\xff\xff")),
            ReasonCode.DAMAGED,
        ),
        (samples.tnef((1, 0x00069003, b"\1\0\0\0\x99\x09\x37\0\1\0\0\0")), ReasonCode.DAMAGED),
        (samples.tnef((1, 0x00069004, b"\xff\xff\xff\xff")), ReasonCode.DAMAGED),
    ],
)
def test_lies_and_garbage_are_withheld(data, code):
    assert refused(data) is code


@pytest.mark.parametrize("rest", [samples.tnef(DATA)[6:-4], b"\2\x0f\x80", b"K" * 40])
def test_of_a_file_that_was_cut_the_whole_part_crosses_and_the_loss_is_said(rest):
    split, out = split_of(samples.tnef(*WHOLE) + rest)
    assert split.text == "本文①㈱髙"
    assert [(m.name, m.withheld) for m in split.members] == [
        ("資料.txt", ""),
        ("", ReasonCode.DAMAGED.value),
    ]
    assert out == b"hello"


@pytest.mark.parametrize("rest", [b"\0", b"\r\n", b"\0" * 500])
def test_filling_at_the_end_is_no_loss(rest):
    split, _ = split_of(samples.tnef(*WHOLE) + rest)
    assert [m.withheld for m in split.members] == [""]


def test_too_many_files_are_withheld(monkeypatch):
    monkeypatch.setattr(tnef, "MAX_PARTS", 5)
    assert refused(samples.tnef(*[START] * 6)) is ReasonCode.TOO_MANY_PARTS


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=6))
def test_damage_anywhere_gives_a_mail_or_a_reason(at, noise):
    row = samples.tnef_property(0x8123, TEXT, "x", name="y")
    data = bytearray(samples.tnef(*WHOLE, file_properties(row), properties(row)))
    data[at : at + len(noise)] = noise
    try:
        split, out = split_of(bytes(data))
    except Withheld:
        return
    assert len(out) <= 2 * len(data)
    assert all("\n" not in value for _, value in split.headers)


@pytest.mark.corpus
def test_the_corpus_crosses():
    require_corpus()
    crossed = 0
    for path in corpus_files("tnef", ".tnef"):
        try:
            split, _ = split_of(path.read_bytes())
        except Withheld as error:
            assert error.code is ReasonCode.DAMAGED
        else:
            crossed += bool(split.text or split.members or split.headers)
    assert crossed >= 6
