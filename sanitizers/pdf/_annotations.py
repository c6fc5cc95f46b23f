"""Annotations and form fields, flattened as they look (ISO 32000-2, 12.5 and 12.7).

Each becomes page content: its normal appearance stream, mapped into its rectangle by
the algorithm of 12.5.5, or a picture of our own where it has none. Links within the
document, and by profile those to http and https, stay as new link annotations. What is
hidden from view is dropped and noted; so are scripts, sounds, movies, files and every
action.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sanitizers.findings import Action, Kind
from sanitizers.pdf import _actions, _appearances
from sanitizers.pdf._context import Context
from sanitizers.pdf._destinations import Destinations
from sanitizers.pdf._forms import Forms
from sanitizers.pdf._objects import Made, Name, Ref, Stream, Text, Value, Word
from sanitizers.pdf._resources import PageResources
from sanitizers.pdf._rules import as_numbers, as_rectangle
from sanitizers.pdf._serialize import real

MAX_ANNOTATIONS: Final = 20_000  # of one page

#: Table 167 (12.5.3).
INVISIBLE, HIDDEN, NO_ROTATE, NO_VIEW = 1, 2, 16, 32

#: Table 171 (12.5.6): each type and what its end is called in the report.
TYPES: Final = MappingProxyType(
    {
        "Text": Kind.ANNOTATION, "Link": Kind.LINK, "FreeText": Kind.ANNOTATION,
        "Line": Kind.ANNOTATION, "Square": Kind.ANNOTATION, "Circle": Kind.ANNOTATION,
        "Polygon": Kind.ANNOTATION, "PolyLine": Kind.ANNOTATION, "Highlight": Kind.ANNOTATION,
        "Underline": Kind.ANNOTATION, "Squiggly": Kind.ANNOTATION, "StrikeOut": Kind.ANNOTATION,
        "Caret": Kind.ANNOTATION, "Stamp": Kind.ANNOTATION, "Ink": Kind.ANNOTATION,
        "Popup": Kind.ANNOTATION, "FileAttachment": Kind.EMBEDDED_FILE,
        "Sound": Kind.EMBEDDED_OBJECT, "Movie": Kind.EMBEDDED_OBJECT,
        "Screen": Kind.EMBEDDED_OBJECT, "Widget": Kind.FORM, "PrinterMark": Kind.ANNOTATION,
        "TrapNet": Kind.ANNOTATION, "Watermark": Kind.ANNOTATION, "3D": Kind.EMBEDDED_OBJECT,
        "Redact": Kind.ANNOTATION, "Projection": Kind.ANNOTATION,
        "RichMedia": Kind.EMBEDDED_OBJECT,
    }
)  # fmt: skip
#: Never part of what a reader sees of the page.
UNSEEN: Final = frozenset({"Popup", "TrapNet", "PrinterMark"})


#: 12.5.6.4: notes stay upright whatever their flags say.
UPRIGHT: Final = frozenset({"Text"})
#: Cosine and sine of the angles that a page may be rotated by (table 31).
_TURNS: Final = MappingProxyType({90: (0, 1), 180: (-1, 0), 270: (0, -1)})


@dataclass(slots=True)
class Flattened:
    """`drawn` is content to follow the page's own; `links` are new annotations.

    `rotate` is what the page is turned by, clockwise, in degrees.
    """

    rotate: int = 0
    drawn: list[bytes] = field(default_factory=list)
    links: list[dict[str, Made]] = field(default_factory=list)


def flatten(
    context: Context,
    page: dict[str, Value],
    resources: PageResources,
    forms: Forms,
    places: Destinations,
) -> Flattened:
    """All annotations of a page, in their order.

    Raises:
        Unrebuildable: an appearance that cannot be rebuilt.
    """
    rotate = context.source.get(page, "Rotate")
    result = Flattened(rotate=rotate % 360 if isinstance(rotate, int) else 0)
    items = context.source.array(page.get("Annots"))
    if len(items) > MAX_ANNOTATIONS:
        context.findings.add(Kind.TRUNCATED, Action.NOTED, where=context.where)
    for item in items[:MAX_ANNOTATIONS]:
        entries = context.source.resolve(item)
        if isinstance(entries, dict):
            _one(context, entries, item, resources, forms, places, result)
    return result


def _one(
    context: Context,
    entries: dict[str, Value],
    value: Value,
    resources: PageResources,
    forms: Forms,
    places: Destinations,
    result: Flattened,
) -> None:
    found = context.source.get(entries, "Subtype")
    kind = str(found) if isinstance(found, Name) and found in TYPES else ""
    if kind == "Link":
        _link(context, entries, places, result)
        return
    if "A" in entries:
        _actions.note(context, entries["A"])
    if "AA" in entries:
        _actions.note_triggers(context, entries["AA"])
    place = f"{context.where} {kind.lower()}".strip()
    announced = TYPES.get(kind, Kind.ANNOTATION)
    flags = context.source.get(entries, "F")
    flags = flags if isinstance(flags, int) else 0
    unseen = kind in UNSEEN or flags & (HIDDEN | NO_VIEW) or (not kind and flags & INVISIBLE)
    if unseen or ("OC" in entries and context.layers.hidden(entries["OC"])):
        context.removed(announced, place)
        if not kind or kind not in UNSEEN:
            context.removed(Kind.HIDDEN_TEXT, place)
        return
    if isinstance(value, Ref) and kind == "Widget":
        forms.drawn.add(value)
    if context.source.dictionary(entries.get("Sound")) or kind in ("Sound", "Movie"):
        context.removed(Kind.EMBEDDED_OBJECT, place)
    rectangle = as_rectangle(context, entries.get("Rect"))
    drawn = None
    if rectangle is not None:
        drawn = _appearance(context, entries, kind, rectangle, resources, forms)
    if drawn is None:
        context.removed(announced, place)
        return
    action = Action.REMOVED if announced is Kind.EMBEDDED_OBJECT else Action.CONVERTED
    context.findings.add(announced, action, where=place)
    if rectangle is not None and (flags & NO_ROTATE or kind in UPRIGHT):
        drawn = upright(drawn, rectangle, result.rotate)
    result.drawn.append(drawn)


def _appearance(
    context: Context,
    entries: dict[str, Value],
    kind: str,
    rectangle: tuple[float, float, float, float],
    resources: PageResources,
    forms: Forms,
) -> bytes | None:
    """Operators that draw the annotation; None where there is nothing to draw."""
    generated = None
    stream = _normal(context, entries, forms)
    if kind == "Widget":
        generated = forms.generated(entries, rectangle, resources, has_own=stream is not None)
    if generated is not None:
        return generated
    if stream is None:
        made = _appearances.draw(context, entries, kind, rectangle, resources)
        return made
    form = resources.xobject_of(stream)
    source = context.source.resolve(stream)
    if form is None or not isinstance(source, Stream):
        return None
    box = as_rectangle(context, source.entries.get("BBox"))
    if box is None:
        return None
    matrix = as_numbers(context, source.entries.get("Matrix")) or [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    placed = placement(box, matrix, rectangle)
    if placed is None:
        return None
    name = resources.add("XObject", form)
    numbers = " ".join([real(v) for v in placed])
    return f"q {numbers} cm /{name} Do Q".encode("ascii")


def _normal(context: Context, entries: dict[str, Value], forms: Forms) -> Value | None:
    """The normal appearance (12.5.5, table 170), by its state where there are several."""
    source = context.source
    value = source.dictionary(entries.get("AP")).get("N")
    found = source.resolve(value)
    if isinstance(found, Stream):
        return value
    if not isinstance(found, dict):
        return None
    state = source.get(entries, "AS")
    if not isinstance(state, Name):
        state = forms.state(entries)
    chosen = found.get(str(state))
    return chosen if isinstance(source.resolve(chosen), Stream) else None


def placement(
    box: tuple[float, float, float, float],
    matrix: list[float],
    rectangle: tuple[float, float, float, float],
) -> tuple[float, ...] | None:
    """The matrix A of 12.5.5 that maps the appearance's box into its rectangle."""
    if len(matrix) != 6:
        return None
    a, b, c, d, e, f = matrix
    corners = [(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs = [a * x + c * y + e for x, y in corners]
    ys = [b * x + d * y + f for x, y in corners]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if width <= 0 or height <= 0:
        return None
    across = (rectangle[2] - rectangle[0]) / width
    up = (rectangle[3] - rectangle[1]) / height
    return across, 0, 0, up, rectangle[0] - min(xs) * across, rectangle[1] - min(ys) * up


def upright(drawn: bytes, rectangle: tuple[float, float, float, float], rotate: int) -> bytes:
    """NoRotate (table 167): turned against the page, around the rectangle's upper left."""
    turn = _TURNS.get(rotate)
    if turn is None:
        return drawn
    cosine, sine = turn
    left, top = rectangle[0], rectangle[3]
    x, y = left - cosine * left + sine * top, top - sine * left - cosine * top
    numbers = " ".join([real(v) for v in (cosine, sine, -sine, cosine, x, y)])
    return b"q " + numbers.encode("ascii") + b" cm " + drawn + b" Q"


def _link(
    context: Context, entries: dict[str, Value], places: Destinations, result: Flattened
) -> None:
    """12.5.6.5: a place in this document, an address by profile; else only its border."""
    if "AA" in entries:
        _actions.note_triggers(context, entries["AA"])
    if "PA" in entries:
        _actions.note(context, entries["PA"])
    action = entries.get("A")
    place = entries.get("Dest")
    if place is None and action is not None:
        place = _actions.destination_of(context, action)
    destination = places.explicit(place)
    address = _actions.address_of(context, action) if context.keep_links else ""
    kept = destination is not None or bool(address)
    if action is not None:
        _actions.note(context, action, kept=kept)
    elif not kept:
        context.removed(Kind.LINK)
    rectangle = as_rectangle(context, entries.get("Rect"))
    if rectangle is None:
        return
    flags = context.source.get(entries, "F")
    if isinstance(flags, int) and flags & (HIDDEN | NO_VIEW):
        return
    border = _border(context, entries)
    if not kept:
        if border[2]:
            result.drawn.append(_appearances.frame(context, entries, rectangle, border[2]))
        return
    made: dict[str, Made] = {
        "Type": Word("Annot"), "Subtype": Word("Link"), "Rect": list(rectangle), "F": 4,
        "Border": list(border),
    }  # fmt: skip
    colour = as_numbers(context, entries.get("C"))
    if colour is not None and len(colour) in (1, 3, 4):
        made["C"] = list(colour)
    if destination is not None:
        made["Dest"] = destination
    else:
        uri: Made = Text(address.encode("ascii"))
        made["A"] = {"Type": Word("Action"), "S": Word("URI"), "URI": uri}
    result.links.append(made)


def _border(context: Context, entries: dict[str, Value]) -> list[float]:
    """The corners and width of a border: Border, or BS where there is one (12.5.4)."""
    style = context.source.dictionary(entries.get("BS"))
    if style:
        width = context.source.get(style, "W")
        known = isinstance(width, int | float) and not isinstance(width, bool)
        return [0, 0, min(max(float(width), 0), 100)] if known else [0, 0, 1]  # type: ignore[arg-type]
    found = [context.source.resolve(v) for v in context.source.array(entries.get("Border"))[:3]]
    numbers = [
        float(v) if isinstance(v, int | float) and not isinstance(v, bool) else 0.0 for v in found
    ]
    if len(numbers) < 3:
        return [0, 0, 1] if "Border" not in entries else [0, 0, 0]
    return [min(max(v, 0), 100) for v in numbers]
