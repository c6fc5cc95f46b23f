"""The sandbox's own cost: fork, lock, request, reply, reap, with next to nothing to do."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from benchmarks.facts import Figure
from gateway.sandbox.families import FAMILIES
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.sandbox.protocol import Request

_JOBS = 300


def _rss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    return 0.0


async def _family(sandbox: Sandbox, name: str) -> Figure:
    # A type that nobody handles: the child is forked, locked, answers, and is reaped.
    op = "verify" if name == "verify" else "identify" if name == "identify" else "clean"
    with SealedBytes.of(b"x") as source:
        request = Request(op=op, size=1, media_type="bench/nothing", name="x.bin")
        for _ in range(10):
            ran = await sandbox.run(name, request, source)
            if ran.output is not None:
                ran.output.close()
        begin, cpu = time.perf_counter(), time.process_time()
        child_cpu = 0.0
        for _ in range(_JOBS):
            ran = await sandbox.run(name, request, source)
            child_cpu += ran.cpu_seconds
            if ran.output is not None:
                ran.output.close()
        wall = (time.perf_counter() - begin) / _JOBS * 1000
        worker = (time.process_time() - cpu) / _JOBS * 1000
    parent = sandbox._parents[name].process.pid
    child = child_cpu / _JOBS * 1000
    note = f"parent {_rss(parent):.0f} MB; CPU: worker {worker:.2f} ms, child {child:.2f} ms"
    return Figure("sandbox", f"{name}: one child, start to reply", wall, "ms", note)


async def _run() -> list[Figure]:
    sandbox = Sandbox(slots=os.cpu_count() or 1, memory_bytes=4_000_000_000)
    await sandbox.start()
    try:
        return [await _family(sandbox, family.name) for family in FAMILIES]
    finally:
        await sandbox.close()


def run(_scale: float) -> list[Figure]:
    """One line a family."""
    return asyncio.run(_run())
