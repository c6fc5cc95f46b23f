"""What the next hop does decides what becomes of a delivery; nothing is sent twice unsaid."""

import asyncio
import email
import os

import pytest
import uvloop
from aiosmtpd.controller import Controller

from gateway.store.ids import now_us
from gateway.store.outbox import Outbox
from scripts.sink import Behaviour, Sink
from tests.gateway.lgwan.harness import (
    Scripted,
    configured,
    deliveries,
    free_port,
    relaying,
    settled,
    states,
    until,
)
from tests.gateway.store.harness import blob_files, events, opened, put_mails, rows

MAIL = b"Message-ID: <1@example.com>\r\nSubject: clean\r\n\r\nbody\r\n"
TWO = ("a@example.jp", "b@example.jp")


def item_state(config):
    [(found,)] = rows(config, "select state from items")
    return found


def due_in(config) -> list[float]:
    """Seconds until each delivery is due."""
    found = rows(config, "select next_at from deliveries order by id")
    return [(at - now_us()) / 1e6 for (at,) in found]


@pytest.mark.parametrize(
    "content",
    [
        MAIL,
        b"Subject: dots\r\n\r\n.\r\n..\r\n...a\r\n .\r\n.\r\n",
        b".starts with a dot\r\n\r\n.",
        b"Subject: 8bit\r\n\r\n" + bytes(range(128, 256)) + b"\r\n",
        b"Subject: large\r\n\r\n" + (b"." + b"x" * 76 + b"\r\n") * 20_000,
    ],
    ids=["plain", "dots", "unended", "8bit", "large"],
)
def test_the_stored_bytes_arrive(tmp_path, content):
    async def go():
        async with Sink() as sink:
            config = configured(tmp_path, sink.url)
            async with relaying(config):
                await put_mails(config, content, recipients=TWO)
                await settled(config, "delivered", "delivered")
            [mail] = sink.received
            assert mail.data == content + (b"" if content.endswith(b"\r\n") else b"\r\n")
            assert (mail.sender, mail.recipients) == ("sender@example.com", TWO)
            assert item_state(config) == "delivered"

    uvloop.run(go())


def test_dots_are_stuffed_on_the_wire(tmp_path):
    async def go():
        async with Scripted() as peer:
            config = configured(tmp_path, peer.url)
            async with relaying(config):
                await put_mails(config, b"A: b\r\n\r\n.\r\n.x\r\nx.\r\n\r\n.")
                await settled(config, "delivered")
            assert peer.mails == [b"A: b\r\n\r\n..\r\n..x\r\nx.\r\n\r\n..\r\n.\r\n"]

    uvloop.run(go())


def test_another_implementation_of_smtp_takes_our_mail(tmp_path):
    taken = []

    class Handler:
        async def handle_DATA(self, _server, _session, envelope):
            taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
            return "250 taken"

    content = MAIL + b".\r\n..x\r\n" + os.urandom(300).hex().encode() + b"\r\n"
    port = free_port()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        config = configured(tmp_path, f"smtp://127.0.0.1:{port}")

        async def go():
            async with relaying(config):
                await put_mails(config, content, recipients=TWO)
                await settled(config, "delivered", "delivered")

        uvloop.run(go())
    finally:
        controller.stop()
    assert taken == [("sender@example.com", list(TWO), content)]


def test_connections_are_used_again_up_to_their_number(tmp_path):
    async def go():
        async with Sink() as sink:
            config = configured(tmp_path, sink.url, connections=1, messages_per_connection=4)
            async with relaying(config):
                for _ in range(8):
                    await put_mails(config, MAIL)
                await settled(config, *["delivered"] * 8)
            assert (sink.count, sink.sessions) == (8, 2)

    uvloop.run(go())


