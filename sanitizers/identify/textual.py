"""Text: is it one, and which kind. By its first lines and its name, allow-list first.

Text whose extension is not known to be inert never becomes `text/plain` silently:
it is a program when name or first lines say so, else unknown.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.identify import scripts
from sanitizers.identify.labels import (
    BY_EXTENSION,
    FORMATS,
    PROGRAM,
    PROGRAM_EXTENSIONS,
    UNKNOWN,
)
from sanitizers.identify.names import INERT_TEXT

HEAD_CHARS: Final = 8_192  # what the first-line rules look at
#: WHATWG MIME Sniffing 3.0, "binary data byte", without 0x1A (end of file in DOS texts) and
#: without 0x0E and 0x0F (shifts of 7-bit JIS and ISO-2022-KR).
_BINARY: Final = bytes((*range(0x09), 0x0B, *range(0x10, 0x1A), *range(0x1C, 0x20)))
_MAX_BINARY_SHARE: Final = 100  # one stray control byte in a hundred still reads as text

_ODD_UNITS: Final = re.compile("[\0-\x08\x0b\x0e-\x19\x1c-\x1f\ufffd\uffff]")

_SPARED_IN_NAMED_TEXT: Final = 4

#: First element of an XML or HTML-like text → type. `{prefix:}name`, lower case.
_ROOTS: Final = {
    "svg": "image/svg+xml",
    "html": "text/html",
    "job": "application/x-windows-script",
    "package": "application/x-windows-script",
    "component": "application/x-windows-script",
    "scriptlet": "application/x-windows-script",
    "registration": "application/x-windows-script",
    "mmc_consolefile": "application/x-msc",
    "pcsettings": PROGRAM,
    "assembly": PROGRAM,
    "librarydescription": PROGRAM,
    "searchconnectordescription": PROGRAM,
    "project": PROGRAM,
    "jnlp": "application/x-java-jnlp-file",
    "stylesheet": "application/x-windows-script",
    "transform": "application/x-windows-script",
    "plist": "application/x-mswinurl",
    "worddocument": "application/msword",
    "workbook": "application/vnd.ms-excel",
    "visiodocument": "application/vnd.visio",
}
#: Of words that ordinary XML uses too: the signs of the real thing.
_SIGNS: Final = {
    "job": r"<script",
    "package": r"<job|<script",
    "component": r"<script|<registration",
    "registration": r"<script",
    "project": r"<Target|<UsingTask|schemas\.microsoft\.com",
    "assembly": r"urn:schemas-microsoft-com:asm",
    "workbook": r"office:spreadsheet",
    "stylesheet": r"urn:schemas-microsoft-com:xslt",  # msxsl:script runs
    "transform": r"urn:schemas-microsoft-com:xslt",
    "plist": r"<key>URL</key>",  # an Internet location file (.webloc)
}
_ROOT: Final = re.compile(r"<([A-Za-z_][\w.-]{0,60}:)?([A-Za-z_][\w.-]{0,60})[\s/>]")
_PROLOG: Final = re.compile(
    r"\s*(?:<\?.{0,1000}?\?>|<!--.{0,4000}?-->|<!DOCTYPE[^<\[>]{0,500}(?:\[[^\]]{0,4000}\]\s*)?>)",
    re.S | re.I,
)
_FLAT_ODF: Final = re.compile(
    r"office:mimetype\s*=\s*[\"']application/vnd\.oasis\.opendocument\."
    r"(text|spreadsheet|presentation|graphics)"
)
#: WHATWG MIME Sniffing 7.1: tags that make an unlabelled text HTML.
_HTML_START: Final = re.compile(
    r"(?:<!--.{0,4000}?-->\s*)*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|"
    r"title|b|body|br|p|meta|center|span|img|hta:application)[\s/>]",
    re.S | re.I,
)
#: What stands in the header of an exchange file (ISO 10303-21, 8.2.2 and 8.2.4) → type. SXF
#: level 2: feature mode is SFC, AP202 mode is P21 (SXF Ver. 3.1, 4); IFC: its schema's name.
_STEP: Final = (
    ("FEATURE_MODE", "application/x-sxf"),
    ("SCADEC", "application/p21"),
    ("ASSOCIATIVE_DRAUGHTING", "application/p21"),
    ("('IFC", "application/x-ifc"),
)
#: IGES 5.3, 2.2.1: column 73 of the first line is S, its sequence number 1.
_IGES: Final = re.compile(r"[^\r\n]{72}S[ 0]{6}1\r?\n")
#: Netpbm: the plain forms, named as pictures.
_PNM: Final = re.compile(r"P[1-3]\s(?:#[^\n]{0,200}\n|\s){0,20}\d{1,5}\s+\d{1,5}\s")
_HTML_NAMES: Final = frozenset(("html", "htm", "xhtml", "xht", "shtml"))
_HEADER_LINE: Final = re.compile(r"[!-9;-~]{1,76}[ \t]*:")
_MAIL_FIELDS: Final = frozenset(
    (
        "from", "to", "cc", "subject", "date", "message-id", "received", "return-path",
        "mime-version", "reply-to", "sender", "delivered-to", "content-type", "x-mailer",
        "in-reply-to", "references", "envelope-to", "dkim-signature", "resent-from",
        "resent-date", "x-original-to", "authentication-results",
    )
)  # fmt: skip
MIME_ARCHIVE: Final = "application/x-mimearchive"
#: What every mail that was sent or received has one of, and no saved page.
_ADDRESSING: Final = frozenset(
    (
        "to", "cc", "bcc", "received", "return-path", "message-id", "reply-to", "sender",
        "delivered-to", "envelope-to", "x-original-to", "dkim-signature", "resent-from",
    )
)  # fmt: skip
#: What Chrome and Edge, and Internet Explorer, write at the head of a page that they save.
_SAVED: Final = re.compile(r"^(?:From:[ \t]*<Saved by |Snapshot-Content-Location:)", re.I | re.M)
#: RFC 2557, 5: the page and what it shows. Office leaves out the type of the root.
_RELATED: Final = re.compile(r"^Content-Type:[ \t]*multipart/related\b", re.I | re.M)
_PAGE_ROOT: Final = re.compile(
    r"^(?:Content-Type:[ \t]*text/html\b|[^\n]{0,200}\btype=\"?text/html\b)", re.I | re.M
)


def is_text(head: bytes, ending: str = "") -> bool:
    """Whether bytes read as text in some charset: a BOM, or next to no binary bytes.

    A short file that is named as text may carry a few: they are cleaned, not hidden.
    """
    if head.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return len(head) < 4 or _utf16(head) != "" or head[0] == 0xEF
    if _utf16(head):
        return True
    binary = len(head) - len(head.translate(None, _BINARY))
    spared = _SPARED_IN_NAMED_TEXT if ending and ending in INERT_TEXT and b"\0" not in head else 0
    return (binary - spared) * _MAX_BINARY_SHARE <= len(head)


def _utf16(head: bytes) -> str:
    """UTF-16 with a BOM, or with NULs on one side of its pairs only."""
    sample = head[:4096]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16-le" if sample[0] == 0xFF else "utf-16-be"
        text = sample[2 : len(sample) // 2 * 2].decode(codec, "replace")
        odd = len(_ODD_UNITS.findall(text))
        return codec if odd * 20 <= len(text) else ""
    even, odd_side = sample[0::2].count(0), sample[1::2].count(0)
    if even + odd_side < max(2, len(sample) // 20):
        return ""
    if even == 0:
        return "utf-16-le"
    return "utf-16-be" if odd_side == 0 else ""


def head_text(head: bytes) -> str:
    """The first characters, for the first-line rules only: ASCII is right, the rest is not."""
    codec = _utf16(head)
    if codec:
        return head[: 2 * HEAD_CHARS].decode(codec, "replace").lstrip("\ufeff \t\r\n\f\0")
    return raw_text(head)


def raw_text(head: bytes) -> str:
    """The same, one character a byte: UTF-16 is not considered."""
    return head[:HEAD_CHARS].removeprefix(b"\xef\xbb\xbf").decode("latin-1").lstrip(" \t\r\n\f\0")


def script(head: bytes) -> str:
    """Media type of the interpreter that the first lines call, whatever the name, or ""."""
    text = head_text(head)
    # A mail may quote a program; what stands in its body is the business of its own reader.
    return "" if looks_like_mail(text, claimed=False) else scripts.find(text)


def looks_like_mail(text: str, *, claimed: bool) -> bool:
    """A header block: three known fields, or one header line when name or label say mail."""
    known = 0
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines[:60]):
        if line[:5] in ("From ", ">From") and number == 0:
            continue
        if line[:1] in (" ", "\t") and number:
            continue
        if not _HEADER_LINE.match(line):
            break
        if claimed:
            return True
        known += line.split(":")[0].strip().lower() in _MAIL_FIELDS
        if known >= 3:
            return True
    return False


def _is_saved_page(text: str) -> bool:
    """MHTML by its content: a header block that no mail has, and a page behind it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    head = text.partition("\n\n")[0]
    if not _HEADER_LINE.match(head):
        return False
    for line in head.split("\n"):
        field, _, value = line.partition(":")
        field = field.strip().lower()
        if field in _ADDRESSING or (field == "from" and "@" in value):
            return False
    if _PAGE_ROOT.search(text) is None:
        return False
    return _SAVED.search(head) is not None or _RELATED.search(head) is not None


