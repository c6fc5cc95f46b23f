"""Removes blobs that no row knows: what a death between blob and row leaves behind.

Such an original can never be read (its key was never stored), and such a cleaned mail can
never be sent; but their bytes must not stay for ever. Removing too little does no harm,
too much is a loss: so a young blob stays (its row may be on the way), and so does one that
is newer than all items of the database (it may belong to a newer copy of the database, put
aside by mistake or for a restore).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Final

from sqlalchemy import BindParameter, Connection, bindparam, func, select, union_all

from gateway.config import Config
from gateway.store.blobs import Blobs, Space
from gateway.store.engine import connect, database_path
from gateway.store.ids import ID_LENGTH
from gateway.store.tables import items, mails, parts, segments

YOUNG_SECONDS: Final = 7 * 86400.0  # a row follows within seconds; an operator within days
_BATCH: Final = 500  # keys asked for in one statement

_FOUND: Final[BindParameter[list[str]]] = bindparam("found", expanding=True)
_KNOWN: Final = {
    "original": union_all(
        select(items.c.original_key).where(items.c.original_key.in_(_FOUND)),
        select(segments.c.original_key).where(segments.c.original_key.in_(_FOUND)),
    ),
    "clean": union_all(
        select(mails.c.blob_key).where(mails.c.blob_key.in_(_FOUND)),
        select(parts.c.clean_key).where(parts.c.clean_key.in_(_FOUND)),
    ),
}


def remove(config: Config) -> int:
    """Remove the orphans of both spaces; returns how many."""
    engine = connect(database_path(config), readers=True)
    try:
        with engine.connect() as connection, connection.begin():
            return _remove(connection, config, "original") + _remove(connection, config, "clean")
    finally:
        engine.dispose()


def _remove(connection: Connection, config: Config, space: Space) -> int:
    newest = connection.execute(select(func.max(items.c.id))).scalar()
    if newest is None:
        return 0
    blobs = Blobs(config.data_dir, space)
    removed = 0
    for found in _batches(blobs.older(time.time() - YOUNG_SECONDS)):
        known = set(connection.execute(_KNOWN[space], {"found": found}).scalars())
        for key in found:
            # Keys begin with their item's id, and ids sort by time.
            if key not in known and key[:ID_LENGTH] < newest:
                blobs.delete(key)
                removed += 1
    return removed


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(keys, _BATCH)):
        yield batch
