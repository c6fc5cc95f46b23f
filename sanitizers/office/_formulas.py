"""Formulas of spreadsheets (ECMA-376-1:2016, 18.17): which may cross, and why not.

A formula crosses when every function in it is listed below, nothing in it refers to another
file (`[1]Sheet1!A1`), and no DDE bar stands in it. What does not cross leaves its last
value. This module must never rewrite a formula: it says yes or no.
"""

from __future__ import annotations

import re
from typing import Final

MAX_FORMULA: Final = 8_192  # characters (18.17.1 leaves it open; Excel's limit)

#: 18.17.7 without CALL, CUBE…, HYPERLINK, REGISTER.ID, RTD, SQL.REQUEST: those run or fetch.
_STANDARD: Final = """
ABS ACCRINT ACCRINTM ACOS ACOSH ADDRESS AMORDEGRC AMORLINC AND AREAS ASC ASIN ASINH ATAN ATAN2
ATANH AVEDEV AVERAGE AVERAGEA AVERAGEIF AVERAGEIFS BAHTTEXT BESSELI BESSELJ BESSELK BESSELY
BETADIST BETAINV BIN2DEC BIN2HEX BIN2OCT BINOMDIST CEILING CELL CHAR CHIDIST CHIINV CHITEST CHOOSE
CLEAN CODE COLUMN COLUMNS COMBIN COMPLEX CONCATENATE CONFIDENCE CONVERT CORREL COS COSH COUNT
COUNTA COUNTBLANK COUNTIF COUNTIFS COUPDAYBS COUPDAYS COUPDAYSNC COUPNCD COUPNUM COUPPCD COVAR
CRITBINOM CUMIPMT CUMPRINC DATE DATEDIF DATESTRING DATEVALUE DAVERAGE DAY DAYS360 DB DBCS DCOUNT
DCOUNTA DDB DEC2BIN DEC2HEX DEC2OCT DEGREES DELTA DEVSQ DGET DISC DMAX DMIN DOLLAR DOLLARDE
DOLLARFR DPRODUCT DSTDEV DSTDEVP DSUM DURATION DVAR DVARP ECMA.CEILING EDATE EFFECT EOMONTH ERF
ERFC ERROR.TYPE EUROCONVERT EVEN EXACT EXP EXPONDIST FACT FACTDOUBLE FALSE FDIST FIND FINDB FINV
FISHER FISHERINV FIXED FLOOR FORECAST FREQUENCY FTEST FV FVSCHEDULE GAMMADIST GAMMAINV GAMMALN GCD
GEOMEAN GESTEP GETPIVOTDATA GROWTH HARMEAN HEX2BIN HEX2DEC HEX2OCT HLOOKUP HOUR HYPGEOMDIST IF
IFERROR IMABS IMAGINARY IMARGUMENT IMCONJUGATE IMCOS IMDIV IMEXP IMLN IMLOG10 IMLOG2 IMPOWER
IMPRODUCT IMREAL IMSIN IMSQRT IMSUB IMSUM INDEX INDIRECT INFO INT INTERCEPT INTRATE IPMT IRR
ISBLANK ISERR ISERROR ISEVEN ISLOGICAL ISNA ISNONTEXT ISNUMBER ISO.CEILING ISODD ISPMT ISREF ISTEXT
JIS KURT LARGE LCM LEFT LEFTB LEN LENB LINEST LN LOG LOG10 LOGEST LOGINV LOGNORMDIST LOOKUP LOWER
MATCH MAX MAXA MDETERM MDURATION MEDIAN MID MIDB MIN MINA MINUTE MINVERSE MIRR MMULT MOD MODE MONTH
MROUND MULTINOMIAL N NA NEGBINOMDIST NETWORKDAYS NETWORKDAYS.INTL NOMINAL NORMDIST NORMINV NORMSDIST
NORMSINV NOT NOW NPER NPV NUMBERSTRING OCT2BIN OCT2DEC OCT2HEX ODD ODDFPRICE ODDFYIELD ODDLPRICE
ODDLYIELD OFFSET OR PEARSON PERCENTILE PERCENTRANK PERMUT PHONETIC PI PMT POISSON POWER PPMT PRICE
PRICEDISC PRICEMAT PROB PRODUCT PROPER PV QUARTILE QUOTIENT RADIANS RAND RANDBETWEEN RANK RATE
RECEIVED REPLACE REPLACEB REPT RIGHT RIGHTB ROMAN ROUND ROUNDBAHTDOWN ROUNDBAHTUP ROUNDDOWN ROUNDUP
ROW ROWS RSQ SEARCH SEARCHB SECOND SERIESSUM SIGN SIN SINH SKEW SLN SLOPE SMALL SQRT SQRTPI
STANDARDIZE STDEV STDEVA STDEVP STDEVPA STEYX SUBSTITUTE SUBTOTAL SUM SUMIF SUMIFS SUMPRODUCT
SUMSQ SUMX2MY2 SUMX2PY2 SUMXMY2 SYD T TAN TANH TBILLEQ TBILLPRICE TBILLYIELD TDIST TEXT TIME
TIMEVALUE TINV TODAY TRANSPOSE TREND TRIM TRIMMEAN TRUE TRUNC TTEST TYPE UPPER USDOLLAR VALUE VAR
VARA VARP VARPA VDB VLOOKUP WEEKDAY WEEKNUM WEIBULL WORKDAY WORKDAY.INTL XIRR XNPV YEAR YEARFRAC
YEN YIELD YIELDDISC YIELDMAT ZTEST
"""
#: [MS-XLSX] 2.2.2, "future functions", without FILTERXML, IMAGE, STOCKHISTORY, WEBSERVICE and
#: whatever else asks a server.
_LATER: Final = """
ACOT ACOTH AGGREGATE ANCHORARRAY ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST
BINOM.DIST.RANGE BINOM.INV BITAND BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CEILING.MATH
CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS
COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH COVARIANCE.P COVARIANCE.S CSC CSCH DAYS DECIMAL
DROP ENCODEURL ERF.PRECISE ERFC.PRECISE EXPAND EXPON.DIST F.DIST F.DIST.RT F.INV F.INV.RT F.TEST
FILTER FLOOR.MATH FLOOR.PRECISE FORECAST.ETS FORECAST.ETS.CONFINT FORECAST.ETS.SEASONALITY
FORECAST.ETS.STAT FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV GAMMALN.PRECISE GAUSS
GROUPBY HSTACK HYPGEOM.DIST IFNA IFS IMCOSH IMCOT IMCSC IMCSCH IMSEC IMSECH IMSINH IMTAN ISFORMULA
ISOMITTED ISOWEEKNUM LAMBDA LET LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT
MODE.SNGL MUNIT NEGBINOM.DIST NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION
PERCENTILE.EXC PERCENTILE.INC PERCENTOF PERCENTRANK.EXC PERCENTRANK.INC PERMUTATIONA PHI PIVOTBY
POISSON.DIST QUARTILE.EXC QUARTILE.INC RANDARRAY RANK.AVG RANK.EQ REDUCE REGEXEXTRACT REGEXREPLACE
REGEXTEST RRI SCAN SEC SECH SEQUENCE SHEET SHEETS SINGLE SKEW.P SORT SORTBY STDEV.P STDEV.S SWITCH
T.DIST T.DIST.2T T.DIST.RT T.INV T.INV.2T T.TEST TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL
TOROW TRIMRANGE UNICHAR UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK WEIBULL.DIST WRAPCOLS WRAPROWS
XLOOKUP XMATCH XOR Z.TEST
"""
#: Of [MS-XLSX] 2.2.2.1: written before the names of later functions. `_xll.` is an add-in.
_PREFIX: Final = re.compile(r"(?:_xlfn\.|_xlws\.|_xlfn\._xlws\.)", re.IGNORECASE)
FUNCTIONS: Final = frozenset((_STANDARD + _LATER).split())

