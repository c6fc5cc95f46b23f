"""The BMP verifier takes what our encoder writes and nothing more."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.verify import Rejected
from sanitizers.verify.bmp import BmpVerifier


def bitmap(
    width: int = 3, height: int = 2, bits: int = 24, used: int = 0, header: int = 40, **change: int
) -> bytes:
    """A bitmap whose pixels are zero."""
    stride = (width * bits + 31) // 32 * 4
    offset = 14 + header + 4 * used
    image = stride * abs(height)
    fields = {
        "size": offset + image, "reserved": 0, "offset": offset, "planes": 1,
        "compression": 3 if header == 108 else 0, "image": image, "across": 2835, "used": used,
        "important": 0,
    } | change  # fmt: skip
    f = fields
    data = struct.pack("<2sIII", b"BM", f["size"], f["reserved"], f["offset"])
    data += struct.pack(
        "<IiiHHII", header, width, height, f["planes"], bits, f["compression"], f["image"]
    )
    data += struct.pack("<iiII", f["across"], f["across"], f["used"], f["important"])
    if header == 108:
        data += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    return data + b"\1\2\3\0" * used + bytes(image)


def accepts(data: bytes) -> None:
    """The verifier takes it."""
    BmpVerifier().verify(memoryview(data))


def rejects(data: bytes) -> None:
    """The verifier refuses it."""
    with pytest.raises(Rejected):
        BmpVerifier().verify(memoryview(data))


GOOD = (
    bitmap(),
    bitmap(bits=8, used=200),
    bitmap(width=11, bits=1, used=2),
    bitmap(bits=32, header=108),
    bitmap(across=0),
)


@pytest.mark.parametrize("data", GOOD)
def test_each_kind_is_accepted(data: bytes) -> None:
    accepts(data)


@pytest.mark.parametrize("data", GOOD)
def test_extra_missing_or_shifted_bytes_are_rejected(data: bytes) -> None:
    rejects(data + b"\0")
    rejects(data[:-1])
    rejects(data[:54] + b"gap!" + data[54:])
    rejects(b"")


@pytest.mark.parametrize(
    "data",
    [
        bitmap(reserved=1),
        bitmap(planes=2),
        bitmap(compression=1),
        bitmap(important=1),
        bitmap(across=-5),
        bitmap(height=-2),
        bitmap(bits=16),
        bitmap(bits=4, used=16),
        bitmap(bits=32),
        bitmap(bits=24, used=1),
        bitmap(bits=8, used=0),
        bitmap(width=0),
        bitmap(image=7),
        bitmap(size=1),
        bitmap(offset=60),
    ],
)
def test_wrong_headers_are_rejected(data: bytes) -> None:
    rejects(data)


def test_padding_and_reserved_bytes_carry_nothing() -> None:
    good = bitmap()
    rejects(good[:-1] + b"x")
    rejects(good[:-3] + b"x\0\0")
    bits = bitmap(width=11, bits=1, used=2)
    rejects(bits[:-3] + b"\1" + bits[-2:])
    table = bytearray(bitmap(bits=8, used=2))
    table[57] = 1
    rejects(bytes(table))


def test_a_pixel_without_a_colour_is_rejected() -> None:
    data = bytearray(bitmap(bits=8, used=2))
    data[-8] = 2
    rejects(bytes(data))


def test_a_colour_space_of_one_s_own_is_rejected() -> None:
    data = bytearray(bitmap(bits=32, header=108))
    data[70:74] = b"LINK"
    rejects(bytes(data))


@given(st.sampled_from(GOOD), st.data())
@settings(max_examples=200, deadline=None)
def test_mutations_never_crash(sample: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample) - 1))
    rejects(sample[:at])
    changed = sample[:at] + data.draw(st.binary(max_size=3)) + sample[at + 1 :]
    try:
        BmpVerifier().verify(memoryview(changed))
    except Rejected:
        return
    assert len(changed) == len(sample)
