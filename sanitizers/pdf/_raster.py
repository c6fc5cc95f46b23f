"""Turns a page into pictures: resolution by page size, bands by memory, coding by content.

A page up to A3 is one picture; a larger one becomes horizontal bands, rendered and
encoded one after the other, so that memory does not grow with the page. Each band
overlaps its neighbour by a few rows, so that no viewer shows a seam. Nothing but
pixels passes through here: all encoders start from the raster that PDFium drew.

A quick look at a small drawing of the page tells whether it has any colour: most pages
of an office have none, and one channel is all that they need.
"""

from __future__ import annotations

import bisect
import io
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, JpegImagePlugin

from sanitizers.pdf import _ccitt
from sanitizers.pdf._pdfium import Page
from sanitizers.pdf._sources import sources_of

POINTS_PER_INCH: Final = 72
DPI: Final = 200  # text of 8 points stays readable; fax "fine" has the same
MAX_BITONAL_DPI: Final = 400  # scans of drawings; more adds bytes, not legibility
MIN_IMAGE_DPI: Final = 100  # pages that are one coarse picture
MAX_PAGE_PIXELS: Final = 40_000_000  # A0 gets 160 dpi, 200 × 200 inches get 31 dpi
BAND_PIXELS: Final = 8_000_000  # A3 at 200 dpi in one piece; 32 MB of RGBX
BAND_OVERLAP: Final = 2  # rows drawn twice, so that scaled edges leave no seam

JPEG_QUALITY: Final = 80
#: A page with little on it is runs of paper: looking only for runs takes half the time. What
#: is longer than this has more to find: level 6 is 2 % smaller than 4 and takes twice as long;
#: on dense text 2 is 5 % larger than 4 and takes two thirds of the time.
RUNS: Final = (1, zlib.DEFLATED, 15, 7, zlib.Z_RLE)
MAX_RUNS: Final = 16_000  # bytes of a picture
ZLIB_LEVEL: Final = 4
QUICK_LEVEL: Final = 2
MAX_LONGER: Final = 1.08  # what may become longer by the quick level, tried on a piece
_PIECE: Final = 1 << 17  # bytes that are tried at a time
_TRIED: Final = 1 << 16  # of the middle of the page, where the text is
#: The small drawing that tells grey from colour: a line one pixel wide, or a dot of four
#: pixels, still shows in it.
LOOK_SCALE: Final = 4
MAX_LOOK_SIDE: Final = 3_000  # pixels
#: Channels closer than this are grey: JPEG scans of grey paper wobble by a few levels.
GREY_TOLERANCE: Final = 6
#: A level or colour that fills this much of a page is a tint or an ink: kept exactly.
DOMINANT_SHARE: Final = 0.002
#: Smooth tones that are not tints, as a share of all pixels: more is a photograph.
TONAL_SHARE: Final = 0.005
SMOOTH_STEP: Final = 12  # neighbours in a photograph differ by less; edges of text by more
#: Levels between ink and paper that a scaled bitonal scan may show at most.
BITONAL_GREYS: Final = 0.12
GREY_LEVELS: Final = 16  # 4 bits: enough for the smooth edges of text and some tints
PALETTE: Final = 64
#: Pillow looks colours up in cells of four levels, by the distance from the cell's
#: lowest corner: so palettes are searched by corners, else white paper would turn grey.
CELL_MASK: Final = 0xFC
SAMPLE_STEP: Final = 4  # palettes are chosen from every fourth pixel of every fourth row
ROW_STEP: Final = 8  # tones are looked for in every eighth row


