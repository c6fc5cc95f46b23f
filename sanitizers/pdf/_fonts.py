"""Fonts for documents that do not embed theirs, served to PDFium from memory.

Left alone, PDFium opens the system's font files when it first needs them, which the
sandbox denies. `install` maps the files of an ordered list into memory before the
lock and answers PDFium's questions from there. Mapped pages are shared with every
child and cost the parent nothing until a document reads them. The chosen font only
decides how a page looks; the file itself never reaches an output.

Debian packages that fill the list: fonts-ipaexfont-gothic and fonts-ipaexfont-mincho
(14 MB, JIS X 0213), fonts-dejavu-core for Greek and Cyrillic.
"""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

from sanitizers.pdf._font_files import fonts_available

MAX_FONT_BYTES: Final = 100_000_000  # one file; Noto CJK, the largest in use, has 20 MB

#: Windows character sets of MapFont (fpdf_sysfontinfo.h) by who serves them.
_CJK_CHARSETS: Final = frozenset({128, 129, 134, 136})  # Shift_JIS, Hangul, GB2312, Big5
_OTHER_CHARSETS: Final = frozenset({161, 162, 163, 177, 178, 186, 204, 222, 238})
#: Bits of `pitch_family` (fpdf_sysfontinfo.h).
_ROMAN: Final = 1 << 4
#: Substrings of lower-case face names that ask for a Mincho (serif) face. Byte forms:
#: PDF font names are bytes, and 明朝 may come in Shift_JIS, EUC-JP or UTF-8.
_MINCHO_NAMES: Final = (
    b"mincho",
    b"ryumin",
    b"heiseimin",
    b"hiramin",
    b"kozmin",
    b"songti",
    b"serif",
    "明朝".encode("cp932"),
    "明朝".encode("euc-jp"),
    "明朝".encode(),
)
_JAPANESE_NAMES: Final = (
    b"gothic",
    b"meiryo",
    b"kozgo",
    b"heiseikaku",
    b"ipa",
    b"yugo",
    b"hiragino",
    b"kaku",
    "ゴシック".encode("cp932"),
    "ゴシック".encode("euc-jp"),
    "ゴシック".encode(),
    *_MINCHO_NAMES[:5],
    *_MINCHO_NAMES[7:],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Font:
    face: bytes
    data: mmap.mmap


#: Loaded by `install`, read-only afterwards. Handles given to PDFium are 1 + index.
_styles: dict[str, int] = {}
_fonts: list[_Font] = []
_keep_alive: list[Any] = []


def install() -> None:
    """Map the fonts and make PDFium ask here. Opens files: call before the lock."""
    if _keep_alive:
        return
    for style, path in fonts_available().items():
        with Path(path).open("rb") as fh:
            mapped = mmap.mmap(fh.fileno(), 0, access=mmap.ACCESS_READ)
        if len(mapped) > MAX_FONT_BYTES:
            mapped.close()
            continue
        _fonts.append(_Font(face=style.encode("ascii"), data=mapped))
        _styles[style] = len(_fonts)
    info = pdfium.FPDF_SYSFONTINFO(version=2)
    for name, function in (
        ("MapFont", _map_font),
        ("GetFont", _get_font),
        ("GetFontData", _get_font_data),
        ("GetFaceName", _get_face_name),
        ("GetFontCharset", _get_font_charset),
        ("DeleteFont", _delete_font),
    ):
        kind = dict(pdfium.FPDF_SYSFONTINFO._fields_)[name]
        callback = kind(function)
        setattr(info, name, callback)
        _keep_alive.append(callback)
    _keep_alive.append(info)
    pdfium.FPDF_SetSystemFontInfo(ctypes.byref(info))


def choose(face: bytes, *, charset: int, pitch_family: int) -> str:
    """The style that serves a face, or "" to let PDFium use its built-in Latin faces."""
    name = face.lower()
    if charset in _CJK_CHARSETS or any(word in name for word in _JAPANESE_NAMES):
        roman = bool(pitch_family & _ROMAN)
        mincho = any(word in name for word in _MINCHO_NAMES)
        gothic = not mincho and any(word in name for word in _JAPANESE_NAMES)
        return "mincho" if mincho or (roman and not gothic) else "gothic"
    return "other" if charset in _OTHER_CHARSETS else ""


def _map_font(
    _info: Any, _weight: int, _italic: int, charset: int, pitch: int, face: Any, _exact: Any
) -> int | None:
    name = ctypes.string_at(face)[:200] if face else b""
    style = choose(name, charset=charset, pitch_family=pitch)
    if not style:
        return None
    return _styles.get(style) or (_styles.get("gothic") if style == "mincho" else None)


def _get_font(_info: Any, _face: Any) -> None:
    return None


def _font(handle: Any) -> _Font | None:
    index = int(handle or 0)
    return _fonts[index - 1] if 0 < index <= len(_fonts) else None


def _get_font_data(_info: Any, handle: Any, table: int, buffer: Any, size: int) -> int:
    """The whole file (`table` 0) or one sfnt table, as PDFium asks for it."""
    font = _font(handle)
    if font is None:
        return 0
    start, length = (0, len(font.data)) if table == 0 else _table(font.data, table)
    if buffer and 0 < length <= size:
        ctypes.memmove(buffer, font.data[start : start + length], length)
    return length


def _table(data: mmap.mmap, tag: int) -> tuple[int, int]:
    """Offset and length of an sfnt table (OpenType 1.9, table directory), or (0, 0)."""
    wanted = tag.to_bytes(4, "big")
    for i in range(min(int.from_bytes(data[4:6], "big"), 64)):
        row = data[12 + 16 * i : 28 + 16 * i]
        if row[:4] == wanted:
            start, length = int.from_bytes(row[8:12], "big"), int.from_bytes(row[12:16], "big")
            return (start, length) if start + length <= len(data) else (0, 0)
    return (0, 0)


def _get_face_name(_info: Any, handle: Any, buffer: Any, size: int) -> int:
    font = _font(handle)
    if font is None:
        return 0
    name = font.face + b"\0"
    if buffer and len(name) <= size:
        ctypes.memmove(buffer, name, len(name))
    return len(name)


def _get_font_charset(_info: Any, _handle: Any) -> int:
    return 128  # SHIFTJIS_CHARSET: only the Japanese faces are asked about


def _delete_font(_info: Any, _handle: Any) -> None:
    return None
