"""The names of a TrueType font's glyphs."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from sanitizers.pdf._encoding import crossing_name
from sanitizers.pdf._font_post_table import STANDARD_NAMES, read_names, write_post

HEAD = struct.pack(">IihhIIIII", 0x20000, 7, 7, 7, 7, 7, 7, 7, 7)


def table(numbers: list[int], names: list[bytes]) -> bytes:
    return (
        HEAD
        + struct.pack(f">H{len(numbers)}H", len(numbers), *numbers)
        + b"".join(bytes((len(name),)) + name for name in names)
    )


def test_standard_names_and_plain_ones_stay():
    names = read_names(table([0, 36, 258], [b"uni30A2"]), 3)
    assert names == [".notdef", "A", "uni30A2"]
    assert read_names(write_post(names), 3) == names


def test_a_name_that_says_something_becomes_the_number_an_encoding_finds():
    names = read_names(table([0, 258], [b"CANARYzq7"]), 2)
    assert names == [".notdef", crossing_name("CANARYzq7")]


def test_names_that_no_glyph_has_and_other_numbers_of_the_table_are_gone():
    made = write_post(read_names(table([0, 36], [b"CANARYzq7"]) + b"CANARYzq7", 2))
    assert b"CANARY" not in made
    assert made[4:32] == bytes(28)


def test_format_1_means_the_standard_order():
    assert read_names(struct.pack(">I", 0x10000) + bytes(28), 258) == list(STANDARD_NAMES)


def test_a_damaged_table_is_one_without_names():
    whole = table([0, 36], [])
    for broken in (b"", whole[:31], whole[:35], struct.pack(">I", 0x40000) + bytes(60)):
        assert read_names(broken, 2) == []
    assert read_names(whole, 3) == []
    assert read_names(table([0, 900], []), 2) == [".notdef", ".notdef"]
    assert write_post([])[:4] == b"\0\3\0\0"


@given(st.binary(max_size=120), st.integers(1, 20))
def test_any_bytes_give_names_that_are_read_back(data, count):
    names = read_names(HEAD + count.to_bytes(2, "big") + data, count)
    assert names == [] or read_names(write_post(names), count) == names
