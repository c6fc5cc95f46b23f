"""The grammar of drawings takes what our writer writes, and nothing beside it."""

from __future__ import annotations

import pytest

from sanitizers.verify import Rejected
from sanitizers.verify.svg import SvgVerifier

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def verify(inside: str) -> None:
    SvgVerifier().verify(memoryview(f"{HEAD}>{inside}</svg>\n".encode()))


@pytest.mark.parametrize(
    "inside",
    [
        "<text>庁舎 &amp; &lt;駅&gt;</text>",
        '<rect id="i1" x="-1.5e3" width="10%" fill="#fff"/><use xlink:href="#i1"/>',
        '<g transform="translate(1, 2) rotate(3)"><path d="M0 0L-1.5,2e-3z"/></g>',
        '<clipPath id="i2"/><g clip-path="url(#i2)"/>',
        '<text font-family="&quot;Noto Sans&quot;, serif" xml:space="preserve">a\n b</text>',
    ],
)
def test_what_our_writer_writes_is_accepted(inside: str) -> None:
    verify(inside)


@pytest.mark.parametrize(
    "inside",
    [
        "<script/>",
        "<a/>",
        "<style>a{}</style>",
        "<foreignObject/>",
        '<animate to="x"/>',
        "<!--x-->",
        "<?x?>",
        "<![CDATA[x]]>",
        "<g>text</g>",
        "text",
        "<text>&nbsp;</text>",
        "<text>&#60;</text>",
        "<text>a\u202eb</text>",
        "<text>a\x00b</text>",
        "<text>a\r\nb</text>",
        '<g onclick="x"/>',
        '<g style="fill:red"/>',
        '<g class="x"/>',
        '<g id="CANARY"/>',
        '<g id="i1"/><g id="i1"/>',
        '<g fill="red" fill="red"/>',
        '<g fill="url(http://x/)"/>',
        '<g fill="url(#i9)"/>',
        '<use xlink:href="#i9"/>',
        '<use href="#i1" id="i1"/>',
        '<use id="i1" xlink:href="javascript:alert(1)"/>',
        '<image xlink:href="http://example.jp/a.png"/>',
        '<image xlink:href="data:image/svg+xml;base64,PHN2Zy8+"/>',
        '<image xlink:href="data:image/png;base64,AAAA"/>',
        '<rect id="i1" xlink:href="#i1"/>',
        '<path d="M0 0 java"/>',
        "<g></text>",
        "<g>",
        "</svg><svg>",
    ],
)
def test_everything_else_is_rejected(inside: str) -> None:
    with pytest.raises(Rejected):
        verify(inside)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg/>",
        HEAD.encode() + b"/>",
        HEAD.encode() + b"/>\n<!---->",
        HEAD.encode() + b">\xff</svg>\n",
        HEAD.encode().replace(b"<svg", b"<!DOCTYPE svg><svg") + b"/>\n",
    ],
)
def test_a_file_of_another_form_is_rejected(data: bytes) -> None:
    with pytest.raises(Rejected):
        SvgVerifier().verify(memoryview(data))
