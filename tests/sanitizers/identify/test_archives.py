"""Volumes of split archives are archives, so that the notice can say what is missing."""

from __future__ import annotations

import struct

import pytest

from sanitizers.identify import identify, warm

warm()


def _end(disk: int, first: int, comment: bytes = b"") -> bytes:
    return (
        struct.pack("<4sHHHHIIH", b"PK\x05\x06", disk, first, 1, 1, 46, 0, len(comment)) + comment
    )


@pytest.mark.parametrize("end", [_end(2, 2), _end(5, 4), _end(1, 0, b"a comment")])
def test_the_last_volume_of_a_split_zip_is_a_zip(end):
    data = b"\xf1\x02" + bytes(range(255, -1, -1)) + end
    assert identify(memoryview(data), name="書類.zip").media_type == "application/zip"


@pytest.mark.parametrize(
    "end", [_end(2, 3), _end(0xFFFF, 0), _end(2, 2) + b"tail", _end(2, 2)[:-1]]
)
def test_what_only_looks_like_an_end_is_not(end):
    data = b"\xf1\x02" + bytes(range(255, -1, -1)) + end
    assert identify(memoryview(data)).media_type == "application/octet-stream"


def test_a_program_with_the_end_of_a_split_zip_stays_a_program():
    data = b"MZ\x90\0" + bytes(600) + _end(2, 2)
    assert identify(memoryview(data), name="a.zip").program
