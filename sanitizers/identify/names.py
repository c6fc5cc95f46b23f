"""What a file's name and claimed type say, against what its content is.

Names are untrusted and may have been cleaned already. Nothing of them is ever reported:
findings carry kinds only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.identify.labels import BY_EXTENSION, FORMATS, PROGRAM_EXTENSIONS, UNKNOWN

#: Extensions of text that nothing runs. "" is a name without an extension.
INERT_TEXT: Final = frozenset(
    ("", "txt", "text", "log", "md", "csv", "tsv", "tab", "ics", "vcf", "eml", "htm", "html")
)
_BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_EXTENSION: Final = re.compile(r"(?=[0-9_-]*[a-z])[a-z0-9_-]{1,20}")
_PADDED: Final = re.compile(r"[\s\u3000_]{5,}\.[A-Za-z0-9]{1,10}\s*$")
#: A file name with an NTFS stream behind it: `a.txt:b`, `a.txt::$DATA` ([MS-FSCC] 2.1.5).
_STREAM: Final = re.compile(r"\.[A-Za-z0-9]{1,10}:[^/\\]{1,255}$")
#: Labels that claim nothing.
_GENERIC: Final = frozenset(
    (
        "", UNKNOWN, "application/x-download", "application/force-download", "application/binary",
        "application/download", "application/x-octet-stream", "application/unknown",
        "application/x-unknown", "application/x-unknown-content-type", "binary/octet-stream",
        "application/x-msdownload", "application/applefile", "unknown/unknown", "text/x-unknown",
        "application/x-forcedownload", "application/save",
    )
)  # fmt: skip
#: Other spellings of a type → ours.
ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-jpeg": "image/jpeg",
        "image/jpe": "image/jpeg", "image/x-png": "image/png", "image/apng": "image/png",
        "image/vnd.mozilla.apng": "image/png", "image/x-bmp": "image/bmp",
        "image/x-ms-bmp": "image/bmp", "image/x-windows-bmp": "image/bmp",
        "image/tif": "image/tiff", "image/x-tiff": "image/tiff",
        "image/heic-sequence": "image/heic", "image/heif-sequence": "image/heif",
        "image/x-icon": "image/vnd.microsoft.icon", "image/ico": "image/vnd.microsoft.icon",
        "image/x-emf": "image/emf", "image/x-wmf": "image/wmf", "image/svg": "image/svg+xml",
        "application/x-pdf": "application/pdf", "application/acrobat": "application/pdf",
        "text/pdf": "application/pdf", "text/rtf": "application/rtf",
        "text/richtext": "application/rtf", "application/x-rtf": "application/rtf",
        "application/x-zip-compressed": "application/zip", "application/x-zip": "application/zip",
        "multipart/x-zip": "application/zip", "application/x-rar": "application/vnd.rar",
        "application/x-rar-compressed": "application/vnd.rar", "application/rar":
        "application/vnd.rar", "application/x-gzip": "application/gzip",
        "application/x-lha": "application/x-lzh", "application/x-lzh-compressed":
        "application/x-lzh", "application/x-7z": "application/x-7z-compressed",
        "text/comma-separated-values": "text/csv", "application/csv": "text/csv",
        "text/x-csv": "text/csv", "text/x-vcard": "text/vcard", "text/directory": "text/vcard",
        "application/ics": "text/calendar", "text/x-vcalendar": "text/calendar",
        "text/xml": "application/xml", "application/xhtml+xml": "text/html",
        "text/json": "application/json", "application/vnd.ms-tnef": "application/ms-tnef",
        "application/x-pkcs7-mime": "application/pkcs7-mime",
        "application/x-pkcs7-signature": "application/pkcs7-signature",
        "application/x-msexcel": "application/vnd.ms-excel",
        "application/excel": "application/vnd.ms-excel",
        "application/x-excel": "application/vnd.ms-excel",
        "application/vnd.msword": "application/msword",
        "application/x-msword": "application/msword",
        "application/mspowerpoint": "application/vnd.ms-powerpoint",
        "audio/x-wav": "audio/wav", "audio/mp3": "audio/mpeg", "audio/x-m4a": "audio/mp4",
        "application/x-dwg": "image/vnd.dwg", "application/acad": "image/vnd.dwg",
        "application/dxf": "image/vnd.dxf", "image/x-dwg": "image/vnd.dwg",
        "application/vnd.fujixerox.docuworks": "application/vnd.fujifilm.fb.docuworks",
        "application/vnd.fujixerox.docuworks.binder":
        "application/vnd.fujifilm.fb.docuworks.binder",
        "application/vnd.ms-office": "application/x-ole-storage",
        "application/x-cdf": "application/x-ole-storage",
        "application/encrypted": "application/x-encrypted-ooxml",
    }
)  # fmt: skip
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
#: Families whose members are labelled as each other by ordinary senders.
_WORD: Final = ("application/msword", _OFFICE + "wordprocessingml.",
                "application/vnd.ms-word.", "application/rtf")  # fmt: skip
_SHEET: Final = ("application/vnd.ms-excel", _OFFICE + "spreadsheetml.", "text/csv",
                 "text/tab-separated-values")  # fmt: skip
_SLIDES: Final = ("application/vnd.ms-powerpoint", _OFFICE + "presentationml.")
_FAMILIES: Final = (
    _WORD, _SHEET, _SLIDES,
    ("text/plain", "text/csv", "text/tab-separated-values", "text/calendar", "text/vcard",
     "message/rfc822", "application/json", "application/xml", "application/pgp-"),
    ("text/html", "application/xml", "text/plain", "application/x-mimearchive"),
    ("image/heic", "image/heif", "image/avif"),
    ("audio/mp4", "video/mp4", "video/quicktime", "video/3gpp", "image/heic"),
    ("application/pkcs7-mime", "application/pkcs7-signature"),
    ("application/x-ole-storage", "application/msword", "application/vnd.ms-"),
    ("application/zip", "application/vnd.openxmlformats-", "application/vnd.oasis.",
     "application/vnd.ms-word.", "application/vnd.ms-excel.", "application/vnd.ms-powerpoint.",
     "application/epub+zip", "application/java-archive"),
    ("application/x-encrypted-ooxml", "application/vnd.openxmlformats-", "application/vnd.ms-",
     "application/msword"),
)  # fmt: skip


def extension(name: str) -> str:
    """The extension that Windows would act on: lower case, without the dot, or "".

    The last path component counts, without bidi controls, trailing dots and spaces;
    full-width letters count as plain ones. Of a name with an NTFS stream both halves count:
    `a.exe:b` and `a.txt:b.exe` are programs, `a.txt:b` is `a.txt`. An ending with a blank, a
    foreign letter or only digits is no extension.
    """
    plain = unicodedata.normalize("NFKC", _BIDI.sub("", name[-1000:])).lower()
    halves = re.split(r"[/\\]", plain)[-1].removesuffix(":$data").split(":")
    found = [end for end in map(_ending, (halves[0], halves[-1])) if end]
    return next((end for end in found if end in PROGRAM_EXTENSIONS), "".join(found[:1]))


def _ending(plain: str) -> str:
    _, dot, ending = plain.rstrip(" .\t\r\n\0").rpartition(".")
    return ending if dot and _EXTENSION.fullmatch(ending) else ""


def hides_extension(name: str, ending: str) -> bool:
    """`a.pdf.exe`, `a.exe.`, `a.txt:b`, an extension out of sight behind blanks, or bidi."""
    if (_BIDI.search(name) and ending) or _STREAM.search(name):
        return True
    if ending not in PROGRAM_EXTENSIONS:
        return bool(_PADDED.search(name))
    if name != name.rstrip(" ."):
        return True
    stem = re.split(r"[/\\]", name)[-1].rstrip(" .")[: -len(ending) - 1]
    inner = extension(stem)
    return (inner in BY_EXTENSION and inner not in PROGRAM_EXTENSIONS) or bool(_PADDED.search(name))


def canonical(media_type: str) -> str:
    """Our spelling of a claimed media type; "" for a label that claims nothing."""
    lowered = media_type.split(";")[0].strip().lower()
    return "" if lowered in _GENERIC else ALIASES.get(lowered, lowered)


def _related(claimed: str, actual: str) -> bool:
    # Each family is a tuple of prefixes, as `str.startswith` takes them.
    return any(claimed.startswith(f) and actual.startswith(f) for f in _FAMILIES)


#: Text types that are named freely: a table called `.txt` is a text, no contradiction.
_TEXTS: Final = frozenset(("text/plain", "text/csv", "text/tab-separated-values"))


def _extension_contradicts(media_type: str, ending: str) -> bool:
    types = BY_EXTENSION.get(ending, ())
    if not types or media_type in types:
        return False
    return not (media_type in _TEXTS and not _TEXTS.isdisjoint(types))


def mismatch(media_type: str, ending: str, claimed: str) -> bool:
    """Whether the name's extension or the claimed type contradicts the content.

    `ending` is `extension(name)`, `claimed` is `canonical(claimed_type)`.
    """
    if _extension_contradicts(media_type, ending):
        return True
    if not claimed or claimed == media_type or _related(claimed, media_type):
        return False
    if claimed in FORMATS:
        return True
    family = claimed.split("/")[0]
    return family in ("image", "audio", "video", "font") and not media_type.startswith(family)
