"""Films and sounds as ffmpeg writes them, made by code, with room for planted strings."""

from __future__ import annotations

import io
import struct

from sanitizers.model import Cleaned, Job
from sanitizers.registry import sanitizers_of

CANARY = b"canary-7f3a-planted"

SPS = bytes.fromhex("6764000aacd945060f9e7c05a808080a000003000200000300283c489658")
PPS = bytes.fromhex("68ebe3cb22c0")
SEI = b"\x06\x05\x20" + CANARY + bytes(13) + b"\x80"


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


def nal(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


def table(*rows: int, count: int) -> bytes:
    return struct.pack(f">II{len(rows)}I", 0, count, *rows)


#: Frames of video and of sound: visible content.
PICTURES = [nal(b"\x65" + b"picture one " * 3), nal(b"\x41picture two")]
SOUNDS = [b"\x21sound one", b"\x21sound two!", b"\x21sound three"]
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def avc1(extra: bytes = b"", name: bytes = b"Lavc libx264") -> bytes:
    record = b"\1" + SPS[1:4] + b"\xff\xe1" + struct.pack(">H", len(SPS)) + SPS
    record += b"\1" + struct.pack(">H", len(PPS)) + PPS + b"\xfd\xf8\xf8\0"
    head = (
        bytes(6) + b"\0\1" + bytes(16) + struct.pack(">HHIIIH", 160, 120, 72 << 16, 72 << 16, 0, 1)
    )
    return box(b"avc1", head, name[:32].ljust(32, b"\0"), b"\0\x18\xff\xff",
               box(b"avcC", record), extra)  # fmt: skip


def mp4a(extra: bytes = b"") -> bytes:
    esds = bytes.fromhex(
        "0000000003808080250002000480808017401500000000011170000111700580808005120856e500068080800102"
    )
    head = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHII", 1, 16, 0, 44_100 << 16)
    return box(b"mp4a", head, box(b"esds", esds), extra)


def trak(
    handler: bytes,
    entry: bytes,
    samples: list[bytes],
    offset: int,
    *,
    name: bytes = b"Handler\0",
    extra: bytes = b"",
    stbl_extra: bytes = b"",
    offsets: bytes = b"",
) -> bytes:
    shown = struct.pack(">II", 160 << 16, 120 << 16) if handler == b"vide" else bytes(8)
    tkhd = b"\0\0\0\3" + bytes(8) + struct.pack(">II", 1, 0) + struct.pack(">I", 1000)
    tkhd += bytes(12) + bytes(4) + MATRIX + shown
    media = box(b"vmhd", b"\0\0\0\1" + bytes(8)) if handler == b"vide" else box(b"smhd", bytes(8))
    stbl = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        box(b"stts", table(len(samples), 512, count=1)),
        box(b"stsc", table(1, len(samples), 1, count=1)),
        box(b"stsz", struct.pack(f">III{len(samples)}I", 0, 0, len(samples), *map(len, samples))),
        offsets or box(b"stco", table(offset, count=1)),
        stbl_extra,
    )
    dinf = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", b"\0\0\0\1")))
    mdhd = bytes(12) + struct.pack(">IIHH", 10_240, 1024, 0x55C4, 0)
    hdlr = bytes(8) + handler + bytes(12) + name
    mdia = box(b"mdia", box(b"mdhd", mdhd), box(b"hdlr", hdlr), box(b"minf", media, dinf, stbl))
    edts = box(b"edts", box(b"elst", struct.pack(">IIIII", 0, 1, 1000, 0, 0x10000)))
    return box(b"trak", box(b"tkhd", tkhd), edts, mdia, extra)


def film(
    *,
    pictures: list[bytes] | None = None,
    sounds: list[bytes] | None = None,
    before: bytes = b"",
    between: bytes = b"",
    after: bytes = b"",
    tail: bytes = b"",
    moov_extra: bytes = b"",
    brand: bytes = b"isom\0\0\2\0isomiso2avc1mp41",
    **video: bytes,
) -> bytes:
    """ftyp, mdat, moov; `before`, `between` and `after` lie in mdat around the samples."""
    pictures = PICTURES if pictures is None else pictures
    sounds = SOUNDS if sounds is None else sounds
    entry = video.pop("entry", b"") or avc1()
    ftyp = box(b"ftyp", brand)
    first = len(ftyp) + 8 + len(before)
    second = first + sum(map(len, pictures)) + len(between)
    traks = b""
    if pictures:
        traks += trak(b"vide", entry, pictures, first, **video)
    if sounds:
        traks += trak(b"soun", mp4a(), sounds, second)
    mvhd = bytes(12) + struct.pack(">II", 1000, 1000) + b"\0\1\0\0\1\0" + bytes(10) + MATRIX
    mvhd += bytes(24) + struct.pack(">I", 3)
    mdat = box(b"mdat", before, *pictures, between, *sounds, after)
    return ftyp + mdat + box(b"moov", box(b"mvhd", mvhd), traks, moov_extra) + tail


def wav(*, channels: int = 1, extra: bytes = b"", tail: bytes = b"", sound: bytes = b"") -> bytes:
    sound = sound or bytes(range(96)) * 2
    fmt = struct.pack("<HHIIHH", 1, channels, 8000, 16_000 * channels, 2 * channels, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + fmt + extra
    body += b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body + tail


def frame(fill: bytes = b"sound ", *, header: bytes = b"\xff\xfb\x90\xc0") -> bytes:
    """A frame of 128 kbit/s at 44.1 kHz, mono: 417 bytes, no bits borrowed."""
    return header + bytes(2) + (fill * 417)[:411]


def clean(
    media_type: str, data: bytes, *, tool: str | None = "ffmpeg"
) -> tuple[Cleaned | object, bytes]:
    """The answer of the family's sanitizer and what it wrote; `tool` made `data`."""
    out = io.BytesIO()
    options = {"converted": tool} if tool else {}
    job = Job(data=memoryview(data), media_type=media_type, options=options)
    return sanitizers_of("media")[media_type].clean(job, out), out.getvalue()
