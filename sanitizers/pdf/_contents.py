"""Writes a content stream anew, operator by operator (ISO 32000-2, 7.8.2 and annex A).

Tokens of the document go in, operators of the allow-list with checked operands come out:
numbers and strings spelled our way, resource names replaced by our own, comments and
unknown operators gone, marked content gone but for replacement text, content that a
viewer hides by default not painted, q/Q, BT/ET balanced. A resource that cannot be
rebuilt raises through here; an operator that cannot be understood is dropped and counted.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, Protocol

from sanitizers.pdf._inline import InlineImage, read_inline
from sanitizers.pdf._objects import Name, Value
from sanitizers.pdf._operands import MAX_OPERANDS, Bad, read_operand
from sanitizers.pdf._operators import (
    DEVICE_SPACES,
    ENUMERATED,
    GLYPH_METRICS,
    MAX_COMPONENTS,
    NUMERIC,
    PATH_PAINTING,
    RENDERING_INTENTS,
)
from sanitizers.pdf._serialize import real
from sanitizers.pdf._tokens import FAST, PLAIN_LITERAL, TOKEN, TRAILING_ZEROS

_TEXT_MARKS: Final = frozenset({b"BT", b"ET"})
MAX_SAVED: Final = 1_000  # q within q; annex C says 28, real files have up to 100
MAX_MARKED: Final = 1_000  # marked content in marked content


class Resources(Protocol):
    """Who answers for the names that a content stream uses."""

    def font(self, name: Name) -> str | None: ...
    def graphics_state(self, name: Name) -> str | None: ...
    def colour_space(self, name: Name) -> str | None: ...
    def pattern(self, name: Name) -> str | None: ...
    def shading(self, name: Name) -> str | None: ...
    def xobject(self, name: Name) -> str | None: ...
    def inline_image(self, image: InlineImage) -> str | None: ...
    def hidden(self, properties: Value) -> bool: ...
    def replacement(self, properties: Value) -> bytes | None: ...


class ContentWriter:
    """One pass over one stream. `repairs` counts what was dropped or mended."""

    def __init__(self, data: bytes, resources: Resources, *, glyph: bool = False) -> None:
        self._data = data + b"\n"
        self._resources = resources
        self._glyph = glyph
        self._out: list[bytes] = []
        self._operands: list[Value] = []
        self._saved = 0
        self._in_text = False
        self._marked: list[str] = []  # "", "span" or "hidden"
        self._hidden = 0
        self.repairs = 0
        self.concealed = 0  # painting operators in content that is hidden by default

    def rewrite(self) -> bytes:
        """The new stream."""
        data, out, operands = self._data, self._out, self._operands
        at, end = 0, len(data)
        slow = 0  # up to here, token by token
        fast = FAST.match
        while at < end:
            if not operands and not self._hidden and at >= slow:
                match = fast(data, at)
                if match is not None:
                    kind = match.lastgroup
                    if kind == "run":
                        # A name may follow an operator without a blank.
                        if not self._run(match[0].replace(b"/", b" /").split()):
                            slow = match.end()
                            continue
                    elif kind == "show":
                        out.append(match["show"] + b" Tj")
                    elif kind == "array":
                        out.append(_plain_zeros(match["array"]) + b" TJ")
                    elif kind == "close":
                        if not self._end_marked([]):
                            self.repairs += 1
                    elif kind == "operator":
                        name = Name(match["resource"].decode("ascii"))
                        if not _HANDLERS[match["operator"]](self, [name]):
                            self.repairs += 1
                    elif len(self._marked) < MAX_MARKED:  # a number of the structure tree
                        self._marked.append("")
                    at = match.end()
                    continue
            at = self._token(data, at)
        self._close()
        return b"\n".join(out)

    def _token(self, data: bytes, at: int) -> int:
        """One token of any kind; returns where it ends."""
        token = TOKEN.match(data, at)
        if token is None:  # cannot be: the last alternative takes any byte
            return at + 1
        kind = token.lastgroup
        if kind == "space":
            return token.end()
        if kind == "word":
            word = token["word"]
            if word == b"BI":
                return self._inline(data, token.end())
            if word in (b"true", b"false", b"null"):
                self._push({b"true": True, b"false": False}.get(word))
                return token.end()
            return self._word(word, token.end())
        value, end = read_operand(data, at, 0)
        if isinstance(value, Bad):
            self.repairs += 1
        else:
            self._push(value)
        return end

    def _push(self, value: Value) -> None:
        if len(self._operands) < MAX_OPERANDS:
            self._operands.append(value)

    def _word(self, word: bytes, end: int) -> int:
        operands = self._operands
        try:
            if word in NUMERIC:
                self._numeric(word, operands)
            elif (handler := _HANDLERS.get(word)) is not None:
                if not handler(self, operands):
                    self.repairs += 1
            elif word not in (b"BX", b"EX"):
                self.repairs += 1
        finally:
            operands.clear()
        return end

    def _numeric(self, word: bytes, operands: list[Value]) -> None:
        count = NUMERIC[word]
        if count == 0:
            if word in (b"q", b"Q", b"BT", b"ET"):
                self._bare(word)
            elif self._hidden and word in PATH_PAINTING:
                self.concealed += 1
                self._out.append(b"n")
            else:
                self._out.append(word)
            return
        taken = operands[-count:]
        numbers = [_number(v) for v in taken]
        if len(numbers) < count or None in numbers:
            self.repairs += 1
            return
        if word in ENUMERATED:
            (value,) = taken
            if not isinstance(value, int | float) or int(value) not in ENUMERATED[word]:
                self.repairs += 1
                return
            numbers = [b"%d" % int(value)]
        if word in GLYPH_METRICS and not self._glyph:
            self.repairs += 1
            return
        self._out.append(b" ".join([*numbers, word]))  # type: ignore[list-item]

    def _bare(self, word: bytes) -> None:
        if word == b"q":
            if self._saved >= MAX_SAVED:
                self.repairs += 1
                return
            self._saved += 1
        elif word == b"Q":
            if not self._saved:
                self.repairs += 1
                return
            self._saved -= 1
        elif word == b"BT":
            if self._in_text:
                self.repairs += 1
                self._out.append(b"ET")
            self._in_text = True
        else:
            if not self._in_text:
                self.repairs += 1
                return
            self._in_text = False
        self._out.append(word)

    def _close(self) -> None:
        """Close what the stream left open."""
        if self._in_text:
            self._out.append(b"ET")
        self._out += [b"EMC"] * self._marked.count("span")
        self._out += [b"Q"] * self._saved
        self.repairs += self._in_text + self._saved

    def _run(self, parts: list[bytes]) -> bool:
        """Write a run of instructions; False where its balance needs a closer look."""
        opened, closed = parts.count(b"q"), parts.count(b"Q")
        if closed > self._saved or self._saved + opened > MAX_SAVED:
            return False
        marks = [part for part in parts if part in _TEXT_MARKS]
        if marks:
            first = b"ET" if self._in_text else b"BT"
            if marks[0] != first or any(a == b for a, b in pairwise(marks)):
                return False
        at = -1
        for _ in range(parts.count(b"Tf")):
            at = parts.index(b"Tf", at + 1)
            name = self._resources.font(Name(parts[at - 2][1:].decode("ascii")))
            if name is None:
                return False
            parts[at - 2] = b"/" + name.encode("ascii")
        if marks:
            self._in_text = marks[-1] == b"BT"
        self._saved += opened - closed
        joined = b" ".join(parts)
        if b"0 " in joined:
            joined = TRAILING_ZEROS.sub(_without_zeros, joined)
        self._out.append(joined)
        return True

    # Operators with names, strings and arrays: each returns whether it was understood.

    def _font(self, operands: list[Value]) -> bool:
        if len(operands) < 2 or not isinstance(operands[-2], Name):
            return False
        size = _number(operands[-1])
        name = self._resources.font(operands[-2])
        if size is None or name is None:
            return False
        self._out.append(b"/%s %s Tf" % (name.encode("ascii"), size))
        return True

    def _show(self, operands: list[Value]) -> bool:
        if not operands or not isinstance(operands[-1], bytes):
            return False
        if self._conceal():
            return True
        self._out.append(_string(operands[-1]) + b" Tj")
        return True

    def _next_line_show(self, operands: list[Value]) -> bool:
        if not operands or not isinstance(operands[-1], bytes):
            return False
        self._out.append(b"T*")
        return self._show(operands)

    def _spaced_show(self, operands: list[Value]) -> bool:
        if len(operands) < 3 or not isinstance(operands[-1], bytes):
            return False
        word, character = _number(operands[-3]), _number(operands[-2])
        if word is None or character is None:
            return False
        self._out.append(b"%s Tw %s Tc T*" % (word, character))
        return self._show(operands)

    def _show_array(self, operands: list[Value]) -> bool:
        if not operands or not isinstance(operands[-1], list):
            return False
        if self._conceal():
            return True
        parts = []
        for item in operands[-1]:
            part = _string(item) if isinstance(item, bytes) else _number(item)
            if part is not None:
                parts.append(part)
        self._out.append(b"[" + b" ".join(parts) + b"] TJ")
        return True

    def _dash(self, operands: list[Value]) -> bool:
        if len(operands) < 2 or not isinstance(operands[-2], list):
            return False
        lengths = [_number(v) for v in operands[-2]]
        phase = _number(operands[-1])
        if phase is None or None in lengths:
            return False
        joined = b" ".join([v for v in lengths if v is not None])
        self._out.append(b"[" + joined + b"] " + phase + b" d")
        return True

    def _intent(self, operands: list[Value]) -> bool:
        if not operands or operands[-1] not in RENDERING_INTENTS:
            return False
        self._out.append(b"/%s ri" % str(operands[-1]).encode("ascii"))
        return True

    def _state(self, operands: list[Value]) -> bool:
        if not operands or not isinstance(operands[-1], Name):
            return False
        name = self._resources.graphics_state(operands[-1])
        if name is not None:
            self._out.append(b"/%s gs" % name.encode("ascii"))
        return True

    def _space(self, operands: list[Value], word: bytes) -> bool:
        if not operands or not isinstance(operands[-1], Name):
            return False
        found = operands[-1]
        name = str(found) if found in DEVICE_SPACES else self._resources.colour_space(found)
        if name is None:
            return False
        self._out.append(b"/%s %s" % (name.encode("ascii"), word))
        return True

    def _colour(self, operands: list[Value], word: bytes) -> bool:
        pattern = b""
        if operands and isinstance(operands[-1], Name):
            if not word.endswith((b"n", b"N")):
                return False
            name = self._resources.pattern(operands[-1])
            if name is None:
                return False
            pattern = b"/" + name.encode("ascii")
            operands = operands[:-1]
        numbers = [_number(v) for v in operands]
        if None in numbers or len(numbers) > MAX_COMPONENTS or not (numbers or pattern):
            return False
        parts = [v for v in numbers if v is not None] + ([pattern] if pattern else [])
        self._out.append(b" ".join([*parts, word]))
        return True

    def _shading(self, operands: list[Value]) -> bool:
        if not operands or not isinstance(operands[-1], Name):
            return False
        if self._conceal():
            return True
        name = self._resources.shading(operands[-1])
        if name is None:
            return False
        self._out.append(b"/%s sh" % name.encode("ascii"))
        return True

    def _do(self, operands: list[Value]) -> bool:
        if not operands or not isinstance(operands[-1], Name):
            return False
        if self._conceal():
            return True
        name = self._resources.xobject(operands[-1])
        if name is not None:
            self._out.append(b"/%s Do" % name.encode("ascii"))
        return True

    def _inline(self, data: bytes, at: int) -> int:
        """`BI` (8.9.7): the picture becomes an XObject of the stream's resources."""
        self._operands.clear()
        image = read_inline(data, at)
        if image is None:
            self.repairs += 1
            return at
        if not self._conceal():
            name = self._resources.inline_image(image)
            if name is not None:
                self._out.append(b"/%s Do" % name.encode("ascii"))
        return image.end

    def _conceal(self) -> bool:
        if self._hidden:
            self.concealed += 1
        return bool(self._hidden)

    def _begin_marked(self, operands: list[Value]) -> bool:
        if len(self._marked) >= MAX_MARKED:
            return False
        kind = ""
        if len(operands) >= 2 and isinstance(operands[-2], Name):
            if operands[-2] == "OC" and self._resources.hidden(operands[-1]):
                kind = "hidden"
                self._hidden += 1
            else:
                text = None if self._hidden else self._resources.replacement(operands[-1])
                if text is not None:
                    kind = "span"
                    self._out.append(b"/Span << /ActualText %s >> BDC" % _hex(text))
        self._marked.append(kind)
        return True

    def _end_marked(self, operands: list[Value]) -> bool:
        if not self._marked:
            return False
        kind = self._marked.pop()
        if kind == "span":
            self._out.append(b"EMC")
        elif kind == "hidden":
            self._hidden -= 1
        return True

    def _ignore(self, operands: list[Value]) -> bool:
        return True


