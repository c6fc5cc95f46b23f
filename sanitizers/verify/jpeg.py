"""JPEG as our encoder may write it (ITU-T T.81; JFIF 1.02), nothing else in the file.

Pure Python, no imaging library. Quantization tables must be the standard ones at a
whole quality (so they carry no message), Huffman tables must be complete prefix codes over
legal symbols, the progression is libjpeg's own. Entropy-coded data is checked for
stuffing and for a plausible length, not decoded.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from sanitizers.limits import MAX_PIXELS, MAX_SIDE
from sanitizers.model import Verifier
from sanitizers.verify import Rejected

# T.81, tables K.1 and K.2, in natural order.
_LUMA: Final = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA: Final = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99),
    *(24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 32),
)
# T.81, figure A.6: zig-zag position → natural position.
_ZIGZAG: Final = sorted(
    range(64), key=lambda n: (n // 8 + n % 8, n // 8 if (n // 8 + n % 8) % 2 else n % 8)
)


def _scaled(table: tuple[int, ...], quality: int) -> bytes:
    """libjpeg's jpeg_quality_scaling with force_baseline, in zig-zag order."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return bytes(min(max((table[n] * scale + 50) // 100, 1), 255) for n in _ZIGZAG)


#: Bytes of a DQT table → the qualities that give it, by table id.
_STANDARD: Final = tuple(
    {_scaled(base, q): {p for p in range(1, 101) if _scaled(base, p) == _scaled(base, q)}
     for q in range(1, 101)}
    for base in (_LUMA, _CHROMA)
)  # fmt: skip

_JFIF: Final = b"JFIF\0\x01\x01"
_MAX_DPI: Final = 4_800
_MARKER: Final = re.compile(rb"\xff[^\0]", re.DOTALL)
# T.81, G.1.1.1; libjpeg's jpeg_simple_progression: (components, Ss, Se, Ah << 4 | Al).
_ALL: Final = -1
_PROGRESSION_GREY: Final = (
    (0, 0, 0, 0x01), (0, 1, 5, 0x02), (0, 6, 63, 0x02), (0, 1, 63, 0x21), (0, 0, 0, 0x10),
    (0, 1, 63, 0x10),
)  # fmt: skip
_PROGRESSION_COLOUR: Final = (
    (_ALL, 0, 0, 0x01), (0, 1, 5, 0x02), (2, 1, 63, 0x01), (1, 1, 63, 0x01), (0, 6, 63, 0x02),
    (0, 1, 63, 0x21), (_ALL, 0, 0, 0x10), (2, 1, 63, 0x10), (1, 1, 63, 0x10), (0, 1, 63, 0x10),
)  # fmt: skip
#: Longest code of one block: 64 coefficients of at most 16 + 11 bits, each byte stuffed.
_MAX_BLOCK_BYTES: Final = 64 * 27 // 8 * 2
_MAX_DC_CATEGORY: Final = 11  # T.81, F.1.2.1
_MAX_AC_SIZE: Final = 10  # T.81, F.1.2.2


