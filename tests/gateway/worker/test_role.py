"""The worker process on a real store and a real sandbox: every item ends, none is lost."""

import asyncio
import email
import email.policy
import json
import os
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.config import Config, Workers
from gateway.fidelity.frame import Figures
from gateway.fidelity.instrument import Compared, Score
from gateway.policy import BUILT_IN, parse
from gateway.sandbox.pool import SandboxUnavailable
from gateway.store import schema
from gateway.store.dispatch import Waker
from gateway.store.errors import StoreUnavailable
from gateway.store.ids import now_us
from gateway.store.intake import Envelope, Intake
from gateway.store.tables import audit, bodies, deliveries, items, parts
from gateway.store.tables import mails as mail_table
from gateway.store.work import Work
from gateway.worker import role
from gateway.worker.assemble import MAX_HOPS
from gateway.worker.role import Worker, site_of
from tests.gateway.worker import files
from tests.gateway.worker.files import mail, raw
from tests.gateway.worker.trees import SITE

POLICY = parse(
    {
        **BUILT_IN,
        "rules": [{"recipient": "*@kikikanri.example.jp", "profile": "text-only"}],
    },
    source="test",
)
PICTURE = ("図.png", "image/png", files.png())


class Broken:
    """A sandbox that is not there."""

    async def clean(self, *_args, **_more):
        raise SandboxUnavailable("gone")


class Bench:
    """A store with a worker on it; every call runs on the module's loop."""

    policy = POLICY
    instrument = None

    def __init__(self, running, data_dir):
        self.running = running
        self.config = Config(data_dir=data_dir, workers=Workers(count=2, max_attempts=3))
        data_dir.mkdir(mode=0o700)
        schema.prepare(self.config)
        self.intake = Intake.open(self.config)
        self.work = Work.open(self.config)

    def close(self):
        self.intake.close()
        self.work.close()

    def worker(self, sandbox=None):
        sandbox = sandbox or self.running.sandbox
        return Worker(self.config, self.policy, self.work, sandbox, SITE, self.instrument)

    def receive(self, data, *recipients, sender="taro@sender.example"):
        async def go():
            spool = self.intake.spool()
            spool.write(data if isinstance(data, bytes) else raw(data))
            envelope = Envelope(
                sender=sender,
                recipients=recipients or ("hanako@city.example.jp",),
                client="192.0.2.1",
                helo="mail.sender.example",
                tls=False,
                smtputf8=False,
                received_at=now_us(),
            )
            return await self.intake.accept(spool, envelope)

        return self.running.do(go())

    def rows(self, table):
        async def go():
            return await self.work.database.read(
                lambda c: [dict(r) for r in c.execute(select(table)).mappings()]
            )

        return self.running.do(go())

    def change(self, statement):
        self.running.do(self.work.database.write(lambda c: c.execute(statement)))

    def item(self):
        (row,) = self.rows(items)
        return row

    def events(self):
        return [row["event"] for row in self.rows(audit)]

    def work_until(self, done, sandbox=None):
        """Run the worker until `done()`; then stop it."""

        async def go():
            stop = asyncio.Event()
            waker = Waker(self.config.data_dir, "worker")
            task = asyncio.create_task(self.worker(sandbox).run(stop, waker))
            try:
                async with asyncio.timeout(30):
                    while not await done():  # noqa: ASYNC110 - asks the store
                        await asyncio.sleep(0.02)
            finally:
                stop.set()
                await task
                waker.close()

        self.running.do(go())

    def work_off(self, sandbox=None):
        """Until nothing waits to be cleaned."""

        async def done():
            states = await self.work.database.read(
                lambda c: c.execute(select(items.c.state)).scalars().all()
            )
            return not {"received", "processing"} & set(states)

        self.work_until(done, sandbox)

    def mails(self):
        """The assembled mails with their parsed content."""

        def stored(connection, key):
            found = connection.execute(select(bodies.c.data).where(bodies.c.key == key)).scalar()
            assert found is not None
            return found

        found = []
        for row in self.rows(mail_table):
            data = self.running.do(
                self.work.database.read(lambda c, key=row["blob_key"]: stored(c, key))
            )
            found.append((row, email.message_from_bytes(data, policy=email.policy.default)))
        return found


@pytest.fixture
def bench(running, tmp_path):
    made = Bench(running, tmp_path / "data")
    yield made
    made.close()


def text_of(message):
    return message.get_body(("plain",)).get_content()


def memfds():
    found = Path("/proc/self/fd").iterdir()
    return sum("memfd:mugaika" in str(os.readlink(p)) for p in found if p.is_symlink())


