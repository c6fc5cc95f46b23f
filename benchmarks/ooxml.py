"""Office files: clean and assemble, against unpack, parse, serialize and pack of the same parts.

All in one process and one run, without sandbox, cleaning of pictures and verify; ratios
within the run. The floor is lxml on every XML part, and `zipfile` around it. The verifier is
measured beside them.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterable
from functools import partial
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

from benchmarks.facts import Figure, medians_ms
from sanitizers.model import Cleaned, Job, Sanitizer
from sanitizers.registry import sanitizers_of, verifiers

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "http://schemas.openxmlformats.org/"
_W: Final = _OPEN + "wordprocessingml/2006/main"
_X: Final = _OPEN + "spreadsheetml/2006/main"
_P: Final = _OPEN + "presentationml/2006/main"
_A: Final = _OPEN + "drawingml/2006/main"
_R: Final = _OPEN + "officeDocument/2006/relationships"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WORDS: Final = ("令和", "予算", "議会", "資料", "市民", "窓口", "申請", "報告", "、", "。")


def _package(parts: dict[str, str], relations: dict[str, list[tuple[str, str]]]) -> bytes:
    """Parts, and (type, target) of each source; the first part is the main one."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for source, rows in relations.items():
            folder, _, name = source.rpartition("/")
            path = f"{folder}/_rels/{name}.rels" if folder else "_rels/.rels"
            body = "".join(
                f'<Relationship Id="rId{n}" Type="{_R}/{kind}" Target="{target}"/>'
                for n, (kind, target) in enumerate(rows, 1)
            )
            namespace = _OPEN + "package/2006/relationships"
            archive.writestr(
                path, f'{_HEAD}<Relationships xmlns="{namespace}">{body}</Relationships>'
            )
        for name, text in parts.items():
            archive.writestr(name, _HEAD + text)
    return out.getvalue()


def _text(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(_WORDS, k=length))


def _document(rng: random.Random) -> bytes:
    """Some forty pages with tables, as Word writes them: many small runs and session numbers."""
    pieces = []
    for number in range(1_200):
        runs = "".join(
            f'<w:r w:rsidR="00{rng.randrange(16**6):06X}"><w:rPr><w:rFonts w:hint="eastAsia"/>'
            f'<w:sz w:val="21"/></w:rPr><w:t>{_text(rng, 8)}</w:t></w:r>'
            for _ in range(4)
        )
        paragraph = f'<w:p w:rsidR="00{number:06X}"><w:pPr><w:jc w:val="both"/></w:pPr>{runs}</w:p>'
        if number % 10 == 0:
            cell = f'<w:tc><w:tcPr><w:tcW w:w="2000" w:type="dxa"/></w:tcPr>{paragraph}</w:tc>'
            paragraph = f"<w:tbl><w:tblPr/><w:tr>{cell * 3}</w:tr></w:tbl>"
        pieces.append(paragraph)
    body = "".join(pieces)
    text = f'<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>{body}</w:body></w:document>'
    main = "word/document.xml"
    return _package({main: text}, {"": [("officeDocument", main)]})


def _workbook(rng: random.Random) -> bytes:
    """Four sheets of 12,500 cells, a quarter of them formulas with their values."""
    parts = {}
    for sheet in range(1, 5):
        rows = []
        for row in range(1, 1_251):
            cells = "".join(
                f'<c r="{column}{row}" s="1"><f>SUM(A{row}:B{row})</f><v>{row}</v></c>'
                if column in "EJ"
                else f'<c r="{column}{row}"><v>{rng.randrange(10**6)}</v></c>'
                for column in "ABCDEFGHIJ"
            )
            rows.append(f'<row r="{row}" spans="1:10">{cells}</row>')
        parts[f"xl/worksheets/sheet{sheet}.xml"] = (
            f'<worksheet xmlns="{_X}" xmlns:r="{_R}"><sheetData>{"".join(rows)}</sheetData>'
            "</worksheet>"
        )
    names = "".join(f'<sheet name="表{n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, 5))
    main = "xl/workbook.xml"
    book = f'<workbook xmlns="{_X}" xmlns:r="{_R}"><sheets>{names}</sheets></workbook>'
    relations = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, 5)]
    return _package({main: book, **parts}, {"": [("officeDocument", main)], main: relations})


