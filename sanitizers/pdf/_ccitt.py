"""Our CCITT group 4 encoder (ITU-T T.6; ISO 32000-2, 7.4.6): bitonal pictures, by libtiff.

libtiff codes one strip in memory; only the strip's bytes are taken, never a TIFF header.
The picture is turned over before coding where most of it is 1, so that paper is what the
code calls white: its short codes are for the runs that ink has.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, TiffImagePlugin

#: TIFF 6.0, section 8: where the strips lie and how long they are.
_STRIP_OFFSETS: Final = 273
_STRIP_BYTES: Final = 279


@dataclass(frozen=True, slots=True, kw_only=True)
class Fax:
    """`data` with K -1, the picture's size, and `black_is_1` as in table 11."""

    data: bytes
    black_is_1: bool


def encode_group4(rows: bytes, width: int, height: int) -> Fax:
    """Encode packed rows of 1-bit samples (each row begins a new byte).

    Sample values are kept: what is 1 in `rows` is 1 again after decoding.
    """
    total = width * height
    # Padding bits count too little to matter: the choice only changes the size.
    turned = 2 * int.from_bytes(rows, "little").bit_count() > total
    image = Image.frombytes("1", (width, height), rows, "raw", "1;I" if turned else "1")
    return Fax(data=group4_strip(image), black_is_1=not turned)


def encode_image(image: Image.Image) -> Fax:
    """Encode a picture of mode "1" whose white is 1 (DeviceGray)."""
    return encode_group4(image.tobytes("raw", "1"), image.width, image.height)


def group4_strip(image: Image.Image) -> bytes:
    """A picture of mode "1" as one strip in which 255 is what the code calls black."""
    buffer = io.BytesIO()
    size = (image.width + 7) // 8 * image.height
    image.save(buffer, "TIFF", compression="group4", strip_size=size)
    encoded = buffer.getbuffer()
    with TiffImagePlugin.TiffImageFile(io.BytesIO(encoded[:])) as tiff:
        (start,), (length,) = tiff.tag_v2[_STRIP_OFFSETS], tiff.tag_v2[_STRIP_BYTES]
    return bytes(encoded[start : start + length])


def warm() -> None:
    """Load libtiff's codec."""
    for fill in (0, 255):
        encode_image(Image.new("1", (9, 3), fill))
