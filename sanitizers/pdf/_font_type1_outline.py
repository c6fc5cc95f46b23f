"""Type 1 charstrings become Type 2 (Adobe Type 1 Font Format 1.1, chapters 6 and 8; TN 5177).

A bounded interpreter runs one charstring: coordinates stay the numbers they are, flexes
become their two curves, accented letters are drawn from their parts, hints are dropped.
No PostScript is run: of the other subroutines only those of chapter 8 are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_type2 import ENDCHAR, MAX_CHARSTRING, MAX_OPERANDS, encoded

MAX_CALLS: Final = 10  # subroutines in subroutines (8.4)
MAX_STACK: Final = 48  # operands; the format says 24, blends of master designs use more
MAX_FONT_STEPS: Final = 20_000_000  # bytes run of all glyphs of one font: some ten seconds

_RLINETO, _HLINETO, _VLINETO, _RRCURVETO, _VHCURVETO, _HVCURVETO = 5, 6, 7, 8, 30, 31
_RMOVETO, _HMOVETO, _VMOVETO = 21, 22, 4
_CLOSEPATH, _CALLSUBR, _RETURN, _ESCAPE, _HSBW, _ENDCHAR = 9, 10, 11, 12, 13, 14
_SEAC, _SBW, _DIV, _CALLOTHERSUBR, _POP, _SETCURRENTPOINT = 6, 7, 12, 16, 17, 33
#: 6.4: hints, and the operator 15 of old fonts, which takes two operands for nothing.
_HINTS: Final = frozenset({1, 3, 15})
_ESCAPED_HINTS: Final = frozenset({0, 1, 2})  # dotsection, vstem3, hstem3
#: Chapter 8: flex (0 to 2), hint replacement (3), and blends (14 to 18) with their results.
_FLEX_END, _FLEX_START, _FLEX_POINT, _REPLACE_HINTS = 0, 1, 2, 3
_BLENDS: Final = {14: 1, 15: 2, 16: 3, 17: 4, 18: 6}
_FLEX_POINTS: Final = 7

#: Lines and curves of one kind that follow each other are written as one operator.
_JOINED: Final = frozenset({_RLINETO, _RRCURVETO})
_ALTERNATING: Final = {_HLINETO: (_VLINETO, 1), _VLINETO: (_HLINETO, 1),
                       _HVCURVETO: (_VHCURVETO, 4), _VHCURVETO: (_HVCURVETO, 4)}  # fmt: skip


class _Writer:
    """Type 2 operators; the width stands before the first."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._operator = 0
        self._args: list[bytes] = []
        self._count = 0

    def add(self, operator: int, *values: float) -> None:
        """Draw by `operator`, joined with what went before where the format allows."""
        args = [encoded(value) for value in values]
        if self._args and len(self._args) + len(args) <= MAX_OPERANDS:
            if operator == self._operator and operator in _JOINED:
                self._args += args
                return
            turn = _ALTERNATING.get(self._operator)
            if turn is not None:
                odd = len(self._args) // turn[1] % 2
                if operator == (turn[0] if odd else self._operator):
                    self._args += args
                    return
        self._flush()
        self._operator, self._args = operator, args

    def _flush(self) -> None:
        if self._args:
            self._pieces += (*self._args, bytes((self._operator,)))
            self._args = []

    def charstring(self, width: float) -> bytes:
        """All of it, with the width and the end."""
        self._flush()
        return encoded(width) + b"".join(self._pieces) + ENDCHAR


