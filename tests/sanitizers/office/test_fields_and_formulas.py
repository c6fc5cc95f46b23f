"""Our own grammars of field codes and formulas never say yes to what the verifier refuses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.office import _fields, _formulas
from sanitizers.verify import Rejected, _ooxml_values

PIECES = st.sampled_from(
    ["SUM(", "A1", ")", ",", "'", '"', "[", "]", "[1]", "!", "|", "#", "@", "T1[", "[#All]", "+",
     " ", "HYPERLINK(", '"#a"', '"http://a"', "CALL(", "WEBSERVICE(", "_xlfn.", "CONCAT(", "東京",
     "'a b'", "_xll.", "\\", "/", "1", "."]
)  # fmt: skip
WORDS = st.sampled_from(
    ["PAGE", "REF", "HYPERLINK", "DDE", "DDEAUTO", "INCLUDETEXT", "TOC", "=", " ", '"', "\\l",
     "\\o", "\\*", "MERGEFORMAT", "http://a/", "a", "1", "\0", "\\\\", "SEQ", "EQ", "\\f", "(", ")"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_formula_that_crosses_passes_the_verifier(text):
    if _formulas.is_safe(text):
        _ooxml_values.formula(text)


@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=10).map("".join))
def test_a_field_that_crosses_passes_the_verifier_and_is_stable(text):
    written = _fields.rebuilt(text)
    if written:
        _ooxml_values.field(written)
        assert _fields.rebuilt(written) == written


@pytest.mark.parametrize(
    "code",
    ["DDE a", "DDEAUTO a b", 'INCLUDETEXT "a"', "LINK Excel.Sheet.12 a", "MACROBUTTON a b", "RD a",
     "DATABASE", "AUTOTEXT a", "IMPORT a", "QUOTE 65 66", 'HYPERLINK "a" \\l "b"', "FILLIN a", "",
     "PAGE \0", "CONTROL a", "HTMLACTIVEX a", "ADDIN a", "ddeauto a", "=DDE(a)"],
)  # fmt: skip
def test_fields_that_fetch_run_or_ask_do_not_cross(code):
    assert _fields.rebuilt(code) == ""
    with pytest.raises(Rejected):
        _ooxml_values.field(f" {code} ")


@pytest.mark.parametrize(
    ("code", "written"),
    [
        (" page ", " PAGE "),
        ('TOC \\o "1-3" \\h \\z \\u', ' TOC \\o "1-3" \\h \\z \\u '),
        ("REF _Ref1 \\h", " REF _Ref1 \\h "),
        ('HYPERLINK \\l "_Toc1"', ' HYPERLINK \\l "_Toc1" '),
        ('DATE \\@ "ggge年M月d日"', ' DATE \\@ "ggge年M月d日" '),
        ("=SUM(ABOVE)", " = SUM(ABOVE) "),
        ("SEQ 表 \\* ARABIC", " SEQ 表 \\* ARABIC "),
    ],
)
def test_fields_that_count_or_point_are_written_anew(code, written):
    assert _fields.rebuilt(code) == written
