"""A sandbox whose only family misbehaves on demand."""

from __future__ import annotations

from pathlib import Path

from gateway.sandbox.families import Family
from sanitizers.limits import Limits

ROOT = Path(__file__).resolve().parents[3]

HOSTILE = Family(
    name="hostile",
    package="tests.gateway.sandbox.hostile",
    limits=Limits(wall_seconds=4, cpu_seconds=2, memory_bytes=600_000_000, output_bytes=20_000_000),
    weight_bytes=1_000_000,
    weight_factor=1,
)
