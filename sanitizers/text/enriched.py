"""Turns text/enriched (RFC 1896) and text/richtext (RFC 1341) into plain text.

Commands are dropped, their text stays. Never raises, and its time is linear.
"""

from __future__ import annotations

import re
from typing import Final

_COMMAND: Final = re.compile(r"<<|<param>[^<]{0,200}</param>|</?[A-Za-z0-9-]{1,60}>", re.I)
#: A lone line break is a space, n of them are n - 1 breaks (RFC 1896 section 3).
_BREAK_RUN: Final = re.compile(r"\n+")
#: Commands that write something themselves (RFC 1341 section 7.1.3); `<<` is RFC 1896's.
_WRITES: Final = {"<<": "<", "<lt>": "<", "<nl>": "\n", "<np>": "\n", "</paragraph>": "\n"}


def enriched_to_text(source: str) -> str:
    """The words of an enriched text, with its paragraphs."""
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    text = _BREAK_RUN.sub(lambda m: "\n" * (len(m[0]) - 1) or " ", text)
    return _COMMAND.sub(lambda m: _WRITES.get(m[0].lower(), ""), text)
