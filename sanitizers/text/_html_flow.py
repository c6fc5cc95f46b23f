"""Blocks: headings, paragraphs, quotes, lists and tables."""

from __future__ import annotations

from typing import Any, Final

from selectolax.lexbor import LexborNode

from sanitizers.text._html_lines import Lines
from sanitizers.text._html_table import Cell, Table, span, table_lines
from sanitizers.text._html_walk import After, Attributes, Walk, leave_block, leave_paragraph

#: Tables inside tables up to here are laid out; deeper ones flow. Newsletters nest about 10.
_MAX_TABLES: Final = 25
_RULE: Final = "-" * 40
_HEADING_MARKS: Final = {
    "h1": "■ ", "h2": "■ ", "h3": "◆ ", "h4": "◇ ", "h5": "◇ ", "h6": "◇ ",
}  # fmt: skip
_HEADING_SIGNS: Final = frozenset("■□◆◇●○◎★☆▼▽▲△▶▷【＜≪《〈［〔※♪＊")
_MAX_LIST_NUMBER: Final = 10**9
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MAX_ROMAN: Final = 3999


def block(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """Any block without a form of its own."""
    if walk.mask:
        return None
    walk.left -= 1
    walk.out.end_line()
    return leave_block, None


def paragraph(walk: Walk, node: LexborNode, _attributes: Attributes) -> After:
    """A block between blank lines."""
    if walk.mask:
        return None
    walk.left -= 1
    parent = node.parent
    if walk.lists and parent is not None and parent.tag == "li":
        first = node.prev is None or (node.prev.is_text_node and node.prev.prev is None)
        if first and node.tag == "p":
            walk.out.end_line()
            return leave_block if _is_last(node) else leave_paragraph, None
        if _is_last(node):
            walk.out.paragraph()
            return leave_block, None
    walk.out.paragraph()
    return leave_paragraph, None


def _is_last(node: LexborNode) -> bool:
    following = node.next
    return following is None or (following.is_text_node and following.next is None)


def line_break(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """`<br>`."""
    if not walk.mask:
        walk.left -= 1
        walk.out.line_break()
    return None


def rule(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """`<hr>`: a row of dashes."""
    if not walk.mask:
        walk.out.end_line()
        walk.put(_RULE)
        walk.out.end_line()
    return None


def _prefixed(walk: Walk, mark: str, rest: str, *, apart: bool) -> After:
    if walk.mask:
        return None
    walk.left -= len(mark)
    if apart:
        walk.out.paragraph()
    saved = walk.out.push(mark, rest)
    return _leave_prefixed, (walk.out, saved, apart)


def _leave_prefixed(_: Walk, state: tuple[Lines, tuple[str, str | None], bool]) -> None:
    out, saved, apart = state
    out.pop(saved)
    if apart:
        out.gap = True


def heading(walk: Walk, node: LexborNode, _attributes: Attributes) -> After:
    """A heading, with a mark unless its author wrote one."""
    begin = "" if walk.mask else (node.text(deep=True) or "").lstrip()[:1]
    mark = "" if begin in _HEADING_SIGNS else _HEADING_MARKS[node.tag or "h6"]
    return _prefixed(walk, mark, "", apart=True)


def quote_block(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """A quotation, marked as in mail."""
    return _prefixed(walk, "> ", "> ", apart=True)


def definition(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """`<dd>`: indented under its term."""
    return _prefixed(walk, "  ", "  ", apart=False)


def preformatted(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """Text whose white space stays."""
    walk.pre = True
    if walk.mask:
        return None
    walk.out.paragraph()
    return leave_paragraph, None


# --------------------------------------------------------------------------- lists


def list_(walk: Walk, node: LexborNode, attributes: Attributes) -> After:
    """A list; lists in lists follow without a blank line."""
    if walk.mask:
        return None
    kind, number, step = "", 1, 1
    if node.tag == "ol":
        kind = (attributes.get("type") or "1").strip()[:1] or "1"
        if "reversed" in attributes:
            number, step = _items(node), -1
        number = _integer(attributes.get("start"), number)
    if walk.lists:
        walk.out.end_line()
    else:
        walk.out.paragraph()
    walk.lists.append([kind, number, step])
    return _leave_list, None


def _items(node: LexborNode) -> int:
    count = 0
    child = node.first_child
    while child is not None:
        count += child.tag == "li"
        child = child.next
    return count


def _leave_list(walk: Walk, _: None) -> None:
    walk.lists.pop()
    if walk.lists:
        walk.out.end_line()
    else:
        walk.out.paragraph()


def item(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """A list item, numbered in an `<ol>`."""
    mark = "・"
    if walk.lists and walk.lists[-1][0]:
        state = walk.lists[-1]
        if "value" in attributes:
            state[1] = _integer(attributes.get("value"), state[1])
        mark = f"{_numeral(state[1], state[0])}. "
        state[1] += state[2]
    return _prefixed(walk, mark, "  " if mark == "・" else " " * len(mark), apart=False)


def _integer(value: str | None, default: int) -> int:
    text = (value or "").strip()[:10]
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        return default
    return max(-_MAX_LIST_NUMBER, min(_MAX_LIST_NUMBER, int(text)))


def _numeral(number: int, kind: str) -> str:
    """The number of a list item in the style of `<ol type>` (HTML, 4.4.5)."""
    if kind in "aA" and number > 0:
        letters = ""
        while number:
            number, digit = divmod(number - 1, 26)
            letters = chr(ord(kind) + digit) + letters
        return letters
    if kind in "iI" and 0 < number <= _MAX_ROMAN:
        roman = ""
        for value, sign in _ROMAN:
            count, number = divmod(number, value)
            roman += sign * count
        return roman if kind == "i" else roman.upper()
    return str(number)


# -------------------------------------------------------------------------- tables


def table(walk: Walk, _node: LexborNode, attributes: Attributes) -> After:
    """A table; its cells are laid out when all are known."""
    if walk.tables and walk.tables[-1] is not None:
        walk.tables[-1].nested = True
    table: Table | None = None
    if len(walk.tables) < _MAX_TABLES:
        role = (attributes.get("role") or "").lower()
        table = Table(presentation=role in ("presentation", "none"))
    walk.out.end_line()
    walk.tables.append(table)
    return _leave_table, None


def _leave_table(walk: Walk, _: None) -> None:
    table = walk.tables.pop()
    walk.out.end_line()
    if table is not None:
        lines, data = table_lines(table)
        if data:
            walk.out.gap = True
        walk.out.block(lines)
        if data:
            walk.out.gap = True


def row(walk: Walk, _node: LexborNode, _attributes: Attributes) -> After:
    """A row of the innermost table."""
    table = walk.tables[-1] if walk.tables else None
    if table is None:
        walk.out.end_line()
    else:
        table.row()
    return None


def cell(walk: Walk, node: LexborNode, attributes: Attributes) -> After:
    """A cell: a flow of its own."""
    table = walk.tables[-1] if walk.tables else None
    if table is None:
        walk.out.end_line()
        return leave_block, None
    walk.left -= 2
    columns = span(attributes["colspan"]) if "colspan" in attributes else 1
    rows = span(attributes["rowspan"]) if "rowspan" in attributes else 1
    state = (walk.out, walk.lists, table, columns, rows, node.tag == "th")
    walk.out = Lines()
    walk.lists = []
    return _leave_cell, state


def _leave_cell(walk: Walk, state: tuple[Lines, list[list[Any]], Table, int, int, bool]) -> None:
    out = walk.out
    lines = out.finish()
    walk.out, walk.lists, table, columns, rows, head = state
    table.add(Cell(lines, columns, rows, head, out.led, out.gap))
