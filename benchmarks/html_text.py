"""HTML to text, side by side: ours, inscriptis, html2text and `w3m -dump`.

`python -m benchmarks.html_text [--show N] [FILE …]` reads the HTML mails and pages of the
shared corpus and a made newsletter. What a page shows is told by a program that shares no
code with any of them: Chromium (scripts off, no network), or, where it is not installed, a
plain reading of lxml's tree. Tools that are not installed are left out.
"""

from __future__ import annotations

import argparse
import bisect
import email
import email.message
import importlib
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import lxml.html  # type: ignore[import-untyped]
from selectolax.lexbor import LexborHTMLParser

from benchmarks import messages
from benchmarks.facts import Figure
from sanitizers.findings import Findings
from sanitizers.text.html import html_to_text
from tests.corpus import corpus_files

_ROUNDS = 40
_TREE = "bare tree (selectolax)"
_TARGETS = re.compile(r"\s*(?:https?|ftp|mailto|tel):", re.I)
#: Too short to tell hidden text from the same word seen elsewhere.
_TELLING = 8


@dataclass(slots=True)
class Seen:
    """What a page shows, in reading order, and what it holds without showing."""

    words: list[str] = field(default_factory=list)  # one entry a text node
    hidden: list[str] = field(default_factory=list)  # script and style included
    links: list[str] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)  # the text nodes of each


@dataclass(slots=True)
class Score:
    """Sums over all pages; shares of characters, anchors in order, links and cells."""

    kept: int = 0
    words: int = 0
    ordered: int = 0
    anchors: int = 0
    links_kept: int = 0
    links: int = 0
    cells_kept: int = 0
    cells: int = 0
    leaked: int = 0
    of_w3m: int = 0
    w3m: int = 0
    misses: list[str] = field(default_factory=list)


# ------------------------------------------------------------------------------ tools


def _ours(page: str) -> str:
    return html_to_text(page, Findings())


def _w3m(page: str) -> str:
    command = ["w3m", "-dump", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8", "-cols", "200"]
    done = subprocess.run(command, input=page.encode("utf-8", "replace"), capture_output=True)
    return done.stdout.decode("utf-8", "replace")


def tools() -> dict[str, Callable[[str], str]]:
    """What is installed, by name."""
    found: dict[str, Callable[[str], str]] = {"mugaika": _ours}
    for name, function in (("inscriptis", "get_text"), ("html2text", "html2text")):
        try:
            found[name] = getattr(importlib.import_module(name), function)
        except ImportError:
            print(f"{name} is not installed", file=sys.stderr)
    if shutil.which("w3m"):
        found["w3m"] = _w3m
    return found


# ----------------------------------------------------------------------------- oracles

#: Walks the text nodes of a page laid out by Chromium.
_LOOK = """
const pages = JSON.parse(document.getElementById('pages').textContent), found = [];
function shown(e) {
  if (!e.checkVisibility({opacityProperty: true, visibilityProperty: true})) return false;
  const own = getComputedStyle(e);
  if (parseFloat(own.fontSize) <= 1 || own.color == own.backgroundColor) return false;
  if (/^rgba.*, 0\\)$/.test(own.color) && own.backgroundClip != 'text') return false;
  for (; e; e = e.parentElement) {
    const s = getComputedStyle(e), r = e.getBoundingClientRect();
    if (parseFloat(s.opacity) <= 0.01 || parseFloat(s.textIndent) < -900) return false;
    if (/^rect\\(0px,? 0px,? 0px,? 0px/.test(s.clip) || /^inset\\((50|100)%/.test(s.clipPath))
      return false;
    if (s.overflowY != 'visible' && s.display != 'inline' && (r.height <= 1 || r.width <= 1))
      return false;
  }
  return true;
}
function look(d) {
  const seen = {words: [], hidden: [], links: [], cells: []};
  const w = d.createTreeWalker(d, NodeFilter.SHOW_TEXT);
  for (let n = w.nextNode(); n; n = w.nextNode()) {
    if (!n.data.trim()) continue;
    const r = d.createRange(); r.selectNodeContents(n);
    const b = r.getBoundingClientRect();
    const boxed = (b.width > 0 && b.height > 0 && b.right > 0 && b.bottom > 0)
      || n.parentElement.closest('textarea,select');
    (boxed && shown(n.parentElement) ? seen.words : seen.hidden).push(n.data);
  }
  for (const a of d.querySelectorAll('a[href], area[href]'))
    if (a.localName == 'area' || shown(a)) seen.links.push(a.getAttribute('href'));
  for (const c of d.querySelectorAll('td, th'))
    if (!c.querySelector('table') && shown(c)) {
      const t = d.createTreeWalker(c, NodeFilter.SHOW_TEXT), words = [];
      for (let n = t.nextNode(); n; n = t.nextNode())
        if (seen.words.includes(n.data)) words.push(n.data);
      seen.cells.push(words);
    }
  return seen;
}
function next(i) {
  if (i == pages.length) {
    const p = document.createElement('pre');
    p.id = 'found'; p.textContent = encodeURIComponent(JSON.stringify(found).toWellFormed());
    document.body.replaceChildren(p);
    return;
  }
  const f = document.createElement('iframe');
  f.sandbox = 'allow-same-origin'; f.width = 900; f.height = 700; f.srcdoc = pages[i];
  const done = () => {
    if (!f.isConnected) return;
    let seen = null;
    try { seen = look(f.contentDocument); } catch (e) { console.error(e); }
    found.push(seen); f.remove(); next(i + 1);
  };
  f.onload = done; setTimeout(done, 2000);
  document.body.append(f);
}
next(0);
"""
_AT_ONCE = 40  # pages shown by one run of Chromium


def seen_by_chromium(pages: list[str]) -> list[Seen | None]:
    """What each page shows; None for one that left the frame it was shown in."""
    found: list[Seen | None] = []
    for start in range(0, len(pages), _AT_ONCE):
        data = json.dumps(pages[start : start + _AT_ONCE]).replace("<", "\\u003c")
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "look.html"
            page.write_text(
                "<!doctype html><meta charset=utf-8><body>"
                f"<script id=pages type=application/json>{data}</script><script>{_LOOK}</script>",
                encoding="utf-8",
            )
            command = [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
                "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=30000",
                f"--user-data-dir={folder}/profile", str(page),
            ]  # fmt: skip
            done = subprocess.run(command, capture_output=True, timeout=300, check=True)
        match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout.decode(), re.S)
        if match is None:
            raise RuntimeError("Chromium did not come to the end of the pages")
        found += [seen and Seen(**seen) for seen in json.loads(unquote(match[1]))]
    return found


