"""A ZIP's directory, read as the most common programs do, and distrusted (APPNOTE 6.3.10).

The central directory decides; local headers are compared with it. Whatever lies outside of
the entries that it lists (in front, between, behind, in comments and extra fields) is
reported and never read. Entries that share bytes are a bomb, found here from offsets alone
before anything is unpacked.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.reasons import ReasonCode, Withheld

MAX_ENTRIES: Final = 20_000  # of the directory; real archives in mail stay under 1,000

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")  # 4.3.7
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")  # 4.3.12
_END: Final = struct.Struct("<4sHHHHIIH")  # 4.3.16
_END64: Final = struct.Struct("<4sQHHIIQQQQ")  # 4.3.14
_LOCATOR: Final = struct.Struct("<4sIQI")  # 4.3.15
_MAX_COMMENT: Final = 65_535
_SPLIT_MARKS: Final = (b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04")  # 8.5.3, 8.5.4

_ENCRYPTED: Final = 1  # 4.4.4, bit 0
_LATER: Final = 8  # bit 3: sizes and CRC follow the data
_STRONG: Final = 1 << 6  # bit 6: PKWARE strong encryption
_UTF8: Final = 1 << 11  # bit 11
_MASKED: Final = 1 << 13  # bit 13: the directory itself is encrypted
_AES: Final = 99  # 4.4.5 and WinZip's AE-1, AE-2
_WHOLE: Final = 0xFFFFFFFF  # the ZIP64 field tells
_FIELD_ZIP64: Final = 0x0001  # 4.5.3
_FIELD_PATH: Final = 0x7075  # 4.6.9, Info-ZIP Unicode Path
_FIELD_AES: Final = 0x9901  # WinZip, "AES Encryption Information"
_UNIX: Final = 3  # 4.4.2
_MAC: Final = 19
_TYPES: Final = 0o170000
_ORDINARY: Final = frozenset((0, 0o100000, 0o040000))  # no type, file, folder
_DOS_FOLDER: Final = 0x10
_REPARSE: Final = 0x400  # FILE_ATTRIBUTE_REPARSE_POINT: a link of Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of the central directory, with its data found."""

    raw: bytes
    text: str  # the name where the archive says its charset, or ""
    flags: int
    method: int  # of the data, also behind AES
    time: int  # MS-DOS; the key check of ZipCrypto uses it
    crc: int
    packed: int
    size: int
    offset: int  # of the data
    folder: bool
    special: bool
    damaged: bool  # its local header is another entry's, or none
    aes: tuple[int, int] | None = None  # AE version, strength

    @property
    def encrypted(self) -> bool:
        """Encrypted in any way."""
        return bool(self.flags & _ENCRYPTED)

    @property
    def strong(self) -> bool:
        """Encrypted in PKWARE's own way, which nobody else opens."""
        return bool(self.flags & _STRONG)

    @property
    def check_byte(self) -> int:
        """What the last byte of a ZipCrypto header decrypts to (6.1.6 and Info-ZIP)."""
        return self.time >> 8 if self.flags & _LATER else self.crc >> 24


def read(data: memoryview, findings: Findings, *, volume: bool = False) -> list[Listed]:
    """The entries of the archive in the order of its directory.

    `volume`: the file calls itself one of several, which explains a missing directory.

    Raises:
        Withheld: no directory, one volume of several, overlapping entries, too many.
    """
    start, end, count, shift = _find(data, findings, volume)
    entries: list[Listed] = []
    spans: list[tuple[int, int]] = []
    at = start
    while at < end and bytes(data[at : at + 4]) == b"PK\x01\x02":
        if len(entries) == MAX_ENTRIES:
            raise Withheld(ReasonCode.TOO_MANY_PARTS)
        entry, span, at = _central(data, at, start, shift, len(entries) + 1, findings)
        entries.append(entry)
        spans.append(span)
    # 65,535 entries and more keep only the low half of their count in old programs' archives.
    if len(entries) & 0xFFFF != count & 0xFFFF:
        raise Withheld(ReasonCode.DAMAGED, "number of entries")
    if at != end:
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="after the directory")
    _check_spans(spans, start, findings)
    return entries


