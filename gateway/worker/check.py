"""The worker's total check: text, header values and the final mail's framing.

What a sandbox child gave back is believed only after this. Each function accepts an
allow-list grammar and raises `CheckFailed` otherwise; none repairs anything.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.text.characters import is_harmless

#: Header fields of the sender that may cross (DESIGN, "The cleaned mail").
UNSTRUCTURED: Final = frozenset({"Subject"})
ADDRESSES: Final = frozenset({"From", "Sender", "To", "Cc", "Reply-To"})
MESSAGE_IDS: Final = frozenset({"Message-ID", "In-Reply-To", "References"})
KEYWORDS: Final = frozenset({"Auto-Submitted", "Precedence"})
OTHERS: Final = frozenset({"Date", "List-Id"})

MAX_HEADER_VALUE: Final = 2_000  # characters of one decoded value
MAX_IDS_VALUE: Final = 12_000  # characters of References: 40 ids of 250
MAX_LINE: Final = 998  # octets without CRLF (RFC 5322 section 2.1.1)

_ADDRESS: Final = re.compile(r"[^\x00-\x20\x7f<>()\[\],;:\"\\@]+(?:@[^\x00-\x20\x7f<>(),;\"\\@]+)?")
_QUOTED_LOCAL: Final = re.compile(r'"[\x20\x21\x23-\x5b\x5d-\x7e]{1,62}"@[A-Za-z0-9.-]{1,255}')
_DATE: Final = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
)
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
_KEYWORD: Final = re.compile(r"[a-z][a-z-]{0,30}")
_LIST_ID: Final = re.compile(r"[^\x00-\x1f\x7f]{0,255}")
_BASE64_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


class CheckFailed(Exception):
    """The check met something that no rule allows. The text names the rule, not the value."""


def check_header(name: str, value: str) -> None:
    """One allow-listed header with its decoded value (addresses: "display TAB addr").

    Raises:
        CheckFailed: unknown name, control character, or a value outside its grammar.
    """
    if name in ADDRESSES:
        display, tab, address = value.partition("\t")
        if not tab or len(display) > MAX_HEADER_VALUE or not is_harmless(display, multiline=False):
            raise CheckFailed(f"{name}: display name")
        if address and not is_address(address):
            raise CheckFailed(f"{name}: address")
        return
    longest = MAX_IDS_VALUE if name in MESSAGE_IDS else MAX_HEADER_VALUE
    if len(value) > longest or not is_harmless(value, multiline=False):
        raise CheckFailed(f"{name}: length or characters")
    if name in MESSAGE_IDS:
        if not all(_MESSAGE_ID.fullmatch(part) for part in value.split(" ")):
            raise CheckFailed(f"{name}: message id")
    elif name in KEYWORDS:
        if not _KEYWORD.fullmatch(value):
            raise CheckFailed(f"{name}: keyword")
    elif name == "Date":
        if not _DATE.fullmatch(value):
            raise CheckFailed("Date: form")
    elif name == "List-Id":
        if not _LIST_ID.fullmatch(value):
            raise CheckFailed("List-Id: form")
    elif name not in UNSTRUCTURED:
        raise CheckFailed("a header that may not cross")


def is_address(address: str) -> bool:
    """An addr-spec that can stand between < and > as it is (at most 320 characters)."""
    return (
        len(address) <= 320
        and is_harmless(address, multiline=False)
        and bool(_ADDRESS.fullmatch(address) or _QUOTED_LOCAL.fullmatch(address))
    )


def check_text(text: str) -> None:
    """A mail's text: LF line ends, allowed code points only.

    Raises:
        CheckFailed: too long, or a control, bidi, zero-width or other refused character.
    """
    if len(text) > MAX_TEXT_CHARS or not is_harmless(text, multiline=True):
        raise CheckFailed("text: length or characters")


def check_text_file(data: bytes) -> None:
    """A text/plain output: strict UTF-8 (one BOM at the start), CRLF, allowed code points.

    Raises:
        CheckFailed: anything else.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise CheckFailed("text file: not UTF-8") from None
    text = text.removeprefix("\ufeff")
    if text.count("\r") != text.count("\r\n") or text.count("\n") != text.count("\r\n"):
        raise CheckFailed("text file: line ends")
    check_text(text.replace("\r\n", "\n"))


