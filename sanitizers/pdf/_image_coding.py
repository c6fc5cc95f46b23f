"""Codes samples without loss for an image XObject: group 4 for bitonal ones, else Flate.

Rows are packed as ISO 32000-2, 8.9.5.2 says. PNG predictors are used where a probe of
the picture's own rows shows that they help. Nothing but samples and numbers comes in.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from PIL import Image

from sanitizers.pdf import _ccitt
from sanitizers.pdf._objects import Made, Word

ZLIB_LEVEL: Final = 6
ZLIB_BEST: Final = 9
PROBE_BYTES: Final = 64_000  # of rows, thrice: top, middle, bottom
#: Pillow's modes of one byte per component: 2 and 4 are used for their width only.
_MODES: Final = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
#: Bitonal pictures that group 4 codes to more than this share of their bits are dithered.
DENSE: Final = 0.1
#: A source that is smaller than ours by more than this is worth a slower search.
WORTH_IT: Final = 1.02
MAX_BEST: Final = 20_000_000  # bytes of samples for which that search is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A stream's data and its Filter and DecodeParms."""

    entries: dict[str, Made]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Packed rows of `bits` (1, 2, 4, 8) per component."""

    width: int
    height: int
    components: int
    bits: int
    rows: bytes

    @property
    def stride(self) -> int:
        """Bytes of a row."""
        return (self.width * self.components * self.bits + 7) // 8


def code(samples: Samples, *, source_size: int = 0) -> Coded:
    """The smallest of the codings that fit the samples.

    `source_size` is how many bytes the source took: only where ours takes more, more
    work is put in.
    """
    if samples.components == 1 and samples.bits == 1:
        fax = _ccitt.encode_group4(samples.rows, samples.width, samples.height)
        if len(fax.data) <= DENSE * len(samples.rows):
            return _fax(samples, fax)
        flat = _flate(samples, source_size)
        return flat if len(flat.data) < len(fax.data) else _fax(samples, fax)
    return _flate(samples, source_size)


def _fax(samples: Samples, fax: _ccitt.Fax) -> Coded:
    parms: dict[str, Made] = {
        "K": -1, "Columns": samples.width, "Rows": samples.height, "BlackIs1": fax.black_is_1,
    }  # fmt: skip
    return Coded(entries={"Filter": Word("CCITTFaxDecode"), "DecodeParms": parms}, data=fax.data)


def _flate(samples: Samples, source_size: int) -> Coded:
    predicted = _helps(samples)
    data = _deflate(samples, ZLIB_LEVEL, predicted=predicted)
    if 0 < WORTH_IT * source_size < len(data) and len(samples.rows) <= MAX_BEST:
        other = _deflate(samples, ZLIB_BEST, predicted=not predicted and _can(samples))
        best = _deflate(samples, ZLIB_BEST, predicted=predicted)
        if len(other) < len(best):
            predicted, best = not predicted and _can(samples), other
        data = min(data, best, key=len)
    entries: dict[str, Made] = {"Filter": Word("FlateDecode")}
    if predicted:
        entries["DecodeParms"] = {
            "Predictor": 15, "Colors": samples.components, "BitsPerComponent": samples.bits,
            "Columns": samples.width,
        }  # fmt: skip
    return Coded(entries=entries, data=data)


def _can(samples: Samples) -> bool:
    return samples.bits == 8 and samples.components in _MODES


def _helps(samples: Samples) -> bool:
    """Whether predictors make a probe of the rows smaller."""
    if not _can(samples):
        return False
    count = max(1, PROBE_BYTES // samples.stride)
    starts = sorted({0, max(0, samples.height // 2 - count // 2), samples.height - count})
    if samples.height <= 3 * count:
        starts, count = [0], samples.height
    plain = predicted = 0
    for start in starts:
        rows = samples.rows[start * samples.stride : (start + count) * samples.stride]
        probe = Samples(
            width=samples.width, height=count, components=samples.components, bits=8, rows=rows
        )
        plain += len(_deflate(probe, ZLIB_LEVEL, predicted=False))
        predicted += len(_deflate(probe, ZLIB_LEVEL, predicted=True))
    return predicted < plain


def _deflate(samples: Samples, level: int, *, predicted: bool) -> bytes:
    if not predicted:
        return zlib.compress(samples.rows, level)
    mode = _MODES[samples.components]
    size = (samples.width, samples.height)
    image = Image.frombuffer(mode, size, samples.rows, "raw", mode, 0, 1)
    # Pillow's PNG coder without a PNG around it: filter bytes before the rows, one zlib
    # stream (7.4.4.4, predictor 15).
    return image.tobytes("zip", mode, False, level, -1, b"")


def unpack(samples: Samples) -> Image.Image:
    """One-component samples as a picture of mode "L" whose levels are the sample values."""
    size = (samples.width, samples.height)
    if samples.bits == 8:
        return Image.frombuffer("L", size, samples.rows, "raw", "L", 0, 1)
    palette = Image.frombytes("P", size, samples.rows, "raw", f"P;{samples.bits}")
    return Image.frombuffer("L", size, palette.tobytes(), "raw", "L", 0, 1)


def pack(image: Image.Image) -> Samples:
    """A picture of mode "1" (255 is sample 1)."""
    return Samples(
        width=image.width, height=image.height, components=1, bits=1, rows=image.tobytes("raw", "1")
    )


def warm() -> None:
    """Use every coder once."""
    _ccitt.warm()
    for components in range(1, 6):
        for bits in (1, 2, 4, 8):
            rows = bytes(range(1, 1 + 8 * components * bits // 8)) * 2
            made = Samples(width=8, height=2, components=components, bits=bits, rows=rows)
            code(made, source_size=1)
            if components == 1:
                unpack(made)