def _markup(text: str) -> str:
    """Type of an XML or HTML text by its first element, "" when it is neither."""
    at = 0
    for _ in range(20):
        prolog = _PROLOG.match(text, at)
        if prolog is None:
            break
        at = prolog.end()
    root = _ROOT.match(text, at + len(text[at:]) - len(text[at:].lstrip()))
    name = root[2].lower() if root else ""
    if name in _SIGNS and not re.search(_SIGNS[name], text, re.I):
        name = ""
    if name == "document" and (flat := _FLAT_ODF.search(text)):
        return f"application/vnd.oasis.opendocument.{flat[1]}"
    if name in _ROOTS:
        return _ROOTS[name]
    if re.match(r"<\?xml[\s?]", text, re.I):
        return "application/xml"
    return "text/html" if _HTML_START.match(text) else ""


def classify(head: bytes, ending: str, claimed: str) -> str:
    """Media type of a text that is no `script`.

    `ending` is the name's extension, `claimed` our spelling of the label; both untrusted.
    """
    text = head_text(head)
    mail_claimed = ending == "eml" or (not ending and claimed == "message/rfc822")
    inert = ending in INERT_TEXT - {"eml", ""}
    if not (mail_claimed or inert or ending in PROGRAM_EXTENSIONS) and _is_saved_page(text):
        return MIME_ARCHIVE
    if looks_like_mail(text, claimed=mail_claimed):
        if ending in ("mht", "mhtml"):
            return MIME_ARCHIVE
        if text.startswith("From ") and not mail_claimed:
            return "application/mbox"
        if not inert and ending not in PROGRAM_EXTENSIONS:
            return "message/rfc822"
        if mail_claimed:
            return "message/rfc822"
    markup = _markup(text)
    if "hta:application" in text.lower() or ending == "hta":
        return "application/hta"
    if markup and FORMATS[markup].program:
        return markup
    if ending in PROGRAM_EXTENSIONS:
        named = BY_EXTENSION[ending]
        return next((t for t in named if t != PROGRAM and FORMATS[t].program), PROGRAM)
    html = ending in _HTML_NAMES or (not ending and claimed == "text/html")
    if markup and markup not in ("text/html", "application/xml") and not html:
        return markup
    card = re.match(r"BEGIN:(VCALENDAR|VCARD)\s", text, re.I)
    if card and (ending in INERT_TEXT or ending in ("vcs", "ical", "ifb", "vcard")):
        return "text/calendar" if card[1].upper() == "VCALENDAR" else "text/vcard"
    return _drawing(text, ending) or _by_name(text, markup, ending, claimed)


