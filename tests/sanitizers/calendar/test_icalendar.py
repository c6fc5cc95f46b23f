"""Calendars in, invitations out that a real client library accepts; nothing else crosses."""

from __future__ import annotations

import email
import email.policy
import io

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.worker import compose
from sanitizers.calendar import content_lines
from sanitizers.calendar.icalendar import ICalendar
from sanitizers.findings import Action, Kind
from sanitizers.model import Job, Method
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.text.characters import is_harmless
from sanitizers.verify.icalendar import ICalendarVerifier
from tests.corpus import corpus_files, require_corpus

CANARY = "CANARY7F3Q"
EVENT = """BEGIN:VCALENDAR
PRODID:-//Microsoft//Outlook//JA
VERSION:2.0
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Tokyo Standard Time
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0900
TZOFFSETTO:+0900
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E008
DTSTAMP:20260301T000000Z
SEQUENCE:2
ORGANIZER;CN="山田 太郎":mailto:yamada@example.jp
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE;CN=鈴木:mailto:suzuki@example.jp
DTSTART;TZID=Tokyo Standard Time:20260401T100000
DTEND;TZID=Tokyo Standard Time:20260401T113000
RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE
SUMMARY:予算会議\\, 第1回
LOCATION:第2会議室
DESCRIPTION:議題は次のとおり。\\n1. 予算\\n2. その他
STATUS:CONFIRMED
CLASS:PUBLIC
EXTRA
END:VEVENT
END:VCALENDAR
"""


def with_lines(*lines: str) -> bytes:
    return EVENT.replace("EXTRA", "\n".join(lines)).replace("\n", "\r\n").encode()


INVITATION = with_lines("TRANSP:OPAQUE")


def cleaned(data: bytes, *, charset: str = ""):
    out = io.BytesIO()
    job = Job(data=memoryview(data), claimed_charset=charset, media_type="text/calendar")
    result = ICalendar().clean(job, out)
    assert (result.media_type, result.extension) == ("text/calendar", ".ics")
    assert result.method is Method.SANITIZE
    ICalendarVerifier().verify(memoryview(out.getvalue()))
    assert is_harmless(result.text)
    return out.getvalue(), result


def unfolded(output: bytes) -> str:
    return output.replace(b"\r\n ", b"").decode()


def rows(result):
    return {(f.kind, f.action, f.where): f.count for f in result.findings}


def only_event(output: bytes):
    (event,) = icalendar.Calendar.from_ical(output).walk("VEVENT")
    return event


def test_the_family_takes_calendars_and_cards():
    assert {"text/calendar", "text/vcard"} <= set(sanitizers_of("calendar"))
    assert not {"text/calendar", "text/vcard"} & set(sanitizers_of("text"))


def test_an_invitation_is_still_accepted_as_one():
    output, result = cleaned(INVITATION)
    calendar = icalendar.Calendar.from_ical(output)
    assert calendar["METHOD"] == "REQUEST"
    assert result.parameters == {"method": "REQUEST"}
    event = only_event(output)
    assert event["UID"] == "040000008200E00074C5B7101A82E008"
    assert event["SEQUENCE"] == 2
    assert event["SUMMARY"] == "予算会議, 第1回"
    assert event["DESCRIPTION"] == "議題は次のとおり。\n1. 予算\n2. その他"
    assert event["ORGANIZER"] == "mailto:yamada@example.jp"
    assert event["ORGANIZER"].params["CN"] == "山田 太郎"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["DTSTART"].dt.utcoffset().total_seconds() == 9 * 3600
    assert event["RRULE"].to_ical() == b"FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE"
    assert result.findings == ()


