"""The frame of an Office file: content types, relationships, properties, and which part is what.

ECMA-376-2 (OPC). These small parts are read by grammars of the exact form that our writer
has, so that nothing has to be guessed. Every part has a content type, is reached from the
main part, and no relationship leads outside but links of people.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify import _ooxml_values as values
from sanitizers.verify._ooxml_parts import (
    CORE,
    DIAGRAM_DRAWING,
    PARTS,
    PICTURES,
    RELATIONSHIP,
    WORKBOOKS,
    Part,
)

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/"
_TYPES: Final = re.compile(
    re.escape(_HEAD) + rf'<Types xmlns="{re.escape(_PACKAGE)}content-types">'
    r'((?:<Default Extension="[a-z]+" ContentType="[a-zA-Z0-9./+-]+"/>'
    r'|<Override PartName="/[A-Za-z0-9./]+" ContentType="[a-zA-Z0-9./+-]+"/>)*)</Types>'
)
_TYPE: Final = re.compile(r'<(Default|Override) [A-Za-z]+="([^"]+)" ContentType="([^"]+)"/>')
_RELATIONSHIPS: Final = re.compile(
    re.escape(_HEAD) + rf'<Relationships xmlns="{re.escape(_PACKAGE)}relationships">'
    r'((?:<Relationship Id="rId\d+" Type="[^"<>&]+" Target="[^"<>]*"'
    r'(?: TargetMode="External")?/>)*)</Relationships>'
)
_RELATIONSHIP: Final = re.compile(
    r'<Relationship Id="(rId\d+)" Type="([^"]+)" Target="([^"]*)"( TargetMode="External")?/>'
)
_CORE: Final = re.compile(
    re.escape(_HEAD) + r'<cp:coreProperties xmlns:cp="' + re.escape(_PACKAGE)
    + r'metadata/core-properties" xmlns:dc="http://purl\.org/dc/elements/1\.1/">'
    r"<dc:title>([^<>\x00-\x1f]{0,2000})</dc:title></cp:coreProperties>"
)  # fmt: skip
_APPLICATION: Final = (
    _HEAD + '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
    'extended-properties"><Application>{}</Application></Properties>'
)
OTHER_APPLICATION: Final = "LibreOffice"
_CONTENT_TYPES_NAME: Final = "[Content_Types].xml"
_PROPERTIES: Final = {
    "docProps/app.xml": (
        RELATIONSHIP + "extended-properties",
        "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    ),
    "docProps/core.xml": (CORE, "application/vnd.openxmlformats-package.core-properties+xml"),
}
_RELATIONSHIPS_TYPE: Final = "application/vnd.openxmlformats-package.relationships+xml"
MAX_TITLE: Final = 255  # characters
#: The boxes of comments (ECMA-376-4, 19.4), as our writer draws them.
_NOTE_HEAD: Final = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel">'
)
_NOTES: Final = re.compile(
    re.escape(_NOTE_HEAD) + r"(?:</?(?:v:(?:shapetype|stroke|path|shape|fill|shadow|textbox)"
    r"|x:(?:ClientData|MoveWithCells|SizeWithCells|Anchor|AutoFill|Row|Column|Visible))"
    r"(?: (?:id|coordsize|o:spt|path|joinstyle|gradientshapeok|o:connecttype|type|style|fillcolor"
    r'|o:insetmode|color2|on|color|obscured|ObjectType)="[A-Za-z0-9_#:;,.@ -]*")*/?>'
    r"|False|[0-9,]+)*</xml>"
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A part that is reached, what it is, and the identifiers of its relationships."""

    name: str
    part: Part
    identifiers: frozenset[str]


