"""The WAV grammar takes two chunks that fill the file."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.verify import Rejected
from sanitizers.verify.wav import WavVerifier
from tests.sanitizers.media.samples import CANARY, clean, wav

WIDE = (
    b"RIFF" + struct.pack("<I", 60 + 12) + b"WAVEfmt " + struct.pack("<I", 40)
    + struct.pack("<HHIIHHHHI", 0xFFFE, 6, 8000, 96_000, 12, 16, 22, 16, 0x3F)
    + bytes.fromhex("0100000000001000800000aa00389b71") + b"data" + struct.pack("<I", 12)
    + b"twelve bytes"
)  # fmt: skip


def verify(data: bytes) -> None:
    WavVerifier().verify(memoryview(data))


def test_what_our_writer_writes_is_accepted() -> None:
    verify(clean("audio/wav", wav())[1])
    verify(clean("audio/wav", wav(channels=2))[1])
    verify(WIDE)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        wav()[:-1],
        wav() + b"\0",
        wav(extra=b"LIST\x04\0\0\0INFO"),
        wav(tail=CANARY),
        wav().replace(b"data", b"DATA"),
        wav().replace(struct.pack("<I", 8000), struct.pack("<I", 8001)),  # speed does not fit
        wav().replace(struct.pack("<HHI", 1, 1, 8000), struct.pack("<HHI", 3, 1, 8000)),
        wav(channels=9),
        WIDE.replace(b"\xaa", b"\xab"),
        WIDE.replace(struct.pack("<HHI", 22, 16, 0x3F), struct.pack("<HHI", 22, 16, 1 << 31)),
        WIDE.replace(struct.pack("<HHI", 22, 16, 0x3F), struct.pack("<HHI", 23, 16, 0x3F)),
    ],
)
def test_everything_else_is_rejected(data: bytes) -> None:
    with pytest.raises(Rejected):
        verify(data)


@given(st.binary(max_size=100), st.integers(0, 43))
def test_garbage_is_rejected(data: bytes, cut: int) -> None:
    with pytest.raises(Rejected):
        verify(wav()[:cut] + data + b"\0" * (len(data) % 2 == 0))
