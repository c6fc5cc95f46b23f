"""TNEF (winmail.dat, [MS-OXTNEF]): what Outlook sends to servers that it takes for its own.

A bounded reader of the attribute stream. Only the attributes and properties named here
are looked at; the message goes through the one reader of mail, its files through their
own sanitizers.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.limits import MAX_DEPTH, MAX_PARTS
from sanitizers.mailbox import _mapi as mapi
from sanitizers.mailbox._mail import split_message
from sanitizers.model import Job, Method, Output, Sanitizer, Split
from sanitizers.reasons import ReasonCode, Withheld

_SIGNATURE: Final = 0x223E9F78  # 2.1.3.1
_HEAD: Final = struct.Struct("<IH")
_ATTRIBUTE: Final = struct.Struct("<BII")  # 2.1.3.2: level, identifier, length
_LEVELS: Final = (b"\1", b"\2")  # of the message, of an attachment
_BLANK: Final = b"\0 \r\n\t"  # what fills the end of a file
_CHECKSUM: Final = 2
MAX_ATTRIBUTES: Final = 20_000
MAX_PROPERTIES: Final = 20_000  # of one list; Outlook writes under 300

# Attribute identifiers with their types (2.1.3.1, table of idAttr).
_ATTACH_DATA: Final = 0x0006800F
_ATTACH_TITLE: Final = 0x00018010
_ATTACH_REND_DATA: Final = 0x00069002
_ATTACHMENT: Final = 0x00069005
_BODY: Final = 0x0002800C
_MAPI_PROPS: Final = 0x00069003
_OEM_CODEPAGE: Final = 0x00069007
_RECIP_TABLE: Final = 0x00069004
_SUBJECT: Final = 0x00018004
#: 2.1.3.5.2: an object property starts with the identifier of its interface.
_IID_MESSAGE: Final = bytes.fromhex("0703020000000000c000000000000046")
_INTERFACE: Final = 16
#: Type → size of a fixed value, as padded (2.1.3.4; [MS-OXCDATA] 2.11.1).
_SIZES: Final = {
    0x0001: 4, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x000A: 4, 0x000B: 4,
    0x0005: 8, 0x0006: 8, 0x0007: 8, 0x0014: 8, 0x0040: 8, 0x0048: 16,
}  # fmt: skip
_VARIABLE: Final = frozenset({mapi.STRING_8, mapi.STRING, mapi.BINARY, mapi.OBJECT})
_MULTIPLE: Final = 0x1000
_NAMED: Final = 0x8000  # identifiers from here on carry a GUID and a name

_Raw = dict[int, tuple[int, bytes]]


class Tnef(Sanitizer):
    """One winmail.dat to `Split`."""

    media_types = ("application/ms-tnef",)
    methods = (Method.TEXT,)
    outputs = ("message/rfc822",)

    def clean(self, job: Job, out: Output) -> Split:
        """Take the message apart; its files are written to `out`.

        Raises:
            Withheld: EMPTY; DAMAGED (no TNEF, or an attribute that lies); TOO_MANY_PARTS.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        return split_message(_message(job.data, 0), out)


class _Cursor:
    """Reads little-endian values and never past the end."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0
        self.dropped = 0  # properties read from it that are not looked at

    def take(self, size: int) -> memoryview:
        """The next `size` bytes."""
        if size < 0 or size > len(self._data) - self._at:
            raise Withheld(ReasonCode.DAMAGED, "cut short")
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece

    def padded(self, size: int) -> bytes:
        """The next `size` bytes and what pads them to a multiple of 4."""
        piece = bytes(self.take(size))
        self.take(min(-size % 4, self.left))
        return piece

    def integer(self, size: int = 4) -> int:
        """The next unsigned integer."""
        return int.from_bytes(self.take(size), "little")

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes that come next."""
        return bytes(self._data[self._at : self._at + size])

    def is_blank(self) -> bool:
        """Whether nothing but filling is left."""
        return not bytes(self._data[self._at :]).strip(_BLANK)

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return len(self._data) - self._at


