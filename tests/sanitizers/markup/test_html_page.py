"""A page stays a page, with its words, lists and tables, and nothing in it acts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.model import Method
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.verify import Rejected
from tests.corpus import require_corpus
from tests.sanitizers.markup.helpers import VERIFIERS, clean

HTML = "text/html"
PAGE = clean("<p>x</p>", HTML)[0].decode()
#: Kinds that say nothing is left to see.
NOTHING = (ReasonCode.EMPTY,)


def body(source, **options):
    out, found = clean(source, HTML, options=options)
    text = out.decode()
    assert text.startswith('<!DOCTYPE html>\n<html lang="')
    return text.partition("<body>\n")[2].removesuffix("\n</body></html>\n"), found


@pytest.mark.parametrize(
    "markup",
    [
        "<h1>題</h1><p>本文<br>二行目</p>",
        '<ol start="3"><li value="4">一<ul><li>二</li></ul></li></ol>',
        '<table border="1"><caption>表</caption><tbody><tr><th scope="row">a</th>'
        '<td colspan="2" rowspan="3">b</td></tr></tbody></table>',
        "<ruby>漢字<rt>かんじ</rt></ruby> <b>太<i>斜</i></b> <sub>2</sub><del>x</del>",
        "<pre>a\n  b</pre><blockquote>引用</blockquote><dl><dt>a</dt><dd>b</dd></dl>",
        "1 &lt; 2 &amp; 3 &gt; 2 \"quoted\" '単'",
    ],
)
def test_words_lists_and_tables_stay(markup):
    assert body(markup)[0] == markup


def test_title_and_language_stay():
    out, _ = clean('<html lang="en"><title> 題&lt; </title><p>x', HTML)
    assert b'<html lang="en">' in out
    assert "<title>題&lt;</title>".encode() in out
    assert b"default-src 'none'" in out


@pytest.mark.parametrize(
    "source",
    [
        "<script>CANARY</script>",
        "<style>.CANARY{}</style>",
        "<!-- CANARY -->",
        "<p onclick='CANARY'>x</p>",
        "<p style='background:url(CANARY)'>x</p>",
        "<p id=CANARY class=CANARY data-x=CANARY title=CANARY>x</p>",
        "<iframe src=CANARY>CANARY</iframe>",
        "<iframe srcdoc='<p>CANARY'></iframe>",
        "<object data=CANARY>CANARY</object>",
        "<embed src=CANARY>",
        "<embed src=x><noembed>CANARY</noembed>",
        "<input list=a><datalist id=a><option>CANARY</datalist>",
        "<noframes>CANARY</noframes>",
        "<svg><script>CANARY</script><text>CANARY</text></svg>",
        "<math><mtext>CANARY</mtext></math>",
        "<link rel=import href=CANARY>",
        "<base href='http://CANARY/'><a href=x>y</a>",
        "<meta http-equiv=refresh content='0;CANARY'>",
        "<meta name=author content=CANARY>",
        "<a href='javascript:CANARY'>x</a>",
        "<a href='java\tscript:CANARY'>x</a>",
        "<a href='&#106;avascript:CANARY'>x</a>",
        "<a href='vbscript:CANARY'>x</a>",
        "<a href='data:text/html,CANARY'>x</a>",
        "<a href='file://CANARY/x'>x</a>",
        "<a href='\\\\CANARY\\x'>x</a>",
        "<img src='http://CANARY/'>",
        "<img src=x onerror=CANARY>",
        "<img srcset=CANARY>",
        "<img src='data:image/svg+xml,CANARY'>",
        "<form action='http://CANARY/'><input name=CANARY></form>",
        "<input type=hidden value=CANARY>",
        "<input type=password value=CANARY>",
        "<video src=CANARY>CANARY</video>",
        "<audio src=CANARY></audio>",
        "<canvas>CANARY</canvas>",
        "<template><p>CANARY</template>",
        "<p hidden>CANARY</p>",
        "<p style='display:none'>CANARY</p>",
        "<style>.h{display:none}</style><p class=h>CANARY</p>",
        "<table background=CANARY><tr><td>x</table>",
        "<td colspan='9 onx=CANARY'>x",
        "<unknown attr=CANARY>x</unknown>",
        "<x:y xmlns:x=CANARY>z</x:y>",
        "<?php CANARY ?>",
        "<![CDATA[CANARY]]>",
        "<html manifest=CANARY><p>x",
        "<body background=CANARY>x",
        "<noscript><img src=CANARY></noscript>",
        "<frameset><frame src=CANARY></frameset>",
        "<applet code=CANARY></applet>",
        "<!DOCTYPE html SYSTEM 'CANARY'><p>x",
        "<p>x</p><!--[if IE]>CANARY<![endif]-->",
        "<b style='mso-hide:all'>CANARY</b>",
        "<bgsound src=CANARY>",
        "<p lang=CANARY>x",
    ],
)
def test_what_acts_or_nobody_sees_does_not_survive(source):
    text, _ = body(f"前{source}後")
    assert "CANARY" not in text
    assert "前" in text


def test_links_are_text_beside_their_label_or_links_where_the_profile_keeps_them():
    source = (
        '<a href="https://a.example/?x=1&amp;y=2">案内</a>'
        '<a href="https://b.example/">https://b.example/</a>'
    )
    shown = "案内 &lt;https://a.example/?x=1&amp;y=2&gt;https://b.example/"
    assert body(source)[0] == shown
    kept = body(source, links="keep")[0]
    assert kept.startswith('<a href="https://a.example/?x=1&amp;y=2" rel="noreferrer">案内</a>')
    assert "tel:" not in body('<a href="tel:+81-3">x</a>', links="keep")[0].partition("href")[2]
    assert "javascript" not in body('<a href="javascript:x">y</a>', links="keep")[0]


def test_pictures_and_fields_are_their_words():
    text, found = body(
        '<img src="http://x.example/a.png" alt="地図"><form><input value="氏名">'
        "<input type=checkbox checked>"
        "<select><option>市</option></select><textarea>文</textarea><button>送信</button></form>"
    )
    assert re.sub("<[^>]*>", "", text) == "［画像: 地図］氏名☑市文送信"
    assert {"remote_content", "form"} <= set(found)


def test_nesting_without_end_ends_within_limits():
    text, _ = body("<div>" * 5_000 + "深い" + "</div>" * 5_000)
    assert "深い" in text
    assert text.count("<div>") < 300


@pytest.mark.parametrize("charset", ["shift_jis", "euc-jp", "utf-8", "iso2022_jp"])
def test_the_charset_of_the_page_is_heard(charset):
    source = f'<meta charset="{charset}"><p>役場からのお知らせです。</p>'
    assert body(source.encode(charset))[0] == "<p>役場からのお知らせです。</p>"


def test_by_policy_a_page_becomes_its_text():
    out, _ = clean("<h1>題</h1><p>文</p>", HTML, method=Method.TEXT)
    assert out.decode("utf-8-sig").split() == ["■", "題", "文"]


@pytest.mark.parametrize("data", [b"", b"<script>x</script>", b"<p hidden>x</p>", b"<!-- x -->"])
def test_a_page_of_nothing_is_empty(data):
    with pytest.raises(Withheld) as refused:
        clean(data, HTML)
    assert refused.value.code in NOTHING


def test_garbage_is_refused():
    with pytest.raises(Withheld):
        clean(bytes(range(256)) * 40, HTML)


@pytest.mark.parametrize(
    "inside",
    [
        "<script>x</script>",
        '<p onclick="x">y</p>',
        "<p",
        "<p>",
        "</p>",
        "<b><i></b></i>",
        "<img>",
        '<a href="javascript:x" rel="noreferrer">y</a>',
        '<a href="http://x">y</a>',
        "&nbsp;",
        "a & b",
        '<td colspan="0">x</td>',
        '<p class="x">y</p>',
        "<!-- x -->",
        "<!DOCTYPE x>",
        "<P>x</P>",
        "\u202e",
        '<a href="http://x" onx="y" rel="noreferrer">z</a>',
        "<style>x</style>",
        "<p/>",
        "</body>",
        "<body>",
    ],
)
def test_the_verifier_accepts_inert_markup_only(inside):
    VERIFIERS[HTML].verify(memoryview(PAGE.encode()))
    with pytest.raises(Rejected):
        VERIFIERS[HTML].verify(memoryview(PAGE.replace("<p>x</p>", f"<p>x</p>{inside}").encode()))


TAGS = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<table>",
        "<tr>",
        "<td colspan=2>",
        "</table>",
        "<b>",
        "</i>",
        "<a href='http://x.jp/'>",
        "</a>",
        "<ul>",
        "<li>",
        "&lt;",
        "<",
        ">",
        '"',
        "'",
        "&",
        "漢",
        " ",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<svg>",
        "<pre>",
        "\n",
        "<select>",
        "<style>p{display:none}</style>",
        "<br>",
        "<plaintext>",
    ]
)


@given(st.lists(TAGS, max_size=15).map("".join), st.sampled_from(["keep", "text"]))
def test_whatever_the_page_is_the_verifier_agrees(source, links):
    clean(f"字{source}", HTML, options={"links": links})


@pytest.mark.corpus
def test_every_page_of_the_corpus_is_rebuilt_or_shows_nothing():
    pages = sorted(require_corpus().rglob("*.html"))
    assert len(pages) > 100
    for path in pages:
        try:
            clean(path.read_bytes(), HTML)
        except Withheld as held:
            assert held.code in (*NOTHING, ReasonCode.DAMAGED), path.name
