"""Fields in WordprocessingML (17.16): simple ones, and those split over many runs.

A field that may cross keeps its marks and its code, written anew. Of any other field only
the last result stays, as ordinary runs. What stands between a field's begin and its
separator is code: results of fields inside it are code too and go with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sanitizers.findings import Action, Kind
from sanitizers.office import _fields
from sanitizers.office._common import name, names
from sanitizers.office._filter import Filter
from sanitizers.xmltree import Element

_SIMPLE: Final = name("w:fldSimple")
_TEXT: Final = name("w:t")
_MARK: Final = name("w:fldChar")
_KIND: Final = name("w:fldCharType")
_CODE: Final = names("w:instrText w:delInstrText")
_SHOWN: Final = names(
    "w:t w:delText w:sym w:tab w:br w:drawing w:pict w:object w:noBreakHyphen w:cr"
)
_INSTRUCTION: Final = name("w:instr")
#: Results whose code only pointed outside count as links.
_LINKS: Final = frozenset(("HYPERLINK",))
_FETCHES: Final = frozenset(
    ("INCLUDETEXT", "INCLUDEPICTURE", "INCLUDE", "IMPORT", "LINK", "EMBED", "DDE", "DDEAUTO",
     "DATABASE", "RD", "AUTOTEXT", "AUTOTEXTLIST")
)  # fmt: skip
_RUNS: Final = frozenset(("MACROBUTTON", "GOTOBUTTON", "PRINT", "HTMLACTIVEX", "CONTROL", "ADDIN"))


@dataclass(slots=True, eq=False)
class _Field:
    begin: Element
    pieces: list[Element] = field(default_factory=list)  # the code's own
    inside: list[Element] = field(default_factory=list)  # whatever else lies in the code
    separator: Element | None = None
    code: str = ""
    nested: bool = False
    dropped: bool = False


def settle(root: Element, tree: Filter) -> None:
    """Decide on every field of a part."""
    for simple in list(root.iter(_SIMPLE)):
        code = simple.get(_INSTRUCTION, "")
        rebuilt = _fields.rebuilt(code)
        if rebuilt:
            simple.set(_INSTRUCTION, rebuilt)
        else:
            _note(tree, code)
            tree.unwrap(simple)
    stack: list[_Field] = []
    for element in list(root.iter(_MARK, *_CODE, *_SHOWN)):
        if tree.is_dead(element):
            continue
        if element.tag in _CODE:
            _take_code(stack, element, tree)
        elif element.tag != _MARK:
            for outer in stack:
                if outer.separator is None:
                    outer.inside.append(element)
        elif element.get(_KIND) == "begin":
            stack.append(_Field(element))
        elif not stack:
            tree.drop(element, noted=False)
        elif element.get(_KIND) == "separate":
            stack[-1].separator = element
            _decide(stack[-1], tree)
        else:
            _end(stack, element, tree)
    for unfinished in stack:
        unfinished.code = ""
        _remove(unfinished, tree)


def _take_code(stack: list[_Field], element: Element, tree: Filter) -> None:
    if not stack or stack[-1].separator is not None:
        tree.drop(element, noted=False)
        return
    stack[-1].pieces.append(element)
    stack[-1].code += element.text or ""


def _end(stack: list[_Field], element: Element, tree: Filter) -> None:
    ended = stack.pop()
    if ended.separator is None:
        _decide(ended, tree)
    if ended.dropped:
        tree.drop(element, noted=False)
    if stack and stack[-1].separator is None:
        stack[-1].code += "\0"
        stack[-1].nested = True


def _decide(ended: _Field, tree: Filter) -> None:
    rebuilt = _fields.rebuilt(ended.code)
    if not rebuilt or not ended.pieces:
        _note(tree, ended.code)
        _remove(ended, tree)
    elif not ended.nested:
        ended.pieces[0].text = rebuilt
        ended.pieces[0].attrib.clear()
        ended.pieces[0].set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        for piece in ended.pieces[1:]:
            tree.drop(piece, noted=False)
        if not ended.nested:
            for element in ended.inside:
                tree.drop(element, noted=False)


def _remove(ended: _Field, tree: Filter) -> None:
    """Take a field's marks and code out; its result stays."""
    if ended.dropped:
        return
    ended.dropped = True
    label = _fields.label(ended.code)
    if label and ended.pieces:
        shown = ended.pieces.pop(0)
        shown.tag = _TEXT
        shown.text = label
        for other in shown.attrib:
            del shown.attrib[other]
    for element in (ended.begin, *ended.pieces, *ended.inside, ended.separator):
        if element is not None and not tree.is_dead(element):
            tree.drop(element, noted=False)


def _note(tree: Filter, code: str) -> None:
    field_name = _fields.name_of(code)
    if field_name in _LINKS:
        kind = Kind.LINK
    elif field_name in _FETCHES:
        kind = Kind.EXTERNAL_REFERENCE
    elif field_name in _RUNS:
        kind = Kind.ACTION
    else:
        kind = Kind.UNKNOWN_DATA
    tree.findings.add(kind, Action.REMOVED, where="field")
