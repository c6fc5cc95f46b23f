"""CSV and TSV: decoded, read as a table and written anew, with nothing left to run.

A spreadsheet takes a cell that starts with = + - or @ for a formula. Cells that would call,
refer to something, or start another program get an apostrophe in front, which makes text of
them; numbers, telephone numbers, a lone - and @names stay exactly as they are. Since every
program chooses its own delimiter, the pieces of a cell behind a comma, semicolon, tab or
line break are looked at as well.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import extension
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.whole import read_text, write_text

CSV: Final = "text/csv"
TSV: Final = "text/tab-separated-values"
#: Rows whose delimiters are counted to find the one that a .csv uses.
SNIFFED_ROWS: Final = 50
#: Cells of one table: a sheet of Excel's has 1,048,576 rows.
MAX_CELLS: Final = 20_000_000

_DELIMITERS: Final = (",", ";", "\t")
#: Where a program may see the start of a cell: the start, behind any delimiter, in quotes.
_FIRST: Final = "[=+\\-@＝＋－＠﹢﹣﹦﹫−]"
_START: Final = re.compile(f'(?:^|(?<=[,;\t\n"]))[\\s"]*(?={_FIRST})')
#: The same, found faster in a whole table (behind a line break).
_ANY_START: Final = re.compile(f'[,;\t\n"][\\s"]*+{_FIRST}')
#: Leading signs; what follows decides.
_SIGNS: Final = "=+-@−"
_CALL: Final = re.compile(r"[^\W\d][\w.]*\s*\(")
_REFERENCE: Final = re.compile(r"(?<![\w.])\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w(])|R\d*C\d|\[")
_OTHER_PROGRAM: Final = re.compile(r"[|!]")


class CsvTable(Sanitizer):
    """RFC 4180 as programs really write it, and its like with tabs and semicolons."""

    media_types = (CSV, TSV)
    methods = (Method.SANITIZE,)
    outputs = (CSV, TSV)

    @classmethod
    def warm(cls) -> None:
        """A cell may be as long as a text."""
        csv.field_size_limit(MAX_TEXT_CHARS)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the table of `job` to `out`.

        Raises:
            Withheld: EMPTY, TOO_LARGE, or DAMAGED (not text).
        """
        findings = Findings()
        text = read_text(job, findings)
        delimiter = "\t" if job.media_type == TSV else _delimiter(text)
        made = io.StringIO()
        writer = csv.writer(made, delimiter=delimiter, lineterminator="\n")
        rows = _rows(text, delimiter, findings)
        if sum(map(len, rows)) > MAX_CELLS:
            raise Withheld(ReasonCode.TOO_LARGE, "cells")
        if _ANY_START.search("\n" + text):
            rows = [[_inert(cell, findings) for cell in row] for row in rows]
        writer.writerows(rows)
        write_text(made.getvalue(), out)
        return Cleaned(
            media_type=job.media_type,
            extension=extension(job.media_type),
            method=Method.SANITIZE,
            findings=findings.freeze(),
        )


def _delimiter(text: str) -> str:
    """The delimiter that the most of the first rows have, the comma where in doubt."""
    rows = [re.sub('"[^"]*"', "", row) for row in text.split("\n", SNIFFED_ROWS)[:SNIFFED_ROWS]]
    return max(_DELIMITERS, key=lambda d: (sum(d in row for row in rows), d == ","))


def _rows(text: str, delimiter: str, findings: Findings) -> list[list[str]]:
    """The rows; where the quoting is broken, with every quote as the character that it is."""
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        findings.add(Kind.DAMAGED, Action.NOTED, where="quotes of the table")
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE))


def _inert(cell: str, findings: Findings) -> str:
    """`cell` with an apostrophe before every piece that a spreadsheet would run."""
    if not _START.search(cell):
        return cell
    pieces: list[str] = []
    at = 0
    for place in sorted({match.end() for match in _START.finditer(cell)}):
        if _runs(cell[place:]):
            findings.add(Kind.FORMULA, Action.NEUTRALIZED)
            pieces += [cell[at:place], "'"]
            at = place
    return "".join((*pieces, cell[at:]))


def _runs(piece: str) -> bool:
    """Whether a spreadsheet would run a cell that begins like this.

    Full-width letters and signs count as the plain ones, as spreadsheets take them.
    """
    folded = unicodedata.normalize("NFKC", piece)
    body = folded.lstrip(_SIGNS + " \t\n")
    if folded.startswith("=") and body:
        return True
    return any(p.search(body) for p in (_CALL, _REFERENCE, _OTHER_PROGRAM))
