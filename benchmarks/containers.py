"""PDF: our sandbox against a container for each document, as other tools take one.

Containers are podman's and runc's over this machine's own files: no image to unpack, nothing
to pull. In one way they do the least that such a tool can do: every page drawn by PDFium at 150
dpi and encoded as JPEG, and no PDF built. In the other, where PyMuPDF can be imported, they do
what Dangerzone does without its text recognition: pages to pixels at 150 dpi, pixels to a PDF.
Ours is the whole: identified, cleaned and verified in the sandbox's children. All run one
document after the other on each processor. Without podman and runc there are no figures.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.facts import Figure
from benchmarks.pdf import PAGES, drawing, report, table
from gateway.policy import Profile, parse
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.worker.pipeline import Pipeline

#: What runs in the container, with the document as its input.
_DRAWN = """
import io, sys, pypdfium2
for page in pypdfium2.PdfDocument(sys.stdin.buffer.read()):
    page.render(scale=150 / 72).to_pil().save(io.BytesIO(), "JPEG")
"""
_PIXELS = """
import sys, pymupdf
pages = pymupdf.open("pdf", sys.stdin.buffer.read())
made = pymupdf.open()
for page in pages:
    drawn = page.get_pixmap(dpi=150)
    pixels = drawn.samples_mv.tobytes()
    seen = pymupdf.Pixmap(pymupdf.csRGB, drawn.width, drawn.height, pixels, False)
    seen.set_dpi(150, 150)
    one = pymupdf.open()
    one.insert_file(seen)
    made.insert_pdf(pymupdf.open("pdf", one.tobytes(deflate_images=True)))
made.tobytes()
"""
_RUN = (
    "podman", "--runtime=runc", "--cgroup-manager=cgroupfs", "run", "--rm", "--interactive",
    "--network=none", "--ulimit=nproc=1000:1000", "--ulimit=nofile=1024:2048", "--rootfs", "/:O",
)  # fmt: skip
_PROCESSORS = os.cpu_count() or 1
_SECONDS = 120


def _by_containers(program: str, data: bytes, documents: int) -> float:
    """Seconds."""
    path = f"--env=PYTHONPATH={os.environ.get('PYTHONPATH', '')}"
    command = [*_RUN[:-2], path, *_RUN[-2:], sys.executable, "-c", program]

    def one(_number: int) -> None:
        subprocess.run(command, input=data, check=True, capture_output=True, timeout=_SECONDS)

    with ThreadPoolExecutor(_PROCESSORS) as threads:
        list(threads.map(one, range(_PROCESSORS)))
        started = time.perf_counter()
        list(threads.map(one, range(documents)))
        return time.perf_counter() - started


async def _by_sandbox(data: bytes, profile: Profile, documents: int) -> float:
    """Seconds."""
    sandbox = Sandbox(slots=_PROCESSORS, memory_bytes=4_000_000_000)
    await sandbox.start()
    pipeline = Pipeline(sandbox, profile)

    async def each(waiting: list[bytes]) -> None:
        while waiting:
            with SealedBytes.of(waiting.pop()) as source:
                part = await pipeline.clean_file(source, name="document.pdf")
                if not part.crosses:
                    raise RuntimeError("a document was withheld")
                part.close()

    async def all_of(count: int) -> None:
        waiting = [data] * count
        await asyncio.gather(*(each(waiting) for _ in range(_PROCESSORS)))

    try:
        await all_of(_PROCESSORS)
        started = time.perf_counter()
        await all_of(documents)
        return time.perf_counter() - started
    finally:
        await sandbox.close()


def _method(name: str) -> Profile:
    policy = {"profiles": {"standard": {"methods": {"application/pdf": name}}}}
    return parse(policy, source="benchmark").profile("standard")


def _figures(label: str, data: bytes, pages: int, documents: int) -> Sequence[Figure]:
    group, total = "PDF in containers", documents * pages
    ways = {"drawn only": _DRAWN}
    if importlib.util.find_spec("pymupdf") is not None:
        ways["pixels and PDF by PyMuPDF"] = _PIXELS
    theirs = {way: total / _by_containers(ways[way], data, documents) for way in ways}
    figures = [
        Figure(group, f"{label}: a container each, {way}", theirs[way], "pages/s") for way in ways
    ]
    for name in ("sanitize", "image_pdf"):
        rate = total / asyncio.run(_by_sandbox(data, _method(name), documents))
        note = ", ".join(f"{rate / theirs[way]:.1f} times {way}" for way in ways)
        figures.append(Figure(group, f"{label}: {name}", rate, "pages/s", note))
    return figures


def run(scale: float) -> list[Figure]:
    """Pages per second of both, for short documents and one of ten pages."""
    if shutil.which("podman") is None or shutil.which("runc") is None:
        print("containers: no podman or runc", file=sys.stderr)
        return []
    documents = max(8, round(40 * scale))
    return [
        *_figures("table, 1 page", table(), 1, documents),
        *_figures("drawing, 1 page", drawing(), 1, documents),
        *_figures("report, 10 pages", report(), PAGES, documents),
    ]
