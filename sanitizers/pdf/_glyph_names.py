"""Which glyph names cross (ISO 32000-2, 9.6.5 and 9.10.2).

A name of the Adobe Glyph List means a character; short names with a number are how
producers count glyphs. Any other name could carry a message, so it is replaced by the
number of its code, which draws the same where the name only links a code to a procedure.
"""

from __future__ import annotations

import re
from typing import Final

from fontTools import agl  # type: ignore[import-untyped]

KNOWN: Final = frozenset(agl.AGL2UV) | frozenset(agl.LEGACY_AGL2UV) | {".notdef"}
#: `uni30A2`, `u1F600`, `g123`, `cid00045`, `a.alt`: prefix of ours, then a number.
_COUNTED: Final = re.compile(
    r"(?:uni[0-9A-F]{4}|u[0-9A-F]{4,6}|(?:[A-Za-z]|cid|CID|glyph|gid|index|char|SM|afii)[0-9]{1,5}"
    r"|[CGgc][0-9A-Fa-f]{2,4})(?:\.(?:alt|sc|vert|small|oldstyle|[0-9]{1,3}))?"
)


def keep_glyph_name(name: str, code: int) -> str:
    """`name` if it says nothing but a character or a number; else one made of `code`."""
    if is_plain(name):
        return name
    return f"mg{code}"


def is_plain(name: str) -> bool:
    """Whether a name says nothing but a character or a number."""
    if name in KNOWN or _COUNTED.fullmatch(name) is not None:
        return True
    base, dot, variant = name.partition(".")
    if dot and base in KNOWN and variant in ("alt", "sc", "vert", "small", "oldstyle"):
        return True
    return "_" in name and len(name) <= 31 and all(part in KNOWN for part in name.split("_"))
