"""EMF, WMF and SVM: drawn to PNG by LibreOffice in its sandbox.

A metafile is a program of drawing calls, with escapes to printers and embedded comments;
only its picture crosses. It is handed over as the one picture of a drawing whose page has
its size (LibreOffice draws a bare metafile in the middle of a sheet of paper). What
LibreOffice drew is rebuilt like every other PNG.
"""

from __future__ import annotations

import base64
import struct
from typing import Final

from sanitizers.model import Job, Method, Needs, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld

MM_PER_INCH: Final = 25.4
#: A page is drawn with 96 pixels an inch (LibreOffice's screen); twice its size gives what
#: print needs.
SCALE: Final = 2.0
MIN_SIDE_MM: Final = 10.0
MAX_SIDE_MM: Final = 1_000.0  # 3,780 pixels
#: A metafile that tells no size in the world gets this width.
DEFAULT_WIDTH_MM: Final = 150.0
#: Longest to shortest side: a line across a page is a picture too.
MAX_ASPECT: Final = 100.0

_ENHANCED: Final = b" EMF"  # [MS-EMF] 2.3.4.2
_PLACEABLE: Final = b"\xd7\xcd\xc6\x9a"  # [MS-WMF] 2.3.2.3
_WMF_HEADER: Final = 18  # 2.3.2.2
_SET_WINDOW_EXT: Final = 0x020C  # 2.3.5.30
MAX_RECORDS: Final = 1_000  # looked at for the extent; programs set it at the start

#: LibreOffice's own metafile, which stands for objects in OpenDocument files: signature, two
#: versions with their lengths, unit, origin, scales, and then the size (vcl, SvmReader).
_OWN: Final = b"VCLMTF"
_OWN_UNIT: Final = 22
_OWN_SIZE: Final = 49
_HUNDREDTHS_OF_MM: Final = 0

_NAMES: Final = "urn:oasis:names:tc:opendocument:xmlns:"
#: OpenDocument 1.3, part 3: 3.1.2 (flat document), 16.5 (page layout), 10.4.4 (image).
_DRAWING: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<office:document xmlns:office="{_NAMES}office:1.0" xmlns:style="{_NAMES}style:1.0"'
    f' xmlns:draw="{_NAMES}drawing:1.0" xmlns:svg="{_NAMES}svg-compatible:1.0"'
    f' xmlns:fo="{_NAMES}xsl-fo-compatible:1.0" office:version="1.3"'
    ' office:mimetype="application/vnd.oasis.opendocument.graphics"><office:styles/>'
    '<office:automatic-styles><style:page-layout style:name="p"><style:page-layout-properties'
    ' fo:margin="0mm" fo:page-width="{width:.2f}mm" fo:page-height="{height:.2f}mm"/>'
    "</style:page-layout></office:automatic-styles><office:master-styles>"
    '<style:master-page style:name="m" style:page-layout-name="p"/></office:master-styles>'
    '<office:body><office:drawing><draw:page draw:master-page-name="m"><draw:frame'
    ' svg:x="0mm" svg:y="0mm" svg:width="{width:.2f}mm" svg:height="{height:.2f}mm">'
    "<draw:image><office:binary-data>{picture}</office:binary-data></draw:image></draw:frame>"
    "</draw:page></office:drawing></office:body></office:document>"
)


class Metafile(Sanitizer):
    """[MS-EMF], [MS-WMF], and LibreOffice's own."""

    media_types = ("image/emf", "image/wmf", "image/x-svm")
    tools = dict.fromkeys(media_types, "libreoffice")
    methods = (Method.SANITIZE,)
    outputs = ()

    def clean(self, job: Job, out: Output) -> Needs:
        """Hand the metafile to the converter, on a page of its size.

        Raises:
            Withheld: DAMAGED, EMPTY, when it has no header or no extent.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        width, height = page_size(job.data, job.media_type)
        picture = base64.b64encode(job.data).decode("ascii")
        out.write(_DRAWING.format(width=width, height=height, picture=picture).encode())
        return Needs(
            tool="libreoffice",
            target="image/png",
            source="application/vnd.oasis.opendocument.graphics",
        )


def page_size(data: memoryview, media_type: str) -> tuple[float, float]:
    """Width and height of the page that the picture is drawn on, in millimetres.

    Raises:
        Withheld: DAMAGED, EMPTY.
    """
    try:
        width, height = _SIZES[media_type](data)
    except struct.error as error:
        raise Withheld(ReasonCode.DAMAGED, "metafile header") from error
    longest = max(width, height)
    if longest <= 0:
        raise Withheld(ReasonCode.EMPTY, "metafile of no extent")
    fit = min(max(longest * SCALE, MIN_SIDE_MM), MAX_SIDE_MM) / longest
    least = longest * fit / MAX_ASPECT
    return max(width * fit, least), max(height * fit, least)


def _frame(data: memoryview) -> tuple[float, float]:
    """[MS-EMF] 2.2.9: Frame, in hundredths of a millimetre."""
    if data[40:44].tobytes() != _ENHANCED:
        raise Withheld(ReasonCode.DAMAGED, "no EMF header")
    left, top, right, bottom = struct.unpack_from("<4i", data, 24)
    return abs(right - left) / 100, abs(bottom - top) / 100


def _extent(data: memoryview) -> tuple[float, float]:
    """[MS-WMF] 2.3.2.3: the bounding box; without it, the proportions of the window."""
    start = 0
    if data[:4].tobytes() == _PLACEABLE:
        left, top, right, bottom, per_inch = struct.unpack_from("<4hH", data, 6)
        width, height = abs(right - left), abs(bottom - top)
        if per_inch and width and height:
            return width * MM_PER_INCH / per_inch, height * MM_PER_INCH / per_inch
        start = 22
    kind, words, version = struct.unpack_from("<HHH", data, start)
    if kind not in (1, 2) or words != _WMF_HEADER // 2 or version not in (0x0100, 0x0300):
        raise Withheld(ReasonCode.DAMAGED, "no WMF header")
    at = start + _WMF_HEADER
    for _ in range(MAX_RECORDS):
        if at + 10 > len(data):
            break
        words, function = struct.unpack_from("<IH", data, at)
        if function == _SET_WINDOW_EXT:
            height, width = struct.unpack_from("<2h", data, at + 6)
            if width and height:
                return DEFAULT_WIDTH_MM, DEFAULT_WIDTH_MM * abs(height / width)
        at += max(words, 3) * 2
    return DEFAULT_WIDTH_MM, DEFAULT_WIDTH_MM


def _size(data: memoryview) -> tuple[float, float]:
    """The size that LibreOffice's metafile tells; other units than its usual one: no size."""
    if data[: len(_OWN)].tobytes() != _OWN:
        raise Withheld(ReasonCode.DAMAGED, "no SVM header")
    (unit,) = struct.unpack_from("<H", data, _OWN_UNIT)
    width, height = struct.unpack_from("<2i", data, _OWN_SIZE)
    if unit != _HUNDREDTHS_OF_MM and width:
        return DEFAULT_WIDTH_MM, DEFAULT_WIDTH_MM * abs(height / width)
    return abs(width) / 100, abs(height) / 100


_SIZES: Final = {"image/emf": _frame, "image/wmf": _extent, "image/x-svm": _size}
