"""What leads through a document: bookmarks, page labels, language, title, view.

ISO 32000-2, 12.3.3 (outline), 12.4.2 (page labels), 12.2 (viewer preferences), 14.3.3
(title). Kept fields: a bookmark's title (200 characters), the document's title (300), a
label's prefix (40); harmless characters on one line.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from sanitizers.findings import Action, Kind
from sanitizers.pdf import _actions
from sanitizers.pdf._context import Context
from sanitizers.pdf._destinations import Destinations, leaves
from sanitizers.pdf._objects import Made, Ref, Target, Text, Value, Word
from sanitizers.pdf._rules import Table, apply, as_text, boolean, clean_text, integer, numbers, word

MAX_ITEMS: Final = 50_000  # bookmarks of a document
MAX_LEVELS: Final = 32
MAX_BOOKMARK: Final = 200
MAX_TITLE: Final = 300
MAX_PREFIX: Final = 40
MAX_LABELS: Final = 4_000
_LANGUAGE: Final = re.compile(rb"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,4}")  # RFC 5646

#: Table 151: C and F of a bookmark.
ITEM: Final[Table] = MappingProxyType({"C": numbers(3), "F": integer(0, 3)})
#: Table 147, what shows the document as its maker meant it; nothing that hides a bar.
PREFERENCES: Final[Table] = MappingProxyType(
    {
        "FitWindow": boolean, "CenterWindow": boolean, "DisplayDocTitle": boolean,
        "Direction": word("L2R", "R2L"), "PrintScaling": word("None", "AppDefault"),
        "Duplex": word("Simplex", "DuplexFlipShortEdge", "DuplexFlipLongEdge"),
        "PickTrayByPDFSize": boolean,
    }
)  # fmt: skip
#: Table 29: how the pages lie, and whether bookmarks are shown.
LAYOUT: Final = word(
    "SinglePage", "OneColumn", "TwoColumnLeft", "TwoColumnRight", "TwoPageLeft", "TwoPageRight"
)
MODE: Final = word("UseNone", "UseOutlines", "UseThumbs")
#: Table 161.
LABEL: Final[Table] = MappingProxyType(
    {"S": word("D", "R", "r", "A", "a"), "St": integer(1, 10**6)}
)


def outline(context: Context, value: Value, places: Destinations) -> Target | None:
    """The bookmarks that lead to a page, or only carry others."""
    first = context.source.dictionary(value).get("First")
    maker = _Outline(context, places)
    top = context.file.reserve()
    items = maker.level(first, top, 0)
    if not items:
        return None
    shown = len(items) + sum(count for _, count in items)
    context.file.put(
        top,
        {"Type": Word("Outlines"), "First": items[0][0], "Last": items[-1][0], "Count": shown},
    )
    return top


class _Outline:
    def __init__(self, context: Context, places: Destinations) -> None:
        self._context = context
        self._places = places
        self._seen: set[Ref] = set()

    def level(self, value: Value, parent: Target, depth: int) -> list[tuple[Target, int]]:
        """Put the items of one level; each with the number of visible ones below."""
        context = self._context
        made: list[tuple[Target, dict[str, Made], int]] = []
        while isinstance(value, Ref) and value not in self._seen and len(self._seen) < MAX_ITEMS:
            self._seen.add(value)
            entries = context.source.dictionary(value)
            value = entries.get("Next")
            if not entries or depth >= MAX_LEVELS:
                continue
            item = self._item(entries, parent)
            target = context.file.reserve()
            below = self.level(entries.get("First"), target, depth + 1)
            count = len(below) + sum(n for _, n in below)
            if below:
                closed = context.source.get(entries, "Count")
                is_closed = isinstance(closed, int) and closed < 0
                item.update({"First": below[0][0], "Last": below[-1][0]})
                item["Count"] = -count if is_closed else count
                count = 0 if is_closed else count
            made.append((target, item, count))
        for index, (target, item, _) in enumerate(made):
            if index:
                item["Prev"] = made[index - 1][0]
            if index + 1 < len(made):
                item["Next"] = made[index + 1][0]
            context.file.put(target, item)
        return [(target, count) for target, _, count in made]

    def _item(self, entries: dict[str, Value], parent: Target) -> dict[str, Made]:
        context = self._context
        title = clean_text(context, entries.get("Title"), MAX_BOOKMARK)
        item: dict[str, Made] = {"Title": as_text(title), "Parent": parent}
        action = entries.get("A")
        place = entries.get("Dest")
        if place is None and action is not None:
            place = _actions.destination_of(context, action)
        destination = self._places.explicit(place)
        if action is not None:
            _actions.note(context, action, kept=destination is not None)
        if destination is not None:
            item["Dest"] = destination
        item.update(apply(context, {k: v for k, v in entries.items() if k in ITEM}, ITEM))
        return item


def labels(context: Context, value: Value) -> Made | None:
    """Page labels as one flat number tree."""
    found: dict[int, Made] = {}
    for key, leaf in leaves(context, value, "Nums")[:MAX_LABELS]:
        entries = context.source.dictionary(leaf)
        if not isinstance(key, int) or isinstance(key, bool) or not 0 <= key < 10**6:
            continue
        made = apply(context, {k: v for k, v in entries.items() if k != "P"}, LABEL)
        prefix = clean_text(context, entries.get("P"), MAX_PREFIX)
        if prefix:
            made["P"] = as_text(prefix)
        found.setdefault(key, made)
    if not found:
        return None
    flat: list[Made] = []
    for key, made_label in sorted(found.items()):
        flat += [key, made_label]
    return {"Nums": flat}


def language(context: Context, value: Value) -> Text | None:
    """A language tag (14.9.2)."""
    found = context.source.resolve(value)
    if isinstance(found, bytes) and len(found) <= 40 and _LANGUAGE.fullmatch(found):
        return Text(found)
    return None


def title(context: Context, info: Value) -> Target | None:
    """An Info dictionary of the title alone (14.3.3); the rest of it is metadata."""
    entries = context.source.dictionary(info)
    if any(key != "Title" for key in entries):
        context.findings.add(Kind.METADATA, Action.REMOVED, where="document info")
    text = clean_text(context, entries.get("Title"), MAX_TITLE)
    return context.file.add({"Title": as_text(text)}) if text else None
