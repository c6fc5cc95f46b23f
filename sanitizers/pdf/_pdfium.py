"""PDFium, opened once, over bytes in memory: the only door to its C interface.

The raw binding is used (not the helper package) so that nothing here depends on
finalizers, lazy imports or locks. No JavaScript engine and no XFA are compiled into
the binding, the form environment is given no platform callbacks, and none of the
`FORM_Do…Action` functions is ever called, so no action of a document can run. Form
widgets are drawn by `FPDF_FFLDraw` only. This module must never open a file.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

from sanitizers.buffer import borrowed
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld

#: ISO 32000-2, annex C: the longest side of a page, points (200 inches).
MAX_SIDE_POINTS: Final = 14_400.0
#: A page of no height cannot be drawn; the brief's smallest page is 1 point.
MIN_SIDE_POINTS: Final = 1.0


def start() -> None:
    """Start the library; later calls do nothing (PDFium itself keeps the flag)."""
    config = pdfium.FPDF_LIBRARY_CONFIG(version=2)
    pdfium.FPDF_InitLibraryWithConfig(ctypes.byref(config))


def address_of(thing: Any) -> int:
    """Where a function of the library, or what a handle points to, lies in memory."""
    return ctypes.cast(thing, ctypes.c_void_p).value or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Where a page's box lies in its own space, and how it is turned for display."""

    left: float
    bottom: float
    right: float
    top: float
    quarter_turns: int  # clockwise, 0..3

    @property
    def width(self) -> float:
        """Displayed width in the page's own units."""
        return self._sides()[self.quarter_turns % 2]

    @property
    def height(self) -> float:
        """Displayed height in the page's own units."""
        return self._sides()[(self.quarter_turns + 1) % 2]

    def _sides(self) -> tuple[float, float]:
        return self.right - self.left, self.top - self.bottom


class Page:
    """One loaded page. Closed by `Document.page`."""

    def __init__(self, document: Document, handle: Any) -> None:
        self.document = document
        self.handle = handle

    def geometry(self) -> Geometry:
        """The displayed box (crop box within media box) and the rotation.

        Raises:
            Withheld: the page has no box that could be drawn.
        """
        box = pdfium.FS_RECTF()
        if not pdfium.FPDF_GetPageBoundingBox(self.handle, ctypes.byref(box)):
            raise Withheld(ReasonCode.DAMAGED, "a page without a box")
        turns = pdfium.FPDFPage_GetRotation(self.handle)
        found = Geometry(
            left=box.left,
            bottom=box.bottom,
            right=box.right,
            top=box.top,
            quarter_turns=turns % 4,
        )
        for side in (found.width, found.height):
            if not 0 < side < 10**7:  # NaN and infinity fail this too
                raise Withheld(ReasonCode.DAMAGED, "a page of impossible size")
        return found

    def render(self, pixels: bytearray, *, width: int, height: int, top: int, rows: int) -> None:
        """Draw rows `top`..`top + rows` of the page, scaled to `width` × `height`.

        `pixels` receives rows of R, G, B, 255 on white; it holds `width * rows * 4`.
        (PDFium ends the process on some pages when it is to draw into a grey bitmap.)
        """
        target = (ctypes.c_ubyte * (width * rows * 4)).from_buffer(pixels)
        bitmap = pdfium.FPDFBitmap_CreateEx(width, rows, pdfium.FPDFBitmap_BGRx, target, width * 4)
        if not bitmap:
            raise Withheld(ReasonCode.OUT_OF_MEMORY, "no bitmap")
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, rows, 0xFFFFFFFF)
            area = (bitmap, self.handle, 0, -top, width, height, 0)
            flags = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER
            pdfium.FPDF_RenderPageBitmap(*area, flags)
            if self.document.form:
                pdfium.FPDF_FFLDraw(self.document.form, *area, flags)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)


class Document:
    """An opened document. Use `open_document`."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.form: Any = None
        self._form_info: Any = None

    def __len__(self) -> int:
        return int(pdfium.FPDF_GetPageCount(self.handle))

    def start_form(self) -> None:
        """Prepare the drawing of form widgets (no scripts, no callbacks, no highlight)."""
        self._form_info = pdfium.FPDF_FORMFILLINFO(version=2)
        self.form = pdfium.FPDFDOC_InitFormFillEnvironment(
            self.handle, ctypes.byref(self._form_info)
        )
        if self.form:
            pdfium.FPDF_SetFormFieldHighlightAlpha(self.form, 0)

    def end_form(self) -> None:
        """Take the form environment down before the document closes."""
        if self.form:
            pdfium.FPDFDOC_ExitFormFillEnvironment(self.form)
            self.form = None

    @contextmanager
    def page(self, index: int) -> Iterator[Page]:
        """Page `index` (from 0).

        Raises:
            Withheld: the page cannot be read.
        """
        handle = pdfium.FPDF_LoadPage(self.handle, index)
        if not handle:
            raise Withheld(ReasonCode.DAMAGED, f"page {index + 1} cannot be loaded")
        if self.form:
            pdfium.FORM_OnAfterLoadPage(handle, self.form)
        try:
            yield Page(self, handle)
        finally:
            if self.form:
                pdfium.FORM_OnBeforeClosePage(handle, self.form)
            pdfium.FPDF_ClosePage(handle)


@contextmanager
def open_document(data: memoryview, *, password: str = "") -> Iterator[Document]:
    """Open the bytes of `data` in place; they must stay unchanged meanwhile.

    Raises:
        PasswordNeeded: a user password protects it.
        Withheld: empty, damaged, or locked by a handler that PDFium does not know.
    """
    if not data.nbytes:
        raise Withheld(ReasonCode.EMPTY)
    key = password.encode("utf-8") if password else None
    with borrowed(data) as (address, size):
        handle = pdfium.FPDF_LoadMemDocument64(ctypes.c_void_p(address), size, key)
        if not handle:
            raise _refusal(int(pdfium.FPDF_GetLastError()))
        document = Document(handle)
        try:
            yield document
        finally:
            document.end_form()
            pdfium.FPDF_CloseDocument(handle)


def _refusal(error: int) -> Withheld:
    if error == pdfium.FPDF_ERR_PASSWORD:
        return PasswordNeeded("user password")
    if error == pdfium.FPDF_ERR_SECURITY:
        return Withheld(ReasonCode.ENCRYPTED, "unknown security handler")
    return Withheld(ReasonCode.DAMAGED, f"PDFium error {error}")
