"""Our own bounded stream decoders (ISO 32000-2, 7.4): Flate, LZW, ASCII85, ASCIIHex, RunLength.

Every decoder stops at a stated number of bytes, so that a 1 kB stream cannot become
2 GB. Damaged data give what was decoded before the damage, as viewers do. The picture
codecs (DCT, JPX, CCITT, JBIG2) are not decoded here: `decode` stops before them and
says so.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from PIL import Image

from sanitizers.pdf._objects import Name, Value

MAX_FILTERS: Final = 8  # one after the other; real streams have one or two
_CHUNK: Final = 1 << 20

#: Table 6, and the abbreviations of inline images (table 92).
NAMES: Final = MappingProxyType(
    {
        "FlateDecode": "Flate", "Fl": "Flate",
        "LZWDecode": "LZW", "LZW": "LZW",
        "ASCII85Decode": "A85", "A85": "A85",
        "ASCIIHexDecode": "AHx", "AHx": "AHx",
        "RunLengthDecode": "RL", "RL": "RL",
        "DCTDecode": "DCTDecode", "DCT": "DCTDecode",
        "CCITTFaxDecode": "CCITTFaxDecode", "CCF": "CCITTFaxDecode",
        "JBIG2Decode": "JBIG2Decode",
        "JPXDecode": "JPXDecode",
        "Crypt": "Crypt",  # 7.4.10; decrypted by qpdf before
    }
)  # fmt: skip
PICTURE_FILTERS: Final = frozenset({"DCTDecode", "CCITTFaxDecode", "JBIG2Decode", "JPXDecode"})


class TooLong(Exception):
    """A stream that would decode to more than it may."""


class BadFilter(Exception):
    """A filter that no rule knows, or more filters than allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """`filter` and `parms` are those of a picture codec that is still to be decoded."""

    data: bytes
    filter: str = ""
    parms: dict[str, Value] | None = None


def decode(
    raw: bytes,
    filters: Iterable[Value],
    parms: Iterable[Value],
    *,
    limit: int,
) -> Decoded:
    """Apply `filters` (names) with their `parms` (dictionaries or None), all resolved.

    Raises:
        TooLong: more than `limit` bytes at any stage.
        BadFilter: an unknown filter, a picture codec before another filter, too many.
    """
    chain = list(filters)
    settings = [p if isinstance(p, dict) else {} for p in parms]
    settings += [{}] * (len(chain) - len(settings))
    if len(chain) > MAX_FILTERS:
        raise BadFilter("too many filters")
    data = raw
    for index, item in enumerate(chain):
        kind = NAMES.get(item) if isinstance(item, Name) else None
        if kind is None:
            raise BadFilter("unknown filter")
        if kind in PICTURE_FILTERS:
            if index != len(chain) - 1:
                raise BadFilter("a picture codec before another filter")
            return Decoded(data=data, filter=kind, parms=settings[index])
        if kind == "Crypt":
            continue
        data = _DECODERS[kind](data, limit, settings[index])
        if len(data) > limit:
            raise TooLong
    return Decoded(data=data)


def inflate(data: bytes, limit: int) -> bytes:
    """A zlib stream as far as it goes (7.4.4).

    Raises:
        TooLong: more than `limit` bytes.
    """
    found = _inflate(data, limit, zlib.MAX_WBITS)
    if not found and data:  # perhaps only the zlib header is damaged
        found = _inflate(data[2:], limit, -zlib.MAX_WBITS)
    return found


def _inflate(data: bytes, limit: int, wbits: int) -> bytes:
    engine = zlib.decompressobj(wbits)
    try:  # the common case: whole and short
        found = engine.decompress(data, limit + 1)
    except zlib.error:
        found = _inflate_damaged(data, limit, wbits)
    if len(found) > limit:
        raise TooLong
    return found


def _inflate_damaged(data: bytes, limit: int, wbits: int) -> bytes:
    """Byte by byte near the damage, so that everything before it is kept."""
    engine = zlib.decompressobj(wbits)
    parts: list[bytes] = []
    total = 0
    step = 256
    for at in range(0, len(data), step):
        try:
            part = engine.decompress(data[at : at + step], limit + 1 - total)
        except zlib.error:
            break
        parts.append(part)
        total += len(part)
        if total > limit or engine.eof:
            break
    return b"".join(parts)


