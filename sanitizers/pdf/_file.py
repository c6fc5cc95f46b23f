"""Writes one new PDF file: what the catalog reaches, in object streams where it may be.

Objects are collected first and written by `finish`, numbered in the order in which the
catalog reaches them: what nothing refers to (the remains of a page that could not be
rebuilt) is never written, and equal input gives equal bytes. Streams stand by
themselves; all else is packed into object streams (ISO 32000-2, 7.5.7). A
cross-reference stream (7.5.8) with an identifier made of the file's own hash closes the
file. `sanitizers.verify.pdf` is the grammar of what this module may write.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Mapping
from typing import Final

from sanitizers.model import Output
from sanitizers.pdf._objects import Made, Target, Text, Word
from sanitizers.pdf._serialize import spell
from sanitizers.reasons import ReasonCode, Withheld

HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
ZLIB_LEVEL: Final = 4  # text and fonts: 2 to 5 % more bytes than 6 in 60 % of its time
MAX_OBJECTS: Final = 2_000_000  # of the output
PACKED: Final = 200  # objects of one object stream: readers inflate it as a whole
MIN_DEFLATED: Final = 48  # bytes; shorter streams grow by compression
#: References in spelled objects: strings are hex and names have no spaces.
_REFERENCE: Final = re.compile(rb"(?<![^ \[])([0-9]+) 0 R")


class FileWriter:
    """Collects one document; `finish` writes it to `out`, which must be empty."""

    def __init__(self, out: Output, *, budget: int) -> None:
        self._out = out
        self._budget = budget
        self._hash = hashlib.sha256()
        self._objects: list[tuple[bytes, bytes | None]] = [(b"", None)]
        self._size = 0
        self._same: dict[bytes, Target] = {}

    def reserve(self) -> Target:
        """A number for an object that is put later."""
        if len(self._objects) > MAX_OBJECTS:
            raise Withheld(ReasonCode.OUTPUT_TOO_LARGE, "objects")
        self._objects.append((b"", None))
        return Target(len(self._objects) - 1)

    def put(self, target: Target, value: Made) -> Target:
        """Fill a reserved number with a value that is no stream."""
        self._objects[target] = (spell(value).encode("ascii"), None)
        return target

    def add(self, value: Made) -> Target:
        """A new object; equal values share one."""
        spelled = spell(value).encode("ascii")
        known = self._same.get(spelled)
        if known is not None:
            return known
        target = self._same[spelled] = self.reserve()
        self._objects[target] = (spelled, None)
        return target

    def stream(
        self,
        entries: Mapping[str, Made],
        data: bytes,
        *,
        deflate: bool = True,
        target: Target | None = None,
    ) -> Target:
        """A stream object; equal streams share one unless `target` was reserved.

        `entries` go without Length, and without Filter where `deflate` is asked for.

        Raises:
            Withheld: more data than the output may have.
        """
        head = dict(entries)
        if deflate and len(data) >= MIN_DEFLATED:
            packed = zlib.compress(data, ZLIB_LEVEL)
            if len(packed) < len(data):
                head["Filter"] = Word("FlateDecode")
                data = packed
        head["Length"] = len(data)
        spelled = spell(head).encode("ascii")
        if target is None:
            digest = hashlib.sha256(spelled + b"\0" + data).digest()
            known = self._same.get(digest)
            if known is not None:
                return known
            target = self._same[digest] = self.reserve()
        self._size += len(data)
        if self._size > self._budget:
            raise Withheld(ReasonCode.OUTPUT_TOO_LARGE)
        self._objects[target] = (spelled, data)
        return target

    def finish(self, root: Target, info: Target | None) -> None:
        """Write the file.

        Raises:
            ValueError: a number was reserved and never filled (a fault of ours).
            Withheld: the file would be larger than it may be.
        """
        order = self._reached(root, info)
        numbers = {target: index for index, target in enumerate(order, 1)}

        def renumber(match: re.Match[bytes]) -> bytes:
            return b"%d 0 R" % numbers[int(match[1])]

        self._write(HEADER)
        offsets: dict[int, int] = {}
        packed: dict[int, tuple[int, int]] = {}
        waiting: list[tuple[int, bytes]] = []
        for target in order:
            head, data = self._objects[target]
            spelled = _REFERENCE.sub(renumber, head)
            if data is None:
                waiting.append((numbers[target], spelled))
                continue
            offsets[numbers[target]] = self._out.tell()
            self._stream(numbers[target], spelled, data)
            self._objects[target] = (b"", None)
        last = self._pack(waiting, len(order), offsets, packed)
        self._close(last + 1, numbers[root], numbers[info] if info else 0, offsets, packed)

    def _reached(self, root: Target, info: Target | None) -> list[int]:
        """All objects that the catalog leads to, nearest first."""
        order = [int(root)] + ([int(info)] if info else [])
        known = set(order)
        for target in order:  # grows while it is read
            head, _ = self._objects[target]
            if not head:
                raise ValueError("an object that was never filled")
            for found in _REFERENCE.findall(head):
                number = int(found)
                if number not in known:
                    known.add(number)
                    order.append(number)
        return order

    def _pack(
        self,
        waiting: list[tuple[int, bytes]],
        last: int,
        offsets: dict[int, int],
        packed: dict[int, tuple[int, int]],
    ) -> int:
        """Write object streams; returns the last number used."""
        for first in range(0, len(waiting), PACKED):
            part = waiting[first : first + PACKED]
            last += 1
            heads: list[bytes] = []
            at = 0
            for place, (number, body) in enumerate(part):
                heads.append(b"%d %d" % (number, at))
                at += len(body) + 1
                packed[number] = (last, place)
            index = b" ".join(heads) + b"\n"
            data = zlib.compress(index + b"\n".join([b for _, b in part]), ZLIB_LEVEL)
            head: dict[str, Made] = {
                "Type": Word("ObjStm"), "N": len(part), "First": len(index),
                "Filter": Word("FlateDecode"), "Length": len(data),
            }  # fmt: skip
            offsets[last] = self._out.tell()
            self._stream(last, spell(head).encode("ascii"), data)
        return last

    def _close(
        self,
        number: int,
        root: int,
        info: int,
        offsets: dict[int, int],
        packed: dict[int, tuple[int, int]],
    ) -> None:
        start = offsets[number] = self._out.tell()
        wide = max(1, (start.bit_length() + 7) // 8)
        rows = [b"\0" * (1 + wide) + b"\0\0"]
        for index in range(1, number + 1):
            if index in offsets:
                rows.append(b"\1" + offsets[index].to_bytes(wide, "big") + b"\0\0")
            else:
                container, place = packed[index]
                rows.append(b"\2" + container.to_bytes(wide, "big") + place.to_bytes(2, "big"))
        identifier = Text(self._hash.digest()[:16])
        head: dict[str, Made] = {
            "Type": Word("XRef"), "Size": number + 1, "W": [1, wide, 2], "Root": Target(root),
        }  # fmt: skip
        if info:
            head["Info"] = Target(info)
        head["ID"] = [identifier, identifier]
        data = zlib.compress(b"".join(rows), ZLIB_LEVEL)
        head["Filter"] = Word("FlateDecode")
        head["Length"] = len(data)
        self._stream(number, spell(head).encode("ascii"), data)
        self._write(b"startxref\n%d\n%%%%EOF\n" % start)

    def _stream(self, number: int, head: bytes, data: bytes) -> None:
        self._write(b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (number, head, data))

    def _write(self, data: bytes) -> None:
        if self._out.tell() + len(data) > self._budget:
            raise Withheld(ReasonCode.OUTPUT_TOO_LARGE)
        self._hash.update(data)
        self._out.write(data)
