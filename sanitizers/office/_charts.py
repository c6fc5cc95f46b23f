"""Charts: references to other workbooks become the values that the chart remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sanitizers.findings import Action, Kind
from sanitizers.office import _common, _formulas
from sanitizers.office._common import name
from sanitizers.office._filter import Filter, Handler
from sanitizers.xmltree import Element

#: 21.2.2.123 and 21.2.2.201: a reference, its cache, and the literal form of the same.
_LITERALS: Final = {
    name("c:numRef"): (name("c:numCache"), name("c:numLit")),
    name("c:strRef"): (name("c:strCache"), name("c:strLit")),
}
_SERIES_TEXT: Final = name("c:tx")
_SERIES: Final = name("c:ser")
_AXES: Final = (name("c:axId"), name("c:crossAx"))


def formula(tree: Filter, element: Element) -> None:
    """21.2.2.65: a formula that may not cross leaves what the chart cached."""
    if _formulas.is_safe(element.text or ""):
        return
    tree.findings.add(Kind.FORMULA, Action.REMOVED, where=tree.where)
    reference = element.getparent()
    if reference is None or reference.tag not in _LITERALS:
        element.text = ""
        return
    cached, literal = _LITERALS[reference.tag]
    cache = reference.find(cached)
    parent = reference.getparent()
    if parent is None or cache is None:
        tree.drop(reference, noted=False)
        return
    if parent.tag == _SERIES_TEXT:
        _as_text(tree, parent, reference, cache)
        return
    tree.drop(element, noted=False)
    tree.unwrap(cache)
    reference.tag = literal


def _as_text(tree: Filter, parent: Element, reference: Element, cache: Element) -> None:
    """21.2.2.215: a series' name is a plain value, a title is rich text."""
    text = " ".join(v.text or "" for v in cache.iter(name("c:v")))
    owner = parent.getparent()
    tree.drop(reference, noted=False)
    if owner is not None and owner.tag == _SERIES:
        value = parent.makeelement(name("c:v"))
        value.text = text
        parent.append(value)
        return
    rich = parent.makeelement(name("c:rich"))
    parent.append(rich)
    body = rich.makeelement(name("a:bodyPr"))
    paragraph = rich.makeelement(name("a:p"))
    run = rich.makeelement(name("a:r"))
    shown = rich.makeelement(name("a:t"))
    shown.text = text
    rich.extend((body, paragraph))
    paragraph.append(run)
    run.append(shown)


def axes(_tree: Filter, element: Element) -> None:
    """21.2.2.9 and 21.2.2.35: axes, which programs number by chance, are numbered in order."""
    numbers: dict[str, str] = {}
    for axis in element.iter(*_AXES):
        axis.set("val", numbers.setdefault(axis.get("val", ""), str(len(numbers) + 1)))


HANDLERS: Final[Mapping[str, Handler]] = {
    **_common.HANDLERS,
    name("c:f"): formula,
    name("c:plotArea"): axes,
}
