"""Decoders for the Japanese charsets as real mail uses them (CP932, CP51932, CP5022x).

Python's own codecs follow the letter of the standards and refuse what Japanese mailers
write every day: NEC row 13 (①㈱), NEC selected IBM extensions in rows 89-92 (髙﨑),
half-width kana and JIS X 0212/0213 in ISO-2022-JP. Here one table of 94 x 94 cells, made
from the cp932 codec by arithmetic, serves Shift_JIS, EUC-JP and ISO-2022-JP alike, so a
character decodes the same whichever way it came. It is the MS mapping: 1-33 is U+FF5E
(not U+301C), 1-61 U+FF0D, 1-34 U+2225, 1-29 U+2015, 1-81/82 U+FFE0/FFE1, 2-44 U+FFE2.

Every decoder returns `(text, lost, strict)`: `lost` counts U+FFFD and 〓 (U+3013, stands
for a mobile carrier's private emoji), `strict` tells whether the bytes kept to the
charset. None raises, none is slower than linear, none looks at anything but its bytes.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import Final, NamedTuple

REPLACEMENT: Final = "\ufffd"
GETA: Final = "〓"


class Reading(NamedTuple):
    """Text, number of characters lost in it, and whether the bytes kept to the charset."""

    text: str
    lost: int
    strict: bool


# Looked up at import: the sandbox opens no file later.
_CP932: Final = codecs.lookup("cp932").decode
_SJIS_2004: Final = codecs.lookup("shift_jis_2004").decode
_EUC_JP: Final = codecs.lookup("euc_jp").decode
_EUC_2004: Final = codecs.lookup("euc_jis_2004").decode
_EUC_KR: Final = codecs.lookup("euc_kr").decode
_GB2312: Final = codecs.lookup("gb2312").decode

#: What the JIS standards' tables say -> what cp932 says.
_MS_VARIANTS: Final = (
    ("\u301c", "\uff5e"),
    ("\u2212", "\uff0d"),
    ("\u2016", "\u2225"),
    ("\u2014", "\u2015"),
    ("\u00a2", "\uffe0"),
    ("\u00a3", "\uffe1"),
    ("\u00ac", "\uffe2"),
    ("\u00a6", "\uffe4"),
)
#: cp932 F740 and above: emoji of NTT DoCoMo (F89F-F9FC) and SoftBank (F741-F7F3, F941-
#: F9ED) in Shift_JIS mail. F040-F6FC stays private use: there live the gaiji of offices.
_CARRIER_EMOJI: Final = re.compile("[\ue524-\ue757]")
#: Bytes that are no characters of CP932 but that the codec lets through (80, A0, FD-FF).
_CP932_STRAY: Final = re.compile("[\x80\uf8f0-\uf8f3]")


def _to_ms(text: str) -> str:
    for standard, ms in _MS_VARIANTS:
        if standard in text:
            text = text.replace(standard, ms)
    return text


def _one(decode: Callable[[bytes], tuple[str, int]], raw: bytes) -> str:
    """`raw` by a codec, or "" when it has no such character."""
    try:
        return decode(raw)[0]
    except UnicodeDecodeError:
        return ""


def _sjis_pair(row: int, cell: int) -> bytes:
    """Rows 1-120 and cells 1-94 to Shift_JIS bytes (JIS X 0208:1997, Annex 1)."""
    lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)
    trail = cell + (0x9E if row % 2 == 0 else 0x3F)
    if row % 2 and trail >= 0x7F:
        trail += 1
    return bytes((lead, trail))


def _cell(row: int, cell: int) -> str:
    """cp932 first; then JIS X 0213 plane 1; 〓 in the rows where carriers put emoji."""
    text = _one(_CP932, _sjis_pair(row, cell))
    if text:
        return text
    text = _to_ms(_one(_EUC_2004, bytes((row + 0xA0, cell + 0xA0))))
    if row >= 85:
        return GETA
    return text or REPLACEMENT


def _table_0212() -> dict[bytes, str]:
    """Three-byte EUC (SS3): JIS X 0212, then JIS X 0213 plane 2; cell 2-23 is U+FF5E."""
    table = {}
    for a in range(0xA1, 0xFF):
        for b in range(0xA1, 0xFF):
            raw = bytes((0x8F, a, b))
            text = _to_ms(_one(_EUC_JP, raw)) or _one(_EUC_2004, raw)
            if text:
                table[raw[1:]] = "\uff5e" if text == "~" else text
    return table


_ROWS: Final = range(1, 95)
#: Two EUC bytes (A1-FE each) to text, for every plane that a sequence can designate.
JIS_X_0208: Final = {bytes((r + 160, c + 160)): _cell(r, c) for r in _ROWS for c in _ROWS}
_JIS_X_0212: Final = _table_0212()
_JIS_X_0213_1: Final = {pair: _to_ms(_one(_EUC_2004, pair)) or REPLACEMENT for pair in JIS_X_0208}
_JIS_X_0213_2: Final = {pair: _one(_EUC_2004, b"\x8f" + pair) or REPLACEMENT for pair in JIS_X_0208}
_KS_X_1001: Final = {pair: _one(_EUC_KR, pair) or REPLACEMENT for pair in JIS_X_0208}
_GB_2312: Final = {pair: _one(_GB2312, pair) or REPLACEMENT for pair in JIS_X_0208}
_HALF_KANA: Final = {byte: chr(0xFF61 + byte - 0xA1) for byte in range(0xA1, 0xE0)}


# ---------------------------------------------------------------- Shift_JIS / CP932

_SJIS_TOKEN: Final = re.compile(
    rb"[\x00-\x7f]+|[\xa1-\xdf]|[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|[\x80-\xff]"
)


def _sjis_table() -> dict[bytes, str]:
    """Every Shift_JIS pair that means something: cp932, then JIS X 0213."""
    table = {}
    for row in range(1, 121):
        for cell in range(1, 95):
            pair = _sjis_pair(row, cell)
            text = _one(_CP932, pair) or _to_ms(_one(_SJIS_2004, pair))
            if text:
                table[pair] = GETA if _CARRIER_EMOJI.fullmatch(text) else text
    return table


_SJIS_PAIRS: Final = _sjis_table()


def decode_cp932(data: bytes) -> Reading:
    """Shift_JIS in its Windows form; carriers' emoji become 〓 and count as lost."""
    try:
        text = _CP932(data)[0]
    except UnicodeDecodeError:
        return _by_lines(data, _sjis_line)
    strict, lost = True, 0
    if not text.isascii():
        text, lost = _CARRIER_EMOJI.subn(GETA, text)
        text, stray = _CP932_STRAY.subn(REPLACEMENT, text)
        strict, lost = not stray, lost + stray
    return Reading(text, lost, strict)


def _by_lines(data: bytes, decode_line: Callable[[bytes], Reading]) -> Reading:
    """Keeps the slow path to the lines that need it (LF is no trail byte in any of these)."""
    readings = [decode_line(line) for line in data.split(b"\n")]
    return Reading(
        "\n".join([r.text for r in readings]),
        sum(r.lost for r in readings),
        all(r.strict for r in readings),
    )


def _sjis_line(line: bytes) -> Reading:
    if _one(_CP932, line):
        return decode_cp932(line)
    pieces: list[str] = []
    lost, strict = 0, True
    for match in _SJIS_TOKEN.finditer(line):
        raw = match[0]
        if raw[0] < 0x80:
            text = raw.decode("ascii")
        elif len(raw) == 1:
            text = _HALF_KANA.get(raw[0], REPLACEMENT)
        else:
            text = _SJIS_PAIRS.get(raw, REPLACEMENT)
            if text == REPLACEMENT and raw[1] < 0x80:
                text += chr(raw[1])  # a broken lead byte must not swallow a quote or "<"
        if text[0] == REPLACEMENT:
            lost, strict = lost + 1, False
        elif text == GETA and raw != b"\x81\xac":
            lost += 1
        pieces.append(text)
    return Reading("".join(pieces), lost, strict)


# ------------------------------------------------------------------ EUC-JP / CP51932

_EUC_TOKEN: Final = re.compile(
    rb"[\x00-\x7f]+|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe]{2}|[\x80-\xff]"
)
_LOSS_PIECE: Final = 10_000  # bytes looked at before it is asked whether they are enough
#: The same in long runs, without the bytes that belong to nothing.
_EUC_FORM: Final = re.compile(
    rb"(?:[\x00-\x7f]++|\x8e[\xa1-\xdf]|\x8f[\xa1-\xfe]{2}|[\xa1-\xfe]{2})++"
)


def decode_euc_jp(data: bytes) -> Reading:
    """EUC-JP with the NEC and IBM extensions of CP51932 and with JIS X 0212 (SS3)."""
    if b"\x8f\xa2\xb7" not in data:  # full-width tilde, which the codec makes an ASCII one
        text = _one(_EUC_JP, data)
        if text or not data:
            return Reading(_to_ms(text), 0, True)
    return _by_lines(data, _euc_line)


def euc_jp_loses(data: bytes, most: int) -> bool:
    """Whether more than `most` bytes are part of no EUC-JP character, without decoding.

    A character on the border of two pieces counts as lost: one in thousands.
    """
    lost = 0
    for at in range(0, len(data), _LOSS_PIECE):
        lost += len(_EUC_FORM.sub(b"", data[at : at + _LOSS_PIECE]))
        if lost > most:
            return True
    return False


def _euc_line(line: bytes) -> Reading:
    if line.isascii():
        return Reading(line.decode("ascii"), 0, True)
    pieces: list[str] = []
    lost, strict = 0, True
    for match in _EUC_TOKEN.finditer(line):
        raw = match[0]
        if raw[0] < 0x80:
            text = raw.decode("ascii")
        elif len(raw) == 1:
            text = REPLACEMENT
        elif raw[0] == 0x8E:
            text = _HALF_KANA[raw[1]]
        elif len(raw) == 3:
            text = _JIS_X_0212.get(raw[1:], REPLACEMENT)
        else:
            text = JIS_X_0208[raw]
        if text == REPLACEMENT:
            lost, strict = lost + 1, False
        elif text == GETA and raw != b"\xa2\xae":
            lost += 1
        pieces.append(text)
    return Reading("".join(pieces), lost, strict)


# ----------------------------------------------------------- ISO-2022-JP and its kin

#: Escape sequences (ISO-IR numbers; RFC 1468, 1554, 2237, 1557, 1922; CP50220-50222).
_ESCAPES: Final[dict[bytes, str]] = {
    b"\x1b(B": "ascii",  # ISO-IR 6
    b"\x1b(J": "ascii",  # ISO-IR 14, JIS X 0201 Roman; 5C stays "\" as in CP50220
    b"\x1b(H": "ascii",  # ISO-IR 11, written by old Japanese programs for Roman
    b"\x1b(I": "kana",  # ISO-IR 13, JIS X 0201 Katakana
    b"\x1b$@": "0208",  # ISO-IR 42, JIS C 6226-1978
    b"\x1b$B": "0208",  # ISO-IR 87, JIS X 0208-1983
    b"\x1b$(@": "0208",
    b"\x1b$(B": "0208",
    b"\x1b&@": "",  # announces JIS X 0208-1990; "ESC $ B" follows
    b"\x1b$(D": "0212",  # ISO-IR 159
    b"\x1b$(O": "0213-1",  # ISO-IR 228
    b"\x1b$(Q": "0213-1",  # ISO-IR 233
    b"\x1b$(P": "0213-2",  # ISO-IR 229
    b"\x1b$A": "gb",  # ISO-IR 58
    b"\x1b$(A": "gb",
    b"\x1b$(C": "ks",  # ISO-IR 149
    b"\x1b$)C": "SO:ks",  # RFC 1557: shifted in by SO
    b"\x1b$)A": "SO:gb",  # RFC 1922
}
_PLANES: Final = {
    "0208": JIS_X_0208,
    "0212": _JIS_X_0212,
    "0213-1": _JIS_X_0213_1,
    "0213-2": _JIS_X_0213_2,
    "gb": _GB_2312,
    "ks": _KS_X_1001,
}
_SWITCH: Final = re.compile(
    rb"\x1b(?:\([BJHI]|\$[@AB]|\$\([@ABCDOPQ]|\$\)[AC]|&@)|[\x0e\x0f]|[\r\n]+"
)
#: Designation of a double-byte set: what tells ISO-2022 text from ASCII.
HAS_ISO_2022: Final = re.compile(rb"\x1b(?:\$[@AB]|\$\([@ABCDOPQ]|\$\)[AC]|\([IJ])")
_HIGH: Final = bytes(b | 0x80 if 0x21 <= b <= 0x7E else b for b in range(256))
_PAIR: Final = re.compile(rb"[\xa1-\xfe]{2}|[\x00-\xff]")


