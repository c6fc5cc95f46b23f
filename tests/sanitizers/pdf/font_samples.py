"""Font programs for the tests, made by code, with a canary wherever one can be planted."""

import io
import struct

from fontTools.fontBuilder import FontBuilder
from fontTools.misc.eexec import encrypt
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program

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
