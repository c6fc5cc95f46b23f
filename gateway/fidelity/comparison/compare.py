"""Compares what was read of a document before and after cleaning. Writes numbers only.

In the shape of a sanitizer, because that is what a sandbox child runs; it cleans nothing,
and nothing that it writes is shown to anybody but as checked numbers.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import ClassVar, Final

from gateway.fidelity import frame
from gateway.fidelity.comparison import _pictures, _text
from gateway.fidelity.frame import Figures
from gateway.sandbox.tools.programs import PICTURE_PAGES
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer

_PAGE_END: Final = b"\f"
_MAX_LINKS: Final = 100_000


class Comparison(Sanitizer):
    """Two readings in, one struct of figures out."""

    media_types: ClassVar[tuple[str, ...]] = (frame.MEDIA_TYPE,)
    methods: ClassVar[tuple[Method, ...]] = (Method.NONE,)
    outputs: ClassVar[tuple[str, ...]] = (frame.RESULT_TYPE,)

    @classmethod
    def warm(cls) -> None:
        """Load the decoders."""
        _pictures.warm()

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Count and compare."""
        out.write(figures(frame.blocks(job.data)).pack())
        return Cleaned(
            media_type=frame.RESULT_TYPE, extension=frame.RESULT_EXTENSION, method=Method.NONE
        )


def figures(blocks: tuple[memoryview | None, ...]) -> Figures:
    """The figures of two readings; what only one of them has is not compared."""
    found: dict[str, int | float | tuple[float, ...]] = {}
    # Only what has pages has a list of links beside its text.
    pages_before, pages_after = (
        _pages(blocks[frame.TEXT + n]) if blocks[frame.LINKS + n] is not None else 0 for n in (0, 1)
    )
    before, after = blocks[frame.PICTURES : frame.PICTURES + 2]
    if before is not None and after is not None:
        likeness, shown_before, shown_after = _likeness(before, after)
        found["likeness"] = likeness
        pages_before, pages_after = pages_before or shown_before, pages_after or shown_after
    found |= {"pages_before": pages_before, "pages_after": pages_after}
    before, after = blocks[frame.TEXT : frame.TEXT + 2]
    if before is not None and after is not None:
        left, right = _text.folded(before), _text.folded(after)
        found |= {
            "characters_before": len(left),
            "characters_after": len(right),
            "characters_kept": _text.kept(left, right),
            "order": _text.order(left, right),
        }
    before, after = blocks[frame.LINKS : frame.LINKS + 2]
    if before is not None and after is not None:
        links = _links(before)
        found |= {
            "links_before": links.total(), "links_kept": (links & _links(after)).total()
        }  # fmt: skip
    return Figures(**found)  # type: ignore[arg-type]


def _pages(text: memoryview | None) -> int:
    """Pages of a text whose pages each end with a form feed."""
    return bytes(text).count(_PAGE_END) if text is not None else 0


def _likeness(before: memoryview, after: memoryview) -> tuple[tuple[float, ...], int, int]:
    left = list(islice(_pictures.pages(before), PICTURE_PAGES))
    right = list(islice(_pictures.pages(after), PICTURE_PAGES))
    pairs = zip(left, right, strict=False)
    return tuple(_pictures.likeness(a, b) for a, b in pairs), len(left), len(right)


def _links(lines: memoryview) -> Counter[bytes]:
    """Addresses in the list of links that `pdfinfo -url` prints: page, kind, address."""
    rows = bytes(lines).split(b"\n", _MAX_LINKS)[1:]  # below a head of names
    fields = (row.split(None, 2) for row in rows)
    return Counter(f[2].strip() for f in fields if len(f) == 3)
