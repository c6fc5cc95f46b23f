"""The LGWAN role: relays cleaned mails to the next hop, serves the pages of collecting.

This process never holds a key to an original: it opens the outbox, nothing else.
"""

from __future__ import annotations

import asyncio
import os

import structlog

from gateway.config import Config
from gateway.lgwan.client import next_hop
from gateway.lgwan.relay import Relay
from gateway.lgwan.web import CollectListener
from gateway.store.dispatch import Waker
from gateway.store.errors import StoreError
from gateway.store.outbox import Outbox
from gateway.store.presence import BEAT_SECONDS, Presence
from gateway.web.server import ListenerRefused, WebServer, check_listener

log = structlog.get_logger(__name__)


async def run(config: Config, stop: asyncio.Event) -> None:
    """Relay and serve until `stop` is set.

    Raises:
        ListenerRefused: the configuration of the pages is not safe.
        StoreError: the store is not there.
        ValueError: the next hop is not well written.
    """
    if problems := check_listener("lgwan", config.lgwan):
        raise ListenerRefused(*problems)
    hop = next_hop(config)
    outbox = Outbox.open(config)
    waker = Waker(config.data_dir, "lgwan")
    presence = Presence(outbox.database, "lgwan")
    relay = Relay(config, outbox, hop)
    web = CollectListener(config, outbox.database)
    try:
        released = await outbox.release_dead()
        log.info("relay_ready", pid=os.getpid(), next_hop=config.relay.next_hop, released=released)
        beating = asyncio.create_task(_beat(presence, relay, web.server))
        await web.start()
        await relay.run(stop, waker)
        await web.stop()
        beating.cancel()
        await presence.leave()
    finally:
        waker.close()
        outbox.close()


async def _beat(presence: Presence, relay: Relay, web: WebServer) -> None:
    while True:
        try:
            await presence.beat(
                {
                    "last_contact": relay.last_contact,
                    "last_error": relay.last_error,
                    "features": relay.features,
                    "certificate": web.certificate_problem,
                }
            )
        except StoreError as error:
            log.error("heartbeat_failed", code=error.code)
        await asyncio.sleep(BEAT_SECONDS)
