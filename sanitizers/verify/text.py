"""Plain text as our writer may write it: strict UTF-8, CRLF only, visible characters.

An allow-list of code points (Unicode 15): what draws, spaces, tabulators, and the marks
that Japanese, combining scripts and emoji need. No control, no bidi control, nothing that
is invisible by design.
"""

from __future__ import annotations

import re
from typing import Final

from sanitizers.limits import MAX_TEXT_CHARS
from sanitizers.model import Verifier
from sanitizers.verify import Rejected

#: First and last code point. Left out: C0 and C1 controls, soft hyphen, default-ignorable
#: fillers and joiners (Unicode 4.1, DerivedCoreProperties), bidi controls (UAX #9, 2),
#: line and paragraph separators, surrogates, noncharacters, tags, U+FEFF, interlinear marks.
_ALLOWED: Final = (
    (0x09, 0x09), (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x34E), (0x350, 0x61B), (0x61D, 0x115E),
    (0x1161, 0x17B3), (0x17B6, 0x180A), (0x1810, 0x200A), (0x2010, 0x2027), (0x202F, 0x205F),
    (0x2070, 0x3163), (0x3165, 0xD7FF), (0xE000, 0xFDCF), (0xFDF0, 0xFDFF), (0xFE10, 0xFEFE),
    (0xFF00, 0xFF9F),
    (0xFFA1, 0xFFEF), (0xFFFC, 0xFFFD), (0x10000, 0x1BC9F), (0x1BCA4, 0x1D172),
    (0x1D17B, 0x1FFFD), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD), (0xF0000, 0xFFFFD),
    (0x100000, 0x10FFFD),
)  # fmt: skip
#: Kanji, which take a selector for the form of a name (IVS: UTS #37; CJK compatibility).
_KANJI: Final = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
#: Bases of emoji sequences (UTS #51, ED-14 ff.): keycaps, signs, arrows, pictographs.
_EMOJI: Final = (
    "#*0-9\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001fbff"
)
#: Scripts whose letters change shape at a joiner (Unicode 23.2): Arabic to Khmer.
_JOINING: Final = "\u0620-\u07ff\u08a0-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17d3"
#: Characters that draw nothing themselves, each only in its one place.
_IN_PLACE: Final = "|".join(
    (
        f"(?<=[{_KANJI}])[\ufe00-\ufe02\U000e0100-\U000e01ef]",
        f"(?<=[{_EMOJI}])[\ufe0e\ufe0f]",
        f"(?<=[{_EMOJI}\ufe0e\ufe0f])\u200d(?=[{_EMOJI}])",
        f"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])",
    )
)
_CLASS: Final = "".join(f"{chr(first)}-{chr(last)}" for first, last in _ALLOWED if first != 0x20)
_TEXT: Final = re.compile(rf"(?:[ -~{_CLASS}]+|\r\n|{_IN_PLACE})*+")
_LINES: Final = re.compile(rf"(?:[ -~{_CLASS}]+|\n|{_IN_PLACE})*+")
#: Quotes, indents and escapes may double what was read.
_MAX_WRITTEN: Final = 4 * MAX_TEXT_CHARS
_BOM: Final = b"\xef\xbb\xbf"


class TextVerifier(Verifier):
    """Plain text."""

    media_types = ("text/plain",)

    def verify(self, data: memoryview) -> None:
        """Accept strict UTF-8 of allowed code points with CRLF line ends.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        text = visible(bytes(data).removeprefix(_BOM))
        if len(text) > MAX_TEXT_CHARS:
            raise Rejected("too long")


def visible(raw: bytes, *, line_end: str = "\r\n") -> str:
    """The text of `raw`: strict UTF-8 of allowed code points, every line ended alike.

    Raises:
        sanitizers.verify.Rejected: anything else.
    """
    try:
        text = raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise Rejected("not UTF-8") from error
    if len(text) > _MAX_WRITTEN:
        raise Rejected("too long")
    if not (_TEXT if line_end == "\r\n" else _LINES).fullmatch(text):
        raise Rejected("character or line end that is not allowed")
    return text
