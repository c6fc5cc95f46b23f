"""What all sessions of one receiver process share, and the end of them all.

Holds no content. A commit that has begun is never cancelled: it is awaited at the stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

import structlog

from gateway.config import Config
from gateway.internet.features import FeatureProvider, unknown
from gateway.internet.limits import BytesInFlight, SessionLimits, parse_networks
from gateway.internet.recipients import RelayDomains, open_recipients
from gateway.internet.tls import Certificate
from gateway.store.intake import Intake

if TYPE_CHECKING:
    from gateway.internet.session import Session

STOP_GRACE: Final = 10.0  # seconds for mails being received when the stop comes
COMMIT_GRACE: Final = 30.0  # seconds more for commits: a disk flush may be slow
_BACKLOG: Final = 1024  # connections the kernel holds for us while we are busy

_log = structlog.get_logger()


class Server:
    """The receiver of one process."""

    def __init__(
        self, config: Config, intake: Intake, *, features: FeatureProvider = unknown
    ) -> None:
        """Raises OSError, ValueError, ssl.SSLError for what `check_listener` would report."""
        smtp = config.smtp
        self.smtp = smtp
        self.intake = intake
        self.features = features
        self.hostname = smtp.hostname or socket.getfqdn()
        self.domains = RelayDomains(smtp.relay_domains)
        self.recipients = open_recipients(config)
        self.certificate = Certificate(smtp.tls_cert, smtp.tls_key) if smtp.tls_cert else None
        self.limits = SessionLimits(
            total=smtp.max_sessions,
            per_address=smtp.max_sessions_per_address,
            trusted=parse_networks(smtp.trusted_hops),
        )
        self.in_flight = BytesInFlight(smtp.max_bytes_in_flight)
        self.stopping = False
        self._sessions: set[Session] = set()
        self._commits: set[asyncio.Task[Any]] = set()
        self._listeners: list[asyncio.Server] = []
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(
        self, sockets: list[socket.socket], protocol: Callable[[Server], Session]
    ) -> None:
        """Serve `protocol` on bound sockets."""
        loop = asyncio.get_running_loop()
        for sock in sockets:
            listener = await loop.create_server(lambda: protocol(self), sock=sock, backlog=_BACKLOG)
            self._listeners.append(listener)

    async def stop(self, *, grace: float = STOP_GRACE, commit_grace: float = COMMIT_GRACE) -> None:
        """Take no more; end idle sessions now, busy ones after `grace` seconds at most."""
        self.stopping = True
        for listener in self._listeners:
            listener.close()
        for session in list(self._sessions):
            session.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), grace)
        for session in list(self._sessions):
            session.stop(at_once=True)
        if self._commits:
            _, late = await asyncio.wait(self._commits, timeout=commit_grace)
            if late:
                _log.error("smtp.commits_left", count=len(late))
        for session in list(self._sessions):
            session.abort()

    def add(self, session: Session) -> None:
        """A session has begun."""
        self._sessions.add(session)
        self._empty.clear()

    def remove(self, session: Session) -> None:
        """A session has ended; idempotent."""
        self._sessions.discard(session)
        if not self._sessions:
            self._empty.set()

    def commit(self, work: Coroutine[Any, Any, str]) -> asyncio.Task[str]:
        """Run a commit to its end whatever becomes of its session."""
        task = asyncio.create_task(work)
        self._commits.add(task)
        task.add_done_callback(self._commit_done)
        return task

    def _commit_done(self, task: asyncio.Task[str]) -> None:
        self._commits.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: the session has answered for it, or is gone
