"""The charset ladder: bytes and the sender's label in, text out, always.

Labels in Japanese mail are wrong often enough that the bytes have the last word. The
rungs, from the top (each is a row of the tests):

1. a byte order mark;
2. nothing but ASCII: ASCII, whatever the label says (but UTF-7, HZ, UTF-16/32 labels);
3. the label, if the bytes keep to it and no other charset explains them far better
   (UTF-8 under a Shift_JIS label, Shift_JIS under an iso-8859-1 label);
4. ISO-2022 escape sequences;
5. UTF-16/32 without a mark, by where its NUL bytes are;
6. strict UTF-8, then UTF-8 with a few damaged characters;
7. the most plausible of CP932, EUC-JP and windows-1252;
8. the label (or CP932, or UTF-8) with U+FFFD for what it does not explain.

Labels choose from the allow-list below only, never by Python's own codec search (which
knows codecs that are no charsets). UTF-7 is used only when labelled. Never raises.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sanitizers.text.japanese import (
    HAS_ISO_2022,
    JIS_X_0208,
    REPLACEMENT,
    Reading,
    decode_cp932,
    decode_euc_jp,
    decode_iso_2022,
    euc_jp_loses,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text and how it was found.

    `charset` is the one really used (canonical name), `guessed` says that the label was
    missing or wrong, `lost` counts the characters that became U+FFFD or 〓.
    """

    text: str
    charset: str
    guessed: bool
    lost: int


#: Canonical name -> Python codec; those decoded by our own code have "".
_CODECS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "us-ascii": "ascii",
        "utf-8": "",
        "cp932": "",
        "euc-jp": "",
        "iso-2022-jp": "",
        "iso-2022-kr": "",
        "shift_jisx0213": "shift_jis_2004",
        "euc-jisx0213": "euc_jis_2004",
        "utf-7": "utf_7",
        "utf-16": "utf_16",
        "utf-16le": "utf_16_le",
        "utf-16be": "utf_16_be",
        "utf-32": "utf_32",
        "utf-32le": "utf_32_le",
        "utf-32be": "utf_32_be",
        "gb18030": "gb18030",
        "hz-gb-2312": "hz",
        "big5": "big5hkscs",  # superset of Big5
        "cp950": "cp950",
        "euc-kr": "cp949",  # superset of KS C 5601
        "johab": "johab",
        "koi8-r": "koi8_r",
        "koi8-u": "koi8_u",
        "tis-620": "cp874",
        "macintosh": "mac_roman",
        "ibm437": "cp437",
        "ibm850": "cp850",
        "ibm866": "cp866",
        **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
        **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    }
)
_DECODERS: Final = {name: codecs.lookup(codec).decode for name, codec in _CODECS.items() if codec}

#: Labels as met, reduced to lower-case letters and digits -> canonical name.
_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {re.sub(r"[^a-z0-9]", "", name): name for name in _CODECS}
    | {
        alias: name
        for name, aliases in {
            "us-ascii": "ascii ansix341968 ansix341986 ansix34 646 iso646us us cp367 7bit",
            "utf-8": "utf8 unicode11utf8 cp65001 utf8mb4 utf8n unicodeutf8 cesu8 8bitutf8",
            "utf-7": "utf7 unicode11utf7 unicode20utf7 csutf7",
            "utf-16": "utf16 unicode ucs2 iso10646ucs2 csunicode",
            "utf-16le": "unicodelittle ucs2le",
            "utf-16be": "unicodebig ucs2be unicodefffe",
            "utf-32": "ucs4 iso10646ucs4",
            "cp932": "shiftjis sjis xsjis xshiftjis ms932 windows31j cswindows31j ms_kanji mskanji"
            " csshiftjis sjiswin shiftjiswin shiftjisms windows932 xms932 ibm932 ibm943 cp943"
            " cp943c sjisopen xmacjapanese jisx0201 shiftjisibm932 shifjis shiftjs",
            "euc-jp": "eucjp xeucjp xeuc euc eucjpms eucjpwin cp51932 cp20932 ujis eucjapan"
            " cseucpkdfmtjapanese extendedunixcodepackedformatforjapanese eucjpopen",
            "iso-2022-jp": "iso2022jp csiso2022jp iso2022jp1 iso2022jp2 csiso2022jp2 iso2022jp3"
            " iso2022jp2004 iso2022jpext iso2022jpms iso2022jpesc cp50220 cp50221 cp50222 jis"
            " jis7 jis8 xjis iso2002jp iso20022jp iso2022 iso2022jpmobile iso2022jpkddi"
            " cp50220raw jis0208 jisencoding",
            "iso-2022-kr": "iso2022kr csiso2022kr",
            "shift_jisx0213": "shiftjis2004 sjis2004 sjisx0213 shiftjisx0213",
            "euc-jisx0213": "eucjis2004 eucjis0213 eucjp2004",
            "gb18030": "gb2312 gbk cp936 gb231280 csgb2312 xgbk euccn windows936 ms936 936 cngb"
            " isoir58 chinese gb180302000",
            "hz-gb-2312": "hzgb hz",
            "big5": "big5hkscs cnbig5 xxbig5 csbig5 big5eten",
            "cp950": "ms950 windows950",
            "euc-kr": "euckr ksc5601 ksc56011987 ksc56011989 ksc5601198 korean cp949 ms949 uhc"
            " windows949 cseuckr isoir149 xwindows949 ksx1001",
            "koi8-r": "koi8 cskoi8r koi",
            "koi8-u": "koi8ru",
            "windows-1252": "iso88591 iso88591windows latin1 l1 iso8859 88591 cp1252 ansi cp819"
            " ibm819 isolatin1 csisolatin1 isoir100 western xansi ms1252 windows1252 8859",
            "windows-1254": "iso88599 latin5",
            "tis-620": "iso885911 cp874 windows874",
            "iso-8859-2": "latin2",
            "iso-8859-6": "iso88596i iso88596e arabic",
            "iso-8859-8": "iso88598i iso88598e hebrew",
            "iso-8859-15": "latin9 latin0",
            "macintosh": "macroman mac xmacroman",
            "ibm437": "cp437 437",
            "ibm850": "cp850 850",
            "ibm866": "cp866 866",
        }.items()
        for alias in aliases.split()
    }
    | {f"cp{n}": f"windows-{n}" for n in range(1250, 1259)}
    | {f"xcp{n}": f"windows-{n}" for n in range(1250, 1259)}
)
_MAX_LABEL: Final = 100  # characters; the longest registered name has 45
_NOT_IN_KEY: Final = re.compile(r"[^a-z0-9]")

