"""One mail on its way in: from `354` to the end of data, into an encrypting spool.

A mail that must be refused is still read to its real end, because what follows would else
be taken for commands; but only up to a bound. Nothing is accepted here: the caller commits.
"""

from __future__ import annotations

from typing import Final, Literal

import structlog

from gateway.internet import replies
from gateway.internet.data import MAX_LINE, DataDecoder
from gateway.internet.limits import Share
from gateway.store.errors import StoreError, StoreFull
from gateway.store.spool import Spool

# A refused mail is read on for as much again as the largest mail, so that its sender gets
# the permanent answer and not a cut connection, which it would try again for days.
_READ_ON: Final = 2
_READ_ON_MORE: Final = 1_000_000  # bytes

_log = structlog.get_logger()


class TooMuchData(Exception):
    """A refused mail does not end; the connection must."""


class Transfer:
    """Takes the chunks of one DATA phase."""

    def __init__(
        self,
        spool: Spool,
        *,
        share: Share,
        max_size: int,
        bare_newline: Literal["normalize", "reject"],
        max_line: int = MAX_LINE,
    ) -> None:
        self._spool = spool
        self._share = share
        self._max_size = max_size
        self._reject_bare = bare_newline == "reject"
        self._decoder = DataDecoder(bare_newline=bare_newline, max_line=max_line)
        self._raw = 0
        self.size = 0  # bytes of content so far
        self.refusal: str | None = None  # the reply, once the mail cannot be taken

    @property
    def rest(self) -> bytes:
        """What came behind the end."""
        return self._decoder.rest

    def take(self, chunk: bytes) -> bool:
        """Use the next bytes; True = this was the end.

        Raises:
            TooMuchData: see the head of this module.
        """
        content = self._decoder.feed(chunk)
        self._raw += len(chunk)
        if self.refusal is None:
            self.refusal = self._store(content)
            if self.refusal is not None:
                self.drop()
        if self._decoder.done:
            return True
        if self._raw > _READ_ON * self._max_size + _READ_ON_MORE:
            raise TooMuchData
        return False

    def drop(self) -> None:
        """Nothing of this mail stays; idempotent."""
        self._spool.discard()
        self._share.release()

    def _store(self, content: bytes) -> str | None:
        """Write it away; the reply if that is not possible."""
        self.size += len(content)
        if self.size > self._max_size:
            return replies.TOO_BIG
        if self._decoder.too_long:
            return replies.CONTENT_LINE_TOO_LONG
        if self._decoder.bare and self._reject_bare:
            return replies.BARE_NEWLINE
        if not self._share.grow(self.size):
            return replies.NO_ROOM
        try:
            self._spool.write(content)
        except StoreFull:
            return replies.NO_ROOM
        except StoreError as error:
            _log.error("smtp.spool_failed", item=self._spool.key, why=error.code)
            return replies.OWN_FAULT
        except Exception:  # noqa: BLE001 - whatever it is, the client must hear "later"
            _log.exception("smtp.spool_failed", item=self._spool.key)
            return replies.OWN_FAULT
        return None
