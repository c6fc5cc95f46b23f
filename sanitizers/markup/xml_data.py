"""XML as data: parsed without DTD and entities, written anew from its elements and text.

Comments, processing instructions (style sheets among them) and references to schemas and
other documents go. A browser or an office program acts on the elements of some namespaces
wherever they stand: those are taken out with all they hold, so that what is left is data.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from sanitizers import xmltree
from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import is_plain, make_harmless
from sanitizers.text.charset import decode
from sanitizers.text.html import sniffed_charset
from sanitizers.xmltree import Element

XML: Final = "application/xml"
#: Levels of elements; lxml itself ends at 256.
MAX_LEVELS: Final = 200
MAX_ELEMENTS: Final = 2_000_000
_TOO_DEEP: Final = etree.XPath(f"boolean({'/*' * (MAX_LEVELS + 1)})")

#: Namespaces of data description, which no program acts on (XML Schema, dates, metadata).
_DATA: Final = ("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/XML/1998/namespace")
#: Where the words of the web and of office programs live; all but `_DATA` is taken out.
_ACTIVE: Final = (
    "http://www.w3.org/", "https://www.w3.org/", "http://www.mozilla.org/", "http://ns.adobe.com/",
    "urn:schemas-microsoft-com:", "http://schemas.microsoft.com/",
    "http://schemas.openxmlformats.org/", "urn:oasis:names:tc:opendocument:",
)  # fmt: skip
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_SCHEMA_PLACES: Final = frozenset(
    (f"{{{_INSTANCE}}}schemaLocation", f"{{{_INSTANCE}}}noNamespaceSchemaLocation")
)
_LINKS: Final = "{http://www.w3.org/1999/xlink}"


class XmlData(Sanitizer):
    """XML 1.0 (fifth edition) with namespaces."""

    media_types = (XML,)
    methods = (Method.SANITIZE,)
    outputs = (XML,)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the elements, attributes and text of `job` to `out`.

        Raises:
            Withheld: DAMAGED (not well-formed, or with a document type), TOO_LARGE, TOO_DEEP.
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        if len(job.data) > 4 * MAX_TEXT_CHARS:
            raise Withheld(ReasonCode.TOO_LARGE, "bytes of XML")
        findings = Findings()
        decoded = decode(job.data, sniffed_charset(job.data))
        text = xmltree.without_declaration(decoded.text.removeprefix("\ufeff"))
        root = xmltree.parse_part(text.encode("utf-8", "replace"), findings, "xml")
        if _is_active(root.tag):
            raise Withheld(ReasonCode.UNSUPPORTED_TYPE, "a document of another format")
        if _TOO_DEEP(root):
            raise Withheld(ReasonCode.TOO_DEEP, "levels of XML")
        elements = list(root.iter())
        if len(elements) > MAX_ELEMENTS:
            raise Withheld(ReasonCode.TOO_LARGE, "elements of XML")
        if "xmlns" in text:  # else no name has a namespace
            for element in elements:
                _data_only(element, findings)
        if "&#" in text or not is_plain(text):  # else no string of it has anything
            for element in root.iter():
                _harmless(element, findings)
        etree.cleanup_namespaces(root)
        out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n' + xmltree.serialize(root) + b"\n")
        return Cleaned(
            media_type=XML, extension=".xml", method=Method.SANITIZE, findings=findings.freeze()
        )


@lru_cache(maxsize=1_024)
def _is_active(name: str) -> bool:
    namespace = name[1:].partition("}")[0] if name.startswith("{") else ""
    return namespace.lower().startswith(_ACTIVE) and not namespace.startswith(_DATA)


def _data_only(element: Element, findings: Findings) -> None:
    """One element without what a program would act on."""
    if _is_active(element.tag):
        parent = element.getparent()
        if parent is not None:
            findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED)
            _keep_tail(element, parent)
            parent.remove(element)
        return
    for name, _ in element.items():
        if name in _SCHEMA_PLACES or name.startswith(_LINKS):
            findings.add(Kind.EXTERNAL_REFERENCE, Action.REMOVED)
            del element.attrib[name]
        elif _is_active(name):
            findings.add(Kind.UNKNOWN_DATA, Action.REMOVED)
            del element.attrib[name]


def _harmless(element: Element, findings: Findings) -> None:
    """The strings of one element without hidden and control characters."""
    for name, value in element.items():
        element.set(name, make_harmless(value, findings))
    if element.text:
        element.text = make_harmless(element.text, findings)
    if element.tail:
        element.tail = make_harmless(element.tail, findings)


def _keep_tail(element: Element, parent: Element) -> None:
    """Text behind an element belongs to its parent."""
    if not element.tail:
        return
    before = element.getprevious()
    if before is None:
        parent.text = (parent.text or "") + element.tail
    else:
        before.tail = (before.tail or "") + element.tail
