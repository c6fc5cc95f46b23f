"""The receiver's certificate: TLS 1.2 or later, and a renewed file taken without a restart."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Final

import structlog

_LOOK_EVERY: Final = 1.0  # seconds

_log = structlog.get_logger()


def server_context(cert: str, key: str) -> ssl.SSLContext:
    """A server's context; an empty `key` means that the file `cert` holds both.

    Raises:
        OSError, ssl.SSLError: a file cannot be read, or they do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Renegotiation and compression have only ever been attacked, never needed, in SMTP.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.load_cert_chain(cert, key or None)
    return context


class Certificate:
    """Gives new sessions a context of the files as they are now."""

    def __init__(self, cert: str, key: str) -> None:
        """Raises what `server_context` raises."""
        self._cert = cert
        self._key = key
        self._stamp = self._look()
        self._context = server_context(cert, key)
        self._next_look = 0.0

    def context(self) -> ssl.SSLContext:
        """The newest context whose files load; half-renewed files leave the old one."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + _LOOK_EVERY
            self._renew()
        return self._context

    def _renew(self) -> None:
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._context = server_context(self._cert, self._key)
                self._stamp = stamp
                _log.info("smtp.certificate_renewed")
        except (OSError, ssl.SSLError) as error:
            _log.error("smtp.certificate_unreadable", why=type(error).__name__)

    def _look(self) -> tuple[tuple[int, int, int], ...]:
        statuses = [Path(name).stat() for name in (self._cert, self._key) if name]
        return tuple((s.st_mtime_ns, s.st_size, s.st_ino) for s in statuses)
