"""Whether an ISO media file shows pictures: by the handlers of its tracks, not by its brand.

Our own bounded walk over box headers (ISO/IEC 14496-12, 4.2, 8.4.3); no sample is touched.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

VIDEO: Final = b"vide"
SOUND: Final = b"soun"
MAX_BOXES: Final = 1_000  # of one box; more is looked at by nobody
MAX_TRACKS: Final = 100
_PATH: Final = (b"moov", b"trak", b"mdia", b"hdlr")


def _children(data: memoryview, kind: bytes) -> Iterator[memoryview]:
    """Payloads of the boxes of this type, as far as the boxes can be followed."""
    at = 0
    for _ in range(MAX_BOXES):
        if at + 8 > len(data):
            return
        size, found = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        elif size == 0:
            size = len(data) - at
        if size < head:
            return
        if found == kind:
            yield data[at + head : at + size]
        at += size


def tracks(data: memoryview) -> tuple[bytes, ...]:
    """Handler type of each track; empty where none can be read."""
    level = [data]
    for kind in _PATH:
        level = [child for parent in level for child in _children(parent, kind)][:MAX_TRACKS]
    return tuple(bytes(hdlr[8:12]) for hdlr in level)


def shows_pictures(data: memoryview) -> bool:
    """Whether there is a track of pictures."""
    return VIDEO in tracks(data)


def is_sound_only(data: memoryview) -> bool:
    """Whether there is a track of sound and none of pictures."""
    found = tracks(data)
    return SOUND in found and VIDEO not in found
