"""The `post` table of an sfnt: glyph names read, and written anew (OpenType 1.9, "post").

An encoding of a simple TrueType font may find its glyphs by these names (ISO 32000-2,
9.6.5.4). The other numbers of the table say nothing to a viewer of a PDF and are zero.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from sanitizers.pdf._encoding import crossing_name

#: The glyphs of format 1; format 2 counts its own names after them.
_NAMES: Final = """
.notdef .null nonmarkingreturn space exclam quotedbl numbersign dollar percent ampersand
quotesingle parenleft parenright asterisk plus comma hyphen period slash zero one two three
four five six seven eight nine colon semicolon less equal greater question at A B C D E F G
H I J K L M N O P Q R S T U V W X Y Z bracketleft backslash bracketright asciicircum
underscore grave a b c d e f g h i j k l m n o p q r s t u v w x y z braceleft bar
braceright asciitilde Adieresis Aring Ccedilla Eacute Ntilde Odieresis Udieresis aacute
agrave acircumflex adieresis atilde aring ccedilla eacute egrave ecircumflex edieresis
iacute igrave icircumflex idieresis ntilde oacute ograve ocircumflex odieresis otilde uacute
ugrave ucircumflex udieresis dagger degree cent sterling section bullet paragraph germandbls
registered copyright trademark acute dieresis notequal AE Oslash infinity plusminus
lessequal greaterequal yen mu partialdiff summation product pi integral ordfeminine
ordmasculine Omega ae oslash questiondown exclamdown logicalnot radical florin approxequal
Delta guillemotleft guillemotright ellipsis nonbreakingspace Agrave Atilde Otilde OE oe
endash emdash quotedblleft quotedblright quoteleft quoteright divide lozenge ydieresis
Ydieresis fraction currency guilsinglleft guilsinglright fi fl daggerdbl periodcentered
quotesinglbase quotedblbase perthousand Acircumflex Ecircumflex Aacute Edieresis Egrave
Iacute Icircumflex Idieresis Igrave Oacute Ocircumflex apple Ograve Uacute Ucircumflex
Ugrave dotlessi circumflex tilde macron breve dotaccent ring cedilla hungarumlaut ogonek
caron Lslash lslash Scaron scaron Zcaron zcaron brokenbar Eth eth Yacute yacute Thorn thorn
minus multiply onesuperior twosuperior threesuperior onehalf onequarter threequarters franc
Gbreve gbreve Idotaccent Scedilla scedilla Cacute cacute Ccaron ccaron dcroat
"""
STANDARD_NAMES: Final = tuple(_NAMES.split())
_NUMBERS: Final = {name: number for number, name in enumerate(STANDARD_NAMES)}
_SHAPE: Final = ">IihhIIIII"


def read_names(table: bytes, count: int) -> list[str]:
    """The names of `count` glyphs, as they cross; none where the table has none.

    A damaged table counts as one without names, as viewers treat it.
    """
    if len(table) < 32:
        return []
    version = int.from_bytes(table[:4], "big")
    if version == 0x10000 and count <= len(STANDARD_NAMES):
        return list(STANDARD_NAMES[:count])
    if version != 0x20000 or len(table) < 34 + 2 * count:
        return []
    if int.from_bytes(table[32:34], "big") != count:
        return []
    own: list[str] = []
    at = 34 + 2 * count
    while at < len(table):
        size = table[at]
        own.append(table[at + 1 : at + 1 + size].decode("latin-1"))
        at += 1 + size
    names = []
    for number in struct.unpack_from(f">{count}H", table, 34):
        if number < len(STANDARD_NAMES):
            names.append(STANDARD_NAMES[number])
        elif number - len(STANDARD_NAMES) < len(own):
            names.append(crossing_name(own[number - len(STANDARD_NAMES)]))
        else:
            names.append(STANDARD_NAMES[0])
    return names


def write_post(names: Sequence[str]) -> bytes:
    """Format 2 with the names, or format 3 without any."""
    if not names:
        return struct.pack(_SHAPE, 0x30000, 0, 0, 0, 0, 0, 0, 0, 0)
    own: dict[str, int] = {}
    numbers = [
        _NUMBERS[name] if name in _NUMBERS
        else own.setdefault(name, len(STANDARD_NAMES) + len(own))
        for name in names
    ]  # fmt: skip
    return b"".join(
        (
            struct.pack(_SHAPE, 0x20000, 0, 0, 0, 0, 0, 0, 0, 0),
            struct.pack(f">H{len(numbers)}H", len(numbers), *numbers),
            *(bytes((len(name),)) + name.encode("ascii") for name in own),
        )
    )
