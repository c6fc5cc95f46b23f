"""Joins the soft line breaks of format=flowed text (RFC 3676)."""

from __future__ import annotations

import re
from typing import Final

_LINE: Final = re.compile(r"(>*)( ?)(.*)", re.DOTALL)
_SIGNATURE: Final = "-- "  # RFC 3676 4.3: never flowed


def unwrap_flowed(text: str, *, del_sp: bool = False) -> str:
    """Undo space-stuffing and join flowed lines of equal quote depth (RFC 3676 4.1-4.6).

    Quoted lines come back as `> text`, one mark per depth. `del_sp`: the space that marks
    a soft break is no part of the text (section 4.1; Japanese mailers set it).
    """
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0

    def flush() -> None:
        if paragraph:
            mark = ">" * depth + " " if depth else ""
            out.append((mark + "".join(paragraph)).rstrip(" ") if mark else "".join(paragraph))
            paragraph.clear()

    for line in text.split("\n"):
        m = _LINE.match(line)
        quotes, content = (m[1], m[3]) if m is not None else ("", line)
        if paragraph and (len(quotes) != depth or content == _SIGNATURE):
            flush()
        depth = len(quotes)
        flowed = content.endswith(" ") and content != _SIGNATURE
        paragraph.append(content[:-1] if flowed and del_sp else content)
        if not flowed:
            flush()
    flush()
    return "\n".join(out)
