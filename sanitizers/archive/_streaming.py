"""Formats that libarchive reads, as entries: one reader for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from sanitizers.archive._entry import Entry, EntryKind, EntryWithheld
from sanitizers.archive._libarchive import EntryError, Header, LibarchiveError, Reading
from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify import signatures
from sanitizers.model import Job
from sanitizers.reasons import ReasonCode, Withheld

#: Extensions of compressed files → what their content's name ends in.
_ENDINGS: Final = (
    ("tgz", ".tar"), ("tbz", ".tar"), ("tbz2", ".tar"), ("txz", ".tar"), ("tlz", ".tar"),
    ("tzst", ".tar"), ("taz", ".tar"), ("gz", ""), ("bz2", ""), ("xz", ""), ("lzma", ""),
    ("zst", ""), ("lz4", ""), ("lz", ""), ("z", ""),
)  # fmt: skip
_TAR: Final = "application/x-tar"
_HEAD: Final = 1 << 16  # bytes that decide between a TAR and anything else
_NAME_FLAG: Final = 8  # RFC 1952, 2.3.1: FNAME
_EXTRA_FLAG: Final = 4  # FEXTRA
_OTHER_FLAGS: Final = 0xF6  # all but FTEXT and FNAME: extra field, comment, CRC, reserved


def _nothing(job: Job) -> None:
    """No check before the archive is opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamingReader:
    """`formats` and `filter_name` are those of `_libarchive`.

    Without formats it is one filtered file, or the TAR in it. `before` looks at the file's
    head and raises `Withheld` where libarchive would fail without saying why; `encrypted`
    is the reason for an encrypted entry.
    """

    formats: tuple[str, ...] = ()
    filter_name: str = "none"
    before: Callable[[Job], None] = _nothing
    encrypted: ReasonCode = ReasonCode.ENCRYPTED
    charset: str = ""
    options: bytes = b""

    def entries(self, job: Job, findings: Findings) -> Iterator[Entry]:
        """The entries as libarchive meets them; each must be unpacked before the next."""
        self.before(job)
        locked = False
        try:
            formats = self.formats or (_inside(job, self.filter_name),)
            with Reading(
                job.data, *formats, filter_name=self.filter_name, options=self.options
            ) as archive:
                for header in archive.headers():
                    locked = locked or header.encrypted
                    yield self._entry(job, header, archive, findings)
        except LibarchiveError as error:
            code = self.encrypted if locked else ReasonCode.DAMAGED
            raise Withheld(code, f"libarchive {error}") from error

    def _entry(self, job: Job, header: Header, archive: Reading, findings: Findings) -> Entry:
        if header.bare:
            raw, text = _inner_name(job, findings)
            return Entry(raw=raw, text=text, blocks=partial(_blocks, archive, None))
        kind = EntryKind.SPECIAL
        if header.folder:
            kind = EntryKind.FOLDER
        elif header.regular and not header.link:
            kind = EntryKind.FILE
        return Entry(
            raw=_turned_back(header.raw, self.charset) if self.charset else header.raw,
            kind=kind,
            size=header.size,
            encrypted=header.encrypted,
            blocks=partial(self._refuse)
            if header.encrypted
            else partial(_blocks, archive, header.size),
        )

    def _refuse(self) -> Iterator[bytes | memoryview]:
        raise EntryWithheld(self.encrypted)


def _turned_back(name: bytes, charset: str) -> bytes:
    """The bytes as they stood in the archive, or UTF-8 where its header said a charset."""
    try:
        return name.decode("utf-8").encode(charset)
    except UnicodeError:
        return name


def _inside(job: Job, filter_name: str) -> str:
    """What lies under a filter: a TAR by its first header, or one file.

    Decided here, for libarchive takes anything that begins with NULs for the end of a TAR,
    and the content would be lost without a word.
    """
    with Reading(job.data, "raw", "empty", filter_name=filter_name) as archive:
        for _ in archive.headers():
            try:
                for block in archive.blocks():
                    head = bytes(block[:_HEAD])
                    return "tar" if signatures.match(head, _HEAD) == _TAR else "raw"
            except EntryError:
                return "raw"  # the damage is met again, and reported, when it is read
    raise Withheld(ReasonCode.EMPTY)


def _blocks(archive: Reading, size: int | None) -> Iterator[bytes | memoryview]:
    total = 0
    try:
        for block in archive.blocks():
            total += len(block)
            yield block
    except EntryError as error:
        raise EntryWithheld(ReasonCode.DAMAGED) from error
    if size is not None and total != size:
        raise EntryWithheld(ReasonCode.DAMAGED)


def _inner_name(job: Job, findings: Findings) -> tuple[bytes, str]:
    """The name of a single compressed file: gzip's own, else the outer one without its end."""
    raw = b""
    head = bytes(job.data[:1024])
    if head[:3] == b"\x1f\x8b\x08":
        if head[3] & _OTHER_FLAGS:
            findings.add(Kind.METADATA, Action.REMOVED, where="gzip header")
        raw = _gzip_name(head)
    if raw:
        return raw, ""
    stem, dot, ending = job.name.rpartition(".")
    if not dot:
        return b"", job.name or "file"
    for own, inner in _ENDINGS:
        if ending.lower() == own:
            return b"", (stem or "file") + inner
    return b"", job.name


def _gzip_name(head: bytes) -> bytes:
    """RFC 1952, 2.3: FNAME, after the fixed ten bytes and an extra field; b"" if none."""
    at = 10
    if head[3] & _EXTRA_FLAG:
        at += 2 + int.from_bytes(head[10:12], "little")
    end = head.find(b"\0", at)
    return head[at:end] if head[3] & _NAME_FLAG and end > at else b""
