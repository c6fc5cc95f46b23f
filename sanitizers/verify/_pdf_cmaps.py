"""Grammar of CMaps of rebuilt documents (ISO 32000-2, 9.7.5, 9.10.3; Adobe TN 5014).

A fixed head, blocks in a fixed order with their right counts, a fixed tail, and not one
byte between. Texts of a ToUnicode map must be whole characters, ranges must be in order.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.verify import Rejected

MAX_ENTRIES: Final = 250_000
MAX_BLOCK: Final = 100  # entries (TN 5014, section 6)
MAX_CID: Final = 65_535
MAX_TEXT: Final = 64  # bytes of UTF-16BE for one code
#: Table 116.
PREDEFINED: Final = (
    "GB-EUC-H", "GB-EUC-V", "GBpc-EUC-H", "GBpc-EUC-V", "GBK-EUC-H", "GBK-EUC-V", "GBKp-EUC-H",
    "GBKp-EUC-V", "GBK2K-H", "GBK2K-V", "UniGB-UCS2-H", "UniGB-UCS2-V", "UniGB-UTF16-H",
    "UniGB-UTF16-V", "B5pc-H", "B5pc-V", "HKscs-B5-H", "HKscs-B5-V", "ETen-B5-H", "ETen-B5-V",
    "ETenms-B5-H", "ETenms-B5-V", "CNS-EUC-H", "CNS-EUC-V", "UniCNS-UCS2-H", "UniCNS-UCS2-V",
    "UniCNS-UTF16-H", "UniCNS-UTF16-V", "83pv-RKSJ-H", "90ms-RKSJ-H", "90ms-RKSJ-V",
    "90msp-RKSJ-H", "90msp-RKSJ-V", "90pv-RKSJ-H", "Add-RKSJ-H", "Add-RKSJ-V", "EUC-H", "EUC-V",
    "Ext-RKSJ-H", "Ext-RKSJ-V", "H", "V", "UniJIS-UCS2-H", "UniJIS-UCS2-V", "UniJIS-UCS2-HW-H",
    "UniJIS-UCS2-HW-V", "UniJIS-UTF16-H", "UniJIS-UTF16-V", "UniJIS2004-UTF16-H",
    "UniJIS2004-UTF16-V", "UniJISX0213-UTF32-H", "UniJISX02132004-UTF32-H", "KSC-EUC-H",
    "KSC-EUC-V", "KSCms-UHC-H", "KSCms-UHC-V", "KSCms-UHC-HW-H", "KSCms-UHC-HW-V", "KSCpc-EUC-H",
    "UniKS-UCS2-H", "UniKS-UCS2-V", "UniKS-UTF16-H", "UniKS-UTF16-V", "Identity-H", "Identity-V",
)  # fmt: skip
_HEX: Final = rb"(?:[0-9A-Fa-f]{2})"
_CODE: Final = rb"<(" + _HEX + rb"{1,4})>"
_TEXT: Final = rb"<" + _HEX + rb"{0,64}>"

_HEAD: Final = re.compile(
    rb"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    rb"(?:/(?P<base>[A-Za-z0-9-]{1,30}) usecmap\n)?"
    rb"/CIDSystemInfo << /Registry \(Adobe\) /Ordering \((?P<ordering>UCS|Identity)\)"
    rb" /Supplement 0 >> def\n"
    rb"/CMapName /(?P<name>Adobe-Identity-UCS|Adobe-Identity-0|Mugaika-UCS) def\n"
    rb"/CMapType (?P<kind>[12]) def\n"
    rb"(?P<vertical>/WMode 1 def\n)?"
)
_TAIL: Final = re.compile(
    rb"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n?", re.DOTALL
)
_BLOCK: Final = re.compile(
    rb"([1-9][0-9]{0,2}) begin([a-z]{5,14})\n((?:<[^\n]{1,40000}\n){1,100}+)end([a-z]{5,14})\n"
)
_SPAN: Final = re.compile(_CODE + rb" " + _CODE)
_CHARACTER: Final = re.compile(_CODE + rb" (" + _TEXT + rb")")
_RANGE: Final = re.compile(
    _CODE + rb" " + _CODE + rb" (?:(" + _TEXT + rb")|\[(" + _TEXT + rb"(?: " + _TEXT + rb")*+)\])"
)
_NUMBERS: Final = re.compile(_CODE + rb" " + _CODE + rb" (0|[1-9][0-9]{0,4})")
#: Blocks in the order in which they may stand, for texts and for glyph numbers.
_ORDER: Final = {
    True: (b"codespacerange", b"bfchar", b"bfrange", b"bfchar"),
    False: (b"codespacerange", b"cidrange", b"notdefrange"),
}


def check_cmap(data: bytes, *, unicode: bool) -> None:
    """The whole of a CMap: from codes to texts if `unicode`, else to glyph numbers.

    Raises:
        Rejected: a byte that is not of the grammar, a wrong count or a range out of order.
    """
    head = _HEAD.match(data)
    if head is None:
        raise Rejected("head of a CMap")
    texts = head["ordering"] == b"UCS"
    if texts != unicode or (head["kind"] == b"2") != unicode:
        raise Rejected("kind of a CMap")
    if (head["name"] == b"Adobe-Identity-0") == unicode:
        raise Rejected("name of a CMap")
    if unicode and (head["base"] or head["vertical"]):
        raise Rejected("head of a CMap")
    if head["base"] and head["base"].decode("ascii") not in PREDEFINED:
        raise Rejected("a CMap upon another")
    at, total, rest = head.end(), 0, list(_ORDER[unicode])
    while block := _BLOCK.match(data, at):
        kind, lines = block[2], block[3].splitlines()
        if kind != block[4] or int(block[1]) != len(lines) or len(lines) > MAX_BLOCK:
            raise Rejected("block of a CMap")
        while rest and rest[0] != kind:
            del rest[0]
        if not rest:
            raise Rejected("order of the blocks of a CMap")
        total += len(lines)
        if total > MAX_ENTRIES:
            raise Rejected("entries of a CMap")
        for line in lines:
            _CHECKS[kind](line)
        at = block.end()
    if not _TAIL.fullmatch(data, at):
        raise Rejected("tail of a CMap")


def _check_span(low: bytes, high: bytes) -> int:
    """How many codes a range has."""
    first, last = int(low, 16), int(high, 16)
    if len(low) != len(high) or first > last:
        raise Rejected("range of a CMap")
    return last - first + 1


def _check_text(written: bytes) -> None:
    digits = written[1:-1]
    if len(digits) > 2 * MAX_TEXT:
        raise Rejected("text of a CMap")
    try:
        bytes.fromhex(digits.decode("ascii")).decode("utf-16-be")
    except UnicodeDecodeError as error:
        raise Rejected("text of a CMap") from error


def _codes(line: bytes) -> None:
    match = _SPAN.fullmatch(line)
    if match is None:
        raise Rejected("code space of a CMap")
    if len(match[1]) != len(match[2]):
        raise Rejected("code space of a CMap")


def _character(line: bytes) -> None:
    match = _CHARACTER.fullmatch(line)
    if match is None:
        raise Rejected("character of a CMap")
    _check_text(match[2])


def _range(line: bytes) -> None:
    match = _RANGE.fullmatch(line)
    if match is None:
        raise Rejected("range of a CMap")
    count = _check_span(match[1], match[2])
    texts = [match[3]] if match[3] is not None else match[4].split(b" ")
    if match[4] is not None and len(texts) != count:
        raise Rejected("texts of a range of a CMap")
    for text in texts:
        _check_text(text)


def _glyph_numbers(line: bytes) -> None:
    match = _NUMBERS.fullmatch(line)
    if match is None:
        raise Rejected("glyph numbers of a CMap")
    _check_span(match[1], match[2])
    if int(match[3]) > MAX_CID:
        raise Rejected("glyph number of a CMap")


_CHECKS: Final = {
    b"codespacerange": _codes, b"bfchar": _character, b"bfrange": _range,
    b"cidrange": _glyph_numbers, b"notdefrange": _glyph_numbers,
}  # fmt: skip
