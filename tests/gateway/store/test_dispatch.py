"""Hints wake; lost ones only delay, and none can harm the sender."""

import asyncio
import contextlib
import os
import socket
import stat

import pytest

from gateway.store.dispatch import Waker, notify
from tests.gateway.store.harness import program

SOON = 20  # seconds that a hint is given at most; it needs a fraction of one


@contextlib.contextmanager
def waker(data_dir, role="worker"):
    found = Waker(data_dir, role)
    try:
        yield found
    finally:
        found.close()


async def wakes(waiting) -> bool:
    """Whether `waiting` (with a wait of a minute) ends by a hint."""
    async with asyncio.timeout(SOON):
        await waiting
    return True


def test_a_hint_wakes_every_process_of_its_role_only(tmp_path):
    async def go():
        with waker(tmp_path) as one, waker(tmp_path) as two, waker(tmp_path, "lgwan") as other:
            waits = [asyncio.ensure_future(w.wait(60)) for w in (one, two, other)]
            await asyncio.sleep(0)
            notify(tmp_path, "worker")
            assert await wakes(asyncio.gather(waits[0], waits[1]))
            assert not waits[2].done()
            waits[2].cancel()

    asyncio.run(go())


def test_a_hint_before_the_wait_is_not_lost(tmp_path):
    async def go():
        with waker(tmp_path) as one:
            notify(tmp_path, "worker")
            assert await wakes(one.wait(60))
            await one.wait(0.01)  # and it counts once

    asyncio.run(go())


def test_a_hint_from_another_process_wakes(tmp_path):
    text = (
        "import sys; from pathlib import Path; from gateway.store.dispatch import notify; "
        "notify(Path(sys.argv[1]), 'worker')"
    )

    async def go():
        with waker(tmp_path) as one:
            sender = program(text, tmp_path)
            assert await wakes(one.wait(60))
            sender.communicate()

    asyncio.run(go())


def test_a_lost_hint_only_delays(tmp_path):
    async def go():
        with waker(tmp_path) as one:
            await one.wait(0.01)  # returns without a hint: the caller asks the table

    asyncio.run(go())


def test_hints_to_the_dead_and_to_nobody_are_harmless(tmp_path):
    notify(tmp_path, "worker")
    run = tmp_path / "run"
    run.mkdir()
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    dead.bind(str(run / "worker.1.dead"))
    dead.close()
    (run / "worker.2.file").write_text("not a socket")
    notify(tmp_path, "worker")
    assert (run / "worker.2.file").read_text() == "not a socket"


def test_a_storm_of_hints_never_blocks_the_sender(tmp_path):
    async def go():
        with waker(tmp_path) as one:
            for _ in range(3000):
                notify(tmp_path, "worker")
            assert await wakes(one.wait(60))

    asyncio.run(go())


def test_sockets_of_the_dead_are_swept_and_the_folder_is_private(tmp_path):
    async def go():
        with waker(tmp_path):
            run = tmp_path / "run"
            assert stat.S_IMODE(run.stat().st_mode) == 0o700
            ended = program("pass")
            ended.communicate()
            (run / f"worker.{ended.pid}.ab").touch()
            (run / f"worker.{os.getppid()}.ab").touch()
            with waker(tmp_path):
                names = {p.name for p in run.iterdir()}
            assert f"worker.{ended.pid}.ab" not in names
            assert f"worker.{os.getppid()}.ab" in names
        assert {p.name for p in run.iterdir()} == {f"worker.{os.getppid()}.ab"}

    asyncio.run(go())


@pytest.mark.parametrize("deep", [1, 12])
def test_a_folder_too_deep_for_a_socket_only_delays(tmp_path, deep):
    data_dir = tmp_path.joinpath(*["a-long-folder-name"] * deep)
    data_dir.mkdir(parents=True)

    async def go():
        with waker(data_dir) as one:
            notify(data_dir, "worker")
            await one.wait(0.01)

    asyncio.run(go())
