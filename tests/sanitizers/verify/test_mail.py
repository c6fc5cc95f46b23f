"""A mail is accepted as our composer writes it, and in no other form."""

import pytest

from gateway.worker.compose import Attachment, Draft, compose
from sanitizers.verify import Rejected
from sanitizers.verify.mail import MailVerifier

HEADERS = [
    ("From", "田中\tt@example.jp"), ("To", "\tu@example.jp"), ("Subject", "会議の件"),
    ("Date", "Mon, 23 Nov 2026 09:00:00 +0900"), ("Message-ID", "<a@example.jp>"),
]  # fmt: skip


def composed(*attachments: Attachment, text="本文です。\n", boundary="=_b_0=") -> bytes:
    return compose(Draft(headers=HEADERS, text=text, attachments=attachments, boundary=boundary))


@pytest.fixture(scope="module")
def verify():
    MailVerifier.warm()
    return lambda data: MailVerifier().verify(memoryview(data))


def text_file(text="file") -> Attachment:
    return Attachment(name="a.txt", media_type="text/plain", data=text.encode())


def test_what_the_composer_writes_is_accepted(verify):
    inner = Attachment(
        name="中.eml", media_type="message/rfc822", data=composed(text_file(), boundary="=_b_1=")
    )
    for data in (composed(), composed(text="plain\n"), composed(text_file(), inner, text_file())):
        verify(data)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.replace(b"\r\n", b"\n"),
        lambda d: d + b"canary",
        lambda d: b"X-Canary: 1\r\n" + d,
        lambda d: d.replace(b"MIME-Version: 1.0\r\n", b""),
        lambda d: d.replace(b"text/plain", b"text/html"),
        lambda d: d.replace(b"base64", b"quoted-printable"),
        lambda d: d.replace(b"Subject:", b"Bcc:"),
        lambda d: d.replace(b"--=_b_0=--", b"--=_b_0=--\r\nepilogue"),
        lambda d: d.replace(b"\r\n\r\n", b"\r\n\r\npreamble\r\n", 1),
        lambda d: d.replace(b"ZmlsZQ==", b"ZmlsZR=="),
        lambda d: d.replace(b"ZmlsZQ==", b"G1sx"),  # a control character in the file
        lambda d: d.replace(b"ZmlsZQ==", b"ZmlsZQ==" + b"A" * 80),
        lambda d: d[:-5],
        lambda d: b"",
    ],
)
def test_anything_else_is_rejected(verify, change):
    data = composed(text_file())
    verify(data)
    with pytest.raises(Rejected):
        verify(change(data))


def test_an_attachment_is_checked_as_its_own_type(verify):
    with pytest.raises(Rejected):
        verify(composed(Attachment(name="a.png", media_type="image/png", data=b"\x89PNG garbage")))
    with pytest.raises(Rejected):
        verify(composed(Attachment(name="a.bin", media_type="application/x-bin", data=b"x")))
