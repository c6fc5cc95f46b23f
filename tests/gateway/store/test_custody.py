"""Who may read the store's files, and whose keys may seal and open while it runs."""

import asyncio
import stat

import pytest

from gateway.store.engine import database_path
from gateway.store.errors import KeyMissing
from gateway.store.intake import Intake
from gateway.store.keyfiles import files
from gateway.store.view import View
from gateway.store.work import Work
from tests.gateway.store.harness import accept, make_config, opened, rows


@pytest.fixture
def other(tmp_path):
    return make_config(tmp_path / "other")


def test_nothing_is_sealed_to_a_key_that_is_not_the_datas(config, other):
    """A role that is started again must not take mail that no worker could ever open."""
    files(config).public.write_bytes(files(other).public.read_bytes())
    with pytest.raises(KeyMissing):
        Intake.open(config)
    assert rows(config, "select count(*) from items") == [(0,)]


def test_no_worker_starts_with_a_key_that_is_not_the_datas(config, other):
    """It would take every original for corrupt and withhold it."""
    files(config).private.write_bytes(files(other).private.read_bytes())
    with pytest.raises(KeyMissing):
        Work.open(config)


def test_the_database_and_its_log_are_for_their_owner_only(config, intake):
    asyncio.run(accept(intake))
    found = list(config.data_dir.glob(database_path(config).name + "*"))
    assert len(found) == 4  # with its log, the log's index and the lock
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_blobs_are_reachable_for_their_owner_only(config, intake):
    asyncio.run(accept(intake, b"x" * 200_000))
    for name in ("blobs/original", "blobs/clean", "keys"):
        assert stat.S_IMODE((config.data_dir / name).stat().st_mode) == 0o700


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_a_long_trail_is_checked_in_pieces(config, intake, monkeypatch, piece):
    from gateway.store import audit

    monkeypatch.setattr(audit, "_PIECE", audit._PIECE.limit(piece))
    asyncio.run(many(intake, 7))
    with opened(config, View) as view:
        whole = view.verify_audit()
        assert (whole.rows, whole.ok, whole.first_bad_seq) == (8, True, None)
        rows(config, "update audit set actor = 'cli' where seq = 6")
        bad = view.verify_audit()
        assert (bad.ok, bad.first_bad_seq) == (False, 6)


@pytest.mark.parametrize("seq", [0, -1])
def test_a_row_put_before_the_first_is_found(config, intake, seq):
    asyncio.run(many(intake, 2))
    rows(
        config,
        "insert into audit select chain, ?, at, item_id, actor, event, detail, prev_hash, hash"
        " from audit where seq = 1",
        seq,
    )
    with opened(config, View) as view:
        assert not view.verify_audit().ok


async def many(intake, count):
    for _ in range(count):
        await accept(intake)
