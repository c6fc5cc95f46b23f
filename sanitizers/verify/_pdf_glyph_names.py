"""Names of glyphs in rebuilt fonts and encodings (ISO 32000-2, 9.6.5 and 9.10.2).

A name of the Adobe Glyph List, a short prefix with a number, or what the rebuilder puts in
place of all others. No other word may stand where a name of a glyph stands.
"""

from __future__ import annotations

import re
from typing import Final

from fontTools import agl  # type: ignore[import-untyped]

from sanitizers.verify import Rejected

LONGEST: Final = 50
_LISTED: Final = frozenset(agl.AGL2UV).union(agl.LEGACY_AGL2UV, (".notdef",))
_MADE: Final = re.compile(r"mug\.[0-9a-f]{12}")
_NUMBERED: Final = re.compile(
    r"(?:uni[0-9A-F]{4}|u[0-9A-F]{4,6}|[CGcg][0-9A-Fa-f]{2,4}"
    r"|(?:[A-Za-z]|afii|char|cid|CID|gid|glyph|index|SM)[0-9]{1,5})"
)
_VARIANT: Final = re.compile(r"(.+)\.(?:alt|oldstyle|sc|small|vert|[0-9]{1,3})", re.DOTALL)
#: The first glyphs of every TrueType font (OpenType 1.9, "post", format 1).
_OF_FORMAT_1: Final = frozenset({".null", "nonmarkingreturn", "nonbreakingspace", "apple"})


def check_glyph_name(name: str) -> None:
    """One name.

    Raises:
        Rejected: it is a word that is not of the list.
    """
    if name in _LISTED or _MADE.fullmatch(name):
        return
    if len(name) > LONGEST:
        raise Rejected("a long name of a glyph")
    variant = _VARIANT.fullmatch(name)
    base = name if variant is None else variant[1]
    if base in _LISTED or base in _OF_FORMAT_1 or _NUMBERED.fullmatch(base):
        return
    if variant is None and "_" in name and all(part in _LISTED for part in name.split("_")):
        return
    raise Rejected("name of a glyph")
