"""What cleaning an item came to, and how it is recorded: one transaction, or not at all.

Outputs that people fetch are made durable first, each under a random key: a second try of
the same lease can never touch what the first one stored. The rows then name them; whatever
no row names is removed. Only verified bytes are ever handed to this module.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection, bindparam, insert, update

from gateway.store import audit, clean
from gateway.store.blobs import Blobs
from gateway.store.ids import now_us
from gateway.store.tables import deliveries, items, mails, parts
from sanitizers.findings import Finding

_COPY: Final = 1 << 20  # bytes at a time from an output to its blob

#: `b_id`, `b_version`, `b_owner`: the lease. Whoever lost it changes nothing.
LEASED: Final = (
    (items.c.id == bindparam("b_id"))
    & (items.c.version == bindparam("b_version"))
    & (items.c.owner == bindparam("b_owner"))
    & (items.c.state == "processing")
)
_FINISH: Final = (
    update(items)
    .where(LEASED)
    .values(
        state=bindparam("b_state"),
        version=items.c.version + 1,
        owner=None,
        hold=None,
        next_at=None,
        outcome=bindparam("b_outcome"),
        subject=bindparam("b_subject"),
        updated_at=bindparam("b_now"),
    )
)
_READY: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"), deliveries.c.state == "waiting")
    .values(
        state="ready",
        version=deliveries.c.version + 1,
        profile=bindparam("b_profile"),
        mail_id=bindparam("b_mail"),
        next_at=bindparam("b_now"),
        updated_at=bindparam("b_now"),
    )
)
_SHOW: Final = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("b_id"), deliveries.c.state == "waiting")
    .values(
        state=bindparam("b_state"),
        version=deliveries.c.version + 1,
        profile=bindparam("b_profile"),
        next_at=None,
        updated_at=bindparam("b_now"),
        finished_at=bindparam("b_finished"),
    )
)
_DROP: Final = (
    update(deliveries)
    .where(deliveries.c.item_id == bindparam("b_item"), deliveries.c.state == "waiting")
    .values(
        state="dropped",
        version=deliveries.c.version + 1,
        next_at=None,
        updated_at=bindparam("b_now"),
        finished_at=bindparam("b_now"),
    )
)
_INSERT_PARTS: Final = insert(parts)
_SCORE: Final = (
    update(parts)
    .where(
        parts.c.item_id == bindparam("b_item"),
        parts.c.profile == bindparam("b_profile"),
        parts.c.n == bindparam("b_n"),
    )
    .values(fidelity=bindparam("b_score"))
)
_INSERT_MAIL: Final = insert(mails)


class Verified(Protocol):
    """Sealed bytes that a verifier accepted."""

    @property
    def size(self) -> int: ...
    def read_range(self, offset: int, size: int) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutput:
    """A cleaned file in the clean space. `small`: it goes beside its row instead."""

    key: str
    size: int
    sha256: str
    small: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One node of the item's tree, in pre-order. `stored`: what a recipient can fetch."""

    profile: str
    n: int
    parent: int | None
    name: str
    media_type: str
    outcome: str
    method: str
    findings: tuple[Finding, ...]
    reason: str | None
    size: int | None
    sha256: str | None
    stored: StoredOutput | None = None
    measurement: int | None = None  # the worker's ticket for it; not stored


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """An assembled, checked mail for one profile."""

    profile: str
    purpose: str  # cleaned, notice
    data: bytes
    message_id: str
    envelope_from: str
    smtputf8: bool
    delivery_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """An upload's parts as the recipients of one profile will see them."""

    profile: str
    delivery_ids: tuple[int, ...]
    fetchable: bool  # something of it is clean; else there is only the report to read


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """Everything that cleaning an item came to. What no mail or showing covers is dropped."""

    outcome: str
    subject: str
    parts: tuple[PartRow, ...]
    mails: tuple[NewMail, ...] = ()
    showings: tuple[Showing, ...] = ()
    audit: Mapping[str, object]

    @property
    def outputs(self) -> list[StoredOutput]:
        """What is stored for recipients to fetch."""
        return [part.stored for part in self.parts if part.stored is not None]


def clean_key(item_id: str, kind: str) -> str:
    """A new key of the clean space: it begins with the item's id, the rest is random."""
    return f"{item_id}{kind}x{secrets.token_hex(8)}"


