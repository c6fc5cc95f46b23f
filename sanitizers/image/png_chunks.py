"""The chunks of a PNG file (W3C PNG 3rd edition, 5), taken apart by their lengths.

Gathers the chunks that make the picture (and the animation) for the decoder; every other
chunk becomes a finding and is never shown to it. One step per chunk.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.colour import MAX_PROFILE_BYTES
from sanitizers.image.exif import ExifFacts, read_exif
from sanitizers.image.raster import removed
from sanitizers.reasons import ReasonCode, Withheld

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"\0\0\0\0IEND\xaeB`\x82"
# W3C PNG 3rd edition, 11.2 and 11.3: what a decoder needs to draw.
_PICTURE: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_ANIMATION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})  # 11.3.6
_TEXT: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})  # 11.3.3
#: Numbers about colour and print that are dropped without a word of their own: gAMA, cHRM
#: and sRGB are ignored by most viewers when they disagree with sRGB (11.3.2), the rest
#: are hints about samples and palette (11.3.4).
_HINTS: Final = frozenset(
    {b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"sBIT", b"bKGD", b"hIST", b"sPLT"}
)
_METADATA: Final = frozenset({b"tIME", b"dSIG", b"caBX"})
#: Chunks of one file; 64 MB in IDATs of 8 kB are 8,000, an animation adds 2 per frame.
MAX_CHUNKS: Final = 100_000
_METRES_PER_INCH: Final = 0.0254


@dataclass(slots=True)
class PngStructure:
    """What the walk found; `pieces` joined are the picture as the decoder gets it."""

    pieces: list[bytes | memoryview] = field(default_factory=lambda: [SIGNATURE])
    size: tuple[int, int] = (0, 0)
    depth: int = 8
    frames: int = 0  # as acTL says; 0: a still
    controls: int = 0  # frames that are there (fcTL)
    loops: int = 0  # 0: for ever
    default_is_frame: bool = False  # an fcTL comes before the first IDAT
    icc: bytes = b""
    exif: ExifFacts = field(default_factory=ExifFacts)
    dpi: tuple[float, float] | None = None


def walk(data: memoryview, findings: Findings) -> PngStructure:
    """Take `data` apart.

    Raises:
        Withheld: not a PNG, or more chunks than any encoder writes.
    """
    if bytes(data[:8]) != SIGNATURE or bytes(data[12:16]) != b"IHDR" or len(data) < 33:
        raise Withheld(ReasonCode.DAMAGED, "no PNG header")
    found = PngStructure()
    found.size = (int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))
    found.depth = data[24]
    position = 8
    in_picture = False
    for _ in range(MAX_CHUNKS):
        if position + 12 > len(data):
            # Cut off: if every pixel is there, the decoder will not miss the rest.
            findings.add(Kind.DAMAGED, Action.NOTED, where="no end chunk")
            found.pieces.append(_END)
            return found
        length = int.from_bytes(data[position : position + 4], "big")
        name = bytes(data[position + 4 : position + 8])
        end = position + 12 + length
        payload = data[position + 8 : end - 4]
        in_picture = in_picture or name == b"IDAT"
        if name in _PICTURE or (name in _ANIMATION and _takes_animation(name, payload, found)):
            if name == b"fcTL":
                found.controls += 1
                found.default_is_frame = found.default_is_frame or not in_picture
            found.pieces.append(data[position:end])
        else:
            _other_chunk(name, payload, found, findings)
        position = end
        if name == b"IEND":
            if position < len(data):
                removed(findings, Kind.TRAILING_DATA, data[position:])
            return found
    raise Withheld(ReasonCode.DAMAGED, "too many chunks")


def _takes_animation(name: bytes, payload: memoryview, found: PngStructure) -> bool:
    """Animation chunks count only after a first acTL with frames (11.3.6.1)."""
    if name == b"acTL":
        if found.frames or len(payload) != 8:
            return False
        found.frames, found.loops = struct.unpack(">II", payload)
    return found.frames > 0


def _other_chunk(name: bytes, payload: memoryview, found: PngStructure, findings: Findings) -> None:
    if name == b"pHYs" and len(payload) == 9:
        x, y, unit = struct.unpack(">IIB", payload)
        if unit == 1:  # 11.3.4.3: pixels per metre
            found.dpi = (x * _METRES_PER_INCH, y * _METRES_PER_INCH)
    elif name == b"iCCP":
        found.icc = found.icc or _profile(payload)
        if not found.icc:
            removed(findings, Kind.COLOUR_PROFILE, payload)
    elif name == b"eXIf":
        found.exif = read_exif(payload)
        removed(findings, Kind.METADATA, payload, "exif")
    elif name in _TEXT:
        where = "xmp" if bytes(payload[:17]) == b"XML:com.adobe.xmp" else "text"
        removed(findings, Kind.METADATA if where == "xmp" else Kind.COMMENT, payload, where)
    elif name in _METADATA:
        removed(findings, Kind.METADATA, payload)
    elif name in _HINTS:
        removed(findings, Kind.METADATA, payload, "colour hints")
    else:
        removed(findings, Kind.UNKNOWN_DATA, payload, "chunk")


def _profile(payload: memoryview) -> bytes:
    """11.3.2.3: name, NUL, method 0, zlib stream. Empty where it is not that."""
    data = bytes(payload)
    name_end = data.find(b"\0", 0, 80)
    if name_end < 0 or data[name_end + 1 : name_end + 2] != b"\0":
        return b""
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(data[name_end + 2 :], MAX_PROFILE_BYTES)
    except zlib.error:
        return b""
    return profile if inflater.eof else b""
