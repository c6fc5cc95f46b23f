"""The page tree and the pages (ISO 32000-2, 7.7.3), read and made anew.

The tree is walked with everything that inherits, whatever its shape: loops, repeated and
missing nodes end or are passed over. The new tree is made level by level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sanitizers.limits import MAX_PAGES
from sanitizers.pdf._context import MAX_CONTENT, Context, Unrebuildable, beyond_memory
from sanitizers.pdf._filters import BadFilter, TooLong
from sanitizers.pdf._graphics import PAGE_GROUP
from sanitizers.pdf._objects import Made, Ref, Stream, Target, Value, Word
from sanitizers.pdf._rules import (
    Table,
    apply,
    as_number,
    as_rectangle,
    number,
    rectangle,
)
from sanitizers.pdf._source import Source
from sanitizers.reasons import ReasonCode, Withheld

MAX_NODES: Final = 100_000  # of the tree, also those without pages
MAX_STREAMS: Final = 20_000  # of one page's contents
KIDS: Final = 64  # of one node of the new tree
INHERITED: Final = ("Resources", "MediaBox", "CropBox", "Rotate")  # table 31
#: Boxes outside this are not drawn by any viewer (annex C: 14,400; larger ones exist).
MAX_COORDINATE: Final = 1_000_000.0
DEFAULT_BOX: Final = (0.0, 0.0, 612.0, 792.0)  # what viewers take where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage:
    """A page of the document; `entries` include what it inherits."""

    ref: Ref | None
    entries: dict[str, Value]


def read_pages(source: Source) -> list[SourcePage]:
    """All pages in order.

    Raises:
        Withheld: more than `MAX_PAGES`.
    """
    root = source.dictionary(source.trailer().get("Root"))
    pages: list[SourcePage] = []
    _walk(source, root.get("Pages"), pages)
    if not pages:
        for ref in source.page_refs()[: MAX_PAGES + 1]:
            entries = source.resolve(ref)
            if isinstance(entries, dict):
                pages.append(SourcePage(ref=ref, entries=entries))
    if len(pages) > MAX_PAGES:
        raise Withheld(ReasonCode.TOO_MANY_PAGES)
    return pages


def _walk(source: Source, top: Value, pages: list[SourcePage]) -> None:
    stack: list[tuple[Value, dict[str, Value], frozenset[Ref]]] = [(top, {}, frozenset())]
    nodes = 0
    while stack and len(pages) <= MAX_PAGES:
        value, inherited, above = stack.pop()
        nodes += 1
        entries = source.resolve(value)
        if not isinstance(entries, dict):
            source.damaged += 1  # a page, or many, that cannot be read
            continue
        if nodes > MAX_NODES:
            continue
        if isinstance(value, Ref):
            if value in above:
                continue
            above |= {value}
        passed = dict(inherited)
        passed.update({key: entries[key] for key in INHERITED if key in entries})
        kids = source.resolve(entries.get("Kids"))
        if isinstance(kids, list) and source.get(entries, "Type") != "Page":
            stack.extend((kid, passed, above) for kid in reversed(kids))
        elif "Kids" not in entries:
            ref = value if isinstance(value, Ref) else None
            pages.append(SourcePage(ref=ref, entries={**passed, **entries}))


def _rotate(context: Context, value: Value) -> Made | None:
    found = as_number(context.source.resolve(value))
    return None if found is None or int(found) % 90 or not int(found) % 360 else int(found) % 360


#: Table 31 (7.7.3.3); Contents, Resources and Annots are made elsewhere.
PAGE: Final[Table] = MappingProxyType(
    {
        "CropBox": rectangle, "BleedBox": rectangle, "TrimBox": rectangle, "ArtBox": rectangle,
        "Rotate": _rotate, "UserUnit": number(0.01, 1_000), "Group": PAGE_GROUP,
    }
)  # fmt: skip


def media_box(context: Context, page: SourcePage) -> list[float]:
    """The page's box, or what viewers take where it has none that could be drawn."""
    box = as_rectangle(context, page.entries.get("MediaBox"))
    if box is None or box[2] - box[0] <= 0 or box[3] - box[1] <= 0:
        return list(DEFAULT_BOX)
    return [min(max(side, -MAX_COORDINATE), MAX_COORDINATE) for side in box]


def page_entries(context: Context, page: SourcePage) -> dict[str, Made]:
    """What the page's table makes of it."""
    known = {k: v for k, v in page.entries.items() if k != "MediaBox"}
    made: dict[str, Made] = {"Type": Word("Page"), "MediaBox": list(media_box(context, page))}
    made.update(apply(context, known, PAGE))
    return made


def contents(context: Context, page: SourcePage) -> bytes:
    """The page's content streams, joined as viewers join them (7.8.2).

    Raises:
        Unrebuildable: filtered in a way that no rule knows.
        Withheld: too long.
    """
    found = context.source.resolve(page.entries.get("Contents"))
    items = found if isinstance(found, list) else [found]
    parts: list[bytes] = []
    left = MAX_CONTENT
    for item in items[:MAX_STREAMS]:
        stream = context.source.resolve(item)
        if isinstance(stream, Stream):
            try:
                parts.append(context.source.content(stream, limit=left))
            except TooLong as fault:
                raise beyond_memory("page content") from fault
            except BadFilter as fault:
                raise Unrebuildable("page content") from fault
            left -= len(parts[-1])
    return b"\n".join(parts)


def page_tree(context: Context, pages: Sequence[tuple[Target, dict[str, Made]]]) -> Target:
    """Put the pages, and the nodes above them; returns the top."""
    level = [(target, entries, 1) for target, entries in pages]
    while True:
        above: list[tuple[Target, dict[str, Made], int]] = []
        for first in range(0, len(level), KIDS):
            part = level[first : first + KIDS]
            node = context.file.reserve()
            count = sum(n for _, _, n in part)
            for target, entries, _ in part:
                entries["Parent"] = node
                context.file.put(target, entries)
            kids: list[Made] = [target for target, _, _ in part]
            above.append((node, {"Type": Word("Pages"), "Kids": kids, "Count": count}, count))
        level = above
        if len(level) == 1:
            context.file.put(level[0][0], level[0][1])
            return level[0][0]