def test_each_recipient_has_its_own_result(tmp_path):
    replies = {"a@example.jp": "550 5.1.1 nobody", "b@example.jp": "451 4.2.0 later"}

    async def go():
        async with Sink(behaviour=Behaviour(rcpt=replies.get)) as sink:
            config = configured(tmp_path, sink.url)
            async with relaying(config):
                await put_mails(config, MAIL, recipients=(*TWO, "c@example.jp"))
                await settled(config, "bounced", "ready", "delivered")
            assert [m.recipients for m in sink.received] == [("c@example.jp",)]
            assert [reply for _, _, reply in deliveries(config)] == [
                "550 5.1.1 nobody",
                "451 4.2.0 later",
                "250 2.0.0 Ok",
            ]
            assert item_state(config) == "ready"

    uvloop.run(go())


@pytest.mark.parametrize(("code", "end"), [("450", "ready"), ("550", "bounced"), ("421", "ready")])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
def test_a_refusal_counts_wherever_it_comes(tmp_path, verb, code, end):
    reply = f"{code} {code[0]}.7.0 not now"

    async def go():
        async with Scripted(answers={verb: reply}) as peer:
            config = configured(tmp_path, peer.url)
            async with relaying(config):
                await put_mails(config, MAIL)
                await settled(config, end)
            [(_, _, said)] = deliveries(config)
            assert said == reply
            assert len(peer.mails) == (verb == ".")
            if end == "ready":
                rows(config, "update deliveries set next_at = 0")
                with opened(config, Outbox) as outbox:
                    [again] = await outbox.claim(1, lease_seconds=60)
                assert not again.rcpts[0].ambiguous

    uvloop.run(go())


@pytest.mark.parametrize("where", ["EHLO", "MAIL", "RCPT", "DATA", "content"])
def test_a_connection_lost_before_the_dot_is_not_ambiguous(tmp_path, where):
    script = {"content": "drop"} if where == "content" else {"answers": {where: "drop"}}

    async def go():
        async with Scripted(**script) as peer:
            config = configured(tmp_path, peer.url)
            async with relaying(config):
                await put_mails(config, b"x" * 8_000_000 if where == "content" else MAIL)
                await settled(config, "ready")
            assert rows(config, "select dot_at from deliveries") == [(None,)]
            assert "possible_duplicate" not in events(config)
            assert peer.mails == []

    uvloop.run(go())


def test_a_connection_lost_after_the_dot_is_a_possible_duplicate_with_the_same_bytes(tmp_path):
    answers = ["drop"]

    async def go():
        sink = Sink(behaviour=Behaviour(data=lambda _d: answers.pop() if answers else None))
        async with sink:
            config = configured(tmp_path, sink.url)
            async with relaying(config):
                item_id = await put_mails(config, MAIL)
                await settled(config, "ready")
                [(dot_at,)] = rows(config, "select dot_at from deliveries")
                assert dot_at is not None
                rows(config, "update deliveries set next_at = 0")
                await settled(config, "delivered")
            assert [m.data for m in sink.received] == [MAIL, MAIL]
            assert events(config, item_id).count("possible_duplicate") == 1

    uvloop.run(go())


def test_a_next_hop_that_is_down_is_asked_again_at_growing_intervals(tmp_path):
    async def go():
        async with Sink() as sink:
            url = sink.url
        config = configured(tmp_path, url, min_retry_seconds=100, max_retry_seconds=500)
        async with relaying(config) as relay:
            await put_mails(config, MAIL)
            for tries, wait in enumerate((100, 200, 400, 500, 500), 1):
                await until(
                    lambda n=tries: (
                        rows(config, "select attempts, state from deliveries") == [(n, "ready")]
                    )
                )
                [left] = due_in(config)
                assert wait * 0.9 - 30 < left <= wait * 1.1
                if tries < 5:
                    rows(config, "update deliveries set next_at = 0")
            assert relay.last_error
        assert rows(config, "select dot_at from deliveries") == [(None,)]
        assert item_state(config) == "ready"

    uvloop.run(go())


def test_after_its_time_a_delivery_expires_and_the_item_with_it(tmp_path):
    async def go():
        async with Sink(behaviour=Behaviour(rcpt=lambda _a: "451 4.2.0 later")) as sink:
            config = configured(tmp_path, sink.url, expire_seconds=1000)
            async with relaying(config):
                await put_mails(config, MAIL)
                await settled(config, "ready")
                rows(config, "update deliveries set next_at = 0, created_at = 0")
                await settled(config, "expired")
            assert item_state(config) == "expired"

    uvloop.run(go())


