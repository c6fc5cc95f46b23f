"""Bad input gets a clear SMTP error or a withheld part; the next mail goes through."""

from __future__ import annotations

import asyncio
import base64
import zlib
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from benchmarks import messages
from benchmarks.facts import tree_cpu_and_memory
from scripts.demo import gateway, get
from scripts.sink import Sink

MEMORY_LIMIT = 2_500_000_000  # bytes of all processes together, after the worst of it
HEAD = b"From: a@sender.example\r\nTo: user@example.jp\r\nSubject: bad\r\nMIME-Version: 1.0\r\n"


def _with_file(data: bytes, name: str, media_type: str) -> bytes:
    lines = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return (
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\nSTILL READABLE\r\n--b\r\n"
        b"Content-Type: " + media_type.encode() + b'; name="' + name.encode() + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + lines + b"--b--\r\n"
    )


def truncated_mime() -> bytes:
    return HEAD + (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n'
        b"\r\nSTILL READABLE\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Enc"
    )


def ten_thousand_nested_parts() -> bytes:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="n%d"\r\n\r\n--n%d\r\n' % (i, i)
        for i in range(10_000)
    )
    return HEAD + nested + b"Content-Type: text/plain\r\n\r\nhello\r\n"


def hundred_thousand_parts() -> bytes:
    return (
        HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * 100_000 + b"--b--\r\n"
    )  # fmt: skip


def charset_lies() -> bytes:
    head = b"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return HEAD + head + "STILL READABLE 文字化けしない\r\n".encode("cp932")


def pdf_with_a_page_loop() -> bytes:
    pdf = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2>>endobj\n"
        b"3 0 obj<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>endobj\n"
        b"trailer<</Root 1 0 R/Size 4>>\n%%EOF\n"
    )
    return _with_file(pdf, "loop.pdf", "application/pdf")


def giant_png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data).to_bytes(4)
        return len(data).to_bytes(4) + name + data + crc

    size = (100_000).to_bytes(4)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + size + b"\x08\x02\0\0\0")
    png += chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")
    return _with_file(png, "map.png", "image/png")


def header_block_of_ten_megabytes() -> bytes:
    return HEAD + b"X-Long: " + (b"a" * 900 + b"\r\n ") * 11_000 + b"b\r\n\r\nhello\r\n"


ARRIVING = {
    "truncated MIME": (truncated_mime, b"STILL READABLE"),
    "10,000 nested parts": (ten_thousand_nested_parts, b"withheld="),
    "100,000 parts": (hundred_thousand_parts, b"withheld="),
    "charset lies": (charset_lies, "STILL READABLE 文字化けしない".encode()),
    "PDF with a page loop": (pdf_with_a_page_loop, b"withheld=1"),
    "100,000 x 100,000 PNG": (giant_png, b"withheld=1"),
    "10 MB of headers": (header_block_of_ten_megabytes, b"withheld=1"),
}


async def _send(port: int, mail: bytes) -> bytes:
    """The last reply of the dialogue."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        reply = await reader.readline()
        for command in (
            b"EHLO test.example\r\n", b"MAIL FROM:<a@sender.example>\r\n",
            b"RCPT TO:<user@example.jp>\r\n", b"DATA\r\n", mail + b"\r\n.\r\n",
        ):  # fmt: skip
            writer.write(command)
            reply = await reader.readline()
            while reply[3:4] == b"-":
                reply = await reader.readline()
            if reply[:1] not in (b"2", b"3"):
                break
        return reply
    finally:
        writer.close()


def _readable(mail: bytes) -> bytes:
    """The mail and, decoded, its text."""
    message = BytesParser(policy=policy.SMTP).parsebytes(mail)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    return mail + (str(body.get_content()).encode() if body is not None else b"")


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_bad_mails_end_clearly_and_the_service_stays_up(tmp_path: Path) -> None:
    asyncio.run(_all(tmp_path))


async def _all(data_dir: Path) -> None:
    settings = {"MUGAIKA_SMTP__MAX_SIZE": "20MB"}
    async with (
        Sink() as sink,
        gateway(sink.url, settings=settings, data_dir=data_dir) as running,
    ):
        for number, (name, (make, expected)) in enumerate(ARRIVING.items(), start=1):
            reply = await _send(running.smtp_port, make())
            assert reply.startswith(b"250 "), (name, reply)
            await sink.wait_for(number, seconds=60)
            assert expected in _readable(sink.received[-1].data), name
        # A line without an end: refused by the receiver, in a bounded way.
        line = await _send(running.smtp_port, b"X: " + b"a" * 3_000_000)
        assert line[:3] in (b"552", b"554"), line
        large = await _send(running.smtp_port, b"a" * 70 + (b"\r\n" + b"b" * 70) * 400_000)
        assert large.startswith(b"552 5.3.4"), large
        reply = await _send(running.smtp_port, messages.texts(1)[0])
        assert reply.startswith(b"250 ")
        await sink.wait_for(len(ARRIVING) + 1, seconds=30)
        status, _body = await get(running.ops_port, "/readyz")
        assert status == 200
        assert tree_cpu_and_memory(running.pid)[1] < MEMORY_LIMIT
