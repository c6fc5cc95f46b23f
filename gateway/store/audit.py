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

from sqlalchemy import Connection, bindparam, insert, select

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
_PIECE_ROWS: Final = 5_000
_BEFORE_ALL: Final = -(2**62)
_PIECE: Final = (
    select(audit)
    .where(audit.c.chain == CHAIN, audit.c.seq > bindparam("after"))
    .order_by(audit.c.seq)
    .limit(_PIECE_ROWS)
)


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Result of `verify`."""

    rows: int
    ok: bool
    first_bad_seq: int | None
    head_hash: str


#: The check of no rows: where `verify_on` begins.
NOTHING: Final = AuditCheck(0, True, None, _FIRST)


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
    """Walk the whole chain in the caller's transaction."""
    check = NOTHING
    while (further := verify_on(connection, check)) != check:
        check = further
    return check


def verify_on(connection: Connection, check: AuditCheck) -> AuditCheck:
    """Walk a bounded piece further; the same check again at the end or once it is bad.

    In pieces a long trail can be checked without one long transaction, which would keep the
    write-ahead log from being written back.
    """
    previous, count = check.head_hash, check.rows
    if not check.ok:
        return check
    after = count or _BEFORE_ALL  # also a row that someone put before the first
    piece = connection.execute(_PIECE, {"after": after}).mappings()
    for row in piece:
        content = dict(row)
        count += 1  # rows are numbered from 1 without gaps
        if (
            content["seq"] != count
            or content["prev_hash"] != previous
            or content["hash"] != _hash(content)
        ):
            return AuditCheck(count, False, count, previous)
        previous = str(content["hash"])
    return AuditCheck(count, True, None, previous)
