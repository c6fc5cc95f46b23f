"""What goes into the comparing child and what comes out of it.

In: magic, one byte that says which blocks are there, six lengths (u64), the blocks. Out: one
struct of numbers, which `Figures.unpack` checks as a forged one. Little endian.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Final

from gateway.sandbox.tools.programs import PICTURE_PAGES

#: Private to this sandbox: no part is ever identified as this.
MEDIA_TYPE: Final = "application/x-mugaika-comparison"
RESULT_TYPE: Final = "application/x-mugaika-score"
RESULT_EXTENSION: Final = ".score"

#: The blocks in their order: each as the original has it, then as the cleaned file has it.
BLOCKS: Final = 6
TEXT, PICTURES, LINKS = 0, 2, 4
_HEAD: Final = struct.Struct(f"<4sB{BLOCKS}Q")
_IN: Final = b"MGC1"
_OUT: Final = b"MGF1"
_FIGURES: Final = struct.Struct(f"<4s2I3QdQQI{PICTURE_PAGES}d")
#: A count over this is forged: no input of the child is that long.
_MOST: Final = 1 << 40


class BadFigures(Exception):
    """The child's numbers cannot be true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted. Zero of a thing before: it was not there, or could not be read."""

    pages_before: int = 0
    pages_after: int = 0
    characters_before: int = 0
    characters_after: int = 0
    characters_kept: int = 0  # found again, each once, wherever it stands
    order: float = 1.0  # share of the rare sequences kept that stand in the same order
    links_before: int = 0
    links_kept: int = 0
    likeness: tuple[float, ...] = ()  # SSIM of each page that both show, -1 to 1

    def pack(self) -> bytes:
        """As one struct."""
        shown = self.likeness[:PICTURE_PAGES]
        rest = (0.0,) * (PICTURE_PAGES - len(shown))
        return _FIGURES.pack(
            _OUT, self.pages_before, self.pages_after, self.characters_before,
            self.characters_after, self.characters_kept, self.order, self.links_before,
            self.links_kept, len(shown), *shown, *rest,
        )  # fmt: skip

    @classmethod
    def unpack(cls, untrusted: bytes) -> Figures:
        """The reverse, in the worker.

        Raises:
            BadFigures: another length, a number out of its range, or counts that contradict.
        """
        if len(untrusted) != _FIGURES.size:
            raise BadFigures("another length")
        magic, *numbers = _FIGURES.unpack(untrusted)
        pages_before, pages_after, before, after, kept, order, links, links_kept, shown = numbers[
            :9
        ]
        likeness = tuple(numbers[9:])
        counts = (pages_before, pages_after, before, after, links)
        if magic != _OUT or any(count > _MOST for count in counts):
            raise BadFigures("not figures")
        if kept > min(before, after) or links_kept > links or shown > PICTURE_PAGES:
            raise BadFigures("more kept than there was")
        if not all(math.isfinite(x) and -1.0 <= x <= 1.0 for x in (order, *likeness)) or order < 0:
            raise BadFigures("a share out of range")
        if any(likeness[shown:]):
            raise BadFigures("likeness of a page that is not there")
        return cls(
            pages_before=pages_before,
            pages_after=pages_after,
            characters_before=before,
            characters_after=after,
            characters_kept=kept,
            order=order,
            links_before=links,
            links_kept=links_kept,
            likeness=likeness[:shown],
        )


def head(sizes: tuple[int | None, ...]) -> bytes:
    """The head before the blocks; None: the block is not there."""
    there = sum(1 << n for n, size in enumerate(sizes) if size is not None)
    return _HEAD.pack(_IN, there, *(size or 0 for size in sizes))


def blocks(data: memoryview) -> tuple[memoryview | None, ...]:
    """The blocks, in the child; None for one that is not there.

    Raises:
        ValueError: the lengths do not fit the whole (a fault of ours).
    """
    magic, there, *sizes = _HEAD.unpack_from(data)
    if magic != _IN or len(data) != _HEAD.size + sum(sizes):
        raise ValueError("not a comparison")
    found: list[memoryview | None] = []
    at = _HEAD.size
    for number, size in enumerate(sizes):
        found.append(data[at : at + size] if there >> number & 1 else None)
        at += size
    return tuple(found)
