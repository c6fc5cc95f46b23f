"""What was accepted is there, byte for byte, also after a kill; what was not leaves nothing."""

import asyncio
import hashlib
import os
import signal

import pytest

from gateway.store import schema
from gateway.store.errors import StoreFull, StoreUnavailable
from gateway.store.intake import Intake
from gateway.store.spool import SMALL_BODY
from gateway.store.work import Work
from tests.gateway.store.harness import (
    accept,
    blob_files,
    envelope,
    events,
    opened,
    program,
    rows,
)

SIZES = (0, 1, 62_900, SMALL_BODY - 28, SMALL_BODY, SMALL_BODY + 1, (1 << 20) + 5, 3_000_000)


@pytest.mark.parametrize("size", SIZES)
def test_a_body_comes_back_byte_for_byte(config, intake, work, size):
    body = os.urandom(size)

    async def go():
        item_id = await accept(intake, body)
        [item] = await work.claim(5, lease_seconds=60)
        assert (item.id, item.size) == (item_id, size)
        assert await work.read_original(item) == body
        fd = os.memfd_create("original")
        assert await work.original_to_fd(item, fd) == size
        assert os.pread(fd, size + 1, 0) == body
        os.close(fd)

    asyncio.run(go())
    [(digest, recorded)] = rows(config, "select original_sha256, size from items")
    assert (digest, recorded) == (hashlib.sha256(body).hexdigest(), size)


