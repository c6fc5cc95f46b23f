"""Names of OpenDocument as a file of ours may have them (ODF 1.3 part 3), for its verifier.

Elements and attributes by prefix; what an attribute's value may be is told by the groups
below it. Scripts, events, forms, connections, sources and whatever else acts or fetches have
no row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NAMESPACES: Final[Mapping[str, str]] = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
    "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
    "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "chart": "urn:oasis:names:tc:opendocument:xmlns:chart:1.0",
    "dr3d": "urn:oasis:names:tc:opendocument:xmlns:dr3d:1.0",
    "math": "http://www.w3.org/1998/Math/MathML",
    "smil": "urn:oasis:names:tc:opendocument:xmlns:smil-compatible:1.0",
    "anim": "urn:oasis:names:tc:opendocument:xmlns:animation:1.0",
    "of": "urn:oasis:names:tc:opendocument:xmlns:of:1.2",
    "ooow": "http://openoffice.org/2004/writer",
    "oooc": "http://openoffice.org/2004/calc",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    "drawooo": "http://openoffice.org/2010/draw",
    "chartooo": "http://openoffice.org/2010/chart",
    "tableooo": "http://openoffice.org/2009/table",
    "css3t": "http://www.w3.org/TR/css3-text/",
    "config": "urn:oasis:names:tc:opendocument:xmlns:config:1.0",
    "ooo": "http://openoffice.org/2004/office",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
#: Elements by prefix (chapters 3 to 17; MathML 3).
ELEMENTS: Final[Mapping[str, str]] = {
    "anim": """
animate animateColor animateMotion animateTransform iterate par param seq set transitionFilter
""",
    "calcext": """
color-scale color-scale-entry condition conditional-format conditional-formats data-bar date-is
formatting-entry icon-set sparkline sparkline-group sparkline-groups sparklines
""",
    "chart": """
axis categories chart coordinate-region data-label data-point domain equation error-indicator
floor footer grid label-separator legend mean-value plot-area regression-curve series
stock-gain-marker stock-loss-marker stock-range-line subtitle title wall
""",
    "chartooo": """
date-scale
""",
    "config": """
config-item config-item-map-entry config-item-map-indexed config-item-map-named config-item-set
""",
    "dc": """
creator date
""",
    "dr3d": """
cube extrude light rotate scene sphere
""",
    "draw": """
a caption circle connector contour-path contour-polygon custom-shape ellipse enhanced-geometry
equation fill-image frame g glue-point gradient handle hatch image layer layer-set line marker
measure object opacity page page-thumbnail path polygon polyline rect regular-polygon stroke-dash
text-box
""",
    "loext": """
creator-initials data-table fill-character gradient-stop graphic-properties p text
""",
    "math": """
maligngroup malignmark math menclose merror mfenced mfrac mi mlabeledtr mmultiscripts mn mo mover
mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext
mtr munder munderover none semantics
""",
    "meta": """
creator-initials date-string
""",
    "number": """
am-pm boolean boolean-style currency-style currency-symbol date-style day day-of-week
embedded-text era fill-character fraction hours minutes month number number-style percentage-style
quarter scientific-number seconds text text-content text-style time-style week-of-year year
""",
    "office": """
annotation annotation-end automatic-styles body change-info chart document-content
document-settings document-styles drawing font-face-decls image master-styles presentation
settings spreadsheet styles text
""",
    "presentation": """
animation-group animations date-time date-time-decl dim footer footer-decl header header-decl
hide-shape hide-text notes placeholder settings show show-shape show-text
""",
    "style": """
background-image chart-properties column column-sep columns default-page-layout default-style
drawing-page-properties drop-cap font-face footer footer-first footer-left footer-style
footnote-sep graphic-properties handout-master header header-first header-footer-properties
header-left header-style list-level-label-alignment list-level-properties map master-page
page-layout page-layout-properties paragraph-properties presentation-page-layout region-center
region-left region-right ruby-properties section-properties style tab-stop tab-stops
table-cell-properties table-column-properties table-properties table-row-properties
text-properties
""",
    "svg": """
