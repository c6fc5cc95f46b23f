"""JSON comes back as the same data, with every digit."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.verify import Rejected
from tests.sanitizers.markup.helpers import VERIFIERS, clean

JSON = "application/json"


def test_data_and_numbers_stay():
    text = '{"氏名": "髙橋①", "n": [1.50, 1e400, -0, 12345678901234567890123], "x": [true, null]}'
    assert clean(text, JSON)[0].decode() == text + "\n"


def test_lines_stay_lines():
    out, _ = clean('{\n"a": [1,\n2], "b": {}, "c": []}', JSON)
    assert out.decode() == ('{\n  "a": [\n    1,\n    2\n  ],\n  "b": {},\n  "c": []\n}\n')


def test_hidden_characters_in_strings_do_not_survive_as_escapes_either():
    out, found = clean(r'{"a\u202e": "x\u200b\u0000\n\u0009y", "b": "\ud83d\ude00\ud800"}', JSON)
    assert out.decode() == '{"a": "x\\n\\ty", "b": "😀�"}\n'
    assert {"bidi_control", "zero_width", "control_character"} <= set(found)


def test_of_two_members_with_one_name_the_last_stays():
    out, found = clean('{"a": "CANARY", "a": 2}', JSON)
    assert out == b'{"a": 2}\n'
    assert "unknown_data" in found


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ReasonCode.EMPTY),
        (b"garbage " * 100, ReasonCode.DAMAGED),
        (b"{'a': 1}", ReasonCode.DAMAGED),
        (b'{"a": 1} // CANARY', ReasonCode.DAMAGED),
        (b'{"a": 1} {"b": 2}', ReasonCode.DAMAGED),
        (b"[NaN]", ReasonCode.DAMAGED),
        (b"[" + b"1" * 500 + b"]", ReasonCode.DAMAGED),
        (b"[" * 100_000, ReasonCode.DAMAGED),
        (b"[" * 300 + b"]" * 300, ReasonCode.TOO_DEEP),
    ],
)
def test_what_is_no_json_is_refused(data, code):
    with pytest.raises(Withheld) as refused:
        clean(data, JSON)
    assert refused.value.code is code


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1,]", "[,1]", '{"a"}', '{"a":1,}', "[1 2]", "1 2\n", "{]\n", "01\n", "1", "tru\n",
     '"\\u202e"\n', "\ufeff1\n", '"\u200b"\n', '{1:2}\n', "1.\n", '"a\n', "[" * 300 + "]" * 300],
)  # fmt: skip
def test_the_verifier_knows_the_whole_grammar(text):
    with pytest.raises(Rejected):
        VERIFIERS[JSON].verify(memoryview(text.encode()))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(categories=("L", "N", "P"))),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(categories=("L", "N"))), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(VALUES, st.sampled_from([None, 1]))
def test_whatever_the_data_is_it_comes_back(value, indent):
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    out, found = clean(text, JSON)
    if not {"zero_width", "control_character", "bidi_control"} & set(found):
        assert json.loads(out) == value