def _flate(data: bytes, limit: int, parms: dict[str, Value]) -> bytes:
    return _unpredict(inflate(data, limit), parms)


def _lzw(data: bytes, limit: int, parms: dict[str, Value]) -> bytes:
    """7.4.4.2: codes of 9 to 12 bits, high bit first, 256 clears, 257 ends."""
    early = 0 if parms.get("EarlyChange") == 0 else 1
    first = [bytes([i]) for i in range(256)] + [b"", b""]
    table = list(first)
    out: list[bytes] = []
    total = 0
    bits = buffer = 0
    width = 9
    previous = b""
    for byte in data:
        buffer = (buffer << 8 | byte) & 0xFFFFFF
        bits += 8
        if bits < width:
            continue
        bits -= width
        code = buffer >> bits & ((1 << width) - 1)
        if code == 256:
            table, width, previous = list(first), 9, b""
            continue
        if code == 257:
            break
        if code < len(table):
            entry = table[code]
        elif previous and code == len(table):
            entry = previous + previous[:1]
        else:
            break
        out.append(entry)
        total += len(entry)
        if total > limit:
            raise TooLong
        if previous and len(table) < 4096:
            table.append(previous + entry[:1])
        previous = entry
        size = len(table) + early
        width = 9 if size < 512 else 10 if size < 1024 else 11 if size < 2048 else 12
    return _unpredict(b"".join(out), parms)


_A85_SPACE: Final = re.compile(rb"[\0\t\n\f\r ]+")
_A85_BAD: Final = re.compile(rb"[^!-uz]")
_A85_PIECE: Final = 5 * 8_192  # bytes decoded at a time: its numbers take the most room
_A85_ZEROS: Final = 33 * (85**4 + 85**3 + 85**2 + 85 + 1)  # a digit of zero is "!"


def _ascii85(data: bytes, limit: int, parms: dict[str, Value]) -> bytes:
    """7.4.3."""
    data = _A85_SPACE.sub(b"", data)
    if data.startswith(b"<~"):
        data = data[2:]
    data = data.partition(b"~")[0]
    bad = _A85_BAD.search(data)
    if bad:
        data = data[: bad.start()]
    if (len(data) + 3 * data.count(b"z")) * 4 // 5 > limit + 8:
        raise TooLong
    return bytes(4).join([_base85(run) for run in data.split(b"z")])


def _base85(run: bytes) -> bytes:
    """Groups of five digits: four bytes each, fewer where the last one is short."""
    short = -len(run) % 5
    if short == 4:  # one digit says nothing
        run, short = run[:-1], 0
    run += b"u" * short
    made = bytearray()
    for at in range(0, len(run), _A85_PIECE):
        piece = run[at : at + _A85_PIECE]
        values = [
            (((a * 85 + b) * 85 + c) * 85 + d) * 85 + e - _A85_ZEROS & 0xFFFFFFFF
            for a, b, c, d, e in zip(*(piece[digit::5] for digit in range(5)), strict=True)
        ]
        made += struct.pack(f">{len(values)}I", *values)
    return bytes(made[: len(made) - short])


_NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]+")


def _asciihex(data: bytes, limit: int, parms: dict[str, Value]) -> bytes:
    """7.4.2."""
    digits = _NOT_HEX.sub(b"", data.partition(b">")[0])
    if len(digits) // 2 > limit:
        raise TooLong
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _runlength(data: bytes, limit: int, parms: dict[str, Value]) -> bytes:
    """7.4.5."""
    out = bytearray()
    at = 0
    while at < len(data):
        length = data[at]
        if length == 128:
            break
        if length < 128:
            out += data[at + 1 : at + 2 + length]
            at += 2 + length
        else:
            out += data[at + 1 : at + 2] * (257 - length)
            at += 2
        if len(out) > limit:
            raise TooLong
    return bytes(out)


def _integer(parms: dict[str, Value], key: str, default: int, low: int, high: int) -> int:
    value = parms.get(key, default)
    if not isinstance(value, int) or not low <= value <= high:
        raise BadFilter("parameters of a predictor")
    return value


