"""How much one caller may ask for: a token bucket for each account and address."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic
from typing import Final

_MOST_CALLERS: Final = 20_000  # remembered; the longest silent one is forgotten first


class RateLimit:
    """At most `per_minute` requests of one caller, in bursts of up to half of that."""

    def __init__(self, per_minute: int) -> None:
        self._rate = per_minute / 60
        self._burst = max(per_minute / 2, 1.0)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Count one request: 0.0 = go on, else the seconds until the next is allowed."""
        now = monotonic()
        left, at = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[caller] = (left - 1 if allowed else left, now)
        while len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate
