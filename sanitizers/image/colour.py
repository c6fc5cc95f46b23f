"""Turns the colours of a picture into sRGB through its ICC profile.

The profile is parsed by littleCMS in this process and never crosses: the output is
plain sRGB (or grey) without a profile. A profile that is too large, does not fit the
picture or cannot be parsed is dropped, and the pixels are taken as sRGB, as viewers do.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, ImageCms

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.raster import bare, palette_entries, removed

#: Real display profiles take 0.5 to 20 kB, press (CMYK) profiles with tables 0.5 to 3 MB.
MAX_PROFILE_BYTES: Final = 8_000_000
#: A profile that moves none of the probe colours further than this is sRGB already.
_SAME_WITHIN: Final = 3
#: ICC.1:2010, 7.2: data colour space, bytes 16..19 of the profile header.
_SPACES: Final = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}

_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_LAB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
_STEPS: Final = range(0, 256, 51)
_CUBE: Final = Image.frombytes(
    "RGB", (216, 1), bytes(v for r in _STEPS for g in _STEPS for b in _STEPS for v in (r, g, b))
)


def warm() -> None:
    """Run every kind of transform once."""
    findings = Findings()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for mode in ("RGB", "RGBA", "L", "CMYK", "LAB", "P"):
        to_srgb(Image.new(mode, (2, 2)), profile, findings)


def to_srgb(im: Image.Image, icc: object, findings: Findings) -> Image.Image:
    """`im` (1, L, LA, P, RGB, RGBA, CMYK or LAB) as sRGB in 1, L, LA, P, RGB or RGBA.

    `icc` is the profile's bytes, or nothing.
    """
    if isinstance(icc, bytes) and icc:
        result = _through_profile(im, icc)
        if result is not None and result is not im:
            findings.add(Kind.COLOUR_PROFILE, Action.CONVERTED)
            return result
        removed(findings, Kind.COLOUR_PROFILE, icc)
    if im.mode == "LAB":
        return _apply(im, ImageCms.buildTransform(_LAB, _SRGB, "LAB", "RGB"))
    if im.mode == "CMYK":
        return im.convert("RGB")
    return im


def _through_profile(im: Image.Image, icc: bytes) -> Image.Image | None:
    """The converted picture; `im` itself when nothing would change; None: unusable."""
    if len(icc) > MAX_PROFILE_BYTES:
        return None
    space = _SPACES.get(icc[16:20], "")
    base = {"RGBA": "RGB", "P": "RGB", "LA": "L"}.get(im.mode, im.mode)
    if im.mode == "1" or space != base:
        return im if im.mode == "1" else None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(icc))
        if space == "RGB":
            return _from_rgb(im, profile)
        if space == "L":
            return _from_grey(im, profile)
        return _apply(im, ImageCms.buildTransform(profile, _SRGB, "CMYK", "RGB"))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _from_rgb(im: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    transform = ImageCms.buildTransform(profile, _SRGB, "RGB", "RGB")
    if _same(_CUBE, _apply(_CUBE, transform)):
        return im
    if im.mode == "P":
        entries = palette_entries(im)
        strip = Image.frombytes("RGB", (len(entries), 1), bytes(v for e in entries for v in e))
        result = im.copy()
        result.putpalette(_apply(strip, transform).tobytes(), "RGB")
        return result
    if im.mode == "RGBA":
        transform = ImageCms.buildTransform(profile, _SRGB, "RGBA", "RGBA")
    if ImageCms.applyTransform(im, transform, inPlace=True) is not None:
        raise ImageCms.PyCMSError("not transformed in place")
    return bare(im._new(im.im))


def _from_grey(im: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Grey has one channel, so the transform of all 256 values is the whole transform."""
    ramp = Image.frombytes("L", (256, 1), bytes(range(256)))
    curve = _apply(ramp, ImageCms.buildTransform(profile, _SRGB, "L", "RGB")).convert("L")
    if _same(ramp, curve):
        return im
    table = list(curve.tobytes())
    return im.point(table + list(range(256)) if im.mode == "LA" else table)


def _apply(im: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    result = ImageCms.applyTransform(im, transform)
    if result is None:
        raise ImageCms.PyCMSError("no result")
    result.info = {}
    return result


def _same(one: Image.Image, other: Image.Image) -> bool:
    extrema = ImageChops.difference(one, other).getextrema()
    bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
    return all(band[1] <= _SAME_WITHIN for band in bands)
