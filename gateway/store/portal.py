"""The LGWAN role's part of the store for files: what was sent to me, and its clean bytes.

It reads the clean space only; nothing here can reach an original. Bytes are given out only
after their sha256 was compared with the one that the worker recorded when it had verified
them. What was fetched is recorded; an upload is delivered when its recipients have all of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.config import Config
from gateway.store import audit, clean, itemview
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.errors import Corrupt
from gateway.store.ids import now_us
from gateway.store.itemview import ItemView, Page, PartView
from gateway.store.tables import deliveries, fetches, items, parts

_OPEN: Final = ("waiting", "collectable")  # an upload with such a delivery has not ended
_FETCHED: Final = select(fetches.c.n).where(fetches.c.delivery_id == bindparam("id"))
_FETCHABLE: Final = select(parts.c.n).where(
    parts.c.item_id == bindparam("item"),
    parts.c.profile == bindparam("profile"),
    parts.c.clean_key.is_not(None),
)
_INSERT_FETCH: Final = insert(fetches)


class NoSuchContent(Exception):
    """The item or part is unknown, or another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The clean bytes of one part, compared with their record; read them once, in order."""

    part: PartView
    pieces: Iterator[bytes]


class Portal:
    """One LGWAN process' view of what can be collected."""

    def __init__(self, config: Config, database: Database) -> None:
        self._database = database
        self._blobs = Blobs(config.data_dir, "clean")

    async def items(self, identities: frozenset[str], *, before: str, limit: int) -> Page:
        """What was sent to these identities, the newest first."""
        return await self._database.read(
            lambda c: itemview.page_of_recipient(c, identities, before=before, limit=limit)
        )

    async def item(self, item_id: str, identities: frozenset[str]) -> ItemView | None:
        """One item with its parts; None: unknown or another's."""
        return await self._database.read(lambda c: itemview.of_recipient(c, item_id, identities))

    async def content(self, part: PartView) -> Content:
        """The bytes of a part that has some.

        Raises:
            NoSuchContent: it has none (any more).
            Corrupt: the bytes are not what was verified; nothing is given out.
        """
        if part.clean_key is None or part.sha256 is None:
            raise NoSuchContent
        pieces = await asyncio.to_thread(self._checked, part.clean_key, part.sha256)
        return Content(part=part, pieces=pieces)

    def _checked(self, key: str, sha256: str) -> Iterator[bytes]:
        small = self._database.read_sync(lambda c: clean.small(c, key))
        if small is not None:
            if hashlib.sha256(small).hexdigest() != sha256:
                raise Corrupt("clean bytes are not what was verified")
            return iter([small])
        # Opened once: what was compared is what is sent, whatever happens to the name.
        return self._blobs.verified_chunks(key, sha256=sha256)

    async def fetched(self, view: ItemView, ns: Sequence[int], *, actor: str) -> None:
        """Record that the recipient got these parts; ends the upload when all got all."""
        mine = [d.id for d in view.deliveries]

        def fn(connection: Connection) -> None:
            now = now_us()
            new = set()
            for delivery_id in mine:
                known = set(connection.execute(_FETCHED, {"id": delivery_id}).scalars())
                missing = [n for n in ns if n not in known]
                if missing:
                    new.update(missing)
                    rows = [{"delivery_id": delivery_id, "n": n, "at": now} for n in missing]
                    connection.execute(_INSERT_FETCH, rows)
                if view.kind == "upload":
                    _collected(connection, view.id, delivery_id, now)
            detail = {"parts": sorted(ns), "by": actor, "again": not new}
            events = [audit.Event(view.id, "fetched", detail)]
            if view.kind == "upload":
                events += _close(connection, view.id, now)
            audit.append(connection, "lgwan", events)

        await self._database.write(fn)


def _collected(connection: Connection, item_id: str, delivery_id: int, now: int) -> None:
    """Mark the delivery as delivered once everything of its profile was fetched."""
    profile = connection.execute(
        select(deliveries.c.profile).where(deliveries.c.id == delivery_id)
    ).scalar()
    wanted = set(connection.execute(_FETCHABLE, {"item": item_id, "profile": profile}).scalars())
    if wanted <= set(connection.execute(_FETCHED, {"id": delivery_id}).scalars()):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery_id, deliveries.c.state == "collectable")
            .values(
                state="delivered",
                version=deliveries.c.version + 1,
                updated_at=now,
                finished_at=now,
            )
        )


def _close(connection: Connection, item_id: str, now: int) -> list[audit.Event]:
    """End the upload once every recipient has it; returns what to record."""
    waiting = connection.execute(
        select(deliveries.c.id)
        .where(deliveries.c.item_id == item_id, deliveries.c.state.in_(_OPEN))
        .limit(1)
    ).first()
    if waiting is not None:
        return []
    ended = connection.execute(
        update(items)
        .where(items.c.id == item_id, items.c.state == "ready")
        .values(state="delivered", version=items.c.version + 1, next_at=None, updated_at=now)
    )
    return [audit.Event(item_id, "ended", {"state": "delivered"})] if ended.rowcount else []
