"""The database of one process: one group-committing writer, separate readers.

All writes of a process go through one thread that takes what is waiting, runs it in one
`BEGIN IMMEDIATE … COMMIT` and answers only after the commit, so that many callers share one
fsync. A write is a function of the connection: if one of a group raises, the group is
rolled back and every function runs again in a transaction of its own, so functions must
have no effect beside the connection. Processes queue on a file lock, in the kernel,
instead of polling SQLite's busy handler.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from gateway.config import Config
from gateway.store.errors import StoreError, StoreFull, StoreUnavailable

T = TypeVar("T")

MAX_GROUP: Final = 256  # writes in one commit: bounds how long the first one waits
_BUSY_MS: Final = 10_000  # only for what does not take the file lock (a backup, sqlite3)
_READERS: Final = 4


def database_path(config: Config) -> Path:
    """Where the embedded database lies."""
    return config.data_dir / "mugaika.sqlite"


def connect(path: Path, *, readers: bool) -> Engine:
    """An engine with the durability that "nothing accepted is lost" needs."""
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=_READERS if readers else 1,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-16000")
        if readers:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    return engine


def translated(error: Exception) -> StoreError:
    """A driver's or the kernel's refusal in our words; the private text stays inside."""
    text = str(getattr(error, "orig", error))
    if "full" in text or (isinstance(error, OSError) and error.errno in _FULL):
        return StoreFull(text)
    return StoreUnavailable(text)


_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _Write:
    __slots__ = ("fn", "future")

    def __init__(self, fn: Callable[[Connection], Any]) -> None:
        self.fn = fn
        self.future: Future[Any] = Future()


class Database:
    """One process' way to the state table."""

    def __init__(self, path: Path, *, actor: str) -> None:
        self.actor = actor
        self._lock_fd = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._writes = connect(path, readers=False)
        self._reads = connect(path, readers=True)
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    @classmethod
    def open(cls, config: Config, *, actor: str) -> Database:
        """Open the database that `schema.prepare` made; `actor` stands in the audit trail.

        Raises:
            SchemaMismatch: it is missing, older or newer than this program.
        """
        from gateway.store import version

        path = database_path(config)
        version.require_current(path)
        return cls(path, actor=actor)

    def close(self) -> None:
        """Finish what is queued, then close."""
        self._queue.put(None)
        self._thread.join()
        self._writes.dispose()
        self._reads.dispose()
        os.close(self._lock_fd)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a durable transaction; returns after the commit.

        Raises:
            StoreFull, StoreUnavailable: nothing of it was kept.
            Exception: whatever `fn` raised; its part was rolled back.
        """
        write = _Write(fn)
        self._queue.put(write)
        # Shielded: a caller that goes away cannot take a queued write back.
        result: T = await asyncio.shield(asyncio.wrap_future(write.future))
        return result

    def write_sync(self, fn: Callable[[Connection], T]) -> T:
        """`write` for callers without an event loop."""
        write = _Write(fn)
        self._queue.put(write)
        result: T = write.future.result()
        return result

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on a read-only snapshot in a thread."""
        return await asyncio.to_thread(self.read_sync, fn)

    def read_sync(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on a read-only snapshot.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        try:
            with self._reads.connect() as connection, connection.begin():
                return fn(connection)
        except DBAPIError as error:
            raise translated(error) from error

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            group = [first]
            ending = False
            with contextlib.suppress(queue.Empty):
                while len(group) < MAX_GROUP:
                    following = self._queue.get_nowait()
                    if following is None:
                        ending = True
                        break
                    group.append(following)
            self._commit(group)
            if ending:
                return

    def _commit(self, group: list[_Write]) -> None:
        try:
            results = self._together(group)
        except Exception as error:  # noqa: BLE001 - it reaches the caller below
            if len(group) > 1:
                for write in group:
                    self._commit([write])
                return
            driver = isinstance(error, DBAPIError | OSError)
            group[0].future.set_exception(translated(error) if driver else error)
            return
        for write, result in zip(group, results, strict=True):
            write.future.set_result(result)

    def _together(self, group: list[_Write]) -> list[Any]:
        with (
            self._locked(),
            self._writes.connect() as connection,
            connection.begin(),
        ):
            connection.info.pop("audit_head", None)
            return [write.fn(connection) for write in group]

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)
