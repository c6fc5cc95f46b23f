"""Values that OpenDocument could act on, fetch by, or hide something in: for its verifier alone.

Each check is total and says yes only to what it knows (ODF 1.3 part 3, chapters 18 to 20;
part 4).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify import _ooxml_values as office

Check = Callable[[str], None]

#: Part 4, chapter 6, and LibreOffice: functions that only compute, beyond those of OOXML.
_FUNCTIONS_WORDS: Final = """
B CEILING.XCL CHISQDIST CHISQINV COLOR CURRENT DAYSINMONTH DAYSINYEAR DISPLAYWORD EASTERSUNDAY
ERRORTYPE FLOOR.XCL FORECAST.ETS.ADD FORECAST.ETS.MULT FORECAST.ETS.PI.ADD FORECAST.ETS.PI.MULT
FORECAST.ETS.STAT.ADD FORECAST.ETS.STAT.MULT FORMULA FOURIER ISLEAPYEAR MONTHS
MULTIPLE.OPERATIONS NEG OPT_BARRIER OPT_PROB_HIT OPT_PROB_INMONEY OPT_TOUCH RAND.NV
RANDBETWEEN.NV RAWSUBTRACT REGEX ROT13 ROUNDSIG STYLE WEEKNUM_EXCEL2003 WEEKNUM_OOO WEEKS
WEEKSINYEAR YEARS
"""
#: Functions of conditions (part 3, 19.469.2, 19.601, 19.642, and LibreOffice's formats).
_CONDITIONS_WORDS: Final = """
ABOVE-AVERAGE ABOVE-EQUAL-AVERAGE BEGINS-WITH BELOW-AVERAGE BELOW-EQUAL-AVERAGE BETWEEN
BOTTOM-ELEMENTS BOTTOM-PERCENT CELL-CONTENT CELL-CONTENT-IS-BETWEEN CELL-CONTENT-IS-DATE
CELL-CONTENT-IS-DECIMAL-NUMBER CELL-CONTENT-IS-IN-LIST CELL-CONTENT-IS-NOT-BETWEEN
CELL-CONTENT-IS-TEXT CELL-CONTENT-IS-TIME CELL-CONTENT-IS-WHOLE-NUMBER CELL-CONTENT-TEXT-LENGTH
CELL-CONTENT-TEXT-LENGTH-IS-BETWEEN CELL-CONTENT-TEXT-LENGTH-IS-NOT-BETWEEN CONTAINS-TEXT
DUPLICATE ENDNOTE ENDS-WITH FOOTNOTE FORMULA-IS IS-ERROR IS-LIST-ITEM IS-NO-ERROR IS-TRUE-FORMULA
LIST-LEVEL NOT-BETWEEN NOT-CONTAINS-TEXT OUTLINE-LEVEL TABLE-COLUMNS TABLE-ROWS TOP-ELEMENTS
TOP-PERCENT UNIQUE VALUE
"""
_FUNCTIONS: Final = frozenset(_FUNCTIONS_WORDS.split())
_CONDITIONS: Final = frozenset(_CONDITIONS_WORDS.split())
#: What OOXML lets a workbook know of the machine, and a link of its own.
_NOT_HERE: Final = frozenset(("INFO", "HYPERLINK"))
_LANGUAGE: Final = re.compile(r"(?:of|oooc|ooow):")  # part 4, 2.2
_OTHER_LANGUAGE: Final = re.compile(r"\w[\w.-]*:=")
_STRING: Final = re.compile(r'"(?:[^"]|"")*"')
_SHEET: Final = re.compile(r"'(?:[^'\[\]|\\/#:]|:(?!//)|'')*'")
#: Part 4, 5.12: a `#` begins an error and nothing else.
_ERROR: Final = re.compile(r"#(?:REF!|N/A|DIV/0!|NAME\?|NULL!|NUM!|VALUE!)", re.IGNORECASE)
_NOT_IN_FORMULA: Final = re.compile(r"[|'\"\\`@#\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|//|\[\d+\]")
_CALL: Final = re.compile(r"([^\W\d][\w.]*)\s*\(")
_CONDITION_CALL: Final = re.compile(r"([^\W\d][\w.-]*)\s*\(")
_VENDOR: Final = re.compile(
    r"(?:COM\.MICROSOFT|ORG\.LIBREOFFICE|ORG\.OPENOFFICE|LEGACY|_XLFN|_XLWS)\."
    r"|COM\.SUN\.STAR\.SHEET\.ADDIN\.(?:ANALYSIS|DATEFUNCTIONS|PRICINGFUNCTIONS)\.GET"
)
MAX_FORMULA: Final = 8_192  # characters; Excel's limit, which programs share

_PLAIN: Final = re.compile(r"(?!.*://)[-A-Za-z0-9.,;:#%+*=!<>|&_()' ]{0,4000}")
_DRAWN: Final = re.compile(r"(?!.*://)[-A-Za-z0-9.,;:#%+*/$?()^ \r\n\t]{0,500000}", re.DOTALL)
_IDENTIFIERS: Final = re.compile(r"id[1-9]\d{0,6}(?: id[1-9]\d{0,6})*", re.ASCII)
_PLACE: Final = re.compile(r"#[^\x00-\x1f<>\"\\]{1,300}")
_EVENT: Final = re.compile(r"\Aid[1-9]\d{0,6}\.(?:begin|end|click)(?=\+|\Z)", re.ASCII)
_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[-+]\d\d:\d\d)?)?",
    re.ASCII,
)
_EQUATION: Final = re.compile(r"f?\d{1,4}", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,10}", re.ASCII)


def formula(text: str) -> None:
    """Part 4: computes with cells of this file alone.

    Raises:
        Rejected: another file, DDE, an unknown function.
    """
    bare = _bare(text)
    for name in _CALL.findall(bare):
        _function(name)


def condition(text: str) -> None:
    """A condition of a style, a format, a validation or a field: the same, and its own words."""
    bare = _bare(text)
    for name in _CONDITION_CALL.findall(bare):
        if name.upper() not in _CONDITIONS:
            _function(name)


def cells(text: str) -> None:
    """18.3.3 to 18.3.5: addresses of cells of this file."""
    if "(" in _bare(text) or '"' in text:
        raise Rejected("addresses")


def _bare(text: str) -> str:
    """The formula without its strings, its sheets' names and its errors."""
    text = _LANGUAGE.sub("", text, count=1)
    if len(text) > MAX_FORMULA:
        raise Rejected("formula is too long")
    if _OTHER_LANGUAGE.match(text):
        raise Rejected("language of a formula")
    bare = _SHEET.sub("s", _STRING.sub(" 0 ", text))
    bare = _ERROR.sub(" 0 ", bare)
    if _NOT_IN_FORMULA.search(bare):
        raise Rejected("formula")
    return bare


