"""The rows of an upload's segments: an encrypted piece of a file, its wrapped key, its body.

Destroying one drops its key first of all: what a crash leaves of its bytes is unreadable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from gateway.store.spool import Spool
from gateway.store.tables import bodies, files, segments
from gateway.store.tables import keys as key_table

_INSERT_SEGMENT: Final = insert(segments)
_INSERT_KEY: Final = insert(key_table)
_INSERT_BODY: Final = insert(bodies)


def add(connection: Connection, file_id: str, n: int, spool: Spool, small: bytes | None) -> None:
    """Record segment `n` of a file: its wrapped key, and its body where it is small."""
    row = {
        "original_key": spool.key,
        "file_id": file_id,
        "n": n,
        "size": spool.size,
        "sha256": spool.sha256,
    }
    connection.execute(_INSERT_SEGMENT, [row])
    connection.execute(_INSERT_KEY, [{"original_key": spool.key, "wrapped": spool.wrapped_key}])
    if small is not None:
        body = {"key": spool.key, "space": "original", "data": small}
        connection.execute(_INSERT_BODY, [body])


def destroy_files(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Drop files that no item has, with keys and bytes; returns the blob keys to delete."""
    if not ids:
        return []
    keys = destroy(connection, ids)
    connection.execute(delete(files).where(files.c.id.in_(list(ids)), files.c.item_id.is_(None)))
    return keys


def destroy(connection: Connection, file_ids: Sequence[str]) -> list[str]:
    """Drop the segments of these files, keys first of all; returns the blob keys to delete."""
    wanted = segments.c.file_id.in_(list(file_ids))
    keys = list(connection.execute(select(segments.c.original_key).where(wanted)).scalars())
    connection.execute(delete(key_table).where(key_table.c.original_key.in_(keys)))
    connection.execute(delete(bodies).where(bodies.c.key.in_(keys), bodies.c.space == "original"))
    connection.execute(delete(segments).where(wanted))
    return keys
