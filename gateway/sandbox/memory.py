"""Anonymous files that carry bytes into a sandbox child and out of it.

Inputs are sealed before the child sees them; outputs are sealed before the worker reads
them, so that nobody can change a byte between the check and its use. What is over
`MAX_MEMFD_INPUT` lies in an unlinked file instead, so that memory stays bounded. A member
of a container is a view of its container's bytes: it costs no copy, and its child maps
nothing but its range.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

#: Larger inputs go through a decrypted, unlinked file (opened read-only for the child).
MAX_MEMFD_INPUT: Final = 64_000_000
_COPY_CHUNK: Final = 1 << 20

_F_ADD_SEALS: Final = 1033
_SEAL_ALL: Final = 0x1 | 0x2 | 0x4 | 0x8  # SEAL, SHRINK, GROW, WRITE


class Closable:
    """Gives back what it holds by `close()`, also as a context manager."""

    def close(self) -> None:
        """Give it back; idempotent."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class SealedBytes(Closable):
    """Read-only bytes: `size` of them from `offset` of a descriptor.

    Close it, or use it as a context manager.
    """

    def __init__(self, fd: int, size: int, *, offset: int = 0) -> None:
        self.fd = fd
        self.size = size
        self.offset = offset
        self._on_close: Callable[[], None] | None = None

    @classmethod
    def of(cls, data: bytes | memoryview) -> SealedBytes:
        """Copy `data` (any size up to MAX_MEMFD_INPUT) into a sealed memfd."""
        with Scratch() as scratch:
            write_all(scratch.fd, data)
            return scratch.seal()

    @property
    def whole(self) -> bool:
        """Whether the descriptor holds these bytes and no others."""
        return self.offset == 0 and os.fstat(self.fd).st_size == self.size

    def slice(self, offset: int, size: int) -> SealedBytes:
        """A view of a range, with a descriptor of its own; nothing is copied."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ValueError("range outside the bytes")
        fd = fcntl.fcntl(self.fd, fcntl.F_DUPFD_CLOEXEC, 3)
        return SealedBytes(fd, size, offset=self.offset + offset)

    def copy_to(self, fd: int) -> None:
        """Append all bytes to `fd`; made by the kernel, not in Python.

        Raises:
            OSError: no room, or the bytes ended early.
        """
        at = self.offset
        end = self.offset + self.size
        while at < end:
            sent = os.sendfile(fd, self.fd, at, min(end - at, _COPY_CHUNK))
            if sent == 0:
                raise OSError("input ended early")
            at += sent

    def read(self) -> bytes:
        """All bytes."""
        return self.read_range(0, self.size)

    def read_range(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`."""
        pieces = []
        at = self.offset + offset
        end = self.offset + min(offset + size, self.size)
        while at < end:
            piece = os.pread(self.fd, end - at, at)
            if not piece:
                raise OSError("input ended early")
            pieces.append(piece)
            at += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def sha256(self) -> str:
        """Lower-case hex digest, read piece by piece."""
        digest = hashlib.sha256()
        for at in range(0, self.size, _COPY_CHUNK):
            digest.update(self.read_range(at, _COPY_CHUNK))
        return digest.hexdigest()

    def when_closed(self, call: Callable[[], None]) -> None:
        """`call` once, when the bytes are given back."""
        self._on_close = call

    def close(self) -> None:
        """Give the descriptor back; idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            if self._on_close is not None:
                self._on_close()


class Scratch(Closable):
    """A memfd being written; `seal()` turns it into `SealedBytes`."""

    def __init__(self) -> None:
        self.fd = os.memfd_create("mugaika", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)

    def seal(self) -> SealedBytes:
        """Seal against every change; the descriptor moves to the result.

        Raises:
            OSError: a writable mapping is still alive somewhere (then nothing may be read).
        """
        fcntl.fcntl(self.fd, _F_ADD_SEALS, _SEAL_ALL)
        sealed = SealedBytes(self.fd, os.fstat(self.fd).st_size)
        self.fd = -1
        return sealed

    def close(self) -> None:
        """Give the descriptor back; idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class UnlinkedFile(Closable):
    """A large input on disk without a name: gone with its last descriptor."""

    def __init__(self, folder: Path) -> None:
        fd, name = tempfile.mkstemp(dir=folder)
        os.unlink(name)  # noqa: PTH108 - right after mkstemp, by the same name
        self.fd = fd

    def seal(self) -> SealedBytes:
        """Reopen read-only; the writable descriptor is closed."""
        readonly = os.open(f"/proc/self/fd/{self.fd}", os.O_RDONLY | os.O_CLOEXEC)
        os.close(self.fd)
        self.fd = -1
        return SealedBytes(readonly, os.fstat(readonly).st_size)

    def close(self) -> None:
        """Give the descriptor back; idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def room_for(size: int, folder: Path) -> Scratch | UnlinkedFile:
    """Where `size` bytes are to be written: in memory, or on disk when they are many."""
    return Scratch() if size <= MAX_MEMFD_INPUT else UnlinkedFile(folder)


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of `data`."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
