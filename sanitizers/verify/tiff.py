"""TIFF as our encoder may write it (TIFF 6.0): the exact layout, every byte accounted for.

Pure Python, no imaging library. Each page is directory, values, strips, in this order
and without gaps; a deflated strip inflates to exactly its rows, a T.6 strip ends with its
end-of-block code.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from sanitizers.limits import MAX_FRAMES, MAX_PIXELS, MAX_SIDE, MAX_TOTAL_PIXELS
from sanitizers.model import Verifier
from sanitizers.verify import Rejected

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_SIZES: Final = {_SHORT: 2, _LONG: 4, _RATIONAL: 8}
#: Tag (TIFF 6.0 sections 4, 5, 8, 14, 18) → (type, count); 0: one for each strip,
#: -1: one for each sample.
_TAGS: Final = {
    254: (_LONG, 1),  # NewSubfileType
    256: (_LONG, 1),  # ImageWidth
    257: (_LONG, 1),  # ImageLength
    258: (_SHORT, -1),  # BitsPerSample
    259: (_SHORT, 1),  # Compression
    262: (_SHORT, 1),  # PhotometricInterpretation
    273: (_LONG, 0),  # StripOffsets
    277: (_SHORT, 1),  # SamplesPerPixel
    278: (_LONG, 1),  # RowsPerStrip
    279: (_LONG, 0),  # StripByteCounts
    282: (_RATIONAL, 1),  # XResolution
    283: (_RATIONAL, 1),  # YResolution
    284: (_SHORT, 1),  # PlanarConfiguration
    296: (_SHORT, 1),  # ResolutionUnit
    317: (_SHORT, 1),  # Predictor
    320: (_SHORT, 768),  # ColorMap
    338: (_SHORT, 1),  # ExtraSamples
}
_REQUIRED: Final = frozenset((254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 284))
_RESOLUTION: Final = frozenset((282, 283, 296))
_MAX_DPI: Final = 4_800
_T6, _DEFLATE = 4, 8
_PALETTE: Final = 3
#: (compression, bits, photometric, samples) → further tags.
_KINDS: Final = {
    (_T6, 1, 0, 1): frozenset[int](),
    (_DEFLATE, 8, 1, 1): frozenset((317,)),
    (_DEFLATE, 8, 1, 2): frozenset((317, 338)),
    (_DEFLATE, 8, 2, 3): frozenset((317,)),
    (_DEFLATE, 8, 2, 4): frozenset((317, 338)),
    (_DEFLATE, 8, _PALETTE, 1): frozenset((320,)),
}
_BLOCK: Final = 1 << 20


class TiffVerifier(Verifier):
    """TIFF, one page or many."""

    media_types = ("image/tiff",)

    def verify(self, data: memoryview) -> None:
        """Accept the one layout that our encoder writes, consumed whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        if bytes(data[:8]) != b"II*\0\x08\0\0\0":
            raise Rejected("header")
        at, pages, pixels = 8, 0, 0
        several = None
        while True:
            page = _Page(data, at)
            pixels += page.width * page.height
            pages += 1
            if pages > MAX_FRAMES or pixels > MAX_TOTAL_PIXELS:
                raise Rejected("too many pages")
            if several is None:
                several = page.next != 0
            if page.one(254) != (2 if several else 0):
                raise Rejected("NewSubfileType")
            if page.next == 0:
                break
            if page.next != page.end:
                raise Rejected("gap between pages")
            at = page.end
        if page.end != len(data):
            raise Rejected("data after the last strip")


