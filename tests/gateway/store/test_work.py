"""Leases, attempts and results: one winner, and a loser leaves nothing."""

import asyncio
import dataclasses
import os
import signal

import pytest

from gateway.store.clean import SMALL_CLEAN
from gateway.store.errors import Corrupt, OriginalGone, StoreFull
from gateway.store.results import ItemResult, PartRow
from gateway.store.work import Work
from tests.gateway.store.harness import (
    accept,
    blob_files,
    cleaned,
    events,
    make_config,
    opened,
    program,
    rows,
)


def state(config) -> tuple:
    [found] = rows(config, "select state, attempts, owner is null, next_at is null from items")
    return found


def test_a_claim_counts_the_attempt_and_holds_the_lease(config, intake, work):
    async def go():
        await accept(intake, b"x", "a@example.jp", "b@example.jp")
        [item] = await work.claim(5, lease_seconds=60)
        assert item.attempts == 1
        assert item.envelope.recipients == ("a@example.jp", "b@example.jp")
        assert [r for _, r in item.deliveries] == ["a@example.jp", "b@example.jp"]
        assert await work.claim(5, lease_seconds=60) == []
        assert state(config) == ("processing", 1, 0, 0)

    asyncio.run(go())


def test_the_limit_holds_and_the_longest_waiting_come_first(config, intake, work):
    async def go():
        ids = [await accept(intake) for _ in range(5)]
        first = await work.claim(2, lease_seconds=60)
        second = await work.claim(9, lease_seconds=60)
        assert [i.id for i in first + second] == ids

    asyncio.run(go())


def test_a_lapsed_lease_makes_the_item_due_again_and_the_old_holder_loses(config, intake, work):
    async def go():
        await accept(intake)
        [old] = await work.claim(1, lease_seconds=0)
        with opened(config, Work) as other:
            [new] = await other.claim(1, lease_seconds=60)
            assert (new.id, new.attempts) == (old.id, 2)
            assert not await work.renew([old], lease_seconds=60)
            assert not await work.release(old, delay_seconds=0, why="late")
            assert not await work.finish(old, cleaned(old, b"late"))
            assert rows(config, "select count(*) from mails") == [(0,)]
            assert await other.finish(new, cleaned(new, b"in time"))
        assert rows(config, "select data from bodies where space = 'clean'") == [(b"in time",)]

    asyncio.run(go())


@pytest.mark.parametrize("size", [100, SMALL_CLEAN + 1])
def test_the_loser_of_a_race_stores_nothing(config, intake, work, size):
    async def go():
        await accept(intake)
        [first] = await work.claim(1, lease_seconds=0)
        with opened(config, Work) as other:
            [second] = await other.claim(1, lease_seconds=60)
            won = await asyncio.gather(
                work.finish(first, cleaned(first, b"1" * size)),
                other.finish(second, cleaned(second, b"2" * size)),
            )
            assert won == [False, True]
            assert not await other.finish(second, cleaned(second, b"3" * size))
        [(count,)] = rows(config, "select count(*) from mails")
        assert count == 1
        stored = [p.read_bytes() for p in blob_files(config)]
        stored += [d for (d,) in rows(config, "select data from bodies where space = 'clean'")]
        assert stored == [b"2" * size]
        assert events(config, first.id).count("cleaned") == 1

    asyncio.run(go())


def test_renewing_keeps_the_lease(config, intake, work):
    async def go():
        await accept(intake)
        [item] = await work.claim(1, lease_seconds=0)
        assert await work.renew([item], lease_seconds=60) == {item.id}
        assert await work.claim(1, lease_seconds=60) == []
        assert await work.finish(item, cleaned(item, b"data"))

    asyncio.run(go())


def test_a_released_item_waits_its_delay(config, intake, work):
    async def go():
        await accept(intake)
        [item] = await work.claim(1, lease_seconds=60)
        assert await work.release(item, delay_seconds=3600, why="busy")
        assert await work.claim(1, lease_seconds=60) == []
        assert state(config) == ("received", 1, 1, 0)
        rows(config, "update items set next_at = 0")
        [again] = await work.claim(1, lease_seconds=60)
        assert again.attempts == 2
        assert events(config, item.id) == ["received", "claimed", "released", "claimed"]

    asyncio.run(go())


