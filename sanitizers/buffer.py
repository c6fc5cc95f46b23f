"""The address of bytes in memory, for C libraries that read them in place."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final


class _PyBuffer(ctypes.Structure):
    """`Py_buffer` (CPython C API, buffer protocol)."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


# A handle of its own: the functions of `ctypes.pythonapi` are shared by every library of the
# process, and with them the argument types that each of them declares.
_PYTHON: Final = ctypes.PyDLL(None)
_get = _PYTHON.PyObject_GetBuffer
_get.argtypes = (ctypes.py_object, ctypes.POINTER(_PyBuffer), ctypes.c_int)
_get.restype = ctypes.c_int
_release = _PYTHON.PyBuffer_Release
_release.argtypes = (ctypes.POINTER(_PyBuffer),)
_release.restype = None

_PYBUF_SIMPLE: Final = 0


@contextmanager
def borrowed(data: memoryview | bytes) -> Iterator[tuple[int | None, int]]:
    """Address and length in bytes of `data`, read-only views too, without a copy.

    Both hold until the context ends; the bytes cannot be released before that.

    Raises:
        BufferError: the view is not contiguous.
    """
    buffer = _PyBuffer()
    _get(data, ctypes.byref(buffer), _PYBUF_SIMPLE)
    try:
        yield buffer.buf, buffer.len
    finally:
        _release(ctypes.byref(buffer))
