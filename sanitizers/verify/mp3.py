"""MP3 as our writer may write it: frames of layer III from the first byte to the last.

ISO/IEC 11172-3, 2.4 and 13818-3, 2.4, read anew. No tag and no byte between frames, and the
main data of no frame begins before the file does.
"""

from __future__ import annotations

from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected

#: (version bits, index) → kilobits a second, layer III.
_KILOBITS: Final = {
    True: dict(enumerate((32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320), 1)),
    False: dict(enumerate((8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160), 1)),
}
_HERTZ: Final = {
    (3, 0): 44_100, (3, 1): 48_000, (3, 2): 32_000,
    (2, 0): 22_050, (2, 1): 24_000, (2, 2): 16_000,
    (0, 0): 11_025, (0, 1): 12_000, (0, 2): 8_000,
}  # fmt: skip


class Mp3Verifier(Verifier):
    """MPEG audio layer III."""

    media_types = ("audio/mpeg",)

    def verify(self, data: memoryview) -> None:
        """Accept frames of one kind that fill the file.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        at, before, kind = 0, 0, None
        while at < len(data):
            if at + 6 > len(data):
                raise Rejected("ends inside of a header")
            sync, second, third, fourth = data[at : at + 4]
            version, first_version = second >> 3 & 3, second >> 3 & 3 == 3
            hertz = _HERTZ.get((version, third >> 2 & 3))
            kilobits = _KILOBITS[first_version].get(third >> 4)
            # Sync, layer III, no checksum.
            if sync != 0xFF or second & 0xE7 != 0xE3 or hertz is None or kilobits is None:
                raise Rejected("header")
            if third & 1 or fourth & 0x0F:
                raise Rejected("private bit, copyright or emphasis")
            mono = fourth >> 6 == 3
            if kind is None:
                kind = (version, hertz, mono)
            if kind != (version, hertz, mono):
                raise Rejected("frames of different kinds")
            size = (144 if first_version else 72) * 1_000 * kilobits // hertz + (third >> 1 & 1)
            side = (17 if mono else 32) if first_version else (9 if mono else 17)
            # 2.4.2.7: main_data_begin, nine bits in MPEG-1 and eight later.
            begin = (data[at + 4] << 1 | data[at + 5] >> 7) if first_version else data[at + 4]
            if begin > before or size < 4 + side or at + size > len(data):
                raise Rejected("frame")
            before += size - 4 - side
            at += size
        if kind is None:
            raise Rejected("no frame")
