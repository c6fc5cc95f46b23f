"""Type 1 charstrings become Type 2: the same pen, nothing that does not draw."""

import pytest
from fontTools.encodings.StandardEncoding import StandardEncoding
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.recordingPen import RecordingPen
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_type1_outline import Outlines

HSBW, RMOVETO, HLINETO, VLINETO, CLOSEPATH, ENDCHAR = (
    b"\x0d",
    b"\x15",
    b"\6",
    b"\7",
    b"\x09",
    b"\x0e",
)
CALLSUBR, RETURN, DIV, SEAC, OTHER, POP = (
    b"\x0a",
    b"\x0b",
    b"\x0c\x0c",
    b"\x0c\6",
    b"\x0c\x10",
    b"\x0c\x11",
)


def numbers(*values: int) -> bytes:
    return b"".join(b"\xff" + value.to_bytes(4, "big", signed=True) for value in values)


def drawn(glyphs: dict[str, bytes], name: str = "A", *, subrs=None, weights=()):
    made = Outlines(glyphs, subrs or {}, StandardEncoding, weights).charstring(name)
    string = T2CharString(bytecode=made)
    string.decompile()
    pen = RecordingPen()
    private = type("Private", (), {"nominalWidthX": 0, "defaultWidthX": 0})()
    string.private, string.globalSubrs = private, []
    string.draw(pen)
    return string.width, pen.value


def box(size: int) -> bytes:
    """A square from the current point, up and to the right."""
    return numbers(size) + VLINETO + numbers(size) + HLINETO + numbers(-size) + VLINETO + CLOSEPATH


START = numbers(50, 600) + HSBW


def corners(value) -> list[tuple[float, float]]:
    return [point for _, points in value for point in points]


def test_the_side_bearing_and_the_width_stay():
    width, value = drawn({"A": START + numbers(0, 10) + RMOVETO + box(100) + ENDCHAR})
    assert width == 600
    assert corners(value) == [(50, 10), (50, 110), (150, 110), (150, 10)]


def test_a_division_becomes_a_fraction():
    width, _ = drawn({"A": numbers(0, 1201, 2) + DIV + HSBW + ENDCHAR})
    assert width == 600.5


def test_hints_and_numbers_that_nothing_uses_are_gone():
    plain = START + box(100) + ENDCHAR
    hinted = START + numbers(1, 2) + b"\1" + numbers(9, 9, 9, 1, 2) + b"\3" + box(100) + ENDCHAR
    make = lambda code: Outlines({"A": code}, {}, StandardEncoding).charstring("A")  # noqa: E731
    assert make(plain) == make(hinted) == make(plain + b"CANARY")


def test_subroutines_are_followed_and_unused_ones_are_not_read():
    subrs = {4: box(100) + RETURN, 5: b"\xff"}
    assert drawn({"A": START + numbers(4) + CALLSUBR + ENDCHAR}, subrs=subrs) == drawn(
        {"A": START + box(100) + ENDCHAR}
    )


def test_an_accented_letter_is_drawn_from_its_parts():
    glyphs = {
        "A": START + box(100) + ENDCHAR,
        "acute": numbers(20, 300) + HSBW + box(10) + ENDCHAR,
        "Aacute": START + numbers(20, 70, 400, 65, 194) + SEAC,
    }
    width, value = drawn(glyphs, "Aacute")
    assert width == 600
    assert (50, 0) in corners(value)
    # 50 + 70: where the accent's own left side is put (6.4).
    assert (120, 400) in corners(value)


def test_a_flex_becomes_two_curves():
    points = [(50, 5), (-40, -5), (20, 5), (20, 0), (20, 0), (20, -5), (10, 0)]
    code = START + numbers(0, 0) + RMOVETO + numbers(0, 1) + OTHER
    for point in points:
        code += numbers(*point) + RMOVETO + numbers(0, 2) + OTHER
    code += numbers(50, 150, 0, 3, 0) + OTHER + POP + POP + b"\x0c\x21" + ENDCHAR
    _, value = drawn({"A": code})
    assert [name for name, _ in value].count("curveTo") == 2
    assert corners(value)[-1] == (150, 0)


def test_blended_designs_become_one():
    code = numbers(0) + numbers(600, 100, 2, 14) + OTHER + POP + HSBW + ENDCHAR
    assert drawn({"A": code}, weights=(0.5, 0.5))[0] == 650


@pytest.mark.parametrize(
    "code",
    [
        START + numbers(1) + RMOVETO + ENDCHAR,
        START + numbers(9) + CALLSUBR,
        START + b"\x0c\x63" + ENDCHAR,
        START + b"\x02" + ENDCHAR,
        numbers(1, 0) + DIV + HSBW,
        START + numbers(0, 0, 0, 65, 999) + SEAC,
        START + numbers(1, 2, 3) + OTHER,
        START + numbers(-5, 0) + OTHER,
        numbers(0, 99_999) + HSBW + ENDCHAR,
        HSBW,
    ],
)
def test_what_is_no_outline_is_refused(code):
    with pytest.raises(BadFont):
        drawn({"A": code})


def test_loops_of_subroutines_and_of_accents_are_refused():
    with pytest.raises(BadFont):
        drawn({"A": START + numbers(0) + CALLSUBR}, subrs={0: numbers(0) + CALLSUBR})
    loop = START + numbers(0, 0, 0, 65, 65) + SEAC
    with pytest.raises(BadFont):
        drawn({"A": loop})


@settings(max_examples=200)
@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_an_outline(code):
    try:
        drawn({"A": code, "acute": b"\x0e"}, subrs={0: code})
    except BadFont:
        return
