"""Blobs that no row knows do not stay; those that a row knows, or may soon know, do."""

import asyncio
import os

import pytest

from gateway.store import schema
from gateway.store.blobs import Blobs
from gateway.store.clean import SMALL_CLEAN
from gateway.store.orphans import YOUNG_SECONDS
from tests.gateway.store.harness import accept, blob_files, cleaned, make_config

ORPHAN = "0" * 20


def age(config) -> None:
    """Make all blobs older than what may still be on its way to its row."""
    for path in blob_files(config):
        old = path.stat().st_mtime - YOUNG_SECONDS - 60
        os.utime(path, (old, old))


@pytest.mark.parametrize("space", ["original", "clean"])
def test_an_old_blob_without_a_row_goes_at_the_next_start(config, intake, space):
    asyncio.run(accept(intake))
    Blobs(config.data_dir, space).put(ORPHAN, b"left behind")
    age(config)
    schema.prepare(config)
    assert blob_files(config) == []


@pytest.mark.parametrize("space", ["original", "clean"])
def test_an_empty_database_removes_nothing(config, space):
    """It may stand, by mistake, in the place of the one that knows the blob."""
    Blobs(config.data_dir, space).put(ORPHAN, b"known elsewhere")
    age(config)
    schema.prepare(config)
    assert len(blob_files(config)) == 1


@pytest.mark.parametrize("space", ["original", "clean"])
def test_a_blob_newer_than_the_database_stays(config, intake, space):
    asyncio.run(accept(intake))
    Blobs(config.data_dir, space).put("z" * 20, b"from after the backup")
    age(config)
    schema.prepare(config)
    assert len(blob_files(config)) == 1


@pytest.mark.parametrize("space", ["original", "clean"])
def test_a_young_blob_is_left_to_its_writer(config, intake, space):
    asyncio.run(accept(intake))
    Blobs(config.data_dir, space).put(ORPHAN, b"its row is on the way")
    schema.prepare(config)
    [kept] = blob_files(config)
    assert kept.read_bytes() == b"its row is on the way"


def test_a_row_of_the_other_space_does_not_keep_a_blob(config, intake):
    item_id = asyncio.run(accept(intake, b"x" * 200_000))
    asyncio.run(accept(intake))
    Blobs(config.data_dir, "clean").put(item_id, b"nobody's")
    age(config)
    schema.prepare(config)
    [kept] = blob_files(config)
    assert kept.parts[-3] == "original"


def test_what_rows_know_stays_and_is_readable(config, intake, work, outbox):
    original, mail = os.urandom(200_000), os.urandom(SMALL_CLEAN + 1)

    async def go():
        for _ in range(3):
            await accept(intake, original)
        first, *others = await work.claim(3, lease_seconds=60)
        assert await work.finish(first, cleaned(first, mail))
        age(config)
        schema.prepare(config)
        assert [await work.read_original(item) for item in others] == [original] * 2
        [dispatch] = await outbox.claim(5, lease_seconds=60)
        assert await outbox.content(dispatch) == mail

    asyncio.run(go())


def test_an_original_whose_key_was_destroyed_is_an_orphan(tmp_path, monkeypatch):
    """A death between the commit and the removal of the file."""
    from gateway.store.outbox import Outbox, Settled
    from gateway.store.work import Work
    from tests.gateway.store.harness import opened, put_mails

    config = make_config(tmp_path / "data", retention={"originals_days": 0, "clean_days": 0})
    monkeypatch.setattr("tests.gateway.store.harness.SMALL", b"x" * 200_000)
    asyncio.run(put_mails(config, b"m" * (SMALL_CLEAN + 1)))

    async def go():
        with opened(config, Outbox) as outbox, opened(config, Work) as work:
            [dispatch] = await outbox.claim(1, lease_seconds=60)
            results = {
                r.delivery_id: Settled(kind="delivered", reply="250") for r in dispatch.rcpts
            }
            assert await outbox.settle(dispatch, results)
            monkeypatch.setattr(Blobs, "delete", lambda *_: None)
            assert await work.purge() == 1

    asyncio.run(go())
    monkeypatch.undo()
    assert len(blob_files(config)) == 2
    asyncio.run(put_mails(config, b"a later one"))
    age(config)
    schema.prepare(config)
    assert blob_files(config) == []
