"""The one idea of an archive: entries in, members out; cleaned members in, a ZIP out.

Every archive format is a `Reader`; what is read is held to one budget while it unpacks, so
a bomb ends before it has cost memory. The result is always a ZIP that `_assemble` writes
anew. Nothing of the archive's own bytes, fields or order of bytes crosses: only names that
`_names` cleaned, and members that the worker cleaned and verified one by one.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sanitizers.archive import _assemble, _libarchive, _names, reencrypt
from sanitizers.archive._entry import Entry, EntryKind, EntryWithheld, Reader
from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import extension
from sanitizers.limits import MAX_PARTS, MB
from sanitizers.model import (
    Cleaned,
    Job,
    Member,
    Method,
    Output,
    Rebuilt,
    Sanitizer,
    Split,
    SplitKind,
)
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld

ZIP: Final = "application/zip"
#: Folders, links and litter count too, members end at MAX_PARTS.
MAX_ENTRIES: Final = 10_000
#: Up to here unpacked data is cheap, whatever it was packed to.
RATIO_FREE: Final = 100 * MB
#: Unpacked to packed beyond that. Scans, drawings and logs stay under 100; deflate ends at
#: 1,032, and bombs are made of its last tenth, of xz, or of overlaps.
MAX_RATIO: Final = 200


@dataclass(frozen=True, slots=True)
class _Draft:
    """A file of the archive, unpacked or not, whose name is not decided yet."""

    entry: Entry
    offset: int = 0
    size: int = 0
    withheld: str = ""


class _Budget:
    """Bytes that an archive may unpack to."""

    def __init__(self, packed: int, limit: int) -> None:
        self._limit = limit
        self._by_ratio = max(RATIO_FREE, MAX_RATIO * packed)
        self._used = 0

    def admit(self, entry: Entry) -> None:
        """Refuse what an entry announces, before anything of it is unpacked."""
        if entry.size is None:
            return
        if entry.packed is not None and entry.size > max(RATIO_FREE, MAX_RATIO * entry.packed):
            raise Withheld(ReasonCode.ARCHIVE_BOMB, "ratio of an entry")
        self._check(self._used + entry.size)

    def take(self, size: int) -> None:
        """Count what was really unpacked."""
        self._used += size
        self._check(self._used)

    def _check(self, total: int) -> None:
        if total > self._by_ratio:
            raise Withheld(ReasonCode.ARCHIVE_BOMB, "ratio of the archive")
        if total > self._limit:
            raise Withheld(ReasonCode.TOO_LARGE, "unpacked size")


class ArchiveSanitizer(Sanitizer):
    """Base of all archive formats: a subclass names its types and its `reader`."""

    methods = (Method.SANITIZE,)
    outputs = (ZIP,)

    @property
    @abstractmethod
    def reader(self) -> Reader:
        """The format's framing."""

    @classmethod
    def warm(cls) -> None:
        """Load what every format may need: libarchive's tables and converters."""
        _libarchive.warm()

    def clean(self, job: Job, out: Output) -> Split:
        """Unpack every file into `out`, held to the budget.

        Raises:
            Withheld: a bomb, one volume of several, too many entries, damage.
            PasswordNeeded: encrypted, and no password of the job opens anything.
        """
        findings = Findings()
        drafts = _unpacked(self.reader, job, out, findings)
        _check_any(drafts)
        names = _names.decode_names([draft.entry for draft in drafts], findings)
        members = tuple(
            _member(draft, name, findings) for draft, name in zip(drafts, names, strict=True)
        )
        _note_clashes(members, findings)
        if self.media_types != (ZIP,):
            findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
        facts = {}
        if job.options.get("reencrypt") == "yes" and any(d.entry.encrypted for d in drafts):
            number = reencrypt.opener(self.reader, job)
            facts = {"password": str(number)} if number else {}
        return Split(
            kind=SplitKind.CONTAINER, members=members, findings=findings.freeze(), facts=facts
        )

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        """Write the ZIP: members, notices for those that do not cross, and empty folders."""
        _assemble.write(members, self._folders(job), out)
        return Cleaned(media_type=ZIP, extension=extension(ZIP), method=Method.SANITIZE)

    def _folders(self, job: Job) -> list[str]:
        """The folders that the archive lists itself, by a second look at its headers."""
        folders = [
            entry
            for entry in self.reader.entries(job, Findings())
            if entry.kind is EntryKind.FOLDER and not _names.is_litter(entry)
        ]
        names = _names.decode_names(folders, Findings())
        paths = (_names.clean_path(name, Findings(), folder=True) for name in names)
        return ["/".join(path) for path in paths if path]


def _check_any(drafts: Sequence[_Draft]) -> None:
    """An archive of which no file can be read has that reason itself.

    Raises:
        Withheld, PasswordNeeded: the first file's reason; a password comes before the rest.
    """
    files = [draft for draft in drafts if draft.entry.kind is EntryKind.FILE]
    codes = [draft.withheld for draft in files]
    if ReasonCode.PASSWORD_NEEDED in codes and not any(
        draft.entry.encrypted and not draft.withheld for draft in files
    ):
        raise PasswordNeeded("no password opens an entry")
    if codes and all(codes):
        raise Withheld(ReasonCode(codes[0]), "no entry can be read")


def _unpacked(reader: Reader, job: Job, out: Output, findings: Findings) -> list[_Draft]:
    budget = _Budget(len(job.data), job.limits.output_bytes)
    drafts: list[_Draft] = []
    folders = 0
    for number, entry in enumerate(reader.entries(job, findings)):
        if number >= MAX_ENTRIES or len(drafts) >= MAX_PARTS:
            raise Withheld(ReasonCode.TOO_MANY_PARTS)
        if _names.is_litter(entry):
            findings.add(Kind.METADATA, Action.REMOVED, where="files of the operating system")
        elif entry.kind is EntryKind.SPECIAL:
            findings.add(Kind.SPECIAL_FILE, Action.REMOVED)
            drafts.append(_Draft(entry, withheld=ReasonCode.SPECIAL_FILE.value))
        elif entry.kind is EntryKind.FILE:
            budget.admit(entry)
            drafts.append(_draft(entry, budget, out))
        else:
            folders += 1
    if not drafts and not folders:
        raise Withheld(ReasonCode.EMPTY)
    return drafts


def _draft(entry: Entry, budget: _Budget, out: Output) -> _Draft:
    start = out.tell()
    try:
        for block in entry.blocks():
            budget.take(len(block))
            out.write(block)
    except EntryWithheld as refused:
        # What lies in `out` already belongs to no member, and so reaches nobody.
        return _Draft(entry, withheld=refused.code.value)
    return _Draft(entry, start, out.tell() - start)


def _member(draft: _Draft, name: str, findings: Findings) -> Member:
    path = _names.clean_path(name, findings) or ("file",)
    return Member(
        name=path[-1],
        folder="/".join(path[:-1]),
        claimed_type="",
        claimed_charset="",
        offset=draft.offset,
        size=draft.size,
        withheld=draft.withheld,
    )


def _note_clashes(members: Sequence[Member], findings: Findings) -> None:
    keys = [_names.key_of(f"{m.folder}/{m.name}" if m.folder else m.name) for m in members]
    clashes = len(keys) - len(set(keys))
    if clashes:
        findings.add(Kind.DUPLICATE_NAME, Action.NEUTRALIZED, count=clashes)
