"""A small mail sink: the LGWAN-side server of the demo, the tests and the benchmarks.

Real SMTP over asyncio streams (EHLO, PIPELINING, 8BITMIME, SIZE, SMTPUTF8), every mail
kept in memory or handed to a callback. It can be told to misbehave: refuse, defer, or
drop the connection around the final dot. Not part of the gateway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it arrived (dots removed, CRLF)."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes


@dataclass
class Behaviour:
    """What the sink answers; callables get the address or the data."""

    mail: Callable[[str], str | None] = lambda _a: None
    rcpt: Callable[[str], str | None] = lambda _a: None
    data: Callable[[bytes], str | None] = lambda _d: None  # "drop" closes before the reply


@dataclass
class Sink:
    """`async with Sink() as sink:` listens on a free loopback port."""

    keep: bool = True
    host: str = "127.0.0.1"
    port: int = 0
    behaviour: Behaviour = field(default_factory=Behaviour)
    received: list[Received] = field(default_factory=list)
    count: int = 0
    sessions: int = 0
    on_mail: Callable[[Received], None] | None = None
    _arrival: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> Sink:
        self._server = await asyncio.start_server(
            self._session, self.host, self.port, limit=1 << 22
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_details: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """As `[relay] next_hop`."""
        return f"smtp://{self.host}:{self.port}"

    async def wait_for(self, count: int, *, seconds: float) -> None:
        """Until `count` mails are here.

        Raises:
            TimeoutError: they did not come in time.
        """
        async with asyncio.timeout(seconds):
            while self.count < count:
                self._arrival.clear()
                await self._arrival.wait()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sessions += 1
        self._writers.add(writer)
        try:
            await self._dialogue(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        writer.write(b"220 sink.example.jp ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            reply = "250 2.0.0 Ok"
            if verb == b"EHLO":
                reply = (
                    "250-sink.example.jp\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                    "250-SIZE 100000000\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8"
                )
            elif verb == b"MAIL":
                sender, recipients = _address(line), []
                reply = self.behaviour.mail(sender) or reply
            elif verb == b"RCPT":
                answer = self.behaviour.rcpt(_address(line))
                if answer is None:
                    recipients.append(_address(line))
                reply = answer or reply
            elif verb == b"DATA" and not recipients:
                reply = "503 5.5.1 no recipients"
            elif verb == b"DATA":
                writer.write(b"354 go ahead\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                data = body[:-3].replace(b"\r\n..", b"\r\n.").removeprefix(b".")
                reply = self._accept(Received(sender, tuple(recipients), data)) or reply
                if reply == "drop":
                    return
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            writer.write(reply.encode("utf-8") + b"\r\n")

    def _accept(self, mail: Received) -> str | None:
        answer = self.behaviour.data(mail.data)
        if answer is None or answer == "drop":
            self.count += 1
            self._arrival.set()
            if self.keep:
                self.received.append(mail)
            if self.on_mail is not None:
                self.on_mail(mail)
        return answer


def _address(line: bytes) -> str:
    return line.partition(b"<")[2].partition(b">")[0].decode("utf-8", "replace")
