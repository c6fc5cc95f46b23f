"""The whole corpus through the product: no crash, no hang, nothing active in any output."""

from __future__ import annotations

import asyncio
import re
import tempfile
import zlib
from collections import Counter
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from gateway.policy import BUILT_IN, parse
from gateway.sandbox.families import FAMILIES
from gateway.sandbox.pool import Sandbox
from gateway.sanitize import Cleaner, Done, Input
from sanitizers import registry
from scripts.demo import gateway
from scripts.sink import Sink
from tests.corpus import corpus_files, require_corpus

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

KINDS = (
    "archive", "csv", "font", "html", "ics", "image", "mime", "misc", "msg", "ole", "ooxml",
    "pdf", "rtf", "svg", "tnef",
)  # fmt: skip
CANARY = b"cdr-canary.invalid"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"
#: Markers that a rebuilt file of each kind may never contain, also inflated.
ACTIVE = {
    "application/pdf": (
        b"/JavaScript", b"/JS", b"/OpenAction", b"/AA", b"/Launch", b"/EmbeddedFile", b"/XFA",
        b"/URI", b"/GoToR", b"/SubmitForm", b"/RichMedia", b"/Metadata",
    ),
    "image/jpeg": (b"Exif\0", b"http://ns.adobe.com", b"Photoshop", b"<?xpacket", b"<script"),
    "image/png": (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"<script"),
    "image/gif": (b"XMP DataXMP", b"<script"),
    "image/webp": (b"EXIF", b"XMP ", b"ICCP"),
    "image/tiff": (b"<?xpacket", b"Photoshop"),
    "image/bmp": (b"<script",),
}  # fmt: skip
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def inflated(data: bytes) -> bytes:
    """The bytes and every deflate stream of a PDF in them."""
    pieces = [data]
    for match in _STREAM.finditer(data):
        try:
            pieces.append(zlib.decompressobj().decompress(match[1], 50_000_000))
        except zlib.error:
            continue
    return b"\n".join(pieces)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_every_file_is_cleaned_withheld_or_locked(kind: str, tmp_path: Path) -> None:
    require_corpus()
    outcomes = asyncio.run(_sanitize(kind, tmp_path))
    assert sum(outcomes.values()) == len(corpus_files(kind))
    assert set(outcomes) <= {"clean", "partial", "withheld", "locked"}, outcomes


async def _sanitize(kind: str, folder: Path) -> Counter[str]:
    # Shorter clocks than in production: fuzz files that loop must not take minutes here.
    families = [
        replace(f, limits=replace(f.limits, wall_seconds=40, cpu_seconds=25)) for f in FAMILIES
    ]
    sandbox = Sandbox(slots=2, memory_bytes=6_000_000_000, families=families)
    await sandbox.start()
    outcomes: Counter[str] = Counter()
    gate = asyncio.Semaphore(4)
    profile = parse(BUILT_IN, source="test").profile("standard")
    cleaner = Cleaner(sandbox, profile, folder)

    async def one(path: Path) -> None:
        async with gate:
            out = folder / "out" / path.name
            done = await cleaner.clean(Input(path, Path(path.name)), out, folder=True)
        outcomes[str(done.report["outcome"])] += 1
        _check(path, done)

    try:
        await asyncio.gather(*(one(path) for path in corpus_files(kind)))
    finally:
        await sandbox.close()
    return outcomes


def _check(path: Path, done: Done) -> None:
    report = done.report
    output = report["output"]
    held = report["outcome"] in ("withheld", "locked", "failed")
    assert (output is None) == held, path.name
    assert (report["reason"] is not None) == held, path.name
    if output is None:
        return
    data = Path(output["path"]).read_bytes()
    everything = inflated(data)
    assert EICAR not in everything, path.name
    if output["media_type"] == "application/pdf":
        assert CANARY not in data, path.name
    for marker in ACTIVE.get(output["media_type"], ()):
        # Four letters stand in compressed pixels by chance; longer markers do not.
        if len(marker) > 4 or output["media_type"] == "application/pdf":
            assert marker not in data, (path.name, marker)


ALLOWED_HEADERS = {
    "received", "from", "sender", "to", "cc", "reply-to", "subject", "date", "message-id",
    "in-reply-to", "references", "list-id", "auto-submitted", "precedence", "mime-version",
    "content-type", "content-transfer-encoding", "x-mugaika-report", "x-mugaika-hops",
}  # fmt: skip
#: Nothing crosses that no verifier has read.
ALLOWED_TYPES = {"message/rfc822"} | set(registry.verifiers())


@pytest.mark.timeout(280)
def test_every_mail_of_the_corpus_arrives_by_smtp_and_only_what_may_cross() -> None:
    require_corpus()
    asyncio.run(_mails())


async def _mails() -> None:
    files = corpus_files("mime", ".eml")
    with tempfile.TemporaryDirectory() as folder:
        async with Sink() as sink, gateway(sink.url, data_dir=Path(folder)) as running:
            accepted = 0
            reader, writer = await asyncio.open_connection("127.0.0.1", running.smtp_port)
            await _dialogue(reader, writer, b"EHLO test.example\r\n")
            for path in files:
                data = re.sub(rb"\r\n|\r|\n", b"\r\n", path.read_bytes())
                data = re.sub(rb"(?m)^\.", b"..", data)
                await _dialogue(reader, writer, b"MAIL FROM:<a@sender.example>\r\n")
                await _dialogue(reader, writer, b"RCPT TO:<user@example.jp>\r\n")
                await _dialogue(reader, writer, b"DATA\r\n")
                end = b".\r\n" if data.endswith(b"\r\n") or not data else b"\r\n.\r\n"
                reply = await _dialogue(reader, writer, data + end)
                assert reply.startswith(b"250 "), (path.name, reply)
                accepted += 1
            writer.close()
            await sink.wait_for(accepted, seconds=200)
            assert len(sink.received) == accepted == len(files)
            for mail in sink.received:
                _allowed(mail.data)


async def _dialogue(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: bytes
) -> bytes:
    if command.startswith(b"EHLO"):
        await reader.readline()
    writer.write(command)
    line = await reader.readline()
    while line[3:4] == b"-":
        line = await reader.readline()
    assert line[:1] in b"23", (command[:60], line)
    return line


def _allowed(data: bytes) -> None:
    assert data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")
    message = BytesParser(policy=policy.SMTP).parsebytes(data)
    assert isinstance(message, EmailMessage)
    assert {name.lower() for name in message} <= ALLOWED_HEADERS
    assert message["X-Mugaika-Report"]
    parts = list(message.iter_parts()) if message.is_multipart() else [message]
    for part in parts:
        assert part.get_content_type() in ALLOWED_TYPES
    assert EICAR not in data
