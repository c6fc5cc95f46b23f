"""Opens a file to its last stream: what lies packed in it is looked at too.

By the standard library alone; it knows nothing of the writers.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from typing import Final

MAX_BYTES: Final = 200_000_000  # of one inflated piece
MAX_DEPTH: Final = 8
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_NAME_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_HEX_STRING: Final = re.compile(rb"<([0-9A-Fa-f\s]{2,})>")
XML: Final = frozenset(("html", "htm", "svg", "xml", "rels", "vml"))
PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes found in a file. `form`: how to look at them."""

    where: str
    form: str  # pdf, zip, mail, png, jpeg, xml, text, bytes
    data: bytes


def pieces(data: bytes, *, where: str = "", name: str = "", depth: int = 0) -> Iterator[Piece]:
    """The bytes themselves, and everything in them that can be opened."""
    form = form_of(data, name)
    yield Piece(where, form, data)
    if depth >= MAX_DEPTH:
        return
    if form == "pdf":
        yield from _pdf(data, where)
    elif form == "zip":
        yield from _zip(data, where, depth)
    elif form == "mail":
        yield from _mail(data, where, depth)
    elif form == "png":
        yield from _png(data, where)
    elif data[:2] == b"\x1f\x8b":
        inner = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_BYTES)
        yield from pieces(inner, where=f"{where}!gzip", depth=depth + 1)


def form_of(data: bytes, name: str) -> str:
    """By the first bytes; text by its name."""
    head = data[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
    for magic, form in (
        (b"%PDF-", "pdf"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (PNG, "png"),
        (b"\xff\xd8\xff", "jpeg"),
    ):  # fmt: skip
        if data.startswith(magic):
            return form
    suffix = name.lower().rpartition(".")[2]
    if suffix == "eml":
        return "mail"
    if suffix in ("csv", "txt", "ics", "vcf", "json"):  # shown as they are, tags and all
        return suffix
    return "xml" if suffix in XML or head.startswith(b"<") else "bytes"


def _pdf(data: bytes, where: str) -> Iterator[Piece]:
    """Every stream that deflate opens, the objects in object streams among them."""
    for number, found in enumerate(_STREAM.finditer(data)):
        inflated = _inflated(found[1])
        if inflated is not None:
            yield Piece(f"{where}!stream {number}", "pdf", inflated)
    strings = b"\n".join(
        bytes.fromhex(digits.decode() + "0" * (len(digits) % 2))
        for found in _HEX_STRING.finditer(data)
        if (digits := b"".join(found[1].split()))
    )
    yield Piece(f"{where}!hexadecimal strings", "bytes", strings)


def names_spelt_out(data: bytes) -> bytes:
    """A PDF's bytes with the escapes of its names resolved (ISO 32000-2, 7.3.5)."""
    return _NAME_ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), data)


def _inflated(data: bytes) -> bytes | None:
    opener = zlib.decompressobj()
    try:
        inflated = opener.decompress(data, MAX_BYTES)
    except zlib.error:
        return None
    return inflated + b"\n" + opener.unused_data


def _zip(data: bytes, where: str, depth: int) -> Iterator[Piece]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = "\n".join(archive.namelist()).encode()
        extras = b"\n".join(i.extra + b"\n" + i.comment for i in archive.infolist())
        yield Piece(f"{where}!directory", "names", names + b"\n" + extras + archive.comment)
        for info in archive.infolist():
            if info.flag_bits & 1 or info.file_size > MAX_BYTES:
                continue  # closed again with a password, or beyond what is looked at
            inner = archive.read(info)
            inside = f"{where}!{info.filename}"
            yield from pieces(inner, where=inside, name=info.filename, depth=depth + 1)


def _mail(data: bytes, where: str, depth: int) -> Iterator[Piece]:
    message = BytesParser(policy=policy.default).parsebytes(data)
    headers = "\n".join(f"{key}: {value}" for key, value in message.items())
    yield Piece(f"{where}!headers", "txt", headers.encode("utf-8", "replace"))
    for number, part in enumerate(message.walk()):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            name = part.get_filename() or f"body.{part.get_content_subtype()}"
            name = "body.txt" if name == "body.plain" else name
            yield from pieces(content, where=f"{where}!part {number}", name=name, depth=depth + 1)


def _png(data: bytes, where: str) -> Iterator[Piece]:
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        at += 12 + size
        if kind in (b"zTXt", b"iTXt", b"iCCP"):
            inflated = _inflated(body[body.find(b"\0") + 2 :])
            yield Piece(f"{where}!{kind.decode()}", "bytes", inflated or b"")
