"""XML read for a verifier: by expat, and nothing in it but elements, attributes and text."""

from __future__ import annotations

from typing import NoReturn, Protocol
from xml.parsers import expat

from sanitizers.verify import Rejected


class Handlers(Protocol):
    """What looks at a document; names are "namespace local", or local alone."""

    def namespace(self, prefix: str | None, uri: str | None, /) -> None:
        """A declaration of a prefix."""

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """The start of an element."""

    def end(self, name: str, /) -> None:
        """Its end."""

    def text(self, data: str, /) -> None:
        """A piece of text; one stretch may come in several."""


def read(data: bytes | memoryview, handlers: Handlers) -> None:
    """Show `handlers` the whole document, in UTF-8.

    Raises:
        Rejected: not well-formed, or with a document type, an entity, a processing
            instruction, a comment or a CDATA section; and what `handlers` raise.
    """
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    parser.CommentHandler = _refuse
    parser.StartCdataSectionHandler = _refuse
    parser.StartNamespaceDeclHandler = handlers.namespace
    parser.StartElementHandler = handlers.start
    parser.EndElementHandler = handlers.end
    parser.CharacterDataHandler = handlers.text
    try:
        parser.Parse(bytes(data), True)
    except expat.ExpatError as error:
        raise Rejected("not well-formed") from error


def _refuse(*_: object) -> NoReturn:
    raise Rejected("document type, entity, instruction or comment")
