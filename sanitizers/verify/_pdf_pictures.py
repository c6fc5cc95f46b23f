"""Image XObjects of rebuilt documents (ISO 32000-2, 8.9): size arithmetic to the last byte.

JPEG must pass the grammar of JPEG files (four components: the few segments that Adobe's
kind has), fax data end in their end mark, Flate data inflate to exactly the rows of the
picture. Masks are pictures of one component.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_colours import COLOUR_SPACE, components
from sanitizers.verify._pdf_images import check_fax, inflated
from sanitizers.verify._pdf_objects import Array, Dictionary, Name, PdfObject, Value
from sanitizers.verify._pdf_rules import (
    STREAM,
    Table,
    Walk,
    any_value,
    boolean,
    fields,
    integer,
    names,
    numbers,
    require,
    to,
)
from sanitizers.verify.jpeg import JpegVerifier

MAX_SIDE: Final = 1_000_000
MAX_PIXELS: Final = 400_000_000  # bytes of samples in all: see _check_flate
_ADOBE: Final = b"Adobe\x00\x64\0\0\0\0"  # TN 5116, then the transform
_FRAME: Final = frozenset({0xC0, 0xC2})  # SOF0, SOF2
_MARKER: Final = re.compile(rb"\xff[^\0]", re.DOTALL)
_MAX_SEGMENTS: Final = 200


def picture(walk: Walk, item: PdfObject) -> None:
    """An image that a page shows."""
    _check(walk, item, mask="")


def _soft(walk: Walk, item: PdfObject) -> None:
    _check(walk, item, mask="soft")


def _stencil(walk: Walk, item: PdfObject) -> None:
    _check(walk, item, mask="stencil")


def _mask(walk: Walk, value: Value) -> None:
    """A stencil mask, or ranges of sample values (8.9.6)."""
    if isinstance(value, Array):
        require(all(type(v) is int and 0 <= v <= 255 for v in value), "colour key")
        require(0 < len(value) <= 64 and len(value) % 2 == 0, "colour key")
    else:
        walk.meet(value, _stencil)


_REQUIRED: Final[Table] = {
    **STREAM, "Type": names("XObject"), "Subtype": names("Image"), "Width": integer(1, MAX_SIDE),
    "Height": integer(1, MAX_SIDE), "BitsPerComponent": integer(1, 8),
    "Filter": names("DCTDecode", "FlateDecode", "CCITTFaxDecode"),
}  # fmt: skip
_OPTIONAL: Final[Table] = {
    "ColorSpace": COLOUR_SPACE, "ImageMask": boolean, "Decode": numbers(2, 64),
    "DecodeParms": any_value, "Interpolate": boolean,
    "Intent": names("AbsoluteColorimetric", "RelativeColorimetric", "Saturation", "Perceptual"),
}  # fmt: skip
_BY_MASK: Final[dict[str, Table]] = {
    "": {"SMask": to(_soft), "Mask": _mask}, "soft": {"Matte": numbers(1, 32)}, "stencil": {},
}  # fmt: skip


def _check(walk: Walk, item: PdfObject, *, mask: str) -> None:
    head = item.value
    if item.stream is None:
        raise Rejected("a picture without a stream")
    fields(walk, head, _REQUIRED, {**_OPTIONAL, **_BY_MASK[mask]})
    stencil = head.get("ImageMask") is True
    require(stencil != ("ColorSpace" in head), "colour space of a picture")
    require(mask != "stencil" or stencil, "a stencil mask that is none")
    require(not ("SMask" in head and "Mask" in head), "two masks")
    count = 1 if stencil else components(head["ColorSpace"], walk)
    require(mask != "soft" or (count == 1 and not stencil), "components of a soft mask")
    bits = head["BitsPerComponent"]
    require(not stencil or bits == 1, "bits of a stencil mask")
    decode = head.get("Decode")
    require(not isinstance(decode, Array) or len(decode) == 2 * count, "decode array")
    kind = head["Filter"]
    if kind == Name("DCTDecode"):
        require("DecodeParms" not in head and bits == 8, "parameters of a JPEG picture")
        _check_jpeg(item.stream, head, count)
    elif kind == Name("CCITTFaxDecode"):
        require(bits == 1 and count == 1, "samples of a fax picture")
        _check_fax(item.stream, head)
    else:
        _check_flate(item.stream, head, count)


def _size(head: Dictionary) -> tuple[int, int]:
    width, height = head["Width"], head["Height"]
    if not isinstance(width, int) or not isinstance(height, int):
        raise Rejected("size of a picture")
    return width, height


def _same(found: Value, wanted: dict[str, Value]) -> bool:
    """Equal with equal types: `True == 1` does not count."""
    return (
        isinstance(found, Dictionary)
        and found == wanted
        and all(type(found[key]) is type(value) for key, value in wanted.items())
    )


def _check_flate(data: memoryview, head: Dictionary, count: int) -> None:
    width, height = _size(head)
    bits = head["BitsPerComponent"]
    if type(bits) is not int or bits not in (1, 2, 4, 8):
        raise Rejected("bits of a picture")
    row = (width * count * bits + 7) // 8
    predicted = "DecodeParms" in head
    if predicted:
        wanted: dict[str, Value] = {
            "Predictor": 15, "Colors": count, "BitsPerComponent": bits, "Columns": width,
        }  # fmt: skip
        require(_same(head["DecodeParms"], wanted), "parameters of a picture")
        row += 1
    require(row * height <= MAX_PIXELS, "a picture too large")
    seen = 0
    for part in inflated(data, row * height):
        if predicted:
            tags = part[-seen % row :: row]  # each row begins with its filter (PNG, 9.2)
            require(not tags or max(tags) <= 4, "predictor of a row")
        seen += len(part)
    require(seen == row * height, "a picture with missing rows")


def _check_fax(data: memoryview, head: Dictionary) -> None:
    width, height = _size(head)
    found = [
        _same(head.get("DecodeParms"), {"K": -1, "Columns": width, "Rows": height, "BlackIs1": b})
        for b in (True, False)
    ]
    require(any(found), "parameters of a fax picture")
    check_fax(data, width, height)


def _check_jpeg(data: memoryview, head: Dictionary, count: int) -> None:
    if count == 4:
        frame = _check_four(data)
    else:
        JpegVerifier().verify(data)
        frame = _frame(data)
    width, height = _size(head)
    wanted = height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes((count,))
    require(frame[1:6] == wanted, "size of a JPEG picture")


def _segments(data: memoryview) -> list[tuple[int, bytes, int]]:
    """Markers with their bodies up to the first scan, and where each ends."""
    found: list[tuple[int, bytes, int]] = []
    at = 2
    while len(found) < _MAX_SEGMENTS:
        if at + 4 > len(data) or data[at] != 0xFF:
            raise Rejected("segment of a JPEG")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise Rejected("length of a JPEG segment")
        found.append((marker, bytes(data[at + 4 : end]), end))
        if marker == 0xDA:
            return found
        at = end
    raise Rejected("a JPEG without a scan")


def _frame(data: memoryview) -> bytes:
    return next(body for marker, body, _ in _segments(data) if marker in _FRAME)


def _check_four(data: memoryview) -> bytes:
    """Four components: SOI, Adobe's marker, tables, a baseline frame, one scan, EOI."""
    require(bytes(data[:2]) == b"\xff\xd8", "start of a JPEG")
    found = _segments(data)
    marker, body, _ = found[0]
    adobe = marker == 0xEE and body[:-1] == _ADOBE and body[-1:] in (b"\0", b"\2")
    require(adobe, "Adobe marker of a JPEG")
    frame = b""
    for marker, body, _ in found[1:]:
        if marker == 0xDB:
            require(len(body) == 65 and body[0] <= 3, "quantization table")
        elif marker == 0xC4:
            counts = body[1:17]
            legal = len(body) == 17 + sum(counts) and body[0] in (0x00, 0x01, 0x10, 0x11)
            require(legal, "Huffman table")
        elif marker == 0xC0 and not frame:
            require(len(body) == 6 + 12 and body[0] == 8, "frame of a JPEG")
            frame = body
        else:
            require(marker == 0xDA and bool(frame) and len(body) == 12, "segment of a JPEG")
    start = found[-1][2]
    end = _MARKER.search(data, start)
    require(end is not None and end.start() + 2 == len(data) and data[-1] == 0xD9, "end of a JPEG")
    return frame
