"""Anonymous files that carry bytes into a sandbox child and out of it.

Inputs are sealed before the child sees them; outputs are sealed before the worker reads
them, so that nobody can change a byte between the check and its use. Inputs over
`MAX_MEMFD_INPUT` lie in an unlinked file instead, so that memory stays bounded.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final

#: Larger inputs go through a decrypted, unlinked file (opened read-only for the child).
MAX_MEMFD_INPUT: Final = 64_000_000
_COPY_CHUNK: Final = 1 << 20

_F_ADD_SEALS: Final = 1033
_SEAL_ALL: Final = 0x1 | 0x2 | 0x4 | 0x8  # SEAL, SHRINK, GROW, WRITE


class SealedBytes:
    """Read-only bytes behind a descriptor. Close it, or use it as a context manager."""

    def __init__(self, fd: int, size: int) -> None:
        self.fd = fd
        self.size = size

    @classmethod
    def of(cls, data: bytes | memoryview) -> SealedBytes:
        """Copy `data` (any size up to MAX_MEMFD_INPUT) into a sealed memfd."""
        with Scratch() as scratch:
            view = memoryview(data)
            while view:
                view = view[os.write(scratch.fd, view) :]
            return scratch.seal()

    def slice(self, offset: int, size: int) -> SealedBytes:
        """A sealed copy of a range; made by the kernel, not in Python."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ValueError("range outside the bytes")
        with Scratch() as scratch:
            at = offset
            end = offset + size
            while at < end:
                sent = os.sendfile(scratch.fd, self.fd, at, min(end - at, _COPY_CHUNK))
                if sent == 0:
                    raise OSError("input ended early")
                at += sent
            return scratch.seal()

    def read(self) -> bytes:
        """All bytes."""
        return self.read_range(0, self.size)

    def read_range(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`."""
        pieces = []
        at = offset
        end = min(offset + size, self.size)
        while at < end:
            piece = os.pread(self.fd, end - at, at)
            if not piece:
                raise OSError("input ended early")
            pieces.append(piece)
            at += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Give the descriptor back; idempotent."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> SealedBytes:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Scratch:
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

    def __enter__(self) -> Scratch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class UnlinkedFile:
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
