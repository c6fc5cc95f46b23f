"""Files are ours from the moment hand_in returns: readable by workers, once, in order, whole."""

import asyncio
import os
from dataclasses import replace

import pytest

from gateway.store import orphans
from gateway.store.engine import Database
from gateway.store.intake import Intake
from gateway.store.portal import NoSuchContent, Portal
from gateway.store.results import ItemResult, PartRow, Showing
from gateway.store.uploads import Submission, UploadConflict, UploadGone, Uploads
from gateway.store.work import Work
from tests.gateway.store.harness import blob_files, events, make_config, opened, rows

SUBMISSION = Submission(
    uploader="tanaka",
    sender="tanaka@example.jp",
    recipients=("suzuki@example.jp",),
    note="4月分",
    profile="",
    client="192.0.2.7",
    tls=True,
)
LARGE = os.urandom(1 << 16) * 40  # 2.6 MB: a blob of several chunks
SUZUKI = frozenset({"suzuki@example.jp"})


@pytest.fixture
def uploads(config, intake):
    return Uploads.open(config, intake.database)


@pytest.fixture
def portal(config):
    database = Database.open(config, actor="lgwan")
    yield Portal(config, database)
    database.close()


async def put(uploads, *bodies: bytes, submission=SUBMISSION) -> str:
    """Hand in files of one request."""
    return await uploads.hand_in(submission, [await new_file(uploads, b) for b in bodies])


async def new_file(uploads, body: bytes, name="表 1.xlsx"):
    file = uploads.new_file(name=name, claimed_type="application/octet-stream")
    spool = uploads.spool(file.id, 0)
    file.spools.append(spool)
    for at in range(0, len(body), 300_007):
        spool.write(body[at : at + 300_007])
    file.small.append(await uploads.finish(spool))
    return file


async def read(work, file) -> bytes:
    fd = os.memfd_create("test")
    try:
        size = await work.file_to_fd(file, fd)
        return os.pread(fd, size, 0)
    finally:
        os.close(fd)


