"""Writes a ZIP piece by piece: stored members, their sizes after them. It cannot read one.

This side must load no format parser, so not even the standard library's `zipfile` is here.
Always in ZIP64 form, so that no size has to be known before. Source: PKWARE APPNOTE 6.3.10,
sections 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (central header), 4.3.14-16
(ends), 4.5.3 (ZIP64 field).
"""

from __future__ import annotations

import struct
import zlib
from datetime import datetime
from typing import Final

_VERSION: Final = 45  # needed to extract: ZIP64 (section 4.4.3.2)
_FLAGS: Final = 0x0808  # sizes follow the data; the name is UTF-8 (section 4.4.4)
_STORED: Final = 0
_LATER: Final = 0xFFFFFFFF  # the ZIP64 field tells
_MADE_BY: Final = 3 << 8 | _VERSION  # UNIX: no DOS code page for names
_MODE: Final = 0o100644 << 16


class ZipWriter:
    """One archive. Every method returns bytes to send; together they are the file."""

    def __init__(self, moment: datetime) -> None:
        self._time = moment.hour << 11 | moment.minute << 5 | moment.second // 2
        self._date = (moment.year - 1980) << 9 | moment.month << 5 | moment.day
        self._at = 0
        self._central = bytearray()
        self._count = 0
        self._name = b""
        self._start = 0
        self._crc = 0
        self._size = 0

    def begin(self, name: str) -> bytes:
        """Start a member; `name` is a clean file name."""
        self._name = name.encode("utf-8")
        self._start, self._crc, self._size = self._at, 0, 0
        zip64 = struct.pack("<HHQQ", 1, 16, 0, 0)
        return self._sent(
            struct.pack(
                "<IHHHHHIIIHH", 0x04034B50, _VERSION, _FLAGS, _STORED, self._time, self._date,
                0, _LATER, _LATER, len(self._name), len(zip64),
            )
            + self._name
            + zip64
        )  # fmt: skip

    def data(self, piece: bytes) -> bytes:
        """Bytes of the member."""
        self._crc = zlib.crc32(piece, self._crc)
        self._size += len(piece)
        return self._sent(piece)

    def end(self) -> bytes:
        """End the member."""
        zip64 = struct.pack("<HHQQQ", 1, 24, self._size, self._size, self._start)
        self._central += struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, _MADE_BY, _VERSION, _FLAGS, _STORED, self._time,
            self._date, self._crc, _LATER, _LATER, len(self._name), len(zip64), 0, 0, 0, _MODE,
            _LATER,
        ) + self._name + zip64  # fmt: skip
        self._count += 1
        return self._sent(struct.pack("<IIQQ", 0x08074B50, self._crc, self._size, self._size))

    def finish(self) -> bytes:
        """The central directory and the ends."""
        start, size = self._at, len(self._central)
        end64 = struct.pack(
            "<IQHHIIQQQQ", 0x06064B50, 44, _MADE_BY, _VERSION, 0, 0, self._count, self._count,
            size, start,
        )  # fmt: skip
        locator = struct.pack("<IIQI", 0x07064B50, 0, start + size, 1)
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, _LATER, _LATER, 0)
        return self._sent(bytes(self._central) + end64 + locator + end)

    def _sent(self, data: bytes) -> bytes:
        self._at += len(data)
        return data
