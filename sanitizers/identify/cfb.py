"""What an OLE2 compound file is, from the names and classes in its directory.

[MS-CFB] 2.2 to 2.6, our own reader: the directory chain is followed through the FAT with
bounds on every step; no stream is opened.
"""

from __future__ import annotations

import struct
from typing import Final

SIGNATURE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB] 2.2
MAX_DIRECTORY_SECTORS: Final = 2_000  # 8,000 entries of 512-byte sectors
MAX_DIFAT_SECTORS: Final = 100  # 1.6 GB of 4,096-byte sectors, 800 MB of 512-byte ones
_END: Final = 0xFFFFFFFA  # first special sector number, [MS-CFB] 2.1

_MSI: Final = "application/x-msi"
_TARO: Final = "application/x-js-taro"
#: Streams of every JustSystems document: its kind is told by others, or by the name.
_JUST_SYSTEMS: Final = frozenset(("jsrv_segmentinformation", "jsrv_summaryinformation"))
#: Root storage CLSID, first 4 bytes as written (little-endian) → type. Sources: the classes
#: registered by Windows Installer: {000C1084}, patch {000C1086}, transform {000C1082}.
_CLASSES: Final = {
    bytes.fromhex("84100c0000000000c000000000000046"): _MSI,
    bytes.fromhex("86100c0000000000c000000000000046"): _MSI,
    bytes.fromhex("82100c0000000000c000000000000046"): _MSI,
}

#: Stream or storage name (lower case) → type; the first row that is present wins.
#: [MS-OFFCRYPTO] 2.3.1; [MS-DOC] 2.1; [MS-XLS] 2.1.2; [MS-PPT] 2.1; [MS-OXMSG] 2.4;
#: Ichitaro, Hanako and HWP by the stream names that their files carry.
_NAMES: Final = (
    ("encryptedpackage", "application/x-encrypted-ooxml"),
    ("\x06dataspaces", "application/x-encrypted-ooxml"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("__nameid_version1.0", "application/vnd.ms-outlook"),
    ("documenttext", _TARO),
    ("documentviewstyles", _TARO),
    ("jscompdocument", _TARO),
    ("hwpsummaryinformation", "application/x-hwp"),
    ("\x05hwpsummaryinformation", "application/x-hwp"),
    ("worddocument", "application/msword"),
    ("workbook", "application/vnd.ms-excel"),
    ("book", "application/vnd.ms-excel"),
    ("powerpoint document", "application/vnd.ms-powerpoint"),
    ("pp40", "application/vnd.ms-powerpoint"),
    ("pp97_dualstorage", "application/vnd.ms-powerpoint"),
    ("visiodocument", "application/vnd.visio"),
    ("quill", "application/vnd.ms-publisher"),
    ("starwriterdocument", "application/vnd.sun.xml"),
    ("starcalcdocument", "application/vnd.sun.xml"),
    ("stardrawdocument", "application/vnd.sun.xml"),
    ("stardrawdocument3", "application/vnd.sun.xml"),
    ("props12", "application/vnd.ms-project"),
    ("props14", "application/vnd.ms-project"),
    ("props9", "application/vnd.ms-project"),
    ("matost", "application/vnd.ms-works"),
)
#: OLE names that only together with the file's extension mean one of these.
_BY_EXTENSION: Final = {
    "jtd": _TARO, "jtt": _TARO, "jtdc": _TARO, "jttc": _TARO,
    "jhd": "application/x-js-hanako", "jsd": "application/x-js-sanshiro",
    "msi": _MSI, "msp": _MSI, "mst": _MSI, "msc": "application/x-msc",
}  # fmt: skip


def _fat_sectors(data: memoryview, size: int) -> list[int]:
    """Where the FAT lies: 109 entries of the header, then the DIFAT chain (2.5)."""
    found = list(struct.unpack_from("<109I", data, 76))
    sector = struct.unpack_from("<I", data, 68)[0]
    for _ in range(MAX_DIFAT_SECTORS):
        at = (sector + 1) * size
        if sector >= _END or at + size > len(data):
            break
        *entries, sector = struct.unpack_from(f"<{size // 4}I", data, at)
        found.extend(entries)
    return found


def _directory(data: memoryview) -> bytes:
    """The directory stream, as far as its chain can be followed."""
    shift = struct.unpack_from("<H", data, 30)[0]
    if shift not in (9, 12):
        return b""
    size = 1 << shift
    sector = struct.unpack_from("<I", data, 48)[0]
    per = size // 4
    fat_sectors = _fat_sectors(data, size)
    parts: list[bytes] = []
    seen: set[int] = set()
    while sector < _END and sector not in seen and len(parts) < MAX_DIRECTORY_SECTORS:
        seen.add(sector)
        at = (sector + 1) * size
        if at >= len(data):
            break
        parts.append(bytes(data[at : at + size]))
        block = sector // per
        if block >= len(fat_sectors) or fat_sectors[block] >= _END:
            break
        entry = (fat_sectors[block] + 1) * size + 4 * (sector % per)
        if entry + 4 > len(data):
            break
        sector = struct.unpack_from("<I", data, entry)[0]
    return b"".join(parts)


def classify(data: memoryview, extension: str) -> str:
    """Media type of a compound file; `extension` names only what its streams leave open."""
    if len(data) < 512:
        return "application/x-ole-storage"
    directory = _directory(data)
    names: set[str] = set()
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        if directory[at + 66] in (1, 2, 5) and 2 <= length <= 64:
            name = directory[at : at + length - 2].decode("utf-16-le", "replace")
            names.add(name.lower())
    root = directory[80:96]
    if root in _CLASSES:
        return _CLASSES[root]
    for name, media_type in _NAMES:
        if name in names:
            return media_type
    # [MS-MSI]-style names: every table stream begins with U+4840.
    if any(name.startswith("\u4840") for name in names):
        return _MSI
    if {"fileheader", "bodytext"} <= names:
        return "application/x-hwp"
    if names & _JUST_SYSTEMS:
        return _BY_EXTENSION.get(extension, _TARO)
    return _BY_EXTENSION.get(extension, "application/x-ole-storage")
