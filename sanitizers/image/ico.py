"""ICO (Windows icon): its largest picture, as PNG.

An icon file holds the same picture in several sizes; the largest, deepest one says it all,
and a PNG opens everywhere.

EMITS: a PNG still as png.py says.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import Final

from PIL import BmpImagePlugin, IcoImagePlugin, Image, PngImagePlugin

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.png import write_png
from sanitizers.image.png_chunks import SIGNATURE
from sanitizers.image.png_chunks import walk as walk_png
from sanitizers.image.raster import PictureSanitizer, bare, check_size, eight_bit
from sanitizers.model import Job, Output
from sanitizers.reasons import ReasonCode, Withheld

#: Pictures of one icon; Windows uses about ten sizes.
MAX_PICTURES: Final = 256
_ENTRY: Final = struct.Struct("<BBBBHHII")


class IcoSanitizer(PictureSanitizer):
    """ICO."""

    media_types = ("image/vnd.microsoft.icon", "image/x-icon")
    outputs = ("image/png",)

    @classmethod
    def warm(cls) -> None:
        """Use the codec once for both kinds of entry."""
        Image.preinit()
        for kind in ("png", "bmp"):
            stream = BytesIO()
            Image.new("RGBA", (16, 16)).save(stream, "ICO", sizes=[(16, 16)], bitmap_format=kind)
            IcoImagePlugin.IcoImageFile(BytesIO(stream.getvalue())).load()

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode the best picture and write it as PNG."""
        entry, body = _best(job.data, findings)
        if bytes(body[:8]) == SIGNATURE:
            found = walk_png(body, findings)
            check_size(job, found.size)
            body = memoryview(b"".join(found.pieces))
            with PngImagePlugin.PngImageFile(BytesIO(body)) as header:
                check_size(job, header.size)
        else:
            with BmpImagePlugin.DibImageFile(BytesIO(body)) as header_dib:
                check_size(job, header_dib.size)
        # An icon file of this one picture, so that the decoder sees nothing else.
        alone = struct.pack("<HHH", 0, 1, 1) + _ENTRY.pack(*entry[:6], len(body), 22) + body
        source = IcoImagePlugin.IcoImageFile(BytesIO(alone))
        check_size(job, source.size)
        findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
        im = eight_bit(bare(source))
        write_png(im, out, findings=findings)
        return "image/png", ".png"


def _best(data: memoryview, findings: Findings) -> tuple[tuple[int, ...], memoryview]:
    """Directory entry and bytes of the largest, then deepest picture."""
    if bytes(data[:4]) != b"\0\0\1\0":
        raise Withheld(ReasonCode.DAMAGED, "no icon header")
    count = int.from_bytes(data[4:6], "little")
    if not 1 <= count <= MAX_PICTURES or len(data) < 6 + 16 * count:
        raise Withheld(ReasonCode.DAMAGED, "bad icon directory")
    entries = [_ENTRY.unpack_from(data, 6 + 16 * i) for i in range(count)]
    # Width and height of 0 mean 256.
    best = max(entries, key=lambda e: ((e[0] or 256) * (e[1] or 256), e[5], e[3]))
    size, offset = best[6], best[7]
    body = data[offset : offset + size]
    if len(body) < size or size < 40:
        raise Withheld(ReasonCode.DAMAGED, "an icon picture is cut off")
    if count > 1:
        findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, count=count - 1, where="other sizes")
    end = max(e[6] + e[7] for e in entries)
    if end < len(data):
        findings.add(Kind.TRAILING_DATA, Action.REMOVED)
    return best, body