desc linearGradient radialGradient stop title
""",
    "table": """
background body calculation-settings cell-address cell-content-change cell-content-deletion
change-deletion change-track-table-cell content-validation content-validations covered-table-cell
cut-offs data-pilot-display-info data-pilot-field data-pilot-field-reference data-pilot-group
data-pilot-group-member data-pilot-groups data-pilot-layout-info data-pilot-level
data-pilot-member data-pilot-members data-pilot-sort-info data-pilot-subtotal data-pilot-subtotals
data-pilot-table data-pilot-tables database-range database-ranges deletion deletions dependencies
dependency desc error-message even-columns even-rows filter filter-and filter-condition filter-or
filter-set-item first-column first-row help-message insertion insertion-cut-off iteration
label-range label-ranges last-column last-row movement movement-cut-off named-expression
named-expressions named-range null-date odd-columns odd-rows previous shapes sort sort-by
sort-groups source-cell-range source-range-address subtotal-field subtotal-rule subtotal-rules
table table-cell table-column table-column-group table-columns table-header-columns
table-header-rows table-row table-row-group table-rows table-template target-range-address title
tracked-changes
""",
    "text": """
a alphabetical-index alphabetical-index-entry-template alphabetical-index-mark
alphabetical-index-mark-end alphabetical-index-mark-start alphabetical-index-source bibliography
bibliography-configuration bibliography-entry-template bibliography-mark bibliography-source
bookmark bookmark-end bookmark-ref bookmark-start change change-end change-start changed-region
chapter character-count date deletion format-change h illustration-index
illustration-index-entry-template illustration-index-source image-count index-body
index-entry-bibliography index-entry-chapter index-entry-link-end index-entry-link-start
index-entry-page-number index-entry-span index-entry-tab-stop index-entry-text index-source-style
index-source-styles index-title index-title-template insertion line-break
linenumbering-configuration linenumbering-separator list list-header list-item
list-level-style-bullet list-level-style-image list-level-style-number list-style note note-body
note-citation note-continuation-notice-backward note-continuation-notice-forward note-ref
notes-configuration number numbered-paragraph object-count object-index
object-index-entry-template object-index-source outline-level-style outline-style p page
page-continuation page-count page-number page-sequence paragraph-count reference-mark
reference-mark-end reference-mark-start reference-ref ruby ruby-base ruby-text s section sequence
sequence-decl sequence-decls sequence-ref sheet-name soft-page-break sort-key span tab table-count
table-index table-index-entry-template table-index-source table-of-content
table-of-content-entry-template table-of-content-source time title toc-mark toc-mark-end
toc-mark-start tracked-changes user-index user-index-entry-template user-index-mark
user-index-mark-end user-index-mark-start user-index-source word-count
""",
}
#: Elements that hold text.
WITH_TEXT: Final = """
config:config-item dc:creator dc:date loext:creator-initials loext:fill-character loext:p
loext:text math:mi math:mn math:mo math:ms math:mtext meta:creator-initials meta:date-string
number:currency-symbol number:embedded-text number:fill-character number:text
presentation:date-time-decl presentation:footer-decl presentation:header-decl svg:desc svg:title
table:desc table:title text:a text:bibliography-mark text:bookmark-ref text:chapter
text:character-count text:date text:h text:image-count text:index-entry-span
text:index-title-template text:linenumbering-separator text:note-citation
text:note-continuation-notice-backward text:note-continuation-notice-forward text:note-ref
text:number text:object-count text:p text:page-continuation text:page-count text:page-number
text:paragraph-count text:reference-ref text:ruby-base text:ruby-text text:sequence
text:sequence-ref text:sheet-name text:span text:table-count text:time text:title text:word-count
"""
#: Attributes of numbers, measures, colours, dates and words (chapters 19 and 20).
PLAIN: Final[Mapping[str, str]] = {
    "anim": """
audio-level color-interpolation color-interpolation-direction id iterate-interval iterate-type
sub-item value
""",
    "calcext": """
