"""MP3: a sender's file goes through ffmpeg; of what it wrote only the frames are written.

No tag, no Xing, Info or VBRI frame, no byte between two frames (ISO/IEC 11172-3, 2.4.1;
13818-3, 2.4.2.3).
"""

from __future__ import annotations

from typing import Final

from sanitizers.media import _survey
from sanitizers.media._boxes import damaged
from sanitizers.media._recode import TOOL, is_recoded, recode
from sanitizers.model import Cleaned, Job, Method, Needs, Output, Sanitizer

MP3: Final = "audio/mpeg"
#: Layer III, bits a second by index: MPEG-1, then MPEG-2 and 2.5.
_BIT_RATES: Final = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
#: Samples a second by index, by version: 3 is MPEG-1, 2 MPEG-2, 0 MPEG-2.5.
_RATES: Final = {
    3: (44_100, 48_000, 32_000),
    2: (22_050, 24_000, 16_000),
    0: (11_025, 12_000, 8_000),
}
_MONO: Final = 3
#: What a frame's own index of the file begins with, after the side information.
_INDEXES: Final = (b"Xing", b"Info", b"VBRI")
#: Header bits that must stay the same through a file: sync, version, layer, rate; mono or not.
_SAME: Final = 0xFFFE0C00


class Mp3(Sanitizer):
    """MPEG audio layer III."""

    media_types = (MP3,)
    tools = dict.fromkeys(media_types, TOOL)
    methods = (Method.SANITIZE,)
    outputs = (MP3,)

    def clean(self, job: Job, out: Output) -> Cleaned | Needs:
        """Write the frames of what ffmpeg wrote; hand anything else to it.

        Raises:
            Withheld: DAMAGED, when ffmpeg's file is not what it was told to write.
        """
        data = job.data
        if not is_recoded(job):
            return recode(job, out, MP3, _survey.of_mp3(data))
        at, first = 0, 0
        while at < len(data):
            header = int.from_bytes(data[at : at + 4], "big")
            size = _frame_size(header)
            if at + size > len(data):
                raise damaged("last frame")
            if at == 0 and any(mark in bytes(data[:size]) for mark in _INDEXES):
                at = size
                continue
            first = first or header
            if (header ^ first) & _SAME or (header >> 6 & 3 == _MONO) != (first >> 6 & 3 == _MONO):
                raise damaged("frames of different kinds")
            # The private bit, and copyright and original, say nothing about the sound.
            out.write((header & ~0x10C).to_bytes(4, "big"))
            out.write(data[at + 4 : at + size])
            at += size
        if not first:
            raise damaged("no frame")
        return Cleaned(media_type=MP3, extension=".mp3", method=Method.SANITIZE)


def _frame_size(header: int) -> int:
    """Bytes of the frame with this header (2.4.3.1).

    Raises:
        Withheld: DAMAGED, for a header that ffmpeg's encoder does not write.
    """
    version, layer = header >> 19 & 3, header >> 17 & 3
    bit_rate, rate = header >> 12 & 15, header >> 10 & 3
    unprotected = header >> 16 & 1
    if header >> 21 != 0x7FF or version not in _RATES or layer != 1 or not unprotected:
        raise damaged("frame header")
    if bit_rate in (0, 15) or rate == 3 or header & 3:
        raise damaged("frame header")
    thousands = _BIT_RATES[version != 3][bit_rate]
    slots = 144_000 if version == 3 else 72_000
    return slots * thousands // _RATES[version][rate] + (header >> 9 & 1)
