"""JPEG streams (DCTDecode, ISO 32000-2, 7.4.8): decoded, and encoded at the same quality.

Only the segments that carry the picture reach the decoder, and the quantization tables
of the source are measured, never copied: the standard tables of the nearest quality are
used. YCbCr stays YCbCr in between, so that no colour is rounded twice. Four components
are kept as they are stored (CMYK, or YCCK by Adobe's transform).
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, JpegImagePlugin

from sanitizers.findings import Findings
from sanitizers.image.jpeg_segments import walk
from sanitizers.image.raster import bare, tolerant
from sanitizers.reasons import Withheld

#: Growth that is put up with before a lower quality is tried.
MOST_GROWTH: Final = 1.1
QUALITY_STEP: Final = 6
MAX_TRIES: Final = 4
LEAST_QUALITY: Final = 20
#: For pictures that come from another codec: no loss that a person sees.
FRESH_QUALITY: Final = 88
SUBSAMPLING_444: Final = 0
SUBSAMPLING_420: Final = 2
_ADOBE: Final = b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0"  # TN 5116, then the transform byte
_JFIF: Final = b"\xff\xe0\x00\x10JFIF"
RGB_IDS: Final = b"RGB"
MAX_SIDE: Final = 65_500  # libjpeg's own limit (jmorecfg.h)


class BadJpeg(Exception):
    """Not a JPEG that the decoder knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jpeg:
    """A decoded picture (L, RGB, YCbCr or CMYK as Pillow turns it) and how it was coded."""

    image: Image.Image
    quality: int
    subsampling: int
    progressive: bool
    ycck: bool
    size: int  # bytes of what carries the picture
    findings: Findings


def _weights() -> dict[int, int]:
    """Sum of libjpeg's luminance table at each quality."""
    found = {}
    for quality in range(LEAST_QUALITY // 2, 101):
        buffer = io.BytesIO()
        Image.new("L", (8, 8)).save(buffer, "JPEG", quality=quality)
        buffer.seek(0)
        found[quality] = sum(JpegImagePlugin.JpegImageFile(buffer).quantization[0])
    return found


_WEIGHTS: Final = _weights()


def quality_of(tables: Mapping[int, Sequence[int]]) -> int:
    """The libjpeg quality whose luminance table weighs most like table 0."""
    weight = sum(tables.get(0, ()))
    if not weight:
        return FRESH_QUALITY
    return min(_WEIGHTS, key=lambda quality: (abs(_WEIGHTS[quality] - weight), quality))


def decode_jpeg(data: bytes, *, transform: int | None, most_pixels: int) -> Jpeg:
    """Decode; `transform` is the filter's ColorTransform (table 13), if it has one.

    Raises:
        BadJpeg: damaged beyond decoding, too large, or a kind that libjpeg does not know.
    """
    findings = Findings()
    start = max(data.find(b"\xff\xd8"), 0)  # some writers put line breaks before it
    try:
        found = walk(memoryview(data)[start:], findings)
    except Withheld as refusal:
        raise BadJpeg(refusal.detail) from refusal
    pieces = [bytes(piece) for piece in found.pieces]
    if transform is not None and not any(p.startswith(_ADOBE) for p in pieces):
        pieces = [p for p in pieces if not p.startswith(_JFIF)]
        layers = next((p[9] for p in pieces if p[:1] == b"\xff" and p[1] in _FRAMES), 0)
        pieces.insert(1, _ADOBE + bytes([0 if not transform else 2 if layers == 4 else 1]))
    stream = b"".join(pieces)
    try:
        with tolerant():
            source = JpegImagePlugin.JpegImageFile(io.BytesIO(stream))
            width, height = source.size
            if not 0 < width * height <= most_pixels:
                raise BadJpeg("size")
            transform = source.info.get("adobe_transform")
            quality = quality_of(source.quantization)
            subsampling = JpegImagePlugin.get_sampling(source)
            progressive = bool(source.info.get("progressive"))
            if source.mode == "RGB" and _is_ycc(source):
                source.draft("YCbCr", None)
            image = bare(source)
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError) as fault:
        raise BadJpeg(type(fault).__name__) from fault
    return Jpeg(
        image=image, quality=quality,
        subsampling=subsampling if subsampling >= 0 else SUBSAMPLING_420,
        progressive=progressive, ycck=image.mode == "CMYK" and transform == 2,
        size=len(stream), findings=findings,
    )  # fmt: skip


_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # T.81, table B.1


def _is_ycc(source: JpegImagePlugin.JpegImageFile) -> bool:
    """libjpeg's own rule (jdapimin.c, default_decompress_parms)."""
    if "jfif" in source.info:
        return True
    if "adobe_transform" in source.info:
        return bool(source.info["adobe_transform"])
    return bytes(layer[0] for layer in source.layer) != RGB_IDS


def encode_again(jpeg: Jpeg) -> bytes:
    """Encode at the source's quality, or lower where that grows too much."""
    best = b""
    quality = jpeg.quality
    for _ in range(MAX_TRIES):
        made = encode_jpeg(
            jpeg.image, quality=quality, subsampling=jpeg.subsampling,
            progressive=jpeg.progressive, ycck=jpeg.ycck,
        )  # fmt: skip
        if not best or len(made) < len(best):
            best = made
        if len(best) <= MOST_GROWTH * jpeg.size or quality - QUALITY_STEP < LEAST_QUALITY:
            break
        quality -= QUALITY_STEP
    return best


def encode_jpeg(
    image: Image.Image,
    *,
    quality: int = FRESH_QUALITY,
    subsampling: int = SUBSAMPLING_420,
    progressive: bool = False,
    ycck: bool = False,
) -> bytes:
    """Encode an L, RGB, YCbCr or CMYK picture; CMYK as Pillow turns it.

    Four components share one table and are not subsampled; `ycck` stores them as Y, Cb,
    Cr and K, which codes smaller.
    """
    if image.mode == "CMYK":
        return _encode_four(image, quality, ycck=ycck)
    buffer = io.BytesIO()
    image.save(
        buffer, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive,
        optimize=True,
    )  # fmt: skip
    return buffer.getvalue()


def _encode_four(image: Image.Image, quality: int, *, ycck: bool) -> bytes:
    if ycck:
        # Pillow's C, M, Y are the stored samples turned over, and those are 255 - RGB of
        # the YCC part (TN 5116, 18); K stays. The encoder turns all four over again.
        red, green, blue, black = image.split()
        parts = Image.merge("RGB", (red, green, blue)).convert("YCbCr").split()
        image = Image.merge("CMYK", (*(ImageChops.invert(part) for part in parts), black))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, optimize=True)
    made = bytearray(buffer.getvalue())
    # libjpeg writes Adobe's marker with transform 0 for four components (jcmarker.c).
    at = made.index(_ADOBE[:9])
    made[at + len(_ADOBE)] = 2 if ycck else 0
    return bytes(made)


def warm() -> None:
    """Use the codec in every way once."""
    for mode in ("L", "RGB", "CMYK"):
        for progressive in (False, True):
            buffer = io.BytesIO()
            Image.new(mode, (16, 16)).save(buffer, "JPEG", progressive=progressive)
            found = decode_jpeg(buffer.getvalue(), transform=None, most_pixels=1_000)
            encode_again(found)
            encode_jpeg(found.image, ycck=mode == "CMYK")
