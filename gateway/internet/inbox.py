"""What a session has received and not yet used: command lines, or chunks of DATA.

Reads big chunks and cuts command lines from them, so that pipelined commands cost no
wake-up each, and gives back what came behind a mail's end.
"""

from __future__ import annotations

import asyncio
from typing import Final

READ_SIZE: Final = 256 * 1024  # bytes; a read of the event loop is never larger


# A longer line is read to its end, to answer it, up to here.
MAX_SKIPPED: Final = 64 * 1024  # bytes


class LineTooLong(Exception):
    """A command line is longer than the limit; it has been skipped."""


class EndlessLine(Exception):
    """A command line has no end in sight."""


class Inbox:
    """The receiving side of one connection, over asyncio's reader."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._buffer = bytearray()
        self._taken = 0
        self.fed = 0  # bytes the connection gave to the reader; counted by the protocol

    @property
    def empty(self) -> bool:
        """Nothing was received beyond what has been used."""
        return not self._buffer and self.fed == self._taken

    def has_line(self) -> bool:
        """A whole command line is waiting."""
        return self._buffer.find(b"\n") >= 0

    def unread(self, data: bytes) -> None:
        """Give back bytes that belong to the next reader."""
        self._buffer[:0] = data

    async def chunk(self) -> bytes:
        """The next bytes, as many as there are (≤ READ_SIZE or what was given back); b"" at EOF."""
        if self._buffer:
            data = bytes(self._buffer)
            self._buffer.clear()
            return data
        data = await self._reader.read(READ_SIZE)
        self._taken += len(data)
        return data

    async def line(self, limit: int) -> bytes | None:
        """The next line with its LF; None at EOF (half a line is no command).

        Raises:
            LineTooLong: the line had more than `limit` bytes.
            EndlessLine: and more than MAX_SKIPPED without an LF.
        """
        searched = 0
        while True:
            at = self._buffer.find(b"\n", searched)
            if at >= 0:
                line = bytes(self._buffer[: at + 1])
                del self._buffer[: at + 1]
                if len(line) > limit:
                    raise LineTooLong
                return line
            searched = len(self._buffer)
            if searched > MAX_SKIPPED:
                raise EndlessLine
            data = await self._reader.read(READ_SIZE)
            if not data:
                return None
            self._taken += len(data)
            self._buffer += data
