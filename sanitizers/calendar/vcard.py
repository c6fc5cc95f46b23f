"""vCard 2.1, 3.0 and 4.0 (RFC 2426, RFC 6350) rebuilt as 3.0 from an allow-list.

3.0 is what every address book reads. Names with their readings, organization, telephone,
mail and postal addresses, notes and birthdays stay; sounds, keys, links, agents and
extensions do not. Each value is taken apart and written anew. A photo that lies in the card
is cleaned as the image that it is, in a child of its own, and written anew; one that lies
elsewhere does not cross.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sanitizers.calendar._calendar_values import read_date
from sanitizers.calendar.content_lines import (
    Component,
    ContentLine,
    escape,
    folded,
    read_components,
    split_unescaped,
    unescape,
)
from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import (
    Cleaned,
    Job,
    Member,
    Method,
    Output,
    Rebuilt,
    Sanitizer,
    Split,
    SplitKind,
)
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.addresses import is_addr_spec
from sanitizers.text.characters import make_harmless
from sanitizers.text.headers import one_line
from sanitizers.text.notice_mark import break_imitations

MAX_CARDS: Final = 20_000  # a whole address book
MAX_PHOTOS: Final = 500  # of one file: an item has MAX_PARTS parts in all
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
    "NICKNAME": (_structured(1), 1, "通称"),  # 3.1.3
    "ORG": (_structured(10), 1, "組織"),  # 3.5.5
    "TITLE": (_line, 5, "役職"),  # 3.5.1
    "ROLE": (_line, 5, "職務"),  # 3.5.2
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
    "PHOTO": Kind.EMBEDDED_FILE,  # where it is none that can be cleaned
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
#: What a photo is written as -> its TYPE (RFC 2426 3.1.4).
_PHOTOS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF"}
_DATA_URI: Final = re.compile(r"data:image/[a-z+.-]{1,40};base64,", re.I)  # RFC 2397
_ORDER: Final = {"ADR": (5, 4, 3, 2, 1, 0, 6)}  # postcode, prefecture, city, street … country


@dataclass(slots=True, kw_only=True)
class _Card:
    """One rebuilt card without its frame, and the photo that lay in it."""

    lines: list[str]
    photo: bytes


class VCard(Sanitizer):
    """The cards of one file."""

    media_types = ("text/vcard",)
    methods = (Method.SANITIZE,)
    outputs = ("text/vcard",)

    def clean(self, job: Job, out: Output) -> Cleaned | Split:
        """Write the cards anew, or their photos to be cleaned first.

        Raises:
            Withheld: EMPTY (also when nothing of it crosses); DAMAGED (no card);
                TOO_MANY_PARTS; the limits of `content_lines`.
        """
        findings = Findings()
        cards = _cards(job, findings)
        if not any(card.photo for card in cards):
            return _written(cards, {}, out, findings)
        members: list[Member] = []
        for card in cards:
            if card.photo:
                offset, number = out.tell(), len(members) + 1
                out.write(card.photo)
                members.append(
                    Member(
                        name=f"photo-{number}",
                        claimed_type="",
                        claimed_charset="",
                        offset=offset,
                        size=len(card.photo),
                    )
                )
        return Split(kind=SplitKind.CONTAINER, members=tuple(members), findings=findings.freeze())

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        """Write the cards with the photos that crossed as images.

        Raises:
            Withheld: as `clean`; INTERNAL when the members are not those of `job`.
        """
        cards = _cards(job, Findings())  # said by `clean` already
        owners = [number for number, card in enumerate(cards) if card.photo]
        if len(owners) != len(members):
            raise Withheld(ReasonCode.INTERNAL, "not the photos of these cards")
        findings = Findings()
        photos: dict[int, str] = {}
        for owner, member in zip(owners, members, strict=True):
            if member.data is not None and member.media_type in _PHOTOS:
                raw = binascii.b2a_base64(member.data, newline=False).decode("ascii")
                photos[owner] = f"PHOTO;ENCODING=b;TYPE={_PHOTOS[member.media_type]}:{raw}"
            else:
                findings.add(Kind.EMBEDDED_FILE, Action.REMOVED, where="card photo")
        return _written(cards, photos, out, findings)


def _cards(job: Job, findings: Findings) -> list[_Card]:
    """All cards of the file that hold something."""
    found = read_components(job.data, job.claimed_charset, findings)
    cards = [card for card in found if card.name == "VCARD"]
    if not cards:
        raise Withheld(ReasonCode.DAMAGED, "no VCARD")
    if len(cards) > MAX_CARDS:
        raise Withheld(ReasonCode.TOO_MANY_PARTS, "cards")
    if len(found) > len(cards):
        count = len(found) - len(cards)
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, count=count, where="component")
    rebuilt = [card for component in cards if (card := _rebuilt(component, findings)).lines]
    if not rebuilt:
        raise Withheld(ReasonCode.EMPTY, "nothing in the cards")
    photos = [card for card in rebuilt if card.photo]
    for card in photos[MAX_PHOTOS:]:
        findings.add(Kind.EMBEDDED_FILE, Action.REMOVED, where="card photo")
        card.photo = b""
    return rebuilt


def _written(
    cards: list[_Card], photos: dict[int, str], out: Output, findings: Findings
) -> Cleaned:
    """Write `cards`; `photos`: number of a card -> its line."""
    for number, card in enumerate(cards):
        photo = [photos[number]] if number in photos else []
        for line in ("BEGIN:VCARD", "VERSION:3.0", *card.lines, *photo, "END:VCARD"):
            out.write(folded(line))
    shown = [_shown(card.lines) for card in cards[:MAX_SHOWN_CARDS]]
    if len(cards) > len(shown):
        shown.append(f"（ほかに{len(cards) - len(shown)}件の連絡先があります）")
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


def _rebuilt(component: Component, findings: Findings) -> _Card:
    """One card; it has no lines where nothing of it crosses."""
    found: dict[str, list[str]] = {}
    photo = b""
    for line in component.lines:
        if line.name == "VERSION":
            if line.value.strip() != "3.0":
                findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED, where="version")
        elif line.name == "SOUND" and "X-IRMC-N" in line.parameters.get("TYPE", ()):
            # The reading of a name, as Japanese telephones write it: no sound at all.
            reading = ContentLine(
                name="SORT-STRING", parameters={}, value=line.value.replace(";", " ").strip()
            )
            _keep(reading, found, findings)
        elif line.name == "PHOTO" and not photo and (photo := _photo(line)):
            continue
        elif line.name not in _PROPERTIES:
            _note_removed(line, findings)
        else:
            _keep(line, found, findings)
    if component.children:
        count = len(component.children)
        findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, count=count, where="component")
    if not any(found.values()):
        return _Card(lines=[], photo=b"")
    if not found.get("FN"):  # required since 3.0 (RFC 2426 3.1.1)
        found["FN"] = ["FN:" + escape(_full_name(found))]
    if not found.get("N"):
        found["N"] = ["N:" + found["FN"][0].partition(":")[2] + ";;;;"]
    lines = [line for name in _PROPERTIES for line in found.get(name, [])]
    return _Card(lines=lines, photo=photo)


def _photo(line: ContentLine) -> bytes:
    """The bytes of a photo that lies in the card, or b""."""
    uri = _DATA_URI.match(line.value)
    stated = (*line.parameters.get("ENCODING", ()), *line.parameters.get("TYPE", ()))
    if uri is None and not {"B", "BASE64"} & {value.upper() for value in stated}:
        return b""
    text = line.value[uri.end() :] if uri is not None else line.value
    try:
        return binascii.a2b_base64(text.encode("ascii", "ignore"))
    except binascii.Error:
        return b""


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
