"""`recipients = "verify"`: asks the next hop about a recipient by MAIL and RCPT, no mail sent.

Bounded in every direction: time per question, questions at once, answers kept. Without a
clear answer the client is told to come again (451), never that the recipient is unknown.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Final
from urllib.parse import urlsplit

import aiosmtplib
import structlog

from gateway.config import Config
from gateway.internet import replies
from gateway.internet.addresses import Address

PROBE_SECONDS: Final = 15.0  # a whole question; clients wait minutes for RCPT (RFC 5321 4.5.3.2)
_AT_ONCE: Final = 4  # connections to the next hop; the relay needs it more than we do
_WAITING: Final = 100  # questions queued behind those
_KEEP: Final = 10_000  # answers
_KNOWN_FOR: Final = 3600.0  # seconds
_UNKNOWN_FOR: Final = 300.0  # short: a new employee's first mail should not wait for long
# Codes that speak of the mailbox (RFC 5321 section 4.2.3); other 5xx speak of us.
_NO_MAILBOX: Final = frozenset({550, 551, 553})

_log = structlog.get_logger()


class NextHopProbe:
    """Asks and remembers."""

    def __init__(self, config: Config) -> None:
        hop = urlsplit(config.relay.next_hop)
        self._host = hop.hostname or ""
        self._port = hop.port or 25
        self._tls = config.relay.tls
        self._tls_ca = config.relay.tls_ca
        self._hostname = config.smtp.hostname
        self._answers: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[bool | None]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def check(self, address: Address) -> str | None:
        """Unknown: 550 5.1.1; no answer: 451 4.4.1."""
        known = self._remembered(address.text)
        if known is None:
            known = await self._ask_once(address.text)
        if known is None:
            return replies.NO_ANSWER
        return None if known else replies.NO_SUCH_USER

    def _remembered(self, text: str) -> bool | None:
        until, known = self._answers.get(text, (0.0, False))
        return known if time.monotonic() < until else None

    async def _ask_once(self, text: str) -> bool | None:
        # Sessions that want the same answer share one question; one that leaves (its
        # client hung up) does not take the answer from the others.
        task = self._asking.get(text)
        if task is None:
            if len(self._asking) >= _AT_ONCE + _WAITING:
                return None
            task = asyncio.create_task(self._question(text))
            self._asking[text] = task
            task.add_done_callback(lambda _: self._asking.pop(text, None))
        return await asyncio.shield(task)

    async def _question(self, text: str) -> bool | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS), self._slots:
                known = await self._ask(text)
        except (TimeoutError, OSError, ValueError, aiosmtplib.SMTPException) as error:
            _log.warning("smtp.verify_no_answer", why=type(error).__name__)
            return None
        if known is not None:
            self._answers[text] = (
                time.monotonic() + (_KNOWN_FOR if known else _UNKNOWN_FOR),
                known,
            )
            self._answers.move_to_end(text)
            if len(self._answers) > _KEEP:
                self._answers.popitem(last=False)
        return known

    async def _ask(self, text: str) -> bool | None:
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            local_hostname=self._hostname or None,
            timeout=PROBE_SECONDS,
            start_tls={"none": False, "opportunistic": None, "required": True}[self._tls],
            # Opportunistic TLS keeps out listeners only: without it the text would go plain.
            validate_certs=self._tls == "required",
            cert_bundle=self._tls_ca or None,
        )
        try:
            await client.connect()
            options = [] if text.isascii() else ["SMTPUTF8"]
            await client.mail("", options=options, encoding="utf-8")
            try:
                await client.rcpt(text, encoding="utf-8")
            except aiosmtplib.SMTPRecipientRefused as refusal:
                return False if refusal.code in _NO_MAILBOX else None
            return True
        finally:
            client.close()
