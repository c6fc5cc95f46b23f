"""PNG and APNG as our encoder may write them (ISO/IEC 15948; PNG 3rd edition, 11 and 13).

Pure Python, no imaging library. Every byte is accounted for: chunk order, sizes and CRCs,
one zlib stream per picture that inflates to exactly its rows and ends with its data,
8-bit palettes without an entry that no pixel uses. Nothing is decoded into a picture.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

from sanitizers.limits import MAX_FRAMES, MAX_PIXELS, MAX_SIDE, MAX_TOTAL_PIXELS
from sanitizers.model import Verifier
from sanitizers.verify import Rejected

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_BLOCK: Final = 1 << 20  # bytes inflated at a time
_ADAPTIVE: Final = bytes(range(5))  # 9.2: filter types
_UNFILTERED: Final = b"\0"
#: (bit depth, colour type) → samples per pixel; 11.2.1, without 16 bits.
_KINDS: Final = {
    (1, 0): 1, (8, 0): 1, (8, 2): 3, (8, 4): 2, (8, 6): 4,
    (1, 3): 1, (2, 3): 1, (4, 3): 1, (8, 3): 1,
}  # fmt: skip
#: 4.7: chunk → chunks that may come next. "" is the start.
_NEXT: Final = {
    b"": (b"IHDR",),
    b"IHDR": (b"PLTE", b"pHYs", b"acTL", b"IDAT"),
    b"PLTE": (b"tRNS", b"pHYs", b"IDAT"),
    b"tRNS": (b"pHYs", b"IDAT"),
    b"pHYs": (b"acTL", b"IDAT"),
    b"acTL": (b"IDAT", b"fcTL"),
    b"IDAT": (b"IDAT", b"fcTL", b"IEND"),
    b"fcTL": (b"IDAT", b"fdAT"),
    b"fdAT": (b"fdAT", b"fcTL", b"IEND"),
    b"IEND": (),
}


class _Picture:
    """The zlib stream of one frame, checked as it is inflated."""

    def __init__(self, width: int, height: int, depth: int, colour: int) -> None:
        samples = _KINDS[depth, colour]
        self._row = 1 + (width * depth * samples + 7) // 8
        self._left = self._row * height
        self._at = 0  # position in the row
        self._inflate = zlib.decompressobj()
        # Our encoder leaves 8-bit indexes unfiltered, so that they can be read here; a packed
        # palette has at most 16 entries and is checked by its size only.
        self._indexed = colour == 3 and depth == 8
        self._filters = _UNFILTERED if self._indexed else _ADAPTIVE
        self.seen: set[int] = set()  # byte values in the rows of an indexed picture

    def feed(self, data: memoryview) -> None:
        """Inflate one chunk's data."""
        pending: bytes | memoryview = data
        while pending:
            if self._inflate.eof:
                raise Rejected("data after the end of the zlib stream")
            try:
                block = self._inflate.decompress(pending, _BLOCK)
            except zlib.error as error:
                raise Rejected("not a zlib stream") from error
            pending = self._inflate.unconsumed_tail
            self._rows(block)
        if self._inflate.unused_data:
            raise Rejected("data after the end of the zlib stream")

    def _rows(self, block: bytes) -> None:
        self._left -= len(block)
        if self._left < 0:
            raise Rejected("more rows than the picture has")
        first = -self._at % self._row
        if block[first :: self._row].translate(None, self._filters):
            raise Rejected("filter type")
        if self._indexed:
            for value in range(256):
                if value not in self.seen and value in block:
                    self.seen.add(value)
        self._at = (self._at + len(block)) % self._row

    def finish(self) -> None:
        """The stream has ended, and with it the last row."""
        if self._left or not self._inflate.eof:
            # Whatever is still buffered inside zlib would be more than the picture.
            raise Rejected("picture data ends early")


