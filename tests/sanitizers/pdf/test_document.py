"""A rebuilt document is still the document: text, look, bookmarks, links, labels, fields."""

import io

import pikepdf
import pytest

from sanitizers.findings import Action, Kind
from sanitizers.model import Method
from sanitizers.pdf._cmap import PREDEFINED
from sanitizers.pdf.document import PdfDocument
from sanitizers.reasons import PasswordNeeded
from sanitizers.registry import sanitizers_of
from tests.sanitizers.pdf.hidden_places import packed
from tests.sanitizers.pdf.samples import (
    HELVETICA,
    assemble,
    clean,
    findings,
    pdf,
    picture,
    read_text,
    sizes,
    stream,
    text,
    with_resources,
)
from tests.sanitizers.pdf.samples import verified as rebuilt


def opened(data: bytes, **options: object) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(rebuilt(data, **options)))


def same_picture(before: bytes, after: bytes, page: int = 0) -> bool:
    return picture(before, page).tobytes() == picture(after, page).tobytes()


def japanese(encoding: bytes) -> bytes:
    """A CID font that is not embedded."""
    return (
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin /Encoding /%s /DescendantFonts"
        b" [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin /CIDSystemInfo"
        b" << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>] >>" % encoding
    )


class TestWhatStays:
    def test_the_registry_finds_it_and_sanitize_is_its_default(self):
        found = sanitizers_of("pdf")["application/pdf"]
        assert isinstance(found, PdfDocument)
        assert found.methods[0] is Method.SANITIZE

    def test_text_and_look(self):
        data = pdf(text("Hello gateway") + b"1 0 0 rg 50 50 100 80 re f 0 0 1 RG 9 9 m 99 80 l S")
        out = rebuilt(data)
        assert read_text(out) == "Hello gateway"
        assert same_picture(data, out)

    def test_equal_input_gives_equal_bytes(self):
        data = pdf(text("same"), catalog=b"/Lang (ja-JP)")
        assert rebuilt(data) == rebuilt(data)

    def test_a_simple_file_has_nothing_to_report(self):
        assert findings(pdf(text("plain"))) == set()

    def test_objects_that_hold_others_are_no_remains(self):
        assert findings(packed(b"")) == set()
        found = findings(packed(b"", unused=b"(left behind)"))
        assert found == {(Kind.UNKNOWN_DATA, Action.REMOVED)}

    @pytest.mark.parametrize("name", sorted(PREDEFINED))
    def test_a_predefined_map_is_kept_by_its_name(self, name):
        opened_ = opened(pdf(b"BT /F1 9 Tf <3042> Tj ET", font=japanese(name.encode())))
        assert opened_.pages[0].Resources.Font.F1.Encoding == f"/{name}"

    def test_a_map_that_no_viewer_has_is_drawn(self):
        data = pdf(b"BT /F1 9 Tf <3042> Tj ET", font=japanese(b"cdrcanary-H"))
        assert (Kind.RASTERIZED, Action.CONVERTED) in findings(data)
        assert b"cdrcanary" not in rebuilt(data)

    def test_boxes_rotation_and_unit(self):
        page = b"/CropBox [100 100 50 20] /Rotate 450 /UserUnit 2.5 /TrimBox [1 1 2 2]"
        document = opened(pdf(text("x"), page=page))
        found = document.pages[0].obj
        assert [int(v) for v in found.CropBox] == [50, 20, 100, 100]
        assert found.Rotate == 90
        assert float(found.UserUnit) == 2.5
        assert [int(v) for v in found.TrimBox] == [1, 1, 2, 2]

    def test_inherited_entries_of_the_page_tree(self):
        data = assemble(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 70 90] /Rotate 180"
                b" /Resources << /Font << /F1 5 0 R >> >> >>",
                b"<< /Type /Page /Parent 2 0 R /Contents [4 0 R 4 0 R] >>",
                stream(text("up", x=5, y=5)),
                HELVETICA,
            ]
        )
        out = rebuilt(data)
        assert sizes(out) == [(70, 90)]
        assert same_picture(data, out)

    def test_a_thousand_pages_in_a_balanced_tree(self):
        data = pdf(text("x"), pages=1000)
        document = opened(data)
        assert len(document.pages) == 1000

    def test_title_and_language(self):
        data = pdf(
            text("x"),
            catalog=b"/Lang (ja) /ViewerPreferences << /DisplayDocTitle true >>",
            trailer=b"/Info 6 0 R",
            extra=[b"<< /Title <FEFF7121 5BB35316 0007> /Author (A) >>"],
        )
        document = opened(data)
        assert str(document.docinfo.Title) == "無害化"
        assert list(document.docinfo.keys()) == ["/Title"]
        assert str(document.Root.Lang) == "ja"
        assert document.Root.ViewerPreferences.DisplayDocTitle is True

    def test_page_labels(self):
        catalog = b"/PageLabels << /Kids [6 0 R] >>"
        extra = [b"<< /Nums [0 << /S /r >> 1 << /S /D /St 5 /P (A-) >>] /Limits [0 1] >>"]
        document = opened(pdf(text("x"), pages=2, catalog=catalog, extra=extra))
        assert [page.label for page in document.pages] == ["i", "A-5"]

    def test_bookmarks_with_their_levels_and_places(self):
        data = pdf(
            text("x"),
            pages=1,
            catalog=b"/Outlines 6 0 R /Names << /Dests << /Names [(n) [3 0 R /XYZ 1 2 null]] >> >>",
            extra=[
                b"<< /First 7 0 R /Last 9 0 R /Count 2 >>",
                b"<< /Title (one) /Dest (n) /Next 9 0 R /First 8 0 R /Last 8 0 R /Count -1 >>",
                b"<< /Title (one.one) /A << /S /GoTo /D [3 0 R /FitH 7] >> >>",
                b"<< /Title <FEFF4E8C> /Dest [3 0 R /Nonsense] /Next 7 0 R /C [1 0 0] /F 2 >>",
            ],
        )
        with opened(data).open_outline() as outline:
            first, second = outline.root
            assert [item.title for item in (first, first.children[0], second)] == [
                "one", "one.one", "二",
            ]  # fmt: skip
            assert first.is_closed
            assert str(first.destination[1]) == "/XYZ"
            assert str(first.children[0].destination[1]) == "/FitH"
            assert str(second.destination[1]) == "/Fit"

    @pytest.mark.parametrize(
        "target", [b"/Dest [3 0 R /Fit]", b"/A << /S /GoTo /D [3 0 R /Fit] >>", b"/Dest /old"]
    )
    def test_links_within_the_document(self, target):
        page = b"/Annots [<< /Subtype /Link /Rect [9 9 50 20] /Border [0 0 0] %s >>]" % target
        data = pdf(text("x"), page=page, catalog=b"/Dests << /old << /D [3 0 R /Fit] >> >>")
        document = opened(data)
        (link,) = document.pages[0].obj.Annots
        assert link.Dest[0].objgen == document.pages[0].obj.objgen
        assert findings(data) == set()

    def test_links_to_the_web_go_by_default_and_stay_by_policy(self):
        page = (
            b"/Annots [<< /Subtype /Link /Rect [9 9 50 20] /Border [0 0 0]"
            b" /A << /S /URI /URI (https://example.jp/a?b=c) >> >>]"
        )
        data = pdf(text("x"), page=page)
        document = opened(data)
        assert "/Annots" not in document.pages[0].obj
        assert (Kind.LINK, Action.REMOVED) in findings(data)
        document = opened(data, options={"links": "keep"})
        (link,) = document.pages[0].obj.Annots
        assert str(link.A.URI) == "https://example.jp/a?b=c"

    @pytest.mark.parametrize(
        "address",
        [b"javascript:alert\\(1\\)", b"file:///etc/passwd", b"http://a b", b"https://\xe3\x81\x82",
         b"//host/path", b"httpx://a", b"http://a/\\nX", b"mailto:a@example.jp"],
    )  # fmt: skip
    def test_other_addresses_never_stay(self, address):
        page = b"/Annots [<< /Subtype /Link /Rect [9 9 50 20] /A << /S /URI /URI (%s) >> >>]"
        data = pdf(text("x"), page=page % address)
        document = opened(data, options={"links": "keep"})
        assert "/Annots" not in document.pages[0].obj


