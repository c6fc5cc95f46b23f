"""`python -m benchmarks fidelity`: the sample set before and after, measured and shown."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks import cleaned, facts
from benchmarks.cleaned import Cleaned
from benchmarks.fidelity import mails, office
from benchmarks.fidelity.page import WORST, Pair, page
from benchmarks.fidelity.table import Measured, markdown, row
from gateway.fidelity.comparison import _pictures
from gateway.fidelity.instrument import HTML, Compared, Instrument, Reading, score_of
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox

KINDS: Final = ("pdf", "image", "office", "mail", "html")
MAIL: Final = "message/rfc822"


class Meter:
    """Measures cleaned files in the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.instrument = Instrument(sandbox, slots=os.cpu_count() or 1)
        self._gate = asyncio.Semaphore(os.cpu_count() or 1)

    async def measured(self, found: Cleaned) -> Measured:
        """One file with its comparison."""
        if found.report["output"] is None:
            return Measured(found, None)
        async with self._gate:
            before, after = found.path.read_bytes(), found.outputs[0].read_bytes()
            if found.report["media_type"] == MAIL:
                # The standard library reads no Outlook files.
                is_mail = found.path.suffix == ".eml"
                compared = await self._mail(before, after) if is_mail else None
            else:
                compared = await self._file(before, after, found)
        return Measured(found, compared)

    async def _file(self, before: bytes, after: bytes, found: Cleaned) -> Compared | None:
        # The report names the type that was written; an office file keeps its own family.
        after_type = str(found.report["media_type"])
        before_type = _type_before(found, after_type)
        with SealedBytes.of(before) as first, SealedBytes.of(after) as second:
            return await self.instrument.compare(
                first, second, before_type=before_type, after_type=after_type
            )

    async def _mail(self, before: bytes, after: bytes) -> Compared | None:
        texts = [await mails.text(data, self._shown) for data in (before, after)]
        if texts[0] is None or texts[1] is None:
            return None
        with (
            Reading(text=SealedBytes.of(texts[0])) as first,
            Reading(text=SealedBytes.of(texts[1])) as second,
        ):
            figures = await self.instrument.figures(first, second)
        if figures is None:
            return None
        return Compared(
            score=score_of(figures, size=len(after) / max(1, len(before))), figures=figures
        )

    async def _shown(self, page_bytes: bytes) -> bytes:
        """HTML as w3m shows it."""
        marked = b'<meta charset="utf-8">' + page_bytes
        with SealedBytes.of(marked) as data, await self.instrument.read(data, HTML) as reading:
            return reading.text.read() if reading.text is not None else b""

    async def pairs(self, worst: Sequence[Measured]) -> list[Pair]:
        """Pictures of the worst pages of these files."""
        found: list[Pair] = []
        for one in worst:
            if one.compared is None:
                continue
            after_type = str(one.cleaned.report["media_type"])
            sources = (
                (one.cleaned.path, _type_before(one.cleaned, after_type)),
                (
                    one.cleaned.outputs[0],
                    after_type,
                ),
            )
            shown = []
            for path, media_type in sources:
                with (
                    SealedBytes.of(path.read_bytes()) as data,
                    await self.instrument.read(data, media_type) as reading,
                ):
                    raw = reading.pictures.read() if reading.pictures is not None else b""
                shown.append(list(islice(_pictures.pages(memoryview(raw)), 20)))
            for number, likeness in enumerate(one.compared.figures.likeness):
                if number < len(shown[0]) and number < len(shown[1]):
                    found.append(
                        Pair(
                            f"{one.cleaned.path.parent.name}/{one.cleaned.path.name}", number + 1,
                            likeness, tuple(sorted(one.cleaned.findings)), shown[0][number],
                            shown[1][number],
                        )
                    )  # fmt: skip
        return sorted(found, key=lambda pair: pair.likeness)[:WORST]


def _type_before(found: Cleaned, after_type: str) -> str:
    """The original's type: the written one, where a page did not become plain text."""
    return HTML if found.kind == "html" else after_type


