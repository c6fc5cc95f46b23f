"""Cuts a header block into its fields (RFC 5322 section 2.2), whatever it looks like.

Nothing is decoded here. This module must never raise, and its time is linear.
"""

from __future__ import annotations

import re
from typing import Final

_FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")  # RFC 5322 2.2
#: Fields that prove that a header block goes on behind a line that is none.
KNOWN_FIELD: Final = re.compile(
    rb"(?:^|(?<=[\r\n]))(?:from|sender|to|cc|subject|date|received|return-path|message-id|reply-to"
    rb"|references|in-reply-to|mime-version|content-[a-z-]{2,30}|list-[a-z-]{2,30}|x-[!-9;-~]{1,60}"
    rb"|dkim-signature|authentication-results|delivered-to)[ \t]*:",
    re.I,
)


def split_fields(block: bytes) -> tuple[list[tuple[bytes, bytes]], int | None, int]:
    """Cut a header block into fields (RFC 5322 2.2).

    Returns:
        (lower-case name, raw value) pairs; the offset where the body begins if the
        separating blank line is missing, else None; the number of lines that are no
        field and were skipped. A line that is no field ends the block, unless a
        well-known field follows it.
    """
    fields: list[tuple[bytes, list[bytes]]] = []
    last_known: int | None = None
    offset = junk = 0
    skipping = False
    body: int | None = None
    for line in block.splitlines(keepends=True):
        if not line.rstrip(b"\r\n"):
            pass  # one half of CR CR LF
        elif line[0] in b" \t" and (fields or skipping):
            if not skipping:
                fields[-1][1].append(line)
        elif (m := _FIELD.match(line)) is not None:
            fields.append((m[1].lower(), [line[m.end() :]]))
            skipping = False
        else:
            if last_known is None:
                last_known = max((k.start() for k in KNOWN_FIELD.finditer(block)), default=-1)
            if last_known < offset:
                body = offset
                break
            junk += 1
            skipping = True
        offset += len(line)
    return [(name, b"".join(lines).strip()) for name, lines in fields], body, junk
