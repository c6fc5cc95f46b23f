"""Shares of a long document: runs of pages that are drawn side by side and joined in order.

A share's pictures and pages go to the child that joins them as records: u32 (little endian)
length of a JSON head, the head, and the bytes that it counts. Joining writes them as if one
child had drawn them all: the file is the same to the byte. The records come from a child
that has seen the untrusted document: they are checked field by field, and what is made of
them is verified like any other output.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final

from sanitizers.model import Output
from sanitizers.pdf._raster import Picture
from sanitizers.pdf._writer import Codes, PdfWriter, Placed
from sanitizers.reasons import ReasonCode, Withheld

#: Some two seconds of drawing; a child more costs a hundredth of that.
PAGES: Final = 40
_MAX_HEAD: Final = 1_000_000  # bytes; a page of 300,000 characters beyond U+FFFF would have more
_COLOURS: Final = frozenset({"gray", "rgb", "indexed"})
_FILTERS: Final = frozenset({"CCITTFaxDecode", "DCTDecode", "FlateDecode"})
_SHARE: Final = re.compile(r"([1-9][0-9]{0,2})/([1-9][0-9]{0,2})")
#: A code beyond the BMP in the operators of a text layer.
_SHOWN: Final = re.compile(rb"<((?:[0-9A-F]{4})+)> Tj")
_ASTRAL: Final = re.compile(r"D[89A-F][0-9A-F]{2}")


def number_for(pages: int) -> int:
    """How many shares a document of `pages` pages is drawn in."""
    return -(-pages // PAGES)


def pages_of(share: str, pages: int) -> range:
    """The pages (from 0) of a share, "3/20".

    Raises:
        ValueError: no such share.
    """
    match = _SHARE.fullmatch(share)
    if match is None or not int(match[1]) <= int(match[2]):
        raise ValueError("share")
    index, number = int(match[1]) - 1, int(match[2])
    return range(pages * index // number, pages * (index + 1) // number)


class ShareWriter:
    """Takes the pages of one share in the place of a `PdfWriter`."""

    def __init__(self, out: Output, *, budget: int) -> None:
        self._out = out
        self._budget = budget
        self._pictures = 0
        self._told = 0  # characters beyond the BMP that the records have named
        self.codes = Codes()

    def picture(self, picture: Picture) -> int:
        """Put a picture; its number within the share."""
        head = {
            "width": picture.width, "height": picture.height, "colour": picture.colour,
            "bits": picture.bits, "filter": picture.filter, "data": len(picture.data),
            "palette": len(picture.palette),
        }  # fmt: skip
        self._record(head, picture.data, picture.palette)
        self._pictures += 1
        return self._pictures - 1

    def page(self, *, width: float, height: float, pictures: Iterable[Placed], text: bytes) -> None:
        """Put a page that shows pictures of the share."""
        more = list(self.codes.astral)[self._told :]
        self._told += len(more)
        placed = [[p.reference, p.left, p.bottom, p.width, p.height] for p in pictures]
        head = {"page": [width, height], "placed": placed, "text": len(text), "more": more}
        self._record(head, text)

    def finish(self) -> None:
        """Nothing closes a share."""

    def _record(self, head: dict[str, object], *bodies: bytes) -> None:
        spelled = json.dumps(head).encode("ascii")
        record = b"".join((struct.pack("<I", len(spelled)), spelled, *bodies))
        if self._out.tell() + len(record) > self._budget:
            raise Withheld(ReasonCode.OUTPUT_TOO_LARGE)
        self._out.write(record)


def join(shares: Iterable[memoryview], writer: PdfWriter) -> None:
    """Write the pages of all shares.

    Raises:
        ValueError, KeyError, TypeError, struct.error: not what a `ShareWriter` wrote.
    """
    for share in shares:
        references: list[int] = []
        astral: list[str] = []
        for head, body in _records(share):
            if "page" not in head:
                references.append(writer.picture(_picture(head, body)))
                continue
            astral += [_character(one) for one in head["more"]]
            width, height = _numbers(head["page"], 2)
            placed = [_placed(row, references) for row in head["placed"]]
            text = _recoded(bytes(body), astral, writer.codes)
            writer.page(width=width, height=height, pictures=placed, text=text)


def _records(share: memoryview) -> Iterator[tuple[dict[str, Any], memoryview]]:
    at = 0
    while at < len(share):
        (size,) = struct.unpack_from("<I", share, at)
        if size > _MAX_HEAD:
            raise ValueError("head")
        head = json.loads(bytes(share[at + 4 : at + 4 + size]))
        at += 4 + size
        length = sum(_whole(head[key]) for key in ("data", "palette", "text") if key in head)
        if length > len(share) - at:
            raise ValueError("length")
        yield head, share[at : at + length]
        at += length


def _picture(head: dict[str, Any], body: memoryview) -> Picture:
    if head["colour"] not in _COLOURS or head["filter"] not in _FILTERS:
        raise ValueError("picture")
    end = _whole(head["data"])
    return Picture(
        width=_whole(head["width"]), height=_whole(head["height"]), colour=head["colour"],
        bits=_whole(head["bits"]), filter=head["filter"], data=bytes(body[:end]),
        palette=bytes(body[end:]),
    )  # fmt: skip


def _placed(row: list[Any], references: list[int]) -> Placed:
    left, bottom, width, height = _numbers(row[1:], 4)
    reference = references[_whole(row[0])]
    return Placed(reference=reference, left=left, bottom=bottom, width=width, height=height)


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("number")
    return value


def _numbers(values: list[Any], count: int) -> list[float]:
    if len(values) != count or not all(type(value) in (int, float) for value in values):
        raise ValueError("numbers")
    return values


def _character(value: object) -> str:
    if not isinstance(value, str) or len(value) != 1 or value <= "\uffff":
        raise ValueError("character")
    return value


def _recoded(text: bytes, astral: list[str], codes: Codes) -> bytes:
    """The text layer with the numbers that characters beyond the BMP have in the whole file."""
    if not astral:
        return text
    own = {f"{code:04X}": character for character, code in _own_codes(astral)}

    def shown(match: re.Match[bytes]) -> bytes:
        units = match[1].decode("ascii")
        made = [units[at : at + 4] for at in range(0, len(units), 4)]
        made = [f"{codes.of(own[u]):04X}" if _ASTRAL.fullmatch(u) else u for u in made]
        return b"<%s> Tj" % "".join(made).encode("ascii")

    return _SHOWN.sub(shown, text)


def _own_codes(astral: list[str]) -> list[tuple[str, int]]:
    """The codes that a share gave, in the order in which it met the characters."""
    codes = Codes()
    return [(character, codes.of(character)) for character in astral]