class Bytes:
    """Sealed, verified bytes as the pipeline gives them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def read_range(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]


async def clean(work, *outputs: bytes | None, profile="standard") -> str:
    """Finish the next item: an output for each file, None for one that is withheld."""
    [item] = await work.claim(1, lease_seconds=60)
    parts = []
    for n, data in enumerate(outputs):
        stored = await work.store_output(item, Bytes(data)) if data is not None else None
        parts.append(
            PartRow(
                profile=profile,
                n=n,
                parent=None,
                name=f"{n}.txt",
                media_type="text/plain",
                outcome="clean" if data is not None else "withheld",
                method="text" if data is not None else "none",
                findings=(),
                reason=None if data is not None else "damaged",
                size=stored.size if stored else None,
                sha256=stored.sha256 if stored else None,
                stored=stored,
            )
        )
    showing = Showing(
        profile=profile,
        delivery_ids=tuple(i for i, _ in item.deliveries),
        fetchable=any(o is not None for o in outputs),
    )
    result = ItemResult(
        outcome="partial", subject="0.txt", parts=tuple(parts), showings=(showing,), audit={}
    )
    assert await work.finish(item, result)
    return item.id


async def fetch(portal, view, n=0) -> bytes:
    return b"".join((await portal.content(view.parts[n])).pieces)


def test_files_come_back_whole_and_in_order(uploads, work):
    async def go():
        item_id = await put(uploads, b"small", LARGE, b"")
        [item] = await work.claim(1, lease_seconds=60)
        assert (item.id, item.kind, item.size) == (item_id, "upload", 5 + len(LARGE))
        files = await work.files(item)
        assert [await read(work, f) for f in files] == [b"small", LARGE, b""]
        assert {f.name for f in files} == {"表 1.xlsx"}

    asyncio.run(go())


def test_an_original_is_never_on_disk_in_the_clear(config, uploads):
    secret = b"PLAINCANARY" * 10_000
    asyncio.run(put(uploads, secret, b"PLAINCANARY"))
    for path in (p for p in config.data_dir.rglob("*") if p.is_file()):
        assert b"PLAINCANARY" not in path.read_bytes(), path


def test_resumed_segments_make_one_file(uploads, work):
    async def go():
        upload = await uploads.create(
            uploader="tanaka", name="a", claimed_type="", length=len(LARGE) + 3, intent={}
        )
        for piece in (LARGE[:70_000], LARGE[70_000:], b"end"):
            spool = uploads.spool(upload.id, upload.segments)
            spool.write(piece)
            small = await uploads.finish(spool)
            upload = await uploads.append(upload, "tanaka", spool, small)
        assert upload.is_whole
        await uploads.hand_in(SUBMISSION, [], [upload.id])
        [item] = await work.claim(1, lease_seconds=60)
        [file] = await work.files(item)
        assert await read(work, file) == LARGE + b"end"

    asyncio.run(go())


def test_two_that_append_at_once_do_not_both_count(config, uploads):
    async def go():
        upload = await uploads.create(
            uploader="tanaka", name="a", claimed_type="", length=200_000, intent={}
        )
        spools = [uploads.spool(upload.id, 0) for _ in range(2)]
        for spool in spools:
            spool.write(bytes(100_000))
        smalls = [await uploads.finish(spool) for spool in spools]
        after = await uploads.append(upload, "tanaka", spools[0], smalls[0])
        with pytest.raises(UploadConflict):
            await uploads.append(upload, "tanaka", spools[1], smalls[1])
        assert after.size == 100_000
        assert [p.name for p in blob_files(config)] == [spools[0].key]

    asyncio.run(go())


def test_what_is_not_whole_is_not_handed_in(uploads):
    async def go():
        upload = await uploads.create(
            uploader="tanaka", name="a", claimed_type="", length=5, intent={}
        )
        with pytest.raises(UploadConflict):
            await uploads.hand_in(SUBMISSION, [], [upload.id])
        with pytest.raises(UploadConflict):
            await uploads.hand_in(SUBMISSION, [])

    asyncio.run(go())


def test_anothers_upload_is_unknown(uploads):
    async def go():
        upload = await uploads.create(
            uploader="tanaka", name="a", claimed_type="", length=0, intent={}
        )
        other = replace(SUBMISSION, uploader="sato")
        for refused in (
            uploads.resumable(upload.id, "sato"),
            uploads.terminate(upload.id, "sato"),
            uploads.hand_in(other, [], [upload.id]),
        ):
            with pytest.raises(UploadGone):
                await refused
        item_id = await put(uploads, b"x")
        assert await uploads.item(item_id, "sato") is None
        assert (await uploads.item(item_id, "tanaka")).state == "received"

    asyncio.run(go())


def test_a_handed_in_upload_cannot_be_handed_in_again(uploads):
    async def go():
        upload = await uploads.create(
            uploader="tanaka", name="a", claimed_type="", length=0, intent={}
        )
        await uploads.hand_in(SUBMISSION, [], [upload.id])
        with pytest.raises(UploadGone):
            await uploads.hand_in(SUBMISSION, [], [upload.id])

    asyncio.run(go())


def test_a_refused_hand_in_leaves_nothing(config, uploads):
    async def go():
        file = await new_file(uploads, LARGE)
        with pytest.raises(UploadGone):
            await uploads.hand_in(SUBMISSION, [file], ["0" * 20])

    asyncio.run(go())
    assert blob_files(config) == []
    assert rows(config, "select count(*) from items") == [(0,)]


def test_given_up_uploads_lose_their_key_first(config, uploads):
    async def go():
        upload = await uploads.create(
            uploader="tanaka", name="a", claimed_type="", length=None, intent={}
        )
        spool = uploads.spool(upload.id, 0)
        spool.write(LARGE)
        await uploads.append(upload, "tanaka", spool, await uploads.finish(spool))
        await uploads.terminate(upload.id, "tanaka")

    asyncio.run(go())
    assert blob_files(config) == []
    assert rows(config, "select count(*) from keys") == [(0,)]


def test_recipient_collects_and_the_upload_is_delivered(config, uploads, work, portal):
    async def go():
        item_id = await put(uploads, b"a", b"b", b"c")
        assert (await portal.item(item_id, SUZUKI)).parts == ()
        await clean(work, b"clean a", LARGE, None)
        view = await portal.item(item_id, SUZUKI)
        assert [p.outcome for p in view.parts] == ["clean", "clean", "withheld"]
        assert view.state == "ready"
        assert await fetch(portal, view, 0) == b"clean a"
        assert await fetch(portal, view, 1) == LARGE
        with pytest.raises(NoSuchContent):
            await portal.content(view.parts[2])
        await portal.fetched(view, [0], actor="suzuki")
        assert (await portal.item(item_id, SUZUKI)).state == "ready"
        await portal.fetched(view, [0, 1], actor="suzuki")
        assert (await portal.item(item_id, SUZUKI)).state == "delivered"
        assert (await uploads.item(item_id, "tanaka")).state == "delivered"

    asyncio.run(go())
    assert events(config)[-1] == "ended"


def test_an_upload_ends_when_the_last_recipient_has_it(uploads, work, portal):
    async def go():
        both = replace(SUBMISSION, recipients=("suzuki@example.jp", "Sato@example.jp"))
        item_id = await put(uploads, b"a", submission=both)
        await clean(work, b"clean")
        for who, after in (("suzuki@example.jp", "ready"), ("sato@example.jp", "delivered")):
            view = await portal.item(item_id, frozenset({who}))
            assert [d.recipient.lower() for d in view.deliveries] == [who]
            await portal.fetched(view, [0], actor=who)
            assert (await uploads.item(item_id, "tanaka")).state == after

    asyncio.run(go())


def test_another_sees_nothing(uploads, work, portal):
    async def go():
        item_id = await put(uploads, b"a")
        await clean(work, b"clean")
        other = frozenset({"sato@example.jp", "sato"})
        assert await portal.item(item_id, other) is None
        assert (await portal.items(other, before="", limit=10)).items == ()

    asyncio.run(go())


def test_pages_follow_each_other_to_the_end(uploads, portal):
    async def go():
        made = [await put(uploads, b"x") for _ in range(5)]
        seen, before = [], ""
        while True:
            page = await portal.items(SUZUKI, before=before, limit=2)
            seen += [view.id for view in page.items]
            if not (before := page.following):
                break
        assert seen == made[::-1]
        mine = await uploads.items("tanaka", before=made[2], limit=10)
        assert [view.id for view in mine.items] == [made[1], made[0]]

    asyncio.run(go())


def test_bytes_that_are_not_what_was_verified_are_not_given_out(config, uploads, work, portal):
    async def go():
        item_id = await put(uploads, b"a", b"b")
        await clean(work, LARGE, b"small")
        [blob] = [p for p in blob_files(config) if "clean" in p.parts]
        blob.write_bytes(b"X" + LARGE[1:])
        rows(config, "update bodies set data = x'00' where space = 'clean'")
        view = await portal.item(item_id, SUZUKI)
        for part in view.parts:
            with pytest.raises(Exception, match="not what was"):
                await portal.content(part)

    asyncio.run(go())


def test_an_upload_of_which_nothing_crosses_is_rejected_and_says_why(uploads, work, portal):
    async def go():
        item_id = await put(uploads, b"a")
        await clean(work, None)
        view = await portal.item(item_id, SUZUKI)
        assert view.state == "rejected"
        assert view.parts[0].reason == "damaged"

    asyncio.run(go())


def test_a_lost_lease_stores_nothing(config, uploads, work):
    async def go():
        await put(uploads, b"a")
        [item] = await work.claim(1, lease_seconds=60)
        stored = await work.store_output(item, Bytes(LARGE))
        await work.release(item, delay_seconds=0, why="test")
        row = PartRow(
            profile="p", n=0, parent=None, name="a", media_type="text/plain", outcome="clean",
            method="text", findings=(), reason=None, size=1, sha256="", stored=stored,
        )  # fmt: skip
        result = ItemResult(outcome="clean", subject="", parts=(row,), audit={})
        assert not await work.finish(item, result)

    asyncio.run(go())
    assert [p for p in blob_files(config) if "clean" in p.parts] == []
    assert rows(config, "select count(*) from parts") == [(0,)]


def test_a_held_upload_is_tried_again_and_uses_up_no_attempt(uploads, work):
    async def go():
        item_id = await put(uploads, b"a")
        for _ in range(5):
            [item] = await work.claim(1, lease_seconds=60)
            assert item.attempts == 1
            assert await work.release(item, delay_seconds=0, why="test", hold="scanner")
            assert (await uploads.item(item_id, "tanaka")).hold == "scanner"
        assert (await uploads.item(item_id, "tanaka")).state == "held"
        await clean(work, b"clean")
        assert (await uploads.item(item_id, "tanaka")).hold is None

    asyncio.run(go())


def test_uncollected_uploads_expire_and_their_bytes_go(tmp_path):
    keep = {"originals_days": 0, "clean_days": 0}
    config = make_config(tmp_path / "data", retention=keep)

    async def go():
        with opened(config, Intake) as intake, opened(config, Work) as work:
            uploads = Uploads.open(config, intake.database)
            item_id = await put(uploads, LARGE, b"small")
            await clean(work, LARGE, b"small")
            await work.purge()
            view = await uploads.item(item_id, "tanaka")
            assert view.state == "expired"
            assert [p.clean_key for p in view.parts] == [None, None]

    asyncio.run(go())
    assert blob_files(config) == []
    for table in ("keys", "bodies", "segments"):
        assert rows(config, f"select count(*) from {table}") == [(0,)], table
    assert {"expired", "clean_parts_removed", "original_destroyed"} <= set(events(config))


def test_abandoned_uploads_are_collected_and_others_stay(tmp_path):
    config = make_config(tmp_path / "data", retention={"uploads_hours": 1})

    async def go():
        with opened(config, Intake) as intake, opened(config, Work) as work:
            uploads = Uploads.open(config, intake.database)
            for _ in range(2):
                upload = await uploads.create(
                    uploader="tanaka", name="a", claimed_type="", length=None, intent={}
                )
                spool = uploads.spool(upload.id, 0)
                spool.write(LARGE)
                await uploads.append(upload, "tanaka", spool, await uploads.finish(spool))
            rows(config, "update files set next_at = 1 where id = ?", upload.id)
            await put(uploads, b"handed in")
            await work.purge()
            assert await uploads.open_uploads("tanaka") == 1
            with pytest.raises(UploadGone):
                await uploads.resumable(upload.id, "tanaka")

    asyncio.run(go())
    assert len(blob_files(config)) == 1
    assert rows(config, "select count(*) from files") == [(2,)]
    assert "upload_abandoned" in events(config)


def test_segments_and_parts_are_no_orphans(config, uploads, work, monkeypatch):
    async def go():
        await put(uploads, LARGE)
        await clean(work, LARGE)
        upload = await uploads.create(
            uploader="tanaka", name="a", claimed_type="", length=None, intent={}
        )
        spool = uploads.spool(upload.id, 0)
        spool.write(LARGE)
        await uploads.append(upload, "tanaka", spool, await uploads.finish(spool))
        lost = uploads.spool(upload.id, 1)  # as a death between blob and row leaves it
        lost.write(LARGE)
        await uploads.finish(lost)
        await put(uploads, b"newer than all of these")

    asyncio.run(go())
    monkeypatch.setattr(orphans, "YOUNG_SECONDS", -5.0)
    assert len(blob_files(config)) == 4
    assert orphans.remove(config) == 1
    assert len(blob_files(config)) == 3
