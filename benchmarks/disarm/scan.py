"""Looks for what may never be in an output: planted words, and anything that can act.

Each rule says of which form of bytes it speaks, and what it is that survived. A rule that
no output can break would be worthless: the tests break each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.disarm.opened import PNG, Piece, names_spelt_out, pieces

#: Bytes of the sample set that must not come through, whatever they lie in.
PLANTED: Final = (b"cdr-canary.invalid", b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR")


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that survived."""

    what: str
    where: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a form of bytes may not hold."""

    what: str
    form: str
    pattern: re.Pattern[bytes]


def _names(*names: str) -> re.Pattern[bytes]:
    """Names of PDF, whole."""
    return re.compile(rb"/(?:%s)(?=[\s/<>\[\]()%%]|\Z)" % b"|".join(n.encode() for n in names))


def _words(pattern: bytes) -> re.Pattern[bytes]:
    return re.compile(pattern, re.IGNORECASE)


RULES: Final = (
    # ISO 32000-2: 12.6 (actions), 12.5.6 (annotations), 7.11 (files), 12.7.8 (XFA)
    Rule("script", "pdf", _names("JavaScript", "JS")),
    Rule(
        "action", "pdf",
        _names("OpenAction", "AA", "Launch", "GoToR", "GoToE", "GoToDp", "Thread", "SubmitForm",
               "ImportData", "ResetForm", "Hide", "Named", "SetOCGState", "Rendition", "Trans",
               "GoTo3DView", "RichMediaExecute"),
    ),
    Rule("link", "pdf", _names("URI")),
    Rule("form", "pdf", _names("AcroForm", "XFA", "Widget")),
    Rule("embedded file", "pdf",
         _names("EmbeddedFile", "EmbeddedFiles", "Filespec", "FileAttachment", "AF", "Collection")),
    Rule("media", "pdf", _names("RichMedia", "Movie", "Sound", "3D", "Rendition")),
    Rule("screen", "pdf", _words(rb"/Subtype\s*/Screen\b")),  # /Screen alone is a blend mode
    Rule("metadata", "pdf", _names("Metadata", "PieceInfo", "Thumb", "XMP", "SpiderInfo")),
    Rule("external reference", "pdf", _names("FFilter", "OPI", "Ref")),
    Rule("signature", "pdf", _names("DocMDP", "ByteRange", "Perms")),
    Rule("a stream that is not looked into", "pdf",
         _names("Crypt", "Encrypt", "LZWDecode", "ASCII85Decode", "ASCIIHexDecode",
                "RunLengthDecode", "JBIG2Decode", "JPXDecode")),
    # ECMA-376 and [MS-OFFMACRO]; ODF 1.3 part 2
    Rule("macro", "names", _words(rb"vbaproject|vbadata|macrosheets?/|customui|basic/|scripts/")),
    Rule("embedded object", "names", _words(
        # The workbook of a chart, written anew, is opened and searched as a file of its own.
        rb"(?m:embeddings/(?!workbook\d+\.xlsx$)|activex|oleobject|ctrlprops|\.bin$)"
    )),
    Rule("external part", "names",
         _words(rb"externallinks?/|querytables?/|connections\.xml|customxml/|webextension"
                rb"|printersettings|\.odttf|afchunk|datamashup")),
    Rule("macro", "xml", _words(rb"macroenabled|xlmacrosheet|<script:|script:event-listener"
                                rb"|xlm=[\"']1|macro=[\"'][^\"']")),
    Rule("external relationship", "xml", _words(rb"targetmode\s*=\s*[\"']external")),
    Rule("DDE", "xml", _words(rb"<(?:\w+:)?ddelink|\bddeauto\b|instrtext[^>]*>\s*dde\b")),
    Rule("field that acts", "xml",
         _words(rb"\b(?:includetext|includepicture|macrobutton)\b|attachedtemplate|altchunk")),
    Rule("formula that acts", "xml",
         _words(rb"<f[^>]*>[^<]*\b(?:webservice|rtd|call|register(?:\.id)?|exec)\s*\(")),
    Rule("document type", "xml", _words(rb"<!entity|<!doctype\s+(?!html\b)\w+[^>]*\[")),
    # HTML: whatever runs, fetches or sends
    Rule("script", "xml",
         _words(rb"<(?:\w+:)?script[\s>]|javascript:|vbscript:|<[a-z][^>]*\son[a-z]+\s*=")),
    Rule("remote content", "xml",
         _words(rb"<(?:iframe|frame|object|embed|applet|base|link|form|meta[^>]*refresh)[\s>/]"
                rb"|<(?:img|image|video|audio|source)\b[^>]*\b(?:src|href)\s*=\s*[\"']?\s*(?:https?:|//)")),
    # What no reader of text sees, but a spreadsheet runs
    Rule("formula", "csv", re.compile(rb"(?m)(?:^|[,;\t]|\")(?:=|@[A-Za-z]+\()")),
)  # fmt: skip
#: A file or member that begins like this is no document of ours.
_STARTS: Final = (
    (b"MZ", "program"), (b"\x7fELF", "program"), (b"\xca\xfe\xba\xbe", "program"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE file"), (b"{\\rt", "RTF"), (b"#!", "script"),
    (b"L\0\0\0\x01\x14\x02\0", "shortcut"), (b"ITSF", "compiled help"),
)  # fmt: skip
#: JPEG markers (ITU-T T.81, table B.1) and PNG chunks (W3C PNG) that draw something.
_JPEG_DRAWS: Final = frozenset((0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xE0, 0xEE))
_PNG_DRAWS: Final = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"pHYs", b"sRGB", b"gAMA", b"cHRM", b"acTL", b"fcTL", b"fdAT",
     b"IDAT", b"IEND")
)  # fmt: skip


def spellings(words: Sequence[bytes]) -> dict[bytes, bytes]:
    """Each way in which a word may be written, and the word."""
    found: dict[bytes, bytes] = {}
    for word in words:
        text = word.decode("ascii")
        wide = text.encode("utf-16-be")
        for spelling in (
            word, word[::-1], wide, text.encode("utf-16-le"), word.hex().encode(),
            word.hex().upper().encode(), wide.hex().encode(), wide.hex().upper().encode(),
        ):  # fmt: skip
            found[spelling] = word
    return found


def traces(data: bytes, words: Sequence[bytes], *, name: str = "") -> list[Hit]:
    """Where planted words are found in a file, opened."""
    wanted = spellings(words)
    return [
        Hit(f"planted {word.decode()}", piece.where)
        for piece in pieces(data, name=name)
        for spelling, word in wanted.items()
        if spelling in piece.data
    ]


def hazards(data: bytes, *, name: str = "", links: bool = False) -> list[Hit]:
    """What could act, in a file opened to its last stream. `links`: the policy keeps links."""
    found: list[Hit] = []
    for piece in pieces(data, name=name):
        found += [Hit(what, piece.where) for what in _in_piece(piece, links)]
    return [*found, *traces(data, PLANTED, name=name)]


def _in_piece(piece: Piece, links: bool) -> Iterator[str]:
    data = names_spelt_out(piece.data) if piece.form == "pdf" else piece.data
    for rule in RULES:
        if rule.form != piece.form or (links and rule.what in ("link", "external relationship")):
            continue
        if (hit := rule.pattern.search(data)) is not None:
            yield f"{rule.what}: {hit[0][-60:].decode('latin-1')}"
    for start, what in _STARTS:
        if piece.data.startswith(start) and piece.form != "pdf":
            yield what
    structure: Callable[[bytes], Iterator[str]] | None = {"jpeg": _jpeg, "png": _png}.get(
        piece.form
    )
    if structure is not None:
        yield from structure(piece.data)


def _jpeg(data: bytes) -> Iterator[str]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker not in _JPEG_DRAWS:
            yield f"segment {marker:02X}"
        at += 2 + size
    if not data.endswith(b"\xff\xd9"):
        yield "data after the end"


def _png(data: bytes) -> Iterator[str]:
    at = len(PNG)
    while at + 12 <= len(data):
        kind = data[at + 4 : at + 8]
        if kind not in _PNG_DRAWS:
            yield f"chunk {kind.decode('latin-1')}"
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if kind == b"IEND":
            break
    if at != len(data):
        yield "data after the end"
