"""What is planted outside of the visible picture does not come out."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image, ImageCms

from .helpers import (
    CANARY,
    chunk,
    clean,
    exif,
    kinds,
    opened,
    photo,
    png_chunks,
    riff_chunk,
    saved,
    segment,
)


def _profile() -> bytes:
    """A real profile with the canary in place of its description's text."""
    raw = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return raw + CANARY


JPEG_PLACES = {
    "exif": segment(0xE1, exif()),
    "xmp": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + CANARY),
    "profile": segment(0xE2, b"ICC_PROFILE\0\1\1" + _profile()),
    "not a profile": segment(0xE2, b"ICC_PROFILE\0\1\1" + CANARY),
    "multi-picture index": segment(0xE2, b"MPF\0" + CANARY),
    "photoshop": segment(0xED, b"Photoshop 3.0\0" + CANARY),
    "adobe": segment(0xEE, b"Adobe\0\x64\0\0\0\0\1" + CANARY),
    "unknown app": segment(0xE7, CANARY),
    "comment": segment(0xFE, CANARY),
    "jfif extension": segment(0xE0, b"JFXX\0\x10" + CANARY),
    "jfif thumbnail": segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\x07\1" + CANARY + b"\0\0"),
    "reserved marker": segment(0xF5, CANARY),
    "between segments": CANARY,
}


@pytest.mark.parametrize("place", JPEG_PLACES)
def test_jpeg_segments_do_not_cross(place: str) -> None:
    plain = saved(photo(), "JPEG")
    hostile = plain[:20] + JPEG_PLACES[place] + plain[20:]
    out, report = clean(hostile, "image/jpeg")
    assert CANARY in hostile
    assert CANARY not in out
    assert report.findings
    assert opened(out).size == (48, 32)


def test_jpeg_quantization_tables_are_not_copied() -> None:
    table = [max(1, b) for b in (CANARY * 4)[:64]]
    hostile = saved(photo(), "JPEG", qtables=[table, table], subsampling=0)
    zigzag = bytes(opened(hostile).quantization[0])  # type: ignore[attr-defined]
    out, _ = clean(hostile, "image/jpeg")
    assert bytes(table) in (zigzag, bytes(table))
    tables = opened(out).quantization  # type: ignore[attr-defined]
    assert bytes(tables[0]) != bytes(table)
    assert CANARY[:8] not in b"".join(bytes(t) for t in tables.values())


@pytest.mark.parametrize("tail", [CANARY, b"\xff\xd8\xff\xe0" + CANARY])
def test_nothing_after_the_end_of_a_jpeg_crosses(tail: bytes) -> None:
    out, report = clean(saved(photo(), "JPEG") + tail, "image/jpeg")
    assert CANARY not in out
    assert out.endswith(b"\xff\xd9")
    assert kinds(report.findings) & {"trailing_data", "embedded_object"}


PNG_PLACES = {
    "text": chunk(b"tEXt", b"Comment\0" + CANARY),
    "compressed text": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(CANARY)),
    "international text": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + CANARY),
    "exif": chunk(b"eXIf", exif()[6:]),
    "profile": chunk(b"iCCP", b"x\0\0" + zlib.compress(_profile())),
    "not a profile": chunk(b"iCCP", CANARY),
    "unknown ancillary": chunk(b"evIl", CANARY),
    "unknown critical": chunk(b"EVIL", CANARY),
    "histogram": chunk(b"hIST", CANARY),
    "suggested palette": chunk(b"sPLT", CANARY),
    "time": chunk(b"tIME", CANARY[:7]),
}


@pytest.mark.parametrize("place", PNG_PLACES)
def test_png_chunks_do_not_cross(place: str) -> None:
    plain = saved(photo(), "PNG")
    hostile = plain[:33] + PNG_PLACES[place] + plain[33:] + CANARY
    out, report = clean(hostile, "image/png")
    assert CANARY not in out
    assert [name for name, _ in png_chunks(out)] == [b"IHDR", b"IDAT", b"IEND"]
    assert "trailing_data" in kinds(report.findings)
    assert len(report.findings) >= 2
    assert opened(out).tobytes() == photo().tobytes()


def test_a_decompression_bomb_in_png_text_is_never_inflated() -> None:
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 50_000_000))
    plain = saved(photo(), "PNG")
    out, _ = clean(plain[:33] + bomb + plain[33:], "image/png")
    assert opened(out).tobytes() == photo().tobytes()


def _palette_picture() -> Image.Image:
    im = Image.new("P", (8, 8), 0)
    im.putpalette([255, 0, 0, 0, 0, 255, *CANARY, 0, 0])
    im.paste(1, (4, 0, 8, 8))
    return im


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("PNG", "image/png"), ("GIF", "image/gif"), ("BMP", "image/bmp"), ("TIFF", "image/tiff")],
)
def test_unused_palette_entries_do_not_cross(form: str, media_type: str) -> None:
    options = {"optimize": False} if form == "GIF" else {}
    hostile = saved(_palette_picture(), form, **options)
    out, _ = clean(hostile, media_type)
    shown = opened(out)
    assert shown.mode == "P"
    assert CANARY[:6] not in bytes(shown.getpalette("RGB") or [])
    assert CANARY[:3] not in out
    assert shown.convert("RGB").getcolors() == [(32, (255, 0, 0)), (32, (0, 0, 255))]


