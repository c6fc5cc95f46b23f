"""The model of a drawing: what `_svg_rules` allows of it, and who refers to whom.

Only what is drawn, or referred to by what is drawn, is told `alive`. Nothing here holds a
byte of the file that no grammar has accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sanitizers.markup._svg_rules import DEFINITIONS
from sanitizers.reasons import ReasonCode, Withheld

#: References to references; drawings made by people stay under 6.
_MAX_REFERENCE_DEPTH: Final = 32
#: Elements drawn when every reference is followed: the reader's program has to draw them.
_MAX_DRAWN: Final = 3_000_000


@dataclass(slots=True, eq=False)
class Node:
    """One allowed element. `identity` is the file's own name for it: it never crosses."""

    tag: str
    identity: str = ""
    attributes: list[tuple[str, str]] = field(default_factory=list)  # as they are written
    #: Attribute or property, identity that it points to, what it says beside that.
    references: list[tuple[str, str, str]] = field(default_factory=list)
    content: list[str | Node] = field(default_factory=list)
    picture: int = -1  # index of the member that an <image> shows
    undrawn: bool = False  # `display: none`

    @property
    def waits(self) -> bool:
        """Whether it is drawn only where something refers to it."""
        return self.undrawn or self.tag in DEFINITIONS


@dataclass(slots=True)
class Drawing:
    """A whole file."""

    root: Node
    by_identity: dict[str, Node]
    names: dict[str, str] = field(default_factory=dict)  # alive identity → our own name
    _weights: dict[str, int] = field(default_factory=dict)

    def follow(self) -> None:
        """Name everything that the drawing refers to; a reference in a circle is cut.

        Raises:
            Withheld: TOO_DEEP or TOO_LARGE (references that multiply without end).
        """
        self._weigh(self.root, ())

    def _weigh(self, start: Node, above: tuple[str, ...]) -> int:
        """Elements drawn by `start`, with all that it refers to."""
        if len(above) > _MAX_REFERENCE_DEPTH:
            raise Withheld(ReasonCode.TOO_DEEP, "references of a drawing")
        weight = 0
        stack = [start]
        while stack:
            node = stack.pop()
            weight += 1
            node.references = [
                row for row in node.references if row[1] in self.by_identity and row[1] not in above
            ]
            for _, target, _ in node.references:
                if target not in self._weights:
                    self.names.setdefault(target, f"i{len(self.names) + 1}")
                    self._weights[target] = self._weigh(self.by_identity[target], (*above, target))
                weight += self._weights[target]
            if weight > _MAX_DRAWN:
                raise Withheld(ReasonCode.TOO_LARGE, "references of a drawing multiply")
            stack.extend(n for n in node.content if isinstance(n, Node) and not n.waits)
        return weight
