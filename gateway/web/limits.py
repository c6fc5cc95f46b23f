"""How much a caller may ask for: requests in a minute, and the size of a body.

Most bodies are read whole before anybody is asked who he is, so their size is bounded here,
by `SmallBodyRoute`. Handlers that stream a body bound it themselves.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message, Receive

from gateway.web.problems import Problem, ProblemKind, TooLargeBody

MAX_SMALL_BODY: Final = 65_536  # bytes; a form of names, passwords or a comment has a few kB
_MOST_CALLERS: Final = 20_000  # remembered; the longest silent one is forgotten first


class RateLimit:
    """At most `per_minute` requests of one caller, in bursts of up to half of that."""

    def __init__(self, per_minute: int) -> None:
        self._rate = per_minute / 60
        self._burst = max(per_minute / 2, 1.0)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str) -> float:
        """Count one request: 0.0 = go on, else the seconds until the next is allowed."""
        now = monotonic()
        left, at = self._buckets.pop(caller, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        allowed = left >= 1
        self._buckets[caller] = (left - 1 if allowed else left, now)
        while len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self._rate


class SmallBodyRoute(APIRoute):
    """For routers whose handlers take a model as body: `APIRouter(route_class=…)`.

    A larger body is a 413, before it is read where its length is announced.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind a bounded body."""
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            announced = request.headers.get("content-length", "")
            if announced.isdecimal() and int(announced[:20]) > MAX_SMALL_BODY:
                raise Problem(ProblemKind.TOO_LARGE)
            return await handle(Request(request.scope, _at_most(request.receive)))

        return bounded


def require_small_bodies(router: APIRouter) -> None:
    """That no route of `router` reads a body of any size into memory.

    Raises:
        TypeError: a handler takes a body, and its router has another route class.
    """
    for route in router.routes:
        if not isinstance(route, APIRoute) or isinstance(route, SmallBodyRoute):
            continue
        if route.body_field is not None:
            raise TypeError(f"{route.path}: its router needs route_class=SmallBodyRoute")


def _at_most(receive: Receive) -> Receive:
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MAX_SMALL_BODY:
            raise TooLargeBody
        return message

    return bounded
