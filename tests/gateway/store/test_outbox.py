"""What is to be sent: groups, leases, the fence, results and the item's end."""

import asyncio
import os
import signal

import pytest

from gateway.store.errors import Corrupt
from gateway.store.ids import now_us
from gateway.store.outbox import Outbox, Settled
from tests.gateway.store.harness import blob_files, events, opened, program, put_mails, rows

TWO = ("a@example.jp", "b@example.jp")


def ready(config, *datas, recipients=TWO):
    return asyncio.run(put_mails(config, *(datas or (b"mail",)), recipients=recipients))


def all_(dispatch, kind, **more):
    return {r.delivery_id: Settled(kind=kind, reply="said", **more) for r in dispatch.rcpts}


def item_state(config):
    [(found,)] = rows(config, "select state from items")
    return found


def test_the_recipients_of_a_mail_come_together_and_those_of_two_mails_apart(config, outbox):
    ready(config, b"one mail")
    ready(config, b"for a", b"for b")

    async def go():
        found = await outbox.claim(10, lease_seconds=60)
        assert [[r.recipient for r in d.rcpts] for d in found] == [
            list(TWO),
            ["a@example.jp"],
            ["b@example.jp"],
        ]
        contents = [await outbox.content(d) for d in found]
        assert contents == [b"one mail", b"for a", b"for b"]
        assert await outbox.claim(10, lease_seconds=60) == []
        assert set(rows(config, "select state, attempts from deliveries")) == {("sending", 1)}

    asyncio.run(go())


def test_what_is_not_cleaned_is_never_claimed(config, intake, outbox):
    from tests.gateway.store.harness import accept

    async def go():
        await accept(intake)
        rows(config, "update deliveries set next_at = 0")
        assert await outbox.claim(10, lease_seconds=60) == []

    asyncio.run(go())


def test_the_fence_holds_for_the_owner_and_is_recorded(config, outbox):
    ready(config)

    async def go():
        [dispatch] = await outbox.claim(10, lease_seconds=60)
        first, _ = dispatch.rcpts
        assert await outbox.fence(dispatch, [first.delivery_id], lease_seconds=60)
        query = "select dot_at is null from deliveries order by id"
        assert rows(config, query) == [(0,), (1,)]
        assert await outbox.settle(dispatch, all_(dispatch, "delivered"))

    asyncio.run(go())
    assert item_state(config) == "delivered"


def test_the_fence_falls_when_the_lease_lapsed(config, outbox):
    ready(config)

    async def go():
        [dispatch] = await outbox.claim(10, lease_seconds=0)
        ids = [r.delivery_id for r in dispatch.rcpts]
        assert not await outbox.fence(dispatch, ids, lease_seconds=60)
        assert rows(config, "select count(*) from deliveries where dot_at is not null") == [(0,)]

    asyncio.run(go())


def test_the_fence_falls_for_all_when_another_claimed_one(config, outbox):
    ready(config)

    async def go():
        [old] = await outbox.claim(10, lease_seconds=60)
        rows(config, "update deliveries set next_at = 0 where recipient = 'b@example.jp'")
        with opened(config, Outbox) as other:
            [new] = await other.claim(10, lease_seconds=60)
            assert [r.recipient for r in new.rcpts] == ["b@example.jp"]
            ids = [r.delivery_id for r in old.rcpts]
            assert not await outbox.fence(old, ids, lease_seconds=60)
            assert not await outbox.settle(old, all_(old, "delivered"))
            assert await other.fence(new, [new.rcpts[0].delivery_id], lease_seconds=60)
            query = "select recipient, dot_at is null, state from deliveries order by id"
            assert rows(config, query) == [
                ("a@example.jp", 1, "sending"),
                ("b@example.jp", 0, "sending"),
            ]

    asyncio.run(go())