def test_the_card_says_what_a_reader_wants_to_know():
    _, result = cleaned(INVITATION)
    assert result.text.split("\n") == [
        "予定の招待",
        "",
        "件名: 予算会議, 第1回",
        "日時: 2026年4月1日(水) 10:00 ～ 11:30（日本時間）",
        "繰り返し: 毎週 月曜日・水曜日（10回）",
        "場所: 第2会議室",
        "主催者: 山田 太郎 <yamada@example.jp>",
        "出席者: 鈴木 <suzuki@example.jp>（出席）",
        "説明:",
        "議題は次のとおり。",
        "1. 予算",
        "2. その他",
    ]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f"ATTACH:https://example.test/{CANARY}.exe", Kind.EMBEDDED_FILE),
        (f"ATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=a.exe:{CANARY}", Kind.EMBEDDED_FILE),
        (f"URL:https://example.test/{CANARY}", Kind.LINK),
        (f"CONFERENCE;VALUE=URI:https://example.test/{CANARY}", Kind.LINK),
        (f"IMAGE;VALUE=URI:https://example.test/{CANARY}.png", Kind.EXTERNAL_REFERENCE),
        (f"X-ALT-DESC;FMTTYPE=text/html:<html>{CANARY}</html>", Kind.HTML_BODY),
        (f"X-MICROSOFT-CDO-BUSYSTATUS:{CANARY}", Kind.UNKNOWN_DATA),
        (f"STYLED-DESCRIPTION;VALUE=TEXT:{CANARY}", Kind.UNKNOWN_DATA),
        (f"GEO:{CANARY}", Kind.UNKNOWN_DATA),
        (f"RELATED-TO:{CANARY}", Kind.UNKNOWN_DATA),
        (f"AALARM:20260401T000000;;;{CANARY}", Kind.ACTION),
        (f'COMMENT;ALTREP="cid:{CANARY}":見た目', Kind.EXTERNAL_REFERENCE),
        (f'ATTENDEE;DIR="ldap://{CANARY}":mailto:a@example.jp', Kind.EXTERNAL_REFERENCE),
        (f"ATTENDEE:https://example.test/{CANARY}", Kind.DAMAGED),
        (f"ATTENDEE:mailto:a@example.jp?subject={CANARY}", Kind.DAMAGED),
        (f"RDATE:{CANARY}", Kind.DAMAGED),
        (f"STATUS:{CANARY}", Kind.DAMAGED),
        (f"RRULE:FREQ=DAILY;X={CANARY}", Kind.DAMAGED),
        (f"no line at all {CANARY}", Kind.DAMAGED),
        (f"BEGIN:X-{CANARY}\nSUMMARY:{CANARY}\nEND:X-{CANARY}", Kind.UNKNOWN_DATA),
        (f"BEGIN:VALARM\nACTION:PROCEDURE\nTRIGGER:-PT5M\nATTACH:{CANARY}\nEND:VALARM",
         Kind.ACTION),
        (f"BEGIN:VALARM\nACTION:EMAIL\nTRIGGER:-PT5M\nSUMMARY:{CANARY}\n"
         f"ATTENDEE:mailto:{CANARY}@example.jp\nDESCRIPTION:{CANARY}\nEND:VALARM", Kind.ACTION),
        (f"BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT5M\nATTACH:{CANARY}\nEND:VALARM", Kind.ACTION),
        (f"BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;VALUE=DATE-TIME:20260401T000000Z\n"
         f"DESCRIPTION:{CANARY}\nEND:VALARM", Kind.ACTION),
    ],
)  # fmt: skip
def test_what_a_reader_does_not_see_is_gone_and_said(line, kind):
    output, result = cleaned(with_lines(line))
    assert CANARY not in unfolded(output)
    assert CANARY not in result.text
    assert kind in {f.kind for f in result.findings}
    assert only_event(output)["SUMMARY"] == "予算会議, 第1回"


