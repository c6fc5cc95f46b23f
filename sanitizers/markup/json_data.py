"""JSON (RFC 8259): parsed and written anew; every number keeps the digits that it has.

Comments, trailing commas and other dialects are no JSON and are withheld. Of two members
with one name the last stays, as programs read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from sanitizers.findings import Action, Findings, Kind
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import make_harmless
from sanitizers.text.whole import read_text

JSON: Final = "application/json"
#: Levels of arrays and objects; exports of real systems have under 20.
MAX_LEVELS: Final = 200
#: Digits of one number; more carry something else.
MAX_DIGITS: Final = 400

_INDENT: Final = "  "


class _Number(str):
    """A number as it was written; the parser has checked its form."""

    __slots__ = ()


class JsonData(Sanitizer):
    """One JSON text to the same data."""

    media_types = (JSON,)
    methods = (Method.SANITIZE,)
    outputs = (JSON,)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the data of `job` to `out`, UTF-8 without a mark (RFC 8259, 8.1).

        Raises:
            Withheld: EMPTY, TOO_LARGE, DAMAGED (no JSON), NESTED_TOO_DEEP.
        """
        findings = Findings()
        text = read_text(job, findings)
        try:
            data = json.loads(
                text,
                parse_int=_number,
                parse_float=_number,
                parse_constant=_no_number,
                object_pairs_hook=lambda pairs: _members(pairs, findings),
            )
            pieces = list(_written(data, "\n" in text.strip(), findings))
        except (ValueError, RecursionError) as error:
            raise Withheld(ReasonCode.DAMAGED, "not JSON") from error
        out.write("".join((*pieces, "\n")).encode("utf-8"))
        return Cleaned(
            media_type=JSON, extension=".json", method=Method.SANITIZE, findings=findings.freeze()
        )


def _number(literal: str) -> _Number:
    if len(literal) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return _Number(literal)


def _no_number(_literal: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _members(pairs: list[tuple[str, Any]], findings: Findings) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, count=len(pairs) - len(members))
    return members


def _text(value: str, findings: Findings) -> str:
    return json.dumps(make_harmless(value, findings), ensure_ascii=False)


def _written(data: Any, lines: bool, findings: Findings, level: int = 1) -> Iterator[str]:
    """`data` in pieces; with `lines` every member stands on a line of its own."""
    if isinstance(data, _Number):
        yield data
    elif isinstance(data, str):
        yield _text(data, findings)
    elif not isinstance(data, dict | list):
        yield {True: "true", False: "false", None: "null"}[data]
    else:
        if level > MAX_LEVELS:
            raise Withheld(ReasonCode.TOO_DEEP, "levels of JSON")
        named = isinstance(data, dict)
        begin, end = "{}" if named else "[]"
        gap = "\n" + _INDENT * level if lines else ""
        yield begin
        for number, key in enumerate(data):
            yield ("," if number else "") + gap + ("" if lines or not number else " ")
            if named:
                yield _text(key, findings) + ": "
            yield from _written(data[key] if named else key, lines, findings, level + 1)
        yield ("\n" + _INDENT * (level - 1) if lines and data else "") + end
