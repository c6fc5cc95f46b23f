"""OpenDocument files: clean, against unpack, parse, serialize and pack of the same parts.

All in one process and one run, without sandbox, cleaning of pictures and verify; ratios
within the run. The floor is lxml on every XML part, and `zipfile` around it. The verifier is
measured beside them.
"""

from __future__ import annotations

import io
import random
import zipfile
from typing import Final

from benchmarks.facts import Figure
from benchmarks.ooxml import _text, measured

_ODF: Final = "application/vnd.oasis.opendocument."
_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DECLARED: Final = " ".join(
    f'xmlns:{prefix}="{_OASIS}{word}:1.0"'
    for prefix, word in (
        ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"),
        ("draw", "drawing"), ("svg", "svg-compatible"), ("fo", "xsl-fo-compatible"),
        ("presentation", "presentation"),
    )
) + f' xmlns:of="{_OASIS}of:1.2" office:version="1.3"'  # fmt: skip


def _package(kind: str, body: str, automatic: str, masters: str = "") -> bytes:
    """A file with content and styles."""
    content = (
        f"{_HEAD}<office:document-content {_DECLARED}><office:automatic-styles>{automatic}"
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
        "</office:body></office:document-content>"
    )
    styles = (
        f"{_HEAD}<office:document-styles {_DECLARED}><office:styles/><office:automatic-styles/>"
        f"<office:master-styles>{masters}</office:master-styles></office:document-styles>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODF + kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("styles.xml", styles)
    return out.getvalue()


def _style(number: int, family: str, inner: str) -> str:
    return f'<style:style style:name="S{number}" style:family="{family}">{inner}</style:style>'


def _document(rng: random.Random) -> bytes:
    """Some forty pages with tables, as Writer writes them: automatic styles for every run."""
    pieces = []
    for number in range(1_200):
        spans = "".join(
            f'<text:span text:style-name="S{rng.randrange(200)}">{_text(rng, 8)}</text:span>'
            for _ in range(4)
        )
        paragraph = f'<text:p text:style-name="S{rng.randrange(200)}">{spans}</text:p>'
        if number % 10 == 0:
            cell = f'<table:table-cell office:value-type="string">{paragraph}</table:table-cell>'
            paragraph = f"<table:table><table:table-row>{cell * 3}</table:table-row></table:table>"
        pieces.append(paragraph)
    properties = '<style:text-properties fo:font-size="10.5pt" fo:color="#000000"/>'
    automatic = "".join(_style(n, "text", properties) for n in range(200))
    return _package("text", "".join(pieces), automatic)


def _spreadsheet(rng: random.Random) -> bytes:
    """Four sheets of 12,500 cells, a quarter of them formulas with their values."""
    sheets = []
    for sheet in range(1, 5):
        rows = []
        for row in range(1, 1_251):
            cells = []
            for column in "ABCDEFGHIJ":
                computed = ""
                if column in "EJ":
                    computed = f' table:formula="of:=SUM([.A{row}:.B{row}])"'
                number = rng.randrange(10**6)
                cells.append(
                    f'<table:table-cell table:style-name="S1"{computed} office:value-type="float" '
                    f'office:value="{number}"><text:p>{number}</text:p></table:table-cell>'
                )
            rows.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
        sheets.append(f'<table:table table:name="表{sheet}">{"".join(rows)}</table:table>')
    automatic = _style(1, "table-cell", '<style:table-cell-properties fo:padding="0.1cm"/>')
    return _package("spreadsheet", "".join(sheets), automatic)


def _presentation(rng: random.Random) -> bytes:
    """Thirty slides of twelve text boxes."""
    pages = []
    for number in range(1, 31):
        boxes = "".join(
            f'<draw:frame draw:style-name="S1" draw:name="枠{box}" svg:width="5cm" '
            f'svg:height="2cm" svg:x="{box}cm" svg:y="1cm"><draw:text-box><text:p '
            f'text:style-name="S2">{_text(rng, 20)}</text:p></draw:text-box></draw:frame>'
            for box in range(12)
        )
        pages.append(f'<draw:page draw:name="{number}枚目">{boxes}</draw:page>')
    automatic = _style(1, "graphic", '<style:graphic-properties draw:fill="none"/>') + _style(
        2, "paragraph", '<style:paragraph-properties fo:text-align="center"/>'
    )
    return _package("presentation", "".join(pages), automatic)


def run(scale: float) -> list[Figure]:
    """Milliseconds of both, how many times the floor we take, and of the verifier."""
    rng = random.Random(1)
    cases = (
        ("odt", _ODF + "text", _document(rng)),
        ("ods", _ODF + "spreadsheet", _spreadsheet(rng)),
        ("odp", _ODF + "presentation", _presentation(rng)),
    )
    return measured("ODF", cases, scale)
