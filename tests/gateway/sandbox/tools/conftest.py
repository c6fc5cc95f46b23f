"""Tool boxes with real programs: LibreOffice and ffmpeg, and small ones that misbehave."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.protocol import WithheldReply
from gateway.sandbox.tools.box import Toolbox
from gateway.sandbox.tools.programs import TOOLS, Target, Tool, ToolLimits
from sanitizers.model import Needs
from sanitizers.reasons import ReasonCode

LIMITS = ToolLimits(
    wall_seconds=8, cpu_seconds=5, memory_bytes=1_000_000_000, folder_bytes=10_000_000,
    weight_bytes=1_000_000,
)  # fmt: skip
#: The launcher without the right to namespaces, as in many containers.
NO_NAMESPACES = (
    "setpriv", "--bounding-set", "-sys_admin", sys.executable, "-P", "-s", "-m",
    "gateway.sandbox.tools.launcher",
)  # fmt: skip


def installed(name: str) -> None:
    """Skip where a program is not installed, but never in CI."""
    if TOOLS[name].find() is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed")


def shell(script: str, **limits: Any) -> Tool:
    """A program that runs `script` in bash; $1 is the input, $2 the output."""
    values = {name: getattr(LIMITS, name) for name in LIMITS.__slots__} | limits
    return Tool(
        name="shell",
        find=lambda: Path("/usr/bin/bash"),
        targets={"test/out": Target("out", ("-c", script, "shell", "{input}", "{output}"))},
        limits=ToolLimits(**values),
    )


Result = bytes | ReasonCode


def reachable(folder: Path) -> Path:
    """Let every user reach pytest's private folder: what then denies is the lock alone."""
    for path in (folder, *folder.parents):
        if path == Path(tempfile.gettempdir()) or not path.is_relative_to(tempfile.gettempdir()):
            break
        path.chmod(0o755)
    return folder


def convert(
    data: bytes,
    tool: str | Tool,
    target: str = "test/out",
    media_type: str = "test/in",
    **more: Any,
) -> Result:
    """One conversion in a box of its own: what was written, or why not."""
    tools: Mapping[str, Tool] = {tool.name: tool} if isinstance(tool, Tool) else TOOLS
    name = tool.name if isinstance(tool, Tool) else tool

    async def job(box: Toolbox) -> Result:
        return await one(box, data, name, target, media_type)

    return with_box(job, tools=tools, **more)


async def one(box: Toolbox, data: bytes, name: str, target: str, media_type: str) -> Result:
    with SealedBytes.of(data) as source:
        made = await box.convert(source, Needs(tool=name, target=target), media_type=media_type)
    if isinstance(made, WithheldReply):
        return made.code
    with made:
        return made.read()


def with_box(job: Callable[[Toolbox], Coroutine[Any, Any, Any]], **more: Any) -> Any:
    async def main() -> Any:
        box = Toolbox(**{"slots": 1, "scratch": Path("/tmp")} | more)
        try:
            return await job(box)
        finally:
            box.close()

    return asyncio.run(main())
