"""Runs of a content stream: what well-behaved producers write, taken whole.

`RUN` is an allow-list grammar: hundreds of instructions of known operators, each with the
right number of plain operands (ISO 32000-2, annex A); of `PLAIN_RUN` no string needs to be
respelled either. A run becomes tokens with its strings set aside, and tokens become a run
again, spelled the one way that crosses. Quantifiers are possessive: no input makes them slow.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.pdf._syntax import decode_hex, decode_literal
from sanitizers.pdf._tokens import NOT_HEX, NUMBER, PLAIN_LITERAL

_WS: Final = rb"[\t\n\f\r ]"
_END: Final = rb"(?=[\t\n\f\r /\[(<])" + _WS + rb"*+"
_P: Final = NUMBER + _WS + rb"++"
_NAME: Final = rb"/[A-Za-z0-9_.+-]{1,60}+"
#: Strings of any spelling; and those that are spelled in the output as they are here.
_STRING: Final = rb"(?:\((?:[^()\\]|\\[\s\S]){0,4000}+\)|<[0-9A-Fa-f\t\n\f\r ]{0,8000}+>)"
_AS_IT_IS: Final = rb"(?:\([^()\\\r]{0,4000}+\)|<(?:[0-9A-F]{2}){0,4000}+>)"
#: A number of the structure tree (14.7.5): the text in it needs no other mark.
_MARK: Final = _NAME + _WS + rb"*+<<" + _WS + rb"*+/MCID" + _WS + rb"++[0-9]{1,9}" + _WS
_MARK_END: Final = rb"*+>>" + _WS + rb"*+BDC"


def _runs_with(spelled: bytes) -> re.Pattern[bytes]:
    """Up to 400 instructions: a run whose balance is wrong is read token by token."""
    return re.compile(
        rb"(?:(?:(?:h|n|f\*|f|F|S|s|B\*|B|b\*|b|W\*|W|T\*|q|Q|BT|ET|EMC)"
        rb"|" + _NAME + _WS + rb"++(?:" + _P + rb"Tf|gs|Do|cs|CS)"
        rb"|" + _P
        + rb"(?:(?:w|M|i|g|G|Tc|Tw|Tz|TL|Ts|scn|SCN|sc|SC)"
        + rb"|" + _P + rb"(?:(?:m|l|Td|TD)"
        + rb"|" + _P + rb"(?:(?:rg|RG|scn|SCN|sc|SC)"
        + rb"|" + _P + rb"(?:(?:re|v|y|k|K|scn|SCN|sc|SC)"
        + rb"|" + _P + _P + rb"(?:cm|c|Tm)"
        + rb"))))"
        + rb"|" + spelled + _WS + rb"*+Tj"
        + rb"|\[" + _WS + rb"*+(?:(?:" + spelled + rb"|" + NUMBER + rb"(?![0-9.+-]))" + _WS
        + rb"*+)*+\]" + _WS + rb"*+TJ"
        + rb"|[0-2]" + _WS + rb"++[Jj]|[0-7]" + _WS + rb"++Tr"
        + rb"|\[" + _WS + rb"*+(?:" + NUMBER + rb"(?![0-9.+-])" + _WS + rb"*+)*+\]" + _WS
        + rb"*+" + _P + rb"d"
        + rb"|" + _MARK + _MARK_END
        + rb")" + _END
        + rb"){1,400}+"
    )  # fmt: skip


RUN: Final = _runs_with(_STRING)
PLAIN_RUN: Final = _runs_with(_AS_IT_IS)
_STRINGS: Final = re.compile(rb"(" + _STRING + rb")")
_MARKS: Final = re.compile(_MARK + _MARK_END)
_USUAL: Final = re.compile(_AS_IT_IS)
#: Zeros that end the decimals of a number.
_ZEROS: Final = re.compile(rb"\.(?:([0-9]*[1-9])0+|0+)(?![0-9])")
#: An operator that a string follows without a blank. (Looking back from the rarer byte is fast.)
_GLUED: Final = re.compile(rb"\0(?<=[A-Za-z*]\0)")
_GLUED_HEX: Final = re.compile(rb"<(?<=[A-Za-z*]<)")
_PLACE: Final = b"\0"  # of a string among the tokens; no other token has this byte


def split(run: bytes, *, plain: bool) -> tuple[list[bytes], list[bytes]]:
    """The tokens of what `RUN` matched (`plain`: `PLAIN_RUN`), and the strings whose places
    are held among them.

    A mark of the structure tree is one token, `BDC`. Brackets may stick to what they hold,
    and so do hexadecimal strings where nothing else needs to be set aside.
    """
    if plain and b"(" not in run:
        return _tokens(run, _GLUED_HEX, b"<", b">"), []
    pieces = _STRINGS.split(run)
    strings, between = pieces[1::2], pieces[::2]
    if not plain:
        strings = [s if _USUAL.fullmatch(s) else _respelled(s) for s in strings]
    return _tokens(_PLACE.join(between), _GLUED, _PLACE, _PLACE), strings


def _tokens(text: bytes, glued: re.Pattern[bytes], first: bytes, last: bytes) -> list[bytes]:
    """The tokens of instructions whose strings have these bytes at their ends."""
    if b"BDC" in text:
        text = _MARKS.sub(b" BDC ", text)
    text = glued.sub(b" " + first, text).replace(last + b"Tj", last + b" Tj")
    # A name or an array may follow an operator without a blank, and `TJ` its array.
    return text.replace(b"/", b" /").replace(b"[", b" [").replace(b"]", b"] ").split()


def joined(tokens: list[bytes], strings: list[bytes]) -> bytes:
    """The instructions as they cross."""
    text = b" ".join(tokens)
    if b"0 " in text or b"0]" in text or b"0\0" in text or b"0<" in text:
        text = _ZEROS.sub(_without_zeros, text)
    if not strings:
        return text
    pieces = text.split(_PLACE)
    whole = [b""] * (len(pieces) + len(strings))
    whole[::2], whole[1::2] = pieces, strings
    return b"".join(whole)


def literal(data: bytes) -> bytes:
    """A string: as it is where no byte needs an escape, else in hex."""
    return b"(" + data + b")" if PLAIN_LITERAL.fullmatch(data) else hexadecimal(data)


def hexadecimal(data: bytes) -> bytes:
    """A string in hex digits."""
    return b"<" + data.hex().upper().encode("ascii") + b">"


def _respelled(written: bytes) -> bytes:
    if written.startswith(b"("):
        return literal(decode_literal(written[1:-1]))
    return literal(decode_hex(NOT_HEX.sub(b"", written)))


def _without_zeros(match: re.Match[bytes]) -> bytes:
    return b"." + match[1] if match[1] else b""
