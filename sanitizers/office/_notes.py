"""The VML boxes in which Excel shows comments (ECMA-376-4:2016, 19.4), drawn by us.

Only the places of the comments come from the input, as numbers.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers import xmltree
from sanitizers.findings import Findings
from sanitizers.office._common import name

MAX_NOTES: Final = 20_000  # comments of one sheet

_CELL: Final = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_HEAD: Final = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_BOX: Final = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202" '
    'style="position:absolute;width:108pt;height:60pt;z-index:{index};visibility:hidden" '
    'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note">'
    "<x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>"
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
    "</x:ClientData></v:shape>"
)


def boxes(comments: bytes, findings: Findings) -> bytes:
    """The drawing with one box for each comment of a comments part; b"" for none.

    Raises:
        Withheld: the part is not well-formed.
    """
    root = xmltree.parse_part(comments, findings, "comments")
    pieces = [_HEAD]
    for index, comment in enumerate(root.iter(name("x:comment")), 1):
        match = _CELL.fullmatch(comment.get("ref", ""))
        if match is None or index > MAX_NOTES:
            continue
        column = _column(match[1])
        row = int(match[2]) - 1
        anchor = (column + 1, 15, max(row - 1, 0), 10, column + 3, 15, row + 3, 4)
        pieces.append(
            _BOX.format(
                number=1024 + index, index=index, row=row, column=column,
                anchor=",".join(map(str, anchor)),
            )
        )  # fmt: skip
    return ("".join(pieces) + "</xml>").encode("ascii") if len(pieces) > 1 else b""


def _column(letters: str) -> int:
    """18.3.1.4: A is 0, Z is 25, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
