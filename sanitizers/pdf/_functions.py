"""Functions (ISO 32000-2, 7.10), rebuilt from their numbers and checked tokens.

Sampled data are cut to the samples that the sizes ask for, calculator programs are
parsed into tokens of table 42 and written anew. What no viewer evaluates cannot cross.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import prod
from typing import Final

from sanitizers.pdf._context import MAX_DATA, Context, Unrebuildable
from sanitizers.pdf._filters import BadFilter, TooLong
from sanitizers.pdf._objects import Made, Stream, Target, Value
from sanitizers.pdf._rules import as_number, as_numbers
from sanitizers.pdf._serialize import real

MAX_INPUTS: Final = 32
MAX_OUTPUTS: Final = 32  # colour components (DeviceN, annex C)
MAX_STITCHED: Final = 1_000  # functions of one type 3 function
MAX_TOKENS: Final = 20_000  # of a calculator program; real ones stay under 1,000
MAX_BLOCKS: Final = 32  # braces within each other
MAX_PROGRAM: Final = 100_000  # bytes
SAMPLE_BITS: Final = frozenset({1, 2, 4, 8, 12, 16, 24, 32})  # table 39

#: Table 42.
OPERATORS: Final = frozenset(
    {
        "abs", "add", "atan", "ceiling", "cos", "cvi", "cvr", "div", "exp", "floor", "idiv",
        "ln", "log", "mod", "mul", "neg", "round", "sin", "sqrt", "sub", "truncate",
        "and", "bitshift", "eq", "false", "ge", "gt", "le", "lt", "ne", "not", "or", "true",
        "xor", "if", "ifelse", "copy", "dup", "exch", "index", "pop", "roll",
    }
)  # fmt: skip
_TOKEN: Final = re.compile(
    rb"[\0\t\n\f\r ]+|%[^\r\n]*"
    rb"|(?P<brace>[{}])|(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?)"
    rb"(?![^\0\t\n\f\r {}%])|(?P<word>[a-z]{2,9})(?![^\0\t\n\f\r {}%])"
)


def function(context: Context, value: Value) -> Target | None:
    """A function of any type.

    Raises:
        Unrebuildable: not a function, or one beyond the limits.
    """
    return context.once("function", value, lambda found: _function(context, found))


def _function(context: Context, value: Value) -> Target:
    entries = context.source.dictionary(value)
    kind = context.source.get(entries, "FunctionType")
    domain = _pairs(context, entries.get("Domain"), MAX_INPUTS)
    if domain is None:
        raise Unrebuildable("domain of a function")
    head: dict[str, Made] = {"FunctionType": 0, "Domain": [*domain]}
    limits = _pairs(context, entries.get("Range"), MAX_OUTPUTS)
    if limits is not None:
        head["Range"] = [*limits]
    if kind == 2:
        return _exponential(context, entries, head)
    if kind == 3:
        return _stitched(context, entries, head)
    if limits is None or not isinstance(value, Stream):
        raise Unrebuildable("function")
    if kind == 0:
        return _sampled(context, value, head, len(domain) // 2, len(limits) // 2)
    if kind == 4:
        head["FunctionType"] = 4
        return context.file.stream(head, calculator(_data(context, value)))
    raise Unrebuildable("type of a function")


def _pairs(context: Context, value: Value, most: int) -> list[float] | None:
    found = as_numbers(context, value)
    return found if found and len(found) % 2 == 0 and len(found) <= 2 * most else None


def _data(context: Context, stream: Stream) -> bytes:
    try:
        return context.source.content(stream, limit=MAX_DATA)
    except (TooLong, BadFilter) as fault:
        raise Unrebuildable("data of a function") from fault


def _sampled(
    context: Context, stream: Stream, head: dict[str, Made], inputs: int, outputs: int
) -> Target:
    """Type 0 (7.10.2)."""
    size = as_numbers(context, stream.entries.get("Size"))
    bits = context.source.get(stream.entries, "BitsPerSample")
    if size is None or len(size) != inputs or min(size) < 1 or any(s % 1 for s in size):
        raise Unrebuildable("size of a function")
    if type(bits) is not int or bits not in SAMPLE_BITS:
        raise Unrebuildable("samples of a function")
    total = prod(int(s) for s in size) * outputs * bits
    if total > 8 * MAX_DATA:
        raise Unrebuildable("samples of a function")
    head |= {"FunctionType": 0, "Size": [int(s) for s in size], "BitsPerSample": bits}
    if context.source.get(stream.entries, "Order") == 3:
        head["Order"] = 3
    for key, wanted in (("Encode", inputs), ("Decode", outputs)):
        pairs = _pairs(context, stream.entries.get(key), wanted)
        if pairs is not None and len(pairs) == 2 * wanted:
            head[key] = [*pairs]
    return context.file.stream(head, exactly(_data(context, stream), total))


def exactly(data: bytes, bits: int) -> bytes:
    """The first `bits` bits, with zeros for what is missing or pads the last byte."""
    size = (bits + 7) // 8
    cut = bytearray(data[:size].ljust(size, b"\0"))
    if bits % 8:
        cut[-1] &= 0xFF << (8 - bits % 8) & 0xFF
    return bytes(cut)


def _exponential(context: Context, entries: dict[str, Value], head: dict[str, Made]) -> Target:
    """Type 2 (7.10.3)."""
    exponent = as_number(context.source.get(entries, "N"))
    if exponent is None:
        raise Unrebuildable("exponent of a function")
    head |= {"FunctionType": 2, "N": exponent}
    for key in ("C0", "C1"):
        found = as_numbers(context, entries.get(key))
        if found and len(found) <= MAX_OUTPUTS:
            head[key] = [*found]
    return context.file.add(head)


def _stitched(context: Context, entries: dict[str, Value], head: dict[str, Made]) -> Target:
    """Type 3 (7.10.4)."""
    parts = context.source.array(entries.get("Functions"))
    bounds = as_numbers(context, entries.get("Bounds"))
    encode = as_numbers(context, entries.get("Encode"))
    if not 0 < len(parts) <= MAX_STITCHED or bounds is None or encode is None:
        raise Unrebuildable("stitched function")
    if len(bounds) < len(parts) - 1 or len(encode) < 2 * len(parts):
        raise Unrebuildable("stitched function")
    made = [function(context, part) for part in parts]
    if None in made:  # it leads back to itself
        raise Unrebuildable("stitched function")
    head |= {
        "FunctionType": 3, "Functions": [part for part in made if part is not None],
        "Bounds": [*bounds[: len(parts) - 1]], "Encode": [*encode[: 2 * len(parts)]],
    }  # fmt: skip
    return context.file.add(head)


def calculator(data: bytes) -> bytes:
    """A type 4 program (7.10.5), written anew: tokens of table 42, one space between.

    Raises:
        Unrebuildable: another token, or braces and conditions that do not fit.
    """
    out: list[str] = []
    blocks: list[int] = []  # for each open brace: how many blocks stand just before
    ready = 0
    ended = False
    for item in _tokens(data):
        if ended or len(out) >= MAX_TOKENS or (not blocks and item != "{"):
            raise Unrebuildable("calculator function")
        out.append(item)
        if item == "{":
            blocks.append(ready)
            ready = 0
        elif item == "}":
            if ready:
                raise Unrebuildable("calculator function")
            ready = blocks.pop() + 1
            ended = not blocks
        elif item in ("if", "ifelse"):
            if ready != (1 if item == "if" else 2):
                raise Unrebuildable("calculator function")
            ready = 0
        elif ready:
            raise Unrebuildable("calculator function")
        if len(blocks) > MAX_BLOCKS:
            raise Unrebuildable("calculator function")
    made = " ".join(out).encode("ascii")
    if not ended or len(made) > MAX_PROGRAM:
        raise Unrebuildable("calculator function")
    return made


def _tokens(data: bytes) -> Iterator[str]:
    at = 0
    while at < len(data):
        found = _TOKEN.match(data, at)
        if found is None:
            raise Unrebuildable("token of a function")
        at = found.end()
        kind = found.lastgroup
        if kind == "brace":
            yield found["brace"].decode("ascii")
        elif kind == "number":
            yield real(float(found["number"]))
        elif kind == "word":
            word = found["word"].decode("ascii")
            if word not in OPERATORS:
                raise Unrebuildable("operator of a function")
            yield word
