"""BMP (Windows bitmap; BITMAPINFOHEADER, BITMAPV4HEADER), to the same, uncompressed.

EMITS, in this order and nothing else:
    BITMAPFILEHEADER (14 bytes, reserved 0, bfSize = length of the file, bfOffBits = end
    of headers and table); BITMAPINFOHEADER (40 bytes; height positive = bottom-up; planes 1;
    1, 8 or 24 bits; BI_RGB; biSizeImage right; biClrUsed = table entries for 1 and 8 bits,
    0 for 24; biClrImportant 0) or, when there is transparency, BITMAPV4HEADER (108 bytes,
    32 bits, BI_BITFIELDS, masks R 00ff0000 G 0000ff00 B 000000ff A ff000000, LCS "sRGB"
    (73524742h stored little-endian), endpoints and gamma 0); colour table (BGR0); rows
    padded with zero bytes to 4; end of file. No gap, nothing after the pixels.
    Resolution is pixels per metre, 0 where unknown.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import IO, Final, cast

from PIL import BmpImagePlugin, Image

from sanitizers.buffer import ViewFile
from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.raster import (
    PictureSanitizer,
    bare,
    check_size,
    compact_palette,
    eight_bit,
    empty_hidden,
    encoded,
    palette_entries,
    removed,
    sane_dpi,
)
from sanitizers.model import Job, Output

_FILE_HEADER: Final = struct.Struct("<2sIHHI")
_INFO_HEADER: Final = struct.Struct("<IiiHHIIiiII")
_BI_RGB, _BI_BITFIELDS = 0, 3
#: [MS-WMF] 2.2.2.5: masks of red, green, blue, alpha; LCS_sRGB; endpoints and gamma unused.
_V4_TAIL: Final = struct.pack("<IIII4s36xIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000, b"BGRs", 0, 0, 0)
#: Pillow's raw packers for a bottom-up picture, and bits per pixel.
_PACKING: Final = {"1": ("1", 1), "P": ("P", 8), "RGB": ("BGR", 24), "RGBA": ("BGRA", 32)}


def write_bmp(im: Image.Image, out: Output, *, dpi: tuple[int, int] | None = None) -> None:
    """Write a bare 1, L, P (compact), RGB or RGBA picture."""
    rawmode, bits = _PACKING["P" if im.mode == "L" else im.mode]
    if im.mode == "L":
        rawmode = "L"
    width, height = im.size
    stride = (width * bits + 31) // 32 * 4
    table = _colour_table(im)
    alpha = im.mode == "RGBA"
    header_size = 108 if alpha else 40
    offset = 14 + header_size + len(table)
    x, y = [round(v / 0.0254) for v in dpi] if dpi else (0, 0)
    out.write(_FILE_HEADER.pack(b"BM", offset + stride * height, 0, 0, offset))
    out.write(
        _INFO_HEADER.pack(
            *(header_size, width, height, 1, bits, _BI_BITFIELDS if alpha else _BI_RGB),
            *(stride * height, x, y, len(table) // 4, 0),
        )
    )
    out.write(_V4_TAIL if alpha else b"")
    out.write(table)
    for piece in encoded(im, "raw", rawmode, stride, -1):
        out.write(piece)


def _colour_table(im: Image.Image) -> bytes:
    if im.mode == "1":
        return b"\0\0\0\0\xff\xff\xff\0"
    if im.mode == "L":
        return b"".join(bytes((v, v, v, 0)) for v in range(256))
    if im.mode == "P":
        return b"".join(bytes((b, g, r, 0)) for r, g, b in palette_entries(im))
    return b""


class BmpSanitizer(PictureSanitizer):
    """BMP."""

    media_types = ("image/bmp", "image/x-ms-bmp")
    outputs = ("image/bmp",)

    @classmethod
    def warm(cls) -> None:
        """Use the codec once for every mode."""
        Image.preinit()
        for mode in ("1", "L", "P", "RGB", "RGBA"):
            stream = BytesIO()
            im = Image.new(mode, (2, 2))
            if mode == "P":
                im, _ = compact_palette(im, None, Findings())
            write_bmp(im, stream)
            BmpImagePlugin.BmpImageFile(BytesIO(stream.getvalue())).load()

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode and encode anew."""
        with BmpImagePlugin.BmpImageFile(cast(IO[bytes], ViewFile(job.data))) as source:
            check_size(job, source.size, mode=source.mode)
            dpi = source.info.get("dpi")
            _look_around(job.data, source, findings)
            im = eight_bit(bare(source))
        if im.mode == "P":
            im, _ = compact_palette(im, None, findings)
        elif im.mode == "LA":
            im = im.convert("RGBA")
        if im.mode == "RGBA" and im.getchannel("A").getextrema() == (255, 255):
            im = im.convert("RGB")
        write_bmp(empty_hidden(im, findings), out, dpi=sane_dpi(*dpi) if dpi else None)
        return "image/bmp", ".bmp"


def _look_around(data: memoryview, source: Image.Image, findings: Findings) -> None:
    """Report what lies between the headers and the pixels, and after the pixels."""
    offset = int.from_bytes(data[10:14], "little")
    header = int.from_bytes(data[14:18], "little")
    bits = int.from_bytes(data[28:30], "little") if header >= 40 else 0
    compression = int.from_bytes(data[30:34], "little") if header >= 40 else 0
    used = int.from_bytes(data[46:50], "little") if header >= 40 else 0
    entries = (used or 1 << bits) if 0 < bits <= 8 else used
    masks = {3: 12, 6: 16}.get(compression, 0) if header == 40 else 0
    start = 14 + header + masks + min(entries, 256) * (4 if header >= 40 else 3)
    if bits and start < offset <= len(data):
        removed(findings, Kind.UNKNOWN_DATA, data[start:offset], "gap before the pixels")
    if header >= 124 and int.from_bytes(data[130:134], "little"):
        findings.add(Kind.COLOUR_PROFILE, Action.REMOVED)
    if compression in (_BI_RGB, _BI_BITFIELDS) and bits:
        end = offset + (source.width * bits + 31) // 32 * 4 * source.height
        if end < len(data):
            removed(findings, Kind.TRAILING_DATA, data[end:])
