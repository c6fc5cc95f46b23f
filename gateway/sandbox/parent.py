"""The warm parent of one family: loads once, locks itself in, then forks per part.

Started as `python -m gateway.sandbox.parent FAMILY PACKAGE SOCKET_FD`. It reads requests
with their descriptors (input, output, reply, perhaps extras) from a SOCK_SEQPACKET socket,
forks, enforces the wall clock with SIGKILL, reaps, and reports how each child ended. It never
looks at a part's bytes. When the worker is gone (end of file) it kills its children
and ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.sandbox import child, protocol
from gateway.sandbox.child import Identified
from gateway.sandbox.confine import lock_parent
from gateway.sandbox.seccomp import child_filter
from sanitizers.model import Sanitizer, Verifier

_MAX_MESSAGE: Final = 65_536
_MAX_DESCRIPTORS: Final = 4  # input, output, reply, extras
#: The C library's fork. os.fork() also puts Python's threads, locks and random state in
#: order, which touches 200 pages more (0.7 of 1.7 ms, measured); this process has one
#: thread, its children live for one part and use neither locks nor random numbers.
_fork: Final = ctypes.PyDLL(None).fork


@dataclass
class Tools:
    """What this parent has loaded (a `child.Toolbox`)."""

    sanitizers: Mapping[str, Sanitizer] = field(default_factory=dict)
    verifiers: Mapping[str, Verifier] = field(default_factory=dict)
    identifier: Callable[..., Identified] | None = None

    def identify(self, data: memoryview, *, name: str, claimed_type: str) -> Identified:
        if self.identifier is None:
            raise RuntimeError("this family does not identify")
        return self.identifier(data, name=name, claimed_type=claimed_type)


def load(family: str, package: str) -> Tools:
    """Import and warm everything of one family."""
    from sanitizers import registry

    if family == "identify":
        from sanitizers import identify

        identify.warm()
        return Tools(identifier=identify.identify)
    if family == "verify":
        verifiers = registry.verifiers()
        for verifier in {type(v) for v in verifiers.values()}:
            verifier.warm()
        return Tools(verifiers=verifiers)
    sanitizers = registry.sanitizers_in(package)
    for sanitizer in {type(s) for s in sanitizers.values()}:
        sanitizer.warm()
    return Tools(sanitizers=sanitizers)


@dataclass
class _Running:
    number: int
    pid: int
    deadline: float
    timed_out: bool = False


class Parent:
    """The fork server's loop."""

    def __init__(self, link: socket.socket, tools: Tools) -> None:
        self._link = link
        self._tools = tools
        self._program = child_filter()
        self._running: dict[int, _Running] = {}  # by pidfd
        self._poll = select.poll()
        self._poll.register(link.fileno(), select.POLLIN)

    def serve(self) -> None:
        """Until the worker closes its end."""
        while True:
            for fd, _event in self._poll.poll(self._wait_ms()):
                if fd == self._link.fileno():
                    if not self._receive():
                        self._kill_all()
                        return
                else:
                    self._reap(fd)
            self._kill_late()

    def _wait_ms(self) -> int | None:
        due = [r.deadline for r in self._running.values() if not r.timed_out]
        if not due:
            return None
        return max(0, int((min(due) - time.monotonic()) * 1000) + 1)

    def _receive(self) -> bool:
        message, fds, _flags, _address = socket.recv_fds(self._link, _MAX_MESSAGE, _MAX_DESCRIPTORS)
        if not message:
            return False
        try:
            number, request = protocol.decode_request(message)
            if len(fds) != (4 if request.extras else 3):
                return False
            pid = _fork()
            if pid == 0:
                child.run(request, tuple(fds), self._program, self._tools)
                os._exit(child.EXIT_NO_REPLY)  # unreachable: run() never returns
            pidfd = os.pidfd_open(pid)
            self._poll.register(pidfd, select.POLLIN)
            deadline = time.monotonic() + request.limits.wall_seconds
            self._running[pidfd] = _Running(number, pid, deadline)
        finally:
            for fd in fds:
                os.close(fd)
        return True

    def _reap(self, pidfd: int) -> None:
        running = self._running.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        _pid, status, usage = os.wait4(running.pid, 0)
        report = {
            "number": running.number,
            "exit": os.waitstatus_to_exitcode(status),  # negative: killed by that signal
            "timed_out": running.timed_out,
            "cpu": usage.ru_utime + usage.ru_stime,
            "max_rss": usage.ru_maxrss * 1024,
        }
        self._link.send(json.dumps(report).encode())

    def _kill_late(self) -> None:
        now = time.monotonic()
        for running in self._running.values():
            if running.deadline <= now and not running.timed_out:
                running.timed_out = True
                os.kill(running.pid, signal.SIGKILL)

    def _kill_all(self) -> None:
        for running in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, signal.SIGKILL)


def main(arguments: list[str]) -> None:
    """Load, lock, say hello, serve."""
    family, package, descriptor, landlock_abi = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker decides when to end
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(15, f"mugaika-{family}".encode()[:15], 0, 0, 0)  # PR_SET_NAME
    link = socket.socket(fileno=int(descriptor))
    link.setblocking(True)
    tools = load(family, package)
    lock = lock_parent(highest_landlock_abi=int(landlock_abi) or None)
    gc.collect()
    gc.freeze()
    gc.disable()  # children are short; refcounts do the work and no page is touched twice
    hello = {
        "landlock_abi": lock.landlock_abi,
        "network_namespace": lock.network_namespace,
        "unprivileged": lock.unprivileged,
        "types": {t: [m.value for m in s.methods] for t, s in tools.sanitizers.items()},
        "verifies": sorted(tools.verifiers),
    }
    server = Parent(link, tools)
    link.send(json.dumps(hello).encode())
    server.serve()


if __name__ == "__main__":
    main(sys.argv[1:])
