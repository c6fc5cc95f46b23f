"""How much of a text is found again in another one, and whether in the same order."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter
from typing import Final

#: Characters that are looked at; a book of 2,000 pages has as many.
MAX_CHARACTERS: Final = 4_000_000
#: Of them for the order, which costs more.
MAX_ORDERED: Final = 200_000
#: Characters of a sequence: long enough to stand once on its page, in Japanese too.
SEQUENCE: Final = 6


def folded(data: memoryview) -> str:
    """The text's characters: NFKC, without white space and page breaks."""
    text = bytes(data[: 4 * MAX_CHARACTERS]).decode("utf-8", "replace")
    return "".join(unicodedata.normalize("NFKC", text).split())[:MAX_CHARACTERS]


def kept(before: str, after: str) -> int:
    """Characters of `before` that `after` has too, each counted as often as both have it."""
    return (Counter(before) & Counter(after)).total()


def order(before: str, after: str) -> float:
    """Share of the sequences that stand once in both texts and keep their order.

    The longest rising run of their places (patience sorting). 1.0 where one of the texts has
    no such sequence, 0.0 where they share none.
    """
    left, right = _once(before), _once(after)
    places = [right[sequence] for sequence in left if sequence in right]
    if not places:
        return 0.0 if left and right else 1.0
    piles: list[int] = []
    for place in places:
        at = bisect_left(piles, place)
        piles[at : at + 1] = [place]
    return len(piles) / len(places)


def _once(text: str) -> dict[str, int]:
    """Sequences that stand in the text once, with their places, in their order."""
    text = text[:MAX_ORDERED]
    found: dict[str, int] = {}
    for at in range(len(text) - SEQUENCE + 1):
        sequence = text[at : at + SEQUENCE]
        found[sequence] = -1 if sequence in found else at
    return {sequence: at for sequence, at in found.items() if at >= 0}
