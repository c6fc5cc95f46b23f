"""BMP as our encoder may write it ([MS-WMF] 2.2.2; BITMAPV4HEADER), nothing else in it.

Pure Python, no imaging library: two headers, a colour table, padded rows, the end.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.limits import MAX_PIXELS, MAX_SIDE
from sanitizers.model import Verifier
from sanitizers.verify import Rejected

_FILE: Final = struct.Struct("<2sIHHI")
_INFO: Final = struct.Struct("<IiiHHIIiiII")
_MAX_PER_METRE: Final = 200_000  # 5,080 dpi; 0 is unknown
#: BITMAPV4HEADER after BITMAPINFOHEADER: masks R, G, B, A, "sRGB", endpoints, gamma.
_V4_TAIL: Final = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
_BI_RGB, _BI_BITFIELDS = 0, 3


class BmpVerifier(Verifier):
    """Windows bitmap, uncompressed."""

    media_types = ("image/bmp",)

    def verify(self, data: memoryview) -> None:
        """Accept an uncompressed bitmap without a gap, consumed whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        if len(data) < 54:
            raise Rejected("ends early")
        magic, size, first, second, offset = _FILE.unpack_from(data)
        header, width, height, planes, bits, compression, image, *rest = _INFO.unpack_from(data, 14)
        across, down, used, important = rest
        if magic != b"BM" or size != len(data) or first or second or planes != 1 or important:
            raise Rejected("header")
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
            raise Rejected("size")
        if not (0 <= across <= _MAX_PER_METRE and 0 <= down <= _MAX_PER_METRE):
            raise Rejected("resolution")
        if header == 108:
            fine = (bits, compression, used) == (32, _BI_BITFIELDS, 0)
            if not fine or bytes(data[54:122]) != _V4_TAIL:
                raise Rejected("BITMAPV4HEADER")
        elif header != 40 or bits not in (1, 8, 24) or compression != _BI_RGB:
            raise Rejected("BITMAPINFOHEADER")
        if (bits <= 8) != (0 < used <= 1 << bits):
            raise Rejected("colour table")
        stride = (width * bits + 31) // 32 * 4
        if offset != 14 + header + 4 * used or image != stride * height:
            raise Rejected("gap before the pixels")
        if len(data) != offset + image:
            raise Rejected("data after the pixels")
        _table(bytes(data[14 + header : offset]))
        _rows(bytes(data[offset:]), width * bits, stride, used if bits == 8 else 0)


def _table(table: bytes) -> None:
    if any(table[3::4]):
        raise Rejected("reserved byte of a colour")


def _rows(pixels: bytes, row_bits: int, stride: int, entries: int) -> None:
    """Padding is zero, and each index has its colour."""
    last, spare = row_bits // 8, -row_bits % 8
    if spare:
        mask = (1 << spare) - 1
        if any(value & mask for value in set(pixels[last::stride])):
            raise Rejected("bits after the end of a row")
        last += 1
    for at in range(last, stride):
        if pixels[at::stride].strip(b"\0"):
            raise Rejected("padding after a row")
    if entries and pixels.translate(None, bytes(range(entries))):
        raise Rejected("pixel without a colour")
