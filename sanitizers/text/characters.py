"""Takes out of a text what a reader cannot see and a program might obey.

`make_harmless` removes control characters, bidirectional controls (Unicode TR 36, "Trojan
Source") and invisible characters, and reports them. Two kinds of invisible characters are
writing, not hiding, and stay where they belong: joiners inside emoji and between letters of
Arabic and Indic scripts, and variation selectors after kanji (IVS: names of people need
them) and emoji. Private use stays too: the gaiji of local governments live there.

`is_harmless` is the total check of the same thing and the last one before a text crosses.
It is written on its own, as an allow-list by general category (Unicode chapter 4.5), and
shares with `make_harmless` only the table of which characters may follow which.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import chain
from typing import Final

from sanitizers.findings import Action, Findings, Kind

# ------------------------------------------------------- what may stand beside what

#: Kanji that take a variation selector: U+3005-3007, CJK blocks, planes 2 and 3.
_IDEOGRAPH: Final = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
#: Bases of emoji sequences (Unicode TR 51): keycaps, signs, arrows, the emoji blocks.
_EMOJI: Final = (
    "#*0-9\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001fbff"
)
#: Scripts where a joiner changes the shape of a word: Arabic, Syriac, Indic, Mongolian.
_JOINING: Final = "\u0620-\u06ff\u0700-\u07ff\u08a0-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17d3"
_ZWNJ: Final = "\u200c"
_ZWJ: Final = "\u200d"
_SELECTORS: Final = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_INVISIBLE_RUN: Final = re.compile(f"[{_ZWNJ}{_ZWJ}{_SELECTORS}]+")
_IS_IDEOGRAPH: Final = re.compile(f"[{_IDEOGRAPH}]")
_IS_EMOJI: Final = re.compile(f"[{_EMOJI}]")
_IS_JOINING: Final = re.compile(f"[{_JOINING}]")
_AFTER_IDEOGRAPH: Final = re.compile("[\ufe00-\ufe02\U000e0100-\U000e01ef]")
_AFTER_EMOJI: Final = re.compile(f"[\ufe0e\ufe0f]{_ZWJ}?|{_ZWJ}")

# ---------------------------------------------------------------- what make_harmless finds

_BREAK: Final = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]")
_BREAK_OR_TAB_RUN: Final = re.compile("[\n\r\t\x0b\x0c\x85\u2028\u2029]+")
_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Default-ignorable or blank without being a space (Unicode 15, DerivedCoreProperties),
#: other than the joiners and selectors above and the bidi controls.
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
)
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
#: Format characters that are seen: Arabic, Syriac and Kaithi number and verse signs.
_SEEN_FORMAT: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
#: Unassigned in this Python's Unicode tables but in use since: signs of new currencies,
#: new emoji, new kanji (Unicode 15, 15.1, 16: blocks whose every code point is visible).
_NEW: Final = ((0x20C1, 0x20CF), (0x1F000, 0x1FAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD))


def _is_new(point: int) -> bool:
    return any(low <= point <= high for low, high in _NEW)


def _no_characters() -> str:
    """A set of surrogates, noncharacters, unassigned code points and unknown formats."""
    parts: list[str] = ["\ud800-\udfff"]
    start = -1
    for point in chain(range(0x20000), (0x20000,)):
        char = chr(point)
        bad = point < 0x20000 and (
            (unicodedata.category(char) == "Cn" and not _is_new(point))
            or (unicodedata.category(char) == "Cf" and char not in _SEEN_FORMAT)
        )
        bad = bad and not any(p.match(char) for p in (_BIDI, _UNSEEN, _INVISIBLE_RUN))
        if bad and start < 0:
            start = point
        elif not bad and start >= 0:
            parts.append(f"{chr(start)}-{chr(point - 1)}")
            start = -1
    for plane in (2, 3):
        parts.append(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}")
    parts.append("\U00040000-\U000dffff\U000e1000-\U000effff")
    parts.append("\U000ffffe\U000fffff\U0010fffe\U0010ffff")
    return f"[{''.join(parts)}]"


_NO_CHARACTER: Final = re.compile(_no_characters())
_NONCHARACTER: Final = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(p * 0x10000 + e) for p in range(17) for e in (0xFFFE, 0xFFFF))
    + "]"
)
_PLANE_0: Final = "".join(map(chr, range(0x10000)))
#: What any rule here may touch, and all beyond the Basic Multilingual Plane: texts without
#: it are nearly all, and searched with one bitmap (hundreds of ranges would cost the time).
_SUSPECT: Final = re.compile(
    "["
    + "".join(
        char
        for known in (_CONTROL, _NONCHARACTER, _BIDI, _UNSEEN, _NO_CHARACTER, _INVISIBLE_RUN)
        for char in known.findall(_PLANE_0)
    )
    + "\r\x0b\x0c\x85\u2028\u2029\U00010000-\U0010ffff]"
)
_ASCII_SUSPECT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_BREAKS: Final = frozenset("\r\x0b\x0c\x85\u2028\u2029")


@lru_cache(maxsize=65_536)
def _fate(char: str) -> tuple[Kind, str] | None:
    """As what `char` is counted and what it becomes; None when it stays."""
    if _CONTROL.match(char) or _NONCHARACTER.match(char):
        return Kind.CONTROL_CHARACTER, ""
    if _BIDI.match(char):
        return Kind.BIDI_CONTROL, ""
    if _UNSEEN.match(char):
        return Kind.ZERO_WIDTH, ""
    if _NO_CHARACTER.match(char):
        return Kind.CONTROL_CHARACTER, "\ufffd"
    return None


def is_plain(text: str) -> bool:
    """Whether `make_harmless` surely finds nothing in `text`, nor in any piece of it."""
    return not (_ASCII_SUSPECT if text.isascii() else _SUSPECT).search(text)


def make_harmless(text: str, findings: Findings, *, where: str = "", multiline: bool = True) -> str:
    """`text` without controls, bidi controls and hidden characters; each kind is a finding.

    Every kind of line break becomes "\\n"; without `multiline` a run of breaks and tabs
    becomes one space. The result always passes `is_harmless` of the same `multiline`.
    """
    if multiline and "\r\n" in text:
        text = text.replace("\r\n", "\n")
    if is_plain(text):
        return text if multiline else _BREAK_OR_TAB_RUN.sub(" ", text)
    used = set(text)  # few, even in a long text: all rules look at these first
    if not multiline:
        text = _BREAK_OR_TAB_RUN.sub(" ", text)
    elif used & _BREAKS:
        text = _BREAK.sub("\n", text)
    fates = {char: fate for char in used - _BREAKS if (fate := _fate(char))}
    counts: Counter[Kind] = Counter()
    if fates:
        for char, count in Counter(text).items():
            if char in fates:
                counts[fates[char][0]] += count
        text = text.translate({ord(char): become for char, (_, become) in fates.items()})
    if any(_INVISIBLE_RUN.match(char) for char in used):
        text, hidden = _keep_joiners(text)
        counts[Kind.ZERO_WIDTH] += hidden
    for kind in sorted(kind for kind, count in counts.items() if count):
        findings.add(kind, Action.NEUTRALIZED, count=counts[kind], where=where)
    return text


def _allowed_run(before: str, run: str, after: str) -> str:
    """The longest start of `run` (joiners, selectors) that writes something here, or ""."""
    if _IS_IDEOGRAPH.match(before) and _AFTER_IDEOGRAPH.match(run):
        return run[0]
    if _IS_EMOJI.match(before):
        match = _AFTER_EMOJI.match(run)
        kept = match[0] if match else ""
        if kept.endswith(_ZWJ) and not _IS_EMOJI.match(after):
            kept = kept[:-1]
        return kept
    if run[0] in (_ZWNJ, _ZWJ) and _IS_JOINING.match(before) and _IS_JOINING.match(after):
        return run[0]
    return ""


def _keep_joiners(text: str) -> tuple[str, int]:
    removed = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal removed
        start, end = match.span()
        kept = _allowed_run(text[start - 1 : start], match[0], text[end : end + 1])
        removed += end - start - len(kept)
        return kept

    return _INVISIBLE_RUN.sub(replace, text), removed


# ----------------------------------------------------------------- the independent check

#: General categories whose characters are seen: letters, marks, numbers, punctuation and
#: symbols (by their first letter), spaces and private use.
_SEEN_MAJOR: Final = frozenset("LMNPS")
_SEEN_MINOR: Final = frozenset({"Zs", "Co"})
#: Blank or invisible in spite of their category.
_BLANK_LETTERS: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
)
_CONTEXTUAL_MN: Final = re.compile(f"[{_SELECTORS}]")


@lru_cache(maxsize=65_536)
def _is_seen(char: str) -> bool:
    if char in _SEEN_FORMAT or (_is_new(ord(char)) and ord(char) & 0xFFFE != 0xFFFE):
        return True
    if char in _BLANK_LETTERS or _CONTEXTUAL_MN.match(char):
        return False
    category = unicodedata.category(char)
    return category[0] in _SEEN_MAJOR or category in _SEEN_MINOR


def is_harmless(text: str, *, multiline: bool = True) -> bool:
    """Whether every character of `text` is seen, or is a joiner or selector in its place.

    Beyond that only "\\n" and tab are allowed, and these only with `multiline`.
    """
    odd = {char for char in set(text) if not _is_seen(char)}
    if multiline:
        odd -= {"\n", "\t"}
    if not odd:
        return True
    if any(not _INVISIBLE_RUN.match(char) for char in odd):
        return False
    return all(
        _allowed_run(
            text[m.start() - 1 : m.start()] if m.start() else "",
            m[0],
            text[m.end() : m.end() + 1],
        )
        == m[0]
        for m in _INVISIBLE_RUN.finditer(text)
    )
