"""libmagic for the long tail: a name for formats that no sanitizer takes.

Only its plain signature matching runs ("soft magic"): the parsers inside libmagic for
compressed data, tar, ELF, OLE, CSV and JSON stay off, and so does every text guess. It
never names a type that a sanitizer takes: those are decided by our own checks alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sanitizers.identify.labels import FORMATS, UNKNOWN

if TYPE_CHECKING:
    import magic

#: Bytes of the head that libmagic sees. Its signatures lie in the first kilobytes,
#: but ISO 9660 sits at 32,769 and some disk formats at 65,536.
HEAD_BYTES: Final = 1_000_000

# magic.h (libmagic 5.44): MAGIC_MIME_TYPE and the MAGIC_NO_CHECK_* bits for compress, tar,
# ELF, text, CDF, CSV, tokens, encoding, JSON. What is left is MAGIC_NO_CHECK_SOFT's own.
_FLAGS: Final = 0x10 | 0x1000 | 0x2000 | 0x10000 | 0x20000 | 0x40000 | 0x80000 | 0x100000 \
    | 0x200000 | 0x400000  # fmt: skip
# MAGIC_PARAM_* → value: recursion of indirect and named rules, regex bytes, bytes looked at.
_PARAMS: Final = ((0, 15), (1, 50), (5, 4096), (6, HEAD_BYTES))

#: libmagic's words → ours, for types that our own signatures do not decide.
_ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application/x-executable": "application/x-elf",
        "application/x-pie-executable": "application/x-elf",
        "application/x-sharedlib": "application/x-elf",
        "application/x-object": "application/x-elf",
        "application/x-ichitaro4": "application/x-js-taro",
        "application/x-ichitaro5": "application/x-js-taro",
        "application/x-ichitaro6": "application/x-js-taro",
        "application/x-wine-extension-ini": UNKNOWN,
        "application/x-sqlite3": "application/vnd.sqlite3",
        "application/x-dbf": "application/x-dbf",
        "application/x-ms-wim": "application/x-ms-wim",
        "application/x-virtualbox-vhd": "application/x-vhd",
        "application/x-virtualbox-vhdx": "application/x-vhdx",
        "application/x-virtualbox-vmdk": "application/x-vmdk",
        "application/x-qemu-disk": "application/x-qcow2",
        "application/x-java-applet": "application/java-vm",
        "application/x-lz4": "application/x-lz4",
        "application/x-hwp": "application/x-hwp",
        "application/vnd.lotus-1-2-3": "application/vnd.lotus-1-2-3",
        "application/vnd.wordperfect": "application/vnd.wordperfect",
        "application/vnd.ms-works": "application/vnd.ms-works",
        "application/msonenote": "application/onenote",
        "application/x-zstd": "application/zstd",
        "application/x-ace-compressed": "application/x-ace",
        "application/x-cpio": "application/x-cpio",
        "application/x-lzip": "application/x-lzip",
        "application/x-lzop": "application/x-lzop",
        "application/warc": "application/warc",
        "image/x-portable-bitmap": "image/x-portable-anymap",
        "image/x-portable-greymap": "image/x-portable-anymap",
        "image/x-portable-pixmap": "image/x-portable-anymap",
        "image/x-tga": "image/x-tga",
        "image/x-pcx": "image/vnd.zbrush.pcx",
        "image/vnd.zbrush.pcx": "image/vnd.zbrush.pcx",
        "image/x-dds": "image/vnd.ms-dds",
        "audio/x-wav": "audio/wav",
        "audio/mpeg": "audio/mpeg",
        "audio/x-m4a": "audio/mp4",
        "audio/midi": "audio/midi",
        "audio/amr": "audio/amr",
        "video/mpeg": "video/mpeg",
        "video/quicktime": "video/quicktime",
        "video/3gpp": "video/3gpp",
        "video/x-flv": "video/x-flv",
        "application/x-dosexec": "application/x-dosexec",
        "application/x-mach-binary": "application/x-mach-binary",
    }
)

_magic: magic.Magic | None = None


def warm() -> None:
    """Load libmagic and its compiled database, and touch its pages once."""
    global _magic
    if _magic is not None:
        return
    import magic  # here, not above: the gateway imports `labels` without it

    loaded = magic.Magic(mime=True)
    magic.magic_setflags(loaded.cookie, _FLAGS)
    for parameter, value in _PARAMS:
        loaded.setparam(parameter, value)
    loaded.from_buffer(b"\x00\x01\x02\x03 warm")
    _magic = loaded


def guess(head: bytes) -> str:
    """A media type of our own table for the notice, or `UNKNOWN`.

    Raises:
        RuntimeError: `warm` was not called before the sandbox was locked.
    """
    if _magic is None:
        raise RuntimeError("libmagic was not loaded before the sandbox was locked")
    named: str = _magic.from_buffer(head[:HEAD_BYTES])
    known = _ALIASES.get(named, UNKNOWN)
    return known if known in FORMATS else UNKNOWN
