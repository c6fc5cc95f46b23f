"""The audit trail: who did what to which item, chained by hashes.

Each row's hash covers its content and the hash before it, so a changed, removed or
inserted row breaks the chain from there on. What a chain alone cannot show is a cut tail:
compare the head that `verify` prints with one noted earlier. Rows hold our own words,
numbers and addresses, never content of a mail.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select

from gateway.store.ids import now_us
from gateway.store.tables import audit

#: One chain per database writer group; nodes on a shared database get their own.
CHAIN: Final = "main"
_FIRST: Final = "0" * 64
_INSERT: Final = insert(audit)
_HEAD: Final = (
    select(audit.c.seq, audit.c.hash)
    .where(audit.c.chain == CHAIN)
    .order_by(audit.c.seq.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Result of `verify`."""

    rows: int
    ok: bool
    first_bad_seq: int | None
    head_hash: str


@dataclass(frozen=True, slots=True)
class Event:
    """One row to append."""

    item_id: str | None
    event: str
    detail: Mapping[str, object]


def _hash(row: Mapping[str, object]) -> str:
    fields = ("chain", "seq", "at", "item_id", "actor", "event", "detail", "prev_hash")
    canonical = json.dumps([row[f] for f in fields], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def append(connection: Connection, actor: str, events: Sequence[Event]) -> None:
    """Append rows inside the caller's transaction (which holds the writer's lock)."""
    if not events:
        return
    # The head is remembered within one transaction only: other processes write too.
    head = connection.info.get("audit_head")
    if head is None:
        row = connection.execute(_HEAD).first()
        head = (row.seq, row.hash) if row is not None else (0, _FIRST)
    seq, previous = head
    at = now_us()
    rows: list[dict[str, object]] = []
    for event in events:
        seq += 1
        content: dict[str, object] = {
            "chain": CHAIN,
            "seq": seq,
            "at": at,
            "item_id": event.item_id,
            "actor": actor,
            "event": event.event,
            "detail": json.dumps(event.detail, ensure_ascii=False, separators=(",", ":")),
            "prev_hash": previous,
        }
        content["hash"] = previous = _hash(content)
        rows.append(content)
    connection.execute(_INSERT, rows)
    connection.info["audit_head"] = (seq, previous)


def verify(connection: Connection) -> AuditCheck:
    """Walk the whole chain."""
    previous, expected, count = _FIRST, 1, 0
    rows = connection.execute(
        select(audit).where(audit.c.chain == CHAIN).order_by(audit.c.seq)
    ).mappings()
    for row in rows:
        count += 1
        content = dict(row)
        if (
            content["seq"] != expected
            or content["prev_hash"] != previous
            or content["hash"] != _hash(content)
        ):
            return AuditCheck(count, False, expected, previous)
        previous = str(content["hash"])
        expected += 1
    return AuditCheck(count, True, None, previous)
