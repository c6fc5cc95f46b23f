"""The worker process: claims due items, cleans them, hands the result to the store.

Many items are in work at once, so that a slow file never holds up the next mail; the
sandbox lanes decide what really runs. Every ending is one of: finished (one transaction),
given back with a delay, or lost (our lease lapsed, another worker has it: stop, no side
effect). An item that fails again and again gets a notice instead of another try.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Final

import structlog

from gateway.config import Config
from gateway.fidelity.instrument import Instrument
from gateway.fidelity.scorer import Desk, Scorer
from gateway.policy import Effective, Policy
from gateway.sandbox.memory import MAX_MEMFD_INPUT, Scratch, SealedBytes, UnlinkedFile
from gateway.sandbox.pool import Sandbox
from gateway.store.dispatch import Waker
from gateway.store.errors import Corrupt, OriginalGone, StoreError
from gateway.store.ids import now_us
from gateway.store.presence import BEAT_SECONDS, Presence
from gateway.store.results import ItemResult, NewMail, PartRow
from gateway.store.work import HOLD_SCANNER, ClaimedFile, ClaimedItem, Work
from gateway.worker import assemble, metrics
from gateway.worker.assemble import MailLoop, Site
from gateway.worker.canary import check as check_canary
from gateway.worker.check import CheckFailed
from gateway.worker.pipeline import CleanedPart, Pipeline, withheld
from gateway.worker.scan import Scanner, ScannerUnavailable
from gateway.worker.uploads import UploadCleaner
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode

log = structlog.get_logger(__name__)

LEASE_SECONDS: Final = 60.0
RENEW_SECONDS: Final = 15.0
SWEEP_SECONDS: Final = 1.0  # the table is asked at least this often, hints or not
GATHER_SECONDS: Final = 0.02  # between two claims while mail keeps coming
PURGE_SECONDS: Final = 600.0
ITEMS_PER_SLOT: Final = 16  # items in work per sandbox slot: most wait for a child
CANARY_SECONDS: Final = 30.0  # health wants one cleaned within the last minute
HOLD_SECONDS: Final = 10.0  # until a held item asks the malware scanner again
RETRY_SECONDS: Final = 15.0  # doubled with each attempt: 30 s, 1 min, 2 min
STOP_GRACE_SECONDS: Final = 20.0  # running items may finish; then they are given back
_ORDER: Final = (
    Outcome.FAILED, Outcome.WITHHELD, Outcome.LOCKED, Outcome.PARTIAL, Outcome.CLEAN,
)  # fmt: skip


class Worker:
    """One worker process. Without an `instrument` no part is measured."""

    def __init__(
        self,
        config: Config,
        policy: Policy,
        work: Work,
        sandbox: Sandbox,
        site: Site,
        instrument: Instrument | None = None,
    ) -> None:
        self._config = config
        self._policy = policy
        self._work = work
        self._sandbox = sandbox
        self._site = site
        self._scanner = Scanner(config.scanner) if config.scanner.socket else None
        self._uploads = UploadCleaner(work, sandbox, policy, self._open_file, scanner=self._scanner)
        self._scorer = Scorer(instrument, work.record_score) if instrument is not None else None
        self._running: dict[asyncio.Task[None], ClaimedItem] = {}
        self._bytes = 0
        self._most_items = config.workers.count * ITEMS_PER_SLOT
        self._most_bytes = config.workers.memory // 4

    async def run(self, stop: asyncio.Event, waker: Waker) -> None:
        """Until `stop` is set and what is claimed is finished or given back."""
        renewing = asyncio.create_task(self._renew())
        purging = asyncio.create_task(self._purge())
        scoring = asyncio.create_task(self._scorer.run()) if self._scorer is not None else None
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if await self._claim():
                    # Busy: what comes meanwhile is claimed in one go, in one transaction.
                    await asyncio.wait({stopping}, timeout=GATHER_SECONDS)
                    continue
                hint = asyncio.create_task(waker.wait(SWEEP_SECONDS))
                ended = set(self._running) if self._full() else self._tried()
                await asyncio.wait({hint, stopping, *ended}, return_when=asyncio.FIRST_COMPLETED)
                hint.cancel()
        finally:
            stopping.cancel()
            if self._running:
                await asyncio.wait(set(self._running), timeout=STOP_GRACE_SECONDS)
            for task in list(self._running):
                task.cancel()
            if self._running:
                await asyncio.wait(set(self._running))
            renewing.cancel()
            purging.cancel()
            if scoring is not None:
                scoring.cancel()
                await asyncio.wait({scoring})

    def _tried(self) -> set[asyncio.Task[None]]:
        """Items in work that were tried before: one at a time (see `Work.claim`)."""
        return {task for task, item in self._running.items() if item.attempts > 1}

    def _full(self) -> bool:
        return len(self._running) >= self._most_items or self._bytes >= self._most_bytes

    async def _claim(self) -> int:
        if self._full():
            return 0
        try:
            items = await self._work.claim(
                self._most_items - len(self._running),
                lease_seconds=LEASE_SECONDS,
                tried=not self._tried(),
            )
        except StoreError as error:
            log.error("claim_failed", code=error.code)
            await asyncio.sleep(SWEEP_SECONDS)
            return 0
        for item in items:
            task = asyncio.create_task(self._item(item))
            self._running[task] = item
            self._bytes += item.size
            task.add_done_callback(self._done)
        return len(items)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._bytes -= self._running.pop(task).size
        if not task.cancelled() and (error := task.exception()) is not None:
            # The lease lapses and the item becomes due again: nothing is lost.
            log.error("item_task_failed", error=type(error).__name__)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            mine = dict(self._running)
            try:
                kept = await self._work.renew(mine.values(), lease_seconds=LEASE_SECONDS)
            except StoreError as error:
                log.error("renew_failed", code=error.code)
                continue
            for task, item in mine.items():
                if item.id not in kept and not task.done():
                    log.warning("lease_lost", item=item.id)
                    task.cancel()

    async def _purge(self) -> None:
        while True:
            await asyncio.sleep(PURGE_SECONDS)
            try:
                await self._work.purge()
            except StoreError as error:
                log.error("purge_failed", code=error.code)

    async def _item(self, item: ClaimedItem) -> None:
        structlog.contextvars.bind_contextvars(item=item.id)
        try:
            await self._clean(item)
        except asyncio.CancelledError:
            why = "worker stops"
            await self._work.release(item, delay_seconds=0, why=why, attempt_back=True)
            raise
        except ScannerUnavailable as error:
            log.warning("item_held", why="scanner", detail=str(error))
            await self._work.release(
                item, delay_seconds=HOLD_SECONDS, why="scanner", hold=HOLD_SCANNER
            )
        except StoreError as error:
            await self._give_back(item, error, attempt_back=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, the item is due again
            await self._give_back(item, error, attempt_back=False)

    async def _give_back(self, item: ClaimedItem, error: Exception, *, attempt_back: bool) -> None:
        """A fault of ours: later again. The store's own faults do not use up attempts."""
        why = type(error).__name__
        log.error("item_given_back", why=why, detail=str(error))
        metrics.given_back.inc()
        await self._work.release(
            item,
            delay_seconds=RETRY_SECONDS * 2**item.attempts,
            why=why,
            attempt_back=attempt_back,
        )

    async def _clean(self, item: ClaimedItem) -> None:
        if self._scorer is None:
            await self._cleaned(item, None)
        else:
            with self._scorer.desk(item.id) as desk:
                await self._cleaned(item, desk)

    async def _cleaned(self, item: ClaimedItem, desk: Desk | None) -> None:
        if item.attempts > self._config.workers.max_attempts:
            log.error("item_given_up", attempts=item.attempts)
            result = await self._in_place_of(item, ReasonCode.GIVEN_UP)
        elif item.kind == "upload":
            result = await self._uploads.clean(item, desk)
        else:
            try:
                source = await self._open(item)
            except (OriginalGone, Corrupt) as error:
                log.error("original_unreadable", code=error.code)
                result = await self._in_place_of(item, ReasonCode.INTERNAL)
            else:
                with source:
                    result = await self._result(item, source, desk)
        if await self._work.finish(item, result):
            if desk is not None:
                desk.hand_in(result.parts)
            metrics.items.labels(outcome=result.outcome).inc()
            log.info("item_cleaned", kind=item.kind, outcome=result.outcome)
        else:
            log.warning("item_lost", why="another worker has it")

    async def _open(self, item: ClaimedItem) -> SealedBytes:
        return await self._sealed(item.size, partial(self._work.original_to_fd, item))

    async def _open_file(self, file: ClaimedFile) -> SealedBytes:
        return await self._sealed(file.size, partial(self._work.file_to_fd, file))

    async def _sealed(self, size: int, write: Callable[[int], Awaitable[int]]) -> SealedBytes:
        """What `write` puts into a descriptor: in memory, or in an unlinked file if large."""
        if size <= MAX_MEMFD_INPUT:
            with Scratch() as scratch:
                await write(scratch.fd)
                return scratch.seal()
        folder = self._config.data_dir / "tmp"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unlinked = UnlinkedFile(folder)
        try:
            await write(unlinked.fd)
            return unlinked.seal()
        finally:
            unlinked.close()

    async def _result(
        self, item: ClaimedItem, source: SealedBytes, desk: Desk | None
    ) -> ItemResult:
        mails: list[NewMail] = []
        parts: list[PartRow] = []
        outcomes: list[Outcome] = []
        subject = ""
        for effective, delivery_ids in self._by_policy(item):
            cleaned = root = await Pipeline(
                self._sandbox, effective, scanner=self._scanner, desk=desk
            ).clean_mail(source)
            try:
                try:
                    mails.append(self._mail(root, item, effective, delivery_ids))
                except MailLoop:
                    log.warning("mail_loop")
                    root = withheld("", root.media_type, ReasonCode.MAIL_LOOP)
                parts += assemble.rows(root, profile=effective.label)
                outcomes.append(root.outcome)
                subject = subject or assemble.subject_of(root)
                self._count(root)
            finally:
                cleaned.close()
        outcome = min(outcomes, key=_ORDER.index)
        return ItemResult(
            outcome=outcome.value,
            subject=subject,
            parts=tuple(parts),
            mails=tuple(mails),
            audit={"outcome": outcome.value, "parts": len(parts)},
        )

    def _mail(
        self,
        root: CleanedPart,
        item: ClaimedItem,
        effective: Effective,
        delivery_ids: tuple[int, ...],
    ) -> NewMail:
        if root.outcome in (Outcome.CLEAN, Outcome.PARTIAL):
            try:
                return assemble.cleaned_mail(
                    root,
                    item,
                    profile=effective.label,
                    delivery_ids=delivery_ids,
                    site=self._site,
                )
            except CheckFailed as failed:
                log.error("mail_not_verified", detail=str(failed))
                root.outcome, root.reason = Outcome.WITHHELD, ReasonCode.NOT_VERIFIED
        return assemble.withheld_mail(
            item,
            code=root.reason or ReasonCode.INTERNAL,
            profile=effective.label,
            delivery_ids=delivery_ids,
            site=self._site,
        )

    def _by_policy(self, item: ClaimedItem) -> list[tuple[Effective, tuple[int, ...]]]:
        groups: dict[Effective, list[int]] = {}
        for delivery_id, recipient in item.deliveries:
            effective = self._policy.for_delivery(sender=item.envelope.sender, recipient=recipient)
            groups.setdefault(effective, []).append(delivery_id)
        return [(effective, tuple(ids)) for effective, ids in groups.items()]

    async def _in_place_of(self, item: ClaimedItem, code: ReasonCode) -> ItemResult:
        if item.kind == "upload":
            return self._uploads.in_place_of(item, await self._work.files(item), code)
        mails = tuple(
            assemble.withheld_mail(
                item, code=code, profile=effective.label, delivery_ids=ids, site=self._site
            )
            for effective, ids in self._by_policy(item)
        )
        root = withheld("", "message/rfc822", code)
        parts = tuple(
            row
            for effective, _ in self._by_policy(item)
            for row in assemble.rows(root, profile=effective.label)
        )
        return ItemResult(
            outcome=root.outcome.value,
            subject="",
            parts=parts,
            mails=mails,
            audit={"outcome": root.outcome.value, "reason": code.value},
        )

    @staticmethod
    def _count(root: CleanedPart) -> None:
        for part in root.walk():
            metrics.parts.labels(
                outcome=part.outcome.value, reason=part.reason.value if part.reason else ""
            ).inc()


