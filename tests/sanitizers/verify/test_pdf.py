"""The PDF verifier: what our writer writes passes, anything changed in it does not."""

import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf.document import PdfDocument
from sanitizers.registry import verifiers
from sanitizers.verify import Rejected
from sanitizers.verify._pdf_contents import visible
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.samples import clean, pdf, text


@pytest.fixture(scope="module")
def good() -> bytes:
    """Two pages, text and a coloured picture: every kind of object but fax and JPEG."""
    PdfDocument.warm()
    out, _ = clean(
        pdf(text("words", x=10, y=40) + b"0.5 0 1 rg 9 9 40 20 re f", size=(80, 60), pages=2)
    )
    return out


def verify(data: bytes) -> None:
    PdfVerifier().verify(memoryview(data))


def refused(data: bytes) -> None:
    with pytest.raises(Rejected):
        verify(data)


def indexed(body: bytes) -> bytes:
    """Write the table anew for changed objects, as an attacker with our code would."""
    body = body[: body.rindex(b"xref\n0 ")]
    found = {}
    at = body.index(b"\n", body.index(b"\n") + 1) + 1
    while at < len(body):
        head = re.compile(rb"(\d+) 0 obj\n").match(body, at)
        if head is None:
            break
        found[int(head[1])] = at
        length = re.compile(rb"[^\0]*?/Length (\d+)[^\0]*?>>\nstream\n").match(body, at)
        end_of_head = body.index(b"\nendobj\n", at)
        if length is not None and length.start() == at and length.end() <= end_of_head + 1:
            at = body.index(b"\nendobj\n", length.end() + int(length[1])) + 8
        else:
            at = end_of_head + 8
    size = max(found) + 1
    rows = b"".join(b"%010d 00000 n \n" % found[n] for n in range(1, size))
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, rows)
        + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    )


def with_stream(data: bytes, mark: bytes, change: object) -> bytes:
    """Replace the first Flate stream whose inflated data holds `mark`."""
    for match in re.finditer(rb"/Length (\d+) >>\nstream\n", data):
        raw = data[match.end() : match.end() + int(match[1])]
        try:
            plain = zlib.decompress(raw)
        except zlib.error:
            continue
        if mark in plain:
            new = change(plain)  # type: ignore[operator]
            head = b"/Length %d >>\nstream\n" % len(new)
            return indexed(data[: match.start()] + head + new + data[match.end() + int(match[1]) :])
    raise AssertionError("no such stream")


def replaced(old: bytes, new: bytes):
    def change(plain: bytes) -> bytes:
        assert old in plain
        return zlib.compress(plain.replace(old, new, 1))

    return change


def test_the_registry_finds_it():
    assert isinstance(verifiers()["application/pdf"], PdfVerifier)


def test_our_own_output_is_accepted(good):
    verify(good)


