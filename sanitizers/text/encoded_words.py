"""Header text: raw 8-bit or ISO-2022-JP bytes and RFC 2047 encoded-words, to plain text.

Takes the illegal forms that Japanese mail is full of: characters and escape states split
between words, words inside quotes or glued to their neighbours, blanks inside, a missing
"?=", base64 without padding. The whole value is decoded by the charset ladder first, so
that a quote or backslash byte inside a double-byte character is never taken for syntax.
Never raises, is linear, and gives one line without control characters.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text.characters import make_harmless
from sanitizers.text.charset import decode

_FOLD: Final = re.compile(rb"(?:\r\n|\r|\n)(?=[ \t])")
_BARE: Final = re.compile(rb"[\r\n\x00]+")

#: RFC 2047, section 2, and looser: blanks around the parts, "?" inside, no "?=" at all
#: (the word then ends before the next one or with the value).
ENCODED_WORD: Final = re.compile(
    r"=\?[ \t]?([^?=\s]{1,60})[ \t]?\?[ \t]?([bBqQ])[ \t]?\?"
    r"(.*?)"
    r"(\?=|(?=\s?=\?[^?=\s]{1,60}\?[bBqQ]\?)|\Z)",
    re.DOTALL,
)
_HEX: Final = re.compile(rb"=([0-9A-Fa-f]{2})")
_HEX_RUN: Final = re.compile(r"(?:=[0-9A-Fa-f]{2}|_|[!-<>-^`-~])+")
_BASE64_CHUNK: Final = re.compile(rb"[A-Za-z0-9+/]+")
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_ESCAPE: Final = re.compile(rb"\x1b[$(]")


def unfold(raw: bytes) -> bytes:
    """`raw` on one line (RFC 5322, section 2.2.3); no CR, LF or NUL is left in it."""
    return _BARE.sub(b" ", _FOLD.sub(b"", raw)).strip()


def to_text(raw: bytes, findings: Findings, *, where: str = "") -> str:
    """The unfolded value as text, its encoded-words still encoded."""
    decoded = decode(unfold(raw))
    if decoded.charset not in ("us-ascii", "utf-8"):  # raw UTF-8 is RFC 6532
        findings.add(Kind.CHARSET_GUESSED, Action.NOTED, where=where)
    if decoded.lost:
        findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=decoded.lost, where=where)
    return decoded.text


def decode_words(raw: bytes, findings: Findings, *, where: str = "") -> str:
    """Unstructured header text (Subject, Comments …) from its raw bytes, one harmless line."""
    return words_of(to_text(raw, findings, where=where), findings, where=where)


def words_of(text: str, findings: Findings, *, where: str = "") -> str:
    """`text` with its encoded-words decoded, as one harmless line."""
    if "=?" in text:
        text = _join_words(text, findings, where)
    return make_harmless(text, findings, where=where, multiline=False).strip()


def _join_words(text: str, findings: Findings, where: str) -> str:
    """Decodes runs of words of one charset together; drops the blanks between words."""
    pieces: list[str] = []
    pending = bytearray()
    charset = ""
    double_byte = False  # the pending words end in a double-byte state of ISO-2022
    at, broken = 0, 0

    def flush() -> None:
        if pending:
            decoded = decode(pending, charset)
            if decoded.guessed:
                findings.add(Kind.CHARSET_GUESSED, Action.NOTED, where=where)
            if decoded.lost:
                findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=decoded.lost, where=where)
            pieces.append(decoded.text)
            pending.clear()

    for match in ENCODED_WORD.finditer(text):
        between = text[at : match.start()]
        if between.strip() or not at:
            flush()
            pieces.append(between)
        at = match.end()
        label, encoding, payload = match[1], match[2], match[3]
        broken += not match[4]
        if not payload.isascii():  # raw 8-bit inside a word: the ladder has read it already
            flush()
            pieces.append(_mixed(payload, label, encoding))
            continue
        data = _bytes_of(payload, encoding)
        if label.partition("*")[0].lower() != charset:
            flush()
            charset = label.partition("*")[0].lower()  # RFC 2231, section 5: "*language"
        escapes = _ESCAPE.findall(data)
        if pending and double_byte and escapes[:1] == [b"\x1b$"]:
            pending += b"\x1b(B"  # the word stands for itself: RFC 2047, section 3
        if escapes or not pending:
            double_byte = escapes[-1:] == [b"\x1b$"]
        pending += data
    flush()
    pieces.append(text[at:])
    if broken:
        findings.add(Kind.HEADER_DEFECT, Action.NOTED, count=broken, where=where)
    return "".join(pieces)


def _bytes_of(payload: str, encoding: str) -> bytes:
    data = payload.encode("ascii", "ignore")
    if encoding in "bB":
        return _base64(data)
    return _HEX.sub(lambda m: bytes((int(m[1], 16),)), data.replace(b"_", b" "))


def _base64(data: bytes) -> bytes:
    """Every quantum that can be read, across padding in the middle, bad characters, no padding."""
    data = b"".join(data.translate(_URL_SAFE).split())
    result: list[bytes] = []
    for piece in data.split(b"="):
        chunk = b"".join(_BASE64_CHUNK.findall(piece))
        chunk = chunk[: len(chunk) - (len(chunk) % 4 == 1)]
        result.append(binascii.a2b_base64(chunk + b"=" * (-len(chunk) % 4)))
    return b"".join(result)


def _mixed(payload: str, label: str, encoding: str) -> str:
    if encoding in "bB":
        return payload
    return _HEX_RUN.sub(lambda m: decode(_bytes_of(m[0], "q"), label).text, payload)
