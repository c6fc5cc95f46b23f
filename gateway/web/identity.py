"""Who is calling, and whether he may: bearer tokens of this segment, or a session.

A session's cookie alone changes nothing: unsafe methods need its CSRF token in a header and
must come from our own page. A token of another segment is no token here.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from gateway.config import Web
from gateway.store.accounts import Account, Accounts
from gateway.store.throttle import network_of
from gateway.web.limits import RateLimit
from gateway.web.problems import Problem, ProblemKind

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_COOKIE: Final = "mugaika_session"
CSRF_HEADER: Final = "X-CSRF-Token"


class Right(StrEnum):
    """What an account may do at the pages and APIs."""

    UPLOAD = "upload"
    COLLECT = "collect"


#: An auditor reads the trail, no files.
RIGHTS: Final = {
    "staff": frozenset({Right.UPLOAD, Right.COLLECT}),
    "approver": frozenset({Right.UPLOAD, Right.COLLECT}),
    "operator": frozenset({Right.UPLOAD, Right.COLLECT}),
    "auditor": frozenset[Right](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Someone who has shown who he is. `csrf` is "" for tokens."""

    account: Account
    client: str
    csrf: str

    @property
    def name(self) -> str:
        """The account's name."""
        return self.account.name

    @property
    def address(self) -> str:
        """How deliveries and policy rules name the account."""
        return self.account.address

    @property
    def identities(self) -> frozenset[str]:
        """What deliveries to this account are addressed to."""
        return self.account.identities


class Gate:
    """Knows the callers of one listener."""

    def __init__(self, web: Web, accounts: Accounts, *, segment: str) -> None:
        self.accounts = accounts
        self.segment = segment
        self.secure = bool(web.tls_cert) or urlsplit(web.public_url).scheme == "https"
        self.cookie_name = f"__Host-{_COOKIE}" if self.secure else _COOKIE
        self._rate = RateLimit(web.max_requests_per_minute)

    def count(self, caller: str) -> None:
        """Count a request.

        Raises:
            Problem: 429, when there were too many.
        """
        if wait := self._rate.wait(caller):
            raise Problem(ProblemKind.TOO_MANY, headers={"Retry-After": str(int(wait) + 1)})

    def count_address(self, client: str) -> None:
        """Count a request of an address, whoever calls; raises as `count`."""
        self.count(f"address {network_of(client)}")

    async def caller(self, request: Request) -> Caller:
        """Who calls.

        Raises:
            Problem: 401, 403 (no CSRF token, or another site's page) or 429.
        """
        client = address_of(request)
        self.count_address(client)
        found = await self._by_bearer(request, client) or await self._by_cookie(request, client)
        if found is None:
            raise Problem(ProblemKind.UNAUTHORIZED)
        self.count(f"account {found.account.id}")
        return found

    async def _by_bearer(self, request: Request, client: str) -> Caller | None:
        written = request.headers.get("authorization", "")
        if not written:
            return None
        scheme, _, token = written.partition(" ")
        account = None
        if scheme.lower() == "bearer":
            account = await self.accounts.by_token(token.strip(), segment=self.segment)
        if account is None:
            raise Problem(ProblemKind.UNAUTHORIZED)
        return Caller(account=account, client=client, csrf="")

    async def _by_cookie(self, request: Request, client: str) -> Caller | None:
        cookie = request.cookies.get(self.cookie_name, "")
        session = await self.accounts.by_session(cookie, segment=self.segment) if cookie else None
        if session is None:
            return None
        if request.method not in _SAFE:
            shown = request.headers.get(CSRF_HEADER, "")
            ours = hmac.compare_digest(shown.encode(), session.csrf.encode())
            if not ours or not from_our_page(request):
                raise Problem(ProblemKind.CSRF)
        return Caller(account=session.account, client=client, csrf=session.csrf)


def address_of(request: Request) -> str:
    """The client's network address (behind a trusted proxy: what the proxy says)."""
    return request.client.host if request.client is not None else ""


def from_our_page(request: Request) -> bool:
    """Whether a browser says that the request comes from this very site (Fetch Metadata)."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    scheme, _, host = origin.partition("://")
    ours = request.headers.get("host", "")
    return scheme in ("http", "https") and host.lower() == ours.lower()


def gate_of(request: Request) -> Gate:
    """The listener's gate."""
    gate: Gate = request.app.state.gate
    return gate


# Only for the OpenAPI document: it names the two ways to show who one is.
_bearer = HTTPBearer(auto_error=False, description="`mugaika user token`")
_cookie = APIKeyCookie(name=_COOKIE, auto_error=False)


def may(right: Right) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, who has this right.

    Raises:
        Problem: 401, 403 or 429.
    """

    async def dependency(
        request: Request,
        _by_token: Annotated[object, Depends(_bearer)],
        _by_session: Annotated[object, Depends(_cookie)],
    ) -> Caller:
        caller = await gate_of(request).caller(request)
        if right not in RIGHTS.get(caller.account.role, frozenset()):
            raise Problem(ProblemKind.FORBIDDEN)
        return caller

    return dependency


async def signed_in(request: Request) -> Caller:
    """A dependency: the caller, whatever he may."""
    return await gate_of(request).caller(request)
