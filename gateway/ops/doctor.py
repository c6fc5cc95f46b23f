"""`mugaika doctor`: can this machine run the gateway, and what is missing?

Everything is tried for real: the sandbox is started and a canary mail cleaned in it.
"""

from __future__ import annotations

import os
import platform

from gateway import serving
from gateway.config import Config
from gateway.ops.health import Component, Status
from gateway.sandbox import landlock, pool, seccomp
from gateway.sandbox.pool import Sandbox, SandboxUnavailable
from gateway.sandbox.tools.programs import FFMPEG, LIBREOFFICE
from gateway.store import keys, schema
from gateway.store.engine import database_path
from gateway.store.errors import StoreError
from gateway.worker import canary
from sanitizers.pdf import _font_files as fonts

_MEMORY: int = 1_000_000_000


async def examine(config: Config) -> list[Component]:
    """All findings, in the order in which a person would mend them."""
    found = [_kernel(), _landlock()]
    found += await _sandbox()
    found += [_libreoffice(), _ffmpeg(), _fonts()]
    found += [_data_dir(config), _keys(config), _store(config), _configuration(config)]
    return found


async def offered_methods() -> dict[str, tuple[str, ...]]:
    """Methods by media type, as the sanitizers of this installation offer them."""
    sandbox = Sandbox(slots=1, memory_bytes=_MEMORY)
    try:
        await sandbox.start()
        return {t: sandbox.methods_for(t) for t in sandbox.media_types}
    finally:
        await sandbox.close()


def _kernel() -> Component:
    if seccomp.available():
        return Component("seccomp", "green", f"Linux {platform.release()}, {platform.machine()}")
    return Component("seccomp", "red", "no seccomp filter here: the gateway refuses to start")


def _landlock() -> Component:
    abi = landlock.abi()
    if abi < 1:
        return Component("landlock", "red", "no Landlock here: the gateway refuses to start")
    return Component("landlock", "green", f"ABI {abi}")


async def _sandbox() -> list[Component]:
    if problem := pool.unavailable():
        return [Component("sandbox", "red", problem)]
    sandbox = Sandbox(slots=1, memory_bytes=_MEMORY)
    try:
        await sandbox.start()
        if why := await canary.check(sandbox):
            return [Component("sandbox", "red", why)]
        locks = sandbox.hello()
        own = all(lock["network_namespace"] for lock in locks.values())
        status: Status = "green" if own else "yellow"
        network = "own network namespace" if own else "no network namespace (seccomp denies it)"
        types = len(sandbox.media_types)
        return [Component("sandbox", status, f"canary cleaned; {network}; {types} media types")]
    except SandboxUnavailable as error:
        return [Component("sandbox", "red", str(error))]
    finally:
        await sandbox.close()


def _libreoffice() -> Component:
    program = LIBREOFFICE.find()
    if program is None:
        return Component(
            "libreoffice",
            "red",
            "not installed: doc, xls, ppt and rtf are withheld; "
            "apt-get install libreoffice-writer libreoffice-calc libreoffice-impress",
        )
    return Component("libreoffice", "green", str(program))


def _ffmpeg() -> Component:
    program = FFMPEG.find()
    if program is None:
        return Component(
            "ffmpeg",
            "yellow",
            "not installed: sound and video are withheld; apt-get install ffmpeg",
        )
    return Component("ffmpeg", "green", str(program))


def _fonts() -> Component:
    available = fonts.fonts_available()
    missing = sorted(set(fonts.CANDIDATES) - set(available))
    if missing:
        return Component(
            "fonts",
            "yellow",
            f"no font for {', '.join(missing)}: PDFs without embedded fonts are drawn with gaps; "
            "apt-get install fonts-ipaexfont-gothic fonts-ipaexfont-mincho fonts-dejavu-core",
        )
    return Component("fonts", "green", ", ".join(sorted(set(available.values()))))


def _data_dir(config: Config) -> Component:
    path = config.data_dir
    if not path.is_dir():
        return Component("data_dir", "green", f"{path} will be made at the first start")
    if not os.access(path, os.W_OK):
        return Component("data_dir", "red", f"{path} cannot be written")
    if path.stat().st_mode & 0o077:
        return Component("data_dir", "yellow", f"{path} is open to others: chmod 700 {path}")
    return Component("data_dir", "green", str(path))


def _keys(config: Config) -> Component:
    if not database_path(config).exists():
        return Component("keys", "green", "will be made at the first start")
    try:
        keys.public_key(config)
        keys.private_key(config)
        keys.hops_key(config)
    except StoreError as error:
        return Component("keys", "red", str(error))
    return Component("keys", "green", "present; keep a copy of data_dir/keys in a safe place")


def _store(config: Config) -> Component:
    if not database_path(config).exists():
        return Component("store", "green", "will be made at the first start")
    try:
        schema.require_current(database_path(config))
    except StoreError as error:
        return Component("store", "red", str(error))
    return Component("store", "green", f"schema {schema.head()}")


def _configuration(config: Config) -> Component:
    problems, remarks = serving.check(config)
    if problems:
        return Component("config", "red", "; ".join(problems))
    return Component("config", "yellow" if remarks else "green", "; ".join(remarks) or "valid")
