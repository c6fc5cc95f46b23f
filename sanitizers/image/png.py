"""PNG and APNG (ISO/IEC 15948, W3C PNG 3rd edition), to the same.

A palette stays a palette (only its used entries), bitonal stays bitonal, 16 bits become 8,
a transparent key colour becomes alpha. Animations are rendered frame by frame and written
with plain frames (RGB or RGBA, only the rectangle that changed). gAMA, cHRM and cICP are
ignored, as most viewers do for pictures that do not come with a profile.

EMITS, in this order and nothing else (every CRC right):
    still: IHDR (depth 1 with colour type 0 or 3; depth 2, 4 with type 3; depth 8 with
    types 0, 2, 3, 4, 6; interlace 0); PLTE (type 3 only, only used entries); tRNS (type 3
    only, at most as many bytes as PLTE entries); pHYs (unit 1); IDAT, one or more,
    together one zlib stream of exactly the picture; IEND as the last 12 bytes.
    APNG: IHDR (depth 8, types 2, 6); pHYs (unit 1, optional); acTL; optionally one
    IDAT run without fcTL (default image outside of the animation), else the first frame
    is fcTL + IDAT run; then per frame fcTL + fdAT run (sequence numbers from 0 without
    gaps); IEND. fcTL: rectangle inside the canvas (frame 0: the whole canvas),
    dispose_op 0, blend_op 0.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, PngImagePlugin

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image import colour
from sanitizers.image.png_chunks import SIGNATURE, PngStructure, walk
from sanitizers.image.raster import (
    PictureSanitizer,
    Sink,
    bare,
    check_size,
    compact_palette,
    eight_bit,
    empty_hidden,
    sane_dpi,
    upright,
    without_key_colour,
)
from sanitizers.model import Job, Output
from sanitizers.reasons import ReasonCode, Withheld

#: zlib's own default: 9 costs three times as long for 1 or 2 % of size.
COMPRESS_LEVEL: Final = 6
#: Delay of an animation frame in milliseconds (fcTL: 16-bit numerator over 1000).
MAX_DELAY_MS: Final = 65_535
MAX_LOOPS: Final = 65_535


def write_png(
    im: Image.Image,
    out: Output,
    *,
    findings: Findings,
    dpi: tuple[int, int] | None = None,
    transparency: bytes | int | None = None,
) -> None:
    """Encode a bare picture (1, L, LA, P, RGB, RGBA). `transparency` belongs to P."""
    options: dict[str, object] = {"compress_level": COMPRESS_LEVEL}
    if dpi:
        options["dpi"] = dpi
    if im.mode == "P":
        im, alpha = compact_palette(im, transparency, findings)
        if alpha:
            options["transparency"] = alpha
    im = empty_hidden(im, findings)
    im.save(Sink(out), "PNG", **options)  # type: ignore[arg-type]


class PngSanitizer(PictureSanitizer):
    """PNG and APNG."""

    media_types = ("image/png", "image/apng", "image/vnd.mozilla.apng")
    outputs = ("image/png",)

    @classmethod
    def warm(cls) -> None:
        """Load the codec and use it once for every mode."""
        Image.preinit()
        colour.warm()
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
            stream = BytesIO()
            write_png(Image.new(mode, (2, 2)), stream, findings=Findings())
            _open(stream.getvalue()).load()

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode and encode anew; an animation with at least two frames stays one."""
        found = walk(job.data, findings)
        check_size(job, found.size, frames=max(1, found.frames))
        im = _open(b"".join(found.pieces))
        if found.size != im.size:
            raise Withheld(ReasonCode.DAMAGED, "two headers")
        if im.is_animated and found.controls:
            _write_animation(im, found, out, findings)
        else:
            transparency = im.info.get("transparency")
            palette = im.mode == "P"
            if im.mode == "I;16" and isinstance(transparency, int):
                still = _deep_grey(im, transparency)
            else:
                still = eight_bit(without_key_colour(bare(im), _key(transparency, found.depth)))
            still = upright(still, found.exif.orientation, findings)
            still = colour.to_srgb(still, found.icc, findings)
            write_png(
                still,
                out,
                findings=findings,
                dpi=_dpi(found),
                transparency=transparency if palette else None,
            )
        return "image/png", ".png"


def _open(stream: bytes) -> PngImagePlugin.PngImageFile:
    return PngImagePlugin.PngImageFile(BytesIO(stream))


def _dpi(found: PngStructure) -> tuple[int, int] | None:
    pair = found.dpi or found.exif.dpi
    return sane_dpi(*pair) if pair else None


