"""Drawings: what is drawn survives, what runs, loads, moves or hides does not."""

from __future__ import annotations

import base64
import gzip
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sanitizers.findings import Kind
from sanitizers.markup.svg import Svg
from sanitizers.model import Cleaned, Job, Outcome, Rebuilt, Split, SplitKind
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.registry import sanitizers_of
from sanitizers.verify.svg import SvgVerifier
from tests.corpus import corpus_files, require_corpus

CANARY = "CANARY7F3Q"
HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(inside: str, attributes: str = ' viewBox="0 0 10 10"') -> bytes:
    return f"{HEAD}{attributes}>{inside}</svg>".encode()


def cleaned(data: bytes) -> tuple[str, Cleaned]:
    out = io.BytesIO()
    result = Svg().clean(Job(data=memoryview(data)), out)
    assert isinstance(result, Cleaned)
    SvgVerifier().verify(memoryview(out.getvalue()))
    return out.getvalue().decode(), result


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(out, "PNG")
    return out.getvalue()


def test_it_takes_part_in_the_family() -> None:
    assert isinstance(sanitizers_of("markup")["image/svg+xml"], Svg)


@pytest.mark.parametrize(
    "drawn",
    [
        '<rect x="1" y="2" width="3" height="4.5" fill="#ff0000"/>',
        '<path d="M0 0L10-5.5e2 10,10z" stroke="rgb(1, 2, 3)" stroke-width="2px"/>',
        '<text x="1" y="2" font-family="Noto Sans JP, sans-serif" font-size="12">庁舎案内図</text>',
        '<g transform="rotate(45 5,5) scale(-1)"><circle cx="5" cy="5" r="50%"/></g>',
        '<polyline points="0,0 1,1 2,-2" stroke-dasharray="4 2" fill="none"/>',
        '<text>東京都<tspan dx="2">千代田区</tspan>役所</text>',
    ],
)
def test_what_is_drawn_stays_as_it_is(drawn: str) -> None:
    assert drawn in cleaned(svg(drawn))[0]


@pytest.mark.parametrize(
    "hidden",
    [
        f"<!--{CANARY}-->",
        f"<?xml-stylesheet href='{CANARY}'?>",
        f"<script>{CANARY}</script>",
        f"<script><![CDATA[{CANARY}]]></script>",
        f"<title>{CANARY}</title><desc>{CANARY}</desc>",
        f"<metadata><x xmlns='urn:x'>{CANARY}</x></metadata>",
        f"<x:note xmlns:x='urn:{CANARY}'>{CANARY}</x:note>",
        f"<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>{CANARY}</p></foreignObject>",
        f"<style>@import '{CANARY}'; .{CANARY} {{ fill: red; x: {CANARY} }}</style>",
        f"<style>@font-face {{ font-family: {CANARY}; src: url(http://{CANARY}/) }}</style>",
        f"<animate attributeName='href' values='javascript:{CANARY}'/>",
        f"<set attributeName='onclick' to='{CANARY}'/>",
        f"<rect onclick='{CANARY}' width='1' height='1'/>",
        f"<rect id='{CANARY}' class='{CANARY}' data-x='{CANARY}' width='1' height='1'/>",
        f"<rect style='fill: url(http://{CANARY}/); x: {CANARY}' width='1' height='1'/>",
        f"<rect fill='{CANARY}' x='{CANARY}' transform='{CANARY}' width='1' height='1'/>",
        f"<path d='M0 0 {CANARY}'/>",
        f"<image href='http://{CANARY}/a.png' width='1' height='1'/>",
        f"<image xlink:href='file:///{CANARY}' width='1' height='1'/>",
        f"<use xlink:href='other.svg#{CANARY}'/>",
        f"<use href='data:image/svg+xml,{CANARY}'/>",
        f"<a xlink:href='java&#115;cript:{CANARY}'><rect width='1' height='1'/></a>",
        f"<g style='display:none'><text>{CANARY}</text></g>",
        f"<g display='none'><text>{CANARY}</text></g>",
        f"<defs><text id='a'>{CANARY}</text></defs>",
        f"<symbol id='b'><text>{CANARY}</text></symbol>",
        f"<rect width='1' height='1'>{CANARY}</rect>{CANARY}",
        f"<text>x<title>{CANARY}</title></text>",
        f"<switch><text>x</text><text>{CANARY}</text></switch>",
        f"<filter id='f'><feImage href='http://{CANARY}/'/></filter><g filter='url(#f)'/>",
        f"<filter id='f'><feFlood result='{CANARY}'/></filter><g filter='url(#f)'/>",
        f"<rect xml:base='http://{CANARY}/' width='1' height='1'/>",
        f"<x:include xmlns:x='http://www.w3.org/2001/XInclude' href='{CANARY}'/>",
        f"<text systemLanguage='{CANARY}' requiredFeatures='{CANARY}'>x</text>",
    ],
)
def test_what_is_not_drawn_does_not_cross(hidden: str) -> None:
    text, _ = cleaned(svg(f"<text>見える</text>{hidden}"))
    assert "見える" in text
    assert CANARY not in text


