"""The picture that stands where a picture did not cross: grey, with a darker frame."""

from __future__ import annotations

import struct
import zlib
from typing import Final

_WIDTH: Final = 64
_HEIGHT: Final = 48


def _chunk(name: bytes, payload: bytes) -> bytes:
    crc = zlib.crc32(payload, zlib.crc32(name))
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", crc)


def _rows() -> bytes:
    """8-bit grey rows without filter (ISO/IEC 15948, 9)."""
    edge = b"\x80" * _WIDTH
    inner = b"\x80" + b"\xe6" * (_WIDTH - 2) + b"\x80"
    return b"".join(b"\0" + (edge if y in (0, _HEIGHT - 1) else inner) for y in range(_HEIGHT))


#: A PNG of colour type 0, the same bytes always.
PNG: Final = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(_rows(), 9))
    + _chunk(b"IEND", b"")
)
