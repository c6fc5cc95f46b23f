"""What of SVG is drawn: elements, attributes and properties with the grammar of their values.

Allow-lists by SVG 1.1 (second edition) and CSS; a name or a value that is not told here does
not cross. Nothing that runs, moves, loads or opens is told here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_NUMBER: Final = r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d{1,3})?"
_LENGTH: Final = rf"{_NUMBER}(?:px|pt|pc|mm|cm|in|em|ex|rem|[qQ]|vw|vh|deg|%)?"
_NUMBERS: Final = rf"{_LENGTH}(?:[\s,]*+{_LENGTH})*+"
#: CSS Color 4, 6.1. Grays are spelled both ways.
_COLOURS: Final = (
    "aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue "
    "blueviolet brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk "
    "crimson cyan darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki "
    "darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen "
    "darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue "
    "dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite "
    "gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki "
    "lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan "
    "lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen "
    "lightskyblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen "
    "magenta maroon mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen "
    "mediumslateblue mediumspringgreen mediumturquoise mediumvioletred midnightblue mintcream "
    "mistyrose moccasin navajowhite navy oldlace olive olivedrab orange orangered orchid "
    "palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink plum "
    "powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown "
    "seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen "
    "steelblue tan teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen "
    "transparent currentColor inherit"
)
_COLOUR: Final = (
    rf"#(?:[0-9a-fA-F]{{3,4}}|[0-9a-fA-F]{{6}}|[0-9a-fA-F]{{8}})"
    rf"|(?i:{'|'.join(_COLOURS.split())}|(?:rgb|hsl)a?\(\s*{_NUMBERS}(?:\s*/\s*{_LENGTH})?\s*\))"
)
#: A reference within the document; the target is in group "ref" (SVG 1.1, 17.1.4).
_REFERENCE: Final = r"url\(\s*[\"']?#(?P<ref>[^\s\"'()]{1,200})[\"']?\s*\)"
_PAINT: Final = (
    rf"none|context-fill|context-stroke|{_COLOUR}|{_REFERENCE}(?:\s+(?:none|{_COLOUR}))?"
)
_TRANSFORM: Final = (
    rf"(?:(?:matrix|translate|scale|rotate|skewX|skewY)\s*\(\s*{_NUMBERS}\s*\)[\s,]*)*+"
)
#: Runs of digits and dots: "1.5.5" is two numbers in path data (SVG 1.1, 8.3.9).
_COMMANDS: Final = r"[MmZzLlHhVvCcSsQqTtAa\s,]*+"
_PATH: Final = rf"(?:{_COMMANDS}[+-]?[\d.]++(?:[eE][+-]?\d{{1,3}})?)*+{_COMMANDS}"
_ASPECT: Final = r"(?:defer\s+)?(?:none|x(?:Min|Mid|Max)Y(?:Min|Mid|Max))(?:\s+(?:meet|slice))?"
_FAMILY: Final = r"[\"']?[\w][\w .-]{0,63}[\"']?"
_INPUT: Final = r"[A-Za-z][A-Za-z0-9_-]{0,40}"

Grammar = re.Pattern[str]


def _grammars(table: Mapping[str, str]) -> dict[str, Grammar]:
    return {
        name: re.compile(rf"\s*(?:{value})\s*")
        for names, value in table.items()
        for name in names.split()
    }


#: Styling properties, as attributes and in style sheets (SVG 1.1, 6.1; Filter Effects 1).
PROPERTIES: Final = _grammars(
    {
        "fill stroke": _PAINT,
        "color stop-color flood-color lighting-color": _COLOUR,
        "opacity fill-opacity stroke-opacity stop-opacity flood-opacity": _LENGTH,
        "fill-rule clip-rule": "nonzero|evenodd|inherit",
        "stroke-width stroke-miterlimit stroke-dashoffset": _LENGTH,
        "stroke-dasharray": f"none|{_NUMBERS}",
        "stroke-linecap": "butt|round|square|inherit",
        "stroke-linejoin": "miter|round|bevel|inherit|miter-clip|arcs",
        "paint-order": "(?:normal|fill|stroke|markers| )+",
        "clip-path mask filter marker-start marker-mid marker-end marker": f"none|{_REFERENCE}",
        "display": "none|inline|block|inherit",
        "visibility": "visible|hidden|collapse|inherit",
        "overflow": "visible|hidden|scroll|auto|inherit",
        "color-interpolation color-interpolation-filters": "auto|sRGB|linearRGB|inherit",
        "image-rendering shape-rendering text-rendering": (
            "auto|optimizeSpeed|optimizeQuality|crispEdges|geometricPrecision"
            "|optimizeLegibility|pixelated|inherit"
        ),
        "mix-blend-mode": (
            "normal|multiply|screen|overlay|darken|lighten|color-dodge|color-burn|hard-light"
            "|soft-light|difference|exclusion|hue|saturation|color|luminosity"
        ),
        "isolation": "auto|isolate",
        "vector-effect": "none|non-scaling-stroke",
        "font-family": rf"{_FAMILY}(?:\s*,\s*{_FAMILY}){{0,9}}",
        "font-size": f"{_LENGTH}|(?:x{{1,2}}-)?(?:small|large)|medium|smaller|larger|inherit",
        "font-style": "normal|italic|oblique|inherit",
        "font-weight": r"normal|bold|bolder|lighter|\d{1,4}|inherit",
        "font-variant": "normal|small-caps|inherit",
        "font-stretch": "normal|(?:ultra-|extra-|semi-)?(?:condensed|expanded)|inherit",
        "letter-spacing word-spacing": f"normal|{_LENGTH}|inherit",
        "text-anchor": "start|middle|end|inherit",
        "text-decoration": "(?:none|underline|overline|line-through|inherit| )+",
        "dominant-baseline alignment-baseline": (
            "auto|baseline|alphabetic|middle|central|hanging|ideographic|mathematical"
            "|text-before-edge|text-after-edge|before-edge|after-edge|inherit"
        ),
        "baseline-shift": f"baseline|sub|super|{_LENGTH}",
        "writing-mode": "lr-tb|rl-tb|tb-rl|lr|rl|tb|horizontal-tb|vertical-rl|vertical-lr",
        "direction": "ltr|rtl|inherit",
        "unicode-bidi": "normal|embed|inherit",
        "text-orientation": "mixed|upright|sideways",
    }
)

#: The other attributes (SVG 1.1, appendix M).
ATTRIBUTES: Final = _grammars(
    {
        "x y dx dy cx cy r rx ry fx fy fr x1 y1 x2 y2 width height rotate offset viewBox": _NUMBERS,
        "refX refY": f"{_LENGTH}|left|center|right|top|bottom",
        "markerWidth markerHeight pathLength textLength startOffset": _LENGTH,
        "points": rf"[\s,]*(?:{_NUMBERS})?[\s,]*",
        "d": _PATH,
        "transform gradientTransform patternTransform": _TRANSFORM,
        "preserveAspectRatio": _ASPECT,
        "orient": f"auto|auto-start-reverse|{_LENGTH}",
        "lengthAdjust": "spacing|spacingAndGlyphs",
        "gradientUnits patternUnits patternContentUnits clipPathUnits maskUnits "
        "maskContentUnits filterUnits primitiveUnits markerUnits": (
            "userSpaceOnUse|objectBoundingBox|strokeWidth"
        ),
        "spreadMethod": "pad|reflect|repeat",
        "method": "align|stretch",
        "spacing": "auto|exact",
        "in in2 result": _INPUT,
        "stdDeviation scale radius baseFrequency numOctaves seed order kernelMatrix divisor bias "
        "targetX targetY kernelUnitLength surfaceScale diffuseConstant specularConstant "
        "specularExponent azimuth elevation z pointsAtX pointsAtY pointsAtZ limitingConeAngle "
        "k1 k2 k3 k4 values tableValues slope intercept amplitude exponent": _NUMBERS,
        "type": (
            "matrix|saturate|hueRotate|luminanceToAlpha|identity|table|discrete|linear|gamma"
            "|turbulence|fractalNoise"
        ),
        "operator": "over|in|out|atop|xor|lighter|arithmetic|erode|dilate",
        "mode": (
            "normal|multiply|screen|overlay|darken|lighten|color-dodge|color-burn|hard-light"
            "|soft-light|difference|exclusion|hue|saturation|color|luminosity"
        ),
        "edgeMode": "duplicate|wrap|none",
        "stitchTiles": "stitch|noStitch",
        "preserveAlpha": "true|false",
        "xChannelSelector yChannelSelector": "[RGBA]",
    }
)

_PRIMITIVE: Final = "x y width height result in"
#: Element → its attributes beside the properties (SVG 1.1, appendix L; Filter Effects 1).
ELEMENTS: Final = {
    name: frozenset(attributes.split())
    for names, attributes in {
        "svg": "x y width height viewBox preserveAspectRatio",
        "g switch": "transform",
        "defs": "",
        "symbol": "viewBox preserveAspectRatio x y width height refX refY",
        "use": "x y width height transform",
        "image": "x y width height transform preserveAspectRatio",
        "path": "d transform pathLength",
        "rect": "x y width height rx ry transform pathLength",
        "circle": "cx cy r transform pathLength",
        "ellipse": "cx cy rx ry transform pathLength",
        "line": "x1 y1 x2 y2 transform pathLength",
        "polyline polygon": "points transform pathLength",
        "text": "x y dx dy rotate textLength lengthAdjust transform",
        "tspan": "x y dx dy rotate textLength lengthAdjust",
        "textPath": "startOffset method spacing textLength lengthAdjust",
        "linearGradient": "x1 y1 x2 y2 gradientUnits gradientTransform spreadMethod",
        "radialGradient": "cx cy r fx fy fr gradientUnits gradientTransform spreadMethod",
        "stop": "offset",
        "pattern": "x y width height viewBox preserveAspectRatio patternUnits "
        "patternContentUnits patternTransform",
        "clipPath": "clipPathUnits transform",
        "mask": "x y width height maskUnits maskContentUnits",
        "marker": "refX refY markerWidth markerHeight markerUnits orient viewBox "
        "preserveAspectRatio",
        "filter": "x y width height filterUnits primitiveUnits",
        "feBlend": f"{_PRIMITIVE} in2 mode",
        "feColorMatrix": f"{_PRIMITIVE} type values",
        "feComponentTransfer feFlood feMerge feTile": _PRIMITIVE,
        "feFuncR feFuncG feFuncB feFuncA": "type tableValues slope intercept amplitude exponent "
        "offset",
        "feComposite": f"{_PRIMITIVE} in2 operator k1 k2 k3 k4",
        "feConvolveMatrix": f"{_PRIMITIVE} order kernelMatrix divisor bias targetX targetY "
        "edgeMode kernelUnitLength preserveAlpha",
        "feDiffuseLighting": f"{_PRIMITIVE} surfaceScale diffuseConstant kernelUnitLength",
        "feSpecularLighting": f"{_PRIMITIVE} surfaceScale specularConstant specularExponent "
        "kernelUnitLength",
        "feDistantLight": "azimuth elevation",
        "fePointLight": "x y z",
        "feSpotLight": "x y z pointsAtX pointsAtY pointsAtZ specularExponent limitingConeAngle",
        "feDisplacementMap": f"{_PRIMITIVE} in2 scale xChannelSelector yChannelSelector",
        "feDropShadow": f"{_PRIMITIVE} dx dy stdDeviation",
        "feGaussianBlur": f"{_PRIMITIVE} stdDeviation edgeMode",
        "feMergeNode": "in",
        "feMorphology": f"{_PRIMITIVE} operator radius",
        "feOffset": f"{_PRIMITIVE} dx dy",
        "feTurbulence": f"{_PRIMITIVE} type baseFrequency numOctaves seed stitchTiles",
    }.items()
    for name in names.split()
}

#: Inputs of a filter that are no results of its own (Filter Effects 1, 9.3).
FILTER_INPUTS: Final = frozenset(
    (
        "SourceGraphic", "SourceAlpha", "BackgroundImage", "BackgroundAlpha", "FillPaint",
        "StrokePaint",
    )
)  # fmt: skip
#: Drawn only where another element refers to them (SVG 1.1, 5.3.2 and 5.5).
DEFINITIONS: Final = frozenset(
    (
        "defs", "symbol", "linearGradient", "radialGradient", "pattern", "clipPath", "mask",
        "marker", "filter",
    )
)  # fmt: skip
#: Elements whose text is drawn.
TEXTUAL: Final = frozenset(("text", "tspan", "textPath"))
#: Elements that may point to another one of the document.
POINTING: Final = frozenset(
    ("use", "textPath", "linearGradient", "radialGradient", "pattern", "filter")
)
