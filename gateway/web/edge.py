"""The outermost layer of a listener: proxies, host names, security headers, slow bodies.

Pure ASGI, so that streams pass through unbuffered. `X-Forwarded-*` is believed only when
the connection itself comes from a trusted proxy; a `Host` that is not ours is refused, so
that no other name can be bound to this address (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable, Iterable
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
#: In the scope: a function that drops the connection, where the server gives one.
CUT: Final = "mugaika.cut"
_LISTS: Final = frozenset({"x-forwarded-for"})
_HSTS: Final = "max-age=31536000"
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,255})(?::\d{1,5})?")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(written: Iterable[str]) -> tuple[_Network, ...]:
    """Networks as written in the configuration.

    Raises:
        ValueError: not a network.
    """
    return tuple(ipaddress.ip_network(text, strict=False) for text in written)


def _address(written: str) -> _Address | None:
    try:
        return ipaddress.ip_address(written.strip().strip("[]"))
    except ValueError:
        return None


def _within(address: _Address, among: tuple[_Network, ...]) -> bool:
    return any(address in network for network in among if network.version == address.version)


def is_within(written: str, among: tuple[_Network, ...]) -> bool:
    """Whether an address as written lies in one of the networks."""
    address = _address(written)
    return address is not None and _within(address, among)


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
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            # A list may come in several fields (RFC 9110 section 5.3); else the last one holds.
            headers[key] = f"{headers[key]},{text}" if key in headers and key in _LISTS else text
        self._forwarded(scope, headers)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    given.setdefault(name, value)
                if self._secure or scope["scheme"] == "https":
                    given.setdefault("Strict-Transport-Security", _HSTS)
            await send(message)

        host = _HOST.fullmatch(headers.get("host", ""))
        if host is None or host[1].strip("[]").lower() not in self._hosts:
            await response(Problem(ProblemKind.BAD_HOST))(scope, receive, with_headers)
            return
        await self._app(scope, _patient(receive, scope.get(CUT, _leave)), with_headers)

    def _forwarded(self, scope: Scope, headers: dict[str, str]) -> None:
        """Take a trusted proxy's word for the client and the scheme."""
        peer = scope["client"][0] if scope.get("client") else ""
        if not is_within(peer, self._trusted):
            return
        if headers.get("x-forwarded-proto", "").strip() in ("http", "https"):
            scope["scheme"] = headers["x-forwarded-proto"].strip()
        for hop in reversed(headers.get("x-forwarded-for", "").split(",")):
            address = _address(hop)
            if address is None:  # what no proxy of ours writes: the word before it holds
                return
            scope["client"] = (str(address), 0)
            if not _within(address, self._trusted):  # the last one that no proxy of ours added
                return


def _leave() -> None:
    """Where nothing can be cut, the end of the body must do."""


def _patient(receive: Receive, cut: Callable[[], None]) -> Receive:
    """Cut a connection whose body stands still or drips.

    An answer would be worse: clients of resumable uploads go on after a lost connection, and
    give up after a refusal.
    """
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
            cut()
            return {"type": "http.disconnect"}
        taken += len(message.get("body", b""))
        ended = not message.get("more_body", False)
        passed = monotonic() - began
        if message.get("more_body") and passed > GRACE_SECONDS and taken < passed * MIN_BODY_RATE:
            cut()
            return {"type": "http.disconnect"}
        return message

    return bounded
