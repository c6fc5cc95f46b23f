"""Appearances of annotations that bring none: what viewers draw of themselves.

ISO 32000-2, 12.5.6: highlights and other text markup, lines, squares, circles, polygons,
ink, free text. Geometry and colours are the document's numbers; the drawing is ours.
Notes, stamps and files without an appearance have only a viewer's own icon: nothing of
the page, so nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from sanitizers.pdf._context import Context
from sanitizers.pdf._field_text import text_block
from sanitizers.pdf._objects import Value, Word
from sanitizers.pdf._resources import PageResources
from sanitizers.pdf._rules import as_number, as_numbers, clean_text
from sanitizers.pdf._serialize import real

Box = tuple[float, float, float, float]
MAX_POINTS: Final = 100_000  # coordinates of one annotation
MAX_FREE_TEXT: Final = 10_000  # characters
#: Control points of a quarter circle.
KAPPA: Final = 0.5522847498
_CLOSE: Final = MappingProxyType({(True, True): "b", (True, False): "s", (False, True): "f"})


def draw(
    context: Context, entries: dict[str, Value], kind: str, box: Box, resources: PageResources
) -> bytes | None:
    """Operators for an annotation of `kind`; None where a viewer draws nothing."""
    maker = _MAKERS.get(kind)
    if maker is None:
        return None
    body = maker(context, entries, box, resources)
    if not body:
        return None
    opacity = as_number(context.source.get(entries, "CA"), 0, 1)
    state: dict[str, object] = {}
    if opacity is not None and opacity < 1:
        state = {"CA": opacity, "ca": opacity}
    if kind == "Highlight":
        state["BM"] = Word("Multiply")  # as viewers draw it: the words stay readable
    if state:
        made = context.file.add({"Type": Word("ExtGState"), **state})  # type: ignore[dict-item]
        body = f"/{resources.add('ExtGState', made)} gs {body}"
    return f"q {body} Q".encode("ascii")


def frame(context: Context, entries: dict[str, Value], box: Box, width: float) -> bytes:
    """The border of a link (12.5.4), in its colour or black."""
    stroke = _colour(context, entries.get("C"), "G RG K") or "0 G"
    return f"q {stroke} {real(width)} w {_rectangle(box, width / 2)} S Q".encode("ascii")


def _colour(context: Context, value: Value, operators: str) -> str:
    """A colour by its number of components (table 168), or "" for none."""
    found = as_numbers(context, value)
    names = dict(zip((1, 3, 4), operators.split(), strict=True))
    if found is None or len(found) not in names:
        return ""
    return " ".join([*(real(v) for v in found), names[len(found)]])


def _stroke(context: Context, entries: dict[str, Value]) -> str:
    return _colour(context, entries.get("C"), "G RG K")


def _width(context: Context, entries: dict[str, Value]) -> float:
    style = context.source.dictionary(entries.get("BS"))
    found = as_number(context.source.get(style, "W"), 0, 1_000)
    if found is None:
        border = context.source.array(entries.get("Border"))
        third = context.source.resolve(border[2]) if len(border) > 2 else None
        found = as_number(third, 0, 1_000)
    return 1.0 if found is None else found


def _rectangle(box: Box, inset: float) -> str:
    left, bottom, right, top = box
    wide, high = max(right - left - 2 * inset, 0), max(top - bottom - 2 * inset, 0)
    return f"{real(left + inset)} {real(bottom + inset)} {real(wide)} {real(high)} re"


def _quads(context: Context, entries: dict[str, Value], box: Box) -> list[list[float]]:
    """QuadPoints (table 182): upper left, upper right, lower left, lower right."""
    points = as_numbers(context, entries.get("QuadPoints")) or []
    points = points[:MAX_POINTS]
    quads = [points[i : i + 8] for i in range(0, len(points) - 7, 8)]
    left, bottom, right, top = box
    return quads or [[left, top, right, top, left, bottom, right, bottom]]


def _highlight(
    context: Context, entries: dict[str, Value], box: Box, resources: PageResources
) -> str:
    fill = _colour(context, entries.get("C"), "g rg k")
    if not fill:
        return ""
    parts = [fill]
    for x1, y1, x2, y2, x3, y3, x4, y4 in _quads(context, entries, box):
        parts.append(
            f"{real(x1)} {real(y1)} m {real(x2)} {real(y2)} l {real(x4)} {real(y4)} l "
            f"{real(x3)} {real(y3)} l h f"
        )
    return " ".join(parts)


def _line_at(height: float) -> Callable[..., str]:
    """A line across each quad, `height` of the way from its lower to its upper side."""

    def make(
        context: Context, entries: dict[str, Value], box: Box, resources: PageResources
    ) -> str:
        parts = [_stroke(context, entries) or "0 G"]
        for x1, y1, x2, y2, x3, y3, x4, y4 in _quads(context, entries, box):
            tall = ((x1 - x3) ** 2 + (y1 - y3) ** 2) ** 0.5
            ax, ay = x3 + (x1 - x3) * height, y3 + (y1 - y3) * height
            bx, by = x4 + (x2 - x4) * height, y4 + (y2 - y4) * height
            parts.append(
                f"{real(max(tall / 16, 0.5))} w {real(ax)} {real(ay)} m {real(bx)} {real(by)} l S"
            )
        return " ".join(parts)

    return make


def _shape(path: str, context: Context, entries: dict[str, Value], *, closed: bool = True) -> str:
    stroke = _stroke(context, entries)
    fill = _colour(context, entries.get("IC"), "g rg k")
    width = _width(context, entries)
    if not width:
        stroke = ""
    operator = _CLOSE.get((bool(stroke), bool(fill and closed)))
    if operator is None:
        return ""
    if not closed:
        operator = "S"
    return " ".join([part for part in (stroke, fill, f"{real(width)} w", path, operator) if part])


def _square(context: Context, entries: dict[str, Value], box: Box, resources: PageResources) -> str:
    inner = _inner(context, entries, box)
    return _shape(_rectangle(inner, _width(context, entries) / 2), context, entries)


def _inner(context: Context, entries: dict[str, Value], box: Box) -> Box:
    """The rectangle less its differences RD (table 180)."""
    given = as_numbers(context, entries.get("RD"))
    if given is None or len(given) != 4 or min(given) < 0:
        return box
    left, bottom, right, top = (
        box[0] + given[0], box[1] + given[1], box[2] - given[2], box[3] - given[3],
    )  # fmt: skip
    return (left, bottom, right, top) if left < right and bottom < top else box


def _circle(context: Context, entries: dict[str, Value], box: Box, resources: PageResources) -> str:
    left, bottom, right, top = _inner(context, entries, box)
    inset = _width(context, entries) / 2
    x, y = (left + right) / 2, (bottom + top) / 2
    a, b = max((right - left) / 2 - inset, 0), max((top - bottom) / 2 - inset, 0)
    ka, kb = a * KAPPA, b * KAPPA
    points = (
        (x + a, y + kb, x + ka, y + b, x, y + b),
        (x - ka, y + b, x - a, y + kb, x - a, y),
        (x - a, y - kb, x - ka, y - b, x, y - b),
        (x + ka, y - b, x + a, y - kb, x + a, y),
    )
    curves = " ".join([" ".join([real(v) for v in curve]) + " c" for curve in points])
    return _shape(f"{real(x + a)} {real(y)} m {curves}", context, entries)


def _path(points: list[float]) -> str:
    pairs = list(zip(points[::2], points[1::2], strict=False))
    return " ".join(
        [f"{real(x)} {real(y)} {'l' if index else 'm'}" for index, (x, y) in enumerate(pairs)]
    )


def _polygon(
    context: Context, entries: dict[str, Value], box: Box, resources: PageResources
) -> str:
    points = (as_numbers(context, entries.get("Vertices")) or [])[:MAX_POINTS]
    return _shape(_path(points), context, entries) if len(points) >= 4 else ""


def _polyline(
    context: Context, entries: dict[str, Value], box: Box, resources: PageResources
) -> str:
    points = (as_numbers(context, entries.get("Vertices")) or [])[:MAX_POINTS]
    return _shape(_path(points), context, entries, closed=False) if len(points) >= 4 else ""


def _line(context: Context, entries: dict[str, Value], box: Box, resources: PageResources) -> str:
    points = as_numbers(context, entries.get("L")) or []
    return _shape(_path(points), context, entries, closed=False) if len(points) == 4 else ""


def _ink(context: Context, entries: dict[str, Value], box: Box, resources: PageResources) -> str:
    parts = []
    for stroke in context.source.array(entries.get("InkList"))[:MAX_POINTS]:
        points = (as_numbers(context, stroke) or [])[:MAX_POINTS]
        if len(points) >= 4:
            parts.append(_shape(_path(points), context, entries, closed=False))
    return " ".join([part for part in parts if part])


def _free_text(
    context: Context, entries: dict[str, Value], box: Box, resources: PageResources
) -> str:
    """12.5.6.6: the text in its box, as DA says."""
    parts = []
    fill = _colour(context, entries.get("C"), "g rg k")
    width = _width(context, entries)
    inner = _inner(context, entries, box)
    if fill:
        parts.append(f"{fill} {_rectangle(inner, 0)} f")
    if width:
        parts.append(f"0 G {real(width)} w {_rectangle(inner, width / 2)} S")
    text = clean_text(context, entries.get("Contents"), MAX_FREE_TEXT)
    align = context.source.get(entries, "Q")
    parts.append(
        text_block(
            context, resources, text, inner, appearance=entries.get("DA"),
            align=align if isinstance(align, int) else 0, multiline=True,
        )
    )  # fmt: skip
    return " ".join([part for part in parts if part])


_MAKERS: Final[MappingProxyType[str, Callable[..., str]]] = MappingProxyType(
    {
        "Highlight": _highlight, "Underline": _line_at(0.1), "Squiggly": _line_at(0.1),
        "StrikeOut": _line_at(0.45), "Square": _square, "Circle": _circle,
        "Polygon": _polygon, "PolyLine": _polyline, "Line": _line, "Ink": _ink,
        "FreeText": _free_text,
    }
)  # fmt: skip
