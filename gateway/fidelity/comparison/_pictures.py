"""Pages as grey pictures, and how alike two of them are.

Likeness is SSIM over blocks of 8 by 8 pixels (Wang et al., IEEE TIP 13(4), 2004, with its
constants), computed by Pillow's box means.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from PIL import Image, ImageCms, ImageFile, ImageMath, ImageOps, UnidentifiedImageError

from gateway.sandbox.tools.programs import PICTURE_PAGES

#: Formats that a picture is decoded from here (Pillow's own decoders, the writer's too).
FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "ICO", "JPEG2000")
MAX_SIDE: Final = 512  # pixels that a picture is made smaller to
MAX_PIXELS: Final = 200_000_000
BLOCK: Final = 8
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2
#: Pages whose sides differ by more than rounding are not the same page.
_ROUNDING: Final = 2
_PGM: Final = re.compile(rb"P5\s(\d{1,5}) (\d{1,5})\s255\s")
_SRGB: Final = ImageCms.createProfile("sRGB")

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def pages(data: memoryview) -> Iterator[Image.Image]:
    """The pages of a rendering (PGM pictures, one after another), or a picture's frames."""
    if bytes(data[:2]) == b"P5":
        yield from _graymaps(data)
    else:
        yield from _frames(data)


def _graymaps(data: memoryview) -> Iterator[Image.Image]:
    at = 0
    while at < len(data):
        found = _PGM.match(data[at : at + 32])
        if found is None:
            return
        width, height = int(found[1]), int(found[2])
        at += found.end()
        size = width * height
        if not 0 < size <= MAX_PIXELS or at + size > len(data):
            return  # the last page was cut short
        yield Image.frombytes("L", (width, height), bytes(data[at : at + size]))
        at += size


def _frames(data: memoryview) -> Iterator[Image.Image]:
    try:
        with _cut_short_too(), Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            picture.draft("L", (MAX_SIDE, MAX_SIDE))
            for number in range(min(getattr(picture, "n_frames", 1), PICTURE_PAGES)):
                picture.seek(number)
                yield _shown(picture)
    except (UnidentifiedImageError, OSError, EOFError, ValueError):
        return  # what could be read until there is compared


@contextmanager
def _cut_short_too() -> Iterator[None]:
    """A picture that is cut short is compared as far as viewers show it."""
    strict, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = strict


def _shown(picture: Image.Image) -> Image.Image:
    """A frame as a viewer shows it on white, grey and small."""
    profile = picture.info.get("icc_profile")
    for name in ("xmp", "XML:com.adobe.xmp"):
        picture.info.pop(name, None)  # Pillow turns pictures by it, viewers do not
    frame: Image.Image = ImageOps.exif_transpose(picture)
    if frame.mode.startswith("I"):
        frame = _of_16_bits(frame)
    elif frame.mode in ("PA", "LA", "La") or "transparency" in frame.info:
        frame = frame.convert("RGBA")
    if frame.mode == "RGBA":
        white = Image.new("RGBA", frame.size, "white")
        frame = Image.alpha_composite(white, frame).convert("RGB")
    frame.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BOX)
    if profile and frame.mode in ("RGB", "CMYK"):
        frame = _in_srgb(frame, profile)
    return frame.convert("L")


def _of_16_bits(frame: Image.Image) -> Image.Image:
    """Grey of 16 bits as grey of 8, with the one grey that is transparent turned white."""
    wide = frame.convert("I")
    grey = wide.point(lambda value: value / 256).convert("L")
    clear = frame.info.get("transparency")
    if isinstance(clear, int):
        hidden = ImageMath.lambda_eval(lambda a: a["equal"](a["wide"], clear) * 255, wide=wide)
        grey.paste(255, mask=hidden.convert("L"))
    return grey


def _in_srgb(frame: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        found = ImageCms.profileToProfile(frame, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return frame  # a profile that viewers cannot use either
    return found if found is not None else frame


def likeness(before: Image.Image, after: Image.Image) -> float:
    """Mean SSIM of two grey pictures, -1 to 1; 0 when they are not of one size."""
    if any(abs(a - b) > _ROUNDING for a, b in zip(before.size, after.size, strict=True)):
        return 0.0
    width, height = (
        max(BLOCK, min(a, b) // BLOCK * BLOCK) for a, b in zip(before.size, after.size, strict=True)
    )
    a, b = (p.crop((0, 0, width, height)) for p in (before, after))
    left, right = _moments(a), _moments(b)
    both = ImageMath.lambda_eval(lambda args: args["a"] * args["b"], a=a, b=b)
    found = ImageMath.lambda_eval(
        _ssim,
        a=left[0], b=right[0], aa=left[1], bb=right[1], ab=both.convert("F").reduce(BLOCK),
    )  # fmt: skip
    total: Any = found.reduce(found.size).getpixel((0, 0))
    return max(-1.0, min(1.0, float(total)))


def _moments(picture: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Means of the values and of their squares, by block."""
    squares = ImageMath.lambda_eval(lambda args: args["p"] * args["p"], p=picture)
    return picture.convert("F").reduce(BLOCK), squares.convert("F").reduce(BLOCK)


def _ssim(args: dict[str, Any]) -> Any:
    a, b = args["a"], args["b"]
    product = a * b
    covariance = args["ab"] - product
    variances = args["aa"] - a * a + args["bb"] - b * b
    return ((product * 2 + _C1) * (covariance * 2 + _C2)) / (
        (a * a + b * b + _C1) * (variances + _C2)
    )


def warm() -> None:
    """Load every decoder."""
    Image.init()
    list(pages(memoryview(b"P5\n8 8\n255\n" + bytes(64))))
    flat = Image.new("L", (BLOCK, BLOCK))
    likeness(flat, flat)
