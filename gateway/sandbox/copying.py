"""Copies sealed bytes without holding up the event loop, and safely when it is cancelled."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from gateway.sandbox.memory import SealedBytes

_IN_LOOP: Final = 1_000_000  # bytes; a millisecond at most


async def append(data: SealedBytes, fd: int) -> None:
    """Append `data` to `fd`.

    Raises:
        OSError: no room, or the bytes ended early.
    """
    if data.size <= _IN_LOOP:
        data.copy_to(fd)
        return
    # Descriptors of its own: a cancelled caller closes the others under a running thread.
    source, target = data.slice(0, data.size), os.dup(fd)

    def copy() -> None:
        with source:
            try:
                source.copy_to(target)
            finally:
                os.close(target)

    await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, copy))
