"""The documents say what the code does: generated parts, both READMEs, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.cli import app
from sanitizers.findings import Action, Kind
from sanitizers.identify.labels import FORMATS
from sanitizers.model import Method, Outcome
from sanitizers.reasons import REASONS, ReasonCode
from scripts import formats

ROOT = Path(__file__).parents[1]
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
JAPANESE = (ROOT / "README.ja.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "README.ja.md", *sorted((ROOT / "docs").glob("*.md"))]


def headings(text: str) -> list[int]:
    """The level of every heading outside of code."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    return [len(marks) for marks in re.findall(r"^(#+) ", prose, re.M)]


def rows(text: str) -> list[int]:
    """The number of cells of every table row."""
    return [line.count(" | ") + 1 for line in text.splitlines() if line.startswith("|")]


def commands(text: str) -> list[str]:
    return re.findall(r"\b(?:make|mugaika|curl) -*[a-z]+(?: verify)?", text)


def figures(text: str) -> str:
    match = re.search(r"<!-- figures -->(.*)<!-- /figures -->", text, re.S)
    assert match is not None
    return match[1]


def without_figures(text: str) -> str:
    return text.replace(figures(text), "")


@pytest.mark.parametrize("page", formats.PAGES)
def test_a_generated_page_is_up_to_date(page: str) -> None:
    committed = (ROOT / page).read_text(encoding="utf-8")
    assert committed == formats.renewed(page), "run: python -m scripts.formats"


def test_every_documented_word_has_a_text() -> None:
    assert set(formats.KINDS) == set(Kind)
    assert set(formats.ACTIONS) == set(Action)
    assert set(formats.METHODS) == set(Method)
    assert set(formats.OUTCOMES) == set(Outcome)
    assert set(REASONS) == set(ReasonCode)


def test_every_limit_is_documented_with_its_reason() -> None:
    page = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    names = [n for n in vars(formats.limits) if n.startswith("MAX_")]
    assert [n for n in names if f"| `{n}` |" not in page] == []


def test_both_readmes_have_the_same_headings_tables_and_commands() -> None:
    english, japanese = without_figures(ENGLISH), without_figures(JAPANESE)
    assert headings(english) == headings(japanese)
    assert rows(english) == rows(japanese)
    assert commands(english) == commands(japanese)
    assert english.count("\n- ") == japanese.count("\n- ")


def test_both_readmes_show_the_same_tour() -> None:
    tours = [re.findall(r"```\n(\$ .*?)```", text, re.S) for text in (ENGLISH, JAPANESE)]
    assert tours[0] == tours[1]
    assert len(tours[0]) == 1
    assert len(tours[0][0].splitlines()) <= 20


@pytest.mark.parametrize("text", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_the_readme_names_every_cleaned_type_with_its_method(text: str) -> None:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for media_type, sanitizer in formats.cleaned().items():
        ending = f"`.{FORMATS[media_type].extensions[0]}`"
        row = next((line for line in lines if ending in line.split(" | ")[0]), "")
        assert f"`{sanitizer.methods[0].value}`" in row, f"{media_type} ({ending})"


@pytest.mark.parametrize("text", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_the_readme_names_no_command_that_does_not_exist(text: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    known = {c.name or getattr(c.callback, "__name__", "") for c in app.registered_commands}
    known |= {group.name or "" for group in app.registered_groups}
    for command in commands(text):
        program, name = command.split()[:2]
        assert program == "curl" or name in (targets if program == "make" else known), command


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).is_file(), target
