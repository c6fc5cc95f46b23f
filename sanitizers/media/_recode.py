"""The way of every sound and film: through ffmpeg once, then rebuilt from what it wrote.

A sender's file is never rebuilt as it is, however well formed: its coded pictures and sound
are for decoders in the sandbox of the tool only. The pipeline marks what a tool wrote with
the option `CONVERTED`; a file without this mark is the sender's.
"""

from __future__ import annotations

from typing import Final

from sanitizers.findings import Finding
from sanitizers.model import CONVERTED, Job, Needs, Output

TOOL: Final = "ffmpeg"


def is_recoded(job: Job) -> bool:
    """Whether ffmpeg wrote these bytes, by the word of the pipeline and not of the file."""
    return job.options.get(CONVERTED) == TOOL


def recode(job: Job, out: Output, target: str, findings: tuple[Finding, ...]) -> Needs:
    """Hand the sender's bytes to ffmpeg, which is to write `target`."""
    out.write(job.data)
    return Needs(tool=TOOL, target=target, findings=findings)
