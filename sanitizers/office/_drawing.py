"""DrawingML that crosses (ECMA-376-1:2016, 20 and 21): shapes, text, pictures, anchors.

Read by `_rules`: "elements: attributes"; `=kind` where an attribute holds more than a number, a
switch or a listed word, `#kind` where the element holds text. What is not listed does not cross.
"""

from __future__ import annotations

from typing import Final

A: Final = """
# 20.1.2.1 .. 20.1.4 theme, colours
accent1 accent2 accent3 accent4 accent5 accent6 bgFillStyleLst comp custClrLst dk1 dk2
    effectStyleLst extraClrSchemeLst fillStyleLst folHlink gamma gray hlink inv invGamma lnDef
    lnStyleLst lt1 lt2 majorFont minorFont objectDefaults spDef themeElements txDef
alpha alphaMod alphaOff blue blueMod blueOff green greenMod greenOff hue hueMod hueOff lumMod
    lumOff red redMod redOff sat satMod satOff schemeClr shade srgbClr: val
clrScheme fmtScheme fontScheme theme: name=blank
lum: bright contrast val
tint: amt hue val
# 20.1.8 shape fills, lines and effects
alphaBiLevel biLevel: thresh
alphaCeiling alphaFloor alphaInv bgClr clrRepl custDash duotone effect effectLst fgClr fill
    grayscl gsLst noFill round solidFill stretch
alphaModFix: amt
alphaOutset glow softEdge: rad
alphaRepl: a
bevel: h prst w
blend fillOverlay: blend
blip: cstate r:embed=rel
blipFill: dpi rotWithShape
blur: grow rad
clrChange: useA
cont effectDag: name=blank type
gradFill: flip rotWithShape
headEnd tailEnd: len type w
hsl: hue lum sat
innerShdw: blurRad dir dist
lin: ang=coord scaled
ln: algn cap cmpd w
miter: lim
outerShdw: algn blurRad dir dist kx ky rotWithShape sx sy
path: extrusionOk fill h path stroke w
pattFill: prst
prstDash: val
prstShdw: dir dist prst
reflection: algn blurRad dir dist endA endPos fadeDir kx ky rotWithShape stA stPos sx sy
relOff: tx ty
srcRect tileRect: b=coord l=coord r=coord t=coord
tile: algn flip sx sy tx ty
xfrm: flipH flipV kx ky rot sx sy tx ty
# 20.1.9 shape geometry
ahLst avLst close cubicBezTo custGeom cxnLst gdLst lnTo moveTo pathLst quadBezTo
ahPolar: gdRefAng=name gdRefR=name maxAng=coord maxR=coord minAng=coord minR=coord
ahXY: gdRefX=name gdRefY=name maxX=coord maxY=coord minX=coord minY=coord
arcTo: hR=coord stAng=coord swAng=coord wR=coord
chExt ext: cx cy
chOff off: x=coord y=coord
cxn: ang=coord
fillToRect rect: b=coord l=coord r=coord t=coord
prstGeom: prst
# 20.1.5 3-D
backdrop contourClr extrusionClr scene3d
bevelB bevelT: h prst w
camera: fov prst zoom
cell3D: prstMaterial
lightRig: dir rig
sp3d: contourW extrusionH prstMaterial z
# 21.1.2 text
bodyPr: anchor anchorCtr bIns compatLnSpc forceAA fromWordArt horzOverflow lIns numCol rIns rot
    rtlCol spcCol spcFirstLastPara tIns upright vert vertOverflow wrap
br buBlip buClr buClrTx buFontTx buNone buSzTx grpFill highlight lnSpc lstStyle noAutofit p r
    spAutoFit spcAft spcBef tabLst txBody uFill uFillTx uLnTx
buAutoNum: startAt type
buChar: char=text
buFont cs ea latin sym: charset panose pitchFamily typeface=font
buSzPct buSzPts rtl: val
defPPr lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr lvl8pPr lvl9pPr pPr: algn
    defTabSz eaLnBrk fontAlgn hangingPunct indent latinLnBrk lvl marL marR rtl
defRPr endParaRPr rPr: altLang b=coord baseline cap dirty err i kern kumimoji lang noProof
    normalizeH smtClean smtId spc strike sz u
flatTx: z
fld: id=fieldid type
hlinkClick hlinkMouseOver: action=action endSnd highlightClick history r:id=rel
normAutofit: fontScale lnSpcReduction
prstTxWarp: prst
t: #text
uLn: algn cap cmpd w
# 21.1.3 tables
band1H band1V band2H band2V bottom firstCol firstRow insideH insideV lastCol lastRow left neCell
    nwCell right seCell swCell tbl tblBg tblGrid tcBdr tcStyle tl2br top tr2bl wholeTbl
fillRef fontRef: idx
font: script typeface=font
hslClr: hue lum sat
lnB lnBlToTr lnL lnR lnT lnTlToBr: algn cap cmpd w
prstClr: val
scrgbClr: b=coord g r=coord
sysClr: lastClr val
tableStyle tblStyle: styleId=guid styleName=blank
tableStyleId: #guid
tblPr: bandCol bandRow firstCol firstRow lastCol lastRow rtl
tc: gridSpan hMerge rowSpan vMerge
tcPr: anchor anchorCtr horzOverflow marB marL marR marT vert
tcTxStyle: b=coord i
tr: h
# 20.1.2.2 objects; others of 20.1 and 21.1
anchor: x=coord y=coord z
bldChart: animBg bld
bldDgm: bld rev
cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr clrFrom clrTo cxnSp effectStyle extraClrScheme graphic
    graphicFrame grpSp masterClrMapping nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr pic
    sp style themeOverride txSp useSpRect
cNvPicPr: preferRelativeResize
cNvPr: descr=text hidden id name=blank title=text
cNvSpPr: txBox
chart: bldStep categoryIdx seriesIdx
clrMap overrideClrMapping: accent1 accent2 accent3 accent4 accent5 accent6 bg1 bg2 folHlink
    hlink tx1 tx2
custClr: name=blank
cxnSpLocks: noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noEditPoints
    noGrp noMove noResize noRot noSelect
dgm: bldStep id=guid
ds: d sp
effectRef lnRef: idx
end st: time track
endCxn stCxn: id idx
fillRect: b=coord l=coord r=coord t=coord
gd: fmla=guide name=name
graphicData: uri
graphicFrameLocks: noChangeAspect noDrilldown noGrp noMove noResize noSelect
gridCol: w
grpSpLocks: noChangeAspect noGrp noMove noResize noRot noSelect noUngrp
grpSpPr spPr: bwMode
gs: pos
hlinkHover: action=action endSnd highlightClick history r:id=rel
norm up: dx dy dz
picLocks: noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noCrop
    noEditPoints noGrp noMove noResize noRot noSelect
pos pt: x=coord y=coord
rot: lat lon rev
spLocks: noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noEditPoints noGrp
    noMove noResize noRot noSelect noTextEdit
spcPct spcPts: val
sx sy: d n
tab: algn pos
tblStyleLst: def=guid
"""