CLAIMER = """
import asyncio, sys
from pathlib import Path
from gateway.config import Config
from gateway.store.work import Work

async def main():
    work = Work.open(Config(data_dir=Path(sys.argv[1])))
    print(len(await work.claim(10, lease_seconds=3600)), flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


def test_a_killed_workers_items_are_due_at_once(config, intake, work):
    async def go():
        await accept(intake)
        claimer = program(CLAIMER, config.data_dir)
        assert claimer.stdout.readline() == "1\n"
        assert await work.release_dead() == 0
        assert await work.claim(1, lease_seconds=60) == []
        os.kill(claimer.pid, signal.SIGKILL)
        claimer.communicate()
        assert await work.release_dead() == 1
        [item] = await work.claim(1, lease_seconds=60)
        assert item.attempts == 2
        assert "lease_of_dead_worker" in events(config, item.id)

    asyncio.run(go())


RACER = """
import asyncio, sys
from pathlib import Path
from gateway.config import Config
from gateway.store.errors import StoreError
from gateway.store.work import Work
from tests.gateway.store.harness import cleaned

async def main():
    work = Work.open(Config(data_dir=Path(sys.argv[1])))
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(400):
        for item in await work.claim(3, lease_seconds=0.002):
            if await work.finish(item, cleaned(item, b"by " + sys.argv[2].encode())):
                print(item.id, flush=True)

