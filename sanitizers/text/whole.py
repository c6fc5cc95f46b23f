"""A text file read whole and written whole: what every format of plain characters shares.

Read: decoded by the charset ladder, control and invisible characters made harmless.
Written: UTF-8 with a byte order mark and CRLF line ends, because Notepad and Excel on the
older Windows of municipal offices read Japanese UTF-8 right only with the mark.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Job, Output
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import make_harmless
from sanitizers.text.charset import decode

#: A UTF-32 character takes four bytes: more input than this is over the limit anyway.
MAX_INPUT_BYTES: Final = 4 * MAX_TEXT_CHARS + 4
#: Controls that no text has; real logs and printer files stay far under the share.
_NO_TEXT: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE: Final = 0.02
_MAX_LOST_SHARE: Final = 0.3
#: Up to so many are forgiven whatever their share (short notes with one bad byte).
_FORGIVEN: Final = 8
#: Encoded and written piece by piece, to keep the peak of memory near the text itself.
_PIECE_CHARS: Final = 1_000_000


def read_text(job: Job, findings: Findings, *, charset: str = "") -> str:
    """The harmless text of `job.data`, lines ended by "\\n".

    `charset`: what the content itself says of it, if anything (else the sender's label).

    Raises:
        Withheld: EMPTY, TOO_LARGE (over `MAX_TEXT_CHARS`), or DAMAGED (not text).
    """
    if not len(job.data):
        raise Withheld(ReasonCode.EMPTY)
    if len(job.data) > MAX_INPUT_BYTES:
        raise Withheld(ReasonCode.TOO_LARGE, f"{len(job.data)} bytes of text")
    decoded = decode(job.data, charset or job.claimed_charset)
    if len(decoded.text) > MAX_TEXT_CHARS:
        raise Withheld(ReasonCode.TOO_LARGE, f"{len(decoded.text)} characters")
    if _is_no_text(decoded.text, decoded.lost):
        raise Withheld(ReasonCode.DAMAGED, "not text: controls or undecodable bytes")
    if decoded.guessed:
        findings.add(Kind.CHARSET_GUESSED, Action.NOTED)
    if decoded.lost:
        findings.add(Kind.CHARSET_LOSS, Action.NOTED, count=decoded.lost)
    text = make_harmless(decoded.text, findings)
    if not text.strip():
        raise Withheld(ReasonCode.EMPTY, "nothing visible")
    return text


def write_text(text: str, out: Output) -> None:
    """Write harmless `text`, whose lines end with "\\n", to `out`."""
    out.write(codecs.BOM_UTF8)
    for start in range(0, len(text), _PIECE_CHARS):
        piece = text[start : start + _PIECE_CHARS]
        out.write(piece.replace("\n", "\r\n").encode("utf-8"))


def _is_no_text(text: str, lost: int) -> bool:
    controls = sum(1 for _ in _NO_TEXT.finditer(text))
    return (controls > _FORGIVEN and controls > _MAX_CONTROL_SHARE * len(text)) or (
        lost > _FORGIVEN and lost > _MAX_LOST_SHARE * len(text)
    )
