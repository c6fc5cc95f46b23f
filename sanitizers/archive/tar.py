"""TAR of all kinds (POSIX.1-2017 ustar and pax, GNU, before ustar)."""

from __future__ import annotations

from sanitizers.archive._container import ArchiveSanitizer
from sanitizers.archive._streaming import StreamingReader


class TarSanitizer(ArchiveSanitizer):
    """TAR archives. Links and devices are withheld one by one, sparse files filled in."""

    media_types = ("application/x-tar",)
    reader = StreamingReader(formats=("tar",))
