"""A narrow door to libarchive: read-only, from memory, one format and one filter at a time.

The shared library is loaded at import, by libarchive-c; here only the calls that reading
needs are bound. Filters that libarchive would run as external programs (lzop, lrzip,
grzip, "program") are never named, and `warm` refuses a build that would use one for the
filters we name. Nothing is ever extracted to a disk: these functions are not bound at all.
Names come back as bytes; those that libarchive must convert (UTF-16 of 7z and Joliet) need
a UTF-8 locale, which `warm` sets.
"""

from __future__ import annotations

import ctypes
import locale
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, cast

from libarchive import ffi  # type: ignore[import-untyped]

from sanitizers.archive._entry import BLOCK
from sanitizers.buffer import borrowed

#: `libarchive/archive.h`: filter codes. All of these are built in with their library.
FILTERS: Final = {
    "none": 0, "gzip": 1, "bzip2": 2, "compress": 3, "lzma": 5, "xz": 6, "lzip": 9, "lz4": 13,
    "zstd": 14,
}  # fmt: skip
#: Read-support functions that may be asked for.
FORMATS: Final = (
    "7zip", "cab", "empty", "iso9660", "lha", "rar", "rar5", "raw", "tar", "zip_seekable",
)  # fmt: skip

_EOF: Final = 1  # archive.h: ARCHIVE_EOF
_WARN: Final = -20  # ARCHIVE_WARN: the header is usable, something in it is not
_FAILED: Final = -25  # ARCHIVE_FAILED: this entry, but the archive goes on
_FORMAT_BASE: Final = 0xFF0000  # ARCHIVE_FORMAT_BASE_MASK
_RAW: Final = 0x90000  # ARCHIVE_FORMAT_RAW
_TYPES: Final = 0o170000  # AE_IFMT
_REGULAR: Final = 0o100000
_FOLDER: Final = 0o040000
#: Charsets that headers may declare (LZH code pages, Joliet): their converters are files of
#: the C library, so they are loaded before the sandbox is locked, and stay loaded.
_CONVERTED: Final = (b"CP932", b"EUC-JP", b"UTF-16LE", b"UTF-16BE", b"CP437", b"CP1252")

_POINTER: Final = ctypes.c_void_p
_INT: Final = ctypes.c_int


class LibarchiveError(Exception):
    """libarchive cannot go on with this archive."""


class EntryError(Exception):
    """libarchive cannot go on with this entry."""


@dataclass(frozen=True, slots=True)
class Header:
    """What libarchive says of one entry."""

    raw: bytes
    regular: bool
    folder: bool
    link: bool  # a hard link: no data of its own
    size: int | None
    encrypted: bool
    bare: bool  # no archive at all: one stream of data without a name


class _Calls:
    """The bound functions. Indexing the library gives objects of our own, without the error
    handling of libarchive-c, which would log words of the file."""

    def __init__(self) -> None:
        def bind(name: str, result: object, *arguments: object) -> Callable[..., Any]:
            function = ffi.libarchive["archive_" + name]
            function.argtypes = list(arguments)
            function.restype = result
            return cast("Callable[..., Any]", function)

        size, text, number = ctypes.c_size_t, ctypes.c_char_p, ctypes.c_longlong
        self.new = bind("read_new", _POINTER)
        self.free = bind("read_free", _INT, _POINTER)
        self.append_filter = bind("read_append_filter", _INT, _POINTER, _INT)
        self.add_passphrase = bind("read_add_passphrase", _INT, _POINTER, text)
        self.set_options = bind("read_set_options", _INT, _POINTER, text)
        self.open_memory = bind("read_open_memory", _INT, _POINTER, _POINTER, size)
        self.next_header = bind("read_next_header", _INT, _POINTER, ctypes.POINTER(_POINTER))
        self.read_data = bind("read_data", ctypes.c_ssize_t, _POINTER, _POINTER, size)
        self.pathname = bind("entry_pathname", text, _POINTER)
        self.filetype = bind("entry_filetype", _INT, _POINTER)
        self.hardlink = bind("entry_hardlink", text, _POINTER)
        self.size = bind("entry_size", number, _POINTER)
        self.size_is_set = bind("entry_size_is_set", _INT, _POINTER)
        self.format = bind("format", _INT, _POINTER)
        self.is_encrypted = bind("entry_is_encrypted", _INT, _POINTER)
        self.formats = {name: bind(f"read_support_format_{name}", _INT, _POINTER)
                        for name in FORMATS}  # fmt: skip
        self.filters = {name: bind(f"read_support_filter_{name}", _INT, _POINTER)
                        for name in FILTERS}  # fmt: skip


