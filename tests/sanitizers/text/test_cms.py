"""The content of a signed wrapping is found, whatever its encoding; nothing else is taken."""

from __future__ import annotations

import base64
import datetime
import zlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text import cms
from sanitizers.text.cms import holds_mail, unwrap
from tests.sanitizers.mailbox.samples import PKCS7, SMIME, ber, der, signed, signed_in_pieces

ENTITY = b"Content-Type: text/plain\r\n\r\nhello\r\n"


def refused(data: bytes) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        unwrap(data)
    return caught.value.code


@pytest.fixture(scope="module")
def person():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CANARY")])
    day = datetime.datetime(2026, 1, 1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return key, certificate


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_what_a_real_signer_signed_is_found(person, encoding):
    key, certificate = person
    builder = pkcs7.PKCS7SignatureBuilder().set_data(ENTITY)
    data = builder.add_signer(certificate, key, hashes.SHA256()).sign(
        encoding, [pkcs7.PKCS7Options.Binary]
    )
    assert unwrap(data) == ENTITY


def test_what_a_real_program_encrypted_is_said_to_be_encrypted(person):
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(ENTITY).add_recipient(person[1])
    assert refused(builder.encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])) is (
        ReasonCode.SIGNED_OR_ENCRYPTED_MAIL
    )


def test_pieces_of_a_streaming_signer_are_joined():
    assert unwrap(signed_in_pieces(ENTITY[:10], b"", ENTITY[10:])) == ENTITY
    nested = ber(0x24, der(0x24, der(0x04, b"a"), ber(0x24, der(0x04, b"b"))), der(0x04, b"c"))
    inside = der(0x30, der(0x06, PKCS7 + b"\x01"), der(0xA0, nested))
    data = der(0x30, der(0x02, b"\1"), der(0x31), inside)
    assert unwrap(der(0x30, der(0x06, PKCS7 + b"\x02"), der(0xA0, data))) == b"abc"


def test_nothing_but_the_content_is_given():
    assert unwrap(signed(ENTITY, rest=der(0xA0, b"CANARY")) + b"CANARY") == ENTITY


def test_armor_is_read():
    text = base64.encodebytes(signed(ENTITY))
    assert unwrap(b"-----BEGIN CMS-----\r\n" + text + b"-----END CMS-----\r\n") == ENTITY


def test_compressed_content_is_unpacked():
    assert unwrap(signed(zlib.compress(ENTITY), kind=SMIME + b"\x09")) == ENTITY


def test_a_bomb_is_found_before_it_costs_memory(monkeypatch):
    monkeypatch.setattr(cms, "MAX_INFLATED", 10_000)
    bomb = signed(zlib.compress(b"\0" * 1_000_000), kind=SMIME + b"\x09")
    assert refused(bomb) is ReasonCode.ARCHIVE_BOMB


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (signed(b"x", kind=PKCS7 + b"\x03"), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL),
        (signed(b"x", kind=PKCS7 + b"\x06"), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL),
        (signed(b"x", kind=SMIME + b"\x17"), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL),
        (signed(None), ReasonCode.UNSUPPORTED_TYPE),
        (signed(b"x", kind=PKCS7 + b"\x05"), ReasonCode.UNSUPPORTED_TYPE),
        (signed(b"no zlib", kind=SMIME + b"\x09"), ReasonCode.DAMAGED),
        (signed(zlib.compress(ENTITY)[:-9], kind=SMIME + b"\x09"), ReasonCode.DAMAGED),
        (b"", ReasonCode.DAMAGED),
        (b"\x30", ReasonCode.DAMAGED),
        (b"\x30\x80", ReasonCode.DAMAGED),
        (b"\x30\x84\xff\xff\xff\xff", ReasonCode.DAMAGED),
        (b"\x30\x89" + b"\1" * 9, ReasonCode.DAMAGED),
        (signed(ENTITY)[:-1], ReasonCode.DAMAGED),
        (b"\x30\x80" * 1_000, ReasonCode.TOO_DEEP),
        (der(0x04, b"x"), ReasonCode.DAMAGED),
        (der(0x30, der(0x04, b"x"), der(0xA0)), ReasonCode.DAMAGED),
        (der(0x30, der(0x06, PKCS7 + b"\x02")), ReasonCode.DAMAGED),
        (der(0x30, der(0x06, PKCS7 + b"\x02"), der(0xA0)), ReasonCode.DAMAGED),
        (der(0x30, der(0x06, PKCS7 + b"\x02"), der(0xA0, der(0x30))), ReasonCode.DAMAGED),
        (b"hello", ReasonCode.DAMAGED),
    ],
)
def test_everything_else_is_refused_with_its_reason(data, code):
    assert refused(data) is code


def test_the_number_of_elements_is_bounded(monkeypatch):
    monkeypatch.setattr(cms, "MAX_ELEMENTS", 100)
    assert refused(signed_in_pieces(*[b"x"] * 100)) is ReasonCode.DAMAGED


@pytest.mark.parametrize(
    ("content", "is_mail"),
    [
        (ENTITY, True),
        (b"X-A: b\r\n c\r\nMIME-Version: 1.0\r\n\r\n", True),
        (b"<?xml version='1.0'?>", False),
        (b"%PDF-1.7", False),
        (b"", False),
        (b"a: b\r\n" * 50, False),
    ],
)
def test_what_holds_a_mail_is_told_from_files(content, is_mail):
    assert holds_mail(content) is is_mail


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 80), st.binary(min_size=1, max_size=4))
def test_damage_never_gives_anything_but_a_reason(content, at, noise):
    data = bytearray(signed_in_pieces(content))
    data[at : at + len(noise)] = noise
    try:
        found = unwrap(bytes(data))
    except Withheld:
        return
    assert len(found) <= len(data)
