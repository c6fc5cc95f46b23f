"""Takes the content out of a signed or compressed CMS wrapping (S/MIME; RFC 5652, RFC 8551).

A bounded reader of BER framing (X.690 8.1): only the path to the content is walked. No
signature, certificate or algorithm is looked at: what was signed is cleaned like
everything else, and whether the signature held is not said. Nothing encrypted is opened.
"""

from __future__ import annotations

import binascii
import re
import zlib
from dataclasses import dataclass
from typing import Final

from sanitizers.limits import MB
from sanitizers.reasons import ReasonCode, Withheld

#: What mail calls it (RFC 8551 3.2).
MEDIA_TYPES: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
#: TLVs of one wrapping that are read; a 200 MB mail signed in pieces of 1 kB has 200,000.
MAX_ELEMENTS: Final = 500_000
MAX_NESTING: Final = 16  # of constructed strings; encoders use 2
#: Bytes that a compressed mail may unpack to: this many, or this many times its own size.
MAX_INFLATED: Final = 20 * MB
MAX_RATIO: Final = 20  # text and base64 stay under 10

_SEQUENCE: Final = 0x30
_OBJECT_IDENTIFIER: Final = 0x06
_OCTETS: Final = 0x04
_OCTETS_IN_PIECES: Final = 0x24
_TAGGED: Final = 0xA0  # [0] EXPLICIT
_PKCS7: Final = bytes.fromhex("2a864886f70d0107")
_SMIME: Final = bytes.fromhex("2a864886f70d01091001")
_SIGNED: Final = _PKCS7 + b"\x02"  # RFC 5652 5.1
_COMPRESSED: Final = _SMIME + b"\x09"  # RFC 3274 1.1
#: RFC 5652 6.1, 8; RFC 5083 2.1; PKCS #7 1.5, 14 (signed and enveloped).
_ENCRYPTED: Final = frozenset(
    {_PKCS7 + b"\x03", _PKCS7 + b"\x04", _PKCS7 + b"\x06", _SMIME + b"\x17"}
)
_ARMOR: Final = re.compile(  # RFC 7468 8 and 9
    rb"\s*-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\s]+)-----END \1-----"
)
#: RFC 8551 3.1: what is signed is a MIME entity; one of these fields is among the first.
_ENTITY: Final = re.compile(
    rb"\s*(?:(?!content-|mime-version|from|to|subject|date|message-id)[!-9;-~]{1,76}:[^\r\n]{0,998}"
    rb"(?:\r?\n[ \t][^\r\n]{0,998}){0,20}\r?\n){0,20}"
    rb"(?:content-(?:type|transfer-encoding|disposition|language)|mime-version|from|to|subject"
    rb"|date|message-id)[ \t]*:",
    re.IGNORECASE,
)


def holds_mail(content: bytes) -> bool:
    """Whether what was wrapped starts as a mail or a part of one does."""
    return _ENTITY.match(content) is not None


def unwrap(data: bytes) -> bytes:
    """The content of signed or compressed `data` (DER, BER, or either in its armor).

    Raises:
        Withheld: SIGNED_OR_ENCRYPTED_MAIL (encrypted); UNSUPPORTED_TYPE (a signature or
            certificates without content, another kind of content); ARCHIVE_BOMB; DAMAGED.
    """
    armor = _ARMOR.match(data)
    if armor is not None:
        data = binascii.a2b_base64(b"".join(armor[2].split()))
    reader = _Reader(data)
    outer = reader.children(reader.element(0, len(data)), most=2)
    kind = reader.identifier(outer[0]) if outer else b""
    if kind in _ENCRYPTED:
        raise Withheld(ReasonCode.SIGNED_OR_ENCRYPTED_MAIL)
    if kind not in (_SIGNED, _COMPRESSED):
        raise Withheld(ReasonCode.UNSUPPORTED_TYPE, "another content type of CMS")
    # Both: version, algorithms, what is inside (RFC 5652 5.1, RFC 3274 1.1).
    rows = reader.children(reader.explicit(outer, 1), most=3)
    if len(rows) < 3 or rows[2].tag != _SEQUENCE:
        raise Withheld(ReasonCode.DAMAGED, "no encapsulated content")
    inside = reader.children(rows[2], most=2)
    if len(inside) < 2:
        raise Withheld(ReasonCode.UNSUPPORTED_TYPE, "signature or certificates without content")
    content = reader.octets(reader.explicit(inside, 1))
    return _inflated(content) if kind == _COMPRESSED else content


