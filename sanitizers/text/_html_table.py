"""Tables as text: data lined up by display width, layout as flowing blocks.

No cell's text is ever lost: what does not fit side by side is written below each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sanitizers.text._html_lines import width

_MAX_WIDTH: Final = 100  # columns of a table side by side; a mail window shows about so many
_MAX_COLUMNS: Final = 30
_SHORT: Final = 40  # columns of a cell that is data, not prose
_SHORT_IN_ROW: Final = 30  # columns of a layout cell that may stand beside others
_MAX_CELL_LINES: Final = 4
_SHORT_SHARE: Final = 0.75
_MAX_SPAN: Final = 1_000  # HTML, 4.9.11
_MAX_HEADING: Final = 60  # characters of a heading repeated before each value
_NUMBER: Final = re.compile(r"[-+±▲△¥￥$]?[\d,.０-９]+[ %％円件人名個年月日歳時分回点枚]?")


@dataclass(slots=True)
class Cell:
    """One cell, its text already in lines."""

    lines: list[str]
    columns: int = 1
    rows: int = 1
    head: bool = False
    above: bool = False  # its text has a margin above, or below: laid out, a blank line
    below: bool = False
    widths: Sequence[int] = ()  # of the lines, once they are needed
    widest: int = 0


@dataclass(slots=True)
class Table:
    """A table while it is read."""

    rows: list[list[Cell]] = field(default_factory=list)
    nested: bool = False  # another table inside: made for layout
    presentation: bool = False  # says so itself (ARIA role)

    def row(self) -> None:
        """A new row starts."""
        self.rows.append([])

    def add(self, cell: Cell) -> None:
        """The next cell of the row."""
        if not self.rows:
            self.rows.append([])
        self.rows[-1].append(cell)


def span(value: str | None) -> int:
    """A colspan or rowspan attribute as a number within bounds."""
    if not value:
        return 1
    digits = value.strip()[:6]
    return max(1, min(_MAX_SPAN, int(digits))) if digits.isascii() and digits.isdigit() else 1


def table_lines(table: Table) -> tuple[list[str], bool]:
    """The text of `table` (empty lines are blank ones), and whether it is one of data."""
    if not any(cell.lines for row in table.rows for cell in row):
        return [], False
    if not table.nested and not table.presentation:
        grid = _grid(table.rows)
        if grid:
            return grid, True
    return list(_flow(table.rows)), False


# ------------------------------------------------------------------------- layout tables


def _flow(rows: list[list[Cell]]) -> Iterator[str]:
    for row in rows:
        cells = [cell.lines for cell in row if cell.lines]
        if not cells:
            continue
        if any(cell.above for cell in row):
            yield ""
        if len(cells) == 1:
            yield from cells[0]
            if any(cell.below for cell in row):
                yield ""
            continue
        if all(len(c) == 1 and width(c[0]) <= _SHORT_IN_ROW for c in cells):
            yield " | ".join(c[0] for c in cells)
            continue
        for lines in cells:
            if len(lines) > 1:
                yield ""
            yield from lines
        yield ""


# --------------------------------------------------------------------------- data tables

_Placed = dict[int, Cell]  # column -> cell that starts there


def _place(rows: list[list[Cell]]) -> list[_Placed] | None:
    """Cells by column, spans minded (HTML, 4.9.12.1); None when too many columns."""
    placed: list[_Placed] = []
    taken: dict[int, int] = {}  # column -> rows still covered from above
    for row in rows:
        here: _Placed = {}
        column = 0
        covered = set(taken)
        taken = {c: left - 1 for c, left in taken.items() if left > 1}
        for cell in row:
            while column in covered:
                column += 1
            if column >= _MAX_COLUMNS:
                return None
            here[column] = cell
            if cell.columns == cell.rows == 1:
                column += 1
                continue
            for _ in range(min(cell.columns, _MAX_COLUMNS)):
                if cell.rows > 1 and column < _MAX_COLUMNS:
                    taken[column] = cell.rows - 1
                column += 1
        placed.append(here)
    return placed


def _grid(rows: list[list[Cell]]) -> list[str] | None:
    """A data table, or None when the rows do not look like one."""
    rows = [row for row in rows if row]
    cells = [cell for row in rows for cell in row if cell.lines]
    headed = any(cell.head for cell in cells)
    placed = _place(rows)
    if placed is None:
        return None
    columns = sorted({c for row in placed for c, cell in row.items() if cell.lines})
    rows_used = sum(1 for row in rows if any(cell.lines for cell in row))
    if len(columns) < 2 or rows_used < 2:
        return None
    heads = _head_rows(placed)
    short = 0
    for cell in cells:
        cell.widths = widths = [width(line) for line in cell.lines]
        cell.widest = widths[0] if len(widths) == 1 else max(widths)
        short += cell.widest <= _SHORT and len(widths) <= _MAX_CELL_LINES
    if short < _SHORT_SHARE * len(cells):
        return _records(placed, columns, heads) if headed and heads else None
    sizes = _sizes(placed, columns)
    if sum(sizes.values()) + 2 * (len(columns) - 1) > _MAX_WIDTH:
        return _records(placed, columns, heads)
    return _side_by_side(placed, columns, sizes, heads)


def _head_rows(placed: list[_Placed]) -> int:
    """How many rows at the top are headings throughout."""
    count = 0
    for row in placed[:5]:
        seen = [cell for cell in row.values() if cell.lines]
        if not seen or not all(cell.head for cell in seen):
            break
        count += 1
    return count if count < len(placed) else 0


def _sizes(placed: list[_Placed], columns: list[int]) -> dict[int, int]:
    sizes = dict.fromkeys(columns, 0)
    wide: list[tuple[list[int], int]] = []
    for row in placed:
        for column, cell in row.items():
            if not cell.lines:
                continue
            need = cell.widest
            if cell.columns > 1:
                covered = [c for c in columns if column <= c < column + cell.columns]
                wide.append((covered, need))
            elif need > sizes[column]:
                sizes[column] = need
    for covered, need in wide:
        have = sum(sizes[c] for c in covered) + 2 * (len(covered) - 1)
        if need > have:
            sizes[covered[-1]] += need - have
    return sizes


def _side_by_side(
    placed: list[_Placed], columns: list[int], sizes: dict[int, int], heads: int
) -> list[str]:
    right = {
        c
        for c in columns
        if all(
            len(row[c].lines) == 1 and _NUMBER.fullmatch(row[c].lines[0])
            for row in placed[heads:]
            if c in row and row[c].lines
        )
    }
    lines: list[str] = []
    for index, row in enumerate(placed):
        if index == heads and heads:
            lines.append("  ".join("-" * sizes[c] for c in columns))
        slots = _slots(row, columns, sizes, right)
        height = max((len(cell.lines) for cell in row.values()), default=0)
        for level in range(height):
            parts: list[str] = []
            for cell, size, to_right in slots:
                text = ""
                if cell is not None and level < len(cell.lines):
                    text = cell.lines[level]
                    size -= cell.widths[level]
                parts.append(" " * size + text if to_right else text + " " * size)
            lines.append("  ".join(parts).rstrip(" "))
    return lines


def _slots(
    row: _Placed, columns: list[int], sizes: dict[int, int], right: set[int]
) -> list[tuple[Cell | None, int, bool]]:
    """What stands beside each other in a row: cell, size, whether it is pushed right."""
    slots: list[tuple[Cell | None, int, bool]] = []
    covered_to = -1
    for column in columns:
        if column < covered_to:
            continue
        cell = row.get(column)
        size, alone = sizes[column], True
        if cell is not None and cell.columns > 1:
            covered_to = column + cell.columns
            size += sum(2 + sizes[c] for c in columns if column < c < covered_to)
            alone = False
        slots.append((cell, size, alone and column in right))
    return slots


def _records(placed: list[_Placed], columns: list[int], heads: int) -> list[str]:
    """Rows too wide to stand in columns: each as lines `heading: value`."""
    names: dict[int, str] = {}
    for row in placed[:heads]:
        for column, cell in row.items():
            text = " ".join(cell.lines)
            for c in columns:
                if text and column <= c < column + cell.columns:
                    names[c] = f"{names[c]} {text}" if c in names else text
    short = {
        c: text if len(text) <= _MAX_HEADING else text[:_MAX_HEADING] + "…"
        for c, text in names.items()
    }
    lines: list[str] = []
    for row in placed[heads:]:
        for column, cell in sorted(row.items()):
            if not cell.lines:
                continue
            name = short.get(column, "")
            lines.append(f"{name}: {cell.lines[0]}" if name else cell.lines[0])
            lines.extend(f"  {line}" if line else "" for line in cell.lines[1:])
        lines.append("")
    alone = [  # headings that stand before no value, or not as a whole
        names[c]
        for c in names
        if short[c] != names[c] or not any(c in row and row[c].lines for row in placed[heads:])
    ]
    return [" | ".join(dict.fromkeys(alone)), *lines] if alone else lines