def _presentation(rng: random.Random) -> bytes:
    """Thirty slides of twelve text boxes."""
    group = (
        '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    )
    parts = {}
    for number in range(1, 31):
        boxes = "".join(
            f'<p:sp><p:nvSpPr><p:cNvPr id="{box}" name="TextBox {box}"/><p:cNvSpPr txBox="1"/>'
            '<p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="1" y="1"/><a:ext cx="9" cy="9"/>'
            '</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr/>'
            "<a:p>"
            f'<a:r><a:rPr lang="ja-JP" sz="1800" dirty="0"/><a:t>{_text(rng, 20)}</a:t></a:r></a:p>'
            "</p:txBody></p:sp>"
            for box in range(2, 14)
        )
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{_P}" xmlns:a="{_A}" xmlns:r="{_R}"><p:cSld><p:spTree>{group}{boxes}'
            "</p:spTree></p:cSld></p:sld>"
        )
    identifiers = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in range(1, 31))
    main = "ppt/presentation.xml"
    text = (
        f'<p:presentation xmlns:p="{_P}" xmlns:r="{_R}"><p:sldIdLst>{identifiers}</p:sldIdLst>'
        '<p:notesSz cx="1" cy="1"/></p:presentation>'
    )
    relations = [("slide", f"slides/slide{n}.xml") for n in range(1, 31)]
    return _package({main: text, **parts}, {"": [("officeDocument", main)], main: relations})


def _floor(data: bytes) -> bytes:
    """Every XML part parsed and serialized by lxml, in a new ZIP."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name.endswith((".xml", ".rels")):
                content = etree.tostring(etree.fromstring(content), encoding="utf-8")
            new.writestr(name, content)
    return out.getvalue()


def _ours(sanitizer: Sanitizer, media_type: str, data: bytes) -> bytes:
    out = io.BytesIO()
    done = sanitizer.clean(Job(data=memoryview(data), media_type=media_type), out)
    if not isinstance(done, Cleaned):
        raise TypeError("not cleaned at once")
    return out.getvalue()


def run(scale: float) -> list[Figure]:
    """Milliseconds of both, how many times the floor we take, and of the verifier."""
    rng = random.Random(1)
    cases = (
        ("docx", _OFFICE + "wordprocessingml.document", _document(rng)),
        ("xlsx", _OFFICE + "spreadsheetml.sheet", _workbook(rng)),
        ("pptx", _OFFICE + "presentationml.presentation", _presentation(rng)),
    )
    return measured("OOXML", cases, scale)


def measured(group: str, cases: Iterable[tuple[str, str, bytes]], scale: float) -> list[Figure]:
    """The figures of packages of XML: (label, media type, file) of each."""
    rounds = max(3, round(15 * scale))
    checks = verifiers()
    sanitizers = sanitizers_of("office")
    figures = []
    for label, media_type, data in cases:
        sanitizer = sanitizers[media_type]
        sanitizer.warm()
        checks[media_type].warm()
        written = memoryview(_ours(sanitizer, media_type, data))
        floor, ours, verify = medians_ms(
            partial(_floor, data),
            partial(_ours, sanitizer, media_type, data),
            partial(checks[media_type].verify, written),
            rounds=rounds,
        )
        note = f"{len(data) // 1000} kB"
        figures += [
            Figure(group, f"{label}: unpack, parse, serialize, pack", floor, "ms", note),
            Figure(group, f"{label}: clean", ours, "ms", note),
            Figure(group, f"{label}: ratio", ours / floor, "times", "limit 4, dream 1.5"),
            Figure(group, f"{label}: verify", verify, "ms", note),
        ]
    return figures
