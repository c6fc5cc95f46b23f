"""Names of glyphs: those that mean a character stay, all others become a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.pdf._encoding import MAX_NAME, crossing_name, is_plain


@pytest.mark.parametrize(
    "name",
    [".notdef", "A", "Aacute", "uni30A2", "u1F600", "g123", "cid00045", "a12.alt", "A.sc", "f_i",
     "f_f_i", "C0a1", "glyph7"],
)  # fmt: skip
def test_a_name_of_a_character_or_a_number_stays(name):
    assert is_plain(name)
    assert crossing_name(name) == name


@pytest.mark.parametrize(
    "name", ["CANARYzq7", "", "http", "A.secret", "uni30A2.hello", "f_secret", "g1234567", "A B"]
)
def test_any_other_name_becomes_one_that_says_nothing(name):
    made = crossing_name(name)
    assert made.startswith("mug.")
    assert len(made) <= MAX_NAME
    assert name == "" or name not in made
    assert made == crossing_name(name)


@given(st.text(max_size=60), st.text(max_size=60))
def test_two_names_never_become_one(one, other):
    assert (crossing_name(one) == crossing_name(other)) == (one == other)
