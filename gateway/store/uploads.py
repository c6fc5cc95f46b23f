"""The Internet role's door for files: an upload is accepted when its files and rows are durable.

A file is a list of *segments*, each encrypted under a data key of its own and wrapped to the
workers: so a resumed upload goes on after a cut or a restart, though this side can never
read what it wrote. Segments first (fsync), then one transaction with their rows; `hand_in`
turns whole files into one item and returns after that commit. What nobody hands in is
removed when its time is over (`retention`). Read here: the state of one's own uploads only.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.config import Config
from gateway.store import audit, dispatch, itemview, keyfiles, sealing, segment
from gateway.store.blobs import Blobs
from gateway.store.engine import Database
from gateway.store.errors import StoreUnavailable
from gateway.store.ids import new_item_id, now_us
from gateway.store.itemview import ItemView, Page
from gateway.store.spool import Spool
from gateway.store.tables import files, items
from gateway.store.waiting import add_deliveries

#: A connection that breaks loses at most this much of a resumable upload (plain bytes).
SEGMENT_BYTES: Final = 32_000_000
MAX_FILES: Final = 500  # of one item; a folder of photos has 200
MAX_NAME: Final = 1_000  # characters of a claimed name; the worker makes a clean one of it

_INSERT_ITEM: Final = insert(items)
_INSERT_FILE: Final = insert(files)
_MINE: Final = (
    (files.c.id == bindparam("b_id"))
    & (files.c.uploader == bindparam("b_uploader"))
    & files.c.item_id.is_(None)
)


class UploadGone(Exception):
    """No such open upload of this account."""


class UploadConflict(Exception):
    """Another request changed the upload first, or it is not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What is handed in together. Recipients are identities the policy is asked about."""

    uploader: str  # account name
    sender: str  # the uploader as policy rules know him: a mail address or the name
    recipients: tuple[str, ...]
    note: str
    profile: str  # wished for; "" = by the rules
    client: str  # network address
    tls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUpload:
    """A resumable upload as stored. `size` bytes are durable."""

    id: str
    name: str
    claimed_type: str
    length: int | None
    size: int
    segments: int
    version: int
    expires_at: int  # microseconds since the epoch
    intent: Mapping[str, Any]

    @property
    def is_whole(self) -> bool:
        """Whether every announced byte is durable."""
        return self.length is not None and self.size == self.length


@dataclass(slots=True, kw_only=True)
class NewFile:
    """A file that arrived in one request: its segments, not yet known to any row."""

    id: str
    name: str
    claimed_type: str
    spools: list[Spool] = field(default_factory=list)
    small: list[bytes | None] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Plain bytes."""
        return sum(spool.size for spool in self.spools)


