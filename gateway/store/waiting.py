"""Rows of deliveries to come: one for each recipient of an item that was just taken in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, insert

from gateway.store.ids import identity
from gateway.store.tables import deliveries

_INSERT: Final = insert(deliveries)


def add_deliveries(
    connection: Connection, item_id: str, recipients: Iterable[str], now: int
) -> None:
    """A delivery in state `waiting` for each recipient, named twice or not. `now`: microseconds."""
    rows = [
        {
            "item_id": item_id,
            "recipient": recipient,
            "identity": identity(recipient),
            "profile": None,
            "state": "waiting",
            "version": 1,
            "next_at": None,
            "owner": None,
            "attempts": 0,
            "dot_at": None,
            "last_reply": "",
            "mail_id": None,
            "created_at": now,
            "updated_at": now,
            "finished_at": None,
        }
        for recipient in dict.fromkeys(recipients)
    ]
    connection.execute(_INSERT, rows)
