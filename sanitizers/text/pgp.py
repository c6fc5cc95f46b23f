"""OpenPGP armor in the text of a mail (RFC 9580 6.2 and 7; RFC 4880 the same).

Signed text stays and its signature goes; encrypted blocks and keys give way to a line that
says so: nobody here can look into them.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.findings import Action, Findings, Kind

#: Said where a block stood.
ENCRYPTED_NOTE: Final = "（PGPで暗号化された部分は、中身を確認できないため省きました。）"
KEY_NOTE: Final = "（PGPの鍵は省きました。）"

_START: Final = "-----BEGIN PGP "
#: What replies put before a line.
_QUOTED: Final = r"[ \t>]{0,20}"
_FIELDS: Final = rf"(?:{_QUOTED}[A-Za-z-]{{1,40}}: [^\n]*\n)*+"
#: 6.2: head, headers, lines of base64; the tail may be missing. What is no armor stays.
_BLOCK: Final = re.compile(
    rf"^{_QUOTED}-----BEGIN PGP"
    r" (MESSAGE(?:, PART [0-9/]{1,9})?|SIGNATURE|(?:PUBLIC|PRIVATE) KEY BLOCK)-----[ \t]*$\n?"
    rf"{_FIELDS}(?:{_QUOTED}[A-Za-z0-9+/=]{{0,100}}[ \t]*\n)*+"
    rf"(?:{_QUOTED}-----END PGP [A-Z0-9/, ]{{1,40}}-----[ \t]*$"
    rf"|{_QUOTED}[A-Za-z0-9+/=]{{20,100}}\Z)?",
    re.MULTILINE,
)
#: 7: the head of signed text, its Hash lines and one empty line.
_SIGNED: Final = re.compile(
    rf"^{_QUOTED}-----BEGIN PGP SIGNED MESSAGE-----[ \t]*$\n?{_FIELDS}(?:{_QUOTED}\n)?",
    re.MULTILINE,
)
_ESCAPED: Final = re.compile(r"^- (?=-)", re.MULTILINE)  # 7.2


def without_armor(text: str, findings: Findings, *, where: str = "") -> str:
    """`text` ("\\n" line ends) without armored blocks; findings say what went."""
    if _START not in text:
        return text

    def note(match: re.Match[str]) -> str:
        kind = match[1]
        if kind == "SIGNATURE":
            findings.add(Kind.SIGNED_MAIL, Action.REMOVED, where=where)
            return ""
        encrypted = kind.startswith("MESSAGE")
        findings.add(
            Kind.ENCRYPTION if encrypted else Kind.EMBEDDED_OBJECT, Action.REMOVED, where=where
        )
        return ENCRYPTED_NOTE if encrypted else KEY_NOTE

    text = _BLOCK.sub(note, text)
    text, signed = _SIGNED.subn("", text)
    return _ESCAPED.sub("", text) if signed else text
