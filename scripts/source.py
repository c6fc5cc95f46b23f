"""Reads facts about a family of sanitizers out of its source: nobody can forget to write them.

Nothing is run: the kinds of findings and the named limits are found in its syntax tree.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sanitizers.findings import Kind

_LIMIT = re.compile(r"^((?:MAX|MIN)_[A-Z0-9_]+): Final = ([^#\n]+?)(?:  # (.+))?$", re.M)


@dataclass(frozen=True, slots=True)
class Limit:
    """A named constant, its value as written, and the reason beside or above it."""

    module: str
    name: str
    value: str
    reason: str


def modules(package: str) -> Iterator[tuple[str, str]]:
    """(name, source) of every module of `package`, in order."""
    root = Path(importlib.import_module(package).__path__[0])
    for path in sorted(root.rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        yield name, path.read_text(encoding="utf-8")


def kinds(package: str) -> list[Kind]:
    """Kinds of findings that the modules of `package` name, in the order of the enum."""
    found = set()
    for _, source in modules(package):
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "Kind"
            ):
                found.add(Kind[node.attr])
    return [kind for kind in Kind if kind in found]


def limits(package: str) -> Iterator[Limit]:
    """Named limits of the modules of `package` that have a reason written beside them."""
    for module, source in modules(package):
        lines = source.splitlines()
        for match in _LIMIT.finditer(source):
            name, value, beside = match.groups()
            reason = beside or _above(lines, source.count("\n", 0, match.start()))
            if reason:
                yield Limit(module, name, value.strip(), reason)


def _above(lines: list[str], at: int) -> str:
    """The `#:` comment that ends on the line above `at`."""
    words: list[str] = []
    while at > 0 and lines[at - 1].startswith("#:"):
        at -= 1
        words.insert(0, lines[at].removeprefix("#:").strip())
    return " ".join(words)
