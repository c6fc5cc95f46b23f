"""The VML boxes in which Excel shows comments (ECMA-376-4:2016, 19.4), drawn by us.

Only numbers and one switch come from the input: the cell of a comment, the place of its box,
and whether the box is always open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sanitizers import xmltree
from sanitizers.findings import Findings
from sanitizers.office import _kinds, _opc
from sanitizers.office._common import name
from sanitizers.office._package import Package
from sanitizers.reasons import Withheld

MAX_NOTES: Final = 20_000  # comments of one sheet

_CELL: Final = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_EXCEL: Final = "{urn:schemas-microsoft-com:office:excel}"
_NUMBER: Final = re.compile(r"[0-9]{1,7}")
_PLACE: Final = re.compile(r"\s*([0-9]{1,7})\s*" + r",\s*([0-9]{1,7})\s*" * 7)
_HEAD: Final = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_BOX: Final = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202" '
    'style="position:absolute;width:108pt;height:60pt;z-index:{index};visibility:{visibility}" '
    'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note">'
    "<x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>"
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
    "{opened}</x:ClientData></v:shape>"
)


@dataclass(frozen=True, slots=True)
class Box:
    """`place`: column, offset, row, offset, twice, in pixels. `opened`: shown without a click."""

    place: tuple[int, ...]
    opened: bool


def drawn(package: Package, part: str) -> dict[tuple[int, int], Box]:
    """The boxes that a sheet's VML drawings have for comments, by row and column (from 0)."""
    findings = Findings()  # nothing of the drawing stays: what is in it was said already
    found: dict[tuple[int, int], Box] = {}
    for row in _opc.relationships(package, part, findings):
        if _kinds.short_type(row.type) != "vmlDrawing" or row.external or not row.target:
            continue
        try:
            root = xmltree.parse_part(package.read(row.target), findings, "drawing")
        except Withheld:
            continue  # Excel's own VML is not always XML; then the boxes are where ours are
        for data in root.iter(_EXCEL + "ClientData"):
            place = _PLACE.fullmatch(data.findtext(_EXCEL + "Anchor") or "")
            cell = [(data.findtext(_EXCEL + key) or "").strip() for key in ("Row", "Column")]
            if place is None or not all(map(_NUMBER.fullmatch, cell)) or len(found) >= MAX_NOTES:
                continue
            opened = data.find(_EXCEL + "Visible")
            found[int(cell[0]), int(cell[1])] = Box(
                tuple(map(int, place.groups())),
                opened is not None and (opened.text or "").strip().lower() not in ("false", "f"),
            )
    return found


def boxes(comments: bytes, before: dict[tuple[int, int], Box], findings: Findings) -> bytes:
    """The drawing with one box for each comment of a comments part; b"" for none.

    `before`: the boxes that were there.

    Raises:
        Withheld: the part is not well-formed.
    """
    root = xmltree.parse_part(comments, findings, "comments")
    pieces = [_HEAD]
    for index, comment in enumerate(root.iter(name("x:comment")), 1):
        match = _CELL.fullmatch(comment.get("ref", ""))
        if match is None or index > MAX_NOTES:
            continue
        column = _column(match[1])
        row = int(match[2]) - 1
        usual = (column + 1, 15, max(row - 1, 0), 10, column + 3, 15, row + 3, 4)
        box = before.get((row, column), Box(usual, opened=False))
        pieces.append(
            _BOX.format(
                number=1024 + index, index=index, row=row, column=column,
                anchor=",".join(map(str, box.place)),
                visibility="visible" if box.opened else "hidden",
                opened="<x:Visible/>" if box.opened else "",
            )
        )  # fmt: skip
    return ("".join(pieces) + "</xml>").encode("ascii") if len(pieces) > 1 else b""


def _column(letters: str) -> int:
    """18.3.1.4: A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