axis-color axis-position color color-axis color-first color-high color-last color-low
color-markers color-negative color-series date date-axis display-empty-cells-as display-hidden
display-x-axis first gradient high icon-set-type last line-width low manual-max manual-min markers
max-axis-type max-length min-axis-type min-length negative negative-color positive-color
repeat-item-labels right-to-left show-value type
""",
    "chart": """
angle-offset attached-axis auto-position auto-size automatic-content axis-label-position
axis-position class column-mapping connect-bars data-label-number data-label-series
data-label-symbol data-label-text data-source-has-labels deep dimension display-equation
display-label display-r-square error-category error-lower-indicator error-lower-limit error-margin
error-percentage error-upper-indicator error-upper-limit gap-width group-bars-per-axis hole-size
include-hidden-cells interpolation interval-major interval-minor-divisor japanese-candle-stick
label-arrangement label-position label-position-negative legend-align legend-position lines
link-data-style-to-source logarithmic maximum mean-value minimum origin overlap percentage
pie-offset regression-force-intercept regression-intercept-value regression-max-degree
regression-moving-type regression-period regression-type repeated reverse-direction
right-angled-axes row-mapping scale-text series-source solid-type sort-by-x-values spline-order
spline-resolution stacked symbol-height symbol-name symbol-type symbol-width text-overlap
three-dimensional tick-mark-position tick-marks-major-inner tick-marks-major-outer
tick-marks-minor-inner tick-marks-minor-outer treat-empty-cells vertical visible
""",
    "chartooo": """
axis-type
""",
    "css3t": """
text-justify
""",
    "dr3d": """
ambient-color back-scale backface-culling center close-back close-front depth diffuse-color
direction distance edge-rounding edge-rounding-mode emissive-color enabled end-angle focal-length
horizontal-segments lighting-mode max-edge min-edge normals-direction normals-kind projection
shade-mode shadow shadow-slant shininess size specular specular-color texture-filter
texture-generation-mode-x texture-generation-mode-y texture-kind texture-mode vertical-segments
vpn vrp vup
""",
    "draw": """
align angle auto-grow-height auto-grow-width background-size blue border caption-angle
caption-angle-type caption-escape caption-escape-direction caption-fit-line-length caption-gap
caption-line-length caption-point-x caption-point-y caption-type color color-inversion color-mode
concave concentric-gradient-fill-allowed contrast corner-radius corners cx cy decimal-places
display distance dots1 dots1-length dots2 dots2-length draw-aspect end end-angle end-color
end-glue-point end-guide end-intensity end-line-spacing-horizontal end-line-spacing-vertical
escape-direction extrusion extrusion-allowed extrusion-brightness extrusion-color extrusion-depth
extrusion-diffusion extrusion-first-light-direction extrusion-first-light-harsh
extrusion-first-light-level extrusion-light-face extrusion-metal extrusion-number-of-line-segments
extrusion-origin extrusion-rotation-angle extrusion-rotation-center
extrusion-second-light-direction extrusion-second-light-harsh extrusion-second-light-level
extrusion-shininess extrusion-skew extrusion-specularity extrusion-viewpoint fill fill-color
fill-hatch-solid fill-image-height fill-image-ref-point fill-image-ref-point-x
fill-image-ref-point-y fill-image-width fit-to-contour fit-to-size frame-display-border
frame-display-scrollbar frame-margin-horizontal frame-margin-vertical gamma glue-point-type
gradient-step-count green guide-distance guide-overhang handle-mirror-horizontal
handle-mirror-vertical handle-switched image-opacity kind line-distance line-skew luminance
marker-end-center marker-end-width marker-start-center marker-start-width measure-align
measure-vertical-align mirror-horizontal mirror-vertical ole-draw-aspect opacity page-number
parallel placing protected red rotation secondary-fill-color shadow shadow-color shadow-offset-x
shadow-offset-y shadow-opacity sharpness show-unit start start-angle start-color start-glue-point
start-guide start-intensity start-line-spacing-horizontal start-line-spacing-vertical stroke
stroke-linejoin style symbol-color text-path text-path-allowed text-path-mode
text-path-same-letter-heights text-path-scale text-rotate-angle textarea-horizontal-align
textarea-vertical-align tile-repeat-offset unit value visible-area-height visible-area-left
visible-area-top visible-area-width wrap-influence-on-position z-index
""",
    "drawooo": """