class Canvas:
    """The memory that pages are drawn in, one after the other: new memory costs a page fault
    for each 4 kB, which is as long as drawing a page of text takes.
    """

    def __init__(self) -> None:
        self._pixels = bytearray()

    def of(self, size: int) -> bytearray:
        """At least `size` bytes, holding what was drawn last."""
        if len(self._pixels) < size:
            self._pixels = bytearray(size)
        return self._pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One encoded image, ready for an image XObject (ISO 32000-2, 8.9.5)."""

    width: int
    height: int
    colour: str  # "gray", "rgb" or "indexed"
    bits: int
    filter: str  # "CCITTFaxDecode", "DCTDecode" or "FlateDecode"
    data: bytes
    palette: bytes = b""  # RGB triples of "indexed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A picture and the rows of the page's raster that it covers."""

    top: int
    picture: Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """Size of a page's raster in pixels; `bitonal` where its sources are."""

    width: int
    height: int
    bitonal: bool


def warm() -> None:
    """Touch every encoder once: Pillow loads its codecs lazily."""
    for size in ((8, 8), (64, 64)):
        noise = Image.effect_noise(size, 80)
        for bitonal in (True, False):
            encode(noise, bitonal=bitonal)
            encode(noise.convert("RGBX"), bitonal=bitonal)
        encode(Image.new("L", size, 255), bitonal=True)
        encode(Image.new("RGBX", size, (255, 0, 255, 255)), bitonal=False)
        _flate_gray(Image.new("L", size, 255))
        _jpeg(noise, "gray")
        _jpeg(noise.convert("RGBX"), "rgb")


def plan(page: Page, *, width: float, height: float) -> Raster:
    """Choose the raster of a page by its size (points) and by what it is made of."""
    width, height = width / POINTS_PER_INCH, height / POINTS_PER_INCH
    sources = sources_of(page)
    dpi = float(DPI)
    if sources.images_only:
        high = MAX_BITONAL_DPI if sources.bitonal else DPI
        dpi = min(max(sources.dpi, MIN_IMAGE_DPI), high)
    dpi = min(dpi, (MAX_PAGE_PIXELS / (width * height)) ** 0.5)
    # A strip one point high may be longer than any row that fits in one band.
    longest = BAND_PIXELS // (4 * BAND_OVERLAP)
    columns = min(max(1, round(width * dpi)), longest)
    rows = min(max(1, round(height * dpi)), MAX_PAGE_PIXELS)
    return Raster(width=columns, height=rows, bitonal=sources.bitonal)


