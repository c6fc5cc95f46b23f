"""Serves an application on a role's own sockets: TLS that reloads, limits, a clean stop.

uvicorn does the HTTP; what it leaves open is closed here: a handshake or head that never
ends, an answer that nobody reads, too many connections of one address, a certificate that
has been renewed, plain text from beyond the trusted proxies.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import h11
import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.config import Web
from gateway.store.throttle import network_of
from gateway.web.edge import CUT, Edge, is_within, networks
from gateway.web.tls import Certificate, server_context

HEAD_SECONDS: Final = 15.0  # a whole request head must have come by then
HANDSHAKE_SECONDS: Final = 10.0  # of TLS; before its end no connection is counted
SHUTDOWN_SECONDS: Final = 5.0  # of TLS: the other side's farewell is not waited for longer
UNREAD_SECONDS: Final = 60.0  # between two looks at how much of an answer is still unread
MIN_READ_RATE: Final = 500.0  # bytes in a second: who reads slower reads nothing
KEEP_ALIVE_SECONDS: Final = 20
LINGER_SECONDS: Final = 10.0  # closed at once, the sender would see a reset, not the answer
STOP_SECONDS: Final = 10  # running requests may end; then they are cut
LOOK_SECONDS: Final = 5.0  # between two looks at the certificate files
MAX_HEAD: Final = 64_000  # bytes of a request head

log = structlog.get_logger(__name__)


class ListenerRefused(Exception):
    """The configuration is not safe or not possible; the arguments are the sentences."""


def check_listener(section: str, web: Web) -> list[str]:
    """What speaks against serving `web`: sentences with key and fix; empty = nothing."""
    problems = []
    if not _is_origin(web.public_url):
        problems.append(f'[{section}] public_url: write it like "https://gateway.example.jp"')
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
            server_context(web.tls_cert, web.tls_key)
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


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return named and parts.path in ("", "/") and not parts.query and "@" not in parts.netloc


class _Protocol(H11Protocol):
    """One connection: its heads must end, and one address has only so many."""

    most_per_address = 100
    proxies: tuple[Any, ...] = ()
    proxies_only = False
    open_from: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the address; refuse one that has too many, or is no proxy of ours."""
        super().connection_made(transport)
        self._serve, self.app = self.app, self._with_cut
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        peer = self.client[0] if self.client else ""
        self._from = network_of(peer)
        self.open_from[self._from] += 1
        by_proxy = is_within(peer, self.proxies)
        if self.proxies_only and not by_proxy and not is_loopback(peer):
            log.warning("http.not_by_a_trusted_proxy", client=peer)
            transport.abort()
        elif self.open_from[self._from] > self.most_per_address and not by_proxy:
            log.warning("http.too_many_connections", client=peer)
            transport.close()
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.open_from[self._from] -= 1
        if self.open_from[self._from] <= 0:
            del self.open_from[self._from]
        for timer in (self._head, self._unread):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """What is sent is not read as fast as it is written: is it read at all?"""
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        """It is read again."""
        if self._unread is not None:
            self._unread.cancel()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing more is asked: close, once the last answer has been read."""
        super().timeout_keep_alive_handler()
        self._expect_reading()

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
        if self.transport.is_closing():
            self._expect_reading()
        if self.conn.their_state is h11.SEND_BODY:
            self.loop.call_later(LINGER_SECONDS, self.transport.close)

    async def _with_cut(self, scope: Any, receive: Any, send: Any) -> None:
        """The application, which may drop this connection."""
        scope[CUT] = self.transport.abort
        await self._serve(scope, receive, send)

    def _expect_reading(self) -> None:
        """Cut the connection when what waits to be sent does not go down."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        if waiting := self.transport.get_write_buffer_size():
            self._unread = self.loop.call_later(UNREAD_SECONDS, self._is_read, waiting)

    def _is_read(self, before: int) -> None:
        if self.transport.get_write_buffer_size() > before - UNREAD_SECONDS * MIN_READ_RATE:
            log.info("http.answer_not_read", client=self._from)
            self.transport.abort()
        else:
            self._expect_reading()

    def _expect_head(self) -> None:
        self._head = self.loop.call_later(HEAD_SECONDS, self._no_head)

    def _no_head(self) -> None:
        self._head = None
        if self.conn.our_state is h11.IDLE:
            self.transport.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the role's business."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen as uvicorn does, with an end to handshakes (it knows no setting for that)."""
        config = self.config
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            made = config.http_protocol_class(  # type: ignore[call-arg]
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )
            assert isinstance(made, asyncio.Protocol)
            return made

        secure: dict[str, Any] = {}
        if config.ssl is not None:
            secure = {
                "ssl": config.ssl,
                "ssl_handshake_timeout": HANDSHAKE_SECONDS,
                "ssl_shutdown_timeout": SHUTDOWN_SECONDS,
            }
        self.servers = [
            await loop.create_server(protocol, sock=sock, backlog=config.backlog, **secure)
            for sock in sockets or []
        ]
        self.started = True


class WebServer:
    """One listener of one role."""

    def __init__(self, app: FastAPI, web: Web) -> None:
        self._web = web
        protocol = type(
            "Protocol",
            (_Protocol,),
            {
                "most_per_address": web.max_connections_per_address,
                "proxies": networks(web.trusted_proxies),
                # Without TLS of our own the proxy's is the only one: nobody goes round it.
                "proxies_only": bool(web.trusted_proxies) and not web.tls_cert,
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
        self._certificate = Certificate(web.tls_cert, web.tls_key) if web.tls_cert else None
        if self._certificate is not None:
            self._config.ssl = self._certificate.context
        self._server = _Server(self._config)
        self._tasks: list[asyncio.Task[None]] = []
        self._serving: asyncio.Task[None] | None = None

    @property
    def certificate_problem(self) -> str:
        """For health: why the newest certificate files are not in use; "" = they are."""
        return self._certificate.problem if self._certificate is not None else ""

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
        if self._certificate is not None:
            self._tasks.append(asyncio.create_task(_watch(self._certificate)))

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


async def _watch(certificate: Certificate) -> None:
    """Renewed files are used for new connections; bad ones change nothing."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        certificate.look()


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
