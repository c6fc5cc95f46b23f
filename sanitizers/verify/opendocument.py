"""OpenDocument packages as our writer may write them (ODF 1.3).

The frame of the ZIP is `_zip_framing`'s, the package `_odf_package`'s, the XML of each part
`_odf_markup`'s; pictures are checked by their own verifiers. Every file is reached from the
document, and what none of them knows cannot be inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from sanitizers.model import Verifier
from sanitizers.verify import (
    Rejected,
    _odf_markup,
    _zip_framing,
    bmp,
    gif,
    jpeg,
    png,
    svg,
    tiff,
    webp,
)
from sanitizers.verify import _odf_package as package
from sanitizers.verify._pictures import Pictures
from sanitizers.verify._zip_framing import Entry

MAX_SMALL: Final = 8_000_000  # bytes of the manifest or the properties
_PICTURES: Final = Pictures(
    bmp.BmpVerifier, gif.GifVerifier, jpeg.JpegVerifier, png.PngVerifier, svg.SvgVerifier,
    tiff.TiffVerifier, webp.WebpVerifier,
)  # fmt: skip


class _OpenDocument:
    """What the verifiers below share: one each, so that none takes another's type for its own."""

    media_types: ClassVar[tuple[str, ...]]

    @classmethod
    def warm(cls) -> None:
        """Load what the grammars of pictures need."""
        _PICTURES.warm()

    def verify(self, data: memoryview) -> None:
        """Accept `data` as the media type of this class.

        Raises:
            sanitizers.verify.Rejected: anything that the grammar does not consume whole.
        """
        entries = _zip_framing.parse(data)
        media_type = self.media_types[0]
        first = entries[0] if entries else None
        if (
            first is None
            or first.name != package.MIMETYPE
            or first.method != _zip_framing.STORED
            or bytes(_zip_framing.content(data, first)) != media_type.encode("ascii")
        ):
            raise Rejected("media type")
        files = {entry.name: entry for entry in entries[1:]}
        text = {
            name: self._text(data, files.pop(name, None))
            for name in (package.MANIFEST, package.META)
        }
        package.check_meta(text[package.META])
        rows = self._check_parts(data, files)
        if rows.get("") != media_type:
            raise Rejected("kind of document")
        rows["/"] = rows.pop("")
        rows[package.META] = "text/xml"
        package.check_manifest(text[package.MANIFEST], rows)

    def _check_parts(self, data: memoryview, files: Mapping[str, Entry]) -> dict[str, str]:
        """Media types of all files, and of the folders of documents ("" is the main one)."""
        rows: dict[str, str] = {}
        targets: set[str] = {""}
        for name, entry in files.items():
            match = package.PART.fullmatch(name)
            if match is None or entry.folder:
                raise Rejected("name of a file")
            folder, part, picture, ending = match.groups()
            content = _zip_framing.content(data, entry)
            if picture:
                rows[name] = package.PICTURES[ending]
                _PICTURES.verify(rows[name], content)
                continue
            rows[name] = "text/xml"
            found = _odf_markup.check(content, part)
            targets.update(folder + target for target in found.targets)
            if part == "content":
                rows[folder] = package.OPENDOCUMENT + found.kind
        pictures_and_folders = {n for n in rows if "Pictures/" in n or n.endswith("/") or not n}
        if pictures_and_folders != targets:
            raise Rejected("a file that nothing refers to, or one that is missing")
        parts = [name for name in rows if name.endswith(".xml") and "/" in name]
        if any(name.rpartition("/")[0] + "/" not in rows for name in parts):
            raise Rejected("styles of no document")
        return rows

    @staticmethod
    def _text(data: memoryview, entry: Entry | None) -> str:
        if entry is None or entry.size > MAX_SMALL:
            raise Rejected("a file of the frame is missing or too large")
        try:
            return str(_zip_framing.content(data, entry), "utf-8", "strict")
        except UnicodeDecodeError as error:
            raise Rejected("a file of the frame is not UTF-8") from error


class TextVerifier(_OpenDocument, Verifier):
    """Texts."""

    media_types = (package.OPENDOCUMENT + "text",)


class SpreadsheetVerifier(_OpenDocument, Verifier):
    """Spreadsheets."""

    media_types = (package.OPENDOCUMENT + "spreadsheet",)


class PresentationVerifier(_OpenDocument, Verifier):
    """Presentations."""

    media_types = (package.OPENDOCUMENT + "presentation",)


class GraphicsVerifier(_OpenDocument, Verifier):
    """Drawings."""

    media_types = (package.OPENDOCUMENT + "graphics",)
