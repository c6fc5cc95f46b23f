"""File names that are safe to write on Windows and POSIX, and still the sender's.

`clean_name` keeps the last path component, Japanese exactly as it is (composed, so that a
Mac's かﾞ-style names match), and takes out what file systems, shells and readers stumble
over. `is_clean_name` is the total check of the same for the gateway. Neither looks at
content, and no name may ever be used as a path by the product itself.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sanitizers.findings import Findings
from sanitizers.limits import MAX_NAME_CHARS
from sanitizers.text.characters import is_harmless, make_harmless

#: UTF-8 bytes; ext4, XFS and most archives end at 255, and the gateway adds a suffix.
MAX_NAME_BYTES: Final = 240
#: An extension has up to 16 characters after its dot; longer ones are part of the name.
_EXTENSION: Final = re.compile(r"(?<=[^.])\.[0-9A-Za-z_+-]{1,16}\Z")
_SEPARATOR: Final = re.compile(r"[\\/]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
#: Reserved by Win32 ("Naming Files, Paths, and Namespaces").
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\\/]')
#: Device names, alone or before any extension; superscript digits count (same source).
_DEVICE: Final = re.compile(
    r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])[ ]*(?:\.|\Z)", re.IGNORECASE
)
#: Compatibility ideographs: NFC would turn 神 (U+FA19) of a person's name into 神 (U+795E).
_COMPATIBILITY: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f])")
#: Spaces of any kind and dots, which Windows drops at the end of a name.
_EDGE: Final = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "."


def extension_of(name: str) -> str:
    """The extension of `name` with its dot, lower case, or ""."""
    match = _EXTENSION.search(name.rstrip(_EDGE))
    return match[0].lower() if match else ""


def clean_name(name: str, *, extension: str | None = None, default: str = "file") -> str:
    """`name` made safe; with `extension` (dot, lower case) the name ends in it.

    The name's own last extension gives way to `extension` ("a.docm" -> "a.docx",
    "x.pdf.exe" -> "x.pdf"); digits after a dot are no extension then ("Ver1.2" ->
    "Ver1.2.pdf"). `default` stands in where nothing of the name is left. The result
    passes `is_clean_name`.
    """
    stem = _basename(name)
    own = extension_of(stem)
    if extension is None:
        suffix = stem[len(stem) - len(own) :]
        stem = stem[: len(stem) - len(own)]
    elif own == extension:
        suffix, stem = stem[len(stem) - len(own) :], stem[: len(stem) - len(own)]
    else:
        suffix = extension
        if own and not own[1:].isdigit():
            stem = stem[: len(stem) - len(own)]
        if extension_of(stem) == extension:
            stem = stem[: len(stem) - len(extension)]
    stem = _fit(stem.strip(_EDGE), len(suffix)) or default
    if _DEVICE.match(stem + suffix):
        stem = _fit("_" + stem, len(suffix))
    result = stem + suffix
    # Cannot happen by the rules above, but a name is never worth an unsafe one.
    return result if is_clean_name(result) else default + (extension or "")


def _basename(name: str) -> str:
    name = name[-8 * MAX_NAME_CHARS :] if len(name) > 64 * MAX_NAME_CHARS else name
    parts = [part for part in _SEPARATOR.split(name) if part.strip(_EDGE)]
    last = parts[-1] if parts else ""
    drive = _DRIVE.match(last)
    last = last[drive.end() :] if drive else last
    last = _compose(make_harmless(_compose(last), Findings(), multiline=False))
    return _FORBIDDEN.sub("_", last).strip(_EDGE)


def _compose(text: str) -> str:
    """NFC, but for compatibility ideographs, which are other characters to their owners."""
    pieces = _COMPATIBILITY.split(text)
    return "".join(p if i % 2 else unicodedata.normalize("NFC", p) for i, p in enumerate(pieces))


def _fit(stem: str, reserved: int) -> str:
    """`stem` cut so that `reserved` ASCII characters still fit, never inside a sequence."""
    stem = stem[: MAX_NAME_CHARS - reserved]
    stem = stem.encode("utf-8")[: MAX_NAME_BYTES - reserved].decode("utf-8", "ignore")
    return make_harmless(stem, Findings(), multiline=False).rstrip(_EDGE)


def is_clean_name(name: str) -> bool:
    """Whether `name` is safe to write as a file name everywhere; total, never raises."""
    return (
        0 < len(name) <= MAX_NAME_CHARS
        and is_harmless(name, multiline=False)
        and len(name.encode("utf-8")) <= MAX_NAME_BYTES
        and not _FORBIDDEN.search(name)
        and name.strip(_EDGE) == name
        and not _DEVICE.match(name)
        and _compose(name) == name
    )
