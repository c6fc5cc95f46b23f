"""The Internet side's API: uploads, their state, the synchronous call for machines.

Handlers know no content: files go encrypted into the store while they arrive, and what
comes back is the state of the caller's own uploads. Errors are problem details.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from gateway.config import Config
from gateway.internet.addresses import AddressError, parse_address
from gateway.internet.multipart import BadForm, Form, FormTooLarge, read_form
from gateway.internet.recipients import RelayDomains
from gateway.internet.watch import Watch
from gateway.policy import Policy
from gateway.store.accounts import Accounts
from gateway.store.intake import Intake
from gateway.store.uploads import Submission, UploadConflict, UploadGone, Uploads
from gateway.web.identity import Caller, Right, may
from gateway.web.items import (
    FINAL_STATES,
    ItemId,
    ItemModel,
    PageModel,
    item_model,
)
from gateway.web.problems import Problem, ProblemKind, problems

MAX_NOTE: Final = 1_000  # characters
MAX_RECIPIENTS: Final = 100  # of one upload, as of one mail
SYNC_SECONDS: Final = 60.0  # the synchronous call waits so long, then answers 202
BEAT_SECONDS: Final = 15.0  # a comment on an idle event stream: proxies cut silent ones
STREAM_SECONDS: Final = 3_600.0  # then the browser connects anew
_FORM_OVERHEAD: Final = 2_000_000  # bytes of a form beside its files: 500 heads, fields
_SETTLED: Final = FINAL_STATES | {"ready"}

_FORM_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "files, repeated",
                        },
                        "upload": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "ids of finished resumable uploads, repeated",
                        },
                        "recipient": {
                            "type": "array",
                            "items": {"type": "string"},
                            "description": "account name or mail address; default: oneself",
                        },
                        "note": {"type": "string", "maxLength": MAX_NOTE},
                        "profile": {"type": "string"},
                    },
                }
            }
        },
    }
}
_ONE_FILE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "profile": {"type": "string"},
                    },
                }
            }
        },
    }
}

#: The caller of a handler.
Me = Annotated[Caller, Depends(may(Right.UPLOAD))]


class AcceptedModel(BaseModel):
    """An upload that is ours from now on."""

    id: ItemId
    status_url: str = Field(examples=["/api/v1/items/01k8v0q6p3zt9d4x7b2m"])


class ProfileModel(BaseModel):
    """A profile that may be chosen for an upload."""

    name: str = Field(examples=["image-pdf"])
    description: str


class ProfilesModel(BaseModel):
    """What may be chosen; a rule of the policy wins over the choice."""

    profiles: list[ProfileModel]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the handlers of this side work with."""

    config: Config
    policy: Policy
    intake: Intake
    uploads: Uploads
    accounts: Accounts
    watch: Watch

    async def admit(self, announced: int) -> None:
        """Refuse while the disk or the queue is over its mark.

        Raises:
            Problem: 507 or 503.
        """
        backlog = await self.intake.backlog()
        if backlog.free_bytes - announced < self.config.smtp.min_free_disk:
            raise Problem(ProblemKind.DISK_FULL)
        if backlog.items_waiting >= self.config.smtp.max_queue_items:
            raise Problem(ProblemKind.UNAVAILABLE)

    async def submission(
        self, request: Request, caller: Caller, *, recipients: list[str], note: str, profile: str
    ) -> Submission:
        """Check what is said about an upload.

        Raises:
            Problem: 422 with the field that is wrong.
        """
        if len(recipients) > MAX_RECIPIENTS:
            raise Problem(ProblemKind.INVALID, f"宛先は{MAX_RECIPIENTS}件までです。")
        if len(note) > MAX_NOTE or any(not c.isprintable() and c not in "\r\n\t" for c in note):
            raise Problem(ProblemKind.INVALID, f"連絡事項は{MAX_NOTE}文字までの文章です。")
        if profile and profile not in self.policy.choosable:
            raise Problem(ProblemKind.INVALID, "その無害化の方法は選べません。")
        named = [await self._recipient(r) for r in recipients]
        return Submission(
            uploader=caller.name,
            sender=caller.address,
            recipients=tuple(dict.fromkeys(named)) or (caller.address,),
            note=note.strip(),
            profile=profile,
            client=caller.client,
            tls=request.url.scheme == "https",
        )

    async def _recipient(self, written: str) -> str:
        """An account's address, or a mail address of ours."""
        account = await self.accounts.find(written.strip())
        if account is not None:
            return account.address
        try:
            address = parse_address(written.strip(), smtputf8=True)
            if address.domain in RelayDomains(self.config.smtp.relay_domains):
                return address.text
        except AddressError:
            pass
        raise Problem(ProblemKind.INVALID, "受け取る人が見つかりません。")


