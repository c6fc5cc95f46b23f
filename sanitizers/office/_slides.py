"""Presentations: what their parts need beyond the allow-lists.

Embedded objects leave their picture, animations stay only when they do nothing but move
and show, and whatever plays, runs or asks goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from sanitizers.findings import Action, Kind
from sanitizers.office import _charts, _object_pictures, _rules
from sanitizers.office._builder import Builder, Node
from sanitizers.office._common import name, names
from sanitizers.office._filter import Filter, Handler
from sanitizers.office._leftovers import drop_authors
from sanitizers.office._opc import Relationship
from sanitizers.office._rules import Vocabulary
from sanitizers.xmltree import Element

VOCABULARIES: Final[Mapping[str, Vocabulary]] = {
    "slide": _rules.vocabulary("", "p", "a", "c", "dgm", "m"),
    "chart": _rules.vocabulary("", "c", "a", "cdr"),
    "drawing": _rules.vocabulary("", "a"),
    "diagram": _rules.vocabulary("", "dgm", "dsp", "a"),
}
_AUTHOR: Final = re.compile(rb'<p:cm [^>]*?authorId="(\d{1,10})"')
_TIMING: Final = name("p:timing")
#: 19.5: nodes that play a file, run a command or reach into an object.
_ACTIVE: Final = names(
    "p:cmd p:audio p:video p:cMediaNode p:sndTgt p:inkTgt p:oleChartEl p:bldOleChart p:stSnd"
)
_FRAME: Final = name("p:graphicFrame")
_OBJECT: Final = name("p:oleObj")
_PICTURE: Final = name("p:pic")
_PROPERTIES: Final = name("p:cNvPr")
_PLACE: Final = name("p:xfrm")


class SlideMaker:
    """The family's part of `Builder`."""

    vocabularies = VOCABULARIES

    def __init__(self) -> None:
        self._authors: set[str] = set()

    def handlers(self, builder: Builder, node: Node) -> Mapping[str, Handler]:
        """Handlers of single elements."""
        return _charts.HANDLERS

    def hot(self, node: Node) -> re.Pattern[bytes] | None:
        """No tag of a slide is so frequent."""
        return None

    def prepare(self, builder: Builder, node: Node, root: Element, tree: Filter) -> None:
        """Settle objects and animations before single elements are looked at."""
        if node.kind.vocabulary != "slide":
            return
        if node.kind_name == "commentAuthors":
            drop_authors(root, tree, frozenset(self._authors))
        for frame in list(root.iter(_FRAME)):
            if next(frame.iter(_OBJECT), None) is not None and not tree.is_dead(frame):
                _leave_picture(builder, node, frame, tree)
        for timing in list(root.iter(_TIMING)):
            known = VOCABULARIES["slide"].elements
            if any(e.tag in _ACTIVE or e.tag not in known for e in timing.iter()):
                tree.drop(timing, Kind.ACTION)

    def finish(self, builder: Builder, node: Node, written: bytes) -> None:
        """Remember who wrote comments."""
        if node.kind_name == "slideComments":
            self._authors.update(a.decode() for a in _AUTHOR.findall(written))

    def stand_in(self, builder: Builder, node: Node, relation: Relationship) -> bytes | None:
        """Nothing of a presentation has to be replaced."""
        return None


def _leave_picture(builder: Builder, node: Node, frame: Element, tree: Filter) -> None:
    """19.3.1.21 and [MS-OI29500]: an object's frame gives way to its picture."""
    pictures = list(frame.iter(_PICTURE))
    tree.findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, where=tree.where)
    if not pictures:
        made = _drawn_picture(builder, node, frame)
        if made is not None:
            frame.addprevious(made)
        tree.drop(frame, noted=False)
        return
    picture = pictures[-1]
    own = next(frame.iter(_PROPERTIES), None)
    drawn = next(picture.iter(_PROPERTIES), None)
    if own is not None and drawn is not None:
        drawn.set("id", own.get("id", "0"))
    frame.addprevious(picture)
    tree.drop(frame, noted=False)


def _drawn_picture(builder: Builder, node: Node, frame: Element) -> Element | None:
    """PowerPoint 2007 keeps the picture in a VML drawing, by the number of its shape."""
    number = next(frame.iter(_OBJECT)).get("spid", "").removeprefix("_x0000_s")
    found = _object_pictures.pictures(builder.package, node.source, builder.findings)
    place = frame.find(_PLACE)
    if number not in found or place is None:
        return None
    sizes = [
        f'<a:{local} {a}="{int(e.get(a, "0"))}" {b}="{int(e.get(b, "0"))}"/>'
        for local, a, b in (("off", "x", "y"), ("ext", "cx", "cy"))
        if (e := place.find(name(f"a:{local}"))) is not None
    ]
    identifier = f"object{number}"
    node.renamed[identifier] = builder.picture(node, found[number].part)
    own = next(frame.iter(_PROPERTIES), None)
    shape = int(own.get("id", "0")) if own is not None else 0
    return etree.fromstring(_object_pictures.slide_picture(identifier, str(shape), "".join(sizes)))
