"""Broken and hostile documents end within limits: repaired, drawn, or refused with a reason."""

import struct
import zlib

import pytest

from sanitizers.findings import Action, Kind
from sanitizers.limits import Limits
from sanitizers.model import Method
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.samples import (
    HELVETICA,
    assemble,
    clean,
    findings,
    pdf,
    read_text,
    sizes,
    stream,
    text,
    with_resources,
)
from tests.sanitizers.pdf.samples import verified as rebuilt


def test_a_page_that_cannot_be_rebuilt_becomes_a_picture_alone():
    bad = b"<< /Type /Font /Subtype /Type1 /BaseFont /X /FontDescriptor 6 0 R >>"
    data = assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 8 0 R] /Count 2 /MediaBox [0 0 200 100] >>",
            b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>",
            stream(text("unusual", x=9, y=9)),
            bad,
            b"<< /Type /FontDescriptor /FontName /X /Flags 32 /FontFile2 7 0 R >>",
            stream(b"no font at all"),
            b"<< /Type /Page /Parent 2 0 R /Contents 9 0 R"
            b" /Resources << /Font << /F1 10 0 R >> >> >>",
            stream(text("usual", x=9, y=9)),
            HELVETICA,
        ]
    )
    out = rebuilt(data)
    assert read_text(out, 0).strip() == "unusual"
    assert read_text(out, 1) == "usual"
    _, cleaned = clean(data, method=Method.SANITIZE)
    (drawn,) = [f for f in cleaned.findings if f.kind is Kind.RASTERIZED]
    assert drawn.where == "page 1"


def test_garbage_is_refused():
    for data in (b"%PDF-1.7 nothing", b"x" * 100):
        with pytest.raises(Withheld) as refusal:
            clean(data, method=Method.SANITIZE)
        assert refusal.value.code is ReasonCode.DAMAGED


def test_an_empty_file_is_refused():
    with pytest.raises(Withheld) as refusal:
        clean(b"", method=Method.SANITIZE)
    assert refusal.value.code is ReasonCode.EMPTY


def test_a_damaged_table_is_repaired_and_noted():
    data = pdf(text("repaired"))
    at = data.index(b"xref\n0")
    data = data[:at] + b"xref\n0 garbage"
    assert read_text(rebuilt(data)) == "repaired"
    assert (Kind.DAMAGED, Action.NOTED) in findings(data)


def test_a_page_tree_that_is_its_own_child():
    data = pdf(text("x")).replace(b"/Kids [3 0 R]", b"/Kids [2 0 R 3 0 R]")
    out, cleaned = clean(data, method=Method.SANITIZE)
    PdfVerifier().verify(memoryview(out))
    assert len(sizes(out)) == 1
    assert cleaned.method is Method.IMAGE_PDF  # qpdf gives up, PDFium does not


def test_a_page_tree_with_a_ring_below():
    data = pdf(text("x"), extra=[b"<< /Type /Pages /Kids [6 0 R 3 0 R] /Count 1 >>"])
    data = data.replace(b"/Kids [3 0 R]", b"/Kids [6 0 R]", 1)
    out, _ = clean(data, method=Method.SANITIZE)
    PdfVerifier().verify(memoryview(out))


def test_a_form_that_draws_itself():
    loop = stream(
        b"0 0 9 9 re f /Me Do",
        b"/Subtype /Form /BBox [0 0 99 99] /Resources << /XObject << /Me 6 0 R >> >>",
    )
    data = with_resources(pdf(b"/Me Do", extra=[loop]), b"/XObject << /Me 6 0 R >>")
    rebuilt(data)
    assert (Kind.DAMAGED, Action.REMOVED) in findings(data)


def test_a_page_that_cannot_be_read_is_told():
    data = pdf(text("x")).replace(b"/Kids [3 0 R]", b"/Kids [99 0 R 3 0 R]")
    assert (Kind.DAMAGED, Action.NOTED) in findings(data)


def test_a_pattern_that_paints_with_itself():
    pattern = stream(
        b"/Pattern cs /P scn 0 0 9 9 re f",
        b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9"
        b" /Resources << /Pattern << /P 6 0 R >> >>",
    )
    shown = b"/Pattern cs /P scn 0 0 99 99 re f " + text("x")
    data = with_resources(pdf(shown, extra=[pattern]), b"/Pattern << /P 6 0 R >>")
    assert read_text(rebuilt(data)) == "x"


def test_a_glyph_that_is_drawn_with_its_own_font():
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 9 9] /FontMatrix [1 0 0 1 0 0]"
        b" /FirstChar 97 /LastChar 97 /Widths [9] /Encoding << /Differences [97 /a] >>"
        b" /CharProcs << /a 7 0 R >> /Resources << /Font << /T 6 0 R >> >> >>"
    )
    glyph = stream(b"9 0 d0 BT /T 1 Tf (a) Tj ET 0 0 5 5 re f")
    data = pdf(b"BT /T 9 Tf (a) Tj ET " + text("x"), extra=[font, glyph])
    data = data.replace(b"<< /F1 5 0 R >>", b"<< /F1 5 0 R /T 6 0 R >>")
    assert b"x" in read_text(rebuilt(data)).encode()


