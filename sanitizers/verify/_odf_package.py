"""The frame of an OpenDocument package of ours: names of its files, manifest, properties.

ODF 1.3 part 2. These small files are read by grammars of the exact form that our writer has.
The manifest must say of every file what it is, and of none that is not there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Final

from sanitizers.verify import Rejected, _odf_names

OPENDOCUMENT: Final = "application/vnd.oasis.opendocument."
MIMETYPE: Final = "mimetype"
MANIFEST: Final = "META-INF/manifest.xml"
META: Final = "meta.xml"
MAX_TITLE: Final = 255  # characters

#: Pictures: media types by extension; each is checked by its own verifier.
PICTURES: Final[Mapping[str, str]] = {
    "png": "image/png", "jpg": "image/jpeg", "gif": "image/gif", "bmp": "image/bmp",
    "svg": "image/svg+xml", "tif": "image/tiff", "webp": "image/webp",
}  # fmt: skip
#: The folder ("" or objects in objects), and the part or picture in it.
PART: Final = re.compile(
    r"((?:Object [1-9]\d{0,4}/){0,4})(?:(content|styles|settings)\.xml"
    rf"|(Pictures/[1-9]\d{{0,5}}\.({'|'.join(PICTURES)})))"
)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ROWS: Final = re.compile(
    re.escape(_HEAD) + r'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns'
    r':manifest:1\.0" manifest:version="(1\.[2-4])">((?:<manifest:file-entry '
    r'manifest:full-path="[A-Za-z0-9/. ]{1,200}"(?: manifest:version="1\.[2-4]")? '
    r'manifest:media-type="[a-z0-9./+-]{1,80}"/>)*)</manifest:manifest>'
)
_ROW: Final = re.compile(
    r'full-path="([^"]*)"(?: manifest:version="(1\.[2-4])")? manifest:media-type="([^"]*)"'
)
_PROGRAM: Final = r"(?:LibreOffice(?:Dev)?|OpenOffice(?:\.org)?|StarOffice|MicrosoftOffice)"
_GENERATOR: Final = (
    rf"{_PROGRAM}/\d{{1,2}}(?:\.\d{{1,2}}){{0,3}}"
    rf"(?: {_PROGRAM}_project/(?:\d{{2,3}}m\d{{1,3}}\$Build-\d{{1,5}}|0)"
    r"| Microsoft(?:Word|Excel|PowerPoint))?"
)
_META: Final = re.compile(
    re.escape(_HEAD) + r"<office:document-meta"
    + "".join(
        f' xmlns:{prefix}="{re.escape(uri)}"'
        for prefix, uri in _odf_names.NAMESPACES.items()
        if prefix not in ("config", "ooo", "xml")
    )
    + r' office:version="1\.[0-4]"><office:meta>(?:<meta:generator>'
    + _GENERATOR
    + r'</meta:generator>)?(?:<dc:title>([^<>\x00-\x1f]{1,2000})</dc:title>)?'
    r"</office:meta></office:document-meta>"
)  # fmt: skip


def check_manifest(text: str, parts: Mapping[str, str]) -> None:
    """Accept a manifest that lists `parts` (path or folder → media type) and nothing else.

    Raises:
        Rejected: another form, or a row too many, too few, or of another type.
    """
    match = _ROWS.fullmatch(text)
    if match is None:
        raise Rejected("manifest")
    rows = _ROW.findall(match[2])
    if len(rows) != len(parts) or {path: kind for path, _, kind in rows} != parts:
        raise Rejected("manifest and files differ")
    if any(version != (match[1] if path.endswith("/") else "") for path, version, _ in rows):
        raise Rejected("version in the manifest")


def check_meta(text: str) -> None:
    """Accept properties that are the program, a title, or nothing (3.1.3, 4.3.2).

    Raises:
        Rejected: anything else.
    """
    match = _META.fullmatch(text)
    if match is None or len(unescape(match[1] or "")) > MAX_TITLE:
        raise Rejected("properties")
