"""Images look the same, are coded by us, and carry nothing but what they show."""

import io
import zlib

import pikepdf
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from sanitizers.findings import Kind
from sanitizers.model import Method
from sanitizers.pdf import _images
from sanitizers.pdf._ccitt import encode_image
from sanitizers.pdf._context import Unrebuildable
from sanitizers.pdf._objects import Ref
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.image_samples import drawn, hexed, opened, picture, rebuilt, shown
from tests.sanitizers.pdf.samples import clean, pdf, stream

CANARY = b"MUGAIKA-CANARY-0001"
SIZE = (64, 64)
HEAD = b"/Width 64 /Height 64 "
GREY = HEAD + b"/ColorSpace /DeviceGray /BitsPerComponent 8 "
RGB = HEAD + b"/ColorSpace /DeviceRGB /BitsPerComponent 8 "


def photo(mode: str = "RGB") -> Image.Image:
    image = Image.merge(
        "RGB",
        [
            Image.radial_gradient("L").resize(SIZE),
            *Image.linear_gradient("L").resize(SIZE).split() * 2,
        ],
    )
    ImageDraw.Draw(image).ellipse((10, 20, 40, 50), "red", "white")
    return image.convert(mode)


def bitonal() -> Image.Image:
    image = Image.new("1", SIZE, 1)
    ImageDraw.Draw(image).ellipse((8, 8, 50, 40), 0)
    return image


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def remade(*objects: bytes) -> tuple[bytes, dict[str, object], bytes]:
    """The page that shows object 5 made anew; its image's dictionary and data."""
    out, _ = rebuilt(shown(*objects, size=SIZE), _images.image, size=SIZE)
    with pikepdf.open(io.BytesIO(out)) as document:
        image = document.pages[0].Resources.XObject.I
        head = {str(key): plain(value) for key, value in image.items()}
        return out, head, image.read_raw_bytes()


def plain(value: object) -> object:
    """A value that outlives its document."""
    if isinstance(value, pikepdf.Name):
        return str(value)
    if isinstance(value, pikepdf.String):
        return bytes(value)
    if isinstance(value, pikepdf.Array):
        return [plain(item) for item in value]
    if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def apart(*objects: bytes) -> float:
    """Mean difference of the worst channel between an image and what was made of it."""
    source = shown(*objects, size=SIZE)
    out, _ = rebuilt(source, _images.image, size=SIZE)
    assert CANARY not in out
    difference = ImageChops.difference(drawn(source), drawn(out))
    return max(ImageStat.Stat(difference).mean)


def test_jpeg_stays_jpeg_at_its_quality():
    for quality in (35, 60, 90, 98):
        data = saved(photo(), "JPEG", quality=quality)
        source = picture(data, RGB + b"/Filter /DCTDecode")
        _, head, made = remade(source)
        assert head["/Filter"] == "/DCTDecode"
        assert len(made) <= 1.1 * len(data)
        assert apart(source) < 2.5


@pytest.mark.parametrize("options", [{"progressive": True}, {"subsampling": 0}, {"optimize": True}])
def test_every_kind_of_jpeg_looks_the_same(options):
    data = saved(photo(), "JPEG", quality=90, **options)
    # Halved colours are halved again: the sharp red edge blurs by a third of a pixel.
    assert apart(picture(data, RGB + b"/Filter /DCTDecode")) < 2.5


@pytest.mark.parametrize("decode", [b"", b"/Decode [1 0 1 0 1 0 1 0]"])
def test_cmyk_jpeg_keeps_its_inks(decode):
    data = saved(photo("CMYK"), "JPEG", quality=92)
    head = HEAD + b"/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Filter /DCTDecode " + decode
    assert apart(picture(data, head)) < 1.5


def test_ycck_jpeg_keeps_its_inks():
    data = bytearray(saved(photo("CMYK"), "JPEG", quality=92))
    at = data.index(b"Adobe")
    data[at + 11] = 2  # TN 5116: the same samples are now Y, Cb, Cr and K
    head = HEAD + b"/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Filter /DCTDecode"
    _, _, made = remade(picture(bytes(data), head))
    assert made[made.index(b"Adobe") + 11] == 2
    assert apart(picture(bytes(data), head)) < 4


