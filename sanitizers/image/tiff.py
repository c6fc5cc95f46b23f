"""TIFF 6.0: multi-page, fax, 16 bits and JPEG-in-TIFF, to plain pages of pixels.

Bitonal pages become T.6 (G4), all others deflate with 8 bits a sample. Pages keep their
size, order and resolution. Written by our own small writer, page by page.

EMITS, in this order and nothing else:
    "II" 2A 00, first IFD at 8. Per page: IFD (tags ascending), then its out-of-line values
    in the order of their tags, then its strips in order, each part starting on an even
    offset (one zero pad byte where needed), then the next page; the last IFD links to 0;
    the file ends with the last strip (and its pad byte).
    Tags: 254 NewSubfileType LONG (0, or 2 when there are several pages), 256, 257 LONG, 258
    BitsPerSample SHORT (1; 8; 8,8; 8,8,8; 8,8,8,8), 259 Compression SHORT (4 = T.6, bitonal
    only; 8 = deflate), 262 Photometric SHORT (0 bitonal, 1 grey, 2 RGB, 3 palette), 273
    StripOffsets LONG, 277 SamplesPerPixel SHORT, 278 RowsPerStrip LONG, 279 StripByteCounts
    LONG, 282/283 RATIONAL (n/1) with 296 SHORT 2 when dpi is known (all three or none), 284
    SHORT 1, 317 Predictor SHORT 2 (deflate, grey and RGB), 320 ColorMap SHORT (768, palette
    only), 338 ExtraSamples SHORT 2 (grey or RGB with alpha).
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, TiffImagePlugin

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image import colour
from sanitizers.image.raster import (
    FrameBudget,
    PictureSanitizer,
    bare,
    check_size,
    compact_palette,
    eight_bit,
    empty_hidden,
    palette_entries,
    sane_dpi,
)
from sanitizers.image.tiff_ifd import count_pages
from sanitizers.model import Job, Output

_SHORT, _LONG, _RATIONAL = 3, 4, 5
_FORMATS: Final = {_SHORT: "H", _LONG: "I", _RATIONAL: "II"}
_SIZES: Final = {_SHORT: 2, _LONG: 4, _RATIONAL: 8}
#: Bytes of pixels in one strip: few enough that readers need not hold a page at once.
_STRIP_BYTES: Final = 1 << 20
#: Mode: samples per pixel, photometric interpretation (TIFF 6.0 section 3 to 6).
_MODES: Final = {"1": (1, 0), "L": (1, 1), "LA": (2, 1), "P": (1, 3), "RGB": (3, 2), "RGBA": (4, 2)}
_ORIENTATION: Final = 274
_COMPRESS_LEVEL: Final = 6


class TiffSanitizer(PictureSanitizer):
    """TIFF."""

    media_types = ("image/tiff",)
    outputs = ("image/tiff",)

    @classmethod
    def warm(cls) -> None:
        """Load libtiff and use each of its decoders once."""
        Image.preinit()
        colour.warm()
        for mode in _MODES:
            stream = BytesIO()
            _Writer(stream, pages=1).page(Image.new(mode, (16, 16)), dpi=None)
            TiffImagePlugin.TiffImageFile(BytesIO(stream.getvalue())).load()
        for compression in ("tiff_lzw", "packbits", "jpeg", "raw", "tiff_deflate"):
            stream = BytesIO()
            Image.new("RGB", (16, 16)).save(stream, "TIFF", compression=compression)
            TiffImagePlugin.TiffImageFile(BytesIO(stream.getvalue())).load()
        for compression in ("group3", "tiff_ccitt"):
            stream = BytesIO()
            Image.new("1", (16, 16)).save(stream, "TIFF", compression=compression)
            TiffImagePlugin.TiffImageFile(BytesIO(stream.getvalue())).load()

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode and write every page."""
        pages = count_pages(job.data, findings)
        budget = FrameBudget(job)
        source = TiffImagePlugin.TiffImageFile(BytesIO(job.data))
        writer = _Writer(out, pages=pages)
        for number in range(pages):
            source.seek(number)
            mode = source.mode
            check_size(job, source.size, mode=mode)
            budget.add(source.size, mode=mode)
            orientation = source.tag_v2.get(_ORIENTATION, 1)
            dpi = source.info.get("dpi")
            icc = source.info.get("icc_profile")
            turned = isinstance(orientation, int) and 2 <= orientation <= 8
            source.load()
            if turned:
                # Pillow's TIFF decoder has turned the page already.
                findings.add(Kind.ORIENTATION, Action.CONVERTED, where=f"page {number + 1}")
            page = colour.to_srgb(eight_bit(bare(source)), icc, findings)
            if page.mode == "P":
                page, _ = compact_palette(page, None, findings)
            resolution = sane_dpi(*dpi) if dpi else None
            if turned and resolution and orientation >= 5:
                resolution = (resolution[1], resolution[0])
            writer.page(empty_hidden(page, findings), dpi=resolution)
        return "image/tiff", ".tif"


