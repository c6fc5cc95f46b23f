"""The tree of a raw mail (RFC 5322 section 2, RFC 2045/2046), by index ranges.

Nothing is copied but header blocks: an `Entity` says where its body starts and ends in
the caller's buffer. Lines may end in CRLF, LF, CR or any mix. Nothing is decoded here
and nothing is judged: what an entity may become is decided in `body`.

Cost. Delimiter lines are looked for in one forward scan that knows all open boundaries,
so a byte is scanned once however deep it lies. Two things read bytes again, both
bounded: a header block is read a few times (at most MAX_HEADER_BYTES per entity, and
blocks do not overlap), and a multipart whose boundary was not found is scanned once more
with a guessed one, at most MAX_GUESSES times in a mail.
There is no recursion.

This module must never raise anything but `Withheld`, whatever the bytes are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_HEADER_BYTES, MAX_HEADER_FIELDS, MAX_MIME_DEPTH, MAX_PARTS
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.fields import KNOWN_FIELD, split_fields
from sanitizers.text.words import decode_parameters, unfold

#: RFC 2046 5.1.1 ends a boundary at 70 characters; mailers exist that do not.
MAX_BOUNDARY: Final = 250
#: Boundaries guessed in one mail; damaged mails need one.
MAX_GUESSES: Final = 5
#: A parameterized field longer than this is not read (names over it are cut anyway).
MAX_FIELD_BYTES: Final = 100_000
#: Preambles that mailers write by themselves start like this (RFC 2046 5.1.1).
_BOILERPLATE: Final = re.compile(rb"\s*(?:This is a |This message |\xe3\x81\x93\xe3\x82\x8c)", re.I)
MAX_BOILERPLATE: Final = 300

#: A whole line that starts with two hyphens. The look-behind stands after the literal
#: so that the search keeps its fast path for a literal prefix.
_DASHES: Final = re.compile(rb"--(?<![^\r\n]--)([^\r\n]{1,%d}+)(?![^\r\n])" % (MAX_BOUNDARY + 20))
_EOL: Final = re.compile(rb"\r{0,2}\n|\r")
#: Two line ends in a row; each alternative starts with a literal to keep the search fast.
_BLANK_LINE: Final = re.compile(rb"(?:\r\n|\n|\r\r\n|\r(?!\r?\n))(?:\r{0,2}\n|\r)")
_NOT_BLANK: Final = re.compile(rb"[^\s\x00]")
_LEADING_BLANKS: Final = re.compile(rb"[\r\n \t]{1,200}+")
_FROM_LINE: Final = re.compile(rb">?From [^\r\n]{0,1000}(?:\r{0,2}\n|\r)")  # mbox (RFC 4155)
_BOUNDARY: Final = re.compile(rb"boundary\s{0,9}=\s{0,9}(?:\"([^\"]*)|([^\s;\"]+))", re.I)
#: A delimiter that can be guessed: the line after it is a part's header or blank.
_GUESS: Final = re.compile(
    rb"--(?<![^\r\n]--)([^\r\n -][^\r\n ]{4,%d}+)[ \t]*(?:\r{0,2}\n|\r)(?=content-)" % MAX_BOUNDARY,
    re.I,
)
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")  # RFC 6838 4.2
_TOKEN: Final = re.compile(r"[a-z0-9_-]{1,40}")
_CONTENT_FIELDS: Final = frozenset(
    {
        b"content-type",  # RFC 2045 5
        b"content-transfer-encoding",  # RFC 2045 6
        b"content-id",  # RFC 2045 7
        b"content-disposition",  # RFC 2183
        b"content-location",  # RFC 2557
    }
)


@dataclass(slots=True, kw_only=True)
class Entity:
    """One node. `start`, `end`: the body's range; `index`: pre-order, 0 is the mail."""

    index: int
    depth: int
    start: int
    end: int
    content_type: str = ""  # lower-case type/subtype, or "" when absent or garbage
    parameters: Mapping[str, str] = field(default_factory=dict)
    disposition: str = ""
    disposition_parameters: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""  # lower-case token of Content-Transfer-Encoding, or ""
    content_id: str = ""  # without angle brackets
    content_location: str = ""
    raw_type: bytes = b""  # unfolded value of Content-Type
    children: list[Entity] = field(default_factory=list)
    withheld: ReasonCode | None = None  # why it was not looked into

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/") and self.withheld is None

    @property
    def where(self) -> str:
        """Our own words for the place of this entity."""
        return f"part {self.index}" if self.index else "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`fields`: (lower-case name, raw value with its folds) in order; `root`: the tree."""

    fields: list[tuple[bytes, bytes]]
    root: Entity


