"""`make demo`: the main job seen done in under a minute.

Starts the gateway on free loopback ports with an empty data folder and a small mail sink
as the LGWAN side, sends the sample mails by SMTP and prints for each what came in, what
was found and what arrived.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import aiosmtplib

from gateway.config import Config
from gateway.store.accounts import Accounts
from gateway.store.engine import Database
from scripts import samples
from scripts.samples import Sample
from scripts.sink import Received, Sink

_START_SECONDS = 40
_MAIL_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway and its places."""

    smtp_port: int
    ops_port: int
    internet_port: int
    lgwan_port: int
    data_dir: Path
    pid: int = 0  # of the supervisor


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def gateway(
    next_hop: str, *, settings: dict[str, str] | None = None, data_dir: Path | None = None
) -> AsyncIterator[Gateway]:
    """The whole gateway (`mugaika serve`) as subprocesses, stopped at the end.

    Raises:
        RuntimeError: it did not get ready.
    """
    folder = data_dir or Path(tempfile.mkdtemp(prefix="mugaika-demo-"))
    running = Gateway(free_port(), free_port(), free_port(), free_port(), folder)
    environment = {
        **os.environ,
        "MUGAIKA_DATA_DIR": str(folder),
        "MUGAIKA_SMTP__LISTEN": f"127.0.0.1:{running.smtp_port}",
        "MUGAIKA_SMTP__RELAY_DOMAINS": '["example.jp"]',
        "MUGAIKA_SMTP__HOSTNAME": "mugaika.example.jp",
        "MUGAIKA_RELAY__NEXT_HOP": next_hop,
        "MUGAIKA_OPS__LISTEN": f"127.0.0.1:{running.ops_port}",
        "MUGAIKA_INTERNET__LISTEN": f"127.0.0.1:{running.internet_port}",
        "MUGAIKA_LGWAN__LISTEN": f"127.0.0.1:{running.lgwan_port}",
        **(settings or {}),
    }
    log = (folder / "serve.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "serve", env=environment, stderr=log
    )
    try:
        try:
            await ready(running.ops_port, process)
        except RuntimeError:
            print((folder / "serve.log").read_text(encoding="utf-8")[-2000:], file=sys.stderr)
            raise
        yield replace(running, pid=process.pid)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
        log.close()
        if data_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


async def ready(ops_port: int, process: asyncio.subprocess.Process) -> None:
    """Until `/readyz` says so.

    Raises:
        RuntimeError: the process ended, or it took too long.
    """
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if process.returncode is not None:
            raise RuntimeError(f"the gateway ended with {process.returncode}: see serve.log")
        status, _body = await get(ops_port, "/readyz")
        if status == 200:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("the gateway did not get ready")


async def get(port: int, path: str, *, token: str = "") -> tuple[int, str]:
    """A plain HTTP GET on loopback: (status, body); status 0 where nobody listens."""
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    return await talk(port, f"GET {path} HTTP/1.0\r\nHost: localhost\r\n{who}\r\n".encode())


async def talk(port: int, request: bytes) -> tuple[int, str]:
    """One request whose connection ends with its answer: (status, body)."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return 0, ""
    writer.write(request)
    answer = (await reader.read()).decode("utf-8", "replace")
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split(" ", 2)[1]) if " " in head else 0, body


def found(data_dir: Path, item_id: str) -> list[str]:
    """What the gateway recorded for an item: one line a part."""
    connection = sqlite3.connect(f"file:{data_dir}/mugaika.sqlite?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT n, name, media_type, outcome, method, reason, findings FROM parts "
            "WHERE item_id = ? ORDER BY n",
            (item_id,),
        ).fetchall()
    finally:
        connection.close()
    lines = []
    for n, name, media_type, outcome, method, reason, findings in rows:
        kinds = [f"{f['kind']} {f['action']} x{f['count']}" for f in json.loads(findings)]
        title = "mail" if n == 0 else name
        why = f" ({reason})" if reason else ""
        lines.append(f"{title} [{media_type}] {outcome}{why}, method {method}")
        if kinds:
            lines.append(f"    {', '.join(kinds)}")
    return lines


def show(sample: Sample, arrived: Received, data_dir: Path, seconds: float) -> None:
    """Print one sample's way through the gateway."""
    message = BytesParser(policy=policy.default).parsebytes(arrived.data)
    assert isinstance(message, EmailMessage)
    trace = str(message["Received"] or "")
    item_id = trace.partition(" id ")[2].partition(";")[0]
    print(f"\n=== {sample.title}")
    print(f"  in:      {len(sample.data):,} bytes by SMTP")
    for line in found(data_dir, item_id):
        print(f"  found:   {line}")
    print(f"  arrived: {len(arrived.data):,} bytes after {seconds * 1000:.0f} ms, item {item_id}")
    print(f"           Subject: {message['Subject']}")
    print(f"           {message['X-Mugaika-Report']}")
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    for line in text.strip().splitlines():
        print(f"           | {line}")
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        size = len(content) if isinstance(content, bytes) else 0
        print(f"           + {part.get_filename()} ({part.get_content_type()}, {size:,} bytes)")


