"""PDF to image PDF: what is seen stays, what is hidden, active or planted goes."""

import hashlib
import io
import zlib

import pikepdf
import pytest
from PIL import Image

from sanitizers.findings import Action, Kind
from sanitizers.limits import MAX_PAGES, Limits
from sanitizers.model import Method
from sanitizers.pdf._font_files import fonts_available
from sanitizers.pdf._fonts import choose
from sanitizers.pdf.document import PdfDocument
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.samples import (
    assemble,
    clean,
    pdf,
    picture,
    read_text,
    sizes,
    stream,
    text,
)

CANARY = b"cdr-canary.invalid"


def rebuilt(data: bytes) -> bytes:
    """Clean, and let the independent verifier agree."""
    out, _ = clean(data)
    PdfVerifier().verify(memoryview(out))
    return out


def kinds(data: bytes) -> set[Kind]:
    return {finding.kind for finding in clean(data)[1].findings}


def inflated(data: bytes) -> bytes:
    """The output with every Flate stream opened, so that canaries cannot hide in one."""
    found = [data]
    with pikepdf.open(io.BytesIO(data)) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Stream) and item.get("/Filter") == "/FlateDecode":
                found.append(zlib.decompress(item.read_raw_bytes()))
    return b"\n".join(found)


class TestWhatStays:
    def test_the_registry_finds_it(self):
        assert isinstance(sanitizers_of("pdf")["application/pdf"], PdfDocument)

    def test_text_can_be_copied_from_the_picture(self):
        out, cleaned = clean(pdf(text("Hello gateway") + text("second line", y=680)))
        PdfVerifier().verify(memoryview(out))
        assert read_text(out).split("\n") == ["Hello gateway", "second line"]
        assert (cleaned.media_type, cleaned.extension) == ("application/pdf", ".pdf")
        assert cleaned.method is Method.IMAGE_PDF

    def test_the_picture_shows_what_the_page_showed(self):
        data = pdf(b"1 0 0 rg 100 100 200 300 re f\n")
        assert picture(rebuilt(data)).getpixel((200, 842 - 250)) == (255, 0, 0)
        assert picture(rebuilt(data)).getpixel((400, 842 - 250)) == (255, 255, 255)

    def test_white_paper_and_pale_tints_keep_their_colour(self):
        data = pdf(b"0.98 g 0 0 300 842 re f 1 0.98 0.9 rg 300 0 100 842 re f\n" + text("x"))
        shown = picture(rebuilt(data))
        assert shown.getpixel((500, 400)) == (255, 255, 255)
        assert shown.getpixel((350, 400)) == (255, 250, 230)
        assert shown.getpixel((100, 400)) == (250, 250, 250)

    @pytest.mark.parametrize("size", [(595, 842), (1, 1), (2, 700), (3370, 2384), (14400, 10)])
    def test_pages_keep_their_size(self, size):
        assert sizes(rebuilt(pdf(text("x"), size=size))) == [pytest.approx(size)]

    def test_an_a0_drawing_passes_in_bands_without_seams(self):
        data = pdf(b"0 0 1 rg 0 0 2384 3370 re f\n" + text("A0", size=200), size=(2384, 3370))
        out = rebuilt(data)
        shown = picture(out, scale=0.25)
        assert {shown.getpixel((10, y)) for y in range(shown.height)} == {(0, 0, 255)}
        assert out.count(b"/Subtype /Image") > 1
        assert read_text(out).strip() == "A0"

    def test_a_page_beyond_the_limit_is_scaled_to_it(self):
        assert sizes(rebuilt(pdf(text("x"), size=(20000, 10000)))) == [(14400, 7200)]

    def test_a_user_unit_scales_the_page(self):
        data = pdf(text("unit", x=10, y=10), size=(200, 100), page=b"/UserUnit 3")
        assert sizes(rebuilt(data)) == [(600, 300)]

    @pytest.mark.parametrize("angle", [0, 90, 180, 270])
    def test_rotation_is_baked_in(self, angle):
        data = pdf(
            b"0 1 0 rg 0 0 50 50 re f\n" + text("turned", x=100, y=50),
            size=(300, 200),
            page=b"/Rotate %d" % angle,
        )
        out = rebuilt(data)
        before, after = picture(data), picture(out)
        assert sizes(out) == sizes(data)
        corners = [(10, 10), (after.width - 10, 10), (10, after.height - 10)]
        corners.append((after.width - 10, after.height - 10))
        assert [after.getpixel(c) for c in corners] == [before.getpixel(c) for c in corners]
        assert read_text(out).strip() == "turned"

    def test_only_the_crop_box_is_shown_and_read(self):
        data = pdf(
            text("inside", x=120, y=120) + text("outside", x=400, y=700),
            page=b"/CropBox [100 100 300 300]",
        )
        out, cleaned = clean(data)
        assert sizes(out) == [(200, 200)]
        assert read_text(out).strip() == "inside"
        assert Kind.HIDDEN_TEXT in {f.kind for f in cleaned.findings}

    def test_selection_boxes_lie_over_the_glyphs(self):
        import pypdfium2

        data = pdf(text("alpha beta", x=100, y=500, size=20))

        def boxes(pages: bytes) -> list[tuple[float, ...]]:
            page = pypdfium2.PdfDocument(pages)[0].get_textpage()
            return [page.get_charbox(i, loose=True) for i in (0, 4, 6, 9)]

        for before, after in zip(boxes(data), boxes(rebuilt(data)), strict=True):
            assert after == pytest.approx(before, abs=6)

    def test_slanted_and_upward_text_is_read(self):
        upward = b"BT /F1 14 Tf 0 1 -1 0 300 100 Tm (upward text) Tj ET\n"
        slanted = b"BT /F1 14 Tf 0.866 0.5 -0.5 0.866 50 300 Tm (slanted words) Tj ET\n"
        found = read_text(rebuilt(pdf(upward + slanted)))
        assert "upward text" in found
        assert "slanted words" in found

    def test_equal_input_gives_equal_bytes(self):
        data = pdf(text("same") + b"1 0 0 rg 9 9 99 99 re f", pages=3)
        assert clean(data)[0] == clean(data)[0]

    def test_every_page_is_there(self):
        assert len(sizes(rebuilt(pdf(text("p"), size=(50, 50), pages=40)))) == 40


