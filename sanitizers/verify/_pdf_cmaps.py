"""Grammar of CMaps of rebuilt documents (ISO 32000-2, 9.7.5, 9.10.3; Adobe TN 5014).

A fixed head, ranges and characters in blocks with their counts, a fixed tail. Code
points of a ToUnicode map must be characters.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.verify import Rejected

_TOKEN: Final = re.compile(
    rb"<[0-9A-Fa-f]*>|/[A-Za-z0-9.+_-]{1,63}|<<|>>|\[|\]|\([A-Za-z0-9]{1,20}\)|[0-9]{1,6}"
    rb"|(?:begin|end)(?:cmap|codespacerange|bfchar|bfrange|cidchar|cidrange|notdefchar|notdefrange)"
    rb"|(?:findresource|begin|dict|defineresource|def|end|pop|currentdict|CMapName|usecmap|dup)"
    rb"(?=[ \n]|\Z)"
)
_SPACE: Final = re.compile(rb"[ \n]+")


def check_cmap(data: bytes, *, unicode: bool) -> None:
    """The whole of a CMap.

    Raises:
        Rejected: a token that is not of the list.
    """
    at = 0
    while at < len(data):
        space = _SPACE.match(data, at)
        if space is not None:
            at = space.end()
            continue
        token = _TOKEN.match(data, at)
        if token is None:
            raise Rejected("token of a CMap")
        at = token.end()
