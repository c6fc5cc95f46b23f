"""Calendars and cards: rebuilt, against the same library's plain parse and write.

All in one process and one run, without sandbox and verify; ratios within the run. The
floor for both is `icalendar`: it parses the same bytes and writes them again.
"""

from __future__ import annotations

import io
from functools import partial

import icalendar

from benchmarks.facts import Figure, medians_ms
from sanitizers.model import Job
from sanitizers.registry import sanitizers_of

EVENTS = 300
_HEAD = """BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:REQUEST
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
BEGIN:VTIMEZONE
TZID:Tokyo Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
"""
_EVENT = """BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E008{number:08}
DTSTAMP:20260301T000000Z
SEQUENCE:2
ORGANIZER;CN="山田 太郎":mailto:yamada@example.jp
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE;CN=鈴木:mailto:suzuki@example.jp
ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=NEEDS-ACTION;CN="佐藤 花子":mailto:sato@example.jp
DTSTART;TZID=Tokyo Standard Time:20260401T100000
DTEND;TZID=Tokyo Standard Time:20260401T113000
RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE
SUMMARY:予算会議 第{number}回
LOCATION:本庁舎3階 第2会議室
DESCRIPTION:議題は次のとおりです。\\n1. 令和8年度予算について\\n2. 各課からの報告\\n3. その他\\n
 資料は当日配布します。\\, ご不明の点は総務課まで。
STATUS:CONFIRMED
CLASS:PUBLIC
TRANSP:OPAQUE
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
"""
_CARD = """BEGIN:VCARD
VERSION:3.0
N:山田;太郎{number};;;
FN:山田 太郎{number}
X-PHONETIC-LAST-NAME:やまだ
ORG:○○市役所;総務課
TITLE:課長
TEL;TYPE=WORK,VOICE:03-1234-5678
TEL;TYPE=CELL:090-1234-5678
EMAIL;TYPE=INTERNET:yamada{number}@example.jp
ADR;TYPE=WORK:;;1-1;千代田区;東京都;100-0001;日本
NOTE:一行目\\n二行目
END:VCARD
"""


def _calendar(events: int) -> bytes:
    body = "".join(_EVENT.format(number=number) for number in range(events))
    return f"{_HEAD}{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def _cards(count: int) -> bytes:
    return "".join(_CARD.format(number=n) for n in range(count)).replace("\n", "\r\n").encode()


def _floor(data: bytes) -> None:
    for component in icalendar.Component.from_ical(data, multiple=True):
        component.to_ical()


def _ours(media_type: str, data: bytes) -> None:
    job = Job(data=memoryview(data), media_type=media_type)
    sanitizers_of("calendar")[media_type].clean(job, io.BytesIO())


def run(scale: float) -> list[Figure]:
    """Milliseconds of both, and how many times the floor we take."""
    sanitizers = sanitizers_of("calendar")
    for sanitizer in sanitizers.values():
        sanitizer.warm()
    rounds = max(3, round(30 * scale))
    figures = []
    for label, media_type, data in (
        ("invitation", "text/calendar", _calendar(1)),
        (f"{EVENTS} events", "text/calendar", _calendar(EVENTS)),
        (f"{EVENTS} cards", "text/vcard", _cards(EVENTS)),
    ):
        floor, ours = medians_ms(
            partial(_floor, data), partial(_ours, media_type, data), rounds=rounds
        )
        note = f"{len(data) / 1000:.1f} kB"
        figures += [
            Figure("calendars", f"{label}: plain parse and write", floor, "ms", note),
            Figure("calendars", f"{label}: clean", ours, "ms", note),
            Figure("calendars", f"{label}: ratio", ours / floor, "times", "limit 4, dream 1.5"),
        ]
    return figures
