"""`mugaika serve`: one process per role, started, watched and stopped here.

The supervisor opens no socket and touches no mail. Before any role starts it checks the
configuration and the kernel, makes keys for a new installation and migrates the store.
A role that dies is started again with a growing pause; SIGTERM is passed on and waited
for, so that each role finishes or gives back what it holds.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from gateway.config import Config

log = structlog.get_logger(__name__)

ROLES: Final = ("internet", "worker", "lgwan", "ops")
STOP_GRACE_SECONDS: Final = 40.0  # longer than any role's own grace
_FIRST_PAUSE: Final = 0.5  # before a dead role starts again, doubled each time
_LONGEST_PAUSE: Final = 30.0
_STEADY_SECONDS: Final = 60.0  # alive this long: the pause starts anew
_TICK: Final = 0.1


@dataclass
class _Child:
    role: str
    number: int
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    due: float = field(default_factory=time.monotonic)


class Supervisor:
    """Keeps the processes of all roles running."""

    def __init__(self, config: Config, config_file: Path | None, roles: tuple[str, ...]) -> None:
        counts = {"internet": config.smtp.processes, "worker": config.workers.processes}
        self._children = [
            _Child(role, number) for role in roles for number in range(counts.get(role, 1))
        ]
        self._arguments = ["--config", str(config_file)] if config_file else []
        self._environment = dict(os.environ)
        self._environment["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics_folder(config))
        self._stopping = False

    def run(self) -> int:
        """Until SIGTERM or SIGINT; the exit code of the command."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self._stopping:
            for child in self._children:
                self._tend(child)
            time.sleep(_TICK)
        return self._end()

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _tend(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                if now - child.started > _STEADY_SECONDS:
                    child.pause = _FIRST_PAUSE
                return
            log.error("role_ended", ended=child.role, exit=code, pause=child.pause)
            child.process = None
            child.due = now + child.pause
            child.pause = min(child.pause * 2, _LONGEST_PAUSE)
        if now >= child.due:
            child.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    sys.executable,
                    "-m",
                    "gateway.cli",
                    "serve",
                    "--role",
                    child.role,
                    *self._arguments,
                ],
                env=self._environment,
            )
            child.started = now
            log.info("role_started", started=child.role, pid=child.process.pid)

    def _end(self) -> int:
        running = [c.process for c in self._children if c.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        until = time.monotonic() + STOP_GRACE_SECONDS
        clean = True
        for process in running:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("role_killed", pid=process.pid)
                process.kill()
                process.wait()
                clean = False
        log.info("stopped", clean=clean)
        return 0 if clean else 1


def _metrics_folder(config: Config) -> Path:
    """Where the roles' counters meet (prometheus_client's multi-process mode), emptied."""
    folder = config.data_dir.absolute() / "run" / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    return folder
