"""Builds a package anew: from the main part along the relationships that are used.

Parts get our names, relationships our identifiers, content types are written from our own
table. A part that nothing in an output part refers to does not come along, whatever
relationships pointed to it. What a part's own format needs beyond its vocabulary (fields,
formulas, unused styles) is in the family's `Maker`.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from sanitizers import xmltree
from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import extension
from sanitizers.model import Rebuilt
from sanitizers.office import _common, _kinds, _links, _opc, _placeholder
from sanitizers.office._filter import Filter, Handler
from sanitizers.office._kinds import PartKind
from sanitizers.office._opc import Relationship
from sanitizers.office._package import Package
from sanitizers.office._rules import NAMESPACES, Vocabulary
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.xmltree import Element

MAX_PARTS: Final = 8_000  # written parts; 2,000 slides with notes and charts

#: What docProps/app.xml names (22.2.2.1) when the sender's was one of these. LibreOffice sets
#: the heights of rows anew where it reads these names, and keeps them where it reads its own.
_APPLICATIONS: Final = {
    "word": "Microsoft Office Word", "sheet": "Microsoft Excel",
    "slide": "Microsoft Office PowerPoint",
}  # fmt: skip
_OTHER_APPLICATION: Final = "LibreOffice"
_BASES: Final = {"word": "word", "sheet": "xl", "slide": "ppt"}
_STRICT: Final = re.compile(
    rb'(xmlns(?::\w{1,20})?=")http://purl\.oclc\.org/ooxml/([a-zA-Z/]{1,60})'
)
#: Identifiers in a part that we wrote; the prefix is ours.
_USED: Final = re.compile(rb' r:[a-z]{1,20}="([^"]*)"')


@dataclass(slots=True, eq=False)
class Node:
    """One part to write."""

    kind: PartKind
    kind_name: str
    source: str  # name in the input, "" for what we made
    path: str
    number: int
    relationships: list[Relationship] = field(default_factory=list)
    rows: list[tuple[str, str, str, bool]] = field(default_factory=list)  # written
    renamed: dict[str, str | None] = field(default_factory=dict)  # old identifier → new
    targets: list[Node] = field(default_factory=list)
    data: bytes | memoryview | None = None  # of what is not XML, or is made by us
    content_type: str = ""
    facts: dict[str, str] = field(default_factory=dict)  # of the family's maker


class Maker(Protocol):
    """What a family adds to the common way of a part."""

    vocabularies: Mapping[str, Vocabulary]

    def handlers(self, builder: Builder, node: Node) -> Mapping[str, Handler]: ...
    def hot(self, node: Node) -> re.Pattern[bytes] | None: ...
    def prepare(self, builder: Builder, node: Node, root: Element, tree: Filter) -> None: ...
    def finish(self, builder: Builder, node: Node, written: bytes) -> None: ...
    def stand_in(self, builder: Builder, node: Node, relation: Relationship) -> bytes | None: ...


class Builder:
    """One package. `media`: what became of the parts that are files of their own, by name."""

    def __init__(
        self,
        package: Package,
        *,
        family: str,
        maker: Maker,
        findings: Findings,
        media: Mapping[str, Rebuilt],
        options: Mapping[str, str],
    ) -> None:
        self.package = package
        self.findings = findings
        self.keeps_links = _links.keeps_links(options)
        self._family = family
        self._maker = maker
        self._media = media
        self._by_source: dict[tuple[str, str], Node] = {}
        self._counts: dict[str, int] = {}
        self._queue: deque[Node] = deque()
        self._late: list[Node] = []
        self._written: dict[str, bytes | memoryview] = {}
        self.nodes: list[Node] = []

    def build(self, main: str, main_kind: str, content_type: str) -> None:
        """Make every part that the main part needs.

        Raises:
            Withheld: DAMAGED, TOO_LARGE, TOO_MANY_PARTS.
        """
        for vocabulary in self._maker.vocabularies.values():
            vocabulary.forget()
        root = self._node(main_kind, main)
        root.content_type = content_type
        while self._queue or self._late:
            node = self._queue.popleft() if self._queue else self._next_late()
            if node.data is None:
                self._make(node)

    def _next_late(self) -> Node:
        """Parts that others use as they are used: comments have styles of their own."""
        self._late.sort(key=lambda node: node.kind_name)  # comments, fonts, …, styles
        return self._late.pop(0)

    def parts(
        self, title: str, *, by_microsoft: bool
    ) -> list[tuple[str, bytes | memoryview, bool]]:
        """(name, bytes, whether to deflate) of the whole package, in a fixed order."""
        overrides: list[tuple[str, str]] = []
        defaults = {"rels": "application/vnd.openxmlformats-package.relationships+xml"}
        files: list[tuple[str, bytes | memoryview, bool]] = []
        for node in self.nodes:
            if node.kind.root:
                overrides.append((node.path, node.content_type or node.kind.content_type))
            else:
                defaults[node.path.rpartition(".")[2]] = node.content_type
            data = node.data if node.data is not None else self._written[node.path]
            deflate = bool(node.kind.root) or node.content_type == "image/bmp"
            files.append((node.path, data, deflate))
            if node.rows:
                rows = _opc.relationships_part(node.rows, node.path)
                files.append((_opc.relationships_name(node.path), rows, True))
        top = [("rId1", _kinds.full_type("officeDocument"), self.nodes[0].path, False)]
        application = _APPLICATIONS[self._family] if by_microsoft else _OTHER_APPLICATION
        extended = _opc.application_part(application)
        properties = [("docProps/app.xml", "extended-properties", extended)]
        if title:
            core = _opc.core_properties_part(title)
            properties.append(("docProps/core.xml", "core-properties", core))
        for number, (path, kind, data) in enumerate(properties, 2):
            files.append((path, data, True))
            overrides.append((path, _opc.PROPERTIES[kind][1]))
            top.append((f"rId{number}", _opc.PROPERTIES[kind][0], path, False))
        listing = _opc.content_types_part(sorted(defaults.items()), sorted(overrides))
        head = [
            ("[Content_Types].xml", listing, True),
            ("_rels/.rels", _opc.relationships_part(top, ""), True),
        ]
        return head + sorted(files, key=lambda part: part[0])

    def relation(self, node: Node, identifier: str) -> str | None:
        """The new identifier of a relationship that `node` uses, or None: it goes."""
        if identifier in node.renamed:
            return node.renamed[identifier]
        fresh: str | None = None
        for row in node.relationships:
            if row.identifier == identifier:
                fresh = self._follow(node, row)
                break
        node.renamed[identifier] = fresh
        return fresh

    def target(self, node: Node, identifier: str) -> Relationship | None:
        """A relationship of `node` as it was read."""
        return next((r for r in node.relationships if r.identifier == identifier), None)

    def link(self, node: Node, address: str) -> str | None:
        """A new identifier for an address outside, or None by the profile or for its scheme."""
        kept = _links.kept_address(address) if self.keeps_links else ""
        self.findings.add(
            Kind.LINK, Action.NOTED if kept else Action.REMOVED, where=node.kind.where
        )
        if not kept:
            return None
        return self._row(node, "hyperlink", kept, True)

    def add(self, node: Node, relationship: str, kind: str, data: bytes, identifier: str) -> Node:
        """A part made by us, related to `node`, whose tree names it `identifier`."""
        made = self._node(kind, "", data)
        node.renamed[identifier] = self._row(node, relationship, made.path, False)
        return made

    def picture(self, node: Node, part: str) -> str:
        """The identifier of a picture of the input that `node` has no relationship to."""
        target = self._target("image", part)
        if target is None:
            raise Withheld(ReasonCode.INTERNAL, "no picture")
        return self._row(node, "image", target.path, False)

    def _row(self, node: Node, short: str, target: str, external: bool) -> str:
        fresh = f"rId{len(node.rows) + 1}"
        node.rows.append((fresh, _kinds.full_type(short), target, external))
        return fresh

    def _follow(self, node: Node, row: Relationship) -> str | None:
        short = _kinds.short_type(row.type)
        kind = node.kind.relations.get(short)
        if kind == "hyperlink":
            return self.link(node, row.target) if row.external else None
        if kind is None:
            data = self._maker.stand_in(self, node, row)
            if data is None:
                return None
            return self._row(node, "worksheet", self._node("worksheet", "", data).path, False)
        if row.external or not row.target:
            return None
        target = self._target(kind, row.target)
        if target is None:
            return None
        node.targets.append(target)
        return self._row(node, short, target.path, False)

    def _target(self, kind: str, source: str) -> Node | None:
        known = self._by_source.get((kind, source))
        if known is not None:
            return known
        if kind == "image":
            return self._picture(source)
        if kind == "workbookFile":
            rebuilt = self._media.get(source)
            if rebuilt is None or rebuilt.data is None or not _is_workbook(rebuilt.media_type):
                return None
            return self._file(kind, source, rebuilt.data, rebuilt.media_type)
        return self._node(kind, source)

    def _picture(self, source: str) -> Node:
        rebuilt = self._media.get(source)
        if rebuilt is None or rebuilt.data is None or not rebuilt.media_type.startswith("image/"):
            self.findings.add(Kind.WITHHELD_PART, Action.REMOVED, where="picture")
            return self._file("image", source, _placeholder.PNG, "image/png")
        return self._file("image", source, rebuilt.data, rebuilt.media_type)

    def _file(self, kind: str, source: str, data: bytes | memoryview, media_type: str) -> Node:
        node = self._node(kind, source, data)
        node.path += extension(media_type)
        node.content_type = media_type
        return node

    def _node(self, kind: str, source: str, data: bytes | memoryview | None = None) -> Node:
        if len(self.nodes) >= MAX_PARTS:
            raise Withheld(ReasonCode.TOO_MANY_PARTS, "parts")
        description = _kinds.KINDS[kind]
        number = self._counts[description.path] = self._counts.get(description.path, 0) + 1
        base = _BASES[self._family]
        path = description.path.format(base=base, n=number)
        if number > 1 and "{n}" not in description.path:
            raise Withheld(ReasonCode.DAMAGED, "a second part of a kind that is single")
        node = Node(description, kind, source, path, number, data=data)
        self.nodes.append(node)
        if source:
            self._by_source[kind, source] = node
        if data is None:
            (self._late.append if description.late else self._queue.append)(node)
        return node

    def _make(self, node: Node) -> None:
        kind = node.kind
        where = f"{kind.where} {node.number}" if "{n}" in kind.path else kind.where
        node.relationships = _opc.relationships(self.package, node.source, self.findings)
        self._report(node)
        data = _STRICT.sub(_transitional, self.package.read(node.source))
        vocabulary = self._maker.vocabularies[kind.vocabulary]
        root = xmltree.parse_part(data, self.findings, where)
        prefix, _, local = kind.root.partition(":")
        if root.tag != f"{{{NAMESPACES[prefix]}}}{local}":
            raise Withheld(ReasonCode.DAMAGED, f"not a {kind.where} part")
        root = xmltree.with_prefixes(root, data, vocabulary.prefixes, vocabulary.own)
        tree = Filter(
            vocabulary,
            findings=self.findings,
            where=where,
            relation=self._relations_of(node),
            handlers=self._maker.handlers(self, node),
            named=_common.NAMED,
            needed=_common.NEEDED,
            lists=_common.LISTS,
            hot=self._maker.hot(node),
        )
        for row in node.relationships:
            if _kinds.short_type(row.type) in kind.implicit:
                self.relation(node, row.identifier)
        self._maker.prepare(self, node, root, tree)
        written = tree.run(root, frozenset())
        if not {i.decode() for i in _USED.findall(written)} <= {row[0] for row in node.rows}:
            raise Withheld(ReasonCode.INTERNAL, "an identifier without a relationship")
        self._maker.finish(self, node, written)
        self._written[node.path] = _opc.HEAD + written

    def _relations_of(self, node: Node) -> Callable[[str], str | None]:
        return lambda identifier: self.relation(node, identifier)

    def _report(self, node: Node) -> None:
        """Say which relationships of a part are not followed."""
        for row in node.relationships:
            short = _kinds.short_type(row.type)
            if short in node.kind.relations:
                if row.external and node.kind.relations[short] != "hyperlink":
                    self._removed(Kind.EXTERNAL_REFERENCE, node, "")
                continue
            word = short or row.type.rpartition("/")[2]
            named = _kinds.REMOVED if short else _kinds.REMOVED_OTHERS
            kind = Kind(named.get(word, "unknown_data"))
            self._removed(Kind.EXTERNAL_REFERENCE if row.external else kind, node, row.target)

    def _removed(self, kind: Kind, node: Node, part: str) -> None:
        digest = None
        if part and kind in (Kind.MACRO, Kind.EMBEDDED_OBJECT, Kind.EMBEDDED_FILE):
            digest = hashlib.sha256(self.package.read(part)).hexdigest()
        self.findings.add(kind, Action.REMOVED, where=node.kind.where, sha256=digest)


def _is_workbook(media_type: str) -> bool:
    return media_type.startswith("application/vnd.openxmlformats-officedocument.spreadsheetml.")


def _transitional(match: re.Match[bytes]) -> bytes:
    """A namespace of ISO/IEC 29500 Strict in its transitional form (Part 1, annex A)."""
    words = match[2].decode("ascii")
    for strict, usual in (
        ("officeDocument/relationships", "officeDocument/2006/relationships"),
        ("officeDocument/math", "officeDocument/2006/math"),
        ("drawingml/", "drawingml/2006/"),
        ("wordprocessingml/", "wordprocessingml/2006/"),
        ("spreadsheetml/", "spreadsheetml/2006/"),
        ("presentationml/", "presentationml/2006/"),
    ):
        if words.startswith(strict):
            rest = words[len(strict) :]
            return match[1] + f"http://schemas.openxmlformats.org/{usual}{rest}".encode("ascii")
    return match[0]
