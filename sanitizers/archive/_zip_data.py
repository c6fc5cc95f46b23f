"""Unpacks the data of one ZIP entry, to exactly its declared size and CRC.

Stored and deflated data, which is nearly all, by zlib; Deflate64 by inflate64; BZIP2,
LZMA, Zstandard, XZ and PPMd by libarchive. Output is made in small blocks, so a stream that
says more than its header ends before it costs memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import inflate64

from sanitizers.archive import _libarchive
from sanitizers.archive._entry import BLOCK, EntryWithheld
from sanitizers.archive._zip_crypto import wrap
from sanitizers.reasons import ReasonCode

_STORED: Final = 0  # APPNOTE 4.4.5
_DEFLATED: Final = 8
_DEFLATE64: Final = 9
_BY_LIBARCHIVE: Final = frozenset((12, 14, 93, 95, 98))  # BZIP2, LZMA, Zstandard, XZ, PPMd
_STEP: Final = 1 << 16  # packed bytes given to zlib at a time
#: A match of Deflate64 is up to 65,538 bytes long and takes two bits: 64 bytes give at most
#: 17 MB at once, and inflate64 has no limit of its own.
_STEP64: Final = 64


def unpacked(
    packed: memoryview | bytes, *, method: int, size: int, crc: int | None
) -> Iterator[bytes | memoryview]:
    """Blocks of an entry's content; `crc` None where the archive has another check (AE-2).

    Raises:
        EntryWithheld: damaged, longer or shorter than declared, or packed in another way.
    """
    packed = memoryview(packed)
    if method == _STORED:
        blocks = _stored(packed)
    elif method == _DEFLATED:
        blocks = _inflated(packed)
    elif method == _DEFLATE64:
        blocks = _inflated64(packed)
    elif method in _BY_LIBARCHIVE:
        blocks = _by_libarchive(packed, method, size)
    else:
        raise EntryWithheld(ReasonCode.UNSUPPORTED_TYPE)
    total, sum_ = 0, 0
    for block in blocks:
        total += len(block)
        if total > size:
            raise EntryWithheld(ReasonCode.DAMAGED)
        sum_ = zlib.crc32(block, sum_)
        yield block
    if total != size or (crc is not None and sum_ != crc):
        raise EntryWithheld(ReasonCode.DAMAGED)


def _stored(packed: memoryview) -> Iterator[bytes | memoryview]:
    for at in range(0, len(packed), BLOCK):
        yield packed[at : at + BLOCK]


def _inflated(packed: memoryview) -> Iterator[bytes | memoryview]:
    stream = zlib.decompressobj(-15)
    for at in range(0, len(packed), _STEP):
        pending: bytes | memoryview = packed[at : at + _STEP]
        while pending and not stream.eof:
            try:
                block = stream.decompress(pending, BLOCK)
            except zlib.error as error:
                raise EntryWithheld(ReasonCode.DAMAGED) from error
            pending = stream.unconsumed_tail
            if block:
                yield block
    while not stream.eof:  # the last input may still hold output
        try:
            block = stream.decompress(b"", BLOCK)
        except zlib.error as error:
            raise EntryWithheld(ReasonCode.DAMAGED) from error
        if not block:
            raise EntryWithheld(ReasonCode.DAMAGED)
        yield block


def _inflated64(packed: memoryview) -> Iterator[bytes | memoryview]:
    stream = inflate64.Inflater()
    for at in range(0, len(packed), _STEP64):
        try:
            block = stream.inflate(bytes(packed[at : at + _STEP64]))
        except (ValueError, RuntimeError) as error:
            raise EntryWithheld(ReasonCode.DAMAGED) from error
        if block:
            yield block
        if stream.eof:
            return


def _by_libarchive(packed: memoryview, method: int, size: int) -> Iterator[bytes | memoryview]:
    flags = 2 if method == 14 else 0  # 4.4.4, bit 1: LZMA may end with a marker
    wrapped = wrap(packed, method=method, flags=flags, crc=0, size=size)
    try:
        with _libarchive.Reading(wrapped, "zip_seekable", options=b"zip:ignorecrc32") as archive:
            for _ in archive.headers():
                yield from archive.blocks()
                return
    except (_libarchive.LibarchiveError, _libarchive.EntryError) as error:
        raise EntryWithheld(ReasonCode.DAMAGED) from error
