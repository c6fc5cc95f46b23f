"""The LGWAN side's API: what was sent to me, what was done to it, its clean bytes.

Only the clean space can be reached from here, and only what was sent to the caller. Every
download is recorded. Content is always an attachment that no browser may run or sniff.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import quote

import anyio.to_thread
from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from gateway.lgwan.bundle import bundle
from gateway.store.itemview import ItemView, PartView
from gateway.store.portal import NoSuchContent, Portal
from gateway.web.identity import Caller, Right, may
from gateway.web.items import ItemId, ItemModel, PageModel, item_model
from gateway.web.problems import Problem, ProblemKind, problems

_WORKING: Final = frozenset({"received", "processing", "held"})
_ENDED: Final = frozenset({"expired", "delivered"})
#: Nothing in a downloaded file may run in this origin, whatever a browser thinks it is.
_CONTENT_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}
_BINARY: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The clean bytes",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_PartNumber = Annotated[int, Path(ge=0, le=100_000)]

#: The caller of a handler.
Me = Annotated[Caller, Depends(may(Right.COLLECT))]


@dataclass(frozen=True, slots=True)
class Counter:
    """What the handlers of this side work with."""

    portal: Portal

    async def view(self, item_id: str, caller: Caller) -> ItemView:
        """An item that was sent to the caller.

        Raises:
            Problem: 404, also for another's.
        """
        view = await self.portal.item(item_id, caller.identities)
        if view is None:
            raise Problem(ProblemKind.NOT_FOUND)
        return view


def router(counter: Counter) -> APIRouter:
    """All routes of collecting."""
    api = APIRouter(prefix="/api/v1", tags=["items"])

    @api.get("/items", response_model=PageModel, responses=problems(401, 403, 422, 429, 503))
    async def items(
        caller: Me,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str, Query(pattern=r"^(|[0-9a-hjkmnp-tv-z]{20})$")] = "",
    ) -> PageModel:
        """What was sent to me, the newest first, without parts."""
        page = await counter.portal.items(caller.identities, before=cursor, limit=limit)
        return PageModel(items=[item_model(v) for v in page.items], next=page.following or None)

    @api.get(
        "/items/{item_id}",
        response_model=ItemModel,
        responses=problems(401, 403, 404, 422, 429, 503),
    )
    async def item(item_id: ItemId, caller: Me) -> ItemModel:
        """One item with its parts, findings and reasons."""
        return item_model(await counter.view(item_id, caller))

    @api.get(
        "/items/{item_id}/parts/{n}/content",
        response_class=StreamingResponse,
        responses={**_BINARY, **problems(401, 403, 404, 409, 410, 422, 423, 429, 503)},
    )
    async def content(item_id: ItemId, n: _PartNumber, caller: Me) -> StreamingResponse:
        """The clean bytes of one part."""
        view = await counter.view(item_id, caller)
        part = next((p for p in view.parts if p.n == n), None)
        if part is None:
            raise _not_there(view)
        if part.clean_key is None:
            raise _no_content(view, part)
        opened = await _opened(counter, view, part)
        headers = {**_disposition(part.name), "Content-Length": str(part.size)}

        async def pieces() -> AsyncIterator[bytes]:
            while piece := await anyio.to_thread.run_sync(next, opened, b""):
                yield piece
            await counter.portal.fetched(view, [n], actor=caller.name)

        return StreamingResponse(pieces(), media_type=part.media_type, headers=headers)

    @api.get(
        "/items/{item_id}/content",
        response_class=StreamingResponse,
        responses={**_BINARY, **problems(401, 403, 404, 409, 410, 422, 423, 429, 503)},
    )
    async def everything(item_id: ItemId, caller: Me) -> StreamingResponse:
        """Everything that can be fetched, as one ZIP."""
        view = await counter.view(item_id, caller)
        chosen = [p for p in view.parts if p.clean_key is not None]
        if not chosen:
            raise _no_content(view, view.parts[0]) if view.parts else _not_there(view)
        headers = _disposition(f"{view.id}.zip")

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in bundle(view, chosen, counter.portal.content):
                yield piece
            await counter.portal.fetched(view, _numbers(chosen), actor=caller.name)

        return StreamingResponse(pieces(), media_type="application/zip", headers=headers)

    return api


def _numbers(parts: Sequence[PartView]) -> list[int]:
    return [part.n for part in parts]


async def _opened(counter: Counter, view: ItemView, part: PartView) -> Any:
    try:
        return (await counter.portal.content(part)).pieces
    except NoSuchContent:
        raise _no_content(view, part) from None


def _not_there(view: ItemView) -> Problem:
    """A part that an item does not have (yet)."""
    if view.state in _WORKING:
        return Problem(ProblemKind.CONFLICT, "無害化がまだ終わっていません。")
    return Problem(ProblemKind.NOT_FOUND)


def _no_content(view: ItemView, part: PartView) -> Problem:
    """Why a part has no bytes to give."""
    if part.outcome == "locked":
        return Problem(ProblemKind.LOCKED, "パスワードで保護されているため、お渡しできません。")
    if part.outcome in ("withheld", "failed"):
        return Problem(ProblemKind.CONFLICT, "このファイルはお渡しできません。")
    if view.kind == "upload" and part.parent is None and view.state in _ENDED:
        return Problem(ProblemKind.GONE, "保存期間が過ぎました。")
    return Problem(ProblemKind.CONFLICT, "このファイルは単独では受け取れません。")


def _disposition(name: str) -> dict[str, str]:
    """RFC 6266 section 4.3: an ASCII fallback, and the name by RFC 8187."""
    fallback = "".join(c if (c.isascii() and c.isalnum()) or c in "._-" else "_" for c in name)
    value = f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {**_CONTENT_HEADERS, "Content-Disposition": value}
