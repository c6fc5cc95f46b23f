"""Type 1 programs become CFF (Adobe Type 1 Font Format 1.1; TN 5176).

Of the PostScript only what the format fixes is looked for, by its shape: the matrix, the
box, the encoding, the encrypted charstrings. Nothing of it is executed; the outlines are
run by a bounded charstring interpreter and written anew.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from fontTools.encodings.StandardEncoding import StandardEncoding  # type: ignore[import-untyped]

from sanitizers.pdf._encoding import crossing_name
from sanitizers.pdf._font_cff import checked_matrix
from sanitizers.pdf._font_cff_write import Face, Matrix, write
from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_type1_outline import Outlines
from sanitizers.pdf._font_type2 import ENDCHAR, MAX_CHARSTRING, encoded

MAX_GLYPHS: Final = 20_000  # a Type 1 font has names for each; real ones stay under 2,000
MAX_SUBRS: Final = 65_536
MAX_DESIGNS: Final = 16  # of a multiple master font
_EEXEC_KEY, _CHARSTRING_KEY = 55_665, 4_330  # sections 7.2 and 7.3
_C1, _C2 = 52_845, 22_719  # section 7.1
_EEXEC_SKIP: Final = 4  # random bytes at the start (7.2)
_LENIV_USUAL: Final = 4  # the same of a charstring (7.3)

_NUMBER: Final = rb"[+-]?(?:\d{1,10}\.?\d{0,12}|\.\d{1,12})(?:[eE][+-]?\d{1,3})?"
_MATRIX: Final = re.compile(rb"/FontMatrix\s*[\[{]([^\]}]{1,200})[\]}]")
_BOX: Final = re.compile(rb"/FontBBox\s*[\[{]\s*((?:" + _NUMBER + rb"\s*){4})[\]}]")
_WEIGHTS: Final = re.compile(rb"/WeightVector\s*\[\s*((?:" + _NUMBER + rb"\s*){1,16})\]")
_ONE_NUMBER: Final = re.compile(_NUMBER)
#: A code may be written in octal or another base: `8#101`.
_ENCODED: Final = re.compile(
    rb"dup\s+(?:(\d{1,2})#)?([0-9A-Fa-f]{1,4})\s*/([^\s/%()<>\[\]{}]{1,100})\s+put"
)
_STANDARD: Final = re.compile(rb"/Encoding\s+StandardEncoding\b")
_LENIV: Final = re.compile(rb"/lenIV\s+(-?\d{1,2})\b")
#: What stands before the bytes of a charstring: its length, a token (`RD`, `-|`), one space.
_SUBR: Final = re.compile(rb"dup\s+(\d{1,6})\s+(\d{1,6})\s+[^\s/]{1,20} ")
_GLYPH: Final = re.compile(rb"/([^\s/%()<>\[\]{}]{1,100})\s+(\d{1,6})\s+[^\s/]{1,20} ")
_BETWEEN: Final = 200  # bytes in which the next one begins
_HEX: Final = re.compile(rb"[0-9A-Fa-f\s]{4}")
_NO_HEX: Final = re.compile(rb"[^0-9A-Fa-f]")


def rebuild(data: bytes) -> bytes:
    """A bare CFF font set with the outlines of a Type 1 program.

    Raises:
        BadFont: not parsed, or over a limit.
    """
    clear, private = _portions(_without_segments(data))
    skip = _LENIV.search(private)
    length = int(skip[1]) if skip else _LENIV_USUAL
    start = private.rfind(b"/CharStrings")
    if start < 0:
        raise BadFont("no charstrings")
    glyphs = _glyphs(private, start, length)
    outlines = Outlines(
        glyphs, _subrs(private[:start], length), StandardEncoding, _weights(clear + private[:start])
    )
    codes = _encoding(clear)
    return _written(glyphs, outlines, codes, matrix=_matrix(clear), box=_box(clear))


def _without_segments(data: bytes) -> bytes:
    """A PFB file's segments joined (Adobe TN 5040); any other data as it is."""
    if data[:1] != b"\x80":
        return data
    pieces, at = [], 0
    while data[at : at + 1] == b"\x80" and data[at + 1 : at + 2] in (b"\1", b"\2"):
        size = int.from_bytes(data[at + 2 : at + 6], "little")
        pieces.append(data[at + 6 : at + 6 + size])
        at += 6 + size
    return b"".join(pieces)


def _portions(data: bytes) -> tuple[bytes, bytes]:
    """The clear text, and the private portion decrypted (7.2)."""
    at = data.find(b"eexec")
    if at < 0:
        raise BadFont("no eexec")
    sealed = data[at + 5 :].lstrip(b" \t\r\n")
    if len(sealed) < 8:
        raise BadFont("no private portion")
    if _HEX.match(sealed):
        digits = _NO_HEX.sub(b"", sealed)
        sealed = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    return data[:at], decrypted(sealed, _EEXEC_KEY)[_EEXEC_SKIP:]


def decrypted(sealed: bytes, key: int) -> bytes:
    """Section 7.1; a form of writing, not a secret."""
    plain = bytearray()
    add, by, plus = plain.append, _C1, _C2  # every byte of a font comes through here twice
    for byte in sealed:
        add(byte ^ (key >> 8))
        key = ((byte + key) * by + plus) & 0xFFFF
    return bytes(plain)


def _binary(source: bytes, start: int, size: int, skip: int) -> bytes:
    sealed = source[start : start + size]
    if len(sealed) != size or size > MAX_CHARSTRING:
        raise BadFont("charstring")
    return sealed if skip < 0 else decrypted(sealed, _CHARSTRING_KEY)[skip:]


def _subrs(private: bytes, skip: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = private.find(b"/Subrs")
    while at >= 0 and (match := _SUBR.search(private, at, at + _BETWEEN)):
        size = int(match[2])
        found.setdefault(int(match[1]), _binary(private, match.end(), size, skip))
        at = match.end() + size
        if len(found) > MAX_SUBRS:
            raise BadFont("subroutines")
    return found


def _glyphs(private: bytes, start: int, skip: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    at = start + len(b"/CharStrings")
    while match := _GLYPH.search(private, at, at + _BETWEEN):
        size = int(match[2])
        name = crossing_name(match[1].decode("latin-1"))
        found.setdefault(name, _binary(private, match.end(), size, skip))
        at = match.end() + size
        if len(found) > MAX_GLYPHS:
            raise BadFont("too many glyphs")
    if not found:
        raise BadFont("no glyphs")
    return found


def _numbers(match: re.Match[bytes] | None) -> list[float]:
    return [float(word) for word in match[1].split()] if match else []


def _matrix(clear: bytes) -> Matrix | None:
    """FontMatrix: six numbers, nothing that would have to be run (CVE-2024-4367)."""
    match = _MATRIX.search(clear)
    if match is None:
        return None
    words = match[1].split()
    if len(words) != 6 or not all(_ONE_NUMBER.fullmatch(word) for word in words):
        raise BadFont("FontMatrix")
    matrix = checked_matrix([float(word) for word in words])
    return None if matrix == (0.001, 0, 0, 0.001, 0, 0) else matrix


def _box(clear: bytes) -> tuple[int, int, int, int]:
    values = _numbers(_BOX.search(clear)) or [0.0] * 4
    left, low, right, high = (max(-32_768, min(32_767, round(v))) for v in values)
    return left, low, right, high


def _weights(source: bytes) -> list[float]:
    weights = _numbers(_WEIGHTS.search(source))
    return weights if len(weights) <= MAX_DESIGNS and all(abs(w) <= 10 for w in weights) else []


def _encoding(clear: bytes) -> dict[int, str] | None:
    """Codes and names; None for StandardEncoding."""
    at = clear.find(b"/Encoding")
    if at < 0 or _STANDARD.match(clear, at):
        return None
    codes: dict[int, str] = {}
    for base, digits, name in _ENCODED.findall(clear, at):
        try:
            code = int(digits, int(base) if base else 10)
        except ValueError as error:
            raise BadFont("encoding") from error
        if code < 256:
            codes[code] = crossing_name(name.decode("latin-1"))
    return codes


#: A CFF font begins with this glyph.
_NOTDEF: Final = ".notdef"
_NO_CODES: Final = MappingProxyType[int, str]({})


def _written(
    glyphs: dict[str, bytes],
    outlines: Outlines,
    codes: dict[int, str] | None,
    *,
    matrix: Matrix | None,
    box: tuple[int, int, int, int],
) -> bytes:
    """The glyphs that have codes come first: an encoding counts from the first glyph on."""
    first: dict[str, int] = {}
    more: dict[int, str] = {}
    for code, name in (codes or _NO_CODES).items():
        if name != _NOTDEF and name in glyphs:
            if name in first or len(first) == 255:
                more[code] = name
            else:
                first[name] = code
    names = [*first, *(name for name in glyphs if name != _NOTDEF and name not in first)]
    blank = encoded(0) + ENDCHAR
    notdef = outlines.charstring(_NOTDEF) if _NOTDEF in glyphs else blank
    return write(
        Face(
            glyphs=[notdef, *(outlines.charstring(name) for name in names)],
            names=names,
            matrix=matrix,
            box=box,
            encoding=0 if codes is None else bytes(first.values()),
            more_codes=more,
        )
    )
