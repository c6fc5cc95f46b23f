"""The body that lies in the RTF of a MAPI message: HTML, or text ([MS-OXRTFEX]).

Outlook wraps HTML in RTF and leaves its marks; they are followed here to get the HTML back.
From RTF proper only the text is read, for a message that has no other body. Pictures,
objects, fields and every destination that is not named here are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from sanitizers.text.charset import decode

MAX_GROUPS: Final = 500  # nested; Word stays under 30
_TOKEN: Final = re.compile(
    rb"\\([A-Za-z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[\r\n]+|[^\\{}\r\n]+",
    re.DOTALL,
)
#: Control words that stand for text (RTF 1.9.1, special characters).
_CHARACTERS: Final = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t",
    b"cell": "\t", b"emdash": "—", b"endash": "–", b"bullet": "•", b"lquote": "‘",
    b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
}  # fmt: skip
_SYMBOLS: Final = {b"~": "\u00a0", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\"}
#: Destinations without text of the body.
_SKIPPED: Final = frozenset(
    {b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer",
     b"headerl", b"headerr", b"headerf", b"footerl", b"footerr", b"footerf", b"fldinst",
     b"listtable", b"listoverridetable", b"generator", b"themedata", b"datastore", b"footnote"}
)  # fmt: skip
_OBJECTS: Final = frozenset({b"pict", b"object"})
#: \fcharset → charset (RTF 1.9.1, font table).
_CHARSETS: Final = {
    0: "windows-1252", 77: "macintosh", 128: "cp932", 129: "cp949", 134: "gbk", 136: "big5",
    161: "windows-1253", 162: "windows-1254", 177: "windows-1255", 178: "windows-1256",
    186: "windows-1257", 204: "windows-1251", 222: "windows-874", 238: "windows-1250",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RtfBody:
    """What was found: at most one of both texts is not ""."""

    html: str = ""
    text: str = ""
    objects: int = 0  # pictures and objects that were left out


@dataclass(slots=True)
class _Group:
    skipped: bool = False  # a destination without text
    fonts: bool = False  # the font table
    tag: bool = False  # {\*\htmltag: a piece of the HTML
    hidden: bool = False  # between \htmlrtf and \htmlrtf0, or \v
    charset: str = ""
    unicode_skip: int = 1  # \uc

    def inner(self) -> _Group:
        """What a group inside starts with."""
        return _Group(
            self.skipped, self.fonts, self.tag, self.hidden, self.charset, self.unicode_skip
        )


@dataclass(slots=True)
class _Reader:
    html: bool
    default: str = "windows-1252"
    fonts: dict[int, str] = field(default_factory=dict)
    font: int = 0
    pieces: list[str] = field(default_factory=list)
    run: bytearray = field(default_factory=bytearray)
    run_charset: str = ""
    skip: int = 0  # characters after \u that older readers show
    star: bool = False
    objects: int = 0

    def read(self, rtf: bytes) -> str:
        """All text of the RTF."""
        group = _Group()
        stack: list[_Group] = []
        for m in _TOKEN.finditer(rtf):
            if m[5] == b"{":
                if len(stack) >= MAX_GROUPS:
                    break
                stack.append(group)
                group = group.inner()
                self.skip, self.star = 0, False
            elif m[5] == b"}":
                if not stack:
                    break
                group = stack.pop()
                self.skip = 0
            elif m[1] is not None:
                self._word(m[1], int(m[2]) if m[2] else None, group)
            elif m[3] is not None:
                self._bytes(bytes([int(m[3], 16)]), group)
            elif m[4] is not None:
                if m[4] == b"*":
                    self.star = True
                elif m[4] in _SYMBOLS:
                    self._text(_SYMBOLS[m[4]], group)
            elif m[0][:1] not in b"\r\n":
                self._bytes(m[0], group)
        self._flush()
        return "".join(self.pieces)

    def _word(self, word: bytes, number: int | None, group: _Group) -> None:
        star, self.star = self.star, False
        if word == b"htmltag" and star:
            group.tag, group.skipped = True, False
        elif word == b"fonttbl":
            group.fonts = group.skipped = True
        elif star or word in _SKIPPED:
            group.skipped = True
            self.objects += word in _OBJECTS
        elif word == b"htmlrtf" or (word == b"v" and not self.html):
            group.hidden = number != 0
        elif word == b"ansicpg" and number:
            self.default = f"cp{number}"
        elif word == b"f" and number is not None:
            self.font = number
            if not group.fonts:
                group.charset = self.fonts.get(number, "")
        elif word == b"fcharset" and group.fonts and number is not None and number != 1:
            self.fonts[self.font] = _CHARSETS.get(number, "")
        elif word == b"plain":
            group.charset = ""
        elif word == b"uc" and number is not None:
            group.unicode_skip = max(0, min(number, 8))
        elif word == b"u" and number is not None:
            self._text(chr(number & 0xFFFF), group)
            self.skip = group.unicode_skip
        elif word in _CHARACTERS:
            self._text(_CHARACTERS[word], group)

    def _is_shown(self, group: _Group) -> bool:
        return not group.skipped and (group.tag or not group.hidden)

    def _text(self, text: str, group: _Group) -> None:
        if self.skip:
            self.skip -= 1
        elif self._is_shown(group):
            self._flush()
            self.pieces.append(text)

    def _bytes(self, raw: bytes, group: _Group) -> None:
        dropped = min(self.skip, len(raw))
        self.skip -= dropped
        raw = raw[dropped:]
        if raw and self._is_shown(group):
            charset = group.charset or self.default
            if charset != self.run_charset:
                self._flush()
                self.run_charset = charset
            self.run += raw

    def _flush(self) -> None:
        if self.run:
            self.pieces.append(decode(self.run, self.run_charset).text)
            self.run.clear()


def rtf_body(rtf: bytes) -> RtfBody:
    """The body in `rtf`. Never raises; halves of a character are joined or replaced."""
    head = rtf[:4_096]
    if not head.lstrip().startswith(b"{\\rtf"):
        return RtfBody()
    html = b"\\fromhtml1" in head
    reader = _Reader(html=html)
    text = reader.read(rtf)
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if html:
        return RtfBody(html=text, objects=reader.objects)
    return RtfBody(text=text, objects=reader.objects)