_CALLS: Final = _Calls()
_converters: list[int] = []


def warm() -> None:
    """Set a UTF-8 locale for names, load converters, and check the build.

    Raises:
        RuntimeError: a filter or format that we name is missing, or an external program.
    """
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    for name, function in (*_CALLS.formats.items(), *_CALLS.filters.items()):
        archive = _CALLS.new()
        if function(archive) != 0:
            raise RuntimeError(f"libarchive was built without {name}")
        _CALLS.free(archive)
    if not _converters:
        library = ctypes.CDLL(None)
        library.iconv_open.restype = ctypes.c_void_p
        for charset in _CONVERTED:
            _converters.append(library.iconv_open(b"UTF-8", charset))


class Reading:
    """One pass over an archive in memory.

    Use as a context manager; `data` must live as long. `filter_name` is one of `FILTERS`:
    exactly this one is undone, and once only (a gzip in a gzip stays a member).
    """

    def __init__(
        self,
        data: memoryview | bytes,
        *formats: str,
        filter_name: str = "none",
        passphrase: bytes = b"",
        options: bytes = b"",
    ) -> None:
        self._held = ExitStack()
        self._block = ctypes.create_string_buffer(BLOCK)
        self._entry = _POINTER()
        self._archive = _CALLS.new()
        if not self._archive:
            raise MemoryError
        try:
            self._open(data, formats, filter_name, passphrase, options)
        except BaseException:
            self._close()
            raise

    def _open(
        self,
        data: memoryview | bytes,
        formats: tuple[str, ...],
        filter_name: str,
        passphrase: bytes,
        options: bytes,
    ) -> None:
        for name in formats:
            self._must(_CALLS.formats[name](self._archive))
        if filter_name == "compress":
            # Its set-up reads: it cannot be appended before the archive is open.
            self._must(_CALLS.filters[filter_name](self._archive))
        else:
            self._must(_CALLS.append_filter(self._archive, FILTERS[filter_name]))
        if passphrase:
            self._must(_CALLS.add_passphrase(self._archive, passphrase))
        if options:
            self._must(_CALLS.set_options(self._archive, options))
        address, size = self._held.enter_context(borrowed(data))
        self._must(_CALLS.open_memory(self._archive, address, size))

    @staticmethod
    def _must(result: int) -> None:
        if result < _WARN:
            raise LibarchiveError(result)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._archive:
            _CALLS.free(self._archive)
            self._archive = None
        self._held.close()

    def headers(self) -> Iterator[Header]:
        """The entries, one at a time.

        Raises:
            LibarchiveError: the archive is damaged from here on.
        """
        while (result := _CALLS.next_header(self._archive, ctypes.byref(self._entry))) != _EOF:
            if result < _WARN:
                raise LibarchiveError(result)
            entry = self._entry
            kind = _CALLS.filetype(entry) & _TYPES
            yield Header(
                raw=_CALLS.pathname(entry) or b"",
                regular=kind == _REGULAR,
                folder=kind == _FOLDER,
                link=_CALLS.hardlink(entry) is not None,
                size=_CALLS.size(entry) if _CALLS.size_is_set(entry) else None,
                encrypted=bool(_CALLS.is_encrypted(entry)),
                bare=_CALLS.format(self._archive) & _FORMAT_BASE == _RAW,
            )

    def blocks(self) -> Iterator[memoryview]:
        """The current entry's data; a block is valid until the next one is asked for.

        Raises:
            EntryError: this entry is damaged; the next header may still be read.
        """
        whole = memoryview(self._block)
        while (count := _CALLS.read_data(self._archive, self._block, BLOCK)) > 0:
            yield whole[:count]
        if count < 0:
            raise EntryError(count)
