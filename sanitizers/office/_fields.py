"""Field codes of text documents (ECMA-376-1:2016, 17.16): which may cross, in which form.

A field crosses when its name is listed and its arguments fit the name's grammar; it is then
written anew from its parsed form. Any other field leaves its last result as text: those that
fetch or run (INCLUDETEXT, LINK, DDEAUTO, MACROBUTTON, DATABASE …) and those whose hidden
branches or names nobody sees.
"""

from __future__ import annotations

import re
from typing import Final

MAX_CODE: Final = 2_000  # characters of one field code; indexes of long tables use 200

#: 17.16.4.1 general formatting, .2 numeric pictures, .3 dates: what every field may have.
_FORMATS: Final = (
    r'(?:\\\*\s*(?:[A-Za-z]{1,20}\d{0,2}|"[^"\\]{0,60}")\s*'
    r'|\\[#@]\s*(?:"[^"\\]{0,60}"|[^\s"\\]{1,40})\s*)*'
)
_BOOKMARK: Final = r'"?[^\s"\\]{1,60}"?\s*'
_QUOTED: Final = r'"(?:[^"\\]|\\.){0,500}"\s*'
_SWITCH: Final = r"\\[a-z!]\s*"
_SWITCH_VALUE: Final = rf"{_SWITCH}(?:{_QUOTED}|[^\s\"\\]{{1,60}}\s*)?"
_PLAIN: Final = re.compile(_FORMATS)
_POINTS: Final = re.compile(rf"{_BOOKMARK}(?:{_SWITCH_VALUE}|{_FORMATS})*")
_SEQUENCE: Final = re.compile(rf"{_BOOKMARK}(?:{_BOOKMARK})?(?:{_SWITCH_VALUE}|{_FORMATS})*")
_LIST: Final = re.compile(rf"(?:{_SWITCH_VALUE}|\\\*\s*[A-Za-z]{{1,20}}\s*)*")
_ENTRY: Final = re.compile(rf"{_QUOTED}(?:{_SWITCH_VALUE})*")
_SYMBOL: Final = re.compile(rf"(?:0x)?[0-9A-Fa-f]{{1,6}}\s*(?:{_SWITCH_VALUE})*")
_EQUATION: Final = re.compile(r"[^\x00-\x1f]{0,2000}")
_CALCULATION: Final = re.compile(
    r'(?:[-+*/%^()<>=,;:.\d\s\x00]|SUM|ABOVE|BELOW|LEFT|RIGHT|AVERAGE|COUNT|MAX|MIN|PRODUCT|INT'
    r'|MOD|ROUND|ABS|[A-Z]{1,2}\d{1,3})*' + _FORMATS, re.IGNORECASE
)  # fmt: skip
#: A link to a place in the same document (17.16.5.25, `\l`).
_INTERNAL: Final = re.compile(
    r'(?:\\[hnt]\s*)*\\l\s*"?([^"\\]{1,255}?)"?\s*(?:\\[ho]\s*(?:"[^"]*")?\s*)*'
)

#: 17.16.5, each with what may follow its name. `None`: nothing in the table, see below.
NAMES: Final[dict[str, re.Pattern[str]]] = {
    **dict.fromkeys(
        ("PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES", "DATE", "TIME", "NUMCHARS", "NUMWORDS",
         "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN", "AUTONUM", "AUTONUMLGL", "AUTONUMOUT",
         "TITLE", "REVNUM", "EDITTIME"),
        _PLAIN,
    ),
    **dict.fromkeys(("REF", "PAGEREF", "NOTEREF", "STYLEREF", "LISTNUM"), _POINTS),
    "SEQ": _SEQUENCE,
    **dict.fromkeys(("TOC", "INDEX", "TOA"), _LIST),
    **dict.fromkeys(("TC", "XE", "TA"), _ENTRY),
    "SYMBOL": _SYMBOL,
    "ADVANCE": _LIST,
    "EQ": _EQUATION,
    "=": _CALCULATION,
    "HYPERLINK": _INTERNAL,
}  # fmt: skip
#: Addresses and network paths: no field that crosses has any.
_OUTSIDE: Final = re.compile(r"://|\\\\[^*#@ ]|\bfile:", re.IGNORECASE)
_BUTTON: Final = re.compile(r"(?:MACROBUTTON|GOTOBUTTON) +\S+ +([^\\\x00]+)", re.IGNORECASE)
_SPLIT: Final = re.compile(r"\s*(=|[A-Za-z]{1,20})\s*(.*)", re.DOTALL)
_SPACE: Final = re.compile(r"[\t\r\n\xa0]+")


def rebuilt(code: str) -> str:
    """`code` written anew when it may cross, else "". "\\0" stands for a field inside it."""
    if len(code) > MAX_CODE:
        return ""
    match = _SPLIT.fullmatch(_SPACE.sub(" ", code).strip())
    if match is None:
        return ""
    name, rest = match[1].upper(), match[2].strip()
    grammar = NAMES.get(name)
    if (
        grammar is None
        or _OUTSIDE.search(rest)
        or ("\0" in rest and name != "=")
        or not grammar.fullmatch(rest)
    ):
        return ""
    return f" {name} {rest} " if rest else f" {name} "


def name_of(code: str) -> str:
    """The field's name in capitals, or ""."""
    match = _SPLIT.match(code.lstrip())
    return match[1].upper() if match else ""


def label(code: str) -> str:
    """What a button field shows: it stands in its code (17.16.5.23, 17.16.5.32), or ""."""
    match = _BUTTON.fullmatch(_SPACE.sub(" ", code).strip())
    return match[1] if match else ""


def is_safe(code: str) -> bool:
    """Whether `code` is one that `rebuilt` writes."""
    return rebuilt(code) == code
