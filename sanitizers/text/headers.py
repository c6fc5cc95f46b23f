"""The header fields that cross, each rebuilt into a checked value.

Only the fields of `_RULES` are looked at; every other one is counted and gone. What is
returned is text made of decoded characters, never raw bytes, without CR, LF, NUL, tab
(but the one tab of an address pair), control or bidi characters. The gateway writes the
fields anew from it.

Values: an address field gives one entry per address, `display + TAB + addr-spec`, where
either side may be empty; In-Reply-To and References are `<id> <id> …`; the rest is one
line of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text.addresses import is_addr_spec
from sanitizers.text.characters import make_harmless
from sanitizers.text.notice_mark import break_subject
from sanitizers.text.words import (
    MAX_ADDRESSES,
    decode_addresses,
    decode_words,
    message_ids,
    parse_date,
)

#: RFC 5322 2.1.1 ends a line at 998; the gateway's marks need room in front of a Subject.
MAX_SUBJECT_CHARS: Final = 900
MAX_DISPLAY_CHARS: Final = 200
#: Senders of one mail; To and Cc end at MAX_ADDRESSES. All of a mail's addresses stay
#: under what one reply of the sandbox may hold.
MAX_SENDERS: Final = 100
MAX_LIST_ID_CHARS: Final = 255  # RFC 2919 3
#: References are kept as RFC 5537 3.4.4 asks: the first one, and the newest ones.
MAX_REFERENCES: Final = 30
#: Characters of In-Reply-To or References; usual identifiers have under 80.
MAX_REFERENCES_CHARS: Final = 3_800
#: Raw bytes of one field that are decoded; a whole address list fits.
MAX_VALUE_BYTES: Final = 400_000
#: Raw bytes of an unstructured field: MAX_SUBJECT_CHARS in ISO-2022-JP as base64 words.
MAX_TEXT_BYTES: Final = 20_000
MAX_HOPS_CHARS: Final = 200

_LIST_ID: Final = re.compile(r"<([A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{1,255})>\s*$")
_LIST_TOKEN: Final = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_PRINTABLE: Final = re.compile(rb"[\x20-\x7e]{1,%d}" % MAX_HOPS_CHARS)
#: RFC 3834 5 and RFC 5436 2.7.1
_AUTO_SUBMITTED: Final = frozenset({"no", "auto-generated", "auto-replied", "auto-notified"})
#: RFC 2156 knows normal, urgent, non-urgent; the others are custom since sendmail.
_PRECEDENCE: Final = frozenset(
    {"bulk", "list", "junk", "first-class", "special-delivery", "normal", "urgent", "non-urgent"}
)
_BULK: Final = frozenset({"bulk", "list", "junk"})

_Values = Iterable[str]
_Rule = Callable[[bytes, Findings, str], _Values]


def rebuild_headers(
    fields: list[tuple[bytes, bytes]], findings: Findings
) -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    """Rebuild the fields that may cross, in the order of the allow-list.

    Args:
        fields: (lower-case name, raw value) as `mime` found them.
        findings: HEADER (removed) counts the others; HEADER_DEFECT notes repeated and
            unreadable ones.

    Returns:
        (canonical name, value) pairs, and the facts: `received` (number of Received
        fields, always there), `hops` (X-Mugaika-Hops, if it is up to 200 printable ASCII
        characters; its key is checked by the gateway), `auto_submitted` ("1", if a program
        sent the mail: Auto-Submitted other than "no", or Precedence bulk, list or junk).
    """
    first: dict[bytes, bytes] = {}
    others = received = repeated = 0
    hops = b""
    for name, value in fields:
        if name in _RULES:
            if name in first and value:
                repeated += 1
            if not first.get(name):
                first[name] = value
            continue
        others += 1
        if name == b"received":
            received += 1
        elif name == b"x-mugaika-hops" and not hops:
            hops = value
    if others:
        findings.add(Kind.HEADER, Action.REMOVED, count=others, where="header")
    if repeated:
        findings.add(Kind.HEADER_DEFECT, Action.NOTED, count=repeated, where="header")
    headers: list[tuple[str, str]] = []
    automatic = False
    for key, (canonical, rule) in _RULES.items():
        raw = first.get(key, b"")
        if not raw:
            continue
        values = list(rule(raw[:MAX_VALUE_BYTES], findings, f"header {canonical.lower()}"))
        if not values:
            findings.add(Kind.HEADER_DEFECT, Action.NOTED, where=f"header {canonical.lower()}")
        headers.extend((canonical, value) for value in values)
        if key == b"auto-submitted":
            # RFC 3834 2: an unknown keyword is still not "no".
            automatic = automatic or values != ["no"]
        elif key == b"precedence":
            automatic = automatic or (bool(values) and values[0] in _BULK)
    facts = {"received": str(received)}
    if _PRINTABLE.fullmatch(hops):
        facts["hops"] = hops.decode("ascii")
    if automatic:
        facts["auto_submitted"] = "1"
    return tuple(headers), facts


def one_line(text: str, findings: Findings, *, where: str, limit: int) -> str:
    """`text` as one harmless line of at most `limit` characters; TRUNCATED if it was cut."""
    text = make_harmless(text, findings, where=where, multiline=False)
    text = " ".join(text.split()) if "\t" in text or "\n" in text else text.strip()
    if len(text) > limit:
        findings.add(Kind.TRUNCATED, Action.NOTED, where=where)
        text = make_harmless(text[: limit - 1], Findings(), multiline=False).rstrip() + "…"
    return text


def decode_subject(raw: bytes, findings: Findings, *, where: str) -> str:
    """A Subject as one harmless line."""
    text = decode_words(raw[:MAX_TEXT_BYTES], findings, where=where)
    return one_line(text, findings, where=where, limit=MAX_SUBJECT_CHARS)


def _subject(raw: bytes, findings: Findings, where: str) -> _Values:
    text = decode_subject(raw, findings, where=where)
    return (break_subject(text, findings),) if text else ()


def _addresses(limit: int) -> _Rule:
    def rule(raw: bytes, findings: Findings, where: str) -> _Values:
        found = decode_addresses(raw, findings, where=where)
        if len(found) > limit or len(found) >= MAX_ADDRESSES:
            findings.add(Kind.TRUNCATED, Action.NOTED, where=where)
        for display, address in found[:limit]:
            if address and not is_addr_spec(address):
                # No address: what the reader saw is kept as a name.
                findings.add(Kind.HEADER_DEFECT, Action.NOTED, where=where)
                display, address = display or address, ""
            display = one_line(display, findings, where=where, limit=MAX_DISPLAY_CHARS)
            if display or address:
                yield f"{display}\t{address}"

    return rule


def _date(raw: bytes, findings: Findings, where: str) -> _Values:
    date = one_line(parse_date(raw[:MAX_TEXT_BYTES]), findings, where=where, limit=60)
    return (date,) if date else ()


def _message_id(raw: bytes, findings: Findings, where: str) -> _Values:
    return message_ids(raw)[:1]


def _references(raw: bytes, findings: Findings, where: str) -> _Values:
    ids = message_ids(raw)
    if len(ids) >= MAX_REFERENCES:
        # `message_ids` ends early in a very long field: the newest stand at its end.
        newest = raw.rsplit(b"<", MAX_REFERENCES - 1)[1:]
        ids = ids[:1] + message_ids(b"<" + b"<".join(newest))
    while len(ids) > 1 and sum(map(len, ids)) + len(ids) > MAX_REFERENCES_CHARS:
        del ids[1]
    return (" ".join(ids),) if ids else ()


def _list_id(raw: bytes, findings: Findings, where: str) -> _Values:
    text = one_line(
        decode_words(raw[:MAX_TEXT_BYTES], findings, where=where),
        findings,
        where=where,
        limit=2 * MAX_LIST_ID_CHARS,
    )
    m = _LIST_ID.search(text)
    if m is not None:
        return (f"<{m[1]}>",)
    m = _LIST_TOKEN.fullmatch(text)
    return (f"<{m[0]}>",) if m is not None else ()


def _keyword(allowed: frozenset[str]) -> _Rule:
    def rule(raw: bytes, findings: Findings, where: str) -> _Values:
        word = raw[:200].decode("ascii", "replace").lower().partition(";")[0]
        word = word.partition("(")[0].strip()
        return (word,) if word in allowed else ()

    return rule


#: What crosses, and how it is rebuilt: lower-case name -> canonical name, rule.
_RULES: Final = MappingProxyType(
    {
        b"from": ("From", _addresses(MAX_SENDERS)),  # RFC 5322 3.6.2
        b"sender": ("Sender", _addresses(MAX_SENDERS)),
        b"reply-to": ("Reply-To", _addresses(MAX_SENDERS)),
        b"to": ("To", _addresses(MAX_ADDRESSES)),  # RFC 5322 3.6.3
        b"cc": ("Cc", _addresses(MAX_ADDRESSES)),
        b"subject": ("Subject", _subject),  # RFC 5322 3.6.5
        b"date": ("Date", _date),  # RFC 5322 3.6.1
        b"message-id": ("Message-ID", _message_id),  # RFC 5322 3.6.4
        b"in-reply-to": ("In-Reply-To", _references),
        b"references": ("References", _references),
        b"list-id": ("List-Id", _list_id),  # RFC 2919
        b"auto-submitted": ("Auto-Submitted", _keyword(_AUTO_SUBMITTED)),  # RFC 3834 5
        b"precedence": ("Precedence", _keyword(_PRECEDENCE)),  # RFC 2156 5.3
    }
)
