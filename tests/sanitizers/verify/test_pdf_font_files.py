"""The verifier's walk through fonts: every byte has its place, one more is rejected."""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._font_cff_write import Face, Part, write
from sanitizers.pdf._font_program import rebuild_font_file
from sanitizers.pdf._font_sfnt import read_directory, write_directory
from sanitizers.pdf._font_type2 import ENDCHAR, encoded
from sanitizers.pdf._glyphless import font_program
from sanitizers.verify import Rejected
from sanitizers.verify._pdf_font_cff import check_cff
from sanitizers.verify._pdf_font_files import check_font_file
from sanitizers.verify._pdf_font_sfnt import check_sfnt
from sanitizers.verify._pdf_glyph_names import check_glyph_name
from sanitizers.verify._pdf_objects import Dictionary, Name
from tests.sanitizers.pdf.font_samples import cff, true_type, type1

TRUE_TYPE = rebuild_font_file("FontFile2", true_type())
CFF = rebuild_font_file("FontFile3", cff())
OF_TYPE_1 = rebuild_font_file("FontFile", type1())
GLYPH = encoded(10) + encoded(20) + b"\x15" + encoded(5) + encoded(6) + b"\5" + ENDCHAR
CID = write(Face(glyphs=[GLYPH] * 3, cids=[1, 9], parts=(Part(), Part()), selector=b"\0\1\1"))
NAMED = write(Face(glyphs=[GLYPH] * 3, names=["A", "uni30A2"], encoding=b"\x41\x42",
                   more_codes={9: "A"}))  # fmt: skip
TABLES = read_directory(TRUE_TYPE)


@pytest.mark.parametrize("data", [CFF, OF_TYPE_1, CID, NAMED])
def test_a_byte_more_or_less_in_a_cff_font_is_rejected(data):
    check_cff(data)
    for at in range(len(data) + 1):
        with pytest.raises(Rejected):
            check_cff(data[:at] + b"\0" + data[at:])
    for at in range(len(data)):
        with pytest.raises(Rejected):
            check_cff(data[:at])


def glyph_of(code: bytes) -> bytes:
    return write(Face(glyphs=[GLYPH, code], names=["A"]))


@pytest.mark.parametrize(
    "code",
    [
        GLYPH[:-1],  # no end
        GLYPH + ENDCHAR,
        encoded(7) * 3 + GLYPH,  # a number that nothing draws with
        encoded(1) + encoded(2) + b"\1" + GLYPH,  # a hint
        encoded(0) + b"\x0a" + GLYPH, encoded(0) + b"\x1d" + GLYPH,  # calls
        b"\x13\xff" + GLYPH,  # a mask
        b"\x0c\x17" + GLYPH, b"\x0c\x14" + GLYPH,  # random, put
        encoded(1) * 3 + b"\5" + ENDCHAR,
        encoded(1) * 49 + b"\6" + ENDCHAR,
        b"\x0b" + ENDCHAR, b"", b"\xff",
    ],
)  # fmt: skip
def test_a_charstring_that_does_more_than_draw_is_rejected(code):
    check_cff(glyph_of(GLYPH))
    with pytest.raises(Rejected):
        check_cff(glyph_of(code))


@pytest.mark.parametrize(
    "code",
    [
        encoded(1) * n + operator + ENDCHAR
        for operator, counts in {
            b"\5": (2, 48), b"\6": (1, 48), b"\7": (3,), b"\x08": (6, 48), b"\x18": (8, 44),
            b"\x19": (8, 48), b"\x1a": (4, 5, 48), b"\x1b": (9,), b"\x1e": (4, 45), b"\x1f": (8,),
            b"\x0c\x22": (7,), b"\x0c\x23": (13,), b"\x0c\x24": (9,), b"\x0c\x25": (11,),
            b"": (0, 1, 4, 5),
        }.items()
        for n in counts
    ],
)  # fmt: skip
def test_every_operator_that_draws_may_stand_in_a_charstring(code):
    check_cff(glyph_of(code))


def test_a_string_that_names_no_glyph_is_rejected():
    strings = b"\0\1\1\1\3BC"
    at = NAMED.index(b"\0\1\1\1\x08uni30A2")
    with pytest.raises(Rejected):
        check_cff(NAMED[:at] + strings + NAMED[at + 12 :])


def test_a_byte_more_or_less_in_a_true_type_font_is_rejected():
    check_sfnt(TRUE_TYPE)
    check_sfnt(font_program())
    for at in range(len(TRUE_TYPE)):
        with pytest.raises(Rejected):
            check_sfnt(TRUE_TYPE[:at] + b"\0" + TRUE_TYPE[at:])
        with pytest.raises(Rejected):
            check_sfnt(TRUE_TYPE[:at])


def with_table(tag: bytes, change) -> bytes:
    """The font with one table changed and all checksums right."""
    return write_directory(b"\0\1\0\0", {**TABLES, tag: change(TABLES.get(tag, b""))})


