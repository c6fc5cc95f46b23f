"""Address lists (RFC 5322, section 3.4) as real mail has them: (display name, addr-spec).

Tolerant of what stands in Japanese mail: display names in raw bytes, quoted encoded-words,
mobile addresses with ".." or "." before the "@" (DoCoMo, au), missing angle brackets,
groups, ";" as separator. Strict in what it gives: an addr-spec has no space, control,
quote out of place, or list syntax; what is not one becomes display text with addr-spec "".
Never raises, is linear, and gives at most `MAX_ADDRESSES`.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text.encoded_words import to_text, words_of

#: Addresses of one field; distribution lists in the open stay in the hundreds.
MAX_ADDRESSES: Final = 1_000
#: Characters: 64 for the local part, "@", 255 for the domain (RFC 5321, section 4.5.3.1).
MAX_ADDR_SPEC: Final = 320

_TOKEN: Final = re.compile(
    r"(?P<word>=\?[^?=\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?=)"
    r'|(?P<quote>")'
    r"|(?P<angle><[^<>]*>?)"
    r"|(?P<comment>\()"
    r"|(?P<separator>[,;])"
    r"|(?P<colon>:)"
    r"|(?P<blank>\s+)"
    r'|(?P<atom>(?:(?!=\?)[^\s",;:<>()])+|.)',
    re.DOTALL,
)
_IN_QUOTES: Final = re.compile(r'\\.|"', re.DOTALL)
_IN_COMMENT: Final = re.compile(r"\\.|[()]", re.DOTALL)
_COMMENT: Final = re.compile(r"\([^()]*\)")
_UNQUOTE: Final = re.compile(r"\\(.)", re.DOTALL)
#: atext and "." (section 3.2.3), with "." anywhere; UTF-8 letters by RFC 6532.
_LOCAL: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~.-]{1,128}")
_QUOTED_LOCAL: Final = re.compile(r'"(?:[!#-\[\]-~]|\\[!-~]){1,126}"')
_DOMAIN: Final = re.compile(r"[\w.-]{1,255}|\[[0-9A-Za-z.:-]{1,100}\]")


def decode_addresses(raw: bytes, findings: Findings, *, where: str = "") -> list[tuple[str, str]]:
    """Each address of the list as (display name, addr-spec), both may be "", never both."""
    text = to_text(raw, findings, where=where)
    last_group_end = text.rfind(";")
    found: list[tuple[str, str]] = []
    entry = _Entry()
    unclosed: set[str] = set()  # seen once: looked for no more, which keeps this linear
    at = 0
    while at < len(text) and len(found) < MAX_ADDRESSES:
        match = _TOKEN.match(text, at)
        if match is None:
            break
        kind, token, at = match.lastgroup, match[0], match.end()
        if kind in ("comment", "quote") and kind not in unclosed:
            end = _end_of(text, at, _IN_COMMENT if kind == "comment" else _IN_QUOTES)
            if end < 0:
                unclosed.add(kind)
            elif kind == "comment":
                entry.comments.append(text[at : end - 1])
                at = end
            else:
                entry.pieces.append(text[at - 1 : end])
                at = end
        elif kind == "separator":
            _close(entry, found, findings, where)
            entry = _Entry()
        elif kind == "colon" and entry.angle is None and at <= last_group_end:
            entry = _Entry()  # the name of a group: its members stand for themselves
        elif kind == "angle":
            entry.angle = _COMMENT.sub("", token.strip("<>")).strip()
        elif kind == "blank":
            entry.pieces.append(" ")
        elif kind == "quote":
            continue  # one that never closes
        else:
            entry.pieces.append(token)
    if at < len(text):
        findings.add(Kind.HEADER_DEFECT, Action.NOTED, where=where)
    _close(entry, found, findings, where)
    return found[:MAX_ADDRESSES]


class _Entry:
    """What has been read of one address."""

    __slots__ = ("angle", "comments", "pieces")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.comments: list[str] = []
        self.angle: str | None = None


def _end_of(text: str, at: int, delimiters: re.Pattern[str]) -> int:
    """Behind what closes the quotes or (nested) comment that opened before `at`, or -1."""
    depth = 1
    for match in delimiters.finditer(text, at):
        depth += {"(": 1, ")": -1, '"': -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    return -1


def _close(entry: _Entry, found: list[tuple[str, str]], findings: Findings, where: str) -> None:
    if entry.angle is None:
        address, display = _bare(entry.pieces)
    else:
        address, display = entry.angle, "".join(_unquoted(p) for p in entry.pieces)
        if address.startswith("@") and ":" in address:  # obsolete route, section 4.4
            address = address.rpartition(":")[2]
    if address[:7].lower() == "mailto:":
        address = address[7:]
    if address and not is_addr_spec(address):
        findings.add(Kind.HEADER_DEFECT, Action.NOTED, where=where)
        display, address = f"{display.rstrip()} {address}", ""
    if not display.strip() and address and entry.comments:
        display = _UNQUOTE.sub(r"\1", entry.comments[-1])
    display = words_of(display, findings, where=where)
    if display or address:
        found.append((display, address))


def _unquoted(piece: str) -> str:
    if piece.startswith('"'):
        return _UNQUOTE.sub(r"\1", piece[1:].removesuffix('"'))
    return piece


def _bare(pieces: list[str]) -> tuple[str, str]:
    """(address, display) of an entry without angle brackets."""
    whole = "".join(pieces).strip()
    if "@" not in whole:
        return "", "".join(_unquoted(p) for p in pieces)
    joined = whole.replace(" @ ", "@").replace(" @", "@").replace("@ ", "@")
    if is_addr_spec(joined):
        return joined, ""
    words: list[list[str]] = [[]]
    for piece in pieces:
        if piece == " ":
            words.append([])
        else:
            words[-1].append(piece)
    address = next((w for w in map("".join, words) if is_addr_spec(w)), "")
    rest = (w for w in words if not address or "".join(w) != address)
    return address, " ".join("".join(_unquoted(p) for p in w) for w in rest)


def is_addr_spec(address: str) -> bool:
    """Whether `address` is an addr-spec that can be written between "<" and ">" as it is."""
    local, at, domain = address.rpartition("@")
    return (
        bool(at)
        and len(address) <= MAX_ADDR_SPEC
        and bool(_LOCAL.fullmatch(local) or _QUOTED_LOCAL.fullmatch(local))
        and bool(_DOMAIN.fullmatch(domain))
    )
