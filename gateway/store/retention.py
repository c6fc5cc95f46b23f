"""What is destroyed when an item's time is over: originals by their key, clean mails.

Rows only; whoever calls this deletes the blobs after the commit. Without its key a blob
that was left behind by a crash in between is unreadable.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, or_, select, update

from gateway.store import audit, clean
from gateway.store.tables import bodies, deliveries, items, mails
from gateway.store.tables import keys as key_table

_FINAL: Final = ("delivered", "bounced", "rejected", "expired")
_PURGE_BATCH: Final = 200  # items in one transaction


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