def _key(transparency: object, depth: int) -> object:
    """11.3.1.1: the key colour has the depth of the samples, which Pillow scales to 8."""
    if isinstance(transparency, tuple) and depth == 16:
        return tuple(v >> 8 for v in transparency)
    if isinstance(transparency, int) and depth in (2, 4):
        return transparency * 255 // ((1 << depth) - 1)
    return transparency


def _deep_grey(im: Image.Image, key: int) -> Image.Image:
    """LA from grey of 16 bits, in which exactly the samples of value `key` are transparent."""
    raw = im.tobytes("raw", "I;16B")
    planes = [Image.frombytes("L", im.size, raw[half::2]) for half in (0, 1)]
    high, low = (
        plane.point([255 if value != part else 0 for value in range(256)])
        for plane, part in zip(planes, divmod(key, 256), strict=True)
    )
    return Image.merge("LA", (eight_bit(im), ImageChops.lighter(high, low)))


def _chunk(out: Output, name: bytes, payload: bytes) -> None:
    out.write(struct.pack(">I", len(payload)) + name)
    out.write(payload)
    out.write(struct.pack(">I", zlib.crc32(payload, zlib.crc32(name))))


def _rendered(
    im: PngImagePlugin.PngImageFile, pictures: int, icc: bytes, findings: Findings
) -> Iterator[tuple[Image.Image, int]]:
    """Every picture as it is seen, with its delay in milliseconds."""
    alpha = im.mode in ("LA", "RGBA", "PA") or "transparency" in im.info
    for index in range(pictures):
        im.seek(index)
        im.load()
        delay = min(max(round(float(im.info.get("duration", 0))), 0), MAX_DELAY_MS)
        # `convert` copies: the decoder keeps drawing on its own canvas.
        frame = eight_bit(im).convert("RGBA" if alpha else "RGB")
        frame.info = {}
        frame = colour.to_srgb(frame, icc, findings)
        yield empty_hidden(frame, findings), delay


def _write_animation(
    im: PngImagePlugin.PngImageFile, found: PngStructure, out: Output, findings: Findings
) -> None:
    extra = 0 if found.default_is_frame else 1
    frames = min(found.frames, found.controls)
    if frames != found.frames:
        findings.add(Kind.DAMAGED, Action.NOTED, where="fewer frames than announced")
    loops = min(found.loops, MAX_LOOPS)
    sequence = 0
    shown: Image.Image | None = None
    rendered = _rendered(im, frames + extra, found.icc, findings)
    for index, (frame, delay) in enumerate(rendered):
        if index == 0:
            colour_type = 6 if frame.mode == "RGBA" else 2
            out.write(SIGNATURE)
            _chunk(out, b"IHDR", struct.pack(">IIBBBBB", *frame.size, 8, colour_type, 0, 0, 0))
            dpi = _dpi(found)
            if dpi:
                metric = [round(v / 0.0254) for v in dpi]
                _chunk(out, b"pHYs", struct.pack(">IIB", *metric, 1))
            _chunk(out, b"acTL", struct.pack(">II", frames, loops))
        if index > 0 or found.default_is_frame:
            box = _changed(shown, frame)
            shown = frame
            part = frame.crop(box)
            control = struct.pack(
                ">IIIIIHHBB", sequence, *part.size, box[0], box[1], delay, 1000, 0, 0
            )
            _chunk(out, b"fcTL", control)
            sequence += 1
        else:
            part = frame
        for piece in _idat(part):
            if index == 0:
                _chunk(out, b"IDAT", piece)
            else:
                _chunk(out, b"fdAT", struct.pack(">I", sequence) + piece)
                sequence += 1
    _chunk(out, b"IEND", b"")


def _changed(shown: Image.Image | None, frame: Image.Image) -> tuple[int, int, int, int]:
    """The rectangle in which `frame` differs from what is shown; at least one pixel."""
    if shown is None:
        return (0, 0, *frame.size)
    box = ImageChops.difference(shown, frame).getbbox(alpha_only=False)
    return box or (0, 0, 1, 1)


def _idat(im: Image.Image) -> Iterator[bytes]:
    """The IDAT payloads of `im` from our own encoder's output."""
    stream = BytesIO()
    im.save(stream, "PNG", compress_level=COMPRESS_LEVEL)
    data = stream.getvalue()
    position = 8
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        if data[position + 4 : position + 8] == b"IDAT":
            yield data[position + 8 : position + 8 + length]
        position += 12 + length
