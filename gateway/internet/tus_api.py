"""The routes of the resumable upload protocol (see `tus`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any, Final

import structlog
from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from gateway.internet import tus
from gateway.internet.api import Desk
from gateway.store.uploads import OpenUpload, UploadConflict, UploadGone
from gateway.web.identity import Caller, Right, may
from gateway.web.items import ItemId
from gateway.web.problems import Problem, ProblemKind, problems

_PREFIX: Final = "/api/v1/tus"
_RESUMABLE: Final = {"Tus-Resumable": tus.VERSION}
_KNOWN_KEYS: Final = frozenset({"filename", "filetype", "recipient", "note", "profile", "submit"})
_HEADERS: Final[dict[str, Any]] = {
    "Tus-Resumable": {"schema": {"type": "string"}},
    "Upload-Offset": {"schema": {"type": "integer"}},
    "Upload-Expires": {"schema": {"type": "string"}},
}

log = structlog.get_logger(__name__)


def _header(name: str, kind: str, *, required: bool, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "schema": {"type": kind},
        "example": example,
    }


_VERSION_HEADER: Final = _header("Tus-Resumable", "string", required=True, example=tus.VERSION)
_BYTES: Final = {
    "requestBody": {
        "content": {tus.CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}
    }
}

#: The caller of a handler.
Me = Annotated[Caller, Depends(may(Right.UPLOAD))]


def router(desk: Desk) -> APIRouter:
    """Creation, offset, appending, termination."""
    api = APIRouter(prefix=_PREFIX, tags=["tus 1.0"])
    busy: set[str] = set()  # uploads that a request of this process is appending to

    @api.options("", status_code=204, response_class=Response, responses=problems(401, 403, 429))
    async def options(_caller: Me) -> Response:
        """What this server can do."""
        return Response(
            status_code=204,
            headers={
                **_RESUMABLE,
                "Tus-Version": tus.VERSION,
                "Tus-Extension": ",".join(tus.EXTENSIONS),
                "Tus-Max-Size": str(desk.config.internet.max_upload),
            },
        )

    @api.post(
        "",
        response_class=Response,
        status_code=201,
        responses={
            201: {
                "description": "Created",
                "headers": {**_HEADERS, "Location": {"schema": {"type": "string"}}},
            },
            **problems(400, 401, 403, 409, 412, 413, 415, 422, 429, 503, 507),
        },
        openapi_extra={
            "parameters": [
                _VERSION_HEADER,
                _header("Upload-Length", "integer", required=False, example="1048576"),
                _header("Upload-Defer-Length", "integer", required=False, example="1"),
                _header("Upload-Metadata", "string", required=False, example="filename YS50eHQ="),
            ],
            **_BYTES,
        },
    )
    async def create(request: Request, caller: Me) -> Response:
        """Announce an upload. Metadata: `filename`, `filetype`, and what becomes of it when it
        is whole: `recipient` (by commas), `note`, `profile`; `submit` = `no`: it waits for
        `POST /api/v1/uploads` with its id."""
        _require_version(request)
        length = _length(request, desk.config.internet.max_upload)
        metadata = _metadata(request)
        await desk.admit(length or 0)
        if await desk.uploads.open_uploads(caller.name) >= tus.MAX_OPEN:
            raise Problem(ProblemKind.TOO_MANY, "途中のアップロードが多すぎます。")
        recipients = [r for r in metadata.get("recipient", "").split(",") if r.strip()]
        await desk.submission(
            request,
            caller,
            recipients=recipients,
            note=metadata.get("note", ""),
            profile=metadata.get("profile", ""),
        )
        upload = await desk.uploads.create(
            uploader=caller.name,
            name=metadata.get("filename", ""),
            claimed_type=metadata.get("filetype", ""),
            length=length,
            intent={k: v for k, v in metadata.items() if k not in ("filename", "filetype")},
        )
        headers = {"Location": f"{_PREFIX}/{upload.id}"}
        if request.headers.get("content-type") == tus.CONTENT_TYPE:
            upload = await _append(request, caller, upload)
        return await _progress(request, caller, upload, status=201, headers=headers)

    @api.head(
        "/{upload_id}",
        response_class=Response,
        responses={
            200: {"description": "How much is there", "headers": _HEADERS},
            **problems(401, 403, 404, 412, 422, 429, 503),
        },
        openapi_extra={"parameters": [_VERSION_HEADER]},
    )
    async def head(upload_id: ItemId, request: Request, caller: Me) -> Response:
        """Where to go on."""
        _require_version(request)
        upload = await _mine(upload_id, caller)
        headers = {**_headers(upload), "Cache-Control": "no-store"}
        if upload.length is not None:
            headers["Upload-Length"] = str(upload.length)
        else:
            headers["Upload-Defer-Length"] = "1"
        return Response(status_code=200, headers=headers)

    @api.patch(
        "/{upload_id}",
        response_class=Response,
        status_code=204,
        responses={
            204: {
                "description": "Durable up to Upload-Offset",
                "headers": {**_HEADERS, "Upload-Item": {"schema": {"type": "string"}}},
            },
            **problems(400, 401, 403, 404, 409, 412, 413, 415, 422, 423, 429, 503, 507),
        },
        openapi_extra={
            "parameters": [
                _VERSION_HEADER,
                _header("Upload-Offset", "integer", required=True, example="0"),
            ],
            **_BYTES,
        },
    )
    async def patch(upload_id: ItemId, request: Request, caller: Me) -> Response:
        """Go on at `Upload-Offset`. When the upload is whole it becomes an item (`Upload-Item`)."""
        _require_version(request)
        if request.headers.get("content-type") != tus.CONTENT_TYPE:
            raise Problem(ProblemKind.UNSUPPORTED_MEDIA_TYPE)
        upload = await _mine(upload_id, caller)
        if upload.length is None and request.headers.get("upload-length"):
            length = _length(request, desk.config.internet.max_upload)
            assert length is not None
            upload = await desk.uploads.announce(upload, caller.name, length)
        if _number(request, "upload-offset") != upload.size:
            raise Problem(ProblemKind.CONFLICT, "Upload-Offset is not where the upload ends")
        await desk.admit(int(request.headers.get("content-length") or 0))
        upload = await _append(request, caller, upload)
        return await _progress(request, caller, upload, status=204, headers={})

    @api.delete(
        "/{upload_id}",
        response_class=Response,
        status_code=204,
        responses=problems(401, 403, 404, 412, 422, 429, 503),
        openapi_extra={"parameters": [_VERSION_HEADER]},
    )
    async def terminate(upload_id: ItemId, request: Request, caller: Me) -> Response:
        """Give an upload up: its key and bytes are destroyed."""
        _require_version(request)
        try:
            await desk.uploads.terminate(upload_id, caller.name)
        except UploadGone:
            raise Problem(ProblemKind.NOT_FOUND) from None
        return Response(status_code=204, headers=_RESUMABLE)

    async def _mine(upload_id: str, caller: Caller) -> OpenUpload:
        try:
            return await desk.uploads.resumable(upload_id, caller.name)
        except UploadGone:
            raise Problem(ProblemKind.NOT_FOUND) from None

    async def _append(request: Request, caller: Caller, upload: OpenUpload) -> OpenUpload:
        if upload.id in busy:
            raise Problem(ProblemKind.LOCKED, "another request is sending this upload")
        busy.add(upload.id)
        try:
            appender = tus.Appender(desk.uploads, caller.name, upload)
            return await appender.take(_bounded(request, desk.config.internet.max_upload, upload))
        except tus.LengthExceeded:
            raise Problem(ProblemKind.TOO_LARGE, "more than was announced") from None
        except UploadConflict:
            raise Problem(ProblemKind.CONFLICT, "another request went on first") from None
        except ClientDisconnect:
            log.info("tus_cut", upload=upload.id)
            raise
        finally:
            busy.discard(upload.id)

    async def _progress(
        request: Request,
        caller: Caller,
        upload: OpenUpload,
        *,
        status: int,
        headers: dict[str, str],
    ) -> Response:
        """The answer after bytes came; a whole upload is handed in first."""
        headers |= _headers(upload)
        if upload.is_whole and upload.intent.get("submit") != "no":
            recipients = [r for r in upload.intent.get("recipient", "").split(",") if r.strip()]
            submission = await desk.submission(
                request,
                caller,
                recipients=recipients,
                note=upload.intent.get("note", ""),
                profile=upload.intent.get("profile", ""),
            )
            try:
                headers["Upload-Item"] = await desk.uploads.hand_in(submission, [], [upload.id])
            except (UploadGone, UploadConflict):
                raise Problem(ProblemKind.CONFLICT, "another request handed it in") from None
        return Response(status_code=status, headers=headers)

    return api


async def _bounded(request: Request, most: int, upload: OpenUpload) -> AsyncIterator[bytes]:
    """The body, cut off where an upload of unknown length grows over the limit."""
    total = upload.size
    async for piece in request.stream():
        total += len(piece)
        if total > most:
            raise tus.LengthExceeded
        yield piece


def _headers(upload: OpenUpload) -> dict[str, str]:
    return {
        **_RESUMABLE,
        "Upload-Offset": str(upload.size),
        "Upload-Expires": format_datetime(
            datetime.fromtimestamp(upload.expires_at / 1e6, UTC), usegmt=True
        ),
    }


def _require_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != tus.VERSION:
        raise Problem(ProblemKind.TUS_VERSION, headers={"Tus-Version": tus.VERSION})


def _number(request: Request, name: str) -> int | None:
    """A header that is a number; None where it is absent.

    Raises:
        Problem: 400 for anything else.
    """
    text = request.headers.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Problem(ProblemKind.BAD_REQUEST, f"{name} is not a number")
    return int(text)


def _length(request: Request, most: int) -> int | None:
    """`Upload-Length`; None where it is deferred.

    Raises:
        Problem: 400 or 413.
    """
    length = _number(request, "upload-length")
    if length is None:
        if request.headers.get("upload-defer-length") != "1":
            raise Problem(ProblemKind.BAD_REQUEST, "Upload-Length or Upload-Defer-Length: 1")
        return None
    if length > most:
        raise Problem(ProblemKind.TOO_LARGE)
    return length


def _metadata(request: Request) -> dict[str, str]:
    try:
        found = tus.parse_metadata(request.headers.get("upload-metadata", ""))
    except tus.BadMetadata as error:
        raise Problem(ProblemKind.BAD_REQUEST, str(error)) from None
    return {key: value for key, value in found.items() if key in _KNOWN_KEYS}
