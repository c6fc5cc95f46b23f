"""XML, in packages and alone: parsed without DTD and entities, with prefixes of our own.

Nothing outside of the bytes is ever read: no DTD, no network, no other encoding than
Unicode's. A part that declares a document type is refused. Comments and processing
instructions are taken out before anything looks at the tree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from lxml import etree  # type: ignore[import-untyped]

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MB
from sanitizers.reasons import ReasonCode, Withheld

Element = Any  # lxml has no types, and its class of elements is private

MAX_XML: Final = 250 * MB  # of one part; a sheet of a million rows

_DOCTYPE: Final = b"<!DOCTYPE"
_DECLARATION: Final = re.compile(rb"\A\s*<\?xml\b([^>]{0,300})\?>")
_TEXT_DECLARATION: Final = re.compile(r"\A\s*<\?xml\b[^>]{0,300}\?>")
_ENCODING: Final = re.compile(rb"""\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_DECLARED: Final = re.compile(rb"""\bxmlns(?::([^\s=]{1,60}))?\s*=\s*("[^"]*"|'[^']*')""")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_UNICODE: Final = frozenset((b"utf-8", b"utf8", b"us-ascii", b"ascii"))


def strict_parser() -> etree.XMLParser:
    """A parser that reads no DTD, resolves no entity, loads nothing and has libxml2's limits."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=False,
        remove_pis=False,
    )


def parse_part(data: bytes, findings: Findings, where: str) -> Element:
    """The root element of a part, without comments and processing instructions.

    Raises:
        Withheld: DAMAGED for anything that is not well-formed, declares a document type, or
            is not in Unicode; TOO_LARGE.
    """
    if len(data) > MAX_XML:
        raise Withheld(ReasonCode.TOO_LARGE, "an XML part")
    data = _as_utf8(data)
    if _DOCTYPE in data:
        raise Withheld(ReasonCode.DAMAGED, "a document type in a part")
    try:
        root = etree.fromstring(data, strict_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Withheld(ReasonCode.DAMAGED, "XML is not well-formed") from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise Withheld(ReasonCode.DAMAGED, "a document type in a part")
    _strip_asides(root, data, findings, where)
    return root


def without_declaration(text: str) -> str:
    """A decoded document without its XML declaration, which names the charset that it had."""
    match = _TEXT_DECLARATION.match(text)
    return text[match.end() :] if match else text


def _as_utf8(data: bytes) -> bytes:
    if data[:2] in _UTF16:
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise Withheld(ReasonCode.DAMAGED, "XML is not in its encoding") from error
        data = text.encode("utf-8", "replace")
        match = _DECLARATION.match(data)
        return data[match.end() :] if match else data
    match = _DECLARATION.match(data[:400].removeprefix(b"\xef\xbb\xbf"))
    encoding = _ENCODING.search(match[1]) if match else None
    if encoding and encoding[1].lower() not in _UNICODE:
        raise Withheld(ReasonCode.DAMAGED, "XML in another encoding than Unicode's")
    return data


def _strip_asides(root: Element, data: bytes, findings: Findings, where: str) -> None:
    """Take out comments, processing instructions and whatever stands outside of the root."""
    if b"<!--" in data:
        findings.add(Kind.COMMENT, Action.REMOVED, where=where)
        etree.strip_tags(root, etree.Comment)
    if data.count(b"<?") > 1 or (b"<?" in data and not data.lstrip()[:8].count(b"<?xml")):
        etree.strip_tags(root, etree.PI)
    if b"&" in data:
        etree.strip_tags(root, etree.Entity)


def with_prefixes(
    root: Element, data: bytes, prefixes: Mapping[str | None, str], own: frozenset[str | None]
) -> Element:
    """The tree of `data` with `prefixes` on all elements of their namespaces.

    Files of the usual programs have them already; moving the tree below a new root, which
    takes ten times as long as parsing it, is left for others. `own` must be declared at the
    root: those of elements and attributes that we make.
    """
    if _has_prefixes(root, data, prefixes, own):
        return root
    fresh = etree.Element(root.tag, nsmap=dict(prefixes))
    for name, value in root.items():
        fresh.set(name, value)
    fresh.text = root.text
    fresh[:] = root[:]
    return fresh


def _has_prefixes(
    root: Element, data: bytes, prefixes: Mapping[str | None, str], own: frozenset[str | None]
) -> bool:
    """Whether no declaration in `data` gives one of `prefixes` or their namespaces otherwise.

    Whatever this overlooks stops at the filter, which judges names with their prefixes.
    """
    if data[:2] in _UTF16 or any(root.nsmap.get(p) != prefixes[p] for p in own):
        return False
    namespaces = frozenset(prefixes.values())
    for name, uri in set(_DECLARED.findall(data)):
        prefix = name.decode("utf-8", "replace") or None
        value = uri[1:-1].decode("utf-8", "replace")
        if "&" in value or prefixes.get(prefix, value) != value:
            return False
        if prefix not in prefixes and (value in namespaces or prefix is None):
            return False
    return True


def serialize(root: Element) -> bytes:
    """UTF-8 bytes of the tree, without an XML declaration."""
    return cast(bytes, etree.tostring(root, encoding="utf-8", xml_declaration=False))


def drop_unused_prefixes(root: Element, keep: frozenset[str]) -> None:
    """Take out namespace declarations that nothing uses, but for those of `keep`."""
    etree.cleanup_namespaces(root, keep_ns_prefixes=sorted(keep))
