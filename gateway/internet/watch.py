"""Tells event streams that their item changed: one question to the table for all of them.

Hints make it quick, the table is the truth: without any hint a change is seen within a
second. A stream costs an event, not a task and not a query.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import structlog

from gateway.store.dispatch import Waker
from gateway.store.errors import StoreError
from gateway.store.uploads import Uploads

LOOK_SECONDS: Final = 1.0  # at least this often while anybody watches

log = structlog.get_logger(__name__)


class Watch:
    """All streams of one process."""

    def __init__(self, uploads: Uploads, waker: Waker) -> None:
        self._uploads = uploads
        self._waker = waker
        self._watched: dict[str, list[tuple[int, asyncio.Event]]] = {}
        self.closing = False

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            await self._waker.wait(LOOK_SECONDS)
            if not self._watched:
                continue
            try:
                versions = await self._uploads.versions(list(self._watched))
            except StoreError as error:
                log.error("watch_failed", code=error.code)
                continue
            for item_id, version in versions.items():
                for known, changed in self._watched.get(item_id, ()):
                    if version != known:
                        changed.set()

    def close(self) -> None:
        """Wake everybody: streams end now."""
        self.closing = True
        for watchers in self._watched.values():
            for _, changed in watchers:
                changed.set()

    async def changed(self, item_id: str, version: int, *, seconds: float) -> bool:
        """Until the item has another version than `version`; False after `seconds`."""
        watcher = (version, asyncio.Event())
        self._watched.setdefault(item_id, []).append(watcher)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await watcher[1].wait()
            return watcher[1].is_set()
        finally:
            self._watched[item_id].remove(watcher)
            if not self._watched[item_id]:
                del self._watched[item_id]
