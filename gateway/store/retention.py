"""What is destroyed when its time is over: originals by their key, clean mails and files.

Rows first, in one transaction with the audit row, then the blobs: without its key a blob
that a crash in between leaves behind is unreadable, and a later start removes it. An upload
that nobody collected expires first; an upload that nobody finished is destroyed whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, delete, or_, select, update

from gateway.config import Retention
from gateway.store import audit, clean, segment
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.ids import now_us
from gateway.store.tables import bodies, deliveries, files, items, mails, parts
from gateway.store.tables import keys as key_table

_FINAL: Final = ("delivered", "bounced", "rejected", "expired")
_PURGE_BATCH: Final = 200  # items in one transaction
_BATCHES: Final = 100  # of one call; others' writes come in between
_DAY_US: Final = 86_400 * 10**6

#: Rows by their key: ids of items, files or mails.
_Search = Callable[[Connection], list[Any]]
_Destroy = Callable[[Connection, Sequence[Any]], list[str]]


async def purge(database: Database, originals: Blobs, cleaned: Blobs, keep: Retention) -> int:
    """Destroy what is over its time, some batches of it; returns how many keys of originals."""
    now = now_us()
    originals_before = now - int(keep.originals_days * _DAY_US)
    clean_before = now - int(keep.clean_days * _DAY_US)
    kinds: tuple[tuple[Blobs, _Search, _Destroy], ...] = (
        (originals, lambda c: due_originals(c, originals_before), destroy_originals),
        (originals, lambda c: due_files(c, now), destroy_abandoned),
        (cleaned, lambda c: due_clean(c, clean_before), destroy_clean),
        (cleaned, lambda c: due_uploads(c, clean_before), expire),
        (cleaned, lambda c: due_parts(c, clean_before), destroy_parts),
    )
    destroyed = 0
    for _ in range(_BATCHES):
        done = [await _batch(database, *kind) for kind in kinds]
        destroyed += done[0][1]
        if not any(due for due, _ in done):
            break
    return destroyed


async def _batch(
    database: Database, blobs: Blobs, search: _Search, destroy: _Destroy
) -> tuple[int, int]:
    """Search, destroy the rows, then the blobs: (rows that were due, keys destroyed)."""
    # Searched by a reader: the writers of all processes would wait for the search.
    due = await database.read(search)
    keys = await database.write(lambda c: destroy(c, due)) if due else []
    for key in keys:
        blobs.delete(key)
    return len(due), len(keys)


def due_originals(connection: Connection, before: int) -> list[str]:
    """Ids of items that ended before and still have their key (a search: for a reader).

    An upload that waits to be collected counts from when it became ready.
    """
    cleaned_upload = and_(items.c.kind == "upload", items.c.state == "ready")
    old = (
        select(items.c.id)
        .where(
            or_(items.c.state.in_(_FINAL), cleaned_upload),
            items.c.updated_at < before,
            items.c.original_key.is_not(None),
        )
        .limit(_PURGE_BATCH)
    )
    return list(connection.execute(old).scalars())


def destroy_originals(connection: Connection, due: Sequence[str]) -> list[str]:
    """Drop the keys of these items' originals; returns the keys of their blobs."""
    kept = select(items.c.id).where(items.c.id.in_(list(due)), items.c.original_key.is_not(None))
    gone = list(connection.execute(kept).scalars())
    if not gone:
        return []
    connection.execute(delete(key_table).where(key_table.c.original_key.in_(gone)))
    connection.execute(delete(bodies).where(bodies.c.key.in_(gone)))
    uploaded = select(files.c.id).where(files.c.item_id.in_(gone))
    blobs = segment.destroy(connection, list(connection.execute(uploaded).scalars()))
    connection.execute(update(items).where(items.c.id.in_(gone)).values(original_key=None))
    audit.append(connection, "worker", [audit.Event(i, "original_destroyed", {}) for i in gone])
    return [*gone, *blobs]


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