_STRING: Final = re.compile(r'"(?:[^"]|"")*"')
_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'")
_CALL: Final = re.compile(r"([^\W\d][\w.]*)\s*\(")
_NAME: Final = re.compile(r"[^\W\d][\w.\\]*")
_BRACKET: Final = re.compile(r"[\[\]]")
_FORBIDDEN: Final = re.compile(r"[|'\x00-\x08\x0b\x0c\x0e-\x1f]")
#: HYPERLINK that stays inside of the workbook.
_INTERNAL_LINK: Final = re.compile(r'\bHYPERLINK\(\s*"#[^"]{0,255}"', re.IGNORECASE)


def is_safe(formula: str) -> bool:
    """Whether `formula` only computes, with this workbook's own cells."""
    return not problem(formula)


def problem(formula: str) -> str:
    """What keeps a formula from crossing: "", "function", "link", "other file" or "syntax"."""
    if len(formula) > MAX_FORMULA:
        return "syntax"
    links = len(_INTERNAL_LINK.findall(formula)) if "#" in formula else 0
    bare = _STRING.sub('""', formula)
    if '"' in bare.replace('""', ""):
        return "syntax"
    for quoted in _QUOTED.findall(bare):
        if any(character in quoted for character in "[]\\/|"):
            return "other file"
    columns = _without_columns(_QUOTED.sub("_q", bare))
    if columns is None:
        return "other file"
    bare = columns
    if _FORBIDDEN.search(bare):
        return "other file"
    for name in _CALL.findall(bare):
        function = _PREFIX.sub("", name).upper()
        if function in FUNCTIONS:
            continue
        if function == "HYPERLINK":
            links -= 1
            if links < 0:
                return "link"
            continue
        return "function"
    return ""


def _without_columns(text: str) -> str | None:
    """`text` without the columns of tables (18.17.6.2); None where a bracket is none of those.

    A bracket that follows no name holds the name of another workbook, unless it is of the
    short form `[@column]`, `[#Totals]`.
    """
    pieces: list[str] = []
    depth = start = 0
    for match in _BRACKET.finditer(text):
        at = match.start()
        if match[0] == "]":
            depth -= 1
            if depth < 0:
                return None
            start = at + 1
            continue
        if not depth:
            follows_name = at and (text[at - 1].isalnum() or text[at - 1] in "_.\\")
            if not follows_name and text[at + 1 : at + 2] not in ("@", "#"):
                return None
            pieces.append(text[start:at])
        depth += 1
    return None if depth else "".join((*pieces, text[start:]))


def names_in(formula: str) -> frozenset[str]:
    """Every bare word of a formula in lower case: defined names are among them."""
    return frozenset(n.lower() for n in _NAME.findall(_STRING.sub("", formula)))