@pytest.mark.parametrize(
    ("rule", "written"),
    [
        ("FREQ=MONTHLY;BYDAY=+2TU,-1FR", "FREQ=MONTHLY;BYDAY=+2TU,-1FR"),
        ("BYMONTHDAY=+05,-1;FREQ=MONTHLY;", "FREQ=MONTHLY;BYMONTHDAY=5,-1"),
        (
            "FREQ=YEARLY;UNTIL=20301231T150000Z;BYMONTH=04",
            "FREQ=YEARLY;UNTIL=20301231T150000Z;BYMONTH=4",
        ),
        ("FREQ=SECONDLY", ""),
        ("FREQ=MINUTELY;COUNT=999999", ""),
        ("FREQ=DAILY;COUNT=0", ""),
        ("FREQ=DAILY;COUNT=1;UNTIL=20300101", ""),
        ("FREQ=DAILY;INTERVAL=100000", ""),
        ("FREQ=DAILY;BYHOUR=24", ""),
        ("FREQ=MONTHLY;BYMONTHDAY=0", ""),
        ("FREQ=YEARLY;BYYEARDAY=367", ""),
        ("FREQ=MONTHLY;BYDAY=0MO", ""),
    ],
)
def test_a_recurrence_is_written_anew_within_the_bounds_of_its_grammar(rule, written):
    data = INVITATION.replace(b"FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE", rule.encode())
    output, result = cleaned(data)
    lines = unfolded(output).split("\r\n")
    assert [x[6:] for x in lines if x.startswith("RRULE:")] == ([written] if written else [])
    assert bool(result.findings) is not bool(written)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("VERSION:2.0", f"VERSION:2.0\r\nX-WR-RELCALID:{CANARY}"),
        ("VERSION:2.0", f"VERSION:2.0;X={CANARY}"),
        ("VERSION:2.0", f"VERSION:2.0\r\nSOURCE;VALUE=URI:https://example.test/{CANARY}"),
        ("PRODID:-//Microsoft//Outlook//JA", f"PRODID:{CANARY}"),
        ("VERSION:2.0", f"VERSION:2.0\r\nCALSCALE:{CANARY}"),
        ("METHOD:REQUEST", f"METHOD;X={CANARY}:REQUEST"),
        ("BEGIN:STANDARD", f"TZURL:https://example.test/{CANARY}\r\nBEGIN:STANDARD"),
        ("BEGIN:STANDARD", f"X-LIC-LOCATION:{CANARY}\r\nBEGIN:STANDARD"),
        ("TZOFFSETTO:+0900", f"TZOFFSETTO:+0900\r\nCOMMENT:{CANARY}"),
        ("SUMMARY:", f"SUMMARY;LANGUAGE={CANARY}:"),
        ("SUMMARY:", f"{CANARY}.SUMMARY:"),
        ("LOCATION:", f'LOCATION;ALTREP="https://example.test/{CANARY}":'),
        ("RSVP=TRUE", f"RSVP=TRUE;X-NUM-GUESTS={CANARY}"),
        ("RSVP=TRUE", f'RSVP=TRUE;SENT-BY="mailto:{CANARY}@example.jp"'),
        ("RSVP=TRUE", f'RSVP=TRUE;DELEGATED-FROM="mailto:{CANARY}@example.jp"'),
        ("RSVP=TRUE", f'RSVP=TRUE;MEMBER="mailto:{CANARY}@example.jp"'),
        ("RSVP=TRUE", f'RSVP=TRUE;EMAIL="{CANARY}@example.jp"'),
        ("RSVP=TRUE", f"RSVP={CANARY}"),
        ("ROLE=REQ-PARTICIPANT", f"ROLE={CANARY}"),
        ("DTSTART;", f"DTSTART;X={CANARY};"),
        ("STATUS:CONFIRMED", f"STATUS;X={CANARY}:CONFIRMED"),
        ("CLASS:PUBLIC", f"CLASS:X-{CANARY}"),
        ("SEQUENCE:2", f"SEQUENCE:2\r\nREQUEST-STATUS:2.0;{CANARY}"),
        ("SEQUENCE:2", f"SEQUENCE:2\r\nREFRESH-INTERVAL;VALUE=DURATION:{CANARY}"),
        ("END:VCALENDAR\r\n", f"END:VCALENDAR\r\n{CANARY}\0{CANARY}"),
    ],
)
def test_names_parameters_and_lines_that_no_rule_knows_do_not_cross(old, new):
    assert old.encode() in INVITATION
    output, result = cleaned(INVITATION.replace(old.encode(), new.encode(), 1))
    assert CANARY not in unfolded(output)
    assert CANARY not in result.text
    assert only_event(output)["SUMMARY"] == "予算会議, 第1回"


