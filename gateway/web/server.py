"""Serves an application on a role's own sockets: TLS that reloads, limits, a clean stop.

uvicorn does the HTTP; what it leaves open is closed here: a head that never ends, too many
connections of one address, a certificate that has been renewed.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

import h11
import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.config import Web
from gateway.web.edge import Edge, networks

HEAD_SECONDS: Final = 15.0  # a whole request head must have come by then
KEEP_ALIVE_SECONDS: Final = 20
LINGER_SECONDS: Final = 2.0  # closed at once, the sender would see a reset, not the answer
STOP_SECONDS: Final = 10  # running requests may end; then they are cut
LOOK_SECONDS: Final = 5.0  # between two looks at the certificate files
MAX_HEAD: Final = 64_000  # bytes of a request head

log = structlog.get_logger(__name__)


class ListenerRefused(Exception):
    """The configuration is not safe or not possible; the arguments are the sentences."""


def check_listener(section: str, web: Web) -> list[str]:
    """What speaks against serving `web`: sentences with key and fix; empty = nothing."""
    problems = []
    try:
        networks(web.trusted_proxies)
    except ValueError:
        problems.append(f"[{section}] trusted_proxies: write networks like 10.1.0.0/16")
    try:
        places = parse_listen(web.listen)
    except ValueError:
        return [f'[{section}] listen: write "ADDRESS:PORT", for example "0.0.0.0:443"', *problems]
    beyond = [host for host, _ in places if not is_loopback(host)]
    if beyond and not web.tls_cert and not web.trusted_proxies:
        problems.append(
            f"[{section}] listen: {beyond[0]} is not loopback; set tls_cert and tls_key, or "
            "name the proxy in front in trusted_proxies"
        )
    if web.tls_cert or web.tls_key:
        try:
            server_context(web)
        except (OSError, ssl.SSLError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            problems.append(
                f"[{section}] tls_cert, tls_key: cannot be loaded ({why}); PEM files that match?"
            )
    return problems


def parse_listen(text: str) -> list[tuple[str, int]]:
    """`HOST:PORT`, several by comma → (host, port).

    Raises:
        ValueError: not of that form.
    """
    places = []
    for entry in text.split(","):
        host, _, port = entry.strip().rpartition(":")
        if not host or not port.isdigit() or int(port) > 65_535:
            raise ValueError(entry)
        places.append((host.strip("[]"), int(port)))
    return places


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def server_context(web: Web) -> ssl.SSLContext:
    """TLS 1.2 or newer with the configured certificate.

    Raises:
        OSError, ssl.SSLError: the files cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(web.tls_cert, web.tls_key)
    return context


class _Protocol(H11Protocol):
    """One connection: its heads must end, and one address has only so many."""

    most_per_address = 100
    exempt: tuple[Any, ...] = ()
    open_from: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the address; refuse one that has too many."""
        super().connection_made(transport)
        self._head: asyncio.TimerHandle | None = None
        self._from = self.client[0] if self.client else ""
        self.open_from[self._from] += 1
        if self.open_from[self._from] > self.most_per_address and not self._is_exempt():
            log.warning("http.too_many_connections", client=self._from)
            transport.close()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.open_from[self._from] -= 1
        if self.open_from[self._from] <= 0:
            del self.open_from[self._from]
        if self._head is not None:
            self._head.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Between two requests the next head has its time from its first byte on."""
        if self._head is None and self.conn.our_state is h11.IDLE:
            self._expect_head()
        super().data_received(data)
        if self._head is not None and self.conn.our_state is not h11.IDLE:
            self._head.cancel()
            self._head = None

    def on_response_complete(self) -> None:
        """A body that still comes after its answer is read for a moment, not for ever."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _expect_head(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self._no_head)

    def _no_head(self) -> None:
        self._head = None
        if self.conn.our_state is h11.IDLE:
            self.transport.close()

    def _is_exempt(self) -> bool:
        try:
            address = ipaddress.ip_address(self._from)
        except ValueError:
            return False
        return any(address in n for n in self.exempt if n.version == address.version)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the role's business."""
        yield


class WebServer:
    """One listener of one role."""

    def __init__(self, app: FastAPI, web: Web) -> None:
        self._web = web
        self.certificate_problem = ""  # for health: why the newest files are not in use
        protocol = type(
            "Protocol",
            (_Protocol,),
            {
                "most_per_address": web.max_connections_per_address,
                "exempt": networks(web.trusted_proxies),
                "open_from": Counter(),
            },
        )
        self._config = uvicorn.Config(
            Edge(app, web),
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            limit_concurrency=web.max_connections,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            h11_max_incomplete_event_size=MAX_HEAD,
        )
        self._config.load()
        if web.tls_cert:
            self._config.ssl = server_context(web)
        self._server = _Server(self._config)
        self._tasks: list[asyncio.Task[None]] = []
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: an address cannot be bound.
        """
        sockets = [_bound(host, port) for host, port in parse_listen(self._web.listen)]
        self._serving = asyncio.create_task(self._server.serve(sockets=sockets))
        while not self._server.started:
            if self._serving.done():
                self._serving.result()
                raise OSError("the listener ended at once")
            await asyncio.sleep(0.01)
        if self._web.tls_cert:
            self._tasks.append(asyncio.create_task(self._reload()))

    async def ended(self) -> None:
        """Until the listener ends by itself, which is a fault."""
        if self._serving is not None:
            await asyncio.wait({self._serving})

    async def stop(self) -> None:
        """End: running requests first, for a while."""
        for task in self._tasks:
            task.cancel()
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving

    async def _reload(self) -> None:
        """Use a renewed certificate for new connections; a bad one changes nothing."""
        known = self._stamp()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            stamp = self._stamp()
            if stamp == known:
                continue
            known = stamp
            try:
                server_context(self._web)  # a pair that does not match must not be loaded
                assert self._config.ssl is not None
                self._config.ssl.load_cert_chain(self._web.tls_cert, self._web.tls_key)
            except (OSError, ssl.SSLError) as error:
                self.certificate_problem = type(error).__name__
                log.error("tls.reload_failed", why=type(error).__name__)
            else:
                self.certificate_problem = ""
                log.info("tls.reloaded")

    def _stamp(self) -> tuple[float, ...]:
        stamps = []
        for name in (self._web.tls_cert, self._web.tls_key):
            try:
                stamps.append(Path(name).stat().st_mtime)
            except OSError:
                stamps.append(0.0)
        return tuple(stamps)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # processes of one role share it
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(("127.0.0.1" if host == "localhost" else host, port))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock
