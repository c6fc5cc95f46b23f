"""What runs in the forked child: lock in, do one job, write the reply, be gone.

From `lock_child` on this process is assumed hostile. It ends only through
`os._exit`: no clean-up of the parent's state may run in it. Exit 0 means "a reply was
written"; everything else is a failure whatever was written.
"""

from __future__ import annotations

import mmap
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from gateway.sandbox import extras, frames
from gateway.sandbox.confine import lock_child
from gateway.sandbox.protocol import Request
from gateway.sandbox.seccomp import Filter
from sanitizers.findings import Finding
from sanitizers.model import Cleaned, Job, Method, Needs, Rebuilt, Sanitizer, Split, Verifier
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.verify import Rejected

EXIT_OK: Final = 0
EXIT_LOCK_FAILED: Final = 70
EXIT_OUT_OF_MEMORY: Final = 71
EXIT_NO_REPLY: Final = 72
_FLUSH_AT: Final = 1 << 18  # bytes buffered before a write to the output


class Identified(Protocol):
    """What the identify family gives back."""

    @property
    def media_type(self) -> str: ...
    @property
    def program(self) -> bool: ...
    @property
    def findings(self) -> tuple[Finding, ...]: ...


class Toolbox(Protocol):
    """What the warm parent of one family has loaded."""

    sanitizers: Mapping[str, Sanitizer]
    verifiers: Mapping[str, Verifier]

    def identify(self, data: memoryview, *, name: str, claimed_type: str) -> Identified: ...


class FdOutput:
    """A sanitizer's output: buffered, counted, held to its budget."""

    def __init__(self, fd: int, budget: int) -> None:
        self._fd = fd
        self._budget = budget
        self._written = 0
        self._buffer = bytearray()

    def write(self, data: bytes | bytearray | memoryview, /) -> int:
        """Append; raises Withheld over the budget of the part."""
        size = len(data)
        if self.tell() + size > self._budget:
            raise Withheld(ReasonCode.OUTPUT_TOO_LARGE)
        if size >= _FLUSH_AT:
            self.flush()
            self._put(data)
        else:
            self._buffer += data
            if len(self._buffer) >= _FLUSH_AT:
                self.flush()
        return size

    def tell(self) -> int:
        """Bytes written so far."""
        return self._written + len(self._buffer)

    def flush(self) -> None:
        """Hand everything to the kernel."""
        if self._buffer:
            self._put(self._buffer)
            self._buffer = bytearray()

    def _put(self, data: bytes | bytearray | memoryview) -> None:
        view = memoryview(data)
        while view:
            done = os.write(self._fd, view)
            self._written += done
            view = view[done:]


def _detail(error: BaseException) -> str:
    """Type and place of an error: never its text, which may quote the file.

    The place is where it was raised, and the last line of ours on the way there.
    """
    at = error.__traceback__
    place = ours = ""
    while at is not None:
        path = at.tb_frame.f_code.co_filename
        place = f"{path.rpartition('/')[2]}:{at.tb_lineno}"
        if "/sanitizers/" in path:
            ours = place
        at = at.tb_next
    called = f" in {ours}" if ours not in ("", place) else ""
    return f"{type(error).__name__} {place}{called}"


def _do(
    request: Request, data: memoryview, beside: memoryview, out: FdOutput, tools: Toolbox
) -> bytes:
    if request.op == "identify":
        found = tools.identify(data, name=request.name, claimed_type=request.claimed_type)
        return frames.encode_identified(found.media_type, found.program, found.findings)
    if request.op == "verify":
        verifier = tools.verifiers.get(request.media_type)
        if verifier is None:
            raise Withheld(ReasonCode.NOT_VERIFIED, "no verifier for this type")
        verifier.verify(data)
        return frames.encode_verified()
    sanitizer = tools.sanitizers.get(request.media_type)
    if sanitizer is None:
        raise Withheld(ReasonCode.UNSUPPORTED_TYPE)
    passwords: tuple[str, ...] = ()
    members: Sequence[Rebuilt] = ()
    if len(beside):
        passwords, members = extras.read(beside)
    job = Job(
        data=data,
        name=request.name,
        claimed_type=request.claimed_type,
        claimed_charset=request.claimed_charset,
        media_type=request.media_type,
        method=Method(request.method),
        passwords=passwords,
        options=request.options,
        limits=request.limits,
    )
    if request.op == "assemble":
        result: Cleaned | Split | Needs = sanitizer.assemble(job, members, out)
    else:
        result = sanitizer.seal(job, out) if request.op == "seal" else sanitizer.clean(job, out)
    out.flush()
    if isinstance(result, Cleaned):
        return frames.encode_cleaned(result, out.tell())
    if isinstance(result, Needs):
        if sanitizer.tools.get(request.media_type) != result.tool:
            raise Withheld(ReasonCode.INTERNAL, "a tool that was not declared")
        return frames.encode_needs(result)
    return frames.encode_split(result)


def _reply(
    request: Request, data: memoryview, beside: memoryview, out: FdOutput, tools: Toolbox
) -> bytes:
    try:
        return _do(request, data, beside, out, tools)
    except Withheld as held:
        return frames.encode_withheld(held.code, held.detail)
    except Rejected as rejected:
        return frames.encode_withheld(ReasonCode.NOT_VERIFIED, str(rejected))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - any failed parse withholds the part
        return frames.encode_withheld(ReasonCode.DAMAGED, _detail(error))


def _mapped(fd: int, offset: int, size: int) -> memoryview:
    """Exactly this range of `fd`, read-only; the descriptor is not needed any more."""
    if not size:
        return memoryview(b"")
    start = offset - offset % mmap.ALLOCATIONGRANULARITY
    begin = offset - start
    whole = mmap.mmap(fd, begin + size, prot=mmap.PROT_READ, offset=start)
    return memoryview(whole)[begin:]


def run(request: Request, descriptors: Sequence[int], program: Filter, tools: Toolbox) -> None:
    """Never returns. `descriptors`: input, output, reply, and extras where there are any.

    A member is a range of its container's descriptor. It is mapped here, and the descriptor
    closed with all others, so that a child sees nothing of its siblings (but for what lies
    on the same two pages).
    """
    code = EXIT_LOCK_FAILED
    try:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        source, output, reply, *others = descriptors
        data = _mapped(source, request.offset, request.size)
        beside = _mapped(others[0], 0, request.extras) if others else memoryview(b"")
        lock_child(
            (output, reply),
            program,
            cpu_seconds=request.limits.cpu_seconds,
            memory_bytes=request.limits.memory_bytes + request.size + request.extras,
            output_bytes=max(request.limits.output_bytes, frames.MAX_REPLY_BYTES),
        )
        code = EXIT_NO_REPLY
        out = FdOutput(output, request.limits.output_bytes)
        frame = _reply(request, data, beside, out, tools)
        if len(frame) <= frames.MAX_REPLY_BYTES:
            FdOutput(reply, frames.MAX_REPLY_BYTES)._put(frame)
            code = EXIT_OK
    except MemoryError:
        code = EXIT_OUT_OF_MEMORY
    finally:
        os._exit(code)
