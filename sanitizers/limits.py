"""Every limit of the sanitizers, named, with its reason. 1 MB = 10**6 bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MB: Final = 10**6

# Tree of one item, shared by everything in it.
MAX_DEPTH: Final = 8  # mails in archives in mails: real ones stay under 5
MAX_MIME_DEPTH: Final = 50  # multipart nesting inside one mail; clients build under 10
MAX_PARTS: Final = 1_000  # members of one item; the largest real mails carry ~200

# One part.
MAX_TEXT_CHARS: Final = 20_000_000  # characters of one text output
MAX_HEADER_BYTES: Final = 1 * MB  # header block of one entity; real ones stay under 100 kB
MAX_HEADER_FIELDS: Final = 2_000  # of one entity; each costs work, however short it is
MAX_PIXELS: Final = 200_000_000  # one frame; an A0 scan at 300 dpi has 140 million
MAX_TOTAL_PIXELS: Final = 600_000_000  # all frames of one image
MAX_SIDE: Final = 65_000  # pixels along one side; JPEG itself ends at 65,535
MAX_FRAMES: Final = 2_000  # animations and multi-page TIFF (fax logs)
MAX_PAGES: Final = 2_000  # PDF
MAX_FOLDER_DEPTH: Final = 32  # folders in folders of one archive; people build under 12
MAX_NAME_CHARS: Final = 120  # a kept file name; NTFS ends at 255, paths at 260


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one sandboxed child may use. The parent enforces all of them as well."""

    wall_seconds: float = 120.0  # parent kills with SIGKILL
    cpu_seconds: int = 90  # RLIMIT_CPU
    memory_bytes: int = 2_000 * MB  # RLIMIT_AS of the child
    output_bytes: int = 500 * MB  # RLIMIT_FSIZE and the output writer
