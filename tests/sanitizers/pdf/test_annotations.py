"""Annotations of turned pages: flattened where and how a viewer shows them."""

import pytest

from sanitizers.model import Method
from sanitizers.verify.pdf import PdfVerifier
from tests.sanitizers.pdf.samples import clean, pdf, picture, stream

#: Red on the left, blue on the right, 40 points wide and 20 high.
LOOK = stream(
    b"1 0 0 rg 0 0 20 20 re f 0 0 1 rg 20 0 20 20 re f", b"/Subtype /Form /BBox [0 0 40 20]"
)
#: Where the upper left corner of the rectangle is seen, by the turn of the page (pixels).
CORNERS = {0: (100, 222), 90: (620, 100), 180: (495, 620), 270: (222, 495)}


def seen(kind: bytes, flags: int, rotate: int) -> tuple[object, object]:
    """The colours right and left below the corner, as an upright annotation shows them."""
    annotation = b"<< /Subtype /%s /Rect [100 600 140 620] /F %d /AP << /N 6 0 R >> >>" % (
        kind, flags,
    )  # fmt: skip
    page = b"/Rotate %d /Annots [%s]" % (rotate, annotation)
    out, _ = clean(pdf(b"", page=page, extra=[LOOK]), method=Method.SANITIZE)
    PdfVerifier().verify(memoryview(out))
    x, y = CORNERS[rotate]
    image = picture(out)
    return image.getpixel((x + 10, y + 10)), image.getpixel((x + 30, y + 10))


@pytest.mark.parametrize("rotate", sorted(CORNERS))
@pytest.mark.parametrize(("kind", "flags"), [(b"Stamp", 16), (b"Text", 4), (b"FreeText", 20)])
def test_what_does_not_turn_with_the_page_stays_upright(kind, flags, rotate):
    assert seen(kind, flags, rotate) == ((255, 0, 0), (0, 0, 255))


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_what_turns_with_the_page_is_turned(rotate):
    assert seen(b"Stamp", 4, rotate) != ((255, 0, 0), (0, 0, 255))
