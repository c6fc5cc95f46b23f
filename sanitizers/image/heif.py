"""HEIC, HEIF and AVIF photos, always to JPEG (PNG where something is transparent).

HEIC is decoded by libheif, AVIF by libavif, each on one thread. Both turn the picture
upright themselves or say how. Of several pictures or a sequence the main one crosses.

EMITS: a JPEG as jpeg.py says, or a PNG still as png.py says.
"""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import pi_heif
from PIL import AvifImagePlugin, Image

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image import colour
from sanitizers.image.exif import ExifFacts, read_exif
from sanitizers.image.jpeg import write_jpeg
from sanitizers.image.one_thread import keep_on_one_thread
from sanitizers.image.png import write_png
from sanitizers.image.raster import (
    PictureSanitizer,
    bare,
    check_size,
    eight_bit,
    empty_hidden,
    removed,
    sane_dpi,
    upright,
)
from sanitizers.model import Job, Output

# The sandbox lets no thread be made.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pi_heif.options.DECODE_THREADS = 0
pi_heif.options.THUMBNAILS = False
pi_heif.options.DEPTH_IMAGES = False
pi_heif.options.AUX_IMAGES = False
#: ISO/IEC 23000-22 7.2, AV1 image file format 6: brands that libavif is to open.
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


def write_photo(
    im: Image.Image, out: Output, findings: Findings, *, dpi: tuple[int, int] | None = None
) -> tuple[str, str]:
    """A bare sRGB picture as JPEG, or as PNG where it is transparent somewhere."""
    findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
    if im.mode in ("LA", "RGBA"):
        if im.getchannel("A").getextrema() != (255, 255):
            write_png(empty_hidden(im, findings), out, findings=findings, dpi=dpi)
            return "image/png", ".png"
        im = im.convert(im.mode[:-1])
    write_jpeg(im, out, dpi=dpi)
    return "image/jpeg", ".jpg"


class HeifSanitizer(PictureSanitizer):
    """HEIC, HEIF, AVIF."""

    media_types = ("image/heic", "image/heif", "image/avif")
    outputs = ("image/jpeg", "image/png")

    @classmethod
    def warm(cls) -> None:
        """Load both decoders and use libavif once (libheif has no encoder here)."""
        Image.preinit()
        colour.warm()
        keep_on_one_thread()
        for mode in ("RGB", "RGBA"):
            stream = BytesIO()
            Image.new(mode, (16, 16)).save(stream, "AVIF", max_threads=1)
            AvifImagePlugin.AvifImageFile(BytesIO(stream.getvalue())).load()
            write_photo(Image.new(mode, (16, 16)), BytesIO(), Findings())

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode the main picture and write it as JPEG or PNG."""
        data = job.data
        brands = {bytes(data[8:12]), *(bytes(data[i : i + 4]) for i in range(16, 64, 4))}
        im, facts, icc = (_avif if brands & _AVIF_BRANDS else _heic)(job, findings)
        im = colour.to_srgb(eight_bit(im), icc, findings)
        dpi = sane_dpi(*facts.dpi) if facts.dpi else None
        return write_photo(im, out, findings, dpi=dpi)


def _avif(job: Job, findings: Findings) -> tuple[Image.Image, ExifFacts, object]:
    source = AvifImagePlugin.AvifImageFile(BytesIO(job.data))
    check_size(job, source.size)
    if source.n_frames > 1:
        findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, where="further pictures")
    facts = _metadata(source.info, findings)
    # Pillow folds the container's own turns (irot, imir) into this EXIF value.
    im = upright(bare(source), facts.orientation, findings)
    return im, facts, source.info.get("icc_profile")


def _heic(job: Job, findings: Findings) -> tuple[Image.Image, ExifFacts, object]:
    source = pi_heif.open_heif(BytesIO(job.data), convert_hdr_to_8bit=True)
    check_size(job, source.size)
    if len(source) > 1:
        findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, where="further pictures")
    # libheif has applied irot and imir; HEIF gives EXIF's orientation no say (ISO/IEC 23008-12).
    facts = _metadata(source.info, findings)
    return bare(source.to_pillow()), facts, source.info.get("icc_profile")


def _metadata(info: Mapping[str | tuple[int, int], Any], findings: Findings) -> ExifFacts:
    """Report EXIF and XMP; what EXIF says about orientation and resolution."""
    exif, xmp = info.get("exif"), info.get("xmp")
    if isinstance(xmp, bytes) and xmp:
        removed(findings, Kind.METADATA, xmp, "xmp")
    if not isinstance(exif, bytes) or not exif:
        return ExifFacts()
    removed(findings, Kind.METADATA, exif, "exif")
    facts = read_exif(exif)
    if facts.thumbnail:
        findings.add(Kind.THUMBNAIL, Action.REMOVED, where="exif")
    return facts