_NEVER_SHOWN = {"script", "style", "head", "title", "template", "iframe", "noframes", "datalist"}
_HIDES = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0", re.I)


def seen_by_lxml(pages: list[str]) -> list[Seen | None]:
    """The same, told from the tree and inline styles alone."""
    return [_seen_in(page) for page in pages]


def _seen_in(page: str) -> Seen:
    seen = Seen()
    if not page.strip():
        return seen
    cells = []
    stack = [(lxml.html.document_fromstring(page.encode("utf-8", "replace")), True, False)]
    while stack:
        node, visible, tail_only = stack.pop()
        if tail_only:
            if node.tail and node.tail.strip():
                (seen.words if visible else seen.hidden).append(node.tail)
            continue
        stack.append((node, visible, True))
        if not isinstance(node.tag, str):
            continue
        inside = visible and not (
            node.tag in _NEVER_SHOWN
            or "hidden" in node.attrib
            or _HIDES.search(node.get("style", ""))
        )
        if node.text and node.text.strip():
            (seen.words if inside else seen.hidden).append(node.text)
        if inside and node.tag in ("a", "area") and node.get("href"):
            seen.links.append(node.get("href"))
        if inside and node.tag in ("td", "th") and node.find(".//table") is None:
            cells.append(node)
        stack.extend((child, inside, False) for child in reversed(node))
    shown = set(seen.words)
    seen.cells = [[text for text in cell.itertext() if text in shown] for cell in cells]
    return seen


# ------------------------------------------------------------------------------ scores


