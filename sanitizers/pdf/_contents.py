"""Writes a content stream anew, operator by operator (ISO 32000-2, 7.8.2 and annex A).

Tokens of the document go in, operators of the allow-list with checked operands come out:
numbers and strings spelled our way, resource names replaced by our own, comments and
unknown operators gone, marked content gone but for replacement text, content that a
viewer hides by default not painted, q/Q, BT/ET balanced. A resource that cannot be
rebuilt raises through here; an operator that cannot be understood is dropped and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, Protocol

from sanitizers.pdf._content_runs import PLAIN_RUN, RUN, hexadecimal, joined, literal, split
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
from sanitizers.pdf._tokens import TOKEN

_BALANCED: Final = frozenset({b"q", b"Q", b"BT", b"ET"})
_MARKING: Final = frozenset({b"BDC", b"EMC"})
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
        self._names: dict[bytes, dict[bytes, bytes]] = {}  # of runs: theirs → ours, by operator
        self.repairs = 0
        self.concealed = 0  # painting operators in content that is hidden by default

    def rewrite(self) -> bytes:
        """The new stream."""
        data, operands = self._data, self._operands
        at, end = 0, len(data)
        slow = 0  # up to here, token by token
        while at < end:
            if not operands and not self._hidden and at >= slow:
                plain = PLAIN_RUN.match(data, at)
                match = plain or RUN.match(data, at)
                if match is not None:
                    if self._run(match[0], plain=plain is not None):
                        at = match.end()
                    else:
                        slow = match.end()
                    continue
            at = self._token(data, at)
        self._close()
        return b"\n".join(self._out)

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

    def _run(self, run: bytes, *, plain: bool) -> bool:
        """Write a run of instructions; False where it needs a closer look."""
        tokens, strings = split(run, plain=plain)
        saved, in_text = self._saved, self._in_text
        balanced = any(mark in run for mark in _BALANCED)  # many a long path has none
        for token in filter(_BALANCED.__contains__, tokens) if balanced else ():
            if token == b"q":
                saved += 1
            elif token == b"Q":
                saved -= 1
            elif in_text is (token == b"BT"):
                return False
            else:
                in_text = not in_text
            if not 0 <= saved <= MAX_SAVED:
                return False
        marked = self._marked
        if b"BDC" in run or b"EMC" in run:
            left = self._without_marks(tokens)
            if left is None:
                return False
            tokens, marked = left
        if b"/" in run and not self._named(run, tokens):
            return False
        self._saved, self._in_text, self._marked = saved, in_text, marked
        if tokens:
            self._out.append(joined(tokens, strings))
        return True

    def _named(self, run: bytes, tokens: list[bytes]) -> bool:
        """Put our names of resources in the place of the document's; False: one is unknown."""
        for operator, (names, find) in _NAMING.items():
            if operator not in run:
                continue
            known = self._names.setdefault(operator, {})
            for at in _places(tokens, operator):
                found = tokens[at - names]
                if found not in known:
                    name = find(self._resources, Name(found[1:].decode("ascii")))
                    if name is None:
                        return False
                    known[found] = b"/" + name.encode("ascii")
                tokens[at - names] = known[found]
        return True

    def _without_marks(self, tokens: list[bytes]) -> tuple[list[bytes], list[str]] | None:
        """Leave the marks of the structure tree out; None where there are too many."""
        marked = self._marked.copy()
        kept: list[bool] = []  # of the ends of marks, in order
        for token in filter(_MARKING.__contains__, tokens):
            if token == b"BDC":
                marked.append("")
            elif not marked or len(marked) > MAX_MARKED:
                return None
            else:
                kept.append(marked.pop() == "span")
        if len(marked) > MAX_MARKED:
            return None
        if not any(kept):
            return [token for token in tokens if token not in _MARKING], marked
        ends = iter(kept)
        left = [t for t in tokens if t not in _MARKING or (t == b"EMC" and next(ends))]
        return left, marked

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
        self._out.append(literal(operands[-1]) + b" Tj")
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
            part = literal(item) if isinstance(item, bytes) else _number(item)
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
        name = _space_name(self._resources, found)
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
                    self._out.append(b"/Span << /ActualText %s >> BDC" % hexadecimal(text))
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


def _places(tokens: list[bytes], operator: bytes) -> Iterator[int]:
    """Where an operator stands, found at the speed of the list's own search."""
    at = -1
    with suppress(ValueError):
        while True:
            at = tokens.index(operator, at + 1)
            yield at


def _space_name(resources: Resources, name: Name) -> str | None:
    return str(name) if name in DEVICE_SPACES else resources.colour_space(name)


#: Operators of a run that name a resource: how many tokens before, and who knows it.
_NAMING: Final[dict[bytes, tuple[int, Callable[[Resources, Name], str | None]]]] = {
    b"Tf": (2, lambda resources, name: resources.font(name)),
    b"gs": (1, lambda resources, name: resources.graphics_state(name)),
    b"Do": (1, lambda resources, name: resources.xobject(name)),
    b"cs": (1, _space_name),
    b"CS": (1, _space_name),
}
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


def _number(value: Value) -> bytes | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return (b"%d" % value if abs(value) < 10**9 else b"0") if isinstance(value, int) else (
        real(value).encode("ascii")
    )  # fmt: skip
