"""Reads operands of content streams: numbers, names, strings, arrays, dictionaries.

As forgiving as viewers are (ISO 32000-2, 7.3; malformed numbers count as far as they
can be read), bounded in depth and number, and never past the end of the stream.
"""

from __future__ import annotations

from typing import Final

from sanitizers.pdf._objects import Name, Value
from sanitizers.pdf._syntax import decode_hex, decode_literal, decode_name
from sanitizers.pdf._tokens import LENIENT_NUMBER, NOT_HEX, PLAIN_NUMBER, STRING_PART, TOKEN

MAX_OPERANDS: Final = 10_000  # of one operator, arrays counted; real ones have up to 500
MAX_NESTING: Final = 28  # arrays and dictionaries among operands (annex C, as for q)
MAX_IMAGE_ITEMS: Final = 100  # keys and values of an inline image; table 91 has 11 keys


class Bad:
    """What is no operand."""


BAD: Final = Bad()


def read_operand(data: bytes, at: int, depth: int) -> tuple[Value | Bad, int]:
    """One operand that starts at `at`."""
    token = TOKEN.match(data, at)
    if token is None or depth > MAX_NESTING:
        return BAD, at + 1
    kind, end = token.lastgroup, token.end()
    if kind == "number":
        return parse_number(token["number"]), end
    if kind == "name":
        return decode_name(token["name"]), end
    if kind == "hex":
        return decode_hex(NOT_HEX.sub(b"", token["hex"])), end
    if kind == "text":
        return _literal(data, end)
    if kind in ("array", "open"):
        return _container(data, end, depth, "end" if kind == "array" else "close")
    return BAD, end


def parse_number(raw: bytes) -> int | float:
    """A number as viewers read it: what can be read of it, else 0."""
    if PLAIN_NUMBER.fullmatch(raw):
        return float(raw) if b"." in raw else int(raw)
    match = LENIENT_NUMBER.match(raw)
    digits = match[1] if match else b""
    if not digits.strip(b".") or len(digits) > 40:
        return 0
    value = float(digits)
    if raw.startswith(b"-"):
        value = -value
    return int(value) if b"." not in digits and abs(value) < 2**53 else value


def _literal(data: bytes, at: int) -> tuple[Value | Bad, int]:
    """A literal string with nested parentheses, from after its first one."""
    depth, start = 1, at
    while match := STRING_PART.match(data, at):
        at = match.end()
        depth += 1 if match[1] == b"(" else -1
        if depth == 0:
            return decode_literal(data[start : at - 1]), at
    return BAD, start  # never closed: read on after the parenthesis


def _container(data: bytes, at: int, depth: int, closing: str) -> tuple[Value | Bad, int]:
    items: list[Value] = []
    while True:
        token = TOKEN.match(data, at)
        if token is None:
            return BAD, at
        kind = token.lastgroup
        if kind == closing:
            at = token.end()
            break
        if kind == "space":
            at = token.end()
            continue
        if kind == "word":
            word = token["word"]
            if word not in (b"true", b"false", b"null"):
                return BAD, at  # an operator: the bracket was never closed
            value: Value | Bad = {b"true": True, b"false": False}.get(word)
            at = token.end()
        else:
            value, at = read_operand(data, at, depth + 1)
        if not isinstance(value, Bad) and len(items) < MAX_OPERANDS:
            items.append(value)
    if closing == "end":
        return items, at
    pairs = zip(items[::2], items[1::2], strict=False)
    return {str(key): value for key, value in pairs if isinstance(key, Name)}, at


def read_dictionary_items(data: bytes, at: int) -> tuple[list[Value], int] | None:
    """Operands from `at` up to the word `ID` and where that ends, for inline images."""
    items: list[Value] = []
    while len(items) < MAX_IMAGE_ITEMS:
        token = TOKEN.match(data, at)
        if token is None:
            return None
        kind = token.lastgroup
        if kind == "space":
            at = token.end()
        elif kind == "word":
            word = token["word"]
            at = token.end()
            if word == b"ID":
                return items, at
            if word not in (b"true", b"false", b"null"):
                return None
            items.append({b"true": True, b"false": False}.get(word))
        else:
            value, at = read_operand(data, at, 0)
            if not isinstance(value, Bad):
                items.append(value)
    return None
