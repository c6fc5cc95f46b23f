"""Memory is admitted against a budget, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from gateway.sandbox.admission import MemoryBudget
from gateway.sandbox.memory import SealedBytes


def run(job: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(job, 10))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_job_waits_until_it_fits_and_a_smaller_one_goes_first() -> None:
    async def job() -> None:
        budget = MemoryBudget(100)
        order: list[str] = []

        async def work(name: str, weight: int, end: asyncio.Event) -> None:
            async with budget.admitted(weight):
                order.append(name)
                await end.wait()

        first, rest = asyncio.Event(), asyncio.Event()
        tasks = [asyncio.create_task(work("large", 80, first))]
        await settle()
        tasks.append(asyncio.create_task(work("second", 50, rest)))
        tasks.append(asyncio.create_task(work("small", 20, rest)))
        await settle()
        assert order == ["large", "small"]
        first.set()
        await settle()
        assert order == ["large", "small", "second"]
        rest.set()
        await asyncio.gather(*tasks)

    run(job())


def test_one_job_always_runs_however_much_is_held() -> None:
    async def job() -> None:
        budget = MemoryBudget(1_000_000)
        with SealedBytes.of(bytes(2_000_000)) as held:
            budget.hold(held)
            async with budget.admitted(10**12):
                waiting = asyncio.create_task(_briefly(budget))
                await settle()
                assert not waiting.done()
            await waiting

    run(job())


async def _briefly(budget: MemoryBudget) -> None:
    async with budget.admitted(1):
        pass


def test_outputs_count_until_they_are_closed() -> None:
    async def job() -> None:
        budget = MemoryBudget(4_000_000)
        assert budget.keeps(1_000_000)
        output = SealedBytes.of(bytes(900_000))
        budget.hold(output)
        assert not budget.keeps(200_000)
        assert budget.keeps(60_000)  # small ones always stay
        assert not MemoryBudget(10**12).keeps(64_000_001)
        output.close()
        assert budget.keeps(1_000_000)

    run(job())


def test_whoever_gives_up_waiting_leaves_nothing_behind() -> None:
    async def job() -> None:
        budget = MemoryBudget(100)
        async with budget.admitted(100):
            waiting = [asyncio.create_task(_briefly(budget)) for _ in range(3)]
            await settle()
            waiting[0].cancel()
            await settle()
        waiting[1].cancel()  # admitted in this very moment, or not yet begun
        await asyncio.gather(*waiting, return_exceptions=True)
        await _briefly(budget)
        assert budget._used == budget._running == 0

    run(job())
