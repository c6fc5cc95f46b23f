"""The chunks of a WebP file (RFC 9649, 2), taken apart by their lengths.

Gathers the chunks that draw for the decoder; every other chunk becomes a finding. One
step per chunk.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.exif import ExifFacts, read_exif
from sanitizers.image.raster import removed
from sanitizers.reasons import ReasonCode, Withheld

_PICTURE: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM"})  # RFC 9649, 2.5 to 2.7.1
_FRAME_HEAD: Final = 16  # 2.7.1.1: bytes of ANMF before its chunks
_DRAWING_FLAGS: Final = 0x12  # 2.7: alpha and animation; not ICC, EXIF, XMP
#: Chunks of one file; an animation has one per frame.
MAX_CHUNKS: Final = 20_000


@dataclass(slots=True)
class WebpStructure:
    """What the walk found."""

    pieces: list[tuple[bytes, bytes | memoryview]] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)
    frames: int = 0
    loops: int = 0
    lossless: bool = False
    icc: bytes = b""
    exif: ExifFacts = field(default_factory=ExifFacts)

    def picture(self) -> bytes:
        """A WebP file of the drawing chunks alone."""
        body = b"".join(
            b"%s%s%s%s" % (name, struct.pack("<I", len(data)), data, b"\0" * (len(data) % 2))
            for name, data in self.pieces
        )
        return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and payload of every whole chunk of a WebP file, without its RIFF header."""
    return _chunks_from(data, 12)


def _chunks_from(data: memoryview, position: int) -> Iterator[tuple[bytes, memoryview]]:
    for _ in range(MAX_CHUNKS):
        if position + 8 > len(data):
            return
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        yield bytes(data[position : position + 4]), data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2
    raise Withheld(ReasonCode.DAMAGED, "too many chunks")


def walk(data: memoryview, findings: Findings) -> WebpStructure:
    """Take `data` apart.

    Raises:
        Withheld: not a WebP, or more chunks than any encoder writes.
    """
    if bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"WEBP":
        raise Withheld(ReasonCode.DAMAGED, "no WebP header")
    end = 8 + int.from_bytes(data[4:8], "little")
    end += end % 2
    if end < len(data):
        removed(findings, Kind.TRAILING_DATA, data[end:])
    elif end > len(data) + 1:
        findings.add(Kind.DAMAGED, Action.NOTED, where="file ends early")
    found = WebpStructure()
    lossy = False
    drawn = False
    for name, payload in chunks(data[:end]):
        if name == b"VP8X" and not found.pieces and len(payload) >= 10:
            flags = payload[0] & _DRAWING_FLAGS
            found.pieces.append((name, bytes((flags, 0, 0, 0)) + bytes(payload[4:10])))
            found.size = (_three(payload, 4) + 1, _three(payload, 7) + 1)
        elif name == b"ANMF" and len(payload) > _FRAME_HEAD:
            kinds = [n for n, _ in _chunks_from(payload, _FRAME_HEAD)]
            lossy = lossy or b"VP8 " in kinds
            found.lossless = found.lossless or b"VP8L" in kinds
            found.frames += 1
            found.pieces.append((name, _drawing_part(payload, findings)))
        elif name in _PICTURE and not (drawn and name != b"ANIM"):
            if name == b"ANIM" and len(payload) >= 6:
                found.loops = int.from_bytes(payload[4:6], "little")
            drawn = drawn or name in (b"VP8 ", b"VP8L")
            lossy = lossy or name == b"VP8 "
            found.lossless = found.lossless or name == b"VP8L"
            if found.size == (0, 0):
                found.size = _size_of(name, payload)
            found.pieces.append((name, payload))
        else:
            _other_chunk(name, payload, found, findings)
    found.lossless = found.lossless and not lossy
    return found


def _drawing_part(payload: memoryview, findings: Findings) -> bytes:
    """An ANMF payload with nothing but its picture."""
    parts = [bytes(payload[:_FRAME_HEAD])]
    for name, data in _chunks_from(payload, _FRAME_HEAD):
        if name in (b"ALPH", b"VP8 ", b"VP8L"):
            parts += [name, struct.pack("<I", len(data)), bytes(data), b"\0" * (len(data) % 2)]
        else:
            removed(findings, Kind.UNKNOWN_DATA, data, "chunk in a frame")
    return b"".join(parts)


def _other_chunk(
    name: bytes, payload: memoryview, found: WebpStructure, findings: Findings
) -> None:
    if name == b"ICCP":
        found.icc = bytes(payload)
    elif name == b"EXIF":
        found.exif = read_exif(payload)
        removed(findings, Kind.METADATA, payload, "exif")
        if found.exif.thumbnail:
            findings.add(Kind.THUMBNAIL, Action.REMOVED, where="exif")
    elif name == b"XMP ":
        removed(findings, Kind.METADATA, payload, "xmp")
    else:
        removed(findings, Kind.UNKNOWN_DATA, payload, "chunk")


def _three(payload: memoryview, at: int) -> int:
    return int.from_bytes(payload[at : at + 3], "little")


def _size_of(name: bytes, payload: memoryview) -> tuple[int, int]:
    """RFC 6386, 9.1 (key frame header); RFC 9649, 3.4 (VP8L header)."""
    if name == b"VP8 " and len(payload) >= 10:
        width = int.from_bytes(payload[6:8], "little") & 0x3FFF
        return (width, int.from_bytes(payload[8:10], "little") & 0x3FFF)
    if name == b"VP8L" and len(payload) >= 5:
        bits = int.from_bytes(payload[1:5], "little")
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return (0, 0)
