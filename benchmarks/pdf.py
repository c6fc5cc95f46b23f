"""PDF: the tokenizers side by side, and `sanitize` against a plain open and save.

All in one process and one run, without sandbox and verify; ratios within the run, the
cyclic garbage collector off as in the sandbox's children. The documents are made here: a
Japanese report of ten pages with an embedded subset font of some 450 glyphs, a page of
dense tables, and a drawing of many lines. Ghostscript, where it is installed, runs as a
program, with its start.
"""

from __future__ import annotations

import asyncio
import gc
import io
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy
import pikepdf
import pypdfium2

from benchmarks import image_pdf
from benchmarks.facts import Figure, median_ms, medians_ms
from gateway.policy import parse
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.worker.pipeline import Pipeline
from sanitizers.findings import Findings
from sanitizers.model import Job, Method
from sanitizers.pdf._contents import ContentWriter
from sanitizers.pdf._font_files import fonts_available
from sanitizers.pdf._objects import Name
from sanitizers.pdf.document import PdfDocument
from sanitizers.pdf.image_pdf import image_pdf as draw
from sanitizers.reasons import PasswordNeeded, Withheld
from sanitizers.verify.pdf import PdfVerifier

PAGES = 10
LINES = 40
PER_LINE = 42  # characters
KANJI = 400
KANA = "のにをはがとでものしてするこれそのありなどから、。"
A4 = (595, 842)
MAX_FILE = 20_000_000  # bytes of a corpus file
MAX_MS = 3_000.0  # hostile files that end by the sandbox's limits


class _AnyName:
    """Resources that exist: the benchmark measures the tokenizer alone."""

    def font(self, name: Name) -> str | None:
        return "F1"

    graphics_state = colour_space = pattern = shading = xobject = font

    def inline_image(self, image: object) -> str | None:
        return "X1"

    def hidden(self, properties: object) -> bool:
        return False

    def replacement(self, properties: object) -> bytes | None:
        return None


def _file(pages: list[bytes], resources: dict[str, bytes], objects: list[bytes]) -> bytes:
    """A classic file; `objects` are numbered from 3, then the pages."""
    first = 3 + len(objects)
    kids = b" ".join(b"%d 0 R" % (first + 2 * i) for i in range(len(pages)))
    shared = b" ".join(b"/%s << %s >>" % (k.encode(), v) for k, v in resources.items())
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        *objects,
    ]
    for index, contents in enumerate(pages):
        bodies.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << %s >>"
            b" /Contents %d 0 R >>" % (*A4, shared, first + 2 * index + 1)
        )
        bodies.append(_stream(contents))
    out = b"%PDF-1.7\n"
    rows = b"0000000000 65535 f \n"
    for number, body in enumerate(bodies, 1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(bodies) + 1
    return out + b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size, rows, size, len(out),
    )  # fmt: skip


def _stream(data: bytes, head: bytes = b"") -> bytes:
    packed = zlib.compress(data)
    return b"<< /Length %d /Filter /FlateDecode %s>>\nstream\n%s\nendstream" % (
        len(packed), head, packed,
    )  # fmt: skip


