"""Values of PDF files: those read from a document, and, apart from them, those we write.

What was read (`Name`, `bytes`, `Ref`, `Stream`) and what may be written (`Word`, `Text`,
`Target`) are different types on purpose: the serializer knows only the second kind, so
that a value of the document cannot reach the output without passing a rule that makes
a new one of it. Objects: ISO 32000-2, 7.3.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeAlias


class Name(str):
    """A name of the document, decoded (7.3.5), one character per byte."""

    __slots__ = ()


class Ref(NamedTuple):
    """A reference within the document (7.3.10)."""

    number: int
    generation: int


class Handle(Protocol):
    """Where a stream's still encoded (but decrypted) bytes come from."""

    def read_raw_bytes(self) -> bytes: ...


class Stream:
    """A stream of the document: its dictionary, and its bytes when asked for."""

    __slots__ = ("_handle", "entries", "ref")

    def __init__(self, entries: dict[str, Value], handle: Handle, ref: Ref) -> None:
        self.entries = entries
        self.ref = ref
        self._handle = handle

    def raw(self) -> bytes:
        """The bytes as they lie in the file (decrypted); never more than the file has."""
        return self._handle.read_raw_bytes()


#: A value read from the document. Strings are bytes.
Value: TypeAlias = (
    "bool | int | float | bytes | Name | Ref | Stream | list[Value] | dict[str, Value] | None"
)


class Word(str):
    """A name to be written: from our own tables, or of checked characters."""

    __slots__ = ()


class Text(bytes):
    """A string to be written: built anew."""

    __slots__ = ()


class Target(int):
    """A reference to an object of the output."""

    __slots__ = ()


#: A value to be written; None only within arrays (`null`).
Made: TypeAlias = "bool | int | float | Word | Text | Target | list[Made] | dict[str, Made] | None"
