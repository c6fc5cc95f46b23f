"""Signing in and out at the pages, and changing one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.store.accounts import MAX_PASSWORD, AccountError, SignInRefused, TooManyFailures
from gateway.web.identity import Caller, address_of, from_our_page, gate_of, signed_in
from gateway.web.limits import SmallBodyRoute
from gateway.web.problems import Problem, ProblemKind, problems

#: The caller of a handler.
Me = Annotated[Caller, Depends(signed_in)]


class Credentials(BaseModel):
    """Name (or mail address) and password."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=320, examples=["tanaka"])
    password: str = Field(min_length=1, max_length=MAX_PASSWORD, examples=["correct horse battery"])


class NewPassword(BaseModel):
    """A change of one's own password."""

    model_config = ConfigDict(extra="forbid")
    old: str = Field(min_length=1, max_length=MAX_PASSWORD)
    new: str = Field(min_length=1, max_length=MAX_PASSWORD)


class SessionModel(BaseModel):
    """Who is signed in; `csrf` goes into the header X-CSRF-Token of every change."""

    name: str = Field(examples=["tanaka"])
    display_name: str = Field(examples=["田中 太郎"])
    address: str = Field(examples=["tanaka@example.jp"])
    role: str = Field(examples=["staff"])
    csrf: str


def router() -> APIRouter:
    """The routes of sessions."""
    api = APIRouter(prefix="/api/v1/session", tags=["session"], route_class=SmallBodyRoute)

    @api.post("", response_model=SessionModel, responses=problems(401, 403, 413, 422, 429, 503))
    async def sign_in(
        credentials: Credentials, request: Request, response: Response
    ) -> SessionModel:
        """Begin a session: sets a cookie that only this site's pages can use."""
        gate = gate_of(request)
        client = address_of(request)
        gate.count_address(client)
        if not from_our_page(request):
            raise Problem(ProblemKind.CSRF)
        try:
            new = await gate.accounts.sign_in(
                credentials.name, credentials.password, segment=gate.segment, client=client
            )
        except SignInRefused:
            raise Problem(ProblemKind.SIGN_IN_REFUSED) from None
        except TooManyFailures as error:
            wait = {"Retry-After": str(error.seconds)}
            raise Problem(ProblemKind.TOO_MANY, headers=wait) from None
        response.set_cookie(
            gate.cookie_name,
            new.cookie,
            path="/",
            httponly=True,
            secure=gate.secure,
            samesite="strict",
        )
        caller = Caller(account=new.session.account, client=client, csrf=new.session.csrf)
        return _shown(caller)

    @api.get("", response_model=SessionModel, responses=problems(401, 429, 503))
    async def session(caller: Me) -> SessionModel:
        """Who is signed in."""
        return _shown(caller)

    @api.delete("", status_code=204, responses=problems(401, 403, 429, 503))
    async def sign_out(request: Request, _caller: Me) -> Response:
        """End the session."""
        gate = gate_of(request)
        await gate.accounts.sign_out(request.cookies.get(gate.cookie_name, ""))
        gone = Response(status_code=204)
        gone.delete_cookie(
            gate.cookie_name, path="/", httponly=True, secure=gate.secure, samesite="strict"
        )
        return gone

    @api.post("/password", status_code=204, responses=problems(401, 403, 413, 422, 429, 503))
    async def password(change: NewPassword, request: Request, caller: Me) -> Response:
        """Change one's own password; ends all one's sessions."""
        gate = gate_of(request)
        try:
            await gate.accounts.change_password(
                caller.name, change.old, change.new, segment=gate.segment, client=caller.client
            )
        except SignInRefused:
            raise Problem(ProblemKind.SIGN_IN_REFUSED) from None
        except TooManyFailures as error:
            wait = {"Retry-After": str(error.seconds)}
            raise Problem(ProblemKind.TOO_MANY, headers=wait) from None
        except AccountError:
            raise Problem(
                ProblemKind.INVALID, "パスワードは12文字以上で、利用者名と違うものにしてください。"
            ) from None
        return Response(status_code=204)

    return api


def _shown(caller: Caller) -> SessionModel:
    return SessionModel(
        name=caller.name,
        display_name=caller.account.display_name,
        address=caller.address,
        role=caller.account.role,
        csrf=caller.csrf,
    )
