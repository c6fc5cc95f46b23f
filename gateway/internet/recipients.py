"""Whom we take mail for: our domains, and the people in them.

A recipient is taken only when its domain is listed in `relay_domains`; an empty list
refuses all (no open relay). Within it the addresses come from a file, from asking the next
hop, or are not checked at all, as `recipients` says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, Protocol

import structlog

from gateway.config import Config
from gateway.internet import replies
from gateway.internet.addresses import Address, AddressError, parse_address, parse_domain
from gateway.internet.verify import NextHopProbe

FILE_PREFIX: Final = "file:"
# A list is looked at once a second, and read only when it has been still for as long: an
# editor that empties the file before it writes must not make us refuse everybody.
_LOOK_EVERY: Final = 1.0  # seconds
_MAX_FILE: Final = 64_000_000  # bytes; a million addresses

_log = structlog.get_logger()


class RecipientCheck(Protocol):
    """Says whether a recipient exists."""

    async def check(self, address: Address) -> str | None:
        """None = take it; else the reply to RCPT."""


class RelayDomains:
    """Our domains. `example.jp` is that domain, `.example.jp` every domain below it."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Raises AddressError for an entry that is no domain."""
        self._exact: list[str] = []
        self._below: list[str] = []
        for entry in entries:
            if entry.startswith("."):
                self._below.append("." + parse_domain(entry[1:]))
            else:
                self._exact.append(parse_domain(entry))

    def __contains__(self, domain: str) -> bool:
        return domain in self._exact or any(domain.endswith(below) for below in self._below)

    @property
    def postmaster(self) -> str | None:
        """Where `RCPT TO:<postmaster>` goes (RFC 5321 section 4.5.1)."""
        return f"postmaster@{self._exact[0]}" if self._exact else None


class Unchecked:
    """Every address of our domains; the next hop will say."""

    async def check(self, address: Address) -> str | None:
        """Takes it."""
        return None


class RecipientFile:
    """A text file: one address or `@domain` in a line, `#` begins a comment, any case."""

    def __init__(self, path: Path) -> None:
        """Read the list.

        Raises:
            OSError: the file cannot be read.
            ValueError: a line is no address, or there is none.
        """
        self._path = path
        self._stamp = _stamp(path)
        self._known = _read(path)
        self._next_look = 0.0

    async def check(self, address: Address) -> str | None:
        """Unknown: 550 5.1.1."""
        await self._look(time.monotonic())
        full = f"{address.local}@{address.domain}".casefold()
        if full in self._known or f"@{address.domain}" in self._known:
            return None
        return replies.NO_SUCH_USER

    async def _look(self, now: float) -> None:
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_EVERY
        try:
            stamp = _stamp(self._path)
            still = time.time() - stamp[0] / 1e9 >= _LOOK_EVERY
            if stamp == self._stamp or not still:
                return
            self._stamp = stamp
            self._known = await asyncio.to_thread(_read, self._path)
        except (OSError, ValueError) as error:
            # The last good list stays: refusing everybody for good (550) would be worse.
            _log.error("smtp.recipients_unreadable", why=type(error).__name__)
        else:
            _log.info("smtp.recipients_read", addresses=len(self._known))


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path) -> frozenset[str]:
    if path.stat().st_size > _MAX_FILE:
        raise ValueError("the list of recipients is too large")
    known = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        try:
            if entry.startswith("@"):
                known.add("@" + parse_domain(entry[1:]))
            else:
                address = parse_address(entry, smtputf8=True)
                known.add(f"{address.local}@{address.domain}".casefold())
        except AddressError:
            raise ValueError(f"line {number} is not an address or @domain") from None
    if not known:
        raise ValueError("the list of recipients is empty")
    return frozenset(known)


def open_recipients(
    config: Config, *, probe: Callable[[Config], RecipientCheck] = NextHopProbe
) -> RecipientCheck:
    """The check that `[smtp] recipients` asks for.

    Raises:
        OSError, ValueError: it cannot be made (see `RecipientFile`; an unknown word).
    """
    wanted = config.smtp.recipients
    if not wanted:
        return Unchecked()
    if wanted == "verify":
        return probe(config)
    if wanted.startswith(FILE_PREFIX):
        return RecipientFile(Path(wanted.removeprefix(FILE_PREFIX)))
    raise ValueError('write "", "file:PATH" or "verify"')
