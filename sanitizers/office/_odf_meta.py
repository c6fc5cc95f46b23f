"""The two properties of OpenDocument files that are kept (ODF 1.3 part 3, 4.3): title, program.

Programs read angles, distances and lines of files of older versions otherwise (LibreOffice
asks for the program at every gradient), so its name and version are written anew from parts
that are listed and numbers. Persons, dates, statistics, templates and own fields go.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.office._odf_filter import escaped, name, opening
from sanitizers.xmltree import Element

MAX_TITLE: Final = 255  # characters

_PROGRAM: Final = re.compile(
    r"(LibreOffice|LibreOfficeDev|OpenOffice|OpenOffice\.org|StarOffice|MicrosoftOffice)"
    r"/(\d{1,2}(?:\.\d{1,2}){0,3})(?!\d)"
)
#: Builds of the time before versions told enough.
_BUILD: Final = re.compile(r"_project/(\d{2,3}m\d{1,3})\$Build-(\d{1,5})(?!\d)")
_APPLICATION: Final = re.compile(r" Microsoft(Word|Excel|PowerPoint)\b")


def written(meta: Element | None, version: str, findings: Findings) -> bytes:
    """meta.xml with what of `meta` is kept."""
    inner = ""
    if meta is not None:
        findings.add(Kind.METADATA, Action.REMOVED, where="properties")
        program = _program(meta.findtext(name("meta:generator")) or "")
        title = " ".join((meta.findtext(name("dc:title")) or "").split())[:MAX_TITLE]
        if program:
            inner = f"<meta:generator>{program}</meta:generator>"
        if title:
            inner += f"<dc:title>{escaped(title)}</dc:title>"
    text = f"{opening('meta', version)}<office:meta>{inner}</office:meta></office:document-meta>"
    return text.encode()


def _program(text: str) -> str:
    """4.3.2.1: the program in the form that programs compare, "" when it is not known."""
    program = _PROGRAM.match(text)
    if program is None:
        return ""
    found = f"{program[1]}/{program[2]}"
    if build := _BUILD.search(text):
        return f"{found} {program[1]}_project/{build[1]}$Build-{build[2]}"
    if application := _APPLICATION.search(text):
        return f"{found} Microsoft{application[1]}"
    return f"{found} {program[1]}_project/0"  # LibreOffice does not read on without a project
