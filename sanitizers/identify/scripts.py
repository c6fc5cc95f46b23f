"""Texts that something runs, known by their first lines: whatever their name says.

Scripts have no signature. What is certain by its first line is found alone; words that
people write about, too, count only in a text that begins as code does. A name that makes a
text a program is the business of `textual`.
"""

from __future__ import annotations

import re
from typing import Final

_BAT: Final = "application/x-bat"
_URL: Final = "application/x-mswinurl"
_WSH: Final = "application/x-windows-script"

#: Certain by the beginning alone. Case is ignored.
_STARTS: Final = (
    (r"#![ \t]*[/a-z]", "application/x-sh"),
    (r"<\?(?:php\b|=)", "application/x-php"),
    (r"(?:rem .{0,200}\n\s*|:: .{0,200}\n\s*)?@echo[ \t]+off", _BAT),
    (r"@(?:start|setlocal|powershell|cmd|if|call|cls|rem)\b", _BAT),
    (r"windows registry editor version|regedit4\s", "text/x-registry"),
    (r"WEB\r?\n1\r?\n", "application/x-iqy"),
    (r"ID;P", "application/x-sylk"),
    (r"#@~\^", _WSH),  # encoded script (JSE, VBE)
    (r"(?:screen mode id|full address):[is]:", "application/x-rdp"),
)
#: Sections of an INI text. The first must come before anything but comments; of a shortcut
#: every section counts.
_COMMENTS: Final = r"(?:[ \t]*+(?:[;#][^\n]{0,300}+)?\r?\n){0,50}+\s*+"
_SECTIONS: Final = (
    (r"\[internetshortcut\]", _URL),
    (r"\[(?:internetshortcut|doc_\w{1,40}|\{000214a0-[^\]]{1,40}\})[^\]]{0,40}\]"
     r"(?s:.{0,4000}?)^\[internetshortcut\]", _URL),
    (r"\[desktop entry\]", _URL),
    (r"\[shell\]\s*\r?\n\s*(?:command|iconfile)", "application/x-scf"),
    (r"\[version\]\s*\r?\n(?:[^\[\n]{0,300}\n){0,20}?\s*signature\s*=", "text/x-ms-inf"),
    (r"\[(?:autorun|defaultinstall)\b[^\]]{0,40}\]", "text/x-ms-inf"),
    (r"\[\.shellclassinfo\]", "application/x-scf"),
    (r"\[theme\]\s*\r?\n[a-z]{1,40}\s*=", "application/x-program"),
)  # fmt: skip
#: (how code begins, what it then calls) → type. Both must hold. Comments are matched
#: possessively: a file of nothing but comment signs costs no more than its length.
_CODE: Final = (
    (
        r"(?:'[^\n]{0,200}+\n\s*+){0,20}+(?:option explicit|on error resume next|set \w+ ?=|dim \w|"
        r"const \w|sub \w|function \w|execute\b|createobject|wscript\.)",
        r"createobject *\(|getobject *\(|wscript\.",
        _WSH,
    ),
    (
        r"(?:(?>//[^\n]{0,200}+\n|/\*(?s:.{0,500}?)\*/)\s*+){0,20}+(?:var|let|const|function|\(|!|"
        r"try|eval|new|this|wscript|[\w$.\[\]'\"]{1,60} ?=)",
        r"new +activexobject *\(|wscript\.(?:shell|createobject|echo|quit|arguments|sleep)",
        _WSH,
    ),
    (
        r"(?:(?>#[^\n]{0,200}+\n|<#(?s:.{0,2000}?)#>)\s*+){0,20}+(?:\$[\w:]{1,60} ?=|param ?\(|"
        r"function |\[[\w.]{1,60}\]|iex\b|invoke-\w|powershell(?:\.exe)? +-|set-\w|"
        r"start-process|import-module|add-type|new-object|&)",
        r"new-object\s|invoke-(?:expression|webrequest|command)|\biex\b|downloadstring|"
        r"-enc(?:odedcommand)?\s|set-executionpolicy|start-process|frombase64string",
        "application/x-powershell",
    ),
)

_FLAGS: Final = re.IGNORECASE | re.MULTILINE
_CERTAIN: Final = tuple(
    (re.compile(pattern, _FLAGS), media_type)
    for pattern, media_type in (
        *_STARTS,
        *((_COMMENTS + section, media_type) for section, media_type in _SECTIONS),
    )
)
_PAIRS: Final = tuple(
    (re.compile(begin, _FLAGS), re.compile(call, _FLAGS), media_type)
    for begin, call, media_type in _CODE
)
#: PHP runs from inside of any text; nobody begins a line so in a letter.
_PHP_LINE: Final = re.compile(r"^\s{0,40}<\?php\b", _FLAGS)


def find(text: str) -> str:
    """Media type of what would run `text`, its first characters without blanks; or ""."""
    for pattern, media_type in _CERTAIN:
        if pattern.match(text):
            return media_type
    if _PHP_LINE.search(text):
        return "application/x-php"
    for begin, call, media_type in _PAIRS:
        if begin.match(text) and call.search(text):
            return media_type
    return ""
