"""Checks the XML of one part of an OpenDocument file, as a stream of tags, by its own tables.

Read by expat, which the writer does not use. No document type, entity, processing
instruction or comment; elements and attributes of listed names in listed namespaces; text
only where a reader sees it; every reference a picture or an object that the caller is told
of, a place in the file, or a link of people.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sanitizers.verify import Rejected, _odf_names, _strict_xml
from sanitizers.verify import _odf_values as values
from sanitizers.verify import _ooxml_values as office
from sanitizers.verify._odf_values import Check

MAX_DEPTH: Final = 270  # elements in elements; libxml2 ends at 256, and a control becomes three
MAX_REMEMBERED: Final = 100_000  # values seen and found right, per part
VERSIONS: Final = ("1.0", "1.1", "1.2", "1.3", "1.4")

#: Part → what its root holds, in this order, each at most once (3.1.3).
CHILDREN: Final[Mapping[str, tuple[str, ...]]] = {
    "content": ("office:font-face-decls", "office:automatic-styles", "office:body"),
    "styles": (
        "office:font-face-decls", "office:styles", "office:automatic-styles",
        "office:master-styles",
    ),
    "settings": ("office:settings",),
}  # fmt: skip
#: What the body holds (3.3) → kind of document.
_BODIES: Final[Mapping[str, str]] = {
    "office:text": "text", "office:spreadsheet": "spreadsheet",
    "office:presentation": "presentation", "office:drawing": "graphics", "office:chart": "chart",
}  # fmt: skip
_FRAME: Final = frozenset(
    ("office:document-content", "office:document-styles", "office:document-settings",
     "office:settings", "office:body")
)  # fmt: skip
#: Elements whose text is no text of people.
_CHECKED_TEXT: Final = frozenset(("config:config-item", "dc:date"))
_FORMULA: Final = "math:math"
_FORMULA_KIND: Final = "formula"
_PICTURE: Final = re.compile(r"Pictures/[1-9]\d{0,5}\.(?:png|jpg|gif|bmp|svg|tif|webp)")
_OBJECT: Final = re.compile(r"\./(Object [1-9]\d{0,4})")
_HREF: Final = "xlink:href"
_PICTURES: Final = frozenset(
    ("draw:image", "draw:fill-image", "style:background-image", "text:list-level-style-image")
)
#: What has a name that people see, or that a style asks for; those of shapes are numbers.
_NAMED: Final = frozenset(
    ("draw:page", "draw:layer", "draw:gradient", "draw:hatch", "draw:fill-image", "draw:marker",
     "draw:opacity", "draw:stroke-dash", "svg:linearGradient", "svg:radialGradient")
)  # fmt: skip
_LINKS: Final = frozenset(("text:a", "draw:a"))
#: Attributes of links and of the root, always with one of these words.
_FIXED: Final[Mapping[str, Check]] = {
    "xlink:type": values.one_of("simple"), "xlink:show": values.one_of("embed"),
    "xlink:actuate": values.one_of("onLoad"), "office:version": values.one_of(*VERSIONS),
}  # fmt: skip
_CONFIG_NAMES: Final = values.one_of(
    "ooo:view-settings", "ooo:configuration-settings", "Views", "Tables"
)
_CONFIG_TYPES: Final = values.one_of("int", "short", "long", "boolean", "string")
#: 3.10: the settings that may be, each with its value.
_CONFIG_ITEMS: Final[Mapping[str, Check]] = {
    **dict.fromkeys(_odf_names.SETTINGS_NUMBERS.split(), values.number),
    **dict.fromkeys(_odf_names.SETTINGS_SWITCHES.split(), values.one_of("true", "false")),
    "ActiveTable": office.free_text,
    "PrinterIndependentLayout": values.one_of(
        "low-resolution", "high-resolution", "disabled", "enabled"
    ),
}


def _expat_name(prefixed: str) -> str:
    prefix, colon, local = prefixed.partition(":")
    return f"{_odf_names.NAMESPACES[prefix]} {local}" if colon else prefixed


def _elements() -> dict[str, str]:
    return {
        _expat_name(f"{prefix}:{local}"): f"{prefix}:{local}"
        for prefix, words in _odf_names.ELEMENTS.items()
        for local in words.split()
    }


def _attributes() -> dict[str, tuple[str, Check]]:
    """expat's name → ours and the check; MathML's have no prefix."""
    found: dict[str, Check] = dict(_FIXED)
    for prefix, words in _odf_names.PLAIN.items():
        for local in words.split():
            found[local if prefix == "math" else f"{prefix}:{local}"] = values.plain
    for words, check in (
        (_odf_names.FREE, office.free_text),
        (_odf_names.FORMULAS, values.formula),
        (_odf_names.CONDITIONS, values.condition),
        (_odf_names.CELLS, values.cells),
        (_odf_names.IDENTIFIERS, values.identifiers),
        (_odf_names.DRAWN, values.drawn),
    ):
        found.update(dict.fromkeys(words.split(), check))
    return {_expat_name(own): (own, check) for own, check in found.items()}


_ELEMENTS: Final = _elements()
_ATTRIBUTES: Final = _attributes()
_NAMESPACES: Final = frozenset(_odf_names.NAMESPACES.values())
_WITH_TEXT: Final = frozenset(_odf_names.WITH_TEXT.split())
_HREF_NAME: Final = _expat_name(_HREF)
_BY_ELEMENT: Final = frozenset((_HREF_NAME, _expat_name("draw:name")))
_CONFIG_NAME: Final = _expat_name("config:name")
_CONFIG_TYPE: Final = _expat_name("config:type")


@dataclass(frozen=True, slots=True)
class Found:
    """What a part is and refers to: pictures and folders of objects, from its own folder."""

    kind: str  # "text" … "chart", "formula"; "" of styles and settings
    targets: frozenset[str]


class _Part:
    """The handlers of one parse."""

    def __init__(self, part: str) -> None:
        self._part = part
        self._waiting = list(CHILDREN[part])  # children of the root that may still come
        self._stack: list[str] = []
        self._text: list[str] = []  # of the setting or the date that is open
        self._setting = ""
        self._right: set[tuple[str, str]] = set()
        self.kind = ""
        self.targets: set[str] = set()

    def namespace(self, _prefix: str | None, uri: str | None) -> None:
        if uri not in _NAMESPACES:
            raise Rejected("namespace")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        own = _ELEMENTS.get(name)
        if own is None:
            raise Rejected("element")
        depth = len(self._stack)
        if depth < 3 or own in _FRAME or self.kind == _FORMULA_KIND:
            self._place(own, depth)
        if (own[:7] == "config:") != (self._part == "settings" and depth > 1):
            raise Rejected("setting")
        self._stack.append(own)
        if depth >= MAX_DEPTH:
            raise Rejected("too deep")
        if own[:7] == "config:":
            self._config(own, attributes)
            return
        right = self._right
        for item in attributes.items():
            if item not in right or item[0] in _BY_ELEMENT:
                self._attribute(own, *item)

    def _place(self, own: str, depth: int) -> None:
        """The root, what it holds, and the kind of document."""
        if depth == 0:
            if own == _FORMULA and self._part == "content":
                self.kind = _FORMULA_KIND
            elif own != f"office:document-{self._part}":
                raise Rejected("root element")
        elif self.kind == _FORMULA_KIND:
            if not own.startswith("math:"):
                raise Rejected("element of a formula")
        elif depth == 1:
            if own not in self._waiting:
                raise Rejected("child of the root")
            del self._waiting[: self._waiting.index(own) + 1]
        elif own in _FRAME:
            raise Rejected("element of the frame")
        elif self._stack[1] == "office:body":
            if self.kind or own not in _BODIES:
                raise Rejected("body")
            self.kind = _BODIES[own]

    def _attribute(self, element: str, key: str, value: str) -> None:
        if key == _HREF_NAME:
            self._reference(element, value)
            return
        if " " not in key and not element.startswith("math:"):
            raise Rejected(f"attribute of {element}")
        rule = _ATTRIBUTES.get(key)
        if rule is None:
            raise Rejected(f"attribute of {element}")
        own, check = rule
        if own == "draw:name" and element not in _NAMED:
            check = values.equation if element == "draw:equation" else values.identifiers
        if own in ("smil:begin", "smil:end"):
            value = values.without_event(value)
        check(value)
        if len(self._right) < MAX_REMEMBERED and " " in key:
            self._right.add((key, value))

    def _reference(self, element: str, value: str) -> None:
        if element in _LINKS:
            values.link(value)
        elif element == "chart:chart":
            if value not in (".", ".."):
                raise Rejected("data of a chart")
        elif element in _PICTURES and _PICTURE.fullmatch(value):
            self.targets.add(value)
        elif element == "draw:object" and (match := _OBJECT.fullmatch(value)):
            self.targets.add(match[1] + "/")
        else:
            raise Rejected("reference")

    def _config(self, own: str, attributes: dict[str, str]) -> None:
        name = attributes.get(_CONFIG_NAME, "")
        expected = {_CONFIG_NAME}
        if own == "config:config-item":
            if self._setting or name not in _CONFIG_ITEMS:
                raise Rejected("setting")
            self._setting = name
            expected.add(_CONFIG_TYPE)
            _CONFIG_TYPES(attributes.get(_CONFIG_TYPE, ""))
        elif own == "config:config-item-map-entry":
            office.free_text(name)
            expected &= attributes.keys()
        else:
            _CONFIG_NAMES(name)
        if attributes.keys() != expected:
            raise Rejected("attribute of a setting")

    def text(self, data: str) -> None:
        if not self._stack or self._stack[-1] not in _WITH_TEXT:
            raise Rejected("text where none belongs")
        if self._stack[-1] in _CHECKED_TEXT:
            self._text.append(data)

    def end(self, _name: str) -> None:
        own = self._stack.pop()
        if own not in _CHECKED_TEXT:
            return
        check = _CONFIG_ITEMS[self._setting] if self._setting else values.date
        check("".join(self._text))
        self._setting, self._text = "", []

    def finish(self) -> Found:
        """After the last byte."""
        if self._part == "content" and not self.kind:
            raise Rejected("no body")
        return Found(self.kind, frozenset(self.targets))


def check(data: memoryview, part: str) -> Found:
    """Accept the XML of `part`, a key of `CHILDREN`.

    Raises:
        Rejected: anything that the tables do not foresee.
    """
    handlers = _Part(part)
    _strict_xml.read(data, handlers)
    return handlers.finish()