def test_a_font_that_is_its_own_descendant():
    font = (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H"
        b" /DescendantFonts [5 0 R] >>"
    )
    data = pdf(text("x")).replace(HELVETICA, font)
    assert (Kind.RASTERIZED, Action.CONVERTED) in findings(data)


def test_a_soft_mask_that_masks_itself():
    mask = stream(
        b"/G gs 0 0 9 9 re f",
        b"/Subtype /Form /BBox [0 0 9 9] /Group << /S /Transparency /CS /DeviceGray >>"
        b" /Resources << /ExtGState << /G 6 0 R >> >>",
    )
    state = b"<< /SMask << /S /Luminosity /G 7 0 R >> >>"
    shown = pdf(b"/G gs " + text("x"), extra=[state, mask])
    rebuilt(with_resources(shown, b"/ExtGState << /G 6 0 R >>"))


def test_forms_in_forms_without_end():
    forms = [
        stream(b"/N Do", b"/Subtype /Form /BBox [0 0 9 9] /Resources"
                         b" << /XObject << /N %d 0 R >> >>" % (7 + level))
        for level in range(100)
    ]  # fmt: skip
    last = stream(b"0 0 5 5 re f", b"/Subtype /Form /BBox [0 0 9 9]")
    data = pdf(text("x") + b"/N Do", extra=[*forms, last])
    data = with_resources(data, b"/XObject << /N 6 0 R >>")
    assert (Kind.RASTERIZED, Action.CONVERTED) in findings(data)


def test_ten_million_objects_in_a_table():
    numbers = 10_000_000
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 70 90] >>",
    ]  # fmt: skip
    data, rows = b"%PDF-1.7\n", b"\0" * 7
    for number, body in enumerate(bodies, 1):
        rows += struct.pack(">BIH", 1, len(data), 0)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows += struct.pack(">BIH", 1, len(data), 0) * (numbers - 3)
    packed = zlib.compress(rows, 1)
    table = b"<< /Type /XRef /Size %d /W [1 4 2] /Root 1 0 R /Filter /FlateDecode" % numbers
    start = len(data)
    data += b"4 0 obj\n%s /Length %d >>\nstream\n" % (table, len(packed)) + packed
    data += b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    assert sizes(rebuilt(data)) == [(70, 90)]


def test_bookmarks_in_a_ring():
    data = pdf(
        text("x"), catalog=b"/Outlines 6 0 R",
        extra=[
            b"<< /First 7 0 R >>",
            b"<< /Title (a) /First 8 0 R /Next 7 0 R >>",
            b"<< /Title (b) /First 7 0 R /Next 6 0 R >>",
        ],
    )  # fmt: skip
    rebuilt(data)


def test_a_fields_tree_in_a_ring():
    data = pdf(
        text("x"), catalog=b"/AcroForm << /Fields [6 0 R] >>", page=b"/Annots [6 0 R]",
        extra=[b"<< /Subtype /Widget /Kids [6 0 R] /Parent 6 0 R /Rect [0 0 9 9] >>"],
    )  # fmt: skip
    rebuilt(data)


def _bomb() -> bytes:
    """Two gigabytes of blanks, three times deflated; its checksum comes after its limit."""
    packer = zlib.compressobj(9)
    first, more = (
        packer.compress(b" " * 2**20) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)
    )
    return zlib.compress(zlib.compress(first + more * (2**11 - 1), 9), 9)


BOMB = _bomb()
BOMBS = {
    "contents": b"", "form": b"/Subtype /Form /BBox [0 0 9 9]", "font": b"", "unicode": b"",
}  # fmt: skip
FONTS_OF_BOMBS = {
    "font": b"<< /Type /Font /Subtype /TrueType /BaseFont /A /FontDescriptor <<"
    b" /Type /FontDescriptor /FontName /A /Flags 4 /FontFile2 6 0 R >> >>",
    "unicode": b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>",
}


@pytest.mark.parametrize("where", ["contents", "form", "font", "unicode"])
def test_a_kilobyte_that_inflates_to_two_gigabytes(where):
    bomb = stream(BOMB, b"/Filter [/FlateDecode /FlateDecode /FlateDecode] %s" % BOMBS[where])
    shown = text("x") + b"/X Do"
    data = with_resources(pdf(shown, extra=[bomb]), b"/XObject << /X 6 0 R >>")
    if where == "contents":
        data = data.replace(b"/Contents 4 0 R", b"/Contents [4 0 R 6 0 R]")
    if where in ("font", "unicode"):
        data = data.replace(HELVETICA, FONTS_OF_BOMBS[where])
    assert len(data) < 2_000
    with pytest.raises(Withheld) as refusal:
        clean(data, method=Method.SANITIZE)
    assert refusal.value.code is ReasonCode.OUT_OF_MEMORY


def test_too_many_pages():
    with pytest.raises(Withheld) as refusal:
        clean(pdf(text("x"), pages=2_001), method=Method.SANITIZE)
    assert refusal.value.code is ReasonCode.TOO_MANY_PAGES


def test_an_output_over_its_budget():
    with pytest.raises(Withheld) as refusal:
        clean(pdf(text("x")), method=Method.SANITIZE, limits=Limits(output_bytes=100))
    assert refusal.value.code is ReasonCode.OUTPUT_TOO_LARGE
