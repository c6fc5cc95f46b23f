"""What the next hop can take, so that we offer the Internet no more than that.

The LGWAN role learns it from the next hop's EHLO; until it is known our own values stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Features:
    """Of the next hop; None = not known."""

    size: int | None = None  # bytes; RFC 1870
    smtputf8: bool | None = None  # RFC 6531


# Asked at every EHLO: must be cheap and must not raise.
FeatureProvider = Callable[[], Features]


def unknown() -> Features:
    """The provider while nothing is known."""
    return Features()
