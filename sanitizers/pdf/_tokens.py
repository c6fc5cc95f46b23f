"""Regular expressions of content streams (ISO 32000-2, 7.8.2), compiled once.

`FAST` takes what well-behaved producers write: whole runs of graphics operators with the
right number of plain numbers, and text showing operators with plain strings. It is an
allow-list grammar itself: what it matches is known operator by operator. `TOKEN` takes
one token of anything, for all the rest. Quantifiers are possessive: no input makes them
slow.
"""

from __future__ import annotations

import re
from typing import Final

_WS: Final = rb"[\t\n\f\r ]"
_END: Final = rb"(?=[\t\n\f\r /\[(<])"
_NUMBER: Final = rb"-?(?:(?:0|[1-9][0-9]{0,6}+)(?:\.[0-9]{1,8}+)?|\.(?!0++(?![0-9]))[0-9]{1,8}+)"
_P: Final = _NUMBER + _WS + rb"++"
_OP0: Final = rb"(?:h|n|f\*|f|F|S|s|B\*|B|b\*|b|W\*|W|T\*|q|Q|BT|ET)"
_OP1: Final = rb"(?:w|M|i|g|G|Tc|Tw|Tz|TL|Ts|scn|SCN|sc|SC)"
_OP2: Final = rb"(?:m|l|Td|TD)"
_OP3: Final = rb"(?:rg|RG|scn|SCN|sc|SC)"
_OP4: Final = rb"(?:re|v|y|k|K|scn|SCN|sc|SC)"
_OP6: Final = rb"(?:cm|c|Tm)"
_NAME: Final = rb"[A-Za-z0-9_.+-]{1,60}+"
_INSTRUCTION: Final = (
    rb"(?:" + _OP0
    + rb"|/" + _NAME + _WS + rb"++" + _P + rb"Tf"
    + rb"|" + _P + rb"(?:" + _OP1
    + rb"|" + _P + rb"(?:" + _OP2
    + rb"|" + _P + rb"(?:" + _OP3
    + rb"|" + _P + rb"(?:" + _OP4
    + rb"|" + _P + _P + _OP6
    + rb")))))" + _END + _WS + rb"*+"
)  # fmt: skip
#: Strings that are spelled in the output as they are here.
_LITERAL: Final = rb"\([^()\\\r]{0,4000}+\)"
_HEX: Final = rb"<(?:[0-9A-F]{2}){0,4000}+>"
_STRING: Final = rb"(?:" + _LITERAL + rb"|" + _HEX + rb")"

FAST: Final = re.compile(
    rb"(?P<run>(?:" + _INSTRUCTION + rb")++)"
    rb"|(?P<show>" + _STRING + rb")" + _WS + rb"*+Tj" + _END + _WS + rb"*+"
    rb"|(?P<array>\[(?:(?:" + _STRING + rb"|" + _NUMBER + rb"(?![0-9.+-])) ?)*+\])" + _WS
    + rb"*+TJ" + _END + _WS + rb"*+"
    rb"|(?P<close>EMC)" + _END + _WS + rb"*+"
    rb"|/(?P<resource>" + _NAME + rb")" + _WS + rb"++(?P<operator>gs|Do|cs|CS)" + _END
    + _WS + rb"*+"
    rb"|(?P<mark>/" + _NAME + _WS + rb"*+<<" + _WS + rb"*+/MCID" + _WS + rb"++[0-9]{1,9}"
    + _WS + rb"*+>>" + _WS + rb"*+BDC)" + _END + _WS + rb"*+"
)  # fmt: skip
#: Zeros that end the decimals of a number.
TRAILING_ZEROS: Final = re.compile(rb"\.(?:([0-9]*[1-9])0+|0+)(?![0-9])")

TOKEN: Final = re.compile(
    rb"(?P<space>(?:[\0\t\n\f\r ]|%[^\r\n]*+)++)"
    rb"|(?P<number>[+\-.0-9][+\-.0-9eE]*+)(?=[\0\t\n\f\r ()<>\[\]{}/%A-Za-z]|\Z)"
    rb"|/(?P<name>[^\0\t\n\f\r ()<>\[\]{}/%]*+)"
    rb"|(?P<open><<)|(?P<close>>>)|(?P<array>\[)|(?P<end>\])"
    rb"|<(?P<hex>[^>]*+)>"
    rb"|(?P<text>\()"
    rb"|(?P<word>[^\0\t\n\f\r ()<>\[\]{}/%]++)"
    rb"|(?P<other>[\s\S])"
)
#: Within a literal string: up to the next parenthesis.
STRING_PART: Final = re.compile(rb"(?:[^()\\]++|\\[\s\S])*+([()])")
NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]++")
PLAIN_NUMBER: Final = re.compile(_NUMBER)
LENIENT_NUMBER: Final = re.compile(rb"[+-]*+([0-9]*+\.?+[0-9]*+)")
PLAIN_LITERAL: Final = re.compile(rb"[^()\\\r]{0,4000}+")
#: The end of an inline image (8.9.7): nothing but text may follow, or the end.
IMAGE_END: Final = re.compile(
    rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ][\t\n\f\r -~]{10}"
    rb"|[\0\t\n\f\r ][\t\n\f\r -~]{0,9}\Z|\Z)"
)
