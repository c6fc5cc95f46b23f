"""CMaps written anew: the same codes mean the same, and nothing else is said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf._cmap import MAX_ENTRIES, BadCMap, rebuild_cmap
from sanitizers.verify._pdf_cmaps import check_cmap

CANARY = b"CANARYzq7"
TO_UNICODE = b"""%!PS-Adobe-3.0 Resource-CMap CANARYzq7
/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (CANARYzq7) /Ordering (UCS) /Supplement 0 >> def
/CMapName /CANARYzq7 def /CMapType 2 def /UIDOffset 950 def /XUID [1 10 25343] def
1 begincodespacerange <0000> <FFFF> endcodespacerange
2 beginbfchar
<0003> <65E5>
<0004> <00660066>
endbfchar
2 beginbfrange
<0010> <0012> <3042>
<0020> <0021> [<6C34> <6728>]
endbfrange
endcmap CMapName currentdict /CMap defineresource pop end end CANARYzq7
"""


def test_codes_and_texts_stay_and_everything_else_goes():
    made = rebuild_cmap(TO_UNICODE, unicode=True)
    check_cmap(made, unicode=True)
    assert CANARY not in made
    for kept in (
        b"<0000> <ffff>", b"<0003> <65e5>", b"<0004> <00660066>", b"<0010> <0012> <3042>",
        b"<0020> <0021> [<6c34> <6728>]",
    ):  # fmt: skip
        assert kept in made


def test_an_embedded_map_of_cids_keeps_its_direction_and_its_base():
    source = (
        b"begincmap /90ms-RKSJ-H usecmap /WMode 1 def 1 begincodespacerange <00> <80>"
        b" endcodespacerange 1 begincidrange <20> <7e> 231 endcidrange 1 begincidchar <a1> 7"
        b" endcidchar 1 beginnotdefrange <00> <1f> 1 endnotdefrange endcmap"
    )
    made = rebuild_cmap(source, unicode=False)
    check_cmap(made, unicode=False)
    for kept in (b"/90ms-RKSJ-H usecmap", b"/WMode 1 def", b"<20> <7e> 231", b"<a1> <a1> 7"):
        assert kept in made


@pytest.mark.parametrize(
    "source",
    [
        b"", b"nothing here", b"begincmap endcmap", b"\xff" * 100,
        b"/CANARYzq7 usecmap",
        b"1 beginbfchar <00> (text) endbfchar",
        b"1 beginbfrange <05> <01> <0041> endbfrange",
        b"1 begincidrange <00> <01> -1 endcidrange",
        b"1 begincidchar <0000000000> 1 endcidchar",
    ],
)  # fmt: skip
def test_what_says_nothing_that_may_cross_is_refused(source):
    for unicode in (True, False):
        with pytest.raises(BadCMap):
            rebuild_cmap(source, unicode=unicode)


def test_too_many_entries_are_refused():
    with pytest.raises(BadCMap):
        rebuild_cmap(
            b"beginbfchar " + b"<00> <0041> " * (MAX_ENTRIES + 1) + b"endbfchar", unicode=True
        )


def test_blocks_hold_at_most_a_hundred():
    entries = b" ".join(b"<%04x> <0041>" % n for n in range(250))
    made = rebuild_cmap(b"250 beginbfchar " + entries + b" endbfchar", unicode=True)
    assert made.count(b"100 beginbfchar") == 2
    assert made.count(b"50 beginbfchar") == 1
    check_cmap(made, unicode=True)


_WORDS = st.sampled_from(
    [b"beginbfchar", b"endbfchar", b"beginbfrange", b"endbfrange", b"begincidrange",
     b"endcidrange", b"<00>", b"<0041>", b"<zz>", b"[", b"]", b"5", b"-1", b"/Name", b"(x)",
     b"%c\n", b"usecmap", b"def", b"/WMode", b"1", b"<", b">", b"endcodespacerange"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=40), st.booleans())
def test_any_sequence_is_refused_or_written_by_the_grammar(words, unicode):
    try:
        made = rebuild_cmap(b" ".join(words), unicode=unicode)
    except BadCMap:
        return
    check_cmap(made, unicode=unicode)


def test_texts_that_are_no_characters_are_left_out():
    made = rebuild_cmap(
        b"beginbfchar <01> <d800> <02> <41> <03> <0041> <04> <004142> endbfchar"
        b" beginbfrange <05> <06> [<0041> <dc00>] endbfrange",
        unicode=True,
    )
    check_cmap(made, unicode=True)
    assert b"2 beginbfchar\n<02> <0041>\n<03> <0041>\nendbfchar" in made
    assert b"bfrange" not in made


def test_texts_that_are_written_as_numbers_are_read():
    made = rebuild_cmap(
        b"begincidrange <0300> <03ff> 768 endcidrange begincidchar <07> 65 <08> 55296 endcidchar"
        b" beginnotdefrange <00> <05> 7 endnotdefrange",
        unicode=True,
    )
    check_cmap(made, unicode=True)
    assert b"2 beginbfrange\n<0300> <03ff> <0300>\n<07> <07> <0041>\nendbfrange" in made