def test_a_jpeg_of_rgb_samples_is_read_as_such():
    data = saved(photo(), "JPEG", quality=95, keep_rgb=True)
    assert apart(picture(data, RGB + b"/Filter /DCTDecode")) < 2


def test_jpeg_metadata_tables_and_tail_do_not_cross():
    data = saved(photo(), "JPEG", quality=90, comment=CANARY, exif=b"Exif\0\0" + CANARY)
    app = b"\xff\xeb" + (2 + len(CANARY)).to_bytes(2, "big") + CANARY
    profile = b"\xff\xe2" + (2 + 14 + len(CANARY)).to_bytes(2, "big")
    profile += b"ICC_PROFILE\0\1\1" + CANARY
    data = data[:2] + app + profile + data[2:] + CANARY
    assert apart(picture(data, RGB + b"/Filter /DCTDecode")) < 2.5


def test_text_in_a_quantization_table_does_not_cross():
    table = [min(255, max(1, c)) for c in (CANARY * 4)[:64]]
    data = saved(photo(), "JPEG", qtables=[table, table])
    _, _, made = remade(picture(data, RGB + b"/Filter /DCTDecode"))
    tables = Image.open(io.BytesIO(made)).quantization
    assert all(bytes(t) != bytes(table) for t in tables.values())


@pytest.mark.parametrize("extra", [b"", b"/Decode [1 0]", b"/Interpolate true"])
def test_fax_stays_fax(extra):
    fax = encode_image(bitonal())
    parms = b"/K -1 /Columns 64 /Rows 64 /BlackIs1 " + (b"true" if fax.black_is_1 else b"false")
    head = HEAD + b"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode "
    source = picture(fax.data + CANARY, head + b"/DecodeParms << %s >> %s" % (parms, extra))
    out, made, _ = remade(source)
    assert made["/Filter"] == "/CCITTFaxDecode"
    assert CANARY not in out
    assert apart(source) == 0


def test_plain_bitonal_rows_become_fax_and_a_stencil_stays_one():
    rows = bitonal().tobytes()
    source = picture(zlib.compress(rows + CANARY), HEAD + b"/ImageMask true /Filter /FlateDecode")
    _, head, _ = remade(source)
    assert head["/Filter"] == "/CCITTFaxDecode"
    assert head["/ImageMask"] is True
    assert apart(source) == 0
    assert apart(picture(rows, HEAD + b"/ImageMask true /Decode [1 0]")) == 0


def jbig2() -> tuple[bytes, bytes]:
    """A page of 64 × 64 with one generic region coded by MMR, and an extension with text."""
    fax = encode_image(bitonal())
    assert not fax.black_is_1  # ink is what the code calls black, as JBIG2 has it
    region = (64).to_bytes(4, "big") * 2 + bytes(8) + b"\0" + b"\x01" + fax.data
    page = (64).to_bytes(4, "big") * 2 + bytes(8) + b"\0\0\0"
    comment = b"\x20\0\0\0" + CANARY + b"\0" + CANARY + b"\0\0"

    def segment(number: int, kind: int, body: bytes, page_: int = 1) -> bytes:
        return (
            number.to_bytes(4, "big")
            + bytes([kind, 0, page_])
            + len(body).to_bytes(4, "big")
            + body
        )

    data = segment(1, 48, page) + segment(2, 38, region) + segment(3, 62, comment)
    return data, segment(0, 62, comment, 0)


