"""A tiny built-in document for `warm`: Japanese and Latin text, no embedded font.

Drawing it once before the sandbox is locked makes PDFium build its tables and ask for
the system fonts. It must not embed anything.
"""

from __future__ import annotations

from typing import Final


def _document(text: str) -> bytes:
    shown = text.encode("cp932").hex().encode("ascii")
    contents = b"BT /F1 20 Tf 10 40 Td <%s> Tj /F2 12 Tf (Aa) Tj ET" % shown
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 7 0 R"
        b" /Resources << /Font << /F1 4 0 R /F2 8 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /MS-Gothic /Encoding /90ms-RKSJ-H"
        b" /DescendantFonts [5 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /MS-Gothic /FontDescriptor 6 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>",
        b"<< /Type /FontDescriptor /FontName /MS-Gothic /Flags 4 /FontBBox [0 -137 1000 859]"
        b" /ItalicAngle 0 /Ascent 859 /Descent -140 /CapHeight 700 /StemV 80 >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(contents), contents),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out = b"%PDF-1.5\n"
    rows = b"0000000000 65535 f \n"
    for index, body in enumerate(objects, 1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (index, body)
    size = len(objects) + 1
    table = b"xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (size, rows, size)
    return out + table + b"startxref\n%d\n%%%%EOF\n" % len(out)


SAMPLE: Final = _document("無害化")
