"""The frame of a ZIP as our writers may write it: strict, and a small part of APPNOTE.

Shared by the verifiers of everything that is a ZIP underneath (archives, OOXML, ODF).
Every byte is accounted for: local headers and data from byte 0 on without a gap, the
central directory saying exactly the same, the end record, nothing after it. No extra
fields, comments, descriptors, encryption, ZIP64, or names that clash or lead elsewhere.
What the entries hold is for the caller to check; this module never skips a check of a
size or CRC that a reader would rely on.
"""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from dataclasses import dataclass
from typing import Final

from sanitizers.limits import MB
from sanitizers.verify import Rejected
from sanitizers.verify.text import TextVerifier

MAX_ENTRIES: Final = 20_000  # Office files of 2,000 parts exist; ZIP64 begins at 65,535
MAX_UNPACKED: Final = 2_000 * MB  # of all entries together; the budget of a whole item
MAX_NAME_BYTES: Final = 1_100  # of a path; NTFS and most unpackers end earlier
MAX_COMPONENT_BYTES: Final = 255  # ext4, XFS; NTFS: 255 characters

STORED: Final = 0  # APPNOTE 4.4.5
DEFLATED: Final = 8

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")  # 4.3.7
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")  # 4.3.12
_END: Final = struct.Struct("<4sHHHHIIH")  # 4.3.16
_VERSION: Final = 20  # 4.4.3: deflate, folders
_MADE_BY: Final = frozenset((20, 3 << 8 | 20))  # 4.4.2: MS-DOS, or UNIX as zipfile has it
_TIME: Final = 0  # 4.4.6: midnight …
_DATE: Final = 1 << 5 | 1  # … of 1 January 1980
_UTF8: Final = 0x800  # 4.4.4, bit 11
#: 4.4.15: nothing; or what zipfile gives a file without attributes (rw-------).
_FILE_ATTRIBUTES: Final = frozenset((0, 0o600 << 16))
#: Nothing, or the MS-DOS folder bit.
_FOLDER_ATTRIBUTES: Final = frozenset((0, 0x10))
#: Not in a component: separators, streams and wildcards of Win32, line ends, tabulators.
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\\t\r\n]')
#: Win32 device names, alone or before an extension.
_DEVICE: Final = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE
)
_BOM: Final = "\ufeff"  # the text grammar takes it at the start of a file, a name has none
_TEXT: Final = TextVerifier()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; its data are `packed` bytes at `offset`, `size` bytes once unpacked."""

    name: str  # "folder/file", or "folder/" of a folder
    folder: bool
    method: int  # STORED or DEFLATED
    offset: int
    packed: int
    size: int
    crc: int


def parse(data: memoryview) -> tuple[Entry, ...]:
    """The entries of `data`, in the order of the file; nothing is unpacked.

    Raises:
        Rejected: a byte that the grammar does not foresee.
    """
    entries: list[Entry] = []
    raw_names: list[tuple[bytes, int, int]] = []  # name, flags, offset of the local header
    at = 0
    while bytes(data[at : at + 4]) == b"PK\x03\x04":
        if len(entries) == MAX_ENTRIES:
            raise Rejected("too many entries")
        entry, raw, flags = _local(data, at)
        entries.append(entry)
        raw_names.append((raw, flags, at))
        at = entry.offset + entry.packed
    if sum(entry.size for entry in entries) > MAX_UNPACKED:
        raise Rejected("unpacks to too much")
    start = at
    for entry, (raw, flags, local) in zip(entries, raw_names, strict=True):
        at = _central(data, at, entry, raw, flags, local)
    _end(data, at, len(entries), start)
    _names(entries)
    return tuple(entries)


def content(data: memoryview, entry: Entry) -> memoryview:
    """The unpacked bytes of one entry, which have its size and CRC.

    Raises:
        Rejected: the stream is damaged, is not used up, or says something else.
    """
    packed = data[entry.offset : entry.offset + entry.packed]
    unpacked = packed if entry.method == STORED else _inflate(packed, entry.size)
    if zlib.crc32(unpacked) != entry.crc:
        raise Rejected("CRC")
    return unpacked


def _inflate(packed: memoryview, size: int) -> memoryview:
    stream = zlib.decompressobj(-15)
    try:
        unpacked = stream.decompress(packed, size + 1)  # one more shows a lie about the size
    except zlib.error as error:
        raise Rejected("not a deflate stream") from error
    if not stream.eof or stream.unused_data or len(unpacked) != size:
        raise Rejected("deflate stream and sizes differ")
    return memoryview(unpacked)


def _take(layout: struct.Struct, data: memoryview, at: int) -> tuple[int, ...]:
    if at + layout.size > len(data):
        raise Rejected("ends early")
    signature, *fields = layout.unpack_from(data, at)
    expected = {_LOCAL: b"PK\x03\x04", _CENTRAL: b"PK\x01\x02", _END: b"PK\x05\x06"}[layout]
    if signature != expected:
        raise Rejected("record expected")
    return tuple(fields)


def _local(data: memoryview, at: int) -> tuple[Entry, bytes, int]:
    version, flags, method, time, date, crc, packed, size, length, extra = _take(_LOCAL, data, at)
    if (version, time, date, extra) != (_VERSION, _TIME, _DATE, 0):
        raise Rejected("local header")
    if flags not in (0, _UTF8) or method not in (STORED, DEFLATED):
        raise Rejected("flags or method")
    offset = at + _LOCAL.size + length
    if not 0 < length <= MAX_NAME_BYTES or offset + packed > len(data):
        raise Rejected("entry runs over the end")
    raw = bytes(data[at + _LOCAL.size : offset])
    if not raw.isascii() and not flags:
        raise Rejected("name without the UTF-8 flag")
    name = _name(raw)
    folder = name.endswith("/")
    if folder and (method, packed, size, crc) != (STORED, 0, 0, 0):
        raise Rejected("folder with content")
    if method == STORED and packed != size:
        raise Rejected("stored sizes differ")
    return Entry(name, folder, method, offset, packed, size, crc), raw, flags


def _central(
    data: memoryview, at: int, entry: Entry, raw: bytes, flags: int, local: int
) -> int:  # fmt: skip
    """Check that the central header at `at` repeats the local one; where it ends."""
    made_by, *same, extra, comment, disk, internal, external, offset = _take(_CENTRAL, data, at)
    expected = [
        _VERSION, flags, entry.method, _TIME, _DATE, entry.crc, entry.packed, entry.size, len(raw),
    ]  # fmt: skip
    end = at + _CENTRAL.size + len(raw)
    if same != expected or bytes(data[at + _CENTRAL.size : end]) != raw or offset != local:
        raise Rejected("central and local header differ")
    if made_by not in _MADE_BY or (extra, comment, disk, internal) != (0, 0, 0, 0):
        raise Rejected("central header")
    if external not in (_FOLDER_ATTRIBUTES if entry.folder else _FILE_ATTRIBUTES):
        raise Rejected("attributes")
    return end


def _end(data: memoryview, at: int, count: int, start: int) -> None:
    expected = (0, 0, count, count, at - start, start, 0)
    if _take(_END, data, at) != expected or at + _END.size != len(data):
        raise Rejected("end record")


def _name(raw: bytes) -> str:
    try:
        _TEXT.verify(memoryview(raw))
        name = raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise Rejected("name is not UTF-8") from error
    if name.startswith(_BOM):
        raise Rejected("name")
    for part in name.removesuffix("/").split("/"):
        if (
            not part
            or part in (".", "..")
            or part[-1] == "."
            or part != part.strip()
            or len(part.encode("utf-8")) > MAX_COMPONENT_BYTES
            or _FORBIDDEN.search(part)
            or _DEVICE.match(part)
        ):
            raise Rejected("name")
    return name


def _names(entries: list[Entry]) -> None:
    """No two entries for one path on any file system, and no file that is a folder too."""
    files: set[str] = set()
    folders: set[str] = set()
    for entry in entries:
        key = unicodedata.normalize("NFC", entry.name.removesuffix("/")).casefold()
        own = folders if entry.folder else files
        if key in own:
            raise Rejected("two entries of one name")
        own.add(key)
    for key in files | folders:
        parents = key.split("/")
        if any("/".join(parents[:depth]) in files for depth in range(1, len(parents))):
            raise Rejected("file as a folder")
    if files & folders:
        raise Rejected("file as a folder")
