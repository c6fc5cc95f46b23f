"""Font programs made anew: the outlines are the same, nothing else crosses."""

import io
import random
import struct

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.misc.eexec import encrypt
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._font_program import BadFont, rebuild_font_file
from sanitizers.pdf._font_truetype import read_directory, write_directory
from sanitizers.verify import Rejected
from sanitizers.verify._pdf_font_files import check_cff, check_sfnt

CANARY = b"CANARYzq7"
ORDER = [".notdef", "A", "B", "Aacute"]


def square(pen, size: int) -> None:
    pen.moveTo((0, 0))
    pen.lineTo((0, size))
    pen.lineTo((size, size))
    pen.lineTo((size, 0))
    pen.closePath()


def curved(pen) -> None:
    pen.moveTo((10, 10))
    pen.qCurveTo((300, 700), (600, -20))
    pen.lineTo((10, 300))
    pen.closePath()


def true_type() -> bytes:
    """A font with names, hints, bytecode and tables that nobody needs to draw it."""
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(ORDER)
    builder.setupCharacterMap({0x41: "A", 0x42: "B", 0xC1: "Aacute"})
    glyphs = {}
    for name, draw in ((".notdef", lambda p: square(p, 500)), ("A", lambda p: square(p, 700)),
                       ("B", curved)):  # fmt: skip
        pen = TTGlyphPen(None)
        draw(pen)
        glyphs[name] = pen.glyph()
    pen = TTGlyphPen(glyphs)
    pen.addComponent("A", (1, 0, 0, 1, 0, 0))
    pen.addComponent("B", (0.5, 0, 0, 0.5, 50, 700))
    glyphs["Aacute"] = pen.glyph()
    for name in ("A", "B"):
        glyphs[name].program = Program()
        glyphs[name].program.fromBytecode(b"\x40" + bytes((len(CANARY),)) + CANARY)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(ORDER, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": CANARY.decode(), "copyright": CANARY.decode()})
    builder.setupOS2()
    builder.setupPost()
    font = builder.font
    for tag in ("fpgm", "prep"):
        font[tag] = newTable(tag)
        font[tag].program = Program()
        font[tag].program.fromBytecode(b"\x40" + bytes((len(CANARY),)) + CANARY)
    for tag in ("DSIG", "zzzz", "GSUB"):
        font[tag] = newTable("zzzz")
        font[tag].data = CANARY
        font[tag].tableTag = tag
    out = io.BytesIO()
    font.save(out)
    return out.getvalue() + CANARY


def cff(**info) -> bytes:
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(ORDER)
    strings = {}
    for name in ORDER:
        pen = T2CharStringPen(600, None)
        square(pen, 300 + 100 * ORDER.index(name))
        strings[name] = pen.getCharString()
    builder.setupCFF(
        CANARY.decode(),
        {"FullName": CANARY.decode(), "Notice": CANARY.decode(), **info},
        strings,
        {"BlueValues": [-10, 0, 700, 710], "StdHW": 50},
    )
    fonts = builder.font["CFF "].cff
    out = io.BytesIO()
    builder.font.recalcBBoxes = False
    fonts.compile(out, builder.font, isCFF2=False)
    return out.getvalue()


def type1(*, matrix=b"0.001 0 0 0.001 0 0", name=b"A", head=b"") -> bytes:
    """A Type 1 program with one glyph of its own: a square of 500, width 600."""

    def number(value: int) -> bytes:
        return bytes((value + 139,)) if -107 <= value <= 107 else b"\xff" + struct.pack(">i", value)

    charstring = (
        number(0) + number(600) + b"\x0d"  # hsbw
        + number(500) + b"\x07" + number(500) + b"\x06" + number(-500) + b"\x07"  # v, h, v lineto
        + b"\x09\x0e"  # closepath, endchar
    )  # fmt: skip
    sealed = encrypt(b"\0" * 4 + charstring, 4330)[0]
    private = (
        b"\0\0\0\0dup /Private 8 dict dup begin /lenIV 4 def % " + CANARY
        + b"\n/CharStrings 2 dict dup begin\n/.notdef %d RD " % len(sealed)
        + sealed + b" ND\n/" + name + b" %d RD " % len(sealed) + sealed + b" ND\nend end"
    )  # fmt: skip
    return (
        b"%!PS-AdobeFont-1.0: " + CANARY + b"\n" + head + b"/FontName /" + CANARY
        + b" def\n/FontMatrix [" + matrix + b"] def\n/Encoding 256 array\ndup 65 /" + name
        + b" put\nreadonly def\ncurrentfile eexec\n" + encrypt(private, 55665)[0]
        + b"\n" + b"0" * 512 + b"\ncleartomark " + CANARY
    )  # fmt: skip


def outlines(font: TTFont, names) -> dict:
    glyphs = font.getGlyphSet()
    found = {}
    for new, name in enumerate(names):
        pen = DecomposingRecordingPen(glyphs)
        glyphs[name].draw(pen)
        found[new] = (pen.value, glyphs[name].width)
    return found


def of_cff(data: bytes) -> TTFont:
    font = TTFont(sfntVersion="OTTO")
    font["CFF "] = newTable("CFF ")
    font["CFF "].decompile(data, font)
    return font


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
    once = rebuild_font_file("FontFile2", true_type())  # the source has short offsets
    assert rebuild_font_file("FontFile2", once) == once  # and the result long ones


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


def test_glyph_names_that_could_say_something_are_refused():
    with pytest.raises(BadFont):
        rebuild_font_file("FontFile", type1(name=b"CANARYzq7"))


def test_composites_that_contain_themselves_are_refused():
    tables = dict(read_directory(rebuild_font_file("FontFile2", true_type())))
    offsets = list(struct.unpack(">5I", tables[b"loca"]))
    loop = struct.pack(">hhhhh", -1, 0, 0, 10, 10) + struct.pack(">HHbb", 2, 3, 0, 0) + b"\0\0"
    tables[b"glyf"] = tables[b"glyf"][: offsets[3]] + loop
    offsets[4] = len(tables[b"glyf"])
    tables[b"loca"] = struct.pack(">5I", *offsets)
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
