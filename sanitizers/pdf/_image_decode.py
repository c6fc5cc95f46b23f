"""From an image stream to samples: every codec of ISO 32000-2, 7.4, within limits.

What comes out has no headers, boxes, segments or profiles, only samples: packed rows, or
a decoded JPEG that is to stay one. Short data are filled as viewers do.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, Jpeg2KImagePlugin

from sanitizers.image.raster import bare
from sanitizers.limits import MAX_PIXELS, MAX_SIDE
from sanitizers.pdf import _pdfium_image
from sanitizers.pdf._context import MAX_DATA, Context, Unrebuildable
from sanitizers.pdf._filters import BadFilter, Decoded, TooLong
from sanitizers.pdf._image_coding import Samples, pack
from sanitizers.pdf._image_jpeg import BadJpeg, Jpeg, decode_jpeg
from sanitizers.pdf._objects import Stream
from sanitizers.reasons import Withheld

MAX_COLOUR_PIXELS: Final = 100_000_000  # of more than one bit: Pillow takes four bytes each
MAX_IMAGE_SIDE: Final = 10 * MAX_SIDE  # drawings on rolls are long and narrow
MAX_SAMPLES: Final = 300_000_000  # bytes of decoded samples
MAX_COMPONENTS: Final = 32  # annex C
SLACK: Final = 1_000_000  # bytes beyond the last row that some writers leave
START_OF_IMAGE: Final = b"\xff\xd8"  # without it no reader finds a JPEG (T.81, B.2.1)
FILL: Final = b"\xff"  # missing rows are white in PDFium
#: Components of what Pillow's JPEG 2000 decoder gives.
_JPX_MODES: Final = {"L": 1, "RGB": 3, "CMYK": 4, "LA": 1, "RGBA": 3}
#: JPEG 2000 (ISO/IEC 15444-1, A.5.1): marker of image and tile size.
_SIZ: Final = b"\xff\x4f\xff\x51"


class NoPicture(Exception):
    """An image without data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the dictionary says of the samples; components 0: the codec tells."""

    width: int
    height: int
    components: int
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Samples, or a JPEG that stays one; `alpha` of JPEG 2000 pictures that have it."""

    samples: Samples | None = None
    jpeg: Jpeg | None = None
    alpha: Image.Image | None = None
    photo: bool = False  # came from a codec with loss: may be coded as JPEG
    size: int = 0  # bytes of the source


def decode_stream(context: Context, stream: Stream, shape: Shape) -> Picture:
    """Decode an image stream.

    Raises:
        NoPicture: no data at all, or none of its codec: viewers show nothing.
        Unrebuildable: over a limit, or no data that a decoder understands.
    """
    check_size(shape.width, shape.height, bits=shape.bits * max(shape.components, 1))
    needed = (shape.width * max(shape.components, 4) * max(shape.bits, 8) + 7) // 8 * shape.height
    try:
        found = context.source.decode(stream, limit=min(2 * needed, 2 * MAX_SAMPLES) + SLACK)
        if not found.data:
            raise NoPicture
        return _decoded(context, found, shape, _stored(stream))
    except (TooLong, BadFilter) as fault:
        raise Unrebuildable("image data") from fault
    except (NoPicture, Unrebuildable, Withheld, AssertionError):
        raise
    except Exception as fault:  # codecs raise nearly every type there is
        raise Unrebuildable("image codec") from fault


def _decoded(context: Context, found: Decoded, shape: Shape, size: int) -> Picture:
    if found.filter == "DCTDecode":
        return _jpeg(found)
    if found.filter == "JPXDecode":
        return _jpx(found.data)
    if found.filter in ("CCITTFaxDecode", "JBIG2Decode"):
        return _bitonal(context, found, shape)
    return Picture(samples=_raw(found.data, shape), size=size)


def check_size(width: int, height: int, *, bits: int) -> None:
    """Refuse a picture by its numbers.

    Raises:
        Unrebuildable: no pixels, or too many of them.
    """
    if not (0 < width <= MAX_IMAGE_SIDE and 0 < height <= MAX_IMAGE_SIDE):
        raise Unrebuildable("size of an image")
    pixels = width * height
    if pixels > (MAX_PIXELS if bits == 1 else MAX_COLOUR_PIXELS) or pixels * bits > 8 * MAX_SAMPLES:
        raise Unrebuildable("size of an image")


