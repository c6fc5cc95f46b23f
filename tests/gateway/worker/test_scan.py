"""The malware scanner's second opinion, with the real daemon: found, clean, down, lying."""

import asyncio
import contextlib
import socket
import threading
from dataclasses import replace

import pytest

from gateway import policy as policies
from gateway.config import Scanner as ScannerConfig
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.worker.pipeline import Pipeline
from gateway.worker.scan import Scanned, Scanner, ScannerUnavailable, Verdict
from sanitizers.findings import Kind
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode
from scripts.demo import free_port
from tests.clamd import EICAR, MARKER, Clamd

STANDARD = policies.load(None).profile("standard")


@pytest.fixture(scope="module")
def clamd(tmp_path_factory):
    daemon = Clamd(tmp_path_factory.mktemp("clamd"), tcp_port=free_port())
    daemon.start()
    yield daemon
    daemon.stop()


def scanner(socket: str, seconds: float = 10) -> Scanner:
    return Scanner(ScannerConfig(socket=socket, timeout_seconds=seconds))


def scan(by: Scanner, data: bytes) -> Scanned:
    async def go():
        with SealedBytes.of(data) as source:
            return await by.scan(source)

    return asyncio.run(go())


def ways(clamd) -> list[Scanner]:
    return [scanner(f"unix:{clamd.path}"), scanner(f"tcp:127.0.0.1:{clamd.tcp_port}")]


def test_the_daemon_finds_what_it_knows_and_nothing_else(clamd):
    for by in ways(clamd):
        assert scan(by, b"harmless " * 200_000).verdict is Verdict.CLEAN
        found = scan(by, b"before " + MARKER + b" after")
        assert found.verdict is Verdict.FOUND
        assert "Mugaika.Test.Marker" in found.signature
        assert scan(by, EICAR).verdict is Verdict.FOUND
        assert "ClamAV" in asyncio.run(by.version())


def test_more_than_the_daemon_takes_in_a_stream_is_said_so(clamd):
    assert scan(ways(clamd)[1], bytes(4_000_000)).verdict is Verdict.TOO_LARGE


@pytest.mark.parametrize("socket", ["unix:/nonexistent/clamd.ctl", "tcp:127.0.0.1:1"])
def test_a_daemon_that_is_not_there_is_unavailable(socket):
    with pytest.raises(ScannerUnavailable):
        scan(scanner(socket), b"x")


@pytest.mark.parametrize(
    "reply",
    [b"", b"OK", b"stream: OK", b"\0", b"ERROR\0", b"stream: FOUND\0", b"stream: OK FOUND OK?\0",
     b"x" * 10_000, b"stream: \xff FOUND\0"],
)  # fmt: skip
def test_a_reply_that_is_not_clear_is_never_taken_for_ok(tmp_path, reply):
    path = tmp_path / "fake.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve():
            link, _ = server.accept()
            with link, contextlib.suppress(OSError):
                link.recv(100)
                link.sendall(reply)
                link.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(ScannerUnavailable):
            scan(scanner(f"unix:{path}"), b"x")
        thread.join()


def test_a_daemon_that_says_nothing_is_unavailable_in_time(tmp_path):
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        with pytest.raises(ScannerUnavailable):
            scan(scanner(f"unix:{path}", seconds=0.3), b"x")


def clean(data: bytes, by: Scanner | None, scan_mode: str, name="a.txt"):
    """Clean a file with this scanner under this mode of the profile."""

    async def go():
        sandbox = Sandbox(slots=1, memory_bytes=10**9)
        await sandbox.start()
        try:
            pipeline = Pipeline(sandbox, replace(STANDARD, scan=scan_mode), scanner=by)
            with SealedBytes.of(data) as source:
                return await pipeline.clean_file(source, name=name)
        finally:
            await sandbox.close()

    part = asyncio.run(go())
    kinds = {finding.kind for finding in part.findings}
    part.close()
    return part, kinds


def test_what_is_found_in_an_original_or_a_result_does_not_cross(clamd):
    by = ways(clamd)[0]
    for mode in ("optional", "required"):
        part, kinds = clean(b"text " + MARKER, by, mode)
        assert (part.outcome, part.reason) == (Outcome.WITHHELD, ReasonCode.MALWARE)
        assert Kind.MALWARE in kinds
    # The signature does not match UTF-16: only the rebuilt text has the bytes.
    part, kinds = clean(b"\xff\xfe" + MARKER.decode().encode("utf-16-le"), by, "required")
    assert part.reason is ReasonCode.MALWARE
    assert [f.where for f in part.findings if f.kind is Kind.MALWARE] == ["result"]
    part, _ = clean(b"text " + MARKER, by, "off")
    assert part.outcome is Outcome.CLEAN


def test_what_is_harmless_crosses_without_a_word(clamd):
    part, kinds = clean(b"harmless", ways(clamd)[0], "required")
    assert part.outcome is Outcome.CLEAN
    assert not kinds & {Kind.MALWARE, Kind.SCAN_UNAVAILABLE}


def test_a_scanner_that_is_down_is_noted_or_stops_everything():
    dead = scanner("unix:/nonexistent/clamd.ctl")
    part, kinds = clean(b"harmless", dead, "optional")
    assert part.outcome is Outcome.CLEAN
    assert Kind.SCAN_UNAVAILABLE in kinds
    for by in (dead, None):
        with pytest.raises(ScannerUnavailable):
            clean(b"harmless", by, "required")
    part, kinds = clean(b"harmless", None, "optional")
    assert Kind.SCAN_UNAVAILABLE not in kinds
