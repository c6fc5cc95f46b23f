"""Our own PDF writer: image pages with an invisible text layer, and nothing else.

Written front to back: pictures, contents and pages as they come, then the font, the
page tree, the catalog and a classic cross-reference table (ISO 32000-2, 7.5), so that
memory does not grow with the pages. There is no Info dictionary, no identifier, no
date and no action; equal pages give equal bytes. `sanitizers.verify.pdf` is the
grammar of what this module may write: a key added here must be added there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sanitizers.model import Output
from sanitizers.pdf import _glyphless as glyphless
from sanitizers.pdf._raster import Picture
from sanitizers.reasons import ReasonCode, Withheld

HEADER: Final = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
ZLIB_LEVEL: Final = 6
#: CIDs that stand for characters beyond U+FFFF: no BMP character has these numbers.
FIRST_ASTRAL_CID: Final = 0xD800
MAX_ASTRAL: Final = 0x800

_FONT_PROGRAM: Final = glyphless.font_program()
_GLYPH_MAP: Final = glyphless.glyph_map()


@lru_cache(maxsize=8)
def _packed(data: bytes) -> bytes:
    """What nearly all files have in common, compressed once."""
    return zlib.compress(data, ZLIB_LEVEL)


def number(value: float) -> bytes:
    """A PDF number (ISO 32000-2, 7.3.3): at most three decimals, never an exponent."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return b"0" if text in ("", "-0") else text.encode("ascii")


