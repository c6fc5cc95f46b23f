"""Planted damage lowers the figures: the instrument can fail."""

import io

import numpy
import pytest
from PIL import Image, ImageDraw, ImageFilter

from gateway.fidelity.comparison import _pictures, _text
from gateway.fidelity.comparison.compare import figures

#: Two thousand kanji, no sequence of them twice.
SENTENCES = "".join(chr(0x4E00 + n * n % 19_997) for n in range(2_000))


def text(words):
    return _text.folded(memoryview(words.encode()))


def test_width_forms_and_spaces_are_no_difference():
    assert text("ﾊﾝｶｸ １２\n Ａ\f") == text("ハンカク 12A")


@pytest.mark.parametrize("lost", [1, 10, 500])
def test_each_lost_character_is_counted(lost):
    before, after = text(SENTENCES), text(SENTENCES[:-lost])
    assert _text.kept(before, after) == len(before) - lost
    assert _text.kept(before, before) == len(before)
    assert _text.kept(after, before) == len(after)


def test_the_same_characters_in_another_order_are_told():
    halves = SENTENCES[len(SENTENCES) // 2 :] + SENTENCES[: len(SENTENCES) // 2]
    before, after = text(SENTENCES), text(halves)
    assert _text.kept(before, after) == len(before)
    assert _text.order(before, before) == 1.0
    assert 0.4 < _text.order(before, after) < 0.6
    assert _text.order(before, before[::-1]) == 0.0
    assert _text.order(before, "") == 1.0


def page(*, ink=True, size=(400, 560)):
    picture = Image.new("L", size, 255)
    if ink:
        draw = ImageDraw.Draw(picture)
        for line in range(30):
            draw.text((30, 20 + 17 * line), f"line {line} of a page that says things", fill=0)
    return picture


def graymap(*pages):
    return b"".join(b"P5\n%d %d\n255\n%s" % (*p.size, p.tobytes()) for p in pages)


def reference(a, b, k=8):
    """The same measure by arrays."""
    h, w = (n // k * k for n in reversed(a.size))
    x, y = (
        numpy.asarray(p, dtype=float)[:h, :w].reshape(h // k, k, w // k, k) for p in (a, b)
    )  # fmt: skip
    mx, my = x.mean((1, 3)), y.mean((1, 3))
    c = (x * y).mean((1, 3)) - mx * my
    c1, c2 = 2.55**2, 7.65**2
    up = (2 * mx * my + c1) * (2 * c + c2)
    return float((up / ((mx**2 + my**2 + c1) * (x.var((1, 3)) + y.var((1, 3)) + c2))).mean())


def test_likeness_is_ssim_by_blocks():
    before = page()
    for after in (
        before.filter(ImageFilter.GaussianBlur(1)),
        page(ink=False),
        Image.effect_noise(before.size, 40),
    ):
        assert _pictures.likeness(before, after) == pytest.approx(
            reference(before, after), abs=1e-3
        )
    assert _pictures.likeness(before, before) == pytest.approx(1.0, abs=1e-6)


def test_a_page_that_lost_its_words_or_its_size_is_not_alike():
    assert _pictures.likeness(page(), page(ink=False)) < 0.8
    assert _pictures.likeness(page(), page(size=(420, 560))) == 0.0


def test_pages_of_a_rendering_are_read_until_it_is_cut_short():
    data = graymap(page(), page(size=(16, 9)))
    assert [p.size for p in _pictures.pages(memoryview(data))] == [(400, 560), (16, 9)]
    assert len(list(_pictures.pages(memoryview(data[:-1])))) == 1
    assert list(_pictures.pages(memoryview(b"P5\n99999 99999\n255\n"))) == []
    assert list(_pictures.pages(memoryview(b"no picture"))) == []


def saved(picture, form, **options):
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def test_a_turned_picture_is_compared_as_it_is_shown():
    picture = Image.linear_gradient("L").resize((200, 100)).convert("RGB")
    exif = Image.Exif()
    exif[274] = 6  # to be turned to the right
    before = saved(picture, "JPEG", exif=exif)
    turned = saved(picture.rotate(-90, expand=True), "JPEG")
    found = figures((None, None, memoryview(before), memoryview(turned), None, None))
    assert found.likeness[0] > 0.95
    found = figures(
        (None, None, memoryview(before), memoryview(saved(picture, "JPEG")), None, None)
    )
    assert found.likeness == (0.0,)


def test_frames_that_are_gone_are_counted():
    frames = [Image.new("RGB", (20, 20), (40 * n, 0, 0)) for n in range(3)]
    before = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    after = saved(frames[0], "GIF")
    found = figures((None, None, memoryview(before), memoryview(after), None, None))
    assert (found.pages_before, found.pages_after, len(found.likeness)) == (3, 1, 1)


def test_links_that_are_gone_are_counted():
    head = b"Page  Type          URL\n"
    one, two = b"   1  Annotation    https://a.example/\n", b"   2  Annotation    mailto:b@c.d\n"
    found = figures((None, None, None, None, memoryview(head + one + two), memoryview(head + two)))
    assert (found.links_before, found.links_kept) == (2, 1)


def test_a_grey_that_is_transparent_is_white():
    wide = Image.frombytes("I;16", (16, 8), b"\x34\x12" * 64 + b"\x00\x80" * 64)
    key = memoryview(saved(wide, "PNG", transparency=0x1234))
    (shown,) = _pictures.pages(key)
    assert shown.getcolors() == [(64, 0x80), (64, 255)]