async def uploaded(running: Gateway) -> None:
    """A file goes up on the Internet side and is collected on the LGWAN side."""
    database = Database.open(Config(data_dir=running.data_dir), actor="operator")
    accounts = Accounts(database)
    await accounts.add("tanaka", role="staff", password=None, email="tanaka@example.jp")
    up = await accounts.new_token("tanaka", segment="internet", days=1)
    down = await accounts.new_token("tanaka", segment="lgwan", days=1)
    database.close()
    print("\n=== アップロード (files by HTTP)")
    files = samples.uploads()
    for name, data in files.items():
        print(f"  in:      {name}, {len(data):,} bytes by HTTP")
    started = time.monotonic()
    status, answer = await post_files(running.internet_port, up, files)
    item_id = json.loads(answer)["id"]
    while True:
        _, body = await get(running.lgwan_port, f"/api/v1/items/{item_id}", token=down)
        item = json.loads(body)
        if item["state"] not in ("received", "processing"):
            break
        await asyncio.sleep(0.02)
    took = (time.monotonic() - started) * 1000
    print(f"  found:   {status} accepted, {item['state']} after {took:.0f} ms, item {item_id}")
    for part in item["parts"]:
        kinds = [f"{f['kind']} {f['action']} x{f['count']}" for f in part["findings"]]
        print(f"           {part['name']}: {part['outcome']} ({part['method']}) {', '.join(kinds)}")
        if part["reason"]:
            print(f"             {part['reason']['ja']}")
    for part in item["parts"]:
        if part["fetchable"]:
            path = f"/api/v1/items/{item_id}/parts/{part['n']}/content"
            status, _ = await get(running.lgwan_port, path, token=down)
            what = f"{part['media_type']}, {part['size']:,} bytes"
            print(f"  arrived: {part['name']} ({what}), HTTP {status}")


async def post_files(port: int, token: str, files: dict[str, bytes]) -> tuple[int, str]:
    """A form with these files to the Internet side: (status, body)."""
    boundary = "mugaika-demo"
    body = b""
    for name, data in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
        body += head.encode() + b"\r\n\r\n" + data + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    head = (
        f"POST /api/v1/uploads HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n"
    )
    return await talk(port, head.encode() + body)


async def main() -> int:
    """The programme; the exit code."""
    print("starting the gateway (SQLite, a local folder, loopback ports) ...")
    async with Sink() as sink, gateway(sink.url) as running:
        print(f"ready: SMTP on port {running.smtp_port}, next hop {sink.url}")
        for number, sample in enumerate(samples.all_samples(), start=1):
            started = time.monotonic()
            await aiosmtplib.send(
                sample.data,
                sender=samples.SENDER,
                recipients=[samples.RECIPIENT],
                hostname="127.0.0.1",
                port=running.smtp_port,
                start_tls=False,
            )
            await sink.wait_for(number, seconds=_MAIL_SECONDS)
            show(sample, sink.received[-1], running.data_dir, time.monotonic() - started)
        await uploaded(running)
        _status, body = await get(running.ops_port, "/healthz")
        print("\n=== health")
        for name, component in json.loads(body)["components"].items():
            print(f"  {component['status']:<6} {name:<12} {component['sentence']}")
    print("\nstopped cleanly")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
