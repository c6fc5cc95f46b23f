"""Locks itself in and becomes a program of the tool box.

Started as `python -m gateway.sandbox.tools.launcher SPEC STATUS_FD`. When the lock is whole,
and only then, it writes LOCKED to the status descriptor, which closes by itself when the
program starts; any other status means that the program did not run. There is no half-locked
state and no switch. In this order: a view of its own (network, IPC and mount namespaces
where the kernel allows them; there the job's folder is the whole of /tmp), no privileges,
limits, Landlock, seccomp.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any, Final

from gateway.sandbox import landlock
from gateway.sandbox.landlock import Rule
from gateway.sandbox.tools.filter import tool_filter

#: Stands for the job's folder, as the program sees it, in arguments and environment.
FOLDER: Final = "@FOLDER@"
LOCKED: Final = "locked"
_EXIT_LOCK_FAILED: Final = 70
_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWIPC: Final = 0x08000000
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_MS_NOSUID_NODEV_NOEXEC: Final = 0x2 | 0x4 | 0x8
_MS_REMOUNT: Final = 0x20
_MS_BIND: Final = 0x1000
_MS_REC_PRIVATE: Final = 0x4000 | 0x40000
_PR_SET_PDEATHSIG: Final = 1
_UNPRIVILEGED: Final = 65534
_TMP: Final = "/tmp"  # noqa: S108 - what the job's folder is mounted on

#: What every program may read: its libraries, fonts, and what says how the machine is.
#: Nothing of ours lies there; /etc as a whole is not among it, configurations do.
READABLE: Final = (
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share", "/usr/local/share",
    "/etc/fonts", "/etc/libreoffice", "/etc/ld.so.cache", "/etc/locale.alias",
    "/etc/localtime", "/var/cache/fontconfig",
    "/var/lib/libreoffice", "/var/spool/libreoffice", "/dev/urandom", "/proc/cpuinfo",
    "/proc/filesystems", "/proc/meminfo", "/sys/devices/system/cpu",
)  # fmt: skip
#: The dynamic loader is executed by the kernel in the program's name.
_LOADERS: Final = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")


def _own_view(libc: ctypes.CDLL, folder: str) -> str:
    """Namespaces where the kernel allows them; the folder's path as the program sees it."""
    root = os.geteuid() == 0
    uid, gid = os.geteuid(), os.getegid()
    wanted = _CLONE_NEWNS | _CLONE_NEWNET | _CLONE_NEWIPC
    if libc.unshare(wanted if root else wanted | _CLONE_NEWUSER) != 0:
        libc.unshare(_CLONE_NEWNET if root else _CLONE_NEWUSER | _CLONE_NEWNET)
        return folder
    if not root:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    if libc.mount(b"none", b"/", None, _MS_REC_PRIVATE, None) != 0:
        return folder
    tmp = _TMP.encode()
    if libc.mount(os.fsencode(folder), tmp, None, _MS_BIND, None) != 0:
        return folder
    libc.mount(None, tmp, None, _MS_REMOUNT | _MS_BIND | _MS_NOSUID_NODEV_NOEXEC, None)
    return _TMP


def _rules(program: str, trees: list[str], view: str) -> list[Rule]:
    rules = [Rule(path, landlock.READ) for path in (*READABLE, *trees)]
    rules += [Rule(path, landlock.READ | landlock.EXECUTE) for path in (program, *_LOADERS)]
    rules += [Rule(view, landlock.WRITE), Rule("/dev/null", landlock.WRITE)]
    if view != _TMP:
        # Without a /tmp of its own LibreOffice still binds its pipe there; nothing else.
        rules.append(Rule(_TMP, landlock.MAKE_SOCKET))
    return rules


def _limit(limits: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu = limits["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 2))
    for which, value in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["descriptors"]),
    ):
        resource.setrlimit(which, (value, value))


def become(spec: dict[str, Any], status: int) -> None:
    """Lock in and exec; returns only by an exception."""
    os.set_inheritable(status, False)
    libc = ctypes.CDLL(None, use_errno=True)
    filter_ = tool_filter()
    view = _own_view(libc, spec["folder"])
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_UNPRIVILEGED, _UNPRIVILEGED, _UNPRIVILEGED)
        os.setresuid(_UNPRIVILEGED, _UNPRIVILEGED, _UNPRIVILEGED)
    os.umask(0o077)
    os.chdir(view)
    # After the change of user, which would clear it.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != spec["worker"]:
        raise ProcessLookupError("the worker is gone")
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    program = spec["program"]
    arguments = [program, *(a.replace(FOLDER, view) for a in spec["arguments"])]
    environment = {k: v.replace(FOLDER, view) for k, v in spec["environment"].items()}
    rules = _rules(program, spec["trees"], view)
    landlock.enter(highest_abi=spec["landlock_abi"] or None, rules=rules)
    if spec["stdout"]:  # opened by the program's own user, under the program's own rules
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        os.dup2(os.open(spec["stdout"].replace(FOLDER, view), flags, 0o600), 1)
    _limit(spec["limits"])
    filter_.load(os.getpid())
    os.write(status, LOCKED.encode())
    os.execve(program, arguments, environment)  # noqa: S606 - the whole purpose


def main(arguments: list[str]) -> None:
    """Never returns: the program, or a written reason and exit 70."""
    status = int(arguments[1])
    try:
        become(json.loads(arguments[0]), status)
    except BaseException as error:  # noqa: BLE001 - whatever it is, nothing may run
        os.write(status, f" {type(error).__name__}: {error}".encode()[:500])
    finally:
        os._exit(_EXIT_LOCK_FAILED)


if __name__ == "__main__":
    main(sys.argv[1:])
