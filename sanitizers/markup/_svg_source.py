"""The tree of an SVG file, parsed without its document type, by a parser that loads nothing.

Illustrator and old CorelDRAW name their namespaces by entities: those of the internal subset
that are plain short strings are put in before parsing. Any other declaration is refused.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MB
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.xmltree import Element, strict_parser

MAX_SVG: Final = 50 * MB  # of text; maps of a whole city have under 30
_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31  # zlib: with a gzip header
_MAX_ENTITIES: Final = 64
_MAX_VALUE: Final = 200  # characters of an entity; a namespace's name

_DOCTYPE: Final = re.compile(
    rb"<!DOCTYPE[^\[>\"']*+(?:\"[^\"]*+\"[^\[>\"']*+|'[^']*+'[^\[>\"']*+)*+"
    rb"(?:\[([^\]]{0,20000})\]\s*)?>"
)
_ENTITY: Final = re.compile(
    rb"\s*<!ENTITY\s+([A-Za-z_][\w.-]{0,60})\s+(?:\"([^\"]*)\"|'([^']*)')\s*>"
)
_USED: Final = re.compile(rb"&([A-Za-z_][\w.-]{0,60});")
_PREDEFINED: Final = frozenset((b"lt", b"gt", b"amp", b"quot", b"apos"))


def parse(data: memoryview, findings: Findings) -> Element:
    """The root element.

    Raises:
        Withheld: DAMAGED (not well-formed, or a document type with more than short names),
            TOO_LARGE, EMPTY.
    """
    raw = bytes(data)
    if raw.startswith(_GZIP):
        raw = _unpacked(raw)
    if not raw:
        raise Withheld(ReasonCode.EMPTY)
    if len(raw) > MAX_SVG:
        raise Withheld(ReasonCode.TOO_LARGE, f"{len(raw)} bytes of SVG")
    try:
        root = etree.fromstring(_without_doctype(raw, findings), strict_parser())
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Withheld(ReasonCode.DAMAGED, "SVG is not well-formed") from error
    info = root.getroottree().docinfo
    if info.internalDTD is not None:  # in an encoding where the rule above did not see it
        raise Withheld(ReasonCode.DAMAGED, "a document type that was not read")
    return root


def _unpacked(raw: bytes) -> bytes:
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        text = unpacker.decompress(raw, MAX_SVG + 1)
    except zlib.error as error:
        raise Withheld(ReasonCode.DAMAGED, "SVGZ is not gzip") from error
    if len(text) > MAX_SVG:
        raise Withheld(ReasonCode.TOO_LARGE, "an SVGZ")
    if not unpacker.eof:
        raise Withheld(ReasonCode.DAMAGED, "SVGZ ends early")
    return text


def _without_doctype(raw: bytes, findings: Findings) -> bytes:
    match = _DOCTYPE.search(raw)
    if match is None:
        return raw
    findings.add(Kind.METADATA, Action.REMOVED, where="document type")
    rest = raw[: match.start()] + raw[match.end() :]
    values: dict[bytes, bytes] = {}
    subset = match[1] or b""
    at = 0
    while entity := _ENTITY.match(subset, at):
        at = entity.end()
        value = entity[2] if entity[2] is not None else entity[3]
        if len(value) > _MAX_VALUE or any(sign in value for sign in b"&%<\"'"):
            raise Withheld(ReasonCode.DAMAGED, "an entity that is no plain string")
        values[entity[1]] = value
        if len(values) > _MAX_ENTITIES:
            raise Withheld(ReasonCode.DAMAGED, "too many entities")
    if subset[at:].strip():
        raise Withheld(ReasonCode.DAMAGED, "a declaration in the document type")
    if not values:
        return rest
    used = _USED.findall(rest)
    if len(rest) + _MAX_VALUE * sum(name in values for name in used) > MAX_SVG:
        raise Withheld(ReasonCode.TOO_LARGE, "entities of an SVG")

    def put_in(match: re.Match[bytes]) -> bytes:
        name = match[1]
        return match[0] if name in _PREDEFINED else values.get(name, match[0])

    return _USED.sub(put_in, rest)