def _stored(stream: Stream) -> int:
    length = stream.entries.get("Length")
    return length if type(length) is int and length > 0 else 0


def _raw(data: bytes, shape: Shape) -> Samples:
    """Rows as they lie there; 16 bits become 8, the rest is cut off."""
    if not 0 < shape.components <= MAX_COMPONENTS:
        raise Unrebuildable("components of an image")
    row = (shape.width * shape.components * shape.bits + 7) // 8
    size = row * shape.height
    rows = data[:size]
    if len(rows) < size:
        rows = rows.ljust(size, FILL)
    if shape.bits == 16:
        rows = rows[::2]
    return Samples(
        width=shape.width, height=shape.height, components=shape.components,
        bits=min(shape.bits, 8), rows=rows,
    )  # fmt: skip


def _jpeg(found: Decoded) -> Picture:
    if START_OF_IMAGE not in found.data:
        raise NoPicture
    transform = (found.parms or {}).get("ColorTransform")
    try:
        jpeg = decode_jpeg(
            found.data, transform=transform if type(transform) is int else None,
            most_pixels=MAX_COLOUR_PIXELS,
        )  # fmt: skip
    except BadJpeg as fault:
        raise Unrebuildable("JPEG data") from fault
    return Picture(jpeg=jpeg, photo=True, size=jpeg.size)


def _bitonal(context: Context, found: Decoded, shape: Shape) -> Picture:
    parms = found.parms or {}
    try:
        if found.filter == "CCITTFaxDecode":
            image = _pdfium_image.decode_fax(found.data, parms, shape.width, shape.height)
        else:
            shared = parms.get("JBIG2Globals")
            extra = b""
            if isinstance(shared, Stream):
                extra = context.source.content(shared, limit=MAX_DATA)
            image = _pdfium_image.decode_jbig2(found.data, extra, shape.width, shape.height)
    except (_pdfium_image.Undecodable, TooLong, BadFilter) as fault:
        raise Unrebuildable("bitonal data") from fault
    return Picture(samples=pack(image), size=len(found.data))


@dataclass(frozen=True, slots=True, kw_only=True)
class _JpxHead:
    """The SIZ segment (ISO/IEC 15444-1, A.5.1)."""

    width: int
    height: int
    components: int
    plain: bool  # 8 bits without sign everywhere


def _jpx_head(data: bytes) -> _JpxHead:
    at = data.find(_SIZ)
    head = data[at + 4 : at + 42]
    if at < 0 or len(head) < 38:
        raise Unrebuildable("JPEG 2000 data")
    right, bottom, left, top = (int.from_bytes(head[i : i + 4], "big") for i in (4, 8, 12, 16))
    components = int.from_bytes(head[36:38], "big")
    depths = data[at + 42 : at + 42 + 3 * components : 3]
    return _JpxHead(
        width=right - left, height=bottom - top, components=components,
        plain=set(depths) == {7},
    )  # fmt: skip


def _jpx(data: bytes) -> Picture:
    """JPEG 2000 (7.4.9): 8-bit samples, and the alpha channel by itself."""
    head = _jpx_head(data)
    check_size(head.width, head.height, bits=8 * max(head.components, 1))
    image = _by_pillow(data, head) if head.plain else None
    if image is None:
        try:
            image = _pdfium_image.decode_jpx(data, head.components, head.width, head.height)
        except _pdfium_image.Undecodable as fault:
            raise Unrebuildable("JPEG 2000 data") from fault
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert("L" if image.mode == "LA" else "RGB")
    samples = Samples(
        width=image.width, height=image.height, components=_JPX_MODES[image.mode], bits=8,
        rows=image.tobytes(),
    )  # fmt: skip
    return Picture(samples=samples, alpha=alpha, photo=True, size=len(data))


def _by_pillow(data: bytes, head: _JpxHead) -> Image.Image | None:
    """The picture with its alpha channel or its four inks; None: PDFium is to try."""
    try:
        image = bare(Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(data)))
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):
        return None
    if image.size != (head.width, head.height) or image.mode not in _JPX_MODES:
        return None
    return image


def warm() -> None:
    """Use the decoders once."""
    _pdfium_image.warm()
    for mode in ("L", "RGB", "RGBA"):
        buffer = io.BytesIO()
        Image.new(mode, (16, 16)).save(buffer, "JPEG2000")
        _jpx(buffer.getvalue())