class TestJapanese:
    def font(self, encoding: bytes) -> tuple[bytes, list[bytes]]:
        """A CID font that is not embedded: what 一太郎 and old Word drivers write."""
        return (
            b"<< /Type /Font /Subtype /Type0 /BaseFont /MS-Mincho /Encoding /%s"
            b" /DescendantFonts [6 0 R] >>" % encoding,
            [
                b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /MS-Mincho"
                b" /FontDescriptor 7 0 R /CIDSystemInfo"
                b" << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>",
                b"<< /Type /FontDescriptor /FontName /MS-Mincho /Flags 6 /ItalicAngle 0"
                b" /FontBBox [0 -137 1000 859] /Ascent 859 /Descent -140 /CapHeight 700"
                b" /StemV 80 >>",
            ],
        )

    def page(self, words: str, encoding: bytes = b"90ms-RKSJ-H") -> bytes:
        font, extra = self.font(encoding)
        shown = words.encode("cp932").hex().encode()
        contents = b"BT /F1 40 Tf 300 700 Td <%s> Tj ET" % shown
        return pdf(contents, font=font, extra=extra)

    def test_text_of_a_font_that_is_not_embedded_survives(self):
        assert read_text(rebuilt(self.page("市役所①髙ｶﾅ"))).strip() == "市役所①髙ｶﾅ"

    def test_vertical_lines_are_read_downwards(self):
        out = rebuilt(self.page("縦書き通知", b"90ms-RKSJ-V"))
        assert read_text(out).strip() == "縦書き通知"

    def test_glyphs_are_drawn_from_the_fonts_in_memory(self):
        if "gothic" not in fonts_available():
            pytest.skip("no Japanese font is installed on this machine")
        ink = [
            sum(picture(rebuilt(self.page(words))).convert("L").histogram()[:128])
            for words in ("一", "鬱")
        ]
        assert 0 < ink[0] < ink[1]

    def test_face_names_choose_mincho_or_gothic(self):
        mincho = {"charset": 128, "pitch_family": 16}
        assert choose("ＭＳ 明朝".encode("cp932"), **mincho) == "mincho"
        assert choose(b"MS-PGothic", **mincho) == "gothic"
        assert choose(b"Unknown", **mincho) == "mincho"
        assert choose(b"HeiseiKakuGo-W5", charset=0, pitch_family=0) == "gothic"
        assert choose(b"Helvetica", charset=0, pitch_family=0) == ""
        assert choose(b"Times", charset=204, pitch_family=0) == "other"