@pytest.mark.parametrize(
    ("outside", "kind"),
    [
        ("<?xml version='1.0'?><!DOCTYPE svg PUBLIC 'CANARY7F3Q' 'http://x/'>", Kind.METADATA),
        ("<!DOCTYPE svg [<!ENTITY ns 'CANARY7F3Q'>]>", Kind.METADATA),
        ("<!--CANARY7F3Q-->", None),
    ],
)
def test_what_stands_before_the_drawing_does_not_cross(outside: str, kind: Kind | None) -> None:
    text, result = cleaned(outside.encode() + svg("<text>見える</text>"))
    assert CANARY not in text
    assert kind is None or kind in {row.kind for row in result.findings}


def test_a_style_sheet_becomes_properties_of_its_elements() -> None:
    sheet = "<style>rect{fill:red;stroke:blue}.a{fill:lime}#b{stroke-width:3}</style>"
    rect = '<rect class="a" id="b" style="stroke:black" fill="white" width="1" height="1"/>'
    text, result = cleaned(svg(sheet + rect))
    for wanted in ('fill="lime"', 'stroke="black"', 'stroke-width="3"'):
        assert wanted in text
    assert "white" not in text
    assert Kind.STYLE in {row.kind for row in result.findings}


def test_references_get_names_of_our_own() -> None:
    defs = f'<defs><linearGradient id="{CANARY}"><stop offset="0"/></linearGradient></defs>'
    text, _ = cleaned(svg(f'{defs}<rect fill="url(#{CANARY}) red" width="1" height="1"/>'))
    assert '<linearGradient id="i1">' in text
    assert 'fill="url(#i1) red"' in text
    assert CANARY not in text


def test_what_a_hidden_layer_lends_to_a_drawn_one_stays() -> None:
    layer = f'<g display="none"><path id="p" d="M0 0"/><text>{CANARY}</text></g>'
    text, _ = cleaned(svg(f'{layer}<use xlink:href="#p" x="5"/>'))
    assert '<defs><path id="i1" d="M0 0"/></defs>' in text
    assert '<use x="5" xlink:href="#i1"/>' in text
    assert CANARY not in text


def test_a_link_is_drawn_but_leads_nowhere() -> None:
    text, result = cleaned(svg('<a href="https://example.jp/"><text>市の頁</text></a>'))
    assert "<g><text>市の頁</text></g>" in text
    assert "example" not in text
    assert Kind.LINK in {row.kind for row in result.findings}


def test_names_of_namespaces_by_entities_are_read() -> None:
    head = '<!DOCTYPE svg [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]>'
    text, _ = cleaned(f'{head}<svg xmlns="&ns_svg;"><text>役場 &amp; 駅</text></svg>'.encode())
    assert "<text>役場 &amp; 駅</text>" in text


@pytest.mark.parametrize(
    "subset",
    [
        '<!ENTITY a "b"><!ENTITY b "&a;&a;">',
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY % a SYSTEM "http://x/"> %a;',
        '<!ENTITY a "<script/>">',
        "<!ATTLIST rect onclick CDATA 'x'>",
    ],
)
def test_other_declarations_are_refused(subset: str) -> None:
    data = f"<!DOCTYPE svg [{subset}]>".encode() + svg("<text>&a;</text>")
    with pytest.raises(Withheld) as caught:
        cleaned(data)
    assert caught.value.code is ReasonCode.DAMAGED


