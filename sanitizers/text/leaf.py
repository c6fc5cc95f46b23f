"""Makes readable text of one text part of a mail: decoded, unwrapped, its images marked.

The parts share one budget of bytes, so that a mail of a thousand HTML parts costs no more
than a large one. What is over it is left out and said so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_HEADER_BYTES, MAX_HEADER_FIELDS
from sanitizers.names import clean_name
from sanitizers.text.attachments import Attachments
from sanitizers.text.charset import decode
from sanitizers.text.choice import most_visible
from sanitizers.text.fields import split_fields
from sanitizers.text.flowed import unwrap_flowed
from sanitizers.text.html import html_to_text
from sanitizers.text.mime import Entity
from sanitizers.text.pgp import without_armor
from sanitizers.text.transfer import IDENTITY, Defects, decoded, find_uu_blocks
from sanitizers.text.words import decode_words

#: Decoded bytes of all text parts of a mail. 2,000,000 characters of UTF-8 have 6 MB.
MAX_BODY_BYTES: Final = 8_000_000
#: Decoded bytes of HTML that are parsed; the largest newsletters have under 1 MB.
MAX_HTML_BYTES: Final = 4_000_000
#: uuencoded files taken out of one plain text.
MAX_UU_BLOCKS: Final = 100

_META_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.I
)
_META_WINDOW: Final = 4_000
_CID: Final = re.compile(r"\[cid:([^\]\s]{1,200})\]", re.IGNORECASE)


def marker(kind: str, name: str) -> str:
    """The line that stands where a file stood: `[画像: 地図.png]`."""
    return f"[{kind}: {name}]" if name else f"[{kind}]"


@dataclass(slots=True)
class _Reading:
    """A text, and what goes with it once it is shown."""

    text: str
    findings: Findings
    files: list[tuple[str, memoryview]]  # uuencoded ones, by cleaned name
    taken: bool = False


class LeafReader:
    """Reads text parts; `images`: content-id -> the mark of its place."""

    def __init__(
        self,
        data: memoryview,
        attachments: Attachments,
        images: Mapping[str, str],
        findings: Findings,
    ) -> None:
        self._data = data
        self._attachments = attachments
        self._images = images
        self._findings = findings
        self._left = MAX_BODY_BYTES
        self._html_left = MAX_HTML_BYTES
        self._sources: dict[int, tuple[str, Findings]] = {}
        self._readings: dict[int, _Reading] = {}
        self.truncated = False

    def peek(self, entity: Entity) -> str:
        """The text of a part; its findings and files wait until it is `take`n."""
        return self._reading(entity).text

    def most_visible(self, entity: Entity) -> int:
        """An upper bound of the visible characters of an HTML part, without rendering it."""
        return most_visible(self._html_source(entity)[0])

    def take(self, entity: Entity) -> str:
        """The text of a part that is shown."""
        reading = self._reading(entity)
        if not reading.taken:
            reading.taken = True
            rows = reading.findings.freeze()
            self._findings.extend(rows)
            self.truncated |= any(row.kind is Kind.TRUNCATED for row in rows)
            for name, block in reading.files:
                self._attachments.add_encoded(
                    block,
                    "x-uuencode",
                    where=entity.where,
                    name=name,
                    claimed_type="application/octet-stream",
                    parameters={},
                )
        return reading.text

    def _reading(self, entity: Entity) -> _Reading:
        reading = self._readings.get(entity.index)
        if reading is None:
            if entity.content_type == "text/html":
                reading = self._html(entity)
            elif entity.content_type == "text/rfc822-headers":
                reading = self._fields(entity)
            else:
                reading = self._plain(entity)
            self._readings[entity.index] = reading
        return reading

    def _decoded(self, entity: Entity, limit: int, findings: Findings) -> bytes:
        """The decoded body, cut at `limit`."""
        out = bytearray()
        defects = Defects()
        for piece in decoded(self._data[entity.start : entity.end], entity.encoding, defects):
            out += piece[: limit - len(out) + 1]
            if len(out) > limit:
                findings.add(Kind.TRUNCATED, Action.NOTED, where=entity.where)
                del out[limit:]
                break
        if defects.count:
            findings.add(Kind.MIME_DEFECT, Action.NOTED, where=entity.where)
        return bytes(out)

    def _text(self, raw: bytes, label: str, entity: Entity, findings: Findings) -> str:
        self._left -= len(raw)
        found = decode(raw, label)
        if found.guessed:
            findings.add(Kind.CHARSET_GUESSED, Action.NOTED, where=entity.where)
        if found.lost:
            findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=found.lost, where=entity.where)
        return found.text

    def _html_source(self, entity: Entity) -> tuple[str, Findings]:
        """The decoded HTML, kept until it is rendered, and what was found on the way."""
        kept = self._sources.get(entity.index)
        if kept is None:
            findings = Findings()
            raw = self._decoded(entity, min(self._html_left, self._left), findings)
            self._html_left -= len(raw)
            label = entity.parameters.get("charset", "")
            if not label:
                meta = _META_CHARSET.search(raw, 0, _META_WINDOW)
                label = meta[1].decode("ascii") if meta is not None else ""
            kept = (self._text(raw, label, entity, findings), findings)
            self._sources[entity.index] = kept
        return kept

    def _html(self, entity: Entity) -> _Reading:
        html, findings = self._html_source(entity)
        del self._sources[entity.index]
        findings.add(Kind.HTML_BODY, Action.CONVERTED, where=entity.where)
        text = html_to_text(html, findings, where=entity.where, images=self._images)
        return _Reading(text, findings, [])

    def _fields(self, entity: Entity) -> _Reading:
        """The header of the mail that a report speaks of (RFC 6522 4), in readable words."""
        findings = Findings()
        raw = self._decoded(entity, min(self._left, MAX_HEADER_BYTES), findings)
        self._left -= len(raw)
        fields, _, _ = split_fields(raw)
        lines = [
            f"{name.decode('ascii').title()}: {decode_words(value, findings, where=entity.where)}"
            for name, value in fields[:MAX_HEADER_FIELDS]
        ]
        return _Reading("\n".join(lines), findings, [])

    def _plain(self, entity: Entity) -> _Reading:
        findings = Findings()
        source = self._data[entity.start : entity.end]
        if entity.encoding not in IDENTITY:
            source = memoryview(self._decoded(entity, self._left, findings))
        label = entity.parameters.get("charset", "")
        pieces: list[str] = []
        files: list[tuple[str, memoryview]] = []
        position = 0
        for block in find_uu_blocks(source, most=MAX_UU_BLOCKS):
            pieces.append(self._segment(source[position : block.start], label, entity, findings))
            name = clean_name(decode_words(block.name, findings, where=entity.where))
            pieces.append(marker("添付", name) + "\n")
            files.append((name, source[block.start : block.end]))
            position = block.end
        pieces.append(self._segment(source[position:], label, entity, findings))
        text = "".join(pieces)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if entity.parameters.get("format", "").lower() == "flowed":
            text = unwrap_flowed(text, del_sp=entity.parameters.get("delsp", "").lower() == "yes")
        text = without_armor(text, findings, where=entity.where)
        if self._images and "[cid:" in text:
            text = _CID.sub(lambda m: self._images.get(unquote(m[1]), m[0]), text)
        return _Reading(text, findings, files)

    def _segment(self, raw: memoryview, label: str, entity: Entity, findings: Findings) -> str:
        if len(raw) > self._left:
            findings.add(Kind.TRUNCATED, Action.NOTED, where=entity.where)
            raw = raw[: self._left]
        return self._text(bytes(raw), label, entity, findings) if len(raw) else ""
