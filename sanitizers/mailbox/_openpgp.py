"""Finds the literal data of an OpenPGP message that is signed and not encrypted (RFC 9580).

Packet framing only (4.2), in bounds. Signatures are stepped over, never checked; what is
encrypted is never opened.
"""

from __future__ import annotations

import binascii
import bz2
import re
import zlib
from collections.abc import Iterator
from typing import Final

from sanitizers.limits import MB
from sanitizers.reasons import ReasonCode, Withheld

MAX_PACKETS: Final = 1_000  # a signature each for a whole committee, twice
MAX_COMPRESSIONS: Final = 2  # programs write one
#: Bytes that compressed data may unpack to: this many, or this many times its own size.
MAX_INFLATED: Final = 20 * MB
MAX_RATIO: Final = 20

_ENCRYPTED: Final = frozenset({1, 3, 9, 18, 20})  # 5.1, 5.3, 5.7, 5.13; 20: older drafts
_STEPPED_OVER: Final = frozenset({2, 4, 10, 21})  # 5.2, 5.4, 5.8, 5.14
_COMPRESSED: Final = 8  # 5.6
_LITERAL: Final = 11  # 5.9
_ARMOR: Final = re.compile(  # 6.2
    rb"\s*-----BEGIN PGP MESSAGE-----[ \t]*\r?\n(?:[A-Za-z-]{1,40}: [^\r\n]{0,500}\r?\n){0,20}"
    rb"[ \t]*\r?\n([A-Za-z0-9+/=\s]+)-----END PGP MESSAGE-----"
)
_CHECKSUM: Final = re.compile(rb"\n=[A-Za-z0-9+/]{4}\s*\Z")  # 6.1


def literal_data(data: bytes) -> bytes:
    """What was signed.

    Raises:
        Withheld: SIGNED_OR_ENCRYPTED_MAIL (encrypted); UNSUPPORTED_TYPE (no message);
            ARCHIVE_BOMB; DAMAGED.
    """
    if data.lstrip().startswith(b"-----"):
        armor = _ARMOR.match(data)
        if armor is None:
            raise Withheld(ReasonCode.DAMAGED, "armor")
        text = b"".join(_CHECKSUM.sub(b"", armor[1]).split())
        try:
            data = binascii.a2b_base64(text)
        except binascii.Error as error:
            raise Withheld(ReasonCode.DAMAGED, "armor") from error
    for _ in range(MAX_COMPRESSIONS + 1):
        tag, body = _content(data)
        if tag == _LITERAL:
            # 5.9: format, name with its length, date of four octets, data.
            start = 2 + body[1] + 4 if len(body) > 1 else len(body) + 1
            if start > len(body):
                raise Withheld(ReasonCode.DAMAGED, "literal data")
            return body[start:]
        data = _inflated(body)
    raise Withheld(ReasonCode.TOO_DEEP, "compressed data")


def _content(data: bytes) -> tuple[int, bytes]:
    """The first packet that holds a message."""
    for tag, body in _packets(data):
        if tag in _ENCRYPTED:
            raise Withheld(ReasonCode.SIGNED_OR_ENCRYPTED_MAIL, "OpenPGP")
        if tag in (_LITERAL, _COMPRESSED):
            return tag, body
        if tag not in _STEPPED_OVER:
            break
    raise Withheld(ReasonCode.UNSUPPORTED_TYPE, "no OpenPGP message")


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and body of each packet (4.2)."""
    at = 0
    for _ in range(MAX_PACKETS):
        if at >= len(data):
            return
        head, at = data[at], at + 1
        if not head & 0x80:
            raise Withheld(ReasonCode.DAMAGED, "no packet")
        if head & 0x40:
            body, at = _new_body(data, at)
            yield head & 0x3F, body
            continue
        size = (1, 2, 4, 0)[head & 3]  # 4.2.2; 0: to the end
        length = int.from_bytes(_piece(data, at, size), "big") if size else len(data) - at
        at += size
        yield head >> 2 & 0x0F, _piece(data, at, length)
        at += length


def _new_body(data: bytes, at: int) -> tuple[bytes, int]:
    """The body whose lengths begin at `at`, and where the next packet begins (4.2.1)."""
    pieces: list[bytes] = []
    while True:
        (first,) = _piece(data, at, 1)
        at += 1
        partial = 224 <= first < 255
        if first < 192:
            length = first
        elif first < 224:
            length = (first - 192 << 8) + _piece(data, at, 1)[0] + 192
            at += 1
        elif partial:
            length = 1 << (first & 0x1F)
        else:
            length = int.from_bytes(_piece(data, at, 4), "big")
            at += 4
        pieces.append(_piece(data, at, length))
        at += length
        if not partial:
            return b"".join(pieces), at


def _piece(data: bytes, at: int, length: int) -> bytes:
    if length > len(data) - at:
        raise Withheld(ReasonCode.DAMAGED, "packet is cut short")
    return data[at : at + length]


def _inflated(body: bytes) -> bytes:
    """5.6: the algorithm (9.4), then the data."""
    limit = max(MAX_INFLATED, MAX_RATIO * len(body))
    kind, packed = body[:1], body[1:]
    if kind == b"\0":
        return packed
    try:
        if kind == b"\3":
            found = bz2.BZ2Decompressor().decompress(packed, limit + 1)
        elif kind in (b"\1", b"\2"):
            bits = -zlib.MAX_WBITS if kind == b"\1" else zlib.MAX_WBITS
            found = zlib.decompressobj(bits).decompress(packed, limit + 1)
        else:
            raise Withheld(ReasonCode.DAMAGED, "compression")
    except (zlib.error, OSError, EOFError) as error:
        raise Withheld(ReasonCode.DAMAGED, "compressed data") from error
    if len(found) > limit:
        raise Withheld(ReasonCode.ARCHIVE_BOMB, "compressed data")
    return found