def put(at: int, value: bytes):
    return lambda table: table[:at] + value + table[at + len(value) :]


@pytest.mark.parametrize(
    ("tag", "change"),
    [
        (b"fpgm", lambda _: b"\xb0\x01"), (b"name", lambda _: bytes(6)),
        (b"glyf", lambda table: table + b"slack..."),
        (b"glyf", put(12, b"\0\x09")),  # instructions
        (b"glyf", put(2, b"\x7f")),  # a box that is not that of the points
        (b"glyf", put(14, b"\xc1")),  # reserved bits
        (b"loca", put(2, b"\xff\xff")), (b"loca", lambda table: table + b"\0\0"),
        (b"head", put(4, b"CANA")), (b"head", put(20, b"CANARYzq")), (b"head", put(16, b"\x80")),
        (b"maxp", put(6, b"\x7f")), (b"maxp", put(26, b"\x01")), (b"maxp", put(18, b"CA")),
        (b"hhea", put(24, b"CANARY")), (b"hhea", put(34, b"\xff")),
        (b"hmtx", lambda table: table + b"CANARY"), (b"hmtx", put(0, b"\xff\xff")),
        (b"post", put(4, b"CANARYzq7")), (b"post", lambda table: table + b"\x06CANARY"),
        (b"post", put(0, b"\0\4")),
        (b"cmap", lambda table: table + b"CANARY"), (b"cmap", put(2, b"\0\x09")),
        (b"cmap", put(8, b"\xff")),
    ],
)  # fmt: skip
def test_a_table_that_holds_anything_else_is_rejected(tag, change):
    made = with_table(tag, change)
    assert made != TRUE_TYPE
    with pytest.raises(Rejected):
        check_sfnt(made)


def test_a_wrong_checksum_is_rejected():
    with pytest.raises(Rejected):
        check_sfnt(TRUE_TYPE[:-1] + bytes((TRUE_TYPE[-1] ^ 1,)))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TABLES)), st.randoms(use_true_random=False))
def test_any_damage_of_a_table_is_rejected_or_another_font(tag, dice: random.Random):
    table = bytearray(TABLES[tag])
    for _ in range(dice.randint(1, 4)):
        table[dice.randrange(len(table))] = dice.randrange(256)
    made = write_directory(b"\0\1\0\0", {**TABLES, tag: bytes(table)})
    try:
        check_sfnt(made)
    except Rejected:
        return
    # What is accepted is what the rebuilder would write of it.
    assert len(rebuild_font_file("FontFile2", made)) <= len(made)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([CFF, CID, NAMED]), st.randoms(use_true_random=False))
def test_any_damage_of_a_cff_font_is_rejected_or_another_font(source, dice: random.Random):
    data = bytearray(source)
    for _ in range(dice.randint(1, 4)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    try:
        check_cff(bytes(data))
    except Rejected:
        return
    assert rebuild_font_file("Type1C", bytes(data))[:4] == b"\1\0\4\4"


@pytest.mark.parametrize("data", [b"", b"\0\1\0\0", b"\1\0\4\4", b"OTTO" + bytes(60), b"%!PS"])
def test_garbage_is_rejected(data):
    for check in (check_cff, check_sfnt):
        with pytest.raises(Rejected):
            check(data)


def test_a_program_must_be_what_its_key_says():
    right = Dictionary({"Length": 1, "Length1": len(TRUE_TYPE)})
    check_font_file("FontFile2", right, TRUE_TYPE)
    check_font_file("FontFile3", Dictionary({"Length": 1, "Subtype": Name("Type1C")}), CFF)
    for key, head, data in (
        ("FontFile", {"Length1": 1}, type1()),
        ("FontFile2", {"Length1": 1}, TRUE_TYPE),
        ("FontFile2", {"Length1": len(CFF)}, CFF),
        ("FontFile3", {"Subtype": Name("OpenType")}, CFF),
        ("FontFile3", {"Subtype": Name("Type1C"), "Metadata": 1}, CFF),
    ):
        with pytest.raises(Rejected):
            check_font_file(key, Dictionary(head), data)


@pytest.mark.parametrize("name", ["A", ".notdef", "uni30A2", "A.sc", "f_i", "mug.0123456789ab"])
def test_a_name_of_a_glyph_is_accepted(name):
    check_glyph_name(name)


@pytest.mark.parametrize("name", ["", "CANARYzq7", "A.secret", "mug.hello", "f_secret", "A" * 60])
def test_a_word_is_no_name_of_a_glyph(name):
    with pytest.raises(Rejected):
        check_glyph_name(name)


def test_lengths_are_not_believed():
    huge = b"\1\0\4\4" + struct.pack(">HB", 65_535, 4) + b"\xff" * 40
    with pytest.raises(Rejected):
        check_cff(huge)
