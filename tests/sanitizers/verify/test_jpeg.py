"""The JPEG verifier takes what our encoder writes and nothing more."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.verify import Rejected
from sanitizers.verify.jpeg import JpegVerifier


def encoded(im: Image.Image, **options: object) -> bytes:
    """As Pillow writes it."""
    stream = io.BytesIO()
    im.save(stream, "JPEG", **options)  # type: ignore[arg-type]
    return stream.getvalue()


NOISE = Image.effect_noise((73, 41), 60)
GREY = encoded(NOISE)
COLOUR = encoded(NOISE.convert("RGB"))
PROGRESSIVE = encoded(NOISE.convert("RGB"), progressive=True)


def accepts(data: bytes) -> None:
    """The verifier takes it."""
    JpegVerifier().verify(memoryview(data))


def rejects(data: bytes) -> None:
    """The verifier refuses it."""
    with pytest.raises(Rejected):
        JpegVerifier().verify(memoryview(data))


def segment(marker: int, body: bytes) -> bytes:
    """One marker segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 90, 95, 100])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_real_pictures_are_accepted(quality: int, subsampling: int, progressive: bool) -> None:
    options = {"quality": quality, "subsampling": subsampling, "progressive": progressive}
    accepts(encoded(NOISE.convert("RGB"), **options))
    accepts(encoded(NOISE, **options))


def test_resolution_and_optimized_tables_are_accepted() -> None:
    accepts(encoded(NOISE, dpi=(300, 300)))
    accepts(encoded(NOISE.convert("RGB"), optimize=True))
    accepts(encoded(Image.new("RGB", (1, 1))))


@pytest.mark.parametrize(
    "extra",
    [segment(0xE0 + n, b"canary") for n in range(16)]
    + [
        segment(0xFE, b"canary"),
        segment(0xE1, b"Exif\0\0"),
        segment(0xDD, b"\0\4"),
        segment(0xDC, b"\0\x29"),
        b"\xff",
        b"\0",
    ],
)
def test_every_other_segment_is_rejected_wherever_it_stands(extra: bytes) -> None:
    rejects(COLOUR[:2] + extra + COLOUR[2:])
    rejects(COLOUR[:20] + extra + COLOUR[20:])
    at = COLOUR.index(b"\xff\xda")
    rejects(COLOUR[:at] + extra + COLOUR[at:])
    rejects(COLOUR + extra)


def test_data_before_behind_or_missing_is_rejected() -> None:
    rejects(b"")
    rejects(b"x" + COLOUR)
    rejects(COLOUR + b"canary")
    rejects(COLOUR + COLOUR)
    rejects(COLOUR[:-2])
    rejects(COLOUR[:-2] + b"\xff\xff\xd9")


def test_a_thumbnail_is_rejected() -> None:
    body = b"JFIF\0\1\1\0\0\1\0\1\1\1" + b"abc"
    rejects(COLOUR[:2] + segment(0xE0, body) + COLOUR[20:])
    rejects(COLOUR[:2] + segment(0xE0, b"JFIF\0\1\1\2\0\1\0\1\0\0") + COLOUR[20:])


def test_a_quantization_table_that_is_no_quality_is_rejected() -> None:
    at = COLOUR.index(b"\xff\xdb") + 5
    for place in range(64):
        changed = bytearray(COLOUR)
        changed[at + place] ^= 0x40
        rejects(bytes(changed))
    rejects(encoded(NOISE, qtables=[[7] * 64]))
    luma, chroma = (encoded(NOISE.convert("RGB"), quality=q) for q in (30, 80))
    mixed = luma[:89] + chroma[89:158] + luma[158:]
    assert luma[89:91] == chroma[89:91] == b"\xff\xdb"
    rejects(mixed)


def test_a_huffman_table_with_foreign_symbols_is_rejected() -> None:
    at = COLOUR.index(b"\xff\xc4")
    table = segment(0xC4, b"\0" + bytes((0, 1)) + bytes(14) + b"\x0c")
    rejects(COLOUR[:at] + table + COLOUR[at:])
    unused = segment(0xC4, b"\1" + bytes((0, 1)) + bytes(14) + b"\x01")
    grey_at = GREY.index(b"\xff\xda")
    rejects(GREY[:grey_at] + unused + GREY[grey_at:])
    full = segment(0xC4, b"\1" + bytes((2,)) + bytes(15) + b"\x01\x02")
    rejects(GREY[:grey_at] + full + GREY[grey_at:])


def test_other_progressions_and_restarts_are_rejected() -> None:
    first = PROGRESSIVE.index(b"\xff\xda")
    second = PROGRESSIVE.index(b"\xff\xc4", first)
    rejects(PROGRESSIVE[:second] + b"\xff\xd9")
    rejects(PROGRESSIVE[:-2] + PROGRESSIVE[first:])
    rejects(COLOUR.replace(b"\xff\xc0", b"\xff\xc1", 1))
    middle = len(COLOUR) - 40
    rejects(COLOUR[:middle] + b"\xff\xd0" + COLOUR[middle:])


def test_entropy_data_without_measure_is_rejected() -> None:
    rejects(COLOUR[:-2] + b"\x55" * 200_000 + b"\xff\xd9")


def test_a_picture_over_the_limit_is_rejected() -> None:
    at = GREY.index(b"\xff\xc0") + 5
    rejects(GREY[:at] + b"\xff\xff\xff\xff" + GREY[at + 4 :])
    rejects(GREY[:at] + b"\0\0\0\1" + GREY[at + 4 :])


@given(st.sampled_from((GREY, COLOUR, PROGRESSIVE)), st.data())
@settings(max_examples=300, deadline=None)
def test_mutations_never_crash(sample: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample)))
    rejects(sample[:at] + b"\xff\xfe\0\4ab" + sample[at:])
    rejects(sample[: min(at, len(sample) - 1)])
    changed = sample[:at] + data.draw(st.binary(min_size=1, max_size=4)) + sample[at + 1 :]
    try:
        JpegVerifier().verify(memoryview(changed))
    except Rejected:
        return
    # What is still accepted differs in its size or pixels only, never in its structure.
    assert changed.count(b"\xff\xfe") == 0
    assert changed.endswith(b"\xff\xd9")
