"""Where the parts of an OpenDocument file are read from: a package, or one flat XML file.

ODF 1.3 part 2 (packages), part 3, 3.1.2 (flat). This module must never give out bytes of the
manifest: which part is what is decided by where it lies and what it holds.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sanitizers import xmltree
from sanitizers.findings import Action, Findings, Kind
from sanitizers.office._odf_filter import name, names, version_of
from sanitizers.office._package import Package
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.xmltree import Element

_DOCUMENT: Final = name("office:document")
_MATH: Final = name("math:math")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
#: The parts that we look into; all others are pictures, objects, or go.
_KNOWN: Final = frozenset(("content.xml", "styles.xml", "meta.xml", "settings.xml", "mimetype"))
#: Files of a package that never cross, by the start of their name, and what they are called.
_REMOVED: Final = (
    ("META-INF/manifest.xml", None),
    ("META-INF/documentsignatures.xml", Kind.SIGNATURE),
    ("META-INF/macrosignatures.xml", Kind.SIGNATURE),
    ("META-INF/", Kind.UNKNOWN_DATA),
    ("Basic/", Kind.MACRO),
    ("Dialogs/", Kind.MACRO),
    ("Scripts/", Kind.MACRO),
    ("Thumbnails/", Kind.THUMBNAIL),
    ("Configurations2/", Kind.METADATA),
    ("ObjectReplacements/", None),
    ("Pictures/", None),
    ("Object ", None),
    ("layout-cache", Kind.METADATA),
    ("manifest.rdf", Kind.METADATA),
)
#: Roots of documents that lie in the part of another one (10.4.6.2).
DOCUMENTS: Final = frozenset((_DOCUMENT, _MATH))
_BODY: Final = name("office:body")
#: Children of the body → kind of document (3.3).
BODIES: Final = {
    name("office:text"): "text",
    name("office:spreadsheet"): "spreadsheet",
    name("office:presentation"): "presentation",
    name("office:drawing"): "graphics",
    name("office:chart"): "chart",
}
#: What stands in content.xml, and in styles.xml (3.1.3); a flat file has them all.
CONTENT: Final = names("office:font-face-decls office:automatic-styles office:body")
STYLES: Final = names(
    "office:font-face-decls office:styles office:automatic-styles office:master-styles"
)


@dataclass(frozen=True, slots=True)
class Document:
    """One document: the file itself, or an object in it. `base`: its folder, or ""."""

    kind: str  # "text" … "graphics", "chart", "formula"
    content: Element
    styles: Element | None
    base: str
    version: str = ""  # of the standard; formulas have none
    settings: Element | None = None
    meta: Element | None = None


def part_name(base: str, href: str) -> str | None:
    """The name of the part that `href` in the folder `base` means; None when it is outside."""
    href = unquote(href)
    if not href or _SCHEME.match(href) or href.startswith(("/", "#")) or "\\" in href:
        return None
    path = posixpath.normpath(base + href)
    return None if path.startswith("..") else path


def flat(root: Element, base: str = "") -> Document:
    """The document of a flat file or of an object that lies in the part itself.

    Raises:
        Withheld: DAMAGED.
    """
    if root.tag == _MATH:
        return Document("formula", root, None, base)
    if root.tag != _DOCUMENT:
        raise Withheld(ReasonCode.DAMAGED, "not a document")
    settings = root.find(name("office:settings"))
    return Document(
        _kind(root), root, root, base, version_of(root), settings, root.find(name("office:meta"))
    )


class Parts:
    """The parts of a package as documents."""

    def __init__(self, package: Package, findings: Findings) -> None:
        self._package = package
        self._findings = findings

    def report(self) -> None:
        """Add a finding for every file of the package that cannot cross."""
        for part in self._package.names():
            if part in _KNOWN:
                continue
            kind = next((k for start, k in _REMOVED if part.startswith(start)), Kind.UNKNOWN_DATA)
            digest = None
            if kind is Kind.MACRO:
                digest = hashlib.sha256(self._package.read(part)).hexdigest()
            if kind is not None:
                self._findings.add(kind, Action.REMOVED, where="package", sha256=digest)

    def document(self, base: str) -> Document | None:
        """The document in the folder `base`; None when there is none.

        Raises:
            Withheld: DAMAGED.
        """
        if base + "content.xml" not in self._package:
            return None
        content = self._parsed(base + "content.xml")
        if content.tag == _MATH:
            return Document("formula", content, None, base)
        if content.tag != name("office:document-content"):
            raise Withheld(ReasonCode.DAMAGED, "root of the content")
        found = {
            part: self._parsed(f"{base}{part}.xml")
            if f"{base}{part}.xml" in self._package
            else None
            for part in ("styles", "settings", "meta")
        }
        styles = found["styles"]
        if styles is not None and styles.tag != name("office:document-styles"):
            raise Withheld(ReasonCode.DAMAGED, "root of the styles")
        return Document(
            _kind(content), content, styles, base, version_of(content),
            _inner(found["settings"], "office:settings"), _inner(found["meta"], "office:meta"),
        )  # fmt: skip

    def file(self, part: str) -> bytes | None:
        """The bytes of a picture or an embedded file."""
        return self._package.read(part) if part in self._package else None

    def _parsed(self, part: str) -> Element:
        where = "object" if "/" in part else part.removesuffix(".xml")
        return xmltree.parse_part(self._package.read(part), self._findings, where)


def _inner(root: Element | None, child: str) -> Element | None:
    return None if root is None else root.find(name(child))


def _kind(root: Element) -> str:
    bodies = root.findall(_BODY)
    kinds = [BODIES[child.tag] for child in (bodies[0] if bodies else ()) if child.tag in BODIES]
    if len(bodies) != 1 or len(kinds) != 1:
        raise Withheld(ReasonCode.DAMAGED, "body of the document")
    return kinds[0]
