"""What the walk through a rebuilt document is made of: roles, and checks of values.

Each object is met in one role (a page, a font, a form …) and must be met in the same
role every time. A role checks its keys against two tables, required and optional; a
key in neither rejects the file. Objects that are met are checked from a queue, so that
no chain of references can exhaust Python's stack.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_images import inflate
from sanitizers.verify._pdf_objects import Array, Dictionary, Name, PdfObject, Reference, Value

Check: TypeAlias = "Callable[[Walk, Value], None]"
Role: TypeAlias = "Callable[[Walk, PdfObject], None]"
Table: TypeAlias = "Mapping[str, Check]"

MAX_TEXT: Final = 8_000  # bytes of a text string
LIMIT: Final = 10**10


class Walk:
    """The objects of a file and the role of each that was met."""

    def __init__(self, objects: Mapping[int, PdfObject]) -> None:
        self.objects = objects
        self._roles: dict[int, Role] = {}
        self._pending: list[int] = []

    def meet(self, value: Value, role: Role) -> int:
        """Remember that a reference leads to an object in `role`; returns its number."""
        if not isinstance(value, Reference) or value.number not in self.objects:
            raise Rejected("a reference to nothing")
        known = self._roles.get(value.number)
        if known is None:
            self._roles[value.number] = role
            self._pending.append(value.number)
        elif known is not role:
            raise Rejected("an object in two roles")
        return value.number

    def run(self) -> None:
        """Check all that was met; afterwards no object may be left over."""
        while self._pending:
            number = self._pending.pop()
            self._roles[number](self, self.objects[number])
        if len(self._roles) != len(self.objects):
            raise Rejected("objects that nothing refers to")

    def role_of(self, number: int) -> Role | None:
        """In what role an object was met so far."""
        return self._roles.get(number)


def require(condition: bool, what: str) -> None:
    """Reject the file unless `condition` holds."""
    if not condition:
        raise Rejected(what)


def fields(walk: Walk, entries: Dictionary, required: Table, optional: Table | None = None) -> None:
    """Check every key of a dictionary; all required ones must be there."""
    extra: Table = optional or {}
    if not required.keys() <= entries.keys():
        raise Rejected("a required key is missing")
    for key, value in entries.items():
        check = required.get(key) or extra.get(key)
        if check is None:
            raise Rejected(f"a key that is not allowed: {key}")
        check(walk, value)


def plain(item: PdfObject) -> Dictionary:
    """The dictionary of an object that must have no stream."""
    if item.stream is not None:
        raise Rejected("a stream where a dictionary belongs")
    return item.value


def stream_data(item: PdfObject, limit: int) -> bytes:
    """The data of a stream that is plain or Flate without parameters."""
    if item.stream is None:
        raise Rejected("a dictionary where a stream belongs")
    if "Filter" not in item.value:
        if len(item.stream) > limit:
            raise Rejected("a stream longer than it may be")
        return bytes(item.stream)
    if item.value["Filter"] != Name("FlateDecode"):
        raise Rejected("filter of a stream")
    return inflate(item.stream, limit=limit)


def any_value(walk: Walk, value: Value) -> None:
    """What is checked elsewhere."""


#: Keys of every stream.
STREAM: Final[Table] = {"Length": any_value}
STREAM_FILTER: Final[Table] = {"Filter": any_value}


def is_number(value: Value) -> bool:
    """An integer or real, not a boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(low: float = -LIMIT, high: float = LIMIT) -> Check:
    """A number within bounds."""

    def check(walk: Walk, value: Value) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise Rejected("not a number")
        require(low <= value <= high, "a number out of bounds")

    return check


def integer(low: int, high: int) -> Check:
    """An integer within bounds."""

    def check(walk: Walk, value: Value) -> None:
        if type(value) is not int or not low <= value <= high:
            raise Rejected("not an integer of its range")

    return check


def boolean(walk: Walk, value: Value) -> None:
    """`true` or `false`."""
    require(isinstance(value, bool), "not a boolean")


def names(*allowed: str) -> Check:
    """A name of a list."""
    known = frozenset(allowed)

    def check(walk: Walk, value: Value) -> None:
        require(isinstance(value, Name) and value.text in known, "a name that is not allowed")

    return check


def numbers(least: int, most: int) -> Check:
    """An array of `least` to `most` numbers."""

    def check(walk: Walk, value: Value) -> None:
        if not isinstance(value, Array) or not least <= len(value) <= most:
            raise Rejected("an array of another length")
        require(all(is_number(item) for item in value), "not an array of numbers")

    return check


def each(check: Check, least: int, most: int) -> Check:
    """An array whose items all pass `check`."""

    def check_all(walk: Walk, value: Value) -> None:
        if not isinstance(value, Array) or not least <= len(value) <= most:
            raise Rejected("an array of another length")
        for item in value:
            check(walk, item)

    return check_all


def to(role: Role) -> Check:
    """A reference to an object in `role`."""

    def check(walk: Walk, value: Value) -> None:
        walk.meet(value, role)

    return check


def text(limit: int = MAX_TEXT) -> Check:
    """A text string: ASCII, or UTF-16BE with its mark, without controls (7.9.2.2)."""

    def check(walk: Walk, value: Value) -> None:
        if not isinstance(value, bytearray) or len(value) > limit:
            raise Rejected("not a text string")
        try:
            if value.startswith(b"\xfe\xff"):
                found = bytes(value[2:]).decode("utf-16-be")
            else:
                found = bytes(value).decode("ascii")
        except UnicodeDecodeError:
            raise Rejected("a text string of no characters") from None
        require(all(c >= " " and not "\x7f" <= c <= "\x9f" for c in found), "a control character")

    return check


def sub(required: Table, optional: Table | None = None) -> Check:
    """A direct dictionary of its own tables."""

    def check(walk: Walk, value: Value) -> None:
        if not isinstance(value, Dictionary):
            raise Rejected("not a dictionary")
        fields(walk, value, required, optional)

    return check


def one_of(checks: Iterable[tuple[type | tuple[type, ...], Check]]) -> Check:
    """The check of the value's own type."""
    known = list(checks)

    def check(walk: Walk, value: Value) -> None:
        for kind, inner in known:
            if isinstance(value, kind):
                inner(walk, value)
                return
        raise Rejected("a value of another kind")

    return check
