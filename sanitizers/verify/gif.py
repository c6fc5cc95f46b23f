"""GIF as our encoder may write it (GIF89a, sections 17 to 27), nothing else in the file.

Pure Python, no imaging library. Blocks are consumed whole; the LZW codes of each frame
are walked (lengths only) up to a budget, so that nothing hides behind the last pixel.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.limits import MAX_FRAMES, MAX_PIXELS, MAX_TOTAL_PIXELS
from sanitizers.model import Verifier
from sanitizers.verify import Rejected

#: Compressed bytes of a file whose codes are walked, about 0.3 s a megabyte; the rest is
#: checked by its framing only.
LZW_BUDGET: Final = 4_000_000
_LOOP: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01"
_MAX_CODES: Final = 4096


class GifVerifier(Verifier):
    """GIF, still or animated."""

    media_types = ("image/gif",)

    def verify(self, data: memoryview) -> None:
        """Accept a GIF of allow-listed blocks only, consumed whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        _Gif(bytes(data)).read()


class _Gif:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._budget = LZW_BUDGET

    def _take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) != size:
            raise Rejected("ends early")
        self._at += size
        return piece

    def read(self) -> None:
        if self._take(6) != b"GIF89a":
            raise Rejected("signature")
        self._width, self._height, flags, background, aspect = struct.unpack(
            "<HHBBB", self._take(7)
        )
        if flags & 0xF8 != 0xF0 or background or aspect:
            raise Rejected("screen descriptor")
        if not 0 < self._width * self._height <= MAX_PIXELS:
            raise Rejected("size")
        entries = 2 << (flags & 7)
        self._take(3 * entries)
        if self._data.startswith(_LOOP, self._at):
            self._take(len(_LOOP) + 2)
            if self._take(1) != b"\0":
                raise Rejected("loop extension")
        frames = pixels = 0
        while True:
            controlled = self._control(entries)
            kind = self._take(1)
            if kind == b"\x3b" and frames and not controlled:
                break
            if kind != b"\x2c" or (frames and not controlled):
                raise Rejected("block out of order or not allowed")
            pixels += self._frame(entries)
            frames += 1
            if frames > MAX_FRAMES or pixels > MAX_TOTAL_PIXELS:
                raise Rejected("too many frames")
        if self._at != len(self._data):
            raise Rejected("data after the trailer")

    def _control(self, entries: int) -> bool:
        if not self._data.startswith(b"\x21\xf9\x04", self._at):
            return False
        self._take(3)
        flags, _, index, end = struct.unpack("<BHBB", self._take(5))
        # 23: no user input, disposal 0 to 3, reserved bits 0; the index only when used.
        if flags & 0xE2 or flags >> 2 > 3 or end or (index and not flags & 1):
            raise Rejected("graphic control extension")
        return True

    def _frame(self, entries: int) -> int:
        left, top, width, height, flags = struct.unpack("<HHHHB", self._take(9))
        pixels = int(width) * int(height)
        inside = left + width <= self._width and top + height <= self._height
        if not width or not height or not inside:
            raise Rejected("frame outside of the screen")
        if flags & 0x78 or (flags & 7 and not flags & 0x80):
            raise Rejected("image descriptor")
        if flags & 0x80:
            entries = 2 << (flags & 7)
            self._take(3 * entries)
        code_size = self._take(1)[0]
        if not 2 <= code_size <= 8:
            raise Rejected("code size")
        blocks: list[bytes] = []
        while size := self._take(1)[0]:
            # 15: sub-blocks are full but for the last; a short one inside carries a message.
            if blocks and len(blocks[-1]) != 255:
                raise Rejected("short sub-block before the last")
            blocks.append(self._take(size))
        stream = b"".join(blocks)
        if not stream or len(stream) > 2 * pixels + 64:
            raise Rejected("length of picture data")
        if len(stream) <= self._budget:
            self._budget -= len(stream)
            _walk(stream, code_size, pixels, entries)
        return pixels


def _walk(stream: bytes, code_size: int, pixels: int, entries: int) -> None:
    """Appendix F: the codes give exactly `pixels`, then end, then only zero bits."""
    clear = 1 << code_size
    end = clear + 1
    fresh = [1] * clear + [0, 0]
    lengths = fresh.copy()
    width = code_size + 1
    bits = held = total = at = 0
    previous = 0  # length of the string before; 0 right after a clear code
    size = len(stream)
    first = True
    while True:
        while held < width:
            if at == size:
                raise Rejected("LZW data without its end code")
            bits |= stream[at] << held
            held += 8
            at += 1
        code = bits & (1 << width) - 1
        bits >>= width
        held -= width
        if first and code != clear:
            raise Rejected("LZW data without its first clear code")
        first = False
        if code == clear:
            lengths = fresh.copy()
            width = code_size + 1
            previous = 0
            continue
        if code == end:
            break
        if code < clear and code >= entries:
            raise Rejected("pixel without a table entry")
        count = len(lengths)
        if previous and count < _MAX_CODES:
            lengths.append(previous + 1)
            count += 1
            if count == 1 << width and width < 12:
                width += 1
        if code >= count or (not previous and code > end):
            raise Rejected("LZW code")
        previous = lengths[code]
        total += previous
        if total > pixels:
            raise Rejected("more pixels than the frame has")
    if total != pixels or at != size or bits:
        raise Rejected("LZW data does not end with the frame")
