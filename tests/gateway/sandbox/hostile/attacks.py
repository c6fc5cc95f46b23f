"""Each media type `test/<attack>` is one thing a taken-over sanitizer might try."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence

from sanitizers.model import (
    Cleaned,
    Job,
    Method,
    Needs,
    Output,
    Rebuilt,
    Sanitizer,
    Split,
    SplitKind,
)

_PARENT = os.getpid()  # the warm parent imports this module
_LIBC = ctypes.CDLL(None, use_errno=True)
_THREAD_ERRORS = (RuntimeError, OSError)


def _open_file() -> None:
    os.open("/etc/passwd", os.O_RDONLY)


def _open_by_memfd_path() -> None:
    os.open("/proc/self/mem", os.O_RDWR)


def _list_folder() -> None:
    os.listdir("/")


def _connect() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(("127.0.0.1", 9))


def _unix_socket() -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _thread() -> None:
    threading.Thread(target=time.sleep, args=(0,)).start()


def _execute() -> None:
    os.execv("/bin/true", ["true"])


def _signal_parent() -> None:
    os.kill(_PARENT, signal.SIGKILL)


def _signal_by_tgkill() -> None:
    _LIBC.syscall(234, _PARENT, _PARENT, signal.SIGKILL)


def _trace_parent() -> None:
    _LIBC.ptrace(16, _PARENT, 0, 0)


def _make_memory_file() -> None:
    os.memfd_create("escape")


def _executable_memory() -> None:
    address = _LIBC.mmap(None, 4096, 7, 0x22, -1, 0)
    if address == -1:
        raise PermissionError("no executable memory")


def _raise_limits() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))


def _allocate() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(50_000_000))


def _loop() -> None:
    while True:
        pass


def _sleep() -> None:
    time.sleep(3600)


def _crash() -> None:
    ctypes.string_at(8)


def _abort() -> None:
    os.abort()


def _exit_without_reply() -> None:
    os._exit(0)


def _recurse() -> None:
    _recurse()


def _x32_call() -> None:
    _LIBC.syscall(0x40000000 + 39)


_ATTACKS: dict[str, Callable[[], None]] = {
    name[1:].replace("_", "-"): value
    for name, value in list(globals().items())
    if name.startswith("_") and callable(value) and getattr(value, "__module__", "") == __name__
}


class Attack(Sanitizer):
    """Runs the attack named by the media type; reaching its end is a success for it."""

    media_types = tuple(f"test/{name}" for name in _ATTACKS)
    methods = (Method.SANITIZE,)
    outputs = ("test/escaped",)

    def clean(self, job: Job, out: Output) -> Cleaned | Split:
        _ATTACKS[job.media_type.removeprefix("test/")]()
        out.write(b"escaped")
        return Cleaned(media_type="test/escaped", extension=".txt", method=Method.SANITIZE)


class Behave(Sanitizer):
    """Copies its input: shows that the parent still serves."""

    media_types = ("test/behave",)
    methods = (Method.SANITIZE,)
    outputs = ("test/behaved",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        out.write(bytes(job.data))
        return Cleaned(media_type="test/behaved", extension=".txt", method=Method.SANITIZE)


class TooMuch(Sanitizer):
    """Writes past its budget, through the writer."""

    media_types = ("test/too-much",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        while True:
            out.write(b"x" * 1_000_000)


class TooMuchRaw(Sanitizer):
    """Writes past its budget, behind the writer's back, on every descriptor."""

    media_types = ("test/too-much-raw",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        block = b"x" * 1_000_000
        while True:
            for fd in range(64):
                try:
                    os.write(fd, block)
                except OSError as error:
                    if error.errno == 27:  # EFBIG
                        raise


class Forge(Sanitizer):
    """Writes its own reply frame (given as input) and exits with 0."""

    media_types = ("test/forge",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        highest = max(fd for fd in range(3, 64) if _is_open(fd))
        os.write(highest - 1, b"canary output")
        os.write(highest, bytes(job.data))
        os._exit(0)


class ChangeInput(Sanitizer):
    """Tries to write into its mapped input."""

    media_types = ("test/change-input",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        buffer = (ctypes.c_void_p * 10)()  # a Py_buffer: its first field is the address
        ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(job.data), buffer, 0)
        ctypes.memset(buffer[0], 0, 1)
        out.write(b"escaped")
        return Cleaned(media_type="test/escaped", extension=".txt", method=Method.SANITIZE)


class Descriptors(Sanitizer):
    """Lists the descriptors that are open inside."""

    media_types = ("test/descriptors",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        out.write(",".join(str(fd) for fd in range(1024) if _is_open(fd)).encode())
        return Cleaned(media_type="test/x", extension=".txt", method=Method.SANITIZE)


class Secrets(Sanitizer):
    """Tells the passwords that it got, and what it was made of in `assemble`."""

    media_types = ("test/secrets",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        out.write("/".join(job.passwords).encode() or b"none")
        return Cleaned(media_type="test/x", extension=".txt", method=Method.SANITIZE)

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        out.write(bytes(job.data) + b"/".join(job.passwords[0].encode() for _ in job.passwords[:1]))
        for m in members:
            data = b"-" if m.data is None else bytes(m.data)
            row = f"|{m.folder}|{m.name}|{m.media_type}|{m.outcome}|{m.reason or ''}|"
            out.write(row.encode() + data)
        return Cleaned(media_type="test/x", extension=".txt", method=Method.SANITIZE)


class Unassembled(Sanitizer):
    """A container whose family forgot how to put it together."""

    media_types = ("test/unassembled",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Split:
        return Split(kind=SplitKind.CONTAINER)


class Undeclared(Sanitizer):
    """Asks for a program that nobody knows it to need."""

    media_types = ("test/undeclared",)
    methods = (Method.SANITIZE,)
    outputs = ("test/x",)

    def clean(self, job: Job, out: Output) -> Needs:
        out.write(bytes(job.data))
        return Needs(tool="libreoffice", target="test/x")


def _is_open(fd: int) -> bool:
    try:
        os.lseek(fd, 0, os.SEEK_CUR)
    except OSError as error:
        return error.errno == 29  # ESPIPE: open, but a socket or a pipe
    return True
