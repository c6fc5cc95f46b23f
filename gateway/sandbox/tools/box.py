"""The worker's side of the tool box: one process for each run, watched and killed in time.

A run never waits behind another's hang for longer than the lane is full, and the lane is
its own: no mail waits here. Whatever goes wrong with the program withholds the part; only
a fault of ours (no lock, no room) raises `ToolUnavailable`, and the item is given back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from time import monotonic, time
from typing import Final

import structlog

from gateway.sandbox import copying
from gateway.sandbox.admission import MemoryBudget
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.protocol import WithheldReply
from gateway.sandbox.tools.folder import JobFolder, Root, remove_pipes
from gateway.sandbox.tools.launcher import FOLDER, LOCKED
from gateway.sandbox.tools.programs import INPUT, OUTPUT, TOOLS, Target, Tool
from sanitizers.identify.labels import extension as extension_for
from sanitizers.model import Needs
from sanitizers.reasons import ReasonCode

log = structlog.get_logger(__name__)

#: A hanging file takes one place; the next ones still have theirs.
LEAST_SLOTS: Final = 2
_LOOK_SECONDS: Final = 0.5  # between two looks at the folder's size
_REAP_SECONDS: Final = 10.0  # for a killed process to be gone
_PROFILE_RUNS: Final = 2  # LibreOffice's first start only fills its profile and ends
_MAX_STATUS: Final = 500
_SHARED_TMP: Final = Path("/tmp")  # noqa: S108 - where LibreOffice binds its pipe
_SIGNAL_REASONS: Final = {
    signal.SIGXCPU: ReasonCode.TIMED_OUT,
    signal.SIGXFSZ: ReasonCode.OUTPUT_TOO_LARGE,
}
_LAUNCHER: Final = (sys.executable, "-P", "-s", "-m", "gateway.sandbox.tools.launcher")
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


class ToolUnavailable(Exception):
    """The box could not be made or locked: temporary, says nothing about the part."""


class Toolbox:
    """All programs of one worker process.

    Args:
        slots: runs at the same time.
        scratch: folder that private folders are made in (the system's when started as
            root: the program becomes another user, who must reach it).
        memory: the worker's budget; None = not counted.
        tools: the programs (tests bring their own).
        highest_landlock_abi: reduce Landlock to an older kernel's rules (tests); 0 = no.
        python_path: an import path for the launcher (tests).
        launcher: the command that locks itself in (tests take rights from it first).
    """

    def __init__(
        self,
        *,
        slots: int,
        scratch: Path,
        memory: MemoryBudget | None = None,
        tools: Mapping[str, Tool] = TOOLS,
        highest_landlock_abi: int = 0,
        python_path: str = "",
        launcher: Sequence[str] = _LAUNCHER,
    ) -> None:
        self._lane = asyncio.Semaphore(max(LEAST_SLOTS, slots))
        self._scratch = scratch if os.geteuid() != 0 else Path(tempfile.gettempdir())
        self._memory = memory
        self._tools = tools
        self._highest_landlock_abi = highest_landlock_abi
        self._launcher = tuple(launcher)
        self._environment = dict(_ENVIRONMENT)
        if python_path:
            self._environment["PYTHONPATH"] = python_path
        self._root: Root | None = None
        self._models: dict[str, dict[str, bytes]] = {}
        self._modelling = asyncio.Lock()

    def present(self) -> dict[str, bool]:
        """Which programs are installed (for health and doctor)."""
        return {name: tool.find() is not None for name, tool in self._tools.items()}

    def close(self) -> None:
        """Remove the private folders."""
        if self._root is not None:
            self._root.close()
            self._root = None

    async def convert(
        self, source: SealedBytes, needs: Needs, *, media_type: str
    ) -> SealedBytes | WithheldReply:
        """Run `needs.tool` on `source`; its result is untrusted, whatever it is.

        Raises:
            ToolUnavailable: a fault of ours.
        """
        tool = self._tools.get(needs.tool)
        program = tool.find() if tool is not None else None
        if tool is None or program is None:
            log.error("tool_missing", tool=needs.tool)
            return _refused(ReasonCode.TOOL_MISSING)
        target = tool.targets[needs.target]
        weight = tool.limits.weight_bytes + source.size
        async with self._lane, contextlib.AsyncExitStack() as stack:
            if self._memory is not None:
                await stack.enter_async_context(self._memory.admitted(weight))
            try:
                seed = await self._seed(tool, program)
                if seed is None:
                    return _refused(ReasonCode.TOOL_MISSING)
                folder = stack.enter_context(JobFolder(self._folder(), seed))
                extension = extension_for(needs.source or media_type).removeprefix(".") or "bin"
                fd = folder.new_input(f"{INPUT}.{extension}")
                try:
                    await copying.append(source, fd)
                finally:
                    os.close(fd)
                arguments = tool.arguments(target, extension)
                stdout = f"{FOLDER}/out/{OUTPUT}.{target.extension}" if target.stdout else ""
                code = await self._run(tool, program, folder, arguments, stdout=stdout)
                return self._result(tool, target, folder, code)
            except OSError as error:
                raise ToolUnavailable(f"no private folder: {error.strerror}") from error

    def _folder(self) -> Root:
        if self._root is None:
            self._root = Root(self._scratch)
        return self._root

    def _result(
        self, tool: Tool, target: Target, folder: JobFolder, code: ReasonCode | None
    ) -> SealedBytes | WithheldReply:
        if code is not None:
            return _refused(code)
        name = f"{OUTPUT}.{target.extension}"
        made = folder.take(name, most=tool.limits.folder_bytes)
        if made is None:  # also after exit 0
            log.warning("tool_wrote_nothing", tool=tool.name)
            return _refused(ReasonCode.DAMAGED)
        return made

    async def _seed(self, tool: Tool, program: Path) -> Mapping[str, bytes] | None:
        """What a new private folder holds: the program's own first-start files, never used.

        None: the program does not even start.
        """
        seed = {name: text.encode() for name, text in tool.seed.items()}
        if not tool.profile:
            return seed
        async with self._modelling:
            if tool.name not in self._models:
                began = monotonic()
                for _ in range(_PROFILE_RUNS):
                    with JobFolder(self._folder(), seed) as folder:
                        # No input: it starts, finds nothing to do, and ends.
                        await self._run(tool, program, folder, [*tool.before, *tool.idle])
                        seed = {**seed, **folder.files(tool.profile)}
                if len(seed) == len(tool.seed):
                    log.error("tool_does_not_start", tool=tool.name)
                    return None
                self._models[tool.name] = seed
                log.info("tool_model_made", tool=tool.name, seconds=round(monotonic() - began, 2))
        return self._models[tool.name]

    async def _run(
        self,
        tool: Tool,
        program: Path,
        folder: JobFolder,
        arguments: list[str],
        *,
        stdout: str = "",
    ) -> ReasonCode | None:
        """One process from start to end; None when it ended by itself with exit 0.

        `stdout`: the file that it writes to instead of its standard output.

        Raises:
            ToolUnavailable: it could not be locked in, so it did not run.
        """
        folder.hand_over()
        began = time()
        spec = {
            "worker": os.getpid(),
            "folder": os.fspath(folder.path),
            "program": os.fspath(program),
            "trees": [os.fspath(program.parent.parent)] if tool.own_tree else [],
            "arguments": arguments,
            "stdout": stdout,
            "environment": dict(tool.environment),
            "landlock_abi": self._highest_landlock_abi,
            "limits": {**asdict(tool.limits), "file_bytes": tool.limits.folder_bytes},
        }
        status, theirs = os.pipe2(os.O_CLOEXEC)
        try:
            try:
                process = self._start(spec, theirs)
            finally:
                os.close(theirs)
            code = await self._watch(tool, process, folder)
            said = os.read(status, _MAX_STATUS).decode("utf-8", "replace")
        finally:
            os.close(status)
            remove_pipes(_SHARED_TMP, since=began)
        if said != LOCKED:
            log.error("tool_not_locked", tool=tool.name, why=said)
            raise ToolUnavailable(f"{tool.name} could not be locked in: {said}")
        return code

    def _start(self, spec: Mapping[str, object], status: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*self._launcher, json.dumps(spec), str(status)],
            pass_fds=(status,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            cwd="/",
            start_new_session=True,
        )

    async def _watch(
        self, tool: Tool, process: subprocess.Popen[bytes], folder: JobFolder
    ) -> ReasonCode | None:
        """Until the process ends, its time is up, or its folder is full; then all is killed."""
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        pidfd = os.pidfd_open(process.pid)
        loop.add_reader(pidfd, ended.set)
        deadline = monotonic() + tool.limits.wall_seconds
        code: ReasonCode | None = None
        try:
            while code is None and not ended.is_set():
                left = deadline - monotonic()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), max(0.0, min(left, _LOOK_SECONDS)))
                if ended.is_set():
                    break
                if monotonic() >= deadline:
                    code = ReasonCode.TIMED_OUT
                elif await asyncio.to_thread(folder.size) > tool.limits.folder_bytes:
                    code = ReasonCode.OUTPUT_TOO_LARGE
        finally:
            loop.remove_reader(pidfd)
            os.close(pidfd)
            # Its own session. Until it is waited for, its number is nobody else's.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            exit_code = process.wait(timeout=_REAP_SECONDS)
        if code is None and exit_code == -signal.SIGKILL:
            # Not by us: the OOM killer or an operator, which says nothing about the part.
            raise ToolUnavailable(f"{tool.name} was killed from outside")
        if code is None and exit_code != 0:
            code = ReasonCode.DAMAGED
            if exit_code < 0:
                code = _SIGNAL_REASONS.get(signal.Signals(-exit_code), ReasonCode.DAMAGED)
        if code is not None:
            log.warning("tool_ended", tool=tool.name, exit=exit_code, reason=code.value)
        return code


def _refused(code: ReasonCode) -> WithheldReply:
    return WithheldReply(code=code, untrusted_detail="")