def bands(page: Page, raster: Raster, canvas: Canvas) -> Iterator[Band]:
    """Render and encode the page from top to bottom."""
    grey = _looks_grey(page, raster, canvas)
    rows = max(BAND_PIXELS // raster.width, 4 * BAND_OVERLAP)
    top = 0
    while True:
        count = min(rows, raster.height - top)
        image = _drawn(page, canvas, raster.width, raster.height, top=top, rows=count)
        if grey:
            image = image.getchannel(1)
        yield Band(top=top, picture=encode(image, bitonal=raster.bitonal))
        if top + count >= raster.height:
            return
        top += count - BAND_OVERLAP


def _drawn(
    page: Page, canvas: Canvas, width: int, height: int, *, top: int, rows: int
) -> Image.Image:
    """Rows of the page as RGBX, over the memory that PDFium drew in."""
    pixels = canvas.of(width * rows * 4)
    page.render(pixels, width=width, height=height, top=top, rows=rows)
    return Image.frombuffer("RGBX", (width, rows), pixels, "raw", "RGBX", 0, 1)


def _looks_grey(page: Page, raster: Raster, canvas: Canvas) -> bool:
    """Whether a small drawing of the page shows no colour."""
    width = min(max(raster.width // LOOK_SCALE, 1), MAX_LOOK_SIDE)
    height = min(max(raster.height // LOOK_SCALE, 1), MAX_LOOK_SIDE)
    red, green, blue, _ = _drawn(page, canvas, width, height, top=0, rows=height).split()
    # A histogram tells the largest difference, and its type is one for all modes.
    return not any(
        sum(ImageChops.difference(one, green).histogram()[GREY_TOLERANCE + 1 :])
        for one in (red, blue)
    )


def encode(image: Image.Image, *, bitonal: bool) -> Picture:
    """Encode a raster (L or RGBX) in the smallest way that does not hurt what it shows."""
    if image.mode != "L":
        return _jpeg(image, "rgb") if _tonal(image) else _flate_palette(image)
    if bitonal and _greys(image) <= BITONAL_GREYS:
        return _fax(image)
    return _jpeg(image, "gray") if _tonal(image) else _flate_gray(image)


def _greys(channel: Image.Image) -> float:
    """Share of pixels that are neither ink nor paper."""
    histogram = channel.histogram()
    return sum(histogram[48:208]) / max(1, sum(histogram))


def _dominant(histogram: list[int]) -> list[int]:
    """Levels that fill a visible part of the page, the largest first."""
    least = DOMINANT_SHARE * sum(histogram)
    order = sorted(range(256), key=lambda level: (-histogram[level], level))
    return [level for level in order if histogram[level] > least]


def _tonal(image: Image.Image) -> bool:
    """Whether smooth tones other than plain tints fill a visible part of the page.

    A tone is smooth where its neighbours to the right and below are near it: the soft edges
    of dense text are smooth along one of the two, never along both.
    """
    width, rows = image.width, (image.height - 1) // ROW_STEP
    if width < 2 or not rows:
        return False
    channel = _sampled(image, 0, rows)
    tints = set(_dominant(channel.histogram())[:GREY_LEVELS])
    tones = [255 * (8 < level < 248 and level not in tints) for level in range(256)]
    near = [255 * (level < SMOOTH_STEP) for level in range(256)]
    here, beside = (0, 0, width - 1, rows), (1, 0, width, rows)
    least = TONAL_SHARE * width * rows
    centre = channel.crop(here)
    both = centre.point(tones)
    if both.histogram()[255] <= least:
        return False
    for other in (channel.crop(beside), _sampled(image, 1, rows).crop(here)):
        step = ImageChops.difference(centre, other)
        both = ImageChops.darker(both, step.point(near))
        # The neighbour must be of the middle tones too: edges of text end in ink or paper.
        both = ImageChops.darker(both, other.point(tones))
        if both.histogram()[255] <= least:
            return False
    return True


def _sampled(image: Image.Image, first: int, rows: int) -> Image.Image:
    """Every eighth row from the middle of the first eight on, and `first` rows below."""
    box = (0, first, image.width, first + ROW_STEP * rows)
    sampled = image.resize((image.width, rows), Image.Resampling.NEAREST, box=box)
    return sampled if sampled.mode == "L" else sampled.getchannel(1)


def _fax(channel: Image.Image) -> Picture:
    """CCITT group 4 (ISO 32000-2, 7.4.6): black is 1, as libtiff writes it."""
    image = channel.point([0] * 128 + [255] * 128, "1")
    return Picture(
        width=image.width,
        height=image.height,
        colour="gray",
        bits=1,
        filter="CCITTFaxDecode",
        data=_ccitt.group4_strip(image),
    )


def _flate_gray(channel: Image.Image) -> Picture:
    """Up to 16 levels in 4 bits: the dominant ones exactly, the rest evenly spaced."""
    # What fills so much of a page is higher than the rows between two samples.
    sample = channel.resize(
        (channel.width, max(1, channel.height // SAMPLE_STEP)), Image.Resampling.NEAREST
    )
    levels = set(_dominant(sample.histogram())[: GREY_LEVELS // 2])
    steps = GREY_LEVELS - len(levels)
    levels |= {round(i * 255 / (steps - 1)) for i in range(steps)}
    palette = sorted(levels)
    middles = [(low + high) / 2 for low, high in itertools.pairwise(palette)]
    nearest = [bisect.bisect_left(middles, level) for level in range(256)]
    colours = bytes(value for level in palette for value in (level,) * 3)
    indices = channel.point(nearest)
    indices.putpalette(colours)
    return _flate(indices, bits=4, colours=colours)


def _flate_palette(image: Image.Image) -> Picture:
    """At most 64 colours in 8 bits: the dominant ones exactly, the rest by median cut."""
    size = (max(1, image.width // SAMPLE_STEP), max(1, image.height // SAMPLE_STEP))
    sample = image.resize(size, Image.Resampling.NEAREST).convert("RGB")
    counted = sample.getcolors(size[0] * size[1]) or []
    counted.sort(key=lambda pair: (-pair[0], pair[1]))
    least = DOMINANT_SHARE * size[0] * size[1]
    exact = _apart([_triple(colour) for count, colour in counted[:PALETTE] if count > least], [])
    # Each colour once: the rare ones count as much as the paper.
    each = Image.new("RGB", (len(counted), 1))
    each.putdata([_triple(colour) for _, colour in counted])
    rest = each.quantize(PALETTE - len(exact), method=Image.Quantize.MEDIANCUT)
    cut = bytes(rest.getpalette() or [])[: 3 * (PALETTE - len(exact))]
    others = _apart([_triple(cut[i : i + 3]) for i in range(0, len(cut) - 2, 3)], exact)
    colours = bytes(value for colour in (*exact, *others) for value in colour)
    table = Image.new("P", (1, 1))
    table.putpalette(bytes(value & CELL_MASK for value in colours))
    indices = image.convert("RGB").quantize(palette=table, dither=Image.Dither.NONE)
    return _flate(indices, bits=8, colours=colours)


def _triple(colour: object) -> tuple[int, int, int]:
    red, green, blue = colour[:3]  # type: ignore[index]
    return int(red), int(green), int(blue)


def _cell(colour: tuple[int, int, int]) -> tuple[int, ...]:
    return tuple(value & CELL_MASK for value in colour)


def _apart(
    colours: list[tuple[int, int, int]], taken: list[tuple[int, int, int]]
) -> list[tuple[int, int, int]]:
    """The colours that have a cell of their own, the earlier ones first."""
    kept: list[tuple[int, int, int]] = []
    for colour in colours:
        cell = _cell(colour)
        if all(cell != _cell(other) for other in (*taken, *kept)):
            kept.append(colour)
    return kept[: PALETTE // 2] if not taken else kept


def _flate(indices: Image.Image, *, bits: int, colours: bytes) -> Picture:
    """Flate (ISO 32000-2, 7.4.4) without a predictor: indexes do not grow from neighbours."""
    while bits > 1 and len(colours) // 3 <= 1 << bits // 2:
        bits //= 2
    rows = indices.tobytes("raw", "P" if bits == 8 else f"P;{bits}")
    return Picture(
        width=indices.width,
        height=indices.height,
        colour="indexed",
        bits=bits,
        filter="FlateDecode",
        data=_deflated(rows),
        palette=colours,
    )


def _deflated(rows: bytes) -> bytes:
    packer, made = zlib.compressobj(*RUNS), b""
    for at in range(0, len(rows), _PIECE):
        made += packer.compress(memoryview(rows)[at : at + _PIECE])
        if len(made) > MAX_RUNS:
            return zlib.compress(rows, _level_for(rows))
    return made + packer.flush()


def _level_for(rows: bytes) -> int:
    middle = max(0, (len(rows) - _TRIED) // 2)
    piece = memoryview(rows)[middle : middle + _TRIED]
    quick, better = (len(zlib.compress(piece, level)) for level in (QUICK_LEVEL, ZLIB_LEVEL))
    return QUICK_LEVEL if quick <= MAX_LONGER * better else ZLIB_LEVEL


def _jpeg(image: Image.Image, colour: str) -> Picture:
    """Baseline JPEG, 4:2:0 (ISO 32000-2, 7.4.8)."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=2)
    return Picture(
        width=image.width,
        height=image.height,
        colour=colour,
        bits=8,
        filter="DCTDecode",
        data=buffer.getvalue(),
    )


#: Used by its name only; importing it here keeps it loaded in the sandbox.
_PLUGIN: Final = JpegImagePlugin
