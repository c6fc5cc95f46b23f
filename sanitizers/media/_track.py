"""One track of a film as our encoder needs it: read from `trak`, written as `trak`.

Read are only the fields named here (ISO/IEC 14496-12, section beside each); what else a
track holds is not looked at and does not cross.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sanitizers.limits import MAX_SIDE
from sanitizers.media import _codecs
from sanitizers.media._boxes import Box, at_most_one, box, damaged, one

#: Samples of one track: a day of video at 50 frames a second.
MAX_SAMPLES: Final = 5_000_000
MAX_EDITS: Final = 8  # ffmpeg writes one, and one more for a late start
#: Handler (8.4.3) → its media header (12.1.2, 12.2.2) as written, and its name.
_HEADERS: Final = {
    b"vide": (b"vmhd", b"\0\0\0\1" + bytes(8), b"VideoHandler\0"),
    b"soun": (b"smhd", bytes(8), b"SoundHandler\0"),
}
HANDLERS: Final = tuple(_HEADERS)
#: 6.2.2: the identity matrix; ffmpeg turns the pictures themselves.
MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_LANGUAGE: Final = 0x55C4  # 8.4.2.3: "und"


@dataclass(slots=True, kw_only=True)
class Track:
    """What is kept of a track. Times are in units of the timescales, offsets in bytes."""

    handler: bytes
    duration: int  # in the movie's timescale
    size: tuple[int, int]  # shown width and height, 16.16
    timescale: int
    media_duration: int
    coding: _codecs.Coding
    edits: tuple[tuple[int, int], ...]
    stts: tuple[tuple[int, int], ...]
    ctts: tuple[tuple[int, int], ...]
    signed: bool  # version 1 of ctts: offsets may be negative
    stss: array[int] | None
    sizes: array[int]  # of the samples
    chunks: tuple[tuple[int, int], ...]  # (offset, number of samples), in order
    new_sizes: array[int] = field(default_factory=lambda: array("I"))

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """(offset, first sample, end sample) of each chunk."""
        first = 0
        for offset, count in self.chunks:
            yield offset, first, first + count
            first += count


def read(trak: Box, data: memoryview) -> Track:
    """Take the fields of a `trak` (8.3.1).

    Raises:
        Withheld: DAMAGED, for what ffmpeg does not write.
    """
    mdia = one(trak, b"mdia")
    handler = bytes(one(mdia, b"hdlr").body[8:12])
    if handler not in _HEADERS:
        raise damaged("handler")
    stbl = one(one(mdia, b"minf"), b"stbl")
    timescale, media_duration = _times(one(mdia, b"mdhd").body, 0)
    duration, size = _track_header(one(trak, b"tkhd").body)
    sizes = _sizes(one(stbl, b"stsz").body)
    signed, ctts = _ctts(at_most_one(stbl, b"ctts"), len(sizes))
    stss = at_most_one(stbl, b"stss")
    track = Track(
        handler=handler,
        duration=duration,
        size=size if handler == b"vide" else (0, 0),
        timescale=timescale,
        media_duration=media_duration,
        coding=_codecs.read(handler, one(stbl, b"stsd")),
        edits=_edits(at_most_one(trak, b"edts")),
        stts=_pairs(one(stbl, b"stts").body, len(sizes)),
        ctts=ctts,
        signed=signed,
        stss=None if stss is None else _sync(stss.body, len(sizes)),
        sizes=sizes,
        chunks=_chunks(stbl, len(sizes)),
    )
    track.new_sizes = _codecs.new_sizes(track.coding, data, _samples(track, len(data)))
    return track


def _samples(track: Track, end: int) -> Iterator[tuple[int, int]]:
    for offset, first, last in track.runs():
        at = offset
        for size in track.sizes[first:last]:
            if at + size > end:
                raise damaged("sample outside of the file")
            yield at, size
            at += size


def _words(body: memoryview, at: int, count: int) -> array[int]:
    """`count` 32-bit numbers that fill the payload from `at` exactly."""
    if len(body) != at + 4 * count:
        raise damaged("table size")
    found = array("I")
    found.frombytes(body[at:])
    found.byteswap()
    return found


def _count(body: memoryview, at: int = 4) -> int:
    if len(body) < at + 4:
        raise damaged("table")
    (count,) = struct.unpack_from(">I", body, at)
    if count > MAX_SAMPLES:
        raise damaged("table length")
    return int(count)


def _times(body: memoryview, after: int) -> tuple[int, int]:
    """Timescale and duration of `mdhd` (8.4.2) or `mvhd` (8.2.2), version 0."""
    if len(body) < 20 + after or body[0] != 0:
        raise damaged("times")
    timescale, duration = struct.unpack_from(">II", body, 12)
    if not timescale:
        raise damaged("timescale")
    return int(timescale), int(duration)


def movie_times(mvhd: Box) -> tuple[int, int]:
    """Timescale and duration of the movie (8.2.2)."""
    return _times(mvhd.body, 80)


def _track_header(body: memoryview) -> tuple[int, tuple[int, int]]:
    """8.3.2, version 0: duration in the movie's timescale; width and height, 16.16."""
    if len(body) != 84 or body[0] != 0:
        raise damaged("tkhd")
    (duration,) = struct.unpack_from(">I", body, 20)
    width, height = struct.unpack_from(">II", body, 76)
    if max(width, height) >> 16 > MAX_SIDE:
        raise damaged("size")
    return int(duration), (int(width), int(height))


def _sizes(body: memoryview) -> array[int]:
    """8.7.3: stsz."""
    if len(body) < 12:
        raise damaged("stsz")
    same, count = struct.unpack_from(">II", body, 4)
    if not 0 < count <= MAX_SAMPLES:
        raise damaged("number of samples")
    return array("I", [same]) * count if same else _words(body, 12, count)


