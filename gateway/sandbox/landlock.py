"""Landlock with no rights at all: no path can be opened, made, changed or executed.

The domain is entered by the warm parent once it has loaded everything; every forked
child inherits it and nothing can leave it. It stands beside seccomp, not in its place:
Debian 12's kernel has ABI 2, without network rules, so seccomp carries the network
denial. Source: Linux `Documentation/userspace-api/landlock.rst`.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Final

_NR_CREATE_RULESET: Final = 444  # the same numbers on every architecture
_NR_RESTRICT_SELF: Final = 446
_GET_VERSION: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38

#: File-system rights that a ruleset of each ABI handles (bit masks of
#: `landlock_ruleset_attr.handled_access_fs`).
_FS_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_RIGHTS: Final = 3  # bind and connect TCP, from ABI 4 on
_SCOPES: Final = 3  # abstract UNIX sockets and signals, from ABI 6 on


class LandlockUnavailable(Exception):
    """The kernel has no Landlock: the sandbox must not run."""


def abi() -> int:
    """Highest ABI of the kernel; 0 where Landlock is missing or off."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_NR_CREATE_RULESET, None, 0, _GET_VERSION)))


def enter(*, highest_abi: int | None = None) -> int:
    """Enter a domain without any right; returns the ABI used.

    `highest_abi` reduces the ruleset to that of an older kernel (for the tests).

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
    result = libc.syscall(_NR_RESTRICT_SELF, fd, 0)
    refused = ctypes.get_errno()
    libc.close(fd)
    if result != 0:
        raise LandlockUnavailable(f"restrict_self refused, errno {refused}")
    return used
