"""JSON as our writer may write it: RFC 8259, its whole grammar, in visible characters."""

from __future__ import annotations

import re
from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected
from sanitizers.verify.text import visible

_LEVELS: Final = 200
#: RFC 8259, 3, 6 and 7; of the escapes only those that our writer has.
_TOKEN: Final = re.compile(
    r'[ \n]*+(?:(?P<string>"(?:[^"\\\x00-\x1f]|\\["\\nt])*+")'
    r"|(?P<scalar>-?(?:0|[1-9]\d{0,399})(?:\.\d{1,399})?(?:[eE][+-]?\d{1,399})?|true|false|null)"
    r"|(?P<sign>[][{},:]))"
)
_VALUE: Final = frozenset(("string", "scalar"))


class JsonVerifier(Verifier):
    """One JSON text."""

    media_types = ("application/json",)

    def verify(self, data: memoryview) -> None:
        """Accept one value that the grammar consumes whole.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        text = visible(bytes(data), line_end="\n")
        if text.startswith("\ufeff"):
            raise Rejected("a byte order mark")
        open_: list[str] = []
        wanted = "value"  # value, member, colon, next (comma or end), first (member or end)
        at = 0
        while match := _TOKEN.match(text, at):
            at = match.end()
            kind = match.lastgroup or ""
            wanted = _step(kind, match["sign"] or "", wanted, open_)
            if len(open_) > _LEVELS:
                raise Rejected("too deep")
            if wanted == "end":
                break
        if wanted != "end" or text[at:] != "\n":
            raise Rejected("not one JSON value")


def _step(kind: str, sign: str, wanted: str, open_: list[str]) -> str:
    """What may follow this token.

    Raises:
        Rejected: it may not stand here.
    """
    if kind in _VALUE and wanted in ("value", "value or end"):
        return "next" if open_ else "end"
    if kind == "string" and wanted in ("member", "member or end"):
        return "colon"
    if sign == ":" and wanted == "colon":
        return "value"
    if sign in ("{", "[") and sign and wanted in ("value", "value or end"):
        open_.append(sign)
        return "member or end" if sign == "{" else "value or end"
    if sign == "," and wanted == "next":
        return "member" if open_[-1] == "{" else "value"
    if sign in ("}", "]") and sign and wanted in ("next", "member or end", "value or end"):
        if not open_ or open_.pop() != {"}": "{", "]": "["}[sign]:
            raise Rejected("brackets that do not match")
        return "next" if open_ else "end"
    raise Rejected("JSON that is not well-formed")
