"""LZH (LHA header levels 0 to 3), which Japanese offices still keep.

In a UTF-8 locale libarchive refuses names that are not UTF-8, so it is told that they are
CP932, as nearly all are; the bytes of the others survive that and are read by the ladder.
"""

from __future__ import annotations

from sanitizers.archive._container import ArchiveSanitizer
from sanitizers.archive._streaming import StreamingReader


class LzhSanitizer(ArchiveSanitizer):
    """LZH archives."""

    media_types = ("application/x-lzh",)
    reader = StreamingReader(formats=("lha",), charset="cp932", options=b"lha:hdrcharset=CP932")
