"""The worker's memory budget: who may start now, and what may stay in memory.

Running children count with their family's weight, sealed outputs with their size until
they are closed. One job is always admitted, however full it is: outputs that wait for the
rest of their item must never keep it from being finished.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from gateway.sandbox.memory import MAX_MEMFD_INPUT, SealedBytes

#: Share of the budget that outputs may fill before further ones go to disk.
_HELD_SHARE: Final = 4
#: Outputs up to this size never go to disk: a thousand of them are 64 MB.
_ALWAYS_KEPT: Final = 64_000


class MemoryBudget:
    """`total` bytes shared by everything that one worker process runs and holds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._running = 0
        self._used = 0
        self._held = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @contextlib.asynccontextmanager
    async def admitted(self, weight: int) -> AsyncIterator[None]:
        """Wait until `weight` bytes fit; smaller jobs may go first, lanes bound how many."""
        weight = min(weight, self._total)
        if self._fits(weight):
            self._take(weight)
        else:
            await self._wait(weight)
        try:
            yield
        finally:
            self._give(weight)

    def hold(self, output: SealedBytes) -> None:
        """Count an output until it is closed."""
        self._held += output.size
        output.when_closed(partial(self._drop, output.size))

    def keeps(self, size: int) -> bool:
        """Whether an output of `size` bytes may stay in memory."""
        if size <= _ALWAYS_KEPT:
            return True
        return size <= MAX_MEMFD_INPUT and self._held + size <= self._total // _HELD_SHARE

    def _fits(self, weight: int) -> bool:
        return self._running == 0 or self._used + self._held + weight <= self._total

    def _take(self, weight: int) -> None:
        self._running += 1
        self._used += weight

    def _give(self, weight: int) -> None:
        self._running -= 1
        self._used -= weight
        self._admit()

    def _drop(self, size: int) -> None:
        self._held -= size
        self._admit()

    async def _wait(self, weight: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (weight, turn)
        self._waiting.append(entry)
        try:
            await turn
        except asyncio.CancelledError:
            if entry in self._waiting:
                self._waiting.remove(entry)
            else:  # admitted in the same moment
                self._give(weight)
            raise

    def _admit(self) -> None:
        for entry in list(self._waiting):
            weight, turn = entry
            if turn.cancelled():
                continue  # its own task takes it off
            if self._fits(weight):
                self._waiting.remove(entry)
                self._take(weight)
                turn.set_result(None)