display layer-protection
""",
    "fo": """
background-color border border-bottom border-left border-right border-top break-after break-before
clip color column-count column-gap country end-indent font-size font-style font-variant
font-weight height hyphenate hyphenation-keep hyphenation-ladder-count hyphenation-push-char-count
hyphenation-remain-char-count keep-together keep-with-next language letter-spacing line-height
margin margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width
orphans padding padding-bottom padding-left padding-right padding-top page-height page-width
script space-after space-before start-indent text-align text-align-last text-indent text-shadow
text-transform widows width wrap-option
""",
    "loext": """
allow-overlap blank-exponent-digits border char-shading-value color-type color-value
contextual-spacing custom-label-pos-x custom-label-pos-y data-label-series decorative
exponent-interval fill-use-slide-background forced-exponent-sign glow-color glow-radius
glow-transparency hyphenation-no-caps hyphenation-no-last-word hyphenation-word-char-count
hyphenation-zone major-origin margin-gutter max-blank-integer-digits min-decimal-places opacity
padding regression-max-degree rel-height-rel rel-width-rel resolved scale-to-X scale-to-Y
shadow-blur show-horizontal-border show-keys show-outline show-vertical-border softedge-radius
std-weight try-staggering-first vertical-justify vertical-rel
""",
    "math": """
accent accentunder bevelled close columnalign columnlines columnspacing columnspan denomalign
depth display displaystyle fence fontsize fontstyle fontweight form frame height largeop
linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits
notation numalign open rowalign rowlines rowspacing rowspan rspace scriptlevel separator
separators stretchy symmetric width
""",
    "number": """
automatic-order calendar country decimal-places denominator-value display-factor exponent-interval
forced-exponent-sign format-source grouping language max-denominator-value min-decimal-places
min-denominator-digits min-exponent-digits min-integer-digits min-numerator-digits position
possessive-form rfc-language-tag script style textual transliteration-country
transliteration-language transliteration-style truncate-on-overflow
""",
    "office": """
boolean-value date-value display time-value value value-type
""",
    "presentation": """
background-objects-visible background-visible class delay direction display-date-time
display-footer display-header display-page-number duration effect endless force-manual full-screen
group-id mouse-as-pen mouse-visible node-type object pause placeholder play-full preset-class
preset-sub-type show-end-of-presentation-slide show-logo source speed start-scale
start-with-navigator stay-on-top transition-on-click transition-speed transition-style
transition-type user-transformed visibility
""",
    "smil": """
accelerate accumulate additive attributeName autoReverse calcMode decelerate direction dur endsync
fadeColor fill fillDefault mode repeatCount repeatDur restart restartDefault subtype type
""",
    "style": """
