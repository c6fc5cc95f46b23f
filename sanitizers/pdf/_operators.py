"""The operators that may stand in a content stream, and what each takes.

ISO 32000-2, annex A. Data only. An operator without a row is dropped; `PS` (PostScript
XObjects) and `BX`/`EX` have none. Those that name a resource, open an image or mark
content are handled one by one in `_contents`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

#: Operators of numbers only, and how many (the last n are taken where there are more).
NUMERIC: Final = MappingProxyType(
    {
        b"w": 1,  # 8.4.4 line width
        b"J": 1, b"j": 1, b"M": 1, b"i": 1,
        b"q": 0, b"Q": 0, b"cm": 6,  # 8.4.4
        b"m": 2, b"l": 2, b"c": 6, b"v": 4, b"y": 4, b"h": 0, b"re": 4,  # 8.5.2
        b"S": 0, b"s": 0, b"f": 0, b"F": 0, b"f*": 0, b"B": 0, b"B*": 0, b"b": 0, b"b*": 0,
        b"n": 0,  # 8.5.3
        b"W": 0, b"W*": 0,  # 8.5.4
        b"BT": 0, b"ET": 0,  # 9.4
        b"Tc": 1, b"Tw": 1, b"Tz": 1, b"TL": 1, b"Tr": 1, b"Ts": 1,  # 9.3
        b"Td": 2, b"TD": 2, b"Tm": 6, b"T*": 0,  # 9.4.2
        b"d0": 2, b"d1": 6,  # 9.6.4
        b"G": 1, b"g": 1, b"RG": 3, b"rg": 3, b"K": 4, b"k": 4,  # 8.6.8
    }
)  # fmt: skip
#: Operators whose one number is an enumeration.
ENUMERATED: Final = MappingProxyType({b"J": range(3), b"j": range(3), b"Tr": range(8)})
#: Painting of paths (8.5.3): within hidden content each becomes `n`.
PATH_PAINTING: Final = frozenset({b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"})
#: Only at the start of a Type 3 glyph (9.6.4).
GLYPH_METRICS: Final = frozenset({b"d0", b"d1"})
#: 8.6.5.8.
RENDERING_INTENTS: Final = frozenset(
    {"AbsoluteColorimetric", "RelativeColorimetric", "Saturation", "Perceptual"}
)
#: 8.6.8, table 73, and the names of Device spaces (8.6.4) that need no resource.
DEVICE_SPACES: Final = frozenset({"DeviceGray", "DeviceRGB", "DeviceCMYK", "Pattern"})
MAX_COMPONENTS: Final = 32  # of one colour (annex C)
