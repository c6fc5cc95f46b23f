"""What is destroyed when an item's time is over: originals by their key, clean mails.

Rows first, in one transaction with the audit row, then the files: without its key a blob
that a crash in between leaves behind is unreadable, and a later start removes it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, or_, select, update

from gateway.config import Retention
from gateway.store import audit, clean
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.ids import now_us
from gateway.store.tables import bodies, deliveries, items, mails
from gateway.store.tables import keys as key_table

_FINAL: Final = ("delivered", "bounced", "rejected", "expired")
_PURGE_BATCH: Final = 200  # items in one transaction
_BATCHES: Final = 100  # of one call; others' writes come in between
_DAY_US: Final = 86_400 * 10**6


async def purge(database: Database, originals: Blobs, cleaned: Blobs, keep: Retention) -> int:
    """Destroy what is over its time, some batches of it; returns how many originals."""
    now = now_us()
    originals_before = now - int(keep.originals_days * _DAY_US)
    clean_before = now - int(keep.clean_days * _DAY_US)
    destroyed = 0
    for _ in range(_BATCHES):
        gone = await _purge_originals(database, originals, originals_before)
        removed = await _purge_clean(database, cleaned, clean_before)
        destroyed += gone
        if not gone and not removed:
            break
    return destroyed


async def _purge_originals(database: Database, blobs: Blobs, before: int) -> int:
    # Searched by a reader: the writers of all processes would wait for the search.
    due = await database.read(lambda c: due_originals(c, before))
    gone = await database.write(lambda c: destroy_originals(c, due)) if due else []
    for item_id in gone:
        blobs.delete(item_id)
    return len(gone)


async def _purge_clean(database: Database, blobs: Blobs, before: int) -> int:
    due = await database.read(lambda c: due_clean(c, before))
    gone = await database.write(lambda c: destroy_clean(c, due)) if due else []
    for key in gone:
        blobs.delete(key)
    return len(gone)


def due_originals(connection: Connection, before: int) -> list[str]:
    """Ids of items that ended before and still have their key (a search: for a reader)."""
    old = (
        select(items.c.id)
        .where(
            items.c.state.in_(_FINAL),
            items.c.updated_at < before,
            items.c.original_key.is_not(None),
        )
        .limit(_PURGE_BATCH)
    )
    return list(connection.execute(old).scalars())


def destroy_originals(connection: Connection, due: list[str]) -> list[str]:
    """Drop the keys of these ended items; returns the ids of those that still had one."""
    kept = select(items.c.id).where(items.c.id.in_(due), items.c.original_key.is_not(None))
    gone = list(connection.execute(kept).scalars())
    if gone:
        connection.execute(delete(key_table).where(key_table.c.original_key.in_(gone)))
        connection.execute(delete(bodies).where(bodies.c.key.in_(gone)))
        connection.execute(update(items).where(items.c.id.in_(gone)).values(original_key=None))
        events = [audit.Event(i, "original_destroyed", {}) for i in gone]
        audit.append(connection, "worker", events)
    return gone


def due_clean(connection: Connection, before: int) -> list[int]:
    """Mails of items that ended before, with their bytes (a search: for a reader)."""
    unsent = select(deliveries.c.mail_id).where(deliveries.c.state.in_(("ready", "sending")))
    old = (
        select(mails.c.id)
        .join(items, items.c.id == mails.c.item_id)
        .where(
            or_(*(items.c.state == state for state in _FINAL)),
            items.c.updated_at < before,
            mails.c.blob_key.is_not(None),
            mails.c.id.not_in(unsent),  # a report to the operator may outlive its item
        )
        .limit(_PURGE_BATCH)
    )
    return list(connection.execute(old).scalars())


def destroy_clean(connection: Connection, due: list[int]) -> list[str]:
    """Drop the bytes of these mails; returns the blob keys of those that still had some."""
    kept = select(mails.c.id, mails.c.item_id, mails.c.blob_key).where(
        mails.c.id.in_(due), mails.c.blob_key.is_not(None)
    )
    found = connection.execute(kept).all()
    for row in found:
        clean.remove(connection, row.blob_key)
        connection.execute(update(mails).where(mails.c.id == row.id).values(blob_key=None))
    events = [audit.Event(row.item_id, "clean_mail_removed", {}) for row in found]
    audit.append(connection, "worker", events)
    return [row.blob_key for row in found]
