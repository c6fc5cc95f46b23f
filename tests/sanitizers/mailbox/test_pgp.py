"""What OpenPGP only signed stands in for its wrapping; what it encrypted is withheld."""

from __future__ import annotations

import base64
import bz2
import io
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.findings import Action, Kind
from sanitizers.identify import identify
from sanitizers.mailbox import _openpgp
from sanitizers.mailbox._openpgp import literal_data
from sanitizers.mailbox.pgp import PgpMessage
from sanitizers.model import Job, SplitKind
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of


def packet(tag: int, body: bytes) -> bytes:
    """In the new format, with a length of five octets."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def old(tag: int, body: bytes) -> bytes:
    return bytes([0x81 | tag << 2]) + len(body).to_bytes(2, "big") + body


def literal(content: bytes, name: bytes = b"CANARY.txt") -> bytes:
    return b"b" + bytes([len(name)]) + name + b"\0\0\0\1" + content


def armored(data: bytes) -> bytes:
    text = base64.encodebytes(data)
    return (
        b"-----BEGIN PGP MESSAGE-----\nVersion: x\n\n"
        + text
        + b"=AAAA\n-----END PGP MESSAGE-----\n"
    )


SIGNED = packet(4, b"CANARY") + packet(11, literal(b"hello")) + packet(2, b"CANARY")
PARTIAL = b"\xcb\xe9" + literal(b"x" * 600)[:512] + bytes([len(literal(b"x" * 600)) - 512])
PARTIAL += literal(b"x" * 600)[512:]


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (SIGNED, b"hello"),
        (armored(SIGNED), b"hello"),
        (packet(10, b"PGP") + old(4, b"s") + old(11, literal(b"hello")), b"hello"),
        (b"\xaf" + literal(b"to the end"), b"to the end"),
        (PARTIAL, b"x" * 600),
        (packet(8, b"\0" + SIGNED), b"hello"),
        (packet(8, b"\1" + zlib.compress(SIGNED)[2:-4]), b"hello"),
        (packet(8, b"\2" + zlib.compress(SIGNED)), b"hello"),
        (packet(8, b"\3" + bz2.compress(SIGNED)), b"hello"),
        (b"\xcb\x0b" + literal(b"hello", b""), b"hello"),
    ],
)
def test_what_was_signed_is_found(data, content):
    assert literal_data(data) == content


@pytest.mark.parametrize(
    ("data", "code"),
    [
        *((packet(tag, b"x"), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL) for tag in (1, 3, 9, 18, 20)),
        (armored(packet(1, b"x")), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL),
        (packet(8, b"\2" + zlib.compress(packet(18, b"x"))), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL),
        (packet(6, b"key") + packet(11, literal(b"x")), ReasonCode.UNSUPPORTED_TYPE),
        (packet(2, b"x"), ReasonCode.UNSUPPORTED_TYPE),
        (b"", ReasonCode.UNSUPPORTED_TYPE),
        (b"hello", ReasonCode.DAMAGED),
        (b"\xcb", ReasonCode.DAMAGED),
        (SIGNED[:20], ReasonCode.DAMAGED),
        (packet(11, b"b\xffshort"), ReasonCode.DAMAGED),
        (packet(11, b"b"), ReasonCode.DAMAGED),
        (packet(8, b""), ReasonCode.DAMAGED),
        (packet(8, b"\2no zlib"), ReasonCode.DAMAGED),
        (packet(8, b"\3no bzip2"), ReasonCode.DAMAGED),
        (packet(8, b"\0" + packet(8, b"\0" + packet(8, b"\0" + SIGNED))), ReasonCode.TOO_DEEP),
        (b"-----BEGIN PGP MESSAGE-----\n\n????\n", ReasonCode.DAMAGED),
        (b"-----BEGIN PGP MESSAGE-----\n\nA\n-----END PGP MESSAGE-----", ReasonCode.DAMAGED),
    ],
)
def test_everything_else_is_refused_with_its_reason(data, code):
    with pytest.raises(Withheld) as caught:
        literal_data(data)
    assert caught.value.code is code


def test_a_bomb_is_found_before_it_costs_memory(monkeypatch):
    monkeypatch.setattr(_openpgp, "MAX_INFLATED", 10_000)
    with pytest.raises(Withheld) as caught:
        literal_data(packet(8, b"\2" + zlib.compress(b"\0" * 1_000_000)))
    assert caught.value.code is ReasonCode.ARCHIVE_BOMB


@pytest.mark.parametrize(
    "data",
    [
        armored(SIGNED),
        b"\x85\x01\x0c\x03" + b"K" * 8 + b"\x01" + b"x" * 300,  # to an RSA key, old format
        b"\xc1\x5e\x03" + b"K" * 8 + b"\x12" + b"x" * 90,  # to an ECDH key, new format
        b"\x8c\x0d\x04\x09\x03\x08" + b"x" * 60,  # by a passphrase
    ],
)
def test_the_family_takes_what_the_content_says(data):
    found = identify(memoryview(data), name="資料.pdf.gpg").media_type
    assert found == "application/pgp-encrypted"
    assert isinstance(sanitizers_of("mailbox")[found], PgpMessage)


def test_the_signed_file_is_the_file_under_its_own_name():
    out = io.BytesIO()
    split = PgpMessage().clean(Job(data=memoryview(SIGNED), name="資料.txt.asc"), out)
    (member,) = split.members
    assert (split.kind, member.name, out.getvalue()) == (SplitKind.INNER, "資料.txt", b"hello")
    assert [(f.kind, f.action) for f in split.findings] == [(Kind.SIGNED_MAIL, Action.REMOVED)]
    assert "CANARY" not in repr(split)


@pytest.mark.parametrize("data", [b"", packet(11, literal(b""))])
def test_nothing_is_empty(data):
    with pytest.raises(Withheld) as caught:
        PgpMessage().clean(Job(data=memoryview(data)), io.BytesIO())
    assert caught.value.code is ReasonCode.EMPTY


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.binary(max_size=40).map(lambda b: b"\xcb" + b)))
def test_no_bytes_give_anything_but_a_reason(data):
    try:
        found = literal_data(data)
    except Withheld:
        return
    assert len(found) <= max(len(data), _openpgp.MAX_INFLATED)
