"""Errors that an operator reads: they name the file, the key and the fix."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


class ConfigError(Exception):
    """A configuration or policy file is not valid. Exit code 2 on the command line."""

    def __init__(self, source: str, key: str, message: str) -> None:
        where = f"{source}: {key}" if key else source
        super().__init__(f"{where}: {message}")
        self.source = source
        self.key = key


def nearest(unknown: str, known: Sequence[str]) -> str:
    """A hint that names the nearest known key, or all of them when none is near."""
    close = difflib.get_close_matches(unknown, known, n=1)
    if close:
        return f' - did you mean "{close[0]}"?'
    return f" - known keys: {', '.join(sorted(known))}"
