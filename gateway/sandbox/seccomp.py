"""The seccomp filter of a sandbox child: an allow-list of system calls.

Default is KILL_PROCESS: a socket, an exec, a ptrace, a signal to another process or
any call that nobody thought of ends the child with SIGSYS, and the part is withheld.
Calls that harmless library code tries and survives without (opening a file, making a
thread) get an errno instead. Nothing is ever granted here that could reach outside:
reading and writing happen on descriptors that the parent chose.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from typing import Final

from gateway.sandbox.syscalls import Arch, this_arch

# linux/filter.h, linux/seccomp.h, linux/prctl.h
_LD_W_ABS: Final = 0x20
_JMP_JEQ: Final = 0x15
_JMP_JGE: Final = 0x35
_JMP_JSET: Final = 0x45
_RET: Final = 0x06
_KILL_PROCESS: Final = 0x80000000
_ERRNO: Final = 0x00050000
_ALLOW: Final = 0x7FFF0000
_DATA_NR: Final = 0  # offsets in struct seccomp_data
_DATA_ARCH: Final = 4
_DATA_ARG0: Final = 16  # low half (little endian), 8 bytes an argument
_X32_BIT: Final = 0x40000000
_PROT_EXEC: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2

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


class SeccompUnavailable(Exception):
    """The kernel or the architecture has no seccomp filter: the sandbox must not run."""


def _op(code: int, jt: int, jf: int, k: int) -> bytes:
    return struct.pack("=HBBI", code, jt, jf, k)


class Filter:
    """A compiled filter. Built once in the warm parent, loaded in each child."""

    def __init__(self, arch: Arch | None = None) -> None:
        known = arch or this_arch()
        if known is None:
            raise SeccompUnavailable("no system call table for this architecture")
        nr = known.numbers
        body = bytearray()
        body += _op(_LD_W_ABS, 0, 0, _DATA_ARCH)
        body += _op(_JMP_JEQ, 1, 0, known.audit)
        body += _op(_RET, 0, 0, _KILL_PROCESS)
        body += _op(_LD_W_ABS, 0, 0, _DATA_NR)
        body += _op(_JMP_JGE, 0, 1, _X32_BIT)  # x32 calls share numbers: never
        body += _op(_RET, 0, 0, _KILL_PROCESS)
        for name in ALLOWED:
            if name in nr:
                body += _op(_JMP_JEQ, 0, 1, nr[name])
                body += _op(_RET, 0, 0, _ALLOW)
        for name in WITHOUT_EXEC:
            body += _op(_JMP_JEQ, 0, 4, nr[name])
            body += _op(_LD_W_ABS, 0, 0, _DATA_ARG0 + 2 * 8)
            body += _op(_JMP_JSET, 0, 1, _PROT_EXEC)
            body += _op(_RET, 0, 0, _ERRNO | errno.EACCES)
            body += _op(_RET, 0, 0, _ALLOW)
        # abort() raises SIGABRT in itself: allowed for the own process only.
        body += _op(_JMP_JEQ, 0, 4, nr["tgkill"])
        body += _op(_LD_W_ABS, 0, 0, _DATA_ARG0)
        self._pid_at = len(body) + 4
        body += _op(_JMP_JEQ, 0, 1, 0)
        body += _op(_RET, 0, 0, _ALLOW)
        body += _op(_RET, 0, 0, _KILL_PROCESS)
        for name, number in REFUSED.items():
            if name in nr:
                body += _op(_JMP_JEQ, 0, 1, nr[name])
                body += _op(_RET, 0, 0, _ERRNO | number)
        body += _op(_RET, 0, 0, _KILL_PROCESS)
        self._program = bytes(body)
        self._buffer = ctypes.create_string_buffer(self._program, len(self._program))
        self._fprog = ctypes.create_string_buffer(
            struct.pack("=HxxxxxxQ", len(self._program) // 8, ctypes.addressof(self._buffer)), 16
        )
        self.prctl = ctypes.CDLL(None, use_errno=True).prctl

    def load(self, pid: int) -> None:
        """Lock the calling process in, for ever. `pid` is its own process id.

        Raises:
            SeccompUnavailable: the kernel refused; the caller must exit at once.
        """
        struct.pack_into("=I", self._buffer, self._pid_at, pid)
        if self.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise SeccompUnavailable("no_new_privs was refused")
        if self.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, self._fprog, 0, 0) != 0:
            raise SeccompUnavailable(f"errno {ctypes.get_errno()}")


def available() -> bool:
    """Whether this kernel offers seccomp filters for this architecture."""
    if this_arch() is None:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    # A null program is EFAULT where filters exist, EINVAL where they do not.
    libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT
