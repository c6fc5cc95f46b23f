"""What is over its time goes, however much of it there is; what is not stays."""

import asyncio

from gateway.store import retention
from gateway.store.outbox import Outbox, Settled
from gateway.store.work import Work
from tests.gateway.store.harness import accept, events, make_config, opened, put_mails, rows


def deliver(config) -> None:
    async def go():
        with opened(config, Outbox) as outbox:
            for dispatch in await outbox.claim(100, lease_seconds=60):
                done = {r.delivery_id: Settled(kind="delivered", reply="") for r in dispatch.rcpts}
                assert await outbox.settle(dispatch, done)

    asyncio.run(go())


def purge(config) -> int:
    async def go():
        with opened(config, Work) as work:
            return await work.purge()

    return asyncio.run(go())


def left(config) -> list[tuple[int]]:
    [found] = rows(
        config,
        "select (select count(*) from keys), (select count(*) from bodies where space='original'),"
        " (select count(*) from bodies where space='clean'),"
        " (select count(*) from mails where blob_key is not null)",
    )
    return list(found)


def test_one_call_takes_more_than_one_batch(tmp_path, monkeypatch):
    monkeypatch.setattr(retention, "_PURGE_BATCH", 2)
    config = make_config(tmp_path / "data", retention={"originals_days": 0, "clean_days": 0})
    for _ in range(5):
        asyncio.run(put_mails(config, b"mail"))
    deliver(config)
    assert purge(config) == 5
    assert left(config) == [0, 0, 0, 0]
    assert events(config).count("original_destroyed") == 5
    assert events(config).count("clean_mail_removed") == 5


def test_clean_mails_go_on_their_own_time(tmp_path):
    config = make_config(tmp_path / "data", retention={"originals_days": 30, "clean_days": 0})
    asyncio.run(put_mails(config, b"mail"))
    deliver(config)
    assert purge(config) == 0
    assert left(config) == [1, 1, 0, 0]


def test_what_has_not_ended_stays(tmp_path):
    config = make_config(tmp_path / "strict", retention={"originals_days": 0, "clean_days": 0})
    asyncio.run(put_mails(config, b"not sent yet"))

    async def go():
        from gateway.store.intake import Intake

        with opened(config, Intake) as intake:
            await accept(intake)

    asyncio.run(go())
    before = left(config)
    assert purge(config) == 0
    assert left(config) == before == [2, 2, 1, 1]


def test_two_workers_that_purge_at_once_destroy_each_original_once(tmp_path):
    config = make_config(tmp_path / "data", retention={"originals_days": 0, "clean_days": 0})
    for _ in range(6):
        asyncio.run(put_mails(config, b"mail"))
    deliver(config)

    async def go():
        with opened(config, Work) as one, opened(config, Work) as two:
            return await asyncio.gather(one.purge(), two.purge())

    assert sum(asyncio.run(go())) == 6
    assert events(config).count("original_destroyed") == 6
    assert events(config).count("clean_mail_removed") == 6
