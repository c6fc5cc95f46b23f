"""One page that cannot be rebuilt: drawn by PDFium, with its text underneath.

The page becomes pictures and an invisible text layer within the new document, as
`image_pdf` makes them; the other pages stay as they are.
"""

from __future__ import annotations

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

from sanitizers.pdf import _glyphless as glyphless
from sanitizers.pdf import _pdfium, _raster, _text_layer
from sanitizers.pdf._context import Context
from sanitizers.pdf._objects import Made, Target, Text, Word
from sanitizers.pdf._serialize import real
from sanitizers.pdf._writer import Codes, to_unicode


class PagePictures:
    """Draws single pages of one document; the text layers share one font."""

    def __init__(self, context: Context, document: _pdfium.Document) -> None:
        self._context = context
        self._document = document
        self._codes = Codes()
        self._canvas = _raster.Canvas()
        self._font: Target | None = None
        if pdfium.FPDF_GetFormType(document.handle) != pdfium.FORMTYPE_NONE:
            document.start_form()

    def page(self, index: int, *, unit: float) -> dict[str, Made]:
        """The entries of page `index` (from 0) as a picture; `unit` is its user unit.

        Raises:
            Withheld: PDFium cannot load or draw it.
        """
        file = self._context.file
        where = self._context.where
        with self._document.page(index) as page:
            geometry = page.geometry()
            scale = min(unit, _pdfium.MAX_SIDE_POINTS / max(geometry.width, geometry.height))
            width = max(geometry.width * scale, _pdfium.MIN_SIDE_POINTS)
            height = max(geometry.height * scale, _pdfium.MIN_SIDE_POINTS)
            raster = _raster.plan(page, width=width, height=height)
            row = height / raster.height
            drawn: list[str] = []
            images: dict[str, Made] = {}
            for number, band in enumerate(_raster.bands(page, raster, self._canvas), 1):
                images[f"X{number}"] = _picture(self._context, band.picture)
                tall = band.picture.height * row
                bottom = height - (band.top + band.picture.height) * row
                drawn.append(
                    f"q {real(width)} 0 0 {real(tall)} 0 {real(bottom)} cm /X{number} Do Q\n"
                )
            pdfium.FPDFPage_Flatten(page.handle, pdfium.FLAT_NORMALDISPLAY)
        with self._document.page(index) as page:
            text, _ = _text_layer.text_of(
                page, geometry, scale=scale, codes=self._codes,
                findings=self._context.findings, where=where,
            )  # fmt: skip
        contents = "".join(drawn).encode("ascii")
        resources: dict[str, Made] = {"XObject": images}
        if text:
            if self._font is None:
                self._font = file.reserve()
            resources["Font"] = {"F0": self._font}
            contents += b"BT\n3 Tr\n" + text + b"ET\n"
        return {
            "Type": Word("Page"), "MediaBox": [0, 0, round(width, 3), round(height, 3)],
            "Resources": resources,
            "Contents": file.stream({}, contents.strip()),
        }  # fmt: skip

    def finish(self) -> None:
        """Write the font of the text layers (9.7), once all pages are drawn."""
        if self._font is None:
            return
        file = self._context.file
        name = Word(glyphless.NAME)
        program = glyphless.font_program()
        widths: list[Made] = []
        for first, last in glyphless.HALF_RANGES:
            widths += [first, last, glyphless.HALF_WIDTH]
        descriptor = file.add(
            {
                "Type": Word("FontDescriptor"), "FontName": name, "Flags": 4,
                "FontBBox": [0, glyphless.DESCENT, glyphless.FULL_WIDTH, glyphless.ASCENT],
                "ItalicAngle": 0, "Ascent": glyphless.ASCENT, "Descent": glyphless.DESCENT,
                "CapHeight": glyphless.ASCENT, "StemV": 80,
                "FontFile2": file.stream({"Length1": len(program)}, program),
            }
        )  # fmt: skip
        descendant = file.add(
            {
                "Type": Word("Font"), "Subtype": Word("CIDFontType2"), "BaseFont": name,
                "CIDSystemInfo": {
                    "Registry": Text(b"Adobe"), "Ordering": Text(b"Identity"), "Supplement": 0
                },
                "DW": glyphless.FULL_WIDTH, "W": widths, "FontDescriptor": descriptor,
                "CIDToGIDMap": file.stream({}, glyphless.glyph_map()),
            }
        )  # fmt: skip
        file.put(
            self._font,
            {
                "Type": Word("Font"), "Subtype": Word("Type0"), "BaseFont": name,
                "Encoding": Word("Identity-H"), "DescendantFonts": [descendant],
                "ToUnicode": file.stream({}, to_unicode(self._codes.astral)),
            },
        )  # fmt: skip


def _picture(context: Context, picture: _raster.Picture) -> Target:
    """An image XObject (8.9.5)."""
    space: Made = Word("DeviceGray" if picture.colour == "gray" else "DeviceRGB")
    if picture.colour == "indexed":
        highest = len(picture.palette) // 3 - 1
        space = [Word("Indexed"), Word("DeviceRGB"), highest, Text(picture.palette)]
    head: dict[str, Made] = {
        "Type": Word("XObject"), "Subtype": Word("Image"), "Width": picture.width,
        "Height": picture.height, "ColorSpace": space, "BitsPerComponent": picture.bits,
        "Filter": Word(picture.filter),
    }  # fmt: skip
    if picture.filter == "CCITTFaxDecode":
        head["DecodeParms"] = {
            "K": -1, "Columns": picture.width, "Rows": picture.height, "BlackIs1": True,
        }  # fmt: skip
    return context.file.stream(head, picture.data, deflate=False)
