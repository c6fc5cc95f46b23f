"""The PNG verifier takes what our encoder writes and nothing more."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.verify import Rejected
from sanitizers.verify.png import PngVerifier

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """One chunk with its CRC."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def ihdr(
    width: int = 2, height: int = 2, depth: int = 8, colour: int = 0, tail: bytes = bytes(3)
) -> bytes:
    """IHDR."""
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, depth, colour) + tail)


ROWS = b"\0\1\2\0\3\4"
IDAT = chunk(b"IDAT", zlib.compress(ROWS))
IEND = chunk(b"IEND")


def accepts(data: bytes) -> None:
    """The verifier takes it."""
    PngVerifier().verify(memoryview(data))


def rejects(data: bytes) -> None:
    """The verifier refuses it."""
    with pytest.raises(Rejected):
        PngVerifier().verify(memoryview(data))


def encoded(im: Image.Image, **options: object) -> bytes:
    """As Pillow writes it."""
    stream = io.BytesIO()
    im.save(stream, "PNG", **options)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA"])
def test_real_pictures_are_accepted(mode: str) -> None:
    noise = Image.effect_noise((301, 211), 60).convert(mode)
    accepts(encoded(noise))
    accepts(encoded(noise, dpi=(300, 300)))


@pytest.mark.parametrize("colours", [2, 4, 16, 77])
def test_palettes_are_accepted(colours: int) -> None:
    im = Image.new("P", (40, 40))
    im.putdata([n % colours for n in range(1600)])
    im.putpalette([v % 251 for v in range(3 * colours)])
    accepts(encoded(im))
    accepts(encoded(im, transparency=bytes((0, 128))))


def test_rows_over_several_chunks_and_blocks_are_accepted() -> None:
    packed = zlib.compress(ROWS)
    accepts(
        SIGNATURE
        + ihdr()
        + b"".join(chunk(b"IDAT", packed[i : i + 1]) for i in range(len(packed)))
        + IEND
    )
    accepts(encoded(Image.new("RGB", (3001, 1201), (1, 2, 3))))


def frames(*, default: bool = False, first: int = 0, dispose: int = 0, x: int = 0) -> bytes:
    """A small APNG of two frames."""
    packed = zlib.compress(ROWS)
    control = lambda n, left, kind: chunk(  # noqa: E731
        b"fcTL", struct.pack(">IIIIIHHBB", n, 2, 2, left, 0, 1, 10, kind, 0)
    )
    data = SIGNATURE + ihdr() + chunk(b"acTL", struct.pack(">II", 2, 0))
    if default:
        data += IDAT + control(first, 0, dispose)
        data += chunk(b"fdAT", struct.pack(">I", first + 1) + packed)
        first += 1
    else:
        data += control(first, 0, dispose) + IDAT
    data += control(first + 1, x, 0) + chunk(b"fdAT", struct.pack(">I", first + 2) + packed)
    return data + IEND


def test_animations_are_accepted() -> None:
    accepts(frames())
    accepts(frames(default=True))


def test_wrong_animations_are_rejected() -> None:
    rejects(frames(first=1))
    rejects(frames(dispose=1))
    rejects(frames(x=1))
    rejects(frames().replace(struct.pack(">II", 2, 0), struct.pack(">II", 3, 0)))


@pytest.mark.parametrize(
    "extra",
    [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP", b"gAMA", b"sRGB", b"tIME", b"bKGD", b"prIv"],
)
def test_every_other_chunk_is_rejected(extra: bytes) -> None:
    rejects(SIGNATURE + ihdr() + chunk(extra, b"canary") + IDAT + IEND)
    rejects(SIGNATURE + ihdr() + IDAT + chunk(extra, b"canary") + IEND)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SIGNATURE,
        SIGNATURE + ihdr() + IDAT,
        SIGNATURE + ihdr() + IEND,
        SIGNATURE + ihdr() + IDAT + IEND + b"\0",
        SIGNATURE + ihdr() + IDAT + IEND[:-1] + b"\0",
        SIGNATURE + ihdr() + ihdr() + IDAT + IEND,
        SIGNATURE + IDAT + ihdr() + IEND,
        SIGNATURE + ihdr() + IDAT + chunk(b"IEND", b"x"),
        SIGNATURE + ihdr() + chunk(b"pHYs", bytes(8) + b"\0") + IDAT + IEND,
        SIGNATURE + ihdr() + chunk(b"pHYs", bytes(9) + b"\1") + IDAT + IEND,
        SIGNATURE + ihdr() + chunk(b"tRNS", b"\0\0") + IDAT + IEND,
        SIGNATURE + ihdr() + chunk(b"PLTE", bytes(3)) + IDAT + IEND,
        SIGNATURE + ihdr(depth=16) + IDAT + IEND,
        SIGNATURE + ihdr(tail=b"\0\0\1") + IDAT + IEND,
        SIGNATURE + ihdr(100_000, 100_000) + IDAT + IEND,
        SIGNATURE + ihdr(0, 1) + IDAT + IEND,
    ],
)  # fmt: skip
def test_wrong_structure_is_rejected(data: bytes) -> None:
    rejects(data)


@pytest.mark.parametrize(
    "payload",
    [
        zlib.compress(ROWS + b"canary"),
        zlib.compress(ROWS[:-1]),
        zlib.compress(ROWS) + b"canary",
        zlib.compress(ROWS)[:-4],
        zlib.compress(b"\5" + ROWS[1:]),
        b"canary",
    ],
)
def test_picture_data_ends_exactly_with_its_rows(payload: bytes) -> None:
    rejects(SIGNATURE + ihdr() + chunk(b"IDAT", payload) + IEND)
    middle = len(payload) // 2
    halves = chunk(b"IDAT", payload[:middle]) + chunk(b"IDAT", payload[middle:])
    rejects(SIGNATURE + ihdr() + halves + IEND)


def test_palette_entries_that_no_pixel_uses_are_rejected() -> None:
    head = SIGNATURE + ihdr(colour=3)
    rows = chunk(b"IDAT", zlib.compress(b"\0\0\1\0\1\0"))
    accepts(head + chunk(b"PLTE", b"RGBRGB") + rows + IEND)
    rejects(head + chunk(b"PLTE", b"RGBRGBcanary") + rows + IEND)
    rejects(head + chunk(b"PLTE", b"RGB") + rows + IEND)
    rejects(head + rows + IEND)
    rejects(head + chunk(b"PLTE", b"RGBRGB") + chunk(b"tRNS", b"abc") + rows + IEND)


def test_a_row_of_zeros_without_end_stops_early() -> None:
    bomb = zlib.compress(bytes(30_000_000))
    rejects(SIGNATURE + ihdr() + chunk(b"IDAT", bomb) + IEND)


_SAMPLES = (encoded(Image.effect_noise((20, 20), 60)), frames(), frames(default=True))


@given(st.sampled_from(_SAMPLES), st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_is_rejected_and_never_crashes(sample: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda v: v != sample[at]))
    rejects(sample[:at] + bytes((value,)) + sample[at + 1 :])
    rejects(sample[:at])