PIC: Final = """
# 20.2 pictures
blipFill: dpi rotWithShape
cNvPicPr: preferRelativeResize
cNvPr: descr=text hidden id name=blank title=text
nvPicPr pic
spPr: bwMode
"""

XDR: Final = """
# 20.5 anchors in a spreadsheet
absoluteAnchor cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr from grpSp nvCxnSpPr nvGraphicFramePr
    nvGrpSpPr nvPicPr nvSpPr oneCellAnchor style to txBody wsDr
blipFill: rotWithShape
cNvPicPr: preferRelativeResize
cNvPr: descr=text hidden id name=blank title=text
cNvSpPr: txBox
clientData: fLocksWithSheet fPrintsWithSheet
col colOff row rowOff: #number
cxnSp graphicFrame pic: fPublished
ext: cx cy
grpSpPr spPr: bwMode
pos: x y
sp: fLocksText fPublished textlink=formula
twoCellAnchor: editAs
xfrm: flipH flipV rot
"""

CDR: Final = """
# 21.3 drawings in charts
absSizeAnchor cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr from grpSp nvCxnSpPr nvGraphicFramePr
    nvGrpSpPr nvPicPr nvSpPr relSizeAnchor style to txBody
blipFill: dpi rotWithShape
cNvPicPr: preferRelativeResize
cNvPr: descr=text hidden id name=blank title=text
cNvSpPr: txBox
cxnSp graphicFrame pic: fPublished
ext: cx cy
grpSpPr spPr: bwMode
sp: fLocksText fPublished
x y: #number
xfrm: flipH flipV rot
"""

