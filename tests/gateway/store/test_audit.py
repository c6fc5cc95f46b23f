"""The trail shows every changed, removed or inserted row, by its number."""

import asyncio

import pytest

from gateway.store import audit
from gateway.store.engine import Database
from tests.gateway.store.harness import rows

ROWS = 12


@pytest.fixture
def database(config):
    found = Database.open(config, actor="worker")
    yield found
    found.close()


@pytest.fixture
def trail(database):
    """`keys_created` and eleven more rows."""

    async def go():
        for n in range(2, ROWS + 1):
            event = audit.Event("0123456789abcdefghjk", "測試", {"n": n, "who": "山田 <a@b>"})
            await database.write(lambda c, e=event: audit.append(c, "worker", [e]))

    asyncio.run(go())
    return database


def check(database):
    return database.read_sync(audit.verify)


def test_an_untouched_trail_is_whole(config, trail):
    found = check(trail)
    assert (found.rows, found.ok, found.first_bad_seq) == (ROWS, True, None)
    [(head,)] = rows(config, f"select hash from audit where seq = {ROWS}")
    assert found.head_hash == head


def test_an_empty_trail_is_whole(config, database):
    rows(config, "delete from audit")
    assert check(database).ok


@pytest.mark.parametrize("seq", [1, 5, ROWS])
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", 1),
        ("item_id", "zzzzzzzzzzzzzzzzzzzz"),
        ("item_id", None),
        ("actor", "cli"),
        ("event", "x"),
        ("detail", "{}"),
        ("prev_hash", "f" * 64),
        ("hash", "f" * 64),
    ],
)
def test_a_changed_row_is_found(config, trail, seq, column, value):
    if (seq, column, value) == (1, "item_id", None):
        value = "x"  # the first row has none
    rows(config, f"update audit set {column} = ? where seq = ?", value, seq)
    found = check(trail)
    assert (found.ok, found.first_bad_seq) == (False, seq)


@pytest.mark.parametrize("seq", [1, 5, ROWS - 1])
def test_a_removed_row_is_found(config, trail, seq):
    rows(config, "delete from audit where seq = ?", seq)
    found = check(trail)
    assert (found.ok, found.first_bad_seq) == (False, seq)


@pytest.mark.parametrize("seq", [5, ROWS - 1])
def test_a_removed_row_is_found_when_the_others_are_renumbered(config, trail, seq):
    rows(config, "delete from audit where seq = ?", seq)
    for later in range(seq + 1, ROWS + 1):
        rows(config, "update audit set seq = ? where seq = ?", later - 1, later)
    found = check(trail)
    assert (found.ok, found.first_bad_seq) == (False, seq)


@pytest.mark.parametrize("seq", [1, 5, ROWS + 1])
def test_an_inserted_row_is_found(config, trail, seq):
    for later in range(ROWS, seq - 1, -1):
        rows(config, "update audit set seq = ? where seq = ?", later + 1, later)
    columns = "chain, at, item_id, actor, event, detail, prev_hash, hash"
    source = seq - 1 or ROWS
    query = f"insert into audit (seq, {columns}) select ?, {columns} from audit where seq = ?"
    rows(config, query, seq, source)
    found = check(trail)
    assert (found.ok, found.first_bad_seq) == (False, seq)


def test_a_cut_tail_changes_the_head(config, trail):
    before = check(trail).head_hash
    rows(config, "delete from audit where seq = ?", ROWS)
    assert check(trail).head_hash != before


def test_a_failing_write_between_others_leaves_no_gap(config, database):
    def bad(connection):
        audit.append(connection, "worker", [audit.Event(None, "never", {})])
        raise ValueError

    def good(connection):
        audit.append(connection, "worker", [audit.Event(None, "kept", {})])

    async def go():
        calls = [database.write(bad if n % 3 == 1 else good) for n in range(30)]
        return await asyncio.gather(*calls, return_exceptions=True)

    results = asyncio.run(go())
    assert sum(isinstance(r, ValueError) for r in results) == 10
    found = check(database)
    assert (found.ok, found.rows) == (True, 21)
    assert rows(config, "select count(*) from audit where event = 'never'") == [(0,)]


def test_processes_share_one_chain(config, database):
    other = Database.open(config, actor="lgwan")

    def add(connection):
        audit.append(connection, "worker", [audit.Event(None, "x", {})])

    async def go():
        await asyncio.gather(*(d.write(add) for _ in range(30) for d in (database, other)))

    asyncio.run(go())
    other.close()
    assert check(database) == audit.AuditCheck(61, True, None, check(database).head_hash)
