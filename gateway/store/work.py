"""The worker role's part of the store: claim, read the original, hand the result over.

Only this module reads originals, and only it and `results` write the clean space. Every
change is a compare-and-set on the row's version with its audit row in one transaction;
a lost race changes nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, bindparam, select, update

from gateway.config import Config
from gateway.store import (
    audit,
    clean,
    dispatch,
    keyfiles,
    keys,
    presence,
    results,
    retention,
    unsealing,
)
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.errors import Corrupt, OriginalGone, StoreError, StoreFull
from gateway.store.ids import now_us
from gateway.store.intake import Envelope
from gateway.store.results import LEASED, ItemResult, NewMail, StoredOutput, Verified
from gateway.store.tables import bodies, deliveries, files, items, segments
from gateway.store.tables import keys as key_table

#: Held only for the malware scanner: it is tried again, nobody has to decide.
HOLD_SCANNER: Final = "scanner"
_WORK: Final = items.c.state.in_(("received", "processing")) | (
    (items.c.state == "held") & (items.c.hold == HOLD_SCANNER)
)
_DUE: Final = (
    select(items)
    .where(_WORK, items.c.next_at <= bindparam("now"))
    .order_by(items.c.next_at)
    .limit(bindparam("most"))
)
_FIRST_TRY: Final = _DUE.where(items.c.attempts == 0)
_TRIED: Final = _DUE.where(items.c.attempts > 0)
_CLAIM: Final = (
    update(items)
    .where(items.c.id == bindparam("b_id"), items.c.version == bindparam("b_version"))
    .values(
        state="processing",
        version=items.c.version + 1,
        attempts=items.c.attempts + 1,
        owner=bindparam("b_owner"),
        next_at=bindparam("b_lease"),
        updated_at=bindparam("b_now"),
    )
)
_RENEW: Final = update(items).where(LEASED).values(next_at=bindparam("b_lease"))
_RELEASE: Final = (
    update(items)
    .where(LEASED)
    .values(
        state=bindparam("b_state"),
        hold=bindparam("b_hold"),
        version=items.c.version + 1,
        owner=None,
        attempts=items.c.attempts - bindparam("b_back"),
        next_at=bindparam("b_due"),
        updated_at=bindparam("b_now"),
    )
)
_SEALED: Final = (
    select(key_table.c.wrapped, bodies.c.data)
    .outerjoin(bodies, (bodies.c.key == key_table.c.original_key) & (bodies.c.space == "original"))
    .where(key_table.c.original_key == bindparam("b_id"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedItem:
    """An item that this process holds the lease of. `attempts` counts this one."""

    id: str
    version: int
    attempts: int
    kind: str
    envelope: Envelope
    size: int
    received_at: int
    deliveries: tuple[tuple[int, str], ...]  # (delivery id, recipient)
    profile: str = ""  # wished for by the uploader


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedFile:
    """One file of an upload. The strings are the uploader's words."""

    id: str
    name: str
    claimed_type: str
    size: int


