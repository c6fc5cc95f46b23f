"""What people may see of an item: its state, its parts, what was found; never content.

Both sides read items through here: the uploader his own uploads, a recipient what was sent
to him. Another's item and an unknown one are the same: there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from gateway.store.tables import deliveries, files, items, parts

#: Later than any id: the page before which the newest item stands.
NEWEST: Final = "~"

_ITEM: Final = select(items).where(items.c.id == bindparam("id"))
_DELIVERIES: Final = (
    select(deliveries)
    .where(deliveries.c.item_id == bindparam("id"), deliveries.c.identity.is_not(None))
    .order_by(deliveries.c.id)
)
_MINE: Final = (
    select(deliveries)
    .where(
        deliveries.c.item_id == bindparam("id"),
        deliveries.c.identity.in_(bindparam("identities", expanding=True)),
    )
    .order_by(deliveries.c.id)
)
_PARTS: Final = (
    select(parts)
    .where(parts.c.item_id == bindparam("id"), parts.c.profile == bindparam("profile"))
    .order_by(parts.c.n)
)
_FILES: Final = (
    select(files.c.name, files.c.size).where(files.c.item_id == bindparam("id")).order_by(files.c.n)
)
_PAGE_OF_UPLOADER: Final = (
    select(items)
    .where(items.c.uploader == bindparam("uploader"), items.c.id < bindparam("before"))
    .order_by(items.c.id.desc())
    .limit(bindparam("most"))
)
_IDS_OF_RECIPIENT: Final = (
    select(deliveries.c.item_id)
    .where(
        deliveries.c.identity.in_(bindparam("identities", expanding=True)),
        deliveries.c.item_id < bindparam("before"),
    )
    .distinct()
    .order_by(deliveries.c.item_id.desc())
    .limit(bindparam("most"))
)
_SOME: Final = (
    select(items)
    .where(items.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(items.c.id.desc())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One part of the tree, in pre-order. `clean_key` is None where there is nothing to fetch."""

    n: int
    parent: int | None
    name: str
    media_type: str
    outcome: str
    method: str
    findings: tuple[Mapping[str, Any], ...]
    reason: str | None
    size: int | None
    sha256: str | None
    clean_key: str | None
    fidelity: Mapping[str, Any] | None = None  # what was measured, where it was


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One recipient of an item."""

    id: int
    recipient: str
    profile: str | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item as its uploader or one recipient may see it. Times: microseconds."""

    id: str
    kind: str
    state: str
    version: int
    outcome: str | None
    received_at: int
    updated_at: int
    subject: str
    note: str
    sender: str
    size: int
    hold: str | None
    deliveries: tuple[DeliveryView, ...]
    files: tuple[tuple[str, int], ...]  # (name as uploaded, bytes); uploads only
    parts: tuple[PartView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some items without their parts, the newest first. `following` is "" at the end."""

    items: tuple[ItemView, ...]
    following: str


def of_uploader(connection: Connection, item_id: str, uploader: str) -> ItemView | None:
    """An upload of this account with its parts (of its first recipient's profile)."""
    row = connection.execute(_ITEM, {"id": item_id}).first()
    if row is None or row.uploader is None or row.uploader != uploader:
        return None
    return _view(row, _deliveries(connection.execute(_DELIVERIES, {"id": item_id})), connection)


def of_recipient(
    connection: Connection, item_id: str, identities: frozenset[str]
) -> ItemView | None:
    """An item sent to one of `identities`, with the parts of that delivery's profile.

    The other recipients are not told of.
    """
    wanted = {"id": item_id, "identities": sorted(identities)}
    mine = _deliveries(connection.execute(_MINE, wanted))
    row = connection.execute(_ITEM, {"id": item_id}).first()
    return _view(row, mine, connection) if row is not None and mine else None


def page_of_uploader(connection: Connection, uploader: str, *, before: str, limit: int) -> Page:
    """The uploads of an account, the newest first, from below the id `before` ("" = newest)."""
    wanted = {"uploader": uploader, "before": before or NEWEST, "most": limit + 1}
    return _page(connection.execute(_PAGE_OF_UPLOADER, wanted).all(), limit)


def page_of_recipient(
    connection: Connection, identities: frozenset[str], *, before: str, limit: int
) -> Page:
    """What was sent to these identities, the newest first, from below the id `before`."""
    wanted = {"identities": sorted(identities), "before": before or NEWEST, "most": limit + 1}
    ids = list(connection.execute(_IDS_OF_RECIPIENT, wanted).scalars())
    return _page(connection.execute(_SOME, {"ids": ids}).all(), limit)


def _page(rows: Iterable[Row[Any]], limit: int) -> Page:
    found = list(rows)
    views = tuple(_item(row, (), (), ()) for row in found[:limit])
    return Page(items=views, following=views[-1].id if len(found) > limit else "")


def _deliveries(rows: Iterable[Row[Any]]) -> tuple[DeliveryView, ...]:
    return tuple(
        DeliveryView(id=r.id, recipient=r.recipient, profile=r.profile, state=r.state) for r in rows
    )


def _view(row: Row[Any], to: tuple[DeliveryView, ...], connection: Connection) -> ItemView:
    profile = next((d.profile for d in to if d.profile is not None), None)
    found: tuple[PartView, ...] = ()
    if profile is not None:
        rows = connection.execute(_PARTS, {"id": row.id, "profile": profile})
        found = tuple(_part(part) for part in rows)
    brought: tuple[tuple[str, int], ...] = ()
    if row.kind == "upload":
        brought = tuple((f.name, f.size) for f in connection.execute(_FILES, {"id": row.id}))
    return _item(row, to, brought, found)


def _item(
    row: Row[Any],
    to: tuple[DeliveryView, ...],
    brought: tuple[tuple[str, int], ...],
    found: tuple[PartView, ...],
) -> ItemView:
    return ItemView(
        id=row.id,
        kind=row.kind,
        state=row.state,
        version=row.version,
        outcome=row.outcome,
        received_at=row.received_at,
        updated_at=row.updated_at,
        subject=row.subject,
        note=row.note,
        sender=row.sender,
        size=row.size,
        hold=row.hold,
        deliveries=to,
        files=brought,
        parts=found,
    )


def _part(row: Row[Any]) -> PartView:
    return PartView(
        n=row.n,
        parent=row.parent,
        name=row.name,
        media_type=row.media_type,
        outcome=row.outcome,
        method=row.method,
        findings=tuple(json.loads(row.findings)),
        reason=row.reason,
        size=row.size,
        sha256=row.sha256,
        clean_key=row.clean_key,
        fidelity=json.loads(row.fidelity) if row.fidelity is not None else None,
    )
