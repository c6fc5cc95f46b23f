"""Meetings and contacts of Outlook come as an invitation and a card beside their text."""

from __future__ import annotations

import io

import icalendar
import pytest

from sanitizers.calendar.icalendar import ICalendar
from sanitizers.calendar.vcard import VCard
from sanitizers.mailbox.outlook import OutlookMessage
from sanitizers.mailbox.tnef import Tnef
from sanitizers.model import Job, Split
from tests.sanitizers.mailbox import samples
from tests.sanitizers.mailbox.samples import ADDRESS, APPOINTMENT, BINARY, LONG, MEETING, TEXT, TIME

HOUR = 3_600 * 10**7
DAY = 24 * HOUR
BOOLEAN = 0x0B
UID = bytes.fromhex("040000008200E00074C5B7101A82E008")
#: The names of 0x8000, 0x8001 … of the messages below.
NAMES = (
    (APPOINTMENT, 0x820D), (APPOINTMENT, 0x820E), (APPOINTMENT, 0x8208), (MEETING, 0x0003),
    (APPOINTMENT, 0x8215), (APPOINTMENT, 0x8232), (APPOINTMENT, 0x8201),
)  # fmt: skip
REQUEST = {
    (0x001A, TEXT): "IPM.Schedule.Meeting.Request",
    (0x0037, TEXT): "予算会議",
    (0x1000, TEXT): "本文",
    (0x0042, TEXT): "山田 太郎",
    (0x5D02, TEXT): "yamada@example.jp",
    (0x8000, TIME): samples.APRIL,
    (0x8001, TIME): samples.APRIL + HOUR,
    (0x8002, TEXT): "第2会議室",
    (0x8003, BINARY): UID,
    (0x8006, LONG): 3,
}
PEOPLE = (
    samples.recipient("鈴木", "suzuki@example.jp"),
    samples.recipient("会議室", "room@example.jp", 3),
)


def split_of(properties: dict, names=NAMES) -> tuple[Split, bytes]:
    tree = samples.message(properties, recipients=PEOPLE)
    tree["__nameid_version1.0"] = samples.names(*names)
    out = io.BytesIO()
    data = samples.compound(tree)
    return OutlookMessage().clean(Job(data=memoryview(data)), out), out.getvalue()


def event_of(split: Split, out: bytes):
    """The calendar as its own family cleans it, its one event, and the card."""
    (member,) = split.members
    assert (member.name, member.claimed_type) == ("invite.ics", "text/calendar")
    written = io.BytesIO()
    data = memoryview(out)[member.offset : member.offset + member.size]
    result = ICalendar().clean(Job(data=data), written)
    assert result.findings == ()
    calendar = icalendar.Calendar.from_ical(written.getvalue())
    (event,) = calendar.walk("VEVENT")
    return calendar, event, result.text


def test_a_request_is_an_invitation():
    split, out = split_of(REQUEST)
    assert split.text == "本文"
    calendar, event, card = event_of(split, out)
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == UID.hex().upper()
    assert event["SEQUENCE"] == 3
    assert event["DTSTART"].to_ical() == b"20260401T010000Z"
    assert event["DTEND"].to_ical() == b"20260401T020000Z"
    assert (event["SUMMARY"], event["LOCATION"]) == ("予算会議", "第2会議室")
    assert event["ORGANIZER"] == "mailto:yamada@example.jp"
    assert event["ATTENDEE"] == "mailto:suzuki@example.jp"
    assert "日時: 2026年4月1日(水) 10:00 ～ 11:00（日本時間）" in card


@pytest.mark.parametrize(
    ("name", "method", "answer"),
    [
        ("IPM.Appointment", "PUBLISH", None),
        ("IPM.Schedule.Meeting.Canceled", "CANCEL", None),
        ("IPM.Schedule.Meeting.Resp.Pos", "REPLY", "ACCEPTED"),
        ("IPM.Microsoft Schedule.MtgRespN", "REPLY", "DECLINED"),
    ],
)
def test_every_kind_of_meeting_says_what_it_is(name, method, answer):
    calendar, event, _ = event_of(*split_of({**REQUEST, (0x001A, TEXT): name}))
    assert calendar["METHOD"] == method
    if answer:
        assert event["ATTENDEE"] == "mailto:yamada@example.jp"
        assert event["ATTENDEE"].params["PARTSTAT"] == answer
        assert event["ORGANIZER"] == "mailto:suzuki@example.jp"


