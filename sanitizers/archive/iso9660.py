"""ISO 9660 images (ECMA-119, Joliet, Rock Ridge), read as an archive of their files.

Boot records, the system area and hybrid partitions are not files, so they do not cross.
"""

from __future__ import annotations

from sanitizers.archive._container import ArchiveSanitizer
from sanitizers.archive._streaming import StreamingReader


class IsoSanitizer(ArchiveSanitizer):
    """ISO 9660 images."""

    media_types = ("application/x-iso9660-image",)
    reader = StreamingReader(formats=("iso9660",))
