"""iCalendar (RFC 5545, RFC 5546) rebuilt from an allow-list, so that it stays an invitation.

Components, properties and parameters are those of the tables below; each value is read by
its own grammar and written anew. Attachments, links, HTML descriptions, extensions, and
alarms that run, send or play anything never cross. What a reader needs to know is also
given as a text card for the body of the mail.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.calendar import _calendar_values as values
from sanitizers.calendar._calendar_card import calendar_card
from sanitizers.calendar.content_lines import (
    Component,
    ContentLine,
    escape,
    folded,
    read_components,
    split_unescaped,
    unescape,
    written_parameter,
)
from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import make_harmless
from sanitizers.text.headers import one_line
from sanitizers.text.html import html_to_text

PRODUCT: Final = "-//mugaika//iCalendar//JA"
#: Characters of one text; the longest agendas in invitations have some 30,000.
MAX_TEXT_CHARS: Final = 200_000
MAX_LINE_CHARS: Final = 1_000  # of a text that is one line: SUMMARY, LOCATION
MAX_NAME_CHARS: Final = 250  # CN, TZID, UID
MAX_ATTENDEES: Final = 2_000  # of one event: everybody in a town hall
#: RFC 5546 1.4
METHODS: Final = frozenset(
    {"PUBLISH", "REQUEST", "REPLY", "ADD", "CANCEL", "REFRESH", "COUNTER", "DECLINECOUNTER"}
)
_HTML: Final = re.compile(
    r"<(?:html|html-blob|body|br|p|div|span|a|b|i|u|ul|ol|li|table|font)\b[^<>]{0,2000}>", re.I
)
_UID: Final = re.compile(r"[!-~]{1,250}")


@dataclass(frozen=True, slots=True)
class _Context:
    findings: Findings
    where: str


#: Gives `;PARAMETERS:VALUE` of one line, or "" for what does not cross.
_Rule = Callable[[ContentLine, _Context], str]


def _text(line: ContentLine, context: _Context) -> str:
    """A text of several lines; markup in it becomes the text that it shows."""
    text = unescape(line.value)
    if _HTML.search(text):
        context.findings.add(Kind.HTML_BODY, Action.CONVERTED, where=context.where)
        text = html_to_text(text, context.findings, where=context.where)
    text = make_harmless(text, context.findings, where=context.where).strip()
    if len(text) > MAX_TEXT_CHARS:
        context.findings.add(Kind.TRUNCATED, Action.NOTED, where=context.where)
        text = make_harmless(text[:MAX_TEXT_CHARS], Findings()) + "…"
    return ":" + escape(text) if text else ""


def _line(line: ContentLine, context: _Context) -> str:
    text = _one_line(unescape(line.value), context, MAX_LINE_CHARS)
    return ":" + escape(text) if text else ""


def _one_line(text: str, context: _Context, limit: int) -> str:
    return one_line(text, context.findings, where=context.where, limit=limit)


def _text_list(line: ContentLine, context: _Context) -> str:
    pieces = split_unescaped(line.value, ",", most=50)
    texts = [_one_line(unescape(piece), context, MAX_LINE_CHARS) for piece in pieces]
    return ":" + ",".join(escape(t) for t in texts if t) if any(texts) else ""


def _uid(line: ContentLine, context: _Context) -> str:
    value = unescape(line.value).strip()
    return ":" + escape(value) if _UID.fullmatch(value) else ""


def _timed(reader: Callable[[str], str]) -> _Rule:
    """A date or time with its zone (3.2.19) and the VALUE that it has, not the stated one."""

    def rule(line: ContentLine, context: _Context) -> str:
        value = reader(line.value.strip().upper())
        if not value:
            return ""
        kind = values.kind_of(value)
        parameters = "" if kind == "DATE-TIME" else f";VALUE={kind}"
        zone = _one_line(line.parameter("TZID"), context, MAX_NAME_CHARS)
        if zone and kind != "DATE" and not value.endswith("Z"):
            parameters += written_parameter("TZID", zone)
        return f"{parameters}:{value}"

    return rule


def _plain(reader: Callable[[str], str]) -> _Rule:
    def rule(line: ContentLine, context: _Context) -> str:
        value = reader(line.value.strip().upper())
        return ":" + value if value else ""

    return rule


def _one_of(*words: str) -> _Rule:
    return _plain(lambda value: value if value in words else "")


def _integer(most: int) -> _Rule:
    return _plain(lambda value: values.number(value, most))


#: Parameters of ORGANIZER and ATTENDEE (3.2): name -> allowed values.
_PERSON_WORDS: Final = {
    "CUTYPE": frozenset({"INDIVIDUAL", "GROUP", "RESOURCE", "ROOM", "UNKNOWN"}),  # 3.2.3
    "ROLE": frozenset({"CHAIR", "REQ-PARTICIPANT", "OPT-PARTICIPANT", "NON-PARTICIPANT"}),  # 3.2.16
    "PARTSTAT": frozenset(  # 3.2.12
        {"NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED", "COMPLETED",
         "IN-PROCESS"}
    ),
    "RSVP": frozenset({"TRUE", "FALSE"}),  # 3.2.17
}  # fmt: skip


def _person(line: ContentLine, context: _Context) -> str:
    """A CAL-ADDRESS by `mailto:` (3.3.3) with its name (3.2.2)."""
    address = values.mail_address(line.value)
    if not address:
        return ""
    parameters = ""
    for name, words in _PERSON_WORDS.items() if line.name == "ATTENDEE" else ():
        value = line.parameter(name).strip().upper()
        if value in words:
            parameters += f";{name}={value}"
    display = _one_line(line.parameter("CN"), context, MAX_NAME_CHARS)
    if display:
        parameters += written_parameter("CN", display)
    return f"{parameters}:mailto:{address}"


def _zone_id(line: ContentLine, context: _Context) -> str:
    text = _one_line(unescape(line.value), context, MAX_NAME_CHARS)
    return ":" + escape(text) if text else ""


def _busy(line: ContentLine, context: _Context) -> str:
    value = values.periods(line.value.strip().upper())
    kind = line.parameter("FBTYPE").upper()
    known = kind in ("FREE", "BUSY", "BUSY-UNAVAILABLE", "BUSY-TENTATIVE")  # 3.2.9
    return (f";FBTYPE={kind}:{value}" if known else f":{value}") if value else ""


def _trigger(line: ContentLine, context: _Context) -> str:
    """A trigger before or after start or end (3.8.6.3); none at a fixed time."""
    value = values.duration(line.value.strip().upper())
    related = line.parameter("RELATED").upper()
    if not value or line.parameter("VALUE").upper() not in ("", "DURATION"):
        return ""
    return f";RELATED={related}:{value}" if related in ("START", "END") else f":{value}"


_MOMENT: Final = _timed(values.moment)
_DAY_OR_MOMENT: Final = _timed(values.day_or_moment)
_MANY: Final = _timed(values.many)
_DURATION: Final = _plain(values.duration)

#: Properties of events, tasks and busy times: name -> (rule, how many of it).
_ENTRY: Final[dict[str, tuple[_Rule, int]]] = {
    "UID": (_uid, 1),  # 3.8.4.7
    "DTSTAMP": (_MOMENT, 1),  # 3.8.7.2
    "SEQUENCE": (_integer(10**9), 1),  # 3.8.7.4
    "RECURRENCE-ID": (_DAY_OR_MOMENT, 1),  # 3.8.4.4
    "DTSTART": (_DAY_OR_MOMENT, 1),  # 3.8.2.4
    "DTEND": (_DAY_OR_MOMENT, 1),  # 3.8.2.2
    "DUE": (_DAY_OR_MOMENT, 1),  # 3.8.2.3
    "DURATION": (_DURATION, 1),  # 3.8.2.5
    "RRULE": (_plain(values.recurrence), 20),  # 3.8.5.3
    "RDATE": (_MANY, 2_000),  # 3.8.5.2
    "EXDATE": (_MANY, 2_000),  # 3.8.5.1
    "ORGANIZER": (_person, 1),  # 3.8.4.3
    "ATTENDEE": (_person, MAX_ATTENDEES),  # 3.8.4.1
    "SUMMARY": (_line, 1),  # 3.8.1.12
    "LOCATION": (_line, 1),  # 3.8.1.7
    "DESCRIPTION": (_text, 1),  # 3.8.1.5
    "COMMENT": (_text, 20),  # 3.8.1.4: what a reply or a counter-proposal says
    "CONTACT": (_line, 20),  # 3.8.4.2
    "CATEGORIES": (_text_list, 20),  # 3.8.1.2
    "STATUS": (
        _one_of("TENTATIVE", "CONFIRMED", "CANCELLED", "NEEDS-ACTION", "COMPLETED", "IN-PROCESS"),
        1,
    ),  # 3.8.1.11
    "TRANSP": (_one_of("OPAQUE", "TRANSPARENT"), 1),  # 3.8.2.7
    "CLASS": (_one_of("PUBLIC", "PRIVATE", "CONFIDENTIAL"), 1),  # 3.8.1.3
    "PRIORITY": (_integer(9), 1),  # 3.8.1.9
    "PERCENT-COMPLETE": (_integer(100), 1),  # 3.8.1.8
    "COMPLETED": (_MOMENT, 1),  # 3.8.2.1
    "CREATED": (_MOMENT, 1),  # 3.8.7.1
    "LAST-MODIFIED": (_MOMENT, 1),  # 3.8.7.3
}
_COMMON: Final = frozenset(
    [
        "UID",
        "DTSTAMP",
        "SEQUENCE",
        "RECURRENCE-ID",
        "DTSTART",
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
        "DURATION",
        "CREATED",
        "LAST-MODIFIED",
    ]
)


def _entry(*names: str) -> dict[str, tuple[_Rule, int]]:
    return {n: rule for n, rule in _ENTRY.items() if n in _COMMON or n in names}


_OBSERVANCE: Final[dict[str, tuple[_Rule, int]]] = {
    "DTSTART": (_plain(lambda v: values.moment(v.removesuffix("Z"))), 1),  # 3.6.5: local time
    "TZOFFSETFROM": (_plain(values.offset), 1),  # 3.8.3.3
    "TZOFFSETTO": (_plain(values.offset), 1),  # 3.8.3.4
    "RRULE": (_plain(values.recurrence), 20),
    "RDATE": (_MANY, 200),
    "TZNAME": (_line, 5),  # 3.8.3.2
}
#: Component -> its properties, in the order in which they are written (3.6).
_PROPERTIES: Final[dict[str, dict[str, tuple[_Rule, int]]]] = {
    "VCALENDAR": {"METHOD": (_one_of(*METHODS), 1), "X-WR-CALNAME": (_line, 1)},
    "VEVENT": _entry("DTEND", "TRANSP"),  # 3.6.1
    "VTODO": _entry("DUE", "PERCENT-COMPLETE", "COMPLETED"),  # 3.6.2
    "VFREEBUSY": {  # 3.6.4
        **{n: _ENTRY[n] for n in
           ("UID", "DTSTAMP", "DTSTART", "DTEND", "ORGANIZER", "ATTENDEE", "COMMENT", "CONTACT")},
        "FREEBUSY": (_busy, 2_000),  # 3.8.2.6
    },
    "VTIMEZONE": {"TZID": (_zone_id, 1), "LAST-MODIFIED": (_MOMENT, 1)},  # 3.6.5
    "STANDARD": _OBSERVANCE,
    "DAYLIGHT": _OBSERVANCE,
    "VALARM": {  # 3.6.6
        "ACTION": (_one_of("DISPLAY"), 1),
        "TRIGGER": (_trigger, 1),
        "DESCRIPTION": (_text, 1),
        "DURATION": (_DURATION, 1),
        "REPEAT": (_integer(100), 1),
    },
}  # fmt: skip
#: Component -> what may lie in it.
_CHILDREN: Final = {
    "VCALENDAR": ("VTIMEZONE", "VEVENT", "VTODO", "VFREEBUSY"),
    "VTIMEZONE": ("STANDARD", "DAYLIGHT"),
    "VEVENT": ("VALARM",),
    "VTODO": ("VALARM",),
}
#: Without these a component is dropped; no client reads it.
_REQUIRED: Final = {
    "VTIMEZONE": ("TZID",),
    "STANDARD": ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"),
    "DAYLIGHT": ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"),
    "VALARM": ("ACTION", "TRIGGER"),
}
#: Written by us, or read elsewhere: no finding.
_EXPECTED: Final = frozenset({"PRODID", "VERSION", "CALSCALE"})
#: What is removed -> how the finding calls it; others are UNKNOWN_DATA.
_REMOVED: Final = {
    "ATTACH": Kind.EMBEDDED_FILE,
    "X-ALT-DESC": Kind.HTML_BODY,
    "URL": Kind.LINK,
    "CONFERENCE": Kind.LINK,
    "IMAGE": Kind.EXTERNAL_REFERENCE,
    "SOURCE": Kind.EXTERNAL_REFERENCE,
    "TZURL": Kind.EXTERNAL_REFERENCE,
    "AALARM": Kind.ACTION,
    "DALARM": Kind.ACTION,
    "MALARM": Kind.ACTION,
    "PALARM": Kind.ACTION,
}


class ICalendar(Sanitizer):
    """One calendar file: an invitation, a reply, or exported events."""

    media_types = ("text/calendar",)
    methods = (Method.SANITIZE,)
    outputs = ("text/calendar",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the calendar anew. Several calendars in one file become one.

        Raises:
            Withheld: EMPTY (also when nothing of it crosses); DAMAGED (no calendar); the
                limits of `content_lines`.
        """
        findings = Findings()
        found = read_components(job.data, job.claimed_charset, findings)
        calendars = [c for c in found if c.name == "VCALENDAR"]
        if not calendars:
            raise Withheld(ReasonCode.DAMAGED, "no VCALENDAR")
        if len(found) > len(calendars):
            count = len(found) - len(calendars)
            findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, count=count, where="component")
        whole = Component(
            "VCALENDAR",
            [line for c in calendars for line in c.lines],
            [child for c in calendars for child in c.children],
        )
        if any(line.name == "VERSION" and line.value.strip() == "1.0" for line in whole.lines):
            findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED, where="version")
        lines = list(_rebuilt(whole, findings))
        if not any(line in ("BEGIN:VEVENT", "BEGIN:VTODO", "BEGIN:VFREEBUSY") for line in lines):
            raise Withheld(ReasonCode.EMPTY, "nothing in the calendar")
        for line in lines:
            out.write(folded(line))
        method = next((x.partition(":")[2] for x in lines if x.startswith("METHOD:")), "")
        return Cleaned(
            media_type="text/calendar",
            extension=".ics",
            method=Method.SANITIZE,
            findings=findings.freeze(),
            text=calendar_card(lines),
            parameters={"method": method} if method else {},
        )