#: Byte order marks, longer ones first (Unicode 15.0, section 2.13).
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32le"),
    (b"\x00\x00\xfe\xff", "utf-32be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16le"),
    (b"\xfe\xff", "utf-16be"),
)
_WIDE: Final = frozenset({"utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be"})
_SEVEN_BIT: Final = frozenset({"utf-7", "hz-gb-2312"})
_ISO_2022: Final = frozenset({"iso-2022-jp", "iso-2022-kr"})
#: Labels that programs write without knowing: any plausible Japanese reading beats them.
_WEAK: Final = frozenset({"windows-1252", "us-ascii", "iso-8859-15", "macintosh"})

_SHIFTS: Final = re.compile(rb"[\x00\x0e\x1b]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BAD_WIDE: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_UTF8_LONG: Final = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def canonical(label: str) -> str:
    """The canonical name for a charset label, or "" when it says nothing usable."""
    return _ALIASES.get(_NOT_IN_KEY.sub("", label[:_MAX_LABEL].partition("*")[0].lower()), "")


def decode(data: bytes | bytearray | memoryview, label: str = "") -> Decoded:
    """Decode `data`, labelled `label`, by the ladder above. Never raises."""
    raw = bytes(data)
    name = canonical(label)
    for mark, marked in _MARKS:
        if raw.startswith(mark):
            reading = _read(raw[len(mark) :], marked)
            wrong = bool(name) and name[:5] != marked[:5]
            return _decoded(reading, marked, guessed=wrong)
    ascii_only = raw.isascii()
    if ascii_only and name not in _SEVEN_BIT and not _SHIFTS.search(raw):
        wrong = name in _WIDE and bool(raw)
        return Decoded(text=raw.decode("ascii"), charset="us-ascii", guessed=wrong, lost=0)
    labelled = _read(raw, name) if name else None
    if labelled is not None and labelled.strict and _label_holds(raw, name, labelled):
        return _decoded(labelled, name, guessed=False)
    if HAS_ISO_2022.search(raw):
        reading = decode_iso_2022(raw)
        if reading.lost * 4 <= len(reading.text) or ascii_only:
            used = "iso-2022-kr" if b"\x1b$)C" in raw else "iso-2022-jp"
            return _decoded(reading, used, guessed=name not in _ISO_2022)
    wide = _wide_by_nul(raw)
    if wide:
        return _decoded(_read(raw, wide), wide, guessed=True)
    if ascii_only:
        return Decoded(text=raw.decode("ascii"), charset="us-ascii", guessed=False, lost=0)
    reading = _read(raw, "utf-8")
    if reading.strict or _mostly_utf8(raw, reading):
        return _decoded(reading, "utf-8", guessed=name != "utf-8")
    best = _most_plausible(raw)
    if best:
        return _decoded(_read(raw, best), best, guessed=best != name)
    if labelled is not None and name not in _WEAK:
        return _decoded(labelled, name, guessed=False)
    cp932 = decode_cp932(raw)
    if cp932.lost <= reading.lost:
        return _decoded(cp932, "cp932", guessed=True)
    return _decoded(reading, "utf-8", guessed=name != "utf-8")


def _decoded(reading: Reading, charset: str, *, guessed: bool) -> Decoded:
    text, lost = reading.text, reading.lost
    if text.startswith("\ufeff"):
        text = text[1:]
    if not text.isascii() and _SURROGATE.search(text):
        text, halves = _SURROGATE.subn(REPLACEMENT, text)
        lost += halves
    return Decoded(text=text, charset=charset, guessed=guessed, lost=lost)


def _read(raw: bytes, name: str) -> Reading:
    """`raw` as `name`, with U+FFFD for what it does not explain."""
    if name == "cp932":
        return decode_cp932(raw)
    if name == "euc-jp":
        return decode_euc_jp(raw)
    if name in _ISO_2022:
        return decode_iso_2022(raw)
    if name == "utf-8":
        return _read_utf8(raw)
    if name in ("utf-16", "utf-32"):  # no mark: RFC 2781 says big endian, Windows little
        little, big = _read(raw, f"{name}le"), _read(raw, f"{name}be")
        return little if score(little.text) > score(big.text) else big
    decoder = _DECODERS[name]
    try:
        text = decoder(raw, "strict")[0]
    except UnicodeDecodeError:
        text = decoder(raw, "replace")[0]
        return Reading(text, max(1, text.count(REPLACEMENT)), False)
    return Reading(text, 0, name not in _WIDE or not _BAD_WIDE.search(text))


def _read_utf8(raw: bytes) -> Reading:
    try:
        return Reading(raw.decode("utf-8"), 0, True)
    except UnicodeDecodeError:
        pass
    try:  # CESU-8 (Unicode TR 26): astral characters as two surrogates of three bytes
        halves = raw.decode("utf-8", "surrogatepass")
        text = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        lost = text.count(REPLACEMENT) - halves.count(REPLACEMENT)
        return Reading(text, lost, lost == 0)
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
        return Reading(text, max(1, text.count(REPLACEMENT)), False)


# ----------------------------------------------------------------------- plausibility

_SAMPLE: Final = 50_000  # characters (bytes for NULs: four times that) looked at
_HALF_KANA_WEIGHT: Final = 1.5
#: At least six half-width kana and no other character beyond ASCII.
_ALL_HALF_KANA: Final = re.compile("(?:[\x00-\x7f]*[\uff61-\uff9f]){6,}[\x00-\x7f]*")
_KANA: Final = re.compile("[ぁ-んァ-ヶ]")


def _weights() -> dict[str, float]:
    """How likely a character is in Japanese text (points; 10 is best)."""
    weights: dict[str, float] = {}
    for pair, char in JIS_X_0208.items():
        row = pair[0] - 0xA0
        if 16 <= row <= 47:
            weights.setdefault(char, 6.0)  # JIS level 1 kanji
        elif row >= 48:
            weights.setdefault(char, 1.0)  # level 2 and the extensions
        else:
            weights.setdefault(char, {1: 5.0, 3: 5.0, 4: 10.0, 5: 8.0, 13: 3.0}.get(row, 1.0))
    weights.update(dict.fromkeys("、。「」ー・（）　", 9.0))
    weights.update({chr(c): _HALF_KANA_WEIGHT for c in range(0xFF61, 0xFFA0)})
    weights.update({REPLACEMENT: -20.0, "〓": 0.0})
    return weights


_WEIGHTS: Final = _weights()
_LATIN_RUN: Final = re.compile("[\x80-\uffff]+")
_LATIN_LETTERS: Final = frozenset("ŠŽšžŸŒœ") | {chr(c) for c in range(0xC0, 0x100)} - {"×", "÷"}
_LATIN_SIGNS: Final = frozenset("‘’“”–—…•€£§©®°·«»™´²³½¼¿¡\xa0")
_BEST_LATIN: Final = 5.0  # no text gets more
#: One lost of so many: a reading that loses more is none.
_LOST_OF_READ: Final = 20
#: Below this average the reading is no Japanese (or Latin) that anybody wrote.
_PLAUSIBLE: Final = 1.2
#: From this average on, a label that says Latin is not believed.
_CLEARLY_JAPANESE: Final = 3.0


def score(text: str) -> float:
    """Average likelihood of the non-ASCII characters as Japanese; 0.0 when there are none."""
    points, total = 0.0, 0
    for char, count in Counter(text[:_SAMPLE]).items():
        if char > "\x7f":
            total += count
            points += count * _WEIGHTS.get(char, -2.0 if char < "\u2000" else -0.5)
    return points / total if total else 0.0


def _latin_score(text: str) -> float:
    """The same for windows-1252: single accented letters in words of ASCII letters."""
    points, count = 0.0, 0
    sample = text[:_SAMPLE]
    for run in _LATIN_RUN.finditer(sample):
        chars = run[0]
        count += len(chars)
        beside = sample[max(0, run.start() - 1) : run.start()] + sample[run.end() : run.end() + 1]
        in_word = any(c.isalpha() for c in beside)
        for char in chars:
            if char in _LATIN_LETTERS:
                points += _BEST_LATIN if in_word and len(chars) <= 2 else -2.0
            elif char in _LATIN_SIGNS:
                points += 4.0 if len(chars) <= 2 else -1.0
            else:
                points -= 2.0
    return points / count if count else 0.0


def _most_plausible(raw: bytes) -> str:
    """The best of CP932, EUC-JP and windows-1252 by a sample, or "" if none is plausible."""
    sample = raw
    if len(raw) > 4 * _SAMPLE:  # cut where all three are between two characters
        sample = raw[: raw.rfind(b"\n", 0, 4 * _SAMPLE) + 1] or raw[: 4 * _SAMPLE]
    readings = {"cp932": decode_cp932(sample)}
    if not euc_jp_loses(sample, len(sample) // _LOST_OF_READ):
        readings["euc-jp"] = decode_euc_jp(sample)
    sjis, euc = readings["cp932"], readings.get("euc-jp")
    half_kana = sjis.strict and _ALL_HALF_KANA.fullmatch(sjis.text)
    if half_kana and (euc is None or not _KANA.search(euc.text)):
        return "cp932"  # a bank's half-width kana, which pairs up to kanji in EUC-JP
    best, best_score = "", _PLAUSIBLE
    for name, reading in readings.items():
        if reading.strict or reading.lost * _LOST_OF_READ <= len(reading.text):
            points = score(reading.text) - (0.0 if reading.strict else 1.0)
            if points > best_score:
                best, best_score = name, points
    if best_score < _BEST_LATIN:
        latin = _read(sample, "windows-1252")
        if latin.strict and _latin_score(latin.text) > best_score:
            best = "windows-1252"
    return best


def _label_holds(raw: bytes, name: str, reading: Reading) -> bool:
    """Whether a strict reading under the label is to be believed."""
    if name in _WIDE:
        return score(reading.text) >= 0.0
    escapes = bool(HAS_ISO_2022.search(raw))
    if name in _ISO_2022:
        return escapes or (raw.isascii() and b"\x00" not in raw)
    if _wide_by_nul(raw) or (raw.isascii() and name not in _SEVEN_BIT and escapes):
        return False
    if name == "utf-8" or name == "euc-jp" or name in _SEVEN_BIT or raw.isascii():
        return True  # Shift_JIS text hardly ever keeps to UTF-8 or EUC-JP
    utf8 = _read_utf8(raw)
    if utf8.strict and (name in _WEAK or _UTF8_LONG.search(raw)):
        return name not in _WEAK and score(utf8.text) < score(reading.text)
    if name in _WEAK:
        other = _most_plausible(raw)
        if other in ("", "windows-1252"):
            return not escapes
        return score(_read(raw[: 4 * _SAMPLE], other).text) < _CLEARLY_JAPANESE
    if name == "cp932" and _most_plausible(raw) == "euc-jp":
        euc = decode_euc_jp(raw[: 4 * _SAMPLE]).text
        return not _KANA.search(euc) or score(euc) < score(reading.text) + 1.0
    return True  # Chinese, Korean, Cyrillic …: nothing here can judge better


def _mostly_utf8(raw: bytes, reading: Reading) -> bool:
    """UTF-8 cut or damaged in few places: three good characters for each lost one."""
    good = sum(1 for _ in _UTF8_LONG.finditer(raw[: 4 * _SAMPLE]))
    bad = reading.text[: 4 * _SAMPLE].count(REPLACEMENT)
    return good >= 2 * bad


def _wide_by_nul(raw: bytes) -> str:
    """UTF-16/32 without a mark: NUL bytes on one side only, and a clean decode."""
    sample = raw[: 4 * _SAMPLE]
    if b"\x00" not in sample:
        return ""
    if len(raw) % 4 == 0 and sample.count(0) * 2 >= len(sample):
        for name in ("utf-32le", "utf-32be"):
            if _read(raw, name).strict:
                return name
    if len(raw) % 2:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    name = "utf-16le" if odd > even else "utf-16be"
    most = max(even, odd)
    reading = _read(raw, name)
    if min(even, odd) * 20 > most or not reading.strict:
        return ""
    if most >= 2 and most * 5 >= len(sample):  # two in five characters are ASCII
        return name
    return name if score(reading.text) > _PLAUSIBLE and not _read_utf8(raw).strict else ""
