"""Finds the sanitizers of a family: one folder per family, one module per format.

A module takes part by defining a subclass of `Sanitizer` (or `Verifier`, in
`verify`). Nothing else is to be edited when a format is added.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Final, TypeVar

from sanitizers.model import Sanitizer, Verifier

#: What one warm sandbox parent loads. Small parents fork faster: keep them apart.
FAMILIES: Final = (
    "text", "image", "pdf", "office", "archive", "markup", "calendar", "mailbox", "media",
)  # fmt: skip

_T = TypeVar("_T", Sanitizer, Verifier)


def _load(package: str, base: type[_T]) -> dict[str, _T]:
    found: dict[str, _T] = {}
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda i: i.name):
        module = importlib.import_module(f"{package}.{info.name}")
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, base)
                and value.__module__ == module.__name__
                and not getattr(value, "__abstractmethods__", None)
            ):
                for media_type in value.media_types:
                    if media_type in found:
                        raise RuntimeError(f"two {base.__name__}s for {media_type}")
                    found[media_type] = value()
    return found


def sanitizers_in(package: str) -> dict[str, Sanitizer]:
    """All sanitizers of the modules in `package`, by the media type that they take."""
    return _load(package, Sanitizer)  # type: ignore[type-abstract]


def sanitizers_of(family: str) -> dict[str, Sanitizer]:
    """All sanitizers of `family`, by the media type that they take."""
    if family not in FAMILIES:
        raise ValueError(f"no such family: {family}")
    return sanitizers_in(f"sanitizers.{family}")


def verifiers() -> dict[str, Verifier]:
    """All verifiers, by the media type that they check."""
    return _load("sanitizers.verify", Verifier)  # type: ignore[type-abstract]
