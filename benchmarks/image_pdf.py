"""`image_pdf` against a bare PDFium render and encode of the same pages, in one run.

Time: the whole method (opening, rendering, choosing the coding, text layer, writing)
against opening, rendering at the same resolution and encoding every page as PNG (what
text needs) or as JPEG (the fastest there is, and blurred). Size:
each page's picture against the smallest of what plain tools make of the same raster:
libtiff (group 4) where the page is bitonal, libjpeg and PNG otherwise.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image

from benchmarks.facts import Figure
from sanitizers.findings import Findings
from sanitizers.pdf import _pdfium, _raster, image_pdf
from sanitizers.reasons import Withheld

BUDGET = 10**9
MAX_SECONDS = 3.0  # of one run: hostile files that end by the sandbox's limits
MAX_PAGES = 10  # of one file: long files would outweigh all others
A4_AREA = 8.27 * 11.69  # square inches
ROUNDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One file: seconds of ours and of the bare runs, and how many pages it has."""

    ours: float
    png: float
    jpeg: float
    pages: int


def corpus() -> list[Path]:
    """PDFs of the shared sample set, if it is beside the repository."""
    for base in Path(__file__).resolve().parents:
        found = sorted((base / "shared" / "corpus" / "pdf").glob("*.pdf"))
        if found:
            return found
    return []


def _ours(data: bytes) -> bytes:
    out = io.BytesIO()
    image_pdf.image_pdf(memoryview(data), out, Findings(), budget=BUDGET)
    return out.getvalue()


def _rasters(data: bytes) -> Iterator[tuple[_raster.Raster, float, Image.Image]]:
    """Each page's raster as `image_pdf` plans it, and its area in square inches."""
    with _pdfium.open_document(memoryview(data)) as document:
        for index in range(len(document)):
            with document.page(index) as page:
                box = page.geometry()
                plan = _raster.plan(page, width=box.width, height=box.height)
                pixels = bytearray(plan.width * plan.height * 4)
                page.render(pixels, width=plan.width, height=plan.height, top=0, rows=plan.height)
                size = (plan.width, plan.height)
                image = Image.frombuffer("RGBX", size, pixels, "raw", "RGBX", 0, 1)
                yield plan, box.width * box.height / 72**2, image.convert("RGB")


def _bare(data: bytes, scales: list[float], form: str) -> None:
    options = {"quality": _raster.JPEG_QUALITY} if form == "JPEG" else {}
    document = pypdfium2.PdfDocument(data)
    for index, scale in enumerate(scales):
        document[index].render(scale=scale).to_pil().save(io.BytesIO(), form, **options)
    document.close()


def _best_plain(image: Image.Image, *, bitonal: bool) -> int:
    """Bytes of the smallest coding of a raster by plain tools."""
    sizes = []
    for form, options in (
        ("JPEG", {"quality": _raster.JPEG_QUALITY}),
        ("PNG", {}),
        ("TIFF", {"compression": "group4"}),
    ):
        if form == "TIFF" and not bitonal:
            continue
        buffer = io.BytesIO()
        picture = image.convert("1", dither=Image.Dither.NONE) if form == "TIFF" else image
        picture.save(buffer, form, **options)
        sizes.append(buffer.tell())
    return min(sizes)


def _timed(call: object) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()  # type: ignore[operator]
        best = min(best, time.perf_counter() - started)
        if best > MAX_SECONDS:
            break
    return best


def _kind(plan: _raster.Raster, picture: _raster.Picture) -> str:
    if picture.filter == "CCITTFaxDecode":
        return "bitonal"
    table = picture.palette
    plain = table[0::3] == table[1::3] == table[2::3]
    return "colour" if picture.colour == "rgb" or not plain else "grey"


def run(scale: float) -> list[Figure]:
    """Every corpus file that PDFium opens and that has few pages."""
    _pdfium.start()
    image_pdf.warm()
    taken: list[Taken] = []
    sizes: dict[str, list[float]] = defaultdict(list)
    ratios: list[float] = []
    files = corpus()
    for path in files[:: max(1, round(1 / scale))]:
        data = path.read_bytes()
        if len(data) > 20_000_000:
            continue
        try:
            with _pdfium.open_document(memoryview(data)) as document:
                pages = len(document)
                if not 0 < pages <= MAX_PAGES:
                    continue
            rasters = list(_rasters(data))
        except Withheld:
            continue
        if any(r.width * r.height > 20_000_000 for r, _, _ in rasters):
            continue
        for plan, area, image in rasters:
            picture = _raster.encode(image.convert("RGBX"), bitonal=plan.bitonal)
            plain = _best_plain(image, bitonal=plan.bitonal)
            ratios.append(len(picture.data) / plain)
            if 0.8 < area / A4_AREA < 1.25:
                sizes[_kind(plan, picture)].append(len(picture.data) / 1000)
        scales = [
            r.width / max(1.0, (a * 72**2 * r.width / r.height) ** 0.5) for r, a, _ in rasters
        ]
        del rasters
        ours = _timed(lambda d=data: _ours(d))
        if ours > MAX_SECONDS:
            continue
        png, jpeg = (
            _timed(lambda d=data, s=scales, f=form: _bare(d, s, f)) for form in ("PNG", "JPEG")
        )
        taken.append(Taken(ours=ours, png=png, jpeg=jpeg, pages=pages))
        if "-v" in sys.argv:
            print(f"{path.name:60} {ours * 1e3:8.1f} {png * 1e3:8.1f} {jpeg * 1e3:8.1f}")
    if not taken:
        return []
    figures = []
    for form in ("png", "jpeg"):
        each = sorted(t.ours / getattr(t, form) for t in taken)
        total = sum(t.ours for t in taken) / sum(getattr(t, form) for t in taken)
        name = f"time / bare render and {form.upper()}"
        note = f"{len(taken)} files; median file {statistics.median(each):.2f}"
        figures.append(Figure("image_pdf", name, total, "ratio", note))
    rate = sum(t.pages for t in taken) / sum(t.ours for t in taken)
    figures += [
        Figure("image_pdf", "pages", rate, "pages/s", "one process, without sandbox"),
        Figure("image_pdf", "page size / best plain coding", statistics.median(ratios), "ratio"),
        Figure(
            "image_pdf",
            "page size, 95th percentile",
            sorted(ratios)[int(0.95 * len(ratios))],
            "ratio",
        ),
    ]
    for kind, found in sorted(sizes.items()):
        note = f"{len(found)} pages, 95th {sorted(found)[int(0.95 * len(found))]:.0f} kB"
        figures.append(
            Figure("image_pdf", f"A4 page, {kind}, median", statistics.median(found), "kB", note)
        )
    return figures


if __name__ == "__main__":
    for figure in run(1.0):
        print(f"{figure.name:<40} {figure.value:10.2f} {figure.unit:<8} {figure.note}")