class JpegVerifier(Verifier):
    """JPEG: baseline or progressive JFIF, grey or YCbCr."""

    media_types = ("image/jpeg",)

    def verify(self, data: memoryview) -> None:
        """Accept a JFIF of allow-listed segments only, consumed whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        _Jpeg(data).read()


class _Jpeg:
    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 2
        self._qualities: list[set[int]] = []
        self._components: list[tuple[int, int]] = []  # (id, table id)
        self._progressive = False
        self._scans = 0
        self._tables: set[int] = set()  # Huffman tables defined and not used yet
        self._known: set[int] = set()
        self._blocks = 0

    def read(self) -> None:
        if bytes(self._data[:2]) != b"\xff\xd8":
            raise Rejected("SOI")
        self._app0(self._segment(0xE0))
        while self._peek() == 0xDB:
            self._dqt(self._segment(0xDB))
        self._sof(self._segment(0xC2 if self._peek() == 0xC2 else 0xC0))
        while self._peek() != 0xD9:
            while self._peek() == 0xC4:
                self._dht(self._segment(0xC4))
            self._sos(self._segment(0xDA))
            self._entropy()
        if self._scans != self._expected_scans():
            raise Rejected("number of scans")
        if self._at + 2 != len(self._data):
            raise Rejected("data after EOI")

    def _peek(self) -> int:
        if self._at + 2 > len(self._data) or self._data[self._at] != 0xFF:
            raise Rejected("marker expected")
        return self._data[self._at + 1]

    def _segment(self, marker: int) -> bytes:
        if self._peek() != marker:
            raise Rejected("segment out of order or not allowed")
        length = int.from_bytes(self._data[self._at + 2 : self._at + 4], "big")
        end = self._at + 2 + length
        if length < 2 or end > len(self._data):
            raise Rejected("segment length")
        body = bytes(self._data[self._at + 4 : end])
        self._at = end
        return body

    def _app0(self, body: bytes) -> None:
        if len(body) != 14 or not body.startswith(_JFIF) or body[12:] != b"\0\0":
            raise Rejected("JFIF")
        unit, across, down = struct.unpack(">BHH", body[7:12])
        if unit == 0:
            fine = (across, down) == (1, 1)
        else:
            fine = unit == 1 and 0 < across <= _MAX_DPI and 0 < down <= _MAX_DPI
        if not fine:
            raise Rejected("JFIF density")

    def _dqt(self, body: bytes) -> None:
        number = len(self._qualities)
        if len(body) != 65 or number > 1 or body[0] != number:
            raise Rejected("DQT")
        qualities = _STANDARD[number].get(body[1:])
        if qualities is None:
            raise Rejected("quantization table is not a standard one")
        self._qualities.append(qualities)

    def _sof(self, body: bytes) -> None:
        self._progressive = self._data[self._at - len(body) - 3] == 0xC2
        if len(body) < 6:
            raise Rejected("SOF")
        depth, height, width, count = struct.unpack(">BHHB", body[:6])
        if depth != 8 or count not in (1, 3) or len(body) != 6 + 3 * count:
            raise Rejected("SOF")
        if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
            raise Rejected("size")
        for number in range(count):
            identity, sampling, table = body[6 + 3 * number : 9 + 3 * number]
            allowed = (0x11, 0x21, 0x22) if number == 0 else (0x11,)
            if identity != number + 1 or sampling not in allowed or table != min(number, 1):
                raise Rejected("component")
            self._components.append((identity, table))
        if len(self._qualities) != min(count, 2) or not set.intersection(*self._qualities):
            raise Rejected("quantization tables of different qualities")
        self._blocks = (width + 15) // 8 * ((height + 15) // 8) * count

    def _dht(self, body: bytes) -> None:
        if len(body) < 18 or len(body) != 17 + sum(body[1:17]):
            raise Rejected("DHT length")
        # T.81, B.2.4.2: class and destination; C.2: prefix code, all ones is not used.
        if body[0] not in (0x00, 0x01, 0x10, 0x11) or body[0] in self._tables:
            raise Rejected("DHT destination")
        if sum(count << (15 - n) for n, count in enumerate(body[1:17])) >= 1 << 16:
            raise Rejected("DHT code")
        symbols = body[17:]
        if len(set(symbols)) != len(symbols) or not all(self._legal(body[0], s) for s in symbols):
            raise Rejected("DHT symbol")
        self._tables.add(body[0])
        self._known.add(body[0])

    def _legal(self, table: int, symbol: int) -> bool:
        if table < 0x10:
            return symbol <= _MAX_DC_CATEGORY
        run, size = symbol >> 4, symbol & 15
        if size == 0:
            # End of block and 16 zeros (F.1.2.2.1), or end of band 0..14 (G.1.2.2).
            return run in (0, 15) or self._progressive
        return size <= _MAX_AC_SIZE

    def _expected_scans(self) -> int:
        if not self._progressive:
            return 1
        return len(_PROGRESSION_GREY if len(self._components) == 1 else _PROGRESSION_COLOUR)

    def _sos(self, body: bytes) -> None:
        if self._scans >= self._expected_scans():
            raise Rejected("more scans than the progression has")
        count = len(self._components)
        which, start, end, bits = 0 if count == 1 else _ALL, 0, 63, 0
        if self._progressive:
            script = _PROGRESSION_GREY if count == 1 else _PROGRESSION_COLOUR
            which, start, end, bits = script[self._scans]
        members = self._components if which == _ALL else [self._components[which]]
        expected = bytes((len(members),))
        needed = set()
        for identity, table in members:
            dc = table if start == 0 and bits < 0x10 else 0
            ac = table if end else 0
            expected += bytes((identity, dc << 4 | ac))
            needed |= {dc} if start == 0 and bits < 0x10 else set()
            needed |= {0x10 | ac} if end else set()
        if body != expected + bytes((start, end, bits)):
            raise Rejected("SOS")
        # Each table that was defined is used by this scan, and each used one is defined.
        if not self._tables <= needed <= self._known:
            raise Rejected("Huffman tables of the scan")
        self._tables.clear()
        self._scans += 1

    def _entropy(self) -> None:
        match = _MARKER.search(self._data, self._at)
        if match is None:
            raise Rejected("no EOI")
        size = match.start() - self._at
        if not 0 < size <= self._blocks * _MAX_BLOCK_BYTES:
            raise Rejected("length of entropy-coded data")
        self._at = match.start()
