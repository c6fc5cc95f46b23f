"""ICC profiles of rebuilt documents (ICC.1:2001-04): every byte is a constant or a number.

The header is fixed but for size and spaces; description, copyright and white point are
ours; what is left are curves, three columns of a matrix, or one table of known size.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from sanitizers.verify import Rejected

_SPACES: Final = {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}
_GRID: Final = {3: 16, 4: 8}  # points along each axis of a table
_CURVES: Final = {1, 64}  # entries of a curve: a gamma, or a sampled one
_WHITE: Final = struct.pack(">3i", *(round(n * 65536) for n in (0.9642, 1.0, 0.8249)))
_HEADER: Final = re.compile(
    rb"(?P<size>[\s\S]{4})\0{4}\x02\x40\0\0(?P<kind>prtr|mntr)(?P<space>GRAY|RGB |CMYK)"
    rb"(?P<target>Lab |XYZ )\0{12}acsp\0{24}\0{4}" + re.escape(_WHITE) + rb"\0{48}"
)
_NAME: Final = b"mugaika"
#: Tags that every profile has, byte by byte.
_FIXED: Final = {
    b"desc": struct.pack(">4sII", b"desc", 0, len(_NAME) + 1) + _NAME + bytes(79),
    b"cprt": struct.pack(">4sI", b"text", 0) + _NAME + b"\0",
    b"wtpt": b"XYZ \0\0\0\0" + _WHITE,
}
#: What each kind of profile has beside them.
_OWN: Final = (
    (1, (b"kTRC",)),
    (3, (b"rXYZ", b"rTRC", b"gXYZ", b"gTRC", b"bXYZ", b"bTRC")),
    (3, (b"A2B0",)),
    (4, (b"A2B0",)),
)


def check_profile(data: bytes, components: int) -> None:
    """A whole profile.

    Raises:
        Rejected: anything that our writer would not write.
    """
    head = _HEADER.match(data)
    if head is None or int.from_bytes(head["size"], "big") != len(data):
        raise Rejected("header of a profile")
    count = int.from_bytes(data[128:132], "big")
    at = 132 + 12 * count
    if not 1 <= count <= 16 or at > len(data):
        raise Rejected("tags of a profile")
    found: list[bytes] = []
    for index in range(count):
        name, offset, size = struct.unpack(">4sII", data[132 + 12 * index : 144 + 12 * index])
        end = offset + size
        after = end + -size % 4
        if offset != at or after > len(data) or any(data[end:after]):
            raise Rejected("a gap in a profile")
        _check_tag(name, data[offset:end], components)
        found.append(name)
        at = after
    own = tuple(name for name in found if name not in _FIXED)
    if at != len(data) or found[:3] != list(_FIXED) or (components, own) not in _OWN:
        raise Rejected("tags of a profile")
    wanted = (
        b"prtr" if components == 4 else b"mntr",
        _SPACES[components],
        b"Lab " if b"A2B0" in own else b"XYZ ",
    )
    if (head["kind"], head["space"], head["target"]) != wanted:
        raise Rejected("spaces of a profile")


def _check_tag(name: bytes, body: bytes, components: int) -> None:
    if name in _FIXED:
        fits = body == _FIXED[name]
    elif name.endswith(b"XYZ"):
        fits = len(body) == 20 and body[:8] == b"XYZ \0\0\0\0"
    elif name.endswith(b"TRC"):
        entries = int.from_bytes(body[8:12], "big")
        fits = body[:8] == b"curv\0\0\0\0" and entries in _CURVES and len(body) == 12 + 2 * entries
    else:
        fits = name == b"A2B0" and components in _GRID and _is_table(body, components)
    if not fits:
        raise Rejected("tag of a profile")


def _is_table(body: bytes, components: int) -> bool:
    """lut16Type (6.5.7): identity matrix, straight curves, cells of 8 significant bits."""
    points = _GRID[components]
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    head = struct.pack(">4sI4B", b"mft2", 0, components, 3, points, 0) + identity
    ramp = struct.pack(">2H", 0, 65535)
    start = head + struct.pack(">2H", 2, 2) + ramp * components
    cells = body[len(start) : -3 * len(ramp)]
    return (
        body.startswith(start)
        and body.endswith(ramp * 3)
        and len(cells) == 2 * 3 * points**components
        and not any(cells[1::2])
    )
