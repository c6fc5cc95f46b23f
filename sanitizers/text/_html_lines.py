"""The lines of a text as they grow: white space, paragraphs, prefixes, display width.

Knows nothing of HTML elements; `_html_walk` tells it what happens. A `Lines` is one flow
of text (the document, or one table cell). Nothing here ever recurses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

#: White space of CSS Text 3, section 4: never U+3000, never a no-break space.
_SPACES: Final = re.compile("[ \t\n\r\f]+")
#: Scripts written without spaces: a line break of the source between two of these is none.
_CJK: Final = "\u2e80-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff9f"
_IS_CJK: Final = re.compile(f"[{_CJK}\U00020000-\U0003ffff]")
_CJK_BREAK: Final = re.compile(f"(?<=[{_CJK}])(?:[ \t\r\f]{{0,200}})\n[ \t\n\r\f]*(?=[{_CJK}])")
#: Prefixes (quote marks, indentation) stop growing here: nobody reads deeper ones.
_MAX_PREFIX: Final = 40

#: Word writes bullets of lists as text: a letter of a symbol font and many spaces.
_WORD_BULLETS: Final = frozenset({"·", "•", "§", "o", "Ø", "ü", "l", "n"})

_NONE, _SPACE, _BREAK = 0, 1, 2  # what stands between the last word and the next


def _widths() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Classes of characters two columns wide and none wide (Unicode TR 11).

    Ambiguous ones count as wide: that is how the fonts of Japanese Windows draw them.
    """
    parts: dict[int, list[str]] = {0: [], 2: []}
    start, kind = 0, 1
    for point in range(0x80, 0x10000):
        char = chr(point)
        new = 1
        if unicodedata.category(char) in ("Mn", "Me", "Cf"):
            new = 0
        elif unicodedata.east_asian_width(char) in "WFA":
            new = 2
        if new != kind:
            if kind != 1:
                parts[kind].append(f"{chr(start)}-{chr(point - 1)}")
            start, kind = point, new
    if kind != 1:
        parts[kind].append(f"{chr(start)}-\uffff")
    parts[2].append("\U0001f000-\U0003ffff")
    parts[0].append("\U000e0000-\U000e0fff")
    return re.compile(f"[{''.join(parts[2])}]+"), re.compile(f"[{''.join(parts[0])}]")


_WIDE, _NO_WIDTH = _widths()


def width(text: str) -> int:
    """Columns that `text` takes in a font of fixed pitch."""
    if text.isascii():
        return len(text)
    narrow = _WIDE.sub("", text)
    none = 0 if narrow.isascii() else len(_NO_WIDTH.findall(narrow))
    return 2 * len(text) - len(narrow) - none


class Lines:
    """One flow of text. `lines` are finished, `words` make up the line being written."""

    gap = False  # a blank line is due before the next one
    led = False  # one was due before the first line
    _space = _NONE
    _prefix = ""
    _first: str | None = None  # instead of the prefix, for the next line only
    _last_prefix = ""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.words: list[str] = []

    # ------------------------------------------------------------------ inline text

    def text(self, raw: str) -> None:
        """Add text of the source; white space collapses (CSS Text 3, section 4.1)."""
        if not _SPACES.search(raw):
            if raw:
                self.word(raw)
            return
        if "\n" in raw and not raw.isascii():
            raw = _CJK_BREAK.sub("", raw)
        text = _SPACES.sub(" ", raw)
        if not text:
            return
        core = text.strip(" ")
        if not core:
            if self._space == _NONE:
                self._space = _BREAK if "\n" in raw else _SPACE
            return
        if text[0] == " " and self._space == _NONE:
            lead = raw[: len(raw) - len(raw.lstrip(" \t\n\r\f"))]
            self._space = _BREAK if "\n" in lead else _SPACE
        self.word(core)
        if text[-1] == " ":
            tail = raw[len(raw.rstrip(" \t\n\r\f")) :]
            self._space = _BREAK if "\n" in tail else _SPACE

    def word(self, core: str) -> None:
        """Add `core`, which has no white space at its ends, after any space that is due."""
        core = core.replace("\xa0", " ")
        if self._space:
            if self.words and not (
                self._space == _BREAK
                and _IS_CJK.match(self.words[-1], max(0, len(self.words[-1]) - 1))
                and _IS_CJK.match(core)
            ):
                self.words.append(" ")
            self._space = _NONE
        self.words.append(core)

    def space(self) -> None:
        """A space is due before the next word."""
        self._space = _SPACE

    def no_space(self) -> None:
        """No space stands before the next word, whatever the source has there."""
        self._space = _NONE

    def attach(self, text: str) -> None:
        """Add `text` to the last word written, even when its line has ended."""
        if self.words:
            self.words.append(text)
        elif self.lines:
            self.lines[-1] += text
        else:
            self.words.append(text.lstrip(" "))

    def verbatim(self, raw: str) -> None:
        """Add preformatted text: spaces, tabs and line breaks stay."""
        rows = raw.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ").split("\n")
        for index, row in enumerate(rows):
            if index and self.words:
                self.end_line()
            elif index and self.lines:
                self._add("")
            if row:
                self._space = _NONE
                self.words.append(row)

    # ------------------------------------------------------------------------ lines

    def line_break(self) -> None:
        """`<br>`: ends the line, or leaves one blank."""
        if self.words:
            self.end_line()
        else:
            self.gap = True

    def end_line(self) -> None:
        """The edge of a block: what follows starts a line."""
        self._space = _NONE
        if self.words:
            line = (self.words[0] if len(self.words) == 1 else "".join(self.words)).rstrip(" ")
            if line[1:4] == "   " and line[0] in _WORD_BULLETS:
                line = "・" + line[1:].lstrip(" ")
            self.words.clear()
            if line:
                self._add(line)
            else:
                self.gap = True

    def paragraph(self) -> None:
        """The edge of a paragraph: what follows starts a line after a blank one."""
        self.end_line()
        self.gap = True

    def block(self, lines: Iterable[str]) -> None:
        """Add finished lines; empty ones are blank lines."""
        self.end_line()
        for line in lines:
            if line:
                self._add(line)
            else:
                self.gap = True

    def _add(self, line: str) -> None:
        if self.gap:
            self.gap = False
            if self.lines:
                outer = self._prefix
                if len(self._last_prefix) < len(outer):
                    outer = self._last_prefix
                self.lines.append(outer.rstrip(" "))
            else:
                self.led = True
        prefix = self._prefix
        if self._first is not None:
            prefix, self._first = self._first, None
        self.lines.append(prefix + line if line else prefix.rstrip(" "))
        self._last_prefix = self._prefix

    # --------------------------------------------------------------------- prefixes

    def push(self, mark: str, rest: str) -> tuple[str, str | None]:
        """From here, the next line starts with `mark` and the ones after it with `rest`.

        Returns what `pop` takes.
        """
        self.end_line()
        saved = (self._prefix, self._first)
        if len(self._prefix) < _MAX_PREFIX:
            first = self._prefix if self._first is None else self._first
            if len(first) < 2 * _MAX_PREFIX:
                first += mark
            self._prefix += rest
            self._first = first
        return saved

    def pop(self, saved: tuple[str, str | None]) -> None:
        """Back to the prefixes before `push`; a mark that no line has used is dropped."""
        self.end_line()
        used = self._first is None
        self._prefix, self._first = saved
        self._last_prefix = min(self._last_prefix, self._prefix, key=len)
        if used:
            self._first = None

    def finish(self) -> list[str]:
        """All lines, without blank ones at the end."""
        if self.words:
            self.end_line()
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        return self.lines
