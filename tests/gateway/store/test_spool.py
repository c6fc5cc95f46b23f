"""A spool that was thrown away can never become an accepted, empty or cut mail."""

import asyncio

import pytest

from gateway.store.blobs import BlobWriter
from gateway.store.errors import StoreError, StoreFull
from tests.gateway.store.harness import SMALL, blob_files, envelope, rows

SIZES = [len(SMALL), 3_000_000]


def refuse(*_args):
    raise StoreFull("no room")


@pytest.mark.parametrize("size", SIZES)
def test_a_discarded_spool_cannot_be_accepted(config, intake, size):
    spool = intake.spool()
    spool.write(b"x" * size)
    spool.discard()
    with pytest.raises(StoreError):
        asyncio.run(intake.accept(spool, envelope()))
    with pytest.raises(StoreError):
        spool.write(b"more")
    assert rows(config, "select count(*) from items") == [(0,)]
    assert blob_files(config) == []


@pytest.mark.parametrize("size", SIZES)
def test_a_spool_is_accepted_once(config, intake, work, size):
    async def go():
        spool = intake.spool()
        spool.write(b"x" * size)
        item_id = await intake.accept(spool, envelope())
        with pytest.raises(StoreError):
            await intake.accept(spool, envelope())
        spool.discard()
        [item] = await work.claim(5, lease_seconds=60)
        assert item.id == item_id
        assert await work.read_original(item) == b"x" * size

    asyncio.run(go())


def test_a_spool_that_could_not_be_written_is_not_accepted_without_its_middle(
    config, intake, monkeypatch
):
    spool = intake.spool()
    spool.write(b"x" * 3_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(BlobWriter, "write", refuse)
        with pytest.raises(StoreFull):
            spool.write(b"y" * 3_000_000)
    with pytest.raises(StoreError):
        spool.write(b"z" * 3_000_000)
    with pytest.raises(StoreError):
        asyncio.run(intake.accept(spool, envelope()))
    assert rows(config, "select count(*) from items") == [(0,)]
    assert blob_files(config) == []