asyncio.run(main())
"""


def test_processes_racing_for_short_leases_finish_each_item_once(config, intake):
    import subprocess

    async def fill():
        return set(await asyncio.gather(*(accept(intake) for _ in range(40))))

    ids = asyncio.run(fill())
    racers = [program(RACER, config.data_dir, n, stdin=subprocess.PIPE) for n in range(2)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    finished = [line for racer in racers for line in racer.communicate()[0].split()]
    assert len(finished) == len(set(finished))
    assert set(finished) == ids
    assert rows(config, "select count(*) from mails") == [(len(ids),)]
    assert rows(config, "select count(*) from bodies where space = 'clean'") == [(len(ids),)]


def test_a_result_is_stored_whole(config, intake, work):
    part = PartRow(
        profile="p0",
        n=0,
        parent=None,
        name="mail",
        media_type="message/rfc822",
        outcome="cleaned",
        method="rebuilt",
        findings=(),
        reason=None,
        size=4,
        sha256="ab",
    )

    async def go():
        await accept(intake, b"x", "a@example.jp", "b@example.jp")
        [item] = await work.claim(1, lease_seconds=60)
        result = dataclasses.replace(cleaned(item, b"for a", b"for b"), parts=(part,))
        assert await work.finish(item, result)
        assert state(config) == ("ready", 1, 1, 1)
        query = "select recipient, d.profile, d.state, blob_key from deliveries d join mails m"
        found = rows(config, query + " on m.id = mail_id order by d.id")
        assert [(r, p, s) for r, p, s, _ in found] == [
            ("a@example.jp", "p0", "ready"),
            ("b@example.jp", "p1", "ready"),
        ]
        assert rows(config, "select name, method, findings from parts") == [
            ("mail", "rebuilt", "[]")
        ]

    asyncio.run(go())


def test_no_mails_drops_the_deliveries_and_ends_the_item(config, intake, work):
    async def go():
        await accept(intake)
        [item] = await work.claim(1, lease_seconds=60)
        empty = ItemResult(outcome="blocked", subject="", parts=(), mails=(), audit={"why": "x"})
        assert await work.finish(item, empty)
        assert state(config) == ("bounced", 1, 1, 1)
        query = "select state, next_at, finished_at is null from deliveries"
        assert rows(config, query) == [("dropped", None, 0)]
        assert events(config, item.id)[-1] == "dropped"

    asyncio.run(go())


def test_recipients_without_a_mail_are_dropped(config, intake, work):
    async def go():
        await accept(intake, b"x", "a@example.jp", "b@example.jp")
        [item] = await work.claim(1, lease_seconds=60)
        result = cleaned(item, b"mail")
        only = dataclasses.replace(result.mails[0], delivery_ids=(item.deliveries[0][0],))
        assert await work.finish(item, dataclasses.replace(result, mails=(only,)))
        query = "select recipient, state from deliveries order by id"
        assert rows(config, query) == [("a@example.jp", "ready"), ("b@example.jp", "dropped")]

    asyncio.run(go())


def test_a_full_disk_at_finish_keeps_nothing_of_the_result(config, intake, work, monkeypatch):
    def full(*_args):
        raise StoreFull("full")

    async def go():
        await accept(intake)
        [item] = await work.claim(1, lease_seconds=60)
        with monkeypatch.context() as patched:
            patched.setattr("gateway.store.audit.append", full)
            with pytest.raises(StoreFull):
                await work.finish(item, cleaned(item, b"x" * 100_000))
        assert blob_files(config) == []
        assert await work.finish(item, cleaned(item, b"x" * 100_000))

    asyncio.run(go())


@pytest.mark.parametrize("size", [100, 1_500_000])
def test_a_changed_original_is_corrupt(config, intake, work, size):
    async def go():
        item_id = await accept(intake, os.urandom(size))
        if files := blob_files(config):
            data = bytearray(files[0].read_bytes())
            data[-1] ^= 1
            files[0].write_bytes(data)
        else:
            changed = "cast(substr(data, 1, length(data) - 1) || x'00' as blob)"
            query = f"update bodies set data = {changed}"
            rows(config, query + " where key = ?", item_id)
        [item] = await work.claim(1, lease_seconds=60)
        with pytest.raises(Corrupt):
            await work.read_original(item)

    asyncio.run(go())


@pytest.mark.parametrize("size", [100, 200_000])
def test_two_originals_that_changed_places_are_corrupt(config, intake, work, size):
    async def go():
        first, second = [await accept(intake, os.urandom(size)) for _ in range(2)]
        swap = "case key when ? then ? else ? end where space = 'original'"
        rows(config, "update bodies set key = 'x' where key = ?", first)
        rows(config, "update bodies set key = ? where key = ?", first, second)
        rows(config, f"update bodies set key = {swap}", "x", second, first)
        if files := blob_files(config):
            one, two = files[0].read_bytes(), files[1].read_bytes()
            files[0].write_bytes(two)
            files[1].write_bytes(one)
        for item in await work.claim(2, lease_seconds=60):
            with pytest.raises(Corrupt):
                await work.read_original(item)

    asyncio.run(go())


@pytest.mark.parametrize("size", [100, 200_000])
def test_purging_destroys_the_key_and_the_bytes(tmp_path, size):
    keep = {"originals_days": 0, "clean_days": 0}
    config = make_config(tmp_path / "data", retention=keep)

    async def go(intake, work):
        await accept(intake, os.urandom(size))
        [item] = await work.claim(1, lease_seconds=60)
        assert await work.purge() == 0
        assert await work.finish(item, cleaned(item, b"clean" * (size // 5)))
        assert await work.purge() == 0  # not delivered yet
        rows(config, "update deliveries set state = 'delivered', next_at = null")
        rows(config, "update items set state = 'delivered'")
        assert await work.purge() == 1
        with pytest.raises(OriginalGone):
            await work.read_original(item)
        assert blob_files(config) == []
        for table in ("bodies", "keys"):
            assert rows(config, f"select count(*) from {table}") == [(0,)]
        assert events(config)[-2:] == ["original_destroyed", "clean_mail_removed"]
        assert await work.purge() == 0

    from gateway.store.intake import Intake

    with opened(config, Intake) as intake, opened(config, Work) as work:
        asyncio.run(go(intake, work))


def test_purging_leaves_a_report_that_still_waits(tmp_path):
    from gateway.store.intake import Intake
    from gateway.store.outbox import Outbox

    config = make_config(tmp_path / "data", retention={"clean_days": 0})

    async def go(intake, work, outbox):
        item_id = await accept(intake)
        [item] = await work.claim(1, lease_seconds=60)
        nothing = ItemResult(outcome="blocked", subject="", parts=(), mails=(), audit={})
        assert await work.finish(item, nothing)
        await outbox.add_notice(
            item_id=item_id, recipient="op@example.jp", data=b"report", message_id="<1@x>"
        )
        await work.purge()
        [dispatch] = await outbox.claim(1, lease_seconds=60)
        assert await outbox.content(dispatch) == b"report"

    with (
        opened(config, Intake) as intake,
        opened(config, Work) as work,
        opened(config, Outbox) as outbox,
    ):
        asyncio.run(go(intake, work, outbox))
