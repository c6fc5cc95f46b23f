"""Debian's clamd with a signature set of our own: EICAR and one marker. Nothing is downloaded."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
MARKER = b"MugaikaTestSignatureMarker"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_START_SECONDS = 30


def require_clamd() -> None:
    """Skip where the daemon is not installed; in CI it must be."""
    if CLAMD is None and not os.environ.get("CI"):
        pytest.skip("clamd is not installed")
    assert CLAMD is not None, "apt-get install clamav-daemon"


class Clamd:
    """A daemon with its own folder; `start` and `stop` as often as a test likes."""

    def __init__(self, folder: Path, *, tcp_port: int = 0) -> None:
        require_clamd()
        self.path = folder / "clamd.sock"
        self.tcp_port = tcp_port
        database = folder / "signatures"
        database.mkdir(parents=True)
        lines = [
            f"Mugaika.Test.Marker:0:*:{MARKER.hex()}\n",
            f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n",
        ]
        (database / "own.ndb").write_text("".join(lines))
        self._config = folder / "clamd.conf"
        self._config.write_text(
            f"DatabaseDirectory {database}\nLocalSocket {self.path}\nForeground yes\n"
            f"LogFile {folder / 'clamd.log'}\nTemporaryDirectory {folder}\n"
            "StreamMaxLength 2M\nMaxThreads 4\nDisableCache yes\n"
            + (f"TCPSocket {tcp_port}\nTCPAddr 127.0.0.1\n" if tcp_port else "")
        )
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [CLAMD, "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as link:
                link.connect(str(self.path))
                link.sendall(b"zPING\0")
                if link.recv(5) == b"PONG\0":
                    return
            assert self._process.poll() is None, "clamd ended"
            time.sleep(0.1)
        raise AssertionError("clamd did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            self.path.unlink(missing_ok=True)