class Outlines:
    """The glyphs of one font: their charstrings (decrypted) by name, and what they call."""

    def __init__(
        self,
        glyphs: Mapping[str, bytes],
        subrs: Mapping[int, bytes],
        standard: Sequence[str],
        weights: Sequence[float] = (),
    ) -> None:
        self._glyphs, self._subrs = glyphs, subrs
        self._standard = standard  # the names of StandardEncoding, for accented letters
        self._weights = weights  # of the master designs, if there are any
        self._steps = 0

    def charstring(self, name: str) -> bytes:
        """The glyph as a Type 2 charstring.

        Raises:
            BadFont: an operator that is not known, too few operands, or a limit.
        """
        self._writer = _Writer()
        self._x = self._y = 0.0  # Type 1's current point
        self._pen = (0.0, 0.0)  # Type 2's
        self._width: float | None = None
        self._depth = 0
        self._glyph(name, 0.0, 0.0)
        made = self._writer.charstring(self._width or 0.0)
        if len(made) > MAX_CHARSTRING:
            raise BadFont("charstring")
        return made

    def _glyph(self, name: str, dx: float, dy: float) -> None:
        """Draw the glyph with its origin moved by (dx, dy)."""
        self._origin = (dx, dy)
        self._open = False
        self._flex: list[tuple[float, float]] | None = None
        self._flex_start = (0.0, 0.0)
        self._flex_open = False
        self._stack: list[float] = []
        self._given: list[float] = []  # by other subroutines, to be popped
        self._bearing = 0.0
        if name not in self._glyphs:
            raise BadFont("part of an accented letter")
        try:
            self._run(self._glyphs[name], 0)
        except IndexError as error:
            raise BadFont("operands of a charstring") from error

    def _run(self, code: bytes, depth: int) -> bool:
        """True when the glyph has ended."""
        at, end, stack = 0, len(code), self._stack
        self._steps += end  # no step takes less than a byte
        if self._steps > MAX_FONT_STEPS:
            raise BadFont("charstring")
        while at < end:
            head = code[at]
            at += 1
            if 32 <= head <= 246:
                stack.append(head - 139)
                continue
            if head > 246:
                at = self._number(code, head, at)
                continue
            if len(stack) > MAX_STACK:
                raise BadFont("charstring")
            if head == _CALLSUBR:
                index = stack.pop()
                if index not in self._subrs or depth >= MAX_CALLS:
                    raise BadFont("subroutine")
                if self._run(self._subrs[int(index)], depth + 1):
                    return True
            elif head == _RETURN:
                return False
            elif head == _ENDCHAR:
                return True
            elif head == _ESCAPE:
                at += 1
                if self._escaped(code[at - 1]):
                    return True
            else:
                self._draw(head)
                stack.clear()
        return False

    def _number(self, code: bytes, head: int, at: int) -> int:
        """6.2: the value of a number of several bytes goes onto the stack."""
        if head <= 250:
            self._stack.append((head - 247) * 256 + code[at] + 108)
        elif head <= 254:
            self._stack.append(-(head - 251) * 256 - code[at] - 108)
        else:
            self._stack.append(int.from_bytes(code[at : at + 4], "big", signed=True))
            return at + 4
        return at + 1

    def _draw(self, operator: int) -> None:
        s = self._stack
        if operator == _RMOVETO:
            self._move(s[-2], s[-1])
        elif operator == _HMOVETO:
            self._move(s[-1], 0)
        elif operator == _VMOVETO:
            self._move(0, s[-1])
        elif operator == _RLINETO:
            self._line(operator, (s[-2], s[-1]), s[-2:])
        elif operator == _HLINETO:
            self._line(operator, (s[-1], 0), s[-1:])
        elif operator == _VLINETO:
            self._line(operator, (0, s[-1]), s[-1:])
        elif operator == _RRCURVETO:
            a, b, c, d, e, f = s[-6:] if len(s) >= 6 else _missing()
            self._line(operator, (a + c + e, b + d + f), [a, b, c, d, e, f])
        elif operator in (_VHCURVETO, _HVCURVETO):
            a, b, c, d = s[-4:] if len(s) >= 4 else _missing()
            to = (b + d, a + c) if operator == _VHCURVETO else (a + b, c + d)
            self._line(operator, to, [a, b, c, d])
        elif operator == _CLOSEPATH:
            self._open = False
        elif operator == _HSBW:
            self._begin(s[-2], 0, s[-1])
        elif operator not in _HINTS:
            raise BadFont("operator of a charstring")

    def _begin(self, x: float, y: float, width: float) -> None:
        """The side bearing, where the current point starts, and the width of the whole."""
        if self._width is None:
            self._width = width
        self._bearing = x
        self._x, self._y = x + self._origin[0], y + self._origin[1]

    def _move(self, dx: float, dy: float) -> None:
        self._x += dx
        self._y += dy
        self._open = False

    def _line(self, operator: int, to: tuple[float, float], values: Sequence[float]) -> None:
        """A line or curve, after the move that brings the pen to where it starts."""
        if not self._open:
            dx, dy = self._x - self._pen[0], self._y - self._pen[1]
            if dy == 0:
                self._writer.add(_HMOVETO, dx)
            elif dx == 0:
                self._writer.add(_VMOVETO, dy)
            else:
                self._writer.add(_RMOVETO, dx, dy)
            self._open = True
        self._writer.add(operator, *values)
        self._x += to[0]
        self._y += to[1]
        self._pen = (self._x, self._y)

    def _escaped(self, operator: int) -> bool:
        s = self._stack
        if operator == _DIV:
            divisor, dividend = s.pop(), s.pop()
            if not divisor:
                raise BadFont("arithmetic of a charstring")
            s.append(dividend / divisor)
            return False
        if operator == _CALLOTHERSUBR:
            self._other()
            return False
        if operator == _POP:
            s.append(self._given.pop() if self._given else 0)
            return False
        if operator == _SEAC:
            self._accented(*(s[-5:] if len(s) >= 5 else _missing()))
            return True
        if operator == _SBW:
            self._begin(s[-4], s[-3], s[-2])
        elif operator == _SETCURRENTPOINT:
            self._x, self._y = s[-2] + self._origin[0], s[-1] + self._origin[1]
        elif operator not in _ESCAPED_HINTS:
            raise BadFont("operator of a charstring")
        s.clear()
        return False

    def _accented(self, asb: float, adx: float, ady: float, base: float, accent: float) -> None:
        """6.4, seac: two glyphs of StandardEncoding, the second moved."""
        if self._depth or not (0 <= base <= 255 and 0 <= accent <= 255):
            raise BadFont("accented letter")
        self._depth += 1
        dx, dy = self._origin[0] + self._bearing - asb + adx, self._origin[1] + ady
        origin = self._origin
        self._glyph(self._standard[int(base)], *origin)
        self._glyph(self._standard[int(accent)], dx, dy)

    def _other(self) -> None:
        """8.3 and 8.4: the arguments of PostScript procedures that everybody knows."""
        s = self._stack
        number, count = int(s.pop()), int(s.pop())
        if not 0 <= count <= len(s):
            raise BadFont("other subroutine")
        args = s[len(s) - count :]
        del s[len(s) - count :]
        if number == _FLEX_START:
            self._flex, self._flex_start, self._flex_open = [], (self._x, self._y), self._open
        elif number == _FLEX_POINT and self._flex is not None:
            self._flex.append((self._x, self._y))
        elif number == _FLEX_END and self._flex is not None and count == 3:
            self._end_flex(self._flex)
            # Where the curves end; the pops and `setcurrentpoint` that follow take it back.
            self._given = [self._y - self._origin[1], self._x - self._origin[0]]
        elif number in _BLENDS:
            self._given = self._blended(_BLENDS[number], args)[::-1]
        else:
            # Hint replacement gives its subroutine back; what others would do is not drawn.
            self._given = args[::-1]

    def _end_flex(self, points: list[tuple[float, float]]) -> None:
        """8.3: a reference point, then the six points of two curves."""
        self._flex = None
        if len(points) != _FLEX_POINTS:
            raise BadFont("flex")
        x, y = self._flex_start
        values = []
        for px, py in points[1:]:
            values += [px - x, py - y]
            x, y = px, py
        self._x, self._y = self._flex_start
        self._open = self._flex_open
        for half in (values[:6], values[6:]):
            to = (half[0] + half[2] + half[4], half[1] + half[3] + half[5])
            self._line(_RRCURVETO, to, half)

    def _blended(self, results: int, args: list[float]) -> list[float]:
        """Multiple master designs: the first value of each, and by weight what others add."""
        designs = len(self._weights)
        if not designs or len(args) != results * designs:
            raise BadFont("blend")
        made, deltas = args[:results], args[results:]
        for number in range(results):
            row = deltas[number * (designs - 1) : (number + 1) * (designs - 1)]
            made[number] += sum(d * w for d, w in zip(row, self._weights[1:], strict=True))
        return made


def _missing() -> list[float]:
    raise BadFont("operands of a charstring")
