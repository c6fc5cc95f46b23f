"""Names of glyphs as they cross, in fonts and in the encodings that look them up.

ISO 32000-2, 9.6.5 and 9.10.2: an encoding finds a glyph by its name. A name of the Adobe
Glyph List means a character; short names with a number are how producers count glyphs. Any
other name could carry a message. It is replaced by one made of its hash: by the same one on
both sides, so that the same glyph is found.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from fontTools import agl  # type: ignore[import-untyped]

KNOWN: Final = frozenset(agl.AGL2UV) | frozenset(agl.LEGACY_AGL2UV) | {".notdef"}
MAX_NAME: Final = 31  # characters of one that is put together
_VARIANTS: Final = ("alt", "sc", "vert", "small", "oldstyle")
#: `uni30A2`, `u1F600`, `g123`, `cid00045`, `a12.alt`: a prefix of this list, then a number.
_COUNTED: Final = re.compile(
    r"(?:uni[0-9A-F]{4}|u[0-9A-F]{4,6}|(?:[A-Za-z]|cid|CID|glyph|gid|index|char|SM|afii)[0-9]{1,5}"
    r"|[CGgc][0-9A-Fa-f]{2,4})(?:\.(?:" + "|".join(_VARIANTS) + r"|[0-9]{1,3}))?"
)
#: Digits of the hash: enough that 65,535 names of one font do not meet.
_DIGITS: Final = 12


def is_plain(name: str) -> bool:
    """Whether a name says nothing but characters or a number."""
    if name in KNOWN or _COUNTED.fullmatch(name) is not None:
        return True
    base, dot, variant = name.partition(".")
    if dot and base in KNOWN and variant in _VARIANTS:
        return True
    return "_" in name and len(name) <= MAX_NAME and all(part in KNOWN for part in name.split("_"))


def crossing_name(name: str) -> str:
    """`name` if it is plain, else `mug.` and digits that depend on nothing but the name."""
    if is_plain(name):
        return name
    # After a full stop no reader looks for a meaning (Adobe Glyph List specification, 2).
    return "mug." + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:_DIGITS]