def test_jbig2_becomes_fax_without_its_extension_segments():
    data, shared = jbig2()
    head = HEAD + b"/ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /JBIG2Decode"
    source = picture(data, head + b" /DecodeParms << /JBIG2Globals 6 0 R >>")
    out, made, _ = remade(source, stream(shared))
    assert made["/Filter"] == "/CCITTFaxDecode"
    assert CANARY not in out
    assert apart(source, stream(shared)) == 0
    assert min(drawn(out).convert("L").tobytes()) < 60


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_2000_becomes_jpeg_or_flate(mode):
    data = saved(photo(mode), "JPEG2000")
    head = (GREY if mode == "L" else RGB) + b"/Filter /JPXDecode"
    _, made, _ = remade(picture(data + CANARY, head))
    assert made["/Filter"] in ("/DCTDecode", "/FlateDecode")
    assert apart(picture(data + CANARY, head)) < 2.5


def test_jpeg_2000_brings_its_own_colours_and_its_alpha_channel():
    image = photo()
    image.putalpha(Image.linear_gradient("L").resize(SIZE))
    data = saved(image, "JPEG2000")
    _, made, _ = remade(picture(data, HEAD + b"/Filter /JPXDecode /SMaskInData 1"))
    assert made["/ColorSpace"] == "/DeviceRGB"
    assert made["/SMask"]["/ColorSpace"] == "/DeviceGray"


def lzw_of(data: bytes) -> bytes:
    bits = "".join(f"{c:09b}" for i in range(0, len(data), 200) for c in (256, *data[i : i + 200]))
    bits += f"{257:09b}"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


