"""Properties of MAPI messages ([MS-OXPROPS], [MS-OXCDATA] 2.11), from .msg files and TNEF.

Only the properties named here are ever read. A message is turned into a mail by `_mail`;
nothing here decides what crosses.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from sanitizers.text.charset import decode

# Property types ([MS-OXCDATA] 2.11.1).
INTEGER_16: Final = 0x0002
INTEGER_32: Final = 0x0003
BOOLEAN: Final = 0x000B
OBJECT: Final = 0x000D
STRING_8: Final = 0x001E
STRING: Final = 0x001F
TIME: Final = 0x0040
BINARY: Final = 0x0102

# Property identifiers ([MS-OXPROPS], in the order of the standard's names).
ATTACH_CONTENT_ID: Final = 0x3712
ATTACH_DATA: Final = 0x3701
ATTACH_EXTENSION: Final = 0x3703
ATTACH_FILENAME: Final = 0x3704
ATTACH_LONG_FILENAME: Final = 0x3707
ATTACH_METHOD: Final = 0x3705
ATTACH_MIME_TAG: Final = 0x370E
BODY: Final = 0x1000
BODY_HTML: Final = 0x1013
BUSINESS_FAX: Final = 0x3A24
BUSINESS_TELEPHONE: Final = 0x3A08
CLIENT_SUBMIT_TIME: Final = 0x0039
COMPANY: Final = 0x3A16
DEPARTMENT: Final = 0x3A18
DISPLAY_NAME: Final = 0x3001
EMAIL_ADDRESS: Final = 0x3003
END_DATE: Final = 0x0061
GIVEN_NAME: Final = 0x3A06
HOME_TELEPHONE: Final = 0x3A09
IN_REPLY_TO: Final = 0x1042
INTERNET_CODEPAGE: Final = 0x3FDE
INTERNET_MESSAGE_ID: Final = 0x1035
INTERNET_REFERENCES: Final = 0x1039
JOB_TITLE: Final = 0x3A17
MESSAGE_CLASS: Final = 0x001A
MESSAGE_CODEPAGE: Final = 0x3FFD
MESSAGE_LOCALE_ID: Final = 0x3FF1
MESSAGE_DELIVERY_TIME: Final = 0x0E06
MOBILE_TELEPHONE: Final = 0x3A1C
RECIPIENT_TYPE: Final = 0x0C15
RTF_COMPRESSED: Final = 0x1009
SENDER_EMAIL: Final = 0x0C1F
SENDER_NAME: Final = 0x0C1A
SENDER_SMTP: Final = 0x5D01
SENT_REPRESENTING_EMAIL: Final = 0x0065
SENT_REPRESENTING_NAME: Final = 0x0042
SENT_REPRESENTING_SMTP: Final = 0x5D02
SMTP_ADDRESS: Final = 0x39FE
START_DATE: Final = 0x0060
SUBJECT: Final = 0x0037
SURNAME: Final = 0x3A11
TRANSPORT_HEADERS: Final = 0x007D

# Named properties, by identifiers of our own that no property of 16 bits has.
APPOINTMENT_START: Final = 0x1_820D  # PidLidAppointmentStartWhole
APPOINTMENT_END: Final = 0x1_820E
APPOINTMENT_ALL_DAY: Final = 0x1_8215  # PidLidAppointmentSubType
APPOINTMENT_LOCATION: Final = 0x1_8208  # PidLidLocation
APPOINTMENT_PATTERN: Final = 0x1_8232  # PidLidRecurrencePattern: a rule in words
APPOINTMENT_RECURRING: Final = 0x1_8223
APPOINTMENT_SEQUENCE: Final = 0x1_8201
CONTACT_EMAIL: Final = 0x2_8083  # PidLidEmail1EmailAddress
CONTACT_WORK_ADDRESS: Final = 0x2_801B
CONTACT_YOMI_GIVEN_NAME: Final = 0x2_802C
CONTACT_YOMI_SURNAME: Final = 0x2_802D
GLOBAL_OBJECT_ID: Final = 0x3_0003  # PidLidGlobalObjectId

# PidTagAttachMethod ([MS-OXCMSG] 2.2.2.9).
BY_VALUE: Final = 1
EMBEDDED_MESSAGE: Final = 5

#: All identifiers that are looked at.
KNOWN: Final = frozenset(
    value for name, value in list(globals().items())
    if name.isupper() and isinstance(value, int)
    and name not in ("INTEGER_16", "INTEGER_32", "BOOLEAN", "OBJECT", "STRING_8", "STRING",
                     "TIME", "BINARY", "BY_VALUE", "EMBEDDED_MESSAGE")
)  # fmt: skip

#: Property set ([MS-OXPROPS] 1.3.2) → the page of our identifiers.
_SETS: Final = {
    bytes.fromhex("0220060000000000c000000000000046"): 0x1_0000,  # PSETID_Appointment
    bytes.fromhex("0420060000000000c000000000000046"): 0x2_0000,  # PSETID_Address
    bytes.fromhex("90dad86e0b451b1098da00aa003f1305"): 0x3_0000,  # PSETID_Meeting
}


def named(property_set: bytes, number: int) -> int:
    """Our identifier of a named property, -1 for one that is not looked at."""
    page = _SETS.get(property_set)
    identifier = page | number if page is not None and number < 0x1_0000 else -1
    return identifier if identifier in KNOWN else -1


#: Primary language → charset of its byte strings ([MS-LCID] 2.2, [MS-UCODEREF] 2.2.1).
_ANSI: Final = {
    0x11: "cp932", 0x12: "cp949", 0x1E: "cp874", 0x02: "windows-1251", 0x19: "windows-1251",
    0x22: "windows-1251", 0x08: "windows-1253", 0x1F: "windows-1254", 0x05: "windows-1250",
    0x0E: "windows-1250", 0x15: "windows-1250", 0x2A: "windows-1258", 0x01: "windows-1256",
    0x0D: "windows-1255",
}  # fmt: skip
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)  # FILETIME counts 100 ns from here
_NO_TIME: Final = 0x0CB3_4557_A3DD_4000  # [MS-OXOCAL] 2.2.1.9: the year 4501 says "none"
_ADDRESS: Final = re.compile(r"[^\s<>@]+@[^\s<>@]+")


class Properties:
    """Raw values by identifier: (type, bytes); fixed ones little-endian."""

    def __init__(self, raw: dict[int, tuple[int, bytes]], charset: str = "") -> None:
        self._raw = raw
        self.charset = (
            code_page(self.number(MESSAGE_CODEPAGE))
            or _of_language(self.number(MESSAGE_LOCALE_ID))
            or charset
            or code_page(self.number(INTERNET_CODEPAGE))
        )

    def text(self, *identifiers: int) -> str:
        """The first of them that is a text with something in it."""
        for identifier in identifiers:
            kind, raw = self._raw.get(identifier, (0, b""))
            if kind == STRING:
                text = raw.decode("utf-16-le", "replace")
            elif kind == STRING_8:
                text = decode(raw, self.charset).text
            else:
                continue
            text = text.rstrip("\0")
            if text.strip():
                return text
        return ""

    def bytes_of(self, identifier: int) -> bytes:
        """A binary value."""
        kind, raw = self._raw.get(identifier, (0, b""))
        return raw if kind == BINARY else b""

    def number(self, identifier: int) -> int:
        """An integer, 0 where there is none."""
        kind, raw = self._raw.get(identifier, (0, b""))
        size = {INTEGER_16: 2, INTEGER_32: 4, BOOLEAN: 2}.get(kind, 0)
        return int.from_bytes(raw[:size], "little", signed=True)

    def moment(self, *identifiers: int) -> datetime | None:
        """The first time, in UTC."""
        for identifier in identifiers:
            kind, raw = self._raw.get(identifier, (0, b""))
            if kind == TIME and len(raw) >= 8:
                (ticks,) = struct.unpack_from("<Q", raw)
                if ticks < _NO_TIME:
                    return _EPOCH + timedelta(microseconds=ticks // 10)
        return None

    def date(self, *identifiers: int) -> str:
        """The first time, as RFC 5322 3.3 writes it, or ""."""
        when = self.moment(*identifiers)
        return format_datetime(when) if when is not None else ""

    def html(self) -> tuple[bytes, str]:
        """The HTML body and its charset, or (b"", "")."""
        raw = self.bytes_of(BODY_HTML)
        if raw:
            return raw, code_page(self.number(INTERNET_CODEPAGE))
        text = self.text(BODY_HTML)
        return text.encode("utf-8", "replace"), "utf-8" if text else ""


@dataclass(slots=True, kw_only=True)
class Attachment:
    """One file of a message: its bytes, or the message that it is."""

    properties: Properties
    data: bytes = b""
    message: Message | None = None
    media_type: str = ""  # where the container knows better than the sender's label
    withheld: bool = False  # an object of a program, or nested too deeply


@dataclass(slots=True, kw_only=True)
class Message:
    """A message with its recipients and attachments."""

    properties: Properties
    recipients: list[Properties] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    damaged: bool = False  # cut short: what came behind is missing
    dropped: int = 0  # properties of it and its parts that are not looked at


def code_page(number: int) -> str:
    """The charset label of a Windows code page, or ""."""
    special = {65001: "utf-8", 1200: "utf-16le", 20127: "us-ascii", 28591: "iso-8859-1"}
    return special.get(number, f"cp{number}" if 0 < number < 65_000 else "")


def _of_language(locale: int) -> str:
    """The ANSI code page of a Windows language, or ""."""
    language = locale & 0x3FF
    if language == 0x04:  # Chinese, by where it is written
        return "cp950" if locale in (0x0404, 0x0C04, 0x1404) else "cp936"
    return _ANSI.get(language, "windows-1252") if locale else ""


def is_address(text: str) -> bool:
    """Whether `text` may be an Internet address (and not one of a directory, "/o=…")."""
    return _ADDRESS.fullmatch(text) is not None
