"""Allow-lists of elements and attributes, compiled from the tables of the vocabularies.

A vocabulary is what one family of parts may hold. It answers one question very fast: may
this start tag stand in the output as it is? Tags that may not are looked at element by
element in `_filter`. Whatever is not in a table does not cross.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Final

from sanitizers.office import (
    _chart,
    _diagram,
    _drawing,
    _fields,
    _formulas,
    _presentation,
    _spreadsheet,
    _values,
    _vml,
    _wordprocessing,
)
from sanitizers.office._values import Check

#: Prefixes of ours (the usual ones) and their namespaces.
NAMESPACES: Final[dict[str, str]] = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    "cdr": "http://schemas.openxmlformats.org/drawingml/2006/chartDrawing",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "dsp": "http://schemas.microsoft.com/office/drawing/2008/diagram",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
    "wpc": "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas",
    "x14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
    "xm": "http://schemas.microsoft.com/office/excel/2006/main",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "w10": "urn:schemas-microsoft-com:office:word",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
}
XML: Final = "http://www.w3.org/XML/1998/namespace"
#: Vocabularies whose attributes carry the prefix of their element (elementFormDefault
#: aside, `attributeFormDefault="qualified"` in their schemas).
_QUALIFIED: Final = frozenset(("w", "m"))

#: Extension lists (18.2.10) hold these alone; see `_filter`.
_EXTENSIONS: Final = """
extLst
ext: uri=extension
"""
_XM: Final = """
f #formula
sqref #ref
"""
_ALTERNATES: Final = """
AlternateContent
Choice: Requires=choice
"""
#: ECMA-376-3, 9.3: the alternatives that are kept as such. All else becomes its fallback.
CHOICES: Final = frozenset(("wps", "wpg", "wpc"))
#: [MS-XLSX] 2.2.4: extensions that are kept.
EXTENSIONS: Final = frozenset(
    (
        "{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}",  # x14:dataValidations
        "{78C0D931-6437-407d-A8EE-F0AAD7539E65}",  # x14:conditionalFormattings
        "{05C60535-1F16-4fd2-B633-F4F36F0B64E0}",  # x14:sparklineGroups
        "{B025F937-C7B1-47D3-B67F-A62EFF666E3E}",  # x14:id of a rule
    )
)
KINDS: Final[dict[str, Check]] = {
    **_values.KINDS,
    "formula": _formulas.is_safe,
    "field": _fields.is_safe,
    "choice": lambda value: bool(value) and set(value.split()) <= CHOICES,
    "extension": EXTENSIONS.__contains__,
}
_TABLES: Final[dict[str, str]] = {
    "w": _wordprocessing.W, "wp": _wordprocessing.WP, "wps": _wordprocessing.WPS,
    "wpg": _wordprocessing.WPG, "wpc": _wordprocessing.WPC,
    "x": _spreadsheet.X + _EXTENSIONS, "x14": _spreadsheet.X14, "xm": _XM,
    "p": _presentation.P, "a": _drawing.A, "pic": _drawing.PIC, "xdr": _drawing.XDR,
    "cdr": _drawing.CDR, "c": _chart.C, "m": _chart.M, "dgm": _diagram.DGM,
    "dsp": _diagram.DSP, "v": _vml.V, "o": _vml.OFFICE, "w10": _vml.W10, "mc": _ALTERNATES,
}  # fmt: skip
_WORDS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("w", "wp", "wps", "wpg", "wpc"), _wordprocessing.WORDS),
    **dict.fromkeys(("x", "x14", "xm"), _spreadsheet.WORDS),
    "p": _presentation.WORDS,
    **dict.fromkeys(("a", "pic", "xdr", "cdr"), _drawing.WORDS),
    **dict.fromkeys(("c", "m"), _chart.WORDS),
    **dict.fromkeys(("dgm", "dsp"), _diagram.WORDS),
    **dict.fromkeys(("v", "o", "w10"), _vml.WORDS),
    "mc": frozenset(),
}

MAX_REMEMBERED: Final = 50_000  # tokens of all parts of one vocabulary; some 5 MB

_TAG: Final = re.compile(rb"<(/?)([^\s/>]+)((?: [^>]*?)?)(/?)>")
_ATTRIBUTE: Final = re.compile(r' ([^\s="]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class ElementRule:
    """What one element may have. Attribute names are lxml's ("{uri}local" or "local")."""

    name: str  # with our prefix, as it is serialized
    attributes: Mapping[str, Check]
    kinds: Mapping[str, str]  # attribute → kind, "" for plain
    text: str  # kind of its text; "" for none