def report(pages: int = PAGES) -> bytes:
    """Ten pages of Japanese text, or those again and again; the font is a subset of an
    installed one, if there is one.
    """
    text = _prose()
    codes = {character: index for index, character in enumerate(sorted(set(text)), 1)}
    path = fonts_available().get("mincho")
    program = _subset(Path(path), text) if path else b""
    written = [_page(text[at : at + LINES * PER_LINE], codes) for at in _starts(len(text))]
    unicode = b"".join(b"<%04X> <%04X>\n" % (i, ord(c)) for c, i in codes.items())
    cmap = (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n%d beginbfchar\n%sendbfchar\n"
        b"endcmap\nend\nend\n" % (len(codes), unicode)
    )
    embedded = b"/FontFile2 7 0 R" if program else b""
    objects = [
        b"<< /Type /Font /Subtype /Type0 /BaseFont /AAAAAA+Mincho /Encoding /Identity-H"
        b" /DescendantFonts [4 0 R] /ToUnicode 6 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /AAAAAA+Mincho /DW 1000"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        b" /FontDescriptor 5 0 R /CIDToGIDMap /Identity >>",
        b"<< /Type /FontDescriptor /FontName /AAAAAA+Mincho /Flags 4 /FontBBox [0 -200 1000 900]"
        b" /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 %s >>" % embedded,
        _stream(cmap),
        _stream(program, b"/Length1 %d " % len(program)),
    ]
    return _file(written * (pages // PAGES), {"Font": b"/F1 3 0 R"}, objects)


def _prose() -> str:
    """Words of two characters and what joins them, some far more often than others."""
    chance = random.Random(1)
    kanji = bytes(b for i in range(KANJI) for b in (0xB0 + i // 94, 0xA1 + i % 94))
    letters = kanji.decode("euc_jp")
    words = [a + b for a, b in zip(letters, letters[::-1], strict=True)]
    chosen = chance.choices(words, [1 / (n + 3) for n in range(len(words))], k=6_000)
    text = "".join(word + chance.choice(KANA) for word in chosen)
    return (letters + text)[: PAGES * LINES * PER_LINE]


def _starts(length: int) -> range:
    return range(0, length, LINES * PER_LINE)


def _page(text: str, codes: dict[str, int]) -> bytes:
    """Lines as word processors place them, each in pieces where the spacing is mended."""
    parts = [b"BT\n/F1 10.5 Tf\n"]
    for line in range(LINES):
        shown = text[PER_LINE * line : PER_LINE * (line + 1)]
        pieces = [
            "".join(f"{codes[c]:04X}" for c in shown[at : at + 7]).encode()
            for at in range(0, len(shown), 7)
        ]
        parts.append(b"1 0 0 1 60 %d Tm\n[<" % (780 - 18 * line) + b">-3<".join(pieces) + b">]TJ\n")
    return b"".join([*parts, b"ET\n"])


def _subset(path: Path, text: str) -> bytes:
    from fontTools import subset, ttLib  # type: ignore[import-untyped]

    font = ttLib.TTFont(str(path), lazy=True)
    chooser = subset.Subsetter(subset.Options(layout_features=[], hinting=False))
    chooser.populate(text=text)
    chooser.subset(font)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def table() -> bytes:
    """A page of numbers, each placed by itself, as spreadsheets print."""
    parts = []
    for row in range(60):
        for column in range(12):
            x, y = 30 + 45 * column, 800 - 13 * row
            parts.append(
                b"q %d %d 44.5 12.75 re W* n BT /F1 8.04 Tf 0 g 1 0 0 1 %d.%d %d.25 Tm"
                b" [(%d)-3(%d)] TJ ET Q\n" % (x, y, x, row, y, row * column, row)
            )
    return _file([b"".join(parts)], {"Font": b"/F1 3 0 R"}, [HELVETICA])


def drawing() -> bytes:
    """A page of 40,000 line segments, as maps and drawings are made of."""
    parts = [b"0.25 w 0 0 0 RG\n"]
    for index in range(4_000):
        x, y = index * 37 % 590, index * 91 % 840
        parts.append(b"%d.%d %d m " % (x, index % 97, y))
        parts += [b"%d.5 %d.%d l " % (x + k, y + k, index % 89) for k in range(9)]
        parts.append(b"S\n")
    return _file([b"".join(parts)], {"Font": b"/F1 3 0 R"}, [HELVETICA])


def _contents(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as document:
        return document.pages[0].Contents.read_bytes()


_SIMPLE = re.compile(
    rb"\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f\s]*>|/[^\s/<>\[\]()]*|[\[\]]|[^\s\[\]()<>/]+"
)


def _by_token(data: bytes) -> bytes:
    """A regular expression that finds one token at a time."""
    return b" ".join(_SIMPLE.findall(data))


def _by_numpy(data: bytes) -> int:
    """Only the token boundaries outside strings, found by array arithmetic."""
    array = numpy.frombuffer(data, dtype=numpy.uint8)
    space = (array == 32) | (array == 10) | (array == 13) | (array == 9)
    depth = numpy.cumsum((array == 40).astype(numpy.int32) - (array == 41))
    return int(numpy.count_nonzero(space[1:] & ~space[:-1] & (depth[1:] == 0)))


class _Keep(pikepdf.TokenFilter):
    """qpdf's own tokenizer with a Python callback for each token."""

    def handle_token(self, token: pikepdf.Token) -> pikepdf.Token:  # type: ignore[override]
        return token


def _rewritten(data: bytes) -> bytes:
    return ContentWriter(data, _AnyName()).rewrite()


def _parsed(page: pikepdf.Page) -> bytes:
    return pikepdf.unparse_content_stream(pikepdf.parse_content_stream(page))


def _filtered(page: pikepdf.Page) -> bytes:
    return page.get_filtered_contents(_Keep())


def _tokenizers() -> list[Figure]:
    figures = []
    for name, make in (("report", report), ("table", table), ("drawing", drawing)):
        whole = make()
        data = _contents(whole)
        document = pikepdf.open(io.BytesIO(whole))
        page = document.pages[0]

        candidates: list[tuple[str, Callable[[], object]]] = [
            (
                "ours: runs, checked and written",
                partial(_rewritten, data),
            ),
            ("regular expression by token, no check", partial(_by_token, data)),
            ("pikepdf parse + unparse, no check", partial(_parsed, page)),
            ("qpdf token filter", partial(_filtered, page)),
            ("numpy boundaries only", partial(_by_numpy, data)),
        ]
        for label, function in candidates:
            taken = median_ms(function, rounds=9)
            rate = len(data) / taken / 1_000
            figures.append(
                Figure("PDF tokenizer", f"{name}: {label}", taken, "ms", f"{rate:.1f} MB/s")
            )
    return figures


def _clean(data: bytes, method: Method) -> bytes:
    out = io.BytesIO()
    job = Job(data=memoryview(data), media_type="application/pdf", method=method)
    PdfDocument().clean(job, out)
    return out.getvalue()


def _saved(data: bytes) -> None:
    with pikepdf.open(io.BytesIO(data)) as document:
        document.save(
            io.BytesIO(), recompress_flate=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )  # fmt: skip


def _rendered(data: bytes) -> None:
    document = pypdfium2.PdfDocument(data)
    for index in range(len(document)):
        document[index].render(scale=200 / 72).to_pil().save(io.BytesIO(), "PNG")
    document.close()


def _documents() -> list[Figure]:
    figures = []
    for name, data in (("report", report()), ("table", table()), ("drawing", drawing())):
        out = _clean(data, Method.SANITIZE)
        floor, ours, check = medians_ms(
            partial(_saved, data),
            partial(_clean, data, Method.SANITIZE),
            partial(PdfVerifier().verify, memoryview(out)),
            rounds=9,
        )
        figures.append(
            Figure(
                "PDF sanitize", f"{name} / pikepdf open + save + recompress", ours / floor, "ratio",
                f"{ours:.1f} ms against {floor:.1f} ms; verify {check:.1f} ms; "
                f"size {len(out) / len(data):.2f}",
            )
        )  # fmt: skip
    data = report()
    figures += _ghostscript(data)
    floor, ours = medians_ms(
        partial(_rendered, data), partial(_clean, data, Method.IMAGE_PDF), rounds=3
    )
    figures.append(
        Figure(
            "PDF image_pdf", "report / bare PDFium at 200 dpi + PNG", ours / floor, "ratio",
            f"{ours:.0f} ms against {floor:.0f} ms",
        )
    )  # fmt: skip
    return figures


def _ghostscript(data: bytes) -> list[Figure]:
    """The same report by a program that writes PDF anew, if it is installed."""
    program = shutil.which("gs")
    if program is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "report.pdf"
        source.write_bytes(data)
        command = [
            program, "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pdfwrite",
            f"-sOutputFile={folder}/out.pdf", str(source),
        ]  # fmt: skip
        theirs = median_ms(
            lambda: subprocess.run(command, check=True, capture_output=True), rounds=3
        )
    ours = median_ms(partial(_clean, data, Method.SANITIZE), rounds=9)
    note = f"{ours:.0f} ms against {theirs:.0f} ms"
    return [Figure("PDF sanitize", "report / Ghostscript pdfwrite", ours / theirs, "ratio", note)]


def _long(scale: float) -> list[Figure]:
    """A long document drawn by one process, and in shares by the sandbox's children."""
    pages = max(8, round(40 * scale)) * PAGES
    data = report(pages)
    started = time.perf_counter()
    draw(memoryview(data), io.BytesIO(), Findings(), budget=10**9)
    alone = time.perf_counter() - started
    drawn = parse(
        {"profiles": {"standard": {"methods": {"application/pdf": "image_pdf"}}}},
        source="benchmark",
    ).profile("standard")

    async def shared() -> float:
        sandbox = Sandbox(slots=os.cpu_count() or 1, memory_bytes=4_000_000_000)
        await sandbox.start()
        try:
            pipeline = Pipeline(sandbox, drawn)
            with SealedBytes.of(report()) as source:
                (await pipeline.clean_file(source, name="warm.pdf")).close()
            with SealedBytes.of(data) as source:
                began = time.perf_counter()
                part = await pipeline.clean_file(source, name="long.pdf")
                taken = time.perf_counter() - began
            if not part.crosses:
                raise RuntimeError("the long document was withheld")
            part.close()
            return taken
        finally:
            await sandbox.close()

    together = asyncio.run(shared())
    note = f"{together:.1f} s, identified and verified, against {alone:.1f} s drawn by one process"
    name = f"{pages} pages in the sandbox / one process"
    return [
        Figure("PDF image_pdf", name, together / alone, "ratio", note),
        Figure("PDF image_pdf", f"{pages} pages in the sandbox", pages / together, "pages/s"),
    ]


def _corpus(scale: float) -> list[Figure]:
    """Every file of the shared sample set that both read, without those that end by limits."""
    files = image_pdf.corpus()
    ratios: list[float] = []
    ours_total = floor_total = 0.0
    for path in files[:: max(1, round(1 / scale))]:
        data = path.read_bytes()
        if len(data) > MAX_FILE:
            continue
        try:
            floor, ours = medians_ms(
                partial(_saved, data), partial(_clean, data, Method.SANITIZE), rounds=3
            )
        except (pikepdf.PikepdfError, Withheld, PasswordNeeded):
            continue
        if ours > MAX_MS:
            continue
        ratios.append(ours / floor)
        ours_total += ours
        floor_total += floor
    if not ratios:
        return []
    note = f"{len(ratios)} files; in total {ours_total / floor_total:.1f} (images are re-encoded)"
    name = "corpus, median / pikepdf open + save + recompress"
    return [Figure("PDF sanitize", name, statistics.median(ratios), "ratio", note)]


def run(scale: float) -> list[Figure]:
    """Tokenizers, then documents, then the corpus."""
    PdfDocument.warm()
    gc.collect()
    gc.disable()
    try:
        return [*_tokenizers(), *_documents(), *_long(scale), *_corpus(scale)]
    finally:
        gc.enable()
