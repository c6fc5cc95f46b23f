"""What was measured of each kind, as one table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.cleaned import Cleaned, parts
from gateway.fidelity.instrument import Compared

#: A page below this needs a finding that explains it.
ALIKE: Final = 0.95
#: Findings after which a page may look another way.
EXPLAINS: Final = frozenset(
    (
        "rasterized", "annotation", "form", "external_reference", "embedded_object", "damaged",
        "truncated", "hidden_text", "remote_content", "formula", "unknown_data",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """A cleaned file with its comparison; None: not comparable."""

    cleaned: Cleaned
    compared: Compared | None

    @property
    def explained(self) -> bool:
        """Whether a finding tells why it may look another way."""
        return bool(self.cleaned.findings & EXPLAINS)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind. Shares are 0 to 1; None: nothing to tell by."""

    kind: str
    files: int
    clean: int  # or partial
    measured: int
    text: float | None
    order: float | None
    pages: int
    median: float | None
    p5: float | None
    least: float | None
    unlike_explained: int
    unlike_unexplained: int
    fewer_pages: int  # files
    links: float | None
    size: float | None
    size_p95: float | None
    rasterized: int  # pages
    not_opened: int


def row(kind: str, found: Sequence[Measured]) -> Row:
    """The line of one kind."""
    compared = [m.compared for m in found if m.compared is not None]
    figures = [c.figures for c in compared]
    likeness = [x for f in figures for x in f.likeness]
    unlike = [
        m.explained for m in found if m.compared for x in m.compared.figures.likeness if x < ALIKE
    ]
    orders = [c.score.order for c in compared if c.score.order is not None]
    sizes = [c.score.size for c in compared]
    return Row(
        kind=kind,
        files=len(found),
        clean=sum(m.cleaned.report["output"] is not None for m in found),
        measured=len(compared),
        text=_share(
            sum(f.characters_kept for f in figures), sum(f.characters_before for f in figures)
        ),
        order=statistics.fmean(orders) if orders else None,
        pages=len(likeness),
        median=_quantile(likeness, 0.5),
        p5=_quantile(likeness, 0.05),
        least=min(likeness, default=None),
        unlike_explained=sum(unlike),
        unlike_unexplained=len(unlike) - sum(unlike),
        fewer_pages=sum(f.pages_after < f.pages_before for f in figures),
        links=_share(sum(f.links_kept for f in figures), sum(f.links_before for f in figures)),
        size=_quantile(sizes, 0.5),
        size_p95=_quantile(sizes, 0.95),
        rasterized=sum(_rasterized(m.cleaned) for m in found if m.compared is not None),
        not_opened=sum(c.score.opened is False for c in compared),
    )


def _rasterized(cleaned: Cleaned) -> int:
    return sum(
        finding["count"]
        for part in parts(cleaned.report)
        for finding in part["findings"]
        if finding["kind"] == "rasterized"
    )


def _share(kept: int, before: int) -> float | None:
    return kept / before if before else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{int(value * 100_000) / 1_000:.3f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{int(value * 10_000) / 10_000:.4f}"


#: Heads of the columns; nothing is rounded up to a whole.
COLUMNS: Final[tuple[tuple[str, Callable[[Row], str]], ...]] = (
    ("kind", lambda r: r.kind),
    ("files", lambda r: str(r.files)),
    ("clean", lambda r: str(r.clean)),
    ("measured", lambda r: str(r.measured)),
    ("text kept", lambda r: _percent(r.text)),
    ("order", lambda r: _percent(r.order)),
    ("pages", lambda r: str(r.pages)),
    ("SSIM median", lambda r: _number(r.median)),
    ("5th", lambda r: _number(r.p5)),
    ("least", lambda r: _number(r.least)),
    (f"< {ALIKE} said", lambda r: str(r.unlike_explained)),
    ("unsaid", lambda r: str(r.unlike_unexplained)),
    ("fewer pages", lambda r: str(r.fewer_pages)),
    ("links kept", lambda r: _percent(r.links)),
    ("size", lambda r: "-" if r.size is None else f"{r.size:.2f}"),
    ("95th", lambda r: "-" if r.size_p95 is None else f"{r.size_p95:.2f}"),
    ("rasterized", lambda r: str(r.rasterized)),
    ("not opened", lambda r: str(r.not_opened)),
)


def markdown(rows: Sequence[Row]) -> str:
    """The table, as the documentation has it."""
    lines = [[name for name, _ in COLUMNS], ["---"] * len(COLUMNS)]
    lines += [[show(found) for _, show in COLUMNS] for found in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