async def receive(request: Request, desk: Desk, *, most: int) -> Form:
    """The form of a request, its files durable.

    Raises:
        Problem: 413, 415, 422, 507 or 503; nothing is kept.
    """
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise Problem(ProblemKind.UNSUPPORTED_MEDIA_TYPE)
    announced = int(request.headers.get("content-length") or 0)
    if announced > most + _FORM_OVERHEAD:
        raise Problem(ProblemKind.TOO_LARGE)
    await desk.admit(announced)
    try:
        return await read_form(
            request.stream(), content_type, desk.uploads, most=most + _FORM_OVERHEAD
        )
    except FormTooLarge as error:
        raise Problem(ProblemKind.TOO_LARGE, str(error)) from None
    except BadForm as error:
        raise Problem(ProblemKind.INVALID, str(error)) from None


async def hand_in(desk: Desk, submission: Submission, form: Form) -> str:
    """Make the form's files an item; returns its id.

    Raises:
        Problem: nothing to hand in, or a resumable upload that is not there or not whole.
    """
    try:
        return await desk.uploads.hand_in(submission, form.files, form.values("upload"))
    except UploadGone:
        raise Problem(ProblemKind.NOT_FOUND, "アップロードが見つかりません。") from None
    except UploadConflict:
        raise Problem(ProblemKind.CONFLICT, "送り終わったファイルがありません。") from None