def _drawing(text: str, ending: str) -> str:
    """Drawings and pictures written as text, by their first lines; "" for anything else."""
    if text.startswith("ISO-10303-21;"):  # ISO 10303-21, 8.2: the header says by which schema
        plain = "application/p21" if ending == "p21" else "model/step"
        return next((found for sign, found in _STEP if sign in text.upper()), plain)
    if re.match(r"(?:999\r?\n[^\n]{0,200}\n\s*)*0\r?\n\s*SECTION\r?\n", text):  # DXF reference
        return "image/vnd.dxf"
    if _IGES.match(text):
        return "model/iges"
    plain_picture = ending in BY_EXTENSION and "image/x-portable-anymap" in BY_EXTENSION[ending]
    return "image/x-portable-anymap" if plain_picture and _PNM.match(text) else ""


def _by_name(text: str, markup: str, ending: str, claimed: str) -> str:
    if ending in ("csv", "tsv", "tab"):
        return "text/csv" if ending == "csv" else "text/tab-separated-values"
    if ending in _HTML_NAMES:
        return "text/html"
    if ending in ("mht", "mhtml"):
        return MIME_ARCHIVE
    if ending == "json":
        return "application/json"
    if ending in ("xml", "xsl", "xslt", "xsd"):
        return markup or "application/xml"
    if ending in ("txt", "text", "log", "md", "ics", "vcf", "eml"):
        return "text/plain"
    if ending:
        return markup if markup else UNKNOWN
    if claimed in ("text/html", "text/csv", "text/tab-separated-values", "application/json"):
        return claimed
    if claimed == "text/plain":
        return "text/plain"
    return markup or "text/plain"
