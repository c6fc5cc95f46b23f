"""The operators' HTTP surface: `/livez /readyz /healthz /metrics`. Loopback only."""

from __future__ import annotations

import os
from typing import Final

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.config import Config
from gateway.ops import health
from gateway.store.errors import StoreError
from gateway.store.view import View

_NUMBER: Final = {"green": 0, "yellow": 1, "red": 2}
#: Components without which no mail is taken or moved: `/readyz` answers 503.
_NEEDED: Final = frozenset({"store", "receivers", "workers", "sandbox"})


def make(config: Config, view: View) -> FastAPI:
    """The application. Handlers are plain functions: FastAPI runs them in threads."""
    app = FastAPI(title="mugaika ops", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/livez")
    def livez() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @app.get("/readyz")
    def readyz() -> PlainTextResponse:
        red = [
            c.component
            for c in health.examine(config, view)
            if c.status == "red" and c.component in _NEEDED
        ]
        if red:
            return PlainTextResponse(f"not ready: {', '.join(red)}\n", status_code=503)
        return PlainTextResponse("ok\n")

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        components = health.examine(config, view)
        status = health.overall(components)
        body = {
            "status": status,
            "components": {
                c.component: {"status": c.status, "sentence": c.sentence} for c in components
            },
        }
        return JSONResponse(body, status_code=503 if status == "red" else 200)

    @app.get("/metrics")
    def metrics() -> Response:
        registry = CollectorRegistry()
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text = generate_latest(registry) + _gauges(config, view)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return app


def _gauges(config: Config, view: View) -> bytes:
    """What is read from the store at the moment of the scrape."""
    registry = CollectorRegistry()
    state = Gauge("mugaika_queue", "Rows by state", ["table", "state"], registry=registry)
    oldest = Gauge("mugaika_oldest_seconds", "Age of the oldest row", ["stage"], registry=registry)
    well = Gauge("mugaika_health", "0 green, 1 yellow, 2 red", ["component"], registry=registry)
    for component in health.examine(config, view):
        well.labels(component=component.component).set(_NUMBER[component.status])
    try:
        depth = view.depth()
    except StoreError:
        return generate_latest(registry)
    for name, count in depth.items.items():
        state.labels(table="items", state=name).set(count)
    for name, count in depth.deliveries.items():
        state.labels(table="deliveries", state=name).set(count)
    oldest.labels(stage="clean").set(depth.oldest_to_clean)
    oldest.labels(stage="send").set(depth.oldest_to_send)
    return generate_latest(registry)
