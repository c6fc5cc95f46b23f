"""Large bytes as files: temporary name, write, fsync, rename, fsync of the folder.

Two spaces that never mix: `original` (encrypted, written by intake, read by workers) and
`clean` (written by workers, read by whoever delivers). A file under its final name is
whole and durable; anything else is swept at the next start.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal

from gateway.store.engine import translated
from gateway.store.errors import Corrupt

Space = Literal["original", "clean"]
_KEY: Final = re.compile(r"[0-9a-z]{20,72}")
_READ_CHUNK: Final = 1 << 20


class BlobWriter:
    """A blob on its way: `write`, then `commit` or `discard`."""

    def __init__(self, folder: Path, key: str) -> None:
        self._final = folder / key[-2:] / key
        self._temporary = self._final.with_name(f".{key}.{secrets.token_hex(4)}.part")
        try:
            self._final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = self._temporary.open("xb", buffering=0)
            # Ends with this process, whatever ends it: so a sweep knows the leftovers of
            # the dead. (Process ids would not do: containers use the same few again.)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except OSError as error:
            raise translated(error) from error

    def write(self, data: bytes | memoryview) -> None:
        """Append all of `data`.

        Raises:
            StoreFull, StoreUnavailable: the blob is discarded.
        """
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self.discard()
            raise translated(error) from error

    def commit(self) -> None:
        """Make the blob durable under its final name (blocks for the disk).

        Raises:
            StoreFull, StoreUnavailable: the blob is discarded.
        """
        try:
            os.fsync(self._file.fileno())
            self._temporary.rename(self._final)
        except OSError as error:
            self.discard()
            raise translated(error) from error
        self._file.close()
        try:
            for folder in (self._final.parent, self._final.parent.parent):
                _sync_folder(folder)
        except OSError as error:
            self._final.unlink(missing_ok=True)
            raise translated(error) from error

    def discard(self) -> None:
        """Leave nothing behind; idempotent."""
        self._file.close()
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    with file:
        while piece := file.read(size):
            yield piece


class Blobs:
    """One space of the local blob store."""

    def __init__(self, data_dir: Path, space: Space) -> None:
        self._folder = data_dir / "blobs" / space
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def writer(self, key: str) -> BlobWriter:
        """Start a new blob."""
        return BlobWriter(self._folder, self._checked(key))

    def put(self, key: str, data: bytes | memoryview) -> None:
        """Write a whole blob durably (blocks for the disk)."""
        writer = self.writer(key)
        writer.write(data)
        writer.commit()

    def chunks(self, key: str, size: int = _READ_CHUNK) -> Iterator[bytes]:
        """The blob in pieces of `size` bytes (the last may be shorter).

        Raises:
            Corrupt: there is no such blob.
        """
        try:
            with self._path(key).open("rb") as file:
                while piece := file.read(size):
                    yield piece
        except FileNotFoundError as error:
            raise Corrupt("blob is missing") from error
        except OSError as error:
            raise translated(error) from error

    def verified_chunks(self, key: str, *, sha256: str, size: int = _READ_CHUNK) -> Iterator[bytes]:
        """The blob in pieces, given out only after the whole of it was compared.

        Raises:
            Corrupt: there is no such blob, or it is not what was recorded (here, not later).
        """
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError as error:
            raise Corrupt("blob is missing") from error
        except OSError as error:
            raise translated(error) from error
        try:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise Corrupt("blob is not what was recorded")
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return _pieces(file, size)

    def delete(self, key: str) -> None:
        """Remove a blob; idempotent."""
        with contextlib.suppress(FileNotFoundError):
            self._path(key).unlink()

    def sweep(self) -> int:
        """Remove temporary files whose writer is dead; returns how many."""
        removed = 0
        for path in self._folder.glob("*/.*.part"):
            with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
        return removed

    def older(self, moment: float) -> Iterator[str]:
        """Keys of blobs written before `moment` (seconds since the epoch)."""
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if _KEY.fullmatch(path.name) and path.stat().st_mtime < moment:
                    yield path.name

    def _path(self, key: str) -> Path:
        return self._folder / self._checked(key)[-2:] / key

    @staticmethod
    def _checked(key: str) -> str:
        if not _KEY.fullmatch(key):
            raise ValueError("not a blob key")
        return key