def test_the_zone_stays_with_its_rules():
    output, _ = cleaned(INVITATION)
    (zone,) = icalendar.Calendar.from_ical(output).walk("VTIMEZONE")
    assert zone["TZID"] == "Tokyo Standard Time"
    assert zone.walk("STANDARD")[0]["TZOFFSETTO"].td.total_seconds() == 9 * 3600


def test_the_invitation_is_one_in_the_cleaned_mail():
    output, result = cleaned(INVITATION)
    file = compose.Attachment(
        name="invite.ics", media_type=result.media_type, data=output, parameters=result.parameters
    )
    draft = compose.Draft(
        headers=[("From", "\ta@example.jp"), ("Subject", "x"), ("Message-ID", "<a@example.jp>")],
        text=result.text,
        attachments=[file],
        boundary="=_x=",
    )
    mail = email.message_from_bytes(compose.compose(draft), policy=email.policy.default)
    (attached,) = mail.iter_attachments()
    # RFC 6047 2.4: a client takes it as an invitation when both say the same.
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("method") == "REQUEST"
    assert icalendar.Calendar.from_ical(attached.get_payload(decode=True))["METHOD"] == "REQUEST"
    assert "予算会議" in mail.get_body().get_content()


def test_data_outside_of_the_calendar_is_gone():
    data = f"{CANARY}:x\r\n".encode() + INVITATION + f"X-AFTER:{CANARY}\r\n".encode()
    output, result = cleaned(data)
    assert CANARY not in unfolded(output)
    assert rows(result)[Kind.UNKNOWN_DATA, Action.REMOVED, "outside"] == 2


def test_an_alarm_that_only_shows_a_text_stays():
    alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;RELATED=START:-PT15M\n"
    alarm += "DESCRIPTION:もうすぐ\nEND:VALARM"
    output, result = cleaned(with_lines(alarm))
    (shown,) = only_event(output).walk("VALARM")
    assert shown["TRIGGER"].dt.total_seconds() == -900
    assert shown["DESCRIPTION"] == "もうすぐ"
    assert result.findings == ()


def test_markup_in_a_description_becomes_its_text():
    line = 'COMMENT:<p>資料は<a href="https://example.jp/a">こちら</a></p><script>x()</script>'
    output, result = cleaned(with_lines(line))
    comment = only_event(output)["COMMENT"]
    assert "こちら" in comment
    assert "https://example.jp/a" in comment
    assert "<" not in comment.replace("<https://example.jp/a>", "")
    assert "x()" not in comment
    assert (Kind.HTML_BODY, Action.CONVERTED, "vevent comment") in rows(result)


@pytest.mark.parametrize("codec", ["cp932", "iso2022_jp", "euc_jp", "utf-16", "utf-8-sig"])
def test_every_japanese_charset_is_read(codec):
    output, _ = cleaned(INVITATION.decode().encode(codec))
    event = only_event(output)
    assert event["SUMMARY"] == "予算会議, 第1回"
    assert event["ORGANIZER"].params["CN"] == "山田 太郎"


def test_a_fold_inside_a_character_is_undone():
    raw = "SUMMARY:会議".encode()
    data = INVITATION.replace("SUMMARY:予算会議\\, 第1回".encode(), raw[:9] + b"\r\n " + raw[9:])
    output, _ = cleaned(data)
    assert only_event(output)["SUMMARY"] == "会議"