def _message(data: memoryview, depth: int) -> mapi.Message:
    cursor = _Cursor(data)
    signature, _ = _HEAD.unpack(cursor.take(_HEAD.size))
    if signature != _SIGNATURE:
        raise Withheld(ReasonCode.DAMAGED, "no TNEF signature")
    raw: _Raw = {}
    charset = ""
    files: list[_Raw] = []
    recipients: list[mapi.Properties] = []
    damaged = False
    dropped = 0
    for count in range(MAX_ATTRIBUTES):
        head = cursor.peek(_ATTRIBUTE.size)
        if head[:1] not in _LEVELS and cursor.is_blank():
            break
        whole = len(head) == _ATTRIBUTE.size and head[:1] in _LEVELS
        _, identifier, length = _ATTRIBUTE.unpack(head) if whole else (0, 0, 0)
        if not whole or length > cursor.left - _ATTRIBUTE.size:
            # Files get cut on their way. What came before the cut is whole.
            if not count:
                raise Withheld(ReasonCode.DAMAGED, "no attribute")
            damaged = True
            break
        cursor.take(_ATTRIBUTE.size)
        value = cursor.take(length)
        cursor.take(min(_CHECKSUM, cursor.left))  # a checksum of 16 bits guards nothing
        if identifier == _OEM_CODEPAGE and length >= 4:
            charset = mapi.code_page(int.from_bytes(value[:4], "little"))
        elif identifier == _SUBJECT:
            raw.setdefault(mapi.SUBJECT, (mapi.STRING_8, bytes(value)))
        elif identifier == _BODY:
            raw.setdefault(mapi.BODY, (mapi.STRING_8, bytes(value)))
        elif identifier == _MAPI_PROPS:
            own = _Cursor(value)
            raw.update(_properties(own))
            dropped += own.dropped
        elif identifier == _RECIP_TABLE:
            rows = _Cursor(value)
            for _row in range(min(rows.integer(), 2 * MAX_PARTS)):
                recipients.append(mapi.Properties(_properties(rows), charset))
            dropped += rows.dropped
        elif identifier == _ATTACH_REND_DATA:
            if len(files) >= MAX_PARTS:
                raise Withheld(ReasonCode.TOO_MANY_PARTS, "attachments")
            files.append({})
        elif identifier in (_ATTACH_TITLE, _ATTACH_DATA, _ATTACHMENT):
            if not files:
                files.append({})
            dropped += _add(files[-1], identifier, value)
        else:
            dropped += 1
    properties = mapi.Properties(raw, charset)
    message = mapi.Message(
        properties=properties, recipients=recipients, damaged=damaged, dropped=dropped
    )
    message.attachments = [_attachment(f, properties.charset, depth) for f in files]
    return message


def _add(file: _Raw, identifier: int, value: memoryview) -> int:
    """Keep an attribute of a file; the number of properties that were dropped."""
    if identifier == _ATTACH_TITLE:
        file.setdefault(mapi.ATTACH_FILENAME, (mapi.STRING_8, bytes(value)))
    elif identifier == _ATTACH_DATA:
        file[mapi.ATTACH_DATA] = (mapi.BINARY, bytes(value))
    else:
        kept = file.get(mapi.ATTACH_DATA)
        cursor = _Cursor(value)
        file.update(_properties(cursor))
        if kept is not None:
            file[mapi.ATTACH_DATA] = kept
        return cursor.dropped
    return 0


def _attachment(file: _Raw, charset: str, depth: int) -> mapi.Attachment:
    properties = mapi.Properties(file, charset)
    kind, raw = file.get(mapi.ATTACH_DATA, (0, b""))
    if kind == mapi.OBJECT:
        if raw.startswith(_IID_MESSAGE) and depth + 1 < MAX_DEPTH:
            inner = _message(memoryview(raw)[_INTERFACE:], depth + 1)
            return mapi.Attachment(properties=properties, message=inner)
        return mapi.Attachment(properties=properties, withheld=True)
    return mapi.Attachment(properties=properties, data=raw, withheld=kind != mapi.BINARY)


def _properties(cursor: _Cursor) -> _Raw:
    """A list of properties (2.1.3.4): only known ones are kept, of several values the first."""
    found: _Raw = {}
    count = cursor.integer()
    if count > MAX_PROPERTIES:
        raise Withheld(ReasonCode.DAMAGED, "properties")
    for _ in range(count):
        kind, identifier = cursor.integer(2), cursor.integer(2)
        if identifier >= _NAMED:
            property_set = bytes(cursor.take(16))
            if cursor.integer():
                cursor.padded(cursor.integer())
                identifier = -1
            else:
                identifier = mapi.named(property_set, cursor.integer())
        single = kind & ~_MULTIPLE
        values = 1
        if kind & _MULTIPLE or single in _VARIABLE:
            values = cursor.integer()
        first = b""
        for number in range(values):
            if single in _VARIABLE:
                value = cursor.padded(cursor.integer())
            elif single in _SIZES:
                value = bytes(cursor.take(_SIZES[single]))
            else:
                raise Withheld(ReasonCode.DAMAGED, "property type")
            first = first if number else value
        if identifier in mapi.KNOWN and values:
            found[identifier] = (single, first)
        else:
            cursor.dropped += 1
    return found
