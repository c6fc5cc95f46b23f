"""The clean space: what only workers write and only deliverers read.

Small mails lie beside their rows, large ones are blobs. A reader gets bytes only if their
sha256 is the one that the worker recorded after verifying them.
"""

from __future__ import annotations

import hashlib
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from gateway.store.blobs import Blobs
from gateway.store.errors import Corrupt
from gateway.store.tables import bodies

SMALL_CLEAN: Final = 64_000  # bytes; larger ones are files
_SPACE: Final = "clean"
_SELECT: Final = select(bodies.c.data).where(
    bodies.c.key == bindparam("key"), bodies.c.space == _SPACE
)
_INSERT: Final = insert(bodies)


def store_small(connection: Connection, key: str, data: bytes) -> None:
    """Put a small clean body beside the rows of the same transaction."""
    connection.execute(_INSERT, [{"key": key, "space": _SPACE, "data": data}])


def small(connection: Connection, key: str) -> bytes | None:
    """The clean bytes that lie beside their row; None: they are a blob."""
    data = connection.execute(_SELECT, {"key": key}).scalar()
    return bytes(data) if data is not None else None


def load(connection: Connection, blobs: Blobs, key: str, *, sha256: str) -> bytes:
    """The clean bytes under `key`.

    Raises:
        Corrupt: missing, or not what the worker verified.
    """
    data = small(connection, key)
    if data is None and not key:
        raise Corrupt("clean bytes were removed")
    if data is None:
        data = b"".join(blobs.chunks(key))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Corrupt("clean bytes are not what was verified")
    return data


def remove(connection: Connection, key: str) -> None:
    """Drop a small clean body (the blob, if any, is the caller's)."""
    connection.execute(delete(bodies).where(bodies.c.key == key, bodies.c.space == _SPACE))
