"""ZIP packages (OPC, ECMA-376-2; ODF 1.3 part 2): read strictly in memory, written plainly.

Reading: the central directory decides, each local header must say the same, no two entries
may share bytes or a name, and all of it is held to one budget before anything is inflated.
What lies outside of the entries is reported and never read. Writing: one fixed time, no
extra fields, comments or descriptors, so that equal parts give equal bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MB
from sanitizers.model import Output
from sanitizers.reasons import ReasonCode, Withheld

MAX_ENTRIES: Final = 10_000  # presentations of 2,000 slides have some 8,000 parts
MAX_PART: Final = 300 * MB  # unpacked bytes of one part; sheets of a million rows have 200 MB
MAX_UNPACKED: Final = 1_000 * MB  # of all parts together
#: Up to here unpacked data is cheap, whatever it was packed to.
RATIO_FREE: Final = 50 * MB
#: Unpacked to packed beyond that: XML of empty cells reaches 100, bombs begin at 1,000.
MAX_RATIO: Final = 250
MAX_NAME: Final = 1_000  # bytes of a part's name

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")  # APPNOTE 4.3.7
_CENTRAL: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")  # 4.3.12
_END: Final = struct.Struct("<4sHHHHIIH")  # 4.3.16
_END_SIGNATURE: Final = b"PK\x05\x06"
_MAX_COMMENT: Final = 65_535
_ENCRYPTED: Final = 1 | 1 << 6 | 1 << 13  # 4.4.4
_LATER: Final = 1 << 3  # sizes and CRC follow the data
_UTF8: Final = 1 << 11
_STORED: Final = 0  # 4.4.5
_DEFLATED: Final = 8
_ZIP64: Final = 0x0001  # 4.5.3
_WHOLE: Final = 0xFFFFFFFF
_DATE: Final = 1 << 5 | 1  # 1 January 1980
_VERSION: Final = 20
_LEVEL: Final = 6


@dataclass(frozen=True, slots=True)
class _Entry:
    method: int
    crc: int
    packed: int
    size: int
    start: int  # of the data


class Package:
    """The parts of a package by name; a part is inflated when it is asked for."""

    def __init__(self, data: memoryview, findings: Findings) -> None:
        """Read the directory of `data`.

        Raises:
            Withheld: DAMAGED, ENCRYPTED, ARCHIVE_BOMB, TOO_LARGE, TOO_MANY_PARTS.
        """
        self._data = data
        self._entries: dict[str, _Entry] = {}
        self._by_lower: dict[str, str] = {}
        self._read_directory(findings)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def names(self) -> tuple[str, ...]:
        """All part names, in the order of the directory; folders are left out."""
        return tuple(self._entries)

    def find(self, name: str) -> str | None:
        """The part of that name as it is spelled here (OPC 6.2.2.3: case does not count)."""
        return name if name in self._entries else self._by_lower.get(name.lower())

    def size(self, name: str) -> int:
        """Unpacked size of a part in bytes, as announced."""
        return self._entries[name].size

    def read(self, name: str) -> bytes:
        """The unpacked bytes of a part, which have the announced size and CRC.

        Raises:
            Withheld: DAMAGED.
        """
        entry = self._entries[name]
        packed = self._data[entry.start : entry.start + entry.packed]
        if entry.method == _STORED:
            unpacked = bytes(packed)
        else:
            stream = zlib.decompressobj(-15)
            try:
                unpacked = stream.decompress(packed, entry.size + 1)
            except zlib.error as error:
                raise Withheld(ReasonCode.DAMAGED, "deflate stream") from error
            if not stream.eof and len(unpacked) <= entry.size:
                raise Withheld(ReasonCode.DAMAGED, "deflate stream ends early")
        if len(unpacked) != entry.size or zlib.crc32(unpacked) != entry.crc:
            raise Withheld(ReasonCode.DAMAGED, "size or CRC of a part")
        return unpacked

    def _read_directory(self, findings: Findings) -> None:
        data = self._data
        tail = bytes(data[-(_END.size + _MAX_COMMENT) :])
        at = tail.rfind(_END_SIGNATURE)
        if at < 0 or len(tail) - at < _END.size:
            raise Withheld(ReasonCode.DAMAGED, "no end record")
        end = len(data) - len(tail) + at
        _, disk, first, here, count, length, start, comment = _END.unpack_from(data, end)
        if (disk, first) != (0, 0) or here != count:
            raise Withheld(ReasonCode.MULTI_VOLUME, "several volumes")
        if count > MAX_ENTRIES:
            raise Withheld(ReasonCode.TOO_MANY_PARTS, "parts")
        if start + length != end:
            raise Withheld(ReasonCode.DAMAGED, "directory is elsewhere")
        if end + _END.size != len(data):
            kind = Kind.COMMENT if end + _END.size + comment == len(data) else Kind.TRAILING_DATA
            findings.add(kind, Action.REMOVED, where="package")
        spans: list[tuple[int, int]] = []
        total = 0
        position = start
        for _ in range(count):
            position, entry, span, name = self._central(position, end)
            spans.append(span)
            if not name.endswith("/"):
                total += entry.size
                self._admit(name, entry)
        if position != end:
            raise Withheld(ReasonCode.DAMAGED, "directory is longer than its entries")
        if total > MAX_UNPACKED or total > max(RATIO_FREE, MAX_RATIO * len(data)):
            raise Withheld(ReasonCode.ARCHIVE_BOMB, "unpacked size of all parts")
        self._check_spans(spans, start, findings)

    def _central(self, at: int, limit: int) -> tuple[int, _Entry, tuple[int, int], str]:
        """One central header and its local one: (next position, entry, span, name)."""
        data = self._data
        if at + _CENTRAL.size > limit or bytes(data[at : at + 4]) != b"PK\x01\x02":
            raise Withheld(ReasonCode.DAMAGED, "central header")
        fields = _CENTRAL.unpack_from(data, at)
        _, _, _, flags, method, _, _, crc, packed, size, length, extra, comment = fields[:13]
        offset = fields[16]
        begin = at + _CENTRAL.size
        after = begin + length + extra + comment
        if after > limit or not 0 < length <= MAX_NAME:
            raise Withheld(ReasonCode.DAMAGED, "central header")
        if flags & _ENCRYPTED:
            raise Withheld(ReasonCode.ENCRYPTED, "an encrypted part")
        if method not in (_STORED, _DEFLATED):
            raise Withheld(ReasonCode.DAMAGED, "compression method")
        raw = bytes(data[begin : begin + length])
        long = _zip64(bytes(data[begin + length : begin + length + extra]))
        size, packed, offset = (
            (long.pop(0) if value == _WHOLE and long else value) for value in (size, packed, offset)
        )
        if size > MAX_PART:
            raise Withheld(ReasonCode.TOO_LARGE, "a part")
        if method == _STORED and size != packed:
            raise Withheld(ReasonCode.DAMAGED, "sizes of a stored part")
        start = self._local(offset, raw, flags, method, (crc, packed, size))
        if start + packed > len(data):
            raise Withheld(ReasonCode.DAMAGED, "a part runs over the end")
        entry = _Entry(method, crc, packed, size, start)
        return after, entry, (offset, start + packed), _name(raw, flags)

    def _local(
        self, at: int, raw: bytes, flags: int, method: int, sizes: tuple[int, int, int]
    ) -> int:
        """Check that the local header repeats the central one; where the data begin."""
        data = self._data
        if at + _LOCAL.size > len(data) or bytes(data[at : at + 4]) != b"PK\x03\x04":
            raise Withheld(ReasonCode.DAMAGED, "local header")
        fields: tuple[int, ...] = _LOCAL.unpack_from(data, at)[1:]
        _, own_flags, own_method, _, _, crc, packed, size, length, extra = fields
        name = bytes(data[at + _LOCAL.size : at + _LOCAL.size + length])
        if name != raw or own_method != method or own_flags & _ENCRYPTED:
            raise Withheld(ReasonCode.DAMAGED, "local and central header differ")
        known = (crc, packed, size)
        blank = own_flags & _LATER and flags & _LATER and not any(known)
        long = _WHOLE in (packed, size) and crc in (0, sizes[0])
        if known != sizes and not blank and not long:
            raise Withheld(ReasonCode.DAMAGED, "local and central header differ")
        return at + _LOCAL.size + length + extra

    def _admit(self, name: str, entry: _Entry) -> None:
        lower = name.lower()
        if lower in self._by_lower:
            raise Withheld(ReasonCode.DAMAGED, "two parts of one name")
        if entry.size > max(RATIO_FREE, MAX_RATIO * entry.packed):
            raise Withheld(ReasonCode.ARCHIVE_BOMB, "ratio of a part")
        self._by_lower[lower] = name
        self._entries[name] = entry

    @staticmethod
    def _check_spans(spans: list[tuple[int, int]], start: int, findings: Findings) -> None:
        position = 0
        gaps = 0
        for begin, end in sorted(spans):
            if begin < position:
                raise Withheld(ReasonCode.ARCHIVE_BOMB, "parts overlap")
            gaps += begin - position > 24  # descriptors take 12, 16 or 24 bytes
            position = end
        if position > start:
            raise Withheld(ReasonCode.DAMAGED, "a part runs into the directory")
        if gaps + (start - position > 24):
            findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="package")


def _zip64(extra: bytes) -> list[int]:
    """The 8-byte values of the ZIP64 field, or []."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _ZIP64 and at + 4 + length <= len(extra):
            return [v for (v,) in struct.iter_unpack("<Q", extra[at + 4 :][: length // 8 * 8])]
        at += 4 + length
    return []


def _name(raw: bytes, flags: int) -> str:
    """A part's name with `/` and without a leading one; some writers do otherwise."""
    try:
        name = raw.decode("utf-8" if flags & _UTF8 or not raw.isascii() else "ascii")
    except UnicodeDecodeError:
        name = raw.decode("latin-1")
    return name.replace("\\", "/").lstrip("/") or "/"


def write_package(out: Output, parts: Iterable[tuple[str, bytes | memoryview, bool]]) -> None:
    """Write (name, data, whether to deflate) as a ZIP, in the order given.

    Names must be ASCII; the caller makes them.
    """
    directory: list[bytes] = []
    offset = 0
    for name, data, deflate in parts:
        raw = name.encode("ascii")
        packed: bytes | memoryview = data
        if deflate:
            packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
            packed = packer.compress(data) + packer.flush()
        method = _DEFLATED if deflate else _STORED
        same = (_VERSION, 0, method, 0, _DATE, zlib.crc32(data), len(packed), len(data), len(raw))
        out.write(_LOCAL.pack(b"PK\x03\x04", *same, 0) + raw)
        out.write(packed)
        directory.append(_CENTRAL.pack(b"PK\x01\x02", _VERSION, *same, 0, 0, 0, 0, 0, offset) + raw)
        offset += _LOCAL.size + len(raw) + len(packed)
    listing = b"".join(directory)
    out.write(listing)
    count = len(directory)
    out.write(_END.pack(_END_SIGNATURE, 0, 0, count, count, len(listing), offset, 0))
