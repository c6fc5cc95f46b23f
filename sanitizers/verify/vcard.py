"""vCard 3.0 as our writer may write it (RFC 2426): cards of allowed properties only.

A photo is decoded and must pass the grammar of its own type.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected
from sanitizers.verify._pictures import Pictures
from sanitizers.verify.gif import GifVerifier
from sanitizers.verify.icalendar import unfolded_lines
from sanitizers.verify.jpeg import JpegVerifier
from sanitizers.verify.png import PngVerifier

_MAX_LINES: Final = 2_000_000
_LINE_OCTETS: Final = 75  # 2.6
_LINE: Final = r"(?!$)[^\\;,\r\n]*+(?:\\[\\;,][^\\;,\r\n]*+)*+"
_TEXT: Final = r"(?!$)[^\\;,\r\n]*+(?:\\[\\;,n][^\\;,\r\n]*+)*+"
#: Structured: unescaped ";" and "," part it (3.1.2).
_PARTS: Final = r"(?!$)[^\\\r\n]*+(?:\\[\\;,][^\\\r\n]*+)*+"

#: Property → everything after its name.
_GRAMMARS: Final = {
    name: re.compile(grammar)
    for name, grammar in {
        "FN": f":{_LINE}",
        "N": f":{_PARTS}",
        "X-PHONETIC-LAST-NAME": f":{_LINE}",
        "X-PHONETIC-FIRST-NAME": f":{_LINE}",
        "SORT-STRING": f":{_LINE}",
        "NICKNAME": f":{_PARTS}",
        "ORG": f":{_PARTS}",
        "TITLE": f":{_LINE}",
        "ROLE": f":{_LINE}",
        "TEL": (
            r"(?:;TYPE=(?:HOME|WORK|CELL|FAX|VOICE|PAGER|MSG|PREF|CAR|TEXT))*"
            r":(?:[0-9+*#()./=A-Za-z －ー‐-]|\\[;,])+"
        ),
        "EMAIL": (
            r"(?:;TYPE=(?:HOME|WORK|INTERNET|PREF))*"
            r":(?:[^\s<>,;:\\]|\\[\\;,])+@[^\s<>,;@\\]+"
        ),
        "ADR": rf"(?:;TYPE=(?:HOME|WORK|POSTAL|PARCEL|DOM|INTL|PREF))*:{_PARTS}",
        "BDAY": r":[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
        "NOTE": f":{_TEXT}",
    }.items()
}
_PHOTO: Final = re.compile(r"PHOTO;ENCODING=b;TYPE=(JPEG|PNG|GIF):([A-Za-z0-9+/]+={0,2})")
_PICTURES: Final = Pictures(JpegVerifier, PngVerifier, GifVerifier)
_MANY: Final = frozenset({"TITLE", "ROLE", "TEL", "EMAIL", "ADR", "NOTE"})
_NAME: Final = re.compile(r"[A-Z][A-Z-]{0,21}")


class VCardVerifier(Verifier):
    """Cards, one after another."""

    media_types = ("text/vcard",)

    def verify(self, data: memoryview) -> None:
        """Accept one or more cards with FN and N.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        lines = iter(unfolded_lines(bytes(data), octets=_LINE_OCTETS, most=_MAX_LINES))
        for line in lines:
            if line != "BEGIN:VCARD" or next(lines, "") != "VERSION:3.0":
                raise Rejected("no card")
            seen: set[str] = set()
            for inner in lines:
                if inner == "END:VCARD":
                    break
                self._property(inner, seen)
            else:
                raise Rejected("card without an end")
            if not {"FN", "N"} <= seen:
                raise Rejected("card without a name")

    @classmethod
    def warm(cls) -> None:
        """Load what the photos' grammars need."""
        _PICTURES.warm()

    @staticmethod
    def _photo(line: str) -> None:
        photo = _PHOTO.fullmatch(line)
        if photo is None:
            raise Rejected("photo that is not allowed")
        try:
            data = base64.b64decode(photo[2], validate=True)
        except binascii.Error as error:
            raise Rejected("photo that is no base64") from error
        _PICTURES.verify(f"image/{photo[1].lower()}", memoryview(data))

    @classmethod
    def _property(cls, line: str, seen: set[str]) -> None:
        name = _NAME.match(line)
        if name is not None and name[0] == "PHOTO":
            cls._photo(line)
        elif name is None or not _allowed(name[0], line, name.end()):
            raise Rejected("property that is not allowed")
        if name[0] in seen and name[0] not in _MANY:
            raise Rejected(f"property more than once: {name[0]}")
        seen.add(name[0])


def _allowed(name: str, line: str, at: int) -> bool:
    grammar = _GRAMMARS.get(name)
    return grammar is not None and grammar.fullmatch(line, at) is not None
