"""Which font files serve PDFs that name fonts without carrying them.

Data only: imports no PDF library, so that `doctor` can ask what is installed.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Final

_OPEN: Final = Path("/usr/share/fonts/opentype")
_TRUE: Final = Path("/usr/share/fonts/truetype")

#: For each style, the files that may serve it: the first that exists is loaded.
#: Only single-face TrueType or OpenType files: a collection needs a face index, which
#: PDFium's interface takes from a table query that memory fonts cannot answer well.
CANDIDATES: Final = MappingProxyType(
    {
        "gothic": (
            _OPEN / "ipaexfont-gothic/ipaexg.ttf",
            _OPEN / "ipafont-gothic/ipag.ttf",
            _TRUE / "vlgothic/VL-Gothic-Regular.ttf",
            _TRUE / "takao-gothic/TakaoGothic.ttf",
            _TRUE / "fonts-japanese-gothic.ttf",
        ),
        "mincho": (
            _OPEN / "ipaexfont-mincho/ipaexm.ttf",
            _OPEN / "ipafont-mincho/ipam.ttf",
            _TRUE / "takao-mincho/TakaoMincho.ttf",
            _TRUE / "fonts-japanese-mincho.ttf",
        ),
        "other": (
            _TRUE / "dejavu/DejaVuSans.ttf",
            _TRUE / "liberation/LiberationSans-Regular.ttf",
            _TRUE / "liberation2/LiberationSans-Regular.ttf",
        ),
    }
)


def fonts_available() -> dict[str, str]:
    """The font file that would serve each style; a style without one is missing."""
    found = {}
    for style, paths in CANDIDATES.items():
        path = next((p for p in paths if p.is_file()), None)
        if path is not None:
            found[style] = str(path)
    return found
