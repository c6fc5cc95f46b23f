"""Colour spaces keep their colours; profiles, names and slack of the source do not cross."""

import io
import itertools
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageStat

from sanitizers.findings import Kind
from sanitizers.model import Method
from sanitizers.pdf import _icc
from sanitizers.pdf._colour import colour_space, parse_colour_space
from sanitizers.pdf._context import Unrebuildable
from sanitizers.pdf._objects import Ref
from sanitizers.pdf._serialize import spell
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.image_samples import drawn, holder, opened, picture
from tests.sanitizers.pdf.image_samples import shown as shown_page
from tests.sanitizers.pdf.samples import clean, stream

CANARY = b"MUGAIKA-CANARY-0002"
TINT = b"<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [0 0 0 0] /C1 [0 1 1 0] >>"
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def made(*objects: bytes) -> str:
    """What is written for the colour space that is object 4."""
    context, _ = opened(holder(*objects))
    found = colour_space(context, Ref(4, 0))
    return "" if found is None else spell(found)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (b"/DeviceRGB", "/DeviceRGB"),
        (b"/CMYK", "/DeviceCMYK"),
        (b"[/DeviceGray]", "/DeviceGray"),
        (b"/Pattern", "/Pattern"),
        (b"[/Pattern /DeviceRGB]", "[/Pattern /DeviceRGB]"),
        (b"/NoSuchSpace", ""),
        (b"(text)", ""),
        (b"[]", ""),
        (
            b"[/CalGray << /WhitePoint [0.95 1 1.09] /Gamma 2.2 /X (CANARY) >>]",
            "[/CalGray << /WhitePoint [0.95 1 1.09] /Gamma 2.2 >>]",
        ),
        (b"[/CalRGB << /Gamma [1 1 1] >>]", "/DeviceRGB"),
        (
            b"[/Lab << /WhitePoint [0.9 1 0.8] /Range [-99 99 -98 98] >>]",
            "[/Lab << /WhitePoint [0.9 1 0.8] /Range [-99 99 -98 98] >>]",
        ),
        (b"[/Indexed /RGB 1 <0102030405>]", "[/Indexed /DeviceRGB 1 <010203040500>]"),
        (b"[/Indexed /DeviceGray 1 (abCANARY)]", "[/Indexed /DeviceGray 1 <6162>]"),
        (b"[/Indexed /Pattern 1 (ab)]", ""),
    ],
)
def test_a_space_is_written_from_its_parts(source, written):
    assert made(source) == written


def test_inks_lose_their_names_and_keep_their_look():
    out = made(b"[/Separation /Secret#20Canary /DeviceCMYK 5 0 R]", TINT)
    assert out.startswith("[/Separation /Spot1 /DeviceCMYK ")
    out = made(b"[/DeviceN [/Cyan /Secret /None] /DeviceCMYK 5 0 R << /Process 1 >>]", TINT)
    assert out.startswith("[/DeviceN [/Cyan /Spot2 /None] /DeviceCMYK ")
    assert "Process" not in out


def test_a_tint_that_cannot_be_made_ends_the_page():
    with pytest.raises(Unrebuildable):
        made(b"[/Separation /X /DeviceRGB << /FunctionType 4 /Domain [0 1] >>]")


def test_spaces_upon_spaces_end():
    with pytest.raises(Unrebuildable):
        made(b"[/Pattern [/Pattern 4 0 R]]")


def profiled(profile: bytes, components: int) -> tuple[str, bytes, list[Kind]]:
    head = b"/N %d /Filter /FlateDecode" % components
    context, _ = opened(holder(b"[/ICCBased 5 0 R]", stream(zlib.compress(profile), head)))
    found = parse_colour_space(context, Ref(4, 0))
    assert found is not None
    assert found.components == components
    data = b""
    if found.family == "ICCBased":
        _, packed = context.file._objects[found.made[1]]
        data = zlib.decompress(packed) if packed[:1] == b"\x78" else packed
    return found.family, data, [f.kind for f in context.findings]


def with_tag(profile: bytes, canary: bytes) -> bytes:
    """The profile with a private tag and text of the sender's."""
    count = int.from_bytes(profile[128:132], "big")
    table = profile[132 : 132 + 12 * count]
    moved = b"".join(
        table[i : i + 4]
        + (int.from_bytes(table[i + 4 : i + 8], "big") + 12).to_bytes(4, "big")
        + table[i + 8 : i + 12]
        for i in range(0, len(table), 12)
    )
    body = profile[132 + 12 * count :]
    end = 132 + 12 * (count + 1) + len(body)
    tag = b"prvt" + end.to_bytes(4, "big") + len(canary).to_bytes(4, "big")
    whole = profile[:128] + (count + 1).to_bytes(4, "big") + moved + tag + body + canary
    return len(whole).to_bytes(4, "big") + whole[4:]