def test_the_tests_own_table_writer_changes_nothing(good):
    assert indexed(good) == good


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"/Type /Catalog", b"/Type /Catalog /OpenAction 3 0 R"),
        (b"/Type /Catalog", b"/Type /Catalog /AA << /WC 3 0 R >>"),
        (b"/Type /Catalog", b"/Type /Catalog /Names << /JavaScript 3 0 R >>"),
        (b"/Type /Catalog /Pages", b"/Type  /Catalog /Pages"),
        (b"/Type /Catalog", b"/Type /Cat#61log"),
        (b"/Type /Catalog", b"/Type /Catalog % comment\n"),
        (b"/Type /Pages", b"/Type /Pages /Type /Pages"),
        (b"/Count 2", b"/Count 3"),
        (b"/Count 2", b"/Count 2.0"),
        (b"/Type /Page ", b"/Type /Page /AA << /O << /S /Launch >> >> "),
        (b"/Type /Page ", b"/Type /Page /Annots [] "),
        (b"/MediaBox [0 0 80 60]", b"/MediaBox [0 0 80 0]"),
        (b"/MediaBox [0 0 80 60]", b"/MediaBox [0 0 80 99999]"),
        (b"/MediaBox [0 0 80 60]", b"/MediaBox [0 0 80 60 9]"),
        (b"/Font << /F0", b"/Font << /F1"),
        (b"/XObject << /I0", b"/XObject << /I7"),
        (b"/XObject <<", b"/ExtGState << >> /XObject <<"),
        (b"/Subtype /Image", b"/Subtype /Form"),
        (b"/Subtype /Image", b"/Subtype /Image /Alternates [3 0 R]"),
        (b"/Filter /FlateDecode", b"/Filter /FlateDecode /F (a)"),
        (b"/Filter /FlateDecode", b"/Filter /LZWDecode"),
        (b"/Filter /FlateDecode", b"/Filter /FlateDecode /DecodeParms << /Predictor 15 >>"),
        (b"/Width ", b"/Width 1"),
        (b"/BitsPerComponent 8", b"/BitsPerComponent 4"),
        (b"/Indexed /DeviceRGB", b"/Indexed /DeviceCMYK"),
        (b"/DW 1000", b"/DW 999"),
        (b"/Length1 ", b"/Length1 1"),
        (b"/Encoding /Identity-H", b"/Encoding /Identity-V"),
        (b"/Registry (Adobe)", b"/Registry (Eve)"),
        (b"/BaseFont /MugaikaGlyphless", b"/BaseFont /Arial"),
    ],
)
def test_a_changed_or_added_key_is_rejected(good, old, new):
    assert old in good
    refused(indexed(good.replace(old, new, 1)))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d + b"\n",
        lambda d: d + b"%cdr-canary.invalid",
        lambda d: b"\n" + d,
        lambda d: d[:-1],
        lambda d: d.replace(b"%PDF-1.5", b"%PDF-1.7", 1),
        lambda d: d.replace(b"trailer\n<< ", b"trailer\n<< /Info 3 0 R ", 1),
        lambda d: d.replace(b"/Root 1 0 R", b"/Root 2 0 R", 1),
        lambda d: d.replace(b" 00000 n \n", b" 00001 n \n", 1),
        lambda d: d + d,
        lambda d: b"",
    ],
)
def test_a_changed_frame_is_rejected(good, change):
    refused(change(good))


def test_gaps_comments_and_extra_objects_are_rejected(good):
    end = good.rindex(b"xref\n0 ")
    size = int(re.search(rb"/Size (\d+)", good[end:])[1])
    first = good.index(b"endobj\n") + 7
    refused(indexed(good[:end] + b"%d 0 obj\n<< /A 1 >>\nendobj\n" % size + good[end:]))
    refused(good[:first] + b"\n" + good[first:])
    refused(good[:first] + b"% comment\n" + good[first:])
    for gap in (b" ", b"%x\n"):
        body = good[:end] + gap
        start = b"startxref\n%d\n" % end
        tail = good[end:].replace(start, b"startxref\n%d\n" % len(body))
        refused(body + tail)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"3 Tr", b"0 Tr"),
        (b"3 Tr", b"3 Tr /Eve Do"),
        (b" cm /I0 Do Q", b" cm /I1 Do Q"),
        (b" cm /I0 Do Q", b" cm /I0 Do Q q"),
        (b"q 80 0 0 60 0 0 cm", b"q 80 0 0 60 90 0 cm"),
        (b"Tj\nET", b"Tj (cdr-canary) Tj\nET"),
        (b"ET\n", b"ET\n% canary\n"),
        (b"BT\n", b"/Span << /ActualText (x) >> BDC BT\n"),
        (b"<0077", b"<202E"),
        (b"<0077", b"<0000"),
        (b"<0077", b"<200B"),
        (b"<0077", b"<D800"),
    ],
)
def test_other_operators_are_rejected(good, old, new):
    refused(with_stream(good, b"3 Tr", replaced(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<0000> <00FF> <0000>", b"<0000> <00FF> <0100>"),
        (b"endcmap", b"1 beginbfchar\n<D800> <D842DFB7>\nendbfchar\nendcmap"),
        (b"begincmap", b"begincmap % canary"),
        (b"end\nend\n", b"end\nend\n(canary) print\n"),
    ],
)
def test_another_character_map_is_rejected(good, old, new):
    refused(with_stream(good, b"begincmap", replaced(old, new)))


def test_another_font_program_is_rejected(good):
    refused(with_stream(good, b"glyf", lambda p: zlib.compress(p[:-1] + b"!")))
    refused(with_stream(good, b"\0\1\0\1", lambda p: zlib.compress(p[:-1] + b"\1")))


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: zlib.compress(plain) + b"canary",
        lambda plain: zlib.compress(plain)[:-1],
        lambda plain: zlib.compress(plain + b"canary"),
        lambda plain: zlib.compress(plain[:-1]),
        lambda plain: b"canary",
    ],
)
def test_picture_data_that_is_not_exactly_its_rows_is_rejected(good, change):
    at = good.index(b"/Subtype /Image")
    head = re.compile(rb"/Length (\d+) >>\nstream\n").search(good, at)
    plain = zlib.decompress(good[head.end() : head.end() + int(head[1])])
    new = change(plain)
    rest = good[head.end() + int(head[1]) :]
    refused(indexed(good[: head.start()] + b"/Length %d >>\nstream\n" % len(new) + new + rest))


