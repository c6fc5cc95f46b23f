"""Which processes are alive: heartbeats that health reads and leases are judged by."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.store.engine import Database
from gateway.store.ids import now_us
from gateway.store.tables import processes

BEAT_SECONDS: Final = 5.0
GONE_SECONDS: Final = 3600.0  # rows of processes silent for so long are removed


def boot_mark(pid: int) -> str:
    """Start time of a process in clock ticks since boot; "" where it is not alive."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def this_instance(role: str) -> str:
    """`role:node:pid:start`: unique, also after a restart that reuses the pid."""
    pid = os.getpid()
    return f"{role}:{socket.gethostname()[:40]}:{pid}:{boot_mark(pid)}"


def is_dead(instance: str) -> bool:
    """Whether an instance of this node has ended (False for other nodes: unknown)."""
    fields = instance.split(":")
    if len(fields) != 4 or fields[1] != socket.gethostname()[:40] or not fields[2].isdigit():
        return False
    return boot_mark(int(fields[2])) != fields[3]


@dataclass(frozen=True, slots=True)
class Process:
    """One heartbeat row."""

    instance: str
    role: str
    pid: int
    seen_at: int
    detail: dict[str, Any]


class Presence:
    """The heartbeat of one process."""

    def __init__(self, database: Database, role: str) -> None:
        self._database = database
        self._role = role
        self.instance = this_instance(role)
        self._started = now_us()

    async def beat(self, detail: Mapping[str, object]) -> None:
        """Say "alive" with what this role knows of its health."""
        now = now_us()
        row = {
            "instance": self.instance,
            "role": self._role,
            "node": socket.gethostname(),
            "pid": os.getpid(),
            "started_at": self._started,
            "seen_at": now,
            "detail": json.dumps(detail, ensure_ascii=False),
        }

        def fn(connection: Connection) -> None:
            same = processes.c.instance == self.instance
            if connection.execute(update(processes).where(same), row).rowcount == 0:
                connection.execute(insert(processes), [row])
            silent = processes.c.seen_at < now - int(GONE_SECONDS * 1e6)
            connection.execute(delete(processes).where(silent))

        await self._database.write(fn)

    async def leave(self) -> None:
        """A clean end: the row goes."""
        mine = delete(processes).where(processes.c.instance == self.instance)
        await self._database.write(lambda connection: connection.execute(mine))


def listed(connection: Connection) -> list[Process]:
    """All heartbeat rows."""
    return [
        Process(row.instance, row.role, row.pid, row.seen_at, json.loads(row.detail))
        for row in connection.execute(select(processes).order_by(processes.c.role))
    ]
