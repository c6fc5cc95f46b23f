"""Builders of the samples: compound files ([MS-CFB]), TNEF, compressed RTF, and CMS."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime
from itertools import pairwise

# -- compound files ---------------------------------------------------------------

SECTOR = 512
MINI = 64
CUTOFF = 4_096
FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
#: A storage is a dict of names, a stream is bytes.
Tree = dict


class Compound:
    """Writes version 3 compound files; `entries` may be bent before `bytes`.

    `shared`: streams of the same content lie in the same sectors.
    """

    def __init__(self, tree: Tree, *, shared: bool = False) -> None:
        self._shared = shared
        self.entries: list[list] = []  # name, kind, left, right, child, start, size
        self._big: list[tuple[int, bytes]] = []
        self._mini = b""
        self._mini_fat: list[int] = []
        self._add("Root Entry", 5, tree)
        self.sectors: list[bytes] = []
        self.fat: list[int] = []

    def _add(self, name: str, kind: int, content) -> int:
        index = len(self.entries)
        entry = [name, kind, NONE, NONE, NONE, END if kind != 1 else 0, 0]
        self.entries.append(entry)
        if isinstance(content, dict):
            children = [
                self._add(n, 1 if isinstance(c, dict) else 2, c) for n, c in content.items()
            ]
            for one, other in pairwise(children):
                self.entries[one][3] = other  # a list along the right: readers take it
            entry[4] = children[0] if children else NONE
        elif len(content) >= CUTOFF:
            entry[6] = len(content)
            self._big.append((index, content))
        elif content:
            count = -(-len(content) // MINI)
            first = len(self._mini_fat)
            entry[5], entry[6] = first, len(content)
            self._mini += content.ljust(count * MINI, b"\0")
            self._mini_fat += [*range(first + 1, first + count), END]
        else:
            entry[5] = END
        return index

    def _chain(self, data: bytes) -> int:
        count = -(-len(data) // SECTOR)
        if not count:
            return END
        first = len(self.sectors)
        data = data.ljust(count * SECTOR, b"\0")
        self.sectors += [data[i * SECTOR : (i + 1) * SECTOR] for i in range(count)]
        self.fat += [*range(first + 1, first + count), END]
        return first

    def bytes(self) -> bytes:
        chains: dict[bytes, int] = {}
        for index, content in self._big:
            if not (self._shared and content in chains):
                chains[content] = self._chain(content)
            self.entries[index][5] = chains[content]
        self.entries[0][5], self.entries[0][6] = self._chain(self._mini), len(self._mini)
        mini_fat = self._chain(struct.pack(f"<{len(self._mini_fat)}I", *self._mini_fat))
        rows = b"".join(self._entry(e) for e in self.entries)
        directory = self._chain(rows.ljust(-(-len(rows) // SECTOR) * SECTOR, b"\0"))
        count = 1
        while count * (SECTOR // 4) < len(self.fat) + count:
            count += 1
        places = list(range(len(self.fat), len(self.fat) + count))
        table = [*self.fat, *[FAT] * count]
        table += [FREE] * (count * SECTOR // 4 - len(table))
        header = struct.pack(
            "<8s16s8H9I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\0" * 16, 0x3E, 3,
            0xFFFE, 9, 6, 0, 0, 0, 0, count, directory, 0, CUTOFF, mini_fat,
            -(-len(self._mini_fat) * 4 // SECTOR), END, 0,
        )  # fmt: skip
        header += struct.pack(f"<{count}I", *places) + struct.pack("<I", FREE) * (109 - count)
        return header + b"".join(self.sectors) + struct.pack(f"<{len(table)}I", *table)

    @staticmethod
    def _entry(entry: list) -> bytes:
        name, kind, left, right, child, start, size = entry
        raw = name.encode("utf-16-le")
        return struct.pack(
            "<64sHBBIII16sIQQIQ", raw, len(raw) + 2, kind, 1, left, right, child, b"\0" * 16, 0,
            0, 0, start, size,
        )  # fmt: skip


def compound(tree: Tree) -> bytes:
    return Compound(tree).bytes()


# -- MAPI -------------------------------------------------------------------------

TEXT, TEXT_8, BINARY, LONG, TIME, OBJECT = 0x1F, 0x1E, 0x102, 0x03, 0x40, 0x0D
#: FILETIME: 100 ns from 1601.
APRIL = (datetime(2026, 4, 1, 1, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)).days * 864 * 10**9
APRIL += 3_600 * 10**7


def storage(properties: dict, header: int) -> Tree:
    """A storage of properties {(identifier, type): value}; `header`: bytes before the entries."""
    tree: Tree = {}
    rows = b"\0" * header
    for (identifier, kind), value in properties.items():
        if kind in (TEXT, TEXT_8, BINARY):
            raw = value if isinstance(value, bytes) else value.encode("utf-16-le")
            tree[f"__substg1.0_{identifier:04X}{kind:04X}"] = raw
            field = struct.pack("<II", len(raw), 0)
        else:
            field = struct.pack("<Q", value)
        rows += struct.pack("<HHI8s", kind, identifier, 6, field)
    tree["__properties_version1.0"] = rows
    return tree


APPOINTMENT = bytes.fromhex("0220060000000000c000000000000046")
ADDRESS = bytes.fromhex("0420060000000000c000000000000046")
MEETING = bytes.fromhex("90dad86e0b451b1098da00aa003f1305")


def names(*named: tuple[bytes, int]) -> Tree:
    """The storage that gives 0x8000, 0x8001 … these names ([MS-OXMSG] 2.2.3)."""
    sets = b"".join(guid for guid, _ in named)
    entries = b"".join(
        struct.pack("<IHH", number, (3 + index) << 1, index)
        for index, (_, number) in enumerate(named)
    )
    return {"__substg1.0_00020102": sets, "__substg1.0_00030102": entries}


def recipient(name: str, address: str, kind: int = 1) -> Tree:
    return storage({(0x3001, TEXT): name, (0x39FE, TEXT): address, (0x0C15, LONG): kind}, 8)


def attachment(name: str, data: bytes) -> Tree:
    return storage({(0x3707, TEXT): name, (0x3701, BINARY): data, (0x3705, LONG): 1}, 8)


def embedded(message: Tree, name: str = "") -> Tree:
    tree = storage({(0x3001, TEXT): name or "m", (0x3705, LONG): 5}, 8)
    tree["__substg1.0_3701000D"] = message
    return tree


def message(properties: dict, *, recipients=(), attachments=(), top: bool = True) -> Tree:
    tree = storage(properties, 32 if top else 24)
    for number, row in enumerate(recipients):
        tree[f"__recip_version1.0_#{number:08X}"] = row
    for number, row in enumerate(attachments):
        tree[f"__attach_version1.0_#{number:08X}"] = row
    return tree


# -- TNEF -------------------------------------------------------------------------


def _padded(raw: bytes) -> bytes:
    return raw + b"\0" * (-len(raw) % 4)


def tnef_property(
    identifier: int, kind: int, value, name: str = "", number: tuple[bytes, int] | None = None
) -> bytes:
    out = struct.pack("<HH", kind, identifier)
    if number is not None:
        out += number[0] + struct.pack("<II", 0, number[1])
    elif identifier >= 0x8000:
        raw = name.encode("utf-16-le") + b"\0\0"
        out += b"G" * 16 + struct.pack("<II", 1, len(raw)) + _padded(raw)
    if kind in (TEXT, TEXT_8, BINARY, OBJECT):
        raw = value if isinstance(value, bytes) else value.encode("utf-16-le") + b"\0\0"
        return out + struct.pack("<II", 1, len(raw)) + _padded(raw)
    return out + struct.pack("<Q" if kind == TIME else "<I", value)


def tnef_properties(*rows: bytes) -> bytes:
    return struct.pack("<I", len(rows)) + b"".join(rows)


def tnef(*attributes: tuple[int, int, bytes]) -> bytes:
    """(level, identifier, value) …"""
    out = struct.pack("<IH", 0x223E9F78, 1)
    for level, identifier, value in attributes:
        out += struct.pack("<BII", level, identifier, len(value)) + value
        out += struct.pack("<H", sum(value) & 0xFFFF)
    return out


# -- compressed RTF ---------------------------------------------------------------


def lzfu(rtf: bytes) -> bytes:
    """`rtf` as literals only ([MS-OXRTFCP] 2.1.3.1.4)."""
    body = b"".join(b"\0" + rtf[i : i + 8] for i in range(0, len(rtf), 8))
    return struct.pack("<III", len(body) + 12, len(rtf), 0x75465A4C) + b"\0" * 4 + body


def mela(rtf: bytes) -> bytes:
    return struct.pack("<III", len(rtf) + 12, len(rtf), 0x414C454D) + b"\0" * 4 + rtf


# -- CMS --------------------------------------------------------------------------

PKCS7 = bytes.fromhex("2a864886f70d0107")
SMIME = bytes.fromhex("2a864886f70d01091001")


def der(tag: int, *content: bytes) -> bytes:
    raw = b"".join(content)
    if len(raw) < 128:
        return bytes([tag, len(raw)]) + raw
    size = len(raw).to_bytes((len(raw).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + raw


def ber(tag: int, *content: bytes) -> bytes:
    """The same with an indefinite length."""
    return bytes([tag, 0x80]) + b"".join(content) + b"\0\0"


def signed(content: bytes | None, *, kind: bytes = PKCS7 + b"\x02", rest: bytes = b"") -> bytes:
    """SignedData without signers, or another kind of the same shape."""
    inside = der(0x06, PKCS7 + b"\x01")
    if content is not None:
        inside += der(0xA0, der(0x04, content))
    data = der(0x30, der(0x02, b"\1"), der(0x31), der(0x30, inside), rest)
    return der(0x30, der(0x06, kind), der(0xA0, data))


def signed_in_pieces(*pieces: bytes) -> bytes:
    """What streaming signers write (X.690 8.1.3.6 and 8.7.3)."""
    octets = ber(0x24, *(der(0x04, piece) for piece in pieces))
    inside = ber(0x30, der(0x06, PKCS7 + b"\x01"), ber(0xA0, octets))
    data = ber(0x30, der(0x02, b"\1"), der(0x31), inside, der(0xA0, b"\0" * 3))
    return ber(0x30, der(0x06, PKCS7 + b"\x02"), ber(0xA0, data))


def pkcs7_entity(data: bytes, parameters: str = "; smime-type=signed-data") -> bytes:
    head = f"Content-Type: application/pkcs7-mime{parameters}\r\n"
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)


def signed_entity(content: bytes) -> bytes:
    return pkcs7_entity(signed(content))
