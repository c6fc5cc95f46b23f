"""Delivers cleaned mails to the next hop: leases, retries, results, reports.

Reads only verified bytes from the clean space. The order of each try is: `sending`
committed, connection, content, fence committed, final dot, reply, result committed. A
death anywhere leaves a lease that lapses; between fence and result the next try is
marked as a possible duplicate, which is better than a loss.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Final

import structlog

from gateway.config import Config
from gateway.lgwan import metrics, report
from gateway.lgwan.client import Connection, ConnectionFailed, NextHop, Result, printable
from gateway.store.dispatch import Waker
from gateway.store.errors import Corrupt, StoreError
from gateway.store.ids import now_us
from gateway.store.outbox import Dispatch, Outbox, Rcpt, Report, Settled

log = structlog.get_logger(__name__)

LEASE_SECONDS: Final = 120.0  # longer than a try: a fence after its end fails
SWEEP_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.02  # between two claims while mail keeps coming
IDLE_SECONDS: Final = 10.0  # an unused connection is closed after so long
STOP_GRACE_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.5  # how often an idle sender looks whether the relay ends
_DOWN_SECONDS: Final = 3.0  # after a failed connection nobody tries again for so long
_HOUR: Final = 3600.0


class Relay:
    """One relay process: a claimer and a few connections."""

    def __init__(self, config: Config, outbox: Outbox, hop: NextHop) -> None:
        self._config = config
        self._outbox = outbox
        self._hop = hop
        self._queue: asyncio.Queue[Dispatch] = asyncio.Queue()
        self._ending = False
        self._down_until = 0.0
        self._reports: deque[float] = deque()
        self.features: dict[str, object] = {}
        self.last_contact: str = ""
        self.last_error: str = ""

    async def run(self, stop: asyncio.Event, waker: Waker) -> None:
        """Until `stop` is set and running transactions ended."""
        senders = [
            asyncio.create_task(self._sender()) for _ in range(self._config.relay.connections)
        ]
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                if await self._claim():
                    # Busy: what comes meanwhile is claimed in one go, in one transaction.
                    await asyncio.wait({stopping}, timeout=GATHER_SECONDS)
                    continue
                hint = asyncio.create_task(waker.wait(SWEEP_SECONDS))
                await asyncio.wait({hint, stopping}, return_when=asyncio.FIRST_COMPLETED)
                hint.cancel()
        finally:
            stopping.cancel()
            await self._give_back()
            self._ending = True
            await asyncio.wait(senders, timeout=STOP_GRACE_SECONDS)
            for sender in senders:
                sender.cancel()
            await asyncio.gather(*senders, return_exceptions=True)

    async def _give_back(self) -> None:
        """What is claimed but not begun becomes due again at once."""
        while not self._queue.empty():
            dispatch = self._queue.get_nowait()
            again = {
                r.delivery_id: Settled(kind="deferred", reply="relay stops", ambiguous=r.ambiguous)
                for r in dispatch.rcpts
            }
            try:
                await self._outbox.settle(dispatch, again)
            except StoreError as error:  # the lease lapses instead
                log.error("not_given_back", item=dispatch.item_id, code=error.code)

    async def _claim(self) -> int:
        room = self._config.relay.connections * 2 - self._queue.qsize()
        if room <= 0:
            return 1  # all connections have work: look again soon
        try:
            found = await self._outbox.claim(room, lease_seconds=LEASE_SECONDS)
        except StoreError as error:
            log.error("claim_failed", code=error.code)
            return 0
        for dispatch in found:
            self._queue.put_nowait(dispatch)
        return len(found)

    async def _sender(self) -> None:
        connection = Connection(self._hop)
        try:
            idle_since = monotonic()
            while not self._ending:
                try:
                    async with asyncio.timeout(_LOOK_SECONDS):
                        dispatch = await self._queue.get()
                except TimeoutError:
                    if monotonic() - idle_since > IDLE_SECONDS:
                        await connection.quit()
                    continue
                try:
                    await self._deliver(connection, dispatch)
                except StoreError as error:
                    # The lease lapses and the delivery becomes due again.
                    log.error("delivery_not_recorded", item=dispatch.item_id, code=error.code)
                    connection.close()
                except Exception as error:  # noqa: BLE001 - a sender must outlive any mail
                    log.error("delivery_failed", item=dispatch.item_id, why=type(error).__name__)
                    connection.close()
                idle_since = monotonic()
            await connection.quit()
        finally:
            connection.close()

    async def _deliver(self, connection: Connection, dispatch: Dispatch) -> None:
        try:
            content = await self._outbox.content(dispatch)
        except Corrupt as error:
            log.critical("clean_bytes_corrupt", item=dispatch.item_id, detail=str(error))
            await self._settle(dispatch, _refuse_all(dispatch, "the stored mail is corrupt"), b"")
            return
        if connection.sent >= self._config.relay.messages_per_connection:
            await connection.quit()
        if not connection.is_open:
            try:
                if monotonic() < self._down_until:
                    raise ConnectionFailed(self.last_error)
                await connection.open()
            except ConnectionFailed as error:
                if monotonic() >= self._down_until:
                    self._contact(error=str(error))
                result = Result(deferred={r.recipient: str(error) for r in dispatch.rcpts})
                await self._settle(dispatch, result, content)
                return
            self._contact()
            self.features = {"size": connection.max_size, "smtputf8": connection.smtputf8}
        recipients = [r.recipient for r in dispatch.rcpts]
        by_recipient = {r.recipient: r.delivery_id for r in dispatch.rcpts}

        # Nobody may take the delivery while its reply can still come.
        after_dot = LEASE_SECONDS + self._hop.timeout

        async def fence(accepted: Sequence[str]) -> bool:
            return await self._outbox.fence(
                dispatch, [by_recipient[a] for a in accepted], lease_seconds=after_dot
            )

        result = await connection.send(
            sender=dispatch.envelope_from,
            recipients=recipients,
            content=content,
            smtputf8=dispatch.smtputf8,
            fence=fence,
        )
        if result.fenced_off:
            log.warning("fenced_off", item=dispatch.item_id)
            return
        await self._settle(dispatch, result, content)

    def _contact(self, error: str = "") -> None:
        metrics.connections.labels(result="failed" if error else "open").inc()
        metrics.next_hop_up.set(0 if error else 1)
        self.last_error = error
        if error:
            self._down_until = monotonic() + _DOWN_SECONDS
        else:
            self.last_contact = str(now_us())

    async def _settle(self, dispatch: Dispatch, result: Result, content: bytes) -> None:
        settled: dict[int, Settled] = {}
        failures: list[tuple[str, str, bool]] = []
        for rcpt in dispatch.rcpts:
            end = self._end(rcpt, result)
            settled[rcpt.delivery_id] = end
            metrics.deliveries.labels(result=end.kind).inc()
            if end.kind in ("bounced", "expired"):
                failures.append((rcpt.recipient, end.reply, end.kind == "expired"))
        notice = None
        if failures and not dispatch.for_operator:
            notice = self._report(dispatch, failures, content)
        if not await self._outbox.settle(dispatch, settled, report=notice):
            log.warning("lease_lost", item=dispatch.item_id)
            return
        log.info(
            "delivery_tried",
            item=dispatch.item_id,
            results={i: s.kind for i, s in settled.items()},
        )

    def _end(self, rcpt: Rcpt, result: Result) -> Settled:
        name = rcpt.recipient
        if name in result.delivered:
            return Settled(kind="delivered", reply=result.delivered[name])
        if name in result.refused:
            return Settled(kind="bounced", reply=result.refused[name])
        reply = result.deferred.get(name, "no reply")
        now = now_us()
        relay = self._config.relay
        if now - rcpt.created_at > relay.expire_seconds * 1e6 and not result.after_dot:
            return Settled(kind="expired", reply=reply)
        wait = min(
            relay.min_retry_seconds * 2 ** min(rcpt.attempts - 1, 20), relay.max_retry_seconds
        )
        wait *= random.uniform(0.9, 1.1)  # noqa: S311 - spreads retries, guards nothing
        return Settled(
            kind="deferred",
            reply=reply,
            retry_at=now + int(wait * 1e6),
            ambiguous=result.after_dot,
        )

    def _report(
        self, dispatch: Dispatch, failures: list[tuple[str, str, bool]], content: bytes
    ) -> Report | None:
        """Tell the operator: always the log; a mail where configured, within the rate."""
        log.error(
            "undeliverable", item=dispatch.item_id, failed=len(failures), reply=failures[0][1]
        )
        bounce = self._config.bounce
        if not bounce.operator:
            return None
        now = monotonic()
        while self._reports and now - self._reports[0] > _HOUR:
            self._reports.popleft()
        if len(self._reports) >= bounce.max_per_hour:
            log.warning("report_rate_limited", item=dispatch.item_id)
            return None
        self._reports.append(now)
        data, message_id = report.compose(
            item_id=dispatch.item_id,
            hostname=self._config.smtp.hostname or "localhost.localdomain",
            operator=bounce.operator,
            failures=failures,
            content=content,
            at_us=now_us(),
        )
        return Report(recipient=bounce.operator, data=data, message_id=message_id)


def _refuse_all(dispatch: Dispatch, why: str) -> Result:
    return Result(refused={r.recipient: printable(why) for r in dispatch.rcpts})