def _plain(text: str) -> str:
    """Letters and digits of any script, compatibility forms folded: what must not be lost."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())


def judge(score: Score, text: str, seen: Seen, by_w3m: str | None) -> None:
    """Add one page to the score of a tool."""
    said = _plain(text)
    places: list[int] = []
    visible = _plain("".join(seen.words))
    for words in seen.words:
        core = _plain(words)
        score.words += len(core)
        if core in said:
            score.kept += len(core)
        else:
            score.misses.append(f"text: {' '.join(words.split())[:90]}")
        if len(core) >= _TELLING and said.count(core) == visible.count(core) == 1:
            places.append(said.index(core))
    score.anchors += len(places)
    score.ordered += _longest_rise(places)
    for words in seen.hidden:
        core = _plain(words)
        if len(core) >= _TELLING and core not in visible and core in said:
            score.leaked += 1
            score.misses.append(f"hidden text shown: {' '.join(words.split())[:90]}")
    squeezed = "".join(text.split())
    for link in filter(_TARGETS.match, seen.links):
        score.links += 1
        target = re.sub(r"^\s*(?:mailto|tel):", "", "".join(link.split()), flags=re.I)
        if target[:2_000] in squeezed or _plain(target) in said:
            score.links_kept += 1
        else:
            score.misses.append(f"link: {link[:90]}")
    for cell in filter(None, seen.cells):
        score.cells += 1
        if all(_plain(words) in said for words in cell):
            score.cells_kept += 1
        else:
            score.misses.append(f"cell: {' '.join(' '.join(cell).split())[:90]}")
    if by_w3m is not None:
        theirs = Counter(_plain(by_w3m))
        score.w3m += theirs.total()
        score.of_w3m += (theirs & Counter(said)).total()


def _longest_rise(places: Iterable[int]) -> int:
    """Length of the longest increasing subsequence: how much stands in order."""
    ends: list[int] = []
    for place in places:
        at = bisect.bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


# ------------------------------------------------------------------------------- pages


def _html_of(data: bytes) -> Iterable[str]:
    for part in email.message_from_bytes(data).walk():
        if part.get_content_type() != "text/html":
            continue
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and payload:
            try:
                yield payload.decode(part.get_content_charset() or "utf-8")
            except (LookupError, UnicodeError):
                yield payload.decode("utf-8", "replace")


def newsletter() -> str:
    """The HTML of the made newsletter, about 30 kB."""
    return next(iter(_html_of(messages.newsletters(1)[0])))


def corpus_pages() -> dict[str, str]:
    """HTML of the corpus' mails, and its pages, by name."""
    pages = {
        f"{path.name}#{index}": page
        for path in corpus_files("mime")
        for index, page in enumerate(_html_of(path.read_bytes()))
    }
    for path in corpus_files("html"):
        pages[path.name] = path.read_bytes().decode("utf-8", "replace")
    return pages


# --------------------------------------------------------------------------------- run


def compare(pages: dict[str, str]) -> dict[str, Score]:
    """The score of each installed tool over `pages`."""
    oracle = seen_by_chromium if shutil.which("chromium") else seen_by_lxml
    print(f"oracle: {oracle.__name__.removeprefix('seen_by_')}", file=sys.stderr)
    seen = dict(zip(pages, oracle(list(pages.values())), strict=True))
    installed = tools()
    scores = {name: Score() for name in installed}
    for page_name, page in pages.items():
        facts = seen[page_name]
        if facts is None:
            print(f"{page_name}: not shown", file=sys.stderr)
            continue
        by_w3m = installed["w3m"](page) if "w3m" in installed else None
        for name, tool in installed.items():
            score = scores[name]
            before = len(score.misses)
            try:
                text = tool(page)
            except Exception as exc:  # noqa: BLE001 - another's tool fails on hostile pages
                text = ""
                score.misses.append(f"{type(exc).__name__}: {exc}"[:90])
            judge(score, text, facts, by_w3m)
            score.misses[before:] = [f"{page_name}: {miss}" for miss in score.misses[before:]]
    return scores


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0


def _interleaved(calls: dict[str, Callable[[str], object]], letter: str) -> dict[str, float]:
    """Median ms of each; they take turns, so that a busy machine is busy for all."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_ROUNDS):
        for name, call in calls.items():
            started = time.perf_counter()
            call(letter)
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) * 1000 for name, taken in times.items()}


def run(_scale: float, pages: dict[str, str] | None = None, show: int = 0) -> list[Figure]:
    """Scores over the corpus, and the time of a 30 kB newsletter."""
    letter = newsletter()
    scores = compare(pages or {**corpus_pages(), "made newsletter": letter})
    for name, score in scores.items():
        for miss in score.misses[:show]:
            print(f"{name}: {miss}", file=sys.stderr)
    raw = letter.encode()
    times = _interleaved({_TREE: lambda _: LexborHTMLParser(raw), **tools()}, letter)
    tree = times.pop(_TREE)
    figures = [Figure("HTML to text", _TREE, tree, "ms", f"{len(raw):,} bytes")]
    for name, taken in times.items():
        score = scores[name]
        note = (
            f"{taken / tree:.1f} of the tree; kept % of text {_share(score.kept, score.words):.2f},"
            f" order {_share(score.ordered, score.anchors):.2f},"
            f" links {_share(score.links_kept, score.links):.2f} of {score.links},"
            f" cells {_share(score.cells_kept, score.cells):.2f} of {score.cells},"
            f" of w3m's letters {_share(score.of_w3m, score.w3m):.2f};"
            f" hidden texts shown {score.leaked}"
        )
        figures.append(Figure("HTML to text", name, taken, "ms", note))
    return figures


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.html_text")
    parser.add_argument("files", nargs="*", type=Path, help="HTML files (default: the corpus)")
    parser.add_argument("--show", type=int, default=0, help="misses told of each tool")
    arguments = parser.parse_args()
    pages = {path.name: path.read_text("utf-8", "replace") for path in arguments.files}
    for figure in run(1.0, pages, arguments.show):
        print(f"{figure.name:<24} {figure.value:8.2f} {figure.unit}  {figure.note}")


if __name__ == "__main__":
    main()
