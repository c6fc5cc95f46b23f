"""The verifier's grammar of CMaps: whole, in order, with right counts, and nothing between."""

import pytest

from sanitizers.pdf._cmap import rebuild_cmap
from sanitizers.pdf._writer import to_unicode
from sanitizers.verify import Rejected
from sanitizers.verify._pdf_cmaps import check_cmap

TEXTS = rebuild_cmap(
    b"1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfchar <0003> <65e5> <0004>"
    b" <d83dde00> endbfchar 2 beginbfrange <0010> <0012> <3042> <0020> <0021> [<6c34> <6728>]"
    b" endbfrange",
    unicode=True,
)
NUMBERS = rebuild_cmap(
    b"/90ms-RKSJ-H usecmap /WMode 1 def 1 begincodespacerange <00> <80> endcodespacerange"
    b" 1 begincidrange <20> <7e> 231 endcidrange 1 beginnotdefrange <00> <1f> 1 endnotdefrange",
    unicode=False,
)


def test_what_the_rebuilder_writes_is_accepted():
    check_cmap(TEXTS, unicode=True)
    check_cmap(NUMBERS, unicode=False)
    check_cmap(to_unicode({"\U0001f600": 0xD800}), unicode=True)


def test_a_map_of_one_kind_is_not_one_of_the_other():
    for data, unicode in ((TEXTS, False), (NUMBERS, True)):
        with pytest.raises(Rejected):
            check_cmap(data, unicode=unicode)


@pytest.mark.parametrize(("data", "unicode"), [(TEXTS, True), (NUMBERS, False)])
def test_any_byte_more_or_less_is_rejected(data, unicode):
    for at in range(len(data) - 1):
        for more in (b" ", b"%", b"A"):
            with pytest.raises(Rejected):
                check_cmap(data[:at] + more + data[at:], unicode=unicode)
        with pytest.raises(Rejected):
            check_cmap(data[:at], unicode=unicode)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"2 beginbfchar", b"3 beginbfchar"), (b"endbfchar", b"endbfrange"),
        (b"<0010> <0012>", b"<0012> <0010>"), (b"<0010> <0012>", b"<10> <0012>"),
        (b"[<6c34> <6728>]", b"[<6c34>]"), (b"<d83dde00>", b"<d83d>"), (b"<65e5>", b"<65>"),
        (b"<65e5>", b"(text)"), (b"(UCS)", b"(CANARY)"), (b"Adobe-Identity-UCS", b"CANARY"),
        (b"endcmap", b"/X (CANARY) def\nendcmap"), (b"endcmap", b"1 begincidrange\n<20> <7e> 1\n"
         b"endcidrange\nendcmap"), (b"<65e5>", b"<" + b"65e5" * 33 + b">"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_grammar_is_rejected(old, new):
    assert old in TEXTS
    with pytest.raises(Rejected):
        check_cmap(TEXTS.replace(old, new, 1), unicode=True)


def test_a_glyph_number_out_of_range_is_rejected():
    with pytest.raises(Rejected):
        check_cmap(NUMBERS.replace(b" 231", b" 70000"), unicode=False)