_OWN_HEADERS: Final = (
    b"Received", b"From", b"Sender", b"To", b"Cc", b"Reply-To", b"Subject", b"Date",
    b"Message-ID", b"In-Reply-To", b"References", b"List-Id", b"Auto-Submitted",
    b"Precedence", b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding",
    b"X-Mugaika-Report", b"X-Mugaika-Hops",
)  # fmt: skip
_PART_HEADERS: Final = (
    b"Content-Type", b"Content-Transfer-Encoding", b"Content-Disposition",
)  # fmt: skip


def _block(names: tuple[bytes, ...], characters: bytes) -> re.Pattern[bytes]:
    line = rb"[" + characters + rb" ]*"
    folded = rb"(?:\r\n[ \t]+[" + characters + rb"]" + line + rb")*"
    return re.compile(rb"(?:(?:" + rb"|".join(names) + rb"): ?" + line + folded + rb"\r\n)+")


_ASCII_HEADERS: Final = _block(_OWN_HEADERS, rb"\x21-\x7e\t")
_UTF8_HEADERS: Final = _block(_OWN_HEADERS, rb"\x21-\x7e\x80-\xff\t")
_PART_BLOCK: Final = _block(_PART_HEADERS, rb"\x21-\x7e")
_ENCODING: Final = re.compile(rb"(?:\A|\r\n)Content-Transfer-Encoding: (base64|7bit)(?:\r\n|\Z)")
_TOO_LONG: Final = re.compile(rb"[^\n]{%d}" % (MAX_LINE + 2))


def check_message(data: bytes, *, boundary: bytes, smtputf8: bool) -> None:
    """The assembled mail, byte by byte: header grammar, CRLF, MIME framing.

    Args:
        boundary: the multipart boundary that the composer chose, b"" for a single part.
        smtputf8: header values may be UTF-8 (RFC 6532).

    Raises:
        CheckFailed: anything that the grammar does not consume.
    """
    crlf = data.count(b"\r\n")
    if data.count(b"\r") != crlf or data.count(b"\n") != crlf or not data.endswith(b"\r\n"):
        raise CheckFailed("mail: line ends")
    if b"\0" in data or _TOO_LONG.search(data):
        raise CheckFailed("mail: NUL or a line over the limit")
    head, separator, body = data.partition(b"\r\n\r\n")
    grammar = _UTF8_HEADERS if smtputf8 else _ASCII_HEADERS
    if not separator or not grammar.fullmatch(head + b"\r\n"):
        raise CheckFailed("mail: header grammar")
    if not boundary:
        _check_leaf(head, body)
        return
    pieces = body.split(b"--" + boundary)
    if pieces[0] != b"" or pieces[-1] != b"--\r\n" or len(pieces) < 3:
        raise CheckFailed("mail: multipart framing")
    for piece in pieces[1:-1]:
        part_head, separator, content = piece.partition(b"\r\n\r\n")
        if not part_head.startswith(b"\r\n") or not separator:
            raise CheckFailed("mail: part framing")
        if not _PART_BLOCK.fullmatch(part_head[2:] + b"\r\n"):
            raise CheckFailed("mail: part header grammar")
        _check_leaf(part_head, content)


def _check_leaf(head: bytes, content: bytes) -> None:
    encodings = _ENCODING.findall(head)  # at a line's start: a Subject may quote these words
    if encodings == [b"base64"]:
        rest = content.translate(None, _BASE64_ALPHABET)
        if rest != b"\r\n" * (len(rest) // 2):
            raise CheckFailed("mail: base64 body")
    elif encodings == [b"7bit"]:
        if not content.isascii():
            raise CheckFailed("mail: 7bit body")
    else:
        raise CheckFailed("mail: transfer encoding")
