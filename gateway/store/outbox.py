"""The LGWAN role's part of the store: what is to be sent, and what became of it.

It reads the clean space only; nothing here can reach an original. `sending` is committed
before a connection is used for a mail, `fence` is the durable compare-and-set just before
the final dot, `settle` comes after the next hop's reply. A delivery that was past its
fence and has no result is ambiguous: it is sent again and the audit says so.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.config import Config
from gateway.store import audit, clean, presence
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.errors import StoreError
from gateway.store.ids import now_us
from gateway.store.tables import deliveries, items, mails

#: `deliveries.profile` of our own reports to the operator: they do not count for the item.
OPERATOR: Final = "#operator"
_FINAL: Final = frozenset({"delivered", "bounced", "expired", "dropped"})

_DUE: Final = (
    select(
        deliveries.c.id,
        deliveries.c.item_id,
        deliveries.c.recipient,
        deliveries.c.version,
        deliveries.c.attempts,
        deliveries.c.dot_at,
        deliveries.c.mail_id,
        deliveries.c.profile,
        deliveries.c.created_at,
        mails.c.blob_key,
        mails.c.sha256,
        mails.c.size,
        mails.c.message_id,
        mails.c.envelope_from,
        mails.c.smtputf8,
        mails.c.purpose,
    )
    .join(mails, mails.c.id == deliveries.c.mail_id)
    .where(deliveries.c.state.in_(("ready", "sending")), deliveries.c.next_at <= bindparam("now"))
    .order_by(deliveries.c.next_at, deliveries.c.id)
    .limit(bindparam("most"))
)
_IS_DUE: Final = (
    select(deliveries.c.id)
    .where(deliveries.c.state.in_(("ready", "sending")), deliveries.c.next_at <= bindparam("now"))
    .limit(1)
)
_SAME: Final = (deliveries.c.id == bindparam("b_id")) & (
    deliveries.c.version == bindparam("b_version")
)
_MINE: Final = (
    _SAME & (deliveries.c.owner == bindparam("b_owner")) & (deliveries.c.state == "sending")
)
_CLAIM: Final = (
    update(deliveries)
    .where(_SAME)
    .values(
        state="sending",
        version=deliveries.c.version + 1,
        attempts=deliveries.c.attempts + 1,
        owner=bindparam("b_owner"),
        next_at=bindparam("b_lease"),
        updated_at=bindparam("b_now"),
    )
)
_FENCE: Final = (
    update(deliveries)
    .where(_MINE, deliveries.c.next_at > bindparam("b_now"))
    .values(
        version=deliveries.c.version + 1,
        dot_at=bindparam("b_now"),
        next_at=bindparam("b_lease"),
        updated_at=bindparam("b_now"),
    )
)
_SETTLE: Final = (
    update(deliveries)
    .where(_MINE)
    .values(
        state=bindparam("b_state"),
        version=deliveries.c.version + 1,
        owner=None,
        next_at=bindparam("b_next"),
        dot_at=bindparam("b_dot"),
        last_reply=bindparam("b_reply"),
        updated_at=bindparam("b_now"),
        finished_at=bindparam("b_finished"),
    )
)
_INSERT_MAIL: Final = insert(mails)
_INSERT_DELIVERY: Final = insert(deliveries)
_STATES: Final = (
    select(deliveries.c.state)
    .where(
        deliveries.c.item_id == bindparam("b_item"),
        deliveries.c.profile.is_distinct_from(OPERATOR),
    )
    .distinct()
)
_END: Final = (
    update(items)
    .where(items.c.id == bindparam("b_item"), items.c.state == "ready")
    .values(
        state=bindparam("b_state"),
        version=items.c.version + 1,
        next_at=None,
        updated_at=bindparam("b_now"),
    )
)


@dataclass(slots=True)
class Rcpt:
    """One delivery within a dispatch. `version` follows our own changes."""

    delivery_id: int
    version: int
    recipient: str
    attempts: int  # this one counted
    ambiguous: bool  # an earlier try may have arrived
    dot_at: int | None
    created_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One mail for the next hop and the recipients who still wait for it."""

    item_id: str
    mail_id: int
    blob_key: str
    message_id: str
    envelope_from: str
    smtputf8: bool
    size: int
    sha256: str
    purpose: str
    for_operator: bool
    rcpts: tuple[Rcpt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one delivery. `reply` is the next hop's, cut and cleaned."""

    kind: Literal["delivered", "deferred", "bounced", "expired"]
    reply: str
    retry_at: int | None = None  # microseconds; for deferred
    ambiguous: bool = False  # the connection was lost after the final dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A mail of our own to the operator about what could not be delivered."""

    recipient: str
    data: bytes
    message_id: str


class Outbox:
    """One LGWAN-side process' part of the store."""

    def __init__(self, config: Config, database: Database) -> None:
        self.database = database
        self._blobs = Blobs(config.data_dir, "clean")
        self._owner = presence.this_instance("lgwan")

    @classmethod
    def open(cls, config: Config) -> Outbox:
        """Open for one process.

        Raises:
            SchemaMismatch: the store was not prepared.
        """
        return cls(config, Database.open(config, actor="lgwan"))

    def close(self) -> None:
        """Finish queued writes."""
        self.database.close()

    async def claim(self, limit: int, *, lease_seconds: float) -> list[Dispatch]:
        """Take up to `limit` due deliveries, grouped by mail; `sending` is then committed."""
        now = now_us()
        due = self.database.read_sync(lambda c: c.execute(_IS_DUE, {"now": now}).first())
        if due is None:
            return []
        return await self.database.write(lambda c: self._claim(c, limit, lease_seconds))

    def _claim(self, connection: Connection, limit: int, seconds: float) -> list[Dispatch]:
        now = now_us()
        due = connection.execute(_DUE, {"now": now, "most": limit}).all()
        if not due:
            return []
        lease = now + int(seconds * 1e6)
        changed = connection.execute(
            _CLAIM,
            [
                {
                    "b_id": row.id,
                    "b_version": row.version,
                    "b_owner": self._owner,
                    "b_lease": lease,
                    "b_now": now,
                }
                for row in due
            ],
        )
        if changed.rowcount != len(due):
            raise StoreError("another process claimed the same deliveries")
        groups: dict[int, list[int]] = {}
        for index, row in enumerate(due):
            groups.setdefault(row.mail_id, []).append(index)
        events = [
            audit.Event(row.item_id, "possible_duplicate", {"delivery": row.id})
            for row in due
            if row.dot_at is not None
        ]
        found: list[Dispatch] = []
        for indexes in groups.values():
            rows = [due[i] for i in indexes]
            first = rows[0]
            found.append(
                Dispatch(
                    item_id=first.item_id,
                    mail_id=first.mail_id,
                    blob_key=first.blob_key or "",
                    message_id=first.message_id,
                    envelope_from=first.envelope_from,
                    smtputf8=first.smtputf8,
                    size=first.size,
                    sha256=first.sha256,
                    purpose=first.purpose,
                    for_operator=first.profile == OPERATOR,
                    rcpts=tuple(
                        Rcpt(
                            r.id,
                            r.version + 1,
                            r.recipient,
                            r.attempts + 1,
                            r.dot_at is not None,
                            r.dot_at,
                            r.created_at,
                        )
                        for r in rows
                    ),
                )
            )
            detail = {"deliveries": [r.id for r in rows], "attempt": first.attempts + 1}
            events.append(audit.Event(first.item_id, "sending", detail))
        audit.append(connection, "lgwan", events)
        return found

    async def content(self, dispatch: Dispatch) -> bytes:
        """The mail's bytes, compared with the sha256 of what was verified.

        Raises:
            Corrupt: never to be sent.
        """

        def fn(connection: Connection) -> bytes:
            return clean.load(connection, self._blobs, dispatch.blob_key, sha256=dispatch.sha256)

        # Small ones are read right here: a thread would cost more than the work.
        if dispatch.size <= clean.SMALL_CLEAN:
            return self.database.read_sync(fn)
        return await self.database.read(fn)

    async def fence(
        self, dispatch: Dispatch, delivery_ids: Sequence[int], *, lease_seconds: float
    ) -> bool:
        """Durable, just before the final dot. False: drop the connection without the dot."""
        chosen = [r for r in dispatch.rcpts if r.delivery_id in set(delivery_ids)]
        if not chosen or len(chosen) != len(set(delivery_ids)):
            return False  # a dot for nobody, or for a delivery that is not of this mail

        def fn(connection: Connection) -> int:
            now = now_us()
            lease = now + int(lease_seconds * 1e6)
            for rcpt in chosen:
                row = {**self._key(rcpt), "b_now": now, "b_lease": lease}
                if connection.execute(_FENCE, row).rowcount == 0:
                    raise _Lost
            return now

        try:
            at = await self.database.write(fn)
        except _Lost:
            return False
        for rcpt in chosen:
            rcpt.version += 1
            rcpt.dot_at = at
        return True

    async def settle(
        self,
        dispatch: Dispatch,
        results: Mapping[int, Settled],
        *,
        report: Report | None = None,
    ) -> bool:
        """Record the results and, when all deliveries ended, the item's own end.

        A `report` is queued in the same transaction, so that a death in between cannot leave
        a failure of which the operator never hears.

        Returns False where the lease was lost meanwhile (the rows belong to another): then
        nothing is recorded, no report is queued, and the mail is tried again.
        """
        chosen = [r for r in dispatch.rcpts if r.delivery_id in results]

        def fn(connection: Connection) -> None:
            now = now_us()
            events = []
            for rcpt in chosen:
                result = results[rcpt.delivery_id]
                final = result.kind != "deferred"
                # Once a try may have arrived, every later one may be a second copy.
                keep_dot = final or result.ambiguous or rcpt.ambiguous
                row = {
                    **self._key(rcpt),
                    "b_state": result.kind if final else "ready",
                    "b_next": None if final else result.retry_at or now,
                    "b_dot": rcpt.dot_at if keep_dot else None,
                    "b_reply": result.reply,
                    "b_now": now,
                    "b_finished": now if final else None,
                }
                if connection.execute(_SETTLE, row).rowcount == 0:
                    raise _Lost
                detail = {"delivery": rcpt.delivery_id, "reply": result.reply}
                events.append(audit.Event(dispatch.item_id, result.kind, detail))
            if not dispatch.for_operator:
                events += _close_item(connection, dispatch.item_id, now)
            if report is not None:
                events.append(_queue_report(connection, dispatch.item_id, report, key))
            audit.append(connection, "lgwan", events)

        key = await self._put_report(dispatch.item_id, report) if report is not None else ""
        try:
            await self.database.write(fn)
        except _Lost:
            return False
        return True

    async def add_notice(
        self, *, item_id: str, recipient: str, data: bytes, message_id: str
    ) -> None:
        """Queue a report to the operator (null sender) about an item of ours."""
        report = Report(recipient=recipient, data=data, message_id=message_id)
        key = await self._put_report(item_id, report)

        def fn(connection: Connection) -> None:
            event = _queue_report(connection, item_id, report, key)
            audit.append(connection, "lgwan", [event])

        await self.database.write(fn)

    async def _put_report(self, item_id: str, report: Report) -> str:
        """Its clean key; a large one is made durable before its rows."""
        key = f"{item_id}n{secrets.token_hex(8)}"
        if len(report.data) > clean.SMALL_CLEAN:
            await asyncio.to_thread(self._blobs.put, key, report.data)
        return key

    async def release_dead(self) -> int:
        """Make the deliveries of this node's dead processes due at once; returns how many."""

        def fn(connection: Connection) -> int:
            held = select(deliveries.c.id, deliveries.c.item_id, deliveries.c.owner).where(
                deliveries.c.state == "sending"
            )
            dead = [r for r in connection.execute(held) if presence.is_dead(r.owner or "")]
            for row in dead:
                mine = deliveries.c.id == row.id
                connection.execute(update(deliveries).where(mine).values(next_at=now_us()))
            events = [
                audit.Event(r.item_id, "lease_of_dead_relay", {"delivery": r.id}) for r in dead
            ]
            audit.append(connection, "lgwan", events)
            return len(dead)

        return await self.database.write(fn)

    def _key(self, rcpt: Rcpt) -> dict[str, object]:
        return {"b_id": rcpt.delivery_id, "b_version": rcpt.version, "b_owner": self._owner}


class _Lost(Exception):
    """The compare-and-set found another version."""


def _queue_report(connection: Connection, item_id: str, report: Report, key: str) -> audit.Event:
    """The report's rows (null sender: it is never answered); returns what to record."""
    now = now_us()
    if len(report.data) <= clean.SMALL_CLEAN:
        clean.store_small(connection, key, report.data)
    mail = {
        "item_id": item_id,
        "profile": OPERATOR,
        "purpose": "bounce",
        "blob_key": key,
        "sha256": hashlib.sha256(report.data).hexdigest(),
        "size": len(report.data),
        "message_id": report.message_id,
        "envelope_from": "",
        "smtputf8": False,
    }
    inserted = connection.execute(_INSERT_MAIL, mail)
    (mail_id,) = inserted.inserted_primary_key or (None,)
    delivery = {
        "item_id": item_id,
        "recipient": report.recipient,
        "profile": OPERATOR,
        "state": "ready",
        "version": 1,
        "next_at": now,
        "attempts": 0,
        "last_reply": "",
        "mail_id": mail_id,
        "created_at": now,
        "updated_at": now,
    }
    connection.execute(_INSERT_DELIVERY, delivery)
    return audit.Event(item_id, "operator_notified", {"recipient": report.recipient})


def _close_item(connection: Connection, item_id: str, now: int) -> list[audit.Event]:
    """Give the item its final state once every delivery has one; returns what to record."""
    states = set(connection.execute(_STATES, {"b_item": item_id}).scalars())
    if not states <= _FINAL:
        return []
    state = next((s for s in ("bounced", "expired") if s in states), "delivered")
    ended = connection.execute(_END, {"b_item": item_id, "b_state": state, "b_now": now})
    return [audit.Event(item_id, "ended", {"state": state})] if ended.rowcount else []
