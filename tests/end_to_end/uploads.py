"""A running gateway with one account, and clients of both sides."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.config import Config
from gateway.store.accounts import Accounts
from gateway.store.engine import Database
from scripts.demo import Gateway, gateway

PASSWORD = "correct horse battery"
SETTLED = ("ready", "delivered", "rejected", "expired")


@dataclass(frozen=True, slots=True)
class Office:
    """The gateway and tanaka's clients."""

    running: Gateway
    internet: httpx.AsyncClient
    lgwan: httpx.AsyncClient

    async def settled(self, item_id: str, seconds: float = 120) -> dict[str, Any]:
        """The item once it is cleaned; connection errors are waited out."""
        async with asyncio.timeout(seconds):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await self.internet.get(f"/api/v1/items/{item_id}")
                    if answer.status_code == 200 and answer.json()["state"] in SETTLED:
                        return answer.json()
                await asyncio.sleep(0.1)


@contextlib.asynccontextmanager
async def office(
    data_dir: Path, *, next_hop="smtp://127.0.0.1:1", **settings
) -> AsyncIterator[Office]:
    """Start the whole gateway on `data_dir`."""
    data_dir.mkdir(exist_ok=True)
    limits = {"MUGAIKA_INTERNET__MAX_REQUESTS_PER_MINUTE": "1000000",
              "MUGAIKA_LGWAN__MAX_REQUESTS_PER_MINUTE": "1000000"}  # fmt: skip
    async with gateway(next_hop, settings={**limits, **settings}, data_dir=data_dir) as running:
        tokens = await make_tokens(data_dir)
        clients = [
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {token}"},
                timeout=120,
            )
            for port, token in zip((running.internet_port, running.lgwan_port), tokens, strict=True)
        ]
        async with clients[0], clients[1]:
            yield Office(running, *clients)


async def make_tokens(data_dir: Path) -> list[str]:
    """Tanaka's tokens for both sides; the account is made when it is not there."""
    database = Database.open(Config(data_dir=data_dir), actor="operator")
    accounts = Accounts(database)
    if await accounts.find("tanaka") is None:
        await accounts.add("tanaka", role="staff", password=PASSWORD, email="tanaka@example.jp")
    found = [await accounts.new_token("tanaka", segment=s, days=1) for s in ("internet", "lgwan")]
    database.close()
    return found


def resident(pid: int, what: str = "VmHWM") -> int:
    """Bytes of memory of a process (its peak, or `VmRSS` for now)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    raise LookupError(what)


def role_pid(supervisor: int, role: str) -> int:
    """The process of a role below the supervisor."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if (
                entry.name.isdigit()
                and f"--role\0{role}".encode() in (entry / "cmdline").read_bytes()
            ):
                stat = (entry / "stat").read_text(errors="replace")
                if int(stat.rpartition(")")[2].split()[1]) == supervisor:
                    return int(entry.name)
    raise LookupError(role)


def blocks(count: int, size: int = 1 << 20) -> list[bytes]:
    """Different blocks of random bytes, to be sent again and again."""
    return [os.urandom(size) for _ in range(count)]
