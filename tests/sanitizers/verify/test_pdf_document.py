"""The verifier of rebuilt documents: what the writer writes passes, anything changed does not."""

import io
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.model import Method
from sanitizers.pdf._file import HEADER, FileWriter
from sanitizers.pdf._objects import Made, Target, Text, Word
from sanitizers.pdf.document import PdfDocument
from sanitizers.verify import Rejected
from sanitizers.verify._pdf_operators import check_operators
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.samples import clean, pdf, stream, text


def verify(data: bytes) -> None:
    PdfVerifier().verify(memoryview(data))


def refused(data: bytes) -> None:
    with pytest.raises(Rejected):
        verify(data)


@pytest.fixture(scope="module")
def good() -> bytes:
    """Two pages with text, a form, a bookmark and a link."""
    PdfDocument.warm()
    link = b"/Annots [<< /Subtype /Link /Rect [9 9 50 20] /Dest [3 0 R /XYZ null 5 null] >>]"
    data = pdf(
        text("words") + b"/Fm Do",
        page=link,
        pages=2,
        catalog=b"/Outlines 6 0 R /Lang (ja)",
        extra=[
            b"<< /First 7 0 R >>",
            b"<< /Title (here) /Dest [3 0 R /Fit] >>",
            stream(b"0 0 9 9 re f", b"/Subtype /Form /BBox [0 0 9 9]"),
        ],
    )
    old = b"/Resources << /Font << /F1 5 0 R >> >>"
    new = b"/Resources << /Font << /F1 5 0 R >> /XObject << /Fm 8 0 R >> >>"
    out, _ = clean(data.replace(old, new), method=Method.SANITIZE)
    return out


