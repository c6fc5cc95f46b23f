"""The kinds of values that attributes and text of XML parts may have.

A kind is a total check of the whole value: numbers, switches, colours, dates and listed
words for most attributes ("plain"), and named kinds for the few that hold more. Free text
is allowed only where a reader sees it or a name is referred to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

Check = Callable[[str], object]

MAX_TEXT: Final = 32_767  # characters; Excel's own limit of a cell
MAX_NAME: Final = 255  # characters of a style's, sheet's or defined name
MAX_FONT: Final = 64  # characters of a font's name; Windows ends at 31

#: Numbers with or without unit, lists of them, colours, dates, and tags of languages
#: (ECMA-376-1, 22.9.2; BCP 47). Listed words are beside this, in each vocabulary.
PLAIN: Final = re.compile(
    r"[-+]?(?:\d{1,20}\.?\d{0,20}|\.\d{1,20})(?:[Ee][-+]?\d{1,3})?(?:%|[a-z]{2})?"
    r"|#?[0-9A-Fa-f]{6}|[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{8}|[0-9A-Fa-f]{20}|"
    r"|\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[-+]\d\d:\d\d)?)?"
    r"|\d{1,7}:\d{1,7}(?: \d{1,7}:\d{1,7}){0,40}"
    r"|[A-Za-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Za-z]{2}|\d{3}))?|[.,;]|[-+]{2}"
)
_CELL: Final = r"\$?[A-Za-z]{0,3}\$?\d{0,7}"
_REF: Final = re.compile(rf"{_CELL}(?::{_CELL})?(?:[ ,]{_CELL}(?::{_CELL})?){{0,8191}}")
#: A place in the same workbook (18.3.1.47): a reference or a defined name.
_PLACE: Final = re.compile(r"[^\[\]|\\/<>\x00-\x1f]{0,300}")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_GUID: Final = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_RELATION: Final = re.compile(r"(?:rId[1-9]\d{0,5})?")
#: Movements inside of a presentation (20.1.2.2.5, attribute `action`).
_ACTION: Final = re.compile(
    r"ppaction://(?:hlinksldjump"
    r"|hlinkshowjump\?jump=(?:nextslide|previousslide|firstslide|lastslide|lastslideviewed|endshow))"
)
#: Names of guides and adjustments (20.1.10.2): short words with a number.
_GUIDE_NAME: Final = r"-?(?:[A-Za-z]{1,12}\d{0,6}[A-Za-z]{0,2}|\d{1,15}(?:\.\d{1,6})?)"
_COORDINATE: Final = re.compile(rf"{_GUIDE_NAME}%?")
_GUIDE: Final = re.compile(
    rf"(?:[-+*/?a-z0-9]{{1,8}} )?[@#]?{_GUIDE_NAME}(?:[ ,;][@#]?{_GUIDE_NAME}){{0,40}}"
)
_NODE: Final = re.compile(rf"\d{{1,10}}|{_GUID.pattern}")
_NUMBER: Final = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_WORD: Final = re.compile(r"left|right|center|inside|outside|top|bottom")
_LIST: Final = re.compile(
    r"[-0-9]{1,9}(?: [-0-9]{1,9}){0,40}|[A-Za-z]{1,14}(?: [A-Za-z]{1,14}){0,9}"
)
_COLOUR: Final = re.compile(
    r"(?:#[0-9A-Fa-f]{3,6}|[a-zA-Z]{3,20})(?: \[\d{1,5}\])?"
    r"|(?:fill|line|shadow)? ?(?:darken|lighten)\(\d{1,3}\)|infoBackground \[80\]"
)
_COLOURS: Final = re.compile(r"[-0-9%.f#A-Fa-f; ]{0,500}")
_VML_NUMBER: Final = re.compile(r"[-+0-9.,%f @]*(?:(?:pt|in|cm|mm|px|pc|emu)[-+0-9.,%f ]*){0,8}")
_VML_PATH: Final = re.compile(r"(?:[-0-9@#, .]|[mlcxentrvaqbfwhoigksy]){0,20000}")
_VML_ID: Final = re.compile(r"#?_x0000_[a-z]{1,2}\d{1,9}")
#: Names of properties and functions in animations (19.5.44 and 19.5.3), and filters.
_MOTION: Final = re.compile(
    r"(?:ppt_[xywhrc]|style\.(?:visibility|color|fontSize|fontFamily|fontWeight|fontStyle|opacity"
    r"|rotation|textDecorationUnderline)|fillcolor|fill\.(?:on|type|color)|stroke\.?(?:on|color)"
    r"|shadow\.on|xshear|yshear|rev|r|visible|hidden|sin|cos|sqrt|abs|max|min|tan|atan|ln|pi|true"
    r"|false|solid|bold|italic|normal|underline|none|image|barn|blinds|box|checkerboard|circle"
    r"|diamond|dissolve|fade|plus|pixelate|randombar|slide|stretch|strips|wedge|wheel|wipe|in|out"
    r"|up|down|left|right|across|horizontal|vertical|inVertical|inHorizontal|outVertical"
    r"|outHorizontal|from(?:Bottom|Left|Right|Top)|upLeft|upRight|downLeft|downRight|clear"
    r"|[0-9EeMLCZzHVRSp]|[-+*/(),.;:# %$<>=])*"
)  # fmt: skip
_CSS_VALUE: Final = (
    r"[-+]?[0-9.]{1,20}(?:pt|in|cm|mm|px|pc|em|fd|f|%)?|absolute|relative|static|auto|center|left"
    r"|right|top|bottom|middle|margin|page|text|line|char|visible|hidden|inherit|none|square"
    r"|inside|outside|bold|normal|italic|x|y|xy|x y|vertical|vertical-ideographic|horizontal"
    r"|horizontal-ideographic|bottom-to-top|top-to-bottom|t|f|top-center|middle-center"
    r"|bottom-center|top-baseline|bottom-baseline|stretch-justify|letter-justify|word-justify"
    r"|tightrope|wrap|through|tight|arrow|outer-margin-area|inner-margin-area|left-margin-area"
    r"|right-margin-area|top-margin-area|bottom-margin-area"
)
_CSS: Final = re.compile(rf"(?: ?[a-z-]{{1,40}}: ?(?:{_CSS_VALUE}) ?(?:;|\Z)){{0,60}}")


def is_text(value: str) -> bool:
    """Whether a value is text of sensible length."""
    return len(value) <= MAX_TEXT and not _CONTROL.search(value)


def is_name(value: str) -> bool:
    """Whether a value may be a name that others refer to."""
    return len(value) <= MAX_NAME and not _CONTROL.search(value)


def is_font(value: str) -> bool:
    """Whether a value may be the name of a font."""
    return len(value) <= MAX_FONT and not _CONTROL.search(value)


#: What stands for every identifier of a text field (ECMA-376-1, 21.1.2.2.4): nothing refers
#: to it, it differs with every conversion, and sixteen bytes could carry something.
FIELD_ID: Final = "{00000000-0000-4000-8000-000000000000}"

#: Named kinds of the tables.
KINDS: Final[dict[str, Check]] = {
    "text": is_text,
    "name": is_name,
    "font": is_font,
    "blank": lambda value: not value,
    "rel": _RELATION.fullmatch,
    "link": _PLACE.fullmatch,
    "action": _ACTION.fullmatch,
    "ref": _REF.fullmatch,
    "guid": _GUID.fullmatch,
    "fieldid": FIELD_ID.__eq__,
    "coord": _COORDINATE.fullmatch,
    "guide": _GUIDE.fullmatch,
    "node": _NODE.fullmatch,
    "list": _LIST.fullmatch,
    "number": _NUMBER.fullmatch,
    "word": _WORD.fullmatch,
    "css": _CSS.fullmatch,
    "color": _COLOUR.fullmatch,
    "vcolors": _COLOURS.fullmatch,
    "vnum": _VML_NUMBER.fullmatch,
    "vpath": _VML_PATH.fullmatch,
    "vid": _VML_ID.fullmatch,
    "anim": _MOTION.fullmatch,
}
