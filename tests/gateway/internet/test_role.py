"""The role: what stops its start, several processes on one port, its clean end."""

import asyncio
import multiprocessing
import socket
import threading
import time

import pytest

from gateway import policy
from gateway.config import Config
from gateway.internet import role
from gateway.internet.features import Features, HeardFeatures
from gateway.store.engine import Database
from gateway.store.presence import Process, listed
from gateway.store.work import Work
from gateway.web.server import ListenerRefused
from tests.gateway.internet.harness import WAIT, Gateway, Talk, make_certificate, make_config


def problems(**smtp) -> list[str]:
    relay = smtp.pop("relay", {})
    return role.check_listener(Config(smtp=smtp, relay=relay))


@pytest.mark.parametrize("listen", ["127.0.0.1:25", "[::1]:25", "localhost:25", "127.9.9.9:1"])
def test_a_loopback_listener_needs_nothing(listen):
    assert problems(listen=listen) == []


@pytest.mark.parametrize("listen", ["0.0.0.0:25", "[::]:25", "192.0.2.1:25", "127.0.0.1:1,[::]:1"])
def test_a_listener_beyond_loopback_needs_tls_or_a_trusted_hop(listen, tmp_path):
    [problem] = problems(listen=listen)
    assert problem.startswith("[smtp] listen: ")
    assert "tls_cert" in problem
    assert "trusted_hops" in problem
    assert problems(listen=listen, trusted_hops=("10.0.0.0/8",)) == []
    assert problems(listen=listen, **make_certificate(tmp_path)) == []


@pytest.mark.parametrize(
    ("smtp", "key"),
    [
        ({"listen": "8025"}, "listen"),
        ({"listen": ":25"}, "listen"),
        ({"listen": "127.0.0.1:99999"}, "listen"),
        ({"trusted_hops": ("10.0.0.1/8",)}, "trusted_hops"),
        ({"trusted_hops": ("relay",)}, "trusted_hops"),
        ({"relay_domains": ("*.example.jp",)}, "relay_domains"),
        ({"hostname": "mx 1"}, "hostname"),
        ({"hostname": "例え.jp"}, "hostname"),
        ({"require_tls": True}, "tls_cert"),
        ({"tls_key": "key.pem"}, "tls_cert"),
        ({"tls_cert": "missing.pem"}, "tls_cert"),
        ({"recipients": "file:missing.txt"}, "recipients"),
        ({"recipients": "ldap://x"}, "recipients"),
        ({"recipients": "verify", "relay": {"user": "u"}}, "recipients"),
    ],
)
def test_each_mistake_is_named_with_its_key(smtp, key):
    [problem] = problems(**smtp)
    assert problem.startswith(f"[smtp] {key}")


def test_an_unsafe_listener_does_not_start(tmp_path):
    config = make_config(tmp_path, listen="0.0.0.0:0")
    with pytest.raises(ListenerRefused, match="not loopback"):
        asyncio.run(role.run(config, policy.load(None), asyncio.Event()))


def free_port(family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> int:
    with socket.socket(family) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def connect(port: int, host: str = "127.0.0.1") -> Talk:
    end = time.monotonic() + WAIT
    while True:
        try:
            return Talk(port, host=host)
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.02)


def serve(config: Config, stop: "multiprocessing.synchronize.Event") -> None:
    import uvloop

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wait() -> None:
            stop.wait()
            loop.call_soon_threadsafe(stopping.set)

        threading.Thread(target=wait, daemon=True).start()
        await role.run(config, policy.load(None), stopping)

    uvloop.run(main())


def test_two_processes_share_a_port_and_all_mails_are_in_one_store(tmp_path):
    """On uvloop, with TLS: what production runs on."""
    certificate = make_certificate(tmp_path)
    config = make_config(tmp_path / "data", listen=f"127.0.0.1:{free_port()}", **certificate)
    port = int(config.smtp.listen.rpartition(":")[2])
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    children = [context.Process(target=serve, args=(config, stop)) for _ in range(2)]
    for child in children:
        child.start()
    try:
        queued = set()
        for number in range(12):
            with connect(port) as talk:
                talk.hello()
                if number % 2:
                    assert talk("STARTTLS").startswith("220")
                    talk.start_tls()
                talk.data()
                talk.send(b"x\r\n" * 100_000 * (number % 3))
                reply = talk(f"{number}\r\n.")
                assert reply.startswith("250 2.0.0 Ok: queued as ")
                queued.add(reply.rpartition(" ")[2])
        with connect(port) as idle:
            stop.set()
            assert idle.reply().startswith("421 4.3.2 ")
    finally:
        stop.set()
        for child in children:
            child.join(WAIT)
    assert [child.exitcode for child in children] == [0, 0]

    async def read() -> dict[str, bytes]:
        work = Work.open(config)
        try:
            items = await work.claim(100, lease_seconds=60)
            return {item.id: await work.read_original(item) for item in items}
        finally:
            work.close()

    mails = asyncio.run(read())
    assert set(mails) == queued
    assert sorted(len(data) for data in mails.values())[-1] == 600_000 + len(b"11\r\n")


def heartbeat(role_name: str, seen_at: int, detail: dict) -> Process:
    return Process(f"{role_name}:{seen_at}", role_name, 1, seen_at, detail)


def test_the_next_hops_features_are_heard_from_the_freshest_relay():
    heard = HeardFeatures()
    assert heard() == Features()
    old = heartbeat("lgwan", 1, {"features": {"size": 10, "smtputf8": False}})
    new = heartbeat("lgwan", 2, {"features": {"size": 20, "smtputf8": True}})
    heard.hear([new, old, heartbeat("worker", 3, {"features": {"size": 1}})])
    assert heard() == Features(size=20, smtputf8=True)
    for nothing in ({}, {"features": {}}, {"features": "x"}):
        heard.hear([heartbeat("lgwan", 4, nothing)])
        assert heard() == Features(size=20, smtputf8=True)
    heard.hear([heartbeat("lgwan", 5, {"features": {"size": 0, "smtputf8": None}})])
    assert heard() == Features()


def test_a_serving_process_is_listed_with_its_heartbeat_and_goes_at_the_end(tmp_path):
    config = make_config(tmp_path / "data", listen=f"127.0.0.1:{free_port()}")
    database = Database.open(config, actor="cli")

    async def main() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(role.run(config, policy.load(None), stop))
        async with asyncio.timeout(WAIT):
            while not (rows := await database.read(listed)):  # noqa: ASYNC110 - a table has no event
                await asyncio.sleep(0.02)
        assert [row.role for row in rows] == ["internet"]
        assert rows[0].detail == {"sessions": 0, "bytes_in_flight": 0, "certificate": ""}
        stop.set()
        await running
        assert await database.read(listed) == []

    asyncio.run(main())
    database.close()


def test_ipv6_is_served_and_counted_by_network(tmp_path):
    config = make_config(tmp_path / "data", listen="[::1]:0")
    with Gateway(config) as running, Talk(running.port, host="::1") as talk:
        talk.data()
        assert talk("x\r\n.").startswith("250 2.0.0")
        [(item, _)] = running.mails()
        assert item.envelope.client == "::1"
