"""Identification by content: what a file is, whatever its name and label claim.

Our own structural checks decide every type that a sanitizer takes; libmagic only names
the rest for the notice. Programs win always: a file that starts as one, or a text or
unknown content whose name makes it one, is `program`. Anything that no rule knows is
`application/octet-stream`, and that is withheld. Runs inside the sandbox: nothing is
opened after `warm`, and no format is decoded here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sanitizers.findings import Action, Finding, Findings, Kind
from sanitizers.identify import cfb, iso_media, libmagic, names, signatures, textual, zips
from sanitizers.identify.labels import (
    BY_EXTENSION,
    EMPTY,
    FORMATS,
    PROGRAM,
    PROGRAM_EXTENSIONS,
    UNKNOWN,
    is_program,
    label,
)

__all__ = ("Identified", "identify", "warm")

#: Bytes of the head that the signature and text rules see.
HEAD_BYTES: Final = libmagic.HEAD_BYTES
#: Types that are rebuilt from pixels or pages: a program's name on one is only a mismatch.
_REBUILT: Final = ("image/", "application/pdf", "audio/", "video/")
#: A name may settle an unknown binary only for formats that no sanitizer takes.
_NAMED_ONLY: Final = frozenset(
    (
        "application/vnd.fujifilm.fb.docuworks",
        "application/vnd.fujifilm.fb.docuworks.binder",
        "application/x-js-taro",
        "application/x-js-hanako",
        "application/x-js-sanshiro",
        "application/x-jww",
        "application/x-sxf",
        "application/vnd.fujitsu.oasys",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """What a file is. `program` files never cross."""

    media_type: str
    program: bool
    findings: tuple[Finding, ...]
    label_ja: str
    label_en: str


def warm() -> None:
    """Load libmagic's database and the codecs before the sandbox is locked."""
    libmagic.warm()
    for sample in (b"\xff\xfea\0", b"\xfe\xff\0a", b"\0a\0b\0c", b"a\0b\0c\0", b"PK\x03\x04"):
        identify(memoryview(sample), name="a.bin", claimed_type="text/plain")
    "a".encode("utf-16").decode("utf-16")


def identify(data: memoryview, *, name: str = "", claimed_type: str = "") -> Identified:
    """Say what `data` is. `name` and `claimed_type` are the sender's words: untrusted.

    Never raises for any content; `warm` must have been called in this process.
    """
    findings = Findings()
    ending = names.extension(name)
    claimed = names.canonical(claimed_type)
    if names.hides_extension(name, ending):
        findings.add(Kind.DOUBLE_EXTENSION, Action.NOTED)
    media_type = _media_type(data, ending, claimed, findings)
    if media_type != EMPTY and names.mismatch(media_type, ending, claimed):
        findings.add(Kind.TYPE_MISMATCH, Action.NOTED)
    ja, en = label(media_type)
    return Identified(
        media_type=media_type,
        program=is_program(media_type),
        findings=findings.freeze(),
        label_ja=ja,
        label_en=en,
    )


def _media_type(data: memoryview, ending: str, claimed: str, findings: Findings) -> str:
    if not len(data):
        return EMPTY
    head = bytes(data[:HEAD_BYTES])
    found = _by_structure(data, head, ending)
    pdf = signatures.pdf_offset(head, head)
    if found and pdf > 0:
        findings.add(Kind.UNKNOWN_DATA, Action.NOTED, where="second format inside")
    found = found or textual.script(head)
    if not found and pdf >= 0 and not _speaks_of_pdf(head, pdf, ending, claimed):
        found = "application/pdf"
        if pdf:
            findings.add(Kind.UNKNOWN_DATA, Action.NOTED, where="before the header")
    if found.startswith(_REBUILT) and zips.has_directory(data):
        findings.add(Kind.TRAILING_DATA, Action.NOTED, where="archive at the end")
    if found.startswith(_REBUILT):
        return found
    if not found:
        # Mail may carry raw 8-bit parts: its header block says what it is.
        if ending == "eml" and textual.looks_like_mail(textual.raw_text(head), claimed=True):
            return "message/rfc822"
        if textual.is_text(head, ending):
            return textual.classify(head, ending, claimed)
    return _by_name(found or libmagic.guess(head), ending)


def _by_structure(data: memoryview, head: bytes, ending: str) -> str:
    if zips.is_zip(head):
        return zips.classify(data, ending)
    if head.startswith(cfb.SIGNATURE):
        return cfb.classify(data, ending)
    found = signatures.match(head, len(data)) or signatures.at_the_end(bytes(data[-512:]))
    if not found and zips.has_directory(data) and not textual.is_text(head[:4096]):
        if head.startswith(b"%PDF-"):
            return ""  # every reader takes it for a PDF with something behind
        # Bytes in front of an archive: self-extracting, by a script or else.
        return textual.script(head) or zips.classify(data, ending)
    if not found and zips.closes_a_split(data) and not textual.is_text(head[:4096]):
        return "application/zip"  # its sanitizer says that the other volumes are missing
    if found == "application/pkcs7-mime" and ending == "p7s":
        return "application/pkcs7-signature"
    if found == "video/mp4" and iso_media.is_sound_only(data):
        return "audio/mp4"
    if found == "application/gzip" and ending == "svgz":
        return "image/svg+xml"
    return found


def _speaks_of_pdf(head: bytes, pdf: int, ending: str, claimed: str) -> bool:
    """A text or mail with `%PDF-` in its first lines, not a PDF with something in front."""
    if pdf == 0 or ending == "pdf" or claimed == "application/pdf":
        return False
    return textual.is_text(head[: max(pdf, 1)]) and head[:pdf].strip() != b""


def _by_name(found: str, ending: str) -> str:
    """Let the name decide what content leaves open: a program's name, or a known binary's."""
    types = BY_EXTENSION.get(ending, ())
    if is_program(found) or found in types:
        return found
    if ending in PROGRAM_EXTENSIONS:
        return next((t for t in types if t != PROGRAM and FORMATS[t].program), PROGRAM)
    if found == UNKNOWN:
        return next((t for t in types if t in _NAMED_ONLY), UNKNOWN)
    return found
