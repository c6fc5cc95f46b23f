"""The SMTP receiver alone: a large mail through DATA, beside plain aiosmtpd in the same run.

The gateway's side encrypts, writes and fsyncs before its 250; plain aiosmtpd throws the
mail away. The client is one raw socket.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.facts import Figure, tree_cpu_and_memory
from gateway.config import Config
from gateway.store import schema
from scripts.demo import free_port

_SIZE = 50_000_000
_LINE = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCD\r\n"
_PLAIN = """
import asyncio, sys
from aiosmtpd.smtp import SMTP
class Sink:
    async def handle_DATA(self, server, session, envelope):
        return '250 ok'
async def main():
    loop = asyncio.get_running_loop()
    await loop.create_server(
        lambda: SMTP(Sink(), data_size_limit=10**9, hostname='x'), '127.0.0.1', int(sys.argv[1]))
    await asyncio.Event().wait()
asyncio.run(main())
"""


def _send(port: int, content: bytes) -> float:
    """Seconds from the first content byte to the 250."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        stream = sock.makefile("rb")

        def expect(code: bytes) -> None:
            while (line := stream.readline())[3:4] == b"-":
                pass
            if not line.startswith(code):
                raise RuntimeError(f"{code!r} expected, got {line!r}")

        expect(b"220")
        for command, code in (
            (b"EHLO bench.example", b"250"),
            (b"MAIL FROM:<a@b.example>", b"250"),
            (b"RCPT TO:<user@example.jp>", b"250"),
            (b"DATA", b"354"),
        ):
            sock.sendall(command + b"\r\n")
            expect(code)
        begin = time.perf_counter()
        sock.sendall(content)
        sock.sendall(b".\r\n")
        expect(b"250")
        return time.perf_counter() - begin


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not start")


def _measure(command: list[str], port: int, environment: dict[str, str]) -> tuple[float, float]:
    """(MB/s, CPU ms per MB) of a server process."""
    content = _LINE * (_SIZE // len(_LINE))
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        _send(port, content)
        cpu, _ = tree_cpu_and_memory(process.pid)
        seconds = min(_send(port, content) for _ in range(3))
        used = (tree_cpu_and_memory(process.pid)[0] - cpu) / 3
    finally:
        process.terminate()
        process.wait()
    megabytes = len(content) / 1e6
    return megabytes / seconds, used / megabytes * 1000


def run(_scale: float) -> list[Figure]:
    """Both servers, one after the other."""
    plain_port, port = free_port(), free_port()
    plain = _measure([sys.executable, "-c", _PLAIN, str(plain_port)], plain_port, dict(os.environ))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(asyncio.to_thread(schema.prepare, Config(data_dir=Path(folder))))
        environment = {
            **os.environ,
            "MUGAIKA_DATA_DIR": folder,
            "MUGAIKA_SMTP__LISTEN": f"127.0.0.1:{port}",
            "MUGAIKA_SMTP__RELAY_DOMAINS": '["example.jp"]',
            "MUGAIKA_SMTP__MAX_SIZE": "60MB",
        }
        command = [sys.executable, "-m", "gateway.cli", "serve", "--role", "internet"]
        ours = _measure(command, port, environment)
    note = "50 MB mail, encrypted, fsynced"
    return [
        Figure("receiver", "mugaika DATA", ours[0], "MB/s", note),
        Figure("receiver", "mugaika CPU", ours[1], "ms/MB", note),
        Figure("receiver", "plain aiosmtpd DATA", plain[0], "MB/s", "thrown away"),
        Figure("receiver", "plain aiosmtpd CPU", plain[1], "ms/MB", "thrown away"),
        Figure("receiver", "mugaika / plain", ours[0] / plain[0], "ratio", "throughput"),
    ]
