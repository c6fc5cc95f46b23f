"""Paths of an archive: which charset its names are in, and what of a path may cross.

Most archives do not say their charset, so it is decided once for all the names of one
archive that say nothing themselves: short names alone are ambiguous, together hardly
ever. Only where the joint reading fails is each name read on its own (archives to which
two programs added). The ladder itself is `sanitizers.text.charset`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from sanitizers.archive._entry import Entry
from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_FOLDER_DEPTH, MAX_NAME_CHARS
from sanitizers.names import MAX_NAME_BYTES, clean_name
from sanitizers.text.charset import decode

MAX_FOLDER_BYTES: Final = 700  # UTF-8 of a whole folder path; Windows ends paths at 260
_MAX_RAW: Final = 64 * MAX_NAME_CHARS  # bytes or characters of a path that are looked at

_SEPARATOR: Final = re.compile(r"[\\/]")
_ABSOLUTE: Final = re.compile(r"[\\/]|[A-Za-z]:")
_DRIVE: Final = re.compile(r"(?:[\\/]{2}[?.][\\/])?[A-Za-z]:")
_VOLUME: Final = re.compile(r"\.(?:[zr]?\d{2,3}|part\d{1,3}\.\w{2,3})\Z", re.IGNORECASE)
#: Files that operating systems leave in archives and that no reader wants: Finder's
#: resource forks and window positions, Explorer's thumbnails and folder settings.
_LITTER: Final = re.compile(
    rb"(?:(?:.*[\\/])?__MACOSX(?:[\\/].*)?|(?:.*[\\/])?(?:\.DS_Store|Thumbs\.db|desktop\.ini"
    rb"|\._[^\\/]+|\.Spotlight-V100|\.Trashes|\.fseventsd))[\\/]?",
    re.IGNORECASE | re.DOTALL,
)


def is_volume(name: str) -> bool:
    """Whether a file calls itself one of several volumes (.001, .z01, .part2.rar)."""
    return _VOLUME.search(name) is not None


def is_litter(entry: Entry) -> bool:
    """Whether an operating system put the entry there for itself."""
    return _LITTER.fullmatch(entry.raw or entry.text.encode("utf-8", "replace")) is not None


def decode_names(entries: Sequence[Entry], findings: Findings) -> list[str]:
    """The names of `entries`, in their order."""
    unsaid = [e.raw[:_MAX_RAW] for e in entries if not e.text and not e.raw.isascii()]
    charset = ""
    if unsaid:
        joint = decode(b"\n".join(name.replace(b"\n", b" ") for name in unsaid))
        charset = joint.charset if not joint.lost else ""
        if charset != "utf-8":
            findings.add(Kind.CHARSET_GUESSED, Action.NOTED, count=len(unsaid), where="file names")
    names = []
    lost = 0
    for entry in entries:
        if entry.text:
            names.append(entry.text[:_MAX_RAW])
            continue
        raw = entry.raw[:_MAX_RAW]
        if raw.isascii():
            names.append(raw.decode("ascii"))
            continue
        decoded = decode(raw, charset)
        lost += decoded.lost
        names.append(decoded.text)
    if lost:
        findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=lost, where="file names")
    return names


def clean_path(name: str, findings: Findings, *, folder: bool = False) -> tuple[str, ...]:
    """The clean components of a path, last the file's own name; () where nothing is left."""
    rest = name
    if _ABSOLUTE.match(rest):
        findings.add(Kind.UNSAFE_PATH, Action.NEUTRALIZED, where="absolute path")
        drive = _DRIVE.match(rest)
        rest = rest[drive.end() :] if drive else rest
    parts = [part for part in _SEPARATOR.split(rest) if part not in ("", ".")]
    if ".." in parts:
        findings.add(Kind.UNSAFE_PATH, Action.NEUTRALIZED, where="path to the outside")
        parts = [part for part in parts if part != ".."]
    cleaned = [clean_name(part, default="folder") for part in parts[:-1]]
    if parts:
        cleaned.append(clean_name(parts[-1], default="folder" if folder else "file"))
    if any(_differs(a, b) for a, b in zip(parts, cleaned, strict=True)):
        findings.add(Kind.FILE_NAME, Action.NEUTRALIZED)
    own = [] if folder or not cleaned else [cleaned.pop()]
    kept = _shortened(cleaned)
    if len(kept) != len(cleaned):
        findings.add(Kind.UNSAFE_PATH, Action.NEUTRALIZED, where="path too deep")
    return (*kept, *own)


def _differs(stored: str, cleaned: str) -> bool:
    """Beyond the composition of characters, which no reader sees."""
    return unicodedata.normalize("NFC", stored) != unicodedata.normalize("NFC", cleaned)


def _shortened(folders: list[str]) -> list[str]:
    kept: list[str] = []
    size = 0
    for folder in folders[:MAX_FOLDER_DEPTH]:
        size += len(folder.encode("utf-8")) + 1
        if size > MAX_FOLDER_BYTES:
            break
        kept.append(folder)
    return kept


def key_of(path: str) -> str:
    """What case-insensitive, normalizing file systems see of a path."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


class Tree:
    """Hands out paths so that no two entries are one file to any file system."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}  # key → as first written
        self._files: set[str] = set()

    def folder(self, path: str) -> str:
        """The path for a folder: spelled as it was the first time, beside no file."""
        result = ""
        for part in path.split("/") if path else ():
            wanted = f"{result}/{part}" if result else part
            key = key_of(wanted)
            if key not in self._folders:
                self._folders[key] = self._free(wanted, also=())
            result = self._folders[key]
        return result

    def file(self, folder: str, name: str) -> str:
        """The path for a file in `folder`, a path that `folder()` gave."""
        wanted = f"{folder}/{name}" if folder else name
        result = self._free(wanted, also=self._folders)
        self._files.add(key_of(result))
        return result

    def _free(self, wanted: str, *, also: dict[str, str] | tuple[()]) -> str:
        head, slash, name = wanted.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        if not stem:
            stem, dot, ending = name, "", ""
        result, number = wanted, 1
        while (key := key_of(result)) in self._files or key in also:
            number += 1
            result = f"{head}{slash}{with_suffix(stem, f'-{number}{dot}{ending}')}"
        return result


def with_suffix(stem: str, suffix: str) -> str:
    """A clean name of both, with the stem cut so that the suffix never is."""
    stem = stem[: MAX_NAME_CHARS - len(suffix)]
    room = MAX_NAME_BYTES - len(suffix.encode("utf-8"))
    return clean_name(stem.encode("utf-8")[:room].decode("utf-8", "ignore") + suffix)
