"""Parses one object as qpdf prints it (ISO 32000-2, 7.3) into plain Python values.

qpdf has read the untrusted file, repaired and decrypted it; what it prints is regular.
Nothing here follows a reference. Anything unexpected raises `SyntaxFault`; nesting is
bounded and kept on a list, never on Python's stack.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from sanitizers.pdf._objects import Name, Ref, Value

MAX_NESTING: Final = 60  # arrays in dictionaries in arrays; real files stay under 10

#: One token of each kind, numbered in this order; the last takes what should not be there.
_TOKEN: Final = re.compile(
    rb"[\0\t\n\f\r ]*+(?:"
    rb"/([^\0\t\n\f\r ()<>\[\]{}/%]*+)"
    rb"|(\d{1,10} \d{1,5} R)"
    rb"|([+-]?\d++)(?![.\d])"
    rb"|([+-]?(?:\d++\.\d*+|\.\d++))"
    rb"|(<<)|(>>)|(\[)|(\])"
    rb"|<([0-9A-Fa-f]*+)>"
    rb"|\(((?:[^()\\]++|\\[\s\S])*+)\)"
    rb"|(true|false|null)"
    rb"|([\s\S]))"
)
_NAME, _REF, _INT, _REAL, _OPEN, _CLOSE, _ARRAY, _END, _HEX, _TEXT, _WORD, _BAD = range(1, 13)
_HASH: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPE: Final = re.compile(rb"\\([0-7]{1,3}|\r\n|[\s\S])|\r\n?")
_ESCAPES: Final = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b"",
    b"\r\n": b"",
}  # fmt: skip
_WORDS: Final[dict[bytes, bool | None]] = {b"true": True, b"false": False, b"null": None}
_CLOSING: Final = {_OPEN: _CLOSE, _ARRAY: _END}
MAX_NAMES: Final = 4_096  # remembered: the keys of dictionaries return again and again
#: Integers beyond this cannot mean anything in a PDF (ISO 32000-2, annex C).
_MAX_DIGITS: Final = 18


class SyntaxFault(Exception):
    """The bytes are not an object."""


@lru_cache(maxsize=MAX_NAMES)
def decode_name(raw: bytes) -> Name:
    """`A#20B` → `A B` (7.3.5)."""
    if b"#" in raw:
        raw = _HASH.sub(lambda m: bytes([int(m[1], 16)]), raw)
    return Name(raw.decode("latin-1"))


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if code is None:
        return b"\n"  # an unescaped line end of any kind (7.3.4.2)
    if code[:1].isdigit() and code[0] < 0x38:
        return bytes([int(code, 8) & 0xFF])
    return _ESCAPES.get(code, code)


def decode_literal(raw: bytes) -> bytes:
    """The bytes of a literal string, without its outer parentheses (7.3.4.2)."""
    if b"\\" in raw or b"\r" in raw:
        return _ESCAPE.sub(_unescape, raw)
    return raw


def decode_hex(raw: bytes) -> bytes:
    """The bytes of a hexadecimal string of digits only (7.3.4.3)."""
    return bytes.fromhex((raw + b"0" if len(raw) % 2 else raw).decode("ascii"))


def parse(data: bytes) -> Value:
    """The one object in `data`.

    Raises:
        SyntaxFault: not exactly one object, or nested too deeply.
    """
    top: list[Value] = []
    items, outer = top, list[tuple[list[Value], int]]()
    for token in _TOKEN.finditer(data.rstrip()):
        kind = token.lastindex or _BAD
        raw = token[kind]
        if kind == _NAME:
            items.append(decode_name(raw))
        elif kind == _INT:
            items.append(int(raw) if len(raw) <= _MAX_DIGITS else 0)
        elif kind == _REF:
            number, generation, _ = raw.split(b" ")
            items.append(Ref(int(number), int(generation)))
        elif kind == _REAL:
            items.append(float(raw))
        elif kind in _CLOSING:
            if len(outer) >= MAX_NESTING:
                raise SyntaxFault("nesting")
            outer.append((items, _CLOSING[kind]))
            items = []
        elif kind in (_CLOSE, _END):
            if not outer or outer[-1][1] != kind:
                raise SyntaxFault("brackets")
            inner = items
            items, _ = outer.pop()
            items.append(_dictionary(inner) if kind == _CLOSE else inner)
        elif kind == _HEX:
            items.append(decode_hex(raw))
        elif kind == _TEXT:
            items.append(decode_literal(raw))
        elif kind == _WORD:
            items.append(_WORDS[raw])
        else:
            raise SyntaxFault("token")
    if outer or len(top) != 1:
        raise SyntaxFault("object")
    return top[0]


def _dictionary(items: list[Value]) -> dict[str, Value]:
    if len(items) % 2:
        raise SyntaxFault("dictionary")
    found: dict[str, Value] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) is not Name:
            raise SyntaxFault("key")
        if value is not None:  # null is as good as absent (7.3.7)
            found[str(key)] = value
    return found