class Work:
    """One worker process' part of the store."""

    def __init__(
        self, config: Config, database: Database, private_key: X25519PrivateKey, hops_key: bytes
    ) -> None:
        self.hops_key = hops_key
        self.database = database
        self._config = config
        self._private_key = private_key
        self._originals = Blobs(config.data_dir, "original")
        self._clean = Blobs(config.data_dir, "clean")
        self._owner = presence.this_instance("worker")

    @classmethod
    def open(cls, config: Config) -> Work:
        """Open for one process.

        Raises:
            SchemaMismatch, KeyMissing: the store was not prepared.
        """
        private = unsealing.load_private(keys.private_key(config))
        hops = keys.hops_key(config)
        database = Database.open(config, actor="worker")
        try:
            public = private.public_key().public_bytes_raw()
            database.read_sync(lambda c: keyfiles.require_same(c, public))
        except BaseException:
            database.close()
            raise
        return cls(config, database, private, hops)

    def close(self) -> None:
        """Finish queued writes."""
        self.database.close()

    async def claim(
        self, limit: int, *, lease_seconds: float, tried: bool = True
    ) -> list[ClaimedItem]:
        """Take up to `limit` due items; the attempt is counted before any work starts.

        At most one of them was tried before, and none where `tried` is False: an item that
        ends its worker every time must not use up the attempts of those beside it.
        """
        if not self.database.read_sync(lambda c: _is_due(c, tried)):
            return []  # an idle worker never takes the write lock
        return await self.database.write(lambda c: self._claim(c, limit, lease_seconds, tried))

    def _claim(
        self, connection: Connection, limit: int, seconds: float, tried: bool
    ) -> list[ClaimedItem]:
        now = now_us()
        again = connection.execute(_TRIED, {"now": now, "most": int(tried)}).all()
        most = {"now": now, "most": limit - len(again)}
        due = [*again, *connection.execute(_FIRST_TRY, most).all()]
        if not due:
            return []
        changed = connection.execute(
            _CLAIM,
            [
                {
                    "b_id": row.id,
                    "b_version": row.version,
                    "b_owner": self._owner,
                    "b_lease": now + int(seconds * 1e6),
                    "b_now": now,
                }
                for row in due
            ],
        )
        if changed.rowcount != len(due):
            raise StoreError("another worker claimed the same rows")
        to: dict[str, list[tuple[int, str]]] = {row.id: [] for row in due}
        for d in connection.execute(
            select(deliveries.c.id, deliveries.c.item_id, deliveries.c.recipient)
            .where(deliveries.c.item_id.in_(list(to)), deliveries.c.state == "waiting")
            .order_by(deliveries.c.id)
        ):
            to[d.item_id].append((d.id, d.recipient))
        audit.append(
            connection,
            "worker",
            [audit.Event(r.id, "claimed", {"attempt": r.attempts + 1}) for r in due],
        )
        return [
            ClaimedItem(
                id=row.id,
                version=row.version + 1,
                attempts=row.attempts + 1,
                kind=row.kind,
                envelope=Envelope(
                    sender=row.sender,
                    recipients=tuple(recipient for _, recipient in to[row.id]),
                    client=row.client,
                    helo=row.helo,
                    tls=row.tls,
                    smtputf8=row.smtputf8,
                    received_at=row.received_at,
                ),
                size=row.size,
                received_at=row.received_at,
                deliveries=tuple(to[row.id]),
                profile=row.profile or "",
            )
            for row in due
        ]

    async def renew(self, claimed: Iterable[ClaimedItem], *, lease_seconds: float) -> set[str]:
        """Extend the leases; returns the ids that are still ours."""
        mine = list(claimed)

        def fn(connection: Connection) -> set[str]:
            lease = now_us() + int(lease_seconds * 1e6)
            return {
                item.id
                for item in mine
                if connection.execute(_RENEW, {**self._lease(item), "b_lease": lease}).rowcount
            }

        return await self.database.write(fn) if mine else set()

    async def release(
        self,
        item: ClaimedItem,
        *,
        delay_seconds: float,
        why: str,
        attempt_back: bool = False,
        hold: str = "",
    ) -> bool:
        """Give an item back, due again after `delay_seconds`; False: it was not ours.

        `attempt_back` takes the counted attempt back: only where the item surely had no
        part in the failure, else an item that breaks its worker would be tried for ever.
        `hold` says what it waits for meanwhile (and that people may see it as held).
        """

        def fn(connection: Connection) -> bool:
            now = now_us()
            due = now + int(delay_seconds * 1e6)
            row = {
                **self._lease(item),
                "b_due": due,
                "b_now": now,
                "b_back": int(attempt_back or bool(hold)),
                "b_state": "held" if hold else "received",
                "b_hold": hold or None,
            }
            if connection.execute(_RELEASE, row).rowcount == 0:
                return False
            event = "held" if hold else "released"
            audit.append(connection, "worker", [audit.Event(item.id, event, {"why": why})])
            return True

        return await self.database.write(fn)

    async def release_dead(self) -> int:
        """Make the items of this node's dead workers due at once; returns how many."""

        def fn(connection: Connection) -> int:
            held = select(items.c.id, items.c.owner).where(items.c.state == "processing")
            dead = [r.id for r in connection.execute(held) if presence.is_dead(r.owner or "")]
            for item_id in dead:
                connection.execute(
                    update(items).where(items.c.id == item_id).values(next_at=now_us())
                )
            audit.append(
                connection, "worker", [audit.Event(i, "lease_of_dead_worker", {}) for i in dead]
            )
            return len(dead)

        return await self.database.write(fn)

    async def original_to_fd(self, item: ClaimedItem, fd: int) -> int:
        """Decrypt the original into `fd`; returns its size in bytes.

        Raises:
            OriginalGone: it was destroyed.
            Corrupt: it is not what was accepted; `fd` holds an unusable beginning.
        """
        # Small ones are read and opened right here: a thread would cost more than the work.
        wrapped, small = self.database.read_sync(lambda c: _sealed(c, item.id))
        if small is not None:
            return self._decrypt(item, wrapped, small, fd)
        return await asyncio.to_thread(self._decrypt, item, wrapped, small, fd)

    async def files(self, item: ClaimedItem) -> list[ClaimedFile]:
        """The files of an upload, in their order."""
        return await self.database.read(lambda c: _files(c, item.id))

    async def file_to_fd(self, file: ClaimedFile, fd: int) -> int:
        """Decrypt one file of an upload into `fd`; returns its size in bytes.

        Raises:
            OriginalGone: it was destroyed.
            Corrupt: it is not what was accepted; `fd` holds an unusable beginning.
        """
        return await asyncio.to_thread(self._decrypt_file, file, fd)

    def _decrypt_file(self, file: ClaimedFile, fd: int) -> int:
        size = 0
        for key, expected in self.database.read_sync(lambda c: _segments(c, file.id)):
            wrapped, small = self.database.read_sync(partial(_sealed, key=key))
            written = self._unseal(key, wrapped, small, fd)
            if written != expected:
                raise Corrupt("a segment has another size")
            size += written
        if size != file.size:
            raise OriginalGone("segments are missing")
        return size

    async def read_original(self, item: ClaimedItem) -> bytes:
        """The original as bytes (small ones: tests and operators)."""
        read_fd = os.memfd_create("original", os.MFD_CLOEXEC)
        try:
            size = await self.original_to_fd(item, read_fd)
            return os.pread(read_fd, size, 0)
        finally:
            os.close(read_fd)

    def _decrypt(self, item: ClaimedItem, wrapped: bytes, small: bytes | None, fd: int) -> int:
        size = self._unseal(item.id, wrapped, small, fd)
        if size != item.size:
            raise Corrupt("the original has another size")
        return size

    def _unseal(self, key: str, wrapped: bytes, small: bytes | None, fd: int) -> int:
        pieces: Iterator[bytes] = (
            iter([small]) if small is not None else self._originals.chunks(key)
        )
        data_key = unsealing.unwrap(wrapped, key, self._private_key)
        size = 0
        for chunk in unsealing.unseal(pieces, key, data_key):
            view = memoryview(chunk)
            size += len(chunk)
            while view:
                view = view[os.write(fd, view) :]
        return size

    async def store_output(self, item: ClaimedItem, output: Verified) -> StoredOutput:
        """Make a verified output durable, before `finish` names it.

        Raises:
            StoreFull, StoreUnavailable: nothing of it is kept.
        """
        return await results.store_output(self._clean, item.id, output)

    def discard(self, outputs: Sequence[StoredOutput]) -> None:
        """Remove stored outputs that `finish` will not name."""
        results.discard(self._clean, outputs)

    async def finish(self, item: ClaimedItem, result: ItemResult) -> bool:
        """Store the result in one transaction; False: the lease was lost, nothing is done.

        Raises:
            StoreFull, StoreUnavailable: nothing is done; give the item back.
        """
        stored: list[tuple[NewMail, str, bool]] = []
        for mail in result.mails:
            key = results.clean_key(item.id, "c")
            large = len(mail.data) > clean.SMALL_CLEAN
            if large:
                try:
                    await asyncio.to_thread(self._clean.put, key, mail.data)
                except StoreError:
                    self._discard(result, stored)
                    raise
            stored.append((mail, key, large))
        lease = self._lease(item)
        try:
            done = await self.database.write(lambda c: results.record(c, lease, result, stored))
        except StoreFull:
            self._discard(result, stored)
            raise
        if done:
            dispatch.notify(self._config.data_dir, "internet" if item.kind == "upload" else "lgwan")
        else:
            self._discard(result, stored)
        return done

    async def record_score(self, item_id: str, profile: str, n: int, score: str) -> None:
        """Note what was measured of a part of a finished item (JSON).

        Raises:
            StoreFull, StoreUnavailable: it is not noted.
        """
        await self.database.write(
            lambda c: results.record_score(c, item_id, profile=profile, n=n, score=score)
        )

    def _discard(self, result: ItemResult, stored: list[tuple[NewMail, str, bool]]) -> None:
        results.discard(self._clean, result.outputs)
        for _, key, large in stored:
            if large:
                self._clean.delete(key)

    async def purge(self) -> int:
        """Destroy originals and clean bodies whose time is over; returns how many items."""
        return await retention.purge(
            self.database, self._originals, self._clean, self._config.retention
        )

    def _lease(self, item: ClaimedItem) -> dict[str, object]:
        return {"b_id": item.id, "b_version": item.version, "b_owner": self._owner}


def _is_due(connection: Connection, tried: bool) -> bool:
    which = _DUE if tried else _FIRST_TRY
    return connection.execute(which, {"now": now_us(), "most": 1}).first() is not None


def _files(connection: Connection, item_id: str) -> list[ClaimedFile]:
    rows = connection.execute(select(files).where(files.c.item_id == item_id).order_by(files.c.n))
    return [
        ClaimedFile(id=r.id, name=r.name, claimed_type=r.claimed_type, size=r.size) for r in rows
    ]


def _segments(connection: Connection, file_id: str) -> list[tuple[str, int]]:
    rows = connection.execute(
        select(segments.c.original_key, segments.c.size)
        .where(segments.c.file_id == file_id)
        .order_by(segments.c.n)
    )
    return [(r.original_key, r.size) for r in rows]


def _sealed(connection: Connection, key: str) -> tuple[bytes, bytes | None]:
    found = connection.execute(_SEALED, {"b_id": key}).first()
    if found is None:
        raise OriginalGone("its key was destroyed")
    return found.wrapped, found.data
