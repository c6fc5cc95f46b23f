"""WAV as our writer may write it: RIFF, `fmt `, `data` of 16-bit samples, the end."""

from __future__ import annotations

import struct
from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected

_START: Final = struct.Struct("<4sI4s4sI")
_PLAIN, _WIDE = 16, 40  # sizes of `fmt `: PCMWAVEFORMAT, WAVEFORMATEXTENSIBLE
_SUBFORMAT: Final = b"\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"  # integer samples
_MAX_CHANNELS: Final = 8
_MAX_RATE: Final = 384_000
_PLACES: Final = 1 << 18  # speaker positions are the lower 18 bits


class WavVerifier(Verifier):
    """Uncompressed 16-bit sound."""

    media_types = ("audio/wav",)

    def verify(self, data: memoryview) -> None:
        """Accept two chunks that fill the file.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        if len(data) < _START.size + _PLAIN + 8:
            raise Rejected("ends early")
        riff, size, wave, fmt, length = _START.unpack_from(data)
        if (riff, wave, fmt, size) != (b"RIFF", b"WAVE", b"fmt ", len(data) - 8):
            raise Rejected("RIFF header")
        if length not in (_PLAIN, _WIDE) or len(data) < _START.size + length + 8:
            raise Rejected("fmt size")
        tag, channels, rate, speed, frame, bits = struct.unpack_from("<HHIIHH", data, 20)
        if not 1 <= channels <= _MAX_CHANNELS or not 1 <= rate <= _MAX_RATE or bits != 16:
            raise Rejected("format")
        if frame != 2 * channels or speed != rate * frame:
            raise Rejected("derived numbers")
        if (tag, length) != ((1, _PLAIN) if channels <= 2 else (0xFFFE, _WIDE)):
            raise Rejected("format tag")
        if length == _WIDE:
            extra, valid, places, subformat = struct.unpack_from("<HHI16s", data, 36)
            if (extra, valid, subformat) != (22, 16, _SUBFORMAT) or places >= _PLACES:
                raise Rejected("extension")
        at = _START.size + length
        kind, samples = struct.unpack_from("<4sI", data, at)
        if kind != b"data" or at + 8 + samples != len(data) or not samples or samples % frame:
            raise Rejected("data")