class TestTextLayer:
    def with_map(self, target: bytes) -> bytes:
        """A page with one glyph whose ToUnicode says `target` (hex of UTF-16)."""
        cmap = (
            b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap"
            b" 1 begincodespacerange <00> <FF> endcodespacerange"
            b" 1 beginbfchar <41> <%s> endbfchar endcmap end end" % target
        )
        font = HELVETICA_MAPPED
        return pdf(text("BABAB"), font=font, extra=[stream(cmap)])

    def test_characters_beyond_the_bmp_survive(self):
        assert read_text(rebuilt(self.with_map(b"D842DFB7"))).strip() == "B𠮷B𠮷B"

    @pytest.mark.parametrize(
        ("target", "kind"),
        [(b"202E", Kind.BIDI_CONTROL), (b"200B", Kind.ZERO_WIDTH), (b"0007", None)],
    )
    def test_invisible_characters_do_not_cross(self, target, kind):
        out, cleaned = clean(self.with_map(target))
        PdfVerifier().verify(memoryview(out))
        assert read_text(out).replace(" ", "").strip() == "BBB"
        assert kind is None or kind in {f.kind for f in cleaned.findings}


HELVETICA_MAPPED = (
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R"
    b" /Encoding /WinAnsiEncoding >>"
)


class TestPictures:
    def scan(self, image: Image.Image, *, bits: int, space: bytes) -> bytes:
        head = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent %d" % (
            *image.size,
            bits,
        )
        item = stream(
            zlib.compress(image.tobytes()), head + b" /ColorSpace %s /Filter /FlateDecode" % space
        )
        return assemble(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
                b" /Resources << /XObject << /X 5 0 R >> >> >>",
                stream(b"q 595 0 0 842 0 0 cm /X Do Q"),
                item,
            ]
        )

    def test_a_bitonal_scan_stays_bitonal(self):
        image = Image.new("1", (1654, 2339), 1)
        for i in range(60):
            image.paste(0, (100, 100 + 35 * i, 1500 - 7 * i, 106 + 35 * i))
        out = rebuilt(self.scan(image, bits=1, space=b"/DeviceGray"))
        assert b"/CCITTFaxDecode" in out
        assert len(out) < 20_000
        assert picture(out).getpixel((300, 37)) == (0, 0, 0)
        assert picture(out).getpixel((300, 42)) == (255, 255, 255)

    def test_a_photograph_becomes_a_jpeg(self):
        noise = Image.effect_noise((60, 80), 60).resize((600, 800), Image.Resampling.BICUBIC)
        grey = rebuilt(self.scan(noise, bits=8, space=b"/DeviceGray"))
        assert b"/DCTDecode" in grey
        assert b"/DeviceGray" in grey
        colour = Image.merge("RGB", (noise, noise.rotate(180), noise.rotate(90, expand=False)))
        assert b"/DCTDecode" in rebuilt(self.scan(colour, bits=8, space=b"/DeviceRGB"))

    def test_a_page_of_text_is_small_and_lossless(self):
        lines = b"".join(text("word " * 18, x=40, y=800 - 14 * i, size=11) for i in range(55))
        black = rebuilt(pdf(lines))
        assert b"/DCTDecode" not in black
        assert len(black) < 150_000
        coloured = rebuilt(pdf(b"0.8 0 0 rg\n" + lines))
        assert b"/DCTDecode" not in coloured
        assert len(coloured) < 200_000


