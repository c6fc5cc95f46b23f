"""Each sanitizer against its floor: the plain decode and encode by the same codec.

In process, without sandbox and verify: what our own work costs beside the codec's. Ratios
within one run.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from benchmarks import messages
from benchmarks.facts import Figure, median_ms, medians_ms
from sanitizers import registry
from sanitizers.model import Job, Method, Sanitizer
from scripts import samples


def _clean(sanitizer: Sanitizer, data: bytes, media_type: str, method: Method) -> io.BytesIO:
    out = io.BytesIO()
    job = Job(data=memoryview(data), media_type=media_type, method=method)
    sanitizer.clean(job, out)  # BytesIO is an Output
    return out


def _verify(data: bytes, media_type: str) -> Callable[[], None]:
    verifier = registry.verifiers()[media_type]
    return lambda: verifier.verify(memoryview(data))


def _screenshot(width: int, height: int) -> Image.Image:
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default()
    for y in range(10, height, 18):
        draw.text((20, y), "Municipal office form 12-3 / total 48,000 yen " * 5, "black", font)
    draw.rectangle((40, 40, 500, 300), fill="#c03030")
    return picture


def _images() -> list[tuple[str, bytes, str, str, dict[str, object]]]:
    picture = _screenshot(1920, 1080)
    made: list[tuple[str, bytes, str, str, dict[str, object]]] = [
        ("JPEG 12 MP", messages.photo(4000, 3000), "image/jpeg", "JPEG", {"quality": 85}),
    ]
    for name, media_type, form, options in (
        ("PNG 2 MP", "image/png", "PNG", {}),
        ("GIF 2 MP", "image/gif", "GIF", {}),
        ("BMP 2 MP", "image/bmp", "BMP", {}),
        ("TIFF 2 MP (deflate)", "image/tiff", "TIFF", {"compression": "tiff_deflate"}),
        ("WebP 2 MP (lossless)", "image/webp", "WEBP", {"lossless": True}),
    ):
        out = io.BytesIO()
        picture.save(out, form, **options)
        made.append((name, out.getvalue(), media_type, form, options))
    return made


def _recode(data: bytes, form: str, options: dict[str, object]) -> None:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        picture.save(io.BytesIO(), form, **options)


def _image_figures() -> list[Figure]:
    sanitizers = registry.sanitizers_of("image")
    for sanitizer in {type(s) for s in sanitizers.values()}:
        sanitizer.warm()
    figures = []
    for name, data, media_type, form, options in _images():
        clean = partial(_clean, sanitizers[media_type], data, media_type, Method.SANITIZE)
        floor, ours, check = medians_ms(
            partial(_recode, data, form, options),
            clean,
            _verify(clean().getvalue(), media_type),
            rounds=15,
        )
        note = f"{ours:.0f} ms against {floor:.0f} ms plain Pillow; verify {check:.0f} ms"
        figures.append(Figure("sanitizer", f"{name} / floor", ours / floor, "ratio", note))
    return figures


def _pdf_figures() -> list[Figure]:
    sanitizers = registry.sanitizers_of("pdf")
    for sanitizer in {type(s) for s in sanitizers.values()}:
        sanitizer.warm()
    start = samples.pdf().index(b"JVBERi0")  # base64 of %PDF-
    import base64

    data = base64.b64decode(samples.pdf()[start:].split(b"\r\n--")[0])

    def bare() -> None:
        document = pypdfium2.PdfDocument(data)
        for index in range(len(document)):
            picture = document[index].render(scale=200 / 72).to_pil()
            picture.save(io.BytesIO(), "PNG")
        document.close()

    media_type = "application/pdf"
    clean = partial(_clean, sanitizers[media_type], data, media_type, Method.IMAGE_PDF)
    floor, ours, check = medians_ms(bare, clean, _verify(clean().getvalue(), media_type), rounds=9)
    note = (
        f"{ours:.0f} ms against {floor:.0f} ms bare PDFium render at 200 dpi + PNG; "
        f"verify {check:.0f} ms"
    )
    return [Figure("sanitizer", "PDF, 1 text page / floor", ours / floor, "ratio", note)]


def _text_figures() -> list[Figure]:
    sanitizers = registry.sanitizers_of("text")
    for sanitizer in {type(s) for s in sanitizers.values()}:
        sanitizer.warm()
    mail = sanitizers["message/rfc822"]
    figures = []
    for case in (
        SimpleNamespace(name="mail, text 3 kB", data=messages.texts(1)[0]),
        SimpleNamespace(name="mail, HTML 30 kB", data=messages.newsletters(1)[0]),
    ):
        taken = median_ms(
            lambda d=case.data: _clean(mail, d, "message/rfc822", Method.TEXT), rounds=50
        )
        figures.append(Figure("sanitizer", case.name, taken, "ms", f"{len(case.data):,} bytes"))
    return figures


def run(_scale: float) -> list[Figure]:
    """All sanitizers of this version."""
    return [*_text_figures(), *_image_figures(), *_pdf_figures()]
