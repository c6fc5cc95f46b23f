"""The resumable upload protocol tus 1.0: creation, appending, termination, expiration.

What a `204` says has arrived is durable: every request's bytes become segments of their own,
the first ones while the rest is still coming. A cut connection keeps what came. Source: tus
resumable upload protocol 1.0.x, core and the extensions named in EXTENSIONS.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from gateway.store.errors import StoreError
from gateway.store.spool import Spool
from gateway.store.uploads import SEGMENT_BYTES, OpenUpload, UploadConflict, Uploads

VERSION: Final = "1.0.0"
EXTENSIONS: Final = (
    "creation", "creation-with-upload", "creation-defer-length", "termination", "expiration",
)  # fmt: skip
CONTENT_TYPE: Final = "application/offset+octet-stream"
MAX_METADATA: Final = 8_000  # characters of the header; a name of 255 characters has 1,400
MAX_OPEN: Final = 1_000  # unfinished uploads of one account: each holds rows and a segment


class BadMetadata(Exception):
    """`Upload-Metadata` is not what the protocol says. The text may be shown."""


class LengthExceeded(Exception):
    """More bytes than were announced."""


def parse_metadata(header: str) -> dict[str, str]:
    """`Upload-Metadata`: comma-separated keys with base64 values (tus 1.0, creation).

    Raises:
        BadMetadata: not that.
    """
    if len(header) > MAX_METADATA:
        raise BadMetadata("Upload-Metadata is too long")
    found: dict[str, str] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not key or not key.isascii() or key in found:
            raise BadMetadata("Upload-Metadata has an empty or repeated key")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise BadMetadata("Upload-Metadata has a value that is not base64 of UTF-8") from None
    return found


@dataclass(slots=True)
class Appender:
    """Adds a request's bytes to an upload, segment by segment."""

    uploads: Uploads
    uploader: str
    upload: OpenUpload

    async def take(self, body: AsyncIterator[bytes]) -> OpenUpload:
        """Append the body; returns the upload as it then is.

        Whatever ends the body early (also a peer that goes away), the bytes before stay.

        Raises:
            LengthExceeded: more than was announced; the bytes up to then stay.
            UploadConflict: another request appended at the same time.
            StoreFull, StoreUnavailable: the last segment was not kept.
        """
        spool = self.uploads.spool(self.upload.id, self.upload.segments)
        try:
            async for piece in body:
                self._check(spool.size + len(piece))
                spool.write(piece)
                if spool.size >= SEGMENT_BYTES:
                    await self._keep(spool)
                    spool = self.uploads.spool(self.upload.id, self.upload.segments)
        except (StoreError, UploadConflict):
            spool.discard()
            raise
        except BaseException:
            # The peer went away, the server stops, or it sent too much: keep what came.
            await asyncio.shield(self._keep(spool))
            raise
        await self._keep(spool)
        return self.upload

    def _check(self, more: int) -> None:
        if self.upload.length is not None and self.upload.size + more > self.upload.length:
            raise LengthExceeded

    async def _keep(self, spool: Spool) -> None:
        if spool.size == 0:
            spool.discard()
            return
        small = await self.uploads.finish(spool)
        self.upload = await self.uploads.append(self.upload, self.uploader, spool, small)
