"""Writes the cleaned mail from checked values: headers, text, rebuilt attachments.

Every byte comes from this serializer. It never sees the original: its inputs are decoded
header values and texts that `check` accepted, and outputs that a verifier accepted. What
it writes is checked once more as a whole (`check.check_message`) before anyone may
store it. Sources: RFC 5322, 2045-2047, 2231, 6532.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.worker import check
from gateway.worker.check import ADDRESSES, CheckFailed

_WORD_BYTES: Final = 39  # UTF-8 bytes of one encoded-word: 12 + 52 <= 75 (RFC 2047 section 2)
_PLAIN_CHARS: Final = 68  # longer unstructured ASCII is written as encoded-words too
_PARAMETER_CHARS: Final = 56  # of one RFC 2231 continuation: the line stays under 78
_ATEXT: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_ATTR_CHAR: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~"
)
_MAIL: Final = "message/rfc822"
_TOKEN: Final = re.compile(r"[A-Za-z0-9-]{1,40}")  # narrower than RFC 2045 section 5.1
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9._ ()+-]{1,60}")
_ORDER: Final = (
    "From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID",
    "In-Reply-To", "References", "List-Id", "Auto-Submitted", "Precedence",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A verified output on its way into a mail."""

    name: str
    media_type: str
    data: bytes
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the media type


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything of one mail. `headers` as in `sanitizers.model.Split.headers`."""

    headers: Sequence[tuple[str, str]]
    text: str
    attachments: Sequence[Attachment] = ()
    received: str = ""  # our own trace line, without the field name
    report: str = ""  # X-Mugaika-Report
    hops: str = ""  # X-Mugaika-Hops
    boundary: str = ""  # unique to the mail, from our own alphabet
    smtputf8: bool = False


def compose(draft: Draft) -> bytes:
    """The mail as bytes, CRLF only, checked as a whole.

    Raises:
        CheckFailed: a value or the result is outside the grammar; nothing may be sent.
    """
    for name, value in draft.headers:
        check.check_header(name, value)
    check.check_text(draft.text)
    lines: list[str] = []
    if draft.received:
        lines.append(f"Received: {draft.received}")
    for name in _ORDER:
        values = [v for n, v in draft.headers if n == name]
        if values:
            lines.append(_header(name, values, smtputf8=draft.smtputf8))
    lines.append("MIME-Version: 1.0")
    if draft.report:
        lines.append(f"X-Mugaika-Report: {draft.report}")
    if draft.hops:
        lines.append(f"X-Mugaika-Hops: {draft.hops}")
    text_head, text_body = _text_part(draft.text, draft.boundary)
    pieces: list[bytes]
    if draft.attachments:
        lines.append(f'Content-Type: multipart/mixed; boundary="{draft.boundary}"')
        lines.append("Content-Transfer-Encoding: 7bit")
        mark = b"--" + draft.boundary.encode("ascii")
        pieces = [_join(lines), b"\r\n", mark, b"\r\n", text_head, b"\r\n", text_body]
        for attachment in draft.attachments:
            pieces += [mark, b"\r\n", _attachment_head(attachment), b"\r\n"]
            if attachment.media_type == _MAIL:
                if mark in attachment.data:
                    raise CheckFailed("attached mail: holds our boundary")
                pieces += [attachment.data, b"\r\n"]  # the mail, then the delimiter's CRLF
            else:
                pieces.append(_base64(attachment.data))
        pieces += [mark, b"--\r\n"]
        boundary = draft.boundary.encode("ascii")
    else:
        pieces = [_join(lines), text_head, b"\r\n", text_body]
        boundary = b""
    message = b"".join(pieces)
    check.check_message(message, boundary=boundary, smtputf8=draft.smtputf8)
    return message


def _join(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def _header(name: str, values: list[str], *, smtputf8: bool) -> str:
    if name in ADDRESSES:
        written = [_address(v, smtputf8=smtputf8) for v in values]
        folded = ",\r\n ".join(w for w in written if w)
        return f"{name}: {folded or 'undisclosed-recipients:;'}"
    value = values[0]
    if name in check.MESSAGE_IDS:
        return f"{name}: " + "\r\n ".join(value.split(" "))
    return f"{name}: {_unstructured(value)}"


def _unstructured(value: str) -> str:
    if value.isascii() and len(value) <= _PLAIN_CHARS and "=?" not in value:
        return value
    return "\r\n ".join(_words(value))


def _words(value: str) -> list[str]:
    """`value` as base64 encoded-words, never splitting a character (RFC 2047 section 5)."""
    words: list[str] = []
    chunk = bytearray()
    for character in value:
        encoded = character.encode("utf-8")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(_word(bytes(chunk)))
            chunk = bytearray()
        chunk += encoded
    if chunk:
        words.append(_word(bytes(chunk)))
    return words


def _word(data: bytes) -> str:
    return f"=?UTF-8?B?{binascii.b2a_base64(data, newline=False).decode('ascii')}?="


def _address(value: str, *, smtputf8: bool) -> str:
    display, _, address = value.partition("\t")
    if not address.isascii() and not smtputf8:
        address = _ascii_domain(address)
        if not address:  # a local part that this path cannot carry: shown as a name
            display = display or value.partition("\t")[2]
    if not display:
        return f"<{address}>" if address else ""
    if "=?" in display or not display.isascii() or len(display) > _PLAIN_CHARS:
        written = "\r\n ".join(_words(display))
    elif _ATEXT.fullmatch(display):
        written = display
    else:
        quoted = display.replace("\\", "\\\\").replace('"', '\\"')
        written = f'"{quoted}"'
    # Without an address the name stands alone as an empty group (RFC 6854).
    return f"{written} <{address}>" if address else f"{written}:;"


def _ascii_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        return ""
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return ""


def _text_part(text: str, boundary: str) -> tuple[bytes, bytes]:
    body = text if text.endswith("\n") or not text else text + "\n"
    data = (body or "\n").replace("\n", "\r\n").encode("utf-8")
    plain = (
        data.isascii()
        and (not boundary or boundary.encode("ascii") not in data)
        and max(map(len, data.split(b"\r\n"))) <= check.MAX_LINE
    )
    lines = ["Content-Type: text/plain; charset=utf-8"]
    if plain:
        lines.append("Content-Transfer-Encoding: 7bit")
        return _join(lines), data
    lines.append("Content-Transfer-Encoding: base64")
    return _join(lines), _base64(data)


def _base64(data: bytes) -> bytes:
    """Base64 in lines of 76 (RFC 2045 section 6.8), CRLF after each."""
    whole = binascii.b2a_base64(data, newline=False)
    return b"".join([whole[i : i + 76] + b"\r\n" for i in range(0, len(whole), 76)]) or b"\r\n"


def _attachment_head(attachment: Attachment) -> bytes:
    name = attachment.name
    # A mail in a mail must not be encoded (RFC 2046 section 5.2.1); ours are 7bit throughout.
    encoding = "7bit" if attachment.media_type == _MAIL else "base64"
    if _PLAIN_NAME.fullmatch(name):
        for_type = f'name="{name}"'
        for_disposition = f'filename="{name}"'
    else:
        # Encoded-words in `name` are against RFC 2047 section 5, but older Japanese mail
        # programs read only these; the standard form (RFC 2231) follows in `filename`.
        for_type = 'name="' + "\r\n ".join(_words(name)) + '"'
        for_disposition = ";\r\n ".join(_rfc2231("filename", name))
    return _join(
        [
            f"Content-Type: {_media_type(attachment)};\r\n {for_type}",
            f"Content-Transfer-Encoding: {encoding}",
            f"Content-Disposition: attachment;\r\n {for_disposition}",
        ]
    )


def _media_type(attachment: Attachment) -> str:
    """With its parameters: an invitation is one by `method` (RFC 6047 section 2.4)."""
    pieces = [attachment.media_type]
    for name, value in attachment.parameters.items():
        if not (_TOKEN.fullmatch(name) and _TOKEN.fullmatch(value)):
            raise CheckFailed("attachment: media type parameter")
        pieces.append(f"{name}={value}")
    if attachment.media_type == "text/calendar":
        pieces.append("charset=utf-8")
    return "; ".join(pieces)


def _rfc2231(parameter: str, value: str) -> list[str]:
    """RFC 2231 sections 3 and 4: percent-encoded UTF-8, continued where it is long."""
    tokens = [chr(byte) if byte in _ATTR_CHAR else f"%{byte:02X}" for byte in value.encode("utf-8")]
    pieces: list[str] = []
    piece = ""
    for token in tokens:
        if len(piece) + len(token) > _PARAMETER_CHARS:
            pieces.append(piece)
            piece = ""
        piece += token
    pieces.append(piece)
    if len(pieces) == 1:
        return [f"{parameter}*=UTF-8''{pieces[0]}"]
    pieces[0] = "UTF-8''" + pieces[0]
    return [f"{parameter}*{i}*={piece}" for i, piece in enumerate(pieces)]


__all__ = ["Attachment", "CheckFailed", "Draft", "compose"]
