"""MP4 as our writer may write it: every box in its one place, every byte of `mdat` a sample.

ISO/IEC 14496-12, read anew as a fixed order of boxes. All fields that are not tables or
numbers of the film have one allowed value; the chunks of the tracks tile `mdat` from its first
byte to its last, and an H.264 sample consists of slices only.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sanitizers.limits import MAX_SIDE
from sanitizers.model import Verifier
from sanitizers.verify import Rejected, _mp4_entries

_BRANDS: Final = {
    "video/mp4": b"isom\0\0\2\0isomiso2avc1mp41",
    "audio/mp4": b"M4A \0\0\2\0M4A isomiso2mp41",
}
_MATRIX: Final = bytes.fromhex(
    "000100000000000000000000000000000001000000000000000000000000000040000000"
)
_DINF: Final = bytes.fromhex("0000001c6472656600000000000000010000000c75726c2000000001")
_MEDIA: Final = {
    b"vide": (b"vmhd", bytes.fromhex("000000010000000000000000"), b"VideoHandler\0"),
    b"soun": (b"smhd", bytes(8), b"SoundHandler\0"),
}
_MAX_SAMPLES: Final = 5_000_000
_MAX_EDITS: Final = 8


@dataclass(frozen=True, slots=True)
class _Chunk:
    start: int
    sizes: Sequence[int]
    sliced: bool  # H.264: the samples are NAL units


class _Reader:
    """A range of the file that is consumed box by box."""

    def __init__(self, data: memoryview, at: int, end: int) -> None:
        self._data, self.at, self.end = data, at, end

    def peek(self) -> bytes:
        """The type of the next box, or nothing."""
        return bytes(self._data[self.at + 4 : self.at + 8]) if self.at + 8 <= self.end else b""

    def enter(self, kind: bytes) -> _Reader:
        """The next box, which must be of this type."""
        if self.peek() != kind:
            raise Rejected(f"not the box expected: {kind.decode()}")
        (size,) = struct.unpack_from(">I", self._data, self.at)
        if size < 8 or self.at + size > self.end:
            raise Rejected("box size")
        inner = _Reader(self._data, self.at + 8, self.at + size)
        self.at += size
        return inner

    def take(self, size: int) -> memoryview:
        """The next bytes of this box."""
        if size < 0 or self.at + size > self.end:
            raise Rejected("box ends early")
        self.at += size
        return self._data[self.at - size : self.at]

    def expect(self, value: bytes) -> None:
        """Bytes with one allowed value."""
        if bytes(self.take(len(value))) != value:
            raise Rejected("fixed field")

    def number(self) -> int:
        """A 32-bit number."""
        return int.from_bytes(self.take(4), "big")

    def numbers(self, count: int) -> tuple[int, ...]:
        """So many 32-bit numbers."""
        return struct.unpack(f">{count}I", self.take(4 * count))

    def rest(self) -> bytes:
        """All that is left."""
        return bytes(self.take(self.end - self.at))

    def done(self) -> None:
        """Nothing may be left."""
        if self.at != self.end:
            raise Rejected("bytes left over in a box")


class Mp4Verifier(Verifier):
    """A film with one picture track and at most one of sound, or sound alone."""

    media_types = ("video/mp4", "audio/mp4")

    def verify(self, data: memoryview) -> None:
        """Accept ftyp, moov and mdat in this order, consumed whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        whole = _Reader(data, 0, len(data))
        brands = whole.enter(b"ftyp").rest()
        if brands not in _BRANDS.values():
            raise Rejected("brands")
        chunks, kinds = _moov(whole.enter(b"moov"))
        wanted: tuple[list[bytes], ...] = ([b"soun"],)
        if brands == _BRANDS["video/mp4"]:
            wanted = ([b"vide"], [b"soun", b"vide"])
        if sorted(kinds) not in wanted:
            raise Rejected("tracks")
        body = whole.enter(b"mdat")
        whole.done()
        at = body.at
        for chunk in sorted(chunks, key=lambda c: c.start):
            if chunk.start != at:
                raise Rejected("gap or overlap in mdat")
            for size in chunk.sizes:
                if not size or at + size > body.end:
                    raise Rejected("sample")
                if chunk.sliced:
                    _slices(data, at, at + size)
                at += size
        if at != body.end:
            raise Rejected("mdat holds more than its samples")


def _slices(data: memoryview, at: int, end: int) -> None:
    while at < end:
        if at + 5 > end:
            raise Rejected("NAL unit")
        (size,) = struct.unpack_from(">I", data, at)
        # forbidden_zero_bit 0; a slice of a non-IDR or an IDR picture (H.264, table 7-1).
        if data[at + 4] & 0x9F not in (1, 5) or size < 2:
            raise Rejected("NAL unit type")
        at += 4 + size
    if at != end:
        raise Rejected("NAL unit size")