@pytest.mark.parametrize(
    ("form", "media_type", "options"),
    [
        ("PNG", "image/png", {}),
        ("WEBP", "image/webp", {"lossless": True, "exact": True}),
        ("TIFF", "image/tiff", {}),
    ],
)
def test_colour_under_full_transparency_is_emptied(
    form: str, media_type: str, options: dict[str, object]
) -> None:
    hidden = Image.new("RGBA", (8, 8), (67, 65, 78, 0))
    hidden.paste((1, 2, 3, 255), (0, 0, 4, 8))
    out, report = clean(saved(hidden, form, **options), media_type)
    assert opened(out).convert("RGBA").getpixel((6, 6)) == (0, 0, 0, 0)
    assert opened(out).convert("RGBA").getpixel((1, 1)) == (1, 2, 3, 255)
    assert "unknown_data" in kinds(report.findings)


def test_gif_extensions_and_trailing_data_do_not_cross() -> None:
    plain = saved(_palette_picture(), "GIF")
    at = 13 + 3 * (2 << (plain[10] & 7))
    block = bytes((len(CANARY),)) + CANARY + b"\0"
    extras = b"\x21\xfe" + block
    extras += b"\x21\xff\x0bEVILAPP1234" + block
    extras += b"\x21\x01\x0c" + bytes(12) + block
    extras += b"\x21\x77" + block
    extras += b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x05\x00" + block
    out, report = clean(plain[:at] + extras + plain[at:] + CANARY, "image/gif")
    assert CANARY not in out
    assert out.endswith(b"\0\x3b")
    assert {"comment", "unknown_data", "trailing_data"} <= kinds(report.findings)
    assert opened(out).info["loop"] == 5


def test_gif_pixels_outside_of_the_screen_do_not_cross() -> None:
    plain = bytearray(saved(Image.effect_noise((64, 64), 90).convert("P"), "GIF"))
    plain[6:10] = struct.pack("<HH", 8, 8)
    out, report = clean(bytes(plain), "image/gif")
    assert opened(out).size == (8, 8)
    assert len(out) < len(plain) // 4
    assert "unknown_data" in kinds(report.findings)


def test_tiff_tags_and_slack_do_not_cross() -> None:
    tags = {270: CANARY.decode(), 305: CANARY.decode(), 700: CANARY, 65_000: CANARY}
    hostile = saved(photo(), "TIFF", tiffinfo=tags) + CANARY
    out, report = clean(hostile, "image/tiff")
    assert hostile.count(CANARY) >= 4
    assert CANARY not in out
    assert {"metadata", "unknown_data"} <= kinds(report.findings)
    assert opened(out).tobytes() == photo().tobytes()


def test_webp_chunks_do_not_cross() -> None:
    plain = saved(photo(), "WEBP", lossless=True, exif=exif(), xmp=CANARY, icc_profile=_profile())
    body = plain[12:] + riff_chunk(b"EVIL", CANARY)
    hostile = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body + CANARY
    out, report = clean(hostile, "image/webp")
    assert CANARY not in out
    assert out[12:16] == b"VP8L"
    assert {"metadata", "unknown_data", "trailing_data"} <= kinds(report.findings)


def test_bmp_gap_and_trailing_data_do_not_cross() -> None:
    plain = bytearray(saved(photo(), "BMP"))
    plain[10:14] = struct.pack("<I", 54 + len(CANARY))
    hostile = bytes(plain[:54]) + CANARY + bytes(plain[54:]) + CANARY
    out, report = clean(hostile, "image/bmp")
    assert CANARY not in out
    assert {"unknown_data", "trailing_data"} <= kinds(report.findings)
    assert opened(out).tobytes() == photo().tobytes()


def test_icon_gaps_do_not_cross() -> None:
    plain = saved(photo("RGBA", (32, 32)), "ICO", sizes=[(32, 32), (16, 16)])
    out, report = clean(plain + CANARY, "image/x-icon")
    assert CANARY not in out
    assert report.media_type == "image/png"
    assert opened(out).size == (32, 32)
    assert {"embedded_object", "trailing_data", "format_changed"} <= kinds(report.findings)


def test_avif_metadata_does_not_cross() -> None:
    hostile = saved(photo(), "AVIF", exif=exif()[6:], xmp=CANARY, max_threads=1) + CANARY
    out, report = clean(hostile, "image/avif")
    assert CANARY in hostile
    assert CANARY not in out
    assert report.media_type == "image/jpeg"
    assert {"metadata", "format_changed"} <= kinds(report.findings)


def test_jpeg_2000_comments_do_not_cross() -> None:
    hostile = saved(photo(), "JPEG2000", comment=CANARY.decode())
    out, report = clean(hostile, "image/jp2")
    assert CANARY in hostile
    assert CANARY not in out
    assert report.media_type == "image/jpeg"
