"""Addresses outside of a document: whether one may stay, by the profile's option `links`.

"text" (the default): the label stays and the target goes. "keep": http, https and mailto
targets stay, written anew from allowed characters. Nothing else is ever a target.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

MAX_ADDRESS: Final = 2_000  # characters; no browser of the past took more

_SAFE: Final = re.compile(
    r"(?:https?://[A-Za-z0-9.\[\]:-]{1,255}(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?"
    r"|mailto:[A-Za-z0-9._~@!$&'*+,;=%?-]{1,500})",
    re.IGNORECASE,
)


def keeps_links(options: Mapping[str, str]) -> bool:
    """Whether the profile lets addresses of links stay."""
    return options.get("links", "text") == "keep"


def kept_address(address: str) -> str:
    """`address` when it may be a link's target, with other characters as UTF-8 escapes; else ""."""
    trimmed = address.strip()
    if len(trimmed) > MAX_ADDRESS:
        return ""
    escaped = re.sub(
        r"[^\x21-\x7e]|[\"<>\\^`{|}]",
        lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")),
        trimmed,
    )
    return escaped if len(escaped) <= MAX_ADDRESS * 3 and _SAFE.fullmatch(escaped) else ""
