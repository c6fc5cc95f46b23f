"""One SMTP connection: lines in, replies out, clocks, limits, and its end.

Built on aiosmtpd's protocol class, without its reading and its state machine: those take a
bare LF for a line's end, cancel a commit when the client half-closes, put exception texts
into replies, and share one table of line limits between all sessions. Which commands there
are is the subclass's (smtp.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, Final

import structlog
from aiosmtpd.smtp import SMTP

from gateway.internet import metrics, replies
from gateway.internet.inbox import EndlessLine, Inbox, LineTooLong
from gateway.internet.limits import Address, CommandRate, parse_client
from gateway.internet.server import Server

MAX_COMMAND: Final = 2048  # bytes; RFC 5321 says 512 and more with every extension
_MAX_UNSENT: Final = 64  # replies kept back while more pipelined commands are here
_LINGER: Final = 10.0  # seconds for a client to take our last reply
_CODE_LENGTH: Final = len("550 5.1.1")

_log = structlog.get_logger()

Command = Callable[[Any, str], Awaitable[None]]


class Session(SMTP):
    """The connection; speaks no command of its own."""

    # The stream's flow control: reading pauses at twice this.
    line_length_limit = 128 * 1024
    # An allow-list: what a newer aiosmtpd can do does not become ours by an update.
    commands: ClassVar[Mapping[str, Command]] = {}
    # What `require_tls` lets through before STARTTLS (RFC 3207 section 4).
    before_tls: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, server: Server) -> None:
        super().__init__(
            None, hostname=server.hostname, loop=asyncio.get_running_loop(), ident="ESMTP"
        )
        self.server = server
        self.client = ""
        self.helo = ""
        self.tls = False
        self.trusted = False
        self._address: Address | None = None
        self._counted = False
        self._rate = CommandRate(server.smtp.max_commands_per_minute)
        self._bad = 0
        self._unsent: list[bytes] = []
        self._deadline = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._waiting = False  # for a command: may be told goodbye at any moment
        self.committing = False  # the answer is the store's: no clock may speak before it
        self._linger: asyncio.TimerHandle | None = None
        self._ended = False
        self.inbox: Inbox

    # -- the connection ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the session in, or say 421; then serve."""
        asyncio.StreamReaderProtocol.connection_made(self, transport)
        self.transport = transport
        self.inbox = Inbox(self._reader)
        metrics.SESSIONS.inc()
        peer = transport.get_extra_info("peername")
        self.client = peer[0] if peer else ""
        self.server.add(self)
        metrics.OPEN.inc()
        self.touch()
        try:
            self._address = parse_client(self.client)
        except ValueError:  # the client was gone before we looked
            self.end(None)
            return
        self.trusted = self.server.limits.is_trusted(self._address)
        if self.server.stopping:
            self.end(replies.STOPPING)
            return
        self._counted = self.server.limits.enter(self._address)
        if not self._counted:
            _log.warning("smtp.too_many_sessions", client=self.client)
            self.end(replies.TOO_MANY_SESSIONS)
            return
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out; a mail still being received is gone, a commit goes on."""
        for timer in (self._idle_timer, self._linger):
            if timer is not None:
                timer.cancel()
        if self._counted and self._address is not None:
            self._counted = False
            self.server.limits.leave(self._address)
        metrics.OPEN.dec()
        self.server.remove(self)
        self._ended = True
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        self.transport = None

    def data_received(self, data: bytes) -> None:
        """Count what comes, so that STARTTLS can tell whether anything did."""
        self.inbox.fed += len(data)
        super().data_received(data)

    def eof_received(self) -> bool:
        """The client sends no more but may still read: what it sent is answered first."""
        return bool(asyncio.StreamReaderProtocol.eof_received(self))

    def use_transport(self, secure: asyncio.Transport) -> None:
        """Go on over TLS. asyncio has no public way to do this for a protocol of streams."""
        self.transport = secure
        self._transport = secure
        self._over_ssl = True
        self._reader._transport = secure  # type: ignore[attr-defined]
        self._writer = asyncio.StreamWriter(secure, self, self._reader, self.loop)

    # -- its end ----------------------------------------------------------------------

    def end(self, reply: str | None) -> None:
        """Send what is unsent and `reply`, close; a client that does not read is cut."""
        transport = self.transport
        if self._ended or transport is None:
            return
        self._ended = True
        if reply is not None:
            self.say(reply)
        self._writer.write(b"".join(self._unsent))
        self._unsent.clear()
        transport.close()
        self._linger = self.loop.call_later(_LINGER, self.abort)

    def abort(self) -> None:
        """Close without ado."""
        transport = self.transport
        if transport is not None:
            self._ended = True
            transport.abort()  # type: ignore[attr-defined]

    def stop(self, *, at_once: bool = False) -> None:
        """The process stops: goodbye now if idle (or `at_once`), else after the command."""
        if self.committing:
            return
        if at_once or self._waiting:
            self.end(replies.STOPPING)

    # -- clocks -----------------------------------------------------------------------

    def touch(self) -> None:
        """The client has done something: its idle time begins anew."""
        self._deadline = self.loop.time() + self.server.smtp.idle_seconds
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_at(self._deadline, self._look_at_clock)

    def _look_at_clock(self) -> None:
        # One timer per session that looks when the deadline may have come; moving a timer
        # with every command would cost more than the command.
        self._idle_timer = None
        if self.committing:
            self.touch()
        elif self.loop.time() < self._deadline:
            self._idle_timer = self.loop.call_at(self._deadline, self._look_at_clock)
        else:
            _log.info("smtp.idle", client=self.client)
            self.end(replies.TIMED_OUT)

    # -- replies ----------------------------------------------------------------------

    def say(self, reply: str) -> None:
        """Put a reply (one line, or several by CRLF) behind those not yet sent."""
        self._unsent.append(reply.encode("ascii") + b"\r\n")
        if reply[0] in "45":
            metrics.REFUSED.labels(reply[:_CODE_LENGTH]).inc()

    def bad(self, reply: str) -> None:
        """As `say`, for what a well-behaved client does not do; too often ends the session."""
        self.say(reply)
        self._bad += 1
        if self._bad >= self.server.smtp.max_bad_commands:
            _log.warning("smtp.too_many_bad_commands", client=self.client)
            self.end(replies.TOO_MANY_BAD)

    async def flush(self) -> None:
        """Send what was said; waits while the client does not read."""
        if self._unsent and not self._ended:
            self._writer.write(b"".join(self._unsent))
            self._unsent.clear()
            await self._writer.drain()

    # -- the loop ---------------------------------------------------------------------

    async def _handle_client(self) -> None:
        try:
            self.say(f"220 {self.hostname} ESMTP")
            while not self._ended:
                await self._next()
        except ConnectionError:
            _log.info("smtp.connection_lost", client=self.client)
        except Exception:  # noqa: BLE001 - no fault of ours may speak to the client
            _log.exception("smtp.session_failed", client=self.client)
            self.end(replies.OWN_FAULT_CLOSING)
        finally:
            self.end(None)

    async def _next(self) -> None:
        """One command; its replies wait while more of a pipeline is here (RFC 2920)."""
        if not self.inbox.has_line() or len(self._unsent) >= _MAX_UNSENT:
            await self.flush()
        if self.server.stopping:
            self.end(replies.STOPPING)
            return
        self._waiting = True
        try:
            line = await self.inbox.line(MAX_COMMAND)
        except LineTooLong:
            self.bad(replies.LINE_TOO_LONG)
            return
        except EndlessLine:
            self.end(replies.LINE_TOO_LONG_CLOSING)
            return
        finally:
            self._waiting = False
        if line is None:
            self.end(None)
        elif not self._ended:
            self.touch()
            await self._command(line)

    async def _command(self, line: bytes) -> None:
        if not self.trusted and not self._rate.allow(self.loop.time()):
            _log.warning("smtp.too_many_commands", client=self.client)
            self.end(replies.TOO_MANY_COMMANDS)
            return
        if not line.endswith(b"\r\n"):
            self.bad(replies.LINE_END)
            return
        try:
            text = line[:-2].decode("utf-8")
        except UnicodeDecodeError:
            self.bad(replies.SYNTAX)
            return
        if not text.isprintable():
            self.bad(replies.SYNTAX)
            return
        verb, _, argument = text.partition(" ")
        command = self.commands.get(verb.upper())
        if command is None:
            self.bad(replies.UNKNOWN_COMMAND)
            return
        if self.server.smtp.require_tls and not self.tls and verb.upper() not in self.before_tls:
            self.bad(replies.TLS_FIRST)
            return
        try:
            await command(self, argument.strip(" "))
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - no fault of ours may speak to the client
            self.say(await self.handle_exception(error))

    async def handle_exception(self, error: Exception) -> str:
        """Our own fault: the log gets the cause, the client only that it should come again."""
        _log.error("smtp.command_failed", client=self.client, exc_info=error)
        return replies.OWN_FAULT
