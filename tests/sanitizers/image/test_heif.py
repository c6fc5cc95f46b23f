"""HEIC photos become upright JPEG pictures, decoded without a thread."""

from __future__ import annotations

import base64

from PIL import Image, ImageChops, ImageStat

from sanitizers.image.one_thread import keep_on_one_thread

from .helpers import CANARY, clean, kinds, opened, photo

#: `photo("RGB", (64, 48))` encoded as HEVC by libheif and x265 with the canary in EXIF and XMP,
#: and a quarter turn (irot) from EXIF orientation 6, which libheif keeps in both places.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAhJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAAEZpbG9jAAAAAERAAAMAAQAAAAACNgABAAAAAAAAAIUAAgAAAAACuwABAAAAAAAAAEQAAwAAAAAC"
    "/wABAAAAAAAAABMAAABiaWluZgAAAAAAAwAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlm"
    "AAAAACppbmZlAgAAAQADAABtaW1lAGFwcGxpY2F0aW9uL3JkZit4bWwAAAAAAA5waXRtAAAAAAABAAABB2lwcnAA"
    "AADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroC"
    "QGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29s"
    "cm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv//"
    "//AAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAoaXJlZgAA"
    "AAAAAAAOY2RzYwACAAEAAQAAAA5jZHNjAAMAAQABAAAA5G1kYXQAAACBKAGvCeA+CipPE8mEMqf0GaL4FvqDuR7s"
    "ZvCLy3ZLCAK/5OeUkntug92a3iWkeQHxWGdxhL2zt/MqSVqMCPLtHzgloWRf5ygZ+aTTKFm0rPmanMz72uUrXslE"
    "R9v0n8IMbO9WtdIbJFG2uaQZqDt09MHdmhJkY7GrqVk6w/81uL8QAAAABkV4aWYAAElJKgAIAAAAAgAOAQIAFAAA"
    "ACYAAAASAQMAAQAAAAYAAAAAAAAAQ0FOQVJZLTdmM2E5Yy1FWEZJTABDQU5BUlktN2YzYTljLUVYRklM"
)


def test_a_heic_photo_becomes_an_upright_jpeg() -> None:
    out, report = clean(HEIC, "image/heic")
    shown = opened(out)
    upright = photo("RGB", (64, 48)).transpose(Image.Transpose.ROTATE_270)
    assert report.media_type == "image/jpeg"
    assert shown.size == (48, 64)
    assert max(ImageStat.Stat(ImageChops.difference(shown, upright)).mean) < 6
    assert {"metadata", "format_changed"} <= kinds(report.findings)


def test_heic_metadata_and_trailing_data_do_not_cross() -> None:
    hostile = HEIC + b"\0\0\0\x1bfree" + CANARY
    out, _ = clean(hostile, "image/heic")
    assert hostile.count(CANARY) == 3
    assert CANARY not in out


def test_the_hevc_decoder_stays_on_the_calling_thread() -> None:
    assert keep_on_one_thread()
    assert keep_on_one_thread()  # repeatable
    assert opened(clean(HEIC, "image/heic")[0]).size == (48, 64)