def _find(data: memoryview, findings: Findings, volume: bool) -> tuple[int, int, int, int]:
    """Start and end of the directory, number of entries, and bytes before the archive."""
    tail_start = max(0, len(data) - _END.size - _MAX_COMMENT)
    tail = bytes(data[tail_start:])
    found = tail.rfind(b"PK\x05\x06")
    while found >= 0 and len(tail) - found < _END.size:
        found = tail.rfind(b"PK\x05\x06", 0, found)
    if found < 0:
        split = volume or bytes(data[:8]) in _SPLIT_MARKS
        raise Withheld(ReasonCode.MULTI_VOLUME if split else ReasonCode.DAMAGED, "no directory")
    at = tail_start + found
    _, disk, disk_of, here, count, length, offset, comment = _END.unpack_from(data, at)
    if len(data) - at - _END.size > comment:
        findings.add(Kind.TRAILING_DATA, Action.REMOVED, where="after the archive")
    if comment:
        findings.add(Kind.COMMENT, Action.REMOVED, where="archive")
    end = at
    wide = _find64(data, at)
    if wide is not None:
        end, disk, disk_of, here, count, length, offset = wide
    if disk not in (0, 0xFFFF) or disk_of not in (0, 0xFFFF) or here != count:
        raise Withheld(ReasonCode.MULTI_VOLUME, "disk numbers")
    # Offsets are from where the archive begins: bytes before it shift everything.
    shift = end - length - offset
    if shift < 0 or length > end:
        raise Withheld(ReasonCode.DAMAGED, "directory lies outside")
    if shift and bytes(data[offset : offset + 4]) == b"PK\x01\x02" and count:
        # Something between directory and end record instead: trust the offset.
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="after the directory")
        return offset, offset + length, count, 0
    if shift:
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="before the archive")
    return end - length, end, count, shift


def _find64(data: memoryview, at: int) -> tuple[int, int, int, int, int, int, int] | None:
    """The ZIP64 end record's place and values, where a locator stands before the old one."""
    locator = at - _LOCATOR.size
    if locator < 0 or bytes(data[locator : locator + 4]) != b"PK\x06\x07":
        return None
    place = _LOCATOR.unpack_from(data, locator)[2]
    for start in (locator - _END64.size, place):
        if 0 <= start <= locator - _END64.size and bytes(data[start : start + 4]) == b"PK\x06\x06":
            _, _, _, _, disk, disk_of, here, count, length, offset = _END64.unpack_from(data, start)
            return start, disk, disk_of, here, count, length, offset
    return None


def _central(
    data: memoryview, at: int, directory: int, shift: int, number: int, findings: Findings
) -> tuple[Listed, tuple[int, int], int]:
    """The entry at `at`, the bytes that it takes, and where the next header begins."""
    if at + _CENTRAL.size > len(data):
        raise Withheld(ReasonCode.DAMAGED, "directory ends early")
    (_, made_by, _, flags, method, time, _, crc, packed, size, name, extra, comment, disk, _,
     attributes, offset) = _CENTRAL.unpack_from(data, at)  # fmt: skip
    after = at + _CENTRAL.size
    end = after + name + extra + comment
    if end > len(data):
        raise Withheld(ReasonCode.DAMAGED, "directory ends early")
    if flags & _MASKED:
        raise Withheld(ReasonCode.ENCRYPTED, "the directory is encrypted")
    raw = bytes(data[after : after + name])
    fields = _fields(bytes(data[after + name : after + name + extra]))
    if fields:
        findings.add(Kind.METADATA, Action.REMOVED, count=len(fields), where="extra fields")
    if comment:
        findings.add(Kind.COMMENT, Action.REMOVED, where="entry")
    size, packed, offset, disk = _wide(fields, size, packed, offset, disk)
    if disk not in (0, 0xFFFF):
        raise Withheld(ReasonCode.MULTI_VOLUME, "an entry on another disk")
    aes = _aes(fields) if method == _AES else None
    start, same = _local(data, offset + shift, raw, flags, method, packed)
    if not same:
        findings.add(Kind.DAMAGED, Action.NOTED, where=f"local header {number}")
    finish = start + packed
    damaged = start < 0 or finish > directory or (method == _AES and aes is None)
    mode = attributes >> 16 if made_by >> 8 in (_UNIX, _MAC) else 0
    ordinary = mode & _TYPES in _ORDINARY and not attributes & _REPARSE & -(not mode)
    folder = raw.endswith((b"/", b"\\")) and not _ends_inside_a_character(raw)
    entry = Listed(
        raw=raw,
        text=_text(raw, flags, fields),
        flags=flags,
        method=aes[2] if aes else method,
        time=time,
        crc=crc,
        packed=packed,
        size=size,
        offset=start,
        folder=size == 0 and (folder or mode & _TYPES == 0o040000
                              or (made_by >> 8 == 0 and bool(attributes & _DOS_FOLDER))),
        special=not ordinary,
        damaged=damaged,
        aes=aes[:2] if aes else None,
    )  # fmt: skip
    span = (offset + shift, finish if not damaged else offset + shift + _LOCAL.size)
    return entry, span, end


