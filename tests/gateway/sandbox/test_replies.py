"""A forged reply is refused, whatever it looks like."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import frames, replies
from gateway.sandbox.protocol import CleanedReply, NeedsReply, SplitReply, WithheldReply
from gateway.sandbox.replies import BadReply, decode
from sanitizers.findings import Action, Finding, Kind
from sanitizers.model import Cleaned, Member, Method, Needs, Split, SplitKind
from sanitizers.reasons import ReasonCode

FINDING = Finding(kind=Kind.SCRIPT, action=Action.REMOVED, count=3, where="page 2", sha256="a" * 64)
CLEANED = Cleaned(
    media_type="image/png", extension=".png", method=Method.SANITIZE, findings=(FINDING,)
)
SPLIT = Split(
    headers=(("Subject", "請求書"), ("To", "山田\tyamada@example.jp")),
    text="本文\n",
    members=(
        Member(name="図.png", claimed_type="image/png", claimed_charset="", offset=0, size=9),
    ),
    findings=(FINDING,),
    facts={"received": "2"},
)


INVITATION = Cleaned(
    media_type="text/calendar",
    extension=".ics",
    method=Method.SANITIZE,
    text="予定: 会議\n",
    parameters={"method": "REQUEST"},
)
CONTAINER = Split(
    kind=SplitKind.CONTAINER,
    members=(
        Member(
            name="図.png", folder="資料/2026年度", claimed_type="image/png", claimed_charset="",
            offset=0, size=4,
        ),
        Member(name="", claimed_type="", claimed_charset="", offset=4, size=5, beside=True),
    ),
)  # fmt: skip
INNER = Split(kind=SplitKind.INNER, members=(CONTAINER.members[0],), findings=(FINDING,))
NEEDS = Needs(
    tool="libreoffice",
    target="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    findings=(FINDING,),
)


def test_a_cleaned_reply_comes_back_as_it_was_sent() -> None:
    reply = decode(frames.encode_cleaned(CLEANED, 10), op="clean", output_size=10)
    assert reply == CleanedReply(cleaned=CLEANED, size=10)


def test_a_split_reply_comes_back_as_it_was_sent() -> None:
    reply = decode(frames.encode_split(SPLIT), op="clean", output_size=9)
    assert reply == SplitReply(split=SPLIT)


@pytest.mark.parametrize("op", ["clean", "assemble"])
def test_an_invitation_keeps_its_card_and_its_method(op: str) -> None:
    reply = decode(frames.encode_cleaned(INVITATION, 10), op=op, output_size=10)
    assert reply == CleanedReply(cleaned=INVITATION, size=10)


@pytest.mark.parametrize("split", [CONTAINER, replace(CONTAINER, facts={"password": "50"}), INNER])
def test_containers_and_wrappers_come_back_as_they_were_sent(split: Split) -> None:
    assert decode(frames.encode_split(split), op="clean", output_size=9) == SplitReply(split=split)


def test_a_need_comes_back_as_it_was_sent() -> None:
    for needs in (NEEDS, replace(NEEDS, source="application/rtf")):
        reply = decode(frames.encode_needs(needs), op="clean", output_size=9)
        assert reply == NeedsReply(needs=needs)


@pytest.mark.parametrize(
    "needs",
    [
        replace(NEEDS, tool="bash"),
        replace(NEEDS, tool=""),
        replace(NEEDS, source="text/unheard-of"),
        replace(NEEDS, target="application/x-sh"),
        replace(NEEDS, tool="ffmpeg"),
    ],
)
def test_a_need_of_another_program_or_type_is_refused(needs: Needs) -> None:
    with pytest.raises(BadReply):
        decode(frames.encode_needs(needs), op="clean", output_size=9)


def test_a_need_without_bytes_or_after_assembling_is_refused() -> None:
    for op, size in (("clean", 0), ("assemble", 9), ("verify", 9)):
        with pytest.raises(BadReply):
            decode(frames.encode_needs(NEEDS), op=op, output_size=size)


@pytest.mark.parametrize(
    "split",
    [
        replace(INNER, members=()),
        replace(INNER, members=CONTAINER.members),
        replace(CONTAINER, text="text"),
        replace(CONTAINER, facts={"received": "1"}),
        replace(CONTAINER, facts={"password": "0"}),
        replace(CONTAINER, facts={"password": "51"}),
        replace(CONTAINER, facts={"password": "\u0661"}),
        replace(INNER, facts={"password": "1"}),
        replace(CONTAINER, headers=(("Subject", "x"),)),
        replace(INNER, facts={"received": "1"}),
    ],
)
def test_a_split_that_mixes_kinds_is_refused(split: Split) -> None:
    with pytest.raises(BadReply):
        decode(frames.encode_split(split), op="clean", output_size=9)


@pytest.mark.parametrize(
    "folder",
    ["/", "/etc", "a/", "a//b", "..", "a/../b", ".", "a\\b", "C:", "NUL", "a\nb", "a/ b",
     "\u202ea", "/".join("a" * 33), "か\u3099"],
)  # fmt: skip
def test_a_folder_that_is_not_clean_is_refused(folder: str) -> None:
    split = replace(CONTAINER, members=(replace(CONTAINER.members[0], folder=folder),))
    with pytest.raises(BadReply):
        decode(frames.encode_split(split), op="clean", output_size=9)


@pytest.mark.parametrize(
    ("media_type", "parameters"),
    [
        ("text/calendar", {"method": "EXECUTE"}),
        ("text/calendar", {"method": "request"}),
        ("text/calendar", {"method": "REQUEST\r\nX: y"}),
        ("text/calendar", {"charset": "utf-8"}),
        ("text/calendar", {"": ""}),
        ("text/plain", {"method": "REQUEST"}),
    ],
)
def test_a_parameter_that_is_not_listed_is_refused(
    media_type: str, parameters: dict[str, str]
) -> None:
    cleaned = replace(INVITATION, media_type=media_type, parameters=parameters)
    with pytest.raises(BadReply):
        decode(frames.encode_cleaned(cleaned, 10), op="clean", output_size=10)


def test_a_parameter_twice_is_refused() -> None:
    frame = _forged(b"P", b"method", b"REQUEST", head=CALENDAR)
    assert isinstance(decode(frame, op="clean", output_size=10), CleanedReply)
    both = _forged(b"P", b"method", b"REPLY", head=CALENDAR + frame[8 + len(CALENDAR) :], count=3)
    with pytest.raises(BadReply, match="parameter"):
        decode(both, op="clean", output_size=10)


def test_a_card_without_end_is_refused() -> None:
    cleaned = replace(INVITATION, text="あ" * (replies.MAX_CARD_CHARS + 1))
    with pytest.raises(BadReply):
        decode(frames.encode_cleaned(cleaned, 10), op="clean", output_size=10)


@pytest.mark.parametrize("output_size", [0, 9, 11])
def test_the_output_must_be_as_long_as_the_reply_says(output_size: int) -> None:
    with pytest.raises(BadReply):
        decode(frames.encode_cleaned(CLEANED, 10), op="clean", output_size=output_size)


def test_an_empty_output_is_a_failure() -> None:
    with pytest.raises(BadReply):
        decode(frames.encode_cleaned(CLEANED, 0), op="clean", output_size=0)


def test_a_member_outside_the_output_is_refused() -> None:
    with pytest.raises(BadReply):
        decode(frames.encode_split(SPLIT), op="clean", output_size=8)


@pytest.mark.parametrize("op", ["identify", "verify", "other"])
def test_a_reply_to_another_question_is_refused(op: str) -> None:
    with pytest.raises(BadReply):
        decode(frames.encode_cleaned(CLEANED, 10), op=op, output_size=10)


def _forged(tag: bytes, *fields: bytes, head: bytes | None = None, count: int = 0) -> bytes:
    records = [head] if head else []
    records.append(
        tag + bytes([len(fields)]) + b"".join(struct.pack("<I", len(f)) + f for f in fields)
    )
    return frames.MAGIC + struct.pack("<I", count or len(records)) + b"".join(records)


HEAD = _forged(b"O", b"", b"image/png", b".png", b"sanitize", b"10")[8:]
CALENDAR = _forged(b"O", b"", b"text/calendar", b".ics", b"sanitize", b"10")[8:]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"MGK1",
        b"MGK1" + struct.pack("<I", 2**32 - 1),
        _forged(b"O", b"", b"image/png", b".exe.", b"sanitize", b"10"),
        _forged(b"O", b"", b"image/png", b"../x", b"sanitize", b"10"),
        _forged(b"O", b"", b"IMAGE PNG\r\nX: y", b".png", b"sanitize", b"10"),
        _forged(b"O", b"", b"image/png", b".png", b"pass-through", b"10"),
        _forged(b"O", b"", b"image/png", b".png", b"sanitize", b"-10"),
        _forged(b"O", b"", b"image/png", b".png", b"sanitize", "１０".encode()),
        _forged(b"O", b"", b"image/png", b".png", b"sanitize", b"10", b"more"),
        _forged(b"O", b"", b"image/png", b".png", b"sanitize", b"\xff\xfe"),
        _forged(b"Z"),
        _forged(b"F", b"script", b"removed", b"0", b"", b"", head=HEAD),
        _forged(b"F", b"nonsense", b"removed", b"1", b"", b"", head=HEAD),
        _forged(b"F", b"script", b"removed", b"1", b"<script>", b"", head=HEAD),
        _forged(b"F", b"script", b"removed", b"1", b"", b"A" * 64, head=HEAD),
        _forged(b"H", b"Subject", b"x", head=HEAD),
        _forged(b"W", b"no_such_reason", b""),
        _forged(b"N", b"libreoffice", b"application/pdf", b"more"),
        _forged(b"S", b"text"),
        _forged(b"P", b"method", b"REQUEST", head=HEAD),
        _forged(b"P", b"method", b"REQUEST"),
        _forged(b"O", b"", b"image/png", b".png", b"sanitize", b"10") + b"trailing",
        _forged(b"M", b"../../etc/passwd", b"", b"", b"", b"0", b"1", b"0", b"0", b""),
    ],
)
def test_forged_frames_are_refused(frame: bytes) -> None:
    with pytest.raises(BadReply):
        decode(frame, op="clean", output_size=10)


def test_a_member_name_with_a_path_is_refused() -> None:
    head = _forged(b"S", b"text", b"mail")[8:]
    for name, flag in ((b"../../etc/passwd", b"0"), (b"a.txt", b"yes")):
        frame = _forged(b"M", name, b"", b"", b"", b"0", b"1", flag, b"0", b"", head=head)
        with pytest.raises(BadReply, match=r"clean name|flag"):
            decode(frame, op="clean", output_size=10)


def test_an_unknown_kind_of_split_is_refused() -> None:
    with pytest.raises(BadReply, match="kind of split"):
        decode(_forged(b"S", b"", b"folder"), op="clean", output_size=10)


def test_withheld_carries_its_reason() -> None:
    frame = frames.encode_withheld(ReasonCode.DAMAGED, "ValueError png.py:10")
    reply = decode(frame, op="clean", output_size=0)
    assert isinstance(reply, WithheldReply)
    assert reply.code is ReasonCode.DAMAGED


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_random_bytes_are_never_a_reply(data: bytes) -> None:
    with pytest.raises(BadReply):
        decode(data, op="clean", output_size=100)


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_gives_a_reply_within_bounds(at: int, value: int) -> None:
    frame = bytearray(frames.encode_split(SPLIT))
    frame[at % len(frame)] = value
    try:
        reply = decode(bytes(frame), op="clean", output_size=9)
    except BadReply:
        return
    assert isinstance(reply, SplitReply)
    for member in reply.split.members:
        assert member.offset + member.size <= 9
