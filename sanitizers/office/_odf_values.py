"""The kinds of values that attributes of OpenDocument may have (ODF 1.3 part 3, section 18).

A kind is a total check of the whole value. Most attributes are "plain": measures, colours,
dates and listed words; free text is allowed only where a reader sees it or a name is
referred to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sanitizers.office import _odf_formulas
from sanitizers.office._values import Check, is_font, is_name, is_text

MAX_PLAIN: Final = 4_000  # characters; repeated columns' widths are the longest
MAX_PATH: Final = 500_000  # characters of an outline; maps have 100,000

#: Words of the enumerations in sections 19 and 20, and of the values of section 18.
_WORDS: Final = """
!= !match && + 3Arrows 3ArrowsGray 3ColorSmilies 3Flags 3Signs 3Smilies 3Stars 3Symbols 3Symbols2
3TrafficLights1 3TrafficLights2 3Triangles 3d 4Arrows 4ArrowsGray 4Rating 4RedToBlack
4TrafficLights 5Arrows 5ArrowsGray 5Boxes 5Quarters 5Rating < <= = > >= NaN ROC a above
above-average absolute accent accepted accumulate across active actuarial address adjacent after
after-effect after-previous alias align all all-on-one allow alpha-numeric alphabetical alternate
always and angled-connector-line angled-line annotation annotations annote any appear area
arrow-down arrow-left arrow-right arrow-up arrowHeadWipe article as-char as-date as-is as-number
ascending asian asterisk at-axis at-end at-labels at-labels-and-axis attractive author auto
auto-create-new-frame auto-radius automatic average avoid avoid-overlap axial axis b-spline back
back-to-front background background-object balanced bar barWipe barnDoorWipe barnVeeWipe
barnZigZagWipe barrel base baseline before begins-with below bevel bevelled bibliography
bibliography-type biggest bitmap blend blindsWipe block bold bold-italic bolder book booktitle
boolean border both bottom bottom-end bottom-left bottom-percent bottom-right bottom-start
bottom-to-top bottom-values bottomCenter bottomLeft bottomRight bow-tie bowTie bowTieWipe box
boxSnakesWipe boxWipe boxed bracket break buddhist butt button by-letter by-paragraph by-word
capitalize caption captions category category-and-value ccw cell-count cell-range center
center-on-screen centerRight centerTop chain change changed chapter char char-color char-font-name
char-height char-posture char-rotation-angle char-underline char-weight character chart chart:area
chart:bar chart:bubble chart:circle chart:filled-radar chart:gantt chart:line chart:radar
chart:ring chart:scatter chart:stock chart:surface charts check checkerBoardWipe checkerboard
circle clamp clear click click-effect clip clockWipe clockwise clockwiseNine clockwiseSix
clockwiseThree clockwiseTwelve close close-horizontal close-vertical closed collapse collapsing
color color-dodge column column-percentage columns combHorizontal combVertical comma command
complex concave concentric condensed condition conditional cone conference connector consecutive
constant contained content content-and-style continue continuous copy copy-all copy-only
copy-results-only cornersIn cornersOut correct count counter-clock-wise counter-clockwise
counterclockwise countnums cover cross crossfade cubic-spline cuboid currency current current-date
curve custom custom1 custom2 custom3 custom4 custom5 cw cylinder darken dash dashed data data-pilot
date date-time day decimal decorative default delay depth descending diagonal diagonalBottomLeft
diagonalTopLeft diagonalWipe diamond diffuse dim direct direction disable disabled disc discard
discrete dissolve distribute-letter distribute-space document does-not-begin-with does-not-contain
does-not-end-with dot-dash dot-dashed dot-dot-dash dotted double double-sided double-thin
doubleBarnDoor doubleFanWipe doubleSweepWipe down downdiagonalstrike draft drag-drop drawing
drawing-page drawings duration dynamic editing edition editor eightBlade ellipse ellipseWipe
ellipsoid email embossed emphasis empty enable enabled end endnote endnotes ends-with engraved
entrance error-margin errors evenodd every everything exclude execute exit expanded exponential
extra extra-bold extra-condensed extra-expanded eyeWipe fade fade-from-bottom fade-from-center
fade-from-left fade-from-lowerleft fade-from-lowerright fade-from-right fade-from-top
fade-from-upperleft fade-from-upperright fade-to-center fadeFromColor fadeOverColor fadeToColor
false fan-out fanWipe fast female file fill-color fill-style filled filter fine-dashed first
first-page fit fit-to-size fixed flat float floating-frames fly-away folded font-color footer
footnote footnotes force foreground formula formula-hidden formulas forward fourBlade fourBoxWipe
fraction fraktur frame frame-content frame-end-margin frame-start-margin free freeze
from-another-table from-bottom from-center from-current from-inside from-left from-lower-left
from-lower-right from-right from-same-table from-top from-upper-left from-upper-right fromBottom
fromBottomLeft fromBottomRight fromLeft fromRight fromTop fromTopLeft fromTopRight front-to-back
full full-screen gap gaps gengou gouraud gradient grand-total graphic graphics greater-than
greater-than-or-equal gregorian greyscale grid groove group handout hanging hanja hanja_yoil
has-parent hatch header headers hebrew height hexagonWipe hidden hidden-and-protected hide high
hijri hold horizontal horizontal-bar horizontal-checkerboard horizontal-lines horizontal-on-even
horizontal-on-odd horizontal-stripes horizontalLeftSame horizontalstrike hourglass howpublished
icon icon-set identifier ideograph-alpha ideograph-enclosed ideograph-legal ignore image images in
inbook inch inches include incollection indefinite index infix information inherit inline inner
inproceedings inset inside institution integer intensity interactive interactive-sequence
interlocking-horizontal-left interlocking-horizontal-right interlocking-vertical-bottom
interlocking-vertical-top invalid inverse invert invisible irisWipe isbn issn italic iterate
iterative jewish join journal justify keep keyboard label-alignment label-width-and-position
landscape language large larger laser last last-7-days last-month last-week last-year latin
latin-ext layout layouts leave-gap left left-brace left-outside left-to-right leftCenter
leftToRight legend less-than less-than-or-equal letters lighten lighter line line-color line-height
line-style linear lines list listtab locale logarithmic long long-dash longdiv loop low lowercase
lr lr-tb ltr luminance m main-sequence major male manual manual-unit margin margins mastersthesis
match math max maximum mean-value measure med media media-call medium melt member-difference
member-percentage member-percentage-difference middle millisecond min minimum minor minute mirrored
misc miscDiagonalWipe miscShapeWipe miter mixed modern modulate mono month motion-path move
move-from-bottom move-from-left move-from-lowerleft move-from-lowerright move-from-right
move-from-top move-from-upperleft move-from-upperright move-short moving-average name
name-and-extension named named-symbol narrow near-axis near-axis-other-side near-origin never next
next-month next-week next-year no-fill no-limit no-repeat no-wrap non-primitive none nonzero normal
normal-view not-equal note notes nothing number number-all-superior number-and-name
number-no-superior numeric object objectBoundingBox objects oblique odd of offset ole-action on
on-click on-demand onRequest once once-concurrent once-successive oneBlade
ooo:com.sun.star.chart2.template.Column opacity open open-horizontal open-vertical or organizations
orgchart original ornament other others out outer outline outline-subtotals-bottom
outline-subtotals-top outset outside outside-end outside-maximum outside-minimum outside-start oval
over overlap paced page page-content page-content-bottom page-content-top page-end-margin
page-number page-start-margin pages paragraph paragraph-content paragraph-end-margin
paragraph-start-margin parallel parallelSnakesWipe parent path pattern pause peek pen pending
pentagonWipe percent percentage percentile perspective phdthesis phong photo pie pinWheelWipe
pinwheel plain plain-number plain-number-and-name plus poly-line polynomial portrait position
position-only postfix power preferred prefix presentation presenter preserve previous print-range
print-view printer proceedings product program-text protected publisher pulse pushWipe pyramid
quadratic quarter query radial random randomBarWipe range-of-values ratio rect rectangle
rectangular reflect regression rejected relative remove repeat repeat-column repeat-row repeatCount
replace report report-type restart reverse reverse-direction ridge right right-brace right-outside
right-to-left rightCenter rl rl-tb roll-from-bottom roll-from-left roll-from-right roll-from-top
roman root rotate rotateIn round roundRectWipe roundedbox row row-percentage rows ruby run
run-through running-total saloonDoorWipe sans-serif sans-serif-italic saturate scale scale-min
scale-to-fit school screen script scroll second section segments self semi-automatic semi-condensed
semi-expanded separate separating separator series set shape shift short show shrink-to-fit
side-by-side silver simple single singleSweepWipe size skew skewX skewY skewx skip skip-white-space
slant slide slideWipe slow slow-down small small-caps smaller smiley snakeWipe snap solid
sort-ascending sound source space spacing specular sphere spin spiral spiral-inward-left
spiral-inward-right spiral-outward-left spiral-outward-right spiralWipe spiralin-left
spiralin-right spiralout-left spiralout-right spline spread spreadsheet square stack stagger-even
stagger-odd standard standard-deviation standard-error star starWipe start stay stdev stdevp
step-center-x step-center-y step-end step-start stop story straight-line stretch
stretch-from-bottom stretch-from-left stretch-from-right stretch-from-top strict string strings
stripes styles sub sub-item subject subtitle super super-sub suppress suppress-version svg swiss
symbol system tab table table-cell table-column table-content table-index table-of-content
table-row tables tabular-layout target tb tb-lr tb-rl techreport text text-and-wrap text-box
text-only text-position text:h text:p thick thin this-month this-week this-year threeBlade
thumbnail time timing-root title title-only to to-another-table to-bottom to-center to-left
to-lower-left to-lower-right to-right to-top to-upper-left to-upper-right today tomorrow top
top-end top-left top-outside top-percent top-right top-start top-to-bottom top-values topCenter
topLeft topRight topToBottom total total-difference total-percentage transition translate
translucent transparent triangleWipe triple true true-color truncate ttb-lr twoBladeHorizontal
twoBladeVertical ultra-condensed ultra-expanded unchecked uncover-to-bottom uncover-to-left
uncover-to-lowerleft uncover-to-lowerright uncover-to-right uncover-to-top uncover-to-upperleft
uncover-to-upperright underline unit units-of-measure unpublished unsorted up updiagonalstrike
uppercase use-zero user user-index value value-and-percentage value-type variable variance varp
veeWipe vertical vertical-bar vertical-checkerboard vertical-lines vertical-stripes verticalstrike
visibility visible visited void volume wait warning waterfallWipe watermark wave wavy wavyline
wavyline-from-bottom wavyline-from-left wavyline-from-right wavyline-from-top week when-not-active
whenNotActive white wide width width;height windows windshieldWipe wipe with-effect with-previous
within word workdays working wrap write-out wrong www x x-symbol x;y xor y year yesterday yuan z
zero-values zh-Hans zh-Hant zigZagWipe zoom ||
"""
_WORD_SET: Final = frozenset(_WORDS.split())
_NUMBER: Final = r"[-+]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[Ee][-+]?\d{1,3})?"
#: Numbers with and without unit, colours, durations, dates, languages (18.2 and 18.3).
_TOKEN: Final = re.compile(
    rf"{_NUMBER}(?:%|cm|mm|in|pt|pc|px|em|deg|rad|grad|s|ms|min|h|\*)?"
    r"|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}|-?P[0-9YMDTHS.,]{1,40}|\d\d:\d\d:\d\d"
    r"|-?\d{1,5}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[-+]\d\d:\d\d)?)?"
    r"|[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|\d{3}))?|[A-Z]{2}|\d{3}|[A-Z][a-z]{3}",
    re.ASCII,
)
_SEPARATOR: Final = re.compile(r"[ ;,]+")
_RECTANGLE: Final = re.compile(rf"rect\((?:{_NUMBER}[a-z]{{2}}|auto|[ ,]){{0,20}}+\)", re.ASCII)
_TUPLE: Final = rf"\((?:{_NUMBER}(?:cm|mm|in|pt)?|[ ]){{0,20}}+\)"
_VECTOR: Final = re.compile(rf"{_TUPLE}(?: {_TUPLE})*", re.ASCII)
#: Outlines (SVG 1.1, 8.3; 19.145): commands of one letter, numbers, equations, transformations.
_PATH: Final = re.compile(
    r"(?:[Zz](?=[MmNFS])|[MmLlHhVvCcSsQqTtAaZzNFUBWXYGHIJKO](?![A-Za-z])|\?f?\d{1,4}(?!\d)|\$\d{1,4}"
    r"|[-+]?[0-9.]{1,24}(?:[Ee][-+]?\d{1,3})?(?:%|cm|mm|in|pt|px)?|[ ,()\r\n\t]"
    r"|(?:rotate|translate|scale|matrix|skewX|skewY)(?= ?\()"
    r"|\b(?:left|top|right|bottom|width|height|xstretch|ystretch|hasstroke|hasfill|logwidth"
    r"|logheight|auto|horizontal|vertical|none)\b)*+",
    re.ASCII,
)
#: Equations of shapes (19.171).
_GUIDE: Final = re.compile(
    r"(?:[-+*/(), ]|[0-9.]{1,24}|\$\d{1,4}|\?f?\d{1,4}|\b(?:abs|sqrt|sin|cos|tan|atan|atan2|min|max"
    r"|if|pi|left|top|right|bottom|xstretch|ystretch|hasstroke|hasfill|width|height|logwidth"
    r"|logheight)\b)*+",
    re.ASCII,
)
#: Values and functions of animations (19.1 to 19.4, 19.397).
_MOTION: Final = re.compile(
    r"(?:[-+*/(), ;.%#$^]|[0-9.]{1,12}s\b|[0-9]{1,20}|#[0-9a-fA-F]{6}"
    r"|\b(?:x|y|e|pi|width|height|sin|cos|tan|sqrt"
    r"|abs|log|exp|atan|min|max|visible|hidden|true|false|bold|normal|italic|none|solid|next|prev|s|ms"
    r"|indefinite|transparent|black|white|in)\b)*+",
    re.ASCII,
)
_SHAPE: Final = re.compile(
    r"(?:ooxml|mso|ooo|fontwork|col|flowchart)-[a-zA-Z0-9-]{1,56}"
    r"|[a-z]{1,20}(?:-[a-z]{1,20}){0,4}[0-9]{0,3}"
)
MAX_SHAPE: Final = 64  # characters
MAX_IDENTIFIER: Final = 1_000  # characters; lists of them; they are written anew
_AFFIX: Final = re.compile(r"[^\x00-\x1f\x7f]{0,40}")


def is_plain(value: str) -> bool:
    """Whether a value is made of measures, colours, dates and listed words alone."""
    if value in _WORD_SET or _TOKEN.fullmatch(value):
        return True
    if len(value) > MAX_PLAIN:
        return False
    if value[:1] in ("(", "r") and (_RECTANGLE.fullmatch(value) or _VECTOR.fullmatch(value)):
        return True
    return all(
        not token or token in _WORD_SET or _TOKEN.fullmatch(token)
        for token in _SEPARATOR.split(value)
    )


def is_shape(value: str) -> bool:
    """Whether a value may be the name of a preset of a shape or an animation."""
    return len(value) <= MAX_SHAPE and _SHAPE.fullmatch(value) is not None


def _short(pattern: re.Pattern[str]) -> Check:
    return lambda value: len(value) <= MAX_PATH and pattern.fullmatch(value)


#: Kinds of `_odf_names.KINDS`. Identifiers are written anew, see `_odf_filter`.
CHECKS: Final[Mapping[str, Check]] = {
    "name": is_name,
    "font": is_font,
    "text": is_text,
    "affix": _AFFIX.fullmatch,
    "cells": _odf_formulas.is_cells,
    "formula": _odf_formulas.is_formula,
    "condition": _odf_formulas.is_condition,
    "guide": _short(_GUIDE),
    "path": _short(_PATH),
    "anim": _short(_MOTION),
    "shape": is_shape,
    "id": lambda value: len(value.split()) > 0 and len(value) <= MAX_IDENTIFIER,
    "style": is_name,
}