def destroy_clean(connection: Connection, due: Sequence[int]) -> list[str]:
    """Drop the bytes of these mails; returns the blob keys of those that still had some."""
    kept = select(mails.c.id, mails.c.item_id, mails.c.blob_key).where(
        mails.c.id.in_(list(due)), mails.c.blob_key.is_not(None)
    )
    found = connection.execute(kept).all()
    for row in found:
        clean.remove(connection, row.blob_key)
        connection.execute(update(mails).where(mails.c.id == row.id).values(blob_key=None))
    events = [audit.Event(row.item_id, "clean_mail_removed", {}) for row in found]
    audit.append(connection, "worker", events)
    return [row.blob_key for row in found]


def due_uploads(connection: Connection, before: int) -> list[str]:
    """Uploads that became ready before and that somebody has not collected."""
    old = (
        select(items.c.id)
        .where(items.c.kind == "upload", items.c.state == "ready", items.c.updated_at < before)
        .limit(_PURGE_BATCH)
    )
    return list(connection.execute(old).scalars())


def expire(connection: Connection, due: Sequence[str]) -> list[str]:
    """End these uploads: nobody can fetch them any more. Their parts go with the next batch."""
    now = now_us()
    for item_id in due:
        ended = connection.execute(
            update(items)
            .where(items.c.id == item_id, items.c.state == "ready", items.c.kind == "upload")
            .values(state="expired", version=items.c.version + 1, next_at=None)
        )
        if ended.rowcount == 0:
            continue
        connection.execute(
            update(deliveries)
            .where(deliveries.c.item_id == item_id, deliveries.c.state == "collectable")
            .values(
                state="expired",
                version=deliveries.c.version + 1,
                updated_at=now,
                finished_at=now,
            )
        )
        audit.append(connection, "worker", [audit.Event(item_id, "expired", {})])
    return []


def due_parts(connection: Connection, before: int) -> list[str]:
    """Ended items whose parts can still be fetched, though their time is over."""
    old = (
        select(items.c.id)
        .join(parts, parts.c.item_id == items.c.id)
        .where(
            or_(*(items.c.state == state for state in _FINAL)),
            items.c.updated_at < before,
            parts.c.clean_key.is_not(None),
        )
        .distinct()
        .limit(_PURGE_BATCH)
    )
    return list(connection.execute(old).scalars())


def destroy_parts(connection: Connection, due: Sequence[str]) -> list[str]:
    """Drop the bytes of these items' parts; returns the blob keys."""
    kept = select(parts.c.clean_key).where(
        parts.c.item_id.in_(list(due)), parts.c.clean_key.is_not(None)
    )
    keys = list(connection.execute(kept).scalars())
    for key in keys:
        clean.remove(connection, key)
    connection.execute(update(parts).where(parts.c.item_id.in_(list(due))).values(clean_key=None))
    audit.append(connection, "worker", [audit.Event(i, "clean_parts_removed", {}) for i in due])
    return keys


def due_files(connection: Connection, now: int) -> list[str]:
    """Uploads that were never handed in and whose time is over."""
    old = (
        select(files.c.id)
        .where(files.c.next_at < now, files.c.item_id.is_(None))
        .limit(_PURGE_BATCH)
    )
    return list(connection.execute(old).scalars())


def destroy_abandoned(connection: Connection, due: Sequence[str]) -> list[str]:
    """Destroy these uploads, unless one was handed in or went on meanwhile."""
    still = select(files.c.id).where(
        files.c.id.in_(list(due)), files.c.item_id.is_(None), files.c.next_at < now_us()
    )
    gone = list(connection.execute(still).scalars())
    blobs = segment.destroy_files(connection, gone)
    events = [audit.Event(None, "upload_abandoned", {"upload": i}) for i in gone]
    audit.append(connection, "worker", events)
    return blobs
