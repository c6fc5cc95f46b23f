"""The ops role: serves health and metrics until told to stop."""

from __future__ import annotations

import asyncio

import structlog
import uvicorn

from gateway.config import Config
from gateway.ops import app
from gateway.store.view import View

log = structlog.get_logger(__name__)


class _Server(uvicorn.Server):
    """Signals are the role's business, not uvicorn's."""

    def install_signal_handlers(self) -> None:
        return


async def run(config: Config, stop: asyncio.Event) -> None:
    """Serve `[ops] listen` until `stop` is set.

    Raises:
        StoreError: the store is not there.
    """
    view = View.open(config)
    host, _, port = config.ops.listen.rpartition(":")
    server = _Server(
        uvicorn.Config(
            app.make(config, view),
            host=host.strip("[]"),
            port=int(port),
            log_level="warning",
            server_header=False,
            lifespan="off",
        )
    )
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    try:
        log.info("ops_ready", listen=config.ops.listen)
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
    finally:
        stopping.cancel()
        view.close()