class PngVerifier(Verifier):
    """PNG and APNG."""

    media_types = ("image/png",)

    def verify(self, data: memoryview) -> None:
        """Accept a PNG of allow-listed chunks only, consumed whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        _Png().read(data)


class _Png:
    def __init__(self) -> None:
        self._last = b""
        self._seen: set[bytes] = set()
        self._picture: _Picture | None = None
        self._palette = 0
        self._indexes: set[int] = set()
        self._sequence = 0
        self._frames = 0
        self._controls = 0
        self._pixels = 0

    def read(self, data: memoryview) -> None:
        if bytes(data[:8]) != _SIGNATURE:
            raise Rejected("signature")
        at = 8
        while self._last != b"IEND":
            if at + 12 > len(data):
                raise Rejected("ends early")
            (length,) = struct.unpack_from(">I", data, at)
            kind = bytes(data[at + 4 : at + 8])
            end = at + 12 + length
            if end > len(data):
                raise Rejected("chunk runs over the end")
            if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
                raise Rejected("CRC")
            self._chunk(kind, data[at + 8 : end - 4])
            at = end
        if at != len(data):
            raise Rejected("data after IEND")

    def _chunk(self, kind: bytes, data: memoryview) -> None:
        if kind not in _NEXT.get(self._last, ()):
            raise Rejected("chunk out of order or not allowed")
        if kind in self._seen and kind not in (b"IDAT", b"fdAT", b"fcTL"):
            raise Rejected("chunk repeated")
        if kind == b"IDAT" and kind in self._seen and self._last != b"IDAT":
            raise Rejected("second IDAT run")
        if kind not in (b"IDAT", b"fdAT"):
            self._close()
        getattr(self, f"_{kind.decode('ascii').lower()}")(data)
        self._seen.add(kind)
        self._last = kind

    def _close(self) -> None:
        if self._picture is not None and self._last in (b"IDAT", b"fdAT"):
            self._picture.finish()
            self._indexes |= self._picture.seen
            self._picture = None

    def _ihdr(self, data: memoryview) -> None:
        if len(data) != 13:
            raise Rejected("IHDR size")
        values = struct.unpack(">IIBBBBB", data)
        self._width, self._height, self._depth, self._colour = values[:4]
        if (self._depth, self._colour) not in _KINDS or values[4:] != (0, 0, 0):
            raise Rejected("IHDR")
        self._start(self._width, self._height)

    def _start(self, width: int, height: int) -> None:
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
            raise Rejected("size")
        self._picture = _Picture(width, height, self._depth, self._colour)

    def _plte(self, data: memoryview) -> None:
        entries, rest = divmod(len(data), 3)
        if self._colour != 3 or rest or not 0 < entries <= 1 << self._depth:
            raise Rejected("PLTE")
        self._palette = entries

    def _trns(self, data: memoryview) -> None:
        if not 0 < len(data) <= self._palette:
            raise Rejected("tRNS")

    def _phys(self, data: memoryview) -> None:
        if len(data) != 9 or data[8] != 1:
            raise Rejected("pHYs")

    def _actl(self, data: memoryview) -> None:
        if len(data) != 8 or (self._depth, self._colour == 3) != (8, False):
            raise Rejected("acTL")
        self._frames, loops = struct.unpack(">II", data)
        if not 0 < self._frames <= MAX_FRAMES or loops > 0xFFFF:
            raise Rejected("acTL")

    def _fctl(self, data: memoryview) -> None:
        if len(data) != 26 or not self._frames or self._controls == self._frames:
            raise Rejected("fcTL")
        number, width, height, left, top, _, _, dispose, blend = struct.unpack(">IIIIIHHBB", data)
        self._in_sequence(number)
        whole = (width, height, left, top) == (self._width, self._height, 0, 0)
        inside = left + width <= self._width and top + height <= self._height
        if not inside or (self._controls == 0 and not whole) or dispose or blend:
            raise Rejected("fcTL")
        self._controls += 1
        self._pixels += width * height
        if self._pixels > MAX_TOTAL_PIXELS:
            raise Rejected("too many pixels")
        self._start(width, height)

    def _in_sequence(self, number: int) -> None:
        if number != self._sequence:
            raise Rejected("sequence number")
        self._sequence += 1

    def _idat(self, data: memoryview) -> None:
        if self._last == b"fcTL" and self._controls != 1:
            raise Rejected("IDAT of a later frame")
        if self._colour == 3 and not self._palette:
            raise Rejected("no PLTE")
        if self._picture is None:
            raise Rejected("IDAT")
        self._picture.feed(data)

    def _fdat(self, data: memoryview) -> None:
        if len(data) < 4 or self._picture is None or b"IDAT" not in self._seen:
            raise Rejected("fdAT")
        self._in_sequence(int.from_bytes(data[:4], "big"))
        self._picture.feed(data[4:])

    def _iend(self, data: memoryview) -> None:
        if len(data) or self._controls != self._frames:
            raise Rejected("IEND")
        # Filter bytes are 0 and so count for entry 0.
        if (self._colour, self._depth) == (3, 8) and self._indexes - {0} != set(
            range(1, self._palette)
        ):
            raise Rejected("palette entry that no pixel uses, or pixel without an entry")
