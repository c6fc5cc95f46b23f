"""Plain text: decoded by the charset ladder, made harmless, written as UTF-8.

The output starts with a byte order mark and has CRLF line ends: Notepad and Excel on the
older Windows of municipal offices read Japanese UTF-8 right only with the mark. Whoever
checks the output strips one leading U+FEFF first. Nothing of the input's bytes is copied:
what is not text is withheld, what no charset explains becomes U+FFFD.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import make_harmless
from sanitizers.text.charset import decode

#: A UTF-32 character takes four bytes: more input than this is over the limit anyway.
_MAX_INPUT_BYTES: Final = 4 * MAX_TEXT_CHARS + 4
#: Controls that no text has; real logs and printer files stay far under the share.
_NO_TEXT: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE: Final = 0.02
_MAX_LOST_SHARE: Final = 0.3
#: Up to so many are forgiven whatever their share (short notes with one bad byte).
_FORGIVEN: Final = 8
#: Encoded and written piece by piece, to keep the peak of memory near the text itself.
_PIECE_CHARS: Final = 1_000_000


class PlainText(Sanitizer):
    """Text of any charset to UTF-8; tables as the text they are."""

    media_types = (
        "text/plain",
        "text/csv",
        "text/tab-separated-values",
    )
    methods = (Method.TEXT,)
    outputs = ("text/plain",)

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the text of `job` to `out`.

        Raises:
            Withheld: EMPTY, TOO_LARGE (over `MAX_TEXT_CHARS`), or DAMAGED (not text).
        """
        if not len(job.data):
            raise Withheld(ReasonCode.EMPTY)
        if len(job.data) > _MAX_INPUT_BYTES:
            raise Withheld(ReasonCode.TOO_LARGE, f"{len(job.data)} bytes of text")
        decoded = decode(job.data, job.claimed_charset)
        if len(decoded.text) > MAX_TEXT_CHARS:
            raise Withheld(ReasonCode.TOO_LARGE, f"{len(decoded.text)} characters")
        if _is_no_text(decoded.text, decoded.lost):
            raise Withheld(ReasonCode.DAMAGED, "not text: controls or undecodable bytes")
        findings = Findings()
        if decoded.guessed:
            findings.add(Kind.CHARSET_GUESSED, Action.NOTED)
        if decoded.lost:
            findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=decoded.lost)
        if job.media_type != "text/plain":
            findings.add(Kind.FORMAT_CHANGED, Action.CONVERTED)
        text = make_harmless(decoded.text, findings)
        if not text.strip():
            raise Withheld(ReasonCode.EMPTY, "nothing visible")
        out.write(codecs.BOM_UTF8)
        for start in range(0, len(text), _PIECE_CHARS):
            piece = text[start : start + _PIECE_CHARS]
            out.write(piece.replace("\n", "\r\n").encode("utf-8"))
        return Cleaned(
            media_type="text/plain",
            extension=".txt",
            method=Method.TEXT,
            findings=findings.freeze(),
        )


def _is_no_text(text: str, lost: int) -> bool:
    controls = sum(1 for _ in _NO_TEXT.finditer(text))
    return (controls > _FORGIVEN and controls > _MAX_CONTROL_SHARE * len(text)) or (
        lost > _FORGIVEN and lost > _MAX_LOST_SHARE * len(text)
    )