def _rebuilt(component: Component, findings: Findings) -> Iterator[str]:
    """The lines of `component`, or none where it does not cross."""
    name = component.name
    kept = _properties(component, findings)
    if not all(required in kept for required in _REQUIRED.get(name, ())):
        kind = Kind.ACTION if name == "VALARM" else Kind.DAMAGED
        findings.add(kind, Action.REMOVED, where=name.lower())
        return
    children: list[str] = []
    zones = 0
    for child in component.children:
        if child.name in _CHILDREN.get(name, ()):
            lines = list(_rebuilt(child, findings))
            zones += bool(lines)
            children += lines
        else:
            kind = Kind.ACTION if child.name == "VALARM" else Kind.UNKNOWN_DATA
            findings.add(kind, Action.REMOVED, where="component")
    if name == "VTIMEZONE" and not zones:
        findings.add(Kind.DAMAGED, Action.REMOVED, where="vtimezone")
        return
    _complete(name, kept, children)
    yield f"BEGIN:{name}"
    if name == "VCALENDAR":
        yield from (f"PRODID:{PRODUCT}", "VERSION:2.0", "CALSCALE:GREGORIAN")
    for lines in kept.values():
        yield from lines
    yield from children
    yield f"END:{name}"


def _properties(component: Component, findings: Findings) -> dict[str, list[str]]:
    """Allowed property -> its lines, in the order of the table."""
    table = _PROPERTIES[component.name]
    found: dict[str, list[str]] = {}
    for line in component.lines:
        where = f"{component.name.lower()} {line.name.lower()}" if line.name in table else ""
        if line.name not in table:
            if line.name not in _EXPECTED:
                kind = _REMOVED.get(line.name, Kind.UNKNOWN_DATA)
                findings.add(kind, Action.REMOVED, where=component.name.lower())
            continue
        rule, most = table[line.name]
        rows = found.setdefault(line.name, [])
        written = rule(line, _Context(findings, where)) if len(rows) < most else ""
        if written:
            rows.append(line.name + written)
        elif line.value.strip():
            findings.add(Kind.DAMAGED, Action.REMOVED, where=where)
        if line.parameters.keys() & {"ALTREP", "DIR", "SENT-BY", "X-FILENAME"}:
            findings.add(Kind.EXTERNAL_REFERENCE, Action.REMOVED, where=where)
    return {name: found[name] for name in table if found.get(name)}


def _complete(name: str, kept: dict[str, list[str]], children: list[str]) -> None:
    """Fill in what RFC 5545 requires, the same for the same input (no clock is read)."""
    if name in ("VEVENT", "VTODO", "VFREEBUSY"):
        given = dict(kept)
        kept.clear()
        digest = hashlib.sha256(repr((given, children)).encode("utf-8")).hexdigest()
        kept["UID"] = given.pop("UID", [f"UID:{digest[:32]}"])
        kept["DTSTAMP"] = given.pop("DTSTAMP", ["DTSTAMP:19700101T000000Z"])
        kept.update(given)
        both = "DURATION" in kept and ("DTEND" in kept or "DUE" in kept)
        if both or ("DURATION" in kept and "DTSTART" not in kept):
            del kept["DURATION"]  # 3.6.1: one or the other
    elif name == "VALARM":
        kept.setdefault("DESCRIPTION", ["DESCRIPTION:-"])
        if ("DURATION" in kept) != ("REPEAT" in kept):  # 3.6.6: both or none
            kept.pop("DURATION", None)
            kept.pop("REPEAT", None)
