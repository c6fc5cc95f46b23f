"""What the font rebuilders raise."""

from __future__ import annotations


class BadFont(Exception):
    """A font program that cannot be parsed."""
