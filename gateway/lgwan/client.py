"""One SMTP connection to the next hop, with a fence before the final dot.

aiosmtplib does the dialogue, STARTTLS and sign-in; the content and the dot are sent in
two steps here, because between them stands the one decision that SMTP cannot take back.
Sources: RFC 5321, 3207, 6531.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException

from gateway.config import Config

_CHUNK: Final = 1 << 18  # content bytes handed to the transport at a time
_MAX_REPLY: Final = 300  # characters kept of a reply
_UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")
_CONNECT_SECONDS: Final = 30.0
_DOTS: Final = re.compile(rb"^\.", re.MULTILINE)

Fence = Callable[[Sequence[str]], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class NextHop:
    """Where to, and how."""

    host: str
    port: int
    tls: Literal["none", "opportunistic", "required"]
    tls_ca: str
    user: str
    password_file: str
    local_name: str
    timeout: float


@dataclass(slots=True)
class Result:
    """Replies by recipient; `after_dot` = the connection was lost after the final dot."""

    delivered: dict[str, str] = field(default_factory=dict)
    deferred: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    after_dot: bool = False
    fenced_off: bool = False  # the fence said no: nothing was sent, the rows are not ours


class ConnectionFailed(Exception):
    """No usable connection: temporary. The text is printable and short."""


def next_hop(config: Config) -> NextHop:
    """The configured next hop.

    Raises:
        ValueError: not `smtp://HOST[:PORT]`.
    """
    url = urlsplit(config.relay.next_hop)
    if url.scheme != "smtp" or not url.hostname or url.path not in ("", "/"):
        raise ValueError('relay.next_hop is written "smtp://HOST:PORT"')
    return NextHop(
        host=url.hostname,
        port=url.port or 25,
        tls=config.relay.tls,
        tls_ca=config.relay.tls_ca,
        user=config.relay.user,
        password_file=config.relay.password_file,
        local_name=config.smtp.hostname or "localhost.localdomain",
        timeout=config.relay.timeout_seconds,
    )


def printable(reply: str) -> str:
    """A peer's words on one line, ASCII, cut: they go into rows and reports."""
    return _UNPRINTABLE.sub(" ", reply).strip()[:_MAX_REPLY]


def _text(response: SMTPResponse | SMTPResponseException) -> str:
    return printable(f"{response.code} {response.message}")


