"""Builds an OpenDocument package anew: from its content along what the content names.

Parts get our names, the manifest is written from what is there. The first run finds which
pictures and embedded files are needed; they are cleaned in children of their own, and a
second run builds around what became of them.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
from collections.abc import Mapping, Sequence
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import extension
from sanitizers.limits import MAX_PARTS
from sanitizers.model import Rebuilt
from sanitizers.names import clean_name
from sanitizers.office import (
    _embedded,
    _links,
    _odf_elements,
    _odf_meta,
    _odf_settings,
    _odf_styles,
    _placeholder,
)
from sanitizers.office._odf_filter import (
    DECLARATIONS,
    HEAD,
    HREF,
    Identifiers,
    Writer,
    name,
    opening,
    quoted,
)
from sanitizers.office._odf_source import (
    CONTENT,
    DOCUMENTS,
    STYLES,
    Document,
    Parts,
    flat,
    part_name,
)
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.xmltree import Element

OPENDOCUMENT: Final = "application/vnd.oasis.opendocument."
MAX_OBJECTS: Final = 1_000  # charts and formulas of one file; textbooks have 500 formulas
MAX_NESTED: Final = 3  # objects in objects; LibreOffice itself makes two

_MANIFEST: Final = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_PICTURES: Final = frozenset(
    (
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/bmp",
        "image/tiff",
        "image/webp",
        "image/svg+xml",
    )
)
_MANIFEST_VERSION: Final = "1.2"  # part 2, 4.8.1; its version is younger than the content's
#: Pictures whose formats do not pack them.
_DEFLATED: Final = frozenset(("image/bmp", "image/svg+xml"))
_ORDER: Final = (
    "office:font-face-decls", "office:styles", "office:automatic-styles", "office:master-styles",
    "office:body",
)  # fmt: skip


class Builder:
    """One package. `media`: what became of `pictures`, in their order; None in the first run."""

    def __init__(
        self,
        *,
        parts: Parts | None,
        findings: Findings,
        media: Sequence[Rebuilt] | None,
        options: Mapping[str, str],
    ) -> None:
        self.findings = findings
        self.pictures: dict[str, bytes] = {}  # to be cleaned, by part or number
        self.files: dict[str, _embedded.EmbeddedFile] = {}  # go beside the document
        self._numbers: dict[str, int] = {}  # place in `pictures`
        self._parts = parts
        self._media = media
        self._keeps_links = _links.keeps_links(options)
        self._identifiers = Identifiers()
        self._written: dict[str, tuple[bytes | memoryview, str, bool]] = {}
        self._folders: dict[str, str] = {}  # path → media type
        self._places: dict[tuple[str, str], str] = {}  # folder and picture → path
        self._objects: dict[tuple[str, str], str] = {}  # outer folder and object → its folder
        self._version = ""
        self._depth = 0
        self._inline = 0

    def build(self, document: Document) -> None:
        """Write the parts of the main document and all that it holds.

        Raises:
            Withheld: DAMAGED, TOO_MANY_PARTS.
        """
        self._version = document.version
        self._write(document, "")
        meta = _odf_meta.written(document.meta, document.version, self.findings)
        self._written["meta.xml"] = (meta, "text/xml", True)

    def package(self, media_type: str) -> list[tuple[str, bytes | memoryview, bool]]:
        """(name, bytes, whether to deflate) of all files, the type first (part 2, 3.3)."""
        version = max(self._version, _MANIFEST_VERSION)
        rows = [("/", media_type)]
        rows += [(f"{path}/", kind) for path, kind in self._folders.items()]
        rows += [(path, kind) for path, (_, kind, _) in self._written.items()]
        entries = "".join(
            f"<manifest:file-entry manifest:full-path={quoted(path)}"
            + (f' manifest:version="{version}"' if path.endswith("/") else "")
            + f" manifest:media-type={quoted(kind)}/>"
            for path, kind in sorted(rows)
        )
        manifest = (
            f'{HEAD}<manifest:manifest xmlns:manifest="{_MANIFEST}" manifest:version="{version}">'
            f"{entries}</manifest:manifest>"
        )
        files = [(path, data, deflate) for path, (data, _, deflate) in self._written.items()]
        return [
            ("mimetype", media_type.encode("ascii"), False),
            *sorted(files, key=lambda row: row[0]),
            ("META-INF/manifest.xml", manifest.encode("utf-8"), True),
        ]

    def address(self, href: str) -> str:
        """A link's target by the profile, or ""."""
        kept = _links.kept_address(href) if self._keeps_links else ""
        self.findings.add(Kind.LINK, Action.NOTED if kept else Action.REMOVED, where="text")
        return kept

    def place(self, folder: str, key: str, data: bytes, *, optional: bool) -> str:
        """The path in `folder` of a picture; "" when it is `optional` and does not cross."""
        known = self._places.get((folder, key))
        if known is not None:
            return known
        number = self._numbers.setdefault(key, len(self._numbers))
        self.pictures[key] = data
        self._check_count()
        if self._media is None:
            return self._stored(folder, key, b"", "image/png")
        if number >= len(self._media):
            raise Withheld(ReasonCode.INTERNAL, "members differ")
        rebuilt = self._media[number]
        if rebuilt.data is None or rebuilt.media_type not in _PICTURES:
            self.findings.add(Kind.WITHHELD_PART, Action.REMOVED, where="picture")
            if optional:
                return ""
            return self._stored(folder, key, _placeholder.PNG, "image/png")
        return self._stored(folder, key, rebuilt.data, rebuilt.media_type)

    def stand_in(self, folder: str) -> str:
        """The path in `folder` of the grey picture."""
        known = self._places.get((folder, ""))
        return known or self._stored(folder, "", _placeholder.PNG, "image/png")

    def keep_beside(self, element: Element, base: str) -> None:
        """Ask for the file that an object holds, when its format is known."""
        data = element.findtext(name("office:binary-data"))
        if data is not None:
            found = self.inline_data(data)
        else:
            found = self.part(base, element.get(HREF, "")) if element.get(HREF) else None
        if found is None or found[0] in self.files:
            return
        if element.tag == name("draw:plugin"):
            named = clean_name(posixpath.basename(found[0]))
            self.files[found[0]] = _embedded.EmbeddedFile(named, found[1])
        else:
            inner = _embedded.unpacked(found[1], package=False)
            if inner is not None:
                self.files[found[0]] = inner
        self._check_count()

    def _check_count(self) -> None:
        if len(self.pictures) + len(self.files) > MAX_PARTS:
            raise Withheld(ReasonCode.TOO_MANY_PARTS, "files inside")

    def inline_data(self, text: str) -> tuple[str, bytes] | None:
        """The key and the bytes of a file that lies in the part itself in base64."""
        self._inline += 1
        try:
            return f"#{self._inline}", base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            return None

    def part(self, base: str, href: str) -> tuple[str, bytes] | None:
        """The name and the bytes of a part that `href` means; None when there is none."""
        target = part_name(base, href)
        if target is None:
            self.findings.add(Kind.EXTERNAL_REFERENCE, Action.REMOVED, where="picture")
            return None
        data = self.pictures.get(target)
        if data is None and self._parts:
            data = self._parts.file(target)
        return None if data is None else (target, data)

    def object(self, element: Element, base: str, outer: str) -> str:
        """The folder in `outer` of an object that is written too, "" when it is not of ours."""
        if self._depth > MAX_NESTED:
            return ""
        inside = next((child for child in element if child.tag in DOCUMENTS), None)
        if inside is not None:
            self._inline += 1
            key, document = f"#{self._inline}", flat(inside, base)
        else:
            target = part_name(base, element.get(HREF, ""))
            if target is None:
                self.findings.add(Kind.EXTERNAL_REFERENCE, Action.REMOVED, where="object")
                return ""
            if (outer, target) in self._objects:
                return self._objects[outer, target]
            found = self._parts.document(target + "/") if self._parts else None
            if found is None:
                return ""
            key, document = target, found
        if len(self._objects) >= MAX_OBJECTS:
            raise Withheld(ReasonCode.TOO_MANY_PARTS, "objects")
        folder = self._objects[outer, key] = f"Object {len(self._objects) + 1}"
        self._folders[outer + folder] = OPENDOCUMENT + document.kind
        self._write(document, f"{outer}{folder}/")
        return folder

    def kind(self, folder: str) -> str:
        """The kind of the document in a folder of the output."""
        return self._folders[folder].removeprefix(OPENDOCUMENT)

    def _stored(self, folder: str, key: str, data: bytes | memoryview, media_type: str) -> str:
        path = f"Pictures/{len(self._places) + 1}{extension(media_type)}"
        self._places[folder, key] = path
        self._written[folder + path] = (data, media_type, media_type in _DEFLATED)
        return path

    def _write(self, document: Document, folder: str) -> None:
        scope = _Scope(self, document, folder)
        self._depth += 1
        where = "object" if folder else "content"
        if document.kind == "formula":
            self._written[f"{folder}content.xml"] = (self._formula(scope, where), "text/xml", True)
        else:
            roots = [root for root in (document.content, document.styles) if root is not None]
            scope.styles = _odf_styles.drop_unused(roots, self.findings)
            rows = [("content", document.content, CONTENT)]
            if document.styles is not None:
                rows.append(("styles", document.styles, STYLES))
            for part, root, children in rows:
                data = self._part(scope, part, root, children, where if folder else part)
                self._written[f"{folder}{part}.xml"] = (data, "text/xml", True)
        if document.settings is not None:
            sheets = _odf_elements.sheets(document.content)
            settings = _odf_settings.written(
                document.settings, sheets, document.version, self.findings
            )
            self._written[f"{folder}settings.xml"] = (settings, "text/xml", True)
        self._depth -= 1

    def _writer(self, scope: _Scope, where: str) -> Writer:
        return Writer(
            findings=self.findings,
            where=where,
            identifiers=self._identifiers,
            styles=scope.styles,
            handlers=_odf_elements.handlers(scope),
            named=_odf_elements.NAMED,
        )

    def _formula(self, scope: _Scope, where: str) -> bytes:
        writer = self._writer(scope, where)
        writer.put(HEAD)
        writer.allowed(scope.document.content, DECLARATIONS)
        return writer.result()

    def _part(
        self, scope: _Scope, part: str, root: Element, children: frozenset[str], where: str
    ) -> bytes:
        writer = self._writer(scope, where)
        writer.put(opening(part, scope.document.version))
        for child_name in _ORDER:
            child = root.find(name(child_name))
            if child is not None and child.tag in children:
                writer.write(child)
        twice = part == "styles" and root is scope.document.content  # a flat file
        for child in root if not twice else ():
            known = child.tag in CONTENT | STYLES
            if not known and (len(child) or child.attrib or child.text):
                writer.drop(child, _odf_elements.NAMED.get(child.tag, Kind.UNKNOWN_DATA))
        writer.put(f"</office:document-{part}>")
        return writer.result()


