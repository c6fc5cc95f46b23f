"""Takes out of OpenDocument files the styles that nothing uses (ODF 1.3 part 3, section 16).

A style, font, template of tables or master of pages whose name no attribute of the document
repeats is seen by nobody. The first master always stays: it is what a text begins with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.office import _odf_names
from sanitizers.office._odf_filter import name, names
from sanitizers.xmltree import Element

#: Attributes that name a style, and those that name another thing.
_NAMES: Final = (name("style:name"), name("draw:name"), name("table:name"))
_SECTIONS: Final = names(
    "office:font-face-decls office:styles office:automatic-styles office:master-styles"
)
#: What a name is asked for by: every attribute that holds names of styles, fonts, pictures.
_REFERENCES: Final = frozenset(
    name(word) for kind in ("style", "font") for word in _odf_names.KINDS[kind].split()
)
#: Styles that the programs look for by their name (LibreOffice's own pool).
_ALWAYS: Final = frozenset(
    ("Standard", "Default", "default", "standard", "Text_20_body", "Footnote", "Endnote")
)
#: Styles that LibreOffice knows without being told: a file may build on them and not have them.
_BUILT_IN: Final = frozenset(
    (
        "Heading", "List", "Caption", "Index", "Header", "Footer", "Header_20_and_20_Footer",
        "Table_20_Contents", "Table_20_Heading", "Frame_20_contents", "Title", "Subtitle",
        "Quotations", "Signature", "Salutation", "Addressee", "Sender", "Graphics", "Frame", "OLE",
        "Formula", "Labels", "Watermark", "Illustration", "Table", "Text", "Drawing",
        "Internet_20_link", "Visited_20_Internet_20_Link", "Footnote_20_Symbol",
        "Footnote_20_anchor", "Endnote_20_Symbol", "Endnote_20_anchor", "Numbering_20_Symbols",
        "Bullet_20_Symbols", "Page_20_Number", "Emphasis", "Strong_20_Emphasis", "Result",
        "Placeholder", "Rubies", "objectwithoutfill", "Object_20_with_20_no_20_fill_20_and_20_no"
        "_20_line", "First_20_Page", "HTML", "Left_20_Page", "Right_20_Page", "Envelope",
        *(f"Heading_20_{level}" for level in range(1, 11)),
        *(f"Contents_20_{level}" for level in range(1, 11)),
    )
)  # fmt: skip
#: The numbers of headings have a name that nothing repeats (16.34).
_OUTLINE: Final = name("text:outline-style")
_MASTER: Final = name("style:master-page")


def drop_unused(roots: Sequence[Element], findings: Findings) -> frozenset[str]:
    """Take unused styles out of the trees of one document's parts; the names of the others."""
    roots = list(dict.fromkeys(roots))
    styles: dict[str, list[Element]] = {}
    used = set(_ALWAYS)
    for root in roots:
        for section in root:
            for child in section if section.tag in _SECTIONS else (section,):
                if child is not section and child.tag != _OUTLINE and (own := _named(child)):
                    styles.setdefault(own, []).append(child)
                else:
                    used |= _asked(child)
    used.update(_named(master) for root in roots for master in _first_master(root))
    waiting = [own for own in styles if own in used]
    kept: set[str] = set()
    while waiting:
        own = waiting.pop()
        if own in kept:
            continue
        kept.add(own)
        for style in styles[own]:
            if style.tag == _MASTER:  # 16.17: the outline of its slides has styles by its name
                waiting += [word for word in styles if word.startswith(f"{own}-")]
            waiting += [word for word in _asked(style) if word in styles]
    for own, group in styles.items():
        if own not in kept:
            for style in group:
                _drop(style)
                findings.add(Kind.STYLE, Action.REMOVED, where="styles")
    return frozenset(kept | _ALWAYS | _BUILT_IN)


def _first_master(root: Element) -> Iterator[Element]:
    for section in root.iterfind(name("office:master-styles")):
        yield from section.findall(_MASTER)[:1]


def _named(style: Element) -> str:
    return next((found for key in _NAMES if (found := style.get(key))), "")


def _asked(element: Element) -> set[str]:
    """What `element` and all it holds asks for."""
    return {
        value
        for inner in element.iter("{*}*")
        for key, value in inner.items()
        if key in _REFERENCES
    }


def _drop(style: Element) -> None:
    parent = style.getparent()
    if parent is not None:
        parent.remove(style)