adjustment auto-text-indent auto-update background-transparency border-line-width
border-line-width-bottom border-line-width-left border-line-width-right border-line-width-top
cell-protect class color column-width contextual-spacing decimal-places default-outline-level
diagonal-bl-tr diagonal-bl-tr-widths diagonal-tl-br diagonal-tl-br-widths direction display
distance distance-after-sep distance-before-sep dynamic-spacing editable family first-page-number
flow-with-text font-charset font-charset-asian font-charset-complex font-family-generic
font-family-generic-asian font-family-generic-complex font-independent-line-spacing font-pitch
font-pitch-asian font-pitch-complex font-relief font-size-asian font-size-complex font-size-rel
font-size-rel-asian font-size-rel-complex font-style-asian font-style-complex font-weight-asian
font-weight-complex footnote-max-height glyph-orientation-vertical height horizontal-pos
horizontal-rel join-border justify-single-word language-asian language-complex
layout-grid-base-height layout-grid-base-width layout-grid-color layout-grid-display
layout-grid-lines layout-grid-mode layout-grid-print layout-grid-ruby-below
layout-grid-ruby-height layout-grid-snap-to layout-grid-standard-mode leader-color leader-style
leader-type leader-width legend-expansion legend-expansion-aspect-ratio length letter-kerning
line-break line-height-at-least line-spacing line-style lines list-level may-break-between-rows
min-row-height mirror num-letter-sync number-wrapped-paragraphs overflow-behavior page-number
page-usage position print print-content print-orientation print-page-order protect
punctuation-wrap register-true rel-column-width rel-height rel-width repeat repeat-content
rfc-language-tag rfc-language-tag-asian rfc-language-tag-complex rotation-align rotation-angle
row-height ruby-align ruby-position run-through scale-to scale-to-X scale-to-Y scale-to-pages
script-asian script-complex script-type shadow shrink-to-fit snap-to-layout-grid style
tab-stop-distance table-centering text-align-source text-autospace text-blinking text-combine
text-emphasize text-line-through-color text-line-through-mode text-line-through-style
text-line-through-type text-line-through-width text-outline text-overline-color text-overline-mode
text-overline-style text-overline-type text-overline-width text-position text-rotation-angle
text-rotation-scale text-scale text-underline-color text-underline-mode text-underline-style
text-underline-type text-underline-width type use-optimal-column-width use-optimal-row-height
use-window-font-color vertical-align vertical-pos vertical-rel volatile width wrap wrap-contour
wrap-contour-mode wrap-dynamic-threshold writing-mode writing-mode-automatic
""",
    "svg": """
cx cy fill-rule font-size font-stretch font-style font-variant font-weight fx fy gradientUnits
height offset origin r rx ry spreadMethod stop-color stop-opacity stroke-color stroke-linecap
stroke-opacity stroke-width type width x x1 x2 y y1 y2
""",
    "table": """
acceptance-state add-empty-lines algorithm align allow-empty-cell automatic-find-labels
bind-styles-to-content border-color border-model case-sensitive column condition-source
contains-error contains-header copy-formulas copy-styles count country data-type date-end
date-start date-value direction display display-border display-duplicates display-filter-buttons
display-list display-member-mode drill-down-on-double-click embedded-number-behavior enabled end
end-column end-position end-row end-table end-x end-y field-number first-row-end-column
first-row-start-column function grand-total group-by-field-number has-persistent-data
identify-categories ignore-empty-rows index is-active is-data-layout-field is-selection
is-sub-table language last-column-spanned last-row-end-column last-row-spanned
last-row-start-column layout-mode link-to-source-data marked-invalid matrix-covered
maximum-difference member-count member-type message-type mode multi-deletion-spanned null-year
number-columns-repeated number-columns-spanned number-matrix-columns-spanned
number-matrix-rows-spanned number-rows-repeated number-rows-spanned on-update-keep-size
on-update-keep-styles operator order orientation page-breaks-on-group-change position
precision-as-shown print protect protected range-usable-as rfc-language-tag row script
search-criteria-must-apply-to-whole-cell show-details show-empty show-filter-button sort-mode
start start-column start-position start-row start-table status step steps structure-protected
tab-color table table-background table-name track-changes type use-banding-columns-styles
use-banding-rows-styles use-first-column-styles use-first-row-styles use-labels
use-last-column-styles use-last-row-styles use-regular-expressions use-wildcards used-hierarchy
value value-type visibility
""",
    "text": """
