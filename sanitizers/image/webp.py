"""WebP (RFC 9649), still and animated, lossy and lossless each kept, to the same.

Only the chunks that draw reach the decoder. Animations are rendered frame by frame and
written with plain frames: only the rectangle that changed, no blending, no disposal.

EMITS, in this order and nothing else:
    "RIFF" size "WEBP" (size right, nothing after it). Still: one "VP8 " chunk, or one "VP8L"
    chunk, or VP8X (flags: alpha only) + ALPH + "VP8 ". Animated: VP8X (flags: animation,
    and alpha where there is some), ANIM (background 0, loop count), then ANMF chunks, each
    holding "VP8L", or "VP8 ", or ALPH + "VP8 " and nothing after it; ANMF flags: no blending
    (bit 1), dispose 0; rectangle inside the canvas. Never ICCP, EXIF, XMP or unknown chunks.
    Padding bytes are 0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, WebPImagePlugin

from sanitizers.findings import Findings
from sanitizers.image import colour
from sanitizers.image.raster import (
    PictureSanitizer,
    Sink,
    bare,
    check_size,
    eight_bit,
    empty_hidden,
    upright,
)
from sanitizers.image.webp_chunks import WebpStructure, chunks, walk
from sanitizers.model import Job, Output

#: A lossy source does not say its quality in the open; at 85 a second loss is not seen.
LOSSY_QUALITY: Final = 85
#: Effort of a lossless encoder is its "quality"; libwebp's default method.
LOSSLESS_EFFORT: Final = 75
_METHOD: Final = 4
#: RFC 9649, 2.7.1.1: frame durations have 24 bits.
MAX_DELAY_MS: Final = (1 << 24) - 1
MAX_LOOPS: Final = 65_535
_NO_BLENDING: Final = 0x02
_HAS_ALPHA, _HAS_ANIMATION = 0x10, 0x02


class WebpSanitizer(PictureSanitizer):
    """WebP."""

    media_types = ("image/webp",)
    outputs = ("image/webp",)

    @classmethod
    def warm(cls) -> None:
        """Use the codec once for every kind."""
        Image.preinit()
        colour.warm()
        for mode in ("RGB", "RGBA"):
            for lossless in (False, True):
                stream = BytesIO()
                _encode(Image.new(mode, (16, 16)), stream, lossless=lossless)
                WebPImagePlugin.WebPImageFile(BytesIO(stream.getvalue())).load()

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode and encode anew; an animation with at least two frames stays one."""
        found = walk(job.data, findings)
        check_size(job, found.size, frames=max(1, found.frames))
        source = WebPImagePlugin.WebPImageFile(BytesIO(found.picture()))
        check_size(job, source.size, frames=max(1, source.n_frames))
        if source.n_frames > 1:
            _write_animation(source, found, out, findings)
        else:
            im = upright(eight_bit(bare(source)), found.exif.orientation, findings)
            im = empty_hidden(colour.to_srgb(im, found.icc, findings), findings)
            _encode(im, Sink(out), lossless=found.lossless)
        return "image/webp", ".webp"


def _encode(im: Image.Image, out: BytesIO | Sink, *, lossless: bool) -> None:
    im.save(
        out,  # type: ignore[arg-type]
        "WEBP",
        lossless=lossless,
        quality=LOSSLESS_EFFORT if lossless else LOSSY_QUALITY,
        method=_METHOD,
        exact=False,
    )


def _rendered(
    source: WebPImagePlugin.WebPImageFile, found: WebpStructure, findings: Findings
) -> Iterator[tuple[Image.Image, int]]:
    """Every frame as it is seen, with its delay in milliseconds."""
    for index in range(source.n_frames):
        source.seek(index)
        source.load()
        delay = min(max(int(source.info.get("duration", 0)), 0), MAX_DELAY_MS)
        frame = source.convert(source.mode)  # a copy: the decoder's canvas is reused
        frame.info = {}
        yield empty_hidden(colour.to_srgb(frame, found.icc, findings), findings), delay


def _write_animation(
    source: WebPImagePlugin.WebPImageFile, found: WebpStructure, out: Output, findings: Findings
) -> None:
    alpha = source.mode == "RGBA"
    body = BytesIO()
    flags = _HAS_ANIMATION | (_HAS_ALPHA if alpha else 0)
    canvas = _three(source.width - 1) + _three(source.height - 1)
    _chunk(body, b"VP8X", struct.pack("<I", flags) + canvas)
    _chunk(body, b"ANIM", struct.pack("<IH", 0, min(found.loops, MAX_LOOPS)))
    shown: Image.Image | None = None
    for frame, delay in _rendered(source, found, findings):
        left, top, right, bottom = _changed(shown, frame)
        shown = frame
        picture = BytesIO()
        _encode(frame.crop((left, top, right, bottom)), picture, lossless=found.lossless)
        head = _three(left // 2) + _three(top // 2)
        head += _three(right - left - 1) + _three(bottom - top - 1) + _three(delay)
        parts = BytesIO()
        for name, payload in chunks(memoryview(picture.getvalue())):
            if name in (b"ALPH", b"VP8 ", b"VP8L"):
                _chunk(parts, name, bytes(payload))
        _chunk(body, b"ANMF", head + bytes((_NO_BLENDING,)) + parts.getvalue())
    out.write(b"RIFF" + struct.pack("<I", 4 + body.tell()) + b"WEBP")
    out.write(body.getbuffer())


def _changed(shown: Image.Image | None, frame: Image.Image) -> tuple[int, int, int, int]:
    """The rectangle that changed, its left and top even (2.7.1.1); at least one pixel."""
    if shown is None:
        return (0, 0, *frame.size)
    box = ImageChops.difference(shown, frame).getbbox(alpha_only=False) or (0, 0, 1, 1)
    return (box[0] & ~1, box[1] & ~1, box[2], box[3])


def _three(value: int) -> bytes:
    return value.to_bytes(3, "little")


def _chunk(out: BytesIO, name: bytes, payload: bytes) -> None:
    out.write(name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2))
