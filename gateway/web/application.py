"""Puts one side's application together: routes, pages, `/livez`, problems, the document."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.responses import FileResponse, PlainTextResponse

from gateway.web import problems
from gateway.web.identity import Caller, Gate, signed_in
from gateway.web.limits import require_small_bodies
from gateway.web.problems import Problem, ProblemKind

_SHARED: Final = Path(__file__).parent / "static"
_TYPES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_ASSET: Final = re.compile(r"[a-z_]{1,40}\.(css|js)")


def make(
    *,
    title: str,
    description: str,
    gate: Gate,
    routers: Sequence[APIRouter],
    pages: Path,
    ready: Callable[[], bool],
) -> FastAPI:
    """The application. `pages` holds `index.html` and its own assets.

    Raises:
        TypeError: a router takes bodies of any size (see `limits.SmallBodyRoute`).
    """
    app = FastAPI(
        title=title,
        description=description,
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.gate = gate
    problems.install(app)
    for router in routers:
        require_small_bodies(router)
        app.include_router(router)

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def document(_caller: Annotated[Caller, Depends(signed_in)]) -> dict[str, Any]:
        return app.openapi()

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        return FileResponse(pages / "index.html", media_type=_TYPES[".html"])

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return Response(status_code=204)  # browsers ask for it whatever a page says

    @app.get("/static/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        if _ASSET.fullmatch(name):
            for folder in (pages, _SHARED):
                if (folder / name).is_file():
                    return FileResponse(folder / name, media_type=_TYPES[Path(name).suffix])
        raise Problem(ProblemKind.NOT_FOUND)

    @app.get("/livez", include_in_schema=False)
    def livez() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> PlainTextResponse:
        if not ready():
            raise Problem(ProblemKind.UNAVAILABLE)
        return PlainTextResponse("ok\n")

    return app
