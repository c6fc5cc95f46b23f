"""7z: libarchive for what is not encrypted, py7zr for what is.

Both read from memory and give one file after the other. Of py7zr only the header parser
and the coders are used: its extraction wants paths, threads and the system's memory
figures, none of which exist in the sandbox. A wrong password shows in the CRC, so the one
for a folder (7zFormat.txt: files compressed together) is found on its first file before
anything of it is written.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import py7zr
from Cryptodome.Cipher import AES

from sanitizers.archive import _names
from sanitizers.archive._container import ArchiveSanitizer
from sanitizers.archive._entry import BLOCK, Entry, EntryKind, EntryWithheld
from sanitizers.archive._streaming import StreamingReader
from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Job
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld

_HEADER_SIZE: Final = 32  # 7zFormat.txt, SignatureHeader
_AES: Final = b"\x06\xf1\x07\x01"  # 7zAES
#: Coders that py7zr decodes with bounded output and without a thread (7-Zip, Methods.txt).
_SIMPLE: Final = frozenset(
    (
        b"\x00",  # copy
        b"\x03",  # delta
        b"\x03\x01\x01",  # LZMA
        b"\x03\x03\x01\x03",  # BCJ x86
        b"\x03\x03\x02\x05",  # BCJ PowerPC
        b"\x03\x03\x05\x01",  # BCJ ARM
        b"\x03\x03\x07\x01",  # BCJ ARM Thumb
        b"\x03\x03\x08\x05",  # BCJ SPARC
        b"\x04\x01\x08",  # deflate
        b"\x04\x02\x02",  # BZip2
        b"\x21",  # LZMA2
    )
)
#: What libarchive 3.6 adds: PPMd and BCJ2.
_BY_LIBARCHIVE: Final = _SIMPLE | {b"\x03\x04\x01", b"\x03\x03\x01\x1b"}

_PLAIN: Final = StreamingReader(formats=("7zip",))


class _SevenZipReader:
    def entries(self, job: Job, findings: Findings) -> Iterator[Entry]:
        """The entries in the archive's order.

        Raises:
            Withheld: damaged, one volume of several, a coder that nobody here has.
            PasswordNeeded: the header is encrypted and no password opens it.
        """
        _check_whole(job)
        archive, password = _opened(job, findings)
        coders = _coders(archive) if archive is not None else set()
        if archive is None or coders <= _BY_LIBARCHIVE:
            yield from _PLAIN.entries(job, findings)
        elif coders <= _SIMPLE | {_AES}:
            yield from _Files(job, archive, password, findings).entries()
        else:
            raise Withheld(ReasonCode.UNSUPPORTED_TYPE, "a coder")


def _check_whole(job: Job) -> None:
    """The header lies at the end: the first of several volumes promises one beyond it."""
    head = bytes(job.data[:_HEADER_SIZE])
    offset, size = (int.from_bytes(head[at : at + 8], "little") for at in (12, 20))
    if _HEADER_SIZE + offset + size > len(job.data):
        volume = _names.is_volume(job.name)
        raise Withheld(ReasonCode.MULTI_VOLUME if volume else ReasonCode.DAMAGED, "header")


def _opened(job: Job, findings: Findings) -> tuple[py7zr.SevenZipFile | None, str | None]:
    """The archive as py7zr parses it, None where it cannot and libarchive decides; and the
    password that opened its header."""
    try:
        return _parsed(job.data, None), None
    except py7zr.PasswordRequired:
        pass
    except Exception:  # noqa: BLE001 - py7zr raises anything on damage; libarchive judges
        return None, None
    for password in job.passwords:
        try:
            archive = _parsed(job.data, password)
        except Exception:  # noqa: BLE001, S112 - a wrong password is any kind of damage
            continue
        findings.add(Kind.ENCRYPTION, Action.REMOVED, where="names")
        return archive, password
    raise PasswordNeeded("encrypted header")


def _parsed(data: memoryview, password: str | None) -> py7zr.SevenZipFile:
    return py7zr.SevenZipFile(io.BytesIO(data), "r", password=password)


def _folders(archive: py7zr.SevenZipFile) -> list[Any]:
    streams = archive.header.main_streams
    return [] if streams is None else list(streams.unpackinfo.folders)


def _coders(archive: py7zr.SevenZipFile) -> set[bytes]:
    return {coder["method"] for folder in _folders(archive) for coder in folder.coders}


class _Files:
    """The files of an archive that only py7zr can decode."""

    def __init__(
        self,
        job: Job,
        archive: py7zr.SevenZipFile,
        password: str | None,
        findings: Findings,
    ) -> None:
        self._job = job
        self._archive = archive
        # The header's password first, and no other twice: each costs half a second to derive.
        self._passwords = tuple(
            dict.fromkeys((password, *job.passwords) if password else job.passwords)
        )
        self._findings = findings
        self._streams: dict[int, _Stream | None] = {}  # by folder; None: no password opens it
        self._skipped: dict[int, list[_Part]] = {}  # not asked for, by folder

    def entries(self) -> Iterator[Entry]:
        folders = {id(folder): number for number, folder in enumerate(_folders(self._archive))}
        for file in self._archive.files:
            kind = EntryKind.FOLDER if file.is_directory else EntryKind.FILE
            if file.is_symlink or file.is_junction or file.is_socket:
                kind = EntryKind.SPECIAL
            if file.emptystream:
                yield Entry(text=file.filename, kind=kind)
                continue
            number = folders[id(file.folder)]
            locked = any(coder["method"] == _AES for coder in file.folder.coders)
            part = _Part(file.uncompressed, file.crc32)
            yield Entry(
                text=file.filename,
                kind=kind,
                size=part.size,
                encrypted=locked,
                blocks=partial(self._blocks, number, part, locked=locked),
            )
            if not part.read:
                self._skipped.setdefault(number, []).append(part)

    def _blocks(self, number: int, part: _Part, *, locked: bool) -> Iterator[bytes]:
        skipped = self._skipped.pop(number, [])
        stream = self._stream(number, (*skipped, part)[0], locked=locked)
        if stream is None:
            raise EntryWithheld(ReasonCode.PASSWORD_NEEDED if locked else ReasonCode.DAMAGED)
        if locked:
            self._findings.add(Kind.ENCRYPTION, Action.REMOVED)
        for before in skipped:  # this file lies behind them
            for _ in stream.take(before):
                pass
        return stream.take(part)

    def _stream(self, number: int, first: _Part, *, locked: bool) -> _Stream | None:
        if number not in self._streams:
            tried = self._passwords if locked else (None,)
            self._streams[number] = self._found(number, first, tried)
        return self._streams[number]

    def _found(self, number: int, first: _Part, tried: tuple[str | None, ...]) -> _Stream | None:
        """The folder's stream under the first password that decodes its first file."""
        for password in tried:
            try:
                archive = _parsed(self._job.data, password)
            except Exception:  # noqa: BLE001, S112 - a wrong password is any kind of damage
                continue
            trial = _Stream(archive, number)
            try:
                for _ in trial.take(first):
                    pass
                return _Stream(_parsed(self._job.data, password), number)
            except Exception:  # noqa: BLE001, S112 - a wrong password is any kind of damage
                continue
        return None