def test_vcalendar_with_quoted_printable_is_read():
    data = (
        b"BEGIN:VCALENDAR\r\nVERSION:1.0\r\nBEGIN:VEVENT\r\n"
        b"SUMMARY;CHARSET=SHIFT_JIS;ENCODING=QUOTED-PRINTABLE:=89=EF=\r\n=8Bc\r\n"
        b"DTSTART:20260401T010000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    output, result = cleaned(data)
    assert only_event(output)["SUMMARY"] == "会議"
    assert "2026年4月1日(水) 10:00（日本時間）" in result.text
    assert (Kind.FORMAT_CHANGED, Action.CONVERTED, "version") in rows(result)


def test_what_is_required_but_missing_is_made_the_same_every_time():
    data = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert cleaned(data)[0] == cleaned(data)[0]
    assert len(only_event(cleaned(data)[0])["UID"]) == 32


def test_controls_and_hidden_characters_do_not_survive():
    output, result = cleaned(with_lines("COMMENT:a\u202eb\u200bc\x1b[0m\x00"))
    assert only_event(output)["COMMENT"] == "abc[0m"
    assert {Kind.BIDI_CONTROL, Kind.ZERO_WIDTH} <= {f.kind for f in result.findings}


def test_text_cannot_break_out_of_its_line():
    line = 'COMMENT;X="a^nATTACH:x":a\\nATTACH:http://x\\r\\nEND:VEVENT'
    output, _ = cleaned(with_lines(line))
    names = [row.partition(":")[0].partition(";")[0] for row in unfolded(output).split("\r\n")]
    assert "ATTACH" not in names
    assert names.count("END") == 4


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"no calendar at all", ReasonCode.DAMAGED),
        (b"BEGIN:VCARD\r\nFN:x\r\nEND:VCARD\r\n", ReasonCode.DAMAGED),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", ReasonCode.EMPTY),
        (b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 20, ReasonCode.TOO_DEEP),
        (bytes(range(256)) * 20, ReasonCode.DAMAGED),
    ],
)  # fmt: skip
def test_what_is_no_calendar_is_withheld(data, code):
    with pytest.raises(Withheld) as caught:
        cleaned(data)
    assert caught.value.code is code


def test_too_many_lines_are_withheld(monkeypatch):
    monkeypatch.setattr(content_lines, "MAX_LINES", 10)
    with pytest.raises(Withheld) as caught:
        cleaned(INVITATION)
    assert caught.value.code is ReasonCode.TOO_LARGE


_NAMES = st.sampled_from(
    [
        "SUMMARY",
        "DESCRIPTION",
        "LOCATION",
        "DTSTART",
        "DTEND",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "ORGANIZER",
        "ATTENDEE",
        "UID",
        "SEQUENCE",
        "STATUS",
        "CATEGORIES",
        "TRIGGER",
        "BEGIN",
        "END",
        "FREEBUSY",
        "COMMENT",
    ]
)
_VALUES = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[A-Z0-9=;,:+/TPZ-]{0,30}", fullmatch=True),
    st.sampled_from(["VEVENT", "VALARM", "VTIMEZONE", "mailto:a@b.jp", "20260401T000000Z"]),
)
_LINES = st.tuples(_NAMES, st.text(max_size=20), _VALUES).map(lambda t: f"{t[0]};CN={t[1]}:{t[2]}")


@settings(max_examples=150, deadline=None)
@given(st.lists(_LINES, max_size=8))
def test_whatever_stands_in_an_event_the_output_passes_the_verifier(lines):
    output, result = cleaned(
        "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "BEGIN:VEVENT",
                     "END:VEVENT", "END:VCALENDAR"]).encode("utf-8", "replace")
    )  # fmt: skip
    again, second = cleaned(output)
    assert again == output
    assert result.text == second.text


@pytest.mark.corpus
def test_the_corpus_crosses_or_is_withheld_with_a_reason():
    require_corpus()
    crossed = 0
    for path in corpus_files("ics", ".ics"):
        try:
            output, _ = cleaned(path.read_bytes())
        except Withheld as error:
            assert error.code in (ReasonCode.DAMAGED, ReasonCode.EMPTY)
        else:
            crossed += 1
            assert icalendar.Calendar.from_ical(output).walk("VCALENDAR")
    assert crossed >= 50
