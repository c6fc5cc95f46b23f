"""The sample set through the product's own sandbox and policy: originals, outputs, reports."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from gateway.policy import BUILT_IN, Effective, parse
from gateway.sandbox.pool import Sandbox
from gateway.sanitize import Cleaner, Input

#: Kinds as the options name them, with their folders in the sample set.
FOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "pdf": ("pdf",),
    "image": ("image",),
    "office": ("ooxml", "ole", "rtf"),
    "mail": ("mime", "msg", "tnef"),
    "html": ("html",),
    "archive": ("archive",),
    "other": ("csv", "font", "ics", "misc", "svg"),
}
MEMORY_BYTES: Final = 4_000_000_000
PROGRESS_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One file of the sample set and what became of it. `outputs`: with what goes beside it."""

    kind: str
    path: Path
    report: Mapping[str, Any]
    outputs: tuple[Path, ...]

    @property
    def findings(self) -> frozenset[str]:
        """Kinds of findings, in the file and in what lies in it."""
        return frozenset(f["kind"] for part in parts(self.report) for f in part["findings"])


def quiet() -> None:
    """No log lines between the tables: what became of each file stands in its report."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def parts(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A report and those of everything in it."""
    return [report, *(found for part in report["parts"] for found in parts(part))]


def corpus() -> Path | None:
    """The shared sample set, if it is beside the repository."""
    for base in Path(__file__).resolve().parents:
        if (base / "shared" / "corpus" / "manifest.tsv").is_file():
            return base / "shared" / "corpus"
    return None


def files(kinds: Sequence[str], *, every: int = 1) -> list[tuple[str, Path]]:
    """Every nth file of each kind; [] without the sample set."""
    base = corpus()
    if base is None:
        return []
    return [
        (kind, path)
        for kind in kinds
        for path in sorted(p for folder in FOLDERS[kind] for p in (base / folder).iterdir())[
            ::every
        ]
        if path.is_file()
    ]


def policy(*, links: str = "text") -> Effective:
    """The built-in standard profile, with links as asked."""
    profiles = {"standard": {"links": links}}
    return parse({**BUILT_IN, "profiles": profiles}, source="benchmark").profile("standard")


async def clean(
    sandbox: Sandbox, found: Sequence[tuple[str, Path]], folder: Path, effective: Effective
) -> list[Cleaned]:
    """Clean files into `folder`, each into a folder of its own, some at the same time."""
    cleaner = Cleaner(sandbox, effective, folder)
    gate = asyncio.Semaphore((os.cpu_count() or 1) + 1)
    count = 0

    async def one(number: int, kind: str, path: Path) -> Cleaned:
        nonlocal count
        place = folder / f"{number:05d}"
        async with gate:
            done = await cleaner.clean(Input(path, Path(path.name)), place, folder=True)
        count += 1
        if count % PROGRESS_EVERY == 0:
            print(f"cleaned {count} of {len(found)}", file=sys.stderr)
        output = done.report["output"]
        outputs = sorted(p for p in place.rglob("*") if p.is_file()) if place.is_dir() else []
        if output is not None:  # the file itself, then what was found in it
            outputs.sort(key=lambda p: str(p) != output["path"])
        return Cleaned(kind, path, done.report, tuple(outputs))

    return list(await asyncio.gather(*(one(n, k, p) for n, (k, p) in enumerate(found))))
