"""How a track's samples are coded: H.264 or AAC, as ffmpeg writes them, and nothing else.

The sample description is rebuilt from its numbers. Of H.264 only slices cross: supplemental
information (SEI: the encoder's notes, captions), delimiters and filler are left out.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.limits import MAX_SIDE
from sanitizers.media._boxes import Box, box, damaged, inside

#: ITU-T H.264, A.2: profile_idc of Baseline, Main and High.
_PROFILES: Final = frozenset((66, 77, 100))
_HIGH: Final = 100
#: ITU-T H.264, 7.4.1, table 7-1: slices of a non-IDR and of an IDR picture.
_SLICES: Final = frozenset((1, 5))
_SPS, _PPS = 7, 8
MAX_PARAMETER_SET: Final = 1_000  # bytes; x264 writes under 60
MAX_PICTURE_PARAMETER_SETS: Final = 4
#: ISO/IEC 14496-3, table 1.18: sampling rates by index.
RATES: Final = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
    8_000, 7_350,
)  # fmt: skip
MAX_CHANNELS: Final = 7  # table 1.19: configurations 1 to 7; 0 is described elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Avc:
    """H.264: pictures in pixels, pixel shape, parameter sets."""

    width: int
    height: int
    shape: tuple[int, int] | None  # pasp
    sps: bytes
    pps: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aac:
    """AAC-LC: index of the sampling rate, and channel configuration."""

    rate: int
    channels: int
    bits_per_second: int


Coding = Avc | Aac


def read(handler: bytes, stsd: Box) -> Coding:
    """The one sample entry of `stsd` (ISO/IEC 14496-12, 8.5.2).

    Raises:
        Withheld: DAMAGED, for a coding that ffmpeg was not told to write.
    """
    if len(stsd.body) < 8 or struct.unpack_from(">I", stsd.body, 4) != (1,):
        raise damaged("sample entries")
    entries = list(inside(stsd, 8))
    if len(entries) != 1:
        raise damaged("sample entries")
    (entry,) = entries
    if handler == b"vide" and entry.kind == b"avc1" and len(entry.body) > 78:
        return _avc(entry)
    if handler == b"soun" and entry.kind == b"mp4a" and len(entry.body) > 28:
        return _aac(entry)
    raise damaged("coding")


def _avc(entry: Box) -> Avc:
    """ISO/IEC 14496-15, 5.4.2: AVCSampleEntry with `avcC`."""
    width, height = struct.unpack_from(">HH", entry.body, 24)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise damaged("size")
    found = {child.kind: child.body for child in inside(entry, 78)}
    shape: tuple[int, int] | None = None
    if b"pasp" in found:
        if len(found[b"pasp"]) != 8:
            raise damaged("pasp")
        across, down = struct.unpack(">II", found[b"pasp"])
        shape = (across, down) if across and down else None
    sps, pps = _parameter_sets(bytes(found.get(b"avcC", b"")))
    return Avc(width=width, height=height, shape=shape, sps=sps, pps=pps)


def _parameter_sets(record: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """ISO/IEC 14496-15, 5.3.3.1: one sequence and some picture parameter sets."""
    if len(record) < 7 or record[0] != 1 or record[4] & 3 != 3 or record[5] & 31 != 1:
        raise damaged("avcC")
    sps, at = _parameter_set(record, 6, _SPS)
    if sps[1] not in _PROFILES:
        raise damaged("profile")
    count = int.from_bytes(record[at : at + 1], "big")
    if not 0 < count <= MAX_PICTURE_PARAMETER_SETS:
        raise damaged("parameter sets")
    at += 1
    pps: list[bytes] = []
    for _ in range(count):
        one, at = _parameter_set(record, at, _PPS)
        pps.append(one)
    return sps, tuple(pps)


def _parameter_set(record: bytes, at: int, kind: int) -> tuple[bytes, int]:
    """The set with its length in front at `at`, and where it ends."""
    size = int.from_bytes(record[at : at + 2], "big")
    found = record[at + 2 : at + 2 + size]
    if not 4 <= len(found) == size <= MAX_PARAMETER_SET or found[0] & 0x9F != kind:
        raise damaged("parameter set")
    return found, at + 2 + size


def _descriptors(data: bytes) -> Iterator[tuple[int, bytes]]:
    """ISO/IEC 14496-1, 7.2.2.2 and 8.3.3: tag, length in groups of seven bits, payload."""
    at = 0
    while at < len(data):
        tag, size = data[at], 0
        at += 1
        for _ in range(4):
            if at >= len(data):
                raise damaged("descriptor")
            size = size << 7 | data[at] & 0x7F
            at += 1
            if not data[at - 1] & 0x80:
                break
        if at + size > len(data):
            raise damaged("descriptor")
        yield tag, data[at : at + size]
        at += size


def _descriptor(data: bytes, tag: int) -> bytes:
    for found, body in _descriptors(data):
        if found == tag:
            return body
    raise damaged("descriptor missing")


def _aac(entry: Box) -> Aac:
    """ISO/IEC 14496-14, 5.6: `esds`; 14496-1, 7.2.6.5; 14496-3, 1.6.2.1."""
    found = {child.kind: child.body for child in inside(entry, 28)}
    stream = _descriptor(bytes(found.get(b"esds", b""))[4:], 3)
    if len(stream) < 3 or stream[2]:
        raise damaged("ES_Descriptor")
    decoder = _descriptor(stream[3:], 4)
    if len(decoder) < 13 or decoder[0] != 0x40:
        raise damaged("DecoderConfigDescriptor")
    config = _descriptor(decoder[13:], 5)
    bits = int.from_bytes(config[:2], "big")
    rate, channels = bits >> 7 & 15, bits >> 3 & 15
    plain = bits >> 11 == 2 and not bits & 7  # AAC-LC, frames of 1,024, no extension
    if len(config) < 2 or not plain or rate >= len(RATES) or not 0 < channels <= MAX_CHANNELS:
        raise damaged("AudioSpecificConfig")
    average = int.from_bytes(decoder[9:13], "big")
    return Aac(rate=rate, channels=channels, bits_per_second=min(average, 10_000_000))


def write(coding: Coding) -> bytes:
    """`stsd` with one entry, from the numbers alone."""
    entry = _write_avc(coding) if isinstance(coding, Avc) else _write_aac(coding)
    return box(b"stsd", struct.pack(">II", 0, 1), entry)


def _write_avc(coding: Avc) -> bytes:
    resolution = 0x480000  # 72 dpi, ISO/IEC 14496-12, 12.1.3
    head = struct.pack(
        ">6xH16xHHII4xH32xHh", 1, coding.width, coding.height, resolution, resolution, 1, 24, -1
    )
    record = bytes((1, *coding.sps[1:4], 0xFF, 0xE1)) + _counted(coding.sps)
    record += bytes((len(coding.pps),)) + b"".join(map(_counted, coding.pps))
    if coding.sps[1] == _HIGH:
        record += b"\xfd\xf8\xf8\0"  # 4:2:0, 8 bits, no further sets
    shape = b"" if coding.shape is None else box(b"pasp", struct.pack(">II", *coding.shape))
    return box(b"avc1", head, box(b"avcC", record), shape)


def _counted(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


def _write_aac(coding: Aac) -> bytes:
    rate = RATES[coding.rate]
    head = struct.pack(
        ">6xH8xHH4xI", 1, min(coding.channels, 2), 16, (rate if rate < 1 << 16 else 0) << 16
    )
    config = struct.pack(">H", 2 << 11 | coding.rate << 7 | coding.channels << 3)
    bits = coding.bits_per_second
    decoder = struct.pack(">BB3xII", 0x40, 0x15, bits, bits) + _tagged(5, config)
    stream = struct.pack(">HB", 0, 0) + _tagged(4, decoder) + _tagged(6, b"\2")
    return box(b"mp4a", head, box(b"esds", bytes(4), _tagged(3, stream)))


def _tagged(tag: int, body: bytes) -> bytes:
    """A descriptor; all of ours are shorter than 128 bytes."""
    return bytes((tag, len(body))) + body


def slices(data: memoryview, at: int, size: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each slice of one H.264 sample, its length field included.

    Raises:
        Withheld: DAMAGED, when the units do not fill the sample.
    """
    end = at + size
    while at < end:
        if at + 5 > end:
            raise damaged("NAL unit")
        after = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if not at + 5 <= after <= end or data[at + 4] & 0x80:
            raise damaged("NAL unit")
        if data[at + 4] & 31 in _SLICES:
            yield at, after
        at = after


def new_sizes(coding: Coding, data: memoryview, samples: Iterator[tuple[int, int]]) -> array[int]:
    """How large each sample becomes; it also checks every one of them."""
    found = array("I")
    for at, size in samples:
        if isinstance(coding, Avc):
            found.append(sum(end - start for start, end in slices(data, at, size)))
        else:
            found.append(size)
        if not found[-1]:
            raise damaged("empty sample")
    return found
