"""OOXML (ECMA-376): Word, Excel and PowerPoint files, to the same without macros.

A package without pictures and embedded files is rebuilt in one pass. Otherwise those files
are handed out as members, cleaned each in a child of its own, and the package is built
around what became of them. Every XML part is parsed and written from allow-lists
(`_filter`), every relationship and content type anew (`_builder`); nothing else of the
input is ever copied.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import extension
from sanitizers.model import (
    Cleaned,
    Job,
    Method,
    Needs,
    Output,
    Rebuilt,
    Sanitizer,
    Split,
    SplitKind,
)
from sanitizers.office import _kinds, _opc
from sanitizers.office._builder import Builder, Maker
from sanitizers.office._inside import Inside
from sanitizers.office._package import Package, write_package
from sanitizers.office._sheets import SheetMaker
from sanitizers.office._slides import SlideMaker
from sanitizers.office._word import WordMaker
from sanitizers.reasons import ReasonCode, Withheld

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_WORD: Final = _OFFICE + "wordprocessingml."
_SHEET: Final = _OFFICE + "spreadsheetml."
_SLIDE: Final = _OFFICE + "presentationml."
_MACRO: Final = "application/vnd.ms-"


@dataclass(frozen=True, slots=True)
class _Form:
    """What a media type becomes. `family`: folder rules and main part."""

    family: str
    main: str  # kind of the main part
    output: str


_FORMS: Final[Mapping[str, _Form]] = {
    _WORD + "document": _Form("word", "document", _WORD + "document"),
    _WORD + "template": _Form("word", "document", _WORD + "template"),
    _MACRO + "word.document.macroenabled.12": _Form("word", "document", _WORD + "document"),
    _MACRO + "word.template.macroenabled.12": _Form("word", "document", _WORD + "template"),
    _SHEET + "sheet": _Form("sheet", "workbook", _SHEET + "sheet"),
    _SHEET + "template": _Form("sheet", "workbook", _SHEET + "template"),
    _MACRO + "excel.sheet.macroenabled.12": _Form("sheet", "workbook", _SHEET + "sheet"),
    _MACRO + "excel.template.macroenabled.12": _Form("sheet", "workbook", _SHEET + "template"),
    _SLIDE + "presentation": _Form("slide", "presentation", _SLIDE + "presentation"),
    _SLIDE + "template": _Form("slide", "presentation", _SLIDE + "template"),
    _SLIDE + "slideshow": _Form("slide", "presentation", _SLIDE + "slideshow"),
    _MACRO + "powerpoint.presentation.macroenabled.12": _Form(
        "slide", "presentation", _SLIDE + "presentation"
    ),
    _MACRO + "powerpoint.template.macroenabled.12": _Form(
        "slide", "presentation", _SLIDE + "template"
    ),
    _MACRO + "powerpoint.slideshow.macroenabled.12": _Form(
        "slide", "presentation", _SLIDE + "slideshow"
    ),
}
_MAKERS: Final[Mapping[str, Callable[[], Maker]]] = {
    "word": WordMaker, "sheet": SheetMaker, "slide": SlideMaker,
}  # fmt: skip
_CONVERTED: Final = {_MACRO + "excel.sheet.binary.macroenabled.12": _SHEET + "sheet"}
_MAIN: Final = "officeDocument"


class Ooxml(Sanitizer):
    """Documents, workbooks and presentations of Office 2007 and later."""

    media_types = (*_FORMS, *_CONVERTED)
    tools = dict.fromkeys(_CONVERTED, "libreoffice")
    methods = (Method.SANITIZE,)
    outputs = tuple(sorted({form.output for form in _FORMS.values()}))

    @classmethod
    def warm(cls) -> None:
        """Load the codecs of names and parts."""
        "".encode("utf-16").decode("utf-16")
        b"".decode("cp932")

    def clean(self, job: Job, out: Output) -> Cleaned | Split | Needs:
        """Rebuild at once, or hand out the files inside first.

        Raises:
            Withheld: DAMAGED, ENCRYPTED, ARCHIVE_BOMB, TOO_LARGE, TOO_MANY_PARTS.
        """
        if job.media_type in _CONVERTED:
            out.write(job.data)
            return Needs(tool="libreoffice", target=_CONVERTED[job.media_type])
        findings = Findings()
        package = Package(job.data, findings)
        inside = Inside(package, _FORMS[job.media_type].main)
        members = inside.write(out)
        if not members:
            return self._build(job, package, {}, out, findings)
        found = Findings()
        for member in members:
            if member.beside:
                found.add(Kind.EMBEDDED_FILE, Action.CONVERTED, where="attachment")
        return Split(kind=SplitKind.CONTAINER, members=members, findings=found.freeze())

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        """Rebuild around the files that became of the members of `clean`."""
        findings = Findings()
        package = Package(job.data, findings)
        parts = Inside(package, _FORMS[job.media_type].main).parts
        if len(parts) > len(members):  # what goes beside the file follows them
            raise Withheld(ReasonCode.INTERNAL, "members differ")
        media = dict(zip(parts, members[: len(parts)], strict=True))
        return self._build(job, package, media, out, findings)

    def _build(
        self,
        job: Job,
        package: Package,
        media: Mapping[str, Rebuilt],
        out: Output,
        findings: Findings,
    ) -> Cleaned:
        form = _FORMS[job.media_type]
        title = ""
        main = ""
        by_microsoft = False
        for row in _opc.relationships(package, "", findings):
            short = _kinds.short_type(row.type)
            if short == _MAIN and not row.external and not main:
                main = row.target
            elif row.type.endswith("/metadata/core-properties") and row.target:
                title = _opc.read_title(package, row.target, findings)
                findings.add(Kind.METADATA, Action.REMOVED, where="properties")
            elif short != _MAIN:
                if short in _kinds.EXTENDED and row.target:
                    by_microsoft = _opc.by_microsoft(package, row.target, findings)
                word = short or row.type.rpartition("/")[2]
                named = {**_kinds.REMOVED, **_kinds.REMOVED_OTHERS}.get(word, "unknown_data")
                findings.add(Kind(named), Action.REMOVED, where="package")
        if not main:
            raise Withheld(ReasonCode.DAMAGED, "no main part")
        if job.media_type != form.output:
            findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED, where="package")
        builder = Builder(
            package,
            family=form.family,
            maker=_MAKERS[form.family](),
            findings=findings,
            media=media,
            options=job.options,
        )
        builder.build(main, form.main, form.output + ".main+xml")
        write_package(out, builder.parts(title, by_microsoft=by_microsoft))
        return Cleaned(
            media_type=form.output,
            extension=extension(form.output),
            method=Method.SANITIZE,
            findings=findings.freeze(),
        )