class TestWhatGoes:
    def test_scripts_and_actions(self):
        js = b"<< /S /JavaScript /JS (app.alert\\('%s'\\)) >>" % CANARY
        data = pdf(
            text("seen"),
            catalog=b"/OpenAction %s /AA << /WC %s >>"
            b" /Names << /JavaScript << /Names [(a) %s] >> >>" % (js, js, js),
            page=b"/AA << /O << /S /Launch /F (%s) >> >>" % CANARY,
        )
        out = rebuilt(data)
        assert CANARY not in inflated(out)
        assert read_text(out).strip() == "seen"
        assert {Kind.SCRIPT, Kind.ACTION} <= kinds(data)

    def test_links_and_launch_buttons(self):
        data = pdf(
            text("press"),
            page=b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 90 90] /A"
            b" << /S /URI /URI (https://%s/) >> >> << /Type /Annot /Subtype /Link"
            b" /Rect [0 0 90 90] /A << /S /Launch /F (%s) >> >>]" % (CANARY, CANARY),
        )
        assert CANARY not in inflated(rebuilt(data))
        assert {Kind.LINK, Kind.ACTION} <= kinds(data)

    def test_attachments_with_their_hash(self):
        payload = b"MZ " + CANARY
        data = pdf(
            text("cover"),
            catalog=b"/Names << /EmbeddedFiles << /Names [(a.exe) 6 0 R] >> >>",
            extra=[
                b"<< /Type /Filespec /F (a.exe) /UF (a.exe) /EF << /F 7 0 R >> >>",
                stream(payload, b"/Type /EmbeddedFile"),
            ],
        )
        out, cleaned = clean(data)
        assert CANARY not in inflated(out)
        digests = {f.sha256 for f in cleaned.findings if f.kind is Kind.EMBEDDED_FILE}
        assert hashlib.sha256(payload).hexdigest() in digests

    def test_metadata_thumbnails_and_unknown_keys(self):
        data = pdf(
            text("seen"),
            catalog=b"/Metadata 6 0 R /PieceInfo << /X << /Private (%s) >> >> /Foo (%s)"
            % (CANARY, CANARY),
            extra=[
                stream(b"<x:xmpmeta>%s</x:xmpmeta>" % CANARY, b"/Type /Metadata /Subtype /XML"),
                b"<< /Title (%s) /Author (%s) >>" % (CANARY, CANARY),
                b"<< /Orphan (%s) >>" % CANARY,
            ],
            trailer=b"/Info 7 0 R",
        )
        assert CANARY not in inflated(rebuilt(data))
        assert Kind.METADATA in kinds(data)

    def test_what_stands_before_and_after_the_file(self):
        data = CANARY + b"\n" + pdf(text("seen")) + b"PK\x03\x04" + CANARY
        out, cleaned = clean(data)
        assert CANARY not in inflated(out)
        assert read_text(out).strip() == "seen"
        found = {f.kind: f.sha256 for f in cleaned.findings}
        assert found[Kind.UNKNOWN_DATA] == hashlib.sha256(CANARY + b"\n").hexdigest()
        assert Kind.TRAILING_DATA in found

    def test_xfa_goes_and_field_values_stay_as_text(self):
        data = pdf(
            text("Name:", x=50, y=700),
            catalog=b"/AcroForm << /Fields [6 0 R] /XFA [(a) 8 0 R] /NeedAppearances true"
            b" /DA (/F1 12 Tf 0 g) /DR << /Font << /F1 5 0 R >> >> >>",
            page=b"/Annots [6 0 R]",
            extra=[
                b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Suzuki) /F 4"
                b" /Rect [100 690 300 715] /DA (/F1 12 Tf 0 g) /AP << /N 7 0 R >>"
                b" /AA << /K << /S /JavaScript /JS (%s) >> >> >>" % CANARY,
                stream(
                    b"/Tx BMC q BT /F1 12 Tf 2 6 Td (Suzuki) Tj ET Q EMC",
                    b"/Type /XObject /Subtype /Form /BBox [0 0 200 25]"
                    b" /Resources << /Font << /F1 5 0 R >> >>",
                ),
                stream(b"<xdp>%s</xdp>" % CANARY),
            ],
        )
        out = rebuilt(data)
        assert CANARY not in inflated(out)
        assert "Suzuki" in read_text(out)
        ink = picture(out).crop((100, 842 - 715, 300, 842 - 690)).convert("L").histogram()
        assert sum(ink[:128]) > 20
        assert {Kind.FORM, Kind.SCRIPT} <= kinds(data)

    def test_names_in_object_streams_are_noticed(self):
        packed = zlib.compress(b"9 0 << /S /JavaScript /JS (x) >>")
        head = b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode"
        assert Kind.SCRIPT in kinds(pdf(text("seen"), extra=[stream(packed, head)]))

    def test_owner_only_encryption_is_opened(self):
        buffer = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf(text("readable")))) as document:
            document.save(buffer, encryption=pikepdf.Encryption(owner="o", user=""))
        out, cleaned = clean(buffer.getvalue())
        assert read_text(out).strip() == "readable"
        assert (Kind.ENCRYPTION, Action.REMOVED) in {(f.kind, f.action) for f in cleaned.findings}