@pytest.mark.parametrize("error", [None, "store_unavailable"])
def test_without_the_fence_no_mail_is_ever_complete(tmp_path, monkeypatch, error):
    from gateway.store.errors import StoreUnavailable

    asked = asyncio.Event()

    async def refuse(*_args, **_options):
        asked.set()
        if error:
            raise StoreUnavailable("disk")
        return False

    monkeypatch.setattr(Outbox, "fence", refuse)

    async def go():
        async with Scripted() as peer:
            config = configured(tmp_path, peer.url)
            async with relaying(config):
                await put_mails(config, MAIL)
                async with asyncio.timeout(10):
                    await asked.wait()
                await until(lambda: peer.open == 0)
            assert peer.mails == []
            assert MAIL in peer.seen
            assert not peer.seen.endswith(b"\r\n.\r\n")
            assert states(config) == ["sending"]  # the lease lapses

    uvloop.run(go())


def test_corrupt_bytes_are_never_sent(tmp_path):
    async def go():
        async with Scripted() as peer:
            config = configured(tmp_path, peer.url)
            await put_mails(config, MAIL)
            rows(config, "update bodies set data = ? where space = 'clean'", MAIL + b"EVIL\r\n")
            await put_mails(config, MAIL * 2000)
            [file] = blob_files(config)
            file.write_bytes(file.read_bytes() + b"EVIL")
            async with relaying(config):
                await settled(config, "bounced", "bounced")
            assert peer.seen == b""

    uvloop.run(go())


@pytest.mark.parametrize("what", ["sender", "recipient", "flag"])
def test_smtputf8_is_not_forced_on_a_peer_without_it(tmp_path, what):
    recipients = ("山田@example.jp",) if what == "recipient" else ("a@example.jp",)
    sender = "送信@example.com" if what == "sender" else "s@example.com"

    async def go():
        async with Scripted(extensions=("8BITMIME",)) as peer, Sink() as sink:
            options = {"sender": sender, "smtputf8": what == "flag"}
            config = configured(tmp_path, peer.url)
            async with relaying(config):
                await put_mails(config, MAIL, recipients=recipients, **options)
                await settled(config, "bounced")
            assert b"MAIL" not in peer.seen
            able = configured(tmp_path / "able", sink.url)
            async with relaying(able):
                await put_mails(able, MAIL, recipients=recipients, **options)
                await settled(able, "delivered")
            [mail] = sink.received
            assert (mail.sender, mail.recipients) == (sender, recipients)

    uvloop.run(go())


def test_a_mail_over_the_peers_size_bounces_by_the_peers_word(tmp_path):
    async def go():
        answers = {"MAIL": "552 5.3.4 too big"}
        async with Scripted(extensions=("SIZE 1000",), answers=answers) as peer:
            config = configured(tmp_path, peer.url)
            async with relaying(config) as relay:
                await put_mails(config, b"x" * 2000 + b"\r\n")
                await settled(config, "bounced")
                assert relay.features["size"] == 1000
            assert b"SIZE=2002" in peer.seen

    uvloop.run(go())


def test_a_peer_that_stops_reading_is_left(tmp_path):
    async def go():
        async with Scripted(content="stall") as peer:
            config = configured(tmp_path, peer.url, timeout_seconds=0.3)
            async with relaying(config):
                await put_mails(config, b"x" * 30_000_000)
                await settled(config, "ready")
            assert rows(config, "select dot_at from deliveries") == [(None,)]

    uvloop.run(go())


