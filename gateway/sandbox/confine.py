"""Locks a process in. Two steps: the warm parent once, each child before its first byte.

Parent (inherited by every child): its own network namespace where the kernel allows
one, an unprivileged user when started as root, not dumpable, Landlock without rights.
Child: only its three descriptors, resource limits, seccomp. Whatever fails here must
end the process: there is no half-locked state and no switch.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from dataclasses import dataclass
from typing import Final

from gateway.sandbox import landlock
from gateway.sandbox.seccomp import Filter

_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_UNPRIVILEGED: Final = 65534  # nobody, nogroup: owns nothing
_GRACE_CPU_SECONDS: Final = 2  # between SIGXCPU and SIGKILL
_MAX_FD: Final = 65_536


@dataclass(frozen=True, slots=True)
class ParentLock:
    """What the parent's lock consists of on this machine."""

    landlock_abi: int
    network_namespace: bool
    unprivileged: bool


def lock_parent(*, highest_landlock_abi: int | None = None) -> ParentLock:
    """Lock the warm parent in, after all loading and before the first request."""
    libc = ctypes.CDLL(None, use_errno=True)
    root = os.geteuid() == 0
    own_network = libc.unshare(_CLONE_NEWNET if root else _CLONE_NEWUSER | _CLONE_NEWNET) == 0
    if root:
        os.setgroups([])
        os.setresgid(_UNPRIVILEGED, _UNPRIVILEGED, _UNPRIVILEGED)
        os.setresuid(_UNPRIVILEGED, _UNPRIVILEGED, _UNPRIVILEGED)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    abi = landlock.enter(highest_abi=highest_landlock_abi)
    return ParentLock(abi, own_network, os.geteuid() != 0)


def lock_child(
    descriptors: tuple[int, ...],
    program: Filter,
    *,
    cpu_seconds: int,
    memory_bytes: int,
    output_bytes: int,
) -> None:
    """Lock a forked child in. `descriptors` are all that stays open.

    Args:
        cpu_seconds: RLIMIT_CPU; SIGXCPU, then SIGKILL two seconds later.
        memory_bytes: RLIMIT_AS in bytes, on top of nothing: the parent's image counts.
        output_bytes: RLIMIT_FSIZE in bytes, for every descriptor.
    """
    program.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    low = 0
    for fd in sorted(descriptors):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, _MAX_FD)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, low))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + _GRACE_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output_bytes, output_bytes))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    program.load(os.getpid())
