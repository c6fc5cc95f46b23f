"""The table counts damage, the page shows it, and neither rounds it away."""

import asyncio
from pathlib import Path

from PIL import Image

from benchmarks import cleaned
from benchmarks.cleaned import Cleaned
from benchmarks.fidelity import mails
from benchmarks.fidelity.page import WORST, Pair, page
from benchmarks.fidelity.table import Measured, markdown, row
from gateway.fidelity.frame import Figures
from gateway.fidelity.instrument import Compared, score_of


def report(*kinds, output=True):
    findings = [{"kind": kind, "count": 2} for kind in kinds]
    return {"output": {"path": "a"} if output else None, "findings": findings, "parts": []}


def measured(*likeness, kinds=(), kept=100, size=0.5, pages_after=None):
    figures = Figures(
        pages_before=len(likeness),
        pages_after=len(likeness) if pages_after is None else pages_after,
        characters_before=100, characters_after=100, characters_kept=kept, likeness=likeness,
    )  # fmt: skip
    found = Cleaned("pdf", Path("a.pdf"), report(*kinds), ())
    return Measured(found, Compared(score=score_of(figures, size=size), figures=figures))


def test_a_row_adds_up():
    withheld = Measured(Cleaned("pdf", Path("b.pdf"), report(output=False), ()), None)
    files = [
        measured(1.0, 0.99), measured(0.5, kinds=("rasterized",), kept=60, size=3.0),
        measured(0.9), withheld,
    ]  # fmt: skip
    found = row("pdf", files)
    assert (found.files, found.clean, found.measured, found.pages) == (4, 3, 3, 4)
    assert found.text == 260 / 300
    assert (found.least, found.size, found.size_p95) == (0.5, 0.5, 3.0)
    assert (found.unlike_explained, found.unlike_unexplained, found.rasterized) == (1, 1, 2)


def test_lost_pages_and_closed_files_are_counted():
    found = row("pdf", [measured(1.0, 1.0, pages_after=1), measured(1.0, 1.0)])
    assert (found.fewer_pages, found.not_opened) == (1, 0)
    nothing = Figures(pages_before=1, characters_before=9)
    lost = Measured(
        measured().cleaned, Compared(score=score_of(nothing, size=0.1), figures=nothing)
    )
    assert row("pdf", [lost]).not_opened == 1


def test_the_table_never_rounds_up_to_a_whole():
    lines = markdown([row("pdf", [measured(0.999999, kept=100), measured(1.0, kept=99)])])
    assert "99.500 %" in lines
    assert "0.9999" in lines
    assert "| 1.0000" not in lines.partition("least")[2].split("|")[9]


def test_a_kind_without_files_has_a_row():
    assert "| html | 0 | 0 | 0 | - |" in markdown([row("html", [])])


def test_the_page_shows_the_worst_and_runs_nothing():
    white, black = Image.new("L", (20, 20), 255), Image.new("L", (20, 22), 0)
    pairs = [
        Pair(f"<script>{n}</script>.pdf", 1, n / 100, ("a&b",), white, black) for n in range(80)
    ]
    made = page(pairs)
    assert made.count("<h2>") == WORST
    assert made.count('src="data:image/png;base64,') == 3 * WORST
    assert "<script" not in made
    assert "&lt;script&gt;0&lt;/script&gt;.pdf" in made
    assert "&lt;script&gt;79" not in made
    assert "a&amp;b" in made
    assert "default-src 'none'" in made


def test_the_text_of_a_mail_is_read():
    async def shown(data):
        return b"as shown: " + data

    def text(data):
        return asyncio.run(mails.text(data, shown))

    plain = b"Subject: x\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
    assert text(plain + "庁舎".encode("iso-2022-jp")) == "庁舎".encode()
    html = b"Subject: x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>a"
    assert text(html) == b"as shown: <p>a"
    assert text(plain.replace(b"iso-2022-jp", b"x-nobody-knows") + b"a") is None


def test_files_come_by_kind_and_every_nth(monkeypatch, tmp_path):
    for folder in ("image", "pdf"):
        (tmp_path / folder).mkdir()
        for n in range(5):
            (tmp_path / folder / f"{n}").touch()
    monkeypatch.setattr(cleaned, "corpus", lambda: tmp_path)
    found = cleaned.files(["pdf"], every=2)
    assert [(kind, path.name) for kind, path in found] == [("pdf", "0"), ("pdf", "2"), ("pdf", "4")]
    monkeypatch.setattr(cleaned, "corpus", lambda: None)
    assert cleaned.files(["pdf"]) == []
