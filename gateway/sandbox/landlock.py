"""Landlock: what of the file system a process can reach, for ever and for its children.

A warm parent enters a domain without any right once it has loaded everything: no path can
be opened, made, changed or executed. A program of the tool box gets a few rules. It stands
beside seccomp, not in its place: Debian 12's kernel has ABI 2, without network rules, so
seccomp carries the network denial. Source: Linux `Documentation/userspace-api/landlock.rst`.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_NR_CREATE_RULESET: Final = 444  # the same numbers on every architecture
_NR_ADD_RULE: Final = 445
_NR_RESTRICT_SELF: Final = 446
_GET_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38

# Rights of `landlock_ruleset_attr.handled_access_fs`.
EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_REMOVE_DIR: Final = 1 << 4
_REMOVE_FILE: Final = 1 << 5
_MAKE_DIR: Final = 1 << 7
_MAKE_REG: Final = 1 << 8
MAKE_SOCKET: Final = 1 << 9
_MAKE_SYM: Final = 1 << 12
_REFER: Final = 1 << 13  # rename or link between folders, from ABI 2 on
_TRUNCATE: Final = 1 << 14  # from ABI 3 on
_FOR_FILES: Final = EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

READ: Final = _READ_FILE | _READ_DIR
#: Everything that makes, changes and removes files and folders; no devices, no execution.
WRITE: Final = (
    READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | MAKE_SOCKET
    | _MAKE_SYM | _REFER | _TRUNCATE
)  # fmt: skip

#: File-system rights that a ruleset of each ABI handles (bit masks).
_FS_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_RIGHTS: Final = 3  # bind and connect TCP, from ABI 4 on
_SCOPES: Final = 3  # abstract UNIX sockets and signals, from ABI 6 on


class LandlockUnavailable(Exception):
    """The kernel has no Landlock: the sandbox must not run."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be done at `path` and everything below it."""

    path: str
    rights: int


def abi() -> int:
    """Highest ABI of the kernel; 0 where Landlock is missing or off."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_NR_CREATE_RULESET, None, 0, _GET_VERSION)))


def enter(*, highest_abi: int | None = None, rules: Iterable[Rule] = ()) -> int:
    """Enter a domain with these rights only; returns the ABI used.

    A rule whose path does not exist grants nothing. `highest_abi` reduces the ruleset to
    that of an older kernel (for the tests).

    Raises:
        LandlockUnavailable: the kernel has none, or refused.
    """
    kernel = abi()
    if kernel < 1:
        raise LandlockUnavailable("the kernel has no Landlock")
    used = min(kernel, highest_abi or kernel)
    fs = _FS_RIGHTS[max(v for v in _FS_RIGHTS if v <= used)]
    net = _NET_RIGHTS if used >= 4 else 0
    scoped = _SCOPES if used >= 6 else 0
    size = 24 if used >= 6 else 16 if used >= 4 else 8
    attr = struct.pack("=QQQ", fs, net, scoped)[:size]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise LandlockUnavailable("no_new_privs was refused")
    fd = libc.syscall(_NR_CREATE_RULESET, attr, len(attr), 0)
    if fd < 0:
        raise LandlockUnavailable(f"ruleset refused, errno {ctypes.get_errno()}")
    try:
        for rule in rules:
            _add(libc, fd, rule, handled=fs)
        if libc.syscall(_NR_RESTRICT_SELF, fd, 0) != 0:
            raise LandlockUnavailable(f"restrict_self refused, errno {ctypes.get_errno()}")
    finally:
        os.close(fd)
    return used


def _add(libc: ctypes.CDLL, ruleset: int, rule: Rule, *, handled: int) -> None:
    try:
        place = os.open(rule.path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rule.rights & handled
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _FOR_FILES
        beneath = struct.pack("=Qi", rights, place)
        if libc.syscall(_NR_ADD_RULE, ruleset, _PATH_BENEATH, beneath, 0) != 0:
            raise LandlockUnavailable(f"rule refused, errno {ctypes.get_errno()}")
    finally:
        os.close(place)