@pytest.mark.parametrize("size", [5000, 500_000])
def test_nothing_readable_is_stored(config, intake, size):
    body = b"CANARY-IN-THE-BODY\r\n" * (size // 20)
    asyncio.run(accept(intake, body))
    on_disk = b"".join(p.read_bytes() for p in config.data_dir.rglob("*") if p.is_file())
    assert len(on_disk) > size
    assert b"CANARY" not in on_disk


def test_small_bodies_need_no_file_and_large_ones_one(config, intake):
    asyncio.run(accept(intake, b"x" * 1000))
    assert blob_files(config) == []
    item_id = asyncio.run(accept(intake, b"x" * 100_000))
    assert [p.name for p in blob_files(config)] == [item_id]


def test_every_row_is_there_when_accept_returns(config, intake):
    async def go():
        item_id = await accept(intake, b"x", "a@example.jp", "b@example.jp", "a@example.jp")
        query = "select recipient, state, next_at from deliveries where item_id = ? order by id"
        assert rows(config, query, item_id) == [
            ("a@example.jp", "waiting", None),
            ("b@example.jp", "waiting", None),
        ]
        assert rows(config, "select state, attempts from items where id = ?", item_id) == [
            ("received", 0)
        ]
        assert events(config, item_id) == ["received"]

    asyncio.run(go())


def test_a_discarded_spool_leaves_nothing(config, intake):
    spool = intake.spool()
    spool.write(b"x" * 3_000_000)
    assert len(blob_files(config)) == 1
    spool.discard()
    spool.discard()
    assert blob_files(config) == []


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_a_caller_who_goes_away_leaves_a_whole_item_or_none(config, intake, work, size):
    body = os.urandom(size)

    async def go():
        for steps in range(0, 12, 2):
            task = asyncio.ensure_future(accept(intake, body))
            for _ in range(steps):
                await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await accept(intake, b"the writer lives")
        for item in await work.claim(100, lease_seconds=60):
            original = await work.read_original(item)
            assert original in (body, b"the writer lives")

    asyncio.run(go())


def test_a_caller_who_leaves_while_the_commit_waits_takes_no_blob_away(config, intake, work):
    """The queued commit still happens: without its blob the item would be a broken one."""
    body = os.urandom(1_000_000)

    async def go():
        import threading

        gate = threading.Event()
        blocker = asyncio.ensure_future(intake.database.write(lambda _c: gate.wait(30)))
        spool = intake.spool()
        spool.write(body)
        task = asyncio.ensure_future(intake.accept(spool, envelope()))
        while not any(p.name == spool.key for p in blob_files(config)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        gate.set()
        await blocker
        await intake.database.write(lambda _c: None)
        [item] = await work.claim(1, lease_seconds=60)
        assert await work.read_original(item) == body

    asyncio.run(go())


@pytest.mark.parametrize("error", [StoreFull, StoreUnavailable])
def test_a_refused_commit_raises_and_leaves_no_rows(config, intake, monkeypatch, error):
    def refuse(*_args):
        raise error("refused")

    monkeypatch.setattr("gateway.store.audit.append", refuse)
    with pytest.raises(error):
        asyncio.run(accept(intake, b"x" * 200_000))
    for table in ("items", "deliveries", "keys", "bodies"):
        assert rows(config, f"select count(*) from {table}") == [(0,)]
    # Where the commit may have happened the (unreadable) blob stays for it.
    assert len(blob_files(config)) == (0 if error is StoreFull else 1)


ACCEPTER = """
import asyncio, hashlib, random, sys
from pathlib import Path
from gateway.config import Config
from gateway.store.intake import Intake
from tests.gateway.store.harness import accept

async def one(intake, seed):
    size = (300, 20_000, 150_000, 1_500_000)[seed % 4]
    body = random.Random(seed).randbytes(size)
    item_id = await accept(intake, body)
    print(item_id, hashlib.sha256(body).hexdigest(), flush=True)

async def main():
    intake = Intake.open(Config(data_dir=Path(sys.argv[1])))
    for start in range(0, 10**9, 8):
        await asyncio.gather(*(one(intake, start + n) for n in range(8)))

asyncio.run(main())
"""


@pytest.mark.parametrize("wanted", [7, 60])
def test_every_acknowledged_mail_is_whole_after_a_kill(config, wanted):
    accepter = program(ACCEPTER, config.data_dir)
    acknowledged = {}
    for line in accepter.stdout:
        item_id, digest = line.split()
        acknowledged[item_id] = digest
        if len(acknowledged) == wanted:
            os.kill(accepter.pid, signal.SIGKILL)
    assert accepter.wait() == -signal.SIGKILL
    accepter.stdout.close()
    schema.prepare(config)

    async def go():
        with opened(config, Work) as work:
            found = {}
            while claimed := await work.claim(50, lease_seconds=60):
                for item in claimed:
                    original = await work.read_original(item)
                    found[item.id] = hashlib.sha256(original).hexdigest()
            return found

    found = asyncio.run(go())
    assert len(acknowledged) >= wanted
    assert acknowledged.items() <= found.items()
    assert not [p for p in blob_files(config) if p.name.endswith(".part")]


def test_a_dead_writers_leftovers_are_swept_and_a_living_ones_are_not(config, intake):
    text = ACCEPTER.split("async def one")[0] + (
        "intake = Intake.open(Config(data_dir=Path(sys.argv[1])))\n"
        "spool = intake.spool(); spool.write(bytes(2_000_000)); print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    import subprocess

    writer = program(text, config.data_dir, stdin=subprocess.PIPE)
    assert writer.stdout.readline() == "ready\n"
    schema.prepare(config)
    assert len(blob_files(config)) == 1
    writer.kill()
    writer.communicate()
    schema.prepare(config)
    assert blob_files(config) == []


def test_the_backlog_counts_what_waits(config, intake, monkeypatch):
    monkeypatch.setattr("gateway.store.intake._BACKLOG_SECONDS", 0)

    async def go():
        assert (await intake.backlog()).items_waiting == 0
        await accept(intake, b"x" * 100)
        await accept(intake, b"x" * 200)
        backlog = await intake.backlog()
        assert (backlog.items_waiting, backlog.bytes_waiting) == (2, 300)
        assert backlog.free_bytes > 0

    asyncio.run(go())
    with opened(config, Intake) as second:
        assert asyncio.run(second.backlog()).items_waiting == 2
