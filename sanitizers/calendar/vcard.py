"""vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) rebuilt as 3.0 from an allow-list.

3.0 is what every address book reads. Names with their readings, organization, telephone,
mail and postal addresses, notes and birthdays stay; photos, sounds, keys, links, agents
and extensions do not. Each value is taken apart and written anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from sanitizers.calendar._calendar_values import read_date
from sanitizers.calendar._content_lines import (
    Component,
    ContentLine,
    escape,
    folded,
    read_components,
    split_unescaped,
    unescape,
)
from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.addresses import is_addr_spec
from sanitizers.text.characters import make_harmless
from sanitizers.text.headers import one_line
from sanitizers.text.notice_mark import break_imitations

MAX_CARDS: Final = 20_000  # a whole address book
MAX_FIELD_CHARS: Final = 1_000
MAX_NOTE_CHARS: Final = 50_000
#: Text shown in the mail: an address book is read as a file.
MAX_SHOWN_CARDS: Final = 20
MAX_SHOWN_CHARS: Final = 15_000

_TELEPHONE: Final = re.compile(r"[0-9+*#()./,;=A-Za-z －ー‐-]{1,80}")
_BIRTHDAY: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:T.{0,30})?")

_Rule = Callable[[str, Findings, str], str]


def _one_line(text: str, findings: Findings, where: str) -> str:
    return one_line(unescape(text), findings, where=where, limit=MAX_FIELD_CHARS)


def _line(value: str, findings: Findings, where: str) -> str:
    return escape(_one_line(value, findings, where))


def _text(value: str, findings: Findings, where: str) -> str:
    text = make_harmless(unescape(value), findings, where=where).strip()
    if len(text) > MAX_NOTE_CHARS:
        findings.add(Kind.TRUNCATED, Action.NOTED, where=where)
        text = make_harmless(text[:MAX_NOTE_CHARS], Findings()) + "…"
    return escape(text)


def _structured(pieces: int) -> _Rule:
    """Components by ";", each a list by "," (RFC 2426 3.1.2, 3.2.1, 3.5.5)."""

    def rule(value: str, findings: Findings, where: str) -> str:
        found = []
        for piece in split_unescaped(value, ";", most=pieces):
            texts = [_line(t, findings, where) for t in split_unescaped(piece, ",", most=20)]
            found.append(",".join(text for text in texts if text))
        return ";".join(found) if any(found) else ""

    return rule


def _telephone(value: str, findings: Findings, where: str) -> str:
    text = _one_line(value, findings, where).removeprefix("tel:").strip()
    return escape(text) if _TELEPHONE.fullmatch(text) else ""


def _mail(value: str, findings: Findings, where: str) -> str:
    text = _one_line(value, findings, where)
    text = text[7:] if text.lower().startswith("mailto:") else text
    return escape(text) if is_addr_spec(text) else ""


def _birthday(value: str, findings: Findings, where: str) -> str:
    m = _BIRTHDAY.fullmatch(value.strip())
    if m is None or read_date(m[1] + m[2] + m[3]) is None:
        return ""
    return f"{m[1]}-{m[2]}-{m[3]}"


#: Property -> (rule, how many of it, label in the text), in the order written.
_PROPERTIES: Final[dict[str, tuple[_Rule, int, str]]] = {
    "FN": (_line, 1, "氏名"),  # RFC 2426 3.1.1
    "N": (_structured(5), 1, ""),  # 3.1.2
    "X-PHONETIC-LAST-NAME": (_line, 1, "ふりがな（姓）"),  # readings, as Apple and Google write
    "X-PHONETIC-FIRST-NAME": (_line, 1, "ふりがな（名）"),
    "SORT-STRING": (_line, 1, ""),  # 3.6.5
    "ORG": (_structured(10), 1, "組織"),  # 3.5.5
    "TITLE": (_line, 5, "役職"),  # 3.5.1
    "TEL": (_telephone, 30, "電話"),  # 3.3.1
    "EMAIL": (_mail, 30, "メール"),  # 3.3.2
    "ADR": (_structured(7), 10, "住所"),  # 3.2.1
    "BDAY": (_birthday, 1, "誕生日"),  # 3.1.5
    "NOTE": (_text, 5, "メモ"),  # 3.6.2
}
#: TYPE values that stay (RFC 2426 3.2.1, 3.3.1, 3.3.2; RFC 6350 5.6 and 6.4.1).
_TYPES: Final = {
    "TEL": ("HOME", "WORK", "CELL", "FAX", "VOICE", "PAGER", "MSG", "PREF", "CAR", "TEXT"),
    "EMAIL": ("HOME", "WORK", "INTERNET", "PREF"),
    "ADR": ("HOME", "WORK", "POSTAL", "PARCEL", "DOM", "INTL", "PREF"),
}
#: What else is found -> how the finding calls it; others are UNKNOWN_DATA.
_REMOVED: Final = {
    "PHOTO": Kind.EMBEDDED_FILE,
    "LOGO": Kind.EMBEDDED_FILE,
    "SOUND": Kind.EMBEDDED_FILE,
    "KEY": Kind.EMBEDDED_FILE,
    "URL": Kind.LINK,
    "AGENT": Kind.EMBEDDED_OBJECT,
    "SOURCE": Kind.EXTERNAL_REFERENCE,
    "FBURL": Kind.EXTERNAL_REFERENCE,
    "CALURI": Kind.EXTERNAL_REFERENCE,
    "CALADRURI": Kind.EXTERNAL_REFERENCE,
}
_ORDER: Final = {"ADR": (5, 4, 3, 2, 1, 0, 6)}  # postcode, prefecture, city, street … country


class VCard(Sanitizer):
    """The cards of one file."""

    media_types = ("text/vcard",)
    methods = (Method.SANITIZE,)
    outputs = ("text/vcard",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the cards anew.

        Raises:
            Withheld: EMPTY (also when nothing of it crosses); DAMAGED (no card);
                TOO_MANY_PARTS; the limits of `_content_lines`.
        """
        findings = Findings()
        found = read_components(job.data, job.claimed_charset, findings)
        cards = [card for card in found if card.name == "VCARD"]
        if not cards:
            raise Withheld(ReasonCode.DAMAGED, "no VCARD")
        if len(cards) > MAX_CARDS:
            raise Withheld(ReasonCode.TOO_MANY_PARTS, "cards")
        if len(found) > len(cards):
            count = len(found) - len(cards)
            findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, count=count, where="component")
        shown: list[str] = []
        written = 0
        for card in cards:
            lines = list(_rebuilt(card, findings))
            if not lines:
                continue
            written += 1
            for line in ("BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD"):
                out.write(folded(line))
            if written <= MAX_SHOWN_CARDS:
                shown.append(_shown(lines))
        if not written:
            raise Withheld(ReasonCode.EMPTY, "nothing in the cards")
        if written > len(shown):
            shown.append(f"（ほかに{written - len(shown)}件の連絡先があります）")
        text = "\n\n".join(shown)
        if len(text) > MAX_SHOWN_CHARS:
            text = f"{text[:MAX_SHOWN_CHARS]}\n（長いため、以下は省略しました）"
        return Cleaned(
            media_type="text/vcard",
            extension=".vcf",
            method=Method.SANITIZE,
            findings=findings.freeze(),
            text=break_imitations(make_harmless(text, Findings()), Findings()).strip(),
        )


