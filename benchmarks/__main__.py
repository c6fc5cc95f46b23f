"""`python -m benchmarks [--quick] [NAME …]`: run, print a table, write a JSON file."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import facts
from benchmarks.facts import Figure

RESULTS = Path(__file__).parent / "results"
#: name → module and function; imported one by one so that none weighs on another.
PROGRAMME = {
    "sandbox": ("benchmarks.sandbox", "run"),
    "sanitizers": ("benchmarks.sanitizers", "run"),
    "archive": ("benchmarks.archive", "run"),
    "calendar": ("benchmarks.calendar", "run"),
    "markup": ("benchmarks.markup", "run"),
    "ooxml": ("benchmarks.ooxml", "run"),
    "odf": ("benchmarks.odf", "run"),
    "converters": ("benchmarks.converters", "run"),
    "pdf": ("benchmarks.pdf", "run"),
    "image_pdf": ("benchmarks.image_pdf", "run"),
    "containers": ("benchmarks.containers", "run"),
    "receiver": ("benchmarks.receiver", "run"),
    "uploads": ("benchmarks.uploads", "run"),
    "mail": ("benchmarks.mail", "run"),
    "memory": ("benchmarks.mail", "run_flat"),
}
#: These tell how good the product is, not how fast; each has options of its own.
INSTRUMENTS = {"fidelity": "benchmarks.fidelity.run", "disarm": "benchmarks.disarm.run"}


def show(figures: list[Figure]) -> None:
    """The table."""
    width = max(len(f.name) for f in figures)
    group = ""
    for figure in figures:
        if figure.group != group:
            group = figure.group
            print(f"\n{group}")
        print(f"  {figure.name:<{width}}  {figure.value:>10,.2f} {figure.unit:<11} {figure.note}")


def main() -> int:
    """Run what was asked for (default: everything)."""
    if sys.argv[1:2] and sys.argv[1] in INSTRUMENTS:
        return int(importlib.import_module(INSTRUMENTS[sys.argv[1]]).main(sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", choices=[*PROGRAMME, []], help="default: all")
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    arguments = parser.parse_args()
    scale = 0.1 if arguments.quick else 1.0
    machine = facts.machine()
    figures: list[Figure] = []
    for name in arguments.names or PROGRAMME:
        module, function = PROGRAMME[name]
        run: Callable[[float], list[Figure]] = getattr(importlib.import_module(module), function)
        print(f"{name} ...", file=sys.stderr)
        figures += run(scale)
    for key, value in machine.items():
        print(f"{key}: {value}")
    show(figures)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "latest.json"
    content = {"machine": machine, "scale": scale, "figures": [f.as_dict() for f in figures]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    print(f"\nwritten to {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
