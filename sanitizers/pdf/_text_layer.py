"""The invisible text layer: what PDFium reads on a page, laid over the picture.

Characters come with their boxes; neighbours on a line become a run, a run is cut into
words, and each word is stretched to lie over its glyphs, so that search, selection and
copying work as on the original. Only characters that a reader could have seen pass:
no control, bidi or zero-width ones. Text outside the page box is dropped.
"""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

import pypdfium2_raw as pdfium  # type: ignore[import-untyped]

from sanitizers.findings import Action, Findings, Kind
from sanitizers.pdf import _glyphless as glyphless
from sanitizers.pdf._pdfium import Geometry, Page, address_of
from sanitizers.pdf._writer import Codes, number

MAX_PAGE_CHARS: Final = 300_000  # a dense A0 table has about 100,000
MAX_RUN_CHARS: Final = 2_000  # a line; longer ones go on in a new run
MAX_WORD_CHARS: Final = 200  # characters of one string operand
MIN_SIZE: Final = 0.1  # points; smaller text is drawn this high
MAX_SIZE: Final = 20_000.0  # points; beyond the longest page
STRETCH: Final = (5.0, 1000.0)  # percent of natural width that a word may take

#: Same line: boxes overlap by half, heights within a factor two, and the next character
#: starts no further than this many heights before or after the end of the last one.
GAP_BEFORE: Final = 0.5
GAP_AFTER: Final = 2.0

BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ZERO_WIDTH: Final = frozenset(
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064"
    "\u3164\ufeff\uffa0"
)
#: Unicode general categories that never cross, beside the two sets above: controls,
#: other format characters, surrogates, line and paragraph separators.
FORBIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
LINE_ENDS: Final = frozenset({0x0A, 0x0D})
#: PDFium's marks for a hyphen that ends a line.
HYPHENS: Final = frozenset({0x02, 0xFFFE})


#: PDFium's functions of single characters, without ctypes' look at the arguments and without
#: giving up the interpreter's lock, which cost more than what they do. They take the address of
#: a text page and a number; the box is left, top, right, bottom.
_Edges = ctypes.c_float * 4
_unicode_of = ctypes.PYFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(
    address_of(pdfium.FPDFText_GetUnicode)
)
_angle_of = ctypes.PYFUNCTYPE(ctypes.c_float, ctypes.c_void_p, ctypes.c_int)(
    address_of(pdfium.FPDFText_GetCharAngle)
)
_box_of = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    address_of(pdfium.FPDFText_GetLooseCharBox)
)

_RIGHT: Final = (1.0, 0.0)
_UP: Final = (0.0, 1.0)
_DOWN: Final = (0.0, -1.0)


#: One character along its run's direction: text, start and end in page units. (A plain tuple:
#: pages have thousands.)
_Glyph = tuple[str, float, float]


@dataclass(slots=True, kw_only=True)
class _Run:
    """Neighbouring characters with one direction (a unit vector) and one line box."""

    direction: tuple[float, float]
    low: float
    high: float
    glyphs: list[_Glyph] = field(default_factory=list)


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def span(self, axis: tuple[float, float]) -> tuple[float, float]:
        """The box's shadow on an axis; for slanted text, that of an upright square."""
        if axis == _RIGHT:
            return self.left, self.right
        if axis == _UP:
            return self.bottom, self.top
        x, y = axis
        if max(abs(x), abs(y)) > 0.999:
            ends = (self.left * x + self.bottom * y, self.right * x + self.top * y)
            return min(ends), max(ends)
        half = min(self.right - self.left, self.top - self.bottom) / (abs(x) + abs(y)) / 2
        middle = self.centre[0] * x + self.centre[1] * y
        return middle - half, middle + half


def text_of(
    page: Page, geometry: Geometry, *, scale: float, codes: Codes, findings: Findings, where: str
) -> tuple[bytes, int]:
    """Operators of the page's text (between BT and ET) and how many characters it has.

    `scale` turns page units into points of the output.
    """
    count = 0
    operators: list[bytes] = []
    state: dict[str, bytes] = {}
    for run in _runs(page, geometry, findings, where):
        count += len(run.glyphs)
        operators += _draw(run, geometry, scale, codes, state)
    return b"".join(operators), count