class Codes:
    """The two-byte codes of the text layer: UTF-16 units, and numbers for the rest."""

    def __init__(self) -> None:
        self.astral: dict[str, int] = {}

    def of(self, character: str) -> int:
        """The code of one character; U+FFFD once all astral numbers are used."""
        code = ord(character)
        if code <= 0xFFFF:
            return code
        if character not in self.astral and len(self.astral) >= MAX_ASTRAL:
            return 0xFFFD
        return self.astral.setdefault(character, FIRST_ASTRAL_CID + len(self.astral))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A picture already written, and its rectangle on the page in points."""

    reference: int
    left: float
    bottom: float
    width: float
    height: float


class PdfWriter:
    """Writes one document to `out`, which must be empty."""

    def __init__(self, out: Output, *, budget: int) -> None:
        self._out = out
        self._budget = budget
        self._offsets: dict[int, int] = {}
        self._last = 2  # 1 is the catalog, 2 the page tree
        self._pages: list[int] = []
        self._font = 0
        self.codes = Codes()
        self._write(HEADER)

    def picture(self, picture: Picture) -> int:
        """Write an image XObject (ISO 32000-2, 8.9.5) and return its number."""
        entries = {
            b"Type": b"/XObject",
            b"Subtype": b"/Image",
            b"Width": b"%d" % picture.width,
            b"Height": b"%d" % picture.height,
            b"ColorSpace": _colour_space(picture),
            b"BitsPerComponent": b"%d" % picture.bits,
            b"Filter": b"/" + picture.filter.encode("ascii"),
        }
        if picture.filter == "CCITTFaxDecode":
            entries[b"DecodeParms"] = b"<< /K -1 /Columns %d /Rows %d /BlackIs1 true >>" % (
                picture.width,
                picture.height,
            )
        return self._stream(self._next(), entries, picture.data)

    def page(self, *, width: float, height: float, pictures: Iterable[Placed], text: bytes) -> None:
        """Write a page (points) that shows `pictures` under the invisible `text`."""
        placed = list(pictures)
        drawn = [
            b"q %s 0 0 %s %s %s cm /I%d Do Q\n"
            % (number(p.width), number(p.height), number(p.left), number(p.bottom), i)
            for i, p in enumerate(placed)
        ]
        if text:
            drawn.append(b"BT\n3 Tr\n" + text + b"ET\n")
        contents = self._flate(zlib.compress(b"".join(drawn), ZLIB_LEVEL))
        resources = b"/XObject << %s >>" % b" ".join(
            b"/I%d %d 0 R" % (i, p.reference) for i, p in enumerate(placed)
        )
        if text:
            if not self._font:
                self._font = self._next()
            resources += b" /Font << /F0 %d 0 R >>" % self._font
        entries = {
            b"Type": b"/Page",
            b"Parent": b"2 0 R",
            b"MediaBox": b"[0 0 %s %s]" % (number(width), number(height)),
            b"Resources": b"<< %s >>" % resources,
            b"Contents": b"%d 0 R" % contents,
        }
        self._pages.append(self._object(self._next(), _dictionary(entries)))

    def finish(self) -> None:
        """Write what closes the file."""
        if self._font:
            self._write_font()
        kids = b" ".join(b"%d 0 R" % page for page in self._pages)
        self._object(
            2,
            _dictionary(
                {
                    b"Type": b"/Pages",
                    b"Kids": b"[%s]" % kids,
                    b"Count": b"%d" % len(self._pages),
                }
            ),
        )
        self._object(1, _dictionary({b"Type": b"/Catalog", b"Pages": b"2 0 R"}))
        start = self._out.tell()
        size = self._last + 1
        rows = [b"%010d 00000 n \n" % self._offsets[n] for n in range(1, size)]
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % size + b"".join(rows))
        trailer = _dictionary({b"Size": b"%d" % size, b"Root": b"1 0 R"})
        self._write(b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, start))

    def _write_font(self) -> None:
        """The Type 0 font of the text layer (ISO 32000-2, 9.7) and what it needs."""
        name = b"/" + glyphless.NAME.encode("ascii")
        length = {b"Length1": b"%d" % len(_FONT_PROGRAM)}
        glyphs = self._flate(_packed(_GLYPH_MAP))
        program = self._flate(_packed(_FONT_PROGRAM), length)
        unicode = self._flate(_packed(to_unicode(self.codes.astral)))
        descriptor = {
            b"Type": b"/FontDescriptor",
            b"FontName": name,
            b"Flags": b"4",
            b"FontBBox": b"[0 %d %d %d]"
            % (glyphless.DESCENT, glyphless.FULL_WIDTH, glyphless.ASCENT),
            b"ItalicAngle": b"0",
            b"Ascent": b"%d" % glyphless.ASCENT,
            b"Descent": b"%d" % glyphless.DESCENT,
            b"CapHeight": b"%d" % glyphless.ASCENT,
            b"StemV": b"80",
            b"FontFile2": b"%d 0 R" % program,
        }
        widths = b" ".join(
            b"%d %d %d" % (first, last, glyphless.HALF_WIDTH)
            for first, last in glyphless.HALF_RANGES
        )
        cid_font = {
            b"Type": b"/Font",
            b"Subtype": b"/CIDFontType2",
            b"BaseFont": name,
            b"CIDSystemInfo": b"<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>",
            b"DW": b"%d" % glyphless.FULL_WIDTH,
            b"W": b"[%s]" % widths,
            b"FontDescriptor": b"%d 0 R" % self._object(self._next(), _dictionary(descriptor)),
            b"CIDToGIDMap": b"%d 0 R" % glyphs,
        }
        descendant = self._object(self._next(), _dictionary(cid_font))
        font = {
            b"Type": b"/Font",
            b"Subtype": b"/Type0",
            b"BaseFont": name,
            b"Encoding": b"/Identity-H",
            b"DescendantFonts": b"[%d 0 R]" % descendant,
            b"ToUnicode": b"%d 0 R" % unicode,
        }
        self._object(self._font, _dictionary(font))

    def _next(self) -> int:
        self._last += 1
        return self._last

    def _flate(self, packed: bytes, entries: Mapping[bytes, bytes] | None = None) -> int:
        return self._stream(self._next(), {b"Filter": b"/FlateDecode", **(entries or {})}, packed)

    def _stream(self, reference: int, entries: Mapping[bytes, bytes], data: bytes) -> int:
        head = _dictionary({**entries, b"Length": b"%d" % len(data)})
        return self._object(reference, b"%s\nstream\n%s\nendstream" % (head, data))

    def _object(self, reference: int, body: bytes) -> int:
        self._offsets[reference] = self._out.tell()
        self._write(b"%d 0 obj\n%s\nendobj\n" % (reference, body))
        return reference

    def _write(self, data: bytes) -> None:
        if self._out.tell() + len(data) > self._budget:
            raise Withheld(ReasonCode.OUTPUT_TOO_LARGE)
        self._out.write(data)


def to_unicode(astral: Mapping[str, int]) -> bytes:
    """The ToUnicode CMap (ISO 32000-2, 9.10.3): codes are UTF-16 units, astral by list."""
    out = [
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        b"/CMapName /Mugaika-UCS def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    ]
    # A range may not cross a first byte; blocks have at most 100 lines (Adobe TN 5014).
    # The surrogate rows are left to the astral list.
    rows = [high for high in range(256) if not 0xD8 <= high <= 0xDF]
    for start in range(0, len(rows), 100):
        block = rows[start : start + 100]
        out.append(b"%d beginbfrange\n" % len(block))
        out += [b"<%02X00> <%02XFF> <%02X00>\n" % (high, high, high) for high in block]
        out.append(b"endbfrange\n")
    singles = sorted((code, text) for text, code in astral.items())
    for start in range(0, len(singles), 100):
        listed = singles[start : start + 100]
        out.append(b"%d beginbfchar\n" % len(listed))
        out += [
            b"<%04X> <%s>\n" % (code, text.encode("utf-16-be").hex().upper().encode("ascii"))
            for code, text in listed
        ]
        out.append(b"endbfchar\n")
    out.append(b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
    return b"".join(out)


def _colour_space(picture: Picture) -> bytes:
    if picture.colour == "indexed":
        highest = len(picture.palette) // 3 - 1
        table = picture.palette.hex().upper().encode("ascii")
        return b"[/Indexed /DeviceRGB %d <%s>]" % (highest, table)
    return b"/DeviceGray" if picture.colour == "gray" else b"/DeviceRGB"


def _dictionary(entries: Mapping[bytes, bytes]) -> bytes:
    return b"<< %s >>" % b" ".join(b"/%s %s" % (key, value) for key, value in entries.items())
