"""A real store in a folder of its own, and short words for what the tests do with it."""

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

from gateway.config import Config
from gateway.store import schema
from gateway.store.engine import database_path
from gateway.store.ids import now_us
from gateway.store.intake import Envelope, Intake
from gateway.store.results import ItemResult, NewMail
from gateway.store.work import Work

ROOT = Path(__file__).parents[3]
SMALL = b"Subject: small\r\n\r\nbody\r\n"


def make_config(data_dir, **sections) -> Config:
    """A prepared store in `data_dir`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    config = Config(data_dir=data_dir, **sections)
    schema.prepare(config)
    return config


@contextlib.contextmanager
def opened(config, kind):
    """`Intake`, `Work` or `Outbox`, closed at the end."""
    part = kind.open(config)
    try:
        yield part
    finally:
        part.close()


def envelope(*recipients, sender="sender@example.com", smtputf8=False) -> Envelope:
    return Envelope(
        sender=sender,
        recipients=recipients or ("taro@example.jp",),
        client="192.0.2.1",
        helo="mail.example.com",
        tls=False,
        smtputf8=smtputf8,
        received_at=now_us(),
    )


async def accept(intake: Intake, body: bytes = SMALL, *recipients: str) -> str:
    """Take one mail in, in uneven pieces."""
    spool = intake.spool()
    for at in range(0, len(body), 300_007):
        spool.write(body[at : at + 300_007])
    return await intake.accept(spool, envelope(*recipients))


def cleaned(item, *datas: bytes, sender="sender@example.com", smtputf8=False) -> ItemResult:
    """A result with one mail for all recipients, or one mail for each in turn."""
    ids = tuple(i for i, _ in item.deliveries)
    chosen = [ids] if len(datas) == 1 else [(i,) for i in ids]
    mails = tuple(
        NewMail(
            profile=f"p{n}",
            purpose="cleaned",
            data=data,
            message_id=f"<{item.id}.{n}@gateway.example.jp>",
            envelope_from=sender,
            smtputf8=smtputf8,
            delivery_ids=to,
        )
        for n, (data, to) in enumerate(zip(datas, chosen, strict=bool(datas)))
    )
    return ItemResult(outcome="cleaned", subject="clean", parts=(), mails=mails, audit={})


def put_mails(config, *datas: bytes, recipients=("taro@example.jp",), **options):
    """Bring one item into the outbox; returns a coroutine with its id."""

    async def go() -> str:
        with opened(config, Intake) as intake, opened(config, Work) as work:
            item_id = await accept(intake, SMALL, *recipients)
            [item] = await work.claim(1, lease_seconds=60)
            assert await work.finish(item, cleaned(item, *datas, **options))
            return item_id

    return go()


def rows(config, statement: str, *values) -> list[tuple]:
    """Ask the database past the product, over a plain connection."""
    connection = sqlite3.connect(database_path(config), timeout=10)
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def events(config, item_id=None) -> list[str]:
    """The audit trail's words, in order."""
    if item_id is None:
        return [e for (e,) in rows(config, "select event from audit order by seq")]
    query = "select event from audit where item_id = ? order by seq"
    return [e for (e,) in rows(config, query, item_id)]


def blob_files(config) -> list[Path]:
    return [p for p in (config.data_dir / "blobs").rglob("*") if p.is_file()]


def program(text: str, *arguments, before=(), **options) -> subprocess.Popen:
    """Another process that runs `text` with the product importable."""
    return subprocess.Popen(
        [*before, sys.executable, "-c", text, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )
