"""Spells values (ISO 32000-2, 7.3) in the one way that the verifier takes.

One space between tokens, `<< /Key value >>`, strings in upper-case hex, numbers without
signs of thrift. A type that is not meant to be written raises: nothing of the document
can slip through here.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.pdf._objects import Made, Target, Text, Word

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+,*-]{0,126}")
MAX_NUMBER: Final = 10**10


def real(value: float) -> str:
    """A number: at most six decimals, never an exponent, zero without a sign."""
    if not -MAX_NUMBER < value < MAX_NUMBER:  # NaN and infinity fail this too
        return "0"
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text


def spell(value: Made) -> str:
    """The characters of a value.

    Raises:
        TypeError: a value of the document, not one of ours.
        ValueError: a name of other characters than allowed.
    """
    kind = type(value)
    if kind is Word:
        if not _WORD.fullmatch(str(value)):
            raise ValueError("a name that may not be written")
        return "/" + str(value)
    if kind is Target:
        return f"{int(value)} 0 R"  # type: ignore[arg-type]
    if kind is int:
        return str(value)
    if kind is float:
        return real(value)  # type: ignore[arg-type]
    if kind is bool:
        return "true" if value else "false"
    if kind is Text:
        return "<" + value.hex().upper() + ">"  # type: ignore[union-attr]
    if value is None:
        return "null"
    if kind is list:
        # Widths of fonts are thousands of numbers.
        items = [str(item) if type(item) is int else spell(item) for item in value]  # type: ignore[union-attr,arg-type]
        return "[" + " ".join(items) + "]"
    if kind is dict:
        items = [f"/{_key(k)} {spell(v)}" for k, v in value.items() if v is not None]  # type: ignore[union-attr]
        return "<< " + " ".join(items) + " >>" if items else "<< >>"
    raise TypeError(f"not a value to be written: {kind.__name__}")


def _key(key: str) -> str:
    if not _WORD.fullmatch(key):
        raise ValueError("a key that may not be written")
    return key
