"""What a hostile, slow or unlucky client gets, and what a full or broken store answers."""

import asyncio
import dataclasses
import os
import socket
import threading
import time

import pytest

from gateway.store.errors import StoreFull, StoreUnavailable

OWN_FAULT = "451 4.3.0 Temporary internal error, try again later"
NO_ROOM = "452 4.3.1 Insufficient system storage, try again later"


def waits_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_mail_that_turns_out_too_big_is_read_to_its_end_and_refused(gateway):
    running = gateway(max_size=1000)
    with running.talk() as talk:
        talk.data()
        assert talk(b"x\r\n" * 1000 + b".") == "552 5.3.4 Message too big"
        talk.data()
        assert talk(b"x" * 998 + b"\r\n.").startswith("250 2.0.0")
    [(_, original)] = running.mails()
    assert len(original) == 1000


def test_a_refused_mail_without_end_is_cut_off(gateway):
    running = gateway(max_size=1000)
    with running.talk() as talk:
        talk.data()
        with pytest.raises(ConnectionError):
            for _ in range(100):
                talk.send(b"x" * 100_000)
                time.sleep(0.01)
        assert talk.reply() in ("421 4.7.0 Too much data, closing", "")
    waits_until(lambda: running.server.in_flight.total == 0)
    assert running.mails() == []


def test_a_header_line_without_end_is_refused_within_bounds(gateway):
    running = gateway(max_size=3_000_000)
    with running.talk() as talk:
        talk.data()
        assert talk(b"Subject: " + b"x" * 2_000_000 + b"\r\n.").startswith("554 5.6.0 ")
        talk.data()
        assert talk(b"x" * 999_999 + b"\r\n.").startswith("250 2.0.0")
    assert len(running.mails()) == 1


def test_a_command_line_without_end_is_cut_off(gateway):
    with gateway().talk() as talk:
        talk.send(b"NOOP " + b"x" * 100_000)
        assert talk.reply() == "421 4.7.0 Line too long, closing"


def test_too_many_bad_commands_end_the_session(gateway):
    with gateway(max_bad_commands=3).talk() as talk:
        talk.send(b"a\r\nb\r\nc\r\nNOOP\r\n")
        assert [talk.reply()[:9] for _ in range(5)] == [
            "500 5.5.2", "500 5.5.2", "500 5.5.2", "421 4.7.0", "",
        ]  # fmt: skip


def test_garbage_ends_the_session_and_not_the_server(gateway):
    running = gateway()
    for seed in range(5):
        with running.talk() as talk:
            talk.send(b"\x16\x03\x01" + os.urandom(3000) + bytes([seed]) + b"\r\n" * 20)
            while talk.reply():
                pass
    with running.talk() as talk:
        assert talk("NOOP") == "250 2.0.0 Ok"


def test_too_many_commands_a_minute_end_the_session_of_a_stranger_only(gateway):
    with gateway(max_commands_per_minute=10).talk() as talk:
        talk.send(b"NOOP\r\n" * 12)
        assert [talk.reply()[:3] for _ in range(12)] == ["250"] * 10 + ["421", ""]
    trusting = gateway(max_commands_per_minute=10, trusted_hops=("127.0.0.0/8",))
    with trusting.talk() as talk:
        talk.send(b"NOOP\r\n" * 200)
        assert [talk.reply()[:3] for _ in range(200)] == ["250"] * 200


def test_too_many_sessions_of_an_address_and_in_all_are_told_to_come_again(gateway):
    running = gateway(max_sessions_per_address=2)
    with running.talk(), running.talk() as second:
        with running.talk(greet=False) as third:
            assert third.reply() == "421 4.7.0 Too many connections, try again later"
            assert third.reply() == ""
        second("QUIT")
        waits_until(lambda: running.server.limits.count == 1)
        with running.talk():
            pass
    trusting = gateway(max_sessions=3, max_sessions_per_address=1, trusted_hops=("127.0.0.1",))
    with trusting.talk(), trusting.talk(), trusting.talk(), trusting.talk(greet=False) as fourth:
        assert fourth.reply().startswith("421 4.7.0 ")
    waits_until(lambda: trusting.server.limits.count == 0)


