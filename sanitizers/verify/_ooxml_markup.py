"""Checks the XML of one part of an Office file, as a stream of tags, by its own tables.

Read by expat, which the writer does not use. No document type, entity, processing
instruction or comment; elements and attributes of listed names in listed namespaces; text
only where a vocabulary has text; and whatever could act held to `_ooxml_values`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sanitizers.verify import Rejected, _strict_xml
from sanitizers.verify import _ooxml_values as values
from sanitizers.verify._ooxml_names import ATTRIBUTES, ELEMENTS
from sanitizers.verify._ooxml_parts import Part

MAX_DEPTH: Final = 256  # elements in elements; libxml2's own limit for what the writer reads
MAX_REMEMBERED: Final = 100_000  # values seen and found right, per part

_OPEN: Final = "http://schemas.openxmlformats.org/"
_NAMESPACES: Final[Mapping[str, str]] = {
    "w": _OPEN + "wordprocessingml/2006/main",
    "x": _OPEN + "spreadsheetml/2006/main",
    "p": _OPEN + "presentationml/2006/main",
    "a": _OPEN + "drawingml/2006/main",
    "c": _OPEN + "drawingml/2006/chart",
    "m": _OPEN + "officeDocument/2006/math",
    "r": _OPEN + "officeDocument/2006/relationships",
    "wp": _OPEN + "drawingml/2006/wordprocessingDrawing",
    "pic": _OPEN + "drawingml/2006/picture",
    "xdr": _OPEN + "drawingml/2006/spreadsheetDrawing",
    "cdr": _OPEN + "drawingml/2006/chartDrawing",
    "dgm": _OPEN + "drawingml/2006/diagram",
    "mc": _OPEN + "markup-compatibility/2006",
    "dsp": "http://schemas.microsoft.com/office/drawing/2008/diagram",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
    "wpc": "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
    "x14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
    "xm": "http://schemas.microsoft.com/office/excel/2006/main",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "w10": "urn:schemas-microsoft-com:office:word",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
_QUALIFIED: Final = frozenset(("w", "m"))
_CHOICES: Final = frozenset(("wps", "wpg", "wpc"))

Check = Callable[[str], None]


def _choice(text: str) -> None:
    if not text or not set(text.split()) <= _CHOICES:
        raise Rejected("choice")


#: Attributes that people read, or whose words others refer to.
_FREE_WORDS: Final = """
alt anchor ascii author c cap caption char colHeaderCaption cs customList dataCaption
dataCellStyle defaultPivotStyle defaultTableStyle descr displayName displayText eastAsia error
errorCaption errorTitle font format formatCode forName grandTotalCaption hAnsi headerRowCellStyle
initials missingCaption moveWith n name original pivotTableStyle presName presStyleLbl prompt
promptTitle ref refForName rowHeaderCaption sheet string stringValue1 stringValue2 styleId
styleLbl subtotalCaption text title totalsRowCellStyle totalsRowLabel typeface v val value
"""
_FREE: Final = frozenset(_FREE_WORDS.split())
#: (prefix and element, attribute) or attribute alone → its own check.
_ATTRIBUTE_CHECKS: Final[Mapping[str, Check]] = {
    "w:instr": values.field, "location": values.place, "a:action": values.jump,
    "textlink": values.formula, "uri": values.uri, "macro": values.nothing,
    "Requires": _choice, "x:definedName name": values.defined_name,
}  # fmt: skip
#: Elements that hold text, each with what it may be.
_TEXT_CHECKS: Final[Mapping[str, Check]] = {
    **dict.fromkeys(
        ("w:t", "w:delText", "x:t", "x:v", "x:author", "a:t", "m:t", "p:text", "c:v", "c:name",
         "c:formatCode", "c:separator",
         *(f"{p}:{w}" for p in ("x", "c") for w in (
             "evenFooter", "evenHeader", "firstFooter", "firstHeader", "oddFooter", "oddHeader"))),
        values.content,
    ),
    **dict.fromkeys(
        ("x:f", "x:formula", "x:formula1", "x:formula2", "x:calculatedColumnFormula",
         "x:totalsRowFormula", "x:definedName", "xm:f", "c:f"),
        values.formula,
    ),
    **dict.fromkeys(
        ("wp:align", "wp:posOffset", "xdr:col", "xdr:colOff", "xdr:row", "xdr:rowOff", "cdr:x",
         "cdr:y", "xm:sqref", "x14:id", "a:tableStyleId", "p:attrName"),
        values.plain,
    ),
    # 17.16: put together over the runs of a field, see `_Fields`
    **dict.fromkeys(("w:instrText", "w:delInstrText"), values.content),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str  # with our prefix
    attributes: Mapping[str, Check | None]  # None: an identifier of a relationship
    text: Check | None


def _rules() -> dict[str, _Rule]:
    found: dict[str, _Rule] = {}
    for prefix, words in ELEMENTS.items():
        attributes = ATTRIBUTES.get(prefix, "").split()
        for local in words.split():
            name = f"{prefix}:{local}"
            checks = {_expat_name(prefix, a): _check_of(name, prefix, a) for a in attributes}
            found[f"{_NAMESPACES[prefix]} {local}"] = _Rule(name, checks, _TEXT_CHECKS.get(name))
    return found


def _expat_name(prefix: str, attribute: str) -> str:
    own, colon, local = attribute.rpartition(":")
    if not colon and prefix not in _QUALIFIED:
        return local
    return f"{_NAMESPACES[own or prefix]} {local}"


def _check_of(element: str, prefix: str, attribute: str) -> Check | None:
    if attribute.startswith("r:"):
        return None
    special = (
        _ATTRIBUTE_CHECKS.get(f"{element} {attribute}")
        or _ATTRIBUTE_CHECKS.get(f"{prefix}:{attribute}")
        or _ATTRIBUTE_CHECKS.get(attribute)
    )
    if special and not (attribute == "uri" and prefix == "w"):
        return special
    return values.free_text if attribute in _FREE else values.plain


_RULES: Final = _rules()


@dataclass(slots=True)
class _Fields:
    """The fields that are open at a place of the text (17.16.18)."""

    codes: list[str | None] = field(default_factory=list)  # None: past the separator

    def mark(self, kind: str) -> None:
        """A begin, separate or end mark."""
        if kind == "begin":
            self.codes.append("")
        elif not self.codes:
            raise Rejected("mark of no field")
        elif kind == "separate":
            self._settle()
            self.codes[-1] = None
        elif kind == "end":
            self._settle()
            self.codes.pop()
            if self.codes and self.codes[-1] is not None:
                self.codes[-1] += "\0"
        else:
            raise Rejected("mark of a field")

    def code(self, text: str) -> None:
        """A piece of a field's code."""
        if not self.codes or self.codes[-1] is None:
            raise Rejected("code of no field")
        self.codes[-1] += text

    def _settle(self) -> None:
        if self.codes[-1] is not None:
            values.field(self.codes[-1])