async def store_output(blobs: Blobs, item_id: str, output: Verified) -> StoredOutput:
    """Make verified bytes durable (small ones become so with their row).

    Raises:
        StoreFull, StoreUnavailable: nothing of it is kept.
    """
    key = clean_key(item_id, "p")
    if output.size <= clean.SMALL_CLEAN:
        data = output.read_range(0, output.size)
        digest = hashlib.sha256(data).hexdigest()
        return StoredOutput(key=key, size=len(data), sha256=digest, small=data)
    digest = await asyncio.to_thread(_copy, blobs, key, output)
    return StoredOutput(key=key, size=output.size, sha256=digest, small=None)


def _copy(blobs: Blobs, key: str, output: Verified) -> str:
    digest = hashlib.sha256()
    writer = blobs.writer(key)
    try:
        for offset in range(0, output.size, _COPY):
            piece = output.read_range(offset, min(_COPY, output.size - offset))
            digest.update(piece)
            writer.write(piece)
    except BaseException:
        writer.discard()
        raise
    writer.commit()
    return digest.hexdigest()


def discard(blobs: Blobs, outputs: Sequence[StoredOutput]) -> None:
    """Remove stored outputs that no row will name."""
    for output in outputs:
        if output.small is None:
            blobs.delete(output.key)


def record(
    connection: Connection,
    lease: Mapping[str, object],
    result: ItemResult,
    mail_keys: Sequence[tuple[NewMail, str, bool]],
) -> bool:
    """Write the result down; False: the lease was lost, nothing is written.

    `mail_keys`: each mail with its clean key and whether its bytes are a blob already.
    """
    now = now_us()
    item_id = str(lease["b_id"])
    shown = any(showing.fetchable for showing in result.showings)
    state = "ready" if mail_keys or shown else "rejected" if result.showings else "bounced"
    row = {
        **lease,
        "b_state": state,
        "b_outcome": result.outcome,
        "b_subject": result.subject,
        "b_now": now,
    }
    if connection.execute(_FINISH, row).rowcount == 0:
        return False
    if result.parts:
        connection.execute(_INSERT_PARTS, [_part(item_id, p) for p in result.parts])
    for output in result.outputs:
        if output.small is not None:
            clean.store_small(connection, output.key, output.small)
    for mail, key, large in mail_keys:
        if not large:
            clean.store_small(connection, key, mail.data)
        inserted = connection.execute(_INSERT_MAIL, _mail(item_id, mail, key))
        (mail_id,) = inserted.inserted_primary_key or (None,)
        connection.execute(
            _READY,
            [
                {"b_id": d, "b_profile": mail.profile, "b_mail": mail_id, "b_now": now}
                for d in mail.delivery_ids
            ],
        )
    for showing in result.showings:
        connection.execute(_SHOW, [_shown(showing, d, now) for d in showing.delivery_ids])
    connection.execute(_DROP, {"b_item": item_id, "b_now": now})
    event = "dropped" if state == "bounced" else "cleaned"
    audit.append(connection, "worker", [audit.Event(item_id, event, dict(result.audit))])
    return True


def record_score(connection: Connection, item_id: str, *, profile: str, n: int, score: str) -> None:
    """Note what was measured (JSON) beside a part. No state changes by it."""
    connection.execute(
        _SCORE, {"b_item": item_id, "b_profile": profile, "b_n": n, "b_score": score}
    )


def _shown(showing: Showing, delivery_id: int, now: int) -> dict[str, object]:
    return {
        "b_id": delivery_id,
        "b_state": "collectable" if showing.fetchable else "dropped",
        "b_profile": showing.profile,
        "b_now": now,
        "b_finished": None if showing.fetchable else now,
    }


def _part(item_id: str, part: PartRow) -> dict[str, object]:
    findings = [
        {"kind": f.kind, "action": f.action, "count": f.count, "where": f.where, "sha256": f.sha256}
        for f in part.findings
    ]
    return {
        "item_id": item_id,
        "profile": part.profile,
        "n": part.n,
        "parent": part.parent,
        "name": part.name,
        "media_type": part.media_type,
        "outcome": part.outcome,
        "method": part.method,
        "findings": json.dumps(findings, ensure_ascii=False),
        "reason": part.reason,
        "size": part.size,
        "sha256": part.sha256,
        "clean_key": part.stored.key if part.stored is not None else None,
    }


def _mail(item_id: str, mail: NewMail, key: str) -> dict[str, object]:
    return {
        "item_id": item_id,
        "profile": mail.profile,
        "purpose": mail.purpose,
        "blob_key": key,
        "sha256": hashlib.sha256(mail.data).hexdigest(),
        "size": len(mail.data),
        "message_id": mail.message_id,
        "envelope_from": mail.envelope_from,
        "smtputf8": mail.smtputf8,
    }
