"""What the worker counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

items: Final = Counter("mugaika_items_cleaned", "Items cleaned, by outcome", ["outcome"])
parts: Final = Counter("mugaika_parts", "Parts cleaned, by outcome", ["outcome", "reason"])
given_back: Final = Counter("mugaika_items_given_back", "Items given back after a fault of ours")
