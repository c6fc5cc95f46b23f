"""JPEG 2000 (ISO/IEC 15444-1), to JPEG (PNG where something is transparent or bitonal).

Few programs of an office open JPEG 2000, and a decoder is all that is needed to bring the
picture across.

EMITS: a JPEG as jpeg.py says, or a PNG still as png.py says.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image, Jpeg2KImagePlugin

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image import colour
from sanitizers.image.heif import write_photo
from sanitizers.image.png import write_png
from sanitizers.image.raster import PictureSanitizer, bare, check_size, eight_bit
from sanitizers.model import Job, Output


class Jp2Sanitizer(PictureSanitizer):
    """JPEG 2000."""

    media_types = ("image/jp2", "image/jpx", "image/x-jp2-codestream")
    outputs = ("image/jpeg", "image/png")

    @classmethod
    def warm(cls) -> None:
        """Use the codec once."""
        Image.preinit()
        colour.warm()
        for mode in ("L", "RGB", "RGBA"):
            stream = BytesIO()
            Image.new(mode, (16, 16)).save(stream, "JPEG2000")
            im = bare(Jpeg2KImagePlugin.Jpeg2KImageFile(BytesIO(stream.getvalue())))
            write_photo(im, BytesIO(), Findings())

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode and write as JPEG or PNG."""
        source = Jpeg2KImagePlugin.Jpeg2KImageFile(BytesIO(job.data))
        check_size(job, source.size, mode=source.mode)
        if source.info.get("comment"):
            findings.add(Kind.COMMENT, Action.REMOVED)
        im = colour.to_srgb(eight_bit(bare(source)), source.info.get("icc_profile"), findings)
        if im.mode in ("1", "P"):
            findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
            write_png(im, out, findings=findings)
            return "image/png", ".png"
        return write_photo(im, out, findings)
