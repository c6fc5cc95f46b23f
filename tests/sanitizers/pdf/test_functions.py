"""Functions: numbers and table 42 cross, nothing else, and their values stay."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._context import Unrebuildable
from sanitizers.pdf._functions import OPERATORS, calculator, exactly, function
from sanitizers.pdf._objects import Ref
from tests.sanitizers.pdf.image_samples import holder, opened
from tests.sanitizers.pdf.samples import stream


def made(*objects: bytes) -> str:
    """Object 4 as it is written, with its stream's data behind it."""
    context, _ = opened(holder(*objects))
    target = function(context, Ref(4, 0))
    head, data = context.file._objects[target]
    return (head + b" " + (data or b"")).decode("latin-1")


def test_a_calculator_is_written_token_by_token():
    assert calculator(b"{%comment\n 360 mul\tsin 2.50 div exch{ pop }if}") == (
        b"{ 360 mul sin 2.5 div exch { pop } if }"
    )


@pytest.mark.parametrize(
    "program",
    [
        b"{ system }", b"{ (text) }", b"{ /name load }", b"{ 1 2 add", b"1 2 add", b"{ } }",
        b"{ { 1 } }", b"{ { 1 } ifelse }", b"{ if }", b"{ 1 } trailing", b"", b"{ 16#FF }",
        b"{ <41> }", b"{ addmul }", b"{" * 40 + b"}" * 40, b"{" + b" pop" * 30_000 + b"}",
    ],
)  # fmt: skip
def test_a_program_with_anything_else_is_refused(program):
    with pytest.raises(Unrebuildable):
        calculator(program)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_whatever_comes_out_is_of_the_allowed_tokens(data):
    try:
        out = calculator(b"{ " + data + b" }").decode("ascii")
    except Unrebuildable:
        return
    for token in out.split(" "):
        assert token in OPERATORS | {"{", "}"} or re.fullmatch(r"-?\d+(\.\d{1,6})?", token)


def test_a_calculator_stream_loses_its_comments_and_unknown_keys():
    program = b"{ % CANARY\n dup mul }"
    head = b"/FunctionType 4 /Domain [0 1] /Range [0 1] /Canary (CANARY)"
    out = made(stream(program, head))
    assert "{ dup mul }" in out
    assert "CANARY" not in out
    assert "/Canary" not in out


def test_samples_are_cut_to_their_sizes():
    head = b"/FunctionType 0 /Domain [0 1] /Range [0 1 0 1] /Size [2] /BitsPerSample 4 /Order 1"
    assert made(stream(b"\x12\x34CANARY", head)).endswith("\x12\x34")
    assert exactly(b"\xff\xff", 12) == b"\xff\xf0"
    assert exactly(b"", 12) == b"\0\0"


def test_a_sampled_function_beyond_its_limits_is_refused():
    head = b"/FunctionType 0 /Domain [0 1 0 1] /Range [0 1] /Size [99999 99999] /BitsPerSample 32"
    with pytest.raises(Unrebuildable):
        made(stream(b"", head))


def test_exponential_and_stitched_functions_keep_their_numbers():
    out = made(
        b"<< /FunctionType 3 /Domain [0 1] /Functions [5 0 R 6 0 R] /Bounds [0.25]"
        b" /Encode [0 1 1 0] /X 5 0 R >>",
        b"<< /FunctionType 2 /Domain [0 1] /N 1.5 /C0 [0 0.5] /C1 [1 0] >>",
        b"<< /FunctionType 2 /Domain [0 1] /N 1 >>",
    )
    assert "/Bounds [0.25]" in out
    assert "/Encode [0 1 1 0]" in out
    assert "/X" not in out


def test_a_function_made_of_itself_ends():
    with pytest.raises(Unrebuildable):
        made(b"<< /FunctionType 3 /Domain [0 1] /Functions [4 0 R] /Bounds [] /Encode [0 1] >>")


@pytest.mark.parametrize("body", [b"<< /FunctionType 9 /Domain [0 1] >>", b"(text)", b"<< >>"])
def test_what_is_no_function_is_refused(body):
    with pytest.raises(Unrebuildable):
        made(body)
