"""The sample description of an MP4: one entry of H.264 or AAC-LC, to the last bit.

ISO/IEC 14496-12, 8.5.2; 14496-14, 5.6; 14496-15, 5.3 and 5.4; 14496-3, 1.6. Read anew.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from sanitizers.verify import Rejected

_VIDEO: Final = re.compile(
    rb"\0{6}\0\x01\0{16}(?P<size>....)\0\x48\0\0\0\x48\0\0\0{4}\0\x01\0{32}\0\x18\xff\xff"
    rb"(?P<length>....)avcC\x01(?P<level>...)\xff\xe1(?P<sets>.*)",
    re.DOTALL,
)
_AUDIO: Final = re.compile(
    rb"\0{6}\0\x01\0{8}\0[\x01\x02]\0\x10\0{4}(?P<rate>..)\0\0\0\0\0\x27esds\0{4}"
    rb"\x03\x19\0\0\0\x04\x11\x40\x15\0\0\0(?P<most>....)(?P<average>....)"
    rb"\x05\x02(?P<config>..)\x06\x01\x02",
    re.DOTALL,
)
_MAX_SET: Final = 1_000
_MAX_PICTURE_SETS: Final = 4
_HERTZ: Final = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
    8_000, 7_350,
)  # fmt: skip


def check(handler: bytes, stsd: bytes) -> None:
    """Accept the payload of `stsd` for a track of this handler.

    Raises:
        sanitizers.verify.Rejected: anything else.
    """
    kind = b"avc1" if handler == b"vide" else b"mp4a"
    if stsd[:8] != b"\0\0\0\0\0\0\0\1" or stsd[8:16] != struct.pack(">I4s", len(stsd) - 8, kind):
        raise Rejected("sample entry")
    if kind == b"avc1":
        _avc(stsd[16:])
    else:
        _aac(stsd[16:])


def _avc(entry: bytes) -> None:
    found = _VIDEO.fullmatch(entry)
    if found is None or 0 in struct.unpack(">HH", found["size"]):
        raise Rejected("avc1")
    end = int.from_bytes(found["length"], "big") - 14  # of the sets: size, type, six bytes
    sets, shape = found["sets"][:end], found["sets"][end:]
    if end < 0 or len(sets) != end:
        raise Rejected("avcC size")
    if shape and (shape[:8] != b"\0\0\0\x10pasp" or len(shape) != 16):
        raise Rejected("pasp")
    at = _set(sets, 0, 7)
    if sets[3:6] != found["level"] or sets[3] not in (66, 77, 100) or at >= len(sets):
        raise Rejected("profile")
    count = sets[at]
    if not 1 <= count <= _MAX_PICTURE_SETS:
        raise Rejected("picture parameter sets")
    at += 1
    for _ in range(count):
        at = _set(sets, at, 8)
    if sets[at:] != (b"\xfd\xf8\xf8\0" if sets[3] == 100 else b""):
        raise Rejected("end of avcC")


def _set(sets: bytes, at: int, kind: int) -> int:
    """One parameter set of this NAL unit type; where it ends."""
    size = int.from_bytes(sets[at : at + 2], "big")
    body = sets[at + 2 : at + 2 + size]
    if not 4 <= len(body) == size <= _MAX_SET or body[0] & 0x9F != kind:
        raise Rejected("parameter set")
    return at + 2 + size


def _aac(entry: bytes) -> None:
    found = _AUDIO.fullmatch(entry)
    if found is None:
        raise Rejected("mp4a")
    config = int.from_bytes(found["config"], "big")
    index, channels = config >> 7 & 15, config >> 3 & 15
    if config >> 11 != 2 or config & 7 or index >= len(_HERTZ) or not 1 <= channels <= 7:
        raise Rejected("AudioSpecificConfig")
    hertz = _HERTZ[index] if _HERTZ[index] < 1 << 16 else 0
    if int.from_bytes(found["rate"], "big") != hertz or entry[17] != min(channels, 2):
        raise Rejected("rate or channels")
    if found["most"] != found["average"] or int.from_bytes(found["average"], "big") > 10_000_000:
        raise Rejected("bit rate")
