"""Writes seccomp filters: which system calls pass, which get an errno, what is the rest.

Only the assembler is here; what is allowed to whom stands in `seccomp` (sandbox children)
and in `tools.filter` (programs). Source: Linux `Documentation/userspace-api/seccomp_filter.rst`.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from typing import Final

from gateway.sandbox.syscalls import Arch, this_arch

# linux/filter.h, linux/seccomp.h, linux/prctl.h
_LD_W_ABS: Final = 0x20
_AND_K: Final = 0x54
_JMP_JEQ: Final = 0x15
_JMP_JGE: Final = 0x35
_RET: Final = 0x06
_ERRNO: Final = 0x00050000
_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_DATA_NR: Final = 0  # offsets in struct seccomp_data
_DATA_ARCH: Final = 4
_DATA_ARG0: Final = 16  # low half (little endian), 8 bytes an argument
_X32_BIT: Final = 0x40000000
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2


class SeccompUnavailable(Exception):
    """The kernel or the architecture has no seccomp filter: the sandbox must not run."""


def _op(code: int, jt: int, jf: int, k: int) -> bytes:
    return struct.pack("=HBBI", code, jt, jf, k)


class Assembler:
    """A filter being written, rule after rule; a call that this machine lacks is left out.

    Raises:
        SeccompUnavailable: no system call table for this architecture.
    """

    def __init__(self, arch: Arch | None = None) -> None:
        known = arch or this_arch()
        if known is None:
            raise SeccompUnavailable("no system call table for this architecture")
        self._numbers = known.numbers
        self._pid_places: list[int] = []
        self._body = bytearray()
        self._emit(_LD_W_ABS, 0, 0, _DATA_ARCH)
        self._emit(_JMP_JEQ, 1, 0, known.audit)
        self._emit(_RET, 0, 0, _KILL)
        self._emit(_LD_W_ABS, 0, 0, _DATA_NR)
        self._emit(_JMP_JGE, 0, 1, _X32_BIT)  # x32 calls share numbers: never
        self._emit(_RET, 0, 0, _KILL)

    def allow(self, name: str) -> None:
        """`name` passes with any arguments."""
        self._answer(name, _ALLOW)

    def refuse(self, name: str, error: int) -> None:
        """`name` fails with `error`."""
        self._answer(name, _ERRNO | error)

    def allow_when(
        self, name: str, *, argument: int, value: int, mask: int = 0xFFFFFFFF, error: int
    ) -> None:
        """`name` passes when the low half of `argument`, masked, is `value`; else `error`."""
        self.allow_all(name, ((argument, mask, value),), error=error)

    def allow_all(self, name: str, tests: tuple[tuple[int, int, int], ...], *, error: int) -> None:
        """`name` passes when every (argument, mask, value) holds; else `error`."""
        if name not in self._numbers:
            return
        left = 3 * len(tests) + 2
        self._emit(_JMP_JEQ, 0, left, self._numbers[name])
        for argument, mask, value in tests:
            left -= 3
            self._emit(_LD_W_ABS, 0, 0, _DATA_ARG0 + argument * 8)
            self._emit(_AND_K, 0, 0, mask)
            self._emit(_JMP_JEQ, 0, left - 1, value)
        self._emit(_RET, 0, 0, _ALLOW)
        self._emit(_RET, 0, 0, _ERRNO | error)

    def allow_on_itself(self, name: str, *, kill: bool) -> None:
        """`name` passes when its first argument is the own process id; else kill or EPERM."""
        self._emit(_JMP_JEQ, 0, 4, self._numbers[name])
        self._emit(_LD_W_ABS, 0, 0, _DATA_ARG0)
        self._pid_places.append(len(self._body) + 4)
        self._emit(_JMP_JEQ, 0, 1, 0)
        self._emit(_RET, 0, 0, _ALLOW)
        self._emit(_RET, 0, 0, _KILL if kill else _ERRNO | errno.EPERM)

    def finish(self, *, kill: bool) -> Program:
        """The filter; every other call ends the process (`kill`) or fails with EPERM."""
        self._emit(_RET, 0, 0, _KILL if kill else _ERRNO | errno.EPERM)
        return Program(bytes(self._body), tuple(self._pid_places))

    def _answer(self, name: str, answer: int) -> None:
        if name in self._numbers:
            self._emit(_JMP_JEQ, 0, 1, self._numbers[name])
            self._emit(_RET, 0, 0, answer)

    def _emit(self, code: int, jt: int, jf: int, k: int) -> None:
        self._body += _op(code, jt, jf, k)


class Program:
    """A finished filter. Built once, loaded in each process that it locks in."""

    def __init__(self, body: bytes, pid_places: tuple[int, ...]) -> None:
        self._pid_places = pid_places
        self._buffer = ctypes.create_string_buffer(body, len(body))
        self._fprog = ctypes.create_string_buffer(
            struct.pack("=HxxxxxxQ", len(body) // 8, ctypes.addressof(self._buffer)), 16
        )
        self.prctl = ctypes.CDLL(None, use_errno=True).prctl

    def load(self, pid: int) -> None:
        """Lock the calling process in, for ever. `pid` is its own process id.

        Raises:
            SeccompUnavailable: the kernel refused; the caller must exit at once.
        """
        for place in self._pid_places:
            struct.pack_into("=I", self._buffer, place, pid)
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