@pytest.mark.parametrize(
    ("coded", "name"),
    [
        (lambda d: d, b""),
        (zlib.compress, b"/Filter /FlateDecode"),
        (lzw_of, b"/Filter /LZWDecode"),
        (lambda d: d.hex().encode() + b">", b"/Filter /ASCIIHexDecode"),
        (lambda d: zlib.compress(d).hex().encode() + b">", b"/Filter [/AHx /Fl]"),
    ],
)
def test_every_lossless_coding_becomes_flate_with_the_same_pixels(coded, name):
    rows = photo().tobytes()
    source = picture(coded(rows) + (CANARY if not name else b""), RGB + name)
    _, head, _ = remade(source)
    assert head["/Filter"] == "/FlateDecode"
    assert apart(source) == 0


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_keeps_its_colours_and_loses_those_that_no_pixel_has(bits):
    count = 1 << bits
    image = Image.new("P", SIZE)
    image.putdata([(x // 9) % max(1, count - 1) for x in range(64 * 64)])
    table = bytearray(bytes(range(7, 7 + count * 3 % 240)) * 4)[: 3 * count].ljust(3 * count, b"\5")
    if bits == 8:
        table[-len(CANARY) :] = CANARY
    rows = image.tobytes("raw", "P" if bits == 8 else f"P;{bits}")
    head = HEAD + b"/ColorSpace [/Indexed /DeviceRGB %d %s] /BitsPerComponent %d" % (
        count - 1, hexed(table), bits,
    )  # fmt: skip
    source = picture(rows, head)
    _, made, _ = remade(source)
    assert made["/ColorSpace"][0] == "/Indexed"
    assert bytes(made["/ColorSpace"][3])[-3:] == b"\0\0\0"
    assert apart(source) == 0


def test_sixteen_bits_become_eight():
    rows = b"".join(bytes([v, 255 - v]) for v in photo("L").tobytes())
    source = picture(rows, HEAD + b"/ColorSpace /DeviceGray /BitsPerComponent 16")
    _, made, _ = remade(source)
    assert made["/BitsPerComponent"] == 8
    assert apart(source) <= 1


@pytest.mark.parametrize(
    "space",
    [
        b"/DeviceCMYK",
        b"[/Lab << /WhitePoint [0.96 1 0.82] /Range [-100 100 -100 100] >>]",
        b"[/CalRGB << /WhitePoint [0.95 1 1.09] /Gamma [1.8 1.8 1.8] >>]",
        b"[/Separation /Gold /DeviceRGB << /FunctionType 2 /Domain [0 1] /N 1 /C0 [1 1 1]"
        b" /C1 [0.8 0.6 0] >>]",
        b"[/DeviceN [/A /B] /DeviceRGB << /FunctionType 2 /Domain [0 1] /N 1 >>]",
    ],
)
def test_samples_stay_in_their_own_colour_space(space):
    count = {b"/D": 4, b"[/L": 3, b"[/C": 3, b"[/S": 1}.get(
        space[:3] if space[:1] == b"[" else space[:2], 2
    )
    if b"DeviceN" in space:
        space = space.replace(b"<< /FunctionType 2 /Domain [0 1] /N 1 >>", b"6 0 R")
    tint = stream(
        b"{ 2 copy add 2 div }", b"/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1]"
    )
    rows = (photo("CMYK").tobytes() * 2)[: 64 * 64 * count]
    head = HEAD + b"/BitsPerComponent 8 /ColorSpace " + space
    assert apart(picture(rows, head), tint) < 0.5


def test_masks_are_pictures_of_their_own():
    mask = picture(
        Image.linear_gradient("L").resize(SIZE).tobytes() + CANARY,
        GREY + b"/Canary (%s)" % CANARY,
    )
    source = picture(photo().tobytes(), RGB + b"/SMask 6 0 R")
    _, head, _ = remade(source, mask)
    assert "/SMask" in head
    assert apart(source, mask) == 0
    stencil = picture(bitonal().tobytes(), HEAD + b"/ImageMask true")
    assert apart(picture(photo().tobytes(), RGB + b"/Mask 6 0 R"), stencil) == 0


def test_a_colour_key_keeps_its_samples_exact():
    data = saved(photo("L"), "JPEG", quality=90)
    _, head, _ = remade(picture(data, GREY + b"/Filter /DCTDecode /Mask [200 255]"))
    assert head["/Filter"] == "/FlateDecode"
    assert [int(v) for v in head["/Mask"]] == [200, 255]
    assert apart(picture(photo("L").tobytes(), GREY + b"/Mask [200 255]")) == 0


def test_a_mask_that_is_its_own_image_ends():
    source = picture(photo().tobytes(), RGB + b"/SMask 5 0 R")
    context, _ = opened(shown(source, size=SIZE))
    assert _images.image(context, Ref(5, 0)) is not None


def test_unknown_keys_alternates_and_metadata_are_told_and_gone():
    head = RGB + b"/Metadata 6 0 R /Alternates [] /OPI << >> /Canary (%s) /Name /%s" % (
        CANARY,
        CANARY,
    )
    out, context = rebuilt(
        shown(picture(photo().tobytes(), head), stream(CANARY), size=SIZE), _images.image, size=SIZE
    )
    assert CANARY not in out
    kinds = {f.kind for f in context.findings}
    assert {Kind.METADATA, Kind.UNKNOWN_DATA, Kind.EXTERNAL_REFERENCE} <= kinds


def test_rows_that_are_missing_are_white_and_an_empty_image_is_none():
    source = picture(photo("L").tobytes()[:2048], GREY)
    out, _, _ = remade(source)
    assert drawn(out).getpixel((32, 60)) == (255, 255, 255)
    for nothing in (picture(b"", GREY), picture(b"no JPEG", GREY + b"/Filter /DCTDecode")):
        context, _ = opened(shown(nothing, size=SIZE))
        assert _images.image(context, Ref(5, 0)) is None
        assert [f.kind for f in context.findings] == [Kind.DAMAGED]


@pytest.mark.parametrize(
    "head",
    [
        b"/Width 200000 /Height 200000 /BitsPerComponent 8 /ColorSpace /DeviceRGB",
        b"/Width 0 /Height 5 /BitsPerComponent 8 /ColorSpace /DeviceRGB",
        b"/Width (x) /Height 5",
        GREY + b"/Filter /JPXDecode",
        GREY + b"/Filter /NoSuchFilter",
        HEAD + b"/BitsPerComponent 8",
    ],
)
def test_what_cannot_be_an_image_is_refused(head):
    context, _ = opened(shown(picture(b"garbage", head), size=SIZE))
    with pytest.raises(Unrebuildable):
        _images.image(context, Ref(5, 0))


def test_a_small_stream_that_claims_a_huge_picture_is_refused():
    bomb = zlib.compress(zlib.compress(bytes(10**7)))
    head = (
        b"/Width 30000 /Height 30000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter [/Fl /Fl]"
    )
    context, _ = opened(shown(picture(bomb, head), size=SIZE))
    with pytest.raises(Unrebuildable):
        _images.image(context, Ref(5, 0))


def sources() -> dict[str, bytes]:
    fax = encode_image(bitonal())
    parms = b"/DecodeParms << /K -1 /Columns 64 /Rows 64 >> "
    return {
        "rows": picture(photo().tobytes(), RGB),
        "grey": picture(photo("L").tobytes(), GREY),
        "jpeg": picture(saved(photo(), "JPEG"), RGB + b"/Filter /DCTDecode"),
        "progressive": picture(
            saved(photo(), "JPEG", progressive=True, subsampling=1), RGB + b"/Filter /DCTDecode"
        ),
        "four": picture(
            saved(photo("CMYK"), "JPEG"),
            HEAD + b"/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Filter /DCTDecode",
        ),
        "fax": picture(fax.data, HEAD + b"/BitsPerComponent 1 /Filter /CCITTFaxDecode " + parms
                       + b"/ColorSpace /DeviceGray"),
        "stencil": picture(bitonal().tobytes(), HEAD + b"/ImageMask true"),
        "indexed": picture(
            bytes(64 * 64), HEAD + b"/ColorSpace [/Indexed /RGB 9 <0102>] /BitsPerComponent 8"
        ),
        "key": picture(photo("L").tobytes(), GREY + b"/Mask [3 9]"),
        "jpx": picture(saved(photo(), "JPEG2000"), RGB + b"/Filter /JPXDecode"),
    }  # fmt: skip


@pytest.mark.parametrize("source", sources().values(), ids=sources().keys())
def test_the_verifier_takes_the_whole_document(source):
    out, cleaned = clean(shown(source, size=SIZE), method=Method.SANITIZE)
    assert cleaned.method is Method.SANITIZE
    assert Kind.RASTERIZED not in {f.kind for f in cleaned.findings}
    PdfVerifier().verify(memoryview(out))


def test_an_inline_image_is_made_anew():
    rows = photo("L").tobytes()
    inline = b"q 64 0 0 64 0 0 cm BI /W 64 /H 64 /CS /G /BPC 8 /Canary /%s ID " % CANARY
    source = pdf(inline + rows + b" EI Q", size=SIZE)
    out, cleaned = clean(source, method=Method.SANITIZE)
    assert Kind.RASTERIZED not in {f.kind for f in cleaned.findings}
    assert CANARY not in out
    PdfVerifier().verify(memoryview(out))
    assert not ImageChops.difference(drawn(source), drawn(out)).getbbox()


def test_four_components_without_adobes_marker_keep_their_inks():
    data = saved(photo("CMYK"), "JPEG", quality=92)
    at = data.index(b"\xff\xee")
    bare = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
    head = HEAD + b"/ColorSpace /DeviceCMYK /BitsPerComponent 8 /Filter /DCTDecode"
    assert apart(picture(bare, head)) < 1.5


@pytest.mark.parametrize("transform", [0, 1])
def test_the_filters_colour_transform_is_heeded(transform):
    data = saved(photo(), "JPEG", quality=95, subsampling=0)
    at = data.index(b"\xff\xe0")
    bare = data[:at] + data[at + 18 :]  # without JFIF, nothing in the file says YCbCr
    head = RGB + b"/Filter /DCTDecode /DecodeParms << /ColorTransform %d >>" % transform
    assert apart(picture(bare, head)) < 2.5


def test_comments_and_boxes_of_jpeg_2000_do_not_cross():
    data = saved(photo(), "JPEG2000", comment=CANARY)
    box = (8 + 16 + len(CANARY)).to_bytes(4, "big") + b"uuid" + bytes(16) + CANARY
    at = data.index(b"jp2c") - 4
    assert apart(picture(data[:at] + box + data[at:], RGB + b"/Filter /JPXDecode")) < 2.5
    assert CANARY in data
