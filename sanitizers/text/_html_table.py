"""Tables as text: data lined up by display width, layout as flowing blocks.

No cell's text is ever lost: what does not fit side by side is written below each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    digits = (value or "").strip()[:6]
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
        if len(cells) == 1:
            yield from cells[0]
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
        covered = {c for c, left in taken.items() if left > 0}
        taken = {c: left - 1 for c, left in taken.items() if left > 1}
        for cell in row:
            while column in covered:
                column += 1
            if column >= _MAX_COLUMNS:
                return None
            here[column] = cell
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
    short = sum(
        1
        for cell in cells
        if len(cell.lines) <= _MAX_CELL_LINES and max(map(width, cell.lines)) <= _SHORT
    )
    headed = any(cell.head for cell in cells)
    placed = _place(rows)
    if placed is None:
        return None
    columns = sorted({c for row in placed for c, cell in row.items() if cell.lines})
    rows_used = sum(1 for row in rows if any(cell.lines for cell in row))
    if len(columns) < 2 or rows_used < 2:
        return None
    heads = _head_rows(placed)
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
            need = max(map(width, cell.lines))
            covered = [c for c in columns if column <= c < column + cell.columns]
            if len(covered) > 1:
                wide.append((covered, need))
            else:
                sizes[column] = max(sizes[column], need)
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
        height = max((len(cell.lines) for cell in row.values()), default=0)
        for level in range(height):
            lines.append(_line(row, level, columns, sizes, right))
    return lines


def _line(
    row: _Placed, level: int, columns: list[int], sizes: dict[int, int], right: set[int]
) -> str:
    parts: list[str] = []
    covered_to = -1
    for column in columns:
        if column < covered_to:
            continue
        cell = row.get(column)
        text, size = "", sizes[column]
        if cell is not None:
            text = cell.lines[level] if level < len(cell.lines) else ""
            covered_to = column + cell.columns
            for other in columns:
                if column < other < covered_to:
                    size += 2 + sizes[other]
        padding = " " * max(0, size - width(text))
        parts.append(padding + text if column in right else text + padding)
    return "  ".join(parts).rstrip(" ")


def _records(placed: list[_Placed], columns: list[int], heads: int) -> list[str]:
    """Rows too wide to stand in columns: each as lines `heading: value`."""
    names: dict[int, str] = {}
    for row in placed[:heads]:
        for column, cell in row.items():
            text = " ".join(cell.lines)
            for c in columns:
                if text and column <= c < column + cell.columns:
                    names[c] = f"{names[c]} {text}" if c in names else text
    lines: list[str] = []
    for row in placed[heads:]:
        for column, cell in sorted(row.items()):
            if not cell.lines:
                continue
            name = names.get(column, "")
            lines.append(f"{name}: {cell.lines[0]}" if name else cell.lines[0])
            lines.extend(f"  {line}" if line else "" for line in cell.lines[1:])
        lines.append("")
    unused = [
        names[c] for c in names if not any(c in row and row[c].lines for row in placed[heads:])
    ]
    return [" | ".join(unused), *lines] if unused else lines
