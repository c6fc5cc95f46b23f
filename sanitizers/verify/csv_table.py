"""CSV and TSV as our writer may write them: text, whole quotes, and no cell that runs.

The grammar of RFC 4180, section 2, with one delimiter; each cell is checked on its own for
what a spreadsheet takes for a formula.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected
from sanitizers.verify.text import visible

_CELL: Final = r'(?:"(?:[^"]|"")*+"|[^"{d}\r\n]*+)'
_TABLES: Final = tuple(
    re.compile(rf"(?:{cell}(?:[{delimiter}]{cell})*+\r\n)*+", re.DOTALL)
    for delimiter in (",", ";", "\t")
    for cell in (_CELL.replace("{d}", delimiter),)
)
_BOM: Final = b"\xef\xbb\xbf"
#: Anything that begins like a formula, wherever a program may begin a cell.
_FORMULA: Final = re.compile(r"(?:\A|[,;\t\r\n\"])[\s\"]*([=+@\-＝＋＠－﹢﹣﹦﹫−][^,;\t\r\n\"]*)")
_HARMLESS: Final = re.compile(
    r"=[=+@\s-]*"  # a ruler
    r"|[+@-](?:(?![^\W\d][\w.]*\s*\()(?!(?<![\w.])\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w(]))"
    r"(?!R\d*C\d)[^|!\[])*"
)


class CsvVerifier(Verifier):
    """Tables of plain characters."""

    media_types = ("text/csv", "text/tab-separated-values")

    def verify(self, data: memoryview) -> None:
        """Accept a table that nothing runs.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        text = visible(bytes(data).removeprefix(_BOM))
        if not any(table.fullmatch(text) for table in _TABLES):
            raise Rejected("not a table")
        for match in _FORMULA.finditer(text):
            folded = unicodedata.normalize("NFKC", match[1]).replace("−", "-")
            if not _HARMLESS.fullmatch(folded):
                raise Rejected("a cell that a spreadsheet would run")