def _ends_inside_a_character(raw: bytes) -> bool:
    """Whether a final backslash is the second byte of a CP932 character (表, ソ, 能 …)."""
    lead = False
    for byte in raw[:-1]:
        lead = not lead and (0x81 <= byte <= 0x9F or 0xE0 <= byte <= 0xFC)
    return lead and raw.endswith(b"\\")


def _fields(extra: bytes) -> dict[int, bytes]:
    """Extra fields by their tag (4.5.1), the first of each; damage ends the list."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if at + 4 + length > len(extra):
            break
        found.setdefault(tag, extra[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def _wide(
    fields: dict[int, bytes], size: int, packed: int, offset: int, disk: int
) -> tuple[int, int, int, int]:
    """4.5.3: only those values are in the field that are all ones in the header."""
    field = fields.get(_FIELD_ZIP64, b"")
    at = 0
    values = [size, packed, offset]
    for index, value in enumerate(values):
        if value == _WHOLE and at + 8 <= len(field):
            values[index] = int.from_bytes(field[at : at + 8], "little")
            at += 8
    if disk == 0xFFFF and at + 4 <= len(field):
        disk = int.from_bytes(field[at : at + 4], "little")
    return values[0], values[1], values[2], disk


def _aes(fields: dict[int, bytes]) -> tuple[int, int, int] | None:
    """AE version, strength (1 to 3) and the method of the data."""
    field = fields.get(_FIELD_AES, b"")
    if len(field) != 7 or field[2:4] != b"AE":
        return None
    version, strength, method = struct.unpack("<H2xBH", field)
    return (version, strength, method) if version in (1, 2) and strength in (1, 2, 3) else None


def _text(raw: bytes, flags: int, fields: dict[int, bytes]) -> str:
    """The name as UTF-8 where the flag or the Unicode field says so truly, else ""."""
    path = fields.get(_FIELD_PATH, b"")
    candidates = []
    if path[:1] == b"\x01" and path[1:5] == struct.pack("<I", zlib.crc32(raw)):
        candidates.append(path[5:])
    if flags & _UTF8:
        candidates.append(raw)
    for candidate in candidates:
        try:
            return candidate.decode("utf-8", "strict")
        except UnicodeDecodeError:
            continue  # a lie: the bytes decide, with the other names
    return ""


def _local(
    data: memoryview, at: int, raw: bytes, flags: int, method: int, packed: int
) -> tuple[int, bool]:
    """Where the data begin (-1: nowhere), and whether the local header says the same."""
    if at < 0 or at + _LOCAL.size > len(data) or bytes(data[at : at + 4]) != b"PK\x03\x04":
        return -1, False
    _, _, own_flags, own_method, _, _, _, own_packed, _, name, extra = _LOCAL.unpack_from(data, at)
    after = at + _LOCAL.size
    same = (
        bytes(data[after : after + name]) == raw
        and own_method == method
        and (own_flags ^ flags) & _ENCRYPTED == 0
        and (own_packed in (packed, _WHOLE) or bool(own_flags & _LATER))
    )
    start = after + name + extra
    if own_method != method or (own_flags ^ flags) & _ENCRYPTED:
        return -1, False  # two programs would unpack two different things
    return (start, same) if start <= len(data) else (-1, False)


def _check_spans(spans: list[tuple[int, int]], directory: int, findings: Findings) -> None:
    """No byte belongs to two entries; bytes that belong to none are reported.

    Raises:
        Withheld: entries overlap ("A better zip bomb", Fifield 2019).
    """
    at = 0
    gaps = 0
    for start, end in sorted(spans):
        if start < at:
            raise Withheld(ReasonCode.ARCHIVE_BOMB, "entries overlap")
        gaps += start > at + _DESCRIPTOR
        at = end
    gaps += directory > at + _DESCRIPTOR
    if gaps:
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, count=gaps, where="between entries")


#: 4.3.9: a data descriptor may follow each entry: signature, CRC, two sizes of 8 bytes.
_DESCRIPTOR: Final = 24
