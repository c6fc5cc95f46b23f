"""The directories of a TIFF file (TIFF 6.0 section 2, BigTIFF), counted and reported.

Follows the chain of pages and looks at each entry once. Tags that do not belong to the
picture become findings. Odd directories end the walk; only a file that is no TIFF raises.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.raster import removed
from sanitizers.limits import MAX_FRAMES
from sanitizers.reasons import ReasonCode, Withheld

#: TIFF 6.0 part 1 and 2, TTN2 (JPEG): the tags of the picture itself.
_PICTURE: Final = frozenset(
    {
        *(254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279),
        *(280, 281, 282, 283, 284, 286, 287, 290, 291, 292, 293, 296, 297, 301, 317, 318),
        *(319, 320, 321, 322, 323, 324, 325, 326, 327, 328, 332, 338, 339, 340, 341, 347),
        *(512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 34675),
    }
)
#: Who, when, with what: TIFF 6.0 section 8, XMP, IPTC, Photoshop, EXIF, GPS.
_METADATA: Final = {700: "xmp", 33723: "iptc", 34377: "photoshop", 34665: "exif", 34853: "gps"}
_DESCRIPTIVE: Final = frozenset({269, 270, 271, 272, 285, 305, 306, 315, 316, 337, 33432})
_SUB_IFDS: Final = 330
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
#: Entries looked at in one directory; scanners write 20, GIS programs 40.
_MAX_ENTRIES: Final = 1_000


def count_pages(data: memoryview, findings: Findings) -> int:
    """Pages in the chain; reports every tag that is not the picture's own.

    Raises:
        Withheld: not a TIFF, or more pages than allowed.
    """
    head = bytes(data[:4])
    if head not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        raise Withheld(ReasonCode.DAMAGED, "no TIFF header")
    order = "<" if head[:1] == b"I" else ">"
    big = 43 in head
    seen: set[int] = set()
    try:
        (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
        while at and at not in seen:
            seen.add(at)
            if len(seen) > MAX_FRAMES:
                raise Withheld(ReasonCode.TOO_MANY_PIXELS, "too many pages")
            at = _directory(data, at, order, big, len(seen), findings)
    except struct.error:
        findings.add(Kind.DAMAGED, Action.NOTED, where="page directory")
    return len(seen)


def _directory(
    data: memoryview, at: int, order: str, big: bool, page: int, findings: Findings
) -> int:
    """Report one directory; returns the place of the next."""
    if big:
        (count,) = struct.unpack_from(order + "Q", data, at)
        start, step, entry, inline, link = at + 8, 20, "HHQ", 8, "Q"
    else:
        (count,) = struct.unpack_from(order + "H", data, at)
        start, step, entry, inline, link = at + 2, 12, "HHI", 4, "I"
    for index in range(min(count, _MAX_ENTRIES)):
        tag, kind, number = struct.unpack_from(order + entry, data, start + step * index)
        if tag in _PICTURE:
            continue
        size = number * _SIZES.get(kind, 1)
        value = start + step * index + step - inline
        if size > inline:
            (value,) = struct.unpack_from(order + link, data, value)
        _report(tag, data[value : value + size], f"page {page}", findings)
    (following,) = struct.unpack_from(order + link, data, start + step * count)
    return int(following)


def _report(tag: int, value: memoryview, page: str, findings: Findings) -> None:
    if tag in _METADATA:
        removed(findings, Kind.METADATA, value, f"{page} {_METADATA[tag]}")
    elif tag in _DESCRIPTIVE:
        removed(findings, Kind.METADATA, value, f"{page} description")
    elif tag == _SUB_IFDS:
        removed(findings, Kind.EMBEDDED_OBJECT, value, f"{page} further pictures")
    else:
        removed(findings, Kind.UNKNOWN_DATA, value, f"{page} private tag")
