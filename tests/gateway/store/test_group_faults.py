"""What a group of writes survives, what fails it whole, and that nobody waits for ever."""

import asyncio
import threading

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import OperationalError

from gateway.store import audit
from gateway.store.engine import Database
from gateway.store.errors import StoreFull, StoreUnavailable
from gateway.store.tables import meta
from tests.gateway.store.harness import rows

WAIT = 20  # seconds until a caller counts as forgotten


@pytest.fixture
def database(config):
    found = Database.open(config, actor="worker")
    yield found
    found.close()


def put(key):
    def fn(connection):
        connection.execute(insert(meta), [{"key": key, "value": ""}])
        audit.append(connection, "worker", [audit.Event(None, key, {})])
        return key

    return fn


def raising(error):
    def fn(connection):
        put(f"k{id(error)}")(connection)
        raise error

    return fn


def group(database, *fns):
    """The answers of writes that are committed together."""

    async def go():
        go_on, begun = threading.Event(), threading.Event()

        def hold(_connection):
            begun.set()
            assert go_on.wait(WAIT)

        holder = asyncio.ensure_future(database.write(hold))
        await asyncio.to_thread(begun.wait)
        waiting = [asyncio.ensure_future(database.write(fn)) for fn in fns]
        await asyncio.sleep(0)
        go_on.set()
        async with asyncio.timeout(WAIT):
            answers = await asyncio.gather(*waiting, return_exceptions=True)
            await asyncio.gather(holder, return_exceptions=True)
        return answers

    return asyncio.run(go())


def stored(config) -> list[str]:
    return [
        k for (k,) in rows(config, "select key from meta where key glob 'k[0-9]*' order by key")
    ]


def test_only_the_write_that_raised_is_left_out_and_the_chain_holds(config, database):
    answers = group(database, put("k1"), raising(ValueError()), put("k2"), raising(KeyError()))
    assert answers[0] == "k1"
    assert answers[2] == "k2"
    assert isinstance(answers[1], ValueError)
    assert isinstance(answers[3], KeyError)
    assert stored(config) == ["k1", "k2"]
    check = database.read_sync(audit.verify)
    assert check.ok
    assert check.rows == 3  # with the creation of the keys


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, StopIteration])
def test_no_exception_whatever_ends_the_writer(config, database, error):
    async def go():
        with pytest.raises((error, RuntimeError)):
            await asyncio.wait_for(_quiet(database.write(raising(error()))), WAIT)
        return await asyncio.wait_for(database.write(put("k1")), WAIT)

    async def _quiet(awaitable):
        try:
            return await awaitable
        except (KeyboardInterrupt, SystemExit) as caught:
            raise RuntimeError from caught

    assert asyncio.run(go()) == "k1"
    assert stored(config) == ["k1"]


def refused(code):
    class Refusal(Exception):
        sqlite_errorcode = code

    return OperationalError("INSERT", {}, Refusal("refused"))


@pytest.mark.parametrize(("code", "public"), [(13, StoreFull), (10, StoreUnavailable)])
def test_a_refusal_of_the_disk_fails_the_whole_group(config, database, code, public):
    """What is left of a transaction then is not known: nobody may be told "durable"."""
    answers = group(database, put("k1"), raising(refused(code)), put("k2"))
    assert [type(a) for a in answers] == [public] * 3
    assert stored(config) == []
    assert database.write_sync(put("k3")) == "k3"


def test_a_transaction_that_sqlite_itself_ended_fails_the_whole_group(config, database):
    """Else the writes behind it would commit one by one, outside of any transaction."""

    def ends_it(connection):
        connection.exec_driver_sql("ROLLBACK")
        raise ValueError

    answers = group(database, put("k1"), ends_it, put("k2"))
    assert not any(isinstance(a, str) for a in answers)
    assert stored(config) == []
    assert database.write_sync(put("k3")) == "k3"


def test_a_failing_commit_fails_every_caller(config, database, monkeypatch):
    def fail(*_args):
        raise refused(13)

    with monkeypatch.context() as patch:
        patch.setattr("sqlalchemy.engine.base.Connection._commit_impl", fail)
        answers = group(database, put("k1"), put("k2"))
    assert {type(a) for a in answers} == {StoreFull}
    assert stored(config) == []
    assert database.write_sync(put("k3")) == "k3"


def test_a_write_after_the_end_is_refused_and_does_not_wait(config):
    database = Database.open(config, actor="worker")
    database.close()
    database.close()
    with pytest.raises(StoreUnavailable):
        database.write_sync(put("k1"))
    with pytest.raises(StoreUnavailable):
        asyncio.run(database.write(put("k1")))


def test_deleted_secrets_are_overwritten_in_the_file(config, database):
    secret = "k" + "secret" * 20
    database.write_sync(put(secret))
    database.write_sync(
        lambda c: c.execute(text("delete from audit where event = :k"), {"k": secret})
    )
    database.write_sync(lambda c: c.execute(text("delete from meta where key = :k"), {"k": secret}))
    database.close()  # the last connection: the log is written back and removed
    for path in config.data_dir.glob("mugaika.sqlite*"):
        assert secret.encode() not in path.read_bytes()
