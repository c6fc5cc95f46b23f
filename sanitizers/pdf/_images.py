"""Image XObjects (ISO 32000-2, 8.9): decoded to samples and coded anew.

JPEG stays JPEG at its own quality; bitonal pictures become group 4; JPEG 2000 becomes
JPEG or Flate by size; all else is kept without loss in its own colour space, 16 bits as
8. Masks of every kind are pictures themselves and go the same way. No byte of an image
stream, palette entry that no pixel uses, or unknown key crosses.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from PIL import Image

from sanitizers.findings import Action, Kind
from sanitizers.pdf import _image_coding, _image_decode, _image_jpeg
from sanitizers.pdf._colour import ColourSpace, device, parse_colour_space
from sanitizers.pdf._context import Context, Unrebuildable
from sanitizers.pdf._image_coding import Samples
from sanitizers.pdf._image_decode import NoPicture, Picture, Shape
from sanitizers.pdf._objects import Made, Stream, Target, Value, Word
from sanitizers.pdf._rules import Table, apply, as_number, as_numbers, boolean, word

BITS: Final = frozenset({1, 2, 4, 8, 16})
#: JPEG 2000 codes smaller than JPEG, and does not say how finely: qualities to try, how
#: much of the source's size each may take, and whether colours keep their resolution.
JPX_QUALITIES: Final = (
    (95, 0.9, True), (88, 1.2, False), (80, 1.4, False), (72, 1.5, False), (64, 1.5, False),
)  # fmt: skip


def _later(context: Context, value: Value) -> Made | None:
    """Keys that are made one by one below."""
    return None


#: Table 87; without Alternates, OPI, Metadata, ID, Measure, PtData, AF.
KEYS: Final[Table] = MappingProxyType(
    {
        "Intent": word(
            "AbsoluteColorimetric", "RelativeColorimetric", "Saturation", "Perceptual"
        ),
        "Interpolate": boolean,
        **dict.fromkeys(
            (
                "Width", "Height", "ColorSpace", "BitsPerComponent", "ImageMask", "Mask",
                "Decode", "SMask", "SMaskInData", "Matte",
            ),
            _later,
        ),
    }
)  # fmt: skip


def image(context: Context, value: Value) -> Target | None:
    """An image XObject; nothing where there is no picture.

    Raises:
        Unrebuildable: over a limit, or data or colours that cannot be made anew.
    """
    return context.once("image", value, lambda found: _image(context, found))


def _image(context: Context, value: Value, *, role: str = "") -> Target | None:
    """`role` is "soft" or "stencil" for the masks of another image."""
    if not isinstance(value, Stream):
        return None
    entries = value.entries
    head: dict[str, Made] = {"Type": Word("XObject"), "Subtype": Word("Image")}
    head.update(apply(context, entries, KEYS))
    stencil = role == "stencil" or context.source.get(entries, "ImageMask") is True
    space = _space(context, entries, role, stencil=stencil)
    shape = _shape(context, entries, space, stencil=stencil)
    try:
        picture = _image_decode.decode_stream(context, value, shape)
    except NoPicture:
        context.removed(Kind.DAMAGED)
        return None
    _note(context, picture)
    keyed = _colour_key(context, entries, space, shape)
    if picture.jpeg is not None and (
        keyed or stencil or (space is not None and space.family == "Indexed")
    ):
        picture = _flattened(picture.jpeg)
    space = _fitting(picture, space)
    if stencil:
        head["ImageMask"] = True
    else:
        head["ColorSpace"] = space.made
    decode = _decode_array(context, entries, space, picture)
    if decode:
        head["Decode"] = [*decode]
    if not stencil and not role:
        head.update(_masks(context, entries, picture))
        if keyed and "SMask" not in head:
            head["Mask"] = [*keyed]
    if role == "soft":
        matte = as_numbers(context, entries.get("Matte"))
        if matte and len(matte) <= _image_decode.MAX_COMPONENTS:
            head["Matte"] = [*matte]
    return _write(context, head, picture, space, decode=decode)


def _space(
    context: Context, entries: dict[str, Value], role: str, *, stencil: bool
) -> ColourSpace | None:
    if stencil or role == "soft":
        return device(1)
    if "ColorSpace" not in entries:
        return None
    found = parse_colour_space(context, entries["ColorSpace"])
    return None if found is None or found.family == "Pattern" else found


def _shape(
    context: Context, entries: dict[str, Value], space: ColourSpace | None, *, stencil: bool
) -> Shape:
    width = as_number(context.source.get(entries, "Width"), 1)
    height = as_number(context.source.get(entries, "Height"), 1)
    if width is None or height is None:
        raise Unrebuildable("size of an image")
    filters, _ = context.source.filters(entries)
    bits: Value = context.source.get(entries, "BitsPerComponent")
    last = str(filters[-1]) if filters else ""
    if stencil or last in ("CCITTFaxDecode", "CCF", "JBIG2Decode"):
        bits = 1
    if type(bits) is not int or bits not in BITS:
        bits = 8
    return Shape(
        width=int(width), height=int(height), components=space.components if space else 0,
        bits=bits,
    )  # fmt: skip


def _note(context: Context, picture: Picture) -> None:
    if picture.jpeg is not None:
        for finding in picture.jpeg.findings:
            context.findings.add(finding.kind, Action.REMOVED, where=context.where)


def _flattened(jpeg: _image_jpeg.Jpeg) -> Picture:
    """A JPEG whose sample values count one by one: kept without loss."""
    found = jpeg.image.convert("RGB") if jpeg.image.mode == "YCbCr" else jpeg.image
    rows = found.tobytes("raw", "CMYK;I") if found.mode == "CMYK" else found.tobytes()
    samples = Samples(
        width=found.width, height=found.height, components=len(found.getbands()), bits=8, rows=rows
    )
    return Picture(samples=samples, size=jpeg.size)


def _fitting(picture: Picture, space: ColourSpace | None) -> ColourSpace:
    """The colour space of as many components as the samples really have."""
    if picture.jpeg is not None:
        count = len(picture.jpeg.image.getbands())
    elif picture.samples is not None:
        count = picture.samples.components
    else:
        raise Unrebuildable("no samples")
    if space is not None and space.components == count:
        return space
    own = device(count)
    if own is None:
        raise Unrebuildable("components of an image")
    return own


def _decode_array(
    context: Context, entries: dict[str, Value], space: ColourSpace, picture: Picture
) -> list[float]:
    """Table 88; empty where it says what is so anyway."""
    found = as_numbers(context, entries.get("Decode"))
    count = 2 * space.components
    if not found or len(found) < count:
        return []
    found = found[:count]
    bits = picture.samples.bits if picture.samples is not None else 8
    plain = [*space.ranges] or [0.0, 1.0] * space.components
    if space.family == "Indexed":
        plain = [0, (1 << bits) - 1]
    return [] if found == plain else found


def _colour_key(
    context: Context, entries: dict[str, Value], space: ColourSpace | None, shape: Shape
) -> list[int]:
    """8.9.6.4: ranges of sample values that are not painted."""
    found = as_numbers(context, entries.get("Mask"))
    if not found or space is None or len(found) != 2 * space.components:
        return []
    top = (1 << shape.bits) - 1
    shift = 8 if shape.bits == 16 else 0
    return [min(max(int(value), 0), top) >> shift for value in found]


def _masks(context: Context, entries: dict[str, Value], picture: Picture) -> dict[str, Made]:
    """Soft masks and stencil masks (8.9.6, 11.6.5.2)."""
    inside = context.source.get(entries, "SMaskInData")
    if inside in (1, 2) and picture.alpha is not None:
        return {"SMask": _alpha(context, picture.alpha, premultiplied=inside == 2)}
    for key, role in (("SMask", "soft"), ("Mask", "stencil")):
        value = entries.get(key)
        if isinstance(context.source.resolve(value), Stream):
            made = context.once(
                ("image", role),
                value,
                lambda v, r=role: _image(context, v, role=r),  # type: ignore[misc]
            )
            if made is not None:
                return {key: made}
    return {}


def _alpha(context: Context, alpha: Image.Image, *, premultiplied: bool) -> Target:
    """The alpha channel of a JPEG 2000 picture as a soft mask."""
    samples = Samples(
        width=alpha.width, height=alpha.height, components=1, bits=8, rows=alpha.tobytes()
    )
    head: dict[str, Made] = {"Type": Word("XObject"), "Subtype": Word("Image")}
    head["ColorSpace"] = Word("DeviceGray")
    if premultiplied:
        head["Matte"] = [0, 0, 0]
    own = device(1)
    if own is None:
        raise Unrebuildable("alpha")
    return _write(context, head, Picture(samples=samples), own, decode=[])


def _write(
    context: Context,
    head: dict[str, Made],
    picture: Picture,
    space: ColourSpace,
    *,
    decode: list[float],
) -> Target:
    """Code the samples and write the object."""
    if picture.jpeg is not None:
        size = picture.jpeg.image.size
        return _write_jpeg(context, head, size, _image_jpeg.encode_again(picture.jpeg))
    samples = picture.samples
    if samples is None:
        raise Unrebuildable("no samples")
    coded = _image_coding.code(samples, source_size=0 if picture.photo else picture.size)
    if picture.photo and "Mask" not in head and space.family != "Indexed":
        jpeg = _as_jpeg(samples, picture.size)
        if jpeg is not None and len(jpeg) < len(coded.data):
            return _write_jpeg(context, head, (samples.width, samples.height), jpeg)
    if space.family == "Indexed" and not decode:
        head["ColorSpace"] = space.with_palette(_used(samples))
    head |= {"Width": samples.width, "Height": samples.height, "BitsPerComponent": samples.bits}
    return context.file.stream(head | coded.entries, coded.data, deflate=False)


def _write_jpeg(
    context: Context, head: dict[str, Made], size: tuple[int, int], data: bytes
) -> Target:
    head |= {
        "Width": size[0], "Height": size[1], "BitsPerComponent": 8, "Filter": Word("DCTDecode"),
    }  # fmt: skip
    return context.file.stream(head, data, deflate=False)


def _as_jpeg(samples: Samples, source_size: int) -> bytes | None:
    """Grey or colour samples as a JPEG not much larger than their source."""
    mode = {1: "L", 3: "RGB"}.get(samples.components)
    if mode is None or max(samples.width, samples.height) > _image_jpeg.MAX_SIDE:
        return None
    size = (samples.width, samples.height)
    picture = Image.frombuffer(mode, size, samples.rows, "raw", mode, 0, 1)
    made = b""
    for quality, share, full in JPX_QUALITIES:
        made = _image_jpeg.encode_jpeg(
            picture, quality=quality,
            subsampling=_image_jpeg.SUBSAMPLING_444 if full else _image_jpeg.SUBSAMPLING_420,
        )  # fmt: skip
        if len(made) <= share * source_size:
            break
    return made


def _used(samples: Samples) -> frozenset[int]:
    """Palette entries that a pixel has."""
    histogram = _image_coding.unpack(samples).histogram()
    return frozenset(index for index, count in enumerate(histogram) if count)


def warm() -> None:
    """Use every codec once, so that nothing is loaded in the sandbox."""
    _image_coding.warm()
    _image_decode.warm()
    _image_jpeg.warm()