class TestFlattened:
    def test_an_appearance_is_drawn_into_its_rectangle(self):
        look = stream(
            b"1 0 0 rg 0 0 20 10 re f",
            b"/Subtype /Form /BBox [0 0 20 10] /Matrix [0 1 -1 0 0 0] /Type /XObject",
        )
        page = b"/Annots [<< /Subtype /Stamp /Rect [100 200 150 300] /F 4 /AP << /N 6 0 R >> >>]"
        data = pdf(text("x"), page=page, extra=[look])
        assert same_picture(data, rebuilt(data))

    def test_the_state_of_a_check_box_chooses_its_appearance(self):
        on = stream(b"0 1 0 rg 0 0 9 9 re f", b"/Subtype /Form /BBox [0 0 9 9]")
        off = stream(b"1 0 0 rg 0 0 9 9 re f", b"/Subtype /Form /BBox [0 0 9 9]")
        field = (
            b"<< /Subtype /Widget /FT /Btn /Rect [50 50 59 59] /AS /Yes /V /Yes /F 4"
            b" /AP << /N << /Yes 7 0 R /Off 8 0 R >> >> >>"
        )
        data = pdf(
            text("x"), page=b"/Annots [6 0 R]", catalog=b"/AcroForm << /Fields [6 0 R] >>",
            extra=[field, on, off],
        )  # fmt: skip
        out = rebuilt(data)
        assert picture(out).getpixel((54, 842 - 54)) == (0, 255, 0)
        assert (Kind.FORM, Action.CONVERTED) in findings(data)

    @pytest.mark.parametrize(
        ("value", "words"), [(b"(typed words)", "typed words"), (b"<FEFF6C0F540D>", "氏名")]
    )
    def test_a_field_without_an_appearance_shows_its_value(self, value, words):
        field = (
            b"<< /Subtype /Widget /FT /Tx /T (a) /V %s /Rect [50 50 300 70] /F 4"
            b" /DA (/Helv 11 Tf 0 0 1 rg) >>" % value
        )
        data = pdf(
            b"", page=b"/Annots [6 0 R]", extra=[field],
            catalog=b"/AcroForm << /NeedAppearances true /Fields [6 0 R] >>",
        )  # fmt: skip
        assert read_text(rebuilt(data)) == words

    def test_a_password_field_shows_nothing(self):
        field = b"<< /Subtype /Widget /FT /Tx /Ff 8192 /V (secret) /Rect [50 50 300 70] /F 4 >>"
        data = pdf(text("x"), page=b"/Annots [6 0 R]", extra=[field])
        assert "secret" not in read_text(rebuilt(data))

    @pytest.mark.parametrize(
        ("annotation", "point", "colour"),
        [
            (b"/Subtype /Highlight /C [1 1 0] /QuadPoints [10 60 90 60 10 20 90 20]", (50, 40),
             (255, 255, 0)),
            (b"/Subtype /Square /C [1 0 0] /IC [0 1 0] /BS << /W 4 >>", (50, 40), (0, 255, 0)),
            (b"/Subtype /Circle /IC [0 0 1]", (50, 40), (0, 0, 255)),
            (b"/Subtype /Line /L [10 40 90 40] /C [1 0 0] /BS << /W 6 >>", (50, 40), (255, 0, 0)),
            (b"/Subtype /Ink /InkList [[10 40 50 40 90 40]] /C [1 0 0] /BS << /W 6 >>", (50, 40),
             (255, 0, 0)),
            (b"/Subtype /Polygon /Vertices [10 20 90 20 50 60] /IC [1 0 1]", (50, 30),
             (255, 0, 255)),
            (b"/Subtype /PolyLine /Vertices [10 40 50 40 90 40] /C [1 0 0] /BS << /W 6 >>",
             (50, 40), (255, 0, 0)),
            (b"/Subtype /StrikeOut /C [1 0 0] /QuadPoints [10 70 90 70 10 10 90 10]", (50, 37),
             (255, 0, 0)),
        ],
    )  # fmt: skip
    def test_shapes_without_an_appearance_are_drawn(self, annotation, point, colour):
        page = b"/Annots [<< /Rect [10 20 90 60] /F 4 %s >>]" % annotation
        out = rebuilt(pdf(b"", size=(100, 80), page=page))
        assert picture(out).getpixel((point[0], 80 - point[1])) == colour

    def test_free_text_is_text(self):
        page = (
            b"/Annots [<< /Subtype /FreeText /Rect [10 20 190 60] /F 4 /Contents (said here)"
            b" /DA (/Helv 10 Tf) >>]"
        )
        assert "said here" in read_text(rebuilt(pdf(b"", page=page)))


