"""ZIP: read by our own directory reader, every entry unpacked and checked on its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sanitizers.archive import _names, _zip_crypto, _zip_data, _zip_directory, reencrypt
from sanitizers.archive._container import ZIP, ArchiveSanitizer
from sanitizers.archive._entry import Entry, EntryKind, EntryWithheld
from sanitizers.archive._zip_directory import Listed
from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import extension
from sanitizers.model import Cleaned, Job, Method, Output
from sanitizers.reasons import ReasonCode


class _ZipReader:
    """PKWARE APPNOTE 6.3.10, WinZip's AES, Info-ZIP's Unicode names."""

    def entries(self, job: Job, findings: Findings) -> Iterator[Entry]:
        """The entries of the central directory; overlaps are refused before the first."""
        for listed in _zip_directory.read(job.data, findings, volume=_names.is_volume(job.name)):
            kind = EntryKind.FOLDER if listed.folder else EntryKind.FILE
            yield Entry(
                raw=listed.raw,
                text=listed.text,
                kind=EntryKind.SPECIAL if listed.special else kind,
                size=listed.size,
                packed=listed.packed,
                encrypted=listed.encrypted,
                blocks=partial(_blocks, job, listed, findings),
            )


def _blocks(job: Job, entry: Listed, findings: Findings) -> Iterator[bytes | memoryview]:
    if entry.damaged:
        raise EntryWithheld(ReasonCode.DAMAGED)
    unpack = partial(
        _zip_data.unpacked,
        method=entry.method,
        size=entry.size,
        crc=None if entry.aes and entry.aes[0] == 2 else entry.crc,
    )
    if not entry.encrypted:
        return unpack(job.data[entry.offset : entry.offset + entry.packed])
    plain = _right(_zip_crypto.opened(job.data, entry, job.passwords), entry)
    findings.add(Kind.ENCRYPTION, Action.REMOVED)
    return unpack(plain)


def _right(candidates: Iterator[bytes], entry: Listed) -> bytes:
    """The first that unpacks to what the header says: ZipCrypto's check byte often lies."""
    for candidate in candidates:
        if entry.aes or _unpacks(candidate, entry):  # AES is authenticated
            return candidate
    raise EntryWithheld(ReasonCode.PASSWORD_NEEDED)


def _unpacks(candidate: bytes, entry: Listed) -> bool:
    try:
        for _ in _zip_data.unpacked(candidate, method=entry.method, size=entry.size, crc=entry.crc):
            pass
    except EntryWithheld as refused:
        if refused.code is ReasonCode.DAMAGED:
            return False
        raise
    return True


class ZipSanitizer(ArchiveSanitizer):
    """ZIP archives."""

    media_types = (ZIP,)
    reader = _ZipReader()

    @classmethod
    def warm(cls) -> None:
        """Load what unpacking, decrypting and closing again need."""
        super().warm()
        _zip_crypto.warm()
        reencrypt.warm()

    def seal(self, job: Job, out: Output) -> Cleaned:
        """Encrypt a verified ZIP of ours with the job's password."""
        reencrypt.reencrypt(job.data, job.passwords[0], out)
        return Cleaned(media_type=ZIP, extension=extension(ZIP), method=Method.SANITIZE)
