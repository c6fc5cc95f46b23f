"""Item numbers that staff can read over the phone, and the clock of the tables."""

from __future__ import annotations

import secrets
import time
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford: no i, l, o, u
ID_LENGTH: Final = 20
_TIME_CHARS: Final = 9
MAX_IDENTITY: Final = 320  # characters: the longest mail address (RFC 5321 section 4.5.3.1)


def now_us() -> int:
    """Microseconds since the epoch (UTC), as all times in the tables."""
    return time.time_ns() // 1000


def new_item_id() -> str:
    """20 characters: 9 of milliseconds, 11 (55 bits) random; sorts by time."""
    number = time.time_ns() // 1_000_000
    head = ""
    for _ in range(_TIME_CHARS):
        head = _ALPHABET[number & 31] + head
        number >>= 5
    noise = secrets.randbits(5 * (ID_LENGTH - _TIME_CHARS))
    tail = ""
    for _ in range(ID_LENGTH - _TIME_CHARS):
        tail += _ALPHABET[noise & 31]
        noise >>= 5
    return head + tail


def is_item_id(value: str) -> bool:
    """Whether `value` has the form of an item number."""
    return len(value) == ID_LENGTH and set(value) <= set(_ALPHABET)


def identity(address: str) -> str:
    """Whose an item is: a mail address or account name without regard to case."""
    return address.strip().casefold()[:MAX_IDENTITY]
