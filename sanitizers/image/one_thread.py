"""Keeps libde265, the HEVC decoder behind HEIC, on the calling thread.

libheif asks libde265 for one worker thread for every picture and offers no switch
against it; in the sandbox, where no thread can be made, that request ends the process.
libde265 decodes on the calling thread when it has no workers. So before the sandbox is locked,
the entry of `de265_start_worker_threads` is overwritten in this process's own copy of the
library with "return DE265_OK". This module must never run after the lock, and
touches nothing but that function: where it cannot, HEIC pictures fail closed (the child
ends, the part is withheld).
"""

from __future__ import annotations

import ctypes
import mmap
import platform
from pathlib import Path
from typing import Final

import pi_heif

#: "return 0" in machine code: xor eax, eax; ret / mov w0, #0; ret.
_RETURN_ZERO: Final = {
    "x86_64": bytes.fromhex("31c0c3"),
    "aarch64": bytes.fromhex("00008052c0035fd6"),
}
_READ, _WRITE, _EXECUTE = 1, 2, 4


def keep_on_one_thread() -> bool:
    """Make libde265 decode without threads; True if it will. Repeatable."""
    code = _RETURN_ZERO.get(platform.machine())
    libraries = sorted((Path(pi_heif.__file__).parent.parent / "pi_heif.libs").glob("libde265*"))
    if code is None or len(libraries) != 1:
        return False
    library = ctypes.CDLL(str(libraries[0]))  # the copy that libheif has loaded already
    entry = ctypes.cast(library.de265_start_worker_threads, ctypes.c_void_p).value
    if not entry:
        return False
    if ctypes.string_at(entry, len(code)) != code:
        first = entry & -mmap.PAGESIZE
        size = (entry + len(code) - first + mmap.PAGESIZE - 1) & -mmap.PAGESIZE
        mprotect = ctypes.CDLL(None, use_errno=True).mprotect
        mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        if mprotect(first, size, _READ | _WRITE) != 0:
            return False
        ctypes.memmove(entry, code, len(code))
        if mprotect(first, size, _READ | _EXECUTE) != 0:
            return False
    return ctypes.string_at(entry, len(code)) == code