class _Part:
    """The handlers of one parse."""

    def __init__(self, part: Part, identifiers: frozenset[str]) -> None:
        self._allowed = part.prefixes
        self._uris = frozenset(_NAMESPACES[p] for p in part.prefixes)
        self._root = part.root
        self._identifiers = identifiers
        self._stack: list[_Rule] = []
        self._texts: list[list[str]] = []
        self._right: dict[Check, set[str]] = {}
        self._fields = _Fields()
        self._seen: dict[str, _Rule] = {}

    def namespace(self, _prefix: str | None, uri: str | None) -> None:
        if uri not in self._uris:
            raise Rejected("namespace")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        rule = self._seen.get(name) or self._rule(name)
        for key, value in attributes.items():
            if key not in rule.attributes:
                raise Rejected(f"attribute of {rule.name}")
            check = rule.attributes[key]
            if check is None:
                if value and value not in self._identifiers:
                    raise Rejected("identifier of no relationship")
                continue
            right = self._right.setdefault(check, set())
            if value not in right:
                check(value)
                if len(right) < MAX_REMEMBERED:
                    right.add(value)
        if rule.name == "w:fldChar":
            self._fields.mark(attributes.get(f"{_NAMESPACES['w']} fldCharType", ""))
        self._stack.append(rule)
        self._texts.append([])
        if len(self._stack) > MAX_DEPTH:
            raise Rejected("too deep")

    def _rule(self, name: str) -> _Rule:
        rule = _RULES.get(name)
        if rule is None or rule.name.partition(":")[0] not in self._allowed:
            raise Rejected("element")
        if not self._stack and rule.name != self._root:
            raise Rejected("root element")
        if self._stack:
            self._seen[name] = rule
        return rule

    def text(self, data: str) -> None:
        if not self._stack or self._stack[-1].text is None:
            raise Rejected("text where none belongs")
        self._texts[-1].append(data)

    def end(self, _name: str) -> None:
        rule = self._stack.pop()
        pieces = self._texts.pop()
        if rule.text is None:
            return
        text = "".join(pieces)
        rule.text(text)
        if rule.name in ("w:instrText", "w:delInstrText"):
            self._fields.code(text)

    def finish(self) -> None:
        """After the last byte."""
        if self._fields.codes:
            raise Rejected("a field does not end")


def check(data: memoryview, part: Part, identifiers: frozenset[str]) -> None:
    """Accept the XML of `part`, whose relationships have `identifiers`.

    Raises:
        Rejected: anything that the tables do not foresee.
    """
    handlers = _Part(part, identifiers)
    _strict_xml.read(data, handlers)
    handlers.finish()
