"""Values that could act if a reader believed them: formulas, field codes, links, addresses.

For the verifier of OOXML alone. Each check is total and says yes only to what it knows.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.verify import Rejected

#: ECMA-376-1, 18.17.7 and [MS-XLSX] 2.2.2: functions that only compute.
_FUNCTIONS_WORDS: Final = """
ABS ACCRINT ACCRINTM ACOS ACOSH ACOT ACOTH ADDRESS AGGREGATE AMORDEGRC AMORLINC ANCHORARRAY AND
ARABIC AREAS ARRAYTOTEXT ASC ASIN ASINH ATAN ATAN2 ATANH AVEDEV AVERAGE AVERAGEA AVERAGEIF
AVERAGEIFS BAHTTEXT BASE BESSELI BESSELJ BESSELK BESSELY BETA.DIST BETA.INV BETADIST BETAINV
BIN2DEC BIN2HEX BIN2OCT BINOM.DIST BINOM.DIST.RANGE BINOM.INV BINOMDIST BITAND BITLSHIFT BITOR
BITRSHIFT BITXOR BYCOL BYROW CEILING CEILING.MATH CEILING.PRECISE CELL CHAR CHIDIST CHIINV
CHISQ.DIST CHISQ.DIST.RT CHISQ.INV CHISQ.INV.RT CHISQ.TEST CHITEST CHOOSE CHOOSECOLS CHOOSEROWS
CLEAN CODE COLUMN COLUMNS COMBIN COMBINA COMPLEX CONCAT CONCATENATE CONFIDENCE CONFIDENCE.NORM
CONFIDENCE.T CONVERT CORREL COS COSH COT COTH COUNT COUNTA COUNTBLANK COUNTIF COUNTIFS COUPDAYBS
COUPDAYS COUPDAYSNC COUPNCD COUPNUM COUPPCD COVAR COVARIANCE.P COVARIANCE.S CRITBINOM CSC CSCH
CUMIPMT CUMPRINC DATE DATEDIF DATESTRING DATEVALUE DAVERAGE DAY DAYS DAYS360 DB DBCS DCOUNT
DCOUNTA DDB DEC2BIN DEC2HEX DEC2OCT DECIMAL DEGREES DELTA DEVSQ DGET DISC DMAX DMIN DOLLAR
DOLLARDE DOLLARFR DPRODUCT DROP DSTDEV DSTDEVP DSUM DURATION DVAR DVARP ECMA.CEILING EDATE EFFECT
ENCODEURL EOMONTH ERF ERF.PRECISE ERFC ERFC.PRECISE ERROR.TYPE EUROCONVERT EVEN EXACT EXP EXPAND
EXPON.DIST EXPONDIST F.DIST F.DIST.RT F.INV F.INV.RT F.TEST FACT FACTDOUBLE FALSE FDIST FILTER
FIND FINDB FINV FISHER FISHERINV FIXED FLOOR FLOOR.MATH FLOOR.PRECISE FORECAST FORECAST.ETS
FORECAST.ETS.CONFINT FORECAST.ETS.SEASONALITY FORECAST.ETS.STAT FORECAST.LINEAR FORMULATEXT
FREQUENCY FTEST FV FVSCHEDULE GAMMA GAMMA.DIST GAMMA.INV GAMMADIST GAMMAINV GAMMALN
GAMMALN.PRECISE GAUSS GCD GEOMEAN GESTEP GETPIVOTDATA GROUPBY GROWTH HARMEAN HEX2BIN HEX2DEC
HEX2OCT HLOOKUP HOUR HSTACK HYPGEOM.DIST HYPGEOMDIST IF IFERROR IFNA IFS IMABS IMAGINARY
IMARGUMENT IMCONJUGATE IMCOS IMCOSH IMCOT IMCSC IMCSCH IMDIV IMEXP IMLN IMLOG10 IMLOG2 IMPOWER
IMPRODUCT IMREAL IMSEC IMSECH IMSIN IMSINH IMSQRT IMSUB IMSUM IMTAN INDEX INDIRECT INFO INT
INTERCEPT INTRATE IPMT IRR ISBLANK ISERR ISERROR ISEVEN ISFORMULA ISLOGICAL ISNA ISNONTEXT
ISNUMBER ISO.CEILING ISODD ISOMITTED ISOWEEKNUM ISPMT ISREF ISTEXT JIS KURT LAMBDA LARGE LCM LEFT
LEFTB LEN LENB LET LINEST LN LOG LOG10 LOGEST LOGINV LOGNORM.DIST LOGNORM.INV LOGNORMDIST LOOKUP
LOWER MAKEARRAY MAP MATCH MAX MAXA MAXIFS MDETERM MDURATION MEDIAN MID MIDB MIN MINA MINIFS MINUTE
MINVERSE MIRR MMULT MOD MODE MODE.MULT MODE.SNGL MONTH MROUND MULTINOMIAL MUNIT N NA NEGBINOM.DIST
NEGBINOMDIST NETWORKDAYS NETWORKDAYS.INTL NOMINAL NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV
NORMDIST NORMINV NORMSDIST NORMSINV NOT NOW NPER NPV NUMBERSTRING NUMBERVALUE OCT2BIN OCT2DEC
OCT2HEX ODD ODDFPRICE ODDFYIELD ODDLPRICE ODDLYIELD OFFSET OR PDURATION PEARSON PERCENTILE
PERCENTILE.EXC PERCENTILE.INC PERCENTOF PERCENTRANK PERCENTRANK.EXC PERCENTRANK.INC PERMUT
PERMUTATIONA PHI PHONETIC PI PIVOTBY PMT POISSON POISSON.DIST POWER PPMT PRICE PRICEDISC PRICEMAT
PROB PRODUCT PROPER PV QUARTILE QUARTILE.EXC QUARTILE.INC QUOTIENT RADIANS RAND RANDARRAY
RANDBETWEEN RANK RANK.AVG RANK.EQ RATE RECEIVED REDUCE REGEXEXTRACT REGEXREPLACE REGEXTEST REPLACE
REPLACEB REPT RIGHT RIGHTB ROMAN ROUND ROUNDBAHTDOWN ROUNDBAHTUP ROUNDDOWN ROUNDUP ROW ROWS RRI
RSQ SCAN SEARCH SEARCHB SEC SECH SECOND SEQUENCE SERIESSUM SHEET SHEETS SIGN SIN SINGLE SINH SKEW
SKEW.P SLN SLOPE SMALL SORT SORTBY SQRT SQRTPI STANDARDIZE STDEV STDEV.P STDEV.S STDEVA STDEVP
STDEVPA STEYX SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT SUMSQ SUMX2MY2 SUMX2PY2 SUMXMY2
SWITCH SYD T T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST TAKE TAN TANH TBILLEQ TBILLPRICE
TBILLYIELD TDIST TEXT TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TIME TIMEVALUE TINV TOCOL TODAY
TOROW TRANSPOSE TREND TRIM TRIMMEAN TRIMRANGE TRUE TRUNC TTEST TYPE UNICHAR UNICODE UNIQUE UPPER
USDOLLAR VALUE VALUETOTEXT VAR VAR.P VAR.S VARA VARP VARPA VDB VLOOKUP VSTACK WEEKDAY WEEKNUM
WEIBULL WEIBULL.DIST WORKDAY WORKDAY.INTL WRAPCOLS WRAPROWS XIRR XLOOKUP XMATCH XNPV XOR YEAR
YEARFRAC YEN YIELD YIELDDISC YIELDMAT Z.TEST ZTEST
"""
_FUNCTIONS: Final = frozenset(_FUNCTIONS_WORDS.split())
_STRING: Final = re.compile(r'"(?:[^"]|"")*"')
_SHEET: Final = re.compile(r"'(?:[^'\[\]|\\/]|'')*'")
_FUTURE: Final = re.compile(r"_xlfn\.(?:_xlws\.)?|_xlws\.", re.IGNORECASE)  # [MS-XLSX] 2.2.2.1
_CALL: Final = re.compile(r"([^\W\d][\w.]*)\s*\(")
_NOT_IN_FORMULA: Final = re.compile(r"[|'\"\x00-\x08\x0b\x0c\x0e-\x1f]")
_LOCAL_LINK: Final = re.compile(r'\bHYPERLINK\(\s*"#[^"]{0,255}"', re.IGNORECASE)

#: 17.16.5: fields that count, number, repeat or lead to a place of the same document.
_FIELDS_WORDS: Final = """
= ADVANCE AUTONUM AUTONUMLGL AUTONUMOUT DATE EDITTIME EQ FORMCHECKBOX FORMDROPDOWN FORMTEXT
HYPERLINK INDEX LISTNUM NOTEREF NUMCHARS NUMPAGES NUMWORDS PAGE PAGEREF REF REVNUM SECTION
SECTIONPAGES SEQ STYLEREF SYMBOL TA TC TIME TITLE TOA TOC XE
"""
_FIELDS: Final = frozenset(_FIELDS_WORDS.split())
_FIELD: Final = re.compile(r"\s*(=|[A-Z]{1,20}(?![A-Za-z]))(.*)", re.DOTALL)
_TO_BOOKMARK: Final = re.compile(
    r'(?:\s*\\[hnt])*\s*\\l\s*"?[^"\\]{1,255}"?(?:\s*\\[ho]\s*(?:"[^"]*")?)*\s*'
)
#: 17.16.3.4: functions of a calculation in a text.
_CALCULATION_WORDS: Final = "ABS AVERAGE COUNT INT MAX MIN MOD PRODUCT ROUND SUM"
_CALCULATIONS: Final = frozenset(_CALCULATION_WORDS.split())
_WORD_CALL: Final = re.compile(r"([^\W\d]\w*)\s*\(")
#: Addresses and network paths.
_OUTSIDE: Final = re.compile(r"://|\\\\[^*#@ ]|\bfile:", re.IGNORECASE)

_ADDRESS: Final = re.compile(r"(?:https?://|mailto:)[\x21-\x7e]{1,6000}", re.IGNORECASE)
_NOT_IN_ADDRESS: Final = re.compile(r"[\"<>\\^`{|}]")
_PLACE: Final = re.compile(r"[^\[\]|\\/<>\x00-\x1f]{0,300}")
_JUMP: Final = re.compile(
    r"ppaction://(?:hlinksldjump|hlinkshowjump\?jump="
    r"(?:nextslide|previousslide|firstslide|lastslide|lastslideviewed|endshow))"
)
_TEXT: Final = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]{0,32767}")
_PLAIN: Final = re.compile(r"(?!.*://)[^\\\x00-\x1f\x7f]{0,200000}")
#: Values with an address that are names of a meaning, not places.
_URIS: Final = frozenset(
    (
        "http://schemas.microsoft.com/office/word",  # 17.15.3, w:compatSetting
        *(
            "http://schemas.openxmlformats.org/drawingml/2006/" + word  # 20.1.2.2.17
            for word in (
                "chart", "diagram", "table", "picture", "chartDrawing", "lockedCanvas",
                "ole", "compatibility",
            )
        ),
        *(
            "http://schemas.microsoft.com/office/word/2010/wordprocessing" + word
            for word in ("Shape", "Group", "Canvas")
        ),
        "{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}",  # [MS-XLSX] 2.2.4.2: validations
        "{78C0D931-6437-407d-A8EE-F0AAD7539E65}",  # conditional formats
        "{05C60535-1F16-4fd2-B633-F4F36F0B64E0}",  # sparklines
        "{B025F937-C7B1-47D3-B67F-A62EFF666E3E}",  # identifier of a rule
    )
)  # fmt: skip


def formula(text: str) -> None:
    """18.17: computes with cells of this workbook alone.

    Raises:
        Rejected: another file, DDE, an unknown function, or a link outside.
    """
    links = len(_LOCAL_LINK.findall(text))
    bare = _without_brackets(_SHEET.sub("s", _STRING.sub(" 0 ", text)))
    if _NOT_IN_FORMULA.search(bare):
        raise Rejected("formula")
    for name in _CALL.findall(bare):
        function = _FUTURE.sub("", name).upper()
        if function == "HYPERLINK" and links:
            links -= 1
        elif function not in _FUNCTIONS:
            raise Rejected("function")


def _without_brackets(text: str) -> str:
    """18.17.6: brackets hold columns of the table before them; else they name another file."""
    if "[" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for index, character in enumerate(text):
        if character == "[":
            before = text[index - 1] if index else " "
            inner = text[index + 1 : index + 2]
            if not depth and not (before.isalnum() or before in "_.\\" or inner in "@#"):
                raise Rejected("formula names another file")
            depth += 1
        elif character == "]":
            depth -= 1
            if depth < 0:
                raise Rejected("formula")
        elif not depth:
            kept.append(character)
    if depth:
        raise Rejected("formula")
    return "".join(kept)


def field(code: str) -> None:
    r"""17.16: a field code, "\0" standing for a field inside it.

    Raises:
        Rejected: a field that fetches or runs, or one that is not known.
    """
    match = _FIELD.fullmatch(code)
    if match is None or match[1] not in _FIELDS or _OUTSIDE.search(code):
        raise Rejected("field code")
    if "\0" in code and match[1] != "=":
        raise Rejected("field in a field")
    if match[1] == "=" and not {w.upper() for w in _WORD_CALL.findall(match[2])} <= _CALCULATIONS:
        raise Rejected("calculation")
    if match[1] == "HYPERLINK" and not _TO_BOOKMARK.fullmatch(match[2]):
        raise Rejected("link field")


def address(text: str) -> None:
    """The target of a link outside: http, https or mailto, all ASCII, nothing to escape.

    Raises:
        Rejected: anything else.
    """
    if not _ADDRESS.fullmatch(text) or _NOT_IN_ADDRESS.search(text):
        raise Rejected("address")


def place(text: str) -> None:
    """18.3.1.47: a place in the same workbook."""
    if not _PLACE.fullmatch(text):
        raise Rejected("place")


def jump(text: str) -> None:
    """20.1.2.2.5: a move inside of the presentation."""
    if not _JUMP.fullmatch(text):
        raise Rejected("action")


def content(_: str) -> None:
    """Text between tags, which people read: XML itself forbids controls, the part ends it."""


def free_text(text: str) -> None:
    """What people read: any characters but controls."""
    if not _TEXT.fullmatch(text):
        raise Rejected("control character in a value")


def plain(text: str) -> None:
    """Numbers, words, colours, lists: never an address or a path."""
    if not _PLAIN.fullmatch(text) and text not in _URIS:
        raise Rejected("value")


def uri(text: str) -> None:
    """What kind of thing a frame or an extension holds."""
    if text not in _URIS:
        raise Rejected("uri")


def defined_name(text: str) -> None:
    """18.2.5: a name that Excel runs when a file opens or closes is none."""
    free_text(text)
    if text.lower().removeprefix("_xlnm.").startswith("auto_"):
        raise Rejected("name that runs")


def nothing(text: str) -> None:
    """An attribute that the schemas want and nobody needs."""
    if text:
        raise Rejected("value")
