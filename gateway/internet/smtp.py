"""The receiver's SMTP commands (RFC 5321, 1870, 2920, 3207, 6152, 6531; codes by 2034).

Answers `250` to a mail only after the store has it durably. Never opens a relay: the
recipient's domain must be ours. Never looks into a mail: that is the sandbox's.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, cast

import structlog

from gateway.internet import metrics, replies
from gateway.internet.addresses import (
    AddressError,
    NeedsSmtpUtf8,
    RoutingTrick,
    parse_address,
    parse_recipient,
    split_path,
)
from gateway.internet.limits import Share
from gateway.internet.server import Server
from gateway.internet.session import Command, Session
from gateway.internet.transfer import TooMuchData, Transfer
from gateway.store.errors import StoreError, StoreFull
from gateway.store.intake import Envelope
from gateway.store.spool import Spool

_MAX_HELO: Final = 255  # characters; RFC 5321 section 4.5.3.1.2
_MAX_SIZE_DIGITS: Final = 20  # RFC 1870 section 6
_BODIES: Final = frozenset({"7BIT", "8BITMIME"})  # RFC 6152
_HANDSHAKE: Final = 30.0  # seconds

_log = structlog.get_logger()


@dataclass
class Transaction:
    """One mail's envelope while it is being told."""

    sender: str  # "" = null sender
    size: int  # as announced; 0 = not
    smtputf8: bool
    recipients: dict[str, None] = field(default_factory=dict)  # a set in order


