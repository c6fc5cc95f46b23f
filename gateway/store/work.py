"""The worker role's part of the store: claim, read the original, hand the result over.

Only this module reads originals and only this module writes the clean space. Every
change is a compare-and-set on the row's version with its audit row in one transaction;
a lost race changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.config import Config
from gateway.store import audit, clean, dispatch, keyfiles, keys, presence, retention, unsealing
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.errors import Corrupt, OriginalGone, StoreError, StoreFull
from gateway.store.ids import now_us
from gateway.store.intake import Envelope
from gateway.store.tables import bodies, deliveries, items, mails, parts
from gateway.store.tables import keys as key_table
from sanitizers.findings import Finding

_DUE: Final = (
    select(items)
    .where(items.c.state.in_(("received", "processing")), items.c.next_at <= bindparam("now"))
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
_MINE: Final = (
    (items.c.id == bindparam("b_id"))
    & (items.c.version == bindparam("b_version"))
    & (items.c.owner == bindparam("b_owner"))
    & (items.c.state == "processing")
)
_RENEW: Final = update(items).where(_MINE).values(next_at=bindparam("b_lease"))
_FINISH: Final = (
    update(items)
    .where(_MINE)
    .values(
        state=bindparam("b_state"),
        version=items.c.version + 1,
        owner=None,
        next_at=None,
        outcome=bindparam("b_outcome"),
        subject=bindparam("b_subject"),
        updated_at=bindparam("b_now"),
    )
)
_RELEASE: Final = (
    update(items)
    .where(_MINE)
    .values(
        state="received",
        version=items.c.version + 1,
        owner=None,
        attempts=items.c.attempts - bindparam("b_back"),
        next_at=bindparam("b_due"),
        updated_at=bindparam("b_now"),
    )
)
_READY: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"), deliveries.c.state == "waiting")
    .values(
        state="ready",
        version=deliveries.c.version + 1,
        profile=bindparam("b_profile"),
        mail_id=bindparam("b_mail"),
        next_at=bindparam("b_now"),
        updated_at=bindparam("b_now"),
    )
)
_DROP: Final = (
    update(deliveries)
    .where(deliveries.c.item_id == bindparam("b_item"), deliveries.c.state == "waiting")
    .values(
        state="dropped",
        version=deliveries.c.version + 1,
        next_at=None,
        updated_at=bindparam("b_now"),
        finished_at=bindparam("b_now"),
    )
)
_SEALED: Final = (
    select(key_table.c.wrapped, bodies.c.data)
    .outerjoin(bodies, (bodies.c.key == key_table.c.original_key) & (bodies.c.space == "original"))
    .where(key_table.c.original_key == bindparam("b_id"))
)
_INSERT_PARTS: Final = insert(parts)
_INSERT_MAIL: Final = insert(mails)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One node of the item's tree, in pre-order."""

    profile: str
    n: int
    parent: int | None
    name: str
    media_type: str
    outcome: str
    method: str
    findings: tuple[Finding, ...]
    reason: str | None
    size: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """An assembled, checked mail for one profile."""

    profile: str
    purpose: str  # cleaned, notice
    data: bytes
    message_id: str
    envelope_from: str
    smtputf8: bool
    delivery_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """Everything that cleaning an item came to. No mails: its deliveries are dropped."""

    outcome: str
    subject: str
    parts: tuple[PartRow, ...]
    mails: tuple[NewMail, ...]
    audit: Mapping[str, object]


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
                if connection.execute(_RENEW, {**self._key(item), "b_lease": lease}).rowcount
            }

        return await self.database.write(fn) if mine else set()

    async def release(
        self, item: ClaimedItem, *, delay_seconds: float, why: str, attempt_back: bool = False
    ) -> bool:
        """Give an item back, due again after `delay_seconds`; False: it was not ours.

        `attempt_back` takes the counted attempt back: only where the item surely had no
        part in the failure, else an item that breaks its worker would be tried for ever.
        """

        def fn(connection: Connection) -> bool:
            now = now_us()
            due = now + int(delay_seconds * 1e6)
            row = {**self._key(item), "b_due": due, "b_now": now, "b_back": int(attempt_back)}
            if connection.execute(_RELEASE, row).rowcount == 0:
                return False
            audit.append(connection, "worker", [audit.Event(item.id, "released", {"why": why})])
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

    async def read_original(self, item: ClaimedItem) -> bytes:
        """The original as bytes (small ones: tests and operators)."""
        read_fd = os.memfd_create("original", os.MFD_CLOEXEC)
        try:
            size = await self.original_to_fd(item, read_fd)
            return os.pread(read_fd, size, 0)
        finally:
            os.close(read_fd)

    def _decrypt(self, item: ClaimedItem, wrapped: bytes, small: bytes | None, fd: int) -> int:
        pieces: Iterator[bytes] = (
            iter([small]) if small is not None else self._originals.chunks(item.id)
        )
        data_key = unsealing.unwrap(wrapped, item.id, self._private_key)
        size = 0
        for chunk in unsealing.unseal(pieces, item.id, data_key):
            view = memoryview(chunk)
            size += len(chunk)
            while view:
                view = view[os.write(fd, view) :]
        if size != item.size:
            raise Corrupt("the original has another size")
        return size

    async def finish(self, item: ClaimedItem, result: ItemResult) -> bool:
        """Store the result in one transaction; False: the lease was lost, nothing is done.

        Raises:
            StoreFull, StoreUnavailable: nothing is done; give the item back.
        """
        stored: list[tuple[NewMail, str, bool]] = []
        for number, mail in enumerate(result.mails):
            # Random: a second call for the same lease must not touch what the first stored.
            key = f"{item.id}c{number}x{secrets.token_hex(8)}"
            large = len(mail.data) > clean.SMALL_CLEAN
            if large:
                try:
                    await asyncio.to_thread(self._clean.put, key, mail.data)
                except StoreError:
                    self._discard(stored)
                    raise
            stored.append((mail, key, large))
        try:
            done = await self.database.write(lambda c: self._finish(c, item, result, stored))
        except StoreFull:
            self._discard(stored)
            raise
        if done:
            dispatch.notify(self._config.data_dir, "lgwan")
        else:
            self._discard(stored)
        return done

    def _discard(self, stored: list[tuple[NewMail, str, bool]]) -> None:
        for _, key, large in stored:
            if large:
                self._clean.delete(key)

    def _finish(
        self,
        connection: Connection,
        item: ClaimedItem,
        result: ItemResult,
        stored: list[tuple[NewMail, str, bool]],
    ) -> bool:
        now = now_us()
        row = {
            **self._key(item),
            "b_state": "ready" if stored else "bounced",
            "b_outcome": result.outcome,
            "b_subject": result.subject,
            "b_now": now,
        }
        if connection.execute(_FINISH, row).rowcount == 0:
            return False
        if result.parts:
            connection.execute(_INSERT_PARTS, [_part(item.id, p) for p in result.parts])
        for mail, key, large in stored:
            if not large:
                clean.store_small(connection, key, mail.data)
            inserted = connection.execute(_INSERT_MAIL, _mail(item.id, mail, key))
            (mail_id,) = inserted.inserted_primary_key or (None,)
            connection.execute(
                _READY,
                [
                    {"b_id": d, "b_profile": mail.profile, "b_mail": mail_id, "b_now": now}
                    for d in mail.delivery_ids
                ],
            )
        connection.execute(_DROP, {"b_item": item.id, "b_now": now})
        event = "cleaned" if stored else "dropped"
        audit.append(connection, "worker", [audit.Event(item.id, event, dict(result.audit))])
        return True

    async def purge(self) -> int:
        """Destroy originals and clean bodies whose time is over; returns how many items."""
        return await retention.purge(
            self.database, self._originals, self._clean, self._config.retention
        )

    def _key(self, item: ClaimedItem) -> dict[str, object]:
        return {"b_id": item.id, "b_version": item.version, "b_owner": self._owner}