class _Scope:
    """What the handlers of one document's parts see of the file."""

    def __init__(self, builder: Builder, document: Document, folder: str) -> None:
        self.findings = builder.findings
        self.document = document
        self.styles = frozenset[str]()
        self._builder = builder
        self._folder = folder
        self._controls: dict[str, str] = {}
        for root in (document.content, document.styles):
            if root is not None:
                self._controls |= _odf_elements.controls(root)

    def address(self, href: str) -> str:
        """A link's target by the profile, or ""."""
        return self._builder.address(href)

    def picture(self, href: str, data: str | None, *, optional: bool = False) -> str:
        """Where a picture of the part lies in the output; "" when there is none.

        One that does not cross has the grey one in its place, but for an `optional` one.
        """
        if data is not None:
            found = self._builder.inline_data(data)
        elif href:
            found = self._builder.part(self.document.base, href)
        else:
            found = None
        if found is None or not found[1]:
            return ""
        return self._builder.place(self._folder, *found, optional=optional)

    def stand_in(self) -> str:
        """Where the grey picture lies."""
        return self._builder.stand_in(self._folder)

    def embedded(self, element: Element) -> tuple[str, str]:
        """Where an object lies in the output and its kind; "" when it is not one of ours."""
        folder = self._builder.object(element, self.document.base, self._folder)
        return (f"./{folder}", self._builder.kind(self._folder + folder)) if folder else ("", "")

    def beside(self, element: Element) -> None:
        """A file in an object that is not one of ours goes beside the document."""
        self._builder.keep_beside(element, self.document.base)

    def control(self, identifier: str) -> str:
        """What a form control shows."""
        return self._controls.get(identifier, "")
