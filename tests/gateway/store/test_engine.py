"""The group-committing writer: durable before it answers, one bad write harms no other."""

import asyncio
import sqlite3
import threading

import pytest
from sqlalchemy import text

from gateway.store.engine import MAX_GROUP, Database, database_path
from gateway.store.errors import StoreUnavailable
from tests.gateway.store.harness import rows


@pytest.fixture
def database(config):
    found = Database.open(config, actor="worker")
    yield found
    found.close()


def put(key):
    def fn(connection):
        connection.execute(text("insert into meta values (:k, 'v')"), {"k": key})
        return key

    return fn


def stored(config) -> set[str]:
    return {k for (k,) in rows(config, "select key from meta where key != 'key_fingerprint'")}


def hold(database):
    """Keep the writer busy until the returned event is set, so that a group forms."""
    go, begun = threading.Event(), threading.Event()

    def fn(_connection):
        begun.set()
        assert go.wait(30)

    task = asyncio.ensure_future(database.write(fn))
    return task, go, begun


def test_a_write_is_visible_to_others_when_it_returns(config, database):
    async def go():
        for n in range(20):
            await database.write(put(f"k{n}"))
            assert f"k{n}" in stored(config)
        await asyncio.gather(*(seen(f"kk{n}") for n in range(50)))

    async def seen(key):
        assert await database.write(put(key)) == key
        assert key in stored(config)

    asyncio.run(go())


def test_nothing_of_a_running_group_is_visible(config, database):
    async def go():
        def fn(connection):
            put("k1")(connection)
            return stored(config)

        assert await database.write(fn) == set()
        assert stored(config) == {"k1"}

    asyncio.run(go())


def test_a_failing_write_in_a_group_harms_no_other(config, database):
    def bad(connection):
        put("kbad")(connection)
        raise ValueError("mine")

    async def go():
        first, event, begun = hold(database)
        await asyncio.to_thread(begun.wait)
        calls = [database.write(put(f"k{n}")) for n in range(10)]
        calls.insert(5, database.write(bad))
        calls.insert(7, database.write(put("k3")))  # the key is taken by then
        waiting = [asyncio.ensure_future(c) for c in calls]
        await asyncio.sleep(0)
        event.set()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        await first
        return results

    results = asyncio.run(go())
    assert isinstance(results[5], ValueError)
    assert isinstance(results[7], StoreUnavailable)
    assert [r for r in results if isinstance(r, str)] == [f"k{n}" for n in range(10)]
    assert stored(config) == {f"k{n}" for n in range(10)}


def test_more_than_one_group_waiting_is_written_once_each(config, database):
    async def go():
        first, event, begun = hold(database)
        await asyncio.to_thread(begun.wait)
        waiting = [
            asyncio.ensure_future(database.write(put(f"k{n}"))) for n in range(MAX_GROUP * 2 + 3)
        ]
        await asyncio.sleep(0)
        event.set()
        await asyncio.gather(first, *waiting)

    asyncio.run(go())
    assert len(stored(config)) == MAX_GROUP * 2 + 3


def test_a_caller_who_goes_away_does_not_harm_the_writer(config, database):
    async def go():
        first, event, begun = hold(database)
        await asyncio.to_thread(begun.wait)
        leaving = [asyncio.ensure_future(database.write(put(f"k{n}"))) for n in range(5)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        assert all(task.cancelled() for task in leaving)
        event.set()
        await first
        await database.write(put("kafter"))

    asyncio.run(go())
    # What was queued happens; a commit cannot be taken back by leaving.
    assert stored(config) == {"kafter", *(f"k{n}" for n in range(5))}


def test_an_ended_event_loop_does_not_harm_the_writer(config, database):
    async def go():
        _task, event, begun = hold(database)
        await asyncio.to_thread(begun.wait)
        lost = asyncio.ensure_future(database.write(put("k1")))
        await asyncio.sleep(0)
        assert not lost.done()
        threading.Timer(0.05, event.set).start()

    asyncio.run(go())
    assert database.write_sync(put("k2")) == "k2"
    assert stored(config) == {"k1", "k2"}


def test_two_processes_databases_take_turns(config, database):
    other = Database.open(config, actor="lgwan")

    async def go():
        await asyncio.gather(
            *(d.write(put(f"k{n}{d.actor}")) for n in range(40) for d in (database, other))
        )

    asyncio.run(go())
    other.close()
    assert len(stored(config)) == 80


def test_readers_cannot_write(config, database):
    with pytest.raises(StoreUnavailable):
        database.read_sync(put("k1"))
    assert stored(config) == set()


def test_close_finishes_what_is_queued(config):
    database = Database.open(config, actor="worker")

    async def go():
        first, event, begun = hold(database)
        await asyncio.to_thread(begun.wait)
        waiting = [asyncio.ensure_future(database.write(put(f"k{n}"))) for n in range(5)]
        await asyncio.sleep(0)
        event.set()
        database.close()
        await asyncio.gather(first, *waiting)

    asyncio.run(go())
    assert len(stored(config)) == 5


def test_a_database_that_someone_locks_is_unavailable_and_comes_back(config, database, monkeypatch):
    monkeypatch.setattr("gateway.store.engine._BUSY_MS", 50)
    impatient = Database.open(config, actor="worker")
    holder = sqlite3.connect(database_path(config), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        impatient.write_sync(put("k1"))
    holder.execute("ROLLBACK")
    holder.close()
    assert impatient.write_sync(put("k2")) == "k2"
    impatient.close()
    assert stored(config) == {"k2"}


def test_the_connection_is_as_durable_as_promised(database):
    def pragmas(connection):
        return [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert database.write_sync(pragmas) == ["wal", 2, 1]
