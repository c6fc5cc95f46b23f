"""The converters in their tool box against the bare programs, in turns in one run.

Bare: a new process with a new profile each, as a careful user would call it; nothing warm on
either side. What the box adds is the lock, the private folder and the check of what came out.
"""

from __future__ import annotations

import asyncio
import io
import math
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import ooxml
from benchmarks.facts import Figure
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.protocol import WithheldReply
from gateway.sandbox.tools.box import Toolbox
from sanitizers.identify.labels import extension
from sanitizers.model import Needs
from sanitizers.registry import sanitizers_of

ROUNDS: Final = 10
SOUND_SECONDS: Final = 60
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
#: Label, type of the new form and of the old one.
_FORMS: Final = (
    ("doc", _OOXML + "wordprocessingml.document", "application/msword"),
    ("xls", _OOXML + "spreadsheetml.sheet", "application/vnd.ms-excel"),
    ("ppt", _OOXML + "presentationml.presentation", "application/vnd.ms-powerpoint"),
)


def _soffice(data: bytes, before: str, after: str) -> bytes:
    """`soffice --convert-to` as it is, with a profile of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / f"source{before}"
        source.write_bytes(data)
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless",
             "--norestore", "--convert-to", after.removeprefix("."), "--outdir",
             str(folder / "out"), str(source)],
            check=True, capture_output=True,
        )  # fmt: skip
        return (folder / "out" / f"source{after}").read_bytes()


def _ffmpeg(data: bytes, before: str, after: str) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, made = folder / f"source{before}", folder / f"made{after}"
        source.write_bytes(data)
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-i", str(source), "-threads", "1", str(made)],
            check=True, capture_output=True,
        )  # fmt: skip
        return made.read_bytes()


async def _boxed(box: Toolbox, data: bytes, tool: str, before: str, after: str) -> None:
    with SealedBytes.of(data) as source:
        made = await box.convert(source, Needs(tool=tool, target=after), media_type=before)
    if isinstance(made, WithheldReply):
        raise RuntimeError(f"{tool}: {made.code.value}")
    made.close()


def _in_turns(data: bytes, tool: str, before: str, after: str, rounds: int) -> Sequence[float]:
    """Median milliseconds of the bare program and of the box."""
    bare = {"libreoffice": _soffice, "ffmpeg": _ffmpeg}[tool]
    times: tuple[list[float], list[float]] = ([], [])

    async def main() -> None:
        box = Toolbox(slots=1, scratch=Path(tempfile.gettempdir()))
        try:
            for number in range(rounds + 1):
                started = time.perf_counter()
                bare(data, extension(before), extension(after))
                between = time.perf_counter()
                await _boxed(box, data, tool, before, after)
                if number:  # the first one fills caches and the model of the profile
                    times[0].append(between - started)
                    times[1].append(time.perf_counter() - between)
        finally:
            box.close()

    asyncio.run(main())
    return [statistics.median(found) * 1000 for found in times]


def _sound() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        samples = (
            round(9_000 * math.sin(n * (0.05 + 0.04 * math.sin(n / 9_000))))
            for n in range(SOUND_SECONDS * 16_000)
        )
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return out.getvalue()


def run(scale: float) -> list[Figure]:
    """Milliseconds of both, and how many times the bare program the box takes."""
    rounds = max(3, round(ROUNDS * scale))
    rng = random.Random(1)
    jobs = []
    if shutil.which("soffice"):
        made = (ooxml._document(rng), ooxml._workbook(rng), ooxml._presentation(rng))
        office = sanitizers_of("office")
        for (label, new, old), data in zip(_FORMS, made, strict=True):
            office[new].warm()
            whole = ooxml._ours(office[new], new, data)  # with all that LibreOffice insists on
            source = _soffice(whole, extension(new), extension(old))
            jobs.append((label, "libreoffice", source, old, new))
    if shutil.which("ffmpeg"):
        jobs.append(("wav", "ffmpeg", _sound(), "audio/wav", "audio/wav"))
    figures = []
    for label, tool, data, before, after in jobs:
        bare, boxed = _in_turns(data, tool, before, after, rounds)
        note = f"{len(data) // 1000} kB"
        figures += [
            Figure("converters", f"{label}: bare {tool}", bare, "ms", note),
            Figure("converters", f"{label}: {tool} in the box", boxed, "ms", note),
            Figure("converters", f"{label}: ratio", boxed / bare, "times", "limit 1.1"),
        ]
    if len(jobs) < len(_FORMS) + 1:
        print("converters: a program is not installed, and not measured", file=sys.stderr)
    return figures
