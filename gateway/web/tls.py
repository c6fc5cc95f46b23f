"""A listener's certificate: TLS 1.2 or newer, renewed files taken without a restart.

Listeners keep one context for ever; what changes is the context that a new handshake is
handed over to. So a pair of files is either used whole or not at all, and open connections
go on. Files that do not load change nothing but `problem`.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

import structlog

_NO_PASSWORD: Final = ""  # an encrypted key must fail, not ask at a terminal

log = structlog.get_logger(__name__)

_Stamp = tuple[tuple[int, int, int], ...]


def server_context(cert: str, key: str) -> ssl.SSLContext:
    """A server's context; an empty `key` means that the file `cert` holds both.

    Raises:
        OSError, ssl.SSLError: a file cannot be read or used, or they do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.load_cert_chain(cert, key or None, password=_NO_PASSWORD)
    return context


class Certificate:
    """The files of one listener. `problem` is "" while the newest files are in use."""

    def __init__(self, cert: str, key: str) -> None:
        """Raises what `server_context` raises."""
        self._cert = cert
        self._key = key
        self.problem = ""
        self._seen = self._stamp()
        self._newest = server_context(cert, key)
        #: For the listener.
        self.context = server_context(cert, key)
        self.context.sni_callback = self._hand_over

    def look(self) -> None:
        """Use the files from now on if they have changed and load. Never raises."""
        try:
            stamp = self._stamp()
            if stamp == self._seen:
                return
            self._newest = server_context(self._cert, self._key)
            # Replaced while they were read: the next look reads them again.
            self._seen = stamp
            self.problem = ""
            log.info("tls.reloaded", certificate=self._cert)
        except (OSError, ssl.SSLError) as error:
            if not self.problem:
                log.error("tls.reload_failed", certificate=self._cert, why=type(error).__name__)
            self.problem = f"{self._cert}: the new files cannot be used ({type(error).__name__})"

    def _hand_over(self, connection: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        """Called in every handshake, with a server name or without."""
        connection.context = self._newest

    def _stamp(self) -> _Stamp:
        statuses = [Path(name).stat() for name in (self._cert, self._key) if name]
        return tuple((s.st_mtime_ns, s.st_size, s.st_ino) for s in statuses)