def test_an_idle_session_is_ended_also_in_the_middle_of_a_line_or_mail(gateway):
    running = gateway(idle_seconds=0.3)
    for begun in (b"", b"NOO"):
        with running.talk() as talk:
            talk.send(begun)
            assert talk.reply() == "421 4.4.2 Timeout, closing"
            assert talk.reply() == ""
    with running.talk() as talk:
        talk.data()
        talk.send(b"half a line")
        assert talk.reply() == "421 4.4.2 Timeout, closing"
    assert running.mails() == []


def test_a_dripping_mail_is_ended_by_its_whole_time(gateway):
    running = gateway(idle_seconds=20, data_seconds=0.5)
    with running.talk() as talk:
        talk.data()
        with pytest.raises(ConnectionError):
            for _ in range(400):
                talk.send(b"x\r\n")
                time.sleep(0.01)
    assert running.mails() == []


def test_a_slow_mail_within_its_time_is_taken(gateway):
    running = gateway(idle_seconds=2)
    with running.talk() as talk:
        talk.data()
        for byte in b"slow\r\n..\r\n.\r\n":
            talk.send(bytes([byte]))
            time.sleep(0.01)
        assert talk.reply().startswith("250 2.0.0")
    assert [data for _, data in running.mails()] == [b"slow\r\n.\r\n"]


@pytest.mark.parametrize("leave", ["half close", "close", "reset"])
def test_a_client_that_leaves_before_the_end_has_sent_nothing(gateway, leave):
    running = gateway()
    with running.talk() as talk:
        talk.data()
        talk.send(b"Subject: a\r\n\r\n" + b"text\r\n" * 50_000 + b".")
        if leave == "half close":
            talk.socket.shutdown(socket.SHUT_WR)
            assert talk.reply() == ""
        elif leave == "reset":
            linger = b"\x01\0\0\0\0\0\0\0"
            talk.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    waits_until(lambda: running.server.limits.count == 0)
    assert running.server.in_flight.total == 0
    assert running.mails() == []


def test_a_client_that_does_not_read_its_replies_is_cut_off(gateway):
    running = gateway(idle_seconds=0.5, trusted_hops=("127.0.0.1",))
    with running.talk() as talk:
        talk.socket.settimeout(0.2)
        with pytest.raises(OSError):
            while True:
                talk.send(b"NOOP\r\n" * 10_000)
    waits_until(lambda: running.server.limits.count == 0)


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (StoreFull("no space in /secret/path"), NO_ROOM),
        (StoreUnavailable("disk /secret/path"), OWN_FAULT),
        (RuntimeError("/secret/path"), OWN_FAULT),
    ],
)
@pytest.mark.parametrize("place", ["spool", "write", "accept", "backlog"])
def test_a_store_that_fails_anywhere_refuses_for_now_and_says_no_more(
    gateway, monkeypatch, place, error, reply
):
    running = gateway()

    def fail(*_args, **_more):
        raise error

    async def fail_later(*_args, **_more):
        raise error

    if place == "write":
        spool = running.intake.spool()
        monkeypatch.setattr(type(spool), "write", fail)
        spool.discard()
    else:
        failing = fail if place == "spool" else fail_later
        monkeypatch.setattr(running.intake, place, failing)
    with running.talk() as talk:
        talk.hello()
        mail = talk("MAIL FROM:<a@example.com>")
        if place == "backlog":
            assert mail == (OWN_FAULT if not isinstance(error, StoreFull) else NO_ROOM)
            return
        talk("RCPT TO:<taro@example.jp>")
        data = talk("DATA")
        if place == "spool":
            assert data == reply
        else:
            assert data.startswith("354")
            assert talk(b"text\r\n.") == reply
        assert talk("NOOP") == "250 2.0.0 Ok"
    assert running.server.in_flight.total == 0
    assert running.mails() == []


