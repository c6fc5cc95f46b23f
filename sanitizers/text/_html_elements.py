"""Which handler each HTML element has. Elements not named here are inline: only their
text counts (HTML Living Standard, 4 and 15.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.text import _html_flow as flow
from sanitizers.text import _html_inert as inert
from sanitizers.text import _html_inline as inline
from sanitizers.text._html_walk import Handler

_BLOCKS: Final = (
    "address article aside body caption center details div dt fieldset figcaption figure footer"
    " header hgroup legend main nav optgroup section summary"
)
_BY_HANDLER: Final[tuple[tuple[str, Handler], ...]] = (
    (_BLOCKS, flow.block),
    ("p dl", flow.paragraph),
    ("br", flow.line_break),
    ("hr", flow.rule),
    ("h1 h2 h3 h4 h5 h6", flow.heading),
    ("blockquote", flow.quote_block),
    ("dd", flow.definition),
    ("pre listing xmp plaintext", flow.preformatted),
    ("ul ol menu dir", flow.list_),
    ("li", flow.item),
    ("table", flow.table),
    ("tr", flow.row),
    ("td th", flow.cell),
    ("a", inline.anchor),
    ("area", inline.map_area),
    ("img", inline.image),
    ("form", inline.form),
    ("input", inline.input_),
    ("button", inline.button),
    ("textarea", inline.textarea),
    ("select", inline.select),
    ("option", inline.option),
    ("q", inline.quote),
    ("rt", inline.ruby_text),
    ("del s strike", inline.deleted),
    ("sup", inline.superscript),
    ("sub", inline.subscript),
    ("script", inert.script),
    ("style", inert.style),
    ("object embed iframe frame applet video audio canvas", inert.embedded),
    ("svg", inert.drawing),
    ("text foreignObject", inert.drawn_words),
    ("link", inert.linked_sheet),
    ("base", inert.base_url),
    ("meta", inert.meta),
    ("head title template rp datalist noframes noembed", inert.skip),
    ("annotation annotation-xml", inert.skip),  # MathML Core, 2.1.5: never rendered
)

HANDLERS: Final[Mapping[str, Handler]] = MappingProxyType(
    {tag: handler for tags, handler in _BY_HANDLER for tag in tags.split()}
)
