"""A forged reply is refused, whatever it looks like."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox import protocol
from gateway.sandbox.protocol import BadReply, CleanedReply, SplitReply, decode
from sanitizers.findings import Action, Finding, Kind
from sanitizers.model import Cleaned, Member, Method, Split
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


def test_a_cleaned_reply_comes_back_as_it_was_sent() -> None:
    reply = decode(protocol.encode_cleaned(CLEANED, 10), op="clean", output_size=10)
    assert reply == CleanedReply(cleaned=CLEANED, size=10)


def test_a_split_reply_comes_back_as_it_was_sent() -> None:
    reply = decode(protocol.encode_split(SPLIT), op="clean", output_size=9)
    assert reply == SplitReply(split=SPLIT)


@pytest.mark.parametrize("output_size", [0, 9, 11])
def test_the_output_must_be_as_long_as_the_reply_says(output_size: int) -> None:
    with pytest.raises(BadReply):
        decode(protocol.encode_cleaned(CLEANED, 10), op="clean", output_size=output_size)


def test_an_empty_output_is_a_failure() -> None:
    with pytest.raises(BadReply):
        decode(protocol.encode_cleaned(CLEANED, 0), op="clean", output_size=0)


def test_a_member_outside_the_output_is_refused() -> None:
    with pytest.raises(BadReply):
        decode(protocol.encode_split(SPLIT), op="clean", output_size=8)


@pytest.mark.parametrize("op", ["identify", "verify", "other"])
def test_a_reply_to_another_question_is_refused(op: str) -> None:
    with pytest.raises(BadReply):
        decode(protocol.encode_cleaned(CLEANED, 10), op=op, output_size=10)


def _forged(tag: bytes, *fields: bytes, head: bytes | None = None) -> bytes:
    records = [head] if head else []
    records.append(
        tag + bytes([len(fields)]) + b"".join(struct.pack("<I", len(f)) + f for f in fields)
    )
    return protocol.MAGIC + struct.pack("<I", len(records)) + b"".join(records)


HEAD = _forged(b"O", b"image/png", b".png", b"sanitize", b"10")[8:]


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"MGK1",
        b"MGK1" + struct.pack("<I", 2**32 - 1),
        _forged(b"O", b"image/png", b".exe.", b"sanitize", b"10"),
        _forged(b"O", b"image/png", b"../x", b"sanitize", b"10"),
        _forged(b"O", b"IMAGE PNG\r\nX: y", b".png", b"sanitize", b"10"),
        _forged(b"O", b"image/png", b".png", b"pass-through", b"10"),
        _forged(b"O", b"image/png", b".png", b"sanitize", b"-10"),
        _forged(b"O", b"image/png", b".png", b"sanitize", "１０".encode()),
        _forged(b"O", b"image/png", b".png", b"sanitize", b"10", b"more"),
        _forged(b"O", b"image/png", b".png", b"sanitize", b"\xff\xfe"),
        _forged(b"Z"),
        _forged(b"F", b"script", b"removed", b"0", b"", b"", head=HEAD),
        _forged(b"F", b"nonsense", b"removed", b"1", b"", b"", head=HEAD),
        _forged(b"F", b"script", b"removed", b"1", b"<script>", b"", head=HEAD),
        _forged(b"F", b"script", b"removed", b"1", b"", b"A" * 64, head=HEAD),
        _forged(b"H", b"Subject", b"x", head=HEAD),
        _forged(b"W", b"no_such_reason", b""),
        _forged(b"O", b"image/png", b".png", b"sanitize", b"10") + b"trailing",
        _forged(b"M", b"../../etc/passwd", b"", b"", b"0", b"1", b"0", b""),
    ],
)
def test_forged_frames_are_refused(frame: bytes) -> None:
    with pytest.raises(BadReply):
        decode(frame, op="clean", output_size=10)


def test_a_member_name_with_a_path_is_refused() -> None:
    head = _forged(b"S", b"text")[8:]
    frame = _forged(b"M", b"../../etc/passwd", b"", b"", b"0", b"1", b"0", b"", head=head)
    with pytest.raises(BadReply):
        decode(frame, op="clean", output_size=10)


def test_withheld_carries_its_reason() -> None:
    frame = protocol.encode_withheld(ReasonCode.DAMAGED, "ValueError png.py:10")
    reply = decode(frame, op="clean", output_size=0)
    assert isinstance(reply, protocol.WithheldReply)
    assert reply.code is ReasonCode.DAMAGED


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_random_bytes_are_never_a_reply(data: bytes) -> None:
    with pytest.raises(BadReply):
        decode(data, op="clean", output_size=100)


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_gives_a_reply_within_bounds(at: int, value: int) -> None:
    frame = bytearray(protocol.encode_split(SPLIT))
    frame[at % len(frame)] = value
    try:
        reply = decode(bytes(frame), op="clean", output_size=9)
    except BadReply:
        return
    assert isinstance(reply, SplitReply)
    for member in reply.split.members:
        assert member.offset + member.size <= 9
