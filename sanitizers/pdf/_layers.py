"""Optional content (ISO 32000-2, 8.11): what a viewer shows when it opens the document.

The default configuration decides, as it does for a reader who touches nothing. Content
that is hidden then does not cross, and no layer crosses as such.
"""

from __future__ import annotations

from typing import Final

from sanitizers.pdf._objects import Name, Ref, Value
from sanitizers.pdf._source import Source

MAX_GROUPS: Final = 10_000  # of a configuration's lists and of one membership
MAX_EXPRESSION: Final = 20  # levels of a visibility expression


class Layers:
    """Answers whether a group or membership is hidden by default."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._off: set[Ref] | None = None
        self._on: set[Ref] = set()
        self._base_off = False
        self.used = False

    def _load(self) -> set[Ref]:
        if self._off is None:
            source = self._source
            root = source.dictionary(source.trailer().get("Root"))
            default = source.dictionary(source.dictionary(root.get("OCProperties")).get("D"))
            self._base_off = source.get(default, "BaseState") == "OFF"
            self._off = self._refs(default.get("OFF"))
            self._on = self._refs(default.get("ON"))
        return self._off

    def _refs(self, value: Value) -> set[Ref]:
        return {v for v in self._source.array(value)[:MAX_GROUPS] if isinstance(v, Ref)}

    def hidden(self, value: Value) -> bool:
        """Whether what belongs to this group or membership is not shown."""
        entries = self._source.dictionary(value)
        if not entries:
            return False
        self.used = True
        if self._source.get(entries, "Type") != "OCMD":
            return not self._shown(value)
        expression = self._source.array(entries.get("VE"))
        if expression:
            return not self._evaluate(expression, 0)
        groups = self._source.resolve(entries.get("OCGs"))
        members: list[Value] = groups if isinstance(groups, list) else [entries.get("OCGs")]
        states = [self._shown(m) for m in members[:MAX_GROUPS] if self._source.dictionary(m)]
        if not states:
            return False
        policy = self._source.get(entries, "P")
        if policy == "AllOn":
            return not all(states)
        if policy == "AnyOff":
            return all(states)
        if policy == "AllOff":
            return any(states)
        return not any(states)

    def _shown(self, group: Value) -> bool:
        off = self._load()
        if not isinstance(group, Ref):
            return True
        if group in off:
            return False
        return not self._base_off or group in self._on

    def _evaluate(self, value: Value, depth: int) -> bool:
        """8.11.2.2: [/And …], [/Or …], [/Not x]; groups by reference."""
        items = self._source.array(value)
        if not items or depth > MAX_EXPRESSION:
            return True if not items and not isinstance(value, Ref) else self._shown(value)
        operator = self._source.resolve(items[0])
        if not isinstance(operator, Name):
            return True
        states = [
            self._evaluate(v, depth + 1)
            if isinstance(self._source.resolve(v), list)
            else self._shown(v)
            for v in items[1:MAX_EXPRESSION]
        ]
        if operator == "Not":
            return not (states and states[0])
        return all(states) if operator == "And" else any(states) or not states