def _moov(moov: _Reader) -> tuple[list[_Chunk], list[bytes]]:
    mvhd = moov.enter(b"mvhd")
    mvhd.expect(bytes(12))
    if not mvhd.number():
        raise Rejected("timescale")
    mvhd.number()
    mvhd.expect(b"\0\1\0\0\1\0" + bytes(10) + _MATRIX + bytes(24))
    following = mvhd.number()
    mvhd.done()
    chunks: list[_Chunk] = []
    kinds: list[bytes] = []
    while moov.peek():
        kinds.append(_trak(moov.enter(b"trak"), len(kinds) + 1, chunks))
    moov.done()
    if following != len(kinds) + 1:
        raise Rejected("track numbers")
    return chunks, kinds


def _trak(trak: _Reader, number: int, chunks: list[_Chunk]) -> bytes:
    tkhd = trak.enter(b"tkhd")
    tkhd.expect(b"\0\0\0\3" + bytes(8) + struct.pack(">I", number) + bytes(4))
    tkhd.number()
    tkhd.expect(bytes(12))
    volume = bytes(tkhd.take(2))
    tkhd.expect(bytes(2) + _MATRIX)
    width, height = tkhd.numbers(2)
    tkhd.done()
    if trak.peek() == b"edts":
        _edits(trak.enter(b"edts"))
    mdia = trak.enter(b"mdia")
    trak.done()
    mdhd = mdia.enter(b"mdhd")
    mdhd.expect(bytes(12))
    if not mdhd.number():
        raise Rejected("timescale")
    mdhd.number()
    mdhd.expect(b"\x55\xc4\0\0")
    mdhd.done()
    hdlr = mdia.enter(b"hdlr")
    hdlr.expect(bytes(8))
    handler = bytes(hdlr.take(4))
    if handler not in _MEDIA:
        raise Rejected("handler")
    kind, header, name = _MEDIA[handler]
    hdlr.expect(bytes(12) + name)
    hdlr.done()
    seen = handler == b"vide"
    if max(width, height) >> 16 > MAX_SIDE or (not seen and (width or height)):
        raise Rejected("shown size")
    if volume != (b"\0\0" if seen else b"\1\0"):
        raise Rejected("volume")
    minf = mdia.enter(b"minf")
    mdia.done()
    if minf.enter(kind).rest() != header or minf.enter(b"dinf").rest() != _DINF:
        raise Rejected("media header or data reference")
    stbl = minf.enter(b"stbl")
    minf.done()
    _mp4_entries.check(handler, stbl.enter(b"stsd").rest())
    chunks.extend(_table(stbl, sliced=seen))
    return handler


def _edits(edts: _Reader) -> None:
    elst = edts.enter(b"elst")
    edts.done()
    elst.expect(bytes(4))
    count = elst.number()
    if not 1 <= count <= _MAX_EDITS:
        raise Rejected("edits")
    for _ in range(count):
        elst.numbers(2)
        elst.expect(b"\0\1\0\0")
    elst.done()


def _counted(found: _Reader, each: int, *, versions: bytes = b"\0") -> tuple[int, ...]:
    """A full box with a counted table of `each` numbers a row."""
    if bytes(found.take(1)) not in (versions[:1], versions[-1:]):
        raise Rejected("version")
    found.expect(bytes(3))
    count = found.number()
    if count > _MAX_SAMPLES:
        raise Rejected("table length")
    table = found.numbers(each * count)
    found.done()
    return table


def _table(stbl: _Reader, *, sliced: bool) -> list[_Chunk]:
    times = _counted(stbl.enter(b"stts"), 2)
    sync = _counted(stbl.enter(b"stss"), 1) if stbl.peek() == b"stss" else ()
    shifts: tuple[int, ...] | None = None
    if stbl.peek() == b"ctts":
        shifts = _counted(stbl.enter(b"ctts"), 2, versions=b"\0\1")
    runs = _counted(stbl.enter(b"stsc"), 3)
    stsz = stbl.enter(b"stsz")
    stsz.expect(bytes(8))
    count = stsz.number()
    if not 1 <= count <= _MAX_SAMPLES:
        raise Rejected("number of samples")
    sizes = stsz.numbers(count)
    stsz.done()
    offsets = _counted(stbl.enter(b"stco"), 1)
    stbl.done()
    if sum(times[::2]) != count or (shifts is not None and sum(shifts[::2]) != count):
        raise Rejected("times of samples")
    if any(a >= b for a, b in zip((0, *sync), sync, strict=False)) or (sync and sync[-1] > count):
        raise Rejected("sync samples")
    chunks: list[_Chunk] = []
    run, at, per = 0, 0, 0
    for number, offset in enumerate(offsets, start=1):
        if 3 * run < len(runs) and runs[3 * run] == number:
            per, entry = runs[3 * run + 1 : 3 * run + 3]
            run += 1
            if not per or entry != 1:
                raise Rejected("stsc")
        chunks.append(_Chunk(offset, sizes[at : at + per], sliced))
        at += per
    if at != count or 3 * run != len(runs) or any(not chunk.sizes for chunk in chunks):
        raise Rejected("chunks")
    return chunks
