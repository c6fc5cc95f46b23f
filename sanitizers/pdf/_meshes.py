"""Mesh shadings (ISO 32000-2, 8.7.4.5.5 to 8.7.4.5.8): their streams, record by record.

Coordinates and colours are what the page shows and are kept; bits that no viewer uses
are not: padding, the upper bits of edge flags, records cut short, data after the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FREE_TRIANGLES, LATTICE, COONS, TENSOR = 4, 5, 6, 7
MAX_MESH: Final = 20_000_000  # bytes; maps' gradients take some hundred kB
MAX_COMPONENTS: Final = 32
#: Table 82 and table 83: points of a patch that begins anew, and of one that continues.
_POINTS: Final = {COONS: (12, 8), TENSOR: (16, 12)}
#: Tables 80 and 81: what is allowed.
COORDINATE_BITS: Final = frozenset({1, 2, 4, 8, 12, 16, 24, 32})
COMPONENT_BITS: Final = frozenset({1, 2, 4, 8, 12, 16})
FLAG_BITS: Final = frozenset({2, 4, 8})


class BadMesh(Exception):
    """Numbers that no mesh has, or too much of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshLayout:
    """How many bits the parts of a record have; `components` is 1 with a function."""

    kind: int
    coordinate: int
    component: int
    flag: int = 0  # not for lattices
    components: int = 1

    def __post_init__(self) -> None:
        if (
            self.kind not in (FREE_TRIANGLES, LATTICE, COONS, TENSOR)
            or self.coordinate not in COORDINATE_BITS
            or self.component not in COMPONENT_BITS
            or not 0 < self.components <= MAX_COMPONENTS
            or (self.kind != LATTICE and self.flag not in FLAG_BITS)
        ):
            raise BadMesh


def rebuild_mesh(data: bytes, layout: MeshLayout) -> bytes:
    """The records of a mesh, without the bits that mean nothing.

    Raises:
        BadMesh: more data than a mesh may have.
    """
    if len(data) > MAX_MESH:
        raise BadMesh
    if layout.kind in _POINTS:
        return _patches(data, layout)
    return _vertices(data, layout)


def _vertices(data: bytes, layout: MeshLayout) -> bytes:
    """Each vertex begins a new byte (8.7.4.5.5)."""
    flag = 0 if layout.kind == LATTICE else layout.flag
    used = 2 * layout.coordinate + layout.components * layout.component
    size = (flag + used + 7) // 8
    mask = ((1 << used) - 1) | (3 << used if flag else 0)
    shift = 8 * size - flag - used
    out = bytearray()
    for at in range(0, len(data) - size + 1, size):
        record = int.from_bytes(data[at : at + size], "big") >> shift & mask
        out += (record << shift).to_bytes(size, "big")
    return bytes(out)


def _patches(data: bytes, layout: MeshLayout) -> bytes:
    """Patches follow each other bit by bit, or byte by byte where they fill bytes."""
    whole, continued = _POINTS[layout.kind]
    colour = layout.components * layout.component
    sizes = {
        True: 2 * layout.coordinate * whole + 4 * colour,
        False: 2 * layout.coordinate * continued + 2 * colour,
    }
    total = 8 * len(data)
    at = 0
    pieces: list[tuple[int, int]] = []  # bits of each record, and their number
    while at + layout.flag <= total:
        edge = _bits(data, at, layout.flag) & 3
        size = sizes[edge == 0]
        if at + layout.flag + size > total:
            break
        pieces.append((edge << size | _bits(data, at + layout.flag, size), layout.flag + size))
        at += layout.flag + size
    return _joined(pieces)


def _bits(data: bytes, at: int, count: int) -> int:
    first, last = at // 8, (at + count + 7) // 8
    return int.from_bytes(data[first:last], "big") >> (8 * last - at - count) & ((1 << count) - 1)


def _joined(pieces: list[tuple[int, int]]) -> bytes:
    """All records in a row; the last byte is filled with zeros."""
    out = bytearray()
    rest = count = 0
    for value, size in pieces:
        rest, count = rest << size | value, count + size
        spare = count % 8
        out += (rest >> spare).to_bytes(count // 8, "big")
        rest, count = rest & ((1 << spare) - 1), spare
    if count:
        out += bytes((rest << (8 - count),))
    return bytes(out)