class _Writer:
    """A little-endian TIFF, written front to back; every offset is known when needed."""

    def __init__(self, out: Output, *, pages: int) -> None:
        self._out = out
        self._left = pages
        self._many = pages > 1
        self._at = 8
        out.write(b"II*\0" + struct.pack("<I", 8))

    def page(self, im: Image.Image, *, dpi: tuple[int, int] | None) -> None:
        """Append one bare picture (1, L, LA, P, RGB, RGBA)."""
        samples, photometric = _MODES[im.mode]
        bitonal = im.mode == "1"
        rows, strips = _t6_strips(im) if bitonal else _deflate_strips(im, samples)
        tags: dict[int, tuple[int, list[int]]] = {
            254: (_LONG, [2 if self._many else 0]),
            256: (_LONG, [im.width]),
            257: (_LONG, [im.height]),
            258: (_SHORT, [1 if bitonal else 8] * samples),
            259: (_SHORT, [4 if bitonal else 8]),
            262: (_SHORT, [photometric]),
            273: (_LONG, [0] * len(strips)),
            277: (_SHORT, [samples]),
            278: (_LONG, [rows]),
            279: (_LONG, [len(s) for s in strips]),
            284: (_SHORT, [1]),
        }
        if dpi:
            tags[282] = (_RATIONAL, [dpi[0], 1])
            tags[283] = (_RATIONAL, [dpi[1], 1])
            tags[296] = (_SHORT, [2])
        if not bitonal and im.mode != "P":
            tags[317] = (_SHORT, [2])
        if im.mode == "P":
            tags[320] = (_SHORT, _colour_map(im))
        if im.mode in ("LA", "RGBA"):
            tags[338] = (_SHORT, [2])
        self._left -= 1
        self._write(tags, strips)

    def _write(self, tags: dict[int, tuple[int, list[int]]], strips: list[bytes]) -> None:
        outside = self._at + 2 + 12 * len(tags) + 4
        places = {}
        for tag in sorted(tags):
            size = _value_size(tags[tag])
            if size > 4:
                places[tag] = outside
                outside += size + size % 2
        offsets = []
        for strip in strips:
            offsets.append(outside)
            outside += len(strip) + len(strip) % 2
        tags[273] = (_LONG, offsets)
        self._out.write(struct.pack("<H", len(tags)))
        tail = b""
        for tag in sorted(tags):
            kind, values = tags[tag]
            raw = struct.pack(f"<{len(values)}{_FORMATS[kind][0]}", *values)
            number = len(raw) // _SIZES[kind]
            if tag in places:
                tail += raw + b"\0" * (len(raw) % 2)
                raw = struct.pack("<I", places[tag])
            self._out.write(struct.pack("<HHI4s", tag, kind, number, raw.ljust(4, b"\0")))
        self._out.write(struct.pack("<I", outside if self._left else 0))
        self._out.write(tail)
        for strip in strips:
            self._out.write(strip)
            self._out.write(b"\0" * (len(strip) % 2))
        self._at = outside


def _value_size(value: tuple[int, list[int]]) -> int:
    kind, values = value
    return len(values) * (4 if kind == _RATIONAL else _SIZES[kind])


def _colour_map(im: Image.Image) -> list[int]:
    """TIFF 6.0 section 5: 256 reds, 256 greens, 256 blues, of 16 bits; the rest is 0."""
    entries = palette_entries(im)
    entries += [(0, 0, 0)] * (256 - len(entries))
    return [entry[band] * 257 for band in range(3) for entry in entries]


def _deflate_strips(im: Image.Image, samples: int) -> tuple[int, list[bytes]]:
    """Rows per strip, and the strips; horizontal differencing but for palettes."""
    rows = max(1, min(im.height, _STRIP_BYTES // (im.width * samples)))
    strips = []
    for top in range(0, im.height, rows):
        part = im.crop((0, top, im.width, min(top + rows, im.height)))
        if im.mode != "P":
            # TIFF 6.0 section 14: each sample minus its left neighbour, modulo 256.
            left = Image.new(im.mode, part.size)
            left.paste(part, (1, 0))
            part = ImageChops.subtract_modulo(part, left)
        strips.append(zlib.compress(part.tobytes(), _COMPRESS_LEVEL))
    return rows, strips


def _t6_strips(im: Image.Image) -> tuple[int, list[bytes]]:
    """Rows per strip, and the T.6 strips that libtiff makes of the inverted picture."""
    stream = BytesIO()
    black_is_one = ImageChops.invert(im)
    black_is_one.save(stream, "TIFF", compression="group4", strip_size=_STRIP_BYTES)
    data = stream.getvalue()
    tags = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
    raw = BytesIO(data)
    raw.seek(tags.next)
    tags.load(raw)
    places = zip(tags[273], tags[279], strict=True)
    return int(tags[278]), [data[at : at + size] for at, size in places]