active address alphabetical-separators anchor-page-number anchor-type animation animation-delay
animation-direction animation-repeat animation-start-inside animation-steps animation-stop-inside
author bibliography-data-field booktitle bullet-relative-size c capitalize-entries
caption-sequence-format chapter combine-entries combine-entries-with-dash combine-entries-with-pp
comma-separated consecutive-numbering continue-numbering copy-outline-levels count-empty-lines
count-in-text-boxes current-value date-adjust date-value display display-levels
display-outline-level dont-balance-text-columns duration edition editor fixed footnotes-position
global howpublished identifier ignore-case increment index-scope institution is-hidden
is-list-header journal key kind label-followed-by level line-break line-number
list-level-position-and-space-mode list-tab-stop-position main-entry min-label-distance
min-label-width month note-class number number-lines number-position numbered-entries offset
organizations outline-level page-adjust pages placeholder-type protected publisher
reference-format relative-tab-stop-position restart-numbering restart-on-page school select-page
series sort-algorithm sort-ascending sort-by-position space-before start-numbering-at start-value
tab-ref table-type time-adjust time-value title track-changes use-caption use-chart-objects
use-draw-objects use-floating-frames use-graphics use-index-marks use-index-source-styles
use-keys-as-entries use-math-objects use-objects use-other-objects use-outline-level
use-soft-page-breaks use-spreadsheet-objects use-tables value volume year
""",
    "xml": """