def _office_values(found: Sequence[Measured]) -> str:
    """Cells, formulas and paragraphs as LibreOffice reads them (see `office`)."""
    pairs = [
        (m.cleaned.path, m.cleaned.outputs[0])
        for m in found
        if m.cleaned.kind == "office" and m.cleaned.outputs
        and m.cleaned.path.suffix.lower() in office._FLAT
        and m.cleaned.outputs[0].suffix.lower() in office._FLAT
    ]  # fmt: skip
    if not pairs or not office.available():
        return ""
    before = office.read_all([first for first, _ in pairs])
    after = office.read_all([second for _, second in pairs])
    total = lost = formulas = formulas_lost = 0
    for first, second in pairs:
        reading = before[first]
        if reading is None:
            continue
        total += len(reading.cells) or len(reading.paragraphs)
        formulas += len(reading.formulas)
        differences = office.compare(reading, after[second])
        lost += sum(d.what in ("cell", "paragraph", "not opened") for d in differences)
        formulas_lost += sum(d.what == "formula" for d in differences)
    return (
        f"office: {len(pairs)} files; of {total} cells and paragraphs {lost} differ; "
        f"of {formulas} formulas {formulas_lost} became values or differ"
    )


async def _run(options: argparse.Namespace, folder: Path) -> list[Measured]:
    sandbox = Sandbox(slots=os.cpu_count() or 1, memory_bytes=cleaned.MEMORY_BYTES)
    await sandbox.start()
    meter = Meter(sandbox)
    try:
        found = cleaned.files(options.kinds, every=options.every)
        done = await cleaned.clean(sandbox, found, folder, cleaned.policy(links="keep"))
        measured = list(await asyncio.gather(*(meter.measured(one) for one in done)))
        if options.page is not None:
            worst = [m for m in measured if m.compared is not None and m.compared.figures.likeness]
            worst.sort(key=lambda m: min(m.compared.figures.likeness) if m.compared else 1.0)
            pairs = await meter.pairs(worst[:WORST])
            options.page.write_text(page(pairs), encoding="utf-8")
        return measured
    finally:
        meter.instrument.close()
        await sandbox.close()


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table and what is worst; 2 without the sample set."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fidelity")
    parser.add_argument("--kinds", type=lambda s: s.split(","), default=list(KINDS))
    parser.add_argument("--every", type=int, default=1, help="every nth file only")
    parser.add_argument("--page", type=Path, help="write the worst pages as HTML to this file")
    options = parser.parse_args(arguments)
    if not set(options.kinds) <= set(KINDS) or options.every < 1:
        parser.error(f"kinds are {', '.join(KINDS)}")
    if cleaned.corpus() is None:
        print("the sample set is not beside the repository", file=sys.stderr)
        return 2
    cleaned.quiet()
    machine = facts.machine()
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(_run(options, Path(folder)))
        values = _office_values(measured)
    kinds = {k: [m for m in measured if m.cleaned.kind == k] for k in options.kinds}
    print(f"{machine['cpu']}, {machine['revision']}, poppler, w3m and LibreOffice as installed")
    print(markdown([row(kind, found) for kind, found in kinds.items()]))
    if values:
        print(values)
    for one in _worst(measured):
        print(one)
    return 0


def _worst(measured: Sequence[Measured]) -> list[str]:
    """The ten least alike and the ten with most text lost, a line each."""
    compared = [(m, m.compared) for m in measured if m.compared is not None]
    lines = []
    alike = [(min(c.figures.likeness), m) for m, c in compared if c.figures.likeness]
    for least, one in sorted(alike, key=lambda pair: pair[0])[:10]:
        said = ", ".join(sorted(one.cleaned.findings))
        lines.append(f"  SSIM {least:.4f}  {one.cleaned.path.name}: {said}")
    lost = [(c.figures.characters_before - c.figures.characters_kept, m) for m, c in compared]
    for count, one in sorted(lost, key=lambda pair: -pair[0])[:10]:
        if count:
            lines.append(f"  {count} characters  {one.cleaned.path.name}")
    return lines
