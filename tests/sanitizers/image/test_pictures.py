"""What can be seen stays: pixels, orientation, colours, frames, timing, resolution."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageCms, ImageSequence, ImageStat

from .helpers import chunk, clean, exif, kinds, opened, photo, saved


def _far(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


LOSSLESS = [
    *[("PNG", "image/png", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")],
    *[("BMP", "image/bmp", mode) for mode in ("1", "L", "P", "RGB")],
    *[("TIFF", "image/tiff", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")],
    ("GIF", "image/gif", "P"),
    ("GIF", "image/gif", "L"),
]


@pytest.mark.parametrize(("form", "media_type", "mode"), LOSSLESS)
def test_lossless_formats_keep_every_pixel(form: str, media_type: str, mode: str) -> None:
    source = photo(mode, (37, 21))
    out, report = clean(saved(source, form), media_type)
    shown = opened(out)
    assert report.media_type == media_type
    assert shown.convert("RGBA").tobytes() == source.convert("RGBA").tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_lossless_webp_stays_lossless(mode: str) -> None:
    out, _ = clean(saved(photo(mode), "WEBP", lossless=True), "image/webp")
    assert b"VP8L" in out[:40]
    assert opened(out).convert(mode).tobytes() == photo(mode).tobytes()


def test_lossy_webp_stays_lossy() -> None:
    out, _ = clean(saved(photo(), "WEBP"), "image/webp")
    assert b"VP8 " in out[:40]
    assert _far(opened(out), photo()) < 3


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_looks_the_same_and_stays_what_it_is(mode: str, progressive: bool) -> None:
    source = photo(mode)
    out, _ = clean(saved(source, "JPEG", quality=90, progressive=progressive), "image/jpeg")
    shown = opened(out)
    assert shown.mode == ("L" if mode == "L" else "RGB")
    assert bool(shown.info.get("progressive")) == progressive
    assert _far(shown.convert("RGB"), source.convert("RGB")) < 3


@pytest.mark.parametrize("quality", [60, 75, 85, 95])
def test_jpeg_quality_follows_the_source(quality: int) -> None:
    source = saved(photo(), "JPEG", quality=quality, subsampling=1)
    out, _ = clean(source, "image/jpeg")
    ours, theirs = opened(out), opened(source)
    assert ours.quantization == theirs.quantization  # type: ignore[attr-defined]
    assert ours.layer == theirs.layer  # type: ignore[attr-defined]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_baked_in(orientation: int) -> None:
    upright = photo("RGB", (64, 32))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    plain = saved(stored, "PNG")
    out, report = clean(
        plain[:33] + chunk(b"eXIf", exif(orientation)[6:]) + plain[33:], "image/png"
    )
    assert opened(out).tobytes() == upright.tobytes()
    assert ("orientation" in kinds(report.findings)) == (orientation != 1)
    out, _ = clean(saved(stored, "JPEG", quality=95, exif=exif(orientation)), "image/jpeg")
    assert _far(opened(out), upright) < 4
    avif = saved(stored, "AVIF", exif=exif(orientation)[6:], max_threads=1)
    assert _far(opened(clean(avif, "image/avif")[0]), upright) < 6
    out, _ = clean(saved(stored, "TIFF", tiffinfo={274: orientation}), "image/tiff")
    assert opened(out).tobytes() == upright.tobytes()


def test_colours_are_turned_into_srgb() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # The same profile with red and green colorants swapped is a wide change of colours.
    red, green = lab.find(b"rXYZ"), lab.find(b"gXYZ")
    swapped = bytearray(lab)
    swapped[red : red + 4], swapped[green : green + 4] = b"gXYZ", b"rXYZ"
    source = Image.new("RGB", (16, 16), (255, 0, 0))
    out, report = clean(saved(source, "PNG", icc_profile=bytes(swapped)), "image/png")
    assert opened(out).getpixel((0, 0)) == pytest.approx((0, 255, 0), abs=3)
    assert "icc_profile" not in opened(out).info
    assert "colour_profile" in kinds(report.findings)


def test_an_srgb_profile_changes_no_pixel() -> None:
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out, report = clean(saved(photo(), "PNG", icc_profile=icc), "image/png")
    assert opened(out).tobytes() == photo().tobytes()
    assert "colour_profile" in kinds(report.findings)


def test_sixteen_bit_grey_becomes_eight_by_value() -> None:
    values = [0, 128 * 257, 255 * 257, 51 * 257]
    source = Image.new("I;16", (4, 1))
    for x, value in enumerate(values):
        source.putpixel((x, 0), value)
    for form, media_type in (("PNG", "image/png"), ("TIFF", "image/tiff")):
        out, _ = clean(saved(source, form), media_type)
        assert list(opened(out).tobytes()) == [0, 128, 255, 51]


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("TIFF", "image/tiff"), ("BMP", "image/bmp")],
)
def test_resolution_stays(form: str, media_type: str) -> None:
    out, _ = clean(saved(photo(), form, dpi=(300, 300)), media_type)
    assert opened(out).info["dpi"] == pytest.approx((300, 300), abs=0.1)


def _frames() -> list[Image.Image]:
    frames = []
    for step in range(4):
        frame = photo("RGBA", (40, 30))
        frame.paste((255, 0, 0, 255), (step * 8, 5, step * 8 + 6, 20))
        frames.append(frame)
    frames[2].paste((0, 0, 0, 0), (20, 10, 30, 20))
    return frames


@pytest.mark.parametrize(
    ("form", "media_type", "options"),
    [
        ("PNG", "image/png", {}),
        ("WEBP", "image/webp", {"lossless": True}),
        ("GIF", "image/gif", {"disposal": 2}),
        ("GIF", "image/gif", {}),
    ],
)
def test_animations_keep_frames_timing_and_loops(
    form: str, media_type: str, options: dict[str, object]
) -> None:
    first, *rest = _frames()
    source = saved(
        first,
        form,
        save_all=True,
        append_images=rest,
        loop=3,
        duration=[100, 50, 70, 200],
        **options,
    )
    out, _ = clean(source, media_type)
    before, after = opened(source), opened(out)
    assert after.n_frames == before.n_frames == 4  # type: ignore[attr-defined]
    assert after.info["loop"] == before.info["loop"]
    black = Image.new("RGBA", before.size, "black")
    for old, new in zip(ImageSequence.Iterator(before), ImageSequence.Iterator(after), strict=True):
        old.load()
        new.load()
        assert new.info["duration"] == old.info["duration"]
        shown = [Image.alpha_composite(black, i.convert("RGBA")).tobytes() for i in (old, new)]
        assert shown[0] == shown[1]


def test_fax_pages_stay_bitonal_and_g4() -> None:
    pages = [photo("1", (200, 100)), photo("1", (100, 60)).transpose(Image.Transpose.ROTATE_180)]
    for compression in ("group3", "group4", "tiff_ccitt"):
        source = saved(
            pages[0], "TIFF", save_all=True, append_images=pages[1:], compression=compression
        )
        out, _ = clean(source, "image/tiff")
        shown = opened(out)
        assert shown.n_frames == 2  # type: ignore[attr-defined]
        for number, page in enumerate(pages):
            shown.seek(number)
            assert shown.info["compression"] == "group4"
            assert shown.tobytes() == page.tobytes()


def test_tall_pages_of_many_strips_stay_whole() -> None:
    source = photo("RGB", (1_201, 1_003))
    out, _ = clean(saved(source, "TIFF", compression="tiff_lzw"), "image/tiff")
    assert opened(out).tobytes() == source.tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "I;16"])
def test_a_transparent_key_colour_becomes_alpha(mode: str) -> None:
    source = Image.new(mode, (3, 1))
    values = {"1": (0, 255, 0), "I;16": (4_000, 4_001, 60_000)}.get(mode, (0, 17, 200))
    for at, value in enumerate(values):
        source.putpixel((at, 0), (value,) * 3 if mode == "RGB" else value)
    key = {"RGB": (values[1],) * 3, "1": 1}.get(mode, values[1])
    out, _ = clean(saved(source, "PNG", transparency=key), "image/png")
    shown = opened(out).convert("RGBA")
    assert shown.getchannel("A").tobytes() == b"\xff\0\xff"
    grey = [(value + 128) // 257 if mode == "I;16" else value for value in values]
    assert shown.getchannel("G").tobytes()[::2] == bytes(grey[::2])


def test_transparent_avif_becomes_png() -> None:
    out, report = clean(saved(photo("RGBA"), "AVIF", max_threads=1), "image/avif")
    assert report.media_type == "image/png"
    assert opened(out).mode == "RGBA"


def test_the_same_input_gives_the_same_output() -> None:
    for form, media_type in (("JPEG", "image/jpeg"), ("PNG", "image/png"), ("TIFF", "image/tiff")):
        source = saved(photo(), form)
        assert clean(source, media_type)[0] == clean(source, media_type)[0]
