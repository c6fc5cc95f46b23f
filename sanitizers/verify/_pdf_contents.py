"""Content streams and the ToUnicode map, as far as the verifier lets them go.

A page's contents are pictures, each placed by one matrix, and then at most one text
object in rendering mode 3 (invisible). Codes are UTF-16 units of characters that a
reader can see; the rows of the surrogates stand for listed characters beyond U+FFFF.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

from sanitizers.verify import Rejected

_NUMBER: Final = rb"-?(?:0|[1-9][0-9]{0,6})(?:\.[0-9]{0,2}[1-9])?"
_DRAW: Final = re.compile(
    rb"q (%s) 0 0 (%s) (%s) (%s) cm /I(0|[1-9][0-9]{0,3}) Do Q\n" % ((_NUMBER,) * 4)
)
_BEGIN: Final = b"BT\n3 Tr\n"
_END: Final = b"ET\n"
_TEXT: Final = re.compile(
    rb"/F0 (?P<size>%s) Tf\n" % _NUMBER
    + rb"|(?P<stretch>%s) Tz\n" % _NUMBER
    + rb"|%s Tm <(?P<show>(?:[0-9A-F]{4}){1,256})> Tj\n" % b" ".join([_NUMBER] * 6)
)
_CODE: Final = re.compile(rb"[0-9A-F]{4}")
_ASTRAL: Final = range(0xD800, 0xE000)
_MAX_ASTRAL_LINES: Final = 2_048
#: Never shown: controls, format characters, surrogates, separators of lines.
_FORBIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Default-ignorable letters and marks that hide text (UCD, DerivedCoreProperties).
_BLANK: Final = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0})
_SLACK: Final = 0.01  # points; numbers have three decimals

_MAP_HEAD: Final = (
    b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
    b"/CMapName /Mugaika-UCS def\n/CMapType 2 def\n"
    b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
)
_MAP_TAIL: Final = b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
_BLOCK: Final = re.compile(
    rb"(\d{1,3}) beginbfrange\n((?:<[0-9A-F]{4}> <[0-9A-F]{4}> <[0-9A-F]{4}>\n){1,100})endbfrange\n"
)
_SINGLES: Final = re.compile(
    rb"(\d{1,3}) beginbfchar\n((?:<[0-9A-F]{4}> <[0-9A-F]{8}>\n){1,100})endbfchar\n"
)


def visible(code: int) -> bool:
    """Whether a code point may stand in the text layer."""
    if code in _BLANK or code & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(chr(code)) not in _FORBIDDEN


@cache
def _visible_unit(unit: bytes) -> bool:
    code = int(unit, 16)
    return code in _ASTRAL or visible(code)


def check_contents(
    contents: bytes, *, pictures: int, width: float, height: float, text: bool
) -> set[int]:
    """One page's operators; returns the codes used for characters beyond U+FFFF.

    Raises:
        Rejected: anything but pictures within the page and invisible text.
    """
    at = 0
    for index in range(pictures):
        drawn = _DRAW.match(contents, at)
        if drawn is None or int(drawn[5]) != index:
            raise Rejected("drawing of a picture")
        w, h, left, bottom = (float(drawn[i]) for i in range(1, 5))
        inside = (
            0 < w <= width + _SLACK
            and 0 < h <= height + _SLACK
            and left >= -_SLACK
            and bottom >= -_SLACK
            and left + w <= width + _SLACK
            and bottom + h <= height + _SLACK
        )
        if not inside:
            raise Rejected("a picture outside its page")
        at = drawn.end()
    if not text:
        if at != len(contents):
            raise Rejected("operators after the pictures")
        return set()
    if not contents.startswith(_BEGIN, at):
        raise Rejected("text without its rendering mode")
    return _check_text(contents, at + len(_BEGIN))


def _check_text(contents: bytes, at: int) -> set[int]:
    astral: set[int] = set()
    sized = stretched = shown = False
    while not contents.startswith(_END, at):
        step = _TEXT.match(contents, at)
        if step is None:
            raise Rejected("text operator")
        if step["size"] is not None:
            sized = float(step["size"]) > 0
        elif step["stretch"] is not None:
            stretched = float(step["stretch"]) > 0
        else:
            if not (sized and stretched):
                raise Rejected("text without a font")
            shown = True
            for unit in _CODE.findall(step["show"]):
                if not _visible_unit(unit):
                    raise Rejected("a character that may not cross")
                if unit[:1] == b"D" and unit[1:2] >= b"8":
                    astral.add(int(unit, 16))
        at = step.end()
    if at + len(_END) != len(contents) or not shown:
        raise Rejected("end of the text")
    return astral


def check_to_unicode(cmap: bytes, *, used: set[int]) -> None:
    """The ToUnicode map: identity by rows, and the list of exactly the `used` codes."""
    if not cmap.startswith(_MAP_HEAD):
        raise Rejected("head of the character map")
    at = len(_MAP_HEAD)
    rows: list[bytes] = []
    while block := _BLOCK.match(cmap, at):
        lines = block[2].splitlines()
        if int(block[1]) != len(lines):
            raise Rejected("count of a range block")
        rows += lines
        at = block.end()
    expected = [
        b"<%02X00> <%02XFF> <%02X00>" % (high, high, high)
        for high in range(256)
        if not 0xD8 <= high <= 0xDF
    ]
    if rows != expected:
        raise Rejected("ranges of the character map")
    listed: list[int] = []
    while block := _SINGLES.match(cmap, at):
        lines = block[2].splitlines()
        if int(block[1]) != len(lines) or len(listed) + len(lines) > _MAX_ASTRAL_LINES:
            raise Rejected("count of a character block")
        listed += [_check_astral(line) for line in lines]
        at = block.end()
    if listed != sorted(used) or cmap[at:] != _MAP_TAIL:
        raise Rejected("list or end of the character map")


def _check_astral(line: bytes) -> int:
    """One `<code> <surrogate pair>` line; returns the code."""
    code, high, low = int(line[1:5], 16), int(line[8:12], 16), int(line[12:16], 16)
    if code not in _ASTRAL or not 0xD800 <= high < 0xDC00 or not 0xDC00 <= low < 0xE000:
        raise Rejected("a listed character")
    if not visible(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)):
        raise Rejected("a listed character that may not cross")
    return code
