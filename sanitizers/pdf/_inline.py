"""Inline images (ISO 32000-2, 8.9.7): their dictionary and where their data end.

The end is found by the data themselves where that is possible (a known number of
bytes, a Flate stream's own end, the end marks of the ASCII filters), else by `EI`
between white space followed by text. Only finds and names; nothing is decoded to keep.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sanitizers.pdf._filters import NAMES
from sanitizers.pdf._objects import Name, Value
from sanitizers.pdf._operands import read_dictionary_items
from sanitizers.pdf._tokens import IMAGE_END

MAX_INFLATED: Final = 100_000_000  # walked over to find a Flate stream's end
MAX_RAW: Final = 100_000_000  # bytes of an image without a filter

#: Table 91: abbreviated keys; table 92: abbreviated colour spaces.
KEYS: Final = MappingProxyType(
    {
        "BPC": "BitsPerComponent", "CS": "ColorSpace", "D": "Decode", "DP": "DecodeParms",
        "F": "Filter", "H": "Height", "IM": "ImageMask", "I": "Interpolate", "W": "Width",
    }
)  # fmt: skip
SPACES: Final = MappingProxyType(
    {"G": "DeviceGray", "RGB": "DeviceRGB", "CMYK": "DeviceCMYK", "I": "Indexed"}
)
_COMPONENTS: Final = MappingProxyType(
    {"DeviceGray": 1, "CalGray": 1, "Indexed": 1, "DeviceRGB": 3, "CalRGB": 3, "DeviceCMYK": 4}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage:
    """`entries` have full keys and colour space names; `data` are still filtered."""

    entries: dict[str, Value]
    data: bytes
    end: int


def read_inline(data: bytes, at: int) -> InlineImage | None:
    """The image whose `BI` ends at `at`; None where it is beyond reading."""
    found = read_dictionary_items(data, at)
    if found is None:
        return None
    items, at = found
    entries: dict[str, Value] = {}
    for key, value in zip(items[::2], items[1::2], strict=False):
        if isinstance(key, Name):
            entries[KEYS.get(key, str(key))] = value
    if "ColorSpace" in entries:
        entries["ColorSpace"] = _space(entries["ColorSpace"])
    at += data[at : at + 1].isspace() or data[at : at + 1] == b"\0"
    length = _length(data, at, entries)
    if length is not None:
        after = data.find(b"EI", at + length, at + length + 40)
        if after >= 0 and not data[at + length : after].strip(b"\0\t\n\f\r >"):
            return InlineImage(entries=entries, data=data[at : at + length], end=after + 2)
    mark = IMAGE_END.search(data, max(at - 1, 0))
    if mark is None:
        return None
    return InlineImage(entries=entries, data=data[at : mark.start()], end=mark.end())


def _space(value: Value) -> Value:
    if isinstance(value, Name):
        return Name(SPACES.get(value, value))
    if isinstance(value, list):
        return [Name(SPACES.get(v, v)) if isinstance(v, Name) else v for v in value]
    return value


def _length(data: bytes, at: int, entries: dict[str, Value]) -> int | None:
    """Bytes of the image's data where they can be known."""
    filters = entries.get("Filter")
    first = filters[0] if isinstance(filters, list) and filters else filters
    if not first:
        return _raw_length(entries)
    kind = NAMES.get(first) if isinstance(first, Name) else None
    if kind == "Flate":
        return _flate_length(data, at)
    if kind in ("A85", "AHx"):
        end = data.find(b"~>" if kind == "A85" else b">", at)
        return None if end < 0 else end + (2 if kind == "A85" else 1) - at
    return None


def _raw_length(entries: dict[str, Value]) -> int | None:
    width, height = entries.get("Width"), entries.get("Height")
    if not isinstance(width, int) or not isinstance(height, int):
        return None
    if entries.get("ImageMask") is True:
        bits = 1
    else:
        space = entries.get("ColorSpace")
        name = space[0] if isinstance(space, list) and space else space
        depth = entries.get("BitsPerComponent", 8)
        count = _COMPONENTS.get(name) if isinstance(name, Name) else None
        if count is None or not isinstance(depth, int):
            return None
        bits = count * depth
    length = (width * bits + 7) // 8 * height
    return length if 0 <= length <= MAX_RAW else None


def _flate_length(data: bytes, at: int) -> int | None:
    engine = zlib.decompressobj()
    total, position, step = 0, at, 4096
    try:
        while not engine.eof and position < len(data):
            total += len(engine.decompress(data[position : position + step]))
            position += step
            if total > MAX_INFLATED:
                return None
    except zlib.error:
        return None
    return min(position, len(data)) - len(engine.unused_data) - at if engine.eof else None
