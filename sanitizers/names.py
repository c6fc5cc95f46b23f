"""File names (being built)."""

from __future__ import annotations


def clean_name(name: str, *, extension: str | None = None, default: str = "file") -> str:
    """A file name that is safe on Windows and POSIX."""
    return name or default


def is_clean_name(name: str) -> bool:
    """Total check of the same."""
    return bool(name)


def extension_of(name: str) -> str:
    """Lower-case extension with the dot, or ""."""
    return ""
