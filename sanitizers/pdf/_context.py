"""What the parts of one rebuild share: the document, the new file, what was found.

Also the two guards that every recursive structure passes: each object is rebuilt once,
and an object that leads back to itself, or too deep, ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.pdf._file import FileWriter
from sanitizers.pdf._layers import Layers
from sanitizers.pdf._objects import Ref, Target, Value
from sanitizers.pdf._source import Source
from sanitizers.reasons import ReasonCode, Withheld

MAX_DEPTH: Final = 24  # forms in patterns in glyphs …; real files stay under 8
MAX_CONTENT: Final = 200_000_000  # bytes of one content stream; maps reach 100 MB
MAX_DATA: Final = 100_000_000  # bytes of one font, CMap, function or mesh

_Build = Callable[[Value], "Target | None"]


class Unrebuildable(Exception):
    """A page holds what cannot be rebuilt: it is drawn as a picture instead.

    `what` is of our own words; it goes into the log, never into a finding.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def beyond_memory(what: str) -> Withheld:
    """A refusal: a stream inflates to more than drawing its page could take either."""
    return Withheld(ReasonCode.OUT_OF_MEMORY, what)


class Context:
    """The state of one rebuild."""

    def __init__(
        self, source: Source, file: FileWriter, findings: Findings, *, keep_links: bool = False
    ) -> None:
        self.source = source
        self.file = file
        self.findings = findings
        self.keep_links = keep_links
        self.layers = Layers(source)
        self.where = "document"  # the page that is being rebuilt, in words of ours
        self.program_keys: dict[Target, str] = {}  # font programs: under which key each goes
        self._made: dict[Hashable, Target | Unrebuildable | None] = {}
        self._active: set[Hashable] = set()

    def once(self, kind: Hashable, value: Value, build: _Build) -> Target | None:
        """Rebuild what `value` leads to by `build`, once for each `kind` and object.

        Raises:
            Unrebuildable: `build` raised it, now or the first time; or too deep.
        """
        if len(self._active) >= MAX_DEPTH:
            raise Unrebuildable("nesting")
        key = (kind, value if isinstance(value, Ref) else id(value))
        if isinstance(value, Ref) and key in self._made:
            known = self._made[key]
            if isinstance(known, Unrebuildable):
                raise known
            return known
        if key in self._active:
            self.findings.add(Kind.DAMAGED, Action.REMOVED, where=self.where)
            return None
        self._active.add(key)
        try:
            made: Target | Unrebuildable | None = build(self.source.resolve(value))
        except Unrebuildable as fault:
            made = fault
        finally:
            self._active.discard(key)
        if isinstance(value, Ref):
            self._made[key] = made
        if isinstance(made, Unrebuildable):
            raise made
        return made

    def removed(self, kind: Kind, where: str = "", count: int = 1) -> None:
        """Note that something of the document does not cross."""
        self.findings.add(kind, Action.REMOVED, where=where or self.where, count=count)
