"""Plain text: decoded by the charset ladder, made harmless, written as UTF-8.

Whoever checks the output strips one leading U+FEFF first. Nothing of the input's bytes is
copied: what is not text is withheld, what no charset explains becomes U+FFFD.
"""

from __future__ import annotations

from sanitizers.findings import Findings
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.text.whole import read_text, write_text


class PlainText(Sanitizer):
    """Text of any charset to UTF-8."""

    media_types = ("text/plain",)
    methods = (Method.TEXT,)
    outputs = ("text/plain",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the text of `job` to `out`.

        Raises:
            Withheld: EMPTY, TOO_LARGE (over `MAX_TEXT_CHARS`), or DAMAGED (not text).
        """
        findings = Findings()
        write_text(read_text(job, findings), out)
        return Cleaned(
            media_type="text/plain",
            extension=".txt",
            method=Method.TEXT,
            findings=findings.freeze(),
        )