def test_a_whole_day_is_a_day():
    # Midnight in Japan is 15:00 of the day before in UTC.
    times = {
        (0x8000, TIME): samples.APRIL - 10 * HOUR,
        (0x8001, TIME): samples.APRIL - 10 * HOUR + DAY,
        (0x8004, BOOLEAN): 1,
    }
    _, event, card = event_of(*split_of({**REQUEST, **times}))
    assert event["DTSTART"].to_ical() == b"20260401"
    assert event["DTEND"].to_ical() == b"20260402"
    assert "2026年4月1日(水)（終日）" in card


def test_a_recurring_meeting_says_its_rule_and_is_no_request():
    calendar, event, card = event_of(*split_of({**REQUEST, (0x8005, TEXT): "毎週水曜日 10:00"}))
    assert calendar["METHOD"] == "PUBLISH"
    assert event["COMMENT"] == "繰り返し: 毎週水曜日 10:00"
    assert "毎週水曜日" in card


@pytest.mark.parametrize(
    "change",
    [
        {(0x001A, TEXT): "IPM.Note"},
        {(0x001A, TEXT): "IPM.Schedule.Meeting.Request.CANARY"},
        {(0x8000, TIME): 0x0CB34557A3DD4000},
        {(0x8000, TIME): 2**64 - 1},
    ],
)
def test_what_is_no_meeting_has_no_invitation(change):
    split, _ = split_of({**REQUEST, **change})
    assert split.members == ()
    assert "CANARY" not in repr(split)


@pytest.mark.parametrize("names", [(), ((b"G" * 16, 0x820D),), ((APPOINTMENT, 0x9999),)])
def test_properties_of_other_names_are_not_looked_at(names):
    split, _ = split_of(REQUEST, names)
    assert split.members == ()


def test_a_meeting_in_winmail_is_an_invitation():
    rows = [
        samples.tnef_property(0x001A, TEXT, "IPM.Microsoft Schedule.MtgReq"),
        samples.tnef_property(0x0037, TEXT, "予算会議"),
        samples.tnef_property(0x8000, TIME, samples.APRIL, number=(APPOINTMENT, 0x820D)),
        samples.tnef_property(0x8001, TEXT, "第2会議室", number=(APPOINTMENT, 0x8208)),
        samples.tnef_property(0x8002, BINARY, UID, number=(MEETING, 3)),
        samples.tnef_property(0x8003, TEXT, "CANARY", number=(MEETING, 0x24)),
    ]
    data = samples.tnef((1, 0x00069003, samples.tnef_properties(*rows)))
    out = io.BytesIO()
    split = Tnef().clean(Job(data=memoryview(data)), out)
    calendar, event, _ = event_of(split, out.getvalue())
    assert (calendar["METHOD"], event["LOCATION"]) == ("REQUEST", "第2会議室")
    assert b"CANARY" not in out.getvalue()


def test_a_contact_is_a_card():
    properties = {
        (0x001A, TEXT): "IPM.Contact",
        (0x3001, TEXT): "山田 太郎",
        (0x3A11, TEXT): "山田",
        (0x3A06, TEXT): "太郎",
        (0x3A16, TEXT): "○○市役所",
        (0x3A18, TEXT): "総務課",
        (0x3A1C, TEXT): "090-1234-5678",
        (0x8000, TEXT): "yamada@example.jp",
        (0x8001, TEXT): "東京都千代田区\r\n1-1",
        (0x8002, TEXT): "ヤマダ",
        (0x3A4F, TEXT): "CANARY",
    }
    names = ((ADDRESS, 0x8083), (ADDRESS, 0x801B), (ADDRESS, 0x802D))
    split, out = split_of(properties, names)
    (member,) = split.members
    assert (member.name, member.claimed_type) == ("contact.vcf", "text/vcard")
    written = io.BytesIO()
    VCard().clean(Job(data=memoryview(out)), written)
    assert written.getvalue().decode().split("\r\n") == [
        "BEGIN:VCARD", "VERSION:3.0", "FN:山田 太郎", "N:山田;太郎;;;",
        "X-PHONETIC-LAST-NAME:ヤマダ", "ORG:○○市役所;総務課", "TEL;TYPE=CELL:090-1234-5678",
        "EMAIL:yamada@example.jp", "ADR;TYPE=WORK:;;東京都千代田区 1-1;;;;", "END:VCARD", "",
    ]  # fmt: skip
    assert b"CANARY" not in out
