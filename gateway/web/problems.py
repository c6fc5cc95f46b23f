"""Errors as problem details (RFC 9457): one shape, a stable kind, never an inner text.

`detail` is a sentence for staff. What went wrong inside a handler stays in the log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from gateway.store.errors import StoreError, StoreFull

MEDIA_TYPE: Final = "application/problem+json"
_MOST_PLACES: Final = 10  # wrong fields that one answer names
_OUR_FIELD: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")  # not what a caller called a field
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of problem: the last word of its URI, status, title, sentence for staff."""

    word: str
    status: int
    title: str
    detail: str


class ProblemKind(Enum):
    """The documented kinds (their words are a public contract)."""

    BAD_REQUEST = _Kind("bad_request", 400, "Bad request", "要求の形式が正しくありません。")
    BAD_HOST = _Kind("bad_host", 400, "Unknown host", "この名前では応答しません。")
    UNAUTHORIZED = _Kind("unauthorized", 401, "Sign in first", "サインインしてください。")
    SIGN_IN_REFUSED = _Kind(
        "sign_in_refused", 401, "Sign-in refused", "利用者名またはパスワードが違います。"
    )
    FORBIDDEN = _Kind("forbidden", 403, "Not allowed", "この操作は許可されていません。")
    CSRF = _Kind("csrf", 403, "Not from our page", "画面を開き直してからやり直してください。")
    NOT_FOUND = _Kind("not_found", 404, "Not found", "見つかりません。")
    METHOD = _Kind("method_not_allowed", 405, "Method not allowed", "この操作はありません。")
    CONFLICT = _Kind("conflict", 409, "Not in this state", "いまの状態ではできません。")
    GONE = _Kind("gone", 410, "Gone", "保存期間が過ぎました。")
    TUS_VERSION = _Kind("tus_version", 412, "Tus-Resumable: 1.0.0", "tus 1.0.0 のみです。")
    TOO_LARGE = _Kind("too_large", 413, "Too large", "大きすぎます。")
    UNSUPPORTED_MEDIA_TYPE = _Kind(
        "unsupported_media_type", 415, "Unsupported media type", "この形式の要求は受け付けません。"
    )
    INVALID = _Kind("invalid", 422, "Invalid", "入力の内容が正しくありません。")
    LOCKED = _Kind("locked", 423, "Locked", "使用中か、パスワードが必要です。")
    TOO_MANY = _Kind("too_many", 429, "Too many requests", "しばらく待ってからやり直してください。")
    INTERNAL = _Kind("internal", 500, "Our fault", "システムの問題で処理できませんでした。")
    UNAVAILABLE = _Kind(
        "unavailable", 503, "Try again later", "混み合っています。後ほどお試しください。"
    )
    DISK_FULL = _Kind(
        "disk_full",
        507,
        "Disk full",
        "保存先の空きが足りません。情報システム担当にお知らせください。",
    )


class Problem(Exception):
    """An answer that is an error. `detail` replaces the kind's own sentence."""

    def __init__(
        self, kind: ProblemKind, detail: str = "", *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(kind.value.word)
        self.kind = kind
        self.detail = detail or kind.value.detail
        self.headers = dict(headers or {})


class TooLargeBody(HTTPException):
    """Raised while a body is read: FastAPI lets this family through there, a `Problem` not."""

    def __init__(self) -> None:
        super().__init__(413)


_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_BY_STATUS: Final = {kind.value.status: kind for kind in reversed(ProblemKind)}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route documents of its errors; 400, 405 and 500 can come from any."""
    return {
        status: {
            "description": _BY_STATUS[status].value.title,
            "content": {
                MEDIA_TYPE: {"schema": _SCHEMA, "example": _body(_BY_STATUS[status].value, "")}
            },
        }
        for status in sorted({400, *statuses})
    }


def _body(kind: _Kind, detail: str) -> dict[str, object]:
    return {
        "type": f"urn:mugaika:problem:{kind.word}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.detail,
    }


def response(problem: Problem) -> JSONResponse:
    """The answer of a problem."""
    kind = problem.kind.value
    headers = dict(problem.headers)
    if kind.status == 401:  # RFC 9110 section 15.5.2
        headers.setdefault("WWW-Authenticate", "Bearer")
    if kind.status in (429, 503):
        headers.setdefault("Retry-After", "10")
    return JSONResponse(_body(kind, problem.detail), kind.status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of `app` be a problem."""

    async def on_problem(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return response(error)

    async def on_validation(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        places = sorted({_place(e["loc"]) for e in error.errors()})[:_MOST_PLACES]
        return response(Problem(ProblemKind.INVALID, f"正しくない項目: {', '.join(places)}"))

    async def on_http(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        kind = _BY_STATUS.get(error.status_code, ProblemKind.BAD_REQUEST)
        return response(Problem(kind, headers=error.headers))

    async def on_store(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StoreError)
        log.error("store_refused", code=error.code)
        full = isinstance(error, StoreFull)
        return response(Problem(ProblemKind.DISK_FULL if full else ProblemKind.UNAVAILABLE))

    async def on_cut(request: Request, _error: Exception) -> JSONResponse:
        # The caller has gone, or was cut by `Edge`: nobody hears this, and no fault is ours.
        log.info("http.body_cut", client=request.client.host if request.client else "")
        return response(Problem(ProblemKind.BAD_REQUEST))

    async def on_fault(request: Request, error: Exception) -> JSONResponse:
        log.error("handler_failed", path=request.scope["route"].path if "route" in request.scope
                  else "", error=type(error).__name__)  # fmt: skip
        return response(Problem(ProblemKind.INTERNAL))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(StoreError, on_store)
    app.add_exception_handler(ClientDisconnect, on_cut)
    app.add_exception_handler(Exception, on_fault)


def _place(steps: Sequence[object]) -> str:
    """Where in a request something is wrong, in our own words."""
    words = [str(step) for step in steps[:2]]
    return ".".join(word if _OUR_FIELD.fullmatch(word) else "?" for word in words)
