"""What every picture goes through between its decoder and its encoder.

Limits are checked on the header's numbers before a pixel is decoded; then the decoded
picture is cut loose from everything that came with it (`bare`), turned upright, turned
into sRGB, and what nobody can see in it (colour under full transparency, unused
palette entries) is emptied. This module must never hand on a Pillow image that still
carries `info`, tags or a profile: Pillow's encoders write those out by themselves.
"""

from __future__ import annotations

import hashlib
import warnings
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from PIL import Image, ImageFile

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_FRAMES, MAX_PIXELS, MAX_SIDE, MAX_TOTAL_PIXELS, MB
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld

# Our own limits (below) are checked before decoding; Pillow's would warn on standard error.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False

#: Interpreter, libraries and codec tables of a warm child: address space that is not
#: there for pixels (measured 250 MB with every plug-in loaded).
BASE_MEMORY: Final = 350 * MB
#: Pictures held at once at the peak: the decoded one and one step's result.
COPIES: Final = 2
#: Bytes that Pillow keeps per pixel; every mode not named here takes four.
BYTES_PER_PIXEL: Final = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}
DPI_RANGE: Final = range(1, 4_801)  # beyond a drum scanner's resolution: not a dpi

#: EXIF 2.32, tag 274: how to turn the stored picture upright.
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
#: 16-bit samples to 8: exact for every multiple of 257.
_FROM_16_BIT: Final = [(i + 128) // 257 for i in range(65_536)]
_PIECE: Final = 65_536  # bytes that an encoder fills at a time; at least one row, as Pillow does
_ONLY_ZERO: Final = [255] + [0] * 255


class PictureSanitizer(Sanitizer):
    """Common frame of the image formats: whatever a decoder throws withholds the part."""

    methods = (Method.SANITIZE,)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Decode `job.data` and write it anew to `out`.

        Raises:
            Withheld: empty, damaged, or over a limit.
        """
        if not job.data:
            raise Withheld(ReasonCode.EMPTY)
        findings = Findings()
        try:
            with warnings.catch_warnings():
                # Printing a warning would open its source file, which the sandbox forbids.
                warnings.simplefilter("ignore")
                media_type, extension = self.rebuild(job, out, findings)
        except Withheld:
            raise
        except MemoryError as e:
            raise Withheld(ReasonCode.OUT_OF_MEMORY, "a codec asked for too much memory") from e
        except Exception as e:  # decoders raise nearly every type there is
            raise Withheld(ReasonCode.DAMAGED, f"{type(e).__name__}: {e}"[:300]) from e
        return Cleaned(
            media_type=media_type,
            extension=extension,
            method=Method.SANITIZE,
            findings=findings.freeze(),
        )

    @abstractmethod
    def rebuild(self, job: Job, out: Output, findings: Findings) -> tuple[str, str]:
        """Write the picture to `out`; returns its media type and extension."""


def check_size(job: Job, size: tuple[int, int], *, mode: str = "RGB", frames: int = 1) -> None:
    """Refuse a picture by its header's numbers alone. `size` is in pixels.

    Raises:
        Withheld: no pixels (damaged), over the pixel or frame limits, or more memory
            than the child may have.
    """
    width, height = size
    if width < 1 or height < 1 or frames < 1:
        raise Withheld(ReasonCode.DAMAGED, "a picture without pixels")
    pixels = width * height
    if (
        max(width, height) > MAX_SIDE
        or pixels > MAX_PIXELS
        or frames > MAX_FRAMES
        or pixels * frames > MAX_TOTAL_PIXELS
    ):
        raise Withheld(ReasonCode.TOO_MANY_PIXELS, f"{width}x{height}, {frames} frames")
    needed = pixels * BYTES_PER_PIXEL.get(mode, 4) * COPIES + len(job.data) + BASE_MEMORY
    if needed > job.limits.memory_bytes:
        raise Withheld(ReasonCode.OUT_OF_MEMORY, f"{width}x{height} needs {needed} bytes")


class FrameBudget:
    """Counts frames and pixels of a picture whose frames differ in size."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._pixels = 0
        self._frames = 0

    def add(self, size: tuple[int, int], *, mode: str = "RGB") -> None:
        """Count one more frame. Raises `Withheld` when it is one too many."""
        check_size(self._job, size, mode=mode)
        self._pixels += size[0] * size[1]
        self._frames += 1
        if self._frames > MAX_FRAMES or self._pixels > MAX_TOTAL_PIXELS:
            raise Withheld(ReasonCode.TOO_MANY_PIXELS, f"{self._frames} frames")


@contextmanager
def tolerant() -> Iterator[None]:
    """Let Pillow's decoders keep what they have when the data ends early."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def removed(findings: Findings, kind: Kind, payload: bytes | memoryview, where: str = "") -> None:
    """Record one removed object with the hash of its bytes."""
    digest = hashlib.sha256(payload).hexdigest()
    findings.add(kind, Action.REMOVED, where=where, sha256=digest)


def bare(im: Image.Image) -> Image.Image:
    """The decoded pixels (and palette) of `im` and nothing else; no pixel is copied."""
    im.load()
    plain = im._new(im.im)
    plain.info = {}
    return plain


def encoded(im: Image.Image, codec: str, *args: object) -> Iterator[bytes]:
    """What `im.tobytes(codec, *args)` gives, piece by piece: it is never there twice."""
    encoder = Image._getencoder(im.mode, codec, args)
    encoder.setimage(im.im, (0, 0, *im.size))
    error = 0
    while not error:
        _, error, piece = encoder.encode(max(_PIECE, im.width * 4))
        yield piece
    if error < 0:
        raise Withheld(ReasonCode.INTERNAL, "encoder")


def upright(im: Image.Image, orientation: int, findings: Findings) -> Image.Image:
    """Bake `orientation` (EXIF 274, 1..8) into the pixels."""
    turn = _UPRIGHT.get(orientation)
    if turn is None:
        return im
    findings.add(Kind.ORIENTATION, Action.CONVERTED)
    return im.transpose(turn)


def eight_bit(im: Image.Image) -> Image.Image:
    """One of 1, L, LA, P, RGB, RGBA, CMYK, LAB: 16-bit and float samples scaled to 8 bits."""
    mode = im.mode
    if mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "LAB"):
        return im
    if mode.startswith("I;16"):
        return im.convert("I").point(_FROM_16_BIT, "L")
    if mode in ("I", "F"):
        low, high = im.getextrema()
        assert isinstance(low, int | float)
        assert isinstance(high, int | float)
        if mode == "I" and low >= 0 and high <= 65_535:
            return im.point(_FROM_16_BIT, "L")
        # Measured values without a fixed white: stretched so that something can be seen.
        scale = 255.0 / (high - low) if high > low else 1.0
        return im.convert("F").point(lambda v: v * scale - low * scale).convert("L")
    if mode == "PA":
        return im.convert("RGBA")
    return im.convert("RGBA" if mode in ("RGBa", "La") else "RGB")


def without_key_colour(im: Image.Image, transparency: object) -> Image.Image:
    """Turn a transparent key colour of a 1, L or RGB picture into an alpha channel."""
    if transparency is None or im.mode not in ("1", "L", "RGB"):
        return im
    im.info = {"transparency": transparency}
    result = im.convert("RGBA" if im.mode == "RGB" else "LA")
    result.info = {}
    im.info = {}
    return result


def empty_hidden(im: Image.Image, findings: Findings) -> Image.Image:
    """Zero the colour of fully transparent pixels of an LA or RGBA picture, in place."""
    if im.mode not in ("LA", "RGBA"):
        return im
    alpha = im.getchannel("A")
    lowest = alpha.getextrema()[0]
    if lowest != 0:
        return im
    mask = alpha.point(_ONLY_ZERO)
    del alpha
    if im.mode == "LA":
        # Pillow keeps LA as (l, l, l, a): histogram and paste work on both channels.
        counts = im.convert("RGBA").histogram(mask)[:768]
    else:
        counts = im.histogram(mask)[:768]
    if any(sum(counts[band + 1 : band + 256]) for band in (0, 256, 512)):
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="colour under transparency")
        im.paste((0, 0) if im.mode == "LA" else (0, 0, 0, 0), mask=mask)
    return im


def palette_entries(im: Image.Image) -> list[tuple[int, int, int]]:
    """The 256 or fewer RGB entries of a P picture."""
    flat = im.getpalette("RGB") or []
    return list(zip(flat[0::3], flat[1::3], flat[2::3], strict=False))


def compact_palette(
    im: Image.Image, transparency: bytes | int | None, findings: Findings
) -> tuple[Image.Image, bytes]:
    """A P picture with only the entries it uses, in their old order, and their alpha.

    Entries that are fully transparent become black. The alpha is empty when nothing is
    transparent, else it ends with its last value under 255.
    """
    old = palette_entries(im)
    alpha = bytearray(b"\xff" * 256)
    if isinstance(transparency, bytes):
        alpha[: len(transparency)] = transparency[:256]
    elif transparency is not None and 0 <= transparency < 256:
        alpha[transparency] = 0
    table = [0] * 256
    entries = bytearray()
    new_alpha = bytearray()
    used = [index for index, count in enumerate(im.histogram()) if count]
    for new, index in enumerate(used):
        table[index] = new
        colour = old[index] if index < len(old) else (0, 0, 0)
        entries += bytes(colour) if alpha[index] else b"\0\0\0"
        new_alpha.append(alpha[index])
    if any(any(old[i]) for i in set(range(len(old))) - set(used)):
        findings.add(Kind.UNKNOWN_DATA, Action.REMOVED, where="unused palette entries")
    result = im.point(table)
    result.info = {}
    result.putpalette(bytes(entries), "RGB")
    return result, bytes(new_alpha).rstrip(b"\xff")


def sane_dpi(x: object, y: object) -> tuple[int, int] | None:
    """Whole dots per inch of both axes, or None where they make no sense."""
    try:
        pair = (round(float(x)), round(float(y)))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return None
    return pair if pair[0] in DPI_RANGE and pair[1] in DPI_RANGE else None


class Sink:
    """Shows Pillow's encoders nothing but `write`: no descriptor, no seek, no flush."""

    def __init__(self, out: Output) -> None:
        self._out = out

    def write(self, data: bytes) -> int:
        """Hand `data` on."""
        return self._out.write(data)