class TestWhatIsRefused:
    def test_a_user_password_is_asked_for(self):
        buffer = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf(text("locked")))) as document:
            document.save(buffer, encryption=pikepdf.Encryption(owner="o", user="secret"))
        with pytest.raises(PasswordNeeded):
            clean(buffer.getvalue())

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", ReasonCode.EMPTY),
            (b"not a pdf", ReasonCode.DAMAGED),
            (b"%PDF-1.7\n", ReasonCode.DAMAGED),
            (pdf(b"", pages=0), ReasonCode.DAMAGED),
            (pdf(b"", size=(9, 9), pages=MAX_PAGES + 1), ReasonCode.TOO_MANY_PAGES),
        ],
    )
    def test_what_cannot_be_drawn_is_withheld(self, data, code):
        with pytest.raises(Withheld) as refusal:
            clean(data)
        assert refusal.value.code is code

    def test_the_output_budget_is_kept(self):
        with pytest.raises(Withheld) as refusal:
            clean(pdf(text("x"), pages=20), limits=Limits(output_bytes=10_000))
        assert refusal.value.code is ReasonCode.OUTPUT_TOO_LARGE

    def test_a_page_tree_that_loops_ends(self):
        data = assemble(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>",
                b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 1 >>",
            ]
        )
        with pytest.raises(Withheld) as refusal:
            clean(data)
        assert refusal.value.code is ReasonCode.DAMAGED

    def test_a_form_that_draws_itself_ends(self):
        form = b"/Type /XObject /Subtype /Form /BBox [0 0 99 99] /Resources"
        data = pdf(
            text("seen") + b"/X Do\n",
            page=b"/Resources << /Font << /F1 5 0 R >> /XObject << /X 6 0 R >> >>",
            extra=[stream(b"/X Do", form + b" << /XObject << /X 6 0 R >> >>")],
        )
        assert len(sizes(rebuilt(data))) == 1
