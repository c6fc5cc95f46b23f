"""Destinations (ISO 32000-2, 12.3.2): every kind of them becomes an explicit one.

Named ones are looked up once; the names themselves never cross. Pages are those of the
new document.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from sanitizers.pdf._context import Context
from sanitizers.pdf._objects import Made, Name, Ref, Stream, Target, Value, Word
from sanitizers.pdf._rules import as_number

MAX_NAMED: Final = 200_000  # named destinations of a document
MAX_TREE: Final = 50_000  # nodes of a name or number tree

#: Table 149: kinds and how many numbers (or nulls) follow each.
KINDS: Final = MappingProxyType(
    {"XYZ": 3, "Fit": 0, "FitH": 1, "FitV": 1, "FitR": 4, "FitB": 0, "FitBH": 1, "FitBV": 1}
)


class Destinations:
    """Resolves destinations to pages of the output."""

    def __init__(self, context: Context, pages: dict[Ref, int], targets: list[Target]) -> None:
        self._context = context
        self._pages = pages
        self._targets = targets
        self._named: dict[bytes, Value] | None = None
        self.pictures: set[int] = set()  # pages without their own coordinates

    def explicit(self, value: Value) -> list[Made] | None:
        """An explicit destination on a page of the output, or None."""
        source = self._context.source
        found = source.resolve(value)
        if isinstance(found, bytes | Name):
            found = source.resolve(self._lookup(found))
        if isinstance(found, dict):  # 12.3.2.4: a dictionary with D
            found = source.resolve(found.get("D"))
        if not isinstance(found, list) or not found:
            return None
        index = self._page_of(found[0])
        if index is None:
            return None
        kind = source.resolve(found[1]) if len(found) > 1 else None
        if index in self.pictures or not isinstance(kind, Name) or kind not in KINDS:
            return [self._targets[index], Word("Fit")]
        made: list[Made] = [self._targets[index], Word(str(kind))]
        numbers = [as_number(source.resolve(v)) for v in found[2 : 2 + KINDS[kind]]]
        numbers += [None] * (KINDS[kind] - len(numbers))
        if kind == "FitR" and None in numbers:
            return [self._targets[index], Word("Fit")]
        return made + list(numbers)

    def _page_of(self, value: Value) -> int | None:
        if isinstance(value, Ref):
            if value in self._pages:
                return self._pages[value]
            value = self._context.source.resolve(value)
        if isinstance(value, int) and not isinstance(value, bool):  # meant for other files
            return value if 0 <= value < len(self._targets) else None
        return None

    def _lookup(self, name: bytes | Name) -> Value:
        if self._named is None:
            self._named = self._load()
        return self._named.get(name.encode("latin-1") if isinstance(name, Name) else name)

    def _load(self) -> dict[bytes, Value]:
        source = self._context.source
        root = source.dictionary(source.trailer().get("Root"))
        named: dict[bytes, Value] = {
            key.encode("latin-1"): value
            for key, value in source.dictionary(root.get("Dests")).items()
        }
        tree = source.dictionary(root.get("Names")).get("Dests")
        for key, value in leaves(self._context, tree, "Names"):
            if isinstance(key, bytes) and len(named) < MAX_NAMED:
                named.setdefault(key, value)
        return named


def leaves(context: Context, value: Value, kind: str) -> list[tuple[Value, Value]]:
    """All pairs of a name tree ("Names") or number tree ("Nums") (7.9.6, 7.9.7)."""
    pairs: list[tuple[Value, Value]] = []
    stack: list[Value] = [value]
    seen: set[Ref] = set()
    nodes = 0
    while stack and nodes < MAX_TREE and len(pairs) < MAX_NAMED:
        item = stack.pop()
        nodes += 1
        if isinstance(item, Ref):
            if item in seen:
                continue
            seen.add(item)
        found = context.source.resolve(item)
        entries = found.entries if isinstance(found, Stream) else found
        if not isinstance(entries, dict):
            continue
        items = context.source.array(entries.get(kind))
        for key, leaf in zip(items[::2], items[1::2], strict=False):
            pairs.append((context.source.resolve(key), leaf))
        stack.extend(reversed(context.source.array(entries.get("Kids"))[:MAX_TREE]))
    return pairs
