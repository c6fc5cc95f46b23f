"""What a sanitizer did, in words that never come from the file itself.

A finding is `{kind, action, count, where, sha256}`. `kind` is one of the documented
enum below, `where` is made of our own words and indexes ("page 3", "header 2"), never
of names from the file. This module must never carry input bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: `where` is our own vocabulary: lower-case words, digits, and a few separators.
WHERE_PATTERN: Final = re.compile(r"[a-z0-9][a-z0-9 /.:#-]{0,119}|")
#: Distinct (kind, action, where) rows kept per part; further ones are counted in the
#: last row of their kind. Keeps a hostile file from growing the report without end.
MAX_FINDINGS: Final = 200


class Action(StrEnum):
    """What happened to the thing found."""

    REMOVED = "removed"
    NEUTRALIZED = "neutralized"
    CONVERTED = "converted"
    NOTED = "noted"


class Kind(StrEnum):
    """The documented kinds of findings (the values are a public contract)."""

    # identification
    TYPE_MISMATCH = "type_mismatch"  # content is not what name or label claim
    DOUBLE_EXTENSION = "double_extension"
    # any container or file
    METADATA = "metadata"
    COMMENT = "comment"
    TRAILING_DATA = "trailing_data"
    UNKNOWN_DATA = "unknown_data"  # chunks, keys, parts that no rule allows
    THUMBNAIL = "thumbnail"
    COLOUR_PROFILE = "colour_profile"  # turned into sRGB
    ORIENTATION = "orientation"  # baked into the pixels
    FORMAT_CHANGED = "format_changed"
    DAMAGED = "damaged"  # readable, but not by the letter of its standard
    RASTERIZED = "rasterized"
    TRUNCATED = "truncated"  # shown incompletely; said so in the text
    PROGRAM = "program"
    # active content
    SCRIPT = "script"
    ACTION = "action"
    MACRO = "macro"
    EMBEDDED_FILE = "embedded_file"
    EMBEDDED_OBJECT = "embedded_object"
    FORM = "form"
    ANNOTATION = "annotation"
    SIGNATURE = "signature"
    ENCRYPTION = "encryption"
    EXTERNAL_REFERENCE = "external_reference"
    LINK = "link"
    FORMULA = "formula"
    # text
    CONTROL_CHARACTER = "control_character"
    BIDI_CONTROL = "bidi_control"
    ZERO_WIDTH = "zero_width"
    CHARSET_GUESSED = "charset_guessed"  # label missing or wrong
    CHARSET_LOSS = "charset_loss"  # bytes that no charset explains: U+FFFD
    # mail
    HTML_BODY = "html_body"  # turned into text
    STYLE = "style"
    REMOTE_CONTENT = "remote_content"
    TRACKING_PIXEL = "tracking_pixel"
    HIDDEN_TEXT = "hidden_text"
    LINK_MISMATCH = "link_mismatch"  # label shows another host than the target
    HEADER = "header"  # header fields that do not cross
    HEADER_DEFECT = "header_defect"
    MIME_DEFECT = "mime_defect"
    ALTERNATIVE_BODY = "alternative_body"  # other renderings of the same body
    INLINE_IMAGE = "inline_image"  # kept as an attachment, place marked
    FILE_NAME = "file_name"  # a name that had to be changed
    UNSAFE_PATH = "unsafe_path"  # absolute, or leading out of the archive
    DUPLICATE_NAME = "duplicate_name"  # two entries that are one file to some system
    SPECIAL_FILE = "special_file"  # a link or device in an archive
    NOTICE_IMITATION = "notice_imitation"  # text that imitates our own notice
    SIGNED_MAIL = "signed_mail"
    # gateway
    WITHHELD_PART = "withheld_part"
    MALWARE = "malware"
    SCAN_UNAVAILABLE = "scan_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of thing removed, neutralized, converted or noticed."""

    kind: Kind
    action: Action
    count: int = 1
    where: str = ""
    sha256: str | None = None  # of the removed object's bytes, lower-case hex

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a finding counts at least one")
        if not WHERE_PATTERN.fullmatch(self.where):
            raise ValueError("`where` is made of our own words and indexes")


class Findings:
    """Collects findings; equal (kind, action, where) rows without a hash are counted."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Kind, Action, str, str | None], int] = {}

    def add(
        self,
        kind: Kind,
        action: Action,
        *,
        count: int = 1,
        where: str = "",
        sha256: str | None = None,
    ) -> None:
        """Record `count` things of `kind`; `where` uses our own words only."""
        key = (kind, action, where, sha256)
        if key not in self._rows and len(self._rows) >= MAX_FINDINGS:
            key = (kind, action, "", None)
            if key not in self._rows and len(self._rows) >= MAX_FINDINGS + len(Kind):
                return
        self._rows[key] = self._rows.get(key, 0) + count

    def extend(self, findings: tuple[Finding, ...]) -> None:
        """Add every row of another report."""
        for f in findings:
            self.add(f.kind, f.action, count=f.count, where=f.where, sha256=f.sha256)

    def __iter__(self) -> Iterator[Finding]:
        for (kind, action, where, sha256), count in self._rows.items():
            yield Finding(kind=kind, action=action, count=count, where=where, sha256=sha256)

    def __len__(self) -> int:
        return len(self._rows)

    def freeze(self) -> tuple[Finding, ...]:
        """The rows, in the order in which they were first seen."""
        return tuple(self)
