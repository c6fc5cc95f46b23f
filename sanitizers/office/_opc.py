"""Open Packaging Conventions (ECMA-376-2): relationships read, relationships written.

Targets are resolved to parts of the same package or are external addresses; nothing else
is a target. Identifiers and part names of the input never cross: both are given anew.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

from sanitizers import xmltree
from sanitizers.findings import Findings
from sanitizers.office._package import Package

MAX_RELATIONSHIPS: Final = 20_000  # of one part; a sheet has one per link

_NAMESPACES: Final = (
    "{http://schemas.openxmlformats.org/package/2006/relationships}",
    "{http://purl.oclc.org/ooxml/package/relationships}",
)
_RELATIONSHIPS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_CORE: Final = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_EXTENDED: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties",
    "http://purl.oclc.org/ooxml/officeDocument/extendedProperties",
)
_MAX_TITLE: Final = 255  # characters of a kept title
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")

#: Relationship type and content type of the properties that we write (Part 2, 8; Part 1, 15).
PROPERTIES: Final = {
    "core-properties": (
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
        "application/vnd.openxmlformats-package.core-properties+xml",
    ),
    "extended-properties": (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties",
        "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    ),
}
HEAD: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


@dataclass(frozen=True, slots=True)
class Relationship:
    """One relationship as it was read. `target`: a part's name, or an address outside."""

    identifier: str
    type: str
    target: str  # "" when there is no such part
    external: bool


def relationships(package: Package, part: str, findings: Findings) -> list[Relationship]:
    """The relationships of `part` ("" for the package), in their order."""
    folder, _, name = part.rpartition("/")
    path = package.find(f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels")
    if path is None:
        return []
    root = xmltree.parse_part(package.read(path), findings, "relationships")
    found: list[Relationship] = []
    for element in root[:MAX_RELATIONSHIPS]:
        tag = element.tag
        if not isinstance(tag, str) or not tag.startswith(_NAMESPACES):
            continue
        target = element.get("Target", "").strip()
        external = element.get("TargetMode", "Internal").strip().lower() == "external"
        if not external:
            target = package.find(_resolve(folder, target)) or ""
        found.append(
            Relationship(element.get("Id", ""), element.get("Type", "").strip(), target, external)
        )
    return found


def _resolve(folder: str, target: str) -> str:
    """Part 2, 6.4: a target relative to the part's folder, or from the package's root."""
    path = unquote(target.partition("#")[0]).replace("\\", "/")
    joined = path if path.startswith("/") else f"/{folder}/{path}"
    return posixpath.normpath(joined).lstrip("/")


def relationships_part(rows: Iterable[tuple[str, str, str, bool]], source: str) -> bytes:
    """The XML of (identifier, type, target part or address, external) of part `source`."""
    folder = source.split("/")[:-1]
    lines = [f'<Relationships xmlns="{_RELATIONSHIPS}">']
    for identifier, kind, target, external in rows:
        mode = ' TargetMode="External"' if external else ""
        path = target if external else _relative(target.split("/"), folder)
        lines.append(
            f'<Relationship Id="{identifier}" Type="{kind}" Target={_quoted(path)}{mode}/>'
        )
    lines.append("</Relationships>")
    return HEAD + "".join(lines).encode("utf-8")


def _relative(target: list[str], folder: list[str]) -> str:
    """Part 2, 6.4. `posixpath.relpath` asks for the working folder, which is forbidden here."""
    same = 0
    while same < len(folder) and target[same] == folder[same]:
        same += 1
    return "/".join([".."] * (len(folder) - same) + target[same:])


def _quoted(value: str) -> str:
    return '"' + quoteattr(value + "'")[1:-2].replace('"', "&quot;") + '"'


def relationships_name(part: str) -> str:
    """Where the relationships of `part` lie."""
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"


def content_types_part(
    defaults: Sequence[tuple[str, str]], overrides: Sequence[tuple[str, str]]
) -> bytes:
    """The XML of (extension without dot, type) and (part, type)."""
    lines = [f'<Types xmlns="{_CONTENT_TYPES}">']
    lines += [f'<Default Extension="{e}" ContentType="{t}"/>' for e, t in defaults]
    lines += [f'<Override PartName="/{p}" ContentType="{t}"/>' for p, t in overrides]
    lines.append("</Types>")
    return HEAD + "".join(lines).encode("ascii")


def read_title(package: Package, part: str, findings: Findings) -> str:
    """The title among the core properties: one line of at most 255 characters, or ""."""
    root = xmltree.parse_part(package.read(part), findings, "properties")
    title = root.findtext(f"{{{_DC}}}title") or ""
    return " ".join(_CONTROL.sub(" ", title).split())[:_MAX_TITLE]


def by_microsoft(package: Package, part: str, findings: Findings) -> bool:
    """Whether the extended properties name an Office program as the writer (Part 1, 22.2.2.1)."""
    root = xmltree.parse_part(package.read(part), findings, "properties")
    names = (root.findtext(f"{{{base}}}Application") for base in _EXTENDED)
    return any(name.strip().startswith("Microsoft") for name in names if name)


def core_properties_part(title: str) -> bytes:
    """Core properties that hold a title and nothing else."""
    text = (
        f'<cp:coreProperties xmlns:cp="{_CORE}" xmlns:dc="{_DC}">'
        f"<dc:title>{escape(title)}</dc:title></cp:coreProperties>"
    )
    return HEAD + text.encode("utf-8")


def application_part(application: str) -> bytes:
    """Extended properties that name an application, and nothing else.

    LibreOffice takes the remembered values of formulas for right only when they are there.
    """
    text = (
        f'<Properties xmlns="{_EXTENDED[0]}"><Application>{application}</Application></Properties>'
    )
    return HEAD + text.encode("ascii")
