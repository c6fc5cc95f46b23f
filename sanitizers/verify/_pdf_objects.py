"""Tokenizer of the PDF verifier: the few spellings of objects that the writer uses.

One space between tokens, one line break around streams, numbers without signs of
thrift: anything that ISO 32000-2, 7.3 allows beyond that is rejected, comments and
`#xx` names first of all. It must never look ahead of a stream's stated length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from sanitizers.verify import Rejected

MAX_DEPTH: Final = 8  # arrays and dictionaries within each other
#: Bytes of an object outside its stream, first and at most: 2,000 Kids are 24,000.
HEADS: Final = (4_096, 2_000_000)
MAX_LENGTH: Final = 2**40


@dataclass(frozen=True, slots=True)
class Name:
    """`/Name`."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """`12 0 R`; the generation is always 0."""

    number: int


class Array(list["Value"]):
    """`[a b]`."""


class Dictionary(dict[str, "Value"]):
    """`<< /Key value >>` without repeated keys, in the order of the file."""


#: Strings in parentheses are bytes, hex strings are bytearrays; None is `null`.
Value: TypeAlias = (
    int | float | bool | bytes | bytearray | Name | Reference | Array | Dictionary | None
)


@dataclass(frozen=True, slots=True)
class PdfObject:
    """An indirect object; `stream` holds the still encoded data."""

    value: Dictionary
    stream: memoryview | None


_HEAD: Final = re.compile(rb"([1-9][0-9]{0,6}) 0 obj\n")
_TOKEN: Final = re.compile(
    rb"(?P<open><<)|(?P<close>>>)|(?P<array>\[)|(?P<end>\])"
    rb"|/(?P<name>[A-Za-z0-9][A-Za-z0-9._+,*-]{0,126})"
    rb"|(?P<reference>[1-9][0-9]{0,6}) 0 R"
    rb"|(?P<number>-?(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{0,5}[1-9])?)"
    rb"|<(?P<hex>(?:[0-9A-F]{2}){0,8192})>"
    rb"|\((?P<text>[A-Za-z]{1,20})\)"
    rb"|(?P<word>true|false|null)"
)
_STREAM: Final = b"\nstream\n"
_END_STREAM: Final = b"\nendstream\nendobj\n"
_END: Final = b"\nendobj\n"


def parse_object(data: memoryview, at: int, limit: int) -> tuple[int, PdfObject, int]:
    """The object that starts at `at`: its number, itself, and where it ends.

    Raises:
        Rejected: anything that the writer would not write.
    """
    short = bytes(data[at : min(at + HEADS[0], limit)])
    if b"\nendobj\n" in short or b"\nstream\n" in short:
        return _object(data, short, at, limit)
    return _object(data, bytes(data[at : min(at + HEADS[1], limit)]), at, limit)


def _object(data: memoryview, window: bytes, at: int, limit: int) -> tuple[int, PdfObject, int]:
    head = _HEAD.match(window)
    if head is None:
        raise Rejected("start of an object")
    value, position = _value(window, head.end(), 0)
    if not isinstance(value, Dictionary):
        raise Rejected("an object that is no dictionary")
    if window.startswith(_END, position):
        if "Length" in value:
            raise Rejected("a length without a stream")
        return int(head[1]), PdfObject(value, None), at + position + len(_END)
    if not window.startswith(_STREAM, position):
        raise Rejected("end of an object")
    length = value.get("Length")
    if not isinstance(length, int) or not 0 <= length <= MAX_LENGTH:
        raise Rejected("length of a stream")
    start = at + position + len(_STREAM)
    end = start + length
    after = end + len(_END_STREAM)
    if after > limit or bytes(data[end:after]) != _END_STREAM:
        raise Rejected("end of a stream")
    return int(head[1]), PdfObject(value, data[start:end]), after


def parse_dictionary(data: bytes) -> Dictionary:
    """The one dictionary that `data` spells.

    Raises:
        Rejected: anything else.
    """
    value, end = _value(data, 0, 0)
    if not isinstance(value, Dictionary) or end != len(data):
        raise Rejected("a packed object that is no dictionary")
    return value


def _value(window: bytes, at: int, depth: int) -> tuple[Value, int]:
    """One value from `at` on."""
    token = _TOKEN.match(window, at)
    if token is None or depth > MAX_DEPTH:
        raise Rejected("token")
    kind = token.lastgroup
    end = token.end()
    if kind == "open":
        return _dictionary(window, end, depth)
    if kind == "array":
        return _array(window, end, depth)
    if kind is None or kind in ("close", "end"):
        raise Rejected("a closing bracket")
    return _atom(kind, token[kind]), end


def _atom(kind: str, raw: bytes) -> Value:
    if kind == "name":
        return Name(raw.decode("ascii"))
    if kind == "reference":
        return Reference(int(raw))
    if kind == "number":
        if raw == b"-0":
            raise Rejected("minus zero")
        return float(raw) if b"." in raw else int(raw)
    if kind == "hex":
        return bytearray.fromhex(raw.decode("ascii"))
    return {b"true": True, b"false": False, b"null": None}[raw] if kind == "word" else raw


def _dictionary(window: bytes, at: int, depth: int) -> tuple[Dictionary, int]:
    found = Dictionary()
    while True:
        if window.startswith(b" >>", at):
            return found, at + 3
        key, at = _value(window, _space(window, at), depth + 1)
        if not isinstance(key, Name) or key.text in found:
            raise Rejected("key of a dictionary")
        found[key.text], at = _value(window, _space(window, at), depth + 1)


def _array(window: bytes, at: int, depth: int) -> tuple[Array, int]:
    found = Array()
    while True:
        if window.startswith(b"]", at):
            return found, at + 1
        if found:
            at = _space(window, at)
        value, at = _value(window, at, depth + 1)
        found.append(value)


def _space(window: bytes, at: int) -> int:
    if not window.startswith(b" ", at):
        raise Rejected("space between tokens")
    return at + 1
