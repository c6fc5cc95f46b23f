"""The segments of a JPEG file (ITU-T T.81, annex B), taken apart by their lengths.

Gathers the bytes of the first picture for the decoder and turns everything else into
findings. One pass, one step per segment; odd bytes end the walk, they never raise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.exif import ExifFacts, read_exif
from sanitizers.image.raster import removed
from sanitizers.reasons import ReasonCode, Withheld

# T.81 table B.1.
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive (Huffman)
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD})  # DHT, DQT, DRI
_SOS: Final = 0xDA
_EOI: Final = 0xD9
_COM: Final = 0xFE
_APP0, _APP1, _APP2, _APP13, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF
#: Ends entropy-coded data: a marker that is neither stuffing (00), RSTn nor fill (FF).
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
#: Segments of one picture; large profiles take 60, editors' data some hundred.
MAX_SEGMENTS: Final = 4_000
#: Scans of a progressive picture, each a pass over all of it; encoders write about 10.
MAX_SCANS: Final = 100
#: Parts of one ICC profile, numbered from 1 in a byte (ICC.1:2010, B.4).
_MAX_PROFILE_PARTS: Final = 255


@dataclass(slots=True)
class JpegStructure:
    """What the walk found; `pieces` joined are the picture as the decoder gets it."""

    pieces: list[bytes | memoryview] = field(default_factory=list)
    profile: dict[int, bytes] = field(default_factory=dict)
    exif: ExifFacts = field(default_factory=ExifFacts)
    dpi: tuple[float, float] | None = None
    ended: bool = False  # an EOI was seen
    scans: int = 0

    def icc(self) -> bytes:
        """The ICC profile, its parts in order; empty where there is none."""
        return b"".join(self.profile[n] for n in sorted(self.profile))


def walk(data: memoryview, findings: Findings) -> JpegStructure:
    """Take the first picture of `data` apart.

    Raises:
        Withheld: not a JPEG at all, or more segments or scans than any encoder writes.
    """
    if bytes(data[:2]) != b"\xff\xd8":
        raise Withheld(ReasonCode.DAMAGED, "no SOI")
    found = JpegStructure(pieces=[b"\xff\xd8"])
    position = 2
    for _ in range(MAX_SEGMENTS):
        marker_at = _NEXT_MARKER.search(data, position)
        if marker_at is None:
            found.pieces.append(data[position:])
            return found
        if marker_at.start() > position:
            if found.scans:
                found.pieces.append(data[position : marker_at.start()])
            elif data[position : marker_at.start()].tobytes().strip(b"\xff"):
                removed(findings, Kind.UNKNOWN_DATA, data[position : marker_at.start()])
        position = marker_at.start()
        marker = data[position + 1]
        if marker == _EOI:
            found.ended = True
            found.pieces.append(b"\xff\xd9")
            _trailing(data[position + 2 :], findings)
            return found
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        payload = data[position + 4 : end]
        if marker in _FRAMES or marker in _TABLES:
            found.pieces.append(data[position:end])
        elif marker == _SOS:
            found.pieces.append(data[position:end])
            found.scans += 1
            if found.scans > MAX_SCANS:
                raise Withheld(ReasonCode.DAMAGED, "too many scans")
        else:
            _other_segment(marker, payload, found, findings)
        position = max(end, position + 2)
    raise Withheld(ReasonCode.DAMAGED, "too many segments")


def _other_segment(
    marker: int, payload: memoryview, found: JpegStructure, findings: Findings
) -> None:
    head = bytes(payload[:32])
    if marker == _APP0 and head.startswith(b"JFIF\0") and len(payload) >= 14:
        _jfif(payload, found, findings)
    elif marker == _APP14 and head.startswith(b"Adobe") and len(payload) >= 12:
        # TN 5116: the transform byte says what the components mean; nothing else is used.
        found.pieces.append(b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0" + bytes(payload[11:12]))
        if len(payload) > 12:
            removed(findings, Kind.UNKNOWN_DATA, payload, "segment app14")
    elif marker == _APP1 and head.startswith(b"Exif\0"):
        found.exif = read_exif(payload)
        removed(findings, Kind.METADATA, payload, "exif")
        if found.exif.thumbnail:
            findings.add(Kind.THUMBNAIL, Action.REMOVED, where="exif")
    elif marker == _APP1 and head.startswith(b"http://ns.adobe.com/x"):
        removed(findings, Kind.METADATA, payload, "xmp")
    elif marker == _APP2 and head.startswith(b"ICC_PROFILE\0") and len(payload) > 14:
        if len(found.profile) < _MAX_PROFILE_PARTS:
            found.profile[payload[12]] = bytes(payload[14:])
    elif marker == _APP2 and head.startswith(b"MPF\0"):
        removed(findings, Kind.METADATA, payload, "multi-picture index")
    elif marker == _APP13:
        removed(findings, Kind.METADATA, payload, "photoshop and iptc")
    elif marker == _COM:
        removed(findings, Kind.COMMENT, payload)
    elif marker == _APP0 and head.startswith(b"JFXX\0"):
        removed(findings, Kind.THUMBNAIL, payload, "jfif extension")
    elif _APP0 <= marker <= _APP15:
        removed(findings, Kind.UNKNOWN_DATA, payload, f"segment app{marker - _APP0}")
    else:
        removed(findings, Kind.UNKNOWN_DATA, payload, "segment of unknown kind")


def _jfif(payload: memoryview, found: JpegStructure, findings: Findings) -> None:
    """JFIF 1.02, page 5: version, unit, densities, thumbnail size, thumbnail."""
    found.pieces.append(b"\xff\xe0\x00\x10JFIF\0\x01\x01" + b"\0\0\x01\0\x01\0\0")
    x = int.from_bytes(payload[8:10], "big")
    y = int.from_bytes(payload[10:12], "big")
    scale = {1: 1.0, 2: 2.54}.get(payload[7])
    if scale is not None:
        found.dpi = (x * scale, y * scale)
    if len(payload) > 14:
        removed(findings, Kind.THUMBNAIL, payload[14:], "jfif")


def _trailing(rest: memoryview, findings: Findings) -> None:
    """What follows the picture: further pictures (MPO) or anything else."""
    if not rest:
        return
    if bytes(rest[:3]) == b"\xff\xd8\xff":
        removed(findings, Kind.EMBEDDED_OBJECT, rest, "further pictures")
    else:
        removed(findings, Kind.TRAILING_DATA, rest)
