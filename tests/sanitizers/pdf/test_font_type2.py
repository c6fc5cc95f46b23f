"""Type 2 charstrings: outlines without hints and calls, each number drawn with."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._font_errors import BadFont
from sanitizers.pdf._font_type2 import ENDCHAR, Type2, encoded, number_of

CANARY = b"CANARYzq7"
RMOVETO, RLINETO, HSTEM, HINTMASK, CALLSUBR, RETURN = (
    b"\x15", b"\x05", b"\x01", b"\x13", b"\x0a", b"\x0b",
)  # fmt: skip


def numbers(*values: float) -> bytes:
    return b"".join(encoded(value) for value in values)


def rebuilt(code: bytes, *, shared=(), local=()) -> bytes:
    maker = Type2(list(shared))
    maker.use(list(local))
    return maker.rebuild(code)


LINE = numbers(10, 20) + RMOVETO + numbers(30, 40) + RLINETO


def test_an_outline_without_hints_stays_as_it_is():
    assert rebuilt(LINE + ENDCHAR) == LINE + ENDCHAR


def test_what_stands_after_the_end_is_gone():
    assert rebuilt(LINE + ENDCHAR + CANARY) == LINE + ENDCHAR


def test_hints_and_their_masks_are_gone_and_the_width_stays():
    code = numbers(55, 1, 2) + HSTEM + numbers(3, 4) + HINTMASK + b"\xc0" + LINE + ENDCHAR
    assert rebuilt(code) == numbers(55) + LINE + ENDCHAR


def test_the_bits_of_a_mask_are_not_read_as_operators():
    stems = numbers(*range(1, 17)) + HSTEM  # eight stems: one byte of mask
    assert rebuilt(stems + HINTMASK + b"\x0e" + LINE + ENDCHAR) == LINE + ENDCHAR


def test_subroutines_are_written_out_and_unused_ones_left_behind():
    local = [LINE + RETURN, CANARY]
    assert rebuilt(numbers(-107) + CALLSUBR + ENDCHAR, local=local) == LINE + ENDCHAR


def test_numbers_that_nothing_draws_with_are_gone():
    code = numbers(1, 2, 3, 4) + RMOVETO + numbers(30, 40) + RLINETO + numbers(7, 7, 7) + ENDCHAR
    assert rebuilt(code) == numbers(1, 3, 4) + RMOVETO + numbers(30, 40) + RLINETO + ENDCHAR


def test_arithmetic_is_done_now():
    code = numbers(4, 6) + b"\x0c\x0a" + numbers(20) + RMOVETO + ENDCHAR  # 4 + 6
    assert rebuilt(code) == numbers(10, 20) + RMOVETO + ENDCHAR


def test_an_accented_letter_keeps_its_two_parts():
    code = numbers(600, 10, 20, 65, 194) + ENDCHAR
    assert rebuilt(code) == code


@pytest.mark.parametrize(
    "code",
    [
        numbers(1) + RLINETO,  # an operand is missing
        numbers(1, 2, 3) + RLINETO,  # one too many
        b"\x0c\x14" + ENDCHAR,  # put: storage
        b"\x0c\x17" + ENDCHAR,  # random
        b"\x00", b"\x02" + ENDCHAR, b"\x1c",  # no operator; a number that ends early
        numbers(5) + CALLSUBR,  # no such subroutine
        numbers(1, 0) + b"\x0c\x0c" + ENDCHAR,  # division by nothing
        numbers(*range(49)) + RLINETO,
    ],
)  # fmt: skip
def test_what_is_no_outline_is_refused(code):
    with pytest.raises(BadFont):
        rebuilt(code)


def test_a_subroutine_that_calls_itself_is_refused():
    loop = numbers(-107) + CALLSUBR
    with pytest.raises(BadFont):
        rebuilt(loop, local=[loop])


def test_subroutines_that_double_at_each_level_end():
    double = [numbers(-107 + level + 1) + CALLSUBR for level in range(9)]
    local = [call * 60 for call in double] + [LINE + RETURN]
    with pytest.raises(BadFont):
        rebuilt(numbers(-107) + CALLSUBR, local=local)


@given(st.floats(-32_768, 32_767.9))
def test_a_number_is_read_as_it_was_written(value):
    token = encoded(value)
    assert abs(number_of(token) - value) <= 1 / 65_536


@settings(max_examples=200)
@given(st.binary(max_size=80), st.lists(st.binary(max_size=20), max_size=4))
def test_any_bytes_are_refused_or_become_a_stable_outline(code, subrs):
    try:
        made = rebuilt(code, shared=subrs, local=subrs)
    except BadFont:
        return
    assert made.endswith(ENDCHAR)
    assert rebuilt(made) == made
