"""The TIFF verifier takes the one layout that our encoder writes."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.verify import Rejected
from sanitizers.verify.tiff import TiffVerifier

SHORT, LONG, RATIONAL = 3, 4, 5
Tags = dict[int, tuple[int, list[int]]]


def tags(width: int = 4, height: int = 2, **more: tuple[int, list[int]]) -> Tags:
    """The tags of a grey page; `t320=…` adds or replaces one."""
    base: Tags = {
        254: (LONG, [0]), 256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [8]),
        259: (SHORT, [8]), 262: (SHORT, [1]), 277: (SHORT, [1]), 278: (LONG, [height]),
        284: (SHORT, [1]), 317: (SHORT, [2]),
    }  # fmt: skip
    return base | {int(name[1:]): value for name, value in more.items()}


def tiff(pages: list[tuple[Tags, list[bytes]]], *, gap: bytes = b"", tail: bytes = b"") -> bytes:
    """Directory, values, strips; `gap` stands before the strips of each page."""
    out = b"II*\0\x08\0\0\0"
    for number, (page, strips) in enumerate(pages):
        page = page | {273: (LONG, [0] * len(strips)), 279: (LONG, [len(s) for s in strips])}
        if len(pages) > 1:
            page[254] = (LONG, [2])
        at = len(out) + 2 + 12 * len(page) + 4
        values, places = b"", {}
        for tag in sorted(page):
            raw = _raw(page[tag])
            if len(raw) > 4:
                places[tag] = at + len(values)
                values += raw + b"\0" * (len(raw) % 2)
        body, offsets = b"", []
        for strip in strips:
            offsets.append(at + len(values) + len(gap) + len(body))
            body += strip + b"\0" * (len(strip) % 2)
        page[273] = (LONG, offsets)
        if 273 in places:
            start = places[273] - at
            values = values[:start] + _raw(page[273]) + values[start + 4 * len(offsets) :]
        end = at + len(values) + len(gap) + len(body)
        out += struct.pack("<H", len(page))
        for tag in sorted(page):
            kind, numbers = page[tag]
            raw = struct.pack("<I", places[tag]) if tag in places else _raw(page[tag])
            count = len(numbers) // (2 if kind == RATIONAL else 1)
            out += struct.pack("<HHI", tag, kind, count) + raw.ljust(4, b"\0")
        out += struct.pack("<I", end if number + 1 < len(pages) else 0) + values + gap + body
    return out + tail


def _raw(value: tuple[int, list[int]]) -> bytes:
    kind, numbers = value
    return struct.pack(f"<{len(numbers)}{'H' if kind == SHORT else 'I'}", *numbers)


PIXELS = bytes(range(8))
STRIP = zlib.compress(PIXELS)
GREY = tiff([(tags(), [STRIP])])
TWO = tiff([(tags(), [STRIP]), (tags(t278=(LONG, [1])), [zlib.compress(PIXELS[:4])] * 2)])
DPI = {"t282": (RATIONAL, [300, 1]), "t283": (RATIONAL, [300, 1]), "t296": (SHORT, [2])}


def palette(used: int = 8) -> Tags:
    """A palette page whose first colours are set."""
    colours = ([257] * used + [0] * (256 - used)) * 3
    page = tags(t262=(SHORT, [3]), t320=(SHORT, colours))
    del page[317]
    return page


def accepts(data: bytes) -> None:
    """The verifier takes it."""
    TiffVerifier().verify(memoryview(data))


def rejects(data: bytes) -> None:
    """The verifier refuses it."""
    with pytest.raises(Rejected):
        TiffVerifier().verify(memoryview(data))


def group4(im: Image.Image) -> bytes:
    """T.6 data as libtiff writes it."""
    stream = io.BytesIO()
    im.save(stream, "TIFF", compression="group4")
    with Image.open(io.BytesIO(stream.getvalue())) as again:
        at, size = again.tag_v2[273][0], again.tag_v2[279][0]
    return stream.getvalue()[at : at + size]


def test_pages_of_each_kind_are_accepted() -> None:
    accepts(GREY)
    accepts(TWO)
    accepts(tiff([(tags(**DPI), [STRIP])]))
    accepts(tiff([(palette(), [STRIP])]))
    colour = {"t258": (SHORT, [8] * 4), "t277": (SHORT, [4]), "t262": (SHORT, [2])}
    alpha = {"t338": (SHORT, [2])}
    accepts(tiff([(tags(**colour, **alpha), [zlib.compress(bytes(32))])]))


def test_bitonal_pages_are_accepted() -> None:
    page = tags(64, 40, t258=(SHORT, [1]), t259=(SHORT, [4]), t262=(SHORT, [0]))
    del page[317]
    strip = group4(Image.effect_noise((64, 40), 90).convert("1"))
    accepts(tiff([(page, [strip])]))
    rejects(tiff([(page, [strip + b"canary"])]))
    rejects(tiff([(page, [strip[:-3]])]))


@pytest.mark.parametrize(
    "tag", [269, 270, 271, 272, 305, 306, 315, 330, 333, 700, 33432, 34377, 34665, 34675, 50341]
)
def test_every_other_tag_is_rejected(tag: int) -> None:
    rejects(tiff([(tags() | {tag: (SHORT, [1])}, [STRIP])]))


def test_gaps_padding_and_ends_carry_nothing() -> None:
    rejects(tiff([(tags(), [STRIP])], gap=b"canary"))
    rejects(GREY + b"canary")
    rejects(GREY[:-1])
    rejects(b"MM" + GREY[2:])
    odd = next(s for n in range(1, 200) if len(s := zlib.compress(bytes(n), 0)) % 2)
    page = tags(len(zlib.decompress(odd)), 1)
    data = tiff([(page, [odd])])
    accepts(data)
    rejects(data[:-1] + b"x")


@pytest.mark.parametrize(
    "more",
    [
        {"t259": (SHORT, [1])},
        {"t259": (SHORT, [7])},
        {"t262": (SHORT, [6])},
        {"t258": (SHORT, [16])},
        {"t284": (SHORT, [2])},
        {"t317": (SHORT, [3])},
        {"t256": (LONG, [70_000])},
        {"t257": (LONG, [0])},
        {"t278": (LONG, [1])},
        {"t256": (SHORT, [4])},
        {"t338": (SHORT, [2])},
        {"t296": (SHORT, [2])},
        DPI | {"t282": (RATIONAL, [300, 7])},
        DPI | {"t296": (SHORT, [3])},
        {"t254": (LONG, [4])},
    ],
)
def test_wrong_values_are_rejected(more: dict[str, tuple[int, list[int]]]) -> None:
    rejects(tiff([(tags(**more), [STRIP])]))


@pytest.mark.parametrize(
    "strip",
    [
        zlib.compress(PIXELS + b"x"),
        zlib.compress(PIXELS[:-1]),
        STRIP + b"canary",
        STRIP[:-2],
        b"canary",
        zlib.compress(bytes(20_000_000)),
    ],
)
def test_strips_end_exactly_with_their_rows(strip: bytes) -> None:
    rejects(tiff([(tags(), [strip])]))


def test_colours_that_no_pixel_uses_are_rejected() -> None:
    rejects(tiff([(palette(9), [STRIP])]))
    page = palette()
    page[320][1][0] = 0x4142
    rejects(tiff([(page, [STRIP])]))


def test_a_directory_loop_is_rejected() -> None:
    (second,) = struct.unpack_from("<I", TWO, 8 + 2 + 12 * 12)
    after = second + 2 + 12 * 12
    for target in (8, second, len(TWO)):
        rejects(TWO[:after] + struct.pack("<I", target) + TWO[after + 4 :])
    at = 8 + 2 + 12 * 12
    rejects(GREY[:at] + struct.pack("<I", 8) + GREY[at + 4 :])


@given(st.sampled_from((GREY, TWO)), st.data())
@settings(max_examples=300, deadline=None)
def test_mutations_never_crash(sample: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample) - 1))
    rejects(sample[:at])
    changed = sample[:at] + data.draw(st.binary(max_size=3)) + sample[at + 1 :]
    try:
        TiffVerifier().verify(memoryview(changed))
    except Rejected:
        return
    assert len(changed) == len(sample)
