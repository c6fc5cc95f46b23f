"""Formulas and conditions of OpenDocument (ODF 1.3 part 4; part 3, 19.642): which may cross.

A formula crosses when its language is one of ours, every function in it is listed, and no
reference in it leads to another file (`['file:///a.ods'#$Sheet1.A1]`). What does not cross
leaves its last value. This module must never rewrite a formula: it says yes or no.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.office._formulas import FUNCTIONS as OFFICE_FUNCTIONS
from sanitizers.office._formulas import MAX_FORMULA

#: Part 4, chapter 6, and what LibreOffice adds: beyond Excel's, without DDE (6.12),
#: HYPERLINK, WEBSERVICE, FILTERXML and INFO, which run, fetch or tell.
_OPEN: Final = """
B CEILING.XCL CHISQDIST CHISQINV COLOR CURRENT DAYSINMONTH DAYSINYEAR EASTERSUNDAY ERRORTYPE
FINDB FLOOR.XCL FORECAST.ETS.ADD FORECAST.ETS.MULT FORECAST.ETS.PI.ADD FORECAST.ETS.PI.MULT
FORECAST.ETS.STAT.ADD FORECAST.ETS.STAT.MULT FORMULA FOURIER GAMMALN ISLEAPYEAR
MONTHS MULTIPLE.OPERATIONS NUMBERVALUE OPT_BARRIER OPT_PROB_HIT OPT_PROB_INMONEY OPT_TOUCH
RAND.NV RANDBETWEEN.NV RAWSUBTRACT REGEX ROT13 ROUNDSIG SEARCHB STYLE SUMIF UNICHAR WEEKNUM_OOO
WEEKS WEEKSINYEAR YEARS COUNTIF CHIDIST CHIINV CHITEST FDIST FINV NORMSDIST NORMSINV ISO.CEILING
NEG AVERAGEIF ERF.PRECISE WEEKNUM_EXCEL2003 ISOWEEKNUM PRODUCT DISPLAYWORD
"""
#: Functions of conditions and of validations (part 3, 19.469.2, 19.601, 19.642).
_CONDITIONS: Final = """
CELL-CONTENT CELL-CONTENT-IS-BETWEEN CELL-CONTENT-IS-NOT-BETWEEN CELL-CONTENT-IS-WHOLE-NUMBER
CELL-CONTENT-IS-DECIMAL-NUMBER CELL-CONTENT-IS-DATE CELL-CONTENT-IS-TIME
CELL-CONTENT-IS-TEXT CELL-CONTENT-IS-IN-LIST CELL-CONTENT-TEXT-LENGTH
CELL-CONTENT-TEXT-LENGTH-IS-BETWEEN CELL-CONTENT-TEXT-LENGTH-IS-NOT-BETWEEN IS-TRUE-FORMULA
BETWEEN NOT-BETWEEN BEGINS-WITH ENDS-WITH CONTAINS-TEXT NOT-CONTAINS-TEXT FORMULA-IS
TOP-ELEMENTS BOTTOM-ELEMENTS TOP-PERCENT BOTTOM-PERCENT ABOVE-AVERAGE BELOW-AVERAGE
ABOVE-EQUAL-AVERAGE BELOW-EQUAL-AVERAGE DUPLICATE UNIQUE IS-ERROR IS-NO-ERROR VALUE
IS-LIST-ITEM LIST-LEVEL OUTLINE-LEVEL TABLE-ROWS TABLE-COLUMNS ENDNOTE FOOTNOTE
"""
_FUNCTIONS: Final = OFFICE_FUNCTIONS - {"INFO"} | frozenset(_OPEN.split())
_IN_CONDITIONS: Final = _FUNCTIONS | frozenset(_CONDITIONS.split())
#: Part 4, 2.2; the others are of OpenOffice 2 and of Writer's fields.
_LANGUAGE: Final = re.compile(r"(?:of|oooc|ooow):")
_OTHER_LANGUAGE: Final = re.compile(r"[^\W\d][\w.-]*:=")
#: What stands before the names of functions that are not of part 4 itself.
_PREFIX: Final = re.compile(
    r"(?:COM\.MICROSOFT|ORG\.LIBREOFFICE|ORG\.OPENOFFICE|LEGACY|_XLFN|_XLWS)\."
    r"|COM\.SUN\.STAR\.SHEET\.ADDIN\.(?:ANALYSIS|DATEFUNCTIONS|PRICINGFUNCTIONS)\.GET"
)
_STRING: Final = re.compile(r'"(?:[^"]|"")*"')
_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'")
_CALL: Final = re.compile(r"([^\W\d][\w.]*)\s*\(")
#: Names of functions of conditions have hyphens.
_CALL_IN_CONDITION: Final = re.compile(r"([^\W\d][\w.-]*)\s*\(")
#: A bar, what no formula has, and the marks of other files: a number in brackets, and a `#`
#: that begins no error (part 4, 5.12).
_FORBIDDEN: Final = re.compile(
    r"[|'\\`@\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|//|\[\d+\]|#(?!(?i:REF!|N/A|DIV/0!|NAME\?|NULL!|NUM!|VALUE!))"
)
#: Sheets are not named so, other files are.
_PATH: Final = re.compile(r"[/\\|\[\]#]|[A-Za-z]{2,}:")


def _is_safe(text: str, functions: frozenset[str], call: re.Pattern[str] = _CALL) -> bool:
    if len(text) > MAX_FORMULA or _OTHER_LANGUAGE.match(text):
        return False
    bare = _STRING.sub("_s", text)
    if any(_PATH.search(name) for name in _QUOTED.findall(bare)):
        return False
    bare = _QUOTED.sub("_q", bare)
    if '"' in bare or _FORBIDDEN.search(bare):
        return False
    return all(_PREFIX.sub("", name.upper()) in functions for name in call.findall(bare))


def is_formula(value: str) -> bool:
    """Whether a formula needs nothing but its own document (part 3, 19.646)."""
    return _is_safe(_LANGUAGE.sub("", value, count=1), _FUNCTIONS)


def is_condition(value: str) -> bool:
    """Whether a condition of a style, a format, a validation or a field needs nothing else."""
    return _is_safe(_LANGUAGE.sub("", value, count=1), _IN_CONDITIONS, _CALL_IN_CONDITION)


def is_cells(value: str) -> bool:
    """Whether addresses of cells (part 3, 18.3.3 to 18.3.5) are of the document itself."""
    if '"' in value or "(" in _QUOTED.sub("", value):
        return False
    return _is_safe(value, frozenset())
