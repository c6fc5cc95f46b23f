"""What health and the command line may read: counts, ages, lists. Never content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, func, select

from gateway.config import Config
from gateway.store import audit as trail
from gateway.store import presence
from gateway.store.audit import AuditCheck
from gateway.store.engine import Database
from gateway.store.ids import now_us
from gateway.store.tables import audit, deliveries, items

_OPEN_ITEMS: Final = ("received", "processing", "held", "ready")
_OPEN_DELIVERIES: Final = ("waiting", "ready", "sending")


@dataclass(frozen=True, slots=True)
class Depth:
    """Rows by state and the age in seconds of the oldest that waits."""

    items: dict[str, int]
    deliveries: dict[str, int]
    oldest_to_clean: float
    oldest_to_send: float


class View:
    """Read-only eyes on the store."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, config: Config) -> View:
        """Open for one process.

        Raises:
            SchemaMismatch: the store was not prepared.
        """
        return cls(Database.open(config, actor="ops"))

    def close(self) -> None:
        """Close the connections."""
        self.database.close()

    def depth(self) -> Depth:
        """How much waits, and since when."""
        return self.database.read_sync(_depth)

    def processes(self) -> list[presence.Process]:
        """Heartbeats of all processes."""
        return self.database.read_sync(presence.listed)

    def queue(self, limit: int) -> list[dict[str, Any]]:
        """Deliveries that have not ended, the longest waiting first."""
        return self.database.read_sync(lambda c: _queue(c, limit))

    def audit_rows(self, *, item_id: str, limit: int) -> list[dict[str, Any]]:
        """The last audit rows, oldest first."""
        return self.database.read_sync(lambda c: _audit_rows(c, item_id, limit))

    def verify_audit(self) -> AuditCheck:
        """Recompute the chain, a piece in each transaction."""
        check = trail.NOTHING
        while (further := self.database.read_sync(partial(trail.verify_on, check=check))) != check:
            check = further
        return check


def _depth(connection: Connection) -> Depth:
    def by_state(table: Any, states: Sequence[str]) -> dict[str, int]:
        counted = connection.execute(
            select(table.c.state, func.count())
            .where(table.c.state.in_(states))
            .group_by(table.c.state)
        )
        found = {row[0]: int(row[1]) for row in counted}
        return {state: found.get(state, 0) for state in states}

    now = now_us()
    oldest_item = connection.execute(
        select(func.min(items.c.received_at)).where(items.c.state.in_(("received", "processing")))
    ).scalar()
    oldest_delivery = connection.execute(
        select(func.min(deliveries.c.created_at)).where(
            deliveries.c.state.in_(("ready", "sending"))
        )
    ).scalar()
    return Depth(
        items=by_state(items, _OPEN_ITEMS),
        deliveries=by_state(deliveries, _OPEN_DELIVERIES),
        oldest_to_clean=(now - oldest_item) / 1e6 if oldest_item else 0.0,
        oldest_to_send=(now - oldest_delivery) / 1e6 if oldest_delivery else 0.0,
    )


def _queue(connection: Connection, limit: int) -> list[dict[str, Any]]:
    rows = connection.execute(
        select(
            deliveries.c.item_id,
            items.c.received_at,
            items.c.state.label("item_state"),
            items.c.attempts.label("cleaning_attempts"),
            items.c.size,
            items.c.sender,
            deliveries.c.recipient,
            deliveries.c.state,
            deliveries.c.attempts,
            deliveries.c.next_at,
            deliveries.c.last_reply,
        )
        .join(items, items.c.id == deliveries.c.item_id)
        .where(deliveries.c.state.in_(_OPEN_DELIVERIES))
        .order_by(deliveries.c.created_at)
        .limit(limit)
    )
    return [dict(row) for row in rows.mappings()]


def _audit_rows(connection: Connection, item_id: str, limit: int) -> list[dict[str, Any]]:
    query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if item_id:
        query = query.where(audit.c.item_id == item_id)
    return [dict(row) for row in connection.execute(query).mappings()][::-1]