class TestPictures:
    def made(self, data: bytes, head: dict) -> None:
        from sanitizers.verify._pdf_images import check_image
        from sanitizers.verify._pdf_objects import Dictionary, Name

        names = {"Type": Name("XObject"), "Subtype": Name("Image"), "Length": len(data)}
        check_image(Dictionary(names | head), memoryview(data))

    def encoded(self, *, bitonal: bool):
        from PIL import Image

        from sanitizers.pdf._raster import encode

        grey = Image.effect_noise((64, 40), 90)
        colour = Image.merge("RGBX", (grey, grey.rotate(180), grey, grey))
        if bitonal:
            colour = grey.point([0] * 128 + [255] * 128)
        else:
            colour = colour.resize((640, 400), Image.Resampling.BICUBIC)
        return encode(colour, bitonal=bitonal)

    def jpeg(self, change=lambda data: data) -> None:
        from sanitizers.verify._pdf_objects import Name

        made = self.encoded(bitonal=False)
        assert made.filter == "DCTDecode"
        head = {"Width": made.width, "Height": made.height, "BitsPerComponent": 8}
        head |= {"ColorSpace": Name("DeviceRGB"), "Filter": Name("DCTDecode")}
        self.made(change(made.data), head)

    def fax(self, change=lambda data: data) -> None:
        from sanitizers.verify._pdf_objects import Dictionary, Name

        made = self.encoded(bitonal=True)
        assert made.filter == "CCITTFaxDecode"
        parms = {"K": -1, "Columns": made.width, "Rows": made.height, "BlackIs1": True}
        head = {"Width": made.width, "Height": made.height, "BitsPerComponent": 1}
        head |= {"ColorSpace": Name("DeviceGray"), "Filter": Name("CCITTFaxDecode")}
        self.made(change(made.data), head | {"DecodeParms": Dictionary(parms)})

    def test_our_own_jpeg_and_fax_pictures_pass(self):
        self.jpeg()
        self.fax()

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d + b"canary",
            lambda d: d[:-2] + b"\xff\xfe\x00\x08canary\xff\xd9",
            lambda d: d[:2] + b"\xff\xe1\x00\x08Exif\0\0" + d[2:],
            lambda d: d[:2] + b"\xff\xfe\x00\x08canary" + d[2:],
            lambda d: d[:20] + b"\xff\xed\x00\x08canary" + d[20:],
            lambda d: d[:-2],
            lambda d: d.replace(b"\xff\xc0", b"\xff\xc2", 1),
            lambda d: d.replace(b"JFIF", b"JFXX", 1),
            lambda d: b"",
        ],
    )
    def test_a_jpeg_with_another_place_for_data_is_rejected(self, change):
        with pytest.raises(Rejected):
            self.jpeg(change)

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d + b"canary",
            lambda d: d + b"\0",
            lambda d: d[:-3],
            lambda d: b"\x00\x10\x01" + d,
            lambda d: d * 40,
            lambda d: b"",
        ],
    )
    def test_fax_data_goes_up_to_its_end_mark_only(self, change):
        with pytest.raises(Rejected):
            self.fax(change)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bytes_are_refused_or_harmless_but_never_crash(good, data):
    position = data.draw(st.integers(0, len(good) - 1))
    value = data.draw(st.integers(0, 255))
    changed = good[:position] + bytes([value]) + good[position + 1 :]
    try:
        verify(changed)
    except Rejected:
        return
    # Only a number that another value fits as well, or a pixel, may change unseen.
    assert len(changed) == len(good)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_rejected(data):
    refused(data)


def test_the_characters_that_may_cross():
    assert all(visible(ord(c)) for c in "aあ髙 　①ｱ𠮷\ue000")
    assert not any(
        visible(c) for c in (0, 7, 0x7F, 0x202E, 0x200B, 0xFEFF, 0x3164, 0xFFFF, 0xE0041)
    )
