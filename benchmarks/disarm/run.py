"""`python -m benchmarks disarm`: everything planted, and every output of the sample set.

One number: how many things survived. The exit code is 1 when it is not 0.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import cleaned, facts
from benchmarks.cleaned import FOLDERS, Cleaned
from benchmarks.disarm import places, scan
from benchmarks.disarm.scan import Hit
from gateway.sandbox.pool import Sandbox


@dataclass(frozen=True, slots=True)
class Result:
    """One file: what of it survived. `crossed`: it has an output."""

    group: str
    name: str
    crossed: bool
    hits: tuple[Hit, ...]


def planted_results(planted: Sequence[places.Planted], done: Sequence[Cleaned]) -> list[Result]:
    """Whether the planted words are in the outputs."""
    return [
        Result(
            file.format, file.place, bool(one.outputs),
            tuple(
                hit for path in one.outputs
                for hit in scan.traces(path.read_bytes(), places.CANARIES, name=path.name)
            ),
        )
        for file, one in zip(planted, done, strict=True)
    ]  # fmt: skip


def scanned_results(done: Sequence[Cleaned]) -> list[Result]:
    """Whether anything in the outputs can act."""
    return [
        Result(
            f"{one.path.parent.name}/", one.path.name, bool(one.outputs),
            tuple(
                hit for path in one.outputs
                for hit in scan.hazards(path.read_bytes(), name=path.name)
            ),
        )
        for one in done
    ]  # fmt: skip


def table(results: Sequence[Result]) -> str:
    """Files, outputs and what survived, by group."""
    lines = ["| what | files | crossed | survived |", "| --- | --- | --- | --- |"]
    for group in dict.fromkeys(result.group for result in results):
        mine = [result for result in results if result.group == group]
        crossed, survived = sum(r.crossed for r in mine), sum(bool(r.hits) for r in mine)
        lines.append(f"| {group} | {len(mine)} | {crossed} | {survived} |")
    return "\n".join(lines)


def _written(planted: Sequence[places.Planted], folder: Path) -> list[tuple[str, Path]]:
    """The planted files on disk, as `cleaned.clean` takes them."""
    inputs = folder / "planted"
    inputs.mkdir()
    found = []
    for number, file in enumerate(planted):
        path = inputs / f"{number:04d}{file.suffix}"
        path.write_bytes(file.data)
        found.append((file.format, path))
    return found


async def _run(kinds: Sequence[str], every: int, folder: Path) -> tuple[list[Result], list[Result]]:
    sandbox = Sandbox(slots=os.cpu_count() or 1, memory_bytes=cleaned.MEMORY_BYTES)
    await sandbox.start()
    try:
        policy = cleaned.policy()
        planted = places.everything()
        done = await cleaned.clean(sandbox, _written(planted, folder), folder, policy)
        results = planted_results(planted, done)
        samples = cleaned.files(kinds, every=every)
        with tempfile.TemporaryDirectory(dir=folder) as second:
            done = await cleaned.clean(sandbox, samples, Path(second), policy)
            return results, scanned_results(done)
    finally:
        await sandbox.close()


def main(arguments: Sequence[str]) -> int:
    """Plant, clean, scan, print; 1 when anything survived."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks disarm")
    parser.add_argument("--kinds", type=lambda s: s.split(","), default=list(FOLDERS))
    parser.add_argument("--every", type=int, default=1, help="every nth file only")
    options = parser.parse_args(arguments)
    if not set(options.kinds) <= set(FOLDERS) or options.every < 1:
        parser.error(f"kinds are {', '.join(FOLDERS)}")
    if cleaned.corpus() is None:
        print("the sample set is not beside the repository: only planted files", file=sys.stderr)
    cleaned.quiet()
    machine = facts.machine()
    with tempfile.TemporaryDirectory() as name:
        planted, samples = asyncio.run(_run(options.kinds, options.every, Path(name)))
    print(f"{machine['revision']}, {machine['at']}\n")
    for title, results in (("Planted words", planted), ("The sample set", samples)):
        print(f"{title}\n\n{table(results)}\n")
    return conclusion([*planted, *samples])


def conclusion(results: Sequence[Result]) -> int:
    """Name what survived, and the number; the exit code."""
    for result in results:
        for what, count in Counter(hit.what for hit in result.hits).items():
            where = next(hit.where for hit in result.hits if hit.what == what)
            print(f"SURVIVED {result.group} {result.name}: {what} ({count}) at {where or 'top'}")
    survived = sum(bool(result.hits) for result in results)
    print(f"survived: {survived} of {len(results)}")
    return 1 if survived else 0
