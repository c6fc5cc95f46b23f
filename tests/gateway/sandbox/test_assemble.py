"""A container is put together in a child that gets passwords and members beside the part."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from gateway.sandbox import pool
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.sandbox.protocol import Piece, Request, WithheldReply, encode_request
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode
from tests.gateway.sandbox.conftest import HOSTILE, ROOT


def with_sandbox(
    job: Callable[[Sandbox], Coroutine[Any, Any, None]],
    scratch: Path | None = None,
    memory: int = 4_000_000_000,
) -> None:
    async def main() -> None:
        sandbox = Sandbox(
            slots=2, memory_bytes=memory, families=(HOSTILE,), python_path=str(ROOT),
            scratch=scratch,
        )  # fmt: skip
        await sandbox.start()
        try:
            await job(sandbox)
        finally:
            await sandbox.close()

    asyncio.run(main())


def request(kind: str = "secrets", **more: Any) -> Request:
    return Request(op="clean", size=0, media_type=f"test/{kind}", **more)


def in_memory(data: SealedBytes) -> bool:
    return "memfd:" in str(Path(f"/proc/self/fd/{data.fd}").readlink())


def test_passwords_reach_the_child_and_nothing_else() -> None:
    async def job(sandbox: Sandbox) -> None:
        with SealedBytes.of(b"locked") as source:
            ran = await sandbox.clean(source, request(passwords=("ひみつ", "two words")))
            assert ran.output is not None
            assert ran.output.read().decode() == "ひみつ/two words"
            ran.output.close()
            ran = await sandbox.clean(source, request())
            assert ran.output is not None
            assert ran.output.read() == b"none"
            ran.output.close()

    with_sandbox(job)


def test_passwords_stand_neither_in_the_message_nor_in_a_log() -> None:
    asked = request(passwords=("canary-pass",))
    assert b"canary-pass" not in encode_request(1, asked)
    assert "canary-pass" not in repr(asked)


def test_members_arrive_in_their_order_with_what_became_of_them() -> None:
    async def job(sandbox: Sandbox) -> None:
        with (
            SealedBytes.of(b"PART") as source,
            SealedBytes.of("一つ目".encode()) as first,
            SealedBytes.of(b"xxSECONDxx") as room,
            room.slice(2, 6) as second,
        ):
            pieces = [
                Piece(
                    name="一.txt", folder="上/下", media_type="text/plain", outcome=Outcome.CLEAN,
                    data=first,
                ),
                Piece(
                    name="b.exe", folder="", media_type="application/x", outcome=Outcome.WITHHELD,
                    reason=ReasonCode.PROGRAM,
                ),
                Piece(
                    name="c.eml", folder="", media_type="message/rfc822", outcome=Outcome.PARTIAL,
                    data=second,
                ),
            ]  # fmt: skip
            ran = await sandbox.assemble(source, request(passwords=("pw",)), pieces)
        assert ran.output is not None
        assert ran.output.read().decode() == (
            "PARTpw|上/下|一.txt|text/plain|clean||一つ目"
            "||b.exe|application/x|withheld|program|-"
            "||c.eml|message/rfc822|partial||SECOND"
        )
        ran.output.close()

    with_sandbox(job)


def test_a_thousand_members_fit() -> None:
    async def job(sandbox: Sandbox) -> None:
        with SealedBytes.of(b"P") as source, SealedBytes.of(b"x") as one:
            pieces = [
                Piece(
                    name=f"{n:04}-" + "名" * 70, folder="/".join(["深い"] * 20),
                    media_type="text/plain", outcome=Outcome.CLEAN, data=one,
                )
                for n in range(1000)
            ]  # fmt: skip
            ran = await sandbox.assemble(source, request(), pieces)
        assert ran.output is not None
        assert ran.output.read().count("名".encode()) == 70_000
        ran.output.close()

    with_sandbox(job)


def test_a_family_that_cannot_assemble_withholds() -> None:
    async def job(sandbox: Sandbox) -> None:
        with SealedBytes.of(b"P") as source:
            ran = await sandbox.assemble(source, request("unassembled"), [])
        assert isinstance(ran.reply, WithheldReply)
        assert ran.reply.code is ReasonCode.INTERNAL

    with_sandbox(job)


def test_a_program_that_the_family_did_not_declare_is_not_run() -> None:
    async def job(sandbox: Sandbox) -> None:
        with SealedBytes.of(b"P") as source:
            ran = await sandbox.clean(source, request("undeclared"))
        assert isinstance(ran.reply, WithheldReply)
        assert ran.reply.code is ReasonCode.INTERNAL

    with_sandbox(job)


def test_what_is_large_goes_to_disk_without_a_name(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("gateway.sandbox.admission.MAX_MEMFD_INPUT", 100_000)
    monkeypatch.setattr("gateway.sandbox.memory.MAX_MEMFD_INPUT", 100_000)
    made = []

    class Watched(pool.UnlinkedFile):
        def __init__(self, folder: Path) -> None:
            made.append(folder)
            super().__init__(folder)

    monkeypatch.setattr(pool, "UnlinkedFile", Watched)
    monkeypatch.setattr("gateway.sandbox.memory.UnlinkedFile", Watched)

    async def job(sandbox: Sandbox) -> None:
        data = bytes(range(256)) * 1000
        with SealedBytes.of(data) as source:
            ran = await sandbox.clean(source, request("behave"))
            assert ran.output is not None
            with ran.output as output:
                assert output.read() == data
                piece = Piece(
                    name="a", folder="", media_type="test/x", outcome=Outcome.CLEAN, data=output
                )
                ran = await sandbox.assemble(source, request(), [piece])
        assert ran.output is not None
        assert ran.output.read().endswith(data)
        ran.output.close()
        assert list(tmp_path.iterdir()) == []

    with_sandbox(job, tmp_path)
    assert made == [tmp_path] * 3


def test_held_outputs_leave_memory_when_they_fill_their_share(tmp_path: Path) -> None:
    async def job(sandbox: Sandbox) -> None:
        held = []
        for _ in range(6):
            with SealedBytes.of(bytes(100_000)) as source:
                ran = await sandbox.clean(source, request("behave"))
            assert ran.output is not None
            held.append(ran.output)
        assert [in_memory(output) for output in held] == [True] * 2 + [False] * 4
        for output in held:
            assert output.read() == bytes(100_000)
            output.close()
        with SealedBytes.of(bytes(100_000)) as source:
            ran = await sandbox.clean(source, request("behave"))
        assert ran.output is not None
        assert in_memory(ran.output)
        ran.output.close()

    with_sandbox(job, tmp_path, memory=1_000_000)
