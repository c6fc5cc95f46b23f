"""Regular expressions of single tokens (ISO 32000-2, 7.2 and 7.8.2), compiled once.

`TOKEN` takes one token of anything. Quantifiers are possessive: no input makes them slow.
"""

from __future__ import annotations

import re
from typing import Final

#: A number that crosses as it is spelled, but for zeros at its end.
NUMBER: Final = rb"-?(?:(?:0|[1-9][0-9]{0,6}+)(?:\.[0-9]{1,8}+)?|\.(?!0++(?![0-9]))[0-9]{1,8}+)"

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
PLAIN_NUMBER: Final = re.compile(NUMBER)
LENIENT_NUMBER: Final = re.compile(rb"[+-]*+([0-9]*+\.?+[0-9]*+)")
PLAIN_LITERAL: Final = re.compile(rb"[^()\\\r]{0,4000}+")
#: The end of an inline image (8.9.7): nothing but text may follow, or the end.
IMAGE_END: Final = re.compile(
    rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ][\t\n\f\r -~]{10}"
    rb"|[\0\t\n\f\r ][\t\n\f\r -~]{0,9}\Z|\Z)"
)