space
""",
}
#: Attributes that people read, and names that others refer to.
FREE: Final = """
calcext:apply-style-name calcext:style chart:name chart:regression-name chart:style-name
draw:display-name draw:fill-gradient-name draw:fill-hatch-name draw:fill-image-name draw:layer
draw:marker-end draw:marker-start draw:master-page-name draw:name draw:opacity-name
draw:stroke-dash draw:stroke-dash-names draw:style-name draw:text-style-name fo:font-family
loext:label-string loext:linked-style-name loext:num-list-format number:decimal-replacement
number:transliteration-format office:currency office:string-value presentation:name
presentation:pages presentation:presentation-page-layout-name presentation:show
presentation:start-page presentation:style-name presentation:use-date-time-name
presentation:use-footer-name presentation:use-header-name style:apply-style-name style:char
style:country-asian style:country-complex style:data-style-name style:display-name
style:font-adornments style:font-family-asian style:font-family-complex style:font-name
style:font-name-asian style:font-name-complex style:font-style-name style:font-style-name-asian
style:font-style-name-complex style:leader-char style:leader-text style:leader-text-style
style:list-style-name style:master-page-name style:name style:next-style-name style:num-format
style:num-prefix style:num-suffix style:page-layout-name style:parent-style-name
style:percentage-data-style-name style:register-truth-ref-style-name style:style-name
style:text-combine-end-char style:text-combine-start-char style:text-line-through-text
style:text-line-through-text-style svg:font-family table:content-validation-name table:data-field
table:default-cell-style-name table:field-name table:grouped-by table:member-name table:name
table:paragraph-style-name table:selected-page table:source-field-name table:source-name
table:style-name table:template-name table:title table:user-name tableooo:display-name
text:bibliography-type text:bullet-char text:caption-sequence-name text:citation-body-style-name
text:citation-style-name text:cond-style-name text:default-style-name text:index-name text:key1
text:key1-phonetic text:key2 text:key2-phonetic text:label text:main-entry-style-name
text:master-page-name text:name text:prefix text:ref-name text:separation-character
text:string-value text:string-value-if-false text:string-value-if-true text:string-value-phonetic
text:style-name text:style-override text:suffix text:table-name text:visited-style-name
"""
#: Attributes with a formula (part 4).
FORMULAS: Final = """
table:expression table:formula text:formula
"""
#: Attributes with a condition.
CONDITIONS: Final = """
calcext:expression calcext:value style:condition table:condition text:condition
"""
#: Attributes with addresses of cells (18.3).
CELLS: Final = """
calcext:base-cell-address calcext:cell-address calcext:data-range calcext:target-range-address
chart:error-lower-range chart:error-upper-range chart:label-cell-address
chart:values-cell-range-address draw:notify-on-update-of-ranges style:base-cell-address
table:base-cell-address table:buttons table:cell-address table:cell-range table:cell-range-address
table:condition-source-range-address table:data-cell-range-address table:end-cell-address
table:label-cell-range-address table:print-ranges table:source-cell-range-addresses
table:target-cell-address table:target-range-address
"""
#: Attributes with identifiers, which our writer numbers.
IDENTIFIERS: Final = """
draw:caption-id draw:chain-next-name draw:end-shape draw:id draw:nav-order draw:shape-id
draw:start-shape office:name presentation:master-element smil:targetElement table:id
table:rejecting-change-id text:change-id text:continue-list text:id text:list-id xml:id
"""
#: Attributes of outlines, equations, motions and presets.
DRAWN: Final = """
anim:formula dr3d:transform draw:enhanced-path draw:formula draw:glue-point-leaving-directions
draw:glue-points draw:handle-polar draw:handle-position draw:handle-radius-range-maximum
draw:handle-radius-range-minimum draw:handle-range-x-maximum draw:handle-range-x-minimum
draw:handle-range-y-maximum draw:handle-range-y-minimum draw:modifiers draw:path-stretchpoint-x
draw:path-stretchpoint-y draw:points draw:text-areas draw:transform draw:type
drawooo:enhanced-path drawooo:sub-view-size presentation:preset-id smil:begin smil:by smil:end
smil:from smil:keySplines smil:keyTimes smil:to smil:values svg:d svg:gradientTransform svg:path
svg:viewBox
"""
#: Settings of views and lines with a number (3.10, LibreOffice).
SETTINGS_NUMBERS: Final = """
ActiveSplitRange BaseFontHeight CharacterCompressionType CursorPositionX CursorPositionY
DefaultTabStop HorizontalSplitMode HorizontalSplitPosition PageNumberFormat PageViewZoomValue
PositionBottom PositionLeft PositionRight PositionTop RelativeFontHeightFunctions
RelativeFontHeightIndices RelativeFontHeightLimits RelativeFontHeightOperators
RelativeFontHeightText RelativeLineSpacing RelativeSpacing SyntaxStringRef VerticalSplitMode
VerticalSplitPosition ViewLayoutColumns VisibleAreaHeight VisibleAreaLeft VisibleAreaTop
VisibleAreaWidth ZoomFactor ZoomType ZoomValue
"""
#: Settings with true or false.
SETTINGS_SWITCHES: Final = """
AddExternalLeading AddFrameOffsets AddParaLineSpacingToTableCells AddParaSpacingToTableCells
AddParaTableSpacing AddParaTableSpacingAtStart AddVerticalFrameOffsets AlignTabStopPosition
AnchoredTextOverflowLegacy ApplyParagraphMarkFormatToNumbering AutoCalculate
AutoFirstLineIndentDisregardLineSpace BackgroundParaOverDrawings
ClipAsCharacterAnchoredWriterFlyFrames ClippedPictures CollapseEmptyCellPara
ConsiderTextWrapOnObjPos ContinuousEndnotes DisableOffPagePositioning DoNotCaptureDrawObjsOnPage
DoNotJustifyLinesWithManualBreak DoNotResetParaAttrsForNumFont EmptyDbFieldHidesPara
FloattableNomargins FootnoteInColumnToPageEnd FrameAutowidthWithMorePara GutterAtTop
HasColumnRowHeaders HasSheetTabs HeaderSpacingBelowLastPara IgnoreFirstLineIndentInNumbering
IgnoreTabsAndBlanksForLineCalculation InvertBorderSpacing IsKernAsianPunctuation
MathBaselineAlignment MsWordCompMinLineHeightByFly MsWordCompTrailingBlanks
NoNumberingShowFollowBy OutlineLevelYieldsNumbering ParagraphSummation
PropLineSpacingShrinksFirstLine ProtrudingTopFrame ShowGrid ShowPageBreakPreview
ShowRedlineChanges ShowZeroValues SmallCapsPercentage66 StylesNoDefault SubtractFlysAnchoredAtFlys
SurroundTextWrapSmall TabAtLeftIndentForParagraphsInList TabOverMargin TabOverSpacing TabOverflow
TableRowKeep TabsRelativeToIndent TreatSingleColumnBreakAsPageBreak UnbreakableNumberings
UnxForceZeroExtLeading UseFormerLineSpacing UseFormerObjectPositioning UseFormerTextWrapping
UseOldNumbering UseOldPrinterMetrics WordLikeWrapForAsCharFlys
"""
