"""Builds pictures and hostile variants of them, and cleans them with the real registry."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

from sanitizers.findings import Finding
from sanitizers.model import Cleaned, Job, Sanitizer
from sanitizers.registry import sanitizers_of

SANITIZERS: dict[str, Sanitizer] = sanitizers_of("image")
for _sanitizer in SANITIZERS.values():
    _sanitizer.warm()

CANARY = b"CANARY-7f3a9c-EXFIL"


def clean(data: bytes, media_type: str, **job: Any) -> tuple[bytes, Cleaned]:
    """The output bytes and the report."""
    out = BytesIO()
    job = {"data": memoryview(data), "media_type": media_type, **job}
    report = SANITIZERS[media_type].clean(Job(**job), out)
    assert isinstance(report, Cleaned)
    return out.getvalue(), report


def kinds(findings: tuple[Finding, ...]) -> set[str]:
    return {f.kind.value for f in findings}


def photo(mode: str = "RGB", size: tuple[int, int] = (48, 32)) -> Image.Image:
    """A smooth picture, another colour in every corner."""
    x = Image.linear_gradient("L").resize(size)
    y = x.transpose(Image.Transpose.ROTATE_90).resize(size)
    bands = {"R": x, "G": y, "B": Image.new("L", size, 90), "A": x.point(lambda v: v // 2 + 128)}
    if mode in ("RGB", "RGBA"):
        return Image.merge(mode, [bands[b] for b in mode])
    if mode == "LA":
        return Image.merge("LA", [x, bands["A"]])
    return Image.merge("RGB", [x, y, bands["B"]]).convert(mode)


def saved(im: Image.Image, form: str, **options: Any) -> bytes:
    out = BytesIO()
    im.save(out, form, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    im = Image.open(BytesIO(data))
    im.load()
    return im


def exif(orientation: int = 1) -> bytes:
    """An EXIF block with an orientation, the canary as a description and a thumbnail."""
    text = CANARY + b"\0"
    entries = struct.pack("<HHII", 270, 2, len(text), 38)
    entries += struct.pack("<HHIHH", 274, 3, 1, orientation, 0)
    return (
        b"Exif\0\0II*\0\x08\0\0\0\x02\0" + entries + b"\0\0\0\0" + text + b"\xff\xd8\xff" + CANARY
    )


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def chunk(name: bytes, payload: bytes) -> bytes:
    crc = zlib.crc32(payload, zlib.crc32(name))
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", crc)


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return found


def riff_chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)
