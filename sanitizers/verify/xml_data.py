"""XML as our writer may write it: elements, attributes and text of data, nothing else.

Read by expat, which the writer does not use. No document type, entity, comment, processing
instruction or CDATA; no name in a namespace that a browser or an office program acts on.
"""

from __future__ import annotations

from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected, _strict_xml
from sanitizers.verify.text import visible

_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_LEVELS: Final = 200
#: Hosts and names under which the words of the web and of office programs are registered.
_ACTED_ON: Final = (
    "www.w3.org/", "www.mozilla.org/", "ns.adobe.com/", "schemas.microsoft.com/",
    "schemas.openxmlformats.org/", "urn:schemas-microsoft-com:", "urn:oasis:names:tc:opendocument:",
)  # fmt: skip
_INERT: Final = ("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/XML/1998/namespace")
_PLACES: Final = ("schemaLocation", "noNamespaceSchemaLocation")


class XmlVerifier(Verifier):
    """One XML document of data."""

    media_types = ("application/xml",)

    def verify(self, data: memoryview) -> None:
        """Accept elements, attributes and text of no active namespace.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        raw = bytes(data)
        if not raw.startswith(_DECLARATION) or b"<!" in raw or raw.count(b"<?") != 1:
            raise Rejected("more than elements")
        visible(raw, line_end="\n")
        _strict_xml.read(raw, _Reading())


class _Reading:
    def __init__(self) -> None:
        self._level = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element and its attributes, names as "namespace local"."""
        self._level += 1
        if self._level > _LEVELS:
            raise Rejected("too deep")
        for each in (name, *attributes):
            namespace, _, local = each.rpartition(" ")
            plain = namespace.lower().removeprefix("http://").removeprefix("https://")
            if plain.startswith(_ACTED_ON) and not namespace.startswith(_INERT):
                raise Rejected("an element that a program acts on")
            if namespace and local in _PLACES:
                raise Rejected("the address of a schema")

    def end(self, _name: str) -> None:
        """Leave an element."""
        self._level -= 1

    def namespace(self, _prefix: str | None, _uri: str | None) -> None:
        """Any may be declared: it is their use that counts."""

    def text(self, _data: str) -> None:
        """Looked at as a whole, before."""
