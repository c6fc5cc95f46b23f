"""An original on its way in: encrypted as it comes, small ones for a row, large for a file.

Whoever holds a spool holds only the workers' public key: what was written can never be
read again on this side. A spool that is not finished leaves nothing behind.
"""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from gateway.store import sealing
from gateway.store.blobs import Blobs, BlobWriter
from gateway.store.errors import StoreError

SMALL_BODY: Final = 64_000  # sealed bytes that still lie beside the row: one fsync for all


class Spool:
    """The bytes of one original on their way in, encrypted as they come."""

    def __init__(self, blobs: Blobs, public_key: X25519PublicKey, key: str) -> None:
        self.key = key
        self.size = 0
        self._blobs = blobs
        self._sealing = sealing.Sealing(key, public_key)
        self._digest = hashlib.sha256()
        self._small = bytearray(self._sealing.header)
        self._writer: BlobWriter | None = None
        self._done = False

    def write(self, data: bytes | memoryview) -> None:
        """Take the next bytes.

        Raises:
            StoreFull, StoreUnavailable: the spool is discarded.
        """
        if self._done:
            raise StoreError("the spool is no longer open")
        self.size += len(data)
        self._digest.update(data)
        try:
            self._put(self._sealing.update(data))
        except BaseException:
            self.discard()
            raise

    def _put(self, sealed: bytes) -> None:
        if self._writer is None and len(self._small) + len(sealed) > SMALL_BODY:
            self._writer = self._blobs.writer(self.key)
            self._writer.write(bytes(self._small))
            self._small.clear()
        if self._writer is not None:
            self._writer.write(sealed)
        else:
            self._small += sealed

    def discard(self) -> None:
        """Leave nothing behind; idempotent, and harmless after `finish`."""
        if self._writer is not None and not self._done:
            self._writer.discard()
        self._small.clear()
        self._done = True

    def finish(self) -> bytes | None:
        """Make the bytes durable (blocks): the small body to store, or None for a blob.

        Raises:
            StoreError: it was discarded or finished before; what is left is not the original.
        """
        if self._done:
            raise StoreError("the spool is no longer open")
        self._put(self._sealing.finish())
        if self._writer is not None:
            self._writer.commit()
            self._done = True
            return None
        self._done = True
        return bytes(self._small)

    @property
    def is_small(self) -> bool:
        """Whether no file was needed so far (`finish` then does not touch the disk)."""
        return self._writer is None and self.size + 1_000 < SMALL_BODY

    @property
    def wrapped_key(self) -> bytes:
        """Its data key, wrapped to the workers."""
        return self._sealing.wrapped

    def remove(self) -> None:
        """Take the blob of a finished spool away: no row will ever name it."""
        self._blobs.delete(self.key)

    @property
    def sha256(self) -> str:
        """Of the plain bytes so far."""
        return self._digest.hexdigest()
