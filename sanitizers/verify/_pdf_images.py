"""Image XObjects of the PDF verifier: every stream is walked to its very last byte.

Flate must inflate to exactly the rows of the picture, JPEG must be a plain chain of
the segments that a picture needs, fax data must end in its one end mark. Pixels may
show anything; no place that a viewer does not draw may carry data.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_objects import Array, Dictionary, Name, Value

MAX_PIXELS: Final = 64_000_000  # of one picture; the writer's pages end at 40 million
MAX_SIDE: Final = 40_000_000
MAX_JPEG_SIDE: Final = 65_535  # ITU-T T.81, B.2.2
_CHUNK: Final = 1_000_000  # inflated at a time
_BASE: Final = frozenset(
    {"Type", "Subtype", "Width", "Height", "ColorSpace", "BitsPerComponent", "Filter", "Length"}
)

#: JPEG segments that may stand before the scan (ITU-T T.81, table B.1): APP0 as JFIF
#: only, DQT, SOF0, DHT, SOS. One scan, then EOI: the encoder writes baseline only.
_APP0, _DQT, _SOF0, _DHT, _SOS, _EOI = 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9
_JFIF: Final = b"JFIF\x00\x01\x01"
_JFIF_BYTES: Final = 14  # without a thumbnail (JFIF 1.02)
_MAX_SEGMENTS: Final = 32
#: Fax: the end of a group 4 picture is two EOL codes (ITU-T T.6, 2.2.5).
_EOL: Final = "000000000001"


def inflate(data: memoryview, *, limit: int) -> bytes:
    """The whole of a zlib stream that ends with `data` and has at most `limit` bytes.

    Raises:
        Rejected: too long, damaged, unfinished or followed by anything.
    """
    return b"".join(inflated(data, limit))


def inflated(data: memoryview, limit: int) -> Iterator[bytes]:
    """The same in pieces."""
    engine = zlib.decompressobj()
    left = limit
    pending: bytes | memoryview = data
    try:
        while not engine.eof:
            part = engine.decompress(pending, _CHUNK)
            left -= len(part)
            if left < 0:
                raise Rejected("a stream longer than it may be")
            if not part and not engine.eof:
                raise Rejected("an unfinished stream")
            yield part
            pending = engine.unconsumed_tail
    except zlib.error:
        raise Rejected("a damaged stream") from None
    if engine.unused_data or pending:
        raise Rejected("data after a stream's end")


def check_image(head: Dictionary, data: memoryview) -> None:
    """One image XObject.

    Raises:
        Rejected: a key, value or byte that the writer would not write.
    """
    if not set(head) >= _BASE:
        raise Rejected("keys of a picture")
    if head.get("Type") != Name("XObject") or head.get("Subtype") != Name("Image"):
        raise Rejected("type of a picture")
    width, height = head.get("Width"), head.get("Height")
    if type(width) is not int or type(height) is not int:
        raise Rejected("size of a picture")
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise Rejected("size of a picture")
    space, bits = head.get("ColorSpace"), head.get("BitsPerComponent")
    kind = head.get("Filter")
    if kind == Name("DCTDecode"):
        channels = {Name("DeviceGray"): 1, Name("DeviceRGB"): 3}.get(space)  # type: ignore[arg-type]
        if set(head) != _BASE or type(bits) is not int or bits != 8 or channels is None:
            raise Rejected("keys of a JPEG picture")
        _check_jpeg(data, width, height, channels)
    elif kind == Name("FlateDecode"):
        _check_flate(head, data, width, height)
    elif kind == Name("CCITTFaxDecode"):
        wanted = Dictionary({"K": -1, "Columns": width, "Rows": height, "BlackIs1": True})
        if set(head) != _BASE | {"DecodeParms"} or not _same(head["DecodeParms"], wanted):
            raise Rejected("keys of a fax picture")
        if space != Name("DeviceGray") or type(bits) is not int or bits != 1:
            raise Rejected("colours of a fax picture")
        check_fax(data, width, height)
    else:
        raise Rejected("filter of a picture")


def _same(found: Value, wanted: Dictionary) -> bool:
    """Equal with equal types: `True == 1` and `1 == 1.0` do not count."""
    return (
        isinstance(found, Dictionary)
        and found == wanted
        and all(type(found[key]) is type(value) for key, value in wanted.items())
    )


def _check_flate(head: Dictionary, data: memoryview, width: int, height: int) -> None:
    bits = head["BitsPerComponent"]
    if set(head) != _BASE or type(bits) is not int or bits not in (1, 2, 4, 8):
        raise Rejected("keys of a Flate picture")
    space = head["ColorSpace"]
    if not isinstance(space, Array) or len(space) != 4:
        raise Rejected("palette of a picture")
    indexed, base, highest, table = space
    if indexed != Name("Indexed") or base != Name("DeviceRGB") or type(highest) is not int:
        raise Rejected("palette of a picture")
    if not isinstance(table, bytearray) or not 0 <= highest < 1 << bits:
        raise Rejected("palette of a picture")
    if len(table) != 3 * (highest + 1):
        raise Rejected("length of a palette")
    size = (width * bits + 7) // 8 * height
    if sum(len(part) for part in inflated(data, size)) != size:
        raise Rejected("a picture with missing rows")


def _check_jpeg(data: memoryview, width: int, height: int, channels: int) -> None:
    if width > MAX_JPEG_SIDE or height > MAX_JPEG_SIDE or bytes(data[:2]) != b"\xff\xd8":
        raise Rejected("start of a JPEG")
    at = 2
    framed = False
    for index in range(_MAX_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            raise Rejected("segment of a JPEG")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body = bytes(data[at + 4 : at + 2 + length])
        if length < 2 or len(body) != length - 2:
            raise Rejected("length of a JPEG segment")
        at += 2 + length
        if marker == _APP0:
            _check_jfif(body, first=index == 0)
        elif marker == _DQT:
            _check_quantization(body)
        elif marker == _SOF0 and not framed:
            _check_frame(body, width, height, channels)
            framed = True
        elif marker == _DHT:
            _check_huffman(body)
        elif marker == _SOS and framed:
            _check_scan(data, at, body, channels)
            return
        else:
            raise Rejected("a JPEG segment that may not cross")
    raise Rejected("a JPEG without a scan")


def _check_jfif(body: bytes, *, first: bool) -> None:
    """Version 1.01, a density, no thumbnail."""
    if not first or len(body) != _JFIF_BYTES or not body.startswith(_JFIF) or body[12:] != b"\0\0":
        raise Rejected("JFIF header")
    if body[7:12] != b"\x00\x00\x01\x00\x01":  # no unit, square pixels
        raise Rejected("JFIF density")


def _check_quantization(body: bytes) -> None:
    """8-bit tables 0..1 of 64 entries (T.81, B.2.4.1)."""
    if not body or len(body) % 65 or len(body) > 2 * 65:
        raise Rejected("quantization tables")
    if any(body[i] > 1 for i in range(0, len(body), 65)):
        raise Rejected("quantization tables")


def _check_frame(body: bytes, width: int, height: int, channels: int) -> None:
    """8 bits, the size of the dictionary, components 1..n (T.81, B.2.2)."""
    head = b"\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes([channels])
    if len(body) != 6 + 3 * channels or not body.startswith(head):
        raise Rejected("JPEG frame")
    for index in range(channels):
        name, sampling, table = body[6 + 3 * index : 9 + 3 * index]
        if name != index + 1 or sampling not in (0x11, 0x22) or table > 1:
            raise Rejected("JPEG component")


def _check_huffman(body: bytes) -> None:
    """One or more tables whose counts agree with their lengths (T.81, B.2.4.2)."""
    at = 0
    while at < len(body):
        counts = body[at + 1 : at + 17]
        if body[at] not in (0x00, 0x01, 0x10, 0x11) or len(counts) != 16 or sum(counts) > 256:
            raise Rejected("Huffman table")
        at += 17 + sum(counts)
    if at != len(body) or not body:
        raise Rejected("Huffman table")


def _check_scan(data: memoryview, at: int, body: bytes, channels: int) -> None:
    """One scan of all components, then EOI as the last two bytes (T.81, B.2.3)."""
    if len(body) != 4 + 2 * channels or body[0] != channels or body[-3:] != b"\x00\x3f\x00":
        raise Rejected("JPEG scan")
    for index in range(channels):
        if body[1 + 2 * index] != index + 1 or body[2 + 2 * index] not in (0x00, 0x11):
            raise Rejected("JPEG scan")
    entropy = bytes(data[at:])
    if len(entropy) < 3 or entropy[-2:] != b"\xff\xd9":
        raise Rejected("end of a JPEG")
    # In the scan FF is stuffed as FF 00; any other marker would open a hidden place.
    if entropy.count(b"\xff") != entropy.count(b"\xff\x00") + 1:
        raise Rejected("a marker within a JPEG scan")


def check_fax(data: memoryview, width: int, height: int) -> None:
    """Bounded by the worst case of group 4, and its only end mark at its end."""
    if len(data) > height * (width + 16) + 16:
        raise Rejected("fax data longer than its picture")
    bits = bin(int.from_bytes(b"\x01" + bytes(data), "big"))[3:]
    at = bits.find(_EOL)
    end = at + 2 * len(_EOL)
    if at < 0 or bits[at:end] != _EOL * 2 or len(bits) - end >= 8 or "1" in bits[end:]:
        raise Rejected("end of fax data")
