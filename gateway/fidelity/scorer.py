"""Scores parts for the worker: after their item is finished, beside all work, best effort.

Nothing of an item waits for a score or fails by one. What is to be measured is kept as
descriptors of its own until its item is finished; where too much waits already, a part has
no score, which is counted. Never raises into the worker's way.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol

import structlog
from prometheus_client import Counter, Histogram

from gateway.fidelity.instrument import MAX_BYTES, Compared, Instrument, Score, measurable
from gateway.sandbox.memory import SealedBytes
from sanitizers.limits import MB

log = structlog.get_logger(__name__)

#: "sampled" measures one part of this many, always the same ones of an item.
SAMPLED_ONE_OF: Final = 100
#: Descriptors that wait, of parts and of what they lie in, may hold this much.
MAX_WAITING_BYTES: Final = 128 * MB
MAX_WAITING: Final = 32
#: From start to end of one comparison: two conversions by LibreOffice fit.
COMPARE_SECONDS: Final = 180.0

_SHARES: Final = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 1.0)
text_kept: Final = Histogram(
    "mugaika_fidelity_text", "Share of a part's characters kept", buckets=_SHARES
)
picture_kept: Final = Histogram(
    "mugaika_fidelity_picture", "SSIM of a part's page in the middle", buckets=_SHARES
)
size_ratio: Final = Histogram(
    "mugaika_fidelity_size_ratio", "Bytes of a cleaned part by bytes of its original",
    buckets=(0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 5.0, 10.0),
)  # fmt: skip
unscored: Final = Counter(
    "mugaika_fidelity_unscored", "Parts chosen that have no score, by cause", ["cause"]
)


def chosen(part_id: str, mode: str) -> bool:
    """Whether a policy's `fidelity` wants this part measured; the same answer each time."""
    if mode == "sampled":
        digest = hashlib.sha256(part_id.encode()).digest()
        return int.from_bytes(digest[:8]) % SAMPLED_ONE_OF == 0
    return mode == "always"


class Row(Protocol):
    """A part's row, as far as it is needed here."""

    @property
    def profile(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def measurement(self) -> int | None: ...


@dataclass(slots=True)
class _Pair:
    before: SealedBytes
    after: SealedBytes
    before_type: str
    after_type: str
    held: int  # bytes that the descriptors keep alive
    item_id: str = ""
    profile: str = ""
    n: int = 0

    def close(self) -> None:
        self.before.close()
        self.after.close()


Record = Callable[[str, str, int, str], Awaitable[None]]


class Scorer:
    """Measures one pair after the other. `record` stores (item, profile, n, JSON)."""

    def __init__(self, instrument: Instrument, record: Record) -> None:
        self._instrument = instrument
        self._record = record
        self._waiting: deque[_Pair] = deque()
        self._held = 0
        self._count = 0
        self._more = asyncio.Event()

    def desk(self, item_id: str) -> Desk:
        """Where the parts of one item are handed in. Use it as a context manager."""
        return Desk(self, item_id)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._more.wait()
                self._more.clear()
                while self._waiting:
                    pair = self._waiting.popleft()
                    try:
                        await self._score(pair)
                    except Exception as error:  # noqa: BLE001 - a score is not worth a worker
                        unscored.labels(cause="fault").inc()
                        log.warning("not_scored", item=pair.item_id, why=type(error).__name__)
                    finally:
                        self.drop(pair)
        finally:
            while self._waiting:
                self.drop(self._waiting.popleft())
            self._instrument.close()

    async def _score(self, pair: _Pair) -> None:
        compared: Compared | None = await asyncio.wait_for(
            self._instrument.compare(
                pair.before, pair.after, before_type=pair.before_type, after_type=pair.after_type
            ),
            COMPARE_SECONDS,
        )
        if compared is None:
            unscored.labels(cause="unreadable").inc()
            return
        score = compared.score
        observe(score)
        await self._record(pair.item_id, pair.profile, pair.n, json.dumps(score.as_dict()))

    def take(self, pair: _Pair) -> bool:
        """Keep a pair until it is dropped; False: too much waits."""
        if self._count >= MAX_WAITING or self._held + pair.held > MAX_WAITING_BYTES:
            unscored.labels(cause="busy").inc()
            pair.close()
            return False
        self._count += 1
        self._held += pair.held
        return True

    def drop(self, pair: _Pair) -> None:
        """Give a pair's descriptors back."""
        self._count -= 1
        self._held -= pair.held
        pair.close()

    def queue(self, pairs: Sequence[_Pair]) -> None:
        """To be measured; taken before."""
        self._waiting.extend(pairs)
        self._more.set()


class Desk:
    """The parts of one item that are to be measured once it is finished."""

    def __init__(self, scorer: Scorer, item_id: str) -> None:
        self._scorer = scorer
        self._item_id = item_id
        self._pairs: list[_Pair | None] = []

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pair in self._pairs:
            if pair is not None:
                self._scorer.drop(pair)
        self._pairs.clear()

    def keep(
        self,
        before: SealedBytes,
        after: SealedBytes,
        *,
        before_type: str,
        after_type: str,
        path: str,
        mode: str,
    ) -> int | None:
        """A ticket for a part that the policy wants measured, None for any other.

        `path`: the part's place in its item's tree.
        """
        if (
            not measurable(before_type, after_type)
            or before.size + after.size > MAX_BYTES
            or not chosen(f"{self._item_id}{path}", mode)
        ):
            return None
        # A view keeps everything alive that its descriptor holds: all of a container.
        held = os.fstat(before.fd).st_size + os.fstat(after.fd).st_size
        pair = _Pair(
            before=before.slice(0, before.size),
            after=after.slice(0, after.size),
            before_type=before_type,
            after_type=after_type,
            held=held,
        )
        if not self._scorer.take(pair):
            return None
        self._pairs.append(pair)
        return len(self._pairs) - 1

    def hand_in(self, rows: Sequence[Row]) -> None:
        """The item is finished; `rows` are its parts, some with a ticket."""
        ready: list[_Pair] = []
        for row in rows:
            pair = self._pairs[row.measurement] if row.measurement is not None else None
            if row.measurement is not None and pair is not None:
                pair.item_id, pair.profile, pair.n = self._item_id, row.profile, row.n
                self._pairs[row.measurement] = None
                ready.append(pair)
        self._scorer.queue(ready)


def observe(score: Score) -> None:
    """Count a score in the metrics."""
    for histogram, value in (
        (text_kept, score.text), (picture_kept, score.picture), (size_ratio, score.size),
    ):  # fmt: skip
        if value is not None:
            histogram.observe(value)
