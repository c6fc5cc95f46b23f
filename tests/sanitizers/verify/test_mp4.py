"""The MP4 grammar consumes a file whole and takes nothing that our writer does not write."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.verify import Rejected
from sanitizers.verify.mp4 import Mp4Verifier
from tests.sanitizers.media import samples as make
from tests.sanitizers.media.samples import CANARY, box

FILM = make.clean("video/mp4", make.film())[1]
SOUND = make.clean("audio/mp4", make.film(pictures=[]))[1]


def verify(data: bytes) -> None:
    Mp4Verifier().verify(memoryview(data))


def grown(data: bytes, at: int, extra: bytes, *path: bytes) -> bytes:
    """`data` with `extra` at `at`, the sizes of the boxes on `path` made to fit."""
    out = bytearray(data)
    out[at:at] = extra
    for kind in path:
        place = data.index(kind) - 4
        (size,) = struct.unpack_from(">I", data, place)
        struct.pack_into(">I", out, place, size + len(extra))
    return bytes(out)


def test_what_our_writer_writes_is_accepted() -> None:
    verify(FILM)
    verify(SOUND)


BAD = {
    "nothing": b"",
    "a sender's film": make.film(),
    "data at the end": FILM + CANARY,
    "free room at the end": FILM + box(b"free", CANARY),
    "a second mdat": FILM + box(b"mdat", CANARY),
    "more in mdat": grown(FILM, len(FILM), CANARY, b"mdat"),
    "free room before mdat": grown(FILM, FILM.index(b"mdat") - 4, box(b"free")),
    "udta in moov": grown(FILM, FILM.index(b"mdat") - 4, box(b"udta", CANARY), b"moov"),
    "a name of the handler": FILM.replace(b"VideoHandler\0", b"VideoHandleR\0"),
    "a compressor's name": FILM.replace(
        struct.pack(">IIIH", 72 << 16, 72 << 16, 0, 1) + bytes(32),
        struct.pack(">IIIH", 72 << 16, 72 << 16, 0, 1) + CANARY.ljust(32),
    ),
    "another coding": FILM.replace(b"avc1\0\0", b"hvc1\0\0"),
    "another brand": FILM.replace(b"isomiso2", b"isomqt  ", 1),
    "no track": box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41") + box(b"moov") + box(b"mdat"),
    "sound under the brand of a film": b"".join(
        (box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41"), SOUND[28:])
    ),
    "a unit that is no slice": FILM.replace(b"\x65picture", b"\x66picture"),
    "a sample of no bytes": FILM.replace(b"stsz" + bytes(8), b"stsz" + bytes(7) + b"\1"),
    "a time in a header": FILM.replace(b"mvhd" + bytes(4), b"mvhd\0\0\0\1"),
    "a URL to elsewhere": FILM.replace(b"url \0\0\0\1", b"url \0\0\0\0"),
    "another matrix": FILM.replace(b"\x40\0\0\0" + bytes(24), b"\x40\0\0\1" + bytes(24)),
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_everything_else_is_rejected(data: bytes) -> None:
    assert data != FILM
    with pytest.raises(Rejected):
        verify(data)


@given(cut=st.integers(0, len(FILM) - 1))
@settings(max_examples=100, deadline=None)
def test_a_part_of_a_film_is_rejected(cut: int) -> None:
    with pytest.raises(Rejected):
        verify(FILM[:cut])


@given(data=st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_garbage_is_rejected(data: bytes) -> None:
    for start in (b"", FILM[:40], FILM[:500]):
        with pytest.raises(Rejected):
            verify(start + data)


@given(at=st.integers(0, len(FILM) - 1), value=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_damage_is_rejected_or_is_a_number_of_the_film(at: int, value: int) -> None:
    data = bytearray(FILM)
    data[at] = value
    try:
        verify(bytes(data))
    except Rejected:
        return
    assert len(data) == len(FILM)
