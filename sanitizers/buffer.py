"""Bytes in memory for libraries that want an address or a file: nothing is copied whole."""

from __future__ import annotations

import ctypes
import io
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


class ViewFile(io.BufferedIOBase):
    """A file to read over `data`; `io.BytesIO` would copy it first."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes, or all that are left."""
        end = len(self._data) if size is None or size < 0 else self._at + size
        piece = bytes(self._data[self._at : end])
        self._at += len(piece)
        return piece

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place, as `io.BytesIO` does; behind the end there is nothing to read."""
        if whence == io.SEEK_SET and offset < 0:
            raise ValueError("before the beginning")
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True