class Receiver(Session):
    """A session that takes mail."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._transaction: Transaction | None = None
        self._max_size = server.smtp.max_size
        self._smtputf8 = True

    # -- greeting -----------------------------------------------------------------------

    async def _ehlo(self, name: str) -> None:
        if not self._greet(name):
            return
        lines = [self.server.hostname, "PIPELINING", f"SIZE {self._max_size}", "8BITMIME"]
        lines.append("ENHANCEDSTATUSCODES")
        if self._smtputf8:
            lines.append("SMTPUTF8")
        if self.server.certificate is not None and not self.tls:
            lines.append("STARTTLS")
        self.say("\r\n".join([f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]))

    async def _helo(self, name: str) -> None:
        if self._greet(name):
            self.say(f"250 {self.server.hostname}")

    def _greet(self, name: str) -> bool:
        if not name or len(name) > _MAX_HELO or " " in name or not name.isascii():
            self.bad(replies.BAD_ARGUMENT)
            return False
        hop = self.server.features()
        own = self.server.smtp.max_size
        self._max_size = own if hop.size is None else min(own, hop.size)
        self._smtputf8 = hop.smtputf8 is not False
        self.helo = name
        self._transaction = None
        return True

    async def _starttls(self, argument: str) -> None:
        if argument:
            self.bad(replies.BAD_ARGUMENT)
        elif self.server.certificate is None:
            self.bad(replies.NOT_IMPLEMENTED)
        elif self.tls:
            self.bad(replies.TLS_ACTIVE)
        elif not self.inbox.empty:
            # Text sent behind STARTTLS would be taken for commands of the protected
            # session (CVE-2011-0411). No honest client does that.
            _log.warning("smtp.starttls_injection", client=self.client)
            self.end(replies.TOO_MANY_BAD)
        else:
            await self._handshake(self.server.certificate.context())

    async def _handshake(self, context: ssl.SSLContext) -> None:
        self.say(replies.START_TLS)
        await self.flush()
        if not self.inbox.empty:  # it came while we waited for a slow reader
            self.end(replies.TOO_MANY_BAD)
            return
        # uvloop's transports are no subclasses of asyncio's; they only look like them.
        plain = cast("asyncio.Transport | None", self.transport)
        if plain is None:
            return
        # From here to the change of protocol inside start_tls nothing waits, so nothing
        # that was sent in the clear can reach the inbox any more.
        try:
            secure = await self.loop.start_tls(
                plain, self, context, server_side=True, ssl_handshake_timeout=_HANDSHAKE
            )
        except (OSError, ssl.SSLError) as error:
            _log.info("smtp.tls_failed", client=self.client, why=type(error).__name__)
            self.abort()
            return
        if secure is None:
            self.abort()
            return
        self.use_transport(secure)
        self.tls = True
        # RFC 3207 section 4.2: what was said before is forgotten, the HELO name too.
        self.helo = ""
        self._transaction = None

    # -- envelope -----------------------------------------------------------------------

    async def _mail(self, argument: str) -> None:
        if not self.helo:
            self.bad(replies.HELO_FIRST)
        elif self._transaction is not None:
            self.bad(replies.NESTED_MAIL)
        elif argument[:5].upper() != "FROM:":
            self.bad(replies.BAD_ARGUMENT)
        else:
            try:
                path, parameters = split_path(argument[5:])
                transaction = self._announced(path, parameters)
            except NeedsSmtpUtf8:
                self.bad(replies.NEEDS_SMTPUTF8)
            except AddressError:
                self.bad(replies.BAD_SENDER)
            else:
                if transaction is not None:
                    await self._begin(transaction)

    def _announced(self, path: str, parameters: list[str]) -> Transaction | None:
        """The transaction by MAIL's words; None = refused, the reply is said."""
        size = 0
        smtputf8 = False
        for parameter in parameters:
            name, _, value = parameter.upper().partition("=")
            if name == "SIZE" and value.isascii() and value.isdigit():
                size = int(value[:_MAX_SIZE_DIGITS])
            elif name == "BODY" and value in _BODIES:
                continue
            elif parameter.upper() == "SMTPUTF8" and self._smtputf8:
                smtputf8 = True
            else:
                self.bad(replies.BAD_PARAMETER)
                return None
        sender = parse_address(path, smtputf8=smtputf8).text if path else ""
        return Transaction(sender=sender, size=size, smtputf8=smtputf8)

    async def _begin(self, transaction: Transaction) -> None:
        if transaction.size > self._max_size:
            self.say(replies.TOO_BIG)
            return
        try:
            room = await self._has_room(transaction.size)
        except StoreError as error:
            self.say(self._store_reply(error, item=""))
            return
        if room:
            self._transaction = transaction
        self.say(replies.SENDER_OK if room else replies.NO_ROOM)

    async def _has_room(self, size: int) -> bool:
        """Queue, disk and memory can take a mail of `size` bytes."""
        smtp = self.server.smtp
        backlog = await self.server.intake.backlog()
        room = (
            backlog.items_waiting < smtp.max_queue_items
            and backlog.free_bytes - size >= smtp.min_free_disk
            and self.server.in_flight.fits(size)
        )
        if not room:
            _log.warning("smtp.no_room", client=self.client, free=backlog.free_bytes)
        return room

    async def _rcpt(self, argument: str) -> None:
        transaction = self._transaction
        if transaction is None:
            self.bad(replies.MAIL_FIRST)
            return
        if argument[:3].upper() != "TO:":
            self.bad(replies.BAD_ARGUMENT)
            return
        try:
            path, parameters = split_path(argument[3:])
            if path.lower() == "postmaster":
                path = self.server.domains.postmaster or path
            address = parse_recipient(path, smtputf8=transaction.smtputf8)
        except NeedsSmtpUtf8:
            self.bad(replies.NEEDS_SMTPUTF8)
        except RoutingTrick:
            self.bad(replies.NO_RELAY)
        except AddressError:
            self.bad(replies.BAD_RECIPIENT)
        else:
            if parameters:
                self.bad(replies.BAD_PARAMETER)
            elif address.domain not in self.server.domains:
                self.say(replies.NO_RELAY)
            elif (refusal := await self.server.recipients.check(address)) is not None:
                self.say(refusal)
            elif address.text in transaction.recipients:
                self.say(replies.RECIPIENT_OK)
            elif len(transaction.recipients) >= self.server.smtp.max_recipients:
                self.say(replies.TOO_MANY_RECIPIENTS)
            else:
                transaction.recipients[address.text] = None
                self.say(replies.RECIPIENT_OK)

    # -- content ------------------------------------------------------------------------

    async def _data(self, argument: str) -> None:
        transaction = self._transaction
        if argument:
            self.bad(replies.BAD_ARGUMENT)
        elif transaction is None:
            self.bad(replies.MAIL_FIRST)
        elif not transaction.recipients:
            self.say(replies.NO_RECIPIENTS)
        else:
            self._transaction = None
            share = Share(self.server.in_flight)
            if not share.grow(transaction.size):
                self.say(replies.NO_ROOM)
                return
            try:
                await self._take(transaction, share)
            finally:
                # A commit that outlives us has taken its share along.
                share.release()

    async def _take(self, transaction: Transaction, share: Share) -> None:
        try:
            spool = self.server.intake.spool()
        except StoreError as error:
            self.say(self._store_reply(error, item=""))
            return
        self.say(replies.GO_AHEAD)
        transfer = Transfer(
            spool,
            share=share,
            max_size=self._max_size,
            bare_newline=self.server.smtp.bare_newline,
        )
        try:
            await self.flush()
            whole = await self._receive(transfer)
        except BaseException:
            transfer.drop()
            raise
        if not whole:
            transfer.drop()
        elif transfer.refusal is not None:
            self.say(transfer.refusal)
        else:
            await self._commit(transaction, spool, share)

    async def _receive(self, transfer: Transfer) -> bool:
        """Read to the end of data; False = it did not come, the session is ended."""
        try:
            async with asyncio.timeout(self.server.smtp.data_seconds):
                while chunk := await self.inbox.chunk():
                    self.touch()
                    if transfer.take(chunk):
                        self.inbox.unread(transfer.rest)
                        return True
        except TimeoutError:
            self.end(replies.TIMED_OUT)
        except TooMuchData:
            self.end(replies.TOO_MUCH_DATA)
        else:
            self.end(None)  # the client went away
        _log.info("smtp.data_incomplete", client=self.client, size=transfer.size)
        return False

    async def _commit(self, transaction: Transaction, spool: Spool, share: Share) -> None:
        envelope = Envelope(
            sender=transaction.sender,
            recipients=tuple(transaction.recipients),
            client=self.client,
            helo=self.helo,
            tls=self.tls,
            smtputf8=transaction.smtputf8,
            received_at=time.time_ns() // 1000,
        )
        self.committing = True
        try:
            # Shielded: a client that hangs up now must not leave a half-made item.
            reply = await asyncio.shield(
                self.server.commit(self._accept(spool, envelope, share.move()))
            )
        finally:
            self.committing = False
        self.touch()
        self.say(reply)

    async def _accept(self, spool: Spool, envelope: Envelope, share: Share) -> str:
        """Into the store; the reply. Runs to its end even when the session is gone."""
        item = spool.key
        size = spool.size
        try:
            item = await self.server.intake.accept(spool, envelope)
        except Exception as error:  # noqa: BLE001 - whatever it is: not accepted, come again
            spool.discard()
            return self._store_reply(error, item=item)
        finally:
            share.release()
        metrics.ACCEPTED.inc()
        metrics.BYTES.inc(size)
        _log.info(
            "smtp.accepted",
            item=item,
            client=envelope.client,
            helo=envelope.helo,
            tls=envelope.tls,
            size=size,
            recipients=len(envelope.recipients),
        )
        return replies.queued(item)

    def _store_reply(self, error: Exception, *, item: str) -> str:
        if isinstance(error, StoreFull):
            _log.error("smtp.store_full", item=item, client=self.client)
            return replies.NO_ROOM
        _log.error("smtp.store_failed", item=item, client=self.client, exc_info=error)
        return replies.OWN_FAULT

    # -- the rest -----------------------------------------------------------------------

    async def _rset(self, argument: str) -> None:
        if argument:
            self.bad(replies.BAD_ARGUMENT)
        else:
            self._transaction = None
            self.say(replies.OK)

    async def _noop(self, argument: str) -> None:
        self.say(replies.OK)

    async def _vrfy(self, argument: str) -> None:
        if argument:
            self.say(replies.CANNOT_VERIFY)
        else:
            self.bad(replies.BAD_ARGUMENT)

    async def _quit(self, argument: str) -> None:
        self.end(replies.BYE)

    async def _refuse(self, argument: str) -> None:
        self.bad(replies.NOT_IMPLEMENTED)

    commands: ClassVar[Mapping[str, Command]] = {
        "EHLO": _ehlo,
        "HELO": _helo,
        "STARTTLS": _starttls,
        "MAIL": _mail,
        "RCPT": _rcpt,
        "DATA": _data,
        "RSET": _rset,
        "NOOP": _noop,
        "VRFY": _vrfy,
        "QUIT": _quit,
        # Known, and not for strangers: what a list holds, passwords, other people's names.
        "EXPN": _refuse,
        "HELP": _refuse,
        "AUTH": _refuse,
        "BDAT": _refuse,
        "ETRN": _refuse,
        "TURN": _refuse,
        "XCLIENT": _refuse,
        "XFORWARD": _refuse,
    }
    before_tls: ClassVar[frozenset[str]] = frozenset(
        {"EHLO", "HELO", "NOOP", "RSET", "QUIT", "STARTTLS"}
    )