def site_of(config: Config, hops_key: bytes) -> Site:
    """What the composer must know, from the configuration."""
    hostname = config.smtp.hostname or socket.getfqdn()
    return Site(hostname=hostname, public_url=config.lgwan.public_url, hops_key=hops_key)


async def run(config: Config, policy: Policy, stop: asyncio.Event) -> None:
    """The worker role.

    Raises:
        SandboxUnavailable: the sandbox cannot be locked here; the process must not run.
        StoreError: the store or the private key is not there.
    """
    work = Work.open(config)
    sandbox = Sandbox(slots=config.workers.count, memory_bytes=config.workers.memory)
    waker = Waker(config.data_dir, "worker")
    try:
        await sandbox.start()
        released = await work.release_dead()
        log.info("worker_ready", pid=os.getpid(), released=released)
        instrument = Instrument(sandbox)
        site = site_of(config, work.hops_key)
        worker = Worker(config, policy, work, sandbox, site, instrument)
        presence = Presence(work.database, "worker")
        beating = asyncio.create_task(_beat(presence, sandbox, instrument, config, policy))
        await worker.run(stop, waker)
        beating.cancel()
        await presence.leave()
    finally:
        waker.close()
        await sandbox.close()
        work.close()


async def _beat(
    presence: Presence, sandbox: Sandbox, instrument: Instrument, config: Config, policy: Policy
) -> None:
    canary, canary_at, due = "not yet cleaned", 0, 0.0
    scanner = Scanner(config.scanner) if config.scanner.socket else None
    required = any(profile.scan == "required" for profile in policy.file.profiles.values())
    scanning: dict[str, object] = {}
    while True:
        if monotonic() >= due:
            canary, canary_at = await check_canary(sandbox), now_us()
            due = monotonic() + (CANARY_SECONDS if not canary else BEAT_SECONDS)
            if canary:
                log.error("canary_failed", why=canary)
            if scanner is not None:
                scanning = {"required": required, **await _scanner_state(scanner)}
        try:
            await presence.beat(
                {
                    "canary": canary,
                    "canary_at": canary_at,
                    "locks": sandbox.hello(),
                    "scanner": scanning,
                    "tools": sandbox.tools(),
                    "instruments": instrument.programs(),
                }
            )
        except StoreError as error:
            log.error("heartbeat_failed", code=error.code)
        await asyncio.sleep(BEAT_SECONDS)


async def _scanner_state(scanner: Scanner) -> dict[str, object]:
    """The malware scanner as health shows it: its version, or why it does not answer."""
    try:
        return {"version": await scanner.version(), "error": ""}
    except ScannerUnavailable as error:
        log.error("scanner_unavailable", why=str(error))
        return {"version": "", "error": str(error) or "no answer"}