def _inflated(data: bytes) -> bytes:
    limit = max(MAX_INFLATED, MAX_RATIO * len(data))
    unpacker = zlib.decompressobj()
    try:
        found = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise Withheld(ReasonCode.DAMAGED, "compressed content") from error
    if len(found) > limit:
        raise Withheld(ReasonCode.ARCHIVE_BOMB, "compressed content")
    if not unpacker.eof:
        raise Withheld(ReasonCode.DAMAGED, "compressed content is cut short")
    return found


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    start: int  # of its content
    stop: int
    end: int  # where the next one begins


class _Reader:
    """Elements of one buffer; every length is checked against what is around it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ELEMENTS

    def _head(self, at: int, stop: int) -> tuple[int, int, int]:
        """Tag, start of the content, and its length (-1: indefinite; X.690 8.1.3)."""
        self._left -= 1
        if self._left < 0:
            raise Withheld(ReasonCode.DAMAGED, "too many elements")
        data = self._data
        if at + 2 > stop or data[at] & 0x1F == 0x1F:  # no long tags on the way to the content
            raise Withheld(ReasonCode.DAMAGED, "no element")
        length, start = data[at + 1], at + 2
        if length == 0x80 and data[at] & 0x20:
            return data[at], start, -1
        if length >= 0x80:
            count = length & 0x7F
            if not 0 < count <= 8 or start + count > stop:
                raise Withheld(ReasonCode.DAMAGED, "length of an element")
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        if length > stop - start:
            raise Withheld(ReasonCode.DAMAGED, "element is cut short")
        return data[at], start, length

    def element(self, at: int, stop: int) -> _Element:
        """The element at `at`, which must end before `stop`."""
        tag, start, length = self._head(at, stop)
        if length >= 0:
            return _Element(tag, start, start + length, start + length)
        position, open_ = start, 1
        while True:
            if self._data[position : position + 2] == b"\0\0" and position + 2 <= stop:
                open_ -= 1
                if not open_:
                    return _Element(tag, start, position, position + 2)
                position += 2
                continue
            _, inner, length = self._head(position, stop)
            if length < 0:
                open_ += 1
                if open_ > MAX_NESTING:
                    raise Withheld(ReasonCode.TOO_DEEP, "elements")
            position = inner + max(length, 0)

    def children(self, parent: _Element, *, most: int) -> list[_Element]:
        """The first `most` elements of a constructed one."""
        if not parent.tag & 0x20:
            raise Withheld(ReasonCode.DAMAGED, "no constructed element")
        found: list[_Element] = []
        at = parent.start
        while at < parent.stop and len(found) < most:
            child = self.element(at, parent.stop)
            found.append(child)
            at = child.end
        return found

    def identifier(self, element: _Element) -> bytes:
        """The content of an object identifier."""
        if element.tag != _OBJECT_IDENTIFIER:
            raise Withheld(ReasonCode.DAMAGED, "no object identifier")
        return self._data[element.start : element.stop]

    def explicit(self, siblings: list[_Element], index: int) -> _Element:
        """What the [0] at `index` wraps."""
        if len(siblings) <= index or siblings[index].tag != _TAGGED:
            raise Withheld(ReasonCode.DAMAGED, "no content")
        inner = self.children(siblings[index], most=1)
        if not inner:
            raise Withheld(ReasonCode.DAMAGED, "no content")
        return inner[0]

    def octets(self, element: _Element) -> bytes:
        """An octet string, also one in pieces (X.690 8.7.3)."""
        pieces: list[bytes] = []
        waiting = [(element, 0)]
        while waiting:
            node, depth = waiting.pop()
            if node.tag == _OCTETS:
                pieces.append(self._data[node.start : node.stop])
            elif node.tag == _OCTETS_IN_PIECES and depth < MAX_NESTING:
                inner = self.children(node, most=MAX_ELEMENTS)
                waiting.extend((child, depth + 1) for child in reversed(inner))
            else:
                raise Withheld(ReasonCode.UNSUPPORTED_TYPE, "content that is no octet string")
        return b"".join(pieces)
