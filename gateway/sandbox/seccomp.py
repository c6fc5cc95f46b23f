"""The seccomp filter of a sandbox child: an allow-list of system calls.

Default is KILL_PROCESS: a socket, an exec, a ptrace, a signal to another process or
any call that nobody thought of ends the child with SIGSYS, and the part is withheld.
Calls that harmless library code tries and survives without (opening a file, making a
thread) get an errno instead. Nothing is ever granted here that could reach outside:
reading and writing happen on descriptors that the parent chose.
"""

from __future__ import annotations

import errno
from typing import Final

from gateway.sandbox.bpf import Assembler, Program, SeccompUnavailable, available
from gateway.sandbox.syscalls import Arch

__all__ = ["Filter", "SeccompUnavailable", "available", "child_filter"]

_PROT_EXEC: Final = 4

#: Memory, time, randomness, synchronization within the process, and reading or
#: writing descriptors that are already open. Nothing names a path or a peer.
ALLOWED: Final = (
    "read", "write", "futex", "munmap", "brk", "madvise", "mremap", "lseek", "pread64",
    "pwrite64", "readv", "writev", "close", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack", "exit", "exit_group", "getpid", "gettid",
    "clock_gettime", "clock_getres", "gettimeofday", "getrandom", "sched_yield",
    "restart_syscall", "times", "getrusage", "nanosleep", "clock_nanosleep",
)  # fmt: skip

#: Allowed only without PROT_EXEC in the third argument: no new code in the child.
WITHOUT_EXEC: Final = ("mmap", "mprotect")

#: Refused with an errno: library code asks and copes with a "no".
REFUSED: Final = {
    "open": errno.EACCES, "openat": errno.EACCES, "openat2": errno.EACCES,
    "stat": errno.EACCES, "lstat": errno.EACCES, "fstat": errno.EACCES,
    "newfstatat": errno.EACCES, "statx": errno.EACCES, "access": errno.EACCES,
    "faccessat": errno.EACCES, "faccessat2": errno.EACCES, "readlink": errno.EACCES,
    "readlinkat": errno.EACCES, "getcwd": errno.EACCES, "uname": errno.EPERM,
    "clone": errno.EPERM, "fork": errno.EPERM, "vfork": errno.EPERM,
    "clone3": errno.ENOSYS,  # glibc then tries clone, and gets EPERM
    "sched_getaffinity": errno.EPERM, "sysinfo": errno.EPERM, "getcpu": errno.EPERM,
    "getrlimit": errno.EPERM, "prlimit64": errno.EPERM, "ioctl": errno.EPERM,
    "fcntl": errno.EPERM,
}  # fmt: skip


#: A filter that is ready to be loaded.
Filter = Program


def child_filter(arch: Arch | None = None) -> Filter:
    """The filter of a sandbox child; the warm parent builds it once.

    Raises:
        SeccompUnavailable: no system call table for this architecture.
    """
    rules = Assembler(arch)
    for name in ALLOWED:
        rules.allow(name)
    for name in WITHOUT_EXEC:
        rules.allow_when(name, argument=2, mask=_PROT_EXEC, value=0, error=errno.EACCES)
    # abort() raises SIGABRT in itself: allowed for the own process only.
    rules.allow_on_itself("tgkill", kill=True)
    for name, error in REFUSED.items():
        rules.refuse(name, error)
    return rules.finish(kill=True)
