"""Type 1 programs become CFF (Adobe Type 1 Font Format 1.1; TN 5176).

Of the PostScript only what the format fixes is looked for, by its shape: the matrix, the
encoding, the encrypted charstrings. Nothing of it is executed; the outlines are run by a
bounded charstring interpreter and written anew.
"""

from __future__ import annotations

import re
from typing import Any, Final

from fontTools.encodings.StandardEncoding import StandardEncoding  # type: ignore[import-untyped]
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.misc.eexec import decrypt  # type: ignore[import-untyped]
from fontTools.misc.psCharStrings import (  # type: ignore[import-untyped]
    T1CharString,
    T1OutlineExtractor,
)
from fontTools.pens.t2CharStringPen import T2CharStringPen  # type: ignore[import-untyped]

# The builder would import these by name when it needs them: nothing can be opened then.
from fontTools.ttLib.tables import C_F_F_, _h_e_a_d  # type: ignore[import-untyped]

from sanitizers.pdf._font_cff import MAX_CHARSTRING, NAME, compiled
from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._glyph_names import is_plain

MAX_GLYPHS: Final = 20_000  # a Type 1 font has names for each; real ones stay under 2,000
MAX_SUBRS: Final = 65_536
_EEXEC_KEY, _CHARSTRING_KEY = 55_665, 4_330  # Type 1 Font Format, sections 7.2 and 7.3
_EEXEC_SKIP: Final = 4

_MATRIX: Final = re.compile(rb"/FontMatrix\s*\[([^\]]{1,200})\]")
_NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_ENCODED: Final = re.compile(rb"dup\s+(\d{1,3})\s*/([A-Za-z0-9._]{1,60})\s+put")
_LENIV: Final = re.compile(rb"/lenIV\s+(-?\d{1,2})\b")
_SUBR: Final = re.compile(rb"dup\s+(\d{1,6})\s+(\d{1,6})\s+(?:RD|-\||\S{1,20}) ")
_GLYPH: Final = re.compile(rb"/([A-Za-z0-9._]{1,60})\s+(\d{1,6})\s+(?:RD|-\||\S{1,20}) ")
_HEX: Final = re.compile(rb"[0-9A-Fa-f\s]{4}")


def rebuild(data: bytes) -> bytes:
    """A bare CFF font set with the outlines of a Type 1 program.

    Raises:
        BadFont: not parsed, over a limit, or with glyph names that could say something.
    """
    clear, private = _portions(_without_segments(data))
    skip = _LENIV.search(private)
    length = int(skip[1]) if skip else 4
    start = private.find(b"/CharStrings")
    if start < 0:
        raise BadFont("no charstrings")
    subrs = _subrs(private[:start], length)
    glyphs = _glyphs(private, start, length)
    return _written(glyphs, subrs, _matrix(clear), _encoding(clear, glyphs))


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
    at = data.find(b"eexec")
    if at < 0:
        raise BadFont("no eexec")
    sealed = data[at + 5 :].lstrip(b" \t\r\n") if data[at + 5 : at + 6] else b""
    if len(sealed) < 8:
        raise BadFont("no private portion")
    if _HEX.match(sealed):
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", sealed)
        sealed = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))
    plain: bytes = decrypt(sealed, _EEXEC_KEY)[0]
    return data[:at], plain[_EEXEC_SKIP:]


def _binary(source: bytes, start: int, size: int, skip: int) -> bytes:
    sealed = source[start : start + size]
    if len(sealed) != size or size > MAX_CHARSTRING:
        raise BadFont("charstring")
    if skip < 0:
        return sealed
    plain: bytes = decrypt(sealed, _CHARSTRING_KEY)[0]
    return plain[skip:]


def _subrs(private: bytes, skip: int) -> list[Any]:
    found: dict[int, Any] = {}
    at = private.find(b"/Subrs")
    while at >= 0 and (match := _SUBR.search(private, at, at + 200)):
        size = int(match[2])
        found[int(match[1])] = T1CharString(_binary(private, match.end(), size, skip))
        at = match.end() + size
        if len(found) > MAX_SUBRS:
            raise BadFont("subroutines")
    highest = max(found, default=-1)
    if highest >= MAX_SUBRS:
        raise BadFont("subroutines")
    return [found.get(index, T1CharString(b"\x0b")) for index in range(highest + 1)]


def _glyphs(private: bytes, start: int, skip: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    at = start + len(b"/CharStrings")
    while match := _GLYPH.search(private, at, at + 200):
        size = int(match[2])
        name = match[1].decode("ascii")
        if not is_plain(name):
            raise BadFont("glyph name")
        found.setdefault(name, T1CharString(_binary(private, match.end(), size, skip)))
        at = match.end() + size
        if len(found) > MAX_GLYPHS:
            raise BadFont("too many glyphs")
    if not found:
        raise BadFont("no glyphs")
    return found


def _matrix(clear: bytes) -> list[float]:
    match = _MATRIX.search(clear)
    if match is None:
        return [0.001, 0, 0, 0.001, 0, 0]
    words = match[1].split()
    if len(words) != 6 or not all(_NUMBER.fullmatch(word) for word in words):
        raise BadFont("FontMatrix")
    return [float(word) for word in words]


def _encoding(clear: bytes, glyphs: dict[str, Any]) -> list[str]:
    at = clear.find(b"/Encoding")
    if at < 0 or re.match(rb"/Encoding\s+StandardEncoding", clear[at:]):
        return [name if name in glyphs else ".notdef" for name in StandardEncoding]
    names = [".notdef"] * 256
    for code, name in _ENCODED.findall(clear, at):
        if int(code) < 256 and name.decode("ascii") in glyphs:
            names[int(code)] = name.decode("ascii")
    return names


class _Outline:
    """One glyph as fontTools' pens draw it; `depth` ends accents of accents."""

    def __init__(self, glyphs: dict[str, Any], name: str, subrs: list[Any]) -> None:
        self._glyphs, self._name, self._subrs = glyphs, name, subrs

    def draw(self, pen: Any) -> float:
        """Draw; returns the advance width."""
        extractor = T1OutlineExtractor(pen, self._subrs)
        extractor.execute(self._glyphs[self._name])
        return float(extractor.width or 0)


def _written(
    glyphs: dict[str, Any], subrs: list[Any], matrix: list[float], encoding: list[str]
) -> bytes:
    order = [".notdef", *(name for name in glyphs if name != ".notdef")]
    outlines = {name: _Outline(glyphs, name, subrs) for name in glyphs}
    strings: dict[str, Any] = {}
    for name in order:
        pen = T2CharStringPen(0, outlines, roundTolerance=0.01)
        width = outlines[name].draw(pen) if name in outlines else 0.0
        drawn = pen.getCharString()
        # The width stands first; the nominal width is zero.
        program = drawn.program[1:] if drawn.program[:1] == [0] else drawn.program
        drawn.program = [round(width), *program]
        strings[name] = drawn
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder(order)
    builder.setupCFF(NAME, {"FontMatrix": matrix}, strings, {"nominalWidthX": 0})
    fonts = builder.font["CFF "].cff
    top = fonts.topDictIndex[0]
    for key in ("FullName", "FamilyName", "Weight", "Notice", "version"):
        top.rawDict.pop(key, None)
    top.Encoding = encoding
    return compiled(fonts)


#: Named so that they stay loaded (see the imports).
LOADED: Final = (C_F_F_, _h_e_a_d)