def _is_due(connection: Connection, tried: bool) -> bool:
    which = _DUE if tried else _FIRST_TRY
    return connection.execute(which, {"now": now_us(), "most": 1}).first() is not None


def _sealed(connection: Connection, item_id: str) -> tuple[bytes, bytes | None]:
    found = connection.execute(_SEALED, {"b_id": item_id}).first()
    if found is None:
        raise OriginalGone("its key was destroyed")
    return found.wrapped, found.data


def _part(item_id: str, part: PartRow) -> dict[str, object]:
    findings = [
        {"kind": f.kind, "action": f.action, "count": f.count, "where": f.where, "sha256": f.sha256}
        for f in part.findings
    ]
    return {
        "item_id": item_id,
        "profile": part.profile,
        "n": part.n,
        "parent": part.parent,
        "name": part.name,
        "media_type": part.media_type,
        "outcome": part.outcome,
        "method": part.method,
        "findings": json.dumps(findings, ensure_ascii=False),
        "reason": part.reason,
        "size": part.size,
        "sha256": part.sha256,
        "clean_key": None,
    }


def _mail(item_id: str, mail: NewMail, key: str) -> dict[str, object]:
    return {
        "item_id": item_id,
        "profile": mail.profile,
        "purpose": mail.purpose,
        "blob_key": key,
        "sha256": hashlib.sha256(mail.data).hexdigest(),
        "size": len(mail.data),
        "message_id": mail.message_id,
        "envelope_from": mail.envelope_from,
        "smtputf8": mail.smtputf8,
    }
