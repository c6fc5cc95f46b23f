"""ICC profiles (ICC.1:2001-04 and later): measured, and written anew where they matter.

A profile that turns every colour into what its device space turns it into is dropped.
Of any other the colours are measured (littleCMS, 8 bits) or its few numbers parsed, and
a small version 2 profile of our own is made of them: no tag, text, date or byte of the
source is copied, curves are sampled anew and coarse on purpose.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from math import log
from types import MappingProxyType
from typing import Final

from PIL import Image, ImageChops, ImageCms

MAX_PROFILE: Final = 8_000_000  # bytes; press profiles with tables take 0.5 to 3 MB
MAX_TAGS: Final = 200
#: A profile that moves no probe colour further than this is the device space's own.
SAME_WITHIN: Final = 3
CURVE_POINTS: Final = 64
CURVE_STEP: Final = 16  # of 65,536: twelve bits are kept
GAMMA_WITHIN: Final = 0.004  # a curve this near to a power is one
#: Points along each axis of a table. Uneven on purpose: no source table has its points
#: there, so none of its numbers is copied.
GRID: Final = MappingProxyType({3: 16, 4: 8})
#: Header, 7.2: data colour space by components.
SPACES: Final = MappingProxyType({1: b"GRAY", 3: b"RGB ", 4: b"CMYK"})
_MODES: Final = MappingProxyType({1: "L", 3: "RGB", 4: "CMYK"})
_D50: Final = (0.9642, 1.0, 0.8249)
_NAME: Final = b"mugaika"

_SIGNED: Final = bytes((i + 128) % 256 for i in range(256))
_SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_LAB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))


#: What littleCMS and a damaged profile's numbers raise.
_FAULTS: Final = (
    ImageCms.PyCMSError, OSError, ValueError, TypeError, LookupError, ArithmeticError, struct.error,
)  # fmt: skip


def rebuild_profile(data: bytes, components: int) -> bytes | None:
    """A profile that means the same; None where the device space does, or as well as any."""
    space = SPACES.get(components)
    if not 128 < len(data) <= MAX_PROFILE or data[16:20] != space or data[36:40] != b"acsp":
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if components != 4 and _is_plain(profile, components):
            return None
        tags = _tags(data)
        if components == 1:
            return _grey(tags)
        if components == 3 and b"A2B0" not in tags:
            return _matrix(tags)
        return _table(profile, components)
    except _FAULTS:
        return None


def _steps(points: int) -> list[int]:
    return [round(i * 255 / (points - 1)) for i in range(points)]


def _probe(components: int, points: int) -> Image.Image:
    """All mixtures of `points` levels, the last component fastest."""
    rows = [b""]
    for _ in range(components):
        rows = [row + bytes([level]) for row in rows for level in _steps(points)]
    mode = _MODES[components]
    return Image.frombytes(mode, (len(rows), 1), b"".join(rows))


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    found = ImageCms.applyTransform(image, transform)
    if found is None:
        raise ImageCms.PyCMSError("no result")
    return found


def _is_plain(profile: ImageCms.ImageCmsProfile, components: int) -> bool:
    mode = _MODES[components]
    probe = _probe(components, 6 if components == 3 else 256)
    transform = ImageCms.buildTransform(profile, _SRGB, mode, "RGB")
    difference = ImageChops.difference(_applied(probe, transform), probe.convert("RGB"))
    return all(band[1] <= SAME_WITHIN for band in difference.getextrema())  # type: ignore[index]


def _tags(data: bytes) -> dict[bytes, bytes]:
    """The tag table (7.3)."""
    (count,) = struct.unpack_from(">I", data, 128)
    found = {}
    for index in range(min(count, MAX_TAGS)):
        name, start, size = struct.unpack_from(">4sII", data, 132 + 12 * index)
        found[name] = data[start : start + size]
    return found


def _xyz(tag: bytes) -> tuple[float, ...]:
    """XYZType (10.31), as fine as colour is seen."""
    if tag[:4] != b"XYZ ":
        raise ValueError("colorant")
    numbers = [n / 65536 for n in struct.unpack_from(">3i", tag, 8)]
    if any(not -2 < n < 2 for n in numbers):
        raise ValueError("colorant")
    return tuple(round(n, 4) for n in numbers)


#: ParametricCurveType (10.18): how many numbers each function has.
_PARAMETERS: Final = (1, 3, 4, 5, 7)
_Curve = Callable[[float], float]


def _curve(tag: bytes) -> list[float]:
    """A tone curve at evenly spaced points, 0 to 1, never falling."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count > 65_536:
            raise ValueError("curve")
        values = struct.unpack_from(f">{count}H", tag, 12)
        if count == 0:
            found = _points(lambda x: x)
        elif count == 1:
            found = _points(lambda x: x ** (values[0] / 256))
        else:
            found = _points(lambda x: _between(values, x) / 65535)
    elif tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        if kind >= len(_PARAMETERS):
            raise ValueError("curve")
        numbers = [n / 65536 for n in struct.unpack_from(f">{_PARAMETERS[kind]}i", tag, 12)]
        found = _points(lambda x: _parametric(kind, numbers, x))
    else:
        raise ValueError("curve")
    top = 0.0
    rising = []
    for value in found:
        top = max(top, min(max(value, 0.0), 1.0))
        rising.append(top)
    return rising