def test_one_strange_mail_does_not_end_a_sender(tmp_path, monkeypatch):
    real, calls = Outbox.content, []

    async def content(self, dispatch):
        calls.append(dispatch)
        if len(calls) <= 2:
            raise ValueError("never seen before")
        return await real(self, dispatch)

    monkeypatch.setattr(Outbox, "content", content)

    async def go():
        async with Sink() as sink:
            config = configured(tmp_path, sink.url, connections=1)
            async with relaying(config):
                for _ in range(3):
                    await put_mails(config, MAIL)
                await sink.wait_for(1, seconds=10)
                await until(lambda: sorted(states(config)) == ["delivered", "sending", "sending"])

    uvloop.run(go())


def test_stopping_gives_back_what_was_not_begun(tmp_path):
    begun = asyncio.Event()

    async def go():
        gate = asyncio.Event()

        async def slow(self, _dispatch):
            begun.set()
            await gate.wait()
            return await real(self, _dispatch)

        real = Outbox.content
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(Outbox, "content", slow)
            async with Sink() as sink:
                config = configured(tmp_path, sink.url, connections=1)
                for _ in range(3):
                    await put_mails(config, MAIL)
                async with relaying(config):
                    await begun.wait()
                    await until(lambda: "ready" not in states(config)[:2])
                    asyncio.get_running_loop().call_later(0.5, gate.set)
                assert sink.count == 1
                assert states(config) == ["delivered", "ready", "ready"]
                assert rows(config, "select owner from deliveries") == [(None,)] * 3
                assert all(seconds <= 0 for seconds in due_in(config)[1:])

    def due_in(config):
        found = rows(config, "select next_at from deliveries order by id")
        return [0 if at is None else (at - now_us()) / 1e6 for (at,) in found]

    uvloop.run(go())


OPERATOR = "operator@example.jp"


def refusing(address):
    return None if address == OPERATOR else "550 5.1.1 nobody"


def test_the_operator_gets_a_report_without_the_body(tmp_path):
    secret = b"Subject: clean\r\nX-Seen: yes\r\n\r\nSECRET-BODY\r\n"

    async def go():
        async with Sink(behaviour=Behaviour(rcpt=refusing)) as sink:
            config = configured(tmp_path, sink.url, bounce={"operator": OPERATOR})
            async with relaying(config):
                item_id = await put_mails(config, secret, recipients=TWO)
                await settled(config, "bounced", "bounced", "delivered")
            [report] = sink.received
            assert (report.sender, report.recipients) == ("", (OPERATOR,))
            assert b"SECRET" not in report.data
            return item_id, email.message_from_bytes(report.data), events(config, item_id)

    item_id, message, trail = uvloop.run(go())
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    text, status, headers = message.get_payload()
    assert item_id in text.get_payload()
    assert status.get_content_type() == "message/delivery-status"
    _, *blocks = status.get_payload()
    assert [(b["Final-Recipient"], b["Action"], b["Status"]) for b in blocks] == [
        ("rfc822; a@example.jp", "failed", "5.1.1"),
        ("rfc822; b@example.jp", "failed", "5.1.1"),
    ]
    assert headers.get_content_type() == "text/rfc822-headers"
    assert "X-Seen: yes" in headers.get_payload()
    assert "operator_notified" in trail


def test_reports_about_reports_do_not_exist(tmp_path):
    async def go():
        async with Sink(behaviour=Behaviour(rcpt=lambda _a: "550 5.1.1 nobody")) as sink:
            config = configured(tmp_path, sink.url, bounce={"operator": OPERATOR})
            async with relaying(config):
                await put_mails(config, MAIL)
                await settled(config, "bounced", "bounced")
            assert len(deliveries(config)) == 2
            assert item_state(config) == "bounced"

    uvloop.run(go())


def test_reports_are_limited_by_the_hour(tmp_path):
    async def go():
        async with Sink(behaviour=Behaviour(rcpt=refusing)) as sink:
            bounce = {"operator": OPERATOR, "max_per_hour": 2}
            config = configured(tmp_path, sink.url, bounce=bounce)
            async with relaying(config):
                for _ in range(5):
                    await put_mails(config, MAIL)
                await settled(config, *["bounced"] * 5, "delivered", "delivered")
            assert sink.count == 2

    uvloop.run(go())
