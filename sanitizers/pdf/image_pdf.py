"""PDF to image PDF (画像PDF化): every page as a picture, with its text underneath.

PDFium draws each page; our writer makes a new file of the pictures and an invisible
text layer. No object of the input is ever copied, so nothing of it can survive but
what was drawn and what was read as text. Kept: number, size and look of the pages,
their text. Everything else (scripts, actions, links, forms, attachments, metadata,
bookmarks, signatures) ends here and is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_PAGES
from sanitizers.model import Output
from sanitizers.pdf import _findings, _fonts, _pdfium, _raster, _shares, _text_layer
from sanitizers.pdf._sample import SAMPLE
from sanitizers.pdf._writer import PdfWriter, Placed
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld

MAX_LAYER_CHARS: Final = 10_000_000  # of a document; 2,000 dense pages have 6 million


def warm() -> None:
    """Start PDFium, map the fonts, and draw one page so that all code is loaded."""
    _pdfium.start()
    _fonts.install()
    _raster.warm()
    image_pdf(memoryview(SAMPLE), Nowhere(), Findings(), budget=10**7)


def image_pdf(
    data: memoryview,
    out: Output,
    findings: Findings,
    *,
    budget: int,
    passwords: tuple[str, ...] = (),
    in_shares: bool = False,
) -> int:
    """Write the image PDF of `data` to `out` (at most `budget` bytes), and return 1.

    A long document that may be drawn `in_shares` is not drawn: the return value is their
    number, and `findings` are those of the document as a whole.

    Raises:
        PasswordNeeded: none of `passwords` opens it, nor does the empty one.
        Withheld: empty, damaged, without pages, too many pages, output too large.
    """
    with _opened(data, passwords) as document:
        pages = range(_counted(document))
        _of_the_whole(data, document, findings)
        number = _shares.number_for(len(pages)) if in_shares else 1
        if number == 1:
            _draw(data, document, pages, PdfWriter(out, budget=budget), findings)
        return number


def draw_share(
    data: memoryview,
    out: Output,
    findings: Findings,
    share: str,
    *,
    budget: int,
    passwords: tuple[str, ...] = (),
) -> None:
    """Write the pages of one share ("3/20") for `join_shares`.

    Raises:
        PasswordNeeded, Withheld: as `image_pdf`.
        ValueError: no such share.
    """
    with _opened(data, passwords) as document:
        pages = _shares.pages_of(share, _counted(document))
        _draw(data, document, pages, _shares.ShareWriter(out, budget=budget), findings)


def join_shares(drawn: Iterable[memoryview], out: Output, *, budget: int) -> None:
    """Write the image PDF of all shares, the same as `image_pdf` would have written.

    Raises:
        Withheld: output too large.
        ValueError, KeyError, TypeError, struct.error: not what `draw_share` wrote.
    """
    writer = PdfWriter(out, budget=budget)
    _shares.join(drawn, writer)
    writer.finish()


def _counted(document: _pdfium.Document) -> int:
    pages = len(document)
    if pages < 1:
        raise Withheld(ReasonCode.DAMAGED, "no pages")
    if pages > MAX_PAGES:
        raise Withheld(ReasonCode.TOO_MANY_PAGES, f"{pages} pages")
    return pages


def _of_the_whole(data: memoryview, document: _pdfium.Document, findings: Findings) -> None:
    """What concerns the file as a whole."""
    _findings.of_bytes(data, findings)
    _findings.of_document(document, findings)
    findings.add(Kind.RASTERIZED, Action.CONVERTED, count=len(document))


def _draw(
    data: memoryview,
    document: _pdfium.Document,
    pages: range,
    writer: PdfWriter | _shares.ShareWriter,
    findings: Findings,
) -> None:
    if pdfium.FPDF_GetFormType(document.handle) != pdfium.FORMTYPE_NONE:
        document.start_form()
    unit = _findings.user_unit(data, len(document))
    characters, canvas = 0, _raster.Canvas()
    for index in pages:
        characters += _page(document, index, writer, canvas, findings, unit, characters)
    writer.finish()


@contextmanager
def _opened(data: memoryview, passwords: tuple[str, ...]) -> Iterator[_pdfium.Document]:
    """The document, by the first password that opens it."""
    with ExitStack() as stack:
        for password in ("", *passwords):
            try:
                document = stack.enter_context(_pdfium.open_document(data, password=password))
            except PasswordNeeded:
                continue
            yield document
            return
        raise PasswordNeeded("user password")


def _page(
    document: _pdfium.Document,
    index: int,
    writer: PdfWriter | _shares.ShareWriter,
    canvas: _raster.Canvas,
    findings: Findings,
    unit: float,
    characters: int,
) -> int:
    """Draw and read one page; returns how many characters its text has."""
    where = f"page {index + 1}"

    def read(page: _pdfium.Page) -> tuple[bytes, int]:
        return _text_layer.text_of(
            page, geometry, scale=scale, codes=writer.codes, findings=findings, where=where
        )

    with document.page(index) as page:
        geometry = page.geometry()
        scale = _scale(geometry, unit)
        width = max(geometry.width * scale, _pdfium.MIN_SIDE_POINTS)
        height = max(geometry.height * scale, _pdfium.MIN_SIDE_POINTS)
        annotations = _findings.of_page(document, page, findings, where)
        placed = list(_pictures(page, writer, canvas, width, height))
        text, count = b"", 0
        if characters >= MAX_LAYER_CHARS:
            findings.add(Kind.TRUNCATED, Action.NOTED, where="text layer")
        elif annotations:
            # Only now, after the page was drawn as it is: fields and annotations become
            # page content in PDFium's memory, so that their text is read below.
            pdfium.FPDFPage_Flatten(page.handle, pdfium.FLAT_NORMALDISPLAY)
        else:
            text, count = read(page)
    if annotations and characters < MAX_LAYER_CHARS:
        with document.page(index) as page:
            text, count = read(page)
    writer.page(width=width, height=height, pictures=placed, text=text)
    return count


def _scale(geometry: _pdfium.Geometry, unit: float) -> float:
    """Points per page unit: the user unit, less where the page would be over the limit."""
    longest = max(geometry.width, geometry.height)
    return min(unit, _pdfium.MAX_SIDE_POINTS / longest)


def _pictures(
    page: _pdfium.Page,
    writer: PdfWriter | _shares.ShareWriter,
    canvas: _raster.Canvas,
    width: float,
    height: float,
) -> Iterator[Placed]:
    """Write the page's pictures, each as soon as it is drawn."""
    raster = _raster.plan(page, width=width, height=height)
    row = height / raster.height
    for band in _raster.bands(page, raster, canvas):
        reference = writer.picture(band.picture)
        yield Placed(
            reference=reference,
            left=0,
            bottom=height - (band.top + band.picture.height) * row,
            width=width,
            height=band.picture.height * row,
        )


class Nowhere:
    """An output that only counts: for `warm`."""

    def __init__(self) -> None:
        self._length = 0

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        self._length += len(data)
        return len(data)

    def tell(self) -> int:
        return self._length
