"""Wakes the process that has work. A hint may be lost or repeated: the table is the truth.

On the embedded default a hint is one byte to a UNIX datagram socket per process; each
role asks the table after a hint and at least once a second (that question *is* the
sweeper: rows whose `next_at` has passed are due, whoever forgot them). An engine with
real queues takes this module's place on a shared database.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from pathlib import Path

_MAX_PATH = 107  # bytes of sun_path


def _folder(data_dir: Path) -> Path:
    return data_dir.absolute() / "run"


class Waker:
    """The receiving end of one process."""

    def __init__(self, data_dir: Path, role: str) -> None:
        folder = _folder(data_dir)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)
        self._path = folder / f"{role}.{os.getpid()}.{secrets.token_hex(2)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._bound = len(os.fsencode(self._path)) <= _MAX_PATH
        self._event = asyncio.Event()
        if self._bound:
            self._socket.bind(str(self._path))
            asyncio.get_running_loop().add_reader(self._socket.fileno(), self._drain)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(64):
                pass
        self._event.set()

    async def wait(self, seconds: float) -> None:
        """Until a hint came since the last call, or `seconds` passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        self._event.clear()

    def close(self) -> None:
        """Stop listening."""
        if self._bound:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        self._path.unlink(missing_ok=True)


def notify(data_dir: Path, role: str) -> None:
    """Hint every process of `role`. Never blocks, never raises."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for path in _folder(data_dir).glob(f"{role}.*"):
            try:
                sender.sendto(b"1", str(path))
            except ConnectionRefusedError:
                if path.is_socket():  # that nobody has bound: its process died
                    path.unlink(missing_ok=True)
            except OSError:
                continue  # gone, or its queue is full: then it is awake


def _sweep(folder: Path) -> None:
    """Remove the sockets of dead processes."""
    for path in folder.glob("*.*.*"):
        pid = path.name.split(".")[1]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            path.unlink(missing_ok=True)
