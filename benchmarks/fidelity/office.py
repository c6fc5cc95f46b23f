"""Compares office files by what LibreOffice reads in them.

Both files are converted to flat ODF by `soffice`; paragraphs, cells, formulas and slides
are read from there and compared. Knows nothing of the sanitizers: it would compare any two
files. Conversions run in a folder and with a profile of their own.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lxml import etree  # type: ignore[import-untyped]

CONVERT_SECONDS: Final = 600.0  # for one run over many files
#: Rows and columns that repeat to the sheet's edge hold nothing to compare.
MAX_REPEAT: Final = 1_000

_FLAT: Final = {
    ".docx": "fodt", ".dotx": "fodt", ".docm": "fodt", ".dotm": "fodt", ".doc": "fodt",
    ".rtf": "fodt", ".odt": "fodt", ".ott": "fodt",
    ".xlsx": "fods", ".xltx": "fods", ".xlsm": "fods", ".xltm": "fods", ".xls": "fods",
    ".xlsb": "fods", ".ods": "fods", ".ots": "fods",
    ".pptx": "fodp", ".potx": "fodp", ".ppsx": "fodp", ".pptm": "fodp", ".potm": "fodp",
    ".ppsm": "fodp", ".ppt": "fodp", ".odp": "fodp", ".otp": "fodp",
}  # fmt: skip
#: Functions whose value is another at each reading; cells of such books that still have their
#: formula are compared by it.
_VOLATILE: Final = re.compile(r"\b(?:NOW|TODAY|RAND|RANDBETWEEN|RANDARRAY)\(")
_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW: Final = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_GAPS: Final = {f"{_TEXT}s": " ", f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\t"}
#: Bytes of pictures and objects, and what a field would show here and today.
_NOT_TEXT: Final = frozenset(
    (
        f"{_OFFICE}binary-data", f"{_DC}date", f"{_DRAW}object", f"{_TEXT}date", f"{_TEXT}time",
        f"{_TEXT}file-name", f"{_TEXT}page-number", f"{_TEXT}page-count",
    )
)  # fmt: skip
#: An object in a document is seen by its picture; its own words are those of another document.
_PARAGRAPHS: Final = etree.XPath(
    "//*[self::text:p or self::text:h][not(ancestor::draw:object)]",
    namespaces={"text": _TEXT[1:-1], "draw": _DRAW[1:-1]},
)
#: Two spellings of a reference to nothing.
_LOST: Final = re.compile(r"\[#REF!\]")


@dataclass(slots=True)
class Reading:
    """What LibreOffice reads in one file."""

    paragraphs: list[str] = field(default_factory=list)
    cells: dict[tuple[str, int, int], str] = field(default_factory=dict)  # sheet, row, column
    formulas: dict[tuple[str, int, int], str] = field(default_factory=dict)
    pictures: int = 0
    slides: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two readings do not share."""

    what: str  # "paragraph", "cell", "formula", "pictures", "slides", "not opened"
    before: str
    after: str


def available() -> bool:
    """Whether LibreOffice is installed."""
    return shutil.which("soffice") is not None


def read_all(paths: Sequence[Path]) -> dict[Path, Reading | None]:
    """Readings of office files, by path; None where LibreOffice opens nothing.

    Files of one kind are converted by one process.

    Raises:
        subprocess.TimeoutExpired: after `CONVERT_SECONDS` for one kind.
    """
    found: dict[Path, Reading | None] = dict.fromkeys(paths)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        groups: dict[str, list[tuple[Path, Path]]] = {}
        for number, path in enumerate(paths):
            copy = work / "in" / f"{number:05d}{path.suffix}"
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)
            groups.setdefault(_FLAT[path.suffix.lower()], []).append((path, copy))
        for flat, pairs in groups.items():
            _convert(work, flat, [copy for _, copy in pairs])
            for path, copy in pairs:
                result = work / flat / f"{copy.stem}.{flat}"
                if result.is_file():
                    found[path] = read_flat(result.read_bytes())
    return found


def _convert(work: Path, flat: str, files: Sequence[Path]) -> None:
    command = [
        "soffice", f"-env:UserInstallation={(work / 'profile').as_uri()}", "--headless",
        "--norestore", "--convert-to", flat, "--outdir", str(work / flat),
        *(str(f) for f in files),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=CONVERT_SECONDS, check=False)


def read_flat(data: bytes) -> Reading:
    """The reading of a flat ODF document."""
    root = etree.fromstring(data, etree.XMLParser(huge_tree=True, resolve_entities=False))
    reading = Reading()
    reading.pictures = sum(1 for _ in root.iter(f"{_DRAW}image"))
    reading.slides = sum(1 for _ in root.iter(f"{_DRAW}page"))
    body = root.find(f"{_OFFICE}body")
    spreadsheet = body.find(f"{_OFFICE}spreadsheet") if body is not None else None
    if spreadsheet is not None:
        for table in spreadsheet.iterfind(f"{_TABLE}table"):
            if "://" not in table.get(f"{_TABLE}name", ""):  # what other files once held
                _read_table(table, reading)
    for paragraph in _PARAGRAPHS(root):
        text = "".join(_pieces(paragraph))
        if text.strip():
            reading.paragraphs.append(" ".join(text.split()))
    return reading


