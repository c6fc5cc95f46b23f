"""`mugaika queue` and `mugaika audit`: what waits, and what was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import typer

from gateway.config import Config
from gateway.store.view import View


@contextmanager
def _view(config: Config) -> Iterator[View]:
    view = View.open(config)
    try:
        yield view
    finally:
        view.close()


def _time(microseconds: int | None) -> str:
    if microseconds is None:
        return "-"
    return datetime.fromtimestamp(microseconds / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show(config: Config, *, limit: int, as_json: bool) -> None:
    """Print the deliveries that have not ended, the longest waiting first."""
    with _view(config) as view:
        rows, depth = view.queue(limit), view.depth()
    if as_json:
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False))
        return
    for row in rows:
        tries = row["attempts"] or row["cleaning_attempts"]
        typer.echo(
            f"{row['item_id']}  {_time(row['received_at'])}  {row['item_state']:<10} "
            f"{row['state']:<8} tries {tries}  next {_time(row['next_at'])}  "
            f"{row['recipient']}  {row['last_reply']}"
        )
    items = ", ".join(f"{count} {state}" for state, count in depth.items.items() if count)
    typer.echo(f"{items or 'nothing waits'}")


def verify_audit(config: Config) -> bool:
    """Recompute the chain and print the result; True when it holds."""
    with _view(config) as view:
        check = view.verify_audit()
    if check.ok:
        typer.echo(f"ok: {check.rows} rows, head {check.head_hash}")
    else:
        typer.echo(f"BROKEN at row {check.first_bad_seq} (last good hash {check.head_hash})")
    return check.ok


def show_audit(config: Config, *, item: str, limit: int) -> None:
    """Print audit rows as JSON lines, oldest first."""
    with _view(config) as view:
        for row in view.audit_rows(item_id=item, limit=limit):
            row["at"] = _time(row["at"])
            row["detail"] = json.loads(row["detail"])
            typer.echo(json.dumps(row, ensure_ascii=False))
