"""Reads the allowed part of an SVG tree; every other thing is a finding.

Style sheets become properties, links become groups, pictures become members. Must never
keep a name or a value that no grammar of `_svg_rules` accepts.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote_to_bytes

from sanitizers.findings import Action, Findings, Kind
from sanitizers.markup._svg_rules import (
    ATTRIBUTES,
    DEFINITIONS,
    ELEMENTS,
    FILTER_INPUTS,
    POINTING,
    PROPERTIES,
    TEXTUAL,
)
from sanitizers.markup._svg_style import Sheet, declarations
from sanitizers.markup._svg_tree import Drawing, Node
from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.text.characters import make_harmless
from sanitizers.xmltree import Element

_SVG: Final = "http://www.w3.org/2000/svg"
_HREFS: Final = frozenset(("href", "{http://www.w3.org/1999/xlink}href"))
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_MAX_ELEMENTS: Final = 500_000  # a city map as CAD exports it has under 200,000
_MAX_PICTURES: Final = 500
_DATA: Final = re.compile(r"\s*data:([^,;]{0,100})((?:;[^,;]{0,100})*),", re.I)
_LANGUAGES: Final = ("ja", "en")  # of the readers, in their order
#: Elements that never cross, by what the finding calls them; others are unknown data.
_KINDS: Final = {
    "script": Kind.SCRIPT,
    "handler": Kind.SCRIPT,
    "listener": Kind.SCRIPT,
    "animate": Kind.ACTION,
    "animateColor": Kind.ACTION,
    "animateMotion": Kind.ACTION,
    "animateTransform": Kind.ACTION,
    "set": Kind.ACTION,
    "foreignObject": Kind.EMBEDDED_OBJECT,
    "iframe": Kind.EMBEDDED_OBJECT,
    "feImage": Kind.EXTERNAL_REFERENCE,
    "tref": Kind.EXTERNAL_REFERENCE,
    "metadata": Kind.METADATA,
    "title": Kind.METADATA,
    "desc": Kind.METADATA,
    "style": Kind.STYLE,
}


class Reader:
    """Reads one file: `drawing`, and `pictures` as (claimed type, bytes)."""

    def __init__(self, root: Element, findings: Findings) -> None:
        self._findings = findings
        self._namespace = f"{{{_SVG}}}" if root.tag == f"{{{_SVG}}}svg" else ""
        if root.tag != f"{self._namespace}svg":
            raise Withheld(ReasonCode.DAMAGED, "not an SVG document")
        self._elements = 0
        self._results: dict[str, str] = {}
        self._identities: dict[str, Node] = {}
        self.pictures: list[tuple[str, bytes]] = []
        self._sheet = Sheet(self._sheets(root))
        top = self._element(root, in_text=False)
        if top is None:
            raise Withheld(ReasonCode.DAMAGED, "a drawing that is not drawn")
        self.drawing = Drawing(root=top, by_identity=self._identities)
        self.drawing.follow()

    def _sheets(self, root: Element) -> str:
        texts = ["".join(style.itertext()) for style in root.iter(f"{self._namespace}style")]
        if texts:
            self._findings.add(Kind.STYLE, Action.CONVERTED, count=len(texts))
        if any(
            "@import" in text or "url(" in re.sub(r"url\(\s*[\"']?#", "", text) for text in texts
        ):
            self._findings.add(Kind.REMOTE_CONTENT, Action.REMOVED, where="style sheet")
        return "\n".join(texts)

    def _element(self, source: Element, *, in_text: bool) -> Node | None:
        if not isinstance(source.tag, str):
            self._findings.add(Kind.COMMENT, Action.REMOVED)
            return None
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise Withheld(ReasonCode.TOO_LARGE, "elements of an SVG")
        if not source.tag.startswith(self._namespace) or source.tag.rfind("}") >= len(
            self._namespace
        ):
            self._findings.add(Kind.METADATA, Action.REMOVED, where="foreign namespace")
            return None
        tag = source.tag[len(self._namespace) :]
        if tag == "a":
            self._findings.add(Kind.LINK, Action.REMOVED)
            tag = "tspan" if in_text else "g"
        if tag not in ELEMENTS or (in_text and tag not in TEXTUAL):
            self._findings.add(_KINDS.get(tag, Kind.UNKNOWN_DATA), Action.REMOVED, where="element")
            return None
        node = Node(tag)
        self._attributes(source, node)
        identity = source.get("id", "").strip()
        if identity and not node.undrawn:
            self._identities.setdefault(identity, node)
        self._content(source, node)
        return node

    def _content(self, source: Element, node: Node) -> None:
        textual = node.tag in TEXTUAL
        children = _chosen(source) if node.tag == "switch" else source
        if node.tag == "switch":
            node.tag = "g"
        if textual:
            self._text(source.text, node)
        for child in children:
            made = self._element(child, in_text=textual)
            if made is not None:
                node.content.append(made)
            if textual:
                self._text(child.tail, node)

    def _text(self, text: str | None, node: Node) -> None:
        if text:
            node.content.append(make_harmless(text, self._findings))

    def _attributes(self, source: Element, node: Node) -> None:
        own = ELEMENTS[node.tag]
        properties: dict[str, str] = {}
        style = ""
        for name, value in source.items():
            if name in own:
                self._attribute(node, name, " ".join(value.split()))
            elif name in PROPERTIES:
                properties[name] = value
            elif name in _HREFS:
                self._link(node, value)
            elif name == "style":
                style = value
            elif name == _SPACE and value == "preserve" and node.tag in TEXTUAL:
                node.attributes.append(("xml:space", "preserve"))
            elif name not in ("id", "class", "version", "baseProfile"):
                kind = Kind.SCRIPT if name.lower().startswith("on") else Kind.METADATA
                self._findings.add(kind, Action.REMOVED, where="attribute")
        properties.update(self._sheet.of(node.tag, source.get("id", ""), source.get("class", "")))
        if style:
            properties.update(declarations(style))
            if re.search(
                r"url\(\s*[\"']?(?!\s*[\"']?#)|expression|behavior|-moz-binding", style, re.I
            ):
                self._findings.add(Kind.REMOTE_CONTENT, Action.REMOVED, where="style")
        self._properties(node, properties)

    def _properties(self, node: Node, properties: dict[str, str]) -> None:
        if properties.get("display", "").strip() == "none":
            del properties["display"]
            if node.tag not in DEFINITIONS:
                node.undrawn = True
                self._findings.add(Kind.HIDDEN_TEXT, Action.REMOVED, where="element")
        for name, value in properties.items():
            match = PROPERTIES[name].fullmatch(value)
            if match is None:
                self._findings.add(Kind.DAMAGED, Action.REMOVED, where="attribute value")
            elif match.lastgroup == "ref":
                rest = value[value.index(")", match.end("ref")) + 1 :].strip()
                node.references.append((name, match["ref"], rest))
            else:
                node.attributes.append((name, " ".join(value.split())))

    def _attribute(self, node: Node, name: str, value: str) -> None:
        if not ATTRIBUTES[name].fullmatch(value):
            if value:
                self._findings.add(Kind.DAMAGED, Action.REMOVED, where="attribute value")
            return
        if name in ("in", "in2", "result") and value not in FILTER_INPUTS:
            value = self._results.setdefault(value, f"r{len(self._results) + 1}")
        node.attributes.append((name, value))

    def _link(self, node: Node, value: str) -> None:
        target = value.strip()
        if node.tag in POINTING and target.startswith("#"):
            node.references.append(("href", target[1:], ""))
        elif node.tag == "image" and (data := _picture(target)) is not None:
            if len(self.pictures) >= _MAX_PICTURES:
                raise Withheld(ReasonCode.TOO_MANY_PARTS, "pictures of an SVG")
            if node.picture < 0:
                node.picture = len(self.pictures)
                self.pictures.append(data)
        elif target:
            remote = re.match(r"(?i)(?:https?:)?//|ftp:", target)
            kind = Kind.REMOTE_CONTENT if remote else Kind.EXTERNAL_REFERENCE
            self._findings.add(kind, Action.REMOVED, where="reference")


def _chosen(source: Element) -> list[Element]:
    """The one child of a <switch> that is drawn (SVG 1.1, 5.8.2)."""
    open_to_all: list[Element] = []
    by_language: dict[str, Element] = {}
    for child in source:
        if not isinstance(child.tag, str) or "requiredExtensions" in child.attrib:
            continue
        languages = child.get("systemLanguage")
        if languages is None:
            open_to_all.append(child)
            break
        for language in languages.replace(",", " ").split():
            by_language.setdefault(language.lower().partition("-")[0], child)
    for language in _LANGUAGES:
        if language in by_language:
            return [by_language[language]]
    return open_to_all


def _picture(value: str) -> tuple[str, bytes] | None:
    """What a `data:` URL holds (RFC 2397): its type as claimed, and the bytes."""
    match = _DATA.match(value)
    if match is None:
        return None
    raw = unquote_to_bytes(value[match.end() :])
    if ";base64" in match[2].lower():
        try:
            raw = base64.b64decode(re.sub(rb"\s+", b"", raw) + b"==", validate=False)
        except binascii.Error:
            return None
    return (match[1].strip().lower(), raw) if raw else None
