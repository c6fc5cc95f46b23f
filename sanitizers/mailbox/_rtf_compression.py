"""Compressed RTF of MAPI messages ([MS-OXRTFCP]): a small, bounded decoder."""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.limits import MB

#: RTF of a body without its pictures stays under 2 MB; a reference of 2 bytes gives up to 17.
MAX_RTF_BYTES: Final = 16 * MB

_HEADER: Final = struct.Struct("<IIII")  # 2.1.3.1.1: COMPSIZE, RAWSIZE, COMPTYPE, CRC
_COMPRESSED: Final = 0x75465A4C  # "LZFu"
_PLAIN: Final = 0x414C454D  # "MELA"
_SIZE: Final = 4_096  # 2.1.3.1.3: the dictionary is a ring
#: 2.1.3.1.3: what the ring holds at first.
_DICTIONARY: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def decompress(data: bytes) -> bytes:
    """The RTF, cut at its own RAWSIZE and at `MAX_RTF_BYTES`; b"" for what is none."""
    if len(data) < _HEADER.size:
        return b""
    _, raw_size, kind, _ = _HEADER.unpack_from(data)
    limit = min(raw_size, MAX_RTF_BYTES)
    if kind == _PLAIN:
        return data[_HEADER.size : _HEADER.size + limit]
    return _unpacked(data, limit) if kind == _COMPRESSED else b""


def _unpacked(data: bytes, limit: int) -> bytes:
    ring = bytearray(_DICTIONARY.ljust(_SIZE, b"\0"))
    write = len(_DICTIONARY)
    out = bytearray()
    at, end = _HEADER.size, len(data)
    while at < end and len(out) < limit:
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= end or len(out) >= limit:
                break
            if not control >> bit & 1:
                ring[write] = data[at]
                out.append(data[at])
                write = (write + 1) % _SIZE
                at += 1
                continue
            if at + 2 > end:
                return bytes(out[:limit])
            reference = data[at] << 8 | data[at + 1]
            at += 2
            read = reference >> 4
            if read == write:  # 2.1.3.2: the end
                return bytes(out[:limit])
            for _ in range((reference & 15) + 2):
                byte = ring[read]
                ring[write] = byte
                out.append(byte)
                read, write = (read + 1) % _SIZE, (write + 1) % _SIZE
    return bytes(out[:limit])
