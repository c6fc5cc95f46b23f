"""The MP3 grammar takes frames from the first byte to the last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.verify import Rejected
from sanitizers.verify.mp3 import Mp3Verifier
from tests.sanitizers.media.samples import CANARY, frame


def verify(data: bytes) -> None:
    Mp3Verifier().verify(memoryview(data))


def borrowing(count: int) -> bytes:
    """A frame whose data begins `count` bytes before it."""
    made = bytearray(frame())
    made[4], made[5] = count >> 1, (count & 1) << 7
    return bytes(made)


def test_frames_of_every_version_are_accepted() -> None:
    verify(frame() * 3)
    verify(b"\xff\xf3\x40\xc0" + bytes(100))  # MPEG-2, 32 kbit/s, 22,050 Hz, mono
    verify(b"\xff\xe3\x40\xc0" + bytes(204))  # MPEG-2.5, 32 kbit/s, 11,025 Hz, mono
    verify(frame() + borrowing(396))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        frame()[:-1],
        frame() + b"\0",
        b"\0" + frame(),
        b"ID3\4\0\0\0\0\0\0" + frame(),
        frame() + b"TAG" + CANARY.ljust(125),
        frame() + CANARY + frame(),
        frame(header=b"\xff\xfa\x90\xc0"),  # a checksum
        frame(header=b"\xff\xfb\x91\xc0"),  # the private bit
        frame(header=b"\xff\xfb\x90\xc8"),  # copyright
        frame(header=b"\xff\xfb\x90\xc4"),  # original
        frame(header=b"\xff\xfb\x90\xc1"),  # emphasis
        frame(header=b"\xff\xfb\x9c\xc0"),  # no such sampling rate
        frame(header=b"\xff\xfb\x00\xc0"),  # free format
        frame(header=b"\xff\xe9\x90\xc0"),  # no such version
        frame() + frame(header=b"\xff\xfb\x90\x40"),  # stereo after mono
        borrowing(1),  # data from before the file
        frame() + borrowing(397),
    ],
)
def test_everything_else_is_rejected(data: bytes) -> None:
    with pytest.raises(Rejected):
        verify(data)


@given(st.binary(max_size=500))
def test_garbage_is_rejected(data: bytes) -> None:
    with pytest.raises(Rejected):
        verify(frame() + b"\0" + data)
