"""Wrong passwords make the next try wait: by account and address, by address, by account.

Places are stored hashed: what somebody typed into the wrong field is not kept in the clear.
The functions run inside the caller's transaction.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.store.ids import now_us
from gateway.store.tables import sign_in_failures

FREE_TRIES: Final = 5  # wrong passwords of one account from one address before a wait
FREE_TRIES_ADDRESS: Final = 50  # of a whole address: a town hall sits behind one
FREE_TRIES_ACCOUNT: Final = 100  # from anywhere; NIST SP 800-63B section 3.2.2: at most 100
MAX_WAIT_SECONDS: Final = 900.0
#: Shorter, because strangers can cause it: they must not lock a colleague out for the day.
MAX_WAIT_ACCOUNT_SECONDS: Final = 60.0
_FORGET_US: Final = 24 * 3600 * 10**6  # failures older than a day do not count
_IPV6_BITS: Final = 64  # what one customer has at the least (RFC 6177 section 2)


class TooManyFailures(Exception):
    """Too many wrong passwords, or too many sign-ins at once; `seconds` is the wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Place:
    """One thing that failures are counted by."""

    digest: str
    free: int  # tries
    most: float  # seconds of one wait


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), _IPV6_BITS), strict=False))


def places(account: str, client: str) -> tuple[Place, Place, Place]:
    """Where a try of `account` (folded name, or what was typed) from `client` counts."""
    network = network_of(client)
    return (
        Place(_digest(f"{account}\0{network}"), FREE_TRIES, MAX_WAIT_SECONDS),
        Place(_digest(f"\0{network}"), FREE_TRIES_ADDRESS, MAX_WAIT_SECONDS),
        Place(_digest(f"{account}\0"), FREE_TRIES_ACCOUNT, MAX_WAIT_ACCOUNT_SECONDS),
    )


def wait_seconds(connection: Connection, where: tuple[Place, ...]) -> int:
    """How long the next try has to wait; 0 = it may be made."""
    digests = [place.digest for place in where]
    until = connection.execute(
        select(sign_in_failures.c.blocked_until).where(sign_in_failures.c.place.in_(digests))
    ).scalars()
    left = max((moment - now_us() for moment in until), default=0)
    return max(0, -(-left // 10**6))


def failed(connection: Connection, where: tuple[Place, ...]) -> None:
    """Count a wrong password; each one beyond the free tries doubles the wait."""
    now = now_us()
    connection.execute(
        delete(sign_in_failures).where(sign_in_failures.c.last_at < now - _FORGET_US)
    )
    for place in where:
        same = sign_in_failures.c.place == place.digest
        row = connection.execute(select(sign_in_failures).where(same)).first()
        count = 1 + (row._mapping["count"] if row is not None else 0)
        over = count - place.free
        seconds = min(2.0 ** min(over, 30), place.most) if over >= 0 else 0.0
        values = {"count": count, "last_at": now, "blocked_until": now + int(seconds * 1e6)}
        if row is None:
            connection.execute(insert(sign_in_failures), [{"place": place.digest, **values}])
        else:
            connection.execute(update(sign_in_failures).where(same).values(**values))


def forgive(connection: Connection, where: tuple[Place, ...]) -> None:
    """A right password: forget the account's failures, not those of the whole address."""
    own, _address, account = where
    digests = [own.digest, account.digest]
    connection.execute(delete(sign_in_failures).where(sign_in_failures.c.place.in_(digests)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