def _function(name: str) -> None:
    own = _VENDOR.sub("", name.upper())
    if own in _NOT_HERE:
        raise Rejected("function")
    if own not in _FUNCTIONS:
        office.formula(f"{own}()")


def plain(text: str) -> None:
    """Numbers, measures, colours, dates and words in ASCII; never an address."""
    if not _PLAIN.fullmatch(text):
        raise Rejected("value")


def drawn(text: str) -> None:
    """Outlines, equations, motions and names of presets."""
    if not _DRAWN.fullmatch(text):
        raise Rejected("outline")


def identifiers(text: str) -> None:
    """Numbered by our writer, whatever they were."""
    if not _IDENTIFIERS.fullmatch(text):
        raise Rejected("identifier")


def link(text: str) -> None:
    """6.1.8: a place in the file, or the address of a page or of a person."""
    if not _PLACE.fullmatch(text):
        office.address(text)


def date(text: str) -> None:
    """14.3.2: a date, with or without a time."""
    if not _DATE.fullmatch(text):
        raise Rejected("date")


def equation(text: str) -> None:
    """19.171.19: the name of an equation of a shape."""
    if not _EQUATION.fullmatch(text):
        raise Rejected("equation")


def number(text: str) -> None:
    """A whole number."""
    if not _NUMBER.fullmatch(text):
        raise Rejected("number")


def one_of(*words: str) -> Check:
    """Accept these words alone."""
    allowed = frozenset(words)

    def check(text: str) -> None:
        if text not in allowed:
            raise Rejected("word")

    return check


def without_event(text: str) -> str:
    """15.1.4: the begin of an animation with its event, the element that it names, taken off."""
    return _EVENT.sub("", text)
