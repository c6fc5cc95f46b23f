"""PDF: rebuilt as a document (サニタイズ処理), or drawn as pictures (画像PDF化).

`sanitize` makes a new file of an allow-listed model and keeps text, vectors and
structure; what cannot be rebuilt page by page becomes a picture. Where the file as a
whole cannot be rebuilt but can be drawn, it becomes an image PDF, and a finding says so.
Embedded files are taken out and cleaned each by itself.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import ClassVar, Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import (
    SHARE,
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
from sanitizers.pdf import _findings, _icc, _images, _pdfium, _source, image_pdf
from sanitizers.pdf._context import Unrebuildable
from sanitizers.pdf._embedded import EmbeddedFile, embedded_files
from sanitizers.pdf._pages import read_pages
from sanitizers.pdf._rebuild import Rebuild
from sanitizers.pdf._sample import SAMPLE
from sanitizers.pdf._source import Source
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld

MEDIA_TYPE: Final = "application/pdf"
#: Of text strings, font names, and what is drawn of them: looked up before the lock.
_CODECS: Final = (
    "utf-16",
    "utf-16-be",
    "utf-16-le",
    "utf-8",
    "latin-1",
    "cp932",
    "cp1252",
    "ascii",
)
#: Refusals that a picture of the pages would not change.
_FINAL: Final = frozenset(
    {
        ReasonCode.OUTPUT_TOO_LARGE,
        ReasonCode.OUT_OF_MEMORY,
        ReasonCode.TOO_MANY_PAGES,
        ReasonCode.EMPTY,
    }
)


class PdfDocument(Sanitizer):
    """Rebuilds or draws a PDF."""

    media_types: ClassVar[tuple[str, ...]] = (MEDIA_TYPE,)
    methods: ClassVar[tuple[Method, ...]] = (Method.SANITIZE, Method.IMAGE_PDF)
    outputs: ClassVar[tuple[str, ...]] = (MEDIA_TYPE,)

    @classmethod
    def warm(cls) -> None:
        """Load qpdf, PDFium, fonts and codecs, and run both ways once."""
        for name in _CODECS:
            codecs.lookup(name)
        image_pdf.warm()
        _source.warm()
        _images.warm()
        _icc.warm()
        source = Source.open(memoryview(SAMPLE))
        Rebuild(
            memoryview(SAMPLE), source, read_pages(source), image_pdf.Nowhere(), Findings(),
            budget=10**7,
        ).run()  # fmt: skip
        source.close()

    def clean(self, job: Job, out: Output) -> Cleaned | Split:
        """Rebuild the document, or take its embedded files out first.

        Raises:
            PasswordNeeded: no password of the job opens it.
            Withheld: empty, damaged, without pages, too many pages, output too large.
        """
        if SHARE in job.options:
            return self._share(job, out)
        if job.method is Method.IMAGE_PDF:
            return self._drawn(job, out, Findings(), in_shares=True)
        return self._opened(job, out, take_out=True)

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        """The document without its embedded files, which stand beside it; or all shares."""
        if SHARE in job.options:
            if not members or any(member.data is None for member in members):
                raise Withheld(ReasonCode.INTERNAL, "a share is missing")
            drawn = [member.data for member in members if member.data is not None]
            image_pdf.join_shares(drawn, out, budget=job.limits.output_bytes)
            return _result(Method.IMAGE_PDF, Findings())
        made = self._opened(job, out, take_out=False)
        if isinstance(made, Split):
            raise Withheld(ReasonCode.INTERNAL, "split twice")
        return made

    def _share(self, job: Job, out: Output) -> Cleaned:
        """The pages of one share, for `assemble`."""
        findings = Findings()
        _pdfium.start()
        image_pdf.draw_share(
            job.data, out, findings, job.options[SHARE], budget=job.limits.output_bytes,
            passwords=job.passwords,
        )  # fmt: skip
        return _result(Method.IMAGE_PDF, findings)

    def _opened(self, job: Job, out: Output, *, take_out: bool) -> Cleaned | Split:
        """Rebuild; with `take_out`, embedded files come first where there are any."""
        findings = Findings()
        try:
            source = Source.open(job.data, job.passwords)
            try:
                pages = read_pages(source)
                files = list(embedded_files(source, pages)) if take_out else []
                if files:
                    return _split(files, out)
                Rebuild(
                    job.data,
                    source,
                    pages,
                    out,
                    findings,
                    budget=job.limits.output_bytes,
                    keep_links=job.options.get("links") == "keep",
                ).run()
            finally:
                source.close()
        except PasswordNeeded:
            raise
        except (Withheld, Unrebuildable) as refusal:
            return self._instead(job, out, refusal, in_shares=take_out)
        _findings.around(job.data, findings)
        return _result(Method.SANITIZE, findings)

    def _instead(
        self, job: Job, out: Output, refusal: Withheld | Unrebuildable, *, in_shares: bool
    ) -> Cleaned | Split:
        """An image of what cannot be rebuilt, if PDFium can draw it."""
        if isinstance(refusal, Withheld) and refusal.code in _FINAL:
            raise refusal
        if out.tell():
            raise Withheld(ReasonCode.INTERNAL, "half written") from refusal
        findings = Findings()
        findings.add(Kind.DAMAGED, Action.NOTED)
        return self._drawn(job, out, findings, in_shares=in_shares)

    def _drawn(
        self, job: Job, out: Output, findings: Findings, *, in_shares: bool
    ) -> Cleaned | Split:
        _pdfium.start()
        number = image_pdf.image_pdf(
            job.data, out, findings, budget=job.limits.output_bytes, passwords=job.passwords,
            in_shares=in_shares,
        )  # fmt: skip
        if number == 1:
            return _result(Method.IMAGE_PDF, findings)
        facts = {"shares": str(number)}
        return Split(kind=SplitKind.SHARES, facts=facts, findings=findings.freeze())


def _result(method: Method, findings: Findings) -> Cleaned:
    return Cleaned(
        media_type=MEDIA_TYPE, extension=".pdf", method=method, findings=findings.freeze()
    )


def _split(files: list[EmbeddedFile], out: Output) -> Split:
    members = []
    findings = Findings()
    for file in files:
        offset = out.tell()
        if file.data:
            out.write(file.data)
        members.append(
            Member(
                name=file.name, claimed_type="", claimed_charset="", offset=offset,
                size=len(file.data or b""), beside=True,
                withheld=ReasonCode.TOO_LARGE.value if file.data is None else "",
            )
        )  # fmt: skip
        findings.add(Kind.EMBEDDED_FILE, Action.CONVERTED, where="attachment")
    return Split(kind=SplitKind.CONTAINER, members=tuple(members), findings=findings.freeze())
