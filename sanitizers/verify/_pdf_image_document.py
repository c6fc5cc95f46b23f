"""The grammar of image PDFs: pages of pictures with invisible text, and nothing else.

An own tokenizer reads the file from its first byte to its last; every object, key,
operator and offset must be one that this module expects, every object must be reached
from the catalog exactly in its role, and every stream must be used up to its end. A
value of the wrong kind, an unknown key, a comment, a gap or one byte too many rejects
the file. It shares no code with the writer and opens nothing with PDFium or Pillow.

Grammar: ISO 32000-2: file structure 7.5, objects 7.3, filters 7.4, pages 7.7, images
8.9, text 9; ITU-T T.81 (JPEG), T.6 (fax).
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_contents import check_contents, check_to_unicode
from sanitizers.verify._pdf_font_sfnt import GLYPHLESS_SHA256
from sanitizers.verify._pdf_images import check_image, inflate
from sanitizers.verify._pdf_objects import (
    Array,
    Dictionary,
    Name,
    PdfObject,
    Reference,
    Value,
    parse_object,
)

HEADER: Final = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
MAX_OBJECTS: Final = 200_000  # 2,000 pages of a few bands each stay under 20,000
MAX_PAGES: Final = 2_000
MAX_SIDE: Final = 14_400.0  # points (annex C)
MAX_BANDS: Final = 4_096  # pictures of one page
MAX_CONTENTS: Final = 60_000_000  # bytes of one page's operators
MAX_TO_UNICODE: Final = 200_000
#: The glyphless font of the text layer and its glyph table: constants, known by hash.
FONT_BYTES: Final = 612
GLYPH_MAP_SHA256: Final = "b3d840f2416285d157a2688fc8ec694686d392646638d4019202b35a4075bdd5"
GLYPH_MAP_BYTES: Final = 131_072
FONT_NAME: Final = Name("MugaikaGlyphless")

_XREF: Final = re.compile(rb"xref\n0 ([1-9][0-9]{0,6})\n0000000000 65535 f \n")
_TRAILER: Final = re.compile(
    rb"trailer\n<< /Size ([1-9][0-9]{0,6}) /Root 1 0 R >>\n"
    rb"startxref\n([1-9][0-9]{0,15})\n%%EOF\n"
)
_ROW: Final = re.compile(rb"([0-9]{10}) 00000 n \n")
_ROW_BYTES: Final = 20
_TAIL: Final = 200  # more than the longest trailer


def check_image_document(data: memoryview) -> None:
    """Accept what `image_pdf` may write.

    Raises:
        Rejected: anything else.
    """
    objects = _read_file(data)
    _Tree(objects).check()


def _read_file(data: memoryview) -> dict[int, PdfObject]:
    """All objects, in file order without gaps, agreeing with the table."""
    if bytes(data[: len(HEADER)]) != HEADER:
        raise Rejected("header")
    tail_at = max(0, len(data) - _TAIL)
    tail = bytes(data[tail_at:])
    # The first match is the right one: the pattern must reach the end of the file.
    match = next((m for m in _TRAILER.finditer(tail) if m.end() == len(tail)), None)
    if match is None:
        raise Rejected("trailer")
    size, start = int(match[1]), int(match[2])
    if size - 1 > MAX_OBJECTS:
        raise Rejected("too many objects")
    offsets = _read_table(data, start, size, end=tail_at + match.start())
    objects: dict[int, PdfObject] = {}
    at = len(HEADER)
    while at < start:
        number, found, end = parse_object(data, at, start)
        if number in objects or offsets.get(number) != at:
            raise Rejected("an object that is not where the table says")
        objects[number] = found
        at = end
    if at != start or len(objects) != len(offsets):
        raise Rejected("objects and table differ")
    return objects


def _read_table(data: memoryview, start: int, size: int, *, end: int) -> dict[int, int]:
    head = _XREF.match(bytes(data[start : start + 64]))
    if head is None or int(head[1]) != size:
        raise Rejected("cross-reference table")
    first = start + head.end()
    if end - first != _ROW_BYTES * (size - 1):
        raise Rejected("length of the cross-reference table")
    offsets = {}
    rows = bytes(data[first:end])
    for index in range(size - 1):
        row = _ROW.fullmatch(rows, _ROW_BYTES * index, _ROW_BYTES * (index + 1))
        if row is None:
            raise Rejected("cross-reference row")
        offsets[index + 1] = int(row[1])
    return offsets


class _Tree:
    """Walks from the catalog; each object is taken once, in one role."""

    def __init__(self, objects: dict[int, PdfObject]) -> None:
        self._objects = objects
        self._left = set(objects)
        self._font = 0
        self._astral: set[int] = set()

    def check(self) -> None:
        """The whole tree; afterwards no object may be left over."""
        catalog = self._plain(Reference(1), {"Type", "Pages"})
        _require(catalog["Type"] == Name("Catalog") and catalog["Pages"] == Reference(2), "catalog")
        pages = self._plain(Reference(2), {"Type", "Kids", "Count"})
        kids = pages["Kids"]
        if not isinstance(kids, Array) or not 1 <= len(kids) <= MAX_PAGES:
            raise Rejected("page tree")
        _require(pages["Type"] == Name("Pages") and pages["Count"] == len(kids), "page tree")
        for kid in kids:
            self._page(kid)
        if self._font:
            self._check_font()
        _require(not self._left, "unreferenced objects")

    def _take(self, reference: Value) -> PdfObject:
        if not isinstance(reference, Reference) or reference.number not in self._left:
            raise Rejected("a reference to nothing, or the second to an object")
        self._left.discard(reference.number)
        return self._objects[reference.number]

    def _plain(self, reference: Value, keys: set[str]) -> Dictionary:
        found = self._take(reference)
        _require(found.stream is None, "a stream where a dictionary belongs")
        _require(set(found.value) == keys, "keys of a dictionary")
        return found.value

    def _stream(self, reference: Value, limit: int, extra: set[str] | None = None) -> bytes:
        """A Flate stream's data; `Length` was checked by the tokenizer."""
        found = self._take(reference)
        if found.stream is None:
            raise Rejected("a dictionary where a stream belongs")
        _require(set(found.value) == {"Filter", "Length"} | (extra or set()), "keys of a stream")
        _require(found.value["Filter"] == Name("FlateDecode"), "filter of a stream")
        return inflate(found.stream, limit=limit)

    def _page(self, reference: Value) -> None:
        page = self._plain(reference, {"Type", "Parent", "MediaBox", "Resources", "Contents"})
        _require(page["Type"] == Name("Page") and page["Parent"] == Reference(2), "page")
        box = page["MediaBox"]
        if not isinstance(box, Array) or len(box) != 4:
            raise Rejected("media box")
        left, bottom, width, height = box
        if not isinstance(width, int | float) or not isinstance(height, int | float):
            raise Rejected("media box")
        _require(left == 0 and bottom == 0, "media box")
        _require(0.9 <= width <= MAX_SIDE + 0.01 and 0.9 <= height <= MAX_SIDE + 0.01, "page size")
        resources = page["Resources"]
        if not isinstance(resources, Dictionary):
            raise Rejected("resources")
        _require(set(resources) in ({"XObject"}, {"XObject", "Font"}), "resources")
        pictures = resources["XObject"]
        if not isinstance(pictures, Dictionary) or not 1 <= len(pictures) <= MAX_BANDS:
            raise Rejected("pictures of a page")
        for index, (key, picture) in enumerate(pictures.items()):
            _require(key == f"I{index}", "name of a picture")
            found = self._take(picture)
            if found.stream is None:
                raise Rejected("a picture without a stream")
            check_image(found.value, found.stream)
        if "Font" in resources:
            self._note_font(resources["Font"])
        contents = self._stream(page["Contents"], MAX_CONTENTS)
        self._astral |= check_contents(
            contents, pictures=len(pictures), width=width, height=height, text="Font" in resources
        )

    def _note_font(self, fonts: Value) -> None:
        if not isinstance(fonts, Dictionary) or list(fonts) != ["F0"]:
            raise Rejected("fonts of a page")
        font = fonts["F0"]
        if not isinstance(font, Reference) or self._font not in (0, font.number):
            raise Rejected("more than one font")
        self._font = font.number

    def _check_font(self) -> None:
        font = self._plain(
            Reference(self._font),
            {"Type", "Subtype", "BaseFont", "Encoding", "DescendantFonts", "ToUnicode"},
        )
        descendants = font["DescendantFonts"]
        if not isinstance(descendants, Array) or len(descendants) != 1:
            raise Rejected("descendant fonts")
        wanted: dict[str, Value] = {
            "Type": Name("Font"),
            "Subtype": Name("Type0"),
            "BaseFont": FONT_NAME,
            "Encoding": Name("Identity-H"),
        }
        _require_equal(font, wanted)
        check_to_unicode(self._stream(font["ToUnicode"], MAX_TO_UNICODE), used=self._astral)
        self._check_cid_font(descendants[0])

    def _check_cid_font(self, reference: Value) -> None:
        varying = {"FontDescriptor", "CIDToGIDMap"}
        wanted: dict[str, Value] = {
            "Type": Name("Font"),
            "Subtype": Name("CIDFontType2"),
            "BaseFont": FONT_NAME,
            "CIDSystemInfo": Dictionary(
                {"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0}
            ),
            "DW": 1000,
            "W": Array([32, 255, 500, 65377, 65439, 500]),
        }
        font = self._plain(reference, set(wanted) | varying)
        _require_equal(font, wanted)
        glyphs = self._stream(font["CIDToGIDMap"], GLYPH_MAP_BYTES)
        _require(hashlib.sha256(glyphs).hexdigest() == GLYPH_MAP_SHA256, "glyph map")
        described: dict[str, Value] = {
            "Type": Name("FontDescriptor"),
            "FontName": FONT_NAME,
            "Flags": 4,
            "FontBBox": Array([0, -200, 1000, 800]),
            "ItalicAngle": 0,
            "Ascent": 800,
            "Descent": -200,
            "CapHeight": 800,
            "StemV": 80,
        }
        descriptor = self._plain(font["FontDescriptor"], set(described) | {"FontFile2"})
        _require_equal(descriptor, described)
        program_at = descriptor["FontFile2"]
        program = self._stream(program_at, FONT_BYTES, {"Length1"})
        if not isinstance(program_at, Reference):
            raise Rejected("font program")
        _require(self._objects[program_at.number].value["Length1"] == FONT_BYTES, "font length")
        _require(hashlib.sha256(program).hexdigest() == GLYPHLESS_SHA256, "font program")


def _require_equal(found: Dictionary, wanted: dict[str, Value]) -> None:
    for key, value in wanted.items():
        # `type` too: 4 and 4.0 are the same number, but the writer writes only one.
        _require(type(found[key]) is type(value) and found[key] == value, f"value of {key}")


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise Rejected(what)
