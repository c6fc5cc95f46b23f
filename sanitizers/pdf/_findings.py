"""What a document carried that its image does not: counted for the report.

Two sources: PDFium's own view (scripts, attachments, links, annotations, signatures),
and a search for tell-tale names in the raw bytes and in object streams, since PDFium
does not tell everything. The search only informs. Nothing depends on its being
complete: whatever it misses is not in the output either.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import zlib
from itertools import islice
from types import MappingProxyType
from typing import Final

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

from sanitizers.findings import Action, Findings, Kind
from sanitizers.pdf._pdfium import Document, Page

MAX_ATTACHMENTS: Final = 200  # looked at one by one
MAX_ATTACHMENT_BYTES: Final = 100_000_000  # of one, for its sha256
MAX_LINKS: Final = 10_000  # of one page
MAX_ANNOTATIONS: Final = 10_000  # of one page
MAX_HINTS: Final = 50_000  # names counted; real documents have a few hundred
MAX_OBJECT_STREAMS: Final = 500  # searched for names
MAX_OBJECT_STREAM_BYTES: Final = 2_000_000  # inflated, of one
MAX_SEARCHED_BYTES: Final = 50_000_000  # inflated, of all

#: Names (ISO 32000-2, tables 29, 31, 166, 171, 201, …) and what they announce.
HINTS: Final = MappingProxyType(
    {
        b"JavaScript": Kind.SCRIPT,
        b"JS": Kind.SCRIPT,
        b"AA": Kind.ACTION,
        b"OpenAction": Kind.ACTION,
        b"Launch": Kind.ACTION,
        b"GoToR": Kind.ACTION,
        b"GoToE": Kind.ACTION,
        b"SubmitForm": Kind.ACTION,
        b"ImportData": Kind.ACTION,
        b"ResetForm": Kind.ACTION,
        b"Rendition": Kind.ACTION,
        b"RichMedia": Kind.EMBEDDED_OBJECT,
        b"Movie": Kind.EMBEDDED_OBJECT,
        b"Sound": Kind.EMBEDDED_OBJECT,
        b"Screen": Kind.EMBEDDED_OBJECT,
        b"3D": Kind.EMBEDDED_OBJECT,
        b"EmbeddedFile": Kind.EMBEDDED_FILE,
        b"FileAttachment": Kind.EMBEDDED_FILE,
        b"XFA": Kind.FORM,
        b"URI": Kind.LINK,
        b"Metadata": Kind.METADATA,
        b"PieceInfo": Kind.METADATA,
        b"Outlines": Kind.METADATA,
        b"Thumb": Kind.THUMBNAIL,
    }
)
#: A name ends at a delimiter or white space (ISO 32000-2, 7.2.3).
_HINT: Final = re.compile(rb"/(" + b"|".join(HINTS) + rb")(?=[\0\t\n\f\r /(<\[>])")
_OBJECT_STREAM: Final = re.compile(rb"/ObjStm[^\0]{0,300}?stream\r?\n", re.DOTALL)
_USER_UNIT: Final = re.compile(rb"/UserUnit[\0\t\n\f\r ]{0,9}([0-9]{1,6}(?:\.[0-9]{1,6})?)")
_INFO_KEYS: Final = (
    b"Title",
    b"Author",
    b"Subject",
    b"Keywords",
    b"Creator",
    b"Producer",
    b"CreationDate",
    b"ModDate",
)


def of_bytes(data: memoryview, findings: Findings) -> None:
    """Search the file as it lies there: names, what stands before and after it."""
    for match in islice(_HINT.finditer(data), MAX_HINTS):
        findings.add(HINTS[match[1]], Action.REMOVED, where="document")
    _of_object_streams(data, findings)
    around(data, findings)


def around(data: memoryview, findings: Findings) -> None:
    """What stands before the header, after the end, and in earlier revisions."""
    start = next((m.start() for m in re.finditer(rb"%PDF-", data)), 0)
    if start:
        digest = hashlib.sha256(data[:start]).hexdigest()
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="before header", sha256=digest)
    end = len(data)
    revisions = 0
    for mark in re.finditer(rb"%%EOF", data):
        end = mark.end()
        revisions += 1
    linearized = re.search(rb"/Linearized", data[:2048]) is not None
    if revisions - linearized > 1:
        findings.add(Kind.METADATA, Action.REMOVED, where="earlier revisions")
    if bytes(data[end : end + 4096]).strip(b"\0\t\n\f\r "):
        digest = hashlib.sha256(data[end:]).hexdigest()
        findings.add(Kind.TRAILING_DATA, Action.REMOVED, where="after end", sha256=digest)


def _of_object_streams(data: memoryview, findings: Findings) -> None:
    left = MAX_SEARCHED_BYTES
    for index, match in enumerate(_OBJECT_STREAM.finditer(data)):
        if index >= MAX_OBJECT_STREAMS or left <= 0:
            return
        try:
            inflated = zlib.decompressobj().decompress(
                data[match.end() : match.end() + MAX_OBJECT_STREAM_BYTES],
                min(left, MAX_OBJECT_STREAM_BYTES),
            )
        except zlib.error:
            continue  # encrypted or otherwise filtered: nothing to learn
        left -= len(inflated)
        for hint in islice(_HINT.finditer(inflated), MAX_HINTS):
            findings.add(HINTS[hint[1]], Action.REMOVED, where="document")


def user_unit(data: memoryview, pages: int) -> float:
    """Points per page unit / 72 (ISO 32000-2, table 31), where the whole file has one.

    PDFium does not tell it, so it is read from the raw bytes, and only if every page
    has the same value; else 1. The result only scales the page box.
    """
    values = [float(match[1]) for match in islice(_USER_UNIT.finditer(data), pages + 1)]
    if len(values) != pages or len(set(values)) != 1 or not 0.01 <= values[0] <= 1000:
        return 1.0
    return values[0]


def of_document(document: Document, findings: Findings) -> None:
    """What PDFium knows of the whole document."""
    handle = document.handle
    if pdfium.FPDF_GetSecurityHandlerRevision(handle) >= 0:
        findings.add(Kind.ENCRYPTION, Action.REMOVED)
    if any(pdfium.FPDF_GetMetaText(handle, key, None, 0) > 2 for key in _INFO_KEYS):
        findings.add(Kind.METADATA, Action.REMOVED, where="document info")
    if pdfium.FPDFBookmark_GetFirstChild(handle, None):
        findings.add(Kind.METADATA, Action.REMOVED, where="bookmarks")
    scripts = pdfium.FPDFDoc_GetJavaScriptActionCount(handle)
    if scripts > 0:
        findings.add(Kind.SCRIPT, Action.REMOVED, count=scripts, where="name tree")
    signatures = pdfium.FPDF_GetSignatureCount(handle)
    if signatures > 0:
        findings.add(Kind.SIGNATURE, Action.REMOVED, count=signatures)
    if pdfium.FPDF_GetFormType(handle) != pdfium.FORMTYPE_NONE:
        findings.add(Kind.FORM, Action.CONVERTED)
    _of_attachments(document, findings)


def _of_attachments(document: Document, findings: Findings) -> None:
    count = pdfium.FPDFDoc_GetAttachmentCount(document.handle)
    for index in range(min(count, MAX_ATTACHMENTS)):
        attachment = pdfium.FPDFDoc_GetAttachment(document.handle, index)
        findings.add(
            Kind.EMBEDDED_FILE, Action.REMOVED, where="attachment", sha256=_digest(attachment)
        )
    if count > MAX_ATTACHMENTS:
        findings.add(
            Kind.EMBEDDED_FILE, Action.REMOVED, count=count - MAX_ATTACHMENTS, where="attachment"
        )


def _digest(attachment: object) -> str | None:
    size = ctypes.c_ulong()
    if not attachment or not pdfium.FPDFAttachment_GetFile(attachment, None, 0, ctypes.byref(size)):
        return None
    if not 0 < size.value <= MAX_ATTACHMENT_BYTES:
        return None
    buffer = ctypes.create_string_buffer(size.value)
    if not pdfium.FPDFAttachment_GetFile(attachment, buffer, size.value, ctypes.byref(size)):
        return None
    return hashlib.sha256(memoryview(buffer)[: size.value]).hexdigest()


def of_page(document: Document, page: Page, findings: Findings, where: str) -> int:
    """Links and annotations of a page; returns how many annotations it has."""
    position = ctypes.c_int(0)
    link = pdfium.FPDF_LINK()
    for _ in range(MAX_LINKS):
        if not pdfium.FPDFLink_Enumerate(page.handle, ctypes.byref(position), ctypes.byref(link)):
            break
        action = pdfium.FPDFLink_GetAction(link)
        kind = pdfium.FPDFAction_GetType(action) if action else pdfium.PDFACTION_GOTO
        harmless = kind in (pdfium.PDFACTION_GOTO, pdfium.PDFACTION_URI)
        findings.add(Kind.LINK if harmless else Kind.ACTION, Action.REMOVED, where=where)
    count = int(pdfium.FPDFPage_GetAnnotCount(page.handle))
    for index in range(min(count, MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.handle, index)
        if not annotation:
            continue
        subtype = pdfium.FPDFAnnot_GetSubtype(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if subtype not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_WIDGET):
            findings.add(Kind.ANNOTATION, Action.CONVERTED, where=where)
    return count
