"""SVG as our writer may write it: drawing elements, their attributes, nothing that acts.

A grammar of its own reads the tags in order; a picture inside is decoded and must pass the
grammar of its own type; what refers to an element names one that is in the file.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from sanitizers.model import Verifier
from sanitizers.verify import Rejected
from sanitizers.verify._pictures import Pictures
from sanitizers.verify.gif import GifVerifier
from sanitizers.verify.jpeg import JpegVerifier
from sanitizers.verify.png import PngVerifier
from sanitizers.verify.webp import WebpVerifier

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink"'
)
_MAX_BYTES: Final = 500_000_000
_MAX_DEPTH: Final = 600  # libxml2 ends at 256, and we add one level of <defs> to each

#: Elements of the static part of SVG 1.1 (2.5) and of Filter Effects that load nothing.
_ELEMENTS: Final = frozenset(
    (
        "svg", "g", "defs", "symbol", "use", "image", "path", "rect", "circle", "ellipse",
        "line", "polyline", "polygon", "text", "tspan", "textPath", "linearGradient",
        "radialGradient", "stop", "pattern", "clipPath", "mask", "marker", "filter", "feBlend",
        "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix",
        "feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood",
        "feFuncA", "feFuncB", "feFuncG", "feFuncR", "feGaussianBlur", "feMerge", "feMergeNode",
        "feMorphology", "feOffset", "fePointLight", "feSpecularLighting", "feSpotLight",
        "feTile", "feTurbulence",
    )
)  # fmt: skip
_WITH_TEXT: Final = frozenset(("text", "tspan", "textPath"))
_POINTS: Final = frozenset(
    ("use", "textPath", "linearGradient", "radialGradient", "pattern", "filter")
)
#: By the form of their value.
_WORDY: Final = (
    "fill-rule clip-rule stroke-linecap stroke-linejoin paint-order display visibility overflow "
    "color-interpolation color-interpolation-filters image-rendering shape-rendering "
    "text-rendering mix-blend-mode isolation vector-effect font-style font-variant font-stretch "
    "text-anchor text-decoration dominant-baseline alignment-baseline writing-mode direction "
    "unicode-bidi text-orientation preserveAspectRatio lengthAdjust gradientUnits patternUnits "
    "patternContentUnits clipPathUnits maskUnits maskContentUnits filterUnits primitiveUnits "
    "markerUnits spreadMethod method spacing type operator mode edgeMode stitchTiles "
    "preserveAlpha xChannelSelector yChannelSelector"
)
_NUMERIC: Final = (
    "opacity fill-opacity stroke-opacity stop-opacity flood-opacity stroke-width "
    "stroke-miterlimit stroke-dashoffset x y dx dy cx cy r rx ry fx fy fr x1 y1 x2 y2 width "
    "height rotate offset viewBox markerWidth markerHeight pathLength textLength startOffset "
    "points stdDeviation scale radius baseFrequency numOctaves seed order kernelMatrix divisor "
    "bias targetX targetY kernelUnitLength surfaceScale diffuseConstant specularConstant "
    "specularExponent azimuth elevation z pointsAtX pointsAtY pointsAtZ limitingConeAngle k1 k2 "
    "k3 k4 values tableValues slope intercept amplitude exponent"
)
_EITHER: Final = (
    "stroke-dasharray font-size font-weight letter-spacing word-spacing baseline-shift refX refY "
    "orient"
)
_UNIT: Final = r"(?:px|pt|pc|mm|cm|in|em|ex|rem|q|Q|vw|vh|deg|%)"
_NUMBER_LIST: Final = rf"(?:[0-9.+\-, ]|[eE][+-]?[0-9]|(?<=[0-9.]){_UNIT})*+"
_WORD_LIST: Final = r"(?:[A-Za-z-]{1,60}+ ?){1,6}+"
_COLOUR_CALL: Final = r"(?:[rR][gG][bB]|[hH][sS][lL])[aA]?\([0-9a-z.%+\-, /]*\)"
_COLOUR: Final = rf"(?:#[0-9A-Fa-f]{{3,8}}|[A-Za-z]{{3,22}}|{_COLOUR_CALL})"
_TARGET: Final = r"url\(#(i[0-9]{1,7})\)"
_FAMILY: Final = r"[\"']?\w[\w .-]{0,63}[\"']?"
_VALUES: Final = {
    name: re.compile(grammar)
    for names, grammar in {
        _WORDY: _WORD_LIST,
        _NUMERIC: _NUMBER_LIST,
        _EITHER: rf"{_NUMBER_LIST}|{_WORD_LIST}",
        "fill stroke": rf"none|context-fill|context-stroke|{_COLOUR}|{_TARGET}(?: {_COLOUR})?",
        "color stop-color flood-color lighting-color": _COLOUR,
        "clip-path mask filter marker-start marker-mid marker-end marker": f"none|{_TARGET}",
        "font-family": rf"{_FAMILY}(?: ?, ?{_FAMILY}){{0,9}}",
        "d": r"(?:[MmZzLlHhVvCcSsQqTtAa0-9.+\-, ]|[eE][+-]?[0-9])*+",
        "transform gradientTransform patternTransform": (
            r"(?:(?:matrix|translate|scale|rotate|skewX|skewY) ?\([0-9.+\-, eEa-z%]*\)[ ,]*)*+"
        ),
        "in in2": "SourceGraphic|SourceAlpha|BackgroundImage|BackgroundAlpha|FillPaint"
        "|StrokePaint|r[0-9]{1,7}",
        "result": "r[0-9]{1,7}",
        "id": "i[0-9]{1,7}",
        "xml:space": "preserve",
    }.items()
    for name in names.split()
}
_HREF: Final = re.compile(r"#(i[0-9]{1,7})")
_PICTURE: Final = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,([A-Za-z0-9+/]*={0,2})")
_PICTURES: Final = Pictures(PngVerifier, JpegVerifier, GifVerifier, WebpVerifier)
_TAG: Final = re.compile(r"<(/?)([A-Za-z]{1,20})((?: [A-Za-z0-9:-]{1,32}=\"[^\"<>]*+\")*+)(/?)>")
_ATTRIBUTE: Final = re.compile(r" ([A-Za-z0-9:-]+)=\"([^\"]*)\"")
_TEXT: Final = re.compile(r"[^<>&]*+(?:&(?:amp|lt|gt|quot);[^<>&]*+)*+")
#: What no text has: controls, bidi controls, noncharacters (XML 1.0, 2.2; UAX #9, 2).
_BAD: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e00ff]"
)


class SvgVerifier(Verifier):
    """Drawings."""

    media_types = ("image/svg+xml",)

    @classmethod
    def warm(cls) -> None:
        """Load what the grammars of pictures need."""
        _PICTURES.warm()

    def verify(self, data: memoryview) -> None:
        """Accept one <svg> of allowed elements, attributes and values.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        if len(data) > _MAX_BYTES:
            raise Rejected("too large")
        try:
            text = bytes(data).decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            raise Rejected("not UTF-8") from error
        if not text.startswith(_HEAD) or _BAD.search(text):
            raise Rejected("the head, or a character that is not allowed")
        _Document("<svg" + text[len(_HEAD) :]).read()