def test_an_srgb_profile_becomes_the_device_space():
    family, _, kinds = profiled(with_tag(SRGB, b"CANARY" * 20), 3)
    assert family == "DeviceRGB"
    assert Kind.COLOUR_PROFILE in kinds


def other_profile(components: int, gamma: float) -> bytes:
    """A profile of our own with another tone curve, as a scanner may have it."""
    curve = _icc._written_curve([(i / 63) ** gamma for i in range(64)])
    if components == 1:
        return _icc._profile(1, {b"kTRC": curve})
    colorants = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
    tags = {}
    for name, numbers in zip((b"r", b"g", b"b"), colorants, strict=True):
        tags[name + b"XYZ"] = _icc._written_xyz(numbers)
        tags[name + b"TRC"] = curve
    return _icc._profile(3, tags)


def shown(profile: bytes, components: int) -> Image.Image:
    mode = {1: "L", 3: "RGB"}[components]
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)), _icc._SRGB, mode, "RGB"
    )
    return ImageCms.applyTransform(_icc._probe(components, 6), transform)


@pytest.mark.parametrize("components", [1, 3])
def test_a_profile_that_matters_is_made_anew_and_means_the_same(components):
    source = with_tag(other_profile(components, 1.4), b"CANARY" * 20)
    family, made_profile, _ = profiled(source, components)
    assert family == "ICCBased"
    assert b"CANARY" not in made_profile
    one, other = shown(source, components), shown(made_profile, components)
    assert max(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)) <= 2


def test_curves_carry_no_text():
    text = b"CANARY in a curve of a profile! " * 16
    curve = b"curv\0\0\0\0" + (len(text) // 2).to_bytes(4, "big") + text
    tags = {b"kTRC": curve}
    made_profile = _icc.rebuild_profile(_icc._profile(1, tags), 1)
    assert made_profile is None or b"CANARY" not in made_profile


@pytest.mark.parametrize("data", [b"", b"x" * 500, SRGB[:140], b"\0" * 36 + b"acsp" + bytes(200)])
def test_a_damaged_profile_becomes_the_device_space(data):
    assert profiled(data, 3)[0] == "DeviceRGB"
    assert profiled(data, 4)[0] == "DeviceCMYK"


@settings(max_examples=60, deadline=None)
@given(st.integers(128, len(SRGB) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_profile_is_rebuilt_or_dropped(at, damage):
    made_profile = _icc.rebuild_profile(SRGB[:at] + damage + SRGB[at + len(damage) :], 3)
    assert made_profile is None or len(made_profile) < 30_000


def test_a_profile_of_other_components_than_it_says_is_not_used():
    assert profiled(SRGB, 1)[0] == "DeviceGray"


def test_a_lab_alternate_stands_in_for_a_profile_that_cannot_be_used():
    context, _ = opened(
        holder(
            b"[/ICCBased 5 0 R]",
            stream(b"no profile", b"/N 3 /Alternate [/Lab << /WhitePoint [0.9 1 0.8] >>]"),
        )
    )
    assert spell(colour_space(context, Ref(4, 0))) == "[/Lab << /WhitePoint [0.9 1 0.8] >>]"


def press_profile() -> bytes:
    """A CMYK profile: ink darkens paper, black most of all."""
    cells = b""
    for c, m, y, k in itertools.product(range(5), repeat=4):
        light = (1 - k / 4) * (1 - (c + m + y) / 14)
        for value in (255 * light, 128 + 20 * (m - c), 128 + 20 * (y - c)):
            cells += int(min(max(value, 0), 255)).to_bytes(1, "big") + b"\0"
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    ramp = struct.pack(">2H", 0, 65535)
    head = struct.pack(">4sI4B", b"mft2", 0, 4, 3, 5, 0) + identity + struct.pack(">2H", 2, 2)
    return _icc._profile(4, {b"A2B0": head + ramp * 4 + cells + ramp * 3})


@pytest.mark.parametrize(
    ("profile", "components"),
    [(other_profile(1, 1.4), 1), (other_profile(3, 1.4), 3), (press_profile(), 4)],
)
def test_pictures_in_a_profiled_space_look_the_same_in_a_document_that_verifies(
    profile, components
):
    rows = bytes(
        (x * 7 + y * 3 * n) % 256 for y in range(32) for x in range(32) for n in range(components)
    )
    size = (32, 32)
    source = shown_page(
        picture(rows, b"/Width 32 /Height 32 /BitsPerComponent 8 /ColorSpace [/ICCBased 6 0 R]"),
        stream(with_tag(profile, CANARY), b"/N %d" % components),
        size=size,
    )
    out, cleaned = clean(source, method=Method.SANITIZE)
    assert Kind.RASTERIZED not in {f.kind for f in cleaned.findings}
    PdfVerifier().verify(memoryview(out))
    assert CANARY not in out
    difference = ImageChops.difference(drawn(source), drawn(out))
    assert max(ImageStat.Stat(difference).mean) < 2
