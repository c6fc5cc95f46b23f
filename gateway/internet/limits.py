"""How much one client, and all clients together, may take: sessions, commands, bytes.

Each limit is for one receiver process. Clients of trusted hops (the mail relay between the
segments, which brings everybody's mail) are exempt from the limits per address and per
session, never from those of the process.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable
from typing import Final

# One customer gets a /64 at least (RFC 6177): single addresses would be no limit at all.
_IPV6_SITE: Final = 64
_WINDOW: Final = 60.0  # seconds of `max_commands_per_minute`

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """`10.0.0.0/8`, `2001:db8::/32` or single addresses.

    Raises:
        ValueError: not an address or network.
    """
    return tuple(ipaddress.ip_network(text) for text in texts)


def parse_client(text: str) -> Address:
    """A peer address as the socket gives it; a scope id is cut, a mapped IPv4 unwrapped."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


class SessionLimits:
    """Counts open sessions: all, and per address (IPv6: per /64)."""

    def __init__(self, *, total: int, per_address: int, trusted: tuple[Network, ...]) -> None:
        self._total = total
        self._per_address = per_address
        self._trusted = trusted
        self._open: Counter[Network] = Counter()
        self.count = 0

    def is_trusted(self, client: Address) -> bool:
        """The client is a hop of ours."""
        return any(client in network for network in self._trusted)

    def enter(self, client: Address) -> bool:
        """Count a new session in; False = over a limit, nothing was counted."""
        site = _site(client)
        if self.count >= self._total:
            return False
        if self._open[site] >= self._per_address and not self.is_trusted(client):
            return False
        self.count += 1
        self._open[site] += 1
        return True

    def leave(self, client: Address) -> None:
        """Count an entered session out."""
        site = _site(client)
        self.count -= 1
        self._open[site] -= 1
        if not self._open[site]:
            del self._open[site]


def _site(client: Address) -> Network:
    prefix = 32 if client.version == 4 else _IPV6_SITE
    return ipaddress.ip_network((client, prefix), strict=False)


class CommandRate:
    """Commands of one session per minute, in windows of a minute."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._window_end = 0.0
        self._count = 0

    def allow(self, now: float) -> bool:
        """Count one command at `now` (seconds, any steady clock); False = over the limit."""
        if now >= self._window_end:
            self._window_end = now + _WINDOW
            self._count = 0
        self._count += 1
        return self._count <= self._limit


class BytesInFlight:
    """Bytes received or announced that are not yet durable, over all sessions."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.total = 0

    def fits(self, size: int) -> bool:
        """`size` bytes more are within the limit; alone, a mail always is."""
        return self.total == 0 or self.total + size <= self._limit


class Share:
    """One mail's part of the bytes in flight; grows as the mail turns out larger."""

    def __init__(self, in_flight: BytesInFlight) -> None:
        self._in_flight = in_flight
        self._size = 0

    def grow(self, size: int) -> bool:
        """Hold `size` bytes in all; False = over the limit, the share stays as it was."""
        more = size - self._size
        if more <= 0:
            return True
        alone = self._in_flight.total == self._size
        if not alone and not self._in_flight.fits(more):
            return False
        self._in_flight.total += more
        self._size = size
        return True

    def move(self) -> Share:
        """Hand what is held to a new owner; this one is empty then."""
        other = Share(self._in_flight)
        other._size, self._size = self._size, 0
        return other

    def release(self) -> None:
        """Give the share back; idempotent."""
        self._in_flight.total -= self._size
        self._size = 0
