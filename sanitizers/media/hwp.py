"""HWP 5 (Hangul) and HWPX: their paragraphs as text; nothing else of them is rebuilt.

HWP 5.0 as published by Hancom (revision 1.3): streams `FileHeader` and `BodyText/SectionN`,
records of a tag, a level and a size; KS X 6101 (OWPML) for HWPX. HWP 3 and documents for
distribution, whose text is enciphered, are withheld by the name of the format.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from sanitizers.identify.cfb import SIGNATURE
from sanitizers.media import _text
from sanitizers.media._compound import Compound
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld

_HWP: Final = "application/x-hwp"
_HWPX: Final = "application/hwp+zip"
#: 3.2.1: properties in `FileHeader`, bits: compressed, password, for distribution.
_COMPRESSED, _PASSWORD, _DISTRIBUTION = 1, 2, 4
_PARA_TEXT: Final = 0x10 + 51  # 4.3: HWPTAG_PARA_TEXT
#: Table 6: controls of one character, and what is seen of them.
_SINGLE: Final = {0: "", 10: "\n", 13: "\n", 24: "-", 30: " ", 31: " "}
_CONTROL_UNITS: Final = 8  # every other control takes eight characters
_TAB: Final = 9
_SECTION: Final = re.compile(r"Section([0-9]{1,4})")
_MEMBER: Final = re.compile(r"Contents/section([0-9]{1,4})\.xml")
_MAX_SECTIONS: Final = 1_000


class Hangul(Sanitizer):
    """Hangul documents."""

    media_types = (_HWP, _HWPX)
    methods = (Method.TEXT,)
    outputs = ("text/plain",)

    @classmethod
    def warm(cls) -> None:
        """Load the codecs of ZIP names and UTF-16."""
        "a".encode("cp437").decode("utf-16-le", "replace")

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the text of all sections.

        Raises:
            Withheld: UNSUPPORTED_TYPE, ENCRYPTED, DAMAGED, EMPTY or TOO_LARGE.
        """
        sections = _packed(job.data) if job.media_type == _HWPX else _compound(job.data)
        return _text.write(job, "\n".join(sections), out)


def _compound(data: memoryview) -> Iterator[str]:
    if bytes(data[: len(SIGNATURE)]) != SIGNATURE:
        raise _text.unsupported("HWP before 5")
    file = Compound(data)
    header = file.read("FileHeader") or b""
    if len(header) < 40:
        raise _text.unsupported("no FileHeader")
    flags = struct.unpack_from("<I", header, 36)[0]
    if flags & _PASSWORD:
        raise Withheld(ReasonCode.ENCRYPTED, "password")
    if flags & _DISTRIBUTION:
        raise _text.unsupported("for distribution")
    numbers = sorted(
        int(found[1]) for name in file.names("BodyText") if (found := _SECTION.fullmatch(name))
    )
    room = _text.MAX_BYTES
    for number in numbers[:_MAX_SECTIONS]:
        stream = file.read("BodyText", f"Section{number}") or b""
        if flags & _COMPRESSED:
            stream = _inflated(stream, room)
        room -= len(stream)
        yield "".join(_paragraph(record) for record in _texts(stream))


def _inflated(packed: bytes, room: int) -> bytes:
    if room <= 0:
        raise Withheld(ReasonCode.TOO_LARGE, "sections")
    try:
        inflate = zlib.decompressobj(-15)
        data = inflate.decompress(packed, room)
    except zlib.error as error:
        raise Withheld(ReasonCode.DAMAGED, "section") from error
    if inflate.unconsumed_tail:
        raise Withheld(ReasonCode.TOO_LARGE, "section")
    return data


def _texts(stream: bytes) -> Iterator[bytes]:
    """4.1: payloads of the paragraph text records."""
    at = 0
    while at + 4 <= len(stream):
        (head,) = struct.unpack_from("<I", stream, at)
        at += 4
        size = head >> 20
        if size == 0xFFF:
            if at + 4 > len(stream):
                raise Withheld(ReasonCode.DAMAGED, "record")
            (size,) = struct.unpack_from("<I", stream, at)
            at += 4
        if at + size > len(stream):
            raise Withheld(ReasonCode.DAMAGED, "record")
        if head & 0x3FF == _PARA_TEXT:
            yield stream[at : at + size]
        at += size


def _paragraph(record: bytes) -> str:
    """The characters of a paragraph; controls are left out with their parameters."""
    units = memoryview(record[: len(record) & ~1]).cast("H")
    kept = bytearray()
    at = 0
    while at < len(units):
        unit = units[at]
        if unit >= 32:
            kept += unit.to_bytes(2, "little")
            at += 1
        elif unit in _SINGLE:
            kept += _SINGLE[unit].encode("utf-16-le")
            at += 1
        else:
            kept += "\t".encode("utf-16-le") if unit == _TAB else b""
            at += _CONTROL_UNITS
    return kept.decode("utf-16-le", "replace")


def _packed(data: memoryview) -> Iterator[str]:
    """HWPX: the sections of the package, in order."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            found = {
                int(match[1]): info
                for info in package.infolist()
                if (match := _MEMBER.fullmatch(info.filename))
            }
            if not found:
                raise _text.unsupported("no section")
            room = _text.MAX_BYTES
            for number in sorted(found)[:_MAX_SECTIONS]:
                if found[number].flag_bits & 1:
                    raise Withheld(ReasonCode.ENCRYPTED, "section")
                with package.open(found[number]) as member:
                    xml = member.read(room + 1)
                room -= len(xml)
                if room < 0:
                    raise Withheld(ReasonCode.TOO_LARGE, "sections")
                yield _paragraphs(xml)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Withheld(ReasonCode.DAMAGED, "package") from error


def _paragraphs(xml: bytes) -> str:
    """The text of `t` in `p` (KS X 6101, 10): without declarations, entities and controls."""
    pieces: list[str] = []
    inside: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        inside.append(local)
        if local == "tab":
            pieces.append("\t")
        elif local == "lineBreak":
            pieces.append("\n")

    def end(_: str) -> None:
        if inside.pop() == "p":
            pieces.append("\n")

    def characters(text: str) -> None:
        if "t" in inside[-3:]:
            pieces.append(text)

    def refuse(*_: object) -> None:
        raise Withheld(ReasonCode.DAMAGED, "document type declaration")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise Withheld(ReasonCode.DAMAGED, "section") from error
    return "".join(pieces)
