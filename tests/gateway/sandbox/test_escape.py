"""From inside the sandbox, everything that matters is denied or ends the child.

Each attack runs in the real lock (seccomp, Landlock, limits); the part is withheld with
the right reason, nothing comes out, and the next part is served.
"""

from __future__ import annotations

import asyncio
import mmap
import os
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox import landlock
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Ran, Sandbox, SandboxUnavailable
from gateway.sandbox.protocol import CleanedReply, Request, WithheldReply
from sanitizers.reasons import ReasonCode
from tests.gateway.sandbox.conftest import HOSTILE, ROOT


def with_sandbox(
    job: Callable[[Sandbox], Coroutine[Any, Any, None]], *, landlock_abi: int = 0
) -> None:
    async def main() -> None:
        sandbox = Sandbox(
            slots=4,
            memory_bytes=4_000_000_000,
            families=(HOSTILE,),
            python_path=str(ROOT),
            highest_landlock_abi=landlock_abi,
        )
        await sandbox.start()
        try:
            await job(sandbox)
        finally:
            await sandbox.close()

    asyncio.run(main())


async def attempt(sandbox: Sandbox, attack: str, data: bytes = b"innocent bytes") -> Ran:
    with SealedBytes.of(data) as source:
        request = Request(op="clean", size=source.size, media_type=f"test/{attack}")
        return await sandbox.clean(source, request)


async def still_serves(sandbox: Sandbox) -> None:
    ran = await attempt(sandbox, "behave", b"the next part")
    assert isinstance(ran.reply, CleanedReply)
    assert ran.output is not None
    assert ran.output.read() == b"the next part"
    ran.output.close()


ENDINGS = {
    "open-file": ReasonCode.DAMAGED,  # refused with an errno: the sanitizer failed
    "open-by-memfd-path": ReasonCode.DAMAGED,
    "list-folder": ReasonCode.DAMAGED,
    "fork": ReasonCode.DAMAGED,
    "thread": ReasonCode.DAMAGED,
    "raise-limits": ReasonCode.DAMAGED,
    "executable-memory": ReasonCode.DAMAGED,
    "recurse": ReasonCode.DAMAGED,
    "connect": ReasonCode.FORBIDDEN_CALL,  # ended by the kernel
    "unix-socket": ReasonCode.FORBIDDEN_CALL,
    "execute": ReasonCode.FORBIDDEN_CALL,
    "signal-parent": ReasonCode.FORBIDDEN_CALL,
    "signal-by-tgkill": ReasonCode.FORBIDDEN_CALL,
    "trace-parent": ReasonCode.FORBIDDEN_CALL,
    "make-memory-file": ReasonCode.FORBIDDEN_CALL,
    "x32-call": ReasonCode.FORBIDDEN_CALL,
    "allocate": ReasonCode.OUT_OF_MEMORY,
    "loop": ReasonCode.TIMED_OUT,
    "sleep": ReasonCode.TIMED_OUT,
    "crash": ReasonCode.CRASHED,
    "change-input": ReasonCode.CRASHED,
    "abort": ReasonCode.CRASHED,
    "exit-without-reply": ReasonCode.BAD_REPLY,
    "forge": ReasonCode.BAD_REPLY,
    "too-much": ReasonCode.OUTPUT_TOO_LARGE,
    "too-much-raw": ReasonCode.OUTPUT_TOO_LARGE,
}


def test_every_attack_is_denied_or_ended_and_the_next_part_is_served() -> None:
    async def job(sandbox: Sandbox) -> None:
        offered = {t.removeprefix("test/") for t in sandbox.media_types}
        harmless = {"behave", "descriptors", "secrets", "unassembled", "undeclared"}
        assert offered - harmless == set(ENDINGS)
        for attack, reason in ENDINGS.items():
            ran = await attempt(sandbox, attack)
            assert isinstance(ran.reply, WithheldReply), attack
            assert ran.reply.code is reason, attack
            assert ran.output is None, attack
            await still_serves(sandbox)

    with_sandbox(job)


