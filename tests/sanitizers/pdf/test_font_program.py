"""Font programs made anew: the outlines are the same, nothing else crosses."""

import io
import random
import struct

import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._encoding import crossing_name
from sanitizers.pdf._font_program import BadFont, rebuild_font_file
from sanitizers.pdf._font_sfnt import read_directory, write_directory
from sanitizers.verify import Rejected
from sanitizers.verify._pdf_font_files import check_cff, check_sfnt
from tests.sanitizers.pdf.font_samples import CANARY, ORDER, cff, of_cff, outlines, true_type, type1


def test_a_true_type_font_draws_the_same_and_carries_nothing_else():
    source = true_type()
    assert source.count(CANARY) >= 7
    made = rebuild_font_file("FontFile2", source)
    check_sfnt(made)
    assert CANARY not in made
    assert set(read_directory(made)) == {
        b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"post",
    }  # fmt: skip
    before, after = TTFont(io.BytesIO(source)), TTFont(io.BytesIO(made))
    assert outlines(after, after.getGlyphOrder()) == outlines(before, ORDER)
    codes = {c: after.getGlyphID(n) for c, n in after["cmap"].tables[0].cmap.items()}
    assert codes == {0x41: 1, 0x42: 2, 0xC1: 3}


def test_both_forms_of_the_location_table_are_read():
    once = rebuild_font_file("FontFile2", true_type())
    assert rebuild_font_file("FontFile2", once) == once


def test_instructions_never_cross_not_even_in_composites():
    font = TTFont(io.BytesIO(rebuild_font_file("FontFile2", true_type())))
    for name in font.getGlyphOrder():
        glyph = font["glyf"][name]
        assert not getattr(glyph, "program", None) or not glyph.program.getBytecode()


def test_a_cff_font_draws_the_same_and_carries_nothing_else():
    source = cff()
    assert CANARY in source
    made = rebuild_font_file("FontFile3", source)
    check_cff(made)
    assert CANARY not in made
    before, after = of_cff(source), of_cff(made)
    top = after["CFF "].cff.topDictIndex[0]
    assert top.charset == ORDER
    assert "BlueValues" not in top.Private.rawDict
    for name in ORDER:
        pens = []
        for font in (before, after):
            string = font["CFF "].cff.topDictIndex[0].CharStrings[name]
            pens.append(DecomposingRecordingPen({}))
            string.draw(pens[-1])
        assert pens[0].value == pens[1].value


def test_an_open_type_program_is_reduced_to_its_outlines():
    wrapped = write_directory(b"OTTO", {b"CFF ": cff(), b"head": bytes(54), b"zzzz": CANARY})
    made = rebuild_font_file("OpenType", wrapped)
    assert made == rebuild_font_file("FontFile3", cff())


def test_a_type_1_font_becomes_cff_and_draws_the_same():
    source = type1()
    made = rebuild_font_file("FontFile", source)
    check_cff(made)
    assert CANARY not in made
    top = of_cff(made)["CFF "].cff.topDictIndex[0]
    assert top.charset == [".notdef", "A"]
    assert top.Encoding[65] == "A"
    pen = DecomposingRecordingPen({})
    top.CharStrings["A"].draw(pen)
    points = [p for _, args in pen.value for p in args]
    assert {(0, 0), (0, 500), (500, 500), (500, 0)} == set(points)
    assert top.CharStrings["A"].width == 600


def test_hexadecimal_and_segmented_type_1_are_the_same_font():
    plain = type1()
    head, _, rest = plain.partition(b"eexec\n")
    end = rest.rindex(b"\n" + b"0" * 512)
    private, zeros = rest[:end], rest[end:]
    as_hex = head + b"eexec\n" + private.hex().encode() + zeros
    segments = b"".join(
        b"\x80" + kind + struct.pack("<I", len(piece)) + piece
        for kind, piece in ((b"\1", head + b"eexec\n"), (b"\2", private), (b"\1", zeros))
    )
    expected = rebuild_font_file("FontFile", plain)
    assert rebuild_font_file("FontFile", as_hex) == expected
    assert rebuild_font_file("FontFile", segments + b"\x80\x03") == expected


@pytest.mark.parametrize("matrix", [b"1 0 0 (alert) 0 0", b"0.001 0 0 0.001 0", b"a b c d e f"])
def test_a_matrix_that_is_not_six_numbers_is_refused(matrix):
    with pytest.raises(BadFont):
        rebuild_font_file("FontFile", type1(matrix=matrix))


def test_a_glyph_name_that_could_say_something_becomes_a_number_that_is_found_by_it():
    made = rebuild_font_file("FontFile", type1(name=CANARY))
    assert CANARY not in made
    top = of_cff(made)["CFF "].cff.topDictIndex[0]
    name = crossing_name(CANARY.decode())
    assert top.charset == [".notdef", name]
    assert top.Encoding[65] == name


def test_composites_that_contain_themselves_are_refused():
    tables = dict(read_directory(rebuild_font_file("FontFile2", true_type())))
    offsets = [2 * value for value in struct.unpack(">5H", tables[b"loca"])]
    loop = struct.pack(">hhhhh", -1, 0, 0, 10, 10) + struct.pack(">HHbb", 2, 3, 0, 0) + b"\0\0"
    tables[b"glyf"] = tables[b"glyf"][: offsets[3]] + loop
    offsets[4] = len(tables[b"glyf"])
    tables[b"loca"] = struct.pack(">5H", *(value // 2 for value in offsets))
    with pytest.raises(BadFont):
        rebuild_font_file("FontFile2", write_directory(b"\0\1\0\0", tables))


def test_it_is_deterministic():
    for kind, source in (("FontFile2", true_type()), ("FontFile3", cff()), ("FontFile", type1())):
        assert rebuild_font_file(kind, source) == rebuild_font_file(kind, source)


@pytest.mark.parametrize("data", [b"", b"\0\1\0\0", b"OTTO", b"\1\0", b"%!", b"PK\3\4", b"\x80\1"])
def test_garbage_is_refused(data):
    for kind in ("FontFile", "FontFile2", "Type1C", "CIDFontType0C", "OpenType"):
        with pytest.raises(BadFont):
            rebuild_font_file(kind, data)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([true_type(), cff(), type1()]), st.randoms(use_true_random=False))
def test_damage_is_refused_or_still_a_clean_font(source, dice: random.Random):
    data = bytearray(source)
    for _ in range(dice.randint(1, 8)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    data = data[: dice.randint(len(data) // 2, len(data))]
    kind = {0: "FontFile2", 1: "FontFile3"}.get(source[0], "FontFile")
    try:
        made = rebuild_font_file(kind, bytes(data))
    except BadFont:
        return
    try:
        (check_sfnt if made[:4] == b"\0\1\0\0" else check_cff)(made)
    except Rejected:
        return  # the verifier is the second net