class TestGraphics:
    def test_forms_states_and_nesting(self):
        data = with_resources(
            pdf(
                b"/G gs /Fm Do",
                extra=[
                    stream(
                        b"0 1 0 rg 0 0 50 50 re f /In Do",
                        b"/Subtype /Form /BBox [0 0 99 99]"
                        b" /Resources << /XObject << /In 7 0 R >> >>",
                    ),
                    stream(b"1 0 0 rg 0 0 20 20 re f", b"/Subtype /Form /BBox [0 0 9 9]"),
                ],
            ),
            b"/XObject << /Fm 6 0 R >> /ExtGState << /G << /ca 0.5 /BM /Multiply >> >>",
        )
        assert same_picture(data, rebuilt(data))

    def test_a_tiling_pattern(self):
        data = with_resources(
            pdf(
                b"/Pattern cs /P1 scn 0 0 200 200 re f",
                extra=[
                    stream(
                        b"1 0 0 rg 0 0 5 5 re f",
                        b"/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 10"
                        b" /YStep 10 /Resources << >>",
                    )
                ],
            ),
            b"/Pattern << /P1 6 0 R >>",
        )
        assert same_picture(data, rebuilt(data))

    def test_a_soft_mask_of_a_group(self):
        mask = stream(
            b"1 g 0 0 50 99 re f",
            b"/Subtype /Form /BBox [0 0 99 99] /Group << /S /Transparency /CS /DeviceGray >>",
        )
        data = with_resources(
            pdf(b"/G gs 1 0 0 rg 0 0 99 99 re f", extra=[mask]),
            b"/ExtGState << /G << /SMask << /S /Luminosity /G 6 0 R >> >> >>",
        )
        assert same_picture(data, rebuilt(data))

    def test_a_type_3_font_keeps_its_glyphs(self):
        font = (
            b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 10 10] /FontMatrix [.1 0 0 .1 0 0]"
            b" /CharProcs << /box 6 0 R /A 7 0 R >> /FirstChar 97 /LastChar 98 /Widths [10 10]"
            b" /Encoding << /Differences [97 /box /A] >> >>"
        )
        data = pdf(
            b"BT /F1 20 Tf 50 50 Td (ab) Tj ET", font=font,
            extra=[stream(b"10 0 0 0 9 9 d1 0 0 9 9 re f"), stream(b"10 0 d0 0 0 5 5 re f")],
        )  # fmt: skip
        out = rebuilt(data)
        assert same_picture(data, out)
        assert b"/box" not in out

    def test_content_of_a_hidden_layer_is_dropped(self):
        data = pdf(
            text("shown") + b"/OC /Off BDC BT /F1 12 Tf 9 9 Td (concealed) Tj ET EMC",
            catalog=b"/OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] >> >>",
            extra=[b"<< /Type /OCG /Name (x) >>"],
        )
        data = with_resources(data, b"/Properties << /Off 6 0 R >>")
        assert read_text(rebuilt(data)) == "shown"
        assert (Kind.HIDDEN_TEXT, Action.REMOVED) in findings(data)


class TestEncryption:
    def encrypted(self, **words: str) -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(pdf(text("locked words")))) as document:
            document.save(out, encryption=pikepdf.Encryption(**words))
        return out.getvalue()

    def test_an_owner_password_alone_is_opened(self):
        data = self.encrypted(owner="boss", user="")
        assert read_text(rebuilt(data)) == "locked words"
        assert (Kind.ENCRYPTION, Action.REMOVED) in findings(data)

    def test_a_user_password_is_asked_for(self):
        with pytest.raises(PasswordNeeded):
            clean(self.encrypted(owner="boss", user="word"), method=Method.SANITIZE)

    @pytest.mark.parametrize("method", [Method.SANITIZE, Method.IMAGE_PDF])
    def test_passwords_are_tried_in_order(self, method):
        data = self.encrypted(owner="boss", user="word")
        out, _ = clean(data, method=method, passwords=("wrong", "word"))
        assert read_text(out).strip() == "locked words"
