"""The worker's side of the sandbox: starts the warm parents, admits jobs, runs them.

One call of `run` is one child. Whatever goes wrong in the child (limit, crash, kill,
forged reply, empty output) becomes `WithheldReply`; only a fault of the parent itself
raises `SandboxUnavailable`, and the item is then given back, never passed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import structlog

from gateway.sandbox import child, copying, extras, frames, landlock, protocol, replies, seccomp
from gateway.sandbox.admission import MemoryBudget
from gateway.sandbox.families import FAMILIES, Family
from gateway.sandbox.memory import Scratch, SealedBytes, UnlinkedFile, room_for, write_all
from gateway.sandbox.protocol import Piece, Reply, Request, WithheldReply
from gateway.sandbox.replies import BadReply
from gateway.sandbox.tools.box import Toolbox, ToolUnavailable
from gateway.sandbox.tools.programs import TOOLS, Tool
from sanitizers.model import Needs
from sanitizers.reasons import ReasonCode

log = structlog.get_logger(__name__)

_START_SECONDS: Final = 60  # a parent loads its libraries and fonts
_BACKSTOP_SECONDS: Final = 10  # beyond the wall clock that the parent enforces itself
_SIGNAL_REASONS: Final = {
    signal.SIGSYS: ReasonCode.FORBIDDEN_CALL,
    signal.SIGXCPU: ReasonCode.TIMED_OUT,
    signal.SIGXFSZ: ReasonCode.OUTPUT_TOO_LARGE,
}
_EXIT_REASONS: Final = {
    child.EXIT_OUT_OF_MEMORY: ReasonCode.OUT_OF_MEMORY,
    child.EXIT_NO_REPLY: ReasonCode.CRASHED,
}
#: What a parent's environment holds: nothing of ours, no secret, no proxy.
_ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}


class SandboxUnavailable(Exception):
    """A warm parent is not there or not locked: temporary, the item is given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a job ended. `output` is sealed and belongs to the caller (None: withheld)."""

    reply: Reply
    output: SealedBytes | None
    cpu_seconds: float
    max_rss: int


class _ParentProcess:
    """One running warm parent and the jobs that it holds."""

    def __init__(self, family: Family, process: subprocess.Popen[bytes], link: socket.socket):
        self.family = family
        self.process = process
        self.link = link
        self.hello: dict[str, object] = {}
        self.waiting: dict[int, asyncio.Future[dict[str, object]]] = {}

    @property
    def alive(self) -> bool:
        return self.process.poll() is None and self.link.fileno() >= 0

    def fail(self, why: str) -> None:
        """The parent is lost: whoever waits is told."""
        waiting, self.waiting = self.waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(SandboxUnavailable(why))


def _spawn(family: Family, *, highest_landlock_abi: int, python_path: str) -> _ParentProcess:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = dict(_ENVIRONMENT)
    if python_path:
        environment["PYTHONPATH"] = python_path
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                sys.executable, "-P", "-s", "-m", "gateway.sandbox.parent",
                family.name, family.package, str(theirs.fileno()), str(highest_landlock_abi),
            ],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,
        )  # fmt: skip
    finally:
        theirs.close()
    return _ParentProcess(family, process, ours)


class Sandbox:
    """All warm parents of one worker process.

    Args:
        slots: children that may run at the same time, per lane.
        memory_bytes: budget that running children are admitted against.
        families: the warm parents to keep.
        highest_landlock_abi: reduce Landlock to an older kernel's rules (tests); 0 = no.
        python_path: an import path for the parents (tests bring hostile sanitizers).
        scratch: folder for what is too large for memory; None = the system's.
        tools: the programs of the tool box (tests bring their own).
    """

    def __init__(
        self,
        *,
        slots: int,
        memory_bytes: int,
        families: Sequence[Family] = FAMILIES,
        highest_landlock_abi: int = 0,
        python_path: str = "",
        scratch: Path | None = None,
        tools: Mapping[str, Tool] = TOOLS,
    ) -> None:
        self._families = {f.name: f for f in families}
        self._memory = MemoryBudget(memory_bytes)
        self._scratch = scratch or Path(tempfile.gettempdir())
        self._highest_landlock_abi = highest_landlock_abi
        self._python_path = python_path
        self._tools = self.toolbox(tools, slots=slots)
        self._lanes = {True: asyncio.Semaphore(slots + 1), False: asyncio.Semaphore(slots)}
        self._aside = asyncio.Semaphore(1)  # instruments wait for each other only
        self._parents: dict[str, _ParentProcess] = {}
        self._starting: dict[str, asyncio.Lock] = {f: asyncio.Lock() for f in self._families}
        self._number = 0
        self._family_of: dict[str, str] = {}
        self._methods: dict[str, tuple[str, ...]] = {}

    async def start(self) -> None:
        """Start every warm parent and learn what it can do.

        Raises:
            SandboxUnavailable: the kernel lacks seccomp or Landlock, or a parent died.
        """
        if problem := unavailable():
            raise SandboxUnavailable(problem)
        starts = (self._parent(f.name) for f in self._families.values() if not f.instrument)
        for started in await asyncio.gather(*starts, return_exceptions=True):
            if isinstance(started, BaseException):  # after all have come to an end
                raise started
        for name, parent in self._parents.items():
            types = parent.hello.get("types")
            if isinstance(types, dict):
                for media_type, methods in types.items():
                    self._family_of[media_type] = name
                    self._methods[media_type] = tuple(methods)

    def methods_for(self, media_type: str) -> tuple[str, ...]:
        """Methods that some sanitizer offers for this type; empty: no sanitizer."""
        return self._methods.get(media_type, ())

    def hello(self) -> Mapping[str, Mapping[str, object]]:
        """What every running parent said of its lock (for health and doctor)."""
        locks = ("landlock_abi", "network_namespace", "unprivileged")
        return {
            name: {key: p.hello.get(key) for key in locks}
            for name, p in self._parents.items()
            if p.alive
        }

    @property
    def media_types(self) -> tuple[str, ...]:
        """All types that can be cleaned."""
        return tuple(sorted(self._methods))

    async def close(self) -> None:
        """End every parent and its children."""
        parents = list(self._parents.values())
        for parent in parents:
            self._forget(parent, "the worker ends")
        for parent in parents:
            await asyncio.to_thread(parent.process.wait)
        self._parents.clear()
        self._tools.close()

    async def identify(self, source: SealedBytes, *, name: str, claimed_type: str) -> Ran:
        """What the content is: an `IdentifiedReply`, or withheld."""
        request = Request(op="identify", size=source.size, name=name, claimed_type=claimed_type)
        return await self.run("identify", request, source)

    async def clean(
        self, source: SealedBytes, request: Request, *, output_bytes: int | None = None
    ) -> Ran:
        """Clean one part with the sanitizer for `request.media_type`."""
        family = self._family_of.get(request.media_type)
        if family is None:
            reply = WithheldReply(code=ReasonCode.UNSUPPORTED_TYPE, untrusted_detail="")
            return Ran(reply=reply, output=None, cpu_seconds=0, max_rss=0)
        return await self.run(family, request, source, output_bytes=output_bytes)

    async def assemble(self, source: SealedBytes, request: Request, pieces: Sequence[Piece]) -> Ran:
        """Put a container together: `request` as for `clean`, and its members in order."""
        return await self.clean(source, replace(request, op="assemble", pieces=tuple(pieces)))

    async def verify(self, output: SealedBytes, media_type: str) -> Ran:
        """Show the output to a fresh child with the independent grammar."""
        request = Request(op="verify", size=output.size, media_type=media_type)
        return await self.run("verify", request, output)

    async def convert(
        self, source: SealedBytes, needs: Needs, *, media_type: str
    ) -> SealedBytes | WithheldReply:
        """Let a program turn `source`, identified as `media_type`, into `needs.target`.

        The result is whatever the program wrote: untrusted, to be identified and cleaned.

        Raises:
            SandboxUnavailable: our fault; nothing is known about the part.
        """
        try:
            return await self._tools.convert(source, needs, media_type=media_type)
        except ToolUnavailable as error:
            raise SandboxUnavailable(str(error)) from error

    def tools(self) -> dict[str, bool]:
        """Which programs of the tool box are installed (for health and doctor)."""
        return self._tools.present()

    def toolbox(self, tools: Mapping[str, Tool], *, slots: int) -> Toolbox:
        """A tool box under this sandbox's memory budget, with a lane of its own; close it."""
        return Toolbox(
            slots=slots,
            scratch=self._scratch,
            memory=self._memory,
            tools=tools,
            highest_landlock_abi=self._highest_landlock_abi,
            python_path=self._python_path,
        )

    async def alone(self, data: SealedBytes) -> SealedBytes:
        """The same bytes in a descriptor that holds nothing else (for another program's eyes).

        Raises:
            SandboxUnavailable: no room; the item is given back.
        """
        try:
            with room_for(data.size, self._scratch) as room:
                await copying.append(data, room.fd)
                return room.seal()
        except OSError as error:
            raise SandboxUnavailable(f"no room for a copy: {error.strerror}") from error

    def keep(self, data: bytes) -> SealedBytes:
        """Seal bytes of our own making, in memory or on disk.

        Raises:
            SandboxUnavailable: no room on disk; the item is given back.
        """
        try:
            if self._memory.keeps(len(data)):
                sealed = SealedBytes.of(data)
                self._memory.hold(sealed)
                return sealed
            with UnlinkedFile(self._scratch) as file:
                write_all(file.fd, data)
                return file.seal()
        except OSError as error:
            raise SandboxUnavailable(f"no room for an output: {error.strerror}") from error

    async def run(
        self,
        family_name: str,
        request: Request,
        source: SealedBytes,
        *,
        output_bytes: int | None = None,
    ) -> Ran:
        """One job in one child. Limits are those of the family; `output_bytes` narrows one.

        Raises:
            SandboxUnavailable: the warm parent failed, not the part.
        """
        family = self._families[family_name]
        limits = family.limits
        if output_bytes is not None:
            limits = replace(limits, output_bytes=min(limits.output_bytes, output_bytes))
        request = replace(request, limits=limits, size=source.size, offset=source.offset)
        pieces = sum(piece.data.size for piece in request.pieces if piece.data is not None)
        async with self._admitted(family, source.size + pieces):
            beside: SealedBytes | None = None
            try:
                if request.passwords or request.op == "assemble":
                    beside = await self._extras(request, pieces)
                    request = replace(request, extras=beside.size)
                return await self._run(family, request, source, beside)
            finally:
                if beside is not None:
                    beside.close()

    @contextlib.asynccontextmanager
    async def _admitted(self, family: Family, size: int) -> AsyncIterator[None]:
        weight = family.weight_bytes + int(size * (1 + family.weight_factor))
        lane = self._aside if family.instrument else self._lanes[family.quick]
        async with lane, self._memory.admitted(weight):
            yield

    async def _extras(self, request: Request, pieces: int) -> SealedBytes:
        """Passwords and cleaned members in a descriptor of their own.

        Raises:
            SandboxUnavailable: no room on disk; the item is given back.
        """
        head = extras.head(request)
        try:
            with room_for(len(head) + pieces, self._scratch) as room:
                write_all(room.fd, head)
                for piece in request.pieces:
                    if piece.data is not None:
                        await copying.append(piece.data, room.fd)
                return room.seal()
        except OSError as error:
            raise SandboxUnavailable(f"no room for members: {error.strerror}") from error

    async def _run(
        self, family: Family, request: Request, source: SealedBytes, beside: SealedBytes | None
    ) -> Ran:
        parent = self._parents.get(family.name)
        if parent is None or not parent.alive:
            parent = await self._parent(family.name)
        self._number += 1
        number = self._number
        with Scratch() as output, Scratch() as reply:
            future: asyncio.Future[dict[str, object]] = asyncio.get_running_loop().create_future()
            parent.waiting[number] = future
            message = protocol.encode_request(number, request)
            descriptors = [source.fd, output.fd, reply.fd]
            if beside is not None:
                descriptors.append(beside.fd)
            await self._send(parent, message, descriptors)
            backstop = request.limits.wall_seconds + _BACKSTOP_SECONDS
            try:
                report = await asyncio.wait_for(future, backstop)
            except TimeoutError:
                self._forget(parent, "parent does not answer")
                raise SandboxUnavailable("the warm parent did not end a job in time") from None
            finally:
                parent.waiting.pop(number, None)
            return await self._kept(self._judge(request, report, output, reply))

    async def _kept(self, ran: Ran) -> Ran:
        """The output counted in memory, or moved out of it when it is large.

        Raises:
            SandboxUnavailable: no room on disk; the item is given back.
        """
        if ran.output is None:
            return ran
        if self._memory.keeps(ran.output.size):
            self._memory.hold(ran.output)
            return ran
        with ran.output, UnlinkedFile(self._scratch) as file:
            try:
                await copying.append(ran.output, file.fd)
            except OSError as error:
                raise SandboxUnavailable(f"no room for an output: {error.strerror}") from error
            return replace(ran, output=file.seal())

    async def _send(self, parent: _ParentProcess, message: bytes, fds: list[int]) -> None:
        for _ in range(1000):
            try:
                socket.send_fds(parent.link, [message], fds)
                return
            except BlockingIOError:
                await asyncio.sleep(0.005)  # the parent's queue is full: it is forking
            except OSError as error:
                self._forget(parent, "parent is gone")
                raise SandboxUnavailable("the warm parent is gone") from error
        raise SandboxUnavailable("the warm parent takes no more jobs")

    def _judge(
        self, request: Request, report: dict[str, object], output: Scratch, reply: Scratch
    ) -> Ran:
        exit_code = int(str(report["exit"]))
        code: ReasonCode | None = None
        if report.get("timed_out"):
            code = ReasonCode.TIMED_OUT
        elif exit_code == child.EXIT_LOCK_FAILED:
            raise SandboxUnavailable("a child could not lock itself in")
        elif exit_code == -signal.SIGKILL:
            # Not by our clock. The kernel kills a child that ignores SIGXCPU; any other
            # hand (the OOM killer, an operator) says nothing about the part.
            if float(str(report.get("cpu", 0))) < request.limits.cpu_seconds:
                raise SandboxUnavailable("a child was killed from outside")
            code = ReasonCode.TIMED_OUT
        elif exit_code < 0:
            code = _SIGNAL_REASONS.get(signal.Signals(-exit_code), ReasonCode.CRASHED)
        elif exit_code != child.EXIT_OK:
            code = _EXIT_REASONS.get(exit_code, ReasonCode.CRASHED)
        result: Reply
        sealed: SealedBytes | None = None
        if code is None:
            try:
                sealed = output.seal()
                with reply.seal() as frame:
                    untrusted = frame.read_range(0, frames.MAX_REPLY_BYTES + 1)
                result = replies.decode(untrusted, op=request.op, output_size=sealed.size)
            except (BadReply, OSError) as error:
                log.error("sandbox_bad_reply", op=request.op, why=str(error))
                result = WithheldReply(code=ReasonCode.BAD_REPLY, untrusted_detail="")
        else:
            log.warning(
                "sandbox_child_ended", op=request.op, type=request.media_type,
                exit=exit_code, reason=code.value,
            )  # fmt: skip
            result = WithheldReply(code=code, untrusted_detail="")
        if sealed is not None and isinstance(result, WithheldReply):
            sealed.close()
            sealed = None
        return Ran(
            reply=result,
            output=sealed,
            cpu_seconds=float(str(report.get("cpu", 0))),
            max_rss=int(str(report.get("max_rss", 0))),
        )

    async def _parent(self, name: str) -> _ParentProcess:
        async with self._starting[name]:
            parent = self._parents.get(name)
            if parent is not None and parent.alive:
                return parent
            parent = _spawn(
                self._families[name],
                highest_landlock_abi=self._highest_landlock_abi,
                python_path=self._python_path,
            )
            try:
                parent.link.settimeout(_START_SECONDS)
                hello = await asyncio.to_thread(parent.link.recv, 65_536)
                parent.hello = json.loads(hello)
            except (OSError, ValueError) as error:
                self._forget(parent, "did not start")
                raise SandboxUnavailable(f"the {name} parent did not start") from error
            parent.link.setblocking(False)
            asyncio.get_running_loop().add_reader(parent.link.fileno(), self._on_report, parent)
            self._parents[name] = parent
            return parent

    def _on_report(self, parent: _ParentProcess) -> None:
        try:
            while message := parent.link.recv(65_536):
                report = json.loads(message)
                future = parent.waiting.get(report["number"])
                if future is not None and not future.done():
                    future.set_result(report)
            self._forget(parent, "parent ended")
        except BlockingIOError:
            return
        except OSError:
            self._forget(parent, "parent is gone")

    def _forget(self, parent: _ParentProcess, why: str) -> None:
        if parent.link.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(parent.link.fileno())
            parent.link.close()
        if parent.process.poll() is None:
            # Its own session: the parent and all children of its group.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(parent.process.pid, signal.SIGKILL)
        parent.fail(why)


def unavailable() -> str:
    """Why this kernel cannot run the sandbox; "" when it can."""
    if not Path("/proc/self/fd").is_dir():
        return "/proc is not mounted"
    if not seccomp.available():
        return "the kernel has no seccomp filter for this architecture"
    if landlock.abi() < 1:
        return "the kernel has no Landlock (or it is switched off with lsm=)"
    return ""
