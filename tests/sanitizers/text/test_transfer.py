"""Transfer encodings are undone in chunks, tolerant, and never raise."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.text import transfer
from sanitizers.text.transfer import Defects, decoded, find_uu_blocks


def undo(data: bytes, encoding: str, defects: Defects | None = None) -> bytes:
    return b"".join(bytes(p) for p in decoded(memoryview(data), encoding, defects or Defects()))


def uu(data: bytes, name: bytes = b"a.bin") -> bytes:
    lines = [binascii.b2a_uu(data[i : i + 45]) for i in range(0, len(data), 45)]
    return b"begin 644 " + name + b"\n" + b"".join(lines) + b"`\nend\n"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=500), st.sampled_from([b"\r\n", b"\n", b"", b"\r\n \t"]))
def test_base64_round_trip(data: bytes, eol: bytes) -> None:
    assert undo(base64.encodebytes(data).replace(b"\n", eol), "base64") == data


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=500))
def test_quoted_printable_round_trip(data: bytes) -> None:
    assert undo(binascii.b2a_qp(data, istext=False), "quoted-printable") == data
    # `quopri` leaves CR as it is, which RFC 2045 6.7 does not allow.
    text = data.replace(b"\r", b"")
    assert undo(quopri.encodestring(text), "quoted-printable") == text


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=500))
def test_uuencode_round_trip(data: bytes) -> None:
    assert undo(uu(data), "x-uuencode") == data


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit", "", "nonsense"]),
)
def test_any_bytes_are_decoded_without_raising(data: bytes, encoding: str) -> None:
    undo(data, encoding)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100])
def test_chunk_borders_change_nothing(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "CHUNK", size)
    data = bytes(range(256)) * 3
    assert undo(base64.encodebytes(data), "base64") == data
    assert undo(data, "8bit") == data
    assert undo(uu(data), "x-uuencode") == data


def test_quoted_printable_is_cut_at_lines_and_off_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    text = ("あいうえお" * 20).encode()
    encoded = quopri.encodestring(text)
    for size in range(80, 120):
        monkeypatch.setattr(transfer, "CHUNK", size)
        assert undo(encoded, "quoted-printable") == text
        assert undo(encoded.replace(b"=\n", b""), "quoted-printable") == text


def test_base64_tolerates_junk_and_missing_padding() -> None:
    defects = Defects()
    assert undo(b"aG*VsbG8\r\n!gd29ybGQ", "base64", defects) == b"hello world"
    assert defects.count


def test_base64_goes_on_behind_padding_but_not_into_a_footer() -> None:
    assert undo(b"aGVs\r\nbG8=\r\nIHdvcmxk\r\n", "base64") == b"hello world"
    footer = b"\r\n____________\r\nlist mailing list http://list.example/?a=b\r\n"
    defects = Defects()
    assert undo(b"aGVsbG8=" + footer, "base64", defects) == b"hello"
    assert defects.count


def test_quoted_printable_tolerates_what_gateways_do() -> None:
    assert undo(b"a=3db =  \r\nc  \r\n=zz =e3", "quoted-printable") == b"a=b c\r\n=zz \xe3"
    assert undo(b"one=\rtwo", "quoted-printable") == b"onetwo"
    assert undo(b"end  ", "quoted-printable") == b"end"


def test_unknown_encodings_pass_as_they_are_and_are_counted() -> None:
    defects = Defects()
    assert undo(b"abc", "x-nothing", defects) == b"abc"
    assert defects.count == 1


def test_uuencode_skips_damaged_lines() -> None:
    good = uu(b"cat" * 30)
    defects = Defects()
    damaged = good.replace(b"begin 644 a.bin\n", b"begin 644 a.bin\n#\x80\x80\x80\x80\n")
    assert undo(damaged, "x-uuencode", defects) == b"cat" * 30
    assert defects.count == 1


def test_blocks_in_a_text_are_found_by_their_shape() -> None:
    text = b"Dear all,\nbegin 644 is not a file\nhello\n" + uu(b"x" * 100, b"b.doc") + b"Bye\n"
    (block,) = find_uu_blocks(memoryview(text), most=10)
    assert block.name == b"b.doc"
    assert undo(text[block.start : block.end], "x-uuencode") == b"x" * 100
    assert text[block.end :].strip() == b"Bye"
    assert find_uu_blocks(memoryview(b"begin 644 a\n#0V%T\nno more"), most=10) == []


def test_large_parts_are_decoded_in_small_pieces() -> None:
    data = base64.encodebytes(b"\x00" * 3_000_000)
    sizes = [len(p) for p in decoded(memoryview(data), "base64", Defects())]
    assert sum(sizes) == 3_000_000
    assert max(sizes) <= transfer.CHUNK