_WORDS: Final = """
3dDkShadow 3dLight absolute accent1 accent2 accent3 accent4 accent5 accent6 accentBorderCallout1
accentBorderCallout2 accentBorderCallout3 accentCallout1 accentCallout2 accentCallout3
actionButtonBackPrevious actionButtonBeginning actionButtonBlank actionButtonDocument
actionButtonEnd actionButtonForwardNext actionButtonHelp actionButtonHome
actionButtonInformation actionButtonMovie actionButtonReturn actionButtonSound activeBorder
activeCaption aliceBlue all allPts alphaLcParenBoth alphaLcParenR alphaLcPeriod alphaUcParenBoth
alphaUcParenR alphaUcPeriod angle antiqueWhite appWorkspace aqua aquamarine arabic1Minus
arabic2Minus arabicDbPeriod arabicDbPlain arabicParenBoth arabicParenR arabicPeriod arabicPlain
arc around arrow artDeco auto azure b background balanced base beige bentArrow bentConnector2
bentConnector3 bentConnector4 bentConnector5 bentUpArrow bevel bg bg1 bg2 bisque bl black
blackGray blackWhite blanchedAlmond blockArc blue blueViolet borderCallout1 borderCallout2
borderCallout3 br bracePair bracketPair brightRoom brown btnFace btnHighlight btnShadow btnText
bullseye burlyWood cadetBlue callout1 callout2 callout3 can canvas captionText category
chartPlus chartStar chartX chartreuse chevron chilly chocolate chord circle circleNumDbPlain
circleNumWdBlackPlain circleNumWdWhitePlain circularArrow clear clip cloud cloudCallout clr
contrasting convex coolSlant coral corner cornerTabs cornflowerBlue cornsilk crimson cross ctr
cube curvedConnector2 curvedConnector3 curvedConnector4 curvedConnector5 curvedDownArrow
curvedLeftArrow curvedRightArrow curvedUpArrow cyan cycle dark1 dark2 darkBlue darkCyan
darkGoldenrod darkGray darkGreen darkGrey darkKhaki darkMagenta darkOliveGreen darkOrange
darkOrchid darkRed darkSalmon darkSeaGreen darkSlateBlue darkSlateGray darkSlateGrey
darkTurquoise darkViolet darken darkenLess dash dashDnDiag dashDot dashHeavy dashHorz dashLong
dashLongHeavy dashUpDiag dashVert datetime datetime1 datetime10 datetime11 datetime12 datetime13
datetime14 datetime15 datetime16 datetime17 datetime18 datetime19 datetime2 datetime20 datetime3
datetime4 datetime5 datetime6 datetime7 datetime8 datetime9 datetimeFigureOut dbl dblStrike dec
decagon deepPink deepSkyBlue def diagBrick diagCross diagStripe diamond dimGray dimGrey dist
divot dk1 dk2 dkBlue dkCyan dkDnDiag dkEdge dkGoldenrod dkGray dkGreen dkGrey dkHorz dkKhaki
dkMagenta dkOliveGreen dkOrange dkOrchid dkRed dkSalmon dkSeaGreen dkSlateBlue dkSlateGray
dkSlateGrey dkTurquoise dkUpDiag dkVert dkViolet dnDiag dodecagon dodgerBlue donut dot dotDash
dotDashHeavy dotDmnd dotDotDash dotDotDashHeavy dotGrid dotted dottedHeavy doubleWave downArrow
downArrowCallout ea1ChsPeriod ea1ChsPlain ea1ChtPeriod ea1ChtPlain ea1JpnChsDbPeriod
ea1JpnKorPeriod ea1JpnKorPlain eaVert ellipse ellipseRibbon ellipseRibbon2 ellipsis email false
firebrick flat flood floralWhite flowChartAlternateProcess flowChartCollate flowChartConnector
flowChartDecision flowChartDelay flowChartDisplay flowChartDocument flowChartExtract
flowChartInputOutput flowChartInternalStorage flowChartMagneticDisk flowChartMagneticDrum
flowChartMagneticTape flowChartManualInput flowChartManualOperation flowChartMerge
flowChartMultidocument flowChartOfflineStorage flowChartOffpageConnector flowChartOnlineStorage
flowChartOr flowChartPredefinedProcess flowChartPreparation flowChartProcess
flowChartPunchedCard flowChartPunchedTape flowChartSort flowChartSummingJunction
flowChartTerminator folHlink foldedCorner followedHyperlink footer forestGreen frame freezing
fuchsia funnel gainsboro gear6 gear9 ghostWhite glow gold goldenrod gradientActiveCaption
gradientInactiveCaption gray grayText grayWhite green greenYellow grey gridLegend halfFrame
hardEdge harsh header heart heavy hebrew2Minus heptagon hexagon hidden highlight highlightText
hindiAlpha1Period hindiAlphaPeriod hindiNumParenR hindiNumPeriod hlink homePlate honeydew
horizontalScroll horz horzBrick hotLight hotPink hqprint
http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas
http://schemas.microsoft.com/office/word/2010/wordprocessingGroup
http://schemas.microsoft.com/office/word/2010/wordprocessingShape
http://schemas.openxmlformats.org/drawingml/2006/chart
http://schemas.openxmlformats.org/drawingml/2006/diagram
http://schemas.openxmlformats.org/drawingml/2006/picture
http://schemas.openxmlformats.org/drawingml/2006/table hyperlink in inactiveBorder
inactiveCaption inactiveCaptionText indianRed indigo infoBk infoText invGray irregularSeal1
irregularSeal2 isometricBottomDown isometricBottomUp isometricLeftDown isometricLeftUp
isometricOffAxis1Left isometricOffAxis1Right isometricOffAxis1Top isometricOffAxis2Left
isometricOffAxis2Right isometricOffAxis2Top isometricOffAxis3Bottom isometricOffAxis3Left
isometricOffAxis3Right isometricOffAxis4Bottom isometricOffAxis4Left isometricOffAxis4Right
isometricRightDown isometricRightUp isometricTopDown isometricTopUp ivory just justLow khaki l
lavender lavenderBlush lawnGreen leftArrow leftArrowCallout leftBrace leftBracket
leftCircularArrow leftRightArrow leftRightArrowCallout leftRightCircularArrow leftRightRibbon
leftRightUpArrow leftUpArrow legacyFlat1 legacyFlat2 legacyFlat3 legacyFlat4 legacyHarsh1
legacyHarsh2 legacyHarsh3 legacyHarsh4 legacyMatte legacyMetal legacyNormal1 legacyNormal2
legacyNormal3 legacyNormal4 legacyObliqueBottom legacyObliqueBottomLeft legacyObliqueBottomRight
legacyObliqueFront legacyObliqueLeft legacyObliqueRight legacyObliqueTop legacyObliqueTopLeft
legacyObliqueTopRight legacyPerspectiveBottom legacyPerspectiveBottomLeft
legacyPerspectiveBottomRight legacyPerspectiveFront legacyPerspectiveLeft legacyPerspectiveRight
legacyPerspectiveTop legacyPerspectiveTopLeft legacyPerspectiveTopRight legacyPlastic
legacyWireframe lemonChiffon lg lgCheck lgConfetti lgDash lgDashDot lgDashDotDot lgGrid light1
light2 lightBlue lightCoral lightCyan lightGoldenrodYellow lightGray lightGreen lightGrey
lightPink lightSalmon lightSeaGreen lightSkyBlue lightSlateGray lightSlateGrey lightSteelBlue
lightYellow lighten lightenLess lightningBolt lime limeGreen line lineInv linen lt1 lt2 ltBlue
ltCoral ltCyan ltDnDiag ltGoldenrodYellow ltGray ltGreen ltGrey ltHorz ltPink ltSalmon
ltSeaGreen ltSkyBlue ltSlateGray ltSlateGrey ltSteelBlue ltUpDiag ltVert ltYellow magenta major
maroon mathDivide mathEqual mathMinus mathMultiply mathNotEqual mathPlus matte med medAquamarine
medBlue medOrchid medPurple medSeaGreen medSlateBlue medSpringGreen medTurquoise medVioletRed
mediumAquamarine mediumBlue mediumOrchid mediumPurple mediumSeaGreen mediumSlateBlue
mediumSpringGreen mediumTurquoise mediumVioletRed menu menuBar menuHighlight menuText metal
midnightBlue minor mintCream mistyRose moccasin mongolianVert moon morning mult narHorz narVert
navajoWhite navy noSmoking noStrike nonIsoscelesTrapezoid none norm notBeside notchedRightArrow
obliqueBottom obliqueBottomLeft obliqueBottomRight obliqueLeft obliqueRight obliqueTop
obliqueTopLeft obliqueTopRight octagon off oldLace olive oliveDrab on oneCell openDmnd orange
orangeRed orchid orgchart orthographicFront oval over overflow paleGoldenrod paleGreen
paleTurquoise paleVioletRed papayaWhip parallelogram pct10 pct20 pct25 pct30 pct40 pct5 pct50
pct60 pct70 pct75 pct80 pct90 peachPuff pentagon perspectiveAbove perspectiveAboveLeftFacing
perspectiveAboveRightFacing perspectiveBelow perspectiveContrastingLeftFacing
perspectiveContrastingRightFacing perspectiveFront perspectiveHeroicExtremeLeftFacing
perspectiveHeroicExtremeRightFacing perspectiveHeroicLeftFacing perspectiveHeroicRightFacing
perspectiveLeft perspectiveRelaxed perspectiveRelaxedModerately perspectiveRight peru phClr pie
pieWedge pink plaid plaque plaqueTabs plastic plum plus powder powderBlue ppaction preserve
print ptInCategory ptInSeries purple quadArrow quadArrowCallout r radial rect red relaxedInset
ribbon ribbon2 riblet rightArrow rightArrowCallout rightBrace rightBracket rnd romanLcParenBoth
romanLcParenR romanLcPeriod romanUcParenBoth romanUcParenR romanUcPeriod rosyBrown round1Rect
round2DiagRect round2SameRect roundRect royalBlue rtTriangle saddleBrown salmon sandyBrown
screen scrollBar seaGreen seaShell series shape shdw1 shdw10 shdw11 shdw12 shdw13 shdw14 shdw15
shdw16 shdw17 shdw18 shdw19 shdw2 shdw20 shdw3 shdw4 shdw5 shdw6 shdw7 shdw8 shdw9 shingle sib
sienna silver skyBlue slateBlue slateGray slateGrey slidenum slope sm smCheck smConfetti smGrid
small smileyFace sng sngStrike snip1Rect snip2DiagRect snip2SameRect snipRoundRect snow soft
softEdge softRound softmetal solid solidDmnd sp sphere springGreen sq square squareTabs stacked
star10 star12 star16 star24 star32 star4 star5 star6 star7 star8 stealth steelBlue
straightConnector1 stripedRightArrow sun sunrise sunset swooshArrow sysDash sysDashDot
sysDashDotDot sysDot t tan teal teardrop textArchDown textArchDownPour textArchUp textArchUpPour
textButton textButtonPour textCanDown textCanUp textCascadeDown textCascadeUp textChevron
textChevronInverted textCircle textCirclePour textCurveDown textCurveUp textDeflate
textDeflateBottom textDeflateInflate textDeflateInflateDeflate textDeflateTop textDoubleWave1
textFadeDown textFadeLeft textFadeRight textFadeUp textInflate textInflateBottom textInflateTop
textNoShape textPlain textRingInside textRingOutside textSlantDown textSlantUp textStop
textTriangle textTriangleInverted textWave1 textWave2 textWave4 thaiAlphaParenBoth
thaiAlphaParenR thaiAlphaPeriod thaiDist thaiNumParenBoth thaiNumParenR thaiNumPeriod thickThin
thinThick thistle threePt through tight tl tomato tr translucentPowder trapezoid tree trellis
tri triangle true turquoise twoCell twoPt tx1 tx2 upArrow upArrowCallout upDiag upDownArrow
upDownArrowCallout uturnArrow venn vert vert270 verticalScroll violet warmMatte wave wavy
wavyDbl wavyHeavy wdDnDiag wdUpDiag weave wedgeEllipseCallout wedgeRectCallout
wedgeRoundRectCallout wheat white whiteSmoke window windowFrame windowText wordArtVert
wordArtVertRtl words x xy y yellow yellowGreen zigZag
"""
#: Every value of the enumerations among the types of the attributes above.
WORDS: Final = frozenset(_WORDS.split())
