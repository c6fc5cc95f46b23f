"""Spaces that stand for device colours (8.6.5.6): kept where they change how a page looks."""

import io

import pikepdf
import pytest

from sanitizers.model import Method
from sanitizers.verify import Rejected
from sanitizers.verify._pdf_graphics import RESOURCES
from sanitizers.verify._pdf_objects import Array, Dictionary, Name
from sanitizers.verify._pdf_rules import Walk
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.hidden_places import page_with
from tests.sanitizers.pdf.samples import clean, picture, stream

FILL = b"0.5 0.2 0.7 rg 100 100 200 200 re f /X Do\n"
FORM = stream(
    b"0.5 0.2 0.7 rg 300 300 100 100 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 500 500]"
)
DARK = b"[/CalRGB << /WhitePoint [0.9505 1 1.089] /Gamma [4 4 4] >>]"


def page(space: bytes, key: bytes = b"DefaultRGB") -> bytes:
    resources = b"/ColorSpace << /%s %s >> /XObject << /X 6 0 R >>" % (key, space)
    return page_with(resources, FILL, FORM)


def rebuilt(data: bytes) -> bytes:
    out, cleaned = clean(data, method=Method.SANITIZE)
    PdfVerifier().verify(memoryview(out))
    assert cleaned.method is Method.SANITIZE
    return out


def spaces(data: bytes) -> set[str]:
    with pikepdf.open(io.BytesIO(data)) as document:
        return set(document.pages[0].Resources.get("/ColorSpace", {}))


def test_a_space_in_the_place_of_a_device_stays_and_looks_the_same():
    data = page(DARK)
    made = rebuilt(data)
    assert spaces(made) == {"/DefaultRGB"}
    assert picture(made).tobytes() == picture(data).tobytes()


@pytest.mark.parametrize(
    ("key", "space"),
    [
        (b"DefaultRGB", b"/DeviceRGB"),
        (b"DefaultRGB", b"/Pattern"),
        (b"DefaultRGB", b"[/CalGray << /WhitePoint [1 1 1] >>]"),
        (b"DefaultGray", DARK),
        (b"DefaultRGB", b"[/Lab << /WhitePoint [1 1 1] >>]"),
        (b"DefaultCMYK", b"[/Separation /cdrcanary /DeviceGray 6 0 R]"),
        (b"DefaultOther", DARK),
    ],
)
def test_what_cannot_stand_for_a_device_is_gone(key, space):
    assert spaces(rebuilt(page(space, key))) == set()


@pytest.mark.parametrize(
    "space",
    [Name("DeviceRGB"), Name("Pattern"),
     Array([Name("CalGray"), Dictionary(WhitePoint=Array([1, 1, 1]))])],
)  # fmt: skip
def test_the_verifier_rejects_it_too(space):
    good = Array([Name("CalRGB"), Dictionary(WhitePoint=Array([1, 1, 1]))])
    RESOURCES(Walk({}), Dictionary(ColorSpace=Dictionary(DefaultRGB=good)))
    with pytest.raises(Rejected):
        RESOURCES(Walk({}), Dictionary(ColorSpace=Dictionary(DefaultRGB=space)))