def clean(code: int, findings: Findings, where: str) -> str:
    """The character of a code point, or "" with a finding if it may not cross."""
    if not 0 < code <= 0x10FFFF:
        return ""
    character = chr(code)
    if character in BIDI:
        findings.add(Kind.BIDI_CONTROL, Action.REMOVED, where=where)
    elif character in ZERO_WIDTH or unicodedata.category(character) == "Cf":
        findings.add(Kind.ZERO_WIDTH, Action.REMOVED, where=where)
    elif unicodedata.category(character) in FORBIDDEN or code & 0xFFFE == 0xFFFE:
        findings.add(Kind.CONTROL_CHARACTER, Action.REMOVED, where=where)
    else:
        return " " if character.isspace() and character != "\u3000" else character
    return ""


def _runs(page: Page, geometry: Geometry, findings: Findings, where: str) -> Iterator[_Run]:
    """Read the page's characters and join neighbours."""
    handle = pdfium.FPDFText_LoadPage(page.handle)
    if not handle:
        return
    try:
        total = pdfium.FPDFText_CountChars(handle)
        if total > MAX_PAGE_CHARS:
            findings.add(Kind.TRUNCATED, Action.NOTED, where=where)
        address = address_of(handle)
        yield from _join(address, min(total, MAX_PAGE_CHARS), geometry, findings, where)
    finally:
        pdfium.FPDFText_ClosePage(handle)


def _join(
    page: int, total: int, geometry: Geometry, findings: Findings, where: str
) -> Iterator[_Run]:
    run: _Run | None = None
    edges = _Edges()
    into = ctypes.addressof(edges)
    leftmost, lowest = geometry.left, geometry.bottom
    rightmost, highest = geometry.right, geometry.top
    plain: dict[int, str] = {}  # characters that pass as they are
    space = False
    high = 0
    for index in range(total):
        code = _unicode_of(page, index)
        text = plain.get(code, "")
        if not text:
            if code in LINE_ENDS:
                if run is not None:
                    yield run
                run, space = None, False
                continue
            if 0xD800 <= code < 0xDC00:
                high = code
                continue
            whole = code
            if code in HYPHENS:
                whole = 0x2D
            elif 0xDC00 <= code < 0xE000 and high:
                whole = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
            text = clean(whole, findings, where)
            if text == " ":
                space = run is not None
            if text in ("", " "):
                high = 0
                continue
            if whole == code:
                plain[code] = text
        high = 0
        if not _box_of(page, index, into):
            continue
        left, top, right, bottom = edges[:]
        if not (
            leftmost <= (left + right) / 2 <= rightmost and lowest <= (bottom + top) / 2 <= highest
        ):
            findings.add(Kind.HIDDEN_TEXT, Action.REMOVED, where=where)
            continue
        angle = _angle_of(page, index)
        if run is not None:
            glyphs = run.glyphs
            if angle == 0 and run.direction is _RIGHT and len(glyphs) > 1:
                joined = _goes_on(run, left, bottom, top)
                start, end = left, right  # the most common case, without the steps between
            else:
                joined, start, end = _extend(run, _Box(left, bottom, right, top), angle)
            if joined:
                if space:
                    glyphs.append((" ", glyphs[-1][2], start))
                    space = False
                glyphs.append((text, start, end))
                continue
            yield run
        run = _new_run(_Box(left, bottom, right, top), angle, text)
        space = False
    if run is not None:
        yield run


def _new_run(box: _Box, angle: float, text: str) -> _Run:
    direction = _direction(angle)
    start, end = box.span(direction)
    low, high = box.span(_normal(direction))
    return _Run(direction=direction, low=low, high=high, glyphs=[(text, start, end)])


def _direction(angle: float) -> tuple[float, float]:
    """Unit vector of a writing angle (radians, clockwise), snapped to a near axis."""
    if angle == 0 or not math.isfinite(angle):
        return _RIGHT
    x, y = math.cos(angle), -math.sin(angle)
    if abs(x) > 0.9998:
        return (math.copysign(1.0, x), 0.0)
    if abs(y) > 0.9998:
        return (0.0, math.copysign(1.0, y))
    return x, y


def _normal(direction: tuple[float, float]) -> tuple[float, float]:
    return _UP if direction == _RIGHT else (-direction[1], direction[0])


def _extend(run: _Run, box: _Box, angle: float) -> tuple[bool, float, float]:
    """Whether a character follows on the run's line; where it starts and ends on it."""
    direction = _direction(angle)
    if len(run.glyphs) == 1 and direction == run.direction == _RIGHT:
        # One character so far: vertical writing shows itself by the next one below.
        _turn_if_vertical(run, box)
    if run.direction == _DOWN and direction == _RIGHT:
        direction = run.direction  # upright characters in a vertical line
    if abs(direction[0] - run.direction[0]) + abs(direction[1] - run.direction[1]) > 0.04:
        return False, 0.0, 0.0
    low, high = box.span(_normal(run.direction))
    start, end = box.span(run.direction)
    return _goes_on(run, start, low, high), start, end