@dataclass(slots=True)
class Vocabulary:
    """The allow-list of a family of parts."""

    prefixes: dict[str | None, str]  # for `xmltree.with_prefixes`
    own: frozenset[str | None]  # of `prefixes`, those that our own elements have
    elements: dict[str, ElementRule] = field(default_factory=dict)  # by lxml's name
    related: set[str] = field(default_factory=set)  # elements that name a relationship
    names: dict[str, str] = field(default_factory=dict)  # as serialized → lxml's name
    _right: set[bytes] = field(default_factory=set)  # tokens judged right: most come again
    _tags: dict[bytes, tuple[ElementRule, dict[str, Check]]] = field(default_factory=dict)
    _declarations: dict[str, str] = field(default_factory=dict)

    def forget(self) -> None:
        """Begin a new file: what one file costs and gives depends on no other."""
        self._right.clear()

    def judge(self, token: bytes) -> bytes:
        """b"" when a tag (and one character after it) may stand; else its element's name.

        `token` is a tag as libxml2 serializes it, with the first byte of the text that
        follows it, if any.
        """
        if token in self._right:
            return b""
        bad = self._judged(token)
        if not bad and len(self._right) < MAX_REMEMBERED:
            self._right.add(token)
        return bad

    def _judged(self, token: bytes) -> bytes:
        match = _TAG.match(token)
        if match is None:
            return b"?"
        closing, name, attributes, empty = match.groups()
        known = self._tags.get(name)
        if known is None:
            return name
        rule, checks = known
        if match.end() < len(token) and (closing or empty or not rule.text):
            return name
        if attributes:
            text = attributes.decode("utf-8")
            rest = 0
            for found in _ATTRIBUTE.finditer(text):
                if found.start() != rest:
                    return name
                rest = found.end()
                key, value = found.groups()
                check = checks.get(key)
                if check is None:
                    if self._declarations.get(key) == value:
                        continue
                    return name
                if not check(unescape(value) if "&" in value else value):
                    return name
            if text[rest:].strip():
                return name
        return b""


def _plain(words: frozenset[str]) -> Check:
    plain = _values.PLAIN.fullmatch
    return lambda value: value in words or plain(value)


def _attribute(prefix: str, written: str) -> str:
    """lxml's name of an attribute as the tables write it."""
    own, colon, local = written.rpartition(":")
    if own == "xml":
        return f"{{{XML}}}{local}"
    if colon:
        return f"{{{NAMESPACES[own]}}}{local}"
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix in _QUALIFIED else local


def _rules(prefix: str, default: str) -> dict[str, tuple[ElementRule, dict[str, Check]]]:
    uri = NAMESPACES[prefix]
    plain = _plain(_WORDS[prefix])
    found: dict[str, tuple[ElementRule, dict[str, Check]]] = {}
    for line in re.sub(r"\n +", " ", _TABLES[prefix]).splitlines():
        if not line or line.startswith("# "):
            continue
        elements, _, rest = line.replace(" #", ": #", ":" not in line).partition(": ")
        checks: dict[str, Check] = {}
        kinds: dict[str, str] = {}
        serialized: dict[str, Check] = {}
        text = ""
        for token in rest.split():
            if token.startswith("#"):
                text = token[1:]
                continue
            written, _, kind = token.partition("=")
            name = _attribute(prefix, written)
            checks[name] = KINDS[kind] if kind else plain
            kinds[name] = kind
            own = f"{prefix}:{written}" if prefix in _QUALIFIED and ":" not in written else written
            serialized[own] = checks[name]
        if text:
            checks[f"{{{XML}}}space"] = plain
            kinds[f"{{{XML}}}space"] = ""
            serialized["xml:space"] = plain
        for local in elements.split():
            tag = local if prefix == default else f"{prefix}:{local}"
            found[f"{{{uri}}}{local}"] = (ElementRule(tag, checks, kinds, text), serialized)
    return found


def vocabulary(default: str, *prefixes: str) -> Vocabulary:
    """The vocabulary of these prefixes; `default` ("" for none) is written without its own."""
    declared: dict[str | None, str] = {
        (None if prefix == default else prefix): NAMESPACES[prefix]
        for prefix in (*prefixes, "r", "mc")
    }
    first = prefixes[0]
    made = {None if first == default else first, "r"} | ({"a"} if first == "c" else set())
    result = Vocabulary(declared, frozenset(made))
    for prefix in (*prefixes, "mc"):
        for name, (rule, checks) in _rules(prefix, default).items():
            result.elements[name] = rule
            result.names[rule.name] = name
            if "rel" in rule.kinds.values():
                result.related.add(name)
            result._tags[rule.name.encode("ascii")] = (rule, checks)
    for own, uri in declared.items():
        result._declarations[f"xmlns:{own}" if own else "xmlns"] = uri
    return result
