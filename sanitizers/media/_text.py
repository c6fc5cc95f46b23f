"""Writes the text that was taken out of a document, and says on its first line what it is.

Only characters that a reader sees cross.
"""

from __future__ import annotations

from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import label
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Cleaned, Job, Method, Output
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import make_harmless
from sanitizers.text.whole import write_text

#: Bytes of the streams or members of one document that are read.
MAX_BYTES: Final = 4 * MAX_TEXT_CHARS


def write(job: Job, text: str, out: Output) -> Cleaned:
    """Write `text`, taken out of `job`'s document.

    Raises:
        Withheld: EMPTY, when nothing is visible; TOO_LARGE, over `MAX_TEXT_CHARS`.
    """
    if len(text) > MAX_TEXT_CHARS:
        raise Withheld(ReasonCode.TOO_LARGE, f"{len(text)} characters")
    findings = Findings()
    findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
    findings.add(Kind.TRUNCATED, Action.NOTED, where="text only")
    text = make_harmless(text, findings)
    if not text.strip():
        raise Withheld(ReasonCode.EMPTY, "nothing visible")
    name = label(job.media_type)[0]
    head = f"［{name}から文字だけを取り出しました。図・表・書式は含まれません。］\n\n"
    write_text(head + text.strip("\n") + "\n", out)
    return Cleaned(
        media_type="text/plain", extension=".txt", method=Method.TEXT, findings=findings.freeze()
    )


def unsupported(detail: str) -> Withheld:
    """The error for a document whose text cannot be reached: withheld by its format's name."""
    return Withheld(ReasonCode.UNSUPPORTED_TYPE, detail)
