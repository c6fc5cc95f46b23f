"""Tables, data, pages and drawings: rebuilt, against a plain parse and write by their library.

All in one process and one run, without sandbox and verify; ratios within the run. The floors:
`csv`, `json`, lxml for XML and SVG, lxml.html for pages; for these BeautifulSoup as well, where
it can be imported.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import json
from collections.abc import Callable
from functools import partial

import lxml.etree  # type: ignore[import-untyped]
import lxml.html  # type: ignore[import-untyped]

from benchmarks.facts import Figure, medians_ms
from sanitizers.model import Job
from sanitizers.registry import sanitizers_of

ROWS = 5_000


def _table() -> bytes:
    lines = ["番号,氏名,住所,金額,日付,備考"]
    lines += [
        f'{n:05},山田 太郎{n},"千代田区{n % 40}丁目, 1-{n % 9}",{n * 37},2026/04/{n % 28 + 1:02},'
        for n in range(ROWS)
    ]
    return "\r\n".join(lines).encode("cp932")


def _data() -> bytes:
    rows = [
        {"番号": n, "氏名": f"山田 太郎{n}", "金額": n * 37.5, "済": n % 2 == 0, "住所": [n, None]}
        for n in range(ROWS)
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _records() -> bytes:
    rows = "".join(
        f'<row id="{n}"><name>山田 太郎{n}</name><amount>{n * 37}</amount></row>\n'
        for n in range(ROWS)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rows xmlns="urn:rows">{rows}</rows>'.encode()


def _page() -> bytes:
    rows = "".join(
        f"<tr><td>{n}</td><td><b>山田</b> 太郎</td><td class='a'>東京都千代田区</td></tr>"
        for n in range(ROWS // 10)
    )
    return f"<!DOCTYPE html><meta charset=utf-8><title>表</title><table>{rows}</table>".encode()


def _drawing() -> bytes:
    shapes = "".join(
        f'<g transform="translate({n % 90} {n // 90})"><path d="M0 0 L{n % 7} 3 C1 2 3 4 5 6 Z" '
        f'fill="#{n % 4096:03x}" stroke-width="0.2"/><text x="1" y="2">室{n}</text></g>'
        for n in range(ROWS // 5)
    )
    head = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
    return f"{head}{shapes}</svg>".encode()


def _csv_floor(data: bytes) -> None:
    out = io.StringIO()
    csv.writer(out).writerows(csv.reader(io.StringIO(data.decode("cp932"), newline="")))
    out.getvalue().encode("utf-8")


def _json_floor(data: bytes) -> None:
    json.dumps(json.loads(data), ensure_ascii=False, indent=1).encode()


def _xml_floor(data: bytes) -> None:
    lxml.etree.tostring(lxml.etree.fromstring(data), encoding="utf-8")


def _html_floor(data: bytes) -> None:
    lxml.html.tostring(lxml.html.document_fromstring(data), encoding="utf-8")


def _soup_floor(data: bytes) -> None:
    bs4 = importlib.import_module("bs4")
    bs4.BeautifulSoup(data, "lxml").encode("utf-8")


def _ours(media_type: str, data: bytes) -> None:
    job = Job(data=memoryview(data), media_type=media_type)
    sanitizers_of("markup")[media_type].clean(job, io.BytesIO())


def run(scale: float) -> list[Figure]:
    """Milliseconds of both, and how many times the floor we take."""
    for sanitizer in sanitizers_of("markup").values():
        sanitizer.warm()
    rounds = max(3, round(20 * scale))
    cases: list[tuple[str, str, bytes, Callable[[bytes], None]]] = [
        ("CSV", "text/csv", _table(), _csv_floor),
        ("JSON", "application/json", _data(), _json_floor),
        ("XML", "application/xml", _records(), _xml_floor),
        ("HTML", "text/html", _page(), _html_floor),
        ("SVG", "image/svg+xml", _drawing(), _xml_floor),
    ]
    if importlib.util.find_spec("bs4") is not None:
        cases.append(("HTML, BeautifulSoup", "text/html", _page(), _soup_floor))
    figures = []
    for label, media_type, data, floor_of in cases:
        floor, ours = medians_ms(
            partial(floor_of, data), partial(_ours, media_type, data), rounds=rounds
        )
        note = f"{len(data) / 1000:.0f} kB"
        figures += [
            Figure("markup", f"{label}: plain parse and write", floor, "ms", note),
            Figure("markup", f"{label}: clean", ours, "ms", note),
            Figure("markup", f"{label}: ratio", ours / floor, "times", "limit 4, dream 1.5"),
        ]
    return figures
