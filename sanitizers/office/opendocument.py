"""OpenDocument (ODF 1.3): texts, spreadsheets, presentations and drawings, kept as such.

Packages and flat XML files become packages. The content is written anew from allow-lists
(`_odf_filter`); pictures, and files in objects, are cleaned in children of their own; charts
and formulas are objects that are documents themselves and are written by the same tables.
Nothing else of the input is ever copied: no macro, script, event, form, connection, setting
of a program, signature or preview.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sanitizers import xmltree
from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import extension
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
from sanitizers.names import clean_name
from sanitizers.office import _odf_encryption
from sanitizers.office._odf_builder import OPENDOCUMENT, Builder
from sanitizers.office._odf_source import Document, Parts, flat
from sanitizers.office._package import Package, write_package
from sanitizers.reasons import ReasonCode, Withheld

_ZIP: Final = b"PK\x03\x04"
_KINDS: Final = ("text", "spreadsheet", "presentation", "graphics")
MAX_MIMETYPE: Final = 100  # bytes; the longest of the standard has 60


class OpenDocument(Sanitizer):
    """Packages and flat files of the four kinds that people exchange, and their templates."""

    media_types = tuple(OPENDOCUMENT + kind for kind in _KINDS)
    methods = (Method.SANITIZE,)
    outputs = media_types

    @classmethod
    def warm(cls) -> None:
        """Load the codecs and ciphers."""
        "".encode("utf-16").decode("utf-16")
        b"".decode("cp932")
        _odf_encryption.warm()

    def clean(self, job: Job, out: Output) -> Cleaned | Split:
        """Rebuild at once, or hand out the files inside first.

        Raises:
            PasswordNeeded: the package is encrypted and no password opens it.
            Withheld: DAMAGED, ENCRYPTED, ARCHIVE_BOMB, TOO_LARGE, TOO_MANY_PARTS.
        """
        findings = Findings()
        package = _package(job, findings)
        if package is not None:
            plain = _odf_encryption.decrypted(package, job.passwords)
            if plain is not None:
                return self._inner(job, plain, out)
        builder = self._built(job, package, findings, None)
        if not builder.pictures and not builder.files:
            return self._finish(job, builder, out, findings)
        found = Findings()
        members = [self._member(out, f"picture-{n}", data, beside=False)
                   for n, data in enumerate(builder.pictures.values(), 1)]  # fmt: skip
        for number, file in enumerate(builder.files.values(), 1):
            found.add(Kind.EMBEDDED_FILE, Action.CONVERTED, where="attachment")
            label = clean_name(file.name) or f"embedded-{number}"
            members.append(self._member(out, label, file.data, beside=True))
        return Split(kind=SplitKind.CONTAINER, members=tuple(members), findings=found.freeze())

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        """Rebuild around the files that became of the members of `clean`."""
        findings = Findings()
        builder = self._built(job, _package(job, findings), findings, members)
        return self._finish(job, builder, out, findings)

    def _built(
        self,
        job: Job,
        package: Package | None,
        findings: Findings,
        media: Sequence[Rebuilt] | None,
    ) -> Builder:
        parts = None
        if package is None:
            document = flat(xmltree.parse_part(bytes(job.data), findings, "document"))
            findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED, where="package")
        else:
            parts = Parts(package, findings)
            parts.report()
            document = _main(job, package, parts, findings)
        if OPENDOCUMENT + document.kind != job.media_type:
            raise Withheld(ReasonCode.DAMAGED, "content of another kind")
        builder = Builder(parts=parts, findings=findings, media=media, options=job.options)
        builder.build(document)
        return builder

    @staticmethod
    def _finish(job: Job, builder: Builder, out: Output, findings: Findings) -> Cleaned:
        write_package(out, builder.package(job.media_type))
        return Cleaned(
            media_type=job.media_type,
            extension=extension(job.media_type),
            method=Method.SANITIZE,
            findings=findings.freeze(),
        )

    @staticmethod
    def _member(out: Output, name: str, data: bytes, *, beside: bool) -> Member:
        offset = out.tell()
        out.write(data)
        return Member(
            name=name, claimed_type="", claimed_charset="", offset=offset, size=len(data),
            inline=not beside, beside=beside,
        )  # fmt: skip

    @staticmethod
    def _inner(job: Job, plain: list[tuple[str, bytes | memoryview, bool]], out: Output) -> Split:
        write_package(out, plain)
        found = Findings()
        found.add(Kind.ENCRYPTION, Action.REMOVED)
        member = Member(
            name=job.name, claimed_type="", claimed_charset="", offset=0, size=out.tell()
        )
        return Split(kind=SplitKind.INNER, members=(member,), findings=found.freeze())


def _package(job: Job, findings: Findings) -> Package | None:
    """The package, or None for a flat file."""
    return Package(job.data, findings) if bytes(job.data[:4]) == _ZIP else None


def _main(job: Job, package: Package, parts: Parts, findings: Findings) -> Document:
    known = "mimetype" in package and package.size("mimetype") <= MAX_MIMETYPE
    if known and package.read("mimetype").strip().decode("latin-1") != job.media_type:
        findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED, where="package")
    document = parts.document("")
    if document is None:
        raise Withheld(ReasonCode.DAMAGED, "no content")
    return document