class _Page:
    """One directory with its values and strips, checked as it is read."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data = data
        self._values: dict[int, tuple[int, ...]] = {}
        self._directory(at)
        self._form()
        self._strips()

    def one(self, tag: int) -> int:
        """The only value of `tag`."""
        return self._values[tag][0]

    def _piece(self, at: int, size: int) -> memoryview:
        if at + size > len(self._data):
            raise Rejected("ends early")
        return self._data[at : at + size]

    def _padded(self, at: int) -> int:
        """Behind the zero byte that makes `at` even."""
        if at % 2 and self._piece(at, 1)[0]:
            raise Rejected("padding")
        return at + at % 2

    def _directory(self, at: int) -> None:
        (count,) = struct.unpack("<H", self._piece(at, 2))
        body = self._piece(at + 2, 12 * count + 4)
        (self.next,) = struct.unpack_from("<I", body, 12 * count)
        self.end = at + 2 + len(body)
        last = 0
        for number in range(count):
            tag, kind, values = struct.unpack_from("<HHI", body, 12 * number)
            if tag not in _TAGS or tag <= last or kind != _TAGS[tag][0] or not values:
                raise Rejected("tag out of order or not allowed")
            last = tag
            size = values * _SIZES[kind]
            inline = bytes(body[12 * number + 8 : 12 * number + 12])
            if size > 4:
                if int.from_bytes(inline, "little") != self.end:
                    raise Rejected("gap before a value")
                raw = bytes(self._piece(self.end, size))
                self.end = self._padded(self.end + size)
            else:
                raw = inline[:size]
                if any(inline[size:]):
                    raise Rejected("bytes after a value")
            code = "H" if kind == _SHORT else "I"
            self._values[tag] = struct.unpack(f"<{size // struct.calcsize(code)}{code}", raw)

    def _form(self) -> None:
        tags = self._values.keys()
        if not tags >= _REQUIRED:
            raise Rejected("tag missing")
        for tag, found in self._values.items():
            count = _TAGS[tag][1] * (2 if _TAGS[tag][0] == _RATIONAL else 1)
            if count > 0 and len(found) != count:
                raise Rejected("number of values")
        self.width, self.height, samples = self.one(256), self.one(257), self.one(277)
        pixels = self.width * self.height
        if not (
            0 < self.width <= MAX_SIDE and 0 < self.height <= MAX_SIDE and pixels <= MAX_PIXELS
        ):
            raise Rejected("size")
        self._kind = (self.one(259), self.one(258), self.one(262), samples)
        if self._kind not in _KINDS or self._values[258] != (self.one(258),) * samples:
            raise Rejected("kind of picture")
        extra = tags - _REQUIRED
        if extra - _RESOLUTION != _KINDS[self._kind] or extra & _RESOLUTION not in (
            frozenset(), _RESOLUTION,
        ):  # fmt: skip
            raise Rejected("tags of this kind of picture")
        fixed = ((284, 1), (296, 2), (317, 2), (338, 2))
        if any(tag in tags and self.one(tag) != value for tag, value in fixed):
            raise Rejected("value")
        for tag in (282, 283):
            if tag in tags and not (0 < self.one(tag) <= _MAX_DPI and self._values[tag][1] == 1):
                raise Rejected("resolution")

    def _strips(self) -> None:
        rows, offsets, sizes = self.one(278), self._values[273], self._values[279]
        if not 0 < rows <= self.height or len(offsets) != -(-self.height // rows):
            raise Rejected("strips")
        if len(sizes) != len(offsets):
            raise Rejected("strips")
        seen: set[int] = set()
        left = self.height
        for offset, size in zip(offsets, sizes, strict=True):
            if offset != self.end or not size:
                raise Rejected("gap before a strip")
            strip = self._piece(offset, size)
            if self._kind[0] == _T6:
                _t6_end(bytes(strip[-4:]))
                if size > self.width * min(rows, left) + 64:
                    raise Rejected("length of a T.6 strip")
            else:
                length = self.width * self._kind[3] * min(rows, left)
                _inflate(strip, length, seen if self._kind[2] == _PALETTE else None)
            left -= rows
            self.end = self._padded(offset + size)
        if self._kind[2] == _PALETTE:
            self._colours(seen)

    def _colours(self, seen: set[int]) -> None:
        """Section 5, ColorMap: 8 bits twice over, and black for colours that are not used."""
        for number, value in enumerate(self._values[320]):
            if value % 257 or (value and number % 256 not in seen):
                raise Rejected("colour that no pixel uses")


def _t6_end(tail: bytes) -> None:
    """ITU-T T.6, 2.4.1.1: EOFB (twice 000000000001), then zero bits to the byte's end."""
    value = int.from_bytes(tail, "big")
    if not any(value >> n & 0xFFFFFF == 0x001001 and not value & (1 << n) - 1 for n in range(8)):
        raise Rejected("T.6 strip without its end")


def _inflate(strip: memoryview, length: int, seen: set[int] | None) -> None:
    """RFC 1950: one stream of exactly `length` bytes; byte values go into `seen`."""
    stream = zlib.decompressobj()
    pending: bytes | memoryview = strip
    while True:
        try:
            block = stream.decompress(pending, _BLOCK)
        except zlib.error as error:
            raise Rejected("not a zlib stream") from error
        length -= len(block)
        if length < 0:
            raise Rejected("more rows than the strip has")
        if seen is not None:
            seen.update(v for v in range(256) if v not in seen and v in block)
        pending = stream.unconsumed_tail
        if stream.eof or not (block or pending):
            break
    if length or not stream.eof or stream.unused_data or pending:
        raise Rejected("strip data does not end with its rows")
