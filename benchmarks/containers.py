"""PDF: our sandbox against a container for each document, as other tools take one.

The container (podman and runc over this machine's own files: no image to unpack, nothing to
pull) does the least that such a tool can do: it draws every page by PDFium at 150 dpi and
encodes it as JPEG, and builds no PDF. Ours is the whole: identified, cleaned and verified in
the sandbox's children. Both run one document after the other on each processor. Without podman
and runc there are no figures.
"""

from __future__ import annotations

import asyncio
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

_INSIDE = """
import io, sys, pypdfium2
for page in pypdfium2.PdfDocument(sys.stdin.buffer.read()):
    page.render(scale=150 / 72).to_pil().save(io.BytesIO(), "JPEG")
"""
_RUN = (
    "podman", "--runtime=runc", "--cgroup-manager=cgroupfs", "run", "--rm", "--interactive",
    "--network=none", "--ulimit=nproc=1000:1000", "--ulimit=nofile=1024:2048", "--rootfs", "/:O",
)  # fmt: skip
_PROCESSORS = os.cpu_count() or 1
_SECONDS = 120


def _contained(data: bytes) -> None:
    command = [*_RUN, sys.executable, "-c", _INSIDE]
    subprocess.run(command, input=data, check=True, capture_output=True, timeout=_SECONDS)


def _by_containers(data: bytes, documents: int) -> float:
    """Seconds."""
    with ThreadPoolExecutor(_PROCESSORS) as threads:
        list(threads.map(_contained, [data] * _PROCESSORS))
        started = time.perf_counter()
        list(threads.map(_contained, [data] * documents))
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
    theirs = documents * pages / _by_containers(data, documents)
    figures = [Figure("PDF in containers", f"{label}: a container each", theirs, "pages/s")]
    for name in ("sanitize", "image_pdf"):
        taken = asyncio.run(_by_sandbox(data, _method(name), documents))
        rate = documents * pages / taken
        note = f"{rate / theirs:.1f} times the containers"
        figures.append(Figure("PDF in containers", f"{label}: {name}", rate, "pages/s", note))
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
