"""Puts one object of a PDF through a rebuilder, and shows images as PDFium does."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

import pypdfium2
from PIL import Image

from sanitizers.findings import Findings
from sanitizers.pdf._context import Context
from sanitizers.pdf._file import FileWriter
from sanitizers.pdf._objects import Made, Ref, Value, Word
from sanitizers.pdf._source import Source
from tests.sanitizers.pdf.samples import assemble, stream

BUDGET = 10**9


def holder(*objects: bytes) -> bytes:
    """A document whose objects from 4 on are the given ones; nothing shows them."""
    return assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
            *objects,
        ]
    )


def picture(data: bytes, head: bytes) -> bytes:
    """An image XObject."""
    return stream(data, b"/Type /XObject /Subtype /Image " + head)


def shown(*objects: bytes, size: tuple[int, int]) -> bytes:
    """A page of `size` points filled by the image XObject that is object 5."""
    contents = b"1 0.5 0 rg 0 0 %d %d re f 0 g q %d 0 0 %d 0 0 cm /I Do Q" % (*size, *size)
    return assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R"
            b" /Resources << /XObject << /I 5 0 R >> >> >>" % size,
            stream(contents),
            *objects,
        ]
    )


def opened(data: bytes) -> tuple[Context, io.BytesIO]:
    """A rebuild of `data` that has not begun, and where its output goes."""
    out = io.BytesIO()
    source = Source.open(memoryview(data))
    return Context(source, FileWriter(out, budget=BUDGET), Findings()), out


def rebuilt(
    data: bytes,
    build: Callable[[Context, Value], Made | None],
    *,
    number: int = 5,
    size: tuple[int, int] = (64, 64),
) -> tuple[bytes, Context]:
    """A page of `size` points that shows what `build` makes of object `number`."""
    context, out = opened(data)
    made = build(context, Ref(number, 0))
    assert made is not None
    file = context.file
    contents = b"1 0.5 0 rg 0 0 %d %d re f 0 g q %d 0 0 %d 0 0 cm /I Do Q" % (*size, *size)
    pages = file.reserve()
    page = file.add(
        {
            "Type": Word("Page"), "Parent": pages, "MediaBox": [0, 0, *size],
            "Resources": {"XObject": {"I": made}}, "Contents": file.stream({}, contents),
        }
    )  # fmt: skip
    file.put(pages, {"Type": Word("Pages"), "Kids": [page], "Count": 1})
    file.finish(file.add({"Type": Word("Catalog"), "Pages": pages}), None)
    return out.getvalue(), context


def drawn(data: bytes, *, scale: float = 1.0) -> Image.Image:
    """The only page, by PDFium."""
    document = pypdfium2.PdfDocument(data)
    try:
        return document[0].render(scale=scale).to_pil().convert("RGB")
    finally:
        document.close()


def hexed(values: Iterable[int]) -> bytes:
    return b"<" + bytes(values).hex().encode() + b">"
