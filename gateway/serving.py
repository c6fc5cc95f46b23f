"""What `serve` and `check-config` share: the checks before a start, and the roles."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from gateway.config import Config
from gateway.policy import Policy
from gateway.sandbox import pool
from gateway.supervisor import ROLES, Supervisor


class CannotStart(Exception):
    """The gateway must not start like this; the text says why and what to do."""


def check(config: Config, policy: Policy | None = None) -> tuple[list[str], list[str]]:
    """(problems that refuse the start, remarks worth reading)."""
    from gateway.internet.role import check_listener
    from gateway.web.server import check_listener as check_web

    problems = check_listener(config)
    problems += check_web("internet", config.internet) + check_web("lgwan", config.lgwan)
    if not is_loopback(config.ops.listen):
        problems.append("ops.listen: only a loopback address is served in this version")
    if config.store.database != "sqlite":
        problems.append('store.database: only "sqlite" is served in this version')
    if config.store.blobs != "file":
        problems.append('store.blobs: only "file" is served in this version')
    if config.bounce.next_hop:
        problems.append(
            "bounce.next_hop: bounces to the Internet need sender checks, which "
            "this version does not have; leave it empty (notice to the operator)"
        )
    if policy is not None and not config.scanner.socket:
        problems += [
            f'scanner.socket: profile "{name}" requires a malware scan; name the daemon\'s '
            "socket, or change the profile"
            for name, profile in policy.file.profiles.items()
            if profile.scan == "required"
        ]
    remarks = []
    if not config.smtp.relay_domains:
        remarks.append("smtp.relay_domains is empty: every recipient is refused")
    if not config.smtp.recipients:
        remarks.append(
            "smtp.recipients is empty: unknown recipients are refused only by the next hop"
        )
    remarks.append("one machine, SQLite: the segments are separated by process and code only")
    return problems, remarks


def is_loopback(listen: str) -> bool:
    """Whether HOST:PORT names a loopback address."""
    host = listen.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(config: Config, policy: Policy, config_file: Path | None, role: str | None) -> int:
    """Run the supervisor, or one role. Returns the exit code.

    Raises:
        CannotStart: a check failed; nothing was started.
    """
    if role is not None and role not in ROLES:
        raise CannotStart(f"--role {role}: one of {', '.join(ROLES)}")
    problems, _remarks = check(config, policy)
    if problems:
        raise CannotStart("\n".join(problems))
    if role is None:
        _prepare(config)
        return Supervisor(config, config_file, ROLES).run()
    return run_role(_role(role, config, policy))


def _prepare(config: Config) -> None:
    from gateway.store import schema
    from gateway.store.errors import StoreError

    if problem := pool.unavailable():
        raise CannotStart(f"the sandbox cannot be locked here: {problem}. There is no switch.")
    try:
        config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        schema.prepare(config)
    except StoreError as error:
        raise CannotStart(f"{error.code}: {error}") from error
    except OSError as error:
        raise CannotStart(f"data_dir {config.data_dir}: {error.strerror}") from error


def _role(role: str, config: Config, policy: Policy) -> Callable[[asyncio.Event], Awaitable[None]]:
    """The coroutine of a role. Imported here: a process loads only its own side."""
    if role == "internet":
        from gateway.internet.role import run as internet

        return lambda stop: internet(config, policy, stop)
    if role == "worker":
        from gateway.worker.role import run as worker

        return lambda stop: worker(config, policy, stop)
    if role == "lgwan":
        from gateway.lgwan.role import run as lgwan

        return lambda stop: lgwan(config, stop)
    from gateway.ops.role import run as ops

    return lambda stop: ops(config, stop)


def run_role(main: Callable[[asyncio.Event], Awaitable[None]]) -> int:
    """Run one role until SIGTERM or SIGINT; the exit code."""

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await main(stop)

    uvloop.run(run())
    return 0
