"""Decodes JBIG2, CCITT groups 3 and 4, and odd JPEG 2000 pixel for pixel, through PDFium.

The stream is put into a one-picture file of our own whose every other byte is a
constant or a checked number, and PDFium hands back the picture's own pixels: nothing
is scaled or drawn. PDFium is what readers use too, so damaged data look the same.
(ISO 32000-2, 7.4.6, 7.4.7 and 7.4.9.)
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]
from PIL import Image

from sanitizers.pdf import _pdfium
from sanitizers.pdf._objects import Value
from sanitizers.reasons import Withheld

MAX_COLUMNS: Final = 65_535  # of a CCITT picture
#: Table 11: parameters of CCITTFaxDecode that change what is decoded, and their bounds.
_FAX_NUMBERS: Final = MappingProxyType({"K": (-1, 10_000)})
_FAX_FLAGS: Final = ("EndOfLine", "EncodedByteAlign", "EndOfBlock", "BlackIs1")


class Undecodable(Exception):
    """Data that the decoder cannot make a picture of."""


def decode_fax(data: bytes, parms: Mapping[str, Value], width: int, height: int) -> Image.Image:
    """The 1-bit samples of CCITT data as a picture of mode "1" (255 is sample 1).

    Raises:
        Undecodable: nothing that PDFium can decode.
    """
    columns = parms.get("Columns", 1728)
    if type(columns) is not int or not 0 < columns <= MAX_COLUMNS:
        raise Undecodable("columns")
    spelled = [b"/Columns %d /Rows %d" % (columns, height)]
    for key, (low, high) in _FAX_NUMBERS.items():
        value = parms.get(key, 0)
        if isinstance(value, int | float) and low <= value <= high:
            spelled.append(b"/%s %d" % (key.encode("ascii"), int(value)))
    for flag in _FAX_FLAGS:
        if isinstance(parms.get(flag), bool):
            word = b"true" if parms[flag] else b"false"
            spelled.append(b"/%s %s" % (flag.encode("ascii"), word))
    head = b"/Filter /CCITTFaxDecode /DecodeParms << %s >>" % b" ".join(spelled)
    return _bitonal(head, data, b"", width, height)


def decode_jbig2(data: bytes, shared: bytes, width: int, height: int) -> Image.Image:
    """The 1-bit samples of a JBIG2 stream with its global segments (may be empty).

    Raises:
        Undecodable: nothing that PDFium can decode.
    """
    head = b"/Filter /JBIG2Decode"
    if shared:
        head += b" /DecodeParms << /JBIG2Globals 6 0 R >>"
    return _bitonal(head, data, shared, width, height)


def decode_jpx(data: bytes, components: int, width: int, height: int) -> Image.Image:
    """A JPEG 2000 picture as "L" or "RGB", whatever the precision of its samples.

    Raises:
        Undecodable: nothing that PDFium can decode.
    """
    head = b"/Filter /JPXDecode"
    if components in _SPACES:
        head += b" /ColorSpace /" + _SPACES[components]
    return _decode(head, data, b"", width, height)


_SPACES: Final = MappingProxyType({1: b"DeviceGray", 3: b"DeviceRGB"})
_GREY_BIT: Final = b" /BitsPerComponent 1 /ColorSpace /DeviceGray"


def _bitonal(head: bytes, data: bytes, shared: bytes, width: int, height: int) -> Image.Image:
    found = _decode(head + _GREY_BIT, data, shared, width, height)
    return found.convert("L").convert("1", dither=Image.Dither.NONE)


def _decode(head: bytes, data: bytes, shared: bytes, width: int, height: int) -> Image.Image:
    file = _one_picture(head, data, shared, width, height)
    _pdfium.start()
    try:
        with (
            _pdfium.open_document(memoryview(file)) as document,
            document.page(0) as page,
            _bitmap(page) as bitmap,
        ):
            return _copied(bitmap, width, height)
    except Withheld as refusal:
        raise Undecodable(refusal.detail) from refusal


@contextmanager
def _bitmap(page: _pdfium.Page) -> Iterator[Any]:
    """The picture as PDFium decoded it."""
    item = pdfium.FPDFPage_GetObject(page.handle, 0)
    if not item or pdfium.FPDFPageObj_GetType(item) != pdfium.FPDF_PAGEOBJ_IMAGE:
        raise Undecodable("no picture")
    bitmap = pdfium.FPDFImageObj_GetBitmap(item)
    if not bitmap:
        raise Undecodable("no bitmap")
    try:
        yield bitmap
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)


#: PDFium's formats: Pillow's mode, its raw mode, bytes per pixel.
_FORMATS: Final = MappingProxyType(
    {
        pdfium.FPDFBitmap_Gray: ("L", "L", 1),
        pdfium.FPDFBitmap_BGR: ("RGB", "BGR", 3),
        pdfium.FPDFBitmap_BGRx: ("RGB", "BGRX", 4),
        pdfium.FPDFBitmap_BGRA: ("RGB", "BGRX", 4),
    }
)


def _copied(bitmap: Any, width: int, height: int) -> Image.Image:
    """The bitmap's pixels in memory of our own."""
    known = _FORMATS.get(pdfium.FPDFBitmap_GetFormat(bitmap))
    stride = pdfium.FPDFBitmap_GetStride(bitmap)
    size = (pdfium.FPDFBitmap_GetWidth(bitmap), pdfium.FPDFBitmap_GetHeight(bitmap))
    start = ctypes.cast(pdfium.FPDFBitmap_GetBuffer(bitmap), ctypes.c_void_p).value
    if known is None or size != (width, height) or stride < width * known[2] or not start:
        raise Undecodable("another bitmap than asked for")
    mode, raw, _ = known
    pixels = (ctypes.c_ubyte * (stride * height)).from_address(start)
    return Image.frombytes(mode, size, pixels, "raw", raw, stride, 1)


def _one_picture(head: bytes, data: bytes, shared: bytes, width: int, height: int) -> bytes:
    contents = b"/I Do"
    picture = b"<< /Type /XObject /Subtype /Image /Width %d /Height %d %s /Length %d >>" % (
        width,
        height,
        head,
        len(data),
    )
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1 1] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(contents), contents),
        b"%s\nstream\n%s\nendstream" % (picture, data),
    ]
    if shared:
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shared), shared))
    out = bytearray(b"%PDF-1.7\n")
    rows = b"0000000000 65535 f \n"
    for number, body in enumerate(objects, 1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(objects) + 1
    start = len(out)
    out += b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (size, rows, size)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


#: A JBIG2 page of 8 × 1 white pixels (ISO/IEC 14492, 7.4.8): for `warm`.
_JBIG2_SAMPLE: Final = bytes.fromhex(
    "0000000030000100000013 0000000800000001 0000000000000000 00 0000"
)


def warm() -> None:
    """Run both decoders once."""
    decode_jbig2(_JBIG2_SAMPLE, b"", 8, 1)
    decode_fax(bytes.fromhex("001001"), {"K": -1, "Columns": 8}, 8, 1)
