"""WebP as our encoder may write it (RFC 9649, 2), nothing else in the file.

Pure Python, no imaging library: chunk order, exact sizes, zero padding, and the headers
of the bitstreams with their dimensions. The bitstreams themselves are not decoded.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.limits import MAX_FRAMES, MAX_PIXELS, MAX_TOTAL_PIXELS
from sanitizers.model import Verifier
from sanitizers.verify import Rejected

_ALPHA, _ANIMATION = 0x10, 0x02  # 2.7.1, flags of VP8X
_ANMF_HEADER: Final = 16
_NO_BLENDING: Final = 0x02  # 2.7.1.1; dispose and reserved bits are 0

_Chunk = tuple[bytes, memoryview]


class WebpVerifier(Verifier):
    """WebP, still or animated."""

    media_types = ("image/webp",)

    def verify(self, data: memoryview) -> None:
        """Accept a WebP of allow-listed chunks only, consumed whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        if len(data) < 12 or bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"WEBP":
            raise Rejected("signature")
        if int.from_bytes(data[4:8], "little") != len(data) - 8:
            raise Rejected("RIFF size")
        chunks = _chunks(data[12:])
        if not chunks or len(chunks) > MAX_FRAMES + 2:
            raise Rejected("number of chunks")
        if chunks[0][0] != b"VP8X":
            _picture(chunks, alpha=False)
            return
        flags, width, height = _extended(chunks[0][1])
        if flags & _ANIMATION:
            _animation(chunks[1:], flags, width, height)
        elif flags != _ALPHA or _picture(chunks[1:], alpha=True) != (width, height):
            raise Rejected("VP8X of a still picture")


def _chunks(data: memoryview) -> list[_Chunk]:
    """2.3: FourCC, size, payload, and a zero byte after an odd one."""
    found = []
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            raise Rejected("ends early")
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size
        if end + size % 2 > len(data) or (size % 2 and data[end]):
            raise Rejected("chunk runs over the end, or its padding is not zero")
        found.append((bytes(data[at : at + 4]), data[at + 8 : end]))
        at = end + size % 2
    return found


def _extended(body: memoryview) -> tuple[int, int, int]:
    """2.7.1: flags, canvas width and height."""
    if len(body) != 10 or body[0] & ~(_ALPHA | _ANIMATION) or any(body[1:4]):
        raise Rejected("VP8X")
    width = 1 + int.from_bytes(body[4:7], "little")
    height = 1 + int.from_bytes(body[7:10], "little")
    if width * height > MAX_PIXELS:
        raise Rejected("size")
    return body[0], width, height


def _animation(chunks: list[_Chunk], flags: int, width: int, height: int) -> None:
    if len(chunks) < 2 or chunks[0][0] != b"ANIM":
        raise Rejected("ANIM")
    header = bytes(chunks[0][1])
    if len(header) != 6 or any(header[:4]):
        raise Rejected("ANIM")
    pixels = 0
    for name, body in chunks[1:]:
        if name != b"ANMF" or len(body) < _ANMF_HEADER or body[15] != _NO_BLENDING:
            raise Rejected("ANMF")
        left, top, across, down = (
            int.from_bytes(body[at : at + 3], "little") for at in (0, 3, 6, 9)
        )
        size = (across + 1, down + 1)
        if 2 * left + size[0] > width or 2 * top + size[1] > height:
            raise Rejected("frame outside of the canvas")
        inner = _chunks(body[_ANMF_HEADER:])
        if _picture(inner, alpha=bool(flags & _ALPHA)) != size:
            raise Rejected("size of a frame")
        pixels += size[0] * size[1]
        if pixels > MAX_TOTAL_PIXELS:
            raise Rejected("too many pixels")


def _picture(chunks: list[_Chunk], *, alpha: bool) -> tuple[int, int]:
    """One bitstream, with its alpha plane before it where allowed: width and height."""
    names = [name for name, _ in chunks]
    if names == [b"VP8L"]:
        return _lossless(chunks[0][1])
    if names == [b"ALPH", b"VP8 "] and alpha:
        # 2.7.1.2: reserved bits 0; preprocessing 0 or 1, filtering 0 to 3, compression 0 or 1.
        plane = chunks[0][1]
        if len(plane) < 2 or plane[0] & 0xC0 or plane[0] >> 4 > 1 or plane[0] & 3 > 1:
            raise Rejected("ALPH")
        return _lossy(chunks[1][1])
    if names == [b"VP8 "]:
        return _lossy(chunks[0][1])
    raise Rejected("chunk out of order or not allowed")


def _lossy(body: memoryview) -> tuple[int, int]:
    """RFC 6386, 9.1: key frame tag, start code, 14 bits each of width and height."""
    if len(body) < 11 or body[0] & 1 or not body[0] & 0x10 or bytes(body[3:6]) != b"\x9d\x01\x2a":
        raise Rejected("VP8 header")
    first_partition = (body[0] | body[1] << 8 | body[2] << 16) >> 5
    width, height = struct.unpack_from("<HH", body, 6)
    if first_partition + 10 > len(body) or width >> 14 or height >> 14:
        raise Rejected("VP8 header")
    return _checked(width, height)


def _lossless(body: memoryview) -> tuple[int, int]:
    """RFC 9649, 3.4: signature, 14 bits each of width - 1 and height - 1, version 0."""
    if len(body) < 6 or body[0] != 0x2F:
        raise Rejected("VP8L header")
    (bits,) = struct.unpack_from("<I", body, 1)
    if bits >> 29:
        raise Rejected("VP8L version")
    return _checked(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))


def _checked(width: int, height: int) -> tuple[int, int]:
    if not 0 < width * height <= MAX_PIXELS:
        raise Rejected("size")
    return width, height
