"""Boxes of ISO/IEC 14496-12 (4.2): reading them, bounded at every step, and writing one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.reasons import ReasonCode, Withheld

#: Boxes at one level. A recording by ffmpeg has under 20, one in fragments thousands.
MAX_BOXES: Final = 100_000


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its four-character type and its payload."""

    kind: bytes
    start: int  # of the payload, in the whole file
    body: memoryview

    @property
    def end(self) -> int:
        """Where the payload ends, in the whole file."""
        return self.start + len(self.body)


def damaged(detail: str) -> Withheld:
    """The error for a file that is not what the standard says."""
    return Withheld(ReasonCode.DAMAGED, detail)


def boxes(data: memoryview, base: int = 0) -> Iterator[Box]:
    """The boxes of `data` one after another; `base` is where it lies in the whole file.

    Raises:
        Withheld: DAMAGED, when they do not fill `data` exactly, or are too many.
    """
    at = 0
    for _ in range(MAX_BOXES):
        if at == len(data):
            return
        if at + 8 > len(data):
            raise damaged("box header")
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        elif size == 0:  # to the end of the file
            size = len(data) - at
        if size < head or at + size > len(data):
            raise damaged("box size")
        yield Box(bytes(kind), base + at + head, data[at + head : at + size])
        at += size
    raise damaged("too many boxes")


def inside(box: Box, skip: int = 0) -> Iterator[Box]:
    """The boxes in the payload of `box`, after `skip` bytes of its own fields."""
    return boxes(box.body[skip:], box.start + skip)


def one(parent: Box, kind: bytes) -> Box:
    """The only child of this type.

    Raises:
        Withheld: DAMAGED, when there is none or more than one.
    """
    found = [child for child in inside(parent) if child.kind == kind]
    if len(found) != 1:
        raise damaged(f"{len(found)} boxes where one is needed")
    return found[0]


def at_most_one(parent: Box, kind: bytes) -> Box | None:
    """The child of this type, if there is one.

    Raises:
        Withheld: DAMAGED, when there is more than one.
    """
    found = [child for child in inside(parent) if child.kind == kind]
    if len(found) > 1:
        raise damaged("a box twice")
    return found[0] if found else None


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box as it is written."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body