class Answering:
    """An instrument that gives every pair the same score."""

    def __init__(self):
        self.asked = []

    async def compare(self, before, after, *, before_type, after_type):
        self.asked.append((before.read(), after.read(), before_type, after_type))
        score = Score(
            text=1.0, order=1.0, picture=0.875, picture_least=0.75, pages=(1, 1), links=None,
            size=after.size / before.size, opened=True,
        )  # fmt: skip
        return Compared(score=score, figures=Figures())

    def close(self):
        pass


def states(bench):
    return [row["state"] for row in bench.rows(deliveries)]


def scored(bench):
    """The recorded scores by (profile, n)."""
    rows = bench.rows(parts)
    return {(r["profile"], r["n"]): json.loads(r["fidelity"]) for r in rows if r["fidelity"]}


def test_what_the_policy_wants_measured_is_scored_beside_its_part(bench):
    profiles = {"standard": {"fidelity": "always"}, "quiet": {"fidelity": "never"}}
    rule = {"recipient": "*@kikikanri.example.jp", "profile": "quiet"}
    raw_policy = {"version": 1, "profiles": profiles, "rules": [rule]}
    bench.policy = parse(raw_policy, source="test")
    bench.instrument = Answering()
    bench.receive(
        mail(("a.txt", "text/plain", b"a"), PICTURE), "a@city.example.jp", "b@kikikanri.example.jp"
    )

    async def measured():
        rows = await bench.work.database.read(
            lambda c: c.execute(select(parts.c.fidelity)).scalars().all()
        )
        return any(rows)

    bench.work_until(measured)
    assert scored(bench)["standard", 2]["picture"] == 0.875
    assert list(scored(bench)) == [("standard", 2)]
    ((before, after, *types),) = bench.instrument.asked
    assert before == PICTURE[2]
    assert after[:4] == b"\x89PNG"
    assert types == ["image/png", "image/png"]


def test_a_mail_is_cleaned_and_its_deliveries_are_ready(bench):
    item_id = bench.receive(mail(PICTURE), "hanako@city.example.jp", "jiro@city.example.jp")
    bench.work_off()
    assert states(bench) == ["ready", "ready"]
    item = bench.item()
    assert (item["state"], item["outcome"], item["subject"]) == ("ready", "clean", "件名")
    ((row, message),) = bench.mails()
    assert (row["purpose"], row["envelope_from"]) == ("cleaned", "taro@sender.example")
    assert message["Subject"] == "件名"
    assert item_id in message["Received"]
    assert [p.get_filename() for p in message.iter_attachments()] == ["図.png"]
    assert files.CANARY not in message.as_bytes()
    assert [p["outcome"] for p in bench.rows(parts)] == ["clean", "clean"]
    assert bench.events()[-3:] == ["received", "claimed", "cleaned"]


def test_two_profiles_make_two_mails(bench):
    bench.receive(mail(PICTURE), "hanako@city.example.jp", "taro@kikikanri.example.jp")
    bench.work_off()
    assert states(bench) == ["ready", "ready"]
    standard, text_only = (message for _, message in bench.mails())
    assert [p.get_filename() for p in standard.iter_attachments()] == ["図.png"]
    assert list(text_only.iter_attachments()) == []
    assert "「図.png」はお渡しできません。" in text_of(text_only)
    assert {row["mail_id"] for row in bench.rows(deliveries)} == {1, 2}
    assert {row["profile"] for row in bench.rows(deliveries)} == {"standard", "text-only"}
    assert bench.item()["outcome"] == "partial"


def test_a_mail_that_cannot_be_read_becomes_a_notice(bench):
    bench.receive(b"A: " + b"y" * 2_000_000 + b"\r\n\r\n")
    bench.work_off()
    assert states(bench) == ["ready"]
    ((row, message),) = bench.mails()
    assert (row["purpose"], row["envelope_from"]) == ("notice", "")
    assert message["Auto-Submitted"] == "auto-generated"
    assert "大きすぎる" in text_of(message)
    assert bench.item()["outcome"] == "withheld"


def test_an_item_that_fails_again_and_again_gets_a_notice(bench):
    bench.receive(mail(PICTURE))
    bench.change(update(items).values(attempts=3))
    bench.work_off()
    ((row, message),) = bench.mails()
    assert row["purpose"] == "notice"
    assert "繰り返し試みましたが" in text_of(message)
    assert states(bench) == ["ready"]
    assert bench.item()["outcome"] == "withheld"
    (part,) = bench.rows(parts)
    assert part["reason"] == "given_up"


