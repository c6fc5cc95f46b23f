"""Stream filters: what encoders write comes back, what bombs hold does not."""

import base64
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._filters import BadFilter, TooLong, decode
from sanitizers.pdf._objects import Name

DATA = bytes(range(256)) * 5


def run(data, *filters, parms=(), limit=10**6):
    return decode(data, [Name(f) for f in filters], parms, limit=limit).data


def runlength(data: bytes) -> bytes:
    out = b""
    for at in range(0, len(data), 100):
        part = data[at : at + 100]
        out += bytes([len(part) - 1]) + part
    return out + b"\x80"


def lzw(data: bytes) -> bytes:
    """Codes of 9 bits with a clear before they would grow."""
    codes = []
    for at, byte in enumerate(data):
        if at % 200 == 0:
            codes.append(256)
        codes.append(byte)
    codes.append(257)
    bits = "".join(f"{code:09b}" for code in codes)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("FlateDecode", zlib.compress),
        ("Fl", zlib.compress),
        ("ASCII85Decode", lambda d: base64.a85encode(d, adobe=True)),
        ("A85", lambda d: base64.a85encode(d) + b"~>"),
        ("ASCIIHexDecode", lambda d: d.hex().encode() + b">"),
        ("RunLengthDecode", runlength),
        ("LZWDecode", lzw),
    ],
)
def test_what_an_encoder_wrote_comes_back(name, encode):
    assert run(encode(DATA), name) == DATA


def test_filters_are_applied_one_after_the_other():
    coded = base64.a85encode(zlib.compress(DATA)) + b"~>"
    assert run(coded, "ASCII85Decode", "FlateDecode") == DATA


@pytest.mark.parametrize(
    ("name", "bomb"),
    [
        ("FlateDecode", zlib.compress(bytes(10**7))),
        ("RunLengthDecode", b"\x81\0" * 10**5),
        ("ASCII85Decode", b"z" * 10**6),
        ("LZWDecode", lzw(bytes(3_000))),
    ],
)
def test_a_bomb_ends_at_its_limit(name, bomb):
    with pytest.raises(TooLong):
        run(bomb, name, limit=2_000)


def test_damage_keeps_what_came_before_it():
    coded = bytearray(zlib.compress(DATA, 0))
    assert run(bytes(coded[:700]), "FlateDecode") == DATA[: 700 - 7]


def test_an_unknown_filter_and_a_codec_in_the_middle_are_refused():
    with pytest.raises(BadFilter):
        run(b"", "JavaScriptDecode")
    with pytest.raises(BadFilter):
        run(b"", "DCTDecode", "FlateDecode")
    with pytest.raises(BadFilter):
        run(b"", *["FlateDecode"] * 9)


def test_a_picture_codec_at_the_end_is_left_to_its_decoder():
    found = decode(zlib.compress(b"jpeg"), [Name("Fl"), Name("DCT")], [None, {}], limit=99)
    assert (found.filter, found.data) == ("DCTDecode", b"jpeg")


def predicted(rows: list[bytes], kinds: list[int], step: int) -> bytes:
    """Rows coded by PNG filters (PNG, third edition, 9.2)."""
    out, above = b"", bytes(len(rows[0]))
    for row, kind in zip(rows, kinds, strict=True):
        line = bytearray()
        for i, value in enumerate(row):
            a = row[i - step] if i >= step else 0
            c = above[i - step] if i >= step else 0
            b = above[i]
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line.append((value - (0, a, b, (a + b) // 2, nearest)[kind]) % 256)
        out += bytes([kind]) + line
        above = row
    return out


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_png_predictors_of_any_shape_are_undone(data):
    colours = data.draw(st.sampled_from([1, 2, 3, 4, 5]))
    depth = data.draw(st.sampled_from([1, 2, 4, 8, 16]))
    columns = data.draw(st.integers(1, 9))
    size = (colours * depth * columns + 7) // 8
    rows = data.draw(st.lists(st.binary(min_size=size, max_size=size), min_size=1, max_size=5))
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)))
    coded = predicted(rows, kinds, max(1, colours * depth // 8))
    parms = {"Predictor": 12, "Colors": colours, "BitsPerComponent": depth, "Columns": columns}
    assert run(zlib.compress(coded), "FlateDecode", parms=[parms]) == b"".join(rows)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([1, 3, 4]),
    st.sampled_from([1, 2, 4, 8, 16]),
    st.integers(1, 9),
    st.randoms(use_true_random=False),
)
def test_the_tiff_predictor_is_undone_at_every_depth(colours, depth, columns, random):
    top = (1 << depth) - 1
    values = [random.randint(0, top) for _ in range(colours * columns)]
    coded = [(v - (values[i - colours] if i >= colours else 0)) & top for i, v in enumerate(values)]

    def packed(row):
        bits = "".join(f"{v:0{depth}b}" for v in row)
        bits += "0" * (-len(bits) % 8)
        return int(bits, 2).to_bytes(len(bits) // 8, "big")

    parms = {"Predictor": 2, "Colors": colours, "BitsPerComponent": depth, "Columns": columns}
    found = run(zlib.compress(packed(coded) * 2), "FlateDecode", parms=[parms])
    used = colours * depth * columns
    for at in (0, len(packed(values))):
        row = found[at : at + len(packed(values))]
        shown = int.from_bytes(row, "big") >> (8 * len(row) - used)
        assert shown == int.from_bytes(packed(values), "big") >> (8 * len(row) - used)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300),
    st.lists(
        st.sampled_from(["Fl", "LZW", "A85", "AHx", "RL", "Crypt", "FlateDecode"]), max_size=4
    ),
    st.sampled_from([{}, {"Predictor": 15, "Columns": 3}, {"Predictor": 2, "Colors": 3}]),
)
def test_garbage_ends_within_its_limit(data, filters, parms):
    with suppress(TooLong, BadFilter):
        assert len(run(data, *filters, parms=[parms] * len(filters), limit=5_000)) <= 5_000
