"""Functions of rebuilt documents (ISO 32000-2, 7.10): sampled, exponential, stitched, computed."""

from __future__ import annotations

import re
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_objects import PdfObject
from sanitizers.verify._pdf_rules import (
    STREAM,
    STREAM_FILTER,
    Table,
    Walk,
    each,
    fields,
    integer,
    number,
    numbers,
    require,
    stream_data,
    to,
)

MAX_SAMPLES: Final = 100_000_000  # bytes
MAX_PROGRAM: Final = 100_000  # bytes of a type 4 function
#: Table 42: operators of type 4 functions.
_CALCULATOR: Final = re.compile(
    rb"(?:\{|\}|-?[0-9]{1,10}(?:\.[0-9]{1,10})?|abs|add|and|atan|bitshift|ceiling|copy|cos|cvi|cvr"
    rb"|div|dup|eq|exch|exp|false|floor|ge|gt|idiv|if|ifelse|index|le|ln|log|lt|mod|mul|ne|neg|not"
    rb"|or|pop|roll|round|sin|sqrt|sub|true|truncate|xor)(?:[ \n]|\Z)"
)


def function(walk: Walk, item: PdfObject) -> None:
    """Table 38 and those of each type."""
    kind = item.value.get("FunctionType")
    if type(kind) is not int or kind not in _TABLES:
        raise Rejected("type of a function")
    required, optional = _TABLES[kind]
    fields(walk, item.value, {**_COMMON, **required}, optional)
    if kind in (0, 4):
        data = stream_data(item, MAX_SAMPLES)
        if kind == 4:
            _check_program(data)


def _check_program(data: bytes) -> None:
    require(len(data) <= MAX_PROGRAM, "a program too long")
    at = depth = 0
    while at < len(data):
        token = _CALCULATOR.match(data, at)
        if token is None:
            raise Rejected("operator of a function")
        depth += token[0].startswith(b"{") - token[0].startswith(b"}")
        require(depth > 0 or token.end() == len(data), "braces of a function")
        at = token.end()
    require(depth == 0 and data[:1] == b"{", "braces of a function")


FUNCTION = to(function)
_COMMON: Final[Table] = {"FunctionType": integer(0, 4), "Domain": numbers(2, 64)}
_RANGE: Final[Table] = {"Range": numbers(2, 64)}
_TABLES: Final[dict[int, tuple[Table, Table]]] = {
    0: (
        {
            **STREAM, **_RANGE, "Size": numbers(1, 32),
            "BitsPerSample": integer(1, 32),
        },
        {
            **STREAM_FILTER, "Order": integer(1, 3), "Encode": numbers(2, 64),
            "Decode": numbers(2, 64),
        },
    ),
    2: (
        {"N": number()},
        {**_RANGE, "C0": numbers(1, 32), "C1": numbers(1, 32)},
    ),
    3: (
        {
            "Functions": each(FUNCTION, 1, 1_000), "Bounds": numbers(0, 1_000),
            "Encode": numbers(2, 2_000),
        },
        _RANGE,
    ),
    4: ({**STREAM, **_RANGE}, STREAM_FILTER),
}  # fmt: skip
