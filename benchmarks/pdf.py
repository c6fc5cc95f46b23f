"""PDF: the tokenizers side by side, and `sanitize` against a plain open and save.

All in one process and one run, without sandbox and verify; ratios within the run. The
documents are made here: a Japanese report of ten pages with an embedded subset font, a
page of dense tables, and a drawing of many lines.
"""

from __future__ import annotations

import io
import re
import statistics
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy
import pikepdf
import pypdfium2

from benchmarks import image_pdf
from benchmarks.facts import Figure, median_ms
from sanitizers.model import Job, Method
from sanitizers.pdf._contents import ContentWriter
from sanitizers.pdf._font_files import fonts_available
from sanitizers.pdf._objects import Name
from sanitizers.pdf.document import PdfDocument
from sanitizers.reasons import PasswordNeeded, Withheld
from sanitizers.verify.pdf import PdfVerifier

PAGES = 10
LINES = 40
SENTENCE = "本市における情報セキュリティ対策の実施状況について、次のとおり報告いたします。"
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


def report() -> bytes:
    """Ten pages of Japanese text; the font is a subset of an installed one, if there is one."""
    codes = {character: index for index, character in enumerate(sorted(set(SENTENCE)), 1)}
    shown = "".join(f"{codes[character]:04X}" for character in SENTENCE).encode()
    page = b"BT\n/F1 10.5 Tf\n" + b"".join(
        b"1 0 0 1 60 %d Tm\n<%s> Tj\n" % (780 - 18 * line, shown) for line in range(LINES)
    )
    path = fonts_available().get("mincho")
    program = _subset(Path(path), SENTENCE) if path else b""
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
    return _file([page + b"ET\n"] * PAGES, {"Font": b"/F1 3 0 R"}, objects)


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
        floor = median_ms(partial(_saved, data), rounds=9)
        ours = median_ms(partial(_clean, data, Method.SANITIZE), rounds=9)
        out = _clean(data, Method.SANITIZE)
        check = median_ms(partial(PdfVerifier().verify, memoryview(out)), rounds=9)
        figures.append(
            Figure(
                "PDF sanitize", f"{name} / pikepdf open + save + recompress", ours / floor, "ratio",
                f"{ours:.1f} ms against {floor:.1f} ms; verify {check:.1f} ms; "
                f"size {len(out) / len(data):.2f}",
            )
        )  # fmt: skip
    data = report()
    floor = median_ms(partial(_rendered, data), rounds=3)
    ours = median_ms(partial(_clean, data, Method.IMAGE_PDF), rounds=3)
    figures.append(
        Figure(
            "PDF image_pdf", "report / bare PDFium at 200 dpi + PNG", ours / floor, "ratio",
            f"{ours:.0f} ms against {floor:.0f} ms",
        )
    )  # fmt: skip
    return figures


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
            floor = median_ms(partial(_saved, data), rounds=3)
            ours = median_ms(partial(_clean, data, Method.SANITIZE), rounds=3)
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
    return [*_tokenizers(), *_documents(), *_corpus(scale)]
