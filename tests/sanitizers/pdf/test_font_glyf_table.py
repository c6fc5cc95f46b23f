"""Outlines of TrueType glyphs: the same points, no instructions, no room for anything else."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_glyf_table import MAX_DEPTH, read_glyphs, write_glyphs

CANARY = b"CANARYzq7"
ON, LONG = 1, 0  # a flag: on the curve, coordinates of two bytes


def simple(points, *, code=b"", flags=None, box=(0, 0, 0, 0), slack=b"") -> bytes:
    """One contour through the points, with two-byte coordinates."""
    flags = flags or bytes([ON]) * len(points)
    steps = [(x - px, y - py) for (x, y), (px, py) in zip(points, [(0, 0), *points], strict=False)]
    return (
        struct.pack(">hhhhhHH", 1, *box, len(points) - 1, len(code))
        + code + flags
        + b"".join(struct.pack(">h", dx) for dx, _ in steps)
        + b"".join(struct.pack(">h", dy) for _, dy in steps)
        + slack
    )  # fmt: skip


def composite(*parts: bytes) -> bytes:
    return struct.pack(">hhhhh", -1, 0, 0, 0, 0) + b"".join(parts)


def tables(*glyphs: bytes, long=True) -> tuple[bytes, bytes]:
    offsets, glyf = [0], b""
    for glyph in glyphs:
        glyf += glyph + bytes(len(glyph) % 2)
        offsets.append(len(glyf))
    if long:
        return struct.pack(f">{len(offsets)}I", *offsets), glyf
    return struct.pack(f">{len(offsets)}H", *(offset // 2 for offset in offsets)), glyf


def read(*glyphs: bytes, long=True):
    loca, glyf = tables(*glyphs, long=long)
    return read_glyphs(loca, glyf, len(glyphs), long=long)


TRIANGLE = [(10, 20), (300, 700), (600, -30)]


@pytest.mark.parametrize("long", [True, False])
def test_points_stay_and_the_box_is_computed_from_them(long):
    (glyph,) = read(simple(TRIANGLE, box=(1, 2, 3, 4)), long=long)
    assert glyph.box == (10, -30, 600, 700)
    assert (glyph.points, glyph.contours, glyph.said) == (3, 1, 1)
    glyf, loca, wide = write_glyphs([glyph])
    (again,) = read_glyphs(loca, glyf, 1, long=wide)
    assert again.data == glyph.data


def test_instructions_reserved_bits_and_slack_are_gone():
    plain = read(simple(TRIANGLE))[0].data
    made = read(simple(TRIANGLE, code=CANARY, flags=b"\xc1\x81\x41", slack=CANARY))[0].data
    # All flags are equal without their reserved bits.
    assert made == plain
    assert CANARY not in made


def test_bytes_between_glyphs_belong_to_none():
    first, second = simple(TRIANGLE), simple(TRIANGLE)
    glyf = first + CANARY + b"\0" + second
    loca = struct.pack(">3I", 0, len(first), len(first))
    glyphs = read_glyphs(loca, glyf, 2, long=True)
    assert CANARY not in write_glyphs(glyphs)[0]


def test_a_composite_keeps_where_its_parts_are_and_nothing_after_them():
    part = struct.pack(">HHhh", 0x1 | 0x2 | 0x100, 0, 100, -50)  # with instructions
    whole = composite(part) + struct.pack(">H", len(CANARY)) + CANARY
    _, glyph = read(simple(TRIANGLE), whole)
    assert glyph.box == (110, -80, 700, 650)
    assert glyph.depth == 1
    assert glyph.data[10:] == struct.pack(">HHhh", 0x3, 0, 100, -50)


def test_a_glyph_that_cannot_be_parsed_is_empty_and_many_are_no_font():
    good = [simple(TRIANGLE)] * 4
    glyphs = read(*good, simple(TRIANGLE)[:-8])
    assert [bool(glyph.data) for glyph in glyphs] == [True] * 4 + [False]
    with pytest.raises(BadFont):
        read(good[0], simple(TRIANGLE)[:-8])


def test_a_composite_of_itself_or_too_deep_is_refused():
    def part(number):
        return composite(struct.pack(">HHbb", 0x2, number, 0, 0))

    with pytest.raises(BadFont):
        read(part(0))
    chain = [simple(TRIANGLE)] + [part(number) for number in range(MAX_DEPTH + 1)]
    with pytest.raises(BadFont):
        read(*chain)


def test_composites_that_double_their_points_end():
    def twice(number):
        one = struct.pack(">HHbb", 0x22, number, 0, 0)
        return composite(one, one[:1] + b"\x02" + one[2:])

    many = composite(*[struct.pack(">HHbb", 0x22, 0, 0, 0)] * 499,
                     struct.pack(">HHbb", 0x2, 0, 0, 0))  # fmt: skip
    with pytest.raises(BadFont):
        read(simple(TRIANGLE), many, *(twice(number) for number in range(1, 9)))


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
def test_any_bytes_are_refused_or_read_back_the_same(glyphs):
    try:
        found = read(*glyphs)
    except BadFont:
        return
    glyf, loca, long = write_glyphs(found)
    again = read_glyphs(loca, glyf, len(found), long=long)
    assert [glyph.data for glyph in again] == [glyph.data for glyph in found]
