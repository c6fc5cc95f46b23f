"""The card of an invitation: what a reader of the mail wants to know, in Japanese.

Made from the rebuilt lines only, so that card and file cannot tell different things.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

from sanitizers.calendar._calendar_values import read_date, read_date_time
from sanitizers.calendar.content_lines import unescape
from sanitizers.findings import Findings
from sanitizers.text.characters import make_harmless
from sanitizers.text.notice_mark import break_imitations

#: The gateway takes 20,000 characters; a card is for a glance.
MAX_CARD_CHARS: Final = 15_000
MAX_ENTRIES: Final = 20
MAX_PEOPLE: Final = 30
MAX_DESCRIPTION_CHARS: Final = 4_000

_TITLES: Final = {
    "REQUEST": "予定の招待", "CANCEL": "予定の取り消し", "REPLY": "招待への返信",
    "COUNTER": "別の日時の提案", "DECLINECOUNTER": "別の日時の提案への断り",
    "ADD": "予定の追加", "REFRESH": "予定の再送依頼", "PUBLISH": "予定のお知らせ",
}  # fmt: skip
_ANSWERS: Final = {
    "ACCEPTED": "出席", "DECLINED": "欠席", "TENTATIVE": "仮の予定", "DELEGATED": "代理",
}  # fmt: skip
_WEEKDAYS: Final = "月火水木金土日"
_BYDAY: Final = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), _WEEKDAYS, strict=True))
_UNITS: Final = {
    "HOURLY": "時間", "DAILY": "日", "WEEKLY": "週", "MONTHLY": "か月", "YEARLY": "年",
}  # fmt: skip
#: RFC 5545 writes a zone by any name; these are the ones of Japan (tz database, Windows).
_JAPAN: Final = frozenset({"asia/tokyo", "japan", "tokyo standard time", "jst", "jst-9"})
_JST: Final = timedelta(hours=9)
_PIECE: Final = re.compile(r';([A-Z-]+)=(?:"([^"]*)"|([^";:]*))')
_NAME: Final = re.compile(r"[A-Z-]+")
_DURATION: Final = re.compile(r"-?P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:\d+S)?)?)")

_Property = tuple[dict[str, str], str]


def calendar_card(lines: list[str]) -> str:
    """The card of a rebuilt calendar (`lines`: unfolded), lines ended by "\\n"; "" for none."""
    method = next((x.partition(":")[2] for x in lines if x.startswith("METHOD:")), "")
    entries: list[tuple[str, dict[str, list[_Property]]]] = []
    nesting: list[str] = []
    for line in lines:
        if line.startswith("BEGIN:"):
            nesting.append(line[6:])
            if nesting[-1] in ("VEVENT", "VTODO"):
                entries.append((nesting[-1], {}))
        elif line.startswith("END:"):
            nesting.pop()
        elif nesting[-1] in ("VEVENT", "VTODO"):
            name, parameters, value = _taken_apart(line)
            entries[-1][1].setdefault(name, []).append((parameters, value))
    cards = [_entry(kind, properties) for kind, properties in entries[:MAX_ENTRIES]]
    if not cards:
        return ""
    if len(entries) > len(cards):
        cards.append(f"（ほかに{len(entries) - len(cards)}件の予定があります）")
    text = "\n\n".join([_TITLES.get(method, "予定"), *cards])
    if len(text) > MAX_CARD_CHARS:
        text = f"{text[:MAX_CARD_CHARS]}\n（長いため、以下は省略しました）"
    return break_imitations(make_harmless(text, Findings()), Findings()).strip()


def _taken_apart(line: str) -> tuple[str, dict[str, str], str]:
    m = _NAME.match(line)
    name, at = (m[0], m.end()) if m is not None else ("", 0)
    parameters = {}
    while (p := _PIECE.match(line, at)) is not None:
        value = p[3] if p[2] is None else p[2]
        parameters[p[1]] = value.replace("^'", '"').replace("^^", "^")
        at = p.end()
    return name, parameters, line[at + 1 :]


def _entry(kind: str, properties: dict[str, list[_Property]]) -> str:
    def text(name: str) -> str:
        return unescape(properties[name][0][1]) if name in properties else ""

    rows = [("件名", text("SUMMARY")), ("日時" if kind == "VEVENT" else "期限", _when(properties))]
    if "RRULE" in properties:
        rules = "、".join(_recurrence(value) for _, value in properties["RRULE"])
        rows.append(("繰り返し", rules))
    if "RECURRENCE-ID" in properties:
        rows.append(("対象の回", _moment(*properties["RECURRENCE-ID"][0])))
    if "EXDATE" in properties:
        days = [(p, day) for p, v in properties["EXDATE"] for day in v.split(",")]
        shown = "、".join(_moment(p, day) for p, day in days[:MAX_ENTRIES])
        rows.append(("除く日", shown + ("ほか" if len(days) > MAX_ENTRIES else "")))
    rows.append(("場所", text("LOCATION")))
    rows.append(("主催者", _people(properties.get("ORGANIZER", []))))
    rows.append(("出席者", _people(properties.get("ATTENDEE", []))))
    if text("STATUS") in ("CANCELLED", "TENTATIVE"):
        rows.append(("状態", {"CANCELLED": "取り消し", "TENTATIVE": "仮の予定"}[text("STATUS")]))
    rows.append(("コメント", text("COMMENT")))
    card = [f"{label}: {value}" for label, value in rows if value]
    description = text("DESCRIPTION")
    if description:
        more = "…（以下省略）" if len(description) > MAX_DESCRIPTION_CHARS else ""
        card.append(f"説明:\n{description[:MAX_DESCRIPTION_CHARS]}{more}")
    return "\n".join(card)


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日({_WEEKDAYS[day.weekday()]})"


def _local(parameters: dict[str, str], value: str) -> tuple[datetime | None, str]:
    """The moment as the reader's wall clock shows it, and the zone in words."""
    read = read_date_time(value.partition("/")[0])
    if read is None:
        return None, ""
    when, utc = read
    zone = parameters.get("TZID", "")
    if utc:
        try:
            return when + _JST, "日本時間"
        except OverflowError:
            return when, "協定世界時"
    name = zone.lower().removeprefix("/").rpartition("]")[2].strip()
    known = name in _JAPAN or name.endswith("/asia/tokyo")
    return when, "日本時間" if known else zone


