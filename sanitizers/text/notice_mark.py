"""Breaks imitations of the gateway's own notice in a sender's text.

The notice that the gateway puts into a mail begins with `NOTICE_MARK`. A sender who
writes the same mark could make a reader believe that the gateway said something. A line
that starts like it, however it is spelled, is turned into a quotation ("> …") and a
Subject that starts like a subject of ours likewise. Nothing is deleted.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sanitizers.findings import Action, Findings, Kind

#: The first characters of every notice that the gateway itself writes.
NOTICE_MARK: Final = "【無害化】"

#: Anything that opens or closes: Unicode categories Ps, Pe, Pi, Pf, and their imitations.
_BRACKET: Final = "[{}]".format(
    "".join(
        re.escape(chr(c))
        for c in range(0x21, 0x10000)
        if unicodedata.category(chr(c)) in {"Ps", "Pe", "Pi", "Pf"} or chr(c) in "<>＜＞|｜≪≫"
    )
)
#: Between the characters may stand what is no letter: spaces, marks, invisible ones. The
#: counts keep a line of brackets from being tried in every combination.
_GAP: Final = r"[^\w\n]{0,8}"
#: A line that starts with ">" is a quotation already.
_LEAD: Final = r"(?![^\S\n]{0,40}>)[^\w\n>]{0,40}?"


def _mark(*words: str) -> str:
    inner = "|".join(_GAP.join(f"[{c}]" if len(c) > 1 else c for c in w) for w in words)
    return f"{_LEAD}{_BRACKET}{_GAP}(?:{inner}){_GAP}{_BRACKET}"


_LINE: Final = re.compile(f"^(?={_mark('無害化', '无害化', '無害化処理')})", re.MULTILINE)
_SUBJECT: Final = re.compile(f"(?={_mark('無害化', '无害化', '追加')})")


def break_imitations(text: str, findings: Findings, *, where: str = "body") -> str:
    """Quote every line of `text` that begins like our notice; NOTICE_IMITATION noted."""
    if "害" not in text:
        return text
    text, count = _LINE.subn("> ", text)
    if count:
        findings.add(Kind.NOTICE_IMITATION, Action.NEUTRALIZED, count=count, where=where)
    return text


def break_subject(subject: str, findings: Findings) -> str:
    """The same for a Subject; 【追加】, the mark of a later release, counts as well."""
    if _SUBJECT.match(subject) is None:
        return subject
    findings.add(Kind.NOTICE_IMITATION, Action.NEUTRALIZED, where="header subject")
    return "> " + subject
