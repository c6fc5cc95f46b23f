"""A style sheet hides what a browser would hide, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from sanitizers.findings import Findings
from sanitizers.text._html_sheet import Sheet
from sanitizers.text._html_style import HIDDEN
from sanitizers.text.html import html_to_text

PAGE = (
    "<style>{}</style><p>前</p><div class=a id=k><div class='b c' lang=ja-JP title='x y'>字</div>"
    "</div><p>後</p>"
)


def text_of(css: str) -> str:
    return html_to_text(PAGE.replace("{}", css), Findings()).replace("\n\n", "\n")


@pytest.mark.parametrize(
    "css",
    [
        ".b{display:none}",
        ".a .b{display:none}",
        "body .a .b{display:none}",
        "div>.b{display:none}",
        "#k > div.b { visibility : hidden }",
        "div#k div{display:none}",
        ".b.c{display:none}",
        "[title='x y']{display:block}[lang|=ja]{display:none}",
        "*[class~=c]{display:none}",
        "td.x, .a div.b {display : none}",
        "* .b{display:none}",
        "@media screen{.b{display:none}}",
        "@media only screen and (min-width:320px){.b{display:none}}",
        "@media print, all{.b{display:none}}",
        "@media print{.x{color:red} .y{color:red}} .b{display:none}",
        "@font-face{font-family:x;src:url(y)}.b{display:none}",
        "<!-- @import url(x); .b{display:none} -->",
        ".b{display:block}.b{display:none}",
        ".b{display:block}.a .b{display:none}",
        ".b{display:none!important}#k .b{display:block}",
        "#k .b{display:none}div{display:block}",
    ],
)
def test_hidden_by_a_rule(css):
    assert text_of(css) == "前\n後"


@pytest.mark.parametrize(
    "css",
    [
        ".B2{display:none}",
        ".z .b{display:none}",
        "p>.b{display:none}",
        ".b .b{display:none}",
        ".b.d{display:none}",
        "[title=x]{display:none}",
        ".b:hover{display:none}",
        ".b::before{display:none}",
        ".b:empty{display:none}",
        "p + .b{display:none}",
        "/*.b{display:none}*/",
        "@media print{.b{display:none}}",
        "@media only screen and (max-width:480px){.b{display:none}}",
        "@media screen and (max-device-width:480px){.b{display:none!important}}",
        "@media screen and (x:y){.b{display:none}}",
        "@media{}@media print{.b{display:none}",
        ".b{display:none}.b{display:block}",
        ".b{display:none}#k .b{display:block}",
        ".a .b{display:none}.b{display:block!important}",
        ".b{color:#fff;background:#000}",
    ],
)
def test_not_hidden_by_a_rule(css):
    assert text_of(css) == "前\n字\n後"


def test_the_style_attribute_wins_over_rules_but_for_important_ones():
    shown = "<style>.b{display:none}</style><p class=b style='display:block'>字"
    hidden = "<style>.b{display:none!important}</style><p class=b style='display:block'>字"
    assert html_to_text(shown, Findings()) == "字"
    assert html_to_text(hidden, Findings()) == ""


def test_the_same_attributes_elsewhere_are_judged_anew():
    html = "<style>.a .b{display:none}</style><p class=b>一</p><div class=a><p class=b>二</p></div>"
    assert html_to_text(html + "<p class=b>三", Findings()) == "一\n\n三"


def test_a_sheet_made_to_cost_time_only_stops_hiding():
    rules = "".join(f"div div div div div .x{i % 7}{{display:none}}" for i in range(5_000))
    tree = "<div>" * 150 + "".join(
        f"<i class=x{i % 7} style='top:{i}px'>字</i>" for i in range(3_000)
    )
    assert "字" in html_to_text(f"<style>{rules}</style>{tree}", Findings())


_PART = st.sampled_from(
    ["div", "p", "*", ".a", ".b", "p.a", "#k", "div.a.b", "[x]", "[x=a]", "[x^='b']", "b"]
)
_SELECTOR = st.builds(
    lambda first, rest: first + "".join(joint + part for joint, part in rest),
    _PART,
    st.lists(st.tuples(st.sampled_from([" ", ">", " > "]), _PART), max_size=3),
)
_OPEN = st.sampled_from(
    ["<div class=a>", "<div class='a b'>", "<div id=k>", "<b x=a>", "<b x=bc class=b>", "<div>"]
)


@given(_SELECTOR, st.lists(st.one_of(_OPEN, st.just("</div>"), st.just("<p class=a>")), max_size=9))
@settings(max_examples=250, deadline=None)
def test_a_selector_finds_what_the_parsers_own_engine_finds(selector, tags):
    tree = LexborHTMLParser("".join(tags))
    wanted = {node.mem_id for node in tree.css(selector)}
    sheet = Sheet()
    sheet.read(f"{selector}{{display:none}}")
    found = {
        node.mem_id
        for node in tree.root.traverse()
        if sheet.effect(node, node.tag, node.attributes).sets & HIDDEN
    }
    assert found == wanted


@given(st.text(alphabet="ab.#>[]='\"*{}@;:! \n/media,()", max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_sheet_is_taken(css):
    sheet = Sheet()
    sheet.read(css)
    node = LexborHTMLParser("<div class='a b' id=a>").body
    sheet.effect(node, "div", {"class": "a b", "id": "a"})
