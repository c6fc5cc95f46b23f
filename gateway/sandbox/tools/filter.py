"""The system calls of a program in the tool box: an allow-list, wider than a child's.

A program may open files (Landlock says which), make threads and use UNIX streams of its
own. It may not reach a peer (no connect, no datagram, no INET), start a process, signal
one, change modes, owners or times by path, or use anything that nobody thought of: those
fail with EPERM, and the program copes or ends.
"""

from __future__ import annotations

import errno
from typing import Final

from gateway.sandbox.bpf import Assembler, Program
from gateway.sandbox.syscalls import Arch

_AF_UNIX: Final = 1
_SOCK_STREAM: Final = 1
_SOCK_TYPE: Final = 0xF  # the rest of the argument are flags
_CLONE_THREAD: Final = 0x10000
_PR_SET_NAME: Final = 15

ALLOWED: Final = (
    # Files, by descriptor or by a path that Landlock judges. No truncate, chmod, chown or
    # utimes by path: older kernels' Landlock does not see them.
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek",
    "open", "openat", "creat", "close", "close_range", "dup", "dup2", "dup3", "fcntl", "pipe",
    "pipe2", "eventfd2", "stat", "lstat", "fstat", "newfstatat", "statx", "access",
    "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "statfs",
    "fstatfs", "getcwd", "fadvise64", "fallocate", "ftruncate", "fsync", "fdatasync", "flock",
    "copy_file_range", "sendfile", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename",
    "renameat", "renameat2", "link", "linkat", "fchmod", "umask",
    # Memory. Programs load their libraries: executable mappings are allowed.
    "mmap", "mprotect", "munmap", "mremap", "brk", "madvise", "mlock", "munlock", "mincore",
    "membarrier",
    # Threads, signals of its own, what it is, and time.
    "futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "exit",
    "exit_group", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
    "rt_sigpending", "rt_sigtimedwait", "sigaltstack", "getpid", "gettid", "getppid", "getuid",
    "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getpgrp", "getpgid",
    "getsid", "wait4", "waitid", "sched_yield", "sched_getaffinity", "sched_getparam",
    "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "getpriority",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "nanosleep", "clock_nanosleep",
    "times", "getrusage", "getrlimit", "sysinfo", "uname", "getcpu", "getrandom", "arch_prctl",
    # Waiting, and the server end of a UNIX stream (LibreOffice insists on its pipe).
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_wait", "epoll_pwait", "bind", "listen", "accept", "accept4", "shutdown",
    "getsockname", "getsockopt", "setsockopt", "recvfrom", "sendto",
    # The launcher becomes the program by it; Landlock says what may be executed.
    "execve",
)  # fmt: skip


def tool_filter(arch: Arch | None = None) -> Program:
    """The filter that the launcher loads just before it becomes the program.

    Raises:
        SeccompUnavailable: no system call table for this architecture.
    """
    rules = Assembler(arch)
    for name in ALLOWED:
        rules.allow(name)
    for name in ("socket", "socketpair"):
        rules.allow_all(
            name,
            ((0, 0xFFFFFFFF, _AF_UNIX), (1, _SOCK_TYPE, _SOCK_STREAM)),
            error=errno.EAFNOSUPPORT,
        )
    rules.allow_when(
        "clone", argument=0, mask=_CLONE_THREAD, value=_CLONE_THREAD, error=errno.EPERM
    )
    rules.refuse("clone3", errno.ENOSYS)  # glibc then tries clone
    rules.allow_when("prctl", argument=0, value=_PR_SET_NAME, error=errno.EPERM)
    rules.allow_when("prlimit64", argument=0, value=0, error=errno.EPERM)  # its own
    rules.refuse("connect", errno.ECONNREFUSED)
    rules.refuse("ioctl", errno.ENOTTY)
    rules.allow_on_itself("tgkill", kill=False)
    return rules.finish(kill=False)
