"""GIF (CompuServe GIF89a), static and animated, to the same.

Every frame is decoded to its colour indexes and encoded anew with the colours it uses, so
rectangles, disposal and timing stay and nothing is quantized. Parts of a frame outside
of the screen are cut off.

EMITS, in this order and nothing else:
    "GIF89a"; logical screen descriptor (global table flag set, background 0, aspect 0);
    global colour table; one "NETSCAPE2.0" application extension (sub-block 03 01 lo hi) if
    the source had one; per frame: graphic control extension (21 F9 04, disposal 0..3, user
    input 0, transparent flag; index 0 and delay 0 where unused), image descriptor (inside
    the screen, not interlaced, no sort flag, optional local table), LZW minimum code size 8,
    sub-blocks, 00; trailer 3B as the last byte. Table entries that no pixel uses are 0.
    The graphic control extension is left out only for a still without transparency.
    Never comment, plain text or other application extensions.
"""

from __future__ import annotations

import struct
from typing import Final

from PIL import Image

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.gif_blocks import GifFrame, GifStructure, walk
from sanitizers.image.raster import FrameBudget, PictureSanitizer, check_size
from sanitizers.model import Job, Output
from sanitizers.reasons import ReasonCode, Withheld

#: Pillow's LZW encoder starts at 8 bits whatever the table's size is.
_CODE_SIZE: Final = 8
#: GIF89a allows 8; some old encoders count one or two bits too many, codes end at 12 bits.
MAX_CODE_SIZE: Final = 11
_GREY: Final = bytes(v for v in range(256) for _ in range(3))

Colour = tuple[int, int, int]