def _rebuilt(card: Component, findings: Findings) -> Iterator[str]:
    """The lines of one card without its frame, or none."""
    found: dict[str, list[str]] = {}
    for line in card.lines:
        if line.name == "VERSION":
            if line.value.strip() != "3.0":
                findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED, where="version")
        elif line.name == "SOUND" and "X-IRMC-N" in line.parameters.get("TYPE", ()):
            # The reading of a name, as Japanese telephones write it: no sound at all.
            reading = ContentLine(
                name="SORT-STRING", parameters={}, value=line.value.replace(";", " ").strip()
            )
            _keep(reading, found, findings)
        elif line.name not in _PROPERTIES:
            _note_removed(line, findings)
        else:
            _keep(line, found, findings)
    if card.children:
        count = len(card.children)
        findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, count=count, where="component")
    if not any(found.values()):
        return
    if not found.get("FN"):  # required since 3.0 (RFC 2426 3.1.1)
        name = [unescape(p) for p in split_unescaped(_first(found, "N"), ";", most=5)[:2]]
        organization = unescape(_first(found, "ORG").replace(";", " "))
        mail = unescape(_first(found, "EMAIL"))
        found["FN"] = [
            "FN:" + escape(" ".join(p for p in name if p) or organization or mail or "-")
        ]
    if not found.get("N"):
        found["N"] = ["N:" + found["FN"][0].partition(":")[2] + ";;;;"]
    for name_ in _PROPERTIES:
        yield from found.get(name_, [])


def _keep(line: ContentLine, found: dict[str, list[str]], findings: Findings) -> None:
    rule, most, _ = _PROPERTIES[line.name]
    where = f"card {line.name.lower()}"
    rows = found.setdefault(line.name, [])
    value = rule(line.value, findings, where) if len(rows) < most else ""
    if value:
        rows.append(f"{line.name}{_types(line)}:{value}")
    elif line.value.strip(" ;"):
        findings.add(Kind.DAMAGED, Action.REMOVED, where=where)


def _note_removed(line: ContentLine, findings: Findings) -> None:
    kind = _REMOVED.get(line.name, Kind.UNKNOWN_DATA)
    if kind is Kind.EMBEDDED_FILE and line.value.strip().lower().startswith(("http:", "https:")):
        kind = Kind.EXTERNAL_REFERENCE
    findings.add(kind, Action.REMOVED, where="card")


def _types(line: ContentLine) -> str:
    allowed = _TYPES.get(line.name, ())
    stated = {t.strip().upper() for v in line.parameters.get("TYPE", ()) for t in v.split(",")}
    if "PREF" in line.parameters:  # 4.0 (RFC 6350 5.3)
        stated.add("PREF")
    return "".join(f";TYPE={word}" for word in allowed if word in stated)


def _full_name(found: dict[str, list[str]]) -> str:
    """What stands for a missing FN: the name, else the organization, else the address."""
    pieces = split_unescaped(_first(found, "N"), ";", most=5)
    name = " ".join(unescape(piece) for piece in pieces[:2] if piece)
    organization = unescape(_first(found, "ORG").replace(";", " ")).strip()
    return name or organization or unescape(_first(found, "EMAIL")) or "-"


def _first(found: dict[str, list[str]], name: str) -> str:
    return found[name][0].partition(":")[2] if found.get(name) else ""


def _shown(lines: list[str]) -> str:
    rows = ["連絡先"]
    for line in lines:
        head, _, value = line.partition(":")
        name = head.partition(";")[0]
        label = _PROPERTIES[name][2]
        if not label:
            continue
        pieces = split_unescaped(value, ";", most=20)
        if name in _ORDER:
            pieces += [""] * (7 - len(pieces))
            pieces = [pieces[i] for i in _ORDER[name]]
        text = " ".join(unescape(piece) for piece in pieces if piece)
        rows.append(f"{label}:\n{text}" if "\n" in text else f"{label}: {text}")
    return "\n".join(rows)
