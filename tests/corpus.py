"""Finds the shared sample set beside the repository (data only, never committed)."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[1]


@cache
def corpus_dir() -> Path | None:
    """The corpus folder, or None where it is absent (tests then skip)."""
    for base in (_ROOT.parent, *_ROOT.parents):
        candidate = base / "shared" / "corpus"
        if (candidate / "manifest.tsv").is_file():
            return candidate
    return None


@cache
def manifest() -> dict[str, dict[str, str]]:
    """Rows of the manifest by path; empty where the corpus is absent."""
    base = corpus_dir()
    if base is None:
        return {}
    with (base / "manifest.tsv").open(encoding="utf-8", newline="") as fh:
        rows = csv.DictReader(fh, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["path"]: row for row in rows}


def corpus_files(kind: str, *suffixes: str) -> list[Path]:
    """Sorted files of one kind (`mime`, `pdf`, `image` …); empty where absent."""
    base = corpus_dir()
    if base is None:
        return []
    return sorted(
        p
        for p in (base / kind).iterdir()
        if p.is_file() and (not suffixes or p.suffix.lower() in suffixes)
    )


def require_corpus() -> Path:
    """The corpus folder, or skip the test."""
    base = corpus_dir()
    if base is None:
        pytest.skip("the shared corpus is not beside this repository")
    return base
