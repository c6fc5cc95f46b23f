"""What was signed stands in for its wrapping; what is encrypted is withheld and said so."""

from __future__ import annotations

import io
import zlib

import pytest

from sanitizers.findings import Action, Kind
from sanitizers.identify import identify
from sanitizers.mailbox.smime import SmimeFile
from sanitizers.model import Job, Split, SplitKind
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from tests.sanitizers.mailbox import samples
from tests.sanitizers.mailbox.samples import PKCS7, SMIME, der

ENTITY = b"Content-Type: text/plain\r\n\r\nhello\r\n"


def split_of(data: bytes, name: str = "smime.p7m") -> tuple[Split, bytes]:
    out = io.BytesIO()
    split = SmimeFile().clean(Job(data=memoryview(data), name=name), out)
    assert split.kind is SplitKind.INNER
    return split, out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        samples.signed(ENTITY),
        samples.signed_in_pieces(ENTITY),
        samples.signed(zlib.compress(ENTITY), kind=SMIME + b"\x09"),
        samples.signed(ENTITY, kind=SMIME + b"\x17"),
        samples.signed(ENTITY, kind=PKCS7 + b"\x03"),
        b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n",
        b"-----BEGIN CMS-----\nMAA=\n-----END CMS-----\n",
    ],
)
def test_the_family_takes_what_the_content_says(data):
    found = identify(memoryview(data), name="a.txt").media_type
    assert found == "application/pkcs7-mime"
    assert found in sanitizers_of("mailbox")


@pytest.mark.parametrize("pack", [samples.signed, samples.signed_in_pieces])
def test_a_signed_mail_is_the_mail(pack):
    split, out = split_of(pack(ENTITY))
    assert out == ENTITY
    (member,) = split.members
    assert (member.name, member.claimed_type) == ("smime.eml", "message/rfc822")
    assert (member.offset, member.size) == (0, len(ENTITY))
    assert [(f.kind, f.action) for f in split.findings] == [(Kind.SIGNED_MAIL, Action.REMOVED)]
    assert identify(memoryview(out), name=member.name).media_type == "message/rfc822"


def test_a_signed_file_is_the_file_under_its_own_name():
    split, out = split_of(samples.signed(b"%PDF-1.7"), "契約書.pdf.p7m")
    (member,) = split.members
    assert (member.name, member.claimed_type, out) == ("契約書.pdf", "", b"%PDF-1.7")


def test_signatures_and_certificates_do_not_cross():
    rest = der(0xA0, b"CANARY") + der(0x31, b"CANARY")
    split, out = split_of(samples.signed(ENTITY, rest=rest) + b"CANARY")
    assert b"CANARY" not in out
    assert "CANARY" not in repr(split)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (samples.signed(b""), ReasonCode.EMPTY),
        (samples.signed(None), ReasonCode.UNSUPPORTED_TYPE),
        (samples.signed(b"x", kind=PKCS7 + b"\x03"), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL),
        (samples.signed(b"x", kind=SMIME + b"\x17"), ReasonCode.SIGNED_OR_ENCRYPTED_MAIL),
        (b"garbage", ReasonCode.DAMAGED),
    ],
)
def test_everything_else_is_withheld_with_its_reason(data, code):
    with pytest.raises(Withheld) as caught:
        split_of(data)
    assert caught.value.code is code
