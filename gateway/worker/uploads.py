"""Cleans an upload: file by file, each in its own sandboxes, stored as soon as it is clean.

At no time are more than a few files of an upload open, however many it has. Whatever goes
wrong in between, nothing is shown: stored outputs get their rows in one transaction with
the end of the item, and are removed where that does not come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.fidelity.scorer import Desk
from gateway.policy import Effective, Policy
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.pool import Sandbox
from gateway.store.errors import Corrupt, OriginalGone
from gateway.store.results import ItemResult, PartRow, Showing
from gateway.store.work import ClaimedFile, ClaimedItem, Work
from gateway.worker import assemble
from gateway.worker.pipeline import Pipeline, TreeBudget, withheld
from gateway.worker.scan import Scanner
from sanitizers.model import Outcome
from sanitizers.names import clean_name
from sanitizers.reasons import ReasonCode

FILES_AT_ONCE: Final = 4  # of one upload: the sandbox lanes decide what really runs
_WORST_FIRST: Final = (
    Outcome.FAILED, Outcome.WITHHELD, Outcome.LOCKED, Outcome.PARTIAL, Outcome.CLEAN,
)  # fmt: skip

Open = Callable[[ClaimedFile], Awaitable[SealedBytes]]


@dataclass(slots=True)
class _Cleaned:
    """One file's tree as rows from 0, its outputs stored."""

    rows: list[PartRow] = field(default_factory=list)
    outcome: Outcome = Outcome.FAILED


class UploadCleaner:
    """Cleans uploads of one worker. `open_file` decrypts one file for the sandbox."""

    def __init__(
        self,
        work: Work,
        sandbox: Sandbox,
        policy: Policy,
        open_file: Open,
        *,
        scanner: Scanner | None,
    ) -> None:
        self._work = work
        self._sandbox = sandbox
        self._policy = policy
        self._open = open_file
        self._scanner = scanner

    async def clean(self, item: ClaimedItem, desk: Desk | None = None) -> ItemResult:
        """Clean every file under the policy of each recipient.

        `desk` takes what is to be measured afterwards.

        Raises:
            SandboxUnavailable, ScannerUnavailable, StoreError: nothing is kept, try again.
        """
        files = await self._work.files(item)
        rows: list[PartRow] = []
        showings: list[Showing] = []
        outcomes: list[Outcome] = []
        try:
            for effective, delivery_ids in self._by_policy(item):
                cleaned = await self._all(item, files, effective, rows, desk)
                outcomes += [one.outcome for one in cleaned]
                fetchable = any(row.stored for one in cleaned for row in one.rows)
                showings.append(
                    Showing(profile=effective.label, delivery_ids=delivery_ids, fetchable=fetchable)
                )
        except BaseException:
            self._work.discard([row.stored for row in rows if row.stored is not None])
            raise
        return _result(files, rows, showings, outcomes)

    def in_place_of(
        self, item: ClaimedItem, files: Sequence[ClaimedFile], code: ReasonCode
    ) -> ItemResult:
        """The result of an upload that cannot be cleaned at all: every file withheld."""
        rows: list[PartRow] = []
        showings: list[Showing] = []
        for effective, delivery_ids in self._by_policy(item):
            for file in files:
                part = withheld(clean_name(file.name), file.claimed_type, code)
                _append(rows, assemble.rows(part, profile=effective.label))
            showings.append(
                Showing(profile=effective.label, delivery_ids=delivery_ids, fetchable=False)
            )
        outcome = withheld("", "", code).outcome
        return _result(files, rows, showings, [outcome])

    def _by_policy(self, item: ClaimedItem) -> list[tuple[Effective, tuple[int, ...]]]:
        groups: dict[Effective, list[int]] = {}
        for delivery_id, recipient in item.deliveries:
            effective = self._policy.for_upload(
                sender=item.envelope.sender, recipient=recipient, wished=item.profile
            )
            groups.setdefault(effective, []).append(delivery_id)
        return [(effective, tuple(ids)) for effective, ids in groups.items()]

    async def _all(
        self,
        item: ClaimedItem,
        files: Sequence[ClaimedFile],
        effective: Effective,
        rows: list[PartRow],
        desk: Desk | None,
    ) -> list[_Cleaned]:
        """All files under one policy, their rows added to `rows` in the files' order."""
        pipeline = Pipeline(self._sandbox, effective, scanner=self._scanner, desk=desk)
        budget = TreeBudget()
        gate = asyncio.Semaphore(FILES_AT_ONCE)
        done = [_Cleaned() for _ in files]

        async def one(number: int, file: ClaimedFile) -> None:
            async with gate:
                path = f"/{number}"
                await self._file(item, file, pipeline, budget, effective, done[number], path=path)

        tasks = [asyncio.ensure_future(one(n, file)) for n, file in enumerate(files)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        finally:
            for cleaned in done:
                _append(rows, cleaned.rows)
        return done

    async def _file(
        self,
        item: ClaimedItem,
        file: ClaimedFile,
        pipeline: Pipeline,
        budget: TreeBudget,
        effective: Effective,
        cleaned: _Cleaned,
        *,
        path: str,
    ) -> None:
        name = clean_name(file.name)
        try:
            source = await self._open(file)
        except (OriginalGone, Corrupt):
            root = withheld(name, file.claimed_type, ReasonCode.INTERNAL)
        else:
            with source:
                root = await pipeline.clean_file(
                    source, name=name, claimed_type=file.claimed_type, budget=budget, path=path
                )
        try:
            numbered = assemble.rows(root, profile=effective.label)
            for row, part in zip(numbered, root.walk(), strict=True):
                if part.output is not None and (part is root or part.beside):
                    row = replace(row, stored=await self._work.store_output(item, part.output))
                cleaned.rows.append(row)
            cleaned.outcome = root.outcome
        finally:
            root.close()


def _append(rows: list[PartRow], more: Sequence[PartRow]) -> None:
    """Add a tree numbered from 0 behind the others of its profile."""
    base = sum(1 for row in rows if more and row.profile == more[0].profile)
    rows += [
        replace(row, n=row.n + base, parent=None if row.parent is None else row.parent + base)
        for row in more
    ]


def _result(
    files: Sequence[ClaimedFile],
    rows: Sequence[PartRow],
    showings: Sequence[Showing],
    outcomes: Sequence[Outcome],
) -> ItemResult:
    outcome = _overall(outcomes)
    first = clean_name(files[0].name) if files else ""
    subject = first if len(files) < 2 else f"{first} ほか{len(files) - 1}件"
    return ItemResult(
        outcome=outcome.value,
        subject=subject,
        parts=tuple(rows),
        showings=tuple(showings),
        audit={"outcome": outcome.value, "files": len(files), "parts": len(rows)},
    )


def _overall(outcomes: Sequence[Outcome]) -> Outcome:
    """Of all files: what they agree on; partial where some of them crossed."""
    found = set(outcomes)
    if len(found) == 1:
        return next(iter(found))
    if found & {Outcome.CLEAN, Outcome.PARTIAL}:
        return Outcome.PARTIAL
    return min(found, key=_WORST_FIRST.index, default=Outcome.FAILED)
