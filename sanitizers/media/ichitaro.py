"""一太郎 (Ichitaro 8 and later): the characters of its text stream; nothing else crosses.

The format is not published. What is used of it is what its files show: a stream
`DocumentText`, in it a part that begins with `TextV.01`, UTF-16 (big-endian) with controls
from 0x1C to 0x1F around what is not text. So the result is checked as a whole: where it does
not read as Japanese text the document is withheld by its name.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.identify.cfb import SIGNATURE
from sanitizers.media import _text
from sanitizers.media._compound import Compound
from sanitizers.model import Cleaned, Job, Method, Output, Sanitizer

_STREAM: Final = "DocumentText"
_PART: Final = b"TextV.01"
#: 0x1C opens a command, 0x1F ends it; the longest that were seen have some 200 characters.
_COMMAND: Final = re.compile("\x1c[^\x1c\x1f]{0,1000}\x1f")
_BREAKS: Final = re.compile("\r\n?|\x0b|\x0c")
#: What Japanese documents consist of: ASCII, Latin-1, Greek, Cyrillic, punctuation, signs,
#: frames, kana, kanji, full-width forms, and the private use area (gaiji).
_PLAUSIBLE: Final = re.compile(
    "[\t\n\x20-\x7e\xa0-\xff\u0391-\u03c9\u0401-\u0451\u2010-\u2044\u20a0-\u27bf\u2e80-\u9fff"
    "\ue000-\uf8ff\uf900-\ufaff\uff01-\uff9f\uffe0-\uffe6\U00020000-\U0003ffff"
    "\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_LEAST_SHARE: Final = 0.95
_KANA_OR_ASCII: Final = re.compile("[\x20-\x7e\u3000-\u30ff\uff01-\uff9f]")
_LEAST_READABLE: Final = 0.05  # random 16-bit numbers have under 0.01


class Ichitaro(Sanitizer):
    """Documents of the word processor 一太郎."""

    media_types = ("application/x-js-taro",)
    methods = (Method.TEXT,)
    outputs = ("text/plain",)

    @classmethod
    def warm(cls) -> None:
        """Load the codec."""
        b"\0a".decode("utf-16-be", "replace")

    def clean(self, job: Job, out: Output) -> Cleaned:
        """Write the text of the document.

        Raises:
            Withheld: UNSUPPORTED_TYPE, where it cannot be told from the rest; DAMAGED, EMPTY.
        """
        if bytes(job.data[: len(SIGNATURE)]) != SIGNATURE:
            raise _text.unsupported("before version 8")
        stream = Compound(job.data).read(_STREAM)
        if stream is None:
            raise _text.unsupported("no text stream")
        at = stream.find(_PART)
        if at < 0:
            raise _text.unsupported("no text part")
        raw = stream[at + len(_PART) :]
        text = raw[: len(raw) & ~1].decode("utf-16-be", "replace")
        text = _BREAKS.sub("\n", _COMMAND.sub("", text))
        kept = "".join(_PLAUSIBLE.findall(text))
        seen = sum(1 for character in text if character > "\x1f" or character in "\t\n")
        if not kept or len(kept) < _LEAST_SHARE * seen:
            raise _text.unsupported("does not read as text")
        if len(_KANA_OR_ASCII.findall(kept)) < _LEAST_READABLE * len(kept):
            raise _text.unsupported("does not read as Japanese")
        return _text.write(job, kept, out)