def _pieces(node: etree._Element) -> list[str]:
    """The text of a paragraph in reading order, without pictures' bytes."""
    if not isinstance(node.tag, str) or node.tag in _NOT_TEXT:
        return []
    pieces = [_GAPS.get(node.tag, ""), node.text or ""]
    for child in node:
        pieces += _pieces(child)
        pieces.append(child.tail or "")
    return pieces


def _read_table(table: etree._Element, reading: Reading) -> None:
    sheet = table.get(f"{_TABLE}name", "")
    row = 0
    for line in table.iter(f"{_TABLE}table-row"):
        repeat_row = int(line.get(f"{_TABLE}number-rows-repeated", "1"))
        column = 0
        for cell in line:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            repeat = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            value = _cell_value(cell)
            formula = cell.get(f"{_TABLE}formula")
            for down in range(min(repeat_row, MAX_REPEAT)):
                for right in range(min(repeat, MAX_REPEAT)):
                    place = (sheet, row + down, column + right)
                    if value:
                        reading.cells[place] = value
                    if formula:
                        reading.formulas[place] = _LOST.sub("#REF!", formula)
            column += repeat
        row += repeat_row


def _cell_value(cell: etree._Element) -> str:
    for name in ("value", "date-value", "time-value", "boolean-value", "string-value"):
        found = cell.get(f"{_OFFICE}{name}")
        if found is not None:
            return str(found)
    return "\n".join("".join(_pieces(p)) for p in cell.iterfind(f"{_TEXT}p"))


def compare(before: Reading | None, after: Reading | None) -> list[Difference]:
    """What differs; formulas that became their values are listed as "formula"."""
    if before is None:
        return []
    if after is None:
        return [Difference("not opened", "", "")]
    found: list[Difference] = []
    if before.cells or after.cells:
        moving = any(_VOLATILE.search(formula) for formula in before.formulas.values())
        for place in sorted(before.cells.keys() | after.cells.keys()):
            old, new = before.cells.get(place, ""), after.cells.get(place, "")
            formula = before.formulas.get(place)
            if moving and formula and formula == after.formulas.get(place):
                continue  # read at another time
            if old != new:
                found.append(Difference("cell", f"{place} {old}", new))
        for place in sorted(before.formulas.keys() | after.formulas.keys()):
            old, new = before.formulas.get(place, ""), after.formulas.get(place, "")
            if old != new:
                found.append(Difference("formula", f"{place} {old}", new))
    else:
        found += _paragraphs(before.paragraphs, after.paragraphs)
    if before.pictures != after.pictures:
        found.append(Difference("pictures", str(before.pictures), str(after.pictures)))
    if before.slides != after.slides:
        found.append(Difference("slides", str(before.slides), str(after.slides)))
    return found


def _paragraphs(before: list[str], after: list[str]) -> list[Difference]:
    if before == after:
        return []
    left, right = list(before), list(after)
    for text in before:
        if text in right:
            right.remove(text)
            left.remove(text)
    if not left and not right:
        return [Difference("paragraph", "order", "order")]
    return [Difference("paragraph", text, "") for text in left] + [
        Difference("paragraph", "", text) for text in right
    ]


def _cleaned(folder: Path, out: Path) -> dict[Path, Path]:
    """Clean a folder by the product's own command; output by input, where there is one."""
    inputs = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    command = [
        sys.executable, "-m", "gateway.cli", "sanitize", str(folder), "-o", f"{out}/", "--json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=3_600, check=False)
    reports = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {
        path: Path(report["output"]["path"])
        for path, report in zip(inputs, reports, strict=True)
        if report["output"] and path.suffix.lower() in _FLAT
    }


def main(arguments: Sequence[str]) -> int:
    """`python -m benchmarks.fidelity.office FOLDER`: clean all files, compare, print a table."""
    if len(arguments) != 1:
        print("usage: python -m benchmarks.fidelity.office FOLDER", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        pairs = _cleaned(Path(arguments[0]), Path(scratch))
        before, after = read_all(list(pairs)), read_all(list(pairs.values()))
    same = total = lost = 0
    for path, output in pairs.items():
        first, second = before[path], after[output]
        differences = compare(first, second)
        if first is not None:
            total += len(first.cells) or len(first.paragraphs)
            lost += sum(d.what in ("cell", "paragraph", "not opened") for d in differences)
        same += not differences
        for difference in differences:
            print(f"{path.name}: {difference.what}: {difference.before} | {difference.after}")
    share = 100 * (1 - lost / max(total, 1))
    print(
        f"{len(pairs)} files, {same} without a difference; {total} cells and paragraphs, ", end=""
    )
    print(f"{share:.4f} % equal")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
