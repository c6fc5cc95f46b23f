"""Files embedded in documents: taken out where their format is known, each to be cleaned by itself.

Packages (ECMA-376-1, 15.2.10) are files as they are; OLE objects ([MS-OLEDS] 2.3) are
compound files that wrap one, or are a document of Office 97 to 2003 themselves. They reach
the reader beside the cleaned document; inside stays their picture.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Final

import olefile  # type: ignore[import-untyped]

from sanitizers.identify import cfb
from sanitizers.limits import MB
from sanitizers.names import clean_name

MAX_FILE: Final = 200 * MB  # bytes of one embedded file
MAX_LABEL: Final = 1_000  # bytes of a name in a package of the OLE packager

#: Streams that hold a whole file: OOXML, and what Acrobat and others embed.
_STREAMS: Final = ("Package", "CONTENTS", "EmbeddedOdf")
_NATIVE: Final = "\x01Ole10Native"
#: Compound files that are documents themselves.
_DOCUMENTS: Final = frozenset(
    (
        "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
        "application/vnd.ms-outlook",
    )
)  # fmt: skip
#: Headers of files that a reader knows (PDF, ZIP, JPEG, PNG); equation editors have others.
_KNOWN: Final = (b"%PDF-", b"PK\x03\x04", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """`name` is clean, "" when the object has none."""

    name: str
    data: bytes


def unpacked(data: bytes, *, package: bool) -> EmbeddedFile | None:
    """The file that an embedded part holds, or None when its format is not known.

    Args:
        package: the part is a file as it is (relationship `package`), whatever it holds.
    """
    if len(data) > MAX_FILE:
        return None
    if data[: len(cfb.SIGNATURE)] != cfb.SIGNATURE:
        return EmbeddedFile("", data) if package else None
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as compound:
            if compound.exists(_NATIVE):
                return _native(compound.openstream(_NATIVE).read())
            for name in _STREAMS:
                if compound.exists(name):
                    inner = compound.openstream(name).read()
                    if inner.startswith(_KNOWN):
                        return EmbeddedFile("", inner)
    except (OSError, ValueError, struct.error, IndexError):
        return None  # damaged: its picture stays
    if package or cfb.classify(memoryview(data), "") in _DOCUMENTS:
        return EmbeddedFile("", data)
    return None


def _native(stream: bytes) -> EmbeddedFile | None:
    """[MS-OLEDS] 2.3.6, as the OLE packager fills it: label, two paths, size, the file."""
    if len(stream) < 6 or struct.unpack_from("<H", stream, 4)[0] != 2:
        return None
    label, at = _string(stream, 6)
    _, at = _string(stream, at)
    length = struct.unpack_from("<I", stream, at + 4)[0]
    at += 8 + length
    size = struct.unpack_from("<I", stream, at)[0]
    content = stream[at + 4 : at + 4 + size]
    if len(content) != size or not size:
        return None
    return EmbeddedFile(clean_name(_decoded(label)), content)


def _string(stream: bytes, at: int) -> tuple[bytes, int]:
    end = stream.find(b"\0", at, at + MAX_LABEL)
    if end < 0:
        raise ValueError("a name without its end")
    return stream[at:end], end + 1


def _decoded(label: bytes) -> str:
    """The packager writes names in the code page of the sender's Windows."""
    for encoding in ("utf-8", "cp932"):
        try:
            return label.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""
