"""JPEG (ITU-T T.81, JFIF 1.02): one picture in, one baseline or progressive JFIF out.

Only the segments that carry the picture itself reach the decoder; EXIF is read for its
orientation and resolution, ICC for its colours. The quantization tables of the source are
measured and never copied (64 free bytes each): the nearest standard quality is used.
Of several pictures in one file (MPO, motion photo) the first crosses.

EMITS, in this order and nothing else:
    SOI; one APP0 "JFIF\\0" of length 16 (version 1.01, unit 0 with density 1x1 or unit 1
    with dpi 1..4800, thumbnail 0x0); DQT (8-bit tables, ids 0 and 1, one table per
    marker); SOF0 or SOF2, 8 bits, 1 component (id 1) or 3 (ids 1,2,3; luma sampling
    1x1, 2x1 or 2x2, chroma 1x1); DHT (before each SOS; one table per marker); one SOS
    (SOF0) or several (SOF2); entropy-coded data (FF00 stuffing, no RST, no DRI); EOI as
    the last two bytes. Never APP1..APP15 or COM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

from PIL import Image, JpegImagePlugin

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image import colour
from sanitizers.image.jpeg_segments import walk
from sanitizers.image.raster import (
    PictureSanitizer,
    Sink,
    bare,
    check_size,
    sane_dpi,
    tolerant,
    upright,
)
from sanitizers.model import Job, Output
from sanitizers.reasons import ReasonCode, Withheld

#: T.81 table K.1, the standard luminance table that libjpeg scales by its quality.
_LUMINANCE: Final = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
#: Under 50 a second loss would show; over 95 only the size grows.
QUALITY_RANGE: Final = range(50, 96)
#: For pictures that come from another format: no loss that a person sees.
DEFAULT_QUALITY: Final = 90
#: 4:2:0, what cameras and libjpeg use unless told otherwise (Pillow's numbering).
SUBSAMPLING_420: Final = 2
SUBSAMPLING_444: Final = 0


def _weight_of_quality() -> dict[int, int]:
    """Sum of the luminance table at each quality (libjpeg, jpeg_quality_scaling)."""
    weights = {}
    for quality in QUALITY_RANGE:
        scale = 200 - quality * 2
        weights[quality] = sum(min(max((v * scale + 50) // 100, 1), 255) for v in _LUMINANCE)
    return weights


_WEIGHTS: Final = _weight_of_quality()


def nearest_quality(tables: Mapping[int, Sequence[int]]) -> int:
    """The standard quality (50..95) whose luminance table weighs most like table 0."""
    if 0 not in tables:
        return DEFAULT_QUALITY
    weight = sum(tables[0])
    return min(_WEIGHTS, key=lambda quality: (abs(_WEIGHTS[quality] - weight), quality))


def write_jpeg(
    im: Image.Image,
    out: Output,
    *,
    quality: int = DEFAULT_QUALITY,
    subsampling: int = SUBSAMPLING_420,
    progressive: bool = False,
    dpi: tuple[int, int] | None = None,
) -> None:
    """Encode a bare L or RGB picture. `quality` is libjpeg's, `dpi` from `sane_dpi`."""
    im.save(
        Sink(out),  # type: ignore[arg-type]
        "JPEG",
        quality=quality,
        subsampling=subsampling,
        progressive=progressive,
        dpi=dpi or (0, 0),
    )


class JpegSanitizer(PictureSanitizer):
    """JPEG, greyscale, YCbCr, RGB, CMYK or YCCK, to JPEG in grey or sRGB."""

    media_types = ("image/jpeg",)
    outputs = ("image/jpeg",)

    @classmethod
    def warm(cls) -> None:
        """Load the codec and the colour engine, and use both once."""
        Image.preinit()
        colour.warm()
        for mode in ("L", "RGB", "CMYK"):
            for progressive in (False, True):
                stream = BytesIO()
                Image.new(mode, (16, 16)).save(stream, "JPEG", progressive=progressive)
                _decode(stream.getvalue(), findings=Findings())

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode the first picture and encode it anew."""
        found = walk(job.data, findings)
        stream = b"".join(found.pieces)
        with JpegImagePlugin.JpegImageFile(BytesIO(stream)) as header:
            check_size(job, header.size, mode=header.mode)
            if not found.scans:
                raise Withheld(ReasonCode.DAMAGED, "no picture data")
            quality = nearest_quality(header.quantization)
            subsampling = JpegImagePlugin.get_sampling(header)
            progressive = bool(header.info.get("progressive"))
        im = _decode(stream, findings=findings)
        del stream
        im = upright(im, found.exif.orientation, findings)
        im = colour.to_srgb(im, found.icc(), findings)
        dpi = found.dpi or found.exif.dpi
        write_jpeg(
            im,
            out,
            quality=quality,
            subsampling=subsampling if subsampling >= 0 else SUBSAMPLING_420,
            progressive=progressive,
            dpi=sane_dpi(*dpi) if dpi else None,
        )
        return "image/jpeg", ".jpg"


def _decode(stream: bytes, *, findings: Findings) -> Image.Image:
    """The pixels; of a file that was cut off, those that are there."""
    try:
        return bare(JpegImagePlugin.JpegImageFile(BytesIO(stream)))
    except OSError:
        with tolerant():
            im = bare(JpegImagePlugin.JpegImageFile(BytesIO(stream)))
        findings.add(Kind.DAMAGED, Action.NOTED, where="picture data ends early")
        return im