def _moment(parameters: dict[str, str], value: str) -> str:
    day = read_date(value)
    if day is not None:
        return _day(day)
    when, zone = _local(parameters, value)
    if when is None:
        return ""
    return f"{_day(when)} {when.hour:02}:{when.minute:02}" + (f"（{zone}）" if zone else "")


def _when(properties: dict[str, list[_Property]]) -> str:
    start = properties.get("DTSTART", [({}, "")])[0]
    end = (properties.get("DTEND") or properties.get("DUE") or [({}, "")])[0]
    if not start[1]:
        return _moment(*end)
    first_day, last_day = read_date(start[1]), read_date(end[1])
    if first_day is not None:
        # 3.6.1: the end of a day-long event is the day after it.
        if last_day is not None and last_day - first_day > timedelta(days=1):
            return f"{_day(first_day)} ～ {_day(last_day - timedelta(days=1))}（終日）"
        return f"{_day(first_day)}（終日）"
    begin, zone = _local(*start)
    finish, end_zone = _local(*end)
    if begin is None:
        return ""
    if finish is None and "DURATION" in properties:
        finish, end_zone = _after(begin, properties["DURATION"][0][1]), zone
    if finish is None:
        return _moment(*start)
    if zone != end_zone:
        return f"{_moment(*start)} ～ {_moment(*end)}"
    shown = f"{_day(begin)} {begin.hour:02}:{begin.minute:02} ～ "
    shown += f"{_day(finish)} " if finish.date() != begin.date() else ""
    return shown + f"{finish.hour:02}:{finish.minute:02}" + (f"（{zone}）" if zone else "")


def _after(begin: datetime, duration: str) -> datetime | None:
    m = _DURATION.fullmatch(duration)
    if m is None or duration.startswith("-"):
        return None
    weeks, days, hours, minutes = (int(m[i] or 0) for i in range(1, 5))
    try:
        return begin + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    except OverflowError:
        return None


def _people(people: list[_Property]) -> str:
    shown = []
    for parameters, value in people[:MAX_PEOPLE]:
        address = value.partition(":")[2]
        name = parameters.get("CN", "")
        answer = _ANSWERS.get(parameters.get("PARTSTAT", ""), "")
        text = f"{name} <{address}>" if name and name != address else address
        shown.append(text + (f"（{answer}）" if answer else ""))
    if len(people) > MAX_PEOPLE:
        shown.append(f"ほか{len(people) - MAX_PEOPLE}名")
    return "、".join(shown)


def _recurrence(rule: str) -> str:
    parts = dict(piece.split("=", 1) for piece in rule.split(";"))
    every = int(parts.get("INTERVAL", "1"))
    unit = _UNITS[parts["FREQ"]]
    if every == 1:
        text = {"か月": "毎月", "時間": "1時間ごと"}.get(unit, f"毎{unit}")
    else:
        text = f"{every}{unit}ごと" if unit != "週" else f"{every}週間ごと"
    if "BYMONTH" in parts:
        text += " " + "・".join(f"{n}月" for n in parts["BYMONTH"].split(","))
    if "BYMONTHDAY" in parts:
        days = ["末日" if n == "-1" else f"{n}日" for n in parts["BYMONTHDAY"].split(",")]
        text += " " + "・".join(days)
    if "BYDAY" in parts:
        text += " " + "・".join(_weekday(day) for day in parts["BYDAY"].split(","))
    if "COUNT" in parts:
        text += f"（{parts['COUNT']}回）"
    if "UNTIL" in parts:
        text += f"（{_moment({}, parts['UNTIL']).partition('（')[0]}まで）"
    return text


def _weekday(day: str) -> str:
    name = _BYDAY[day[-2:]] + "曜日"
    if day[:-2] == "-1":
        return f"最終{name}"
    return f"第{day[:-2].lstrip('+')}{name}" if day[:-2] else name
