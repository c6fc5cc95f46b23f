"""Meetings and contacts of Outlook ([MS-OXOCAL], [MS-OXOCNTC]) as iCalendar and vCard.

The mail shows the text that people wrote; times, places and numbers lie in properties that
no mail has. They go into a file beside it, which the calendar family cleans like every
other one. Recurrences lie in a structure that is not read here: such a meeting is given as
one date with its rule in words, and never as a request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sanitizers.calendar.content_lines import escape, folded, written_parameter
from sanitizers.mailbox import _mapi as mapi

MAX_VALUE_CHARS: Final = 1_000
MAX_PEOPLE: Final = 500
#: Said of a meeting whose rule has no words.
UNKNOWN_RULE: Final = "（規則は元の予定表にあります）"
#: Message class ([MS-OXOCAL] 2.2.4 to 2.2.12; [MS-OXTNEF] 2.1.3.3.10) → METHOD, PARTSTAT.
_MEETINGS: Final = {
    "ipm.appointment": ("PUBLISH", ""),
    "ipm.schedule.meeting.request": ("REQUEST", ""),
    "ipm.schedule.meeting.canceled": ("CANCEL", ""),
    "ipm.schedule.meeting.resp.pos": ("REPLY", "ACCEPTED"),
    "ipm.schedule.meeting.resp.neg": ("REPLY", "DECLINED"),
    "ipm.schedule.meeting.resp.tent": ("REPLY", "TENTATIVE"),
    "ipm.microsoft schedule.mtgreq": ("REQUEST", ""),
    "ipm.microsoft schedule.mtgcncl": ("CANCEL", ""),
    "ipm.microsoft schedule.mtgrespp": ("REPLY", "ACCEPTED"),
    "ipm.microsoft schedule.mtgrespn": ("REPLY", "DECLINED"),
    "ipm.microsoft schedule.mtgrespa": ("REPLY", "TENTATIVE"),
}
_CONTACT: Final = "ipm.contact"  # [MS-OXOCNTC] 2.2.1
_SENDER_ADDRESSES: Final = (
    mapi.SENT_REPRESENTING_SMTP, mapi.SENDER_SMTP, mapi.SENT_REPRESENTING_EMAIL, mapi.SENDER_EMAIL,
)  # fmt: skip
_TELEPHONES: Final = (
    (mapi.BUSINESS_TELEPHONE, "WORK"), (mapi.MOBILE_TELEPHONE, "CELL"),
    (mapi.HOME_TELEPHONE, "HOME"), (mapi.BUSINESS_FAX, "FAX"),
)  # fmt: skip


def meeting(message: mapi.Message) -> bytes:
    """The meeting as iCalendar (RFC 5545), or b"" for a message that is none."""
    properties = message.properties
    kind = _MEETINGS.get(_line(properties, mapi.MESSAGE_CLASS).lower())
    start = properties.moment(mapi.APPOINTMENT_START, mapi.START_DATE)
    if kind is None or start is None:
        return b""
    method, answer = kind
    pattern = _line(properties, mapi.APPOINTMENT_PATTERN)
    recurs = bool(pattern) or bool(properties.number(mapi.APPOINTMENT_RECURRING))
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{'PUBLISH' if recurs else method}"]
    rows.append("BEGIN:VEVENT")
    identity = properties.bytes_of(mapi.GLOBAL_OBJECT_ID)
    if identity:
        rows.append(f"UID:{identity[:120].hex().upper()}")  # [MS-OXCICAL] 2.1.3.1.1.20.26
    rows.append(f"SEQUENCE:{max(properties.number(mapi.APPOINTMENT_SEQUENCE), 0)}")
    all_day = bool(properties.number(mapi.APPOINTMENT_ALL_DAY))
    rows.append(f"DTSTART{_when(start, all_day=all_day)}")
    end = properties.moment(mapi.APPOINTMENT_END, mapi.END_DATE)
    if end is not None and end > start:
        rows.append(f"DTEND{_when(end, all_day=all_day)}")
    rows.append(f"SUMMARY:{escape(_line(properties, mapi.SUBJECT))}")
    rows.append(f"LOCATION:{escape(_line(properties, mapi.APPOINTMENT_LOCATION))}")
    if recurs:
        rows.append(
            f"COMMENT:{escape('繰り返し: ' + (pattern or '（規則は元の予定表にあります）'))}"
        )
    rows += _people(message, method, answer)
    return _file([*rows, "END:VEVENT", "END:VCALENDAR"])


def contact_card(message: mapi.Message) -> bytes:
    """The contact as vCard 3.0 (RFC 2426), or b"" for a message that is none."""
    properties = message.properties
    if _line(properties, mapi.MESSAGE_CLASS).lower() != _CONTACT:
        return b""

    def text(*identifiers: int) -> str:
        return escape(_line(properties, *identifiers))

    rows = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"FN:{text(mapi.DISPLAY_NAME, mapi.SUBJECT)}",
        f"N:{text(mapi.SURNAME)};{text(mapi.GIVEN_NAME)};;;",
        f"X-PHONETIC-LAST-NAME:{text(mapi.CONTACT_YOMI_SURNAME)}",
        f"X-PHONETIC-FIRST-NAME:{text(mapi.CONTACT_YOMI_GIVEN_NAME)}",
        f"ORG:{text(mapi.COMPANY)};{text(mapi.DEPARTMENT)}",
        f"TITLE:{text(mapi.JOB_TITLE)}",
        f"EMAIL:{text(mapi.CONTACT_EMAIL)}",
        f"ADR;TYPE=WORK:;;{text(mapi.CONTACT_WORK_ADDRESS)};;;;",
    ]
    rows += [f"TEL;TYPE={kind}:{text(identifier)}" for identifier, kind in _TELEPHONES]
    return _file([*rows, "END:VCARD"])


def _file(rows: list[str]) -> bytes:
    return b"".join(folded(row) for row in rows)


def _line(properties: mapi.Properties, *identifiers: int) -> str:
    return " ".join(properties.text(*identifiers)[:MAX_VALUE_CHARS].split())


def _when(moment: datetime, *, all_day: bool) -> str:
    if all_day:  # from midnight to midnight where it was written, which may be half a day off
        return f";VALUE=DATE:{moment + timedelta(hours=12):%Y%m%d}"
    return f":{moment:%Y%m%dT%H%M%SZ}"


def _people(message: mapi.Message, method: str, answer: str) -> list[str]:
    """ORGANIZER and ATTENDEE: of an answer, the sender is the one who attends."""
    sender = _person(message.properties, (mapi.SENT_REPRESENTING_NAME,), _SENDER_ADDRESSES)
    others = [
        _person(r, (mapi.DISPLAY_NAME,), (mapi.SMTP_ADDRESS, mapi.EMAIL_ADDRESS))
        for r in message.recipients[:MAX_PEOPLE]
        if r.number(mapi.RECIPIENT_TYPE) & 0xF in (1, 2)  # [MS-OXOCAL] 2.2.4.10.7; 3 is a room
    ]
    others = [person for person in others if person]
    if method == "REPLY":
        attendee = [f"ATTENDEE;PARTSTAT={answer}{sender}"] if sender else []
        return [*attendee, *(f"ORGANIZER{person}" for person in others[:1])]
    organizer = [f"ORGANIZER{sender}"] if sender else []
    return [*organizer, *(f"ATTENDEE;RSVP=TRUE{person}" for person in others)]


def _person(properties: mapi.Properties, names: tuple[int, ...], addresses: tuple[int, ...]) -> str:
    """`;CN=…:mailto:…`, or "" without an Internet address."""
    texts = (properties.text(identifier).strip() for identifier in addresses)
    address = next((text for text in texts if mapi.is_address(text)), "")
    name = _line(properties, *names)
    return (written_parameter("CN", name) if name else "") + f":mailto:{address}" if address else ""
