"""CFF font sets: read into numbers, names and outlines, and written without anything else."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._encoding import crossing_name
from sanitizers.pdf._font_cff import dictionary, rebuild
from sanitizers.pdf._font_cff_names import CHARSETS, STANDARD_STRINGS
from sanitizers.pdf._font_cff_write import Face, Part, index, write
from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_type2 import ENDCHAR, encoded
from sanitizers.verify._pdf_font_files import check_cff
from tests.sanitizers.pdf.font_samples import CANARY, of_cff

GLYPH = (
    encoded(500) + encoded(10) + encoded(20) + b"\x15" + encoded(5) + encoded(6) + b"\5" + ENDCHAR
)


def face(**options) -> Face:
    return Face(**{"glyphs": [GLYPH, GLYPH, GLYPH], "names": ["A", "uni30A2"], **options})


def top_of(data: bytes):
    return of_cff(data)["CFF "].cff.topDictIndex[0]


def test_the_tables_of_the_standard_are_whole():
    assert len(STANDARD_STRINGS) == 391
    assert [len(charset) for charset in CHARSETS] == [229, 166, 87]
    assert STANDARD_STRINGS[34] == "A"
    assert STANDARD_STRINGS[390] == "Semibold"


@pytest.mark.parametrize(
    "source",
    [
        face(),
        face(matrix=(0.0005, 0, 0, 0.0005, 0, 0), box=(-10, -200, 1000, 40_000 // 2)),
        face(encoding=b"\x41\x42", more_codes={0x80: "A"}),
        face(encoding=1, parts=(Part(default_width=500, nominal_width=-7.25),)),
        face(names=(), cids=[7, 9]),
        face(names=(), cids=[1, 2], parts=(Part(matrix=(0.001, 0, 0, 0.001, 0, 0)), Part()),
             selector=b"\0\1\1"),
    ],
)  # fmt: skip
def test_a_written_set_is_read_back_and_written_the_same(source):
    made = write(source)
    check_cff(made)
    assert rebuild(made) == made
    assert len(top_of(made).CharStrings) == 3


def test_codes_and_second_codes_of_an_encoding_stay():
    top = top_of(rebuild(write(face(encoding=b"\x41\x42", more_codes={0x80: "A"}))))
    assert (top.Encoding[0x41], top.Encoding[0x42], top.Encoding[0x80]) == ("A", "uni30A2", "A")


def test_cids_and_parts_stay():
    parts = (Part(default_width=1), Part(default_width=2))
    top = top_of(rebuild(write(face(names=(), cids=[7, 9], parts=parts, selector=b"\0\1\0"))))
    assert top.charset == [".notdef", "cid00007", "cid00009"]
    assert list(top.FDSelect.gidArray) == [0, 1, 0]
    assert [part.Private.defaultWidthX for part in top.FDArray] == [1, 2]


def test_slack_between_and_after_the_structures_is_gone():
    made = write(face())
    assert rebuild(made + CANARY) == made


def test_a_name_that_could_say_something_becomes_a_number():
    made = rebuild(write(face(names=["A", CANARY.decode()])))
    assert CANARY not in made
    assert top_of(made).charset[2] == crossing_name(CANARY.decode())


def test_strings_shared_subroutines_and_unknown_operators_are_gone():
    glyphs = index([GLYPH])
    for at in range(2):
        head = b"\1\0\4\1" + index([CANARY])
        offset = len(head) + at
        top = (
            b"\x1d" + struct.pack(">i", 391) + b"\0"  # version: the first string
            + b"\x1d" + struct.pack(">i", 392) + b"\x0c\x26"  # FontName
            + b"\x1d%b\x11" % struct.pack(">i", 0)
        )  # fmt: skip
        tail = index([CANARY, CANARY]) + index([CANARY])
        offset = len(head) + len(index([top])) + len(tail)
        top = top[:-5] + struct.pack(">i", offset) + b"\x11"
        made = rebuild(head + index([top]) + tail + glyphs + CANARY)
        check_cff(made)
        assert CANARY not in made


@pytest.mark.parametrize(
    "data",
    [b"\xff", b"\x0c", b"\x1e\xbb\xff", b"\x1e\x11", b"\x16", b"\x8b" * 2001, b"\x1e\xdd\xff"],
)
def test_a_dictionary_that_is_none_is_refused(data):
    with pytest.raises((BadFont, IndexError)):
        dictionary(data)


def test_numbers_of_a_dictionary_are_read():
    data = b"\x8b\xef\x27\xfa\x7c\xfe\x7c\x1c\x27\x10\x1d\xff\xfe\x79\x60\x1e\xe2\xa2\x5f\x05"
    assert dictionary(data) == {5: [0, 100, -100, 1000, -1000, 10_000, -100_000, -2.25]}


@pytest.mark.parametrize("cut", range(1, 60, 3))
def test_a_set_that_ends_early_is_refused(cut):
    with pytest.raises((BadFont, IndexError, ValueError)):
        rebuild(write(face())[:-cut])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 65_534), min_size=1, max_size=40, unique=True),
    st.lists(st.integers(0, 2), min_size=41, max_size=41),
)
def test_any_cids_and_any_choice_of_parts_are_kept(cids, choice):
    glyphs = [GLYPH] * (len(cids) + 1)
    made = write(
        Face(glyphs=glyphs, cids=cids, parts=(Part(),) * 3, selector=bytes(choice[: len(glyphs)]))
    )
    check_cff(made)
    assert rebuild(made) == made
    top = top_of(made)
    assert top.charset[1:] == [f"cid{cid:05d}" for cid in cids]
    assert list(top.FDSelect.gidArray) == choice[: len(glyphs)]
