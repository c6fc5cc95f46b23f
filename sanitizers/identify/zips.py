"""What a ZIP is, from its central directory: names and two small members, nothing else.

Our own reader, bounded by constants: it takes names, and inflates at most a few
kilobytes of `[Content_Types].xml`. It never extracts a member.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Final

MAX_ENTRIES: Final = 20_000  # names looked at; real Office files stay under 2,000
MAX_CONTENT_TYPES: Final = 1_000_000  # bytes inflated of [Content_Types].xml
_EOCD: Final = b"PK\x05\x06"  # APPNOTE 4.3.16
_CENTRAL: Final = b"PK\x01\x02"  # APPNOTE 4.3.12
_LOCAL: Final = b"PK\x03\x04"  # APPNOTE 4.3.7
_EOCD_WINDOW: Final = 22 + 65_535

_MACRO: Final = "application/vnd.ms-"
_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."

#: Main part's content type (ECMA-376 Part 1, 15.2 ff.; [MS-OFFMACRO2] 2.1) → ours.
_MAIN_PARTS: Final = {
    _OOXML + "wordprocessingml.document.main+xml": _OOXML + "wordprocessingml.document",
    _OOXML + "wordprocessingml.template.main+xml": _OOXML + "wordprocessingml.template",
    _OOXML + "spreadsheetml.sheet.main+xml": _OOXML + "spreadsheetml.sheet",
    _OOXML + "spreadsheetml.template.main+xml": _OOXML + "spreadsheetml.template",
    _OOXML + "presentationml.presentation.main+xml": _OOXML + "presentationml.presentation",
    _OOXML + "presentationml.template.main+xml": _OOXML + "presentationml.template",
    _OOXML + "presentationml.slideshow.main+xml": _OOXML + "presentationml.slideshow",
    _MACRO + "word.document.macroenabled.main+xml": _MACRO + "word.document.macroenabled.12",
    _MACRO + "word.template.macroenabledtemplate.main+xml":
        _MACRO + "word.template.macroenabled.12",
    _MACRO + "excel.sheet.macroenabled.main+xml": _MACRO + "excel.sheet.macroenabled.12",
    _MACRO + "excel.template.macroenabled.main+xml": _MACRO + "excel.template.macroenabled.12",
    _MACRO + "excel.addin.macroenabled.main+xml": _MACRO + "excel.addin.macroenabled.12",
    _MACRO + "excel.sheet.binary.macroenabled.main":
        _MACRO + "excel.sheet.binary.macroenabled.12",
    _MACRO + "powerpoint.presentation.macroenabled.main+xml":
        _MACRO + "powerpoint.presentation.macroenabled.12",
    _MACRO + "powerpoint.template.macroenabled.main+xml":
        _MACRO + "powerpoint.template.macroenabled.12",
    _MACRO + "powerpoint.slideshow.macroenabled.main+xml":
        _MACRO + "powerpoint.slideshow.macroenabled.12",
    _MACRO + "powerpoint.addin.macroenabled.main+xml":
        _MACRO + "powerpoint.addin.macroenabled.12",
    _MACRO + "visio.drawing.main+xml": "application/vnd.ms-visio.drawing",
    _MACRO + "visio.drawing.macroenabled.main+xml": "application/vnd.ms-visio.drawing",
    _MACRO + "visio.template.main+xml": "application/vnd.ms-visio.drawing",
    _MACRO + "visio.stencil.main+xml": "application/vnd.ms-visio.drawing",
    _MACRO + "package.xps-fixeddocumentsequence+xml": "application/vnd.ms-xpsdocument",
}  # fmt: skip
#: The `mimetype` member (ODF 1.3 part 2, 3.3; EPUB OCF 4.2.2) → ours.
_MIMETYPES: Final = {
    _ODF + "text": _ODF + "text",
    _ODF + "text-template": _ODF + "text",
    _ODF + "text-master": _ODF + "text",
    _ODF + "spreadsheet": _ODF + "spreadsheet",
    _ODF + "spreadsheet-template": _ODF + "spreadsheet",
    _ODF + "presentation": _ODF + "presentation",
    _ODF + "presentation-template": _ODF + "presentation",
    _ODF + "graphics": _ODF + "graphics",
    _ODF + "graphics-template": _ODF + "graphics",
    "application/epub+zip": "application/epub+zip",
    "application/hwp+zip": "application/hwp+zip",
}
#: Member names that make a ZIP a program, and of which kind.
_PROGRAM_MEMBERS: Final = (
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
    ("AppxManifest.xml", "application/msix"),
    ("AppxMetadata/AppxBundleManifest.xml", "application/msix"),
    ("extension.vsixmanifest", "application/vsix"),
    ("install.rdf", "application/x-xpinstall"),
    ("META-INF/mozilla.rsa", "application/x-xpinstall"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
)
_PARTS: Final = re.compile(rb'ContentType\s*=\s*["\']([^"\']{1,200})["\']')
#: Where the main part usually lies: used when [Content_Types].xml cannot be read.
_MAIN_NAMES: Final = (
    ("word/document.xml", _OOXML + "wordprocessingml.document"),
    ("xl/workbook.xml", _OOXML + "spreadsheetml.sheet"),
    ("xl/workbook.bin", _MACRO + "excel.sheet.binary.macroenabled.12"),
    ("ppt/presentation.xml", _OOXML + "presentationml.presentation"),
    ("visio/document.xml", "application/vnd.ms-visio.drawing"),
    ("theme/theme/themeManager.xml", _MACRO + "officetheme"),
)


@dataclass(frozen=True, slots=True)
class _Entry:
    method: int
    packed: int
    size: int
    offset: int


def has_directory(data: memoryview) -> bool:
    """Whether a ZIP end record closes the data, wherever the archive begins."""
    tail = bytes(data[-_EOCD_WINDOW:])
    at = tail.rfind(_EOCD)
    return at >= 0 and len(tail) - at >= 22 and tail[at + 4 : at + 8] == b"\0\0\0\0"


def closes_a_split(data: memoryview) -> bool:
    """Whether an end record with disk numbers closes the data: the last of several volumes."""
    tail = bytes(data[-_EOCD_WINDOW:])
    at = tail.rfind(_EOCD)
    if at < 0 or len(tail) - at < 22:
        return False
    disk, first, comment = struct.unpack_from("<HH12xH", tail, at + 4)
    return bool(0 < disk < 0xFFFF and first <= disk and len(tail) - at - 22 == comment)


def is_zip(head: bytes) -> bool:
    """Local file header, empty archive, or the first segment of a spanned one, at 0."""
    return head.startswith((_LOCAL, _EOCD, b"PK\x07\x08PK\x03\x04", b"PK00PK\x03\x04"))


def _directory(data: memoryview) -> dict[str, _Entry]:
    """Names of the central directory, at most `MAX_ENTRIES`; {} when there is none."""
    tail = bytes(data[-_EOCD_WINDOW:])
    at = tail.rfind(_EOCD)
    if at < 0 or len(tail) - at < 22:
        return {}
    length, start = struct.unpack_from("<II", tail, at + 12)
    end = len(data) - len(tail) + at
    begin = end - length if start + length != end and length <= end else start
    found: dict[str, _Entry] = {}
    for _ in range(MAX_ENTRIES):
        if begin + 46 > len(data) or bytes(data[begin : begin + 4]) != _CENTRAL:
            break
        method, packed, size, name, extra, comment, offset = struct.unpack_from(
            "<10xH8xIIHHH8xI", data, begin
        )
        raw = bytes(data[begin + 46 : begin + 46 + name])
        found.setdefault(raw.decode("latin-1"), _Entry(method, packed, size, offset))
        begin += 46 + name + extra + comment
    return found


def _read(data: memoryview, entry: _Entry, limit: int) -> bytes:
    """Up to `limit` bytes of one member; b"" when it cannot be read."""
    at = entry.offset
    if at + 30 > len(data) or bytes(data[at : at + 4]) != _LOCAL:
        return b""
    name, extra = struct.unpack_from("<HH", data, at + 26)
    at += 30 + name + extra
    packed = data[at : at + min(entry.packed, limit)]
    if entry.method == 0:
        return bytes(packed)
    if entry.method != 8:
        return b""
    try:
        return zlib.decompressobj(-15).decompress(packed, limit)
    except zlib.error:
        return b""


def _office(data: memoryview, names: dict[str, _Entry]) -> str:
    by_lower = {name.lower(): name for name in names}
    listed = by_lower.get("[content_types].xml")
    if listed is None:
        return ""
    xml = _read(data, names[listed], MAX_CONTENT_TYPES)
    if xml[:2] in (b"\xff\xfe", b"\xfe\xff"):
        xml = xml.decode("utf-16", "replace").encode("latin-1", "replace")
    types = {t.decode("latin-1").lower() for t in _PARTS.findall(xml)}
    mains = [ours for part, ours in _MAIN_PARTS.items() if part in types]
    # A macro form wins over a plain one: the stricter name of a contradictory package.
    for media_type in sorted(mains, key=lambda t: "macroenabled" not in t):
        return media_type
    return next((ours for part, ours in _MAIN_NAMES if part.lower() in by_lower), "")


def classify(data: memoryview, extension: str) -> str:
    """Media type of a ZIP: Office, ODF, EPUB, a program package, or a plain archive.

    `extension` (without the dot) settles only what the members leave open: `.jar`, `.ipa`.
    """
    names = _directory(data)
    office = _office(data, names)
    if office:
        return office
    entry = names.get("mimetype")
    if entry is not None:
        declared = _read(data, entry, 200).strip().decode("latin-1").lower()
        if declared in _MIMETYPES:
            return _MIMETYPES[declared]
        if declared.startswith(_ODF):
            return _ODF + "other"
        if declared.startswith("application/vnd.sun.xml."):
            return "application/vnd.sun.xml"
    for member, media_type in _PROGRAM_MEMBERS:
        if member in names:
            return media_type
    if any(re.match(r"Payload/[^/]{1,100}\.app/", name) for name in names):
        return "application/x-ios-app"
    if "manifest.json" in names and extension in ("xpi", "crx"):
        return "application/x-xpinstall"
    return "application/zip"
