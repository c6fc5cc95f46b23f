"""Values of iCalendar properties, each read by its grammar and written anew (RFC 5545 3.3).

Each function gives the canonical value, or "" for what its grammar does not allow. None
looks at a clock, and none gives back a character that its grammar does not name.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Final

from sanitizers.text.addresses import is_addr_spec

#: Values of one RDATE, EXDATE or FREEBUSY line.
MAX_LIST_VALUES: Final = 1_000
_DATE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DATE_TIME: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(Z?)")
#: 3.3.6, with the numbers held to what a calendar shows.
_DURATION: Final = re.compile(
    r"([+-]?)P(?:(\d{1,5}W)|(\d{1,5}D)?(T(?=\d)(?:\d{1,6}H)?(?:\d{1,7}M)?(?:\d{1,8}S)?)?)"
)
_OFFSET: Final = re.compile(r"[+-](?:0\d|1\d|2[0-3])[0-5]\d(?:[0-5]\d)?")
_NUMBERS: Final = r"(?:[+-]?\d{1,3}(?:,[+-]?\d{1,3}){0,400})"
_DAY: Final = r"(?:[+-]?(?:[1-9]|[1-4]\d|5[0-3]))?(?:SU|MO|TU|WE|TH|FR|SA)"
#: 3.3.10: the parts of a rule and their grammars. Nobody meets every second or minute, and
#: clients that expand such a rule stall.
_RULE_PARTS: Final = {
    "FREQ": re.compile("HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY"),
    "UNTIL": re.compile(r"\d{8}(?:T\d{6}Z?)?"),
    "COUNT": re.compile(r"\d{1,6}"),
    "INTERVAL": re.compile(r"\d{1,5}"),
    "BYSECOND": re.compile(_NUMBERS),
    "BYMINUTE": re.compile(_NUMBERS),
    "BYHOUR": re.compile(_NUMBERS),
    "BYDAY": re.compile(f"{_DAY}(?:,{_DAY}){{0,400}}"),
    "BYMONTHDAY": re.compile(_NUMBERS),
    "BYYEARDAY": re.compile(_NUMBERS),
    "BYWEEKNO": re.compile(_NUMBERS),
    "BYMONTH": re.compile(_NUMBERS),
    "BYSETPOS": re.compile(_NUMBERS),
    "WKST": re.compile("SU|MO|TU|WE|TH|FR|SA"),
}
#: 3.3.10: least and greatest number of a list; those with a sign leave out 0.
_RANGES: Final = {
    "BYSECOND": (0, 60), "BYMINUTE": (0, 59), "BYHOUR": (0, 23), "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366), "BYWEEKNO": (-53, 53), "BYMONTH": (1, 12), "BYSETPOS": (-366, 366),
}  # fmt: skip


def read_date(value: str) -> date | None:
    """A DATE value (3.3.4)."""
    m = _DATE.fullmatch(value)
    try:
        return date(int(m[1]), int(m[2]), int(m[3])) if m is not None else None
    except ValueError:
        return None


def read_date_time(value: str) -> tuple[datetime, bool] | None:
    """A DATE-TIME value and whether it is in UTC (3.3.5); a leap second counts as :59."""
    m = _DATE_TIME.fullmatch(value)
    if m is None:
        return None
    numbers = [int(m[i]) for i in range(1, 7)]
    if numbers[5] == 60:
        numbers[5] = 59
    try:
        return datetime(*numbers), bool(m[7])  # type: ignore[arg-type]
    except ValueError:
        return None


def moment(value: str) -> str:
    """A DATE-TIME."""
    read = read_date_time(value)
    if read is None:
        return ""
    when, utc = read
    stamp = f"{when.year:04}{when.month:02}{when.day:02}"
    return f"{stamp}T{when.hour:02}{when.minute:02}{when.second:02}" + ("Z" if utc else "")


def day_or_moment(value: str) -> str:
    """A DATE or a DATE-TIME."""
    return value if read_date(value) is not None else moment(value)


def duration(value: str) -> str:
    """A DURATION (3.3.6)."""
    m = _DURATION.fullmatch(value)
    if m is None or not (m[2] or m[3] or m[4]):
        return ""
    return f"{'-' if m[1] == '-' else ''}P{m[2] or ''}{m[3] or ''}{m[4] or ''}"


def period(value: str) -> str:
    """A PERIOD (3.3.9): two moments, or a moment and how long."""
    start, _, end = value.partition("/")
    first = moment(start)
    second = moment(end) or duration(end)
    return f"{first}/{second}" if first and second and not second.startswith("-") else ""


def many(value: str) -> str:
    """A comma list of days, moments or periods, of one kind; "" if one is unreadable."""
    values = value.split(",")
    if len(values) > MAX_LIST_VALUES:
        return ""
    read = [day_or_moment(v.strip()) or period(v.strip()) for v in values]
    kinds = {kind_of(v) for v in read}
    return ",".join(read) if all(read) and len(kinds) == 1 else ""


def periods(value: str) -> str:
    """A comma list of periods (3.8.2.6)."""
    read = many(value)
    return read if kind_of(read.partition(",")[0]) == "PERIOD" else ""


def kind_of(value: str) -> str:
    """The VALUE parameter that a canonical value needs: DATE, DATE-TIME or PERIOD."""
    if "/" in value:
        return "PERIOD"
    return "DATE-TIME" if "T" in value else "DATE"


def offset(value: str) -> str:
    """A UTC-OFFSET (3.3.14)."""
    return value if _OFFSET.fullmatch(value) and value not in ("-0000", "-000000") else ""


def recurrence(value: str) -> str:
    """A RECUR (3.3.10): known parts, each once; FREQ first, as older clients want it."""
    parts: dict[str, str] = {}
    for piece in value.rstrip(";").upper().split(";"):
        name, _, text = piece.strip().partition("=")
        grammar = _RULE_PARTS.get(name)
        if grammar is None or name in parts or grammar.fullmatch(text) is None:
            return ""
        if name in _RANGES:
            text = _numbers(text, *_RANGES[name])
            if not text:
                return ""
        parts[name] = text
    if "FREQ" not in parts or ("COUNT" in parts and "UNTIL" in parts):
        return ""
    if "UNTIL" in parts:
        parts["UNTIL"] = day_or_moment(parts["UNTIL"])
    for name in ("COUNT", "INTERVAL"):
        if name in parts and not int(parts[name]):
            return ""
    if not all(parts.values()):
        return ""
    return ";".join(f"{name}={parts[name]}" for name in _RULE_PARTS if name in parts)


def _numbers(text: str, least: int, most: int) -> str:
    """A comma list of numbers of a range, without plus signs and zeros in front, or ""."""
    read = [int(n) for n in text.split(",")]
    if not all(least <= n <= most and (n or not least) for n in read):
        return ""
    return ",".join(map(str, read))


def mail_address(value: str) -> str:
    """The addr-spec of a `mailto:` CAL-ADDRESS (3.3.3), or ""."""
    scheme, _, address = value.strip().partition(":")
    address = address.strip()
    plain = scheme.lower() == "mailto" and is_addr_spec(address)
    return address if plain and not set(address) & set('"?&%') else ""


def number(value: str, most: int) -> str:
    """An INTEGER from 0 to `most`."""
    return str(int(value)) if re.fullmatch(r"\d{1,9}", value) and int(value) <= most else ""
