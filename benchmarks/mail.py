"""End to end: SMTP in, durable, sandboxed, verified, SMTP out.

Messages per second, CPU milliseconds of the whole gateway per message (all its
processes, sandbox children included; load generator and sink excluded), latency from
`250` to arrival, resident memory. Load generator and sink share the same cores.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from dataclasses import dataclass

from benchmarks import messages
from benchmarks.facts import Figure, tree_cpu_and_memory
from scripts.demo import Gateway, gateway
from scripts.sink import Received, Sink

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of mail and how many of it."""

    name: str
    mails: list[bytes]
    count: int


def loads(scale: float) -> list[Load]:
    """The programme. `scale` 1.0 = the published figures."""
    return [
        Load("text 3 kB", messages.texts(20), int(3000 * scale)),
        Load("HTML 30 kB", messages.newsletters(10), int(1000 * scale)),
        Load("with PDF (1 page)", messages.with_pdf(), int(200 * scale)),
        Load("with photo (2 MP)", messages.with_photo(), int(100 * scale)),
        Load(
            "mixed (80 text, 14 HTML, 4 PDF, 2 photo)",
            messages.texts(80)
            + messages.newsletters(14)
            + messages.with_pdf() * 4
            + messages.with_photo() * 2,
            int(800 * scale),
        ),
    ]


async def _client(port: int, mails: asyncio.Queue[bytes], started: dict[bytes, float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def expect(code: bytes) -> None:
        while True:
            line = await reader.readline()
            if line[3:4] != b"-":
                break
        if not line.startswith(code):
            raise RuntimeError(f"{code!r} expected, got {line!r}")

    await expect(b"220")
    writer.write(b"EHLO bench.example\r\n")
    await expect(b"250")
    while not mails.empty():
        mail = mails.get_nowait()
        writer.write(b"MAIL FROM:<bench@sender.example>\r\nRCPT TO:<user@example.jp>\r\nDATA\r\n")
        await expect(b"250")
        await expect(b"250")
        await expect(b"354")
        writer.write(mail + b".\r\n")
        await expect(b"250")
        started[messages.mark_of(mail)] = time.perf_counter()
    writer.write(b"QUIT\r\n")
    await expect(b"221")
    writer.close()


async def _one(load: Load, running: Gateway, sink: Sink, pid: int) -> list[Figure]:
    queue: asyncio.Queue[bytes] = asyncio.Queue()
    for number, mail in zip(range(load.count), itertools.cycle(load.mails), strict=False):
        queue.put_nowait(messages.marked(mail, number))
    started: dict[bytes, float] = {}
    arrived: dict[bytes, float] = {}

    def on_mail(mail: Received) -> None:
        arrived[messages.mark_of(mail.data)] = time.perf_counter()

    sink.on_mail, sink.count = on_mail, 0
    cpu_before, _ = tree_cpu_and_memory(pid)
    begin = time.perf_counter()
    await asyncio.gather(*(_client(running.smtp_port, queue, started) for _ in range(CONNECTIONS)))
    accepted = time.perf_counter() - begin
    await sink.wait_for(load.count, seconds=300)
    seconds = time.perf_counter() - begin
    cpu_after, memory = tree_cpu_and_memory(pid)
    # Under full load latency is queueing; a quiet run tells the way of one mail alone.
    quiet = await _quiet(load, running, sink)
    note = f"{load.count} mails, {CONNECTIONS} connections"
    return [
        Figure("mail", f"{load.name}: through", load.count / seconds, "messages/s", note),
        Figure("mail", f"{load.name}: accepted", load.count / accepted, "messages/s", note),
        Figure(
            "mail", f"{load.name}: CPU", (cpu_after - cpu_before) / load.count * 1000,
            "ms/message", "whole gateway",
        ),
        Figure("mail", f"{load.name}: latency p50", quiet[0], "ms", "one mail at a time"),
        Figure("mail", f"{load.name}: latency p95", quiet[1], "ms", "one mail at a time"),
        Figure("mail", f"{load.name}: memory", memory / 1e6, "MB", "sum of RSS after the load"),
    ]  # fmt: skip


async def _quiet(load: Load, running: Gateway, sink: Sink) -> tuple[float, float]:
    times = []
    for number in range(30):
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        mail = load.mails[number % len(load.mails)]
        queue.put_nowait(messages.marked(mail, 10_000_000 + number))
        sink.count = 0
        begin = time.perf_counter()
        await _client(running.smtp_port, queue, {})
        await sink.wait_for(1, seconds=60)
        times.append((time.perf_counter() - begin) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


async def _run(scale: float) -> list[Figure]:
    figures: list[Figure] = []
    async with Sink(keep=False) as sink:
        for load in loads(scale):
            async with gateway(sink.url) as running:
                figures += await _one(load, running, sink, running.pid)
    return figures


def run(scale: float) -> list[Figure]:
    """All end-to-end figures."""
    return asyncio.run(_run(scale))


async def _flat(count: int) -> list[Figure]:
    async with Sink(keep=False) as sink, gateway(sink.url) as running:
        memory = []
        mails = messages.texts(20)
        for step in range(10):
            queue: asyncio.Queue[bytes] = asyncio.Queue()
            for number in range(count // 10):
                mail = mails[number % len(mails)]
                queue.put_nowait(messages.marked(mail, step * count + number))
            sink.count = 0
            await asyncio.gather(
                *(_client(running.smtp_port, queue, {}) for _ in range(CONNECTIONS))
            )
            await sink.wait_for(count // 10, seconds=300)
            memory.append(tree_cpu_and_memory(running.pid)[1] / 1e6)
    return [
        Figure("memory", f"after {count // 10} mails", memory[0], "MB", "sum of RSS"),
        Figure("memory", f"after {count} mails", memory[-1], "MB", "sum of RSS"),
        Figure("memory", "growth", memory[-1] / memory[0], "ratio", "1.0 = flat"),
    ]


def run_flat(scale: float) -> list[Figure]:
    """Memory over many mails."""
    return asyncio.run(_flat(int(10_000 * scale)))
