"""iCalendar as our writer may write it (RFC 5545, 3.1 and 3.6).

Every line is consumed by the grammar of its property; components nest by a table; lines
are folded at 75 octets and end in CRLF. No property that could hold a link, a file or an
extension has a grammar here, and no alarm but one that shows a text.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected
from sanitizers.verify.text import TextVerifier

_MAX_LINES: Final = 1_000_000
_LINE_OCTETS: Final = 75  # 3.1

_DATE: Final = r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_UTC_OR_LOCAL: Final = rf"{_DATE}T(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_MOMENT: Final = rf"{_UTC_OR_LOCAL}Z?"
_SPAN: Final = (
    r"P(?:[0-9]{1,5}W|(?=[0-9T])(?:[0-9]{1,5}D)?"
    r"(?:T(?=[0-9])(?:[0-9]{1,6}H)?(?:[0-9]{1,7}M)?(?:[0-9]{1,8}S)?)?)"
)
_PERIOD: Final = rf"{_MOMENT}/(?:{_MOMENT}|{_SPAN})"
_TEXT: Final = r"(?!$)[^\\;,\r\n]*+(?:\\[\\;,n][^\\;,\r\n]*+)*+"
_LINE: Final = r"(?!,|$)[^\\;,\r\n]*+(?:\\[\\;,][^\\;,\r\n]*+)*+"
_TEXTS: Final = rf"{_LINE}(?:,{_LINE})*"
#: A quoted value without controls, or a bare word (3.1 QSAFE-CHAR, SAFE-CHAR).
_PARAMETER: Final = (
    r'(?:"[^"\r\n]{1,600}"|[!#-+\--9<-\]_-~](?:[ !#-+\--9<-\]_-~]*[!#-+\--9<-\]_-~])?)'
)
_ZONE: Final = rf"(?:;TZID={_PARAMETER})?"
_WHEN: Final = rf"(?:{_ZONE}:{_MOMENT}|;VALUE=DATE:{_DATE})"
_MOMENTS: Final = rf"{_ZONE}:{_MOMENT}(?:,{_MOMENT})*"
_DATES: Final = rf";VALUE=DATE:{_DATE}(?:,{_DATE})*"
_PERIODS: Final = rf";VALUE=PERIOD{_ZONE}:{_PERIOD}(?:,{_PERIOD})*"
_LIST: Final = rf"(?:{_MOMENTS}|{_DATES}|{_PERIODS})"
_ADDRESS: Final = r'mailto:(?:"[!#-$&-~]{1,300}"|[^\s<>",;:?&%\\]{1,300})@[^\s<>",;?&%\\]{1,260}'
_CN: Final = rf"(?:;CN={_PARAMETER})?"
_DAY: Final = r"(?:[+-]?(?:[1-9]|[1-4][0-9]|5[0-3]))?(?:SU|MO|TU|WE|TH|FR|SA)"


def _list(name: str, number: str) -> str:
    return rf"(?:;{name}={number}(?:,{number})*)?"


_YEARDAY: Final = r"-?(?:[1-9][0-9]?|[12][0-9][0-9]|3[0-5][0-9]|36[0-6])"
_RULE: Final = (  # 3.3.10
    r":FREQ=(?:HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)"
    rf"(?:;UNTIL=(?:{_MOMENT}|{_DATE})|;COUNT=[0-9]{{1,6}})?(?:;INTERVAL=[0-9]{{1,5}})?"
    + _list("BYSECOND", r"(?:[1-5]?[0-9]|60)")
    + _list("BYMINUTE", r"[1-5]?[0-9]")
    + _list("BYHOUR", r"(?:1?[0-9]|2[0-3])")
    + _list("BYDAY", _DAY)
    + _list("BYMONTHDAY", r"-?(?:[1-9]|[12][0-9]|3[01])")
    + _list("BYYEARDAY", _YEARDAY)
    + _list("BYWEEKNO", r"-?(?:[1-9]|[1-4][0-9]|5[0-3])")
    + _list("BYMONTH", r"(?:[1-9]|1[0-2])")
    + _list("BYSETPOS", _YEARDAY)
    + r"(?:;WKST=(?:SU|MO|TU|WE|TH|FR|SA))?"
)
_OFFSET: Final = r":[+-](?:[01][0-9]|2[0-3])[0-5][0-9](?:[0-5][0-9])?"

#: Everything after the name of a property, parameters included.
_GRAMMARS: Final = {
    name: re.compile(grammar)
    for name, grammar in {
        "PRODID": r":-//mugaika//iCalendar//JA",
        "VERSION": r":2\.0",
        "CALSCALE": r":GREGORIAN",
        "METHOD": r":(?:PUBLISH|REQUEST|REPLY|ADD|CANCEL|REFRESH|COUNTER|DECLINECOUNTER)",
        "X-WR-CALNAME": f":{_LINE}",
        "UID": r":(?:[!-+\--:<-\[\]-~]|\\[\\;,]){1,250}",
        "DTSTAMP": f"{_ZONE}:{_MOMENT}",
        "SEQUENCE": r":[0-9]{1,10}",
        "RECURRENCE-ID": _WHEN,
        "DTSTART": _WHEN,
        "DTEND": _WHEN,
        "DUE": _WHEN,
        "DURATION": f":-?{_SPAN}",
        "RRULE": _RULE,
        "RDATE": _LIST,
        "EXDATE": _LIST,
        "ORGANIZER": f"{_CN}:{_ADDRESS}",
        "ATTENDEE": (
            r"(?:;CUTYPE=(?:INDIVIDUAL|GROUP|RESOURCE|ROOM|UNKNOWN))?"
            r"(?:;ROLE=(?:CHAIR|REQ-PARTICIPANT|OPT-PARTICIPANT|NON-PARTICIPANT))?"
            r"(?:;PARTSTAT=(?:NEEDS-ACTION|ACCEPTED|DECLINED|TENTATIVE|DELEGATED|COMPLETED"
            rf"|IN-PROCESS))?(?:;RSVP=(?:TRUE|FALSE))?{_CN}:{_ADDRESS}"
        ),
        "SUMMARY": f":{_LINE}",
        "LOCATION": f":{_LINE}",
        "DESCRIPTION": f":{_TEXT}",
        "COMMENT": f":{_TEXT}",
        "CONTACT": f":{_LINE}",
        "CATEGORIES": f":{_TEXTS}",
        "STATUS": r":(?:TENTATIVE|CONFIRMED|CANCELLED|NEEDS-ACTION|COMPLETED|IN-PROCESS)",
        "TRANSP": r":(?:OPAQUE|TRANSPARENT)",
        "CLASS": r":(?:PUBLIC|PRIVATE|CONFIDENTIAL)",
        "PRIORITY": r":[0-9]",
        "PERCENT-COMPLETE": r":(?:100|[0-9]{1,2})",
        "COMPLETED": f"{_ZONE}:{_MOMENT}",
        "CREATED": f"{_ZONE}:{_MOMENT}",
        "LAST-MODIFIED": f"{_ZONE}:{_MOMENT}",
        "FREEBUSY": (
            r"(?:;FBTYPE=(?:FREE|BUSY|BUSY-UNAVAILABLE|BUSY-TENTATIVE))?"
            rf":{_PERIOD}(?:,{_PERIOD})*"
        ),
        "TZID": f":{_LINE}",
        "TZOFFSETFROM": _OFFSET,
        "TZOFFSETTO": _OFFSET,
        "TZNAME": f":{_LINE}",
        "ACTION": r":DISPLAY",
        "TRIGGER": rf"(?:;RELATED=(?:START|END))?:-?{_SPAN}",
        "REPEAT": r":(?:100|[0-9]{1,2})",
    }.items()
}
_ENTRY: Final = frozenset(
    [
        "UID",
        "DTSTAMP",
        "SEQUENCE",
        "RECURRENCE-ID",
        "DTSTART",
        "DURATION",
        "RRULE",
        "RDATE",
        "EXDATE",
        "ORGANIZER",
        "ATTENDEE",
        "SUMMARY",
        "LOCATION",
        "DESCRIPTION",
        "COMMENT",
        "CONTACT",
        "CATEGORIES",
        "STATUS",
        "CLASS",
        "PRIORITY",
        "CREATED",
        "LAST-MODIFIED",
    ]
)
_OBSERVANCE: Final = frozenset(
    [
        "DTSTART",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "RRULE",
        "RDATE",
        "TZNAME",
    ]
)
#: Component → its properties (3.6).
_PROPERTIES: Final = {
    "VCALENDAR": frozenset({"PRODID", "VERSION", "CALSCALE", "METHOD", "X-WR-CALNAME"}),
    "VEVENT": _ENTRY | {"DTEND", "TRANSP"},
    "VTODO": _ENTRY | {"DUE", "PERCENT-COMPLETE", "COMPLETED"},
    "VFREEBUSY": frozenset(
        [
            "UID",
            "DTSTAMP",
            "DTSTART",
            "DTEND",
            "ORGANIZER",
            "ATTENDEE",
            "COMMENT",
            "CONTACT",
            "FREEBUSY",
        ]
    ),
    "VTIMEZONE": frozenset({"TZID", "LAST-MODIFIED"}),
    "STANDARD": _OBSERVANCE,
    "DAYLIGHT": _OBSERVANCE,
    "VALARM": frozenset({"ACTION", "TRIGGER", "DESCRIPTION", "DURATION", "REPEAT"}),
}
#: Properties that may stand more than once in a component.
_MANY: Final = frozenset(
    [
        "RRULE",
        "RDATE",
        "EXDATE",
        "ATTENDEE",
        "COMMENT",
        "CONTACT",
        "CATEGORIES",
        "FREEBUSY",
        "TZNAME",
    ]
)
#: Component → where it may lie; "" is the outside.
_INSIDE: Final = {
    "VCALENDAR": ("",),
    "VEVENT": ("VCALENDAR",),
    "VTODO": ("VCALENDAR",),
    "VFREEBUSY": ("VCALENDAR",),
    "VTIMEZONE": ("VCALENDAR",),
    "STANDARD": ("VTIMEZONE",),
    "DAYLIGHT": ("VTIMEZONE",),
    "VALARM": ("VEVENT", "VTODO"),
}
_REQUIRED: Final = {
    "VCALENDAR": frozenset({"PRODID", "VERSION", "CALSCALE"}),
    "VEVENT": frozenset({"UID", "DTSTAMP"}),
    "VTODO": frozenset({"UID", "DTSTAMP"}),
    "VFREEBUSY": frozenset({"UID", "DTSTAMP"}),
    "VTIMEZONE": frozenset({"TZID"}),
    "STANDARD": frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"}),
    "DAYLIGHT": frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"}),
    "VALARM": frozenset({"ACTION", "TRIGGER", "DESCRIPTION"}),
}
_NAME: Final = re.compile(r"[A-Z][A-Z-]{1,20}")


class ICalendarVerifier(Verifier):
    """One calendar."""

    media_types = ("text/calendar",)

    def verify(self, data: memoryview) -> None:
        """Accept exactly one VCALENDAR of allowed components and properties.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        open_: list[tuple[str, set[str]]] = []
        closed = False
        for line in unfolded_lines(bytes(data), octets=_LINE_OCTETS, most=_MAX_LINES):
            if closed:
                raise Rejected("more than one calendar")
            name = _NAME.match(line)
            if name is None:
                raise Rejected("no property name")
            rest = line[name.end() :]
            if name[0] == "BEGIN":
                self._begin(rest.removeprefix(":"), open_)
            elif not open_:
                raise Rejected("outside of a component")
            elif name[0] == "END":
                component, seen = open_.pop()
                if rest != f":{component}" or not _REQUIRED[component] <= seen:
                    raise Rejected("end of another component, or one without what it needs")
                closed = not open_
            else:
                self._property(name[0], rest, *open_[-1])
        if not closed:
            raise Rejected("no whole calendar")

    @staticmethod
    def _begin(component: str, open_: list[tuple[str, set[str]]]) -> None:
        parent = open_[-1][0] if open_ else ""
        if parent not in _INSIDE.get(component, ()):
            raise Rejected("component that is not allowed here")
        open_.append((component, set()))

    @staticmethod
    def _property(name: str, rest: str, component: str, seen: set[str]) -> None:
        if name not in _PROPERTIES[component] or not _GRAMMARS[name].fullmatch(rest):
            raise Rejected(f"property that is not allowed: {name}")
        if name in seen and name not in _MANY:
            raise Rejected(f"property more than once: {name}")
        seen.add(name)


def unfolded_lines(raw: bytes, *, octets: int, most: int) -> list[str]:
    """The logical lines of a file of content lines (RFC 5545 3.1; RFC 6350 3.2 and 3.3).

    Raises:
        Rejected: no strict UTF-8, a character that plain text may not hold, a line end
            other than CRLF, none at the end, or a line of more than `octets`.
    """
    if not raw.endswith(b"\r\n") or raw.startswith((b" ", b"\t", b"\xef\xbb\xbf")):
        raise Rejected("not lines")
    physical = raw[:-2].split(b"\r\n")
    if len(physical) > most:
        raise Rejected("too many lines")
    if any(len(line) > octets for line in physical):
        raise Rejected("line too long")
    whole = raw.replace(b"\r\n ", b"")
    TextVerifier().verify(memoryview(whole))
    return whole[:-2].decode("utf-8").split("\r\n")
