"""How a page becomes pictures: the coding fits what the page shows, memory stays flat."""

import io
import random
import zlib

import pytest
from PIL import Image, ImageDraw

from sanitizers.pdf import _pdfium, _raster
from tests.sanitizers.pdf.samples import pdf, text

A4_INK = text("Municipal office form", y=500)


def pictures(contents: bytes, *, size=(595, 842)) -> list[_raster.Band]:
    _pdfium.start()
    data = pdf(contents, size=size)
    with _pdfium.open_document(memoryview(data)) as document, document.page(0) as page:
        raster = _raster.plan(page, width=size[0], height=size[1])
        return list(_raster.bands(page, raster, _raster.Canvas()))


def colours(band: _raster.Band) -> set[tuple[int, int, int]]:
    table = band.picture.palette
    return {tuple(table[i : i + 3]) for i in range(0, len(table), 3)}


def test_a_page_without_colour_takes_four_bits_of_grey():
    (band,) = pictures(A4_INK)
    assert band.picture.bits <= 4
    assert all(len(set(colour)) == 1 for colour in colours(band))


@pytest.mark.parametrize(
    "mark",
    [
        b"1 0 0 RG 0.5 w 100 100 m 300 100 l S",  # a hairline
        b"0 0.4 1 rg 100 100 1.5 1.5 re f",  # a dot of four pixels
        b"BT 0.8 0 0 rg /F1 5 Tf 100 300 Td (5 points) Tj ET",
    ],
)
def test_the_smallest_mark_of_colour_keeps_it(mark):
    (band,) = pictures(A4_INK + b"\n" + mark)
    assert band.picture.colour != "gray"
    assert any(max(c) - min(c) > 100 for c in colours(band))


def test_a_tint_that_nobody_sees_as_colour_is_grey():
    (band,) = pictures(b"0.98 0.98 0.99 rg 0 0 595 842 re f " + A4_INK)
    assert all(len(set(colour)) == 1 for colour in colours(band))


def test_a_page_of_any_size_is_drawn_in_bands_of_bounded_size():
    bands = pictures(A4_INK, size=(2384, 3370))
    assert len(bands) > 1
    assert all(b.picture.width * b.picture.height <= _raster.BAND_PIXELS for b in bands)
    ends = [b.top + b.picture.height for b in bands]
    assert all(b.top < end for b, end in zip(bands[1:], ends, strict=False))


@pytest.mark.parametrize("tones", [False, True])
def test_smooth_tones_become_jpeg_and_flat_ones_do_not(tones):
    if tones:
        image = Image.radial_gradient("L").resize((600, 600))
    else:
        image = Image.new("L", (600, 600), 200)
    made = _raster.encode(image, bitonal=False)
    assert made.filter == ("DCTDecode" if tones else "FlateDecode")


def strokes(size: int) -> Image.Image:
    """What dense text of thin strokes looks like: soft edges everywhere, smooth nowhere."""
    large = Image.new("L", (4 * size, 4 * size), 255)
    pen = ImageDraw.Draw(large)
    for at in range(0, 4 * size, 37):
        pen.line((0, at, 4 * size, at + 9), fill=0, width=5)
        pen.line((at, 0, at + 9, 4 * size), fill=0, width=9)
    return large.resize((size, size), Image.Resampling.BOX)


def test_dense_text_is_no_photograph():
    page = strokes(800)
    levels = page.histogram()
    assert sum(levels[8:248]) > 0.2 * 800 * 800  # so much of it is neither ink nor paper
    made = _raster.encode(page, bitonal=False)
    assert made.filter == "FlateDecode"
    assert len(made.data) < len(_raster._jpeg(page, "gray").data)


def test_a_small_photograph_on_a_page_makes_it_one():
    page = strokes(800)
    page.paste(Image.radial_gradient("L").resize((90, 90)), (100, 100))
    assert _raster.encode(page, bitonal=False).filter == "DCTDecode"


def test_rows_of_a_palette_picture_have_no_predictor():
    image = Image.new("L", (30, 7), 255)
    image.putpixel((3, 3), 0)
    made = _raster.encode(image, bitonal=False)
    assert len(zlib.decompress(made.data)) == 7 * ((30 * made.bits + 7) // 8)


def test_a_colour_of_few_pixels_keeps_a_place_in_the_palette():
    image = Image.new("RGBX", (800, 800), (255, 255, 255, 255))
    for shade in range(0, 200, 5):
        image.paste((shade, shade, 255 - shade, 255), (0, 3 * shade, 780, 3 * shade + 2))
    image.paste((200, 0, 0, 255), (784, 784, 792, 792))
    made = _raster.encode(image, bitonal=False)
    triples = [made.palette[at : at + 3] for at in range(0, len(made.palette), 3)]
    nearest = min(sum(abs(a - b) for a, b in zip(t, (200, 0, 0), strict=True)) for t in triples)
    assert nearest < 30


def test_the_memory_of_a_page_is_used_again():
    canvas = _raster.Canvas()
    first = canvas.of(100)
    assert canvas.of(50) is first
    assert len(canvas.of(200)) == 200


def test_jpeg_files_of_pages_are_plain():
    made = _raster.encode(Image.radial_gradient("L").resize((600, 600)), bitonal=False)
    assert set(Image.open(io.BytesIO(made.data)).info) <= {
        "jfif", "jfif_version", "jfif_unit", "jfif_density"
    }  # fmt: skip


def test_the_quick_level_is_taken_only_where_it_costs_little():
    chance = random.Random(3)
    noise = bytes(chance.choices(range(16), k=400_000))
    repeated = b"".join(chance.choices([b"ab", b"aab", b"abb", b"ba "], k=160_000))
    levels = {}
    for name, rows in (("noise", noise), ("repeated", repeated)):
        made = _raster._deflated(rows)
        assert zlib.decompress(made) == rows
        better = len(zlib.compress(rows, _raster.ZLIB_LEVEL))
        assert len(made) <= (_raster.MAX_LONGER + 0.02) * better
        levels[name] = made == zlib.compress(rows, _raster.QUICK_LEVEL)
    assert levels == {"noise": True, "repeated": False}