def router(desk: Desk) -> APIRouter:
    """All routes but the resumable ones."""
    api = APIRouter(prefix="/api/v1", tags=["uploads"])

    @api.post(
        "/uploads",
        status_code=202,
        response_model=AcceptedModel,
        responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503, 507),
        openapi_extra=_FORM_BODY,
    )
    async def upload(request: Request, caller: Me, response: Response) -> AcceptedModel:
        """Hand files in: those of this form, and resumable ones that are whole."""
        form = await receive(request, desk, most=desk.config.internet.max_upload)
        try:
            submission = await desk.submission(
                request,
                caller,
                recipients=[r for r in form.values("recipient") if r.strip()],
                note=_once(form, "note"),
                profile=_once(form, "profile"),
            )
        except BaseException:
            _discard(desk, form)
            raise
        item_id = await hand_in(desk, submission, form)
        url = f"/api/v1/items/{item_id}"
        response.headers["Location"] = url
        return AcceptedModel(id=item_id, status_url=url)

    @api.post(
        "/sanitize",
        response_model=ItemModel,
        responses={
            202: {"model": AcceptedModel, "description": "Not done within the wait"},
            **problems(400, 401, 403, 413, 415, 422, 429, 503, 507),
        },
        openapi_extra=_ONE_FILE_BODY,
    )
    async def sanitize(request: Request, caller: Me) -> Any:
        """Clean one file and wait for the report. Its clean bytes: on the LGWAN side, by id."""
        form = await receive(request, desk, most=desk.config.internet.max_sync)
        try:
            if len(form.files) != 1 or form.values("upload"):
                raise Problem(ProblemKind.INVALID, "file: exactly one")
            submission = await desk.submission(
                request, caller, recipients=[], note="", profile=_once(form, "profile")
            )
        except BaseException:
            _discard(desk, form)
            raise
        item_id = await hand_in(desk, submission, form)
        found = await _settled(desk, item_id, caller)
        if found is not None:
            return found
        url = f"/api/v1/items/{item_id}"
        accepted = AcceptedModel(id=item_id, status_url=url)
        return JSONResponse(accepted.model_dump(), status_code=202, headers={"Location": url})

    @api.get("/items", response_model=PageModel, responses=problems(401, 403, 422, 429, 503))
    async def items(
        caller: Me,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str, Query(pattern=r"^(|[0-9a-hjkmnp-tv-z]{20})$")] = "",
    ) -> PageModel:
        """One's own uploads, the newest first."""
        page = await desk.uploads.items(caller.name, before=cursor, limit=limit)
        return PageModel(items=[item_model(v) for v in page.items], next=page.following or None)

    @api.get(
        "/items/{item_id}",
        response_model=ItemModel,
        responses=problems(401, 403, 404, 422, 429, 503),
    )
    async def item(item_id: ItemId, caller: Me) -> ItemModel:
        """The state of one's own upload with its parts, findings and reasons."""
        return await _own(desk, item_id, caller)

    @api.get(
        "/items/{item_id}/events",
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "Server-sent `event: state`, data = the item, until a final state",
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            },
            **problems(401, 403, 404, 422, 429, 503),
        },
    )
    async def events(item_id: ItemId, caller: Me) -> StreamingResponse:
        """Follow one's own upload."""
        first = await desk.uploads.item(item_id, caller.name)
        if first is None:
            raise Problem(ProblemKind.NOT_FOUND)
        return StreamingResponse(_stream(desk, item_id, caller), media_type="text/event-stream")

    @api.get("/profiles", response_model=ProfilesModel, responses=problems(401, 403, 429))
    async def profiles(_caller: Me) -> ProfilesModel:
        """The profiles that may be chosen for an upload."""
        return ProfilesModel(
            profiles=[
                ProfileModel(name=name, description=description)
                for name, description in desk.policy.choosable.items()
            ]
        )

    return api


def _once(form: Form, name: str) -> str:
    try:
        return form.value(name)
    except BadForm as error:
        raise Problem(ProblemKind.INVALID, str(error)) from None


def _discard(desk: Desk, form: Form) -> None:
    for file in form.files:
        desk.uploads.discard(file)


async def _own(desk: Desk, item_id: str, caller: Caller) -> ItemModel:
    view = await desk.uploads.item(item_id, caller.name)
    if view is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return item_model(view)


async def _settled(desk: Desk, item_id: str, caller: Caller) -> ItemModel | None:
    """The item once it can be collected or has ended; None when that takes too long."""
    deadline = asyncio.get_running_loop().time() + SYNC_SECONDS
    while True:
        view = await desk.uploads.item(item_id, caller.name)
        if view is None:
            raise Problem(ProblemKind.NOT_FOUND)
        if view.state in _SETTLED:
            return item_model(view)
        left = deadline - asyncio.get_running_loop().time()
        if (
            left <= 0
            or desk.watch.closing
            or not await desk.watch.changed(item_id, view.version, seconds=left)
        ):
            return None


async def _stream(desk: Desk, item_id: str, caller: Caller) -> AsyncIterator[str]:
    """Server-sent events (HTML Living Standard, section 9.2)."""
    deadline = asyncio.get_running_loop().time() + STREAM_SECONDS
    shown = -1
    while asyncio.get_running_loop().time() < deadline and not desk.watch.closing:
        view = await desk.uploads.item(item_id, caller.name)
        if view is None:
            return
        if view.version != shown:
            shown = view.version
            yield f"event: state\ndata: {item_model(view).model_dump_json()}\n\n"
        else:
            yield ": beat\n\n"
        if view.state in FINAL_STATES:
            return
        await desk.watch.changed(item_id, view.version, seconds=BEAT_SECONDS)
