"""Content-Transfer-Encodings (RFC 2045 section 6) and uuencode, undone in chunks.

Every decoder yields pieces of at most about a megabyte and is tolerant: what cannot be
decoded is skipped and counted, never guessed. Memory does not grow with the part, time
is linear. This module must never raise on any input.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

#: Encodings that change nothing (RFC 2045 6.2).
IDENTITY: Final = frozenset({"", "7bit", "8bit", "binary"})
#: Bytes of input worked on at a time.
CHUNK: Final = 512 * 1024

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64_JUNK: Final = bytes(set(range(256)) - set(_BASE64 + b"="))
_BASE64_ODD: Final = bytes(set(range(256)) - set(_BASE64 + b"=\r\n \t\x00"))
#: Whole words of whole quanta. Behind padding only these count as more data (streams in
#: a row, lines padded one by one); the footer that a mailing list appended does not.
_MORE_BASE64: Final = re.compile(
    rb"(?:[\s\x00]*+(?:(?:[A-Za-z0-9+/]{4})++(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
    rb"|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)(?![^\s\x00]))*+[\s\x00]*+"
)
#: So many bytes of it are asked for, or all that is left; looked at in windows.
_MORE_BYTES: Final = 200
_MORE_WINDOW: Final = 4_096
_PAD: Final = re.compile(rb"=[=\s\x00]*")

#: White space at a line's end is no data (RFC 2045 6.7 rule 3). The look-behind makes a
#: run of spaces be tried once, not once per space.
_QP_LINE_END: Final = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n)")
_QP_LONE_CR: Final = re.compile(rb"=\r(?!\n)")

_UU_BEGIN: Final = re.compile(rb"begin (?<![^\r\n]begin )[0-7]{3,4} ([^\r\n]{1,250})(?:\r\n|\n|\r)")
_UU_END: Final = re.compile(rb"[\r\n]end[ \t]*(?=[\r\n]|\Z)")
_UU_LINE: Final = re.compile(rb"([^\r\n]*)(?:\r\n|\n|\r|\Z)")
#: Characters of one uuencoded line: a length and at most 63 bytes in quanta of four.
_UU_MAX_LINE: Final = 1 + 84 + 3


@dataclass(slots=True)
class Defects:
    """How often a decoder met something that its encoding does not allow."""

    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UuBlock:
    """A `begin … end` block in a text: its file name (raw) and the ranges it covers."""

    name: bytes
    start: int  # of the `begin` line
    data_start: int
    end: int  # behind the `end` line


def decoded(data: memoryview, encoding: str, defects: Defects) -> Iterator[bytes | memoryview]:
    """Undo `encoding` (a lower-case token); unknown ones are passed as they are.

    Source: RFC 2045 section 6; x-uuencode as IEEE Std 1003.1 (uuencode).
    """
    decoder = _DECODERS.get(encoding)
    if decoder is None:
        if encoding not in IDENTITY:
            defects.count += 1
        return _chunks(data)
    return decoder(data, defects)


def _chunks(data: memoryview) -> Iterator[memoryview]:
    for start in range(0, len(data), CHUNK):
        yield data[start : start + CHUNK]


def _base64(data: memoryview, defects: Defects) -> Iterator[bytes]:
    carry = b""
    position = trusted = 0
    while position < len(data):
        stop = min(position + CHUNK, len(data))
        pad = _PAD.search(data, position, stop)
        raw = bytes(data[position : pad.start() if pad is not None else stop])
        clean = carry + raw.translate(None, _BASE64_JUNK)
        if len(raw.translate(None, _BASE64_ODD)) != len(raw):
            defects.count += 1
        if pad is None:
            position = stop
            whole = len(clean) - len(clean) % 4
            carry = clean[whole:]
            if whole:
                yield binascii.a2b_base64(clean[:whole])
            continue
        # Padding ends a stream: the part's only one, or one of several in a row.
        carry = b""
        if clean:
            yield _quanta(clean, defects)
        position = pad.end()
        if trusted <= position < len(data):
            trusted = _more_base64(data, position)
            if trusted == position:
                defects.count += 1
                return
    if carry:
        yield _quanta(carry, defects)


def _more_base64(data: memoryview, position: int) -> int:
    """Up to where `data` goes on as base64 behind padding; `position` itself if it does not."""
    more = _MORE_BASE64.match(data, position, position + _MORE_WINDOW)
    end = more.end() if more is not None else position
    return end if end == len(data) or end - position >= _MORE_BYTES else position


def _quanta(piece: bytes, defects: Defects) -> bytes:
    """Decode one unpadded stream; a single left-over character carries no byte."""
    if len(piece) % 4 == 1:
        defects.count += 1
        piece = piece[:-1]
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))


def _quoted_printable(data: memoryview, defects: Defects) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        raw = bytes(data[start : start + CHUNK])
        if start + len(raw) < len(data):
            # Cut behind a line; a line longer than a chunk is cut off an escape.
            cut = raw.rfind(b"\n") + 1
            if not cut:
                at = raw.find(b"=", len(raw) - 3)
                cut = at if at > 0 else len(raw)
            raw = raw[:cut]
            start += cut
        else:
            start += len(raw)
            raw = raw.rstrip(b" \t")
        if b" " in raw or b"\t" in raw:
            raw = _QP_LINE_END.sub(b"", raw)
        if b"=\r" in raw:
            raw = _QP_LONE_CR.sub(b"=\n", raw)
        yield binascii.a2b_qp(raw)


def _uuencode(data: memoryview, defects: Defects) -> Iterator[bytes]:
    """Lines between `begin` and `end`, or all lines when there is no `begin`."""
    begin = _UU_BEGIN.search(data, 0, min(len(data), 100_000))
    position = begin.end() if begin is not None else 0
    out = bytearray()
    while position < len(data):
        m = _UU_LINE.match(data, position)
        if m is None or m.end() == position:
            break
        position = m.end()
        if m.end(1) - m.start(1) > 2 * _UU_MAX_LINE:
            defects.count += 1
            continue
        line = m[1]
        if line.rstrip() == b"end":
            break
        out += _uu_line(line, defects)
        if len(out) >= CHUNK:
            yield bytes(out)
            out.clear()
    if out:
        yield bytes(out)


def _uu_line(line: bytes, defects: Defects) -> bytes:
    if not line.strip():
        return b""
    # Gateways strip spaces or add check characters: only what the length asks for counts.
    size = (line[0] - 32) & 63
    wanted = 1 + (size + 2) // 3 * 4
    try:
        return binascii.a2b_uu(line[:wanted])
    except binascii.Error:
        defects.count += 1
        return b""


def find_uu_blocks(text: memoryview, *, most: int) -> list[UuBlock]:
    """`begin … end` blocks that a mailer without MIME put into a plain text.

    A block counts only if its first line has the length that its count asks for and an
    `end` line follows. At most `most` blocks are returned. Linear in `text`.
    """
    blocks: list[UuBlock] = []
    position = 0
    while len(blocks) < most and (m := _UU_BEGIN.search(text, position)) is not None:
        position = m.end()
        line = _UU_LINE.match(text, position)
        if line is None or not _looks_like_uu(line[1]):
            continue
        end = _UU_END.search(text, position - 1)
        if end is None:
            break
        blocks.append(
            UuBlock(name=m[1].strip(), start=m.start(), data_start=m.end(), end=end.end())
        )
        position = end.end()
    return blocks


def _looks_like_uu(line: bytes) -> bool:
    if not line or not 32 < line[0] <= 96 or any(not 32 <= c <= 96 for c in line):
        return False
    wanted = 1 + ((line[0] - 32) & 63) * 4 / 3
    return wanted - 4 <= len(line) <= wanted + 5


_DECODERS: Final[dict[str, Callable[[memoryview, Defects], Iterator[bytes]]]] = {
    "base64": _base64,
    "quoted-printable": _quoted_printable,
    "x-uuencode": _uuencode,
    "x-uue": _uuencode,
    "uuencode": _uuencode,
}