def decode_iso_2022(data: bytes) -> Reading:
    """ISO-2022-JP (CP50220/50221/50222, -1, -2, -3, -2004) and ISO-2022-KR.

    Half-width kana is taken after ESC ( I, after SO, and as raw 8-bit bytes. The end of a
    line returns to ASCII (RFC 1468): a damaged line never spoils the next one.
    """
    pieces: list[str] = []
    state, shifted = "ascii", "kana"
    before_shift = "ascii"
    lost, strict, at = 0, True, 0
    for match in _SWITCH.finditer(data):
        if match.start() > at:
            piece = _segment(data[at : match.start()], state)
            pieces.append(piece.text)
            lost, strict = lost + piece.lost, strict and piece.strict
        at = match.end()
        switch = match[0]
        if switch[0] == 0x1B:
            target = _ESCAPES[switch]
            if target.startswith("SO:"):
                shifted = target[3:]
            elif target:
                state = target
        elif switch == b"\x0e":
            before_shift, state = (state if state != shifted else before_shift), shifted
        elif switch == b"\x0f":
            state = before_shift
        else:
            pieces.append(switch.decode("ascii"))
            state = before_shift = "ascii"
    if at < len(data):
        piece = _segment(data[at:], state)
        pieces.append(piece.text)
        lost, strict = lost + piece.lost, strict and piece.strict
    return Reading("".join(pieces), lost, strict)


def _segment(raw: bytes, state: str) -> Reading:
    """One stretch between switches."""
    if state == "ascii":
        return _single_bytes(raw)
    if state == "kana":
        return _single_bytes(bytes(b | 0x80 if 0x21 <= b <= 0x5F else b for b in raw))
    high = raw.translate(_HIGH)
    if state == "0208":
        try:
            text = _to_ms(_EUC_JP(high)[0])
        except UnicodeDecodeError:
            pass  # has NEC, IBM or carriers' characters: cell by cell
        else:
            return Reading(text, 0, raw.isascii())
    plane = _PLANES[state]
    pieces: list[str] = []
    lost, strict = 0, True
    for match in _PAIR.finditer(high):
        pair = match[0]
        if len(pair) == 2:
            text = plane.get(pair, REPLACEMENT)
        else:
            text = chr(pair[0]) if pair[0] <= 0x20 else REPLACEMENT
        if text == REPLACEMENT:
            lost, strict = lost + 1, False
        elif text == GETA and pair != b"\xa2\xae":
            lost += 1
        pieces.append(text)
    return Reading("".join(pieces), lost, strict)


def _single_bytes(raw: bytes) -> Reading:
    """ASCII with raw 8-bit half-width kana (CP50221 writers that forget ESC ( I)."""
    if raw.isascii():
        return Reading(raw.decode("ascii"), 0, b"\x1b" not in raw)
    text = "".join(chr(b) if b < 0x80 else _HALF_KANA.get(b, REPLACEMENT) for b in raw)
    lost = text.count(REPLACEMENT)
    return Reading(text, lost, lost == 0)