@dataclass(slots=True)
class _Open:
    """A multipart whose end was not seen yet."""

    entity: Entity
    boundary: bytes
    closed: bool = False


@dataclass(slots=True)
class _Region:
    """A stretch of the buffer to be cut by the boundaries opened inside it."""

    top: Entity
    boundary: bytes
    end: int


def parse(data: memoryview, findings: Findings) -> Message:
    """Take a raw mail apart.

    Args:
        data: contiguous bytes; only header blocks are copied.
        findings: gets MIME_DEFECT, HEADER_DEFECT and UNKNOWN_DATA rows.

    Raises:
        Withheld: TOO_LARGE, when the mail's own header block is over MAX_HEADER_BYTES
            or MAX_HEADER_FIELDS.
    """
    return _Parser(data, findings).parse()


class _Parser:
    def __init__(self, data: memoryview, findings: Findings) -> None:
        self._data = data
        self._findings = findings
        self._count = 0
        self._full = False
        self._guesses = 0
        self._regions: list[_Region] = []

    def parse(self) -> Message:
        start = self._skip_leading()
        fields: list[tuple[bytes, bytes]] = []
        root, _ = self._read_entity(start, len(self._data), 0, "text/plain", {}, fields)
        if root.withheld is not None:
            raise Withheld(root.withheld, "header block")
        if root.is_multipart:
            self._open_region(root)
            while self._regions:
                self._cut(self._regions.pop())
        return Message(fields=fields, root=root)

    def _defect(self, kind: Kind = Kind.MIME_DEFECT, *, where: str = "", count: int = 1) -> None:
        self._findings.add(kind, Action.NOTED, where=where, count=count)

    # -- headers -----------------------------------------------------------------

    def _skip_leading(self) -> int:
        """Pass a byte order mark, blank lines and an mbox line before the first field."""
        data, start = self._data, 0
        if bytes(data[:3]) == b"\xef\xbb\xbf":
            start = 3
        blanks = _LEADING_BLANKS.match(data, start)
        if blanks is not None and (
            KNOWN_FIELD.match(data, blanks.end()) or _FROM_LINE.match(data, blanks.end())
        ):
            start = blanks.end()
        line = _FROM_LINE.match(data, start)
        if line is not None:
            start = line.end()
        if start:
            self._defect(Kind.HEADER_DEFECT, where="header")
        return start

    def _read_entity(
        self,
        start: int,
        end: int,
        depth: int,
        default_type: str,
        known: Mapping[bytes, list[int]],
        fields_out: list[tuple[bytes, bytes]] | None = None,
    ) -> tuple[Entity, int]:
        """Read the header at `start`; the entity, and where to scan on."""
        data = self._data
        entity = Entity(index=self._count, depth=depth, start=start, end=end)
        self._count += 1
        blank = _EOL.match(data, start, end)
        if blank is not None or start >= end:
            entity.start = blank.end() if blank is not None else end
            entity.content_type = default_type
            return entity, entity.start
        limit = min(end, start + MAX_HEADER_BYTES)
        header_end, body = self._header_end(start, limit, known)
        fields, missing, junk = split_fields(bytes(data[start:header_end]))
        if missing is not None:
            body = start + missing
            self._defect(where=entity.where)
        if junk:
            self._defect(Kind.HEADER_DEFECT, where=entity.where, count=junk)
        entity.start = body
        if body == header_end == limit < end or len(fields) > MAX_HEADER_FIELDS:
            entity.withheld = ReasonCode.TOO_LARGE
            return entity, body
        if fields_out is not None:
            fields_out.extend(fields)
        self._describe(entity, fields, default_type)
        return entity, body

    def _header_end(
        self, start: int, limit: int, known: Mapping[bytes, list[int]]
    ) -> tuple[int, int]:
        """Where the block at `start` ends, and where the body begins.

        A part may end inside its own header block: at a delimiter. The window grows, so
        that a thousand parts without a blank line do not read the limit a thousand times.
        """
        window = 0
        while start + window < limit:
            window = min(max(4096, window * 4), limit - start)
            blank = _BLANK_LINE.search(self._data, start, start + window)
            stop = blank.start() if blank is not None else start + window
            position = start
            while known and (m := _DASHES.search(self._data, position, stop)) is not None:
                if _lookup(m[1], known) is not None:
                    return m.start(), m.start()
                position = m.end()
            # A match at the window's edge may be the half of a line end.
            if blank is not None and (blank.end() < start + window or start + window == limit):
                return blank.start(), blank.end()
        return limit, limit

    def _describe(
        self, entity: Entity, fields: list[tuple[bytes, bytes]], default_type: str
    ) -> None:
        content: dict[bytes, bytes] = {}
        for name, body in fields:
            if name in _CONTENT_FIELDS:
                if name in content:
                    self._defect(Kind.HEADER_DEFECT, where=entity.where)
                else:
                    content[name] = body[:MAX_FIELD_BYTES]
        where = entity.where
        raw_type = content.get(b"content-type", b"")
        if raw_type:
            value, entity.parameters = decode_parameters(raw_type, self._findings, where=where)
            entity.raw_type = unfold(raw_type)
            if _MEDIA_TYPE.fullmatch(value):
                entity.content_type = value
            else:
                # RFC 2045 5.2: what cannot be read is plain text; a named part is a file.
                named = "name" in entity.parameters or b"content-disposition" in content
                entity.content_type = "" if named and value != "text" else "text/plain"
                self._defect(where=where)
        else:
            entity.content_type = default_type
        raw = content.get(b"content-disposition", b"")
        if raw:
            entity.disposition, entity.disposition_parameters = decode_parameters(
                raw, self._findings, where=where
            )
        raw = content.get(b"content-transfer-encoding", b"")
        if raw:
            token = _TOKEN.search(raw.decode("ascii", "replace").lower())
            entity.encoding = token[0] if token is not None else ""
        entity.content_id = _plain(content.get(b"content-id", b"")).strip("<>")
        entity.content_location = _plain(content.get(b"content-location", b""))

    # -- boundaries --------------------------------------------------------------

    def _open_region(self, entity: Entity) -> None:
        """Have `entity`'s body cut, or make it plain text when nothing marks its parts."""
        boundary = self._boundary_of(entity)
        if boundary is None:
            self._defect(where=entity.where)
            boundary = self._guess(entity)
        if boundary is None:
            self._becomes_text(entity)
        else:
            self._regions.append(_Region(entity, boundary, entity.end))

    def _boundary_of(self, entity: Entity) -> bytes | None:
        declared = entity.parameters.get("boundary", "").rstrip()
        boundary = declared.encode("ascii", "ignore")
        if not boundary or len(boundary) != len(declared) or boundary not in entity.raw_type:
            # Continued (RFC 2231) boundaries are right as declared; damaged ones are
            # taken from the raw bytes.
            m = _BOUNDARY.search(entity.raw_type)
            if m is not None:
                boundary = (m[1] if m[1] is not None else m[2]).rstrip()
        return boundary if 0 < len(boundary) <= MAX_BOUNDARY else None

    def _guess(self, entity: Entity) -> bytes | None:
        if self._guesses >= MAX_GUESSES:
            return None
        self._guesses += 1
        m = _GUESS.search(self._data, entity.start, entity.end)
        return m[1] if m is not None else None

    def _becomes_text(self, entity: Entity) -> None:
        # The parameters go as well: a charset there was never meant for this text.
        entity.content_type = "text/plain"
        entity.parameters = {}

    def _cut(self, region: _Region) -> None:
        """One forward scan over `region`, opening and closing multiparts on the way."""
        data, end = self._data, region.end
        if self._full:
            self._becomes_text(region.top)
            return
        stack: list[_Open] = []
        known: dict[bytes, list[int]] = {}
        leaf: Entity | None = None  # the entity whose body is being passed
        empty: list[Entity] = []

        def push(entity: Entity, boundary: bytes) -> None:
            known.setdefault(boundary, []).append(len(stack))
            stack.append(_Open(entity, boundary))

        def pop(at: int) -> None:
            top = stack.pop()
            known[top.boundary].pop()
            if not known[top.boundary]:
                del known[top.boundary]
            top.entity.end = min(top.entity.end, at)
            if not top.closed:
                self._defect(where=top.entity.where)
            if not top.entity.children:
                empty.append(top.entity)

        push(region.top, region.boundary)
        position = outside = region.top.start  # `outside`: start of a preamble or epilogue
        while not self._full and (m := _DASHES.search(data, position, end)) is not None:
            position = m.end()
            hit = _lookup(m[1], known)
            if hit is None:
                continue
            level, closing = hit
            cut = self._before_eol(m.start())
            if leaf is not None:
                leaf.end = max(leaf.start, cut)
                leaf = None
            elif len(stack) == level + 1 or stack[-1].entity.children:
                # Between parts of this multipart, or behind the end of an inner one.
                self._note_outside(outside, cut, stack[-1].entity)
            while len(stack) > level + 1:
                pop(max(stack[-1].entity.start, cut))
            current = stack[level]
            if closing:
                current.closed = True
                if len(known[current.boundary]) > 1:
                    pop(position)  # the same boundary is open further out: its turn now
                outside = position
                continue
            if self._count > MAX_PARTS:
                self._full = True
                break
            eol = _EOL.match(data, position, end)
            start = eol.end() if eol is not None else position
            default = (
                "message/rfc822"  # RFC 2046 5.1.5
                if current.entity.content_type == "multipart/digest"
                else "text/plain"
            )
            depth = current.entity.depth + 1
            child, position = self._read_entity(start, end, depth, default, known)
            current.entity.children.append(child)
            current.closed = False
            boundary = self._opens(child)
            if boundary is None:
                leaf = child
            else:
                push(child, boundary)
                outside = position
        if self._full:
            self._too_many(stack[-1].entity, position)
            for opened in stack:
                opened.closed = True
        elif leaf is None and stack[-1].entity.children:
            self._note_outside(outside, end, stack[-1].entity)
        while stack:
            pop(end)
        for entity in empty:
            self._retry(entity, region)

    def _opens(self, child: Entity) -> bytes | None:
        """The boundary to open for a new multipart child, None for a leaf."""
        if not child.is_multipart:
            return None
        if child.depth > MAX_MIME_DEPTH:
            child.withheld = ReasonCode.TOO_DEEP
            return None
        boundary = self._boundary_of(child)
        if boundary is None:
            # Where it ends is known only after the scan: no line can match this one.
            self._defect(where=child.where)
            boundary = b"\n"
        return boundary

    def _retry(self, entity: Entity, region: _Region) -> None:
        """A multipart without parts: cut it by a guessed boundary, else it is text."""
        self._defect(where=entity.where)
        guessed = None if self._full else self._guess(entity)
        if guessed is None or (entity is region.top and guessed == region.boundary):
            self._becomes_text(entity)
        else:
            self._regions.append(_Region(entity, guessed, entity.end))

    def _too_many(self, parent: Entity, position: int) -> None:
        """One placeholder stands for every part behind the limit."""
        rest = Entity(
            index=self._count, depth=parent.depth + 1, start=position, end=len(self._data)
        )
        rest.withheld = ReasonCode.TOO_MANY_PARTS
        parent.children.append(rest)
        self._count += 1

    def _before_eol(self, position: int) -> int:
        """The line break before a delimiter belongs to the delimiter (RFC 2046 5.1.1)."""
        data = self._data
        if position and data[position - 1] == 0x0A:
            position -= 1
            if position and data[position - 1] == 0x0D:
                position -= 1
        elif position and data[position - 1] == 0x0D:
            position -= 1
        return position

    def _note_outside(self, start: int, end: int, entity: Entity) -> None:
        """Text before the first and behind the last delimiter is no part: it is dropped."""
        if end <= start or _NOT_BLANK.search(self._data, start, end) is None:
            return
        usual = end - start <= MAX_BOILERPLATE and _BOILERPLATE.match(self._data, start, end)
        self._findings.add(
            Kind.UNKNOWN_DATA, Action.NOTED if usual else Action.REMOVED, where=entity.where
        )


def _lookup(line: bytes, known: Mapping[bytes, list[int]]) -> tuple[int, bool] | None:
    """The stack level of a delimiter line (without its `--`) and whether it closes."""
    line = line.rstrip(b" \t")
    if line in known:
        return known[line][-1], False
    if line.endswith(b"--") and line[:-2] in known:
        return known[line[:-2]][-1], True
    return None


def _plain(raw: bytes) -> str:
    return unfold(raw[:2000]).decode("utf-8", "replace").strip()
