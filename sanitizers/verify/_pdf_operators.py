"""Grammar of content streams of rebuilt documents (ISO 32000-2, 7.8.2, annex A).

One blank or line end between tokens, strings without escapes, names of resources by
letter and number. The whole stream must be instructions of this list, each with its
operands; every resource must be in the stream's own dictionary and every resource of
the dictionary must be used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sanitizers.verify import Rejected

MAX_SAVED: Final = 1_100
MAX_MARKED: Final = 1_100

_NUMBER: Final = rb"-?(?:[0-9]{1,10}+(?:\.[0-9]{1,8}+)?|\.[0-9]{1,8}+)(?![0-9.+-])"
_STRING: Final = rb"(?:\([^()\\\r]*+\)|<(?:[0-9A-F]{2})*+>)"
_N: Final = _NUMBER + rb" "
_END: Final = rb"[ \n]"

#: By number of operands: tables 56, 58, 59, 60, 73, 103 to 107, 111.
_PLAIN: Final = (
    rb"(?:(?:h|n|f\*?|F|S|s|B\*?|b\*?|W\*?|T\*"
    rb"|" + _STRING + rb" Tj"
    rb"|\[(?: ?(?:" + _STRING + rb"|" + _NUMBER + rb"))*+ ?\] TJ"
    rb"|\[(?: ?" + _NUMBER + rb")*+ ?\] " + _N + rb"d"
    rb"|[0-2] [Jj]|[0-7] Tr"
    rb"|/(?:Absolute|Relative)Colorimetric ri|/(?:Saturation|Perceptual) ri"
    # Numbers first, each read once.
    rb"|" + _N + rb"(?:(?:w|M|i|g|G|Tc|Tw|Tz|TL|Ts|scn|SCN|sc|SC)"
    rb"|" + _N + rb"(?:(?:m|l|Td|TD|scn|SCN|sc|SC)"
    rb"|" + _N + rb"(?:(?:rg|RG|scn|SCN|sc|SC)"
    rb"|" + _N + rb"(?:(?:re|v|y|k|K|scn|SCN|sc|SC)"
    rb"|" + _N + rb"(?:(?:scn|SCN|sc|SC)"
    rb"|" + _N + rb"(?:(?:cm|c|Tm|scn|SCN|sc|SC)"
    rb"|(?:" + _N + rb"){1,26}(?:scn|SCN|sc|SC)))))))"
    rb")" + _END + rb")++"
)
_INSTRUCTION: Final = re.compile(
    rb"(?P<plain>" + _PLAIN + rb")"
    rb"|(?P<bare>q|Q|BT|ET|EMC)" + _END
    + rb"|/(?P<font>F[0-9]{1,5}) " + _N + rb"Tf" + _END
    + rb"|/(?P<state>G[0-9]{1,5}) gs" + _END
    + rb"|/(?P<object>X[0-9]{1,6}) Do" + _END
    + rb"|/(?P<shading>S[0-9]{1,5}) sh" + _END
    + rb"|/(?P<space>C[0-9]{1,5}) (?:cs|CS)" + _END
    + rb"|/(?:Device(?:Gray|RGB|CMYK)|Pattern) (?:cs|CS)" + _END
    + rb"|(?:" + _N + rb"){0,32}/(?P<pattern>P[0-9]{1,5}) (?:scn|SCN)" + _END
    + rb"|(?P<metrics>(?:" + _N + rb"){2}d0|(?:" + _N + rb"){6}d1)" + _END
    + rb"|(?P<span>/Span << /ActualText <FEFF(?:[0-9A-F]{2}){0,4000}> >> BDC)" + _END
)  # fmt: skip
_CATEGORIES: Final = {
    "font": "Font", "state": "ExtGState", "object": "XObject", "shading": "Shading",
    "space": "ColorSpace", "pattern": "Pattern",
}  # fmt: skip


#: 8.6.5.6: spaces that stand for device colours; no operator names them. Components of each.
DEFAULT_SPACES: Final = {"DefaultGray": 1, "DefaultRGB": 3, "DefaultCMYK": 4}


def must_use(resources: Mapping[str, Mapping[str, object]]) -> set[tuple[str, str]]:
    """The resources that a content stream has to name, as (category, name)."""
    listed = {(key, name) for key, members in resources.items() for name in members}
    return listed - {("ColorSpace", name) for name in DEFAULT_SPACES}


def check_operators(
    data: bytes, resources: Mapping[str, Mapping[str, object]], *, glyph: bool = False
) -> set[tuple[str, str]]:
    """One content stream; returns the resources that it uses, as (category, name).

    Raises:
        Rejected: anything that is not an instruction of the list.
    """
    named: set[tuple[str, bytes]] = set()
    if not data:
        return set()
    data += b"\n"
    at = saved = marked = 0
    inside = False
    for found in _INSTRUCTION.finditer(data):
        if found.start() != at:
            break
        at = found.end()
        kind = found.lastgroup
        if kind == "plain" or kind is None:
            continue
        if kind == "bare":
            word = found["bare"]
            if word == b"q":
                saved += 1
            elif word == b"Q":
                saved -= 1
            elif word == b"EMC":
                marked -= 1
            elif (word == b"BT") == inside:
                raise Rejected("text objects within each other")
            else:
                inside = not inside
            if not 0 <= saved <= MAX_SAVED or marked < 0:
                raise Rejected("what is closed was not opened")
        elif kind == "span":
            marked += 1
            if marked > MAX_MARKED:
                raise Rejected("marked content too deep")
        elif kind == "metrics":
            if not glyph:
                raise Rejected("metrics of a glyph outside one")
        else:
            named.add((kind, found[kind]))
    if at != len(data):
        raise Rejected("an instruction that is not allowed")
    used = {(_CATEGORIES[kind], name.decode("ascii")) for kind, name in named}
    if any(name not in resources.get(category, {}) for category, name in used):
        raise Rejected("a resource that is not there")
    if saved or marked or inside:
        raise Rejected("what is opened is not closed")
    return used