_HANDLERS: Final = {
    b"Tf": ContentWriter._font,  # 9.3
    b"Tj": ContentWriter._show,  # 9.4.3
    b"'": ContentWriter._next_line_show,
    b'"': ContentWriter._spaced_show,
    b"TJ": ContentWriter._show_array,
    b"d": ContentWriter._dash,  # 8.4.3.6
    b"ri": ContentWriter._intent,  # 8.6.5.8
    b"gs": ContentWriter._state,  # 8.4.5
    b"CS": lambda self, operands: self._space(operands, b"CS"),  # 8.6.8
    b"cs": lambda self, operands: self._space(operands, b"cs"),
    b"SC": lambda self, operands: self._colour(operands, b"SC"),
    b"sc": lambda self, operands: self._colour(operands, b"sc"),
    b"SCN": lambda self, operands: self._colour(operands, b"SCN"),
    b"scn": lambda self, operands: self._colour(operands, b"scn"),
    b"sh": ContentWriter._shading,  # 8.7.4.2
    b"Do": ContentWriter._do,  # 8.8
    b"BMC": ContentWriter._begin_marked,  # 14.6
    b"BDC": ContentWriter._begin_marked,
    b"EMC": ContentWriter._end_marked,
    b"MP": ContentWriter._ignore,
    b"DP": ContentWriter._ignore,
}


def _plain_zeros(text: bytes) -> bytes:
    return TRAILING_ZEROS.sub(_without_zeros, text) if b"(" not in text else text


def _without_zeros(match: re.Match[bytes]) -> bytes:
    return b"." + match[1] if match[1] else b""


def _number(value: Value) -> bytes | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return (b"%d" % value if abs(value) < 10**9 else b"0") if isinstance(value, int) else (
        real(value).encode("ascii")
    )  # fmt: skip


def _hex(data: bytes) -> bytes:
    return b"<" + data.hex().upper().encode("ascii") + b">"


def _string(data: bytes) -> bytes:
    """A string: as it is where no byte needs an escape, else in hex."""
    return b"(" + data + b")" if PLAIN_LITERAL.fullmatch(data) else _hex(data)