def _goes_on(run: _Run, start: float, low: float, high: float) -> bool:
    """Whether what starts here, in a line from `low` to `high`, is the run's next character."""
    if len(run.glyphs) >= MAX_RUN_CHARS:
        return False
    height, other = run.high - run.low, high - low
    overlap = min(run.high, high) - max(run.low, low)
    if overlap < min(height, other) / 2 or not height / 2 <= other <= height * 2:
        return False
    gap = start - run.glyphs[-1][2]
    return -GAP_BEFORE * height <= gap <= GAP_AFTER * height


def _turn_if_vertical(run: _Run, box: _Box) -> None:
    """Turn a run of one upright character downwards if `box` stands right below it."""
    text, start, end = run.glyphs[0]
    size = run.high - run.low
    x, y = box.centre
    below = run.low - y
    if start <= x <= end and 0 < below <= 1.2 * size and box.top <= run.high - size / 2:
        run.direction = _DOWN
        # Along: downwards, so that y counts negative. Across: to the right.
        run.glyphs[0] = text, -run.high, -run.low
        run.low, run.high = start, end


@lru_cache(maxsize=4096)
def _width_of(character: str) -> int:
    return glyphless.width_of(ord(character))


def _draw(
    run: _Run, geometry: Geometry, scale: float, codes: Codes, state: dict[str, bytes]
) -> Iterator[bytes]:
    """Operators of a run, word by word; `state` holds the size and stretch last set."""
    size = min(max((run.high - run.low) * scale, MIN_SIZE), MAX_SIZE)
    baseline = run.low - (run.high - run.low) * glyphless.DESCENT / glyphless.UNITS_PER_EM
    matrix = _matrix(run.direction, geometry.quarter_turns)
    if state.get("Tf") != (font := b"/F0 %s Tf\n" % number(round(size, 2))):
        state["Tf"] = font
        yield font
    for word in _words(run.glyphs):
        # The space that ends a word takes what it gets: the next word is placed anew.
        body = word[:-1] if len(word) > 1 and word[-1][0] == " " else word
        natural = sum([_width_of(text) for text, _, _ in body]) / glyphless.UNITS_PER_EM
        along, last = body[0][1], body[-1][2]
        length = (last - along) * scale
        stretch = min(max(100 * length / (natural * size), STRETCH[0]), STRETCH[1])
        x = along * run.direction[0] - baseline * run.direction[1]
        y = along * run.direction[1] + baseline * run.direction[0]
        left, bottom = _placed(x, y, geometry)
        place = number(round(left * scale, 2)), number(round(bottom * scale, 2))
        if state.get("Tz") != (width := b"%s Tz\n" % number(round(stretch, 1))):
            state["Tz"] = width
            yield width
        yield b"%s %s %s Tm <%s> Tj\n" % (matrix, *place, _codes(word, codes))


def _codes(word: list[_Glyph], codes: Codes) -> bytes:
    """The word in hexadecimal: its UTF-16 units, or numbers beyond them."""
    text = "".join([text for text, _, _ in word])
    if max(text) <= "\uffff":
        return text.encode("utf-16-be").hex().upper().encode("ascii")
    return b"".join([b"%04X" % codes.of(character) for character in text])


def _words(glyphs: list[_Glyph]) -> Iterator[list[_Glyph]]:
    """Cut after spaces, and where a word gets too long for one operand."""
    word: list[_Glyph] = []
    for glyph in glyphs:
        word.append(glyph)
        if glyph[0] == " " or len(word) >= MAX_WORD_CHARS:
            yield word
            word = []
    if word:
        yield word


@lru_cache(maxsize=256)
def _matrix(direction: tuple[float, float], quarter_turns: int) -> bytes:
    across, up = _turned(direction, quarter_turns)
    return b" ".join([number(value) for value in (across, up, -up, across)])


def _turned(direction: tuple[float, float], quarter_turns: int) -> tuple[float, float]:
    """A direction after the page's clockwise rotation."""
    x, y = direction
    for _ in range(quarter_turns):
        x, y = y, -x
    return x, y


def _placed(x: float, y: float, geometry: Geometry) -> tuple[float, float]:
    """A point of the page's own space in the displayed page, from its lower left."""
    return (
        (x - geometry.left, y - geometry.bottom),
        (y - geometry.bottom, geometry.right - x),
        (geometry.right - x, geometry.top - y),
        (geometry.top - y, x - geometry.left),
    )[geometry.quarter_turns]
