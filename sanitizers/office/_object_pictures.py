"""The pictures of embedded objects that only a VML drawing holds (ECMA-376-4:2016, 19.1.2.11).

Excel always, and PowerPoint 2007, keep an object's picture there. The drawing itself never
crosses: read are the number of a shape, its place in the sheet, and which picture it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sanitizers import xmltree
from sanitizers.findings import Findings
from sanitizers.office import _kinds, _opc
from sanitizers.office._common import name
from sanitizers.office._package import Package
from sanitizers.office._rules import NAMESPACES
from sanitizers.reasons import Withheld

MAX_PICTURES: Final = 1_000  # of one part
EMU_PER_PIXEL: Final = 9_525  # 20.1.2.1; VML counts at 96 dots an inch
FIRST_NUMBER: Final = 60_000  # 20.1.2.2.8: numbers of the drawing's own shapes stay below

_SHAPE: Final = name("v:shape")
_IMAGE: Final = name("v:imagedata")
_RELATION: Final = name("o:relid")
_ANCHOR: Final = "{urn:schemas-microsoft-com:office:excel}Anchor"
_NUMBER: Final = re.compile(r"_x0000_s(\d{1,9})")
_PLACE: Final = re.compile(r"\s*(\d{1,7})\s*" + r",\s*(\d{1,7})\s*" * 7)


@dataclass(frozen=True, slots=True)
class ObjectPicture:
    """`part`: the picture. `place`: column, offset, row, offset, twice, in pixels; or ()."""

    part: str
    place: tuple[int, ...]


def pictures(package: Package, part: str, findings: Findings) -> dict[str, ObjectPicture]:
    """The pictures of a part's VML drawings, by the number of their shape."""
    found: dict[str, ObjectPicture] = {}
    for row in _opc.relationships(package, part, findings):
        if _kinds.short_type(row.type) != "vmlDrawing" or row.external or not row.target:
            continue
        targets = {
            r.identifier: r.target
            for r in _opc.relationships(package, row.target, findings)
            if _kinds.short_type(r.type) == "image" and r.target and not r.external
        }
        if targets:
            try:
                root = xmltree.parse_part(package.read(row.target), findings, "drawing")
            except Withheld:
                continue  # Excel's own VML is not always XML; then there is no picture
            for shape in root.iter(_SHAPE):
                _take(shape, targets, found)
    return found


def anchors(shown: Iterable[tuple[str, Sequence[int]]]) -> bytes:
    """20.5.2.33: a drawing of pictures alone, from (identifier of the picture, its place)."""
    pieces = []
    for number, (identifier, place) in enumerate(shown, 1):
        corners = [
            f"<xdr:{side}><xdr:col>{column}</xdr:col>"
            f"<xdr:colOff>{left * EMU_PER_PIXEL}</xdr:colOff><xdr:row>{row}</xdr:row>"
            f"<xdr:rowOff>{top * EMU_PER_PIXEL}</xdr:rowOff></xdr:{side}>"
            for side, (column, left, row, top) in (("from", place[:4]), ("to", place[4:]))
        ]
        pieces.append(
            f"<xdr:twoCellAnchor>{''.join(corners)}<xdr:pic><xdr:nvPicPr>"
            f'<xdr:cNvPr id="{FIRST_NUMBER + number}" name=""/><xdr:cNvPicPr/></xdr:nvPicPr>'
            f'<xdr:blipFill><a:blip r:embed="{identifier}"/><a:stretch><a:fillRect/></a:stretch>'
            '</xdr:blipFill><xdr:spPr><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr>'
            "</xdr:pic><xdr:clientData/></xdr:twoCellAnchor>"
        )
    declared = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("xdr", "a", "r"))
    return f"<xdr:wsDr {declared}>{''.join(pieces)}</xdr:wsDr>".encode("ascii")


def slide_picture(identifier: str, number: str, frame: str) -> bytes:
    """19.3.1.37: a picture in the place of an object; `frame`: the XML of its offset and size."""
    declared = " ".join(f'xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in ("p", "a", "r"))
    return (
        f'<p:pic {declared}><p:nvPicPr><p:cNvPr id="{number}" name=""/><p:cNvPicPr/><p:nvPr/>'
        f'</p:nvPicPr><p:blipFill><a:blip r:embed="{identifier}"/><a:stretch><a:fillRect/>'
        f'</a:stretch></p:blipFill><p:spPr><a:xfrm>{frame}</a:xfrm><a:prstGeom prst="rect">'
        "<a:avLst/></a:prstGeom></p:spPr></p:pic>"
    ).encode("ascii")


def _take(shape: xmltree.Element, targets: dict[str, str], found: dict[str, ObjectPicture]) -> None:
    number = _NUMBER.fullmatch(shape.get("id", ""))
    image = next(shape.iter(_IMAGE), None)
    part = targets.get(image.get(_RELATION, "")) if image is not None else None
    if number is None or part is None or len(found) >= MAX_PICTURES:
        return
    place = _PLACE.fullmatch(next((a.text or "" for a in shape.iter(_ANCHOR)), ""))
    found[number[1]] = ObjectPicture(part, tuple(map(int, place.groups())) if place else ())
