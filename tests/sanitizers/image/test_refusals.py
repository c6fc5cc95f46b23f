"""Bombs, lies and garbage are refused, quickly and by the right reason."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.findings import Findings
from sanitizers.image import gif_blocks, jpeg_segments, png_chunks, tiff_ifd, webp_chunks
from sanitizers.image.exif import read_exif
from sanitizers.limits import Limits
from sanitizers.reasons import ReasonCode, Withheld

from .helpers import SANITIZERS, chunk, clean, exif, kinds, opened, photo, saved, segment

FORMS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/webp": "WEBP",
    "image/x-icon": "ICO",
    "image/avif": "AVIF",
    "image/jp2": "JPEG2000",
}


def _refusal(data: bytes, media_type: str, **job: object) -> ReasonCode:
    with pytest.raises(Withheld) as caught:
        clean(data, media_type, **job)
    return caught.value.code


@pytest.mark.parametrize("media_type", sorted(SANITIZERS))
def test_garbage_and_nothing_are_refused(media_type: str) -> None:
    assert _refusal(b"", media_type) is ReasonCode.EMPTY
    assert _refusal(b"garbage " * 100, media_type) is ReasonCode.DAMAGED


@pytest.mark.parametrize("media_type", sorted(FORMS))
@pytest.mark.parametrize("other", ["PNG", "JPEG", "GIF"])
def test_another_format_under_this_type_is_refused(media_type: str, other: str) -> None:
    if FORMS[media_type] != other:
        assert _refusal(saved(photo("L"), other), media_type) is ReasonCode.DAMAGED


def _png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        png_chunks.SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b"x") + chunk(b"IEND", b"")
    )


def _patched(form: str, find: bytes, put: bytes) -> bytes:
    data = saved(Image.new("RGB" if form != "GIF" else "P", (123, 45)), form)
    assert find in data
    return data.replace(find, put, 1)


BOMBS = {
    "png": (_png(100_000, 100_000), "image/png"),
    "png in one row": (_png(65_001, 1), "image/png"),
    "jpeg": (
        _patched("JPEG", struct.pack(">HH", 45, 123), struct.pack(">HH", 65_535, 65_535)),
        "image/jpeg",
    ),
    "gif": (
        _patched("GIF", struct.pack("<HH", 123, 45), struct.pack("<HH", 65_535, 65_535)),
        "image/gif",
    ),
    "bmp": (
        _patched("BMP", struct.pack("<ii", 123, 45), struct.pack("<ii", 99_999, 99_999)),
        "image/bmp",
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_too_many_pixels_are_refused_by_the_header(bomb: str) -> None:
    assert _refusal(*BOMBS[bomb]) is ReasonCode.TOO_MANY_PIXELS


def test_pictures_without_pixels_are_refused() -> None:
    assert _refusal(_png(0, 10), "image/png") is ReasonCode.DAMAGED
    assert _refusal(_png(10, 0), "image/png") is ReasonCode.DAMAGED


def test_more_memory_than_allowed_is_refused_before_decoding() -> None:
    limits = Limits(memory_bytes=400_000_000)
    assert _refusal(_png(6_000, 6_000), "image/png", limits=limits) is ReasonCode.OUT_OF_MEMORY


def test_too_many_frames_are_refused() -> None:
    plain = saved(photo("P"), "GIF")
    at = 13 + 3 * (2 << (plain[10] & 7))
    many = plain[:at] + plain[at:-1] * 2_001 + b"\x3b"
    assert _refusal(many, "image/gif") is ReasonCode.TOO_MANY_PIXELS


def test_a_png_that_announces_too_many_frames_is_refused() -> None:
    plain = saved(photo(), "PNG")
    lie = plain[:33] + chunk(b"acTL", struct.pack(">II", 1 << 30, 0)) + plain[33:]
    assert _refusal(lie, "image/png") is ReasonCode.TOO_MANY_PIXELS


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = saved(photo(), "JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    assert _refusal(data[:start] + data[start:-2] * 200, "image/jpeg") is ReasonCode.DAMAGED


def test_a_tiff_whose_pages_form_a_loop_ends() -> None:
    data = bytearray(saved(photo(), "TIFF"))
    start = int.from_bytes(data[4:8], "little")
    link = start + 2 + 12 * int.from_bytes(data[start : start + 2], "little")
    data[link : link + 4] = data[4:8]
    out, _ = clean(bytes(data), "image/tiff")
    assert getattr(opened(out), "n_frames", 1) == 1


def test_a_jpeg_cut_off_keeps_what_is_there_and_says_so() -> None:
    source = saved(Image.effect_noise((200, 200), 50), "JPEG")
    out, report = clean(source[: len(source) * 3 // 4], "image/jpeg")
    assert opened(out).size == (200, 200)
    assert "damaged" in kinds(report.findings)


@pytest.mark.parametrize("media_type", ["image/png", "image/bmp", "image/tiff", "image/webp"])
def test_other_pictures_cut_off_are_refused(media_type: str) -> None:
    source = saved(Image.effect_noise((200, 200), 50).convert("RGB"), FORMS[media_type])
    assert _refusal(source[: len(source) // 2], media_type) is ReasonCode.DAMAGED


SEEDS = {
    "jpeg": saved(photo(), "JPEG")[:200] + segment(0xE1, exif(6)) + b"\xff\xd9tail",
    "png": saved(photo(), "PNG")[:200],
    "gif": saved(photo("P"), "GIF"),
    "webp": saved(photo(), "WEBP", exif=exif(3)),
    "tiff": saved(photo("L", (4, 4)), "TIFF", tiffinfo={270: "x"}),
}
WALKERS = {
    "jpeg": jpeg_segments.walk,
    "png": png_chunks.walk,
    "gif": gif_blocks.walk,
    "webp": webp_chunks.walk,
    "tiff": tiff_ifd.count_pages,
}


@pytest.mark.parametrize("name", sorted(WALKERS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_walkers_raise_nothing_but_withheld(name: str, data: st.DataObject) -> None:
    seed = bytearray(SEEDS[name])
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(seed) - 1))
        junk = data.draw(st.binary(max_size=6))
        seed[at : at + data.draw(st.integers(0, 6))] = junk
        if not seed:
            break
    try:
        WALKERS[name](memoryview(bytes(seed)), Findings())
    except Withheld as e:
        assert e.code in (ReasonCode.DAMAGED, ReasonCode.TOO_MANY_PIXELS)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_exif_never_raises(tail: bytes) -> None:
    for head in (b"", b"Exif\0\0II*\0", b"MM\0*", b"II*\0\x08\0\0\0"):
        assert 1 <= read_exif(head + tail).orientation <= 8


@pytest.mark.parametrize("media_type", sorted(FORMS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_broken_pictures_are_cleaned_or_withheld(media_type: str, data: st.DataObject) -> None:
    seed = bytearray(saved(photo("P" if media_type == "image/gif" else "RGB"), FORMS[media_type]))
    for _ in range(data.draw(st.integers(1, 6))):
        seed[data.draw(st.integers(0, len(seed) - 1))] = data.draw(st.integers(0, 255))
    try:
        out, _ = clean(bytes(seed), media_type)
    except Withheld:
        return
    assert opened(out).width
