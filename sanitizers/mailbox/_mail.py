"""Writes a MAPI message as a mail, for the mail sanitizer to take apart.

The one reader of mail then decides what crosses, which body is shown and how files are
named: for .msg and winmail.dat as for every mail. The bytes made here never leave the
child. Every text goes in as base64, so that no value can become a header or a boundary.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_PARTS
from sanitizers.mailbox import _mapi as mapi
from sanitizers.mailbox._items import contact_card, meeting
from sanitizers.mailbox._rtf_body import RtfBody, rtf_body
from sanitizers.mailbox._rtf_compression import decompress
from sanitizers.model import Job, Member, Output, Split
from sanitizers.names import clean_name
from sanitizers.reasons import ReasonCode
from sanitizers.text.fields import split_fields
from sanitizers.text.mail import Mail

#: Characters of one value that go into a header; the mail sanitizer cuts shorter.
MAX_VALUE_CHARS: Final = 2_000
MAX_RECIPIENTS: Final = 1_000
_WORD_CHARS: Final = 15  # of an encoded-word: 75 ASCII characters hold 45 octets
_CHUNK: Final = 57 * 18_000  # octets encoded at a time; a multiple of 3
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,100}")
_CONTENT_ID: Final = re.compile(r"[!-;=?-~]{1,200}")
_ID: Final = re.compile(r"<?[!-;=?-~]{1,248}>?(?:\s+<[!-;=?-~]{1,248}>)*")
#: Fields of the mail that it once was which no property holds (RFC 5322, RFC 3834).
_TRANSPORT: Final = frozenset(
    {b"date", b"message-id", b"in-reply-to", b"references", b"reply-to", b"list-id",
     b"auto-submitted", b"precedence"}
)  # fmt: skip
_BOUNDARY: Final = "=_{}_="


def split_message(message: mapi.Message, out: Output) -> Split:
    """`message` taken apart as a mail; files are written to `out`.

    Raises:
        Withheld: as `Mail.clean`.
    """
    findings = Findings()
    raw = b"".join(_entity(message, findings, 0))
    split = Mail().clean(Job(data=memoryview(raw), media_type="message/rfc822"), out)
    withheld = [_withheld(name, reason, out) for name, reason in _lost(message)]
    if withheld:
        where = "attachment"
        findings.add(Kind.WITHHELD_PART, Action.REMOVED, count=len(withheld), where=where)
    dropped = sum(one.dropped for one in _all(message))
    if dropped:
        findings.add(Kind.METADATA, Action.REMOVED, count=dropped, where="properties")
    findings.extend(split.findings)
    members = (*split.members, *withheld)[:MAX_PARTS]
    return replace(split, members=members, findings=findings.freeze())


def _all(message: mapi.Message) -> Iterator[mapi.Message]:
    """The message and those in it."""
    yield message
    for attachment in message.attachments:
        if attachment.message is not None:
            yield from _all(attachment.message)


def _lost(message: mapi.Message) -> Iterator[tuple[str, ReasonCode]]:
    """What of the message and those in it cannot cross: stated name and reason."""
    for one in _all(message):
        for attachment in one.attachments:
            if attachment.withheld:
                yield _stated_name(attachment.properties), ReasonCode.UNSUPPORTED_TYPE
        if one.damaged:
            yield "", ReasonCode.DAMAGED


def _withheld(name: str, reason: ReasonCode, out: Output) -> Member:
    return Member(
        name=clean_name(name) if name else "",
        claimed_type="",
        claimed_charset="",
        offset=out.tell(),
        size=0,
        withheld=reason.value,
    )


def _stated_name(properties: mapi.Properties) -> str:
    return properties.text(mapi.ATTACH_LONG_FILENAME, mapi.ATTACH_FILENAME, mapi.DISPLAY_NAME)


def _entity(message: mapi.Message, findings: Findings, depth: int) -> Iterator[bytes]:
    yield from _headers(message)
    # Base64 holds no "_": a boundary cannot stand in a part.
    boundary = _BOUNDARY.format(f"mixed{depth}")
    yield f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"\r\n'.encode()
    delimiter = f"\r\n--{boundary}\r\n".encode()
    text, html, charset = _bodies(message.properties, findings)
    alternative = _BOUNDARY.format(f"alternative{depth}")
    inner = f"\r\n--{alternative}\r\n".encode()
    yield delimiter
    yield f'Content-Type: multipart/alternative; boundary="{alternative}"\r\n'.encode()
    if text:
        yield inner
        yield from _part("text/plain; charset=utf-8", text.encode("utf-8", "replace"))
    if html:
        yield inner
        yield from _part("text/html" + (f"; charset={charset}" if charset else ""), html)
    if not text and not html:
        yield inner
        yield from _part("text/plain; charset=utf-8", b"")
    yield f"\r\n--{alternative}--\r\n".encode()
    for content_type, name, item in (
        ("text/calendar", "invite.ics", meeting(message)),
        ("text/vcard", "contact.vcf", contact_card(message)),
    ):
        if item:
            yield delimiter
            disposition = f'Content-Disposition: attachment; filename="{name}"'
            yield from _part(f"{content_type}; charset=utf-8", item, disposition)
    for attachment in message.attachments:
        if not attachment.withheld:
            yield delimiter
            yield from _attachment(attachment, html, findings, depth)
    yield f"\r\n--{boundary}--\r\n".encode()


def _headers(message: mapi.Message) -> Iterator[bytes]:
    properties = message.properties
    names = (mapi.SENT_REPRESENTING_NAME, mapi.SENDER_NAME)
    addresses = (
        mapi.SENT_REPRESENTING_SMTP, mapi.SENDER_SMTP, mapi.SENT_REPRESENTING_EMAIL,
        mapi.SENDER_EMAIL,
    )  # fmt: skip
    sender = _mailbox(properties, names, addresses)
    if sender:
        yield f"From: {sender}\r\n".encode()
    for kind, field in ((1, "To"), (2, "Cc")):  # [MS-OXPROPS] 2.1018; 3 is Bcc
        people = [
            _mailbox(r, (mapi.DISPLAY_NAME,), (mapi.SMTP_ADDRESS, mapi.EMAIL_ADDRESS))
            for r in message.recipients[:MAX_RECIPIENTS]
            if r.number(mapi.RECIPIENT_TYPE) & 0xF == kind
        ]
        if any(people):
            yield f"{field}: {', '.join(p for p in people if p)}\r\n".encode()
    subject = properties.text(mapi.SUBJECT)
    if subject[:1] == "\x01":  # [MS-OXCMSG] 2.2.1.46: length of the prefix
        subject = subject[2:]
    if subject:
        yield f"Subject: {_words(subject)}\r\n".encode()
    found = {
        "date": properties.date(mapi.CLIENT_SUBMIT_TIME, mapi.MESSAGE_DELIVERY_TIME),
        "message-id": _identifiers(properties.text(mapi.INTERNET_MESSAGE_ID)),
        "in-reply-to": _identifiers(properties.text(mapi.IN_REPLY_TO)),
        "references": _identifiers(properties.text(mapi.INTERNET_REFERENCES)),
    }
    for name, value in found.items():
        if value:
            yield f"{name}: {value}\r\n".encode()
    block = properties.text(mapi.TRANSPORT_HEADERS).encode("utf-8", "replace")
    for key, raw in split_fields(block)[0]:
        if key in _TRANSPORT and not found.get(key.decode("ascii")):
            yield key + b": " + b" ".join(raw.split()) + b"\r\n"


def _mailbox(
    properties: mapi.Properties, names: tuple[int, ...], addresses: tuple[int, ...]
) -> str:
    """`=?utf-8?…?= <address>`, either of both, or ""."""
    texts = (properties.text(identifier).strip() for identifier in addresses)
    address = next((text for text in texts if mapi.is_address(text)), "")
    name = properties.text(*names).strip().strip("'\"")
    if not address and mapi.is_address(name):
        address = name
    display = _words(name[:200]) if name and name != address else ""
    return f"{display} <{address[:320]}>".strip() if address else display


def _words(text: str) -> str:
    """`text` as encoded-words (RFC 2047): pure ASCII without a line end."""
    text = text[:MAX_VALUE_CHARS]
    pieces = [text[i : i + _WORD_CHARS] for i in range(0, len(text), _WORD_CHARS)]
    raw = (binascii.b2a_base64(p.encode("utf-8", "replace"), newline=False) for p in pieces)
    return "\r\n ".join(f"=?utf-8?B?{r.decode('ascii')}?=" for r in raw)


def _identifiers(text: str) -> str:
    text = " ".join(text.split())
    return text if _ID.fullmatch(text) else ""


def _bodies(properties: mapi.Properties, findings: Findings) -> tuple[str, bytes, str]:
    """The plain text, the HTML and its charset."""
    text = properties.text(mapi.BODY)
    html, charset = properties.html()
    compressed = b"" if html else properties.bytes_of(mapi.RTF_COMPRESSED)
    rtf = rtf_body(decompress(compressed)) if compressed else RtfBody()
    if rtf.html:
        html, charset = rtf.html.encode("utf-8", "replace"), "utf-8"
    if not text and not html and rtf.text.strip():
        text = rtf.text
        findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED, where="body")
        if rtf.objects:
            findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, count=rtf.objects, where="body")
    return text, html, charset


def _part(content_type: str, data: bytes, *fields: str) -> Iterator[bytes]:
    head = (f"Content-Type: {content_type}", "Content-Transfer-Encoding: base64", *fields)
    yield "".join(f"{field}\r\n" for field in head).encode() + b"\r\n"
    view = memoryview(data)
    for start in range(0, len(view), _CHUNK):
        yield binascii.b2a_base64(view[start : start + _CHUNK])


def _attachment(
    attachment: mapi.Attachment, html: bytes, findings: Findings, depth: int
) -> Iterator[bytes]:
    properties = attachment.properties
    name = _stated_name(properties)
    stated = properties.text(mapi.ATTACH_MIME_TAG).strip().lower()
    media_type = attachment.media_type or (stated if _TOKEN.fullmatch(stated) else "")
    if media_type.startswith("multipart/"):
        # A signed mail is kept whole, with its own header ([MS-OXOSMIME] 2.1.1).
        media_type = "message/rfc822"
    elif media_type.startswith("message/") or not media_type:
        media_type = "application/octet-stream"
    content_id = properties.text(mapi.ATTACH_CONTENT_ID).strip().strip("<>")
    shown = bool(_CONTENT_ID.fullmatch(content_id)) and b"cid:" in html
    disposition = "inline" if shown and media_type.startswith("image/") else "attachment"
    fields = [f"Content-Disposition: {disposition}" + (_file_name(name) if name else "")]
    if shown:
        fields.append(f"Content-ID: <{content_id}>")
    if attachment.message is not None:
        mail = b"".join(_entity(attachment.message, findings, depth + 1))
        yield from _part("message/rfc822", mail, *fields)
    else:
        yield from _part(media_type, attachment.data, *fields)


def _file_name(name: str) -> str:
    """The `filename*` parameter (RFC 2231 4), in ASCII."""
    raw = name[:MAX_VALUE_CHARS].encode("utf-8", "replace")
    return ";\r\n filename*=utf-8''" + "".join(f"%{byte:02X}" for byte in raw)
