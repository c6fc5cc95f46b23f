"""The grammar of calendars accepts what the writer writes and nothing near it."""

from __future__ import annotations

import pytest

from sanitizers.verify import Rejected
from sanitizers.verify.icalendar import ICalendarVerifier

GOOD = (
    "BEGIN:VCALENDAR\r\nPRODID:-//mugaika//iCalendar//JA\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN\r\n"
    "METHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260401T000000Z\r\n"
    "DTSTART;TZID=Asia/Tokyo:20260401T100000\r\nRRULE:FREQ=DAILY;COUNT=3\r\n"
    'ATTENDEE;RSVP=TRUE;CN="山田":mailto:a@example.jp\r\nSUMMARY:会議\\, 1\r\n'
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def verify(text: str | bytes) -> None:
    raw = text.encode() if isinstance(text, str) else text
    ICalendarVerifier().verify(memoryview(raw))


def test_a_calendar_of_ours_is_accepted():
    verify(GOOD)


@pytest.mark.parametrize(
    "line",
    [
        "ATTACH:http://x/a.exe",
        "URL:http://x/",
        "X-ALT-DESC:x",
        "SUMMARY:again",
        "SUMMARY;ALTREP=x:x",
        "LOCATION:a;b",
        "LOCATION:a\\x",
        "LOCATION:",
        "DESCRIPTION:a\u202eb",
        "DESCRIPTION:a\x00",
        "COMMENT:a\nATTACH:x",
        "RRULE:FREQ=NEVER",
        "RRULE:COUNT=1;FREQ=DAILY",
        "DTEND:20261301T000000",
        "DTEND;VALUE=DATE:20260401T000000",
        "DURATION:PT",
        "ATTENDEE:http://x/",
        "ATTENDEE;DIR=x:mailto:a@b.jp",
        "ATTENDEE:mailto:a@b.jp?subject=x",
        "BEGIN:VALARM\r\nACTION:PROCEDURE\r\nTRIGGER:-PT1M\r\nDESCRIPTION:x\r\nEND:VALARM",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nEND:VALARM",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:20260401T000000Z\r\nDESCRIPTION:x\r\nEND:VALARM",
        "BEGIN:VJOURNAL\r\nEND:VJOURNAL",
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260401T000000Z\r\nEND:VEVENT",
        "summary:x",
        "",
        "DESCRIPTION:" + "a" * 75,
    ],
)
def test_a_line_that_is_not_allowed_is_refused(line):
    with pytest.raises(Rejected):
        verify(GOOD.replace("SUMMARY:会議\\, 1\r\n", f"SUMMARY:x\r\n{line}\r\n"))


@pytest.mark.parametrize(
    "data",
    [
        "",
        GOOD[:-2],
        GOOD * 2,
        GOOD + "X:1\r\n",
        "\ufeff" + GOOD,
        GOOD.replace("\r\n", "\n"),
        GOOD.replace("END:VEVENT\r\n", ""),
        GOOD.replace("END:VCALENDAR\r\n", ""),
        GOOD.replace("UID:1\r\n", ""),
        GOOD.replace("VERSION:2.0\r\n", ""),
        GOOD.replace("METHOD:REQUEST", "METHOD:EXECUTE"),
        GOOD.encode() + b"\xff\r\n",
        GOOD.encode("cp932"),
    ],
)
def test_what_is_not_one_whole_calendar_is_refused(data):
    with pytest.raises(Rejected):
        verify(data)


def test_a_folded_line_is_read_whole():
    verify(GOOD.replace("SUMMARY:会議", "SUMMARY:" + "a" * 60 + "\r\n b"))