def _pairs(body: memoryview, samples: int) -> tuple[tuple[int, int], ...]:
    """8.6.1.2: runs of (count, value) that cover all samples."""
    count = _count(body)
    words = _words(body, 8, 2 * count)
    if sum(words[0::2]) != samples:
        raise damaged("runs do not cover the samples")
    return tuple(zip(words[0::2], words[1::2], strict=True))


def _ctts(found: Box | None, samples: int) -> tuple[bool, tuple[tuple[int, int], ...]]:
    """8.6.1.3."""
    if found is None:
        return False, ()
    if not len(found.body) or found.body[0] > 1:
        raise damaged("ctts")
    return found.body[0] == 1, _pairs(found.body, samples)


def _sync(body: memoryview, samples: int) -> array[int]:
    """8.6.2: numbers of the sync samples, growing."""
    found = _words(body, 8, _count(body))
    last = 0
    for number in found:
        if not last < number <= samples:
            raise damaged("stss")
        last = number
    return found


def _edits(edts: Box | None) -> tuple[tuple[int, int], ...]:
    """8.6.6, version 0: (duration, start) at normal speed; a start of 0xFFFFFFFF is empty."""
    if edts is None:
        return ()
    body = one(edts, b"elst").body
    count = _count(body)
    if count > MAX_EDITS or body[0] != 0 or len(body) != 8 + 12 * count:
        raise damaged("elst")
    found = []
    for duration, start, rate in struct.iter_unpack(">III", body[8:]):
        if rate != 0x10000:
            raise damaged("speed")
        found.append((duration, start))
    return tuple(found)


def _chunks(stbl: Box, samples: int) -> tuple[tuple[int, int], ...]:
    """8.7.4, 8.7.5: where each chunk lies, and how many samples it holds."""
    narrow, wide = at_most_one(stbl, b"stco"), at_most_one(stbl, b"co64")
    if (narrow is None) == (wide is None):
        raise damaged("chunk offsets")
    if narrow is not None:
        offsets = list(_words(narrow.body, 8, _count(narrow.body)))
    else:
        body = wide.body if wide is not None else memoryview(b"")
        pairs = _words(body, 8, 2 * _count(body))
        offsets = [high << 32 | low for high, low in zip(pairs[0::2], pairs[1::2], strict=True)]
    body = one(stbl, b"stsc").body
    words = _words(body, 8, 3 * _count(body))
    firsts, counts, entries = words[0::3], words[1::3], words[2::3]
    if any(entry != 1 for entry in entries) or not firsts or firsts[0] != 1:
        raise damaged("stsc")
    ends = [*firsts[1:], len(offsets) + 1]
    found: list[tuple[int, int]] = []
    for first, end, count in zip(firsts, ends, counts, strict=True):
        if not first < end <= len(offsets) + 1 or not count:
            raise damaged("stsc")
        found.extend((offset, count) for offset in offsets[first - 1 : end - 1])
    if sum(count for _, count in found) != samples:
        raise damaged("chunks do not hold the samples")
    return tuple(found)


def write(track: Track, number: int, offsets: array[int]) -> bytes:
    """The `trak` of this track, its chunks at `offsets` of the new file."""
    kind, media_header, name = _HEADERS[track.handler]
    volume = 0x0100 if track.handler == b"soun" else 0
    # Flags: enabled, in the movie. Layer and group 0; full volume for sound.
    tkhd = struct.pack(">I8xI4xI12xH2x", 3, number, track.duration, volume)
    mdhd = struct.pack(">12xIIHH", track.timescale, track.media_duration, _LANGUAGE, 0)
    dref = box(b"dref", struct.pack(">II", 0, 1), box(b"url ", b"\0\0\0\1"))
    parts = [box(b"tkhd", tkhd, MATRIX, struct.pack(">II", *track.size))]
    if track.edits:
        rows = b"".join(struct.pack(">III", *edit, 0x10000) for edit in track.edits)
        parts.append(box(b"edts", box(b"elst", struct.pack(">II", 0, len(track.edits)), rows)))
    minf = box(b"minf", box(kind, media_header), box(b"dinf", dref), _sample_table(track, offsets))
    hdlr = box(b"hdlr", bytes(8), track.handler, bytes(12), name)
    return box(b"trak", *parts, box(b"mdia", box(b"mdhd", mdhd), hdlr, minf))


def _table(words: array[int]) -> bytes:
    swapped = words[:]
    swapped.byteswap()
    return swapped.tobytes()


def _runs(runs: tuple[tuple[int, int], ...], version: int = 0) -> bytes:
    flat = array("I", [number for run in runs for number in run])
    return struct.pack(">B3xI", version, len(runs)) + _table(flat)


def _sample_table(track: Track, offsets: array[int]) -> bytes:
    parts = [_codecs.write(track.coding), box(b"stts", _runs(track.stts))]
    if track.stss is not None:
        parts.append(box(b"stss", struct.pack(">II", 0, len(track.stss)), _table(track.stss)))
    if track.ctts:
        parts.append(box(b"ctts", _runs(track.ctts, int(track.signed))))
    stsc = array("I")
    last = 0
    for number, (_, count) in enumerate(track.chunks, start=1):
        if count != last:
            stsc.extend((number, count, 1))
            last = count
    parts.append(box(b"stsc", struct.pack(">II", 0, len(stsc) // 3), _table(stsc)))
    sizes = struct.pack(">III", 0, 0, len(track.new_sizes)) + _table(track.new_sizes)
    parts.append(box(b"stsz", sizes))
    parts.append(box(b"stco", struct.pack(">II", 0, len(offsets)), _table(offsets)))
    return box(b"stbl", *parts)