def test_a_missing_sandbox_gives_the_item_back_for_later(bench):
    bench.receive(mail())

    async def released():
        return await bench.work.database.read(
            lambda c: c.execute(select(audit.c.event).where(audit.c.event == "released")).first()
        )

    bench.work_until(released, Broken())
    item = bench.item()
    assert (item["state"], item["attempts"], item["owner"]) == ("received", 1, None)
    assert item["next_at"] > now_us()
    assert states(bench) == ["waiting"]
    bench.change(update(items).values(next_at=0))
    bench.work_off()
    assert states(bench) == ["ready"]


def test_a_store_that_fails_gives_the_item_back(bench, monkeypatch):
    bench.receive(mail())
    finish, failed = bench.work.finish, []

    async def fails_once(item, result):
        if not failed:
            failed.append(item)
            raise StoreUnavailable("disk")
        return await finish(item, result)

    monkeypatch.setattr(bench.work, "finish", fails_once)
    monkeypatch.setattr(role, "RETRY_SECONDS", 0)
    bench.work_off()
    assert len(failed) == 1
    assert states(bench) == ["ready"]


def test_stopping_gives_running_items_back(bench, monkeypatch):
    bench.receive(mail())
    monkeypatch.setattr(role, "STOP_GRACE_SECONDS", 0.05)
    started = asyncio.Event()

    class Slow:
        async def clean(self, *_args, **_more):
            started.set()
            await asyncio.sleep(60)

    async def begun():
        return started.is_set()

    bench.work_until(begun, Slow())
    item = bench.item()
    assert (item["state"], item["owner"]) == ("received", None)
    assert item["next_at"] <= now_us()
    assert bench.rows(mail_table) == []


def test_a_damaged_original_becomes_a_notice(bench):
    bench.receive(mail())
    (row,) = (r for r in bench.rows(bodies) if r["space"] == "original")
    data = bytearray(row["data"])
    data[-20] ^= 1
    bench.change(update(bodies).values(data=bytes(data)))
    bench.work_off()
    ((row, message),) = bench.mails()
    assert row["purpose"] == "notice"
    assert "無害化システム側の問題" in text_of(message)
    assert bench.item()["outcome"] == "failed"


def test_a_lost_lease_stores_nothing(bench):
    bench.receive(mail())

    class Thief:
        """While the child runs, another worker takes the item."""

        async def clean(self, source, request, **more):
            ran = await bench.running.sandbox.clean(source, request, **more)
            await bench.work.database.write(
                lambda c: c.execute(
                    update(items).values(
                        version=items.c.version + 1, owner="other", next_at=now_us() + 10**9
                    )
                )
            )
            return ran

    async def taken():
        owner = await bench.work.database.read(lambda c: c.execute(select(items.c.owner)).scalar())
        return owner == "other"

    bench.work_until(taken, Thief())
    assert bench.item()["owner"] == "other"
    assert bench.rows(mail_table) == []
    assert bench.rows(parts) == []
    assert states(bench) == ["waiting"]
    assert "cleaned" not in bench.events()


def test_a_loop_ends_without_a_mail(bench):
    trace = b"Received: from a by b; Mon, 23 Nov 2026 08:00:00 +0900\r\n" * MAX_HOPS
    before = memfds()
    bench.receive(trace + raw(mail(PICTURE)))
    bench.work_off()
    assert states(bench) == ["dropped"]
    assert bench.rows(mail_table) == []
    assert bench.item()["outcome"] == "withheld"
    assert memfds() == before


def test_a_large_mail_comes_through_an_unlinked_file(bench, monkeypatch):
    monkeypatch.setattr(role, "MAX_MEMFD_INPUT", 100)
    bench.receive(mail(PICTURE))
    bench.work_off()
    assert bench.item()["outcome"] == "clean"
    assert list((bench.config.data_dir / "tmp").iterdir()) == []


def test_many_items_are_worked_off(bench):
    for number in range(20):
        bench.receive(mail(subject=f"件名 {number}"))
    bench.work_off()
    assert states(bench) == ["ready"] * 20
    assert sorted(row["subject"] for row in bench.rows(items)) == sorted(
        f"件名 {n}" for n in range(20)
    )


def test_the_site_is_named_by_the_configuration():
    config = Config.model_validate(
        {"smtp": {"hostname": "mx.example.jp"}, "lgwan": {"public_url": "https://p.example.jp"}}
    )
    site = site_of(config, b"key")
    assert (site.hostname, site.public_url) == ("mx.example.jp", "https://p.example.jp")
    assert site_of(Config(), b"key").hostname
