"""Objects as qpdf prints them, parsed; and values of ours, spelled."""

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._objects import Name, Ref, Target, Text, Word
from sanitizers.pdf._serialize import real, spell
from sanitizers.pdf._syntax import SyntaxFault, parse

SCALARS = (
    st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.binary(max_size=40)
    | st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=12).map(Name)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text("abcXYZ #/()", min_size=1, max_size=6), inner, max_size=5)
    ),
    max_leaves=20,
)


def printed(value: object) -> bytes:
    """The value as qpdf prints it."""
    return to_qpdf(value).unparse()


def to_qpdf(value: object) -> pikepdf.Object:
    if isinstance(value, Name):
        escaped = "".join(
            c if c.isalnum() and c.isascii() else f"#{ord(c):02x}" for c in str(value)
        )
        return pikepdf.Object.parse(f"/{escaped}".encode())
    if isinstance(value, bytes):
        return pikepdf.String(value)
    if isinstance(value, list):
        return pikepdf.Array([to_qpdf(v) for v in value])
    if isinstance(value, dict):
        pairs = b" ".join(printed(Name(k)) + b" " + printed(v) for k, v in value.items())
        return pikepdf.Object.parse(b"<< " + pairs + b" >>")
    return pikepdf.Array([value])


def flat(value: object) -> object:
    """Scalars that qpdf has no object for stand in an array of one."""
    if isinstance(value, Name | bytes):
        return value
    if isinstance(value, list):
        return [flat(v) for v in value]
    if isinstance(value, dict):
        return {k: flat(v) for k, v in value.items()}
    return [value]


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_what_qpdf_prints_is_parsed(value):
    assert parse(printed(value)) == flat(value)


def test_references_and_reals():
    assert parse(b"[ 12 0 R 1.5 -.25 3. null ]") == [Ref(12, 0), 1.5, -0.25, 3.0, None]


@pytest.mark.parametrize(
    "data", [b"", b"1 2", b"<< /A >>", b"[", b"]", b"<< 1 2 >>", b"foo", b"[" * 100 + b"]" * 100]
)
def test_anything_else_is_a_fault(data):
    with pytest.raises(SyntaxFault):
        parse(data)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0.1, "0.1"), (-0.0, "0"), (1e-9, "0"), (float("nan"), "0"), (1e300, "0"),
        (12.3456789, "12.345679"), (7, "7"), (True, "true"), (Word("A-b"), "/A-b"),
        (Text(b"\x01\xff"), "<01FF>"), (Target(5), "5 0 R"), ([1, None], "[1 null]"),
        ({"A": [Word("B")], "C": None}, "<< /A [/B] >>"),
    ],
)  # fmt: skip
def test_values_are_spelled_in_one_way(value, spelled):
    assert spell(value) == spelled


@pytest.mark.parametrize("value", [b"source", Name("source"), Ref(1, 0), object(), {"A B": 1}])
def test_values_of_the_document_cannot_be_written(value):
    with pytest.raises((TypeError, ValueError)):
        spell(value)


@pytest.mark.parametrize("name", ["", "a b", "é", "a" * 200, "/x", "a#20"])
def test_names_of_other_characters_cannot_be_written(name):
    with pytest.raises(ValueError, match="name"):
        spell(Word(name))


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_reals_are_plain(value):
    assert "e" not in real(value)
