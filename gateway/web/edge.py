"""The outermost layer of a listener: proxies, host names, security headers, slow bodies.

Pure ASGI, so that streams pass through unbuffered. `X-Forwarded-*` is believed only when
the connection itself comes from a trusted proxy; a `Host` that is not ours is refused, so
that no other name can be bound to this address (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.config import Web
from gateway.web.problems import Problem, ProblemKind, response

IDLE_BODY_SECONDS: Final = 30.0  # a body that stands still for so long has ended
GRACE_SECONDS: Final = 60.0  # after it a body must have come at this rate at least
MIN_BODY_RATE: Final = 500.0  # bytes in a second: a modem of 1990 is faster

_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_HSTS: Final = "max-age=31536000"
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(written: Iterable[str]) -> tuple[_Network, ...]:
    """Networks as written in the configuration.

    Raises:
        ValueError: not a network.
    """
    return tuple(ipaddress.ip_network(text, strict=False) for text in written)


def _within(address: str, among: tuple[_Network, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address.strip().strip("[]"))
    except ValueError:
        return False
    return any(parsed in network for network in among if network.version == parsed.version)


class Edge:
    """Wraps an application."""

    def __init__(self, app: ASGIApp, web: Web) -> None:
        self._app = app
        self._trusted = networks(web.trusted_proxies)
        self._secure = urlsplit(web.public_url).scheme == "https"
        public = (urlsplit(web.public_url).hostname or "").lower()
        listening = {
            urlsplit(f"//{place.strip()}").hostname or "" for place in web.listen.split(",")
        }
        self._hosts = {public, *listening} - {"", "0.0.0.0", "::"}  # noqa: S104 - compared only
        if self._hosts & set(_LOCAL):
            self._hosts |= set(_LOCAL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        self._forwarded(scope, headers)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    given.setdefault(name, value)
                if self._secure or scope["scheme"] == "https":
                    given.setdefault("Strict-Transport-Security", _HSTS)
            await send(message)

        host = urlsplit(f"//{headers.get('host', '')}").hostname if headers.get("host") else None
        if (host or "").lower() not in self._hosts:
            await response(Problem(ProblemKind.BAD_HOST))(scope, receive, with_headers)
            return
        await self._app(scope, _patient(receive), with_headers)

    def _forwarded(self, scope: Scope, headers: dict[str, str]) -> None:
        """Take a trusted proxy's word for the client and the scheme."""
        peer = scope["client"][0] if scope.get("client") else ""
        if not _within(peer, self._trusted):
            return
        if headers.get("x-forwarded-proto", "").strip() in ("http", "https"):
            scope["scheme"] = headers["x-forwarded-proto"].strip()
        for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
            if not _within(hop, self._trusted):  # the last one that no proxy of ours added
                if hop.strip():
                    scope["client"] = (hop.strip()[:64], 0)
                return


def _patient(receive: Receive) -> Receive:
    """A body that stands still or drips counts as a connection that was cut."""
    began = monotonic()
    taken = 0
    ended = False

    async def bounded() -> Message:
        nonlocal taken, ended
        if ended:  # only the end of the connection is waited for, however long that takes
            return await receive()
        try:
            async with asyncio.timeout(IDLE_BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        taken += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        passed = monotonic() - began
        if message.get("more_body") and passed > GRACE_SECONDS and taken < passed * MIN_BODY_RATE:
            return {"type": "http.disconnect"}
        return message

    return bounded
