"""Hashing passwords: argon2id, in threads, a few at once, in a queue that cannot grow."""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.store.throttle import TooManyFailures

MAX_PASSWORD: Final = 256  # characters: hashing must not become work for strangers
#: argon2id, RFC 9106 section 4, second recommended option: 64 MiB, 3 passes. One lane: the
#: lanes of one hash would run on all cores, and sign-ins must not take them from cleaning.
ARGON2_MEMORY_KIB: Final = 65_536
ARGON2_PASSES: Final = 3
ARGON2_LANES: Final = 1
HASHES_AT_ONCE: Final = 2  # each takes 64 MiB: a flood of sign-ins must not take all memory
MOST_WAITING: Final = 50  # for a turn to hash: about three seconds' work
BUSY_SECONDS: Final = 5  # told to those beyond

_HASHER: Final = PasswordHasher(
    time_cost=ARGON2_PASSES, memory_cost=ARGON2_MEMORY_KIB, parallelism=ARGON2_LANES
)


class Hashing:
    """The hashes of one process."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(HASHES_AT_ONCE)
        self._waiting = 0
        self._nobody = ""  # what an unknown name is compared with

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One of the few hashes at once; `hash` and `matches` need it.

        Raises:
            TooManyFailures: the queue is too long to join.
        """
        if self._waiting >= MOST_WAITING:
            raise TooManyFailures(BUSY_SECONDS)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    async def hash(self, password: str) -> str:
        """The argon2id string to store."""
        return await asyncio.to_thread(_HASHER.hash, _normal(password))

    async def matches(self, known: str | None, password: str) -> bool:
        """Whether this is the password of `known`; takes as long where nothing is known."""
        if not self._nobody:
            self._nobody = await self.hash(secrets.token_urlsafe(16))
        shown = _normal(password[:MAX_PASSWORD])
        right = await asyncio.to_thread(_verify, known or self._nobody, shown)
        return right and known is not None


def _normal(password: str) -> str:
    """One form for the same characters on all keyboards (NIST SP 800-63B section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _verify(known: str, password: str) -> bool:
    try:
        return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False
