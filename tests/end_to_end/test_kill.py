"""`kill -9` of any process in the middle of 500 mails: nothing that got its 250 is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import tempfile
from pathlib import Path

import pytest

from benchmarks import messages
from gateway.config import Config
from gateway.store.view import View
from scripts.demo import Gateway, gateway
from scripts.sink import Received, Sink

MAILS = 500
CONNECTIONS = 8
KILLS = 10
SEED = int(os.environ.get("KILL_TEST_SEED", "20261123"))


class Client:
    """Sends mails until all have a 250; a mail without one is sent again."""

    def __init__(self, port: int, numbers: asyncio.Queue[int]) -> None:
        self._port = port
        self._numbers = numbers
        self.accepted: list[int] = []

    async def run(self) -> None:
        text = messages.texts(1)[0]
        while not self._numbers.empty():
            number = self._numbers.get_nowait()
            try:
                async with asyncio.timeout(30):
                    await self._send(messages.marked(text, number))
                self.accepted.append(number)
            except (OSError, RuntimeError, TimeoutError, asyncio.IncompleteReadError):
                self._numbers.put_nowait(number)
                await asyncio.sleep(0.05)

    async def _send(self, mail: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            for command, code in (
                (b"", b"220"),
                (b"EHLO test.example\r\n", b"250"),
                (b"MAIL FROM:<bench@sender.example>\r\n", b"250"),
                (b"RCPT TO:<user@example.jp>\r\n", b"250"),
                (b"DATA\r\n", b"354"),
                (mail + b".\r\n", b"250"),
            ):
                writer.write(command)
                line = await reader.readline()
                while line[3:4] == b"-":
                    line = await reader.readline()
                if not line.startswith(code):
                    raise RuntimeError(line)
        finally:
            writer.close()


def _victims(supervisor: int) -> list[int]:
    """Every process below the supervisor: roles, warm parents, children."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                stat = (entry / "stat").read_text(errors="replace")
                parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {supervisor}
    for _ in range(6):
        found |= {pid for pid, parent in parents.items() if parent in found}
    return sorted(found - {supervisor})


async def _killer(running: Gateway, killed: list[str], until: asyncio.Event) -> None:
    dice = random.Random(SEED)
    while len(killed) < KILLS and not until.is_set():
        await asyncio.sleep(0.4)
        victims = _victims(running.pid)
        # Roles more often than the many children, so that each of them dies in the run.
        roles = [v for v in victims if b"--role" in _command(v) and b"ops" not in _command(v)]
        chosen = dice.choice(roles if roles and dice.random() < 0.7 else victims)
        name = _command(chosen).replace(b"\0", b" ").decode(errors="replace")[-60:]
        with contextlib.suppress(ProcessLookupError):
            os.kill(chosen, signal.SIGKILL)
            killed.append(name)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _delivered_twice(data_dir: Path) -> int:
    connection = sqlite3.connect(f"file:{data_dir}/mugaika.sqlite?mode=ro", uri=True)
    try:
        query = "SELECT count(*) FROM audit WHERE event = 'possible_duplicate'"
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_500_mails_survive_the_death_of_any_process() -> None:
    asyncio.run(_survive())


async def _survive() -> None:
    arrived: dict[bytes, int] = {}

    def on_mail(mail: Received) -> None:
        mark = messages.mark_of(mail.data)
        arrived[mark] = arrived.get(mark, 0) + 1

    killed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        async with Sink(keep=False) as sink:
            sink.on_mail = on_mail
            numbers: asyncio.Queue[int] = asyncio.Queue()
            for number in range(MAILS):
                numbers.put_nowait(number)
            sent = asyncio.Event()
            # Ten kills by hand may meet the same mail more than the usual three times.
            settings = {"MUGAIKA_WORKERS__MAX_ATTEMPTS": "20"}
            async with gateway(sink.url, settings=settings, data_dir=data_dir) as running:
                killing = asyncio.create_task(_killer(running, killed, sent))
                clients = [Client(running.smtp_port, numbers) for _ in range(CONNECTIONS)]
                await asyncio.gather(*(client.run() for client in clients))
                await killing
                accepted = [number for client in clients for number in client.accepted]
                assert len(accepted) == MAILS
                for _ in range(1500):
                    if len(arrived) == MAILS:
                        break
                    await asyncio.sleep(0.1)
        missing = {b"%010d" % n for n in accepted} - set(arrived)
        assert not missing, f"{_story(data_dir, missing)} lost after {killed}"
        assert len(killed) >= KILLS
        twice = sum(count - 1 for count in arrived.values())
        # Twice only where the audit says so, or where a client had no 250 and sent again.
        view = View.open(Config(data_dir=data_dir))
        try:
            assert view.verify_audit().ok
            depth = view.depth()
        finally:
            view.close()
        assert sum(depth.items.values()) == 0, depth
        items = _items(data_dir)
        assert twice <= _delivered_twice(data_dir) + (items - MAILS)


def _story(data_dir: Path, missing: set[bytes]) -> list[object]:
    """What the audit trail says of the first mail that is missing, and what did not end."""
    connection = sqlite3.connect(f"file:{data_dir}/mugaika.sqlite?mode=ro", uri=True)
    try:
        mark = f"%{min(missing).decode()}%"
        query = (
            "SELECT item_id, event, detail FROM audit WHERE item_id IN "
            "(SELECT item_id FROM mails WHERE message_id LIKE ?) OR item_id IN "
            "(SELECT id FROM items WHERE outcome != 'clean' OR state != 'delivered') ORDER BY seq"
        )
        return [len(missing), *connection.execute(query, (mark,)).fetchall()]
    finally:
        connection.close()


def _items(data_dir: Path) -> int:
    connection = sqlite3.connect(f"file:{data_dir}/mugaika.sqlite?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM items").fetchone()[0])
    finally:
        connection.close()
