"""Charts that cross (ECMA-376-1:2016, 21.2), and formulas of 22.1 in text.

Read by `_rules`: "elements: attributes"; `=kind` where an attribute holds more than a number, a
switch or a listed word, `#kind` where the element holds text. What is not listed does not cross.
"""

from __future__ import annotations

from typing import Final

C: Final = """
# 21.2 charts
applyToEnd applyToFront applyToSides auto autoTitleDeleted autoUpdate axId axPos backward barDir
    baseTimeUnit bubble3D bubbleScale builtInUnit chartObject crossAx crossBetween crosses
    crossesAt custUnit dLblPos data date1904 delete depthPercent dispBlanksAs dispEq dispRSqr
    errBarType errDir errValType explosion firstSliceAng fmtId formatting forward gapDepth
    gapWidth grouping h hMode hPercent holeSize idx intercept invertIfNegative lang layoutTarget
    lblAlgn lblOffset legendPos logBase majorTickMark majorTimeUnit majorUnit marker max min
    minorTickMark minorTimeUnit minorUnit noEndCap noMultiLvlLbl ofPieType order orientation
    overlap overlay period perspective pictureFormat pictureStackUnit plotVisOnly ptCount rAngAx
    radarStyle rotX rotY roundedCorners scatterStyle secondPiePt secondPieSize selection shape
    showBubbleSize showCatName showDLblsOverMax showHorzBorder showKeys showLeaderLines
    showLegendKey showNegBubbles showOutline showPercent showSerName showVal showVertBorder size
    sizeRepresents smooth splitPos splitType style symbol thickness tickLblPos tickLblSkip
    tickMarkSkip trendlineType val varyColors w wMode wireframe x xMode y yMode: val
area3DChart areaChart backWall bandFmt bandFmts bar3DChart barChart bubbleChart bubbleSize cat
    catAx chartSpace custSplit dLbl dLbls dPt dTable dateAx dispUnits dispUnitsLbl doughnutChart
    downBars dropLines errBars floor hiLowLines layout leaderLines legend legendEntry
    line3DChart lineChart lvl majorGridlines manualLayout minorGridlines minus multiLvlStrCache
    multiLvlStrRef numCache numLit numRef ofPieChart pictureOptions pie3DChart pieChart pivotFmt
    pivotFmts pivotSource plotArea plus printSettings protection radarChart rich scaling
    scatterChart ser serAx serLines sideWall stockChart strCache strLit strRef surface3DChart
    surfaceChart title trendline trendlineLbl tx txPr upBars upDownBars valAx view3D xVal yVal
chart externalData userShapes: r:id=rel
clrMapOvr: accent1 accent2 accent3 accent4 accent5 accent6 bg1 bg2 folHlink hlink tx1 tx2
evenFooter evenHeader firstFooter firstHeader formatCode name oddFooter oddHeader separator v:
    #text
f: #formula
headerFooter: alignWithMargins differentFirst differentOddEven
numFmt: formatCode=text sourceLinked
pageMargins: b footer header l r t
pageSetup: blackAndWhite copies draft firstPageNumber horizontalDpi orientation paperSize
    useFirstPageNumber verticalDpi
pt: formatCode=text idx
spPr: bwMode
"""

M: Final = """
# 22.1 formulas
acc accPr argPr bar barPr borderBox borderBoxPr box boxPr ctrlPr d dPr deg den e eqArr eqArrPr f
    fName fPr func funcPr groupChr groupChrPr lim limLow limLowPr limUpp limUppPr m mPr mathPr
    mc mcPr mcs mr nary naryPr num oMath oMathPara oMathParaPr phant phantPr r rPr rad radPr
    sPre sPrePr sSub sSubPr sSubSup sSubSupPr sSup sSupPr sub sup
aln alnScr argSz baseJc brkBin brkBinSub cGp cGpRule cSp count defJc degHide diff dispDef grow
    hideBot hideLeft hideRight hideTop intLim interSp intraSp jc lMargin limLoc lit maxDist mcJc
    naryLim noBreak nor objDist opEmu plcHide pos postSp preSp rMargin rSp rSpRule scr show shp
    smallFrac strikeBLTR strikeH strikeTLBR strikeV sty subHide supHide transp type vertJc
    wrapIndent wrapRight zeroAsc zeroDesc zeroWid: val
begChr chr endChr sepChr: val=text
brk: alnAt val
mathFont: val=font
t: xml:space #text
"""

_WORDS: Final = """
accent1 accent2 accent3 accent4 accent5 accent6 after area auto autoZero b bar before bestFit
between bi billions black blackGray blackWhite bot both bottom box center centerContinuous
centerGroup centered character circle clr clustered col cone coneToMax cross ctr cust cylinder
dark1 dark2 dash days default diamond distribute distributed dk1 dk2 dot double-struck edge end
error exp factor false fill filled fixedVal folHlink followedHyperlink fraktur gap general gray
grayWhite hidden high highKashida hlink hundredMillions hundredThousands hundreds hyperlink i in
inBase inEnd inline inner inside invGray justify l landscape left light1 light2 lin line
lineMarker linear log low lowKashida lt1 lt2 ltGray marker match max maxMin mediumKashida mid
midCat millions min minMax minus monospace months movingAvg nextTo noBar none normal numTab
numbering off on out outEnd outer outside p paragraph percent percentStacked percentage picture
pie plus poly portrait pos power preserve pyramid pyramidToMax r repeat right roman sans-serif
script skw smooth smoothMarker span square stack stackScale stacked standard star start stdDev
stdErr stretch subSup t table tenMillions tenThousands thaiDistribute thousands top tr triangle
trillions true undOvr val w warning white x y years zero
"""
#: Every value of the enumerations among the types of the attributes above.
WORDS: Final = frozenset(_WORDS.split())