def _points(curve: _Curve) -> list[float]:
    return [curve(i / (CURVE_POINTS - 1)) for i in range(CURVE_POINTS)]


def _between(values: Sequence[int], x: float) -> float:
    at = x * (len(values) - 1)
    low = min(int(at), len(values) - 2)
    return values[low] + (values[low + 1] - values[low]) * (at - low)


def _parametric(kind: int, numbers: list[float], x: float) -> float:
    """Table 65 of ICC.1:2010."""
    g, a, b, c, d, e, f = (*numbers, *(0.0,) * (7 - len(numbers)))
    if kind == 0:
        return float(x**g)
    if kind < 3:
        shift = c if kind == 2 else 0.0
        return float(max(a * x + b, 0) ** g + shift) if a and x >= -b / a else shift
    if kind == 3:
        e = f = 0.0
    return float(max(a * x + b, 0) ** g + e) if x >= d else c * x + f


def _written_curve(points: list[float]) -> bytes:
    """A gamma of two decimals where that is all there is to it, else a coarse table."""
    gamma = _gamma(points)
    if gamma:
        return struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256))
    values = [min(round(p * 65535 / CURVE_STEP) * CURVE_STEP, 65535) for p in points]
    return struct.pack(f">4sII{len(values)}H", b"curv", 0, len(values), *values)


def _gamma(points: list[float]) -> float:
    middle = points[CURVE_POINTS // 2]
    x = (CURVE_POINTS // 2) / (CURVE_POINTS - 1)
    if not 0.01 < middle < 0.99:
        return 0.0
    gamma = round(log(middle) / log(x), 2)
    near = all(
        abs(p - (i / (CURVE_POINTS - 1)) ** gamma) <= GAMMA_WITHIN for i, p in enumerate(points)
    )
    return gamma if near and 0.1 <= gamma <= 10 else 0.0


def _grey(tags: dict[bytes, bytes]) -> bytes:
    return _profile(1, {b"kTRC": _written_curve(_curve(tags[b"kTRC"]))})


def _matrix(tags: dict[bytes, bytes]) -> bytes:
    made = {}
    for colour in (b"r", b"g", b"b"):
        made[colour + b"XYZ"] = _written_xyz(_xyz(tags[colour + b"XYZ"]))
        made[colour + b"TRC"] = _written_curve(_curve(tags[colour + b"TRC"]))
    return _profile(3, made)


def _written_xyz(numbers: Sequence[float]) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(n * 65536) for n in numbers))


def _table(profile: ImageCms.ImageCmsProfile, components: int) -> bytes:
    """A lut16Type (10.10) from the device to Lab, measured at the points of our grid."""
    points = GRID[components]
    mode = _MODES[components]
    transform = ImageCms.buildTransform(
        profile, _LAB, mode, "LAB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    measured = _applied(_probe(components, points), transform).tobytes()
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    ramp = struct.pack(">2H", 0, 65535)
    # Version 2 Lab: the high byte is the 8-bit value (6.3.4.2), the low one stays zero.
    # Pillow gives a and b with their sign; the profile's are 128 at grey.
    cells = bytearray(2 * len(measured))
    cells[0::6] = measured[0::3]
    cells[2::6] = measured[1::3].translate(_SIGNED)
    cells[4::6] = measured[2::3].translate(_SIGNED)
    head = struct.pack(">4sI4B", b"mft2", 0, components, 3, points, 0)
    sizes = struct.pack(">2H", 2, 2)
    body = head + identity + sizes + ramp * components + bytes(cells) + ramp * 3
    return _profile(components, {b"A2B0": body})


def _profile(components: int, tags: dict[bytes, bytes]) -> bytes:
    """Header (7.2), tag table and tags, each on four bytes."""
    described = struct.pack(">4sII", b"desc", 0, len(_NAME) + 1) + _NAME + bytes(1 + 8 + 3 + 67)
    table = {
        b"desc": described, b"cprt": struct.pack(">4sI", b"text", 0) + _NAME + b"\0",
        b"wtpt": _written_xyz(_D50), **tags,
    }  # fmt: skip
    start = 128 + 4 + 12 * len(table)
    index, body = struct.pack(">I", len(table)), b""
    for name, tag in table.items():
        index += struct.pack(">4sII", name, start + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    head = struct.pack(
        ">II4s4s4s4s12s4s24sI3i48s",
        *(start + len(body), 0, b"\x02\x40\0\0", b"prtr" if components == 4 else b"mntr"),
        *(SPACES[components], b"Lab " if b"A2B0" in tags else b"XYZ "),
        *(bytes(12), b"acsp", bytes(24), 0),
        *(round(n * 65536) for n in _D50),
        bytes(48),
    )
    return head + index + body


def warm() -> None:
    """Measure with littleCMS in every way once."""
    srgb = _SRGB.tobytes()
    rebuild_profile(srgb, 3)
    _table(_SRGB, 3)
