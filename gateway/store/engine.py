"""The database of one process: one group-committing writer, separate readers.

All writes of a process go through one thread that takes what is waiting, runs it in one
`BEGIN IMMEDIATE … COMMIT` and answers only after the commit, so that many callers share one
fsync. A write is a function of the connection. If one of a group raises, the group is
rolled back and runs again with a savepoint around each function, so that only the one that
raised is left out: functions may run twice and must have no effect beside the connection.
A refusal of the disk or of the commit fails the whole group. Processes queue on a file
lock, in the kernel, instead of polling SQLite's busy handler.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.config import Config
from gateway.store.errors import StoreError, StoreFull, StoreUnavailable

T = TypeVar("T")

MAX_GROUP: Final = 256  # writes in one commit: bounds how long the first one waits
_BUSY_MS: Final = 10_000  # only for what does not take the file lock (a backup, sqlite3)
_READERS: Final = 4
_CACHE_KB: Final = 4_000  # of pages, each connection; the kernel caches the file anyway


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
        cursor.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
        # A deleted key must be gone from the file, not only from its table.
        cursor.execute("PRAGMA secure_delete=ON")
        if readers:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")
        # What is remembered of the audit chain holds within one transaction only.
        connection.info.pop("audit_head", None)

    return engine


def translated(error: Exception) -> StoreError:
    """A driver's or the kernel's refusal in our words; the private text stays inside."""
    if isinstance(error, StoreError):
        return error
    cause = getattr(error, "orig", error)
    full = (
        getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        or getattr(cause, "errno", None) in _FULL
    )
    return StoreFull(str(cause)) if full else StoreUnavailable(str(cause))


_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a function came to, once its transaction is durable."""

    result: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class _Write:
    """A function that waits for the writer, and who waits for its answer."""

    fn: Callable[[Connection], Any]
    future: asyncio.Future[Any] | Future[Any]

    def answer(self, outcome: _Outcome) -> None:
        """Tell the caller; one that has gone away is none of the writer's business."""
        if self.future.done():
            return
        if outcome.error is not None:
            self.future.set_exception(outcome.error)
        else:
            self.future.set_result(outcome.result)


def _answer(answers: list[tuple[_Write, _Outcome]]) -> None:
    for write, outcome in answers:
        write.answer(outcome)


class Database:
    """One process' way to the state table."""

    def __init__(self, path: Path, *, actor: str) -> None:
        self.actor = actor
        self._lock_fd = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._writes = connect(path, readers=False)
        self._reads = connect(path, readers=True)
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
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
        """Finish what is queued, then close; idempotent."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._writes.dispose()
        self._reads.dispose()
        os.close(self._lock_fd)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a durable transaction; returns after the commit.

        Raises:
            StoreFull, StoreUnavailable: nothing of it was kept, unless the disk itself failed
                in the middle of a commit: then a restart may still find it.
            Exception: whatever `fn` raised; its part was rolled back.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._enqueue(_Write(fn, future))
        # A caller that goes away ends its waiting only: a queued write is not taken back.
        return await future

    def write_sync(self, fn: Callable[[Connection], T]) -> T:
        """`write` for callers without an event loop."""
        future: Future[T] = Future()
        self._enqueue(_Write(fn, future))
        return future.result()

    def _enqueue(self, write: _Write) -> None:
        with self._closing:  # nothing may be queued behind the end: it would wait for ever
            if self._closed:
                raise StoreUnavailable("the database is closed")
            self._queue.put(write)

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
        except (DBAPIError, PoolTimeout) as error:
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
        """Run a group and answer its callers. Never raises: the writer must live on."""
        try:
            outcomes = self._run(group, isolated=False)
        except _OwnFault:
            try:
                outcomes = self._run(group, isolated=True)
            except BaseException as error:  # noqa: BLE001 - it reaches every caller below
                outcomes = [_Outcome(error=_public(error))] * len(group)
        except BaseException as error:  # noqa: BLE001 - it reaches every caller below
            outcomes = [_Outcome(error=_public(error))] * len(group)
        # One wake-up of each event loop for the whole group: they are not free.
        waiting: dict[asyncio.AbstractEventLoop, list[tuple[_Write, _Outcome]]] = {}
        for write, outcome in zip(group, outcomes, strict=True):
            if isinstance(write.future, Future):
                write.answer(outcome)
            else:
                waiting.setdefault(write.future.get_loop(), []).append((write, outcome))
        for loop, answers in waiting.items():
            with contextlib.suppress(RuntimeError):  # the loop has ended, nobody waits
                loop.call_soon_threadsafe(_answer, answers)

    def _run(self, group: list[_Write], *, isolated: bool) -> list[_Outcome]:
        """One transaction. Without savepoints first: they cost, and hardly anything raises.

        Raises:
            _OwnFault: a function raised (only where not `isolated`); nothing was kept.
        """
        with self._locked(), self._writes.connect() as connection, connection.begin():
            if isolated:
                return [_alone(connection, write.fn) for write in group]
            return [_Outcome(result=_faults_marked(connection, write.fn)) for write in group]

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        fcntl.flock(self._lock_fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock_fd, fcntl.LOCK_UN)


class _OwnFault(Exception):
    """A function of the group raised, the database itself is well."""


def _is_own_fault(error: BaseException) -> bool:
    """Whether `error` is the function's: not a refusal of the disk, the lock or the file."""
    return isinstance(error, IntegrityError) or not isinstance(error, DBAPIError | OSError)


def _faults_marked(connection: Connection, fn: Callable[[Connection], T]) -> T:
    try:
        return fn(connection)
    except BaseException as error:
        if _is_own_fault(error):
            raise _OwnFault from error
        raise


def _alone(connection: Connection, fn: Callable[[Connection], Any]) -> _Outcome:
    """Run `fn` so that its failure undoes only its own part."""
    head = connection.info.get("audit_head")
    try:
        with connection.begin_nested():
            return _Outcome(result=fn(connection))
    except BaseException as error:
        # Some refusals end SQLite's whole transaction: then the others' parts are gone too.
        if not _is_own_fault(error) or not _in_transaction(connection):
            raise
        if head is None:
            connection.info.pop("audit_head", None)
        else:
            connection.info["audit_head"] = head
        return _Outcome(error=_public(error))


def _in_transaction(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction


def _public(error: BaseException) -> BaseException:
    if isinstance(error, DBAPIError | OSError | sqlite3.Error):
        public = translated(error)
        public.__cause__ = error
        return public
    if isinstance(error, StopIteration):  # a future would not take it
        return RuntimeError("a write raised StopIteration")
    return error
