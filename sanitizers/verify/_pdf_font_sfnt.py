"""Grammar of TrueType fonts of rebuilt documents (OpenType 1.9), to the last byte.

The table directory by the letter, without gaps and with right checksums; of each table
every field. What `head`, `maxp` and `hhea` say must be what the glyphs are.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from typing import Final

from sanitizers.verify import Rejected
from sanitizers.verify._pdf_font_cmap import check_character_maps
from sanitizers.verify._pdf_font_glyf import Shape, check_outlines
from sanitizers.verify._pdf_glyph_names import check_glyph_name

#: The font of invisible text is one constant, known by its hash.
GLYPHLESS_SHA256: Final = "7024b2cd120ed111e762a7455a0ff2e09fba7e8eee6d543030c76c8d6929e417"
_REQUIRED: Final = (b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"post")
_WHOLE: Final = 0xB1B0AFBA  # the sum of a whole file with its adjustment ("head")
_FLAGS: Final = 0b1011
_STYLES: Final = 0x7F
_STANDARD_NAMES: Final = 258  # of "post", format 1


def check_sfnt(data: bytes) -> None:
    """A TrueType file.

    Raises:
        Rejected: a field or byte that is not of the grammar.
    """
    if hashlib.sha256(data).hexdigest() == GLYPHLESS_SHA256:
        return
    tables = _tables(data)
    head, maxp = tables[b"head"], tables[b"maxp"]
    if len(maxp) != 32 or len(head) != 54:
        raise Rejected("length of a font's table")
    count = int.from_bytes(maxp[4:6], "big")
    long = head[50:52] == b"\0\1"
    shapes = check_outlines(tables[b"loca"], tables[b"glyf"], count, long=long)
    _check_head(head, shapes, long=long)
    _check_maxp(maxp, shapes)
    _check_metrics(tables[b"hhea"], tables[b"hmtx"], count)
    _check_post(tables[b"post"], count)
    if b"cmap" in tables:
        check_character_maps(tables[b"cmap"], count)


def _tables(data: bytes) -> dict[bytes, bytes]:
    if len(data) < 12 or data[:4] != b"\0\1\0\0":
        raise Rejected("version of a font")
    count, *search = struct.unpack_from(">4H", data, 4)
    power = 1 << (count.bit_length() - 1) if count else 0
    if search != [power * 16, power.bit_length() - 1, (count - power) * 16]:
        raise Rejected("directory of a font")
    if len(data) < 12 + 16 * count:
        raise Rejected("directory of a font")
    tables: dict[bytes, bytes] = {}
    at = 12 + 16 * count
    whole = _sum(data[:at])  # tables are of whole words, so that their sums add up
    for index in range(count):
        tag, checksum, offset, length = struct.unpack_from(">4sIII", data, 12 + 16 * index)
        table = data[offset : offset + length]
        padding = data[offset + length : offset + length + (-length) % 4]
        if offset != at or len(table) != length or any(padding):
            raise Rejected("a gap between a font's tables")
        at += length + (-length) % 4
        own = _sum(table)
        whole += own
        if tag == b"head":  # its adjustment does not count
            own = (own - int.from_bytes(table[8:12], "big")) & 0xFFFFFFFF
        if own != checksum:
            raise Rejected("checksum of a font's table")
        tables[tag] = table
    if at != len(data) or whole & 0xFFFFFFFF != _WHOLE:
        raise Rejected("data after a font's tables")
    names = tuple(tables)
    if names not in (_REQUIRED, (b"cmap", *_REQUIRED)) or len(names) != count:
        raise Rejected("tables of a font")
    return tables


def _sum(table: bytes) -> int:
    padded = table + bytes(-len(table) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF


def _check_head(head: bytes, shapes: Sequence[Shape], *, long: bool) -> None:
    fields = struct.unpack(">HHIIIHHqqhhhhHHhhh", head)
    boxes = [shape.box for shape in shapes if shape.box]
    box = tuple(
        choose(values)
        for choose, values in zip((min, min, max, max), zip(*boxes, strict=True), strict=False)
    ) or (0, 0, 0, 0)  # fmt: skip
    if (
        fields[:3] != (1, 0, 0x10000) or fields[4] != 0x5F0F3CF5 or fields[5] & ~_FLAGS
        or not 16 <= fields[6] <= 16_384 or fields[7:9] != (0, 0) or fields[9:13] != box
        or fields[13] & ~_STYLES or fields[14:] != (0, 2, int(long), 0)
    ):  # fmt: skip
        raise Rejected("head of a font")


def _check_maxp(maxp: bytes, shapes: Sequence[Shape]) -> None:
    simple = [shape for shape in shapes if not shape.parts]
    composite = [shape for shape in shapes if shape.parts]
    wanted = (
        0x10000, len(shapes),
        max((shape.points for shape in simple), default=0),
        max((shape.contours for shape in simple), default=0),
        max((shape.points for shape in composite), default=0),
        min(65_535, max((shape.contours for shape in composite), default=0)),
        2, 0, 0, 0, 0, 0, 0,
        max((len(shape.parts) for shape in composite), default=0),
        max((shape.depth for shape in composite), default=0),
    )  # fmt: skip
    if struct.unpack(">I14H", maxp) != wanted or not shapes:
        raise Rejected("sizes of a font")


def _check_metrics(hhea: bytes, hmtx: bytes, count: int) -> None:
    if len(hhea) != 36:
        raise Rejected("metrics of a font")
    fields = struct.unpack(">HHhhhHhhhhhhhhhhhH", hhea)
    full = fields[-1]
    if not 1 <= full <= count or len(hmtx) != 4 * full + 2 * (count - full):
        raise Rejected("metrics of a font")
    widest = max(struct.unpack(">" + "H2x" * full, hmtx[: 4 * full]))
    if fields[:2] != (1, 0) or fields[4:-1] != (0, widest, 0, 0, 0, 1, *(0,) * 7):
        raise Rejected("metrics of a font")


def _check_post(post: bytes, count: int) -> None:
    """Format 3 without names, or format 2 with names of glyphs, each used."""
    if post[4:32] != bytes(28):
        raise Rejected("names of a font")
    if post[:4] == b"\0\3\0\0":
        if len(post) != 32:
            raise Rejected("names of a font")
        return
    if post[:4] != b"\0\2\0\0" or post[32:34] != count.to_bytes(2, "big"):
        raise Rejected("names of a font")
    at = 34 + 2 * count
    if len(post) < at:
        raise Rejected("names of a font")
    used = set(struct.unpack_from(f">{count}H", post, 34))
    number = _STANDARD_NAMES
    while at < len(post):
        name = post[at + 1 : at + 1 + post[at]]
        if len(name) != post[at] or number not in used:
            raise Rejected("names of a font")
        check_glyph_name(name.decode("latin-1"))
        at += 1 + len(name)
        number += 1
    if max(used) >= number:
        raise Rejected("names of a font")
