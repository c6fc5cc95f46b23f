"""What one item may cost in all: parts, depth, bytes, growth and time, shared by its tree.

A bomb is found by the sum: however its bytes are spread over members and depths, they are
counted against what was received.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from sanitizers.limits import MAX_DEPTH, MAX_PARTS, MB
from sanitizers.reasons import ReasonCode

MAX_TREE_BYTES: Final = 2_000 * MB  # decoded bytes of one item, all depths together
MAX_TREE_SECONDS: Final = 1_800.0  # one item; a lease is renewed meanwhile
#: Unpacked bytes for each byte received. Logs and tables reach 50, scans as BMP 100;
#: deflate ends at 1,032, and bombs in bombs multiply it.
MAX_TREE_RATIO: Final = 200
#: Unpacked bytes that are no bomb, however small the file that held them.
RATIO_FREE_BYTES: Final = 64 * MB


@dataclass(slots=True)
class TreeBudget:
    """Shared by everything in one item: the sum counts, not each part."""

    parts: int = MAX_PARTS
    total_bytes: int = MAX_TREE_BYTES
    deadline: float = field(default_factory=lambda: monotonic() + MAX_TREE_SECONDS)
    received: int = 0  # bytes of the item's own files
    unpacked: int = 0  # bytes found inside them, at all depths

    def receive(self, size: int) -> None:
        """A file of the item itself, of `size` bytes: what its content is measured by."""
        self.received += size

    def take(self, *, size: int, depth: int) -> ReasonCode | None:
        """Admit one part of `size` bytes at `depth`; the reason when it is too much."""
        self.parts -= 1
        self.total_bytes -= size
        if depth > 0:
            self.unpacked += size
        if self.parts < 0:
            return ReasonCode.TOO_MANY_PARTS
        if depth > MAX_DEPTH:
            return ReasonCode.TOO_DEEP
        if self.total_bytes < 0:
            return ReasonCode.TOO_LARGE
        if self.unpacked > self._most_unpacked:
            return ReasonCode.ARCHIVE_BOMB
        return self.late

    def refuses(self, size: int) -> ReasonCode | None:
        """Why a container with `size` bytes in it is not even begun; None when it may be."""
        if size > self.total_bytes:
            return ReasonCode.TOO_LARGE
        if self.unpacked + size > self._most_unpacked:
            return ReasonCode.ARCHIVE_BOMB
        return None

    @property
    def late(self) -> ReasonCode | None:
        """Why no further work is begun; None while there is time."""
        return ReasonCode.TIMED_OUT if monotonic() > self.deadline else None

    @property
    def room(self) -> int:
        """Bytes that the item's parts may still unpack."""
        return max(0, min(self.total_bytes, self._most_unpacked - self.unpacked))

    @property
    def _most_unpacked(self) -> int:
        return RATIO_FREE_BYTES + MAX_TREE_RATIO * self.received