class GifSanitizer(PictureSanitizer):
    """GIF."""

    media_types = ("image/gif",)
    outputs = ("image/gif",)

    @classmethod
    def warm(cls) -> None:
        """Use the LZW decoder and encoder once."""
        Image.preinit()
        stream = Image.new("L", (2, 2)).tobytes("gif", "L", _CODE_SIZE, 0)
        Image.new("L", (2, 2)).frombytes(stream + b"\0", "gif", (_CODE_SIZE, 0, -1))

    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Decode and encode every frame."""
        found = walk(job.data, findings)
        if not found.frames:
            raise Withheld(ReasonCode.DAMAGED, "no frame")
        if 0 in found.size:
            found.size = found.frames[0].box[2:]
        check_size(job, found.size, mode="P", frames=len(found.frames))
        budget = FrameBudget(job)
        for frame in found.frames:
            budget.add(frame.box[2:], mode="P")
        _Writer(out, found, findings).write()
        return "image/gif", ".gif"


class _Writer:
    """Writes one GIF. The global table is that of the first frame."""

    def __init__(self, out: Output, found: GifStructure, findings: Findings) -> None:
        self._out = out
        self._found = found
        self._findings = findings
        self._plain = len(found.frames) == 1 and found.frames[0].transparent is None

    def write(self) -> None:
        """Header, frames, trailer."""
        shared: dict[Colour, int] = {}
        slot: int | None = None  # of transparency in the global table
        for number, frame in enumerate(self._found.frames):
            pixels, left, top = self._decode(frame)
            counts = pixels.histogram()
            used = [i for i in range(256) if counts[i] and i != frame.transparent]
            colours = {i: _colour(frame.colours or _GREY, i) for i in used}
            clear = frame.transparent is not None and counts[frame.transparent] > 0
            if number == 0:
                shared = {c: n for n, c in enumerate(dict.fromkeys(colours.values()))}
                some = any(f.transparent is not None for f in self._found.frames)
                slot = len(shared) if some and len(shared) < 256 else None
                self._header(_table([*shared] + [(0, 0, 0)] * (slot is not None)))
            self._unused(frame, counts)
            places, clear_place, local = shared, slot, b""
            if not set(colours.values()) <= shared.keys() or (clear and slot is None):
                places = {c: n for n, c in enumerate(dict.fromkeys(colours.values()))}
                clear_place = len(places) if clear else None
                local = _table([*places] + [(0, 0, 0)] * clear)
            lookup = [places[colours[i]] if i in colours else 0 for i in range(256)]
            if clear and frame.transparent is not None and clear_place is not None:
                lookup[frame.transparent] = clear_place
            if any(counts[i] and lookup[i] != i for i in range(256)):
                pixels = pixels.point(lookup)
            self._frame(frame, pixels, (left, top), clear_place if clear else None, local)
        self._out.write(b"\x3b")

    def _decode(self, frame: GifFrame) -> tuple[Image.Image, int, int]:
        """The colour indexes inside of the screen, and their place."""
        left, top, width, height = frame.box
        if not width or not height or not 1 <= frame.code_size <= MAX_CODE_SIZE:
            raise Withheld(ReasonCode.DAMAGED, "bad image descriptor")
        pixels = Image.new("L", (width, height), frame.transparent or 0)
        try:
            pixels.frombytes(bytes(frame.data), "gif", (frame.code_size, int(frame.interlaced), -1))
        except ValueError:
            if pixels.getbbox() is None:
                raise
            self._findings.add(Kind.DAMAGED, Action.NOTED, where="picture data ends early")
        right = min(left + width, self._found.size[0])
        bottom = min(top + height, self._found.size[1])
        if (right - left, bottom - top) == (width, height):
            return pixels, left, top
        self._findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="pixels outside of the screen")
        if right <= left or bottom <= top:
            # Nothing of it is seen, but its time passes: one pixel, transparent.
            frame.transparent = 0
            return Image.new("L", (1, 1), 0), 0, 0
        return pixels.crop((0, 0, right - left, bottom - top)), left, top

    def _unused(self, frame: GifFrame, counts: list[int]) -> None:
        entries = len(frame.colours) // 3
        if any(
            (not counts[i] or i == frame.transparent) and any(_colour(frame.colours, i))
            for i in range(entries)
        ):
            self._findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="unused palette entries")

    def _header(self, table: bytes) -> None:
        self._out.write(b"GIF89a" + struct.pack("<HH", *self._found.size))
        self._out.write(bytes((0xF0 | _depth(table), 0, 0)) + table)
        if self._found.loops is not None:
            self._out.write(b"\x21\xff\x0bNETSCAPE2.0\x03\x01")
            self._out.write(struct.pack("<HB", self._found.loops, 0))

    def _frame(
        self,
        frame: GifFrame,
        pixels: Image.Image,
        place: tuple[int, int],
        transparent: int | None,
        local: bytes,
    ) -> None:
        if not self._plain:
            flags = frame.disposal << 2 | (transparent is not None)
            control = struct.pack("<BHBB", flags, frame.delay, transparent or 0, 0)
            self._out.write(b"\x21\xf9\x04" + control)
        self._out.write(b"\x2c" + struct.pack("<HHHH", *place, *pixels.size))
        self._out.write(bytes((0x80 | _depth(local) if local else 0,)) + local)
        self._out.write(bytes((_CODE_SIZE,)))
        self._out.write(pixels.tobytes("gif", "L", _CODE_SIZE, 0))
        self._out.write(b"\0")


def _colour(table: bytes, index: int) -> Colour:
    """Entry `index`; black where the table is too short."""
    entry = table[3 * index : 3 * index + 3]
    return (entry[0], entry[1], entry[2]) if len(entry) == 3 else (0, 0, 0)


def _table(colours: list[Colour]) -> bytes:
    """A colour table filled up with black to a power of two of at least two entries."""
    size = 2
    while size < len(colours):
        size *= 2
    return b"".join(bytes(c) for c in colours).ljust(3 * size, b"\0")


def _depth(table: bytes) -> int:
    """The table's size as the descriptors say it: log2(entries) - 1."""
    return (len(table) // 3).bit_length() - 2