class _Part:
    """One file's share of a folder's stream."""

    def __init__(self, size: int, crc: int | None) -> None:
        self.size = size
        self.crc = crc
        self.read = False


class _Stream:
    """A folder's decoded bytes, in order."""

    def __init__(self, archive: py7zr.SevenZipFile, number: int) -> None:
        streams = archive.header.main_streams
        self._folder = streams.unpackinfo.folders[number]
        position = streams.packinfo.packpositions
        self._file = archive.fp
        # One packed stream a folder: BCJ2, the only coder with more, is not read here.
        self._packed = position[number + 1] - position[number]
        self._file.seek(archive.afterheader + position[number])

    def take(self, part: _Part) -> Iterator[bytes]:
        """The next `part.size` bytes.

        Raises:
            EntryWithheld: the stream ends early, or its CRC differs.
        """
        part.read = True
        left, crc = part.size, 0
        decoder = self._folder.get_decompressor(self._packed)
        while left:
            before = self._file.tell()
            block = decoder.decompress(self._file, min(left, BLOCK))
            if not block and self._file.tell() == before:
                raise EntryWithheld(ReasonCode.DAMAGED)
            left -= len(block)
            crc = zlib.crc32(block, crc)
            yield block
        if part.crc is not None and crc != part.crc:
            raise EntryWithheld(ReasonCode.DAMAGED)


class SevenZipSanitizer(ArchiveSanitizer):
    """7z archives."""

    media_types = ("application/x-7z-compressed",)
    reader = _SevenZipReader()

    @classmethod
    def warm(cls) -> None:
        """Load the library's tables, and all of py7zr by reading an empty archive."""
        super().warm()
        empty = b"7z\xbc\xaf'\x1c\x00\x04" + zlib.crc32(bytes(20)).to_bytes(4, "little") + bytes(20)
        _parsed(memoryview(empty), None)
        AES.new(bytes(32), AES.MODE_CBC, bytes(16)).decrypt(bytes(16))
