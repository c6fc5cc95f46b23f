"""The warm parents: what each family loads and what one of its children may use.

Memory is a child's RLIMIT_AS on top of its input; `weight` is what it is counted for
against the worker's memory budget (a typical peak, in bytes, plus a factor of the
input), so that many small mails run side by side and few large drawings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sanitizers.limits import MB, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One warm parent."""

    name: str
    package: str
    limits: Limits
    weight_bytes: int
    weight_factor: float
    quick: bool = False  # runs in the quick lane, never behind a heavy part
    #: Cleans nothing: started when it is first asked, runs in a lane of its own, and takes
    #: no type of a part.
    instrument: bool = False


FAMILIES: Final = (
    Family(
        name="identify",
        package="sanitizers.identify",
        limits=Limits(wall_seconds=20, cpu_seconds=10, memory_bytes=600 * MB, output_bytes=1 * MB),
        weight_bytes=16 * MB,
        weight_factor=1,
        quick=True,
    ),
    Family(
        name="text",
        package="sanitizers.text",
        # Output: decoded attachments of a mail; never more than the mail itself.
        limits=Limits(
            wall_seconds=60, cpu_seconds=40, memory_bytes=1_000 * MB, output_bytes=300 * MB
        ),
        weight_bytes=32 * MB,
        weight_factor=3,
        quick=True,
    ),
    Family(
        name="image",
        package="sanitizers.image",
        limits=Limits(
            wall_seconds=120, cpu_seconds=90, memory_bytes=3_000 * MB, output_bytes=500 * MB
        ),
        weight_bytes=400 * MB,
        weight_factor=8,
    ),
    Family(
        name="pdf",
        package="sanitizers.pdf",
        limits=Limits(
            wall_seconds=300, cpu_seconds=240, memory_bytes=2_000 * MB, output_bytes=1_000 * MB
        ),
        weight_bytes=400 * MB,
        weight_factor=4,
    ),
    Family(
        name="office",
        package="sanitizers.office",
        limits=Limits(
            wall_seconds=240, cpu_seconds=180, memory_bytes=2_000 * MB, output_bytes=1_000 * MB
        ),
        weight_bytes=150 * MB,
        weight_factor=6,
    ),
    Family(
        name="archive",
        package="sanitizers.archive",
        # Output: all members unpacked; the tree's own budget ends at twice that.
        limits=Limits(
            wall_seconds=240, cpu_seconds=180, memory_bytes=1_500 * MB, output_bytes=1_000 * MB
        ),
        weight_bytes=64 * MB,
        weight_factor=4,
    ),
    Family(
        name="markup",
        package="sanitizers.markup",
        limits=Limits(
            wall_seconds=60, cpu_seconds=40, memory_bytes=1_500 * MB, output_bytes=300 * MB
        ),
        weight_bytes=64 * MB,
        weight_factor=8,
    ),
    Family(
        name="calendar",
        package="sanitizers.calendar",
        limits=Limits(wall_seconds=30, cpu_seconds=20, memory_bytes=800 * MB, output_bytes=50 * MB),
        weight_bytes=32 * MB,
        weight_factor=8,
        quick=True,
    ),
    Family(
        name="mailbox",
        package="sanitizers.mailbox",
        limits=Limits(
            wall_seconds=60, cpu_seconds=40, memory_bytes=1_000 * MB, output_bytes=300 * MB
        ),
        weight_bytes=48 * MB,
        weight_factor=3,
    ),
    Family(
        name="media",
        package="sanitizers.media",
        # It checks a container's outline; the heavy work is ffmpeg's, in its own sandbox.
        limits=Limits(
            wall_seconds=60, cpu_seconds=40, memory_bytes=1_000 * MB, output_bytes=1_000 * MB
        ),
        weight_bytes=32 * MB,
        weight_factor=2,
    ),
    Family(
        name="verify",
        package="sanitizers.verify",
        limits=Limits(
            wall_seconds=120, cpu_seconds=90, memory_bytes=1_500 * MB, output_bytes=1 * MB
        ),
        weight_bytes=64 * MB,
        weight_factor=2,
    ),
    Family(
        name="fidelity",
        package="gateway.fidelity.comparison",
        limits=Limits(wall_seconds=30, cpu_seconds=25, memory_bytes=1_000 * MB, output_bytes=4_096),
        weight_bytes=100 * MB,
        weight_factor=4,
        instrument=True,
    ),
)
