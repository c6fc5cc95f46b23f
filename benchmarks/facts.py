"""What a figure needs beside it: the machine, the versions, the revision; and how to time."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    group: str
    name: str
    value: float
    unit: str
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For the JSON file."""
        return asdict(self)


def machine() -> dict[str, Any]:
    """Where and with what the figures were made."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    revision = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    names = ("pillow", "pypdfium2", "selectolax", "sqlalchemy", "aiosmtpd", "aiosmtplib", "uvloop")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "revision": revision,
        "load_before": os.getloadavg()[0],
        "versions": {name: importlib.metadata.version(name) for name in names},
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def median_ms(call: Callable[[], object], *, rounds: int) -> float:
    """Median wall time of `call` in milliseconds after one warm-up."""
    (taken,) = medians_ms(call, rounds=rounds)
    return taken


def medians_ms(*calls: Callable[[], object], rounds: int) -> list[float]:
    """`median_ms` of each of several, by turns: a machine that gets slower does so for all."""
    times: list[list[float]] = [[] for _ in calls]
    for number in range(rounds + 1):
        for call, taken in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            if number:
                taken.append(time.perf_counter() - started)
    return [statistics.median(taken) * 1000 for taken in times]


def tree_cpu_and_memory(root: int) -> tuple[float, int]:
    """CPU seconds used so far and resident bytes now of a process and all below it.

    Children that were reaped are counted in their parents' figures (cutime, cstime).
    """
    ticks = os.sysconf("SC_CLK_TCK")
    page = os.sysconf("SC_PAGE_SIZE")
    parents: dict[int, int] = {}
    cpu: dict[int, float] = {}
    memory: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        pid = int(entry.name)
        parents[pid] = int(fields[1])
        cpu[pid] = sum(int(f) for f in fields[11:15]) / ticks
        memory[pid] = int(fields[21]) * page
    mine = {root}
    for _ in range(6):  # supervisor, role, warm parent, child
        mine |= {pid for pid, parent in parents.items() if parent in mine}
    return sum(cpu[p] for p in mine if p in cpu), sum(memory[p] for p in mine if p in memory)