def check(
    names: frozenset[str], small: Mapping[str, str], main: str, media_type: str, application: str
) -> list[Placed]:
    """All parts but the frame's own, each with what it is.

    Args:
        names: of all entries.
        small: text of content types, relationships, properties and boxes of comments.
        main: kind of the main part.
        media_type: of the file.
        application: that docProps/app.xml may name beside `OTHER_APPLICATION`.

    Raises:
        Rejected: a part that is missing, left over, of a wrong type, or leads elsewhere.
    """
    top = _relationships(small, "_rels/.rels")
    main_name = ""
    for _, kind, target, external in top:
        if external:
            raise Rejected("the package leads outside")
        if kind == RELATIONSHIP + "officeDocument" and not main_name:
            main_name = target
        elif target not in _PROPERTIES or _PROPERTIES[target][0] != kind:
            raise Rejected("relationship of the package")
    if _part_of(main_name).kind != main:
        raise Rejected("main part")
    placed = _reach(main_name, names, small)
    used = {_CONTENT_TYPES_NAME, "_rels/.rels", *(t for _, _, t, _ in top)}
    used |= {name for p in placed for name in (p.name, _rels_of(p.name)) if name in names}
    if used != names:
        raise Rejected("a part that nothing refers to, or one that is missing")
    _check_types(names, placed, small[_CONTENT_TYPES_NAME], f"{media_type}.main+xml")
    applications = [_APPLICATION.format(name) for name in (application, OTHER_APPLICATION)]
    if "docProps/app.xml" in names and small["docProps/app.xml"] not in applications:
        raise Rejected("application")
    if "docProps/core.xml" in names:
        title = _CORE.fullmatch(small["docProps/core.xml"])
        if title is None or len(unescape(title[1])) > MAX_TITLE:
            raise Rejected("properties")
    return placed


def is_small(name: str) -> bool:
    """Whether a part is one of those that `check` wants as text."""
    return name.endswith((".rels", ".vml")) or name in _PROPERTIES or name == _CONTENT_TYPES_NAME


def check_notes(text: str) -> None:
    """Accept the boxes of comments that we draw."""
    if not _NOTES.fullmatch(text):
        raise Rejected("boxes of comments")


def _rels_of(name: str) -> str:
    folder, _, own = name.rpartition("/")
    return f"{folder}/_rels/{own}.rels"


def _part_of(name: str) -> Part:
    for part in PARTS:
        if part.name.fullmatch(name):
            return part
    raise Rejected("name of a part")


def _reach(first: str, names: frozenset[str], small: Mapping[str, str]) -> list[Placed]:
    found: dict[str, Placed] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in names:
            raise Rejected("a part that is missing")
        part = _part_of(name)
        rows = _relationships(small, _rels_of(name)) if _rels_of(name) in names else []
        for _, kind, target, external in rows:
            short = _short(kind)
            targets = part.relations.get(short)
            if targets is None or external != (short == "hyperlink"):
                raise Rejected("relationship")
            if external:
                values.address(target)
                continue
            if _part_of(target).kind not in targets:
                raise Rejected("target of a relationship")
            waiting.append(target)
        found[name] = Placed(name, part, frozenset(row[0] for row in rows))
    return list(found.values())


def _short(kind: str) -> str:
    if kind == DIAGRAM_DRAWING:
        return "diagramDrawing"
    if not kind.startswith(RELATIONSHIP):
        raise Rejected("type of a relationship")
    return kind[len(RELATIONSHIP) :]


def _relationships(small: Mapping[str, str], name: str) -> list[tuple[str, str, str, bool]]:
    """(identifier, type, target as a part's name or an address, external)."""
    match = _RELATIONSHIPS.fullmatch(small.get(name, ""))
    if match is None:
        raise Rejected("relationships part")
    folder = name.rpartition("_rels/")[0]
    rows = []
    for identifier, kind, target, mode in _RELATIONSHIP.findall(match[1]):
        text = unescape(target)
        if not mode:
            text = posixpath.normpath(folder + text)
        rows.append((identifier, kind, text, bool(mode)))
    if len({row[0] for row in rows}) != len(rows):
        raise Rejected("two relationships of one identifier")
    return rows


def _check_types(names: frozenset[str], placed: list[Placed], text: str, main: str) -> None:
    match = _TYPES.fullmatch(text)
    if match is None:
        raise Rejected("content types")
    defaults: dict[str, str] = {}
    overrides: dict[str, str] = {}
    for kind, key, content_type in _TYPE.findall(match[1]):
        table = defaults if kind == "Default" else overrides
        if key in table:
            raise Rejected("two content types")
        table[key] = content_type
    expected = {f"/{name}": row[1] for name, row in _PROPERTIES.items() if name in names}
    endings = {"rels": _RELATIONSHIPS_TYPE}
    for place in placed:
        ending = place.name.rpartition(".")[2]
        if place.part.kind == "image":
            endings[ending] = PICTURES[ending]
        elif place.part.kind == "workbookFile":
            endings[ending] = WORKBOOKS[ending]
        elif place.part.kind == "noteShapes":
            overrides.setdefault(f"/{place.name}", defaults.get(ending, ""))
            defaults.pop(ending, None)
            expected[f"/{place.name}"] = place.part.content_type
        else:
            expected[f"/{place.name}"] = place.part.content_type or main
    if overrides != expected or defaults != endings:
        raise Rejected("content type of a part")
