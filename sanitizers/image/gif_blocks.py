"""The blocks of a GIF file (GIF89a specification), parsed into frames.

Every frame is kept as its rectangle, its colour table and the place of its compressed
indexes; comments, plain text and application extensions become findings. One step per
sub-block.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.image.raster import removed
from sanitizers.reasons import ReasonCode, Withheld

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B  # GIF89a, 12
_CONTROL, _COMMENT, _PLAIN_TEXT, _APPLICATION = 0xF9, 0xFE, 0x01, 0xFF  # 23, 24, 25, 26
#: Application extensions that say how often to repeat; the second is an old synonym.
_LOOPING: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
#: Extensions and images of one file; each frame takes two or three.
MAX_BLOCKS: Final = 20_000


@dataclass(slots=True)
class GifFrame:
    """One image as stored. `data` starts at the first sub-block and ends with its 00."""

    box: tuple[int, int, int, int]  # left, top, width, height
    interlaced: bool
    colours: bytes  # RGB triples
    code_size: int
    data: memoryview
    delay: int = 0  # 1/100 s
    disposal: int = 0
    transparent: int | None = None


@dataclass(slots=True)
class GifStructure:
    """The screen, its frames, and how often they repeat (None: once)."""

    size: tuple[int, int] = (0, 0)
    frames: list[GifFrame] = field(default_factory=list)
    loops: int | None = None


def walk(data: memoryview, findings: Findings) -> GifStructure:
    """Parse `data` up to its trailer, or as far as it goes.

    Raises:
        Withheld: not a GIF, or more blocks than any encoder writes.
    """
    if bytes(data[:6]) not in (b"GIF87a", b"GIF89a") or len(data) < 13:
        raise Withheld(ReasonCode.DAMAGED, "no GIF header")
    found = GifStructure()
    found.size = (_short(data, 6), _short(data, 8))
    colours, position = _table(data, 13, data[10])
    control = (0, 0, None)  # type: tuple[int, int, int | None]
    for _ in range(MAX_BLOCKS):
        kind = data[position] if position < len(data) else -1
        if kind == _TRAILER:
            if position + 1 < len(data):
                removed(findings, Kind.TRAILING_DATA, data[position + 1 :])
            return found
        if kind == _EXTENSION and position + 2 < len(data):
            label = data[position + 1]
            end = _end_of_blocks(data, position + 2)
            body = data[position + 2 : end]
            if label == _CONTROL:
                control = _graphic_control(body)
            else:
                _other_extension(label, body, found, findings)
            position = end
        elif kind == _IMAGE and position + 11 < len(data):
            frame, position = _image(data, position + 1, colours)
            frame.disposal, frame.delay, frame.transparent = control
            control = (0, 0, None)
            found.frames.append(frame)
        else:
            findings.add(Kind.DAMAGED, Action.NOTED, where="no trailer")
            if position < len(data):
                removed(findings, Kind.TRAILING_DATA, data[position:])
            return found
    raise Withheld(ReasonCode.DAMAGED, "too many blocks")


def _short(data: memoryview, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _table(data: memoryview, at: int, flags: int) -> tuple[bytes, int]:
    """The colour table at `at`, if `flags` say that there is one, and its end."""
    if not flags & 0x80:
        return b"", at
    size = 3 << ((flags & 7) + 1)
    return bytes(data[at : at + size]), at + size


def _end_of_blocks(data: memoryview, at: int) -> int:
    """The place after the 00 that ends the sub-blocks at `at`, or the end of the data."""
    size = len(data)
    while at < size:
        length = data[at]
        at += 1 + length
        if length == 0:
            return at
    return size


def _graphic_control(body: memoryview) -> tuple[int, int, int | None]:
    """GIF89a, 23: disposal, delay, transparent index."""
    if len(body) < 5 or body[0] != 4:
        return (0, 0, None)
    disposal = body[1] >> 2 & 7
    return (
        disposal if disposal <= 3 else 0,
        _short(body, 2),
        body[4] if body[1] & 1 else None,
    )


def _image(data: memoryview, at: int, shared: bytes) -> tuple[GifFrame, int]:
    """GIF89a, 20 to 22: descriptor, local table, indexes."""
    box = (_short(data, at), _short(data, at + 2), _short(data, at + 4), _short(data, at + 6))
    flags = data[at + 8]
    local, start = _table(data, at + 9, flags)
    code_size = data[start] if start < len(data) else 0
    end = _end_of_blocks(data, start + 1)
    frame = GifFrame(
        box=box,
        interlaced=bool(flags & 0x40),
        colours=local or shared,
        code_size=code_size,
        data=data[start + 1 : end],
    )
    return frame, end


def _other_extension(label: int, body: memoryview, found: GifStructure, findings: Findings) -> None:
    name = bytes(body[1:12])
    if label == _APPLICATION and name in _LOOPING and len(body) >= 16 and body[13] == 1:
        found.loops = _short(body, 14)
        if len(body) > 17:
            removed(findings, Kind.UNKNOWN_DATA, body[16:], "loop extension")
    elif label == _APPLICATION:
        where = "xmp" if name == b"XMP DataXMP" else "application extension"
        removed(findings, Kind.METADATA if where == "xmp" else Kind.UNKNOWN_DATA, body, where)
    elif label == _COMMENT:
        removed(findings, Kind.COMMENT, body)
    elif label == _PLAIN_TEXT:
        removed(findings, Kind.UNKNOWN_DATA, body, "plain text extension")
    else:
        removed(findings, Kind.UNKNOWN_DATA, body, "extension")
