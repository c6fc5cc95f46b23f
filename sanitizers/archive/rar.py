"""RAR 4 and 5, read only. Encrypted ones cannot be opened: the advice is to send a ZIP."""

from __future__ import annotations

from typing import Final

from sanitizers.archive._container import ArchiveSanitizer
from sanitizers.archive._streaming import StreamingReader
from sanitizers.model import Job
from sanitizers.reasons import ReasonCode, Withheld

_RAR4: Final = b"Rar!\x1a\x07\0"  # RAR 4 technote, MARK_HEAD
_RAR5: Final = b"Rar!\x1a\x07\x01\0"  # RAR 5 technote, "RAR 5.0 signature"
_MAIN_HEAD4: Final = 0x73
_VOLUME4: Final = 0x0001  # MHD_VOLUME
_ENCRYPTED4: Final = 0x0080  # MHD_PASSWORD: the headers are encrypted
_MAIN5: Final = 1
_ENCRYPTION5: Final = 4  # archive encryption header
_EXTRA5: Final = 0x0001  # header flag: extra area
_DATA5: Final = 0x0002  # header flag: data area
_VOLUME5: Final = 0x0001  # archive flag


def _check(job: Job) -> None:
    """Volumes and encrypted headers, which libarchive only calls damaged.

    Raises:
        Withheld: one of both.
    """
    head = bytes(job.data[:64])
    if head.startswith(_RAR5):
        kind, flags = _main5(head)
        if kind == _ENCRYPTION5:
            raise Withheld(ReasonCode.ENCRYPTED_RAR, "encrypted headers")
        if kind == _MAIN5 and flags & _VOLUME5:
            raise Withheld(ReasonCode.MULTI_VOLUME)
    elif head.startswith(_RAR4) and head[9:10] == bytes((_MAIN_HEAD4,)):
        flags = int.from_bytes(head[10:12], "little")
        if flags & _VOLUME4:
            raise Withheld(ReasonCode.MULTI_VOLUME)
        if flags & _ENCRYPTED4:
            raise Withheld(ReasonCode.ENCRYPTED_RAR, "encrypted headers")


def _main5(head: bytes) -> tuple[int, int]:
    """Type and archive flags of the first RAR 5 block; (0, 0) where it is cut."""
    at = len(_RAR5) + 4  # CRC32
    values = []
    for _ in range(6):
        value, at = _vint(head, at)
        values.append(value)
    _, kind, flags, *rest = values  # size, type, header flags, [extra], [data], archive flags
    return kind, rest[bool(flags & _EXTRA5) + bool(flags & _DATA5)]


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """RAR 5 technote, "vint": seven bits a byte, the low ones first."""
    value = shift = 0
    for byte in data[at : at + 10]:
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            break
    return value, at


class RarSanitizer(ArchiveSanitizer):
    """RAR archives."""

    media_types = ("application/vnd.rar",)
    reader = StreamingReader(
        formats=("rar", "rar5"), before=_check, encrypted=ReasonCode.ENCRYPTED_RAR
    )