def test_the_lock_holds_with_landlock_reduced_to_debian_12() -> None:
    async def job(sandbox: Sandbox) -> None:
        assert sandbox.hello()["hostile"]["landlock_abi"] == min(2, landlock.abi())
        for attack in ("open-file", "connect", "fork", "signal-parent"):
            ran = await attempt(sandbox, attack)
            assert isinstance(ran.reply, WithheldReply), attack
        await still_serves(sandbox)

    with_sandbox(job, landlock_abi=2)


def test_only_output_and_reply_are_open_inside() -> None:
    """The input is mapped, its descriptor closed: a member's child never sees its siblings."""

    async def job(sandbox: Sandbox) -> None:
        for passwords in ((), ("secret",)):
            with SealedBytes.of(b"innocent bytes") as source:
                request = Request(
                    op="clean", size=14, media_type="test/descriptors", passwords=passwords
                )
                ran = await sandbox.clean(source, request)
            assert ran.output is not None
            assert len(ran.output.read().split(b",")) == 2
            ran.output.close()

    with_sandbox(job)


def test_a_member_is_seen_in_its_own_range_only() -> None:
    async def job(sandbox: Sandbox) -> None:
        size = 3 * mmap.PAGESIZE
        whole = b"".join(b"%08d" % n for n in range(size // 8))
        with SealedBytes.of(whole) as container:
            for offset, length in ((0, 5), (mmap.PAGESIZE, 9), (5000, 6000), (size - 1, 1)):
                with container.slice(offset, length) as member:
                    request = Request(op="clean", size=length, media_type="test/behave")
                    ran = await sandbox.clean(member, request)
                assert ran.output is not None
                assert ran.output.read() == whole[offset : offset + length]
                ran.output.close()

    with_sandbox(job)


def test_one_hanging_part_does_not_hold_up_another() -> None:
    async def job(sandbox: Sandbox) -> None:
        hanging = asyncio.create_task(attempt(sandbox, "sleep"))
        await asyncio.sleep(0.1)
        await still_serves(sandbox)
        assert not hanging.done()
        assert isinstance((await hanging).reply, WithheldReply)

    with_sandbox(job)


def test_a_lost_parent_is_a_fault_of_ours_and_is_replaced() -> None:
    async def job(sandbox: Sandbox) -> None:
        hanging = asyncio.create_task(attempt(sandbox, "sleep"))
        await asyncio.sleep(0.1)
        os.kill(sandbox._parents["hostile"].process.pid, signal.SIGKILL)
        with pytest.raises(SandboxUnavailable):
            await hanging
        await still_serves(sandbox)

    with_sandbox(job)


def test_a_child_killed_from_outside_says_nothing_about_the_part() -> None:
    async def job(sandbox: Sandbox) -> None:
        hanging = asyncio.create_task(attempt(sandbox, "sleep"))
        await asyncio.sleep(0.2)
        parent = sandbox._parents["hostile"].process.pid
        (child,) = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        with pytest.raises(SandboxUnavailable):
            await hanging
        await still_serves(sandbox)

    with_sandbox(job)


def test_children_die_with_their_parent() -> None:
    async def job(sandbox: Sandbox) -> None:
        hanging = asyncio.create_task(attempt(sandbox, "sleep"))
        await asyncio.sleep(0.2)
        parent = sandbox._parents["hostile"].process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        assert len(children) == 1
        os.kill(parent, signal.SIGKILL)
        with pytest.raises(SandboxUnavailable):
            await hanging
        for _ in range(100):
            if not Path(f"/proc/{children[0]}").exists():
                return
            await asyncio.sleep(0.02)
        state = Path(f"/proc/{children[0]}/stat").read_text().split()[2]
        assert state == "Z"  # dead, waiting for init to reap it

    with_sandbox(job)
