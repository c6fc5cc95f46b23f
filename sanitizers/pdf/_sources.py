"""What a page is made of: only pictures, or text and lines too, and how fine they are.

A page that is nothing but a scan is rendered at the scan's own resolution: bitonal
scans stay bitonal, coarse pictures are not blown up. The answer only steers quality.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Final

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

from sanitizers.pdf._pdfium import Page

MAX_OBJECTS: Final = 200  # looked at; scans in strips have up to about a hundred
INVISIBLE: Final = 3  # text rendering mode (ISO 32000-2, table 104): OCR under a scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`dpi` is the finest resolution among the pictures of an images-only page."""

    images_only: bool = False
    bitonal: bool = False
    dpi: float = 0.0


def sources_of(page: Page) -> Sources:
    """Look at the page's objects; anything but pictures and invisible text ends it."""
    count = pdfium.FPDFPage_CountObjects(page.handle)
    if not 0 < count <= MAX_OBJECTS or pdfium.FPDFPage_GetAnnotCount(page.handle) > 0:
        return Sources()
    finest = 0.0
    bitonal = True
    for index in range(count):
        item = pdfium.FPDFPage_GetObject(page.handle, index)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            if pdfium.FPDFTextObj_GetTextRenderMode(item) == INVISIBLE:
                continue
            return Sources()
        if kind != pdfium.FPDF_PAGEOBJ_IMAGE:
            return Sources()
        facts = pdfium.FPDF_IMAGEOBJ_METADATA()
        if not pdfium.FPDFImageObj_GetImageMetadata(item, page.handle, ctypes.byref(facts)):
            return Sources()
        bitonal = bitonal and facts.bits_per_pixel == 1
        finest = max(finest, facts.horizontal_dpi, facts.vertical_dpi)
    return Sources(images_only=finest > 0, bitonal=bitonal and finest > 0, dpi=finest)
