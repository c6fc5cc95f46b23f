"""Files by HTTP: MB/s into encrypted storage, time to clean, latency of the API.

The floor is a bare uvicorn application that reads the same body and throws it away, on the
same machine in the same run. Everything of ours is durable before it is answered.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from PIL import Image

from benchmarks.facts import Figure
from gateway.config import Config
from gateway.store.engine import database_path
from scripts.demo import free_port
from tests.end_to_end.uploads import office

_BARE = """
import sys, uvicorn
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", lifespan="off", http="h11")
"""
_TUS = {"Tus-Resumable": "1.0.0"}
_ITEMS = 10_000  # of one recipient, in the listing


def _settings() -> dict[str, str]:
    return {"MUGAIKA_INTERNET__MAX_UPLOAD": "2GB"}


def _photo() -> bytes:
    picture = Image.effect_noise((1600, 1200), 40).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


async def _multipart(client: httpx.AsyncClient, data: bytes) -> float:
    started = time.perf_counter()
    answer = await client.post("/api/v1/uploads", files={"file": ("a.bin", data)})
    assert answer.status_code == 202, answer.text
    return time.perf_counter() - started


async def _resumable(client: httpx.AsyncClient, data: bytes) -> float:
    headers = {**_TUS, "Upload-Length": str(len(data)), "Upload-Metadata": "submit bm8="}
    url = (await client.post("/api/v1/tus", headers=headers)).headers["location"]
    started = time.perf_counter()
    answer = await client.patch(
        url,
        content=data,
        headers={
            **_TUS,
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        },
    )
    assert answer.status_code == 204, answer.text
    return time.perf_counter() - started


def _bare_server(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _BARE, str(port)])


async def _bare(data: bytes) -> float:
    port = free_port()
    process = _bare_server(port)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            for _ in range(100):
                try:
                    await client.post("/", content=b"x")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
            took = []
            for _ in range(3):
                started = time.perf_counter()
                await client.post("/", files={"file": ("a.bin", data)})
                took.append(time.perf_counter() - started)
            return min(took)
    finally:
        process.terminate()
        process.wait()


async def _to_clean(client: httpx.AsyncClient, name: str, data: bytes, rounds: int) -> list[float]:
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        answer = await client.post("/api/v1/sanitize", files={"file": (name, data)})
        assert answer.json()["outcome"] == "clean", answer.text
        took.append((time.perf_counter() - started) * 1000)
    return took


def _multiply(path: Path, count: int) -> None:
    """Many items of the same recipient, as copies of the newest one."""
    with sqlite3.connect(path) as connection:
        (item,) = connection.execute("select max(id) from items").fetchone()
        ids = [(f"{n:020d}",) for n in range(count)]
        for table, key in (("items", "id"), ("deliveries", "item_id")):
            columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
            rest = ",".join(c for c in columns if c not in (key, "id"))
            connection.executemany(
                f"insert into {table} ({key},{rest}) select ?,{rest} from {table}"
                f" where {key} = '{item}'",
                ids,
            )


async def _latency(client: httpx.AsyncClient, path: str, rounds: int) -> list[float]:
    took = []
    for _ in range(rounds):
        started = time.perf_counter()
        answer = await client.get(path)
        assert answer.status_code == 200
        took.append((time.perf_counter() - started) * 1000)
    return took


async def _measure(scale: float) -> list[Figure]:
    size = int(200_000_000 * max(scale, 0.25))
    data = os.urandom(1_000_000) * (size // 1_000_000)
    rounds = max(5, int(50 * scale))
    figures: list[Figure] = []
    bare = await _bare(data)
    with tempfile.TemporaryDirectory() as folder:
        async with office(Path(folder), **_settings()) as at:
            multipart = min([await _multipart(at.internet, data) for _ in range(2)])
            resumable = min([await _resumable(at.internet, data) for _ in range(2)])
            megabytes = len(data) / 1e6
            note = f"{megabytes:.0f} MB, encrypted, fsynced"
            figures += [
                Figure("uploads", "multipart", megabytes / multipart, "MB/s", note),
                Figure("uploads", "tus", megabytes / resumable, "MB/s", note),
                Figure("uploads", "bare uvicorn", megabytes / bare, "MB/s", "thrown away"),
                Figure("uploads", "multipart / bare", bare / multipart, "ratio", "throughput"),
            ]
            await asyncio.sleep(5)  # the large ones are withheld meanwhile
            text = "お知らせ\r\n".encode() * 500
            for name, content in (("text 10 kB", text), ("photo 2 MP", _photo())):
                file = "a.txt" if name.startswith("text") else "a.jpg"
                took = await _to_clean(at.internet, file, content, rounds)
                figures.append(
                    Figure("uploads", f"to clean: {name}", statistics.median(took), "ms p50",
                           f"p95 {sorted(took)[int(len(took) * 0.95)]:.1f} ms, over the API")
                )  # fmt: skip
            _multiply(database_path(Config(data_dir=Path(folder))), _ITEMS)
            for name, path in (
                ("one item", f"/api/v1/items/{await _any_item(at.lgwan)}"),
                ("200 of 10,000 items", "/api/v1/items?limit=200"),
            ):
                took = await _latency(at.lgwan, path, rounds)
                figures.append(
                    Figure("uploads", f"GET {name}", statistics.median(took), "ms p50",
                           f"p95 {sorted(took)[int(len(took) * 0.95)]:.1f} ms")
                )  # fmt: skip
    return figures


async def _any_item(client: httpx.AsyncClient) -> str:
    found: list[dict[str, str]] = (await client.get("/api/v1/items")).json()["items"]
    return random.choice(found)["id"]


def run(scale: float) -> list[Figure]:
    """All of them."""
    return asyncio.run(_measure(scale))