def _unpredict(data: bytes, parms: dict[str, Value]) -> bytes:
    """7.4.4.4: TIFF predictor 2, PNG predictors 10 to 15."""
    if "Predictor" not in parms:
        return data
    predictor = _integer(parms, "Predictor", 1, 1, 15)
    if predictor == 1:
        return data
    colours = _integer(parms, "Colors", 1, 1, 64)
    depth = _integer(parms, "BitsPerComponent", 8, 1, 16)
    columns = _integer(parms, "Columns", 1, 1, 10**7)
    if predictor == 2:
        return _tiff(data, colours, depth, columns)
    return _png(data, max(1, colours * depth // 8), (colours * depth * columns + 7) // 8)


#: Pillow's modes of as many bytes per pixel: how far back a PNG filter looks.
_STEPS: Final = MappingProxyType({1: "L", 2: "LA", 3: "RGB", 4: "RGBA"})


def _png(data: bytes, step: int, row: int) -> bytes:
    """PNG (third edition), 9: a filter byte before each row."""
    height = -(-len(data) // (row + 1))
    mode = _STEPS.get(step)
    if mode is not None and row % step == 0 and max(data[:: row + 1], default=0) <= 4:
        data = data.ljust(height * (row + 1), b"\0")
        # Pillow's PNG decoder wants a zlib stream: one of stored blocks costs a copy.
        size = (row // step, height)
        return Image.frombytes(mode, size, zlib.compress(data, 0), "zip", mode, 0).tobytes()
    return _png_slowly(data, step, row)


def _png_slowly(data: bytes, step: int, row: int) -> bytes:
    """The same for odd sizes, and for filter bytes that no rule knows."""
    out = bytearray()
    above = bytearray(row)
    for at in range(0, len(data), row + 1):
        kind = data[at]
        line = bytearray(data[at + 1 : at + 1 + row].ljust(row, b"\0"))
        if kind == 1:
            for i in range(step, row):
                line[i] = (line[i] + line[i - step]) & 0xFF
        elif kind == 2:
            total = int.from_bytes(line, "big"), int.from_bytes(above, "big")
            line = _add_bytes(*total, row)
        elif kind == 3:
            for i in range(row):
                left = line[i - step] if i >= step else 0
                line[i] = (line[i] + (left + above[i]) // 2) & 0xFF
        elif kind == 4:
            for i in range(row):
                left = line[i - step] if i >= step else 0
                corner = above[i - step] if i >= step else 0
                line[i] = (line[i] + _paeth(left, above[i], corner)) & 0xFF
        out += line
        above = line
    return bytes(out)


def _add_bytes(a: int, b: int, size: int) -> bytearray:
    """Bytewise sums modulo 256 of two long numbers, without a loop."""
    low = int.from_bytes(b"\x7f" * size, "big")
    high = ~low & ((1 << 8 * size) - 1)
    return bytearray((((a & low) + (b & low)) ^ ((a ^ b) & high)).to_bytes(size, "big"))


def _paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    if pa <= pb and pa <= pc:
        return a
    return b if pb <= pc else c


def _tiff(data: bytes, colours: int, depth: int, columns: int) -> bytes:
    """TIFF 6.0, section 14: differences of neighbours, by component."""
    row = (colours * depth * columns + 7) // 8
    out = bytearray()
    for at in range(0, len(data), row):
        line = bytearray(data[at : at + row])
        if depth == 8:
            for i in range(colours, len(line)):
                line[i] = (line[i] + line[i - colours]) & 0xFF
        elif depth == 16:
            for i in range(2 * colours, len(line) - 1, 2):
                j = i - 2 * colours
                value = (line[i] << 8 | line[i + 1]) + (line[j] << 8 | line[j + 1])
                line[i], line[i + 1] = value >> 8 & 0xFF, value & 0xFF
        else:
            line = _tiff_small(line, colours, depth)
        out += line
    return bytes(out)


def _tiff_small(line: bytearray, colours: int, depth: int) -> bytearray:
    size = len(line)
    bits = int.from_bytes(line, "big")
    mask = (1 << depth) - 1
    count = size * 8 // depth
    values = [bits >> (size * 8 - depth * (i + 1)) & mask for i in range(count)]
    for i in range(colours, count):
        values[i] = (values[i] + values[i - colours]) & mask
    result = 0
    for value in values:
        result = result << depth | value
    return bytearray((result << (size * 8 - depth * count)).to_bytes(size, "big"))


_Decoder = Callable[[bytes, int, dict[str, Value]], bytes]
_DECODERS: Final[MappingProxyType[str, _Decoder]] = MappingProxyType(
    {"Flate": _flate, "LZW": _lzw, "A85": _ascii85, "AHx": _asciihex, "RL": _runlength}
)
