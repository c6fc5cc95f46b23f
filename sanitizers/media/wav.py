"""WAV: a sender's file goes through ffmpeg; of what it wrote the samples are written anew.

Written are `fmt ` and `data` (RIFF WAVE, Multimedia Programming Interface 1.0, 3), 16-bit
integer samples and nothing else.
"""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.media import _survey
from sanitizers.media._boxes import damaged
from sanitizers.media._recode import TOOL, is_recoded, recode
from sanitizers.model import Cleaned, Job, Method, Needs, Output, Sanitizer

WAV: Final = "audio/wav"
MAX_CHANNELS: Final = 8
MAX_RATE: Final = 384_000  # samples a second
_BITS: Final = 16
_PCM: Final = 1
_EXTENSIBLE: Final = 0xFFFE
#: KSDATAFORMAT_SUBTYPE_PCM (WAVEFORMATEXTENSIBLE).
_PCM_GUID: Final = bytes.fromhex("0100000000001000800000aa00389b71")
_PIECE: Final = 1 << 20  # bytes written at once


class Wav(Sanitizer):
    """Uncompressed sound."""

    media_types = (WAV,)
    tools = dict.fromkeys(media_types, TOOL)
    methods = (Method.SANITIZE,)
    outputs = (WAV,)

    def clean(self, job: Job, out: Output) -> Cleaned | Needs:
        """Write the samples of what ffmpeg wrote; hand anything else to it.

        Raises:
            Withheld: DAMAGED, when ffmpeg's file is not what it was told to write.
        """
        data = job.data
        if not is_recoded(job):
            return recode(job, out, WAV, _survey.of_riff(data))
        if bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"WAVE":
            raise damaged("RIFF")
        chunks = _chunks(data)
        if b"fmt " not in chunks or b"data" not in chunks:
            raise damaged("chunks")
        channels, rate, mask = _format(chunks[b"fmt "])
        frame = channels * _BITS // 8
        samples = chunks[b"data"][: len(chunks[b"data"]) // frame * frame]
        if not len(samples):
            raise damaged("no sound")
        head = _head(channels, rate, mask)
        out.write(struct.pack("<4sI4s", b"RIFF", 4 + len(head) + 8 + len(samples), b"WAVE"))
        out.write(head)
        out.write(struct.pack("<4sI", b"data", len(samples)))
        for at in range(0, len(samples), _PIECE):
            out.write(samples[at : at + _PIECE])
        return Cleaned(media_type=WAV, extension=".wav", method=Method.SANITIZE)


def _chunks(data: memoryview) -> dict[bytes, memoryview]:
    found: dict[bytes, memoryview] = {}
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > len(data) or kind in found:
            raise damaged("chunk")
        found[bytes(kind)] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def _format(chunk: memoryview) -> tuple[int, int, int]:
    """Channels, samples a second, and for more than two channels their places."""
    if len(chunk) < 16:
        raise damaged("fmt")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    mask = 0
    if tag == _EXTENSIBLE and len(chunk) >= 40 and bytes(chunk[24:40]) == _PCM_GUID:
        tag, mask = _PCM, struct.unpack_from("<I", chunk, 20)[0]
    if (tag, bits) != (_PCM, _BITS) or not 0 < channels <= MAX_CHANNELS or not 0 < rate <= MAX_RATE:
        raise damaged("fmt")
    return int(channels), int(rate), int(mask) & 0x3FFFF


def _head(channels: int, rate: int, mask: int) -> bytes:
    frame = channels * _BITS // 8
    tag = _PCM if channels <= 2 else _EXTENSIBLE
    body = struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, _BITS)
    if channels > 2:
        body += struct.pack("<HHI", 22, _BITS, mask) + _PCM_GUID
    return struct.pack("<4sI", b"fmt ", len(body)) + body
