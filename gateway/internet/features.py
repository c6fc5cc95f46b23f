"""What the next hop can take, so that we offer the Internet no more than that.

The LGWAN role learns it from the next hop's EHLO and says it in its heartbeat; until it is
known our own values stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.store.presence import Process


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


class HeardFeatures:
    """A provider fed from the heartbeats; what was once heard stays while nobody says else."""

    def __init__(self) -> None:
        self._features = Features()

    def __call__(self) -> Features:
        """The newest that was heard."""
        return self._features

    def hear(self, processes: Iterable[Process]) -> None:
        """Take what the LGWAN role's freshest heartbeat says; other shapes are ignored."""
        relays = [process for process in processes if process.role == "lgwan"]
        for process in sorted(relays, key=lambda process: process.seen_at):
            said = process.detail.get("features")
            if not isinstance(said, dict) or not said:
                continue
            size, smtputf8 = said.get("size"), said.get("smtputf8")
            self._features = Features(
                # RFC 1870 section 4: 0 means that no limit is known.
                size=size if type(size) is int and size > 0 else None,
                smtputf8=smtputf8 if isinstance(smtputf8, bool) else None,
            )
