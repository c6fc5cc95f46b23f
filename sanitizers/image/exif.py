"""The three numbers that a picture's EXIF may still say: orientation and resolution.

Reads IFD0 of an EXIF block (EXIF 2.32, TIFF 6.0 section 2) and nothing else of it. Odd
blocks read as "upright, resolution unknown"; nothing in this module raises.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

_ORIENTATION: Final = 274
_X_RESOLUTION: Final = 282
_Y_RESOLUTION: Final = 283
_RESOLUTION_UNIT: Final = 296
_SHORT: Final = 3
_RATIONAL: Final = 5
#: Per inch, by ResolutionUnit: 2 = inch (the default), 3 = centimetre.
_PER_INCH: Final = {2: 1.0, 3: 2.54}
#: Entries of IFD0 that are looked at; cameras write about 15.
_MAX_ENTRIES: Final = 512


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """`orientation` is 1..8; `dpi` is the raw horizontal and vertical value or None."""

    orientation: int = 1
    dpi: tuple[float, float] | None = None
    thumbnail: bool = False


def read_exif(block: bytes | memoryview) -> ExifFacts:
    """Facts of an EXIF block, with or without its "Exif" NUL NUL prefix."""
    data = bytes(block)
    if data[:6] == b"Exif\0\0":
        data = data[6:]
    if data[:4] == b"II*\0":
        order = "<"
    elif data[:4] == b"MM\0*":
        order = ">"
    else:
        return ExifFacts()
    try:
        return _read_ifd0(data, order)
    except struct.error:
        return ExifFacts()


def _read_ifd0(data: bytes, order: str) -> ExifFacts:
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    orientation, unit = 1, 2
    resolution: dict[int, float] = {}
    for index in range(min(count, _MAX_ENTRIES)):
        at = start + 2 + 12 * index
        tag, kind, number = struct.unpack_from(order + "HHI", data, at)
        if number != 1:
            continue
        if kind == _SHORT and tag in (_ORIENTATION, _RESOLUTION_UNIT):
            (value,) = struct.unpack_from(order + "H", data, at + 8)
            if tag == _ORIENTATION:
                orientation = value if 1 <= value <= 8 else 1
            else:
                unit = value
        elif kind == _RATIONAL and tag in (_X_RESOLUTION, _Y_RESOLUTION):
            (where,) = struct.unpack_from(order + "I", data, at + 8)
            above, below = struct.unpack_from(order + "II", data, where)
            if below:
                resolution[tag] = above / below
    dpi = None
    if len(resolution) == 2 and unit in _PER_INCH:
        scale = _PER_INCH[unit]
        dpi = (resolution[_X_RESOLUTION] * scale, resolution[_Y_RESOLUTION] * scale)
    thumbnail = data.find(b"\xff\xd8\xff", 8) >= 0  # EXIF 2.32, 4.5.8: IFD1 holds a JPEG
    return ExifFacts(orientation=orientation, dpi=dpi, thumbnail=thumbnail)
