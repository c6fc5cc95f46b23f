"""A second opinion from a malware scanner: ClamAV's daemon over its own socket.

The daemon parses the bytes, in its own process under its own account; here is only its
protocol (clamd(8), "COMMANDS": FILDES, INSTREAM, PING, VERSION). It decides nothing alone: a
part that it finds is withheld, a part that it does not find is still rebuilt and verified.
A reply that is not clearly "OK" is never taken for one.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.config import Scanner as ScannerConfig

_CHUNK: Final = 1 << 18  # bytes of one INSTREAM piece
_MAX_REPLY: Final = 4_096  # one line: a path of ours and the name of a signature
_FOUND: Final = re.compile(rb"[^\x00]*: (?P<name>[\x21-\x7e]{1,200}) FOUND")
_OK: Final = re.compile(rb"[^\x00]*: OK")
_TOO_LARGE: Final = b"INSTREAM size limit exceeded"


class Verdict(StrEnum):
    """What the scanner said."""

    CLEAN = "clean"
    FOUND = "found"
    TOO_LARGE = "too_large"  # larger than the daemon is set up to look at


class ScannerUnavailable(Exception):
    """No answer that could be relied on: temporary."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A verdict; `signature` is the scanner's word, for the log."""

    verdict: Verdict
    signature: str = ""


class Readable(Protocol):
    """Sealed bytes behind a descriptor."""

    @property
    def fd(self) -> int: ...
    @property
    def size(self) -> int: ...
    def read_range(self, offset: int, size: int) -> bytes: ...


class Scanner:
    """One daemon. Each scan is a connection of its own: none waits behind another's file."""

    def __init__(self, config: ScannerConfig) -> None:
        kind, _, place = config.socket.partition(":")
        self._unix = place if kind == "unix" else ""
        host, _, port = place.rpartition(":")
        self._tcp = (host.strip("[]"), int(port)) if kind == "tcp" else None
        self._seconds = config.timeout_seconds

    async def scan(self, data: Readable) -> Scanned:
        """Ask about these bytes.

        Raises:
            ScannerUnavailable: not reachable, too slow, or not understood.
        """
        try:
            async with asyncio.timeout(self._seconds):
                reply = await (self._by_descriptor(data) if self._unix else self._by_stream(data))
        except (OSError, TimeoutError, EOFError) as error:
            raise ScannerUnavailable(type(error).__name__) from error
        if match := _FOUND.fullmatch(reply):
            return Scanned(Verdict.FOUND, match["name"].decode("ascii"))
        if _OK.fullmatch(reply):
            return Scanned(Verdict.CLEAN)
        if reply.startswith(_TOO_LARGE):
            return Scanned(Verdict.TOO_LARGE)
        raise ScannerUnavailable("a reply that is not understood")

    async def version(self) -> str:
        """The daemon's own name, version and signature date.

        Raises:
            ScannerUnavailable: not reachable or too slow.
        """
        try:
            async with asyncio.timeout(self._seconds):
                with await self._connect() as link:
                    loop = asyncio.get_running_loop()
                    await loop.sock_sendall(link, b"zVERSION\0")
                    reply = await _line(link)
        except (OSError, TimeoutError, EOFError) as error:
            raise ScannerUnavailable(type(error).__name__) from error
        return reply.decode("ascii", "replace")

    async def _connect(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        if self._tcp is None:
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            place: tuple[object, ...] | str = self._unix
        else:
            info = await loop.getaddrinfo(*self._tcp, type=socket.SOCK_STREAM)
            link = socket.socket(info[0][0], socket.SOCK_STREAM)
            place = info[0][4]
        try:
            link.setblocking(False)
            await loop.sock_connect(link, place)
        except BaseException:
            link.close()
            raise
        return link

    async def _by_descriptor(self, data: Readable) -> bytes:
        """The daemon reads the very bytes: no copy, and no limit of a stream."""
        loop = asyncio.get_running_loop()
        with await self._connect() as link:
            await loop.sock_sendall(link, b"zFILDES\0")
            # Fits into any socket buffer: nothing else was sent.
            socket.send_fds(link, [b"\0"], [data.fd])
            return await _line(link)

    async def _by_stream(self, data: Readable) -> bytes:
        loop = asyncio.get_running_loop()
        with await self._connect() as link:
            await loop.sock_sendall(link, b"zINSTREAM\0")
            try:
                for offset in range(0, data.size, _CHUNK):
                    piece = data.read_range(offset, min(_CHUNK, data.size - offset))
                    await loop.sock_sendall(link, struct.pack(">I", len(piece)) + piece)
                await loop.sock_sendall(link, struct.pack(">I", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has said why before it hung up
            return await _line(link)


async def _line(link: socket.socket) -> bytes:
    """A reply without its NUL.

    Raises:
        EOFError: the daemon hung up before its end, or says too much.
    """
    loop = asyncio.get_running_loop()
    reply = bytearray()
    while not reply.endswith(b"\0"):
        piece = await loop.sock_recv(link, _MAX_REPLY)
        reply += piece
        if not piece or len(reply) > _MAX_REPLY:
            raise EOFError
    return bytes(reply[:-1])