@pytest.mark.parametrize(
    ("kinds", "end"),
    [
        (("delivered", "delivered"), "delivered"),
        (("delivered", "bounced"), "bounced"),
        (("expired", "delivered"), "expired"),
        (("expired", "bounced"), "bounced"),
        (("delivered", "deferred"), "ready"),
        (("bounced", "deferred"), "ready"),
    ],
)
def test_the_item_ends_when_every_delivery_has(config, outbox, kinds, end):
    item_id = ready(config)

    async def go():
        [dispatch] = await outbox.claim(10, lease_seconds=60)
        results = {
            rcpt.delivery_id: Settled(kind=kind, reply="said", retry_at=now_us() + 10**12)
            for rcpt, kind in zip(dispatch.rcpts, kinds, strict=True)
        }
        assert await outbox.settle(dispatch, results)
        assert await outbox.claim(10, lease_seconds=60) == []

    asyncio.run(go())
    assert item_state(config) == end
    expected = ["ready" if kind == "deferred" else kind for kind in kinds]
    query = "select state, finished_at is null, next_at is null, owner from deliveries order by id"
    assert rows(config, query) == [
        (state, int(state == "ready"), int(state != "ready"), None) for state in expected
    ]
    assert [e for e in events(config, item_id) if e in kinds] == list(kinds)
    assert events(config, item_id).count("ended") == (end != "ready")


def test_a_deferred_delivery_is_due_at_its_time_with_the_attempt_counted(config, outbox):
    ready(config)

    async def go():
        [dispatch] = await outbox.claim(10, lease_seconds=60)
        await outbox.settle(dispatch, all_(dispatch, "deferred", retry_at=now_us() + 10**9))
        assert await outbox.claim(10, lease_seconds=60) == []
        rows(config, "update deliveries set next_at = 0")
        [again] = await outbox.claim(10, lease_seconds=60)
        assert {(r.attempts, r.ambiguous) for r in again.rcpts} == {(2, False)}

    asyncio.run(go())


@pytest.mark.parametrize("how", ["lapsed", "settled"])
def test_past_the_fence_without_a_result_is_a_possible_duplicate(config, outbox, how):
    item_id = ready(config, recipients=("a@example.jp",))

    async def go():
        [dispatch] = await outbox.claim(10, lease_seconds=60)
        ids = [r.delivery_id for r in dispatch.rcpts]
        assert await outbox.fence(dispatch, ids, lease_seconds=0 if how == "lapsed" else 60)
        if how == "settled":
            await outbox.settle(dispatch, all_(dispatch, "deferred", ambiguous=True))
        [again] = await outbox.claim(10, lease_seconds=60)
        assert again.message_id == dispatch.message_id
        assert again.rcpts[0].ambiguous

    asyncio.run(go())
    assert events(config, item_id).count("possible_duplicate") == 1


def test_a_known_answer_after_the_fence_is_not_ambiguous(config, outbox):
    item_id = ready(config)

    async def go():
        [dispatch] = await outbox.claim(10, lease_seconds=60)
        assert await outbox.fence(
            dispatch, [r.delivery_id for r in dispatch.rcpts], lease_seconds=60
        )
        await outbox.settle(dispatch, all_(dispatch, "deferred"))
        [again] = await outbox.claim(10, lease_seconds=60)
        assert not any(r.ambiguous for r in again.rcpts)

    asyncio.run(go())
    assert "possible_duplicate" not in events(config, item_id)