class _Document:
    def __init__(self, text: str) -> None:
        self._text = text
        self._defined: set[str] = set()
        self._wanted: set[str] = set()

    def read(self) -> None:
        text, at, open_tags = self._text, 0, list[str]()
        while True:
            tag = _TAG.match(text, at)
            if tag is None or tag[2] not in _ELEMENTS:
                raise Rejected("an element that is not allowed")
            at = tag.end()
            if tag[1]:
                if not open_tags or open_tags.pop() != tag[2] or tag[3] or tag[4]:
                    raise Rejected("an end tag without its start")
            else:
                self._attributes(tag[2], tag[3])
                if not tag[4]:
                    open_tags.append(tag[2])
                    if len(open_tags) > _MAX_DEPTH:
                        raise Rejected("too deep")
            if not open_tags:
                break
            inside = _TEXT.match(text, at)
            if inside is None:
                raise Rejected("text")
            if inside[0] and open_tags[-1] not in _WITH_TEXT:
                raise Rejected("text outside of text")
            at = inside.end()
        if text[at:] != "\n":
            raise Rejected("something behind the end")
        if not self._wanted <= self._defined:
            raise Rejected("a reference to nothing")

    def _attributes(self, element: str, text: str) -> None:
        seen = set()
        for name, escaped in _ATTRIBUTE.findall(text):
            if name in seen:
                raise Rejected("an attribute twice")
            seen.add(name)
            value = escaped.replace("&quot;", '"')
            if "&" in value:
                raise Rejected("an entity in an attribute")
            if name == "xlink:href":
                self._reference(element, value)
                continue
            grammar = _VALUES.get(name)
            match = grammar.fullmatch(value) if grammar else None
            if match is None:
                raise Rejected(f"attribute {name}")
            if name == "id":
                if value in self._defined:
                    raise Rejected("an id twice")
                self._defined.add(value)
            self._wanted.update(group for group in match.groups() if group)

    def _reference(self, element: str, value: str) -> None:
        target = _HREF.fullmatch(value)
        if target and element in _POINTS:
            self._wanted.add(target[1])
            return
        picture = _PICTURE.fullmatch(value)
        if picture is None or element != "image":
            raise Rejected("a reference")
        try:
            data = base64.b64decode(picture[2], validate=True)
        except binascii.Error as error:
            raise Rejected("a picture that is not Base64") from error
        _PICTURES.verify(picture[1], memoryview(data))
