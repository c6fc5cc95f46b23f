"""Files embedded in a document (ISO 32000-2, 7.11.4): taken out, to be cleaned each by itself.

From the name tree, from file attachment annotations, and from associated files. They
reach the reader beside the cleaned document; nothing of them stays inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.limits import MAX_PARTS
from sanitizers.names import clean_name
from sanitizers.pdf._filters import BadFilter, TooLong
from sanitizers.pdf._objects import Ref, Stream, Value
from sanitizers.pdf._pages import SourcePage
from sanitizers.pdf._rules import text_of
from sanitizers.pdf._source import Source

MAX_FILE: Final = 200_000_000  # bytes of one embedded file
MAX_NODES: Final = 20_000  # of the name tree
MAX_NAME_BYTES: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFile:
    """`name` is clean; `data` is None where the stream cannot be read within its limits."""

    name: str
    data: bytes | None


def embedded_files(source: Source, pages: list[SourcePage]) -> Iterator[EmbeddedFile]:
    """Each embedded file once, as its stream is found first."""
    seen: set[Ref] = set()
    for specification in _specifications(source, pages):
        entries = source.dictionary(specification)
        streams = source.dictionary(entries.get("EF"))
        for key in ("UF", "F", "DOS", "Mac", "Unix"):  # table 43
            stream = source.resolve(streams.get(key))
            if isinstance(stream, Stream):
                if stream.ref not in seen and len(seen) < MAX_PARTS:
                    seen.add(stream.ref)
                    yield EmbeddedFile(name=_name(source, entries), data=_data(source, stream))
                break


def _specifications(source: Source, pages: list[SourcePage]) -> Iterator[Value]:
    root = source.dictionary(source.trailer().get("Root"))
    stack: list[Value] = [source.dictionary(root.get("Names")).get("EmbeddedFiles")]
    seen: set[Ref] = set()
    for _ in range(MAX_NODES):
        if not stack:
            break
        value = stack.pop()
        if isinstance(value, Ref):
            if value in seen:
                continue
            seen.add(value)
        node = source.dictionary(value)
        yield from source.array(node.get("Names"))[1::2]
        stack.extend(reversed(source.array(node.get("Kids"))))
    yield from source.array(root.get("AF"))
    for page in pages:
        yield from source.array(page.entries.get("AF"))
        for annotation in source.array(page.entries.get("Annots")):
            entries = source.dictionary(annotation)
            if "FS" in entries:
                yield entries["FS"]
            yield from source.array(entries.get("AF"))


def _name(source: Source, entries: dict[str, Value]) -> str:
    for key in ("UF", "F"):
        found = source.get(entries, key)
        if isinstance(found, bytes) and found:
            return clean_name(text_of(found[:MAX_NAME_BYTES]))
    return clean_name("")


def _data(source: Source, stream: Stream) -> bytes | None:
    try:
        found = source.decode(stream, limit=MAX_FILE)
    except (TooLong, BadFilter):
        return None
    return found.data if not found.filter or "Type" in stream.entries else None
