"""The LGWAN side's listener for people and machines: what came, and its clean bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import structlog

from gateway.config import Config
from gateway.lgwan import api
from gateway.lgwan.api import Counter
from gateway.store.accounts import Accounts
from gateway.store.engine import Database
from gateway.store.portal import Portal
from gateway.web import application, sign_in
from gateway.web.identity import Gate
from gateway.web.server import WebServer

SEGMENT: Final = "lgwan"
_PAGES: Final = Path(__file__).parent / "static"

log = structlog.get_logger(__name__)


class CollectListener:
    """The web server of the LGWAN role."""

    def __init__(self, config: Config, database: Database) -> None:
        accounts = Accounts(
            database,
            session_hours=config.auth.session_hours,
            idle_minutes=config.auth.idle_minutes,
        )
        counter = Counter(Portal(config, database))
        self._listen = config.lgwan.listen
        self.server = WebServer(
            application.make(
                title="mugaika: LGWAN side",
                description="What was sent to the caller: state, parts, findings, clean bytes.",
                gate=Gate(config.lgwan, accounts, segment=SEGMENT),
                routers=[api.router(counter), sign_in.router()],
                pages=_PAGES,
                ready=lambda: True,
            ),
            config.lgwan,
        )

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: an address cannot be bound.
        """
        await self.server.start()
        log.info("http.listening", listen=self._listen)

    async def stop(self) -> None:
        """End: running downloads may finish."""
        await self.server.stop()
