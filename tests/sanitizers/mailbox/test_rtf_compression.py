"""Compressed RTF is unpacked by the letter of its standard, and within bounds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.mailbox import _rtf_compression
from sanitizers.mailbox._rtf_compression import decompress
from tests.sanitizers.mailbox.samples import lzfu, mela

#: [MS-OXRTFCP] 3.1.1 and 3.1.2: the published examples.
SIMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af3"
    "2068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def test_the_examples_of_the_standard_are_unpacked():
    assert decompress(SIMPLE) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompress(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize("pack", [lzfu, mela])
@settings(max_examples=50, deadline=None)
@given(rtf=st.binary(max_size=10_000))
def test_what_was_packed_comes_back(pack, rtf):
    assert decompress(pack(rtf)) == rtf


def test_the_size_that_is_stated_is_not_believed_beyond_the_data():
    lie = bytearray(SIMPLE)
    lie[4:8] = b"\xff\xff\xff\xff"
    assert decompress(bytes(lie)) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    lie[4:8] = b"\x05\0\0\0"
    assert decompress(bytes(lie)) == b"{\\rtf"


def test_output_ends_at_its_limit(monkeypatch):
    monkeypatch.setattr(_rtf_compression, "MAX_RTF_BYTES", 100)
    # References to the dictionary only: 17 bytes for 2.
    body = (b"\xff" + b"\x00\x0f" * 8) * 1_000
    assert len(decompress(b"\xff" * 8 + b"LZFu" + b"\0" * 4 + body)) == 100


@pytest.mark.parametrize("data", [b"", b"LZFu", SIMPLE[:15], SIMPLE[:8] + b"ZZZZ" + SIMPLE[12:]])
def test_what_is_none_is_empty(data):
    assert decompress(data) == b""


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_it(body):
    size = b"\xff\xff\0\0"
    assert len(decompress(size * 2 + b"LZFu" + b"\0" * 4 + body)) <= 17 * 8 * max(len(body), 1)
