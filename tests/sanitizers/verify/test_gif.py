"""The GIF verifier takes what our encoder writes and nothing more."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.verify import Rejected
from sanitizers.verify.gif import GifVerifier

LOOP = b"\x21\xff\x0bNETSCAPE2.0\3\1\0\0\0"
CONTROL = b"\x21\xf9\4\0\0\0\0\0"


def lzw(pixels: bytes) -> bytes:
    """As our encoder compresses indexes: code size, sub-blocks, terminator."""
    im = Image.new("L", (len(pixels), 1))
    im.putdata(list(pixels))
    return b"\x08" + im.tobytes("gif", "L", 8, 0) + b"\0"


def header(width: int = 4, height: int = 1, flags: int = 0xF0) -> bytes:
    """Signature, screen, and a global table of two colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + b"\0\0\0\xff\xff\xff"


def frame(width: int = 4, height: int = 1, pixels: bytes = b"\0\1\0\1", flags: int = 0) -> bytes:
    """One image block."""
    return b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, flags) + lzw(pixels)


STILL = header() + frame() + b"\x3b"
MOVING = header() + LOOP + CONTROL + frame() + CONTROL + frame() + b"\x3b"


def accepts(data: bytes) -> None:
    """The verifier takes it."""
    GifVerifier().verify(memoryview(data))


def rejects(data: bytes) -> None:
    """The verifier refuses it."""
    with pytest.raises(Rejected):
        GifVerifier().verify(memoryview(data))


def test_stills_and_animations_are_accepted() -> None:
    accepts(STILL)
    accepts(MOVING)
    accepts(header() + CONTROL + frame() + b"\x3b")


def test_a_picture_with_many_codes_is_accepted() -> None:
    noise = Image.effect_noise((300, 200), 90)
    table = bytes(range(256)) * 3
    head = b"GIF89a" + struct.pack("<HHBBB", 300, 200, 0xF7, 0, 0) + table
    body = b"\x2c" + struct.pack("<HHHHB", 0, 0, 300, 200, 0)
    stream = b"\x08" + noise.tobytes("gif", "L", 8, 0) + b"\0"
    accepts(head + body + stream + b"\x3b")


def test_pillow_s_own_files_decode_to_what_was_verified() -> None:
    with Image.open(io.BytesIO(MOVING)) as im:
        assert (im.n_frames, im.size) == (2, (4, 1))


@pytest.mark.parametrize(
    "extra",
    [
        b"\x21\xfe\6canary\0",
        b"\x21\x01\x0c" + bytes(12) + b"\6canary\0",
        b"\x21\xff\x0bXMP DataXMP\6canary\0",
        b"\x21\xff\x0bNETSCAPE2.0\3\1\0\0\6canary\0",
        b"\x21\xff\x0bANIMEXTS1.0\3\1\0\0\0",
        CONTROL,
        b"\0",
        LOOP + LOOP,
    ],
)
def test_every_other_block_is_rejected(extra: bytes) -> None:
    rejects(STILL[:19] + extra + STILL[19:] if extra != CONTROL else STILL[:-1] + extra + b"\x3b")
    rejects(STILL[:-1] + extra + b"\x3b")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        header() + b"\x3b",
        STILL[:-1],
        STILL + b"canary",
        STILL.replace(b"89a", b"87a"),
        header(flags=0x70) + frame() + b"\x3b",
        header(flags=0xF8) + frame() + b"\x3b",
        header(3) + frame() + b"\x3b",
        header(0) + frame() + b"\x3b",
        header() + frame(flags=0x40) + b"\x3b",
        header() + frame(flags=0x03) + b"\x3b",
        header() + frame() + frame() + b"\x3b",
        header() + b"\x21\xf9\4\2\0\0\0\0" + frame() + b"\x3b",
        header() + b"\x21\xf9\4\0\0\0\7\0" + frame() + b"\x3b",
    ],
)
def test_wrong_structure_is_rejected(data: bytes) -> None:
    rejects(data)


def test_pixels_end_exactly_with_the_frame() -> None:
    rejects(header() + frame(pixels=b"\0\1\0") + b"\x3b")
    rejects(header() + frame(pixels=b"\0\1\0\1\1") + b"\x3b")
    rejects(header() + frame(pixels=b"\0\1\0\2") + b"\x3b")


def test_data_behind_the_last_code_is_rejected() -> None:
    stream = lzw(b"\0\1\0\1")
    size = stream[1]
    block = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 1, 0)
    longer = stream[:1] + bytes((size + 6,)) + stream[2 : 2 + size] + b"canary\0"
    rejects(header() + block + longer + b"\x3b")
    split = stream[:1] + b"\1" + stream[2:3] + bytes((size - 1,)) + stream[3 : 2 + size] + b"\0"
    rejects(header() + block + split + b"\x3b")


@given(st.sampled_from((STILL, MOVING)), st.data())
@settings(max_examples=300, deadline=None)
def test_mutations_never_crash(sample: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample) - 1))
    rejects(sample[:at])
    changed = sample[:at] + data.draw(st.binary(max_size=3)) + sample[at + 1 :]
    try:
        GifVerifier().verify(memoryview(changed))
    except Rejected:
        return
    assert len(changed) == len(sample)