def test_a_full_queue_or_disk_is_said_at_mail(gateway, monkeypatch):
    running = gateway(max_queue_items=5, min_free_disk=1000)
    real = running.intake.backlog
    changes = {}

    async def backlog():
        return dataclasses.replace(await real(), **changes)

    monkeypatch.setattr(running.intake, "backlog", backlog)
    with running.talk() as talk:
        talk.hello()
        changes["items_waiting"] = 5
        assert talk("MAIL FROM:<a@example.com>") == NO_ROOM
        changes.update(items_waiting=4, free_bytes=1099)
        assert talk("MAIL FROM:<a@example.com> SIZE=100") == NO_ROOM
        assert talk("MAIL FROM:<a@example.com> SIZE=99") == "250 2.1.0 Ok"


def test_bytes_in_flight_are_bounded_over_all_sessions(gateway):
    running = gateway(max_bytes_in_flight=10_000)
    with running.talk() as one, running.talk() as two:
        one.data()
        one.send(b"x\r\n" * 3000)
        waits_until(lambda: running.server.in_flight.total > 5000)
        two.hello()
        assert two("MAIL FROM:<b@example.com> SIZE=9000") == NO_ROOM
        assert two("MAIL FROM:<b@example.com>") == "250 2.1.0 Ok"
        assert two("RCPT TO:<taro@example.jp>") == "250 2.1.5 Ok"
        assert two("DATA").startswith("354")
        assert two(b"y\r\n" * 3000 + b".") == NO_ROOM
        assert one(b".").startswith("250 2.0.0")
        two.data()
        # Alone, a mail over the limit still goes through.
        assert two(b"y\r\n" * 6000 + b".").startswith("250 2.0.0")
    assert running.server.in_flight.total == 0
    assert len(running.mails()) == 2


def hold_accept(running, monkeypatch):
    """Commits wait until the returned event is set; the first event says one has begun."""
    begun, go = threading.Event(), threading.Event()
    real = running.intake.accept

    async def accept(spool, envelope):
        begun.set()
        await asyncio.to_thread(go.wait, 20)
        return await real(spool, envelope)

    monkeypatch.setattr(running.intake, "accept", accept)
    return begun, go


def test_a_commit_outlives_the_client_that_hung_up_and_the_idle_clock(gateway, monkeypatch):
    running = gateway(idle_seconds=0.2)
    begun, go = hold_accept(running, monkeypatch)
    with running.talk() as gone, running.talk() as stays:
        gone.data()
        gone.send(b"one\r\n.\r\n")
        assert begun.wait(20)
        gone.close()
        stays.data()
        stays.send(b"two\r\n.\r\n")
        time.sleep(0.5)
        go.set()
        assert stays.reply().startswith("250 2.0.0")
    waits_until(lambda: running.server.in_flight.total == 0)
    assert sorted(data for _, data in running.mails()) == [b"one\r\n", b"two\r\n"]


def test_stopping_ends_idle_sessions_cuts_mails_and_finishes_commits(gateway, monkeypatch):
    running = gateway()
    begun, go = hold_accept(running, monkeypatch)
    with running.talk() as idle, running.talk() as sending, running.talk() as committing:
        sending.data()
        sending.send(b"half a mail\r\n")
        committing.data()
        committing.send(b"whole\r\n.\r\n")
        assert begun.wait(20)
        running.stop()
        stopping = "421 4.3.2 Service is stopping, try again later"
        assert idle.reply() == stopping
        assert sending.reply() == stopping
        with pytest.raises(OSError):
            running.talk()
        go.set()
        assert committing.reply().startswith("250 2.0.0")
        assert committing.reply() in (stopping, "")
    waits_until(lambda: not running._thread.is_alive())
    assert [data for _, data in running.mails()] == [b"whole\r\n"]


def test_a_mail_being_received_at_the_stop_may_end_within_the_grace(gateway):
    running = gateway()
    running.grace = 20
    with running.talk() as sending:
        sending.data()
        sending.send(b"half ")
        running.stop()
        waits_until(lambda: running.server.stopping)
        assert sending(b"and half\r\n.").startswith("250 2.0.0")
        assert sending.reply().startswith("421 4.3.2 ")
    assert [data for _, data in running.mails()] == [b"half and half\r\n"]
