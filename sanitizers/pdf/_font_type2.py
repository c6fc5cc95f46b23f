"""Type 2 charstrings made anew (Adobe TN 5177): outlines without hints and subroutines.

A charstring is cut into runs of numbers and operators. Drawing operators cross when they
have as many operands as they draw with, so that no number stands there unused; hints are
counted (their masks have as many bits) and dropped; calls are followed and written out.
Nothing but these operators is known.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

from sanitizers.pdf._font_errors import BadFont

MAX_CALLS: Final = 10  # TN 5177 appendix B: nested subroutine calls
MAX_OPERANDS: Final = 48  # same
MAX_CHARSTRING: Final = 65_535  # bytes of one; same
MAX_STEPS: Final = 100_000  # operators of one glyph, those of its subroutines too
MAX_ENCODED: Final = 8_192  # numbers remembered: most outlines are made of small ones
MAX_FONT_STEPS: Final = 10_000_000  # of one font: about ten seconds

ENDCHAR: Final = b"\x0e"
RMOVETO, HMOVETO, VMOVETO = 21, 22, 4
_FLEX_DEPTH: Final = b"\xbd"  # 50: the last operand of flex only chooses how to draw it

_NUMBER: Final = rb"[\x20-\xf6]|[\xf7-\xfe].|\x1c..|\xff...."
_NUMBERS: Final = re.compile(_NUMBER, re.DOTALL)
_STEP: Final = re.compile(
    rb"((?:" + _NUMBER + rb")*+)(\x0c.|[\x00-\x0b\x0d-\x1b\x1d-\x1f])", re.DOTALL
)
_REST: Final = re.compile(rb"(?:" + _NUMBER + rb")*+", re.DOTALL)

_ANY: Final = range(MAX_OPERANDS + 1)
_CURVES: Final = frozenset(n for n in _ANY if n >= 4 and n % 4 in (0, 1))
#: 4.1: drawing operators → how many operands each may have.
PATHS: Final = {
    b"\x05": frozenset(n for n in _ANY if n >= 2 and n % 2 == 0),  # rlineto
    b"\x06": frozenset(n for n in _ANY if n >= 1),  # hlineto
    b"\x07": frozenset(n for n in _ANY if n >= 1),  # vlineto
    b"\x08": frozenset(n for n in _ANY if n >= 6 and n % 6 == 0),  # rrcurveto
    b"\x18": frozenset(n for n in _ANY if n >= 8 and n % 6 == 2),  # rcurveline
    b"\x19": frozenset(n for n in _ANY if n >= 8 and n % 2 == 0),  # rlinecurve
    b"\x1a": _CURVES,  # vvcurveto
    b"\x1b": _CURVES,  # hhcurveto
    b"\x1e": _CURVES,  # vhcurveto
    b"\x1f": _CURVES,  # hvcurveto
    b"\x0c\x22": frozenset({7}),  # hflex
    b"\x0c\x23": frozenset({13}),  # flex
    b"\x0c\x24": frozenset({9}),  # hflex1
    b"\x0c\x25": frozenset({11}),  # flex1
}
_FLEX: Final = b"\x0c\x23"
#: 4.1: operators that move, and their operands (without the width).
_MOVES: Final = {b"\x15": 2, b"\x16": 1, b"\x04": 1}  # rmoveto, hmoveto, vmoveto
_STEMS: Final = frozenset({b"\x01", b"\x03", b"\x12", b"\x17"})  # 4.3: hstem to vstemhm
_MASKS: Final = frozenset({b"\x13", b"\x14"})  # 4.3: hintmask, cntrmask
_CALLSUBR, _CALLGSUBR, _RETURN = b"\x0a", b"\x1d", b"\x0b"
_CALLS: Final = frozenset({_CALLSUBR, _CALLGSUBR})
_DOTSECTION: Final = b"\x0c\x00"  # 4.3, deprecated: a hint


def number_of(token: bytes) -> float:
    """3.2: the value of an encoded number."""
    head = token[0]
    if head == 28:
        return int.from_bytes(token[1:3], "big", signed=True)
    if head == 255:
        return int.from_bytes(token[1:5], "big", signed=True) / 65_536
    if head >= 251:
        return -(head - 251) * 256 - token[1] - 108
    if head >= 247:
        return (head - 247) * 256 + token[1] + 108
    return head - 139


@lru_cache(maxsize=MAX_ENCODED)
def encoded(value: float) -> bytes:
    """A number in its shortest form; fractions as 16.16.

    Raises:
        BadFont: out of the range of a charstring.
    """
    whole = round(value)
    if not -32_768 <= value < 32_768:
        raise BadFont("number of a charstring")
    if abs(value - whole) >= 1 / 131_072:
        return b"\xff" + round(value * 65_536).to_bytes(4, "big", signed=True)
    if -107 <= whole <= 107:
        return bytes((whole + 139,))
    if 108 <= whole <= 1131:
        return bytes((247 + (whole - 108 >> 8), whole - 108 & 255))
    if -1131 <= whole <= -108:
        return bytes((251 + (-whole - 108 >> 8), -whole - 108 & 255))
    return b"\x1c" + min(whole, 32_767).to_bytes(2, "big", signed=True)


class Type2:
    """Rebuilds the charstrings of one font; steps are counted over all of them."""

    def __init__(self, shared: list[bytes]) -> None:
        self._shared, self._shared_bias = shared, _bias(shared)
        self._steps = 0
        self.use([])

    def use(self, local: list[bytes]) -> None:
        """The local subroutines of the glyphs to come."""
        self._local, self._local_bias = local, _bias(local)

    def rebuild(self, code: bytes) -> bytes:
        """One charstring without hints and calls.

        Raises:
            BadFont: an operator that is not of the list, or with the wrong operands; a limit.
        """
        self._out = bytearray()
        self._args: list[bytes] = []
        self._stems = 0
        self._width = b""
        self._first = True  # no operator yet that would have taken the width
        self._left = MAX_STEPS
        if not self._run(code, 0):
            self._out += self._width + ENDCHAR
        self._steps += MAX_STEPS - self._left
        if self._steps > MAX_FONT_STEPS or len(self._out) > MAX_CHARSTRING:
            raise BadFont("charstrings too long")
        return bytes(self._out)

    def _run(self, code: bytes, depth: int) -> bool:
        """True when the glyph has ended."""
        at, size, step = 0, len(code), _STEP.match
        while at < size:
            match = step(code, at)
            if match is None:
                # A subroutine that only pushes and lacks its return.
                rest = _REST.fullmatch(code, at)
                if rest is None:
                    raise BadFont("charstring")
                self._args += _NUMBERS.findall(rest[0])
                return False
            numbers, operator = match.groups()
            at = match.end()
            args = self._args
            if numbers:
                args += _NUMBERS.findall(numbers)
            self._left -= 1
            if self._left < 0 or len(args) > MAX_OPERANDS or len(self._out) > MAX_CHARSTRING:
                raise BadFont("charstring")
            allowed = PATHS.get(operator)
            if allowed is not None:
                self._path(operator, allowed)
            elif operator in _CALLS:
                if self._call(operator, depth):
                    return True
            elif operator == _RETURN:
                return False
            elif operator in _MOVES:
                self._move(operator)
            elif operator in _STEMS:
                self._stem()
            elif operator in _MASKS:
                self._stem()
                at += (self._stems + 7) // 8
            elif operator == ENDCHAR:
                self._end()
                return True
            elif operator == _DOTSECTION:
                args.clear()
            else:
                compute(operator, args)
        return False

    def _path(self, operator: bytes, allowed: frozenset[int]) -> None:
        args = self._args
        self._first = False
        if args:
            if len(args) not in allowed:
                raise BadFont("operands of a charstring")
            if operator == _FLEX:
                args[-1] = _FLEX_DEPTH
            if self._width:
                # The width came with hints, and no move follows: one that does not move.
                self._out += self._width + b"\x8b\x8b\x15"
                self._width = b""
            self._out += b"".join(args) + operator
            args.clear()

    def _move(self, operator: bytes) -> None:
        args, wanted = self._args, _MOVES[operator]
        if len(args) < wanted:
            raise BadFont("operands of a charstring")
        if self._first and len(args) > wanted:
            self._width = args[0]
        self._first = False
        # Interpreters take the topmost operands.
        self._out += self._width + b"".join(args[-wanted:]) + operator
        self._width = b""
        args.clear()

    def _stem(self) -> None:
        if self._first and len(self._args) % 2:
            self._width = self._args[0]
        self._first = False
        self._stems += len(self._args) // 2
        self._args.clear()

    def _call(self, operator: bytes, depth: int) -> bool:
        if operator == _CALLSUBR:
            subrs, bias = self._local, self._local_bias
        else:
            subrs, bias = self._shared, self._shared_bias
        if not self._args or depth >= MAX_CALLS:
            raise BadFont("subroutine")
        index = number_of(self._args.pop()) + bias
        if not 0 <= index < len(subrs) or index != int(index):
            raise BadFont("subroutine")
        return self._run(subrs[int(index)], depth + 1)

    def _end(self) -> None:
        """4.2, and appendix C: with four operands, an accented letter made of two glyphs."""
        args = self._args
        if self._first and len(args) in (1, 5):
            self._width = args[0]
        self._out += self._width
        if len(args) >= 4:
            base, accent = number_of(args[-2]), number_of(args[-1])
            if not (0 <= base <= 255 and 0 <= accent <= 255):
                raise BadFont("accented letter")
            self._out += b"".join(args[-4:-2]) + encoded(int(base)) + encoded(int(accent))
        self._out += ENDCHAR
        args.clear()


def _bias(subrs: list[bytes]) -> int:
    """4.7: what is added to the operand of a call."""
    return 107 if len(subrs) < 1_240 else 1_131 if len(subrs) < 33_900 else 32_768


def compute(operator: bytes, args: list[bytes]) -> None:
    """4.4 and 4.6: arithmetic on the operands, done now. No storage, no random numbers.

    Raises:
        BadFont: another operator, or too few operands.
    """
    values = [number_of(token) for token in args]
    code = operator[1] if operator[0] == 12 else 0
    try:
        _compute(code, values)
    except (IndexError, ValueError, ZeroDivisionError) as error:
        raise BadFont("arithmetic of a charstring") from error
    args[:] = [encoded(value) for value in values]


def _compute(code: int, stack: list[float]) -> None:
    if code in (10, 11, 12, 24):  # add, sub, div, mul
        b, a = stack.pop(), stack.pop()
        stack.append(a + b if code == 10 else a - b if code == 11 else a * b if code == 24
                     else a / b)  # fmt: skip
    elif code in (9, 14, 26):  # abs, neg, sqrt
        a = stack.pop()
        stack.append(abs(a) if code == 9 else -a if code == 14 else math.sqrt(a))
    elif code == 18:  # drop
        stack.pop()
    elif code == 27:  # dup
        stack.append(stack[-1])
    elif code == 28:  # exch
        stack[-2], stack[-1] = stack[-1], stack[-2]
    elif code == 29:  # index
        at = max(0, int(stack.pop()))
        stack.append(stack[-1 - at])
    elif code == 30:  # roll
        by, count = int(stack.pop()), int(stack.pop())
        if not 0 < count <= len(stack):
            raise IndexError
        part = stack[-count:]
        shift = -by % count
        stack[-count:] = part[shift:] + part[:shift]
    else:
        raise BadFont("operator of a charstring")
