"""The Internet side's listener for people and machines: pages, uploads, their state."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import structlog

from gateway.config import Config
from gateway.internet import api, tus_api
from gateway.internet.api import Desk
from gateway.internet.watch import Watch
from gateway.policy import Policy
from gateway.store.accounts import Accounts
from gateway.store.dispatch import Waker
from gateway.store.intake import Intake
from gateway.store.uploads import Uploads
from gateway.web import application, sign_in
from gateway.web.identity import Gate
from gateway.web.server import WebServer

SEGMENT: Final = "internet"
_PAGES: Final = Path(__file__).parent / "static"

log = structlog.get_logger(__name__)


class UploadListener:
    """The web server of the Internet role."""

    def __init__(self, config: Config, policy: Policy, intake: Intake) -> None:
        database = intake.database
        accounts = Accounts(
            database,
            session_hours=config.auth.session_hours,
            idle_minutes=config.auth.idle_minutes,
        )
        uploads = Uploads.open(config, database)
        self._waker = Waker(config.data_dir, SEGMENT)
        self._watch = Watch(uploads, self._waker)
        self._watching: asyncio.Task[None] | None = None
        desk = Desk(config, policy, intake, uploads, accounts, self._watch)
        self._listen = config.internet.listen
        self.server = WebServer(
            application.make(
                title="mugaika: Internet side",
                description="Files to be sanitized go in here; their state can be followed.",
                gate=Gate(config.internet, accounts, segment=SEGMENT),
                routers=[api.router(desk), tus_api.router(desk), sign_in.router()],
                pages=_PAGES,
                ready=lambda: True,
            ),
            config.internet,
        )

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: an address cannot be bound.
        """
        await self.server.start()
        self._watching = asyncio.create_task(self._watch.run())
        log.info("http.listening", listen=self._listen)

    async def stop(self) -> None:
        """End: what is being stored may finish."""
        self._watch.close()
        await self.server.stop()
        if self._watching is not None:
            self._watching.cancel()
        self._waker.close()