class Maker:
    """Writes documents object by object, as an attacker with our writer would."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.file = FileWriter(self.out, budget=10**9)
        self.root: dict[str, Made] = {"Type": Word("Catalog")}
        self.page: dict[str, Made] = {
            "Type": Word("Page"), "MediaBox": [0, 0, 100, 100], "Resources": {},
        }  # fmt: skip
        self.pages: dict[str, Made] = {"Type": Word("Pages"), "Count": 1}
        self.info: Target | None = None

    def made(self) -> bytes:
        top, page = self.file.reserve(), self.file.reserve()
        self.page.setdefault("Parent", top)
        self.pages.setdefault("Kids", [page])
        self.root.setdefault("Pages", top)
        self.file.put(top, self.pages)
        self.file.put(page, self.page)
        self.file.finish(self.file.add(self.root), self.info)
        return self.out.getvalue()


def test_our_own_output_is_accepted(good):
    verify(good)


def test_the_makers_plain_document_is_accepted():
    verify(Maker().made())


@pytest.mark.parametrize(
    ("where", "entries"),
    [
        ("root", {"OpenAction": {"S": Word("JavaScript"), "JS": Text(b"x")}}),
        ("root", {"AA": {}}),
        ("root", {"Names": {}}),
        ("root", {"AcroForm": {"Fields": []}}),
        ("root", {"OCProperties": {}}),
        ("root", {"Metadata": 1}),
        ("root", {"Type": Word("catalog")}),
        ("root", {"Lang": Text(b"not a tag")}),
        ("root", {"PageMode": Word("UseAttachments")}),
        ("root", {"PageLabels": {"Nums": [1, {}, 0, {}]}}),
        ("root", {"ViewerPreferences": {"HideMenubar": True}}),
        ("pages", {"Count": 2}),
        ("pages", {"AA": {}}),
        ("page", {"AA": {"O": {"S": Word("Launch")}}}),
        ("page", {"Rotate": 45}),
        ("page", {"Rotate": 0}),
        ("page", {"MediaBox": [0, 0, 0, 100]}),
        ("page", {"MediaBox": [0, 0, 100]}),
        ("page", {"Annots": []}),
        ("page", {"Resources": {"Font": {}}}),
        ("page", {"Resources": {"Properties": {"A": 1}}}),
        ("page", {"Thumb": 1}),
        ("page", {"UserUnit": True}),
        ("page", {"Group": {"S": Word("Transparency"), "X": 1}}),
    ],
)
def test_an_unknown_key_or_value_is_refused(where, entries):
    maker = Maker()
    getattr(maker, where).update(entries)
    refused(maker.made())


ANNOTATION = {
    "Type": Word("Annot"), "Subtype": Word("Link"), "Rect": [0, 0, 9, 9], "F": 4,
    "Border": [0, 0, 1],
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"Subtype": Word("Widget")},
        {"A": {"Type": Word("Action"), "S": Word("Launch"), "URI": Text(b"http://a")}},
        {"A": {"Type": Word("Action"), "S": Word("URI"), "URI": Text(b"javascript:x")}},
        {"A": {"Type": Word("Action"), "S": Word("URI"), "URI": Text(b"file:///x")}},
        {"A": {"Type": Word("Action"), "S": Word("URI"), "URI": Text(b"http://a b")}},
        {"AP": {}},
        {"AA": {}},
        {"Contents": Text(b"x")},
        {},
    ],
)
def test_only_links_to_pages_and_the_web_are_annotations(change):
    maker = Maker()
    maker.page["Annots"] = [maker.file.add({**ANNOTATION, **change})]
    refused(maker.made())


def test_a_web_link_is_accepted():
    maker = Maker()
    action: Made = {"Type": Word("Action"), "S": Word("URI"), "URI": Text(b"https://a.jp/?b")}
    maker.page["Annots"] = [maker.file.add({**ANNOTATION, "A": action})]
    verify(maker.made())


@pytest.mark.parametrize(
    "contents",
    [
        b"(x) Tj % comment",
        b"/F1 12 Tf",
        b"/X1 Do",
        b"q",
        b"Q",
        b"BT BT ET ET",
        b"(a\\051) Tj",
        b"(a(b)) Tj",
        b"<6a> Tj",
        b"1 w  2 w",
        b"1 2 w",
        b"foo",
        b"BI ID EI",
        b"/Perceptual /Perceptual ri",
        b"1 0 0 1 0 cm",
        b"/A BMC EMC",
        b"EMC",
        b"9 Tr",
        b"1e5 w",
        b"1 0 d0",
        b"\0",
    ],
)
def test_an_instruction_that_is_not_allowed_is_refused(contents):
    maker = Maker()
    maker.page["Contents"] = maker.file.stream({}, contents)
    refused(maker.made())


def test_a_resource_that_nothing_uses_is_refused():
    maker = Maker()
    state = maker.file.add({"Type": Word("ExtGState"), "LW": 2})
    maker.page["Resources"] = {"ExtGState": {"G1": state}}
    maker.page["Contents"] = maker.file.stream({}, b"1 w")
    refused(maker.made())


@pytest.mark.parametrize(
    "entries",
    [
        {"TR": Word("Identity")},
        {"SMask": {"Type": Word("Mask"), "S": Word("Luminosity")}},
        {"BM": [Word("Multiply")]},
        {"CA": 2},
        {"Unknown": 1},
    ],
)
def test_a_graphics_state_of_another_key_is_refused(entries):
    maker = Maker()
    state = maker.file.add({"Type": Word("ExtGState"), **entries})
    maker.page["Resources"] = {"ExtGState": {"G1": state}}
    maker.page["Contents"] = maker.file.stream({}, b"/G1 gs")
    refused(maker.made())


@pytest.mark.parametrize(
    "entries",
    [
        {"BaseFont": Word("x" * 80)},
        {"Encoding": Word("StandardEncoding2")},
        {"Widths": [1, 2], "FirstChar": 1, "LastChar": 1},
        {"Name": Word("F1")},
        {"Subtype": Word("Type2")},
    ],
)
def test_a_font_of_another_key_is_refused(entries):
    maker = Maker()
    font = {"Type": Word("Font"), "Subtype": Word("Type1"), "BaseFont": Word("Helvetica")}
    made = maker.file.add({**font, **entries})
    maker.page["Resources"] = {"Font": {"F1": made}}
    maker.page["Contents"] = maker.file.stream({}, b"/F1 1 Tf")
    refused(maker.made())


@pytest.mark.parametrize("key", ["F", "FFilter", "DL", "Metadata"])
def test_a_stream_with_another_key_is_refused(key):
    maker = Maker()
    maker.page["Contents"] = maker.file.stream({key: 1}, b"1 w")
    refused(maker.made())


def test_an_object_in_two_roles_is_refused():
    maker = Maker()
    both = maker.file.stream({}, b"1 w")
    maker.page["Contents"] = both
    maker.page["Resources"] = {"XObject": {"X1": both}}
    refused(maker.made())


def test_bytes_before_and_after_are_refused(good):
    refused(b" " + good)
    refused(good + b"\n")
    refused(good + good)


def test_an_object_between_others_is_refused(good):
    extra = b"9999 0 obj\n<< /Length 1 >>\nstream\nx\nendstream\nendobj\n"
    at = len(HEADER)
    refused(good[:at] + extra + good[at:])


def test_a_gap_is_refused(good):
    at = good.index(b"endobj\n") + len(b"endobj\n")
    refused(good[:at] + b"\n" + good[at:])
    refused(good[:at] + b"% comment\n" + good[at:])


def test_data_after_a_compressed_stream_are_refused():
    maker = Maker()
    packed = zlib.compress(b"1 w") + b"hidden"
    maker.page["Contents"] = maker.file.stream(
        {"Filter": Word("FlateDecode")}, packed, deflate=False
    )
    refused(maker.made())


def test_a_changed_byte_is_refused_but_where_it_only_draws_otherwise(good):
    kept = 0
    for at in range(0, len(good), 3):
        try:
            verify(good[:at] + bytes([good[at] ^ 0x20]) + good[at + 1 :])
        except Rejected:
            continue
        kept += 1
    assert kept < len(good) / 3 / 10


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_cut_and_shuffled_files_are_refused(good, data):
    first = data.draw(st.integers(0, len(good)))
    last = data.draw(st.integers(first, len(good)))
    if good[:first] + good[last:] != good:
        refused(good[:first] + good[last:])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80))
def test_arbitrary_contents_end_clearly(data):
    try:
        check_operators(data, {})
    except Rejected:
        return
    assert re.fullmatch(rb"[ -~\n]*", data) or b"(" in data