def test_a_document_type_in_another_encoding_is_refused() -> None:
    text = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE svg [<!ENTITY a "b">]>{HEAD}/>'
    with pytest.raises(Withheld):
        cleaned(text.encode("utf-16"))


def test_compressed_drawings_are_read_and_bombs_are_not() -> None:
    assert "<text>図</text>" in cleaned(gzip.compress(svg("<text>図</text>"), mtime=0))[0]
    with pytest.raises(Withheld) as caught:
        cleaned(gzip.compress(b" " * 60_000_000, 1, mtime=0))
    assert caught.value.code is ReasonCode.TOO_LARGE


def test_references_that_multiply_without_end_are_refused() -> None:
    rows = ['<g id="g0"><rect width="1" height="1"/></g>']
    for n in range(1, 12):
        rows.append(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>")
    with pytest.raises(Withheld) as caught:
        cleaned(svg("".join(rows)))
    assert caught.value.code is ReasonCode.TOO_LARGE


def test_a_reference_in_a_circle_is_cut() -> None:
    text, _ = cleaned(svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'))
    assert text.count("xlink:href=") < 3


@pytest.mark.parametrize("data", [b"\0\1\2", b"<svg", b"<html/>", b"\x1f\x8b\x08broken", b"<a/>"])
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(Withheld):
        cleaned(data)


def split_and_assembled(data: bytes, picture: bytes | None) -> str:
    out = io.BytesIO()
    split = Svg().clean(Job(data=memoryview(data)), out)
    assert isinstance(split, Split)
    assert split.kind is SplitKind.CONTAINER
    rows = [
        Rebuilt(
            name=member.name,
            folder="",
            media_type="image/png",
            outcome=Outcome.WITHHELD if picture is None else Outcome.CLEAN,
            data=None if picture is None else memoryview(picture),
        )
        for member in split.members
    ]
    out = io.BytesIO()
    Svg().assemble(Job(data=memoryview(data)), rows, out)
    SvgVerifier().verify(memoryview(out.getvalue()))
    return out.getvalue().decode()


def test_a_picture_inside_goes_through_its_own_sanitizer() -> None:
    url = "data:image/png;base64," + base64.b64encode(CANARY.encode()).decode()
    data = svg(f'<text>図</text><image href="{url}" width="2" height="2"/>')
    out = io.BytesIO()
    split = Svg().clean(Job(data=memoryview(data)), out)
    assert isinstance(split, Split)
    assert out.getvalue() == CANARY.encode()
    shown = split_and_assembled(data, png())
    assert base64.b64encode(png()).decode() in shown
    assert base64.b64encode(CANARY.encode()).decode() not in shown
    assert "<image" not in split_and_assembled(data, None)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>/=\"'&#;: abgrectsvgusex:hif{}()01.-url%@", max_size=120))
def test_whatever_is_inside_is_refused_or_verified(inside: str) -> None:
    try:
        cleaned(svg(inside))
    except Withheld:
        return


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["style", "fill", "d", "class", "transform"]))
def test_whatever_an_attribute_says_is_dropped_or_verified(value: str, name: str) -> None:
    escaped = "".join(f"&#{ord(c)};" for c in value if c >= " " and not "\ud800" <= c <= "\udfff")
    try:
        cleaned(svg(f'<style>a{{{escaped}}}</style><rect {name}="{escaped}"/>'))
    except Withheld:
        return


@pytest.mark.corpus
def test_every_drawing_of_the_corpus_is_rebuilt_or_refused() -> None:
    require_corpus()
    done = 0
    for path in corpus_files("svg", ".svg", ".svgz"):
        out = io.BytesIO()
        data = path.read_bytes()
        try:
            result = Svg().clean(Job(data=memoryview(data)), out)
        except Withheld as error:
            assert error.code is ReasonCode.DAMAGED
            continue
        if isinstance(result, Split):
            split_and_assembled(data, None)
        else:
            SvgVerifier().verify(memoryview(out.getvalue()))
        done += 1
    assert done > 100
