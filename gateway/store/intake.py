"""The Internet role's door: a message is accepted when its bytes and its rows are durable.

Holds the workers' public key only: what it writes it can never read again. Blob first
(fsync), then one transaction with the item, its deliveries and the audit row; `accept`
returns after that commit and not before.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection, func, insert, select

from gateway.config import Config
from gateway.store import audit, dispatch, keyfiles, sealing
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.errors import StoreUnavailable
from gateway.store.ids import new_item_id, now_us
from gateway.store.spool import Spool
from gateway.store.tables import bodies, items
from gateway.store.tables import keys as key_table
from gateway.store.waiting import add_deliveries

_BACKLOG_SECONDS: Final = 1.0  # how long one look at queue and disk is good for
_WAITING: Final = ("received", "processing")

_INSERT_ITEM: Final = insert(items)
_INSERT_BODY: Final = insert(bodies)
_INSERT_KEY: Final = insert(key_table)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the SMTP dialogue said. `received_at` in microseconds since the epoch."""

    sender: str  # "" = the null sender
    recipients: tuple[str, ...]
    client: str
    helo: str
    tls: bool
    smtputf8: bool
    received_at: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a receiver must know before it takes more."""

    items_waiting: int
    bytes_waiting: int
    free_bytes: int


class Intake:
    """The Internet role's part of the store."""

    def __init__(self, config: Config, database: Database, public_key: X25519PublicKey) -> None:
        self._data_dir: Path = config.data_dir
        self._database = database
        self._blobs = Blobs(config.data_dir, "original")
        self._public_key = public_key
        self._backlog = Backlog(0, 0, 0)
        self._backlog_until = 0.0
        self._backlog_lock = asyncio.Lock()

    @classmethod
    def open(cls, config: Config) -> Intake:
        """Open for one process.

        Raises:
            SchemaMismatch, KeyMissing: the store was not prepared.
        """
        public = keyfiles.public_key(config)
        database = Database.open(config, actor="internet")
        try:
            database.read_sync(lambda c: keyfiles.require_same(c, public))
        except BaseException:
            database.close()
            raise
        return cls(config, database, sealing.load_public(public))

    @property
    def database(self) -> Database:
        """For the heartbeat."""
        return self._database

    def close(self) -> None:
        """Finish queued writes."""
        self._database.close()

    def spool(self) -> Spool:
        """Start a message."""
        return Spool(self._blobs, self._public_key, new_item_id())

    async def accept(self, spool: Spool, envelope: Envelope) -> str:
        """Make the message durable and ours; returns its item id.

        Raises:
            StoreFull, StoreUnavailable: nothing was kept; the peer must keep the message.
        """
        try:
            small = spool.finish() if spool.is_small else await asyncio.to_thread(spool.finish)
        except BaseException:
            spool.discard()
            raise
        try:
            await self._database.write(lambda c: _accept(c, spool, envelope, small))
        except (StoreUnavailable, asyncio.CancelledError):
            raise  # the commit may have happened or still happens: the blob must stay for it
        except BaseException:
            if small is None:
                spool.remove()
            raise
        dispatch.notify(self._data_dir, "worker")
        return spool.key

    async def backlog(self) -> Backlog:
        """Queue and disk, at most a second old."""
        async with self._backlog_lock:
            if monotonic() >= self._backlog_until:
                waiting = await self._database.read(_waiting)
                disk = os.statvfs(self._data_dir)
                self._backlog = Backlog(*waiting, disk.f_bavail * disk.f_frsize)
                self._backlog_until = monotonic() + _BACKLOG_SECONDS
        return self._backlog


def _waiting(connection: Connection) -> tuple[int, int]:
    row = connection.execute(
        select(func.count(), func.coalesce(func.sum(items.c.size), 0)).where(
            items.c.state.in_(_WAITING)
        )
    ).one()
    return int(row[0]), int(row[1])


def _accept(connection: Connection, spool: Spool, envelope: Envelope, small: bytes | None) -> None:
    now = now_us()
    connection.execute(
        _INSERT_ITEM,
        [
            {
                "id": spool.key,
                "kind": "mail",
                "state": "received",
                "version": 1,
                "next_at": now,
                "owner": None,
                "attempts": 0,
                "outcome": None,
                "received_at": envelope.received_at,
                "updated_at": now,
                "sender": envelope.sender,
                "client": envelope.client,
                "helo": envelope.helo[:255],
                "tls": envelope.tls,
                "smtputf8": envelope.smtputf8,
                "subject": "",
                "note": "",
                "size": spool.size,
                "original_key": spool.key,
                "original_sha256": spool.sha256,
                "uploader": None,
                "profile": None,
                "hold": None,
            }
        ],
    )
    add_deliveries(connection, spool.key, envelope.recipients, now)
    connection.execute(_INSERT_KEY, [{"original_key": spool.key, "wrapped": spool.wrapped_key}])
    if small is not None:
        connection.execute(_INSERT_BODY, [{"key": spool.key, "space": "original", "data": small}])
    detail = {
        "sender": envelope.sender,
        "recipients": list(envelope.recipients),
        "client": envelope.client,
        "size": spool.size,
        "sha256": spool.sha256,
    }
    audit.append(connection, "internet", [audit.Event(spool.key, "received", detail)])
