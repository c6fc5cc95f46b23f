"""Single compressed files: one filter is undone, and a TAR inside is unpacked with it.

What is inside otherwise is one file, whose name comes from gzip's header or from the outer
name. Exactly one layer: a gzip in a gzip is a member like any other, so a file that
contains itself ends at the depth of the tree.
"""

from __future__ import annotations

from sanitizers.archive._container import ArchiveSanitizer
from sanitizers.archive._streaming import StreamingReader
from sanitizers.model import Job
from sanitizers.reasons import ReasonCode, Withheld


def _check_compress(job: Job) -> None:
    """libarchive looks for this filter itself, and reads on without it where it is not.

    Raises:
        Withheld: no header of compress(1).
    """
    if bytes(job.data[:2]) != b"\x1f\x9d":
        raise Withheld(ReasonCode.DAMAGED, "no compress header")


class GzipSanitizer(ArchiveSanitizer):
    """RFC 1952."""

    media_types = ("application/gzip",)
    reader = StreamingReader(filter_name="gzip")


class Bzip2Sanitizer(ArchiveSanitizer):
    """bzip2 1.0."""

    media_types = ("application/x-bzip2",)
    reader = StreamingReader(filter_name="bzip2")


class XzSanitizer(ArchiveSanitizer):
    """The .xz file format 1.1.0."""

    media_types = ("application/x-xz",)
    reader = StreamingReader(filter_name="xz")


class LzmaSanitizer(ArchiveSanitizer):
    """LZMA alone (LZMA SDK)."""

    media_types = ("application/x-lzma",)
    reader = StreamingReader(filter_name="lzma")


class LzipSanitizer(ArchiveSanitizer):
    """lzip (RFC draft-diaz-lzip)."""

    media_types = ("application/x-lzip",)
    reader = StreamingReader(filter_name="lzip")


class ZstdSanitizer(ArchiveSanitizer):
    """Zstandard (RFC 8878)."""

    media_types = ("application/zstd",)
    reader = StreamingReader(filter_name="zstd")


class Lz4Sanitizer(ArchiveSanitizer):
    """LZ4 frames, current and legacy."""

    media_types = ("application/x-lz4",)
    reader = StreamingReader(filter_name="lz4")


class CompressSanitizer(ArchiveSanitizer):
    """compress(1), .Z."""

    media_types = ("application/x-compress",)
    reader = StreamingReader(filter_name="compress", before=_check_compress)