@pytest.mark.parametrize("size", [1000, 200_000])
@pytest.mark.parametrize("damage", ["change", "cut", "remove", "forget"])
def test_changed_clean_bytes_are_corrupt(config, outbox, size, damage):
    ready(config, b"m" * size)

    async def go():
        [dispatch] = await outbox.claim(10, lease_seconds=60)
        files = blob_files(config)
        assert bool(files) == (size > 100_000)
        if damage == "forget":
            rows(config, "update mails set blob_key = null")
            rows(config, "update deliveries set next_at = 0")
            [dispatch] = await outbox.claim(10, lease_seconds=60)
        elif damage == "remove":
            rows(config, "delete from bodies where space = 'clean'")
            for file in files:
                file.unlink()
        else:
            data = b"n" + b"m" * (size - 1) if damage == "change" else b"m" * (size - 1)
            rows(config, "update bodies set data = ? where space = 'clean'", data)
            for file in files:
                file.write_bytes(data)
        with pytest.raises(Corrupt):
            await outbox.content(dispatch)

    asyncio.run(go())


def test_an_original_is_not_reachable_as_a_mail(config, intake, outbox):
    """Even a row that names an original gets nothing: the spaces are separate."""
    from tests.gateway.store.harness import accept

    ready(config)
    small = asyncio.run(accept(intake, b"small original"))
    large = asyncio.run(accept(intake, b"large original" * 10_000))

    async def go():
        for key in (small, large, "../original/" + large):
            rows(config, "update mails set blob_key = ?", key)
            rows(config, "update deliveries set state = 'ready', next_at = 0 where mail_id > 0")
            [dispatch] = await outbox.claim(10, lease_seconds=60)
            with pytest.raises((Corrupt, ValueError)):
                await outbox.content(dispatch)

    asyncio.run(go())


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_notice_goes_out_and_does_not_change_the_item(config, outbox, size):
    item_id = ready(config, recipients=("a@example.jp",))
    report = b"r" * size

    async def go():
        [mail] = await outbox.claim(10, lease_seconds=60)
        await outbox.settle(mail, all_(mail, "bounced"))
        before = rows(config, "select * from items")
        await outbox.add_notice(
            item_id=item_id, recipient="op@example.jp", data=report, message_id="<1@x>"
        )
        [notice] = await outbox.claim(10, lease_seconds=60)
        assert notice.for_operator
        assert (notice.envelope_from, notice.message_id) == ("", "<1@x>")
        assert await outbox.content(notice) == report
        await outbox.settle(notice, all_(notice, "expired"))
        assert rows(config, "select * from items") == before

    asyncio.run(go())
    assert item_state(config) == "bounced"


def test_a_waiting_notice_does_not_keep_the_item_open(config, outbox):
    item_id = ready(config)

    async def go():
        [mail] = await outbox.claim(10, lease_seconds=60)
        await outbox.add_notice(
            item_id=item_id, recipient="op@example.jp", data=b"r", message_id="<1@x>"
        )
        await outbox.settle(mail, all_(mail, "delivered"))

    asyncio.run(go())
    assert item_state(config) == "delivered"


SENDER = """
import asyncio, sys
from pathlib import Path
from gateway.config import Config
from gateway.store.outbox import Outbox

async def main():
    outbox = Outbox.open(Config(data_dir=Path(sys.argv[1])))
    [mail] = await outbox.claim(10, lease_seconds=3600)
    if sys.argv[2] == "fenced":
        ids = [r.delivery_id for r in mail.rcpts]
        assert await outbox.fence(mail, ids, lease_seconds=3600)
    print("ready", flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.mark.parametrize("where", ["claimed", "fenced"])
def test_a_killed_relays_deliveries_are_due_at_once(config, outbox, where):
    item_id = ready(config)
    sender = program(SENDER, config.data_dir, where)
    assert sender.stdout.readline() == "ready\n"

    async def go():
        assert await outbox.release_dead() == 0
        assert await outbox.claim(10, lease_seconds=60) == []
        os.kill(sender.pid, signal.SIGKILL)
        sender.communicate()
        assert await outbox.release_dead() == 2
        [again] = await outbox.claim(10, lease_seconds=60)
        assert [r.ambiguous for r in again.rcpts] == [where == "fenced"] * 2

    asyncio.run(go())
    assert events(config, item_id).count("possible_duplicate") == (2 if where == "fenced" else 0)
