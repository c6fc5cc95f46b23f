"""File structure of rebuilt documents: objects, object streams, one cross-reference stream.

Reads from the first byte to the last (ISO 32000-2, 7.5): objects without gaps in the
order of their offsets, each at the place that the table gives, object streams that
spell their objects one after the other without a byte between them, and after the
cross-reference stream nothing but `startxref`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_images import inflate
from sanitizers.verify._pdf_objects import (
    Array,
    Dictionary,
    Name,
    PdfObject,
    Reference,
    parse_dictionary,
    parse_object,
)

HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
MAX_OBJECTS: Final = 2_000_000
MAX_PACKED: Final = 200  # objects of one object stream
MAX_PACKED_BYTES: Final = 200_000_000  # of one object stream, inflated
_TAIL: Final = re.compile(rb"startxref\n([1-9][0-9]{0,15})\n%%EOF\n")
_TAIL_BYTES: Final = 64
_PAIR: Final = re.compile(rb"([1-9][0-9]{0,7}) (0|[1-9][0-9]{0,9})[ \n]")


@dataclass(frozen=True, slots=True)
class File:
    """All objects but those of the structure itself, and where the tree begins."""

    objects: dict[int, PdfObject]
    root: int
    info: int  # 0: none


def read_file(data: memoryview) -> File:
    """The file's objects.

    Raises:
        Rejected: anything that the writer would not write.
    """
    if bytes(data[: len(HEADER)]) != HEADER:
        raise Rejected("header")
    tail_at = max(0, len(data) - _TAIL_BYTES)
    tail = bytes(data[tail_at:])
    end = next((m for m in _TAIL.finditer(tail) if m.end() == len(tail)), None)
    if end is None:
        raise Rejected("end of the file")
    start, limit = int(end[1]), tail_at + end.start()
    places: dict[int, int] = {}
    found: dict[int, PdfObject] = {}
    at = len(HEADER)
    while at < limit:
        number, item, after = parse_object(data, at, limit)
        if number in found or len(found) >= MAX_OBJECTS:
            raise Rejected("an object twice, or too many")
        found[number], places[number] = item, at
        last, at = number, after
    if at != limit or not found or places[last] != start:
        raise Rejected("the table is not the last object")
    table = found.pop(last)
    packed: dict[int, tuple[int, int]] = {}
    objects: dict[int, PdfObject] = {}
    for number, item in found.items():
        if item.value.get("Type") == Name("ObjStm"):
            _unpack(number, item, packed, objects)
        else:
            if item.stream is None:
                raise Rejected("an object that should be packed")
            if number in objects:
                raise Rejected("an object twice")
            objects[number] = item
    return _check_table(table, last, places, packed, objects)


def _unpack(
    container: int,
    item: PdfObject,
    packed: dict[int, tuple[int, int]],
    objects: dict[int, PdfObject],
) -> None:
    head = item.value
    if item.stream is None or set(head) != {"Type", "N", "First", "Filter", "Length"}:
        raise Rejected("object stream")
    count, first = head["N"], head["First"]
    if type(count) is not int or type(first) is not int or not 1 <= count <= MAX_PACKED:
        raise Rejected("object stream")
    if head["Filter"] != Name("FlateDecode"):
        raise Rejected("filter of an object stream")
    data = inflate(item.stream, limit=MAX_PACKED_BYTES)
    at = 0
    heads: list[tuple[int, int]] = []
    for index in range(count):
        pair = _PAIR.match(data, at)
        if pair is None or (pair[0][-1:] == b"\n") != (index == count - 1):
            raise Rejected("index of an object stream")
        heads.append((int(pair[1]), int(pair[2])))
        at = pair.end()
    if at != first or heads[0][1] != 0:
        raise Rejected("index of an object stream")
    for index, (number, offset) in enumerate(heads):
        last = index == count - 1
        stop = len(data) if last else first + heads[index + 1][1] - 1
        body = data[first + offset : stop]
        if (not last and data[stop : stop + 1] != b"\n") or number in packed or number in objects:
            raise Rejected("an object twice, or a gap")
        packed[number] = (container, index)
        objects[number] = PdfObject(parse_dictionary(body), None)


def _check_table(
    table: PdfObject,
    number: int,
    places: dict[int, int],
    packed: dict[int, tuple[int, int]],
    objects: dict[int, PdfObject],
) -> File:
    """7.5.8: every row says where its object is, and every object has a row."""
    head = table.value
    keys = {"Type", "Size", "W", "Root", "ID", "Filter", "Length"}
    if table.stream is None or set(head) not in (keys, keys | {"Info"}):
        raise Rejected("cross-reference stream")
    size, widths, root = head["Size"], head["W"], head["Root"]
    if head["Type"] != Name("XRef") or head["Filter"] != Name("FlateDecode"):
        raise Rejected("cross-reference stream")
    if type(size) is not int or not 2 <= size <= MAX_OBJECTS or not isinstance(root, Reference):
        raise Rejected("cross-reference stream")
    if not isinstance(widths, Array) or len(widths) != 3 or widths[0] != 1 or widths[2] != 2:
        raise Rejected("widths of the table")
    wide = widths[1]
    if type(wide) is not int or not 1 <= wide <= 8:
        raise Rejected("widths of the table")
    _check_identifier(head)
    step = 3 + wide
    rows = inflate(table.stream, limit=step * size)
    if len(rows) != step * size or any(rows[:step]):
        raise Rejected("rows of the table")
    if set(range(1, size)) != set(places) | set(packed) or number not in places:
        raise Rejected("objects and table differ")
    for index in range(1, size):
        row = rows[index * step : (index + 1) * step]
        if index in places:
            wanted = b"\1" + places[index].to_bytes(wide, "big") + b"\0\0"
        else:
            container, place = packed[index]
            wanted = b"\2" + container.to_bytes(wide, "big") + place.to_bytes(2, "big")
        if row != wanted:
            raise Rejected("a row that points elsewhere")
    info = head.get("Info")
    if info is not None and not isinstance(info, Reference):
        raise Rejected("information")
    return File(objects, root.number, info.number if isinstance(info, Reference) else 0)


def _check_identifier(head: Dictionary) -> None:
    found = head["ID"]
    if not isinstance(found, Array) or len(found) != 2 or found[0] != found[1]:
        raise Rejected("identifier")
    if not isinstance(found[0], bytearray) or len(found[0]) != 16:
        raise Rejected("identifier")
