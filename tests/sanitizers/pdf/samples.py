"""Builds the PDFs of these tests, byte by byte, harmless and hostile alike."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable

import pikepdf
import pypdfium2
from PIL import Image

from sanitizers.findings import Action, Kind
from sanitizers.limits import Limits
from sanitizers.model import Cleaned, Job, Method, Split
from sanitizers.pdf.document import PdfDocument
from sanitizers.verify.pdf import PdfVerifier

A4 = (595, 842)
HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(data: bytes, head: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(data), data)


def assemble(objects: Iterable[bytes], *, trailer: bytes = b"") -> bytes:
    """A file of the given objects, numbered from 1; the first is the catalog."""
    out = b"%PDF-1.7\n"
    rows = b"0000000000 65535 f \n"
    count = 1
    for body in objects:
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (count, body)
        count += 1
    return (
        out
        + b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R %s >>\n" % (count, rows, count, trailer)
        + b"startxref\n%d\n%%%%EOF\n" % len(out)
    )


def pdf(
    contents: bytes,
    *,
    size: tuple[float, float] = A4,
    page: bytes = b"",
    catalog: bytes = b"",
    font: bytes = HELVETICA,
    extra: Iterable[bytes] = (),
    trailer: bytes = b"",
    pages: int = 1,
) -> bytes:
    """Pages of the same contents. `extra` objects are numbered from 6."""
    kids = b" ".join([b"3 0 R"] * pages)
    return assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> %s >>" % (*size, page),
            stream(contents),
            font,
            *extra,
        ],
        trailer=trailer,
    )


def text(words: str, *, x: float = 50, y: float = 700, size: float = 12) -> bytes:
    return b"BT /F1 %g Tf %g %g Td (%s) Tj ET\n" % (size, x, y, words.encode("latin-1"))


def clean(
    data: bytes,
    *,
    limits: Limits | None = None,
    method: Method = Method.IMAGE_PDF,
    passwords: tuple[str, ...] = (),
    options: dict[str, str] | None = None,
) -> tuple[bytes, Cleaned]:
    """Run the sanitizer; the output's bytes and what it reports."""
    out = io.BytesIO()
    job = Job(
        data=memoryview(data),
        media_type="application/pdf",
        limits=limits or Limits(),
        method=method,
        passwords=passwords,
        options=options or {},
    )
    cleaned = PdfDocument().clean(job, out)
    if isinstance(cleaned, Split):
        out = io.BytesIO()
        cleaned = PdfDocument().assemble(job, (), out)
    return out.getvalue(), cleaned


def read_text(data: bytes, page: int = 0) -> str:
    """What a reader copies from the page, by PDFium."""
    document = pypdfium2.PdfDocument(data)
    try:
        return document[page].get_textpage().get_text_range().replace("\r\n", "\n")
    finally:
        document.close()


def picture(data: bytes, page: int = 0, *, scale: float = 1.0) -> Image.Image:
    """How the page looks, by PDFium."""
    document = pypdfium2.PdfDocument(data)
    try:
        return document[page].render(scale=scale).to_pil().convert("RGB")
    finally:
        document.close()


def sizes(data: bytes) -> list[tuple[float, float]]:
    document = pypdfium2.PdfDocument(data)
    try:
        return [page.get_size() for page in document]
    finally:
        document.close()


def inflated(data: bytes) -> bytes:
    """The output with every stream opened, so that canaries cannot hide in one."""
    found = [data]
    with pikepdf.open(io.BytesIO(data)) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Stream):
                found.append(item.unparse())
                raw = item.read_raw_bytes()
                found.append(raw)
                if item.get("/Filter") == "/FlateDecode":
                    found.append(zlib.decompress(raw))
            elif isinstance(item, pikepdf.Object):
                found.append(item.unparse(resolved=True))
    at = 0
    while (at := data.find(b"/ObjStm", at + 1)) > 0:
        start = data.index(b"stream\n", at) + 7
        found.append(zlib.decompressobj().decompress(data[start:]))
    return b"\n".join(found)


def rebuilt(data: bytes, **options: object) -> tuple[bytes, set[tuple[Kind, Action]]]:
    """Rebuild; the verifier and qpdf must agree; the opened output and its findings."""
    out, cleaned = clean(data, method=Method.SANITIZE, **options)  # type: ignore[arg-type]
    PdfVerifier().verify(memoryview(out))
    with pikepdf.open(io.BytesIO(out)) as document:
        assert not document.check_pdf_syntax()
    assert cleaned.method is Method.SANITIZE
    return inflated(out), {(f.kind, f.action) for f in cleaned.findings}


def verified(data: bytes, **options: object) -> bytes:
    """Rebuild as a document, and let the verifier agree."""
    out, cleaned = clean(data, method=Method.SANITIZE, **options)  # type: ignore[arg-type]
    assert cleaned.method is Method.SANITIZE
    PdfVerifier().verify(memoryview(out))
    return out


def findings(data: bytes, **options: object) -> set[tuple[Kind, Action]]:
    """What rebuilding it reports."""
    _, cleaned = clean(data, method=Method.SANITIZE, **options)  # type: ignore[arg-type]
    return {(f.kind, f.action) for f in cleaned.findings}


def with_resources(data: bytes, resources: bytes) -> bytes:
    """Replace the sample page's resources (each has only a font)."""
    old = b"/Resources << /Font << /F1 5 0 R >> >>"
    assert old in data
    return data.replace(old, b"/Resources << /Font << /F1 5 0 R >> %s >>" % resources)
