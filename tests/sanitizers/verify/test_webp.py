"""The WebP verifier takes what our encoder writes and nothing more."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.verify import Rejected
from sanitizers.verify.webp import WebpVerifier


def chunk(name: bytes, data: bytes, pad: bytes = b"\0") -> bytes:
    """One chunk with its padding."""
    return name + struct.pack("<I", len(data)) + data + pad * (len(data) % 2)


def riff(*chunks: bytes) -> bytes:
    """A WebP of these chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def encoded(im: Image.Image, **options: object) -> bytes:
    """As libwebp writes it."""
    stream = io.BytesIO()
    im.save(stream, "WEBP", **options)  # type: ignore[arg-type]
    return stream.getvalue()


NOISE = Image.effect_noise((31, 17), 60).convert("RGB")
ALPHA = NOISE.copy()
ALPHA.putalpha(NOISE.convert("L"))
LOSSY, LOSSLESS, WITH_ALPHA = encoded(NOISE), encoded(NOISE, lossless=True), encoded(ALPHA)


def extended(flags: int, width: int = 31, height: int = 17) -> bytes:
    """VP8X."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sizes)


def frame(picture: bytes, *, flags: int = 2, left: int = 0) -> bytes:
    """ANMF of the whole canvas."""
    head = left.to_bytes(3, "little") + bytes(3) + b"\x1e\0\0\x10\0\0\x64\0\0"
    return chunk(b"ANMF", head + bytes((flags,)) + picture)


ANIM = chunk(b"ANIM", bytes(6))
MOVING = riff(extended(2), ANIM, frame(LOSSY[12:]), frame(LOSSLESS[12:]))


def accepts(data: bytes) -> None:
    """The verifier takes it."""
    WebpVerifier().verify(memoryview(data))


def rejects(data: bytes) -> None:
    """The verifier refuses it."""
    with pytest.raises(Rejected):
        WebpVerifier().verify(memoryview(data))


@pytest.mark.parametrize("data", [LOSSY, LOSSLESS, WITH_ALPHA, MOVING])
def test_each_kind_is_accepted(data: bytes) -> None:
    accepts(data)


@pytest.mark.parametrize("name", [b"EXIF", b"XMP ", b"ICCP", b"prIv", b"VP8L", b"ALPH"])
def test_every_other_chunk_is_rejected(name: bytes) -> None:
    extra = chunk(name, b"canary")
    for data in (LOSSY, LOSSLESS, WITH_ALPHA, MOVING):
        rejects(riff(data[12:], extra))
        rejects(riff(extra, data[12:]))
    rejects(riff(extended(2), ANIM, frame(LOSSY[12:] + extra)))


def test_sizes_are_exact_and_padding_is_zero() -> None:
    rejects(b"")
    rejects(LOSSY + b"\0\0")
    rejects(LOSSY[:-2])
    picture = LOSSY[20 : 20 + int.from_bytes(LOSSY[16:20], "little")]
    odd = picture if len(picture) % 2 else picture + b"\0"
    rejects(riff(chunk(b"VP8 ", odd, pad=b"x")))


def test_contradictory_headers_are_rejected() -> None:
    rejects(riff(extended(0), LOSSY[12:]))
    rejects(riff(extended(0x10, 30), WITH_ALPHA[30:]))
    rejects(riff(extended(0x18), WITH_ALPHA[30:]))
    rejects(riff(extended(2), frame(LOSSY[12:])))
    rejects(riff(extended(2), ANIM))
    rejects(riff(extended(2), ANIM, frame(LOSSY[12:], flags=1)))
    rejects(riff(extended(2), ANIM, frame(LOSSY[12:], left=1)))
    rejects(riff(extended(2, 40_000, 40_000), ANIM, frame(LOSSY[12:])))
    rejects(riff(extended(2), chunk(b"ANIM", b"colr\0\0"), frame(LOSSY[12:])))


def test_the_header_of_the_picture_itself_is_read() -> None:
    rejects(riff(chunk(b"VP8 ", b"canary" * 4)))
    rejects(riff(chunk(b"VP8L", b"canary" * 4)))
    rejects(riff(chunk(b"VP8L", b"/\0\0\0\xf0\0")))


@given(st.sampled_from((LOSSY, LOSSLESS, WITH_ALPHA, MOVING)), st.data())
@settings(max_examples=300, deadline=None)
def test_mutations_never_crash(sample: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample) - 1))
    rejects(sample[:at])
    changed = sample[:at] + data.draw(st.binary(max_size=3)) + sample[at + 1 :]
    try:
        WebpVerifier().verify(memoryview(changed))
    except Rejected:
        return
    assert len(changed) == len(sample)
