"""A failure and the operator's report of it are one: never the first without the second."""

import asyncio

import pytest

from gateway.store.clean import SMALL_CLEAN
from gateway.store.errors import StoreFull
from gateway.store.outbox import OPERATOR, Outbox, Report, Settled
from tests.gateway.store.harness import blob_files, events, opened, put_mails, rows


def report(size: int = 100) -> Report:
    return Report(recipient="operator@example.jp", data=b"r" * size, message_id="<r@example.jp>")


def bounced(dispatch):
    return {r.delivery_id: Settled(kind="bounced", reply="550 no") for r in dispatch.rcpts}


@pytest.mark.parametrize("size", [100, SMALL_CLEAN + 1])
def test_a_bounce_and_its_report_are_committed_together(config, outbox, size):
    item_id = asyncio.run(put_mails(config, b"mail"))

    async def go():
        [dispatch] = await outbox.claim(5, lease_seconds=60)
        assert await outbox.settle(dispatch, bounced(dispatch), report=report(size))
        [second] = await outbox.claim(5, lease_seconds=60)
        assert second.for_operator
        assert second.envelope_from == ""
        assert [r.recipient for r in second.rcpts] == ["operator@example.jp"]
        assert await outbox.content(second) == b"r" * size

    asyncio.run(go())
    assert rows(config, "select state from items") == [("bounced",)]
    assert events(config, item_id)[-4:] == ["bounced", "ended", "operator_notified", "sending"]


def test_who_lost_the_lease_reports_nothing(config, outbox):
    asyncio.run(put_mails(config, b"mail"))

    async def go():
        [old] = await outbox.claim(5, lease_seconds=0)
        with opened(config, Outbox) as other:
            [new] = await other.claim(5, lease_seconds=60)
            assert not await outbox.settle(old, bounced(old), report=report())
            assert rows(config, "select count(*) from mails") == [(1,)]
            assert await other.settle(new, bounced(new), report=report())
        assert rows(config, "select count(*) from mails") == [(2,)]

    asyncio.run(go())


def test_a_refused_report_leaves_the_bounce_to_the_next_try(config, outbox, monkeypatch):
    asyncio.run(put_mails(config, b"mail"))

    def full(*_args):
        raise StoreFull("no room")

    async def go():
        [dispatch] = await outbox.claim(5, lease_seconds=60)
        monkeypatch.setattr("gateway.store.clean.store_small", full)
        with pytest.raises(StoreFull):
            await outbox.settle(dispatch, bounced(dispatch), report=report())
        assert rows(config, "select state from deliveries") == [("sending",)]
        assert rows(config, "select state from items") == [("ready",)]
        monkeypatch.undo()
        assert await outbox.settle(dispatch, bounced(dispatch), report=report())

    asyncio.run(go())
    assert blob_files(config) == []


def test_the_end_of_a_report_does_not_touch_its_item(config, outbox):
    asyncio.run(put_mails(config, b"mail"))

    async def go():
        [dispatch] = await outbox.claim(5, lease_seconds=60)
        done = {r.delivery_id: Settled(kind="delivered", reply="250") for r in dispatch.rcpts}
        assert await outbox.settle(dispatch, done, report=report())
        [second] = await outbox.claim(5, lease_seconds=60)
        assert await outbox.settle(second, bounced(second))

    asyncio.run(go())
    assert rows(config, "select state from items") == [("delivered",)]
    query = "select state from deliveries where profile = ?"
    assert rows(config, query, OPERATOR) == [("bounced",)]


def test_once_ambiguous_a_delivery_stays_a_possible_duplicate(config, outbox):
    """The next try fails before its dot: the one before may have arrived all the same."""
    item_id = asyncio.run(put_mails(config, b"mail"))

    async def go():
        seen = []
        for lost_after_dot in (True, False, False):
            [dispatch] = await outbox.claim(5, lease_seconds=60)
            [rcpt] = dispatch.rcpts
            seen.append(rcpt.ambiguous)
            if lost_after_dot:
                assert await outbox.fence(dispatch, [rcpt.delivery_id], lease_seconds=60)
            result = Settled(kind="deferred", reply="lost", ambiguous=lost_after_dot)
            assert await outbox.settle(dispatch, {rcpt.delivery_id: result})
        assert seen == [False, True, True]

    asyncio.run(go())
    assert events(config, item_id).count("possible_duplicate") == 2


def test_the_fence_is_not_passed_for_nobody_or_for_another_mails_delivery(config, outbox):
    for _ in range(2):
        asyncio.run(put_mails(config, b"mail"))

    async def go():
        first, second = await outbox.claim(5, lease_seconds=60)
        theirs = second.rcpts[0].delivery_id
        assert not await outbox.fence(first, [], lease_seconds=60)
        assert not await outbox.fence(first, [theirs], lease_seconds=60)
        both = [first.rcpts[0].delivery_id, theirs]
        assert not await outbox.fence(first, both, lease_seconds=60)

    asyncio.run(go())
    assert rows(config, "select count(*) from deliveries where dot_at is not null") == [(0,)]