class Connection:
    """An open session with the next hop."""

    def __init__(self, hop: NextHop) -> None:
        self._hop = hop
        self._smtp: aiosmtplib.SMTP | None = None
        self.sent = 0

    @property
    def is_open(self) -> bool:
        """Whether another mail can be sent over it."""
        return self._smtp is not None and self._smtp.is_connected

    @property
    def max_size(self) -> int | None:
        """The next hop's SIZE in bytes (None: no limit said)."""
        size = self._smtp.esmtp_extensions.get("size", "") if self._smtp else ""
        return int(size) if size.isdigit() and int(size) > 0 else None

    @property
    def smtputf8(self) -> bool:
        """Whether the next hop takes SMTPUTF8."""
        return self._smtp is not None and self._smtp.supports_extension("smtputf8")

    async def open(self) -> None:
        """Connect, EHLO, STARTTLS and sign in as configured.

        Raises:
            ConnectionFailed: any step was refused or timed out; the session is closed.
        """
        hop = self._hop
        smtp = aiosmtplib.SMTP(
            hostname=hop.host,
            port=hop.port,
            local_hostname=hop.local_name,
            timeout=min(hop.timeout, _CONNECT_SECONDS),
            start_tls=False,
            use_tls=False,
        )
        try:
            await smtp.connect()
            await smtp.ehlo()
            await self._secure(smtp)
            if hop.user:
                password = await asyncio.to_thread(_password, hop.password_file)
                await smtp.login(hop.user, password)
        except ConnectionFailed:
            smtp.close()
            raise
        except (SMTPException, OSError, TimeoutError, ValueError) as error:
            smtp.close()
            raise ConnectionFailed(_why(error)) from error
        smtp.timeout = hop.timeout
        self._smtp = smtp
        self.sent = 0

    async def _secure(self, smtp: aiosmtplib.SMTP) -> None:
        hop = self._hop
        offered = smtp.supports_extension("starttls")
        if hop.tls == "none" or (hop.tls == "opportunistic" and not offered):
            if hop.user:
                raise ConnectionFailed("a password is never sent without TLS")
            return
        if not offered:
            raise ConnectionFailed("the next hop does not offer STARTTLS")
        context = ssl.create_default_context(cafile=hop.tls_ca or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if hop.tls == "opportunistic" and not hop.tls_ca:
            # Better than plain text, and nothing else is promised by this setting.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        await smtp.starttls(tls_context=context)
        await smtp.ehlo()

    async def send(
        self,
        *,
        sender: str,
        recipients: Sequence[str],
        content: bytes,
        smtputf8: bool,
        fence: Fence,
    ) -> Result:
        """One mail transaction. `fence` is asked with the accepted recipients before the dot.

        Never raises for what the peer does: every recipient has a result.
        """
        smtp = self._smtp
        result = Result()
        if smtp is None:
            return _all(result.deferred, recipients, "not connected", result)
        self.sent += 1
        try:
            options = [f"SIZE={len(content)}"] if smtp.supports_extension("size") else []
            if smtp.supports_extension("8bitmime"):
                options.append("BODY=8BITMIME")
            if smtputf8 or not all(a.isascii() for a in (sender, *recipients)):
                if not self.smtputf8:
                    return _all(result.refused, recipients, "550 5.6.7 SMTPUTF8 needed", result)
                options.append("SMTPUTF8")
            await smtp.mail(sender, options=options, encoding="utf-8")
        except SMTPResponseException as error:
            await self._reset(error)
            return _all(_box(result, error.code), recipients, _text(error), result)
        except (SMTPException, OSError, TimeoutError) as error:
            self.close()
            return _all(result.deferred, recipients, _why(error), result)
        accepted: list[str] = []
        try:
            for recipient in recipients:
                try:
                    await smtp.rcpt(recipient, encoding="utf-8")
                    accepted.append(recipient)
                except SMTPResponseException as error:
                    _box(result, error.code)[recipient] = _text(error)
            if not accepted:
                await self._reset(None)
                return result
            await self._data(smtp, accepted, content, fence, result)
        except (SMTPException, OSError, TimeoutError) as error:
            self.close()
            for recipient in recipients:
                if recipient not in result.refused and recipient not in result.delivered:
                    result.deferred.setdefault(recipient, _why(error))
        return result

    async def _data(
        self,
        smtp: aiosmtplib.SMTP,
        accepted: list[str],
        content: bytes,
        fence: Fence,
        result: Result,
    ) -> None:
        start = await smtp.execute_command(b"DATA")
        if start.code != 354:
            await self._reset(None)
            _all(_box(result, start.code), accepted, _text(start), result)
            return
        protocol = smtp.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("lost before the content")
        stuffed = _DOTS.sub(b"..", content) if b"\n." in content or content[:1] == b"." else content
        if not stuffed.endswith(b"\r\n"):
            stuffed += b"\r\n"  # the dot must stand on a line of its own
        view = memoryview(stuffed)
        for at in range(0, len(view), _CHUNK):
            protocol.write(bytes(view[at : at + _CHUNK]))
            async with asyncio.timeout(self._hop.timeout):  # a peer that stops reading
                await protocol._drain_helper()
        try:
            passed = await fence(accepted)
        except BaseException:
            self.close()  # nobody may send the dot later
            raise
        if not passed:
            # Without the dot the peer throws the transaction away (RFC 5321 section 3.9).
            self.close()
            result.fenced_off = True
            return
        try:
            end = await smtp.execute_command(b".")
        except (SMTPException, OSError, TimeoutError) as error:
            self.close()
            result.after_dot = True
            _all(result.deferred, accepted, _why(error), result)
            return
        box = result.delivered if end.code == 250 else _box(result, end.code)
        _all(box, accepted, _text(end), result)
        if end.code == 421:
            self.close()

    async def _reset(self, error: SMTPResponseException | None) -> None:
        if self._smtp is None:
            return
        if error is not None and error.code == 421:
            self.close()
            return
        try:
            await self._smtp.rset()
        except (SMTPException, OSError, TimeoutError):
            self.close()

    async def quit(self) -> None:
        """End the session politely."""
        if self._smtp is not None and self._smtp.is_connected:
            try:
                await asyncio.wait_for(self._smtp.quit(), 5)
            except (SMTPException, OSError, TimeoutError):
                self.close()

    def close(self) -> None:
        """Drop the connection at once."""
        if self._smtp is not None:
            transport = self._smtp.transport
            self._smtp.close()
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()  # do not wait for a peer that stopped reading
            self._smtp = None


def _box(result: Result, code: int) -> dict[str, str]:
    """Only a clear 5xx is permanent; whatever else it is, it is temporary."""
    return result.refused if 500 <= code <= 599 else result.deferred


def _all(box: dict[str, str], recipients: Sequence[str], reply: str, result: Result) -> Result:
    for recipient in recipients:
        box[recipient] = reply
    return result


def _why(error: BaseException) -> str:
    return printable(f"{type(error).__name__}: {error}")


def _password(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip()