class Uploads:
    """The Internet role's part of the store for files."""

    def __init__(self, config: Config, database: Database, public_key: X25519PublicKey) -> None:
        self._config = config
        self._database = database
        self._blobs = Blobs(config.data_dir, "original")
        self._public_key = public_key

    @classmethod
    def open(cls, config: Config, database: Database) -> Uploads:
        """On the database that the role has open.

        Raises:
            KeyMissing: the workers' public key is not there.
        """
        public = keyfiles.public_key(config)
        return cls(config, database, sealing.load_public(public))

    # one request ------------------------------------------------------------------

    def new_file(self, *, name: str, claimed_type: str) -> NewFile:
        """Start a file that comes whole in one request."""
        return NewFile(id=new_item_id(), name=name[:MAX_NAME], claimed_type=claimed_type[:127])

    def spool(self, file_id: str, n: int) -> Spool:
        """Start segment `n` of a file. Two writers of the same segment never share a key."""
        return Spool(self._blobs, self._public_key, f"{file_id}s{n}x{secrets.token_hex(6)}")

    async def finish(self, spool: Spool) -> bytes | None:
        """Make a segment durable: the small body for its row, or None for a blob.

        Raises:
            StoreFull, StoreUnavailable: nothing of it is kept.
        """
        try:
            if spool.is_small:
                return spool.finish()
            return await asyncio.to_thread(spool.finish)
        except BaseException:
            spool.discard()
            raise

    def discard(self, file: NewFile) -> None:
        """Leave nothing of a file that will not be handed in."""
        for number, spool in enumerate(file.spools):
            finished = number < len(file.small)
            if not finished:
                spool.discard()
            elif file.small[number] is None:
                spool.remove()

    async def hand_in(
        self, submission: Submission, new: Sequence[NewFile], resumed: Sequence[str] = ()
    ) -> str:
        """Make one item of these files and finished resumable uploads; returns its id.

        Raises:
            UploadGone, UploadConflict: a resumable upload is not there, or not whole.
            StoreFull, StoreUnavailable: nothing was kept.
        """
        item_id = new_item_id()
        try:
            await self._database.write(
                lambda c: self._hand_in(c, item_id, submission, new, resumed)
            )
        except (StoreUnavailable, asyncio.CancelledError):
            raise  # the commit may have happened or still happen: the blobs must stay for it
        except BaseException:
            for file in new:
                self.discard(file)
            raise
        dispatch.notify(self._config.data_dir, "worker")
        return item_id

    def _hand_in(
        self,
        connection: Connection,
        item_id: str,
        submission: Submission,
        new: Sequence[NewFile],
        resumed: Sequence[str],
    ) -> None:
        now = now_us()
        known = [_open(connection, id_, submission.uploader) for id_ in resumed]
        if any(not upload.is_whole for upload in known) or not (new or known):
            raise UploadConflict
        total = sum(f.size for f in new) + sum(u.size for u in known)
        connection.execute(_INSERT_ITEM, [_item_row(item_id, submission, total, now)])
        add_deliveries(connection, item_id, submission.recipients, now)
        for n, upload in enumerate(known):
            taken = connection.execute(
                update(files)
                .where(files.c.id == upload.id, files.c.version == upload.version)
                .values(item_id=item_id, n=n, next_at=None, version=upload.version + 1)
            )
            if taken.rowcount == 0:
                raise UploadConflict
        for n, file in enumerate(new, start=len(known)):
            connection.execute(
                _INSERT_FILE,
                [
                    {
                        "id": file.id,
                        "item_id": item_id,
                        "n": n,
                        "uploader": submission.uploader,
                        "name": file.name,
                        "claimed_type": file.claimed_type,
                        "length": file.size,
                        "size": file.size,
                        "segments": len(file.spools),
                        "version": 1,
                        "next_at": None,
                        "created_at": now,
                        "intent": "{}",
                    }
                ],
            )
            for place, (spool, small) in enumerate(zip(file.spools, file.small, strict=True)):
                segment.add(connection, file.id, place, spool, small)
        detail = {
            "files": len(new) + len(known),
            "size": total,
            "uploader": submission.uploader,
            "recipients": len(submission.recipients),
            "client": submission.client,
        }
        audit.append(connection, "internet", [audit.Event(item_id, "uploaded", detail)])

    # resumable --------------------------------------------------------------------

    async def create(
        self,
        *,
        uploader: str,
        name: str,
        claimed_type: str,
        length: int | None,
        intent: Mapping[str, object],
    ) -> OpenUpload:
        """Announce a resumable upload; `intent` is what becomes of it when it is whole."""
        now = now_us()
        row: dict[str, Any] = {
            "id": new_item_id(),
            "item_id": None,
            "n": None,
            "uploader": uploader,
            "name": name[:MAX_NAME],
            "claimed_type": claimed_type[:127],
            "length": length,
            "size": 0,
            "segments": 0,
            "version": 1,
            "next_at": self._abandoned_at(now),
            "created_at": now,
            "intent": json.dumps(dict(intent), ensure_ascii=False),
        }

        def fn(connection: Connection) -> OpenUpload:
            connection.execute(_INSERT_FILE, [row])
            return _open(connection, row["id"], uploader)

        return await self._database.write(fn)

    async def resumable(self, upload_id: str, uploader: str) -> OpenUpload:
        """An upload that is not handed in yet.

        Raises:
            UploadGone: there is none of this account.
        """
        return await self._database.read(lambda c: _open(c, upload_id, uploader))

    async def open_uploads(self, uploader: str) -> int:
        """How many resumable uploads of this account wait for their rest."""
        wanted = select(func.count()).where(files.c.uploader == uploader, files.c.item_id.is_(None))
        return int(await self._database.read(lambda c: c.execute(wanted).scalar_one()))

    async def announce(self, upload: OpenUpload, uploader: str, length: int) -> OpenUpload:
        """Say the length that was left open (tus `Upload-Defer-Length`).

        Raises:
            UploadConflict: another request changed the upload first.
        """

        def fn(connection: Connection) -> OpenUpload:
            done = connection.execute(
                update(files)
                .where(_MINE, files.c.version == upload.version, files.c.length.is_(None))
                .values(length=length, version=files.c.version + 1),
                {"b_id": upload.id, "b_uploader": uploader},
            )
            if done.rowcount == 0:
                raise UploadConflict
            return _open(connection, upload.id, uploader)

        return await self._database.write(fn)

    async def append(
        self, upload: OpenUpload, uploader: str, spool: Spool, small: bytes | None
    ) -> OpenUpload:
        """Add a durable segment to what is there.

        Raises:
            UploadConflict: another request added to the upload first (the segment is removed).
            StoreFull, StoreUnavailable: nothing was added.
        """

        def fn(connection: Connection) -> OpenUpload:
            done = connection.execute(
                update(files)
                .where(_MINE, files.c.version == upload.version)
                .values(
                    size=files.c.size + spool.size,
                    segments=files.c.segments + 1,
                    version=files.c.version + 1,
                    next_at=self._abandoned_at(now_us()),
                ),
                {"b_id": upload.id, "b_uploader": uploader},
            )
            if done.rowcount == 0:
                raise UploadConflict
            segment.add(connection, upload.id, upload.segments, spool, small)
            return _open(connection, upload.id, uploader)

        try:
            return await self._database.write(fn)
        except (StoreUnavailable, asyncio.CancelledError):
            raise
        except BaseException:
            if small is None:
                spool.remove()
            raise

    async def terminate(self, upload_id: str, uploader: str) -> None:
        """Give an upload up: its keys and bytes are destroyed.

        Raises:
            UploadGone: there is none of this account.
        """

        def fn(connection: Connection) -> list[str]:
            _open(connection, upload_id, uploader)
            return segment.destroy_files(connection, [upload_id])

        for key in await self._database.write(fn):
            self._blobs.delete(key)

    def _abandoned_at(self, now: int) -> int:
        return now + int(self._config.retention.uploads_hours * 3600 * 10**6)

    # one's own state --------------------------------------------------------------

    async def item(self, item_id: str, uploader: str) -> ItemView | None:
        """The state of an upload of this account; None: unknown or another's."""
        return await self._database.read(lambda c: itemview.of_uploader(c, item_id, uploader))

    async def items(self, uploader: str, *, before: str, limit: int) -> Page:
        """One's own uploads, the newest first; `before` is the last id of the page before."""
        return await self._database.read(
            lambda c: itemview.page_of_uploader(c, uploader, before=before, limit=limit)
        )

    async def versions(self, ids: Sequence[str]) -> dict[str, int]:
        """The versions of these items (each change of an item's state makes a new one)."""
        wanted = select(items.c.id, items.c.version).where(items.c.id.in_(list(ids)))
        return await self._database.read(
            lambda c: {row.id: int(row.version) for row in c.execute(wanted)}
        )


def _open(connection: Connection, upload_id: str, uploader: str) -> OpenUpload:
    row = connection.execute(
        select(files).where(_MINE), {"b_id": upload_id, "b_uploader": uploader}
    ).first()
    if row is None:
        raise UploadGone
    return OpenUpload(
        id=row.id,
        name=row.name,
        claimed_type=row.claimed_type,
        length=row.length,
        size=row.size,
        segments=row.segments,
        version=row.version,
        expires_at=row.next_at,
        intent=json.loads(row.intent),
    )


def _item_row(item_id: str, submission: Submission, size: int, now: int) -> dict[str, object]:
    return {
        "id": item_id,
        "kind": "upload",
        "state": "received",
        "version": 1,
        "next_at": now,
        "owner": None,
        "attempts": 0,
        "outcome": None,
        "received_at": now,
        "updated_at": now,
        "sender": submission.sender,
        "client": submission.client[:64],
        "helo": "",
        "tls": submission.tls,
        "smtputf8": False,
        "subject": "",
        "note": submission.note,
        "size": size,
        "original_key": item_id,  # stands for the keys of all its segments
        "original_sha256": "",
        "uploader": submission.uploader,
        "profile": submission.profile,
        "hold": None,
    }
