"""WordprocessingML that crosses (ECMA-376-1:2016, 17), frames of drawings (20.4).

Read by `_rules`: "elements: attributes"; `=kind` where an attribute holds more than a number, a
switch or a listed word, `#kind` where the element holds text. What is not listed does not cross.
"""

from __future__ import annotations

from typing import Final

W: Final = """
# 17.3.2 runs: rPr and what a run holds
annotationRef continuationSeparator cr dayLong dayShort drawing endnoteRef footnoteRef
    lastRenderedPageBreak monthLong monthShort noBreakHyphen pgNum pict r rPr ruby separator
    softHyphen yearLong yearShort
b bCs caps cs dstrike effect em emboss highlight i iCs imprint kern noProof oMath outline
    position rtl shadow smallCaps snapToGrid specVanish strike sz szCs vanish vertAlign w
    webHidden: val
bdr: color frame shadow space sz themeColor themeShade themeTint val
br: clear type
color: themeColor themeShade themeTint val
commentReference: id
del ins moveFrom moveTo rPrChange: author=name date id
delInstrText instrText: xml:space #field
delText t: xml:space #text
eastAsianLayout: combine combineBrackets id vert vertCompress
endnoteReference footnoteReference: customMarkFollows id
fitText: id val
fldChar: fldCharType fldLock
lang: bidi eastAsia val
ptab: alignment leader relativeTo
rFonts: ascii=font asciiTheme cs=font cstheme eastAsia=font eastAsiaTheme hAnsi=font hAnsiTheme
    hint
rStyle: val=name
shd: color fill themeColor themeFill themeFillShade themeFillTint themeShade themeTint val
spacing: after afterAutospacing afterLines before beforeAutospacing beforeLines line lineRule
    val
sym: char font=font
tab: leader pos val
u: color themeColor themeShade themeTint val
# 17.3.1 paragraphs: pPr
adjustRightInd autoSpaceDE autoSpaceDN bidi contextualSpacing ilvl jc keepLines keepNext kinsoku
    mirrorIndents numId outlineLvl overflowPunct pageBreakBefore suppressAutoHyphens
    suppressLineNumbers suppressOverlap textAlignment textDirection textboxTightWrap
    topLinePunct widowControl wordWrap: val
bar between: color frame shadow space sz themeColor themeShade themeTint val
bottom left right top: color frame shadow space sz themeColor themeShade themeTint type val w
cnfStyle: evenHBand evenVBand firstColumn firstRow firstRowFirstColumn firstRowLastColumn
    lastColumn lastRow lastRowFirstColumn lastRowLastColumn oddHBand oddVBand val
framePr: anchorLock dropCap h hAnchor hRule hSpace lines vAnchor vSpace w wrap x xAlign y yAlign
ind: end endChars firstLine firstLineChars hanging hangingChars left leftChars right rightChars
    start startChars
numPr pBdr pPr sectPr tabs
numberingChange: author=name date id original=text
pPrChange: author=name date id
pStyle: val=name
# 17.4 tables
bidiVisual cantSplit gridAfter gridBefore gridSpan hMerge hidden hideMark noWrap tblHeader
    tblOverlap tblStyleColBandSize tblStyleRowBandSize tcFitText vAlign vMerge: val
bookmarkEnd commentRangeEnd commentRangeStart moveFromRangeEnd moveToRangeEnd:
    displacedByCustomXml id
bookmarkStart: colFirst colLast displacedByCustomXml id name=name
cellDel cellIns tblPrChange tblPrExChange tcPrChange trPrChange: author=name date id
cellMerge: author=name date id vMerge vMergeOrig
end start: color frame shadow space sz themeColor themeShade themeTint type val w
gridCol: w
insideH insideV tl2br tr2bl: color frame shadow space sz themeColor themeShade themeTint val
moveFromRangeStart moveToRangeStart: author=name colFirst colLast date displacedByCustomXml id
    name=name
p sdt tbl tblBorders tblCellMar tblGrid tblPr tblPrEx tc tcBorders tcMar tcPr tr trPr
tblCaption tblDescription: val=text
tblCellSpacing tblInd tblW tcW wAfter wBefore: type w
tblGridChange: id
tblLayout tblStylePr: type
tblLook: firstColumn firstRow lastColumn lastRow noHBand noVBand val
tblStyle: val=name
tblpPr: bottomFromText horzAnchor leftFromText rightFromText tblpX tblpXSpec tblpY tblpYSpec
    topFromText vertAnchor
trHeight: hRule val
# 17.6 sections
col: space w
cols: equalWidth num sep space
docGrid: charSpace linePitch type
endnotePr footnotePr
footerReference headerReference: r:id=rel type
formProt noEndnote rtlGutter titlePg type: val
lnNumType: countBy distance restart start
paperSrc: first other
pgBorders: display offsetFrom zOrder
pgMar: bottom footer gutter header left right top
pgNumType: chapSep chapStyle fmt start
pgSz: code h orient w
sectPrChange: author=name date id
# 17.7 styles
basedOn link next: val=name
docDefaults pPrDefault rPrDefault styles
name: decorated val=name
qFormat semiHidden uiPriority unhideWhenUsed: val
style: customStyle default styleId=name type val=name
# 17.8 fonts
charset: characterSet val
family panose1 pitch: val
font: name=font
fonts
# 17.9 numbering
abstractNum: abstractNumId
abstractNumId isLgl lvlJc lvlPicBulletId lvlRestart multiLevelType nsid numIdMacAtCleanup
    startOverride suff tmpl: val
legacy: legacy legacyIndent legacySpace
lvl: ilvl tentative tplc
lvlOverride: ilvl
lvlText: null val=text
num: durableId numId
numFmt: format=text val
numPicBullet: numPicBulletId
numStyleLink styleLink: val=name
numbering
# 17.15 settings
adjustLineHeightInTable alignBordersAndEdges alignTablesRowByRow allowSpaceOfSameStyleInTable
    alwaysShowPlaceholderText applyBreakingRules autoHyphenation autoSpaceLikeWord95
    autofitToFirstFixedWidthCell balanceSingleByteDoubleByteWidth bookFoldPrinting
    bookFoldPrintingSheets bookFoldRevPrinting bordersDoNotSurroundFooter
    bordersDoNotSurroundHeader cachedColBalance characterSpacingControl consecutiveHyphenLimit
    convMailMergeEsc decimalSymbol defaultTabStop displayBackgroundShape displayHangulFixedWidth
    displayHorizontalDrawingGridEvery displayVerticalDrawingGridEvery doNotAutoCompressPictures
    doNotAutofitConstrainedTables doNotBreakConstrainedForcedTable doNotBreakWrappedTables
    doNotDisplayPageBoundaries doNotExpandShiftReturn doNotHyphenateCaps
    doNotIncludeSubdocsInStats doNotLeaveBackslashAlone doNotShadeFormData doNotSnapToGridInCell
    doNotSuppressIndentation doNotSuppressParagraphBorders doNotTrackFormatting doNotTrackMoves
    doNotUseEastAsianBreakRules doNotUseHTMLParagraphAutoSpacing
    doNotUseIndentAsNumberingTabStop doNotUseMarginsForDrawingGridOrigin
    doNotVertAlignCellWithSp doNotVertAlignInTxbx doNotWrapTextWithPunct documentType
    drawingGridHorizontalOrigin drawingGridHorizontalSpacing drawingGridVerticalOrigin
    drawingGridVerticalSpacing evenAndOddHeaders footnoteLayoutLikeWW8 forgetLastTabAlignment
    growAutofit gutterAtTop hideGrammaticalErrors hideSpellingErrors hyphenationZone
    layoutRawTableWidth layoutTableRowsApart lineWrapLikeWord6 listSeparator mirrorMargins
    mwSmallCaps noColumnBalance noExtraLineSpacing noLeading noPunctuationKerning
    noSpaceRaiseLower noTabHangInd printBodyTextBeforeHeader printColBlack
    printFractionalCharacterWidth printPostScriptOverText printTwoOnOne
    selectFldWithFirstOrLastChar shapeLayoutLikeWW8 showBreaksInFrames spaceForUL
    spacingInWholePoints splitPgBreakAndParaMark strictFirstAndLastChars subFontBySize
    summaryLength suppressBottomSpacing suppressSpBfAfterPgBrk suppressSpacingAtTopOfPage
    suppressTopSpacing suppressTopSpacingWP swapBordersFacingPages truncateFontHeightsLikeWP6
    uiCompat97To2003 ulTrailSpace underlineTabInNumList useAltKinsokuLineBreakRules
    useAnsiKerningPairs useFELayout useNormalStyleForList usePrinterMetrics
    useSingleBorderforContiguousCells useWord2002TableStyleRules useWord97LineBreakRules view
    wpJustification wpSpaceWidth wrapTrailSpaces: val
clrSchemeMapping: accent1 accent2 accent3 accent4 accent5 accent6 bg1 bg2 followedHyperlink
    hyperlink t1 t2
compat settings
compatSetting: name uri val
noLineBreaksAfter noLineBreaksBefore: lang val=text
themeFontLang: bidi eastAsia val
zoom: percent val
# 17.5.2 structured document tags
calendar id showingPlcHdr: val
comboBox dropDownList picture richText sdtContent sdtEndPr sdtPr
date: fullDate
dateFormat: val=text
listItem: displayText=text value=text
text: multiLine
# 17.16 fields and form fields
bdo calcOnExit checked dir enabled maxLength result: val
checkBox ddList ffData textInput
default format listEntry: val=text
fldSimple: fldLock instr=field
hyperlink: anchor=name history r:id=rel
# 17.2, 17.10, 17.11, 17.13 document, headers, notes, revisions, comments; 17.17
background: color themeColor themeShade themeTint
body comments endnotes footnotes ftr hdr rt rubyBase rubyPr txbxContent
comment: author=name date id initials=name
document: conformance
endnote footnote: id type
fHdr flatBorders hps hpsBaseText hpsRaise matchSrc noBorder numRestart numStart pos rubyAlign:
    val
"""

WP: Final = """
# 20.4 anchors in a text document
align: #word
anchor: allowOverlap behindDoc distB distL distR distT hidden layoutInCell locked relativeHeight
    simplePos
cNvGraphicFramePr wrapNone
docPr: descr=text hidden id name=blank title=text
effectExtent: b l r t
extent: cx cy
inline: distB distL distR distT
lineTo simplePos start: x y
posOffset: #number
positionH positionV: relativeFrom
wrapPolygon: edited
wrapSquare: distB distL distR distT wrapText
wrapThrough wrapTight: distL distR wrapText
wrapTopAndBottom: distB distT
"""

WPS: Final = """
# [MS-ODRAWXML] 2.3.1 shapes in a text document
bodyPr: anchor anchorCtr bIns compatLnSpc forceAA fromWordArt horzOverflow lIns numCol rIns rot
    rtlCol spcCol spcFirstLastPara tIns upright vert vertOverflow wrap
cNvCnPr style
cNvPr: descr=text hidden id name=blank title=text
cNvSpPr: txBox
linkedTxbx: id seq
spPr: bwMode
txbx: id
wsp: normalEastAsianFlow
"""

WPG: Final = """
# [MS-ODRAWXML] 2.3.2 groups
cNvFrPr cNvGrpSpPr graphicFrame grpSp wgp
cNvPr: descr=text hidden id name=blank title=text
grpSpPr: bwMode
xfrm: flipH flipV rot
"""

WPC: Final = """
# [MS-ODRAWXML] 2.3.3 canvases
bg graphicFrame whole wpc
"""

_WORDS: Final = """
Big5 GBK HTMLInset HTMLOutset KS_C-5601-1992 accent1 accent2 accent3 accent4 accent5 accent6
addressBook aiueo aiueoFullWidth all allLines allPages allowHyphenationAtTrackBottom
allowTextAfterFloatingTableBreak angle antsBlack antsRed apples arabicAbjad arabicAlpha
archedScallops around atLeast auto autoExp autofit b babyPacifier babyRattle back background1
background2 bahtText balloons3Colors balloonsHotAir band1Horz band1Vert band2Horz band2Vert bar
baseline basicBlackDashes basicBlackDots basicBlackSquares basicThinLines basicWhiteDashes
basicWhiteDots basicWhiteSquares basicWideInline basicWideMidline basicWideOutline bats bbPlcHdr
begin beneathText bestFit bi birds birdsFlight black blackGray blackWhite blinkBackground blue
bot both bothSides bottom bottomMargin btLr bullet cabins cakeSlice calculated candyCorn
cardinalText celticKnotwork center centerContinuous centerGroup certificateBanner chainLink
champagneBottle character checkedBarBlack checkedBarColor checkered chicago chineseCounting
chineseCountingThousand chineseLegalSimplified chosung christmasTree circle circlesLines
circlesRectangles classicalWave clear clip clocks clr colon column comma compass
compatibilityMode compressPunctuation compressPunctuationAndJapaneseKana confetti confettiGrays
confettiOutline confettiStreamers confettiWhite cont continuationNotice continuationSeparator
continue continuous cornerTriangles couponCutoutDashes couponCutoutDots crazyMaze
creaturesButterfly creaturesFish creaturesInsects creaturesLadyBug crossStitch cs ctr cup curly
currentDate currentTime custom cyan dark1 dark2 darkBlue darkCyan darkGray darkGreen darkMagenta
darkRed darkYellow dash dashDotDot dashDotDotHeavy dashDotHeavy dashDotStroked dashLong
dashLongHeavy dashSmallGap dashed dashedHeavy dashedSmall database date dbColumn decimal
decimalEnclosedCircle decimalEnclosedCircleChinese decimalEnclosedFullstop decimalEnclosedParen
decimalFullWidth decimalFullWidth2 decimalHalfWidth decimalZero decoArch decoArchColor
decoBlocks decorative default diagCross diagStripe diamondsGray
differentiateMultirowTableHeaders distribute distributeLetter distributeSpace distributed dk1
dk2 doNotCompress doNotFlipMirrorIndents docEnd document1 document2 dollarText dot dotDash
dotDotDash dotted dottedHeavy double doubleAccounting doubleD doubleDiamonds doubleWave drop dxa
eMail eaVert eachPage eachSect earth1 earth2 eastAsia eclipsingSquares1 eclipsingSquares2
eggsBlack ellipsis emDash email enDash enableOpenTypeFeatures end error even evenPage exact
false fans fill film firecrackers first firstAndLastLine firstCol firstLineOnly firstPage
firstRow fixed flowersBlockPrint flowersDaisies flowersModern1 flowersModern2 flowersPansy
flowersRedRose flowersRoses flowersTeacup flowersTiny folHlink followedHyperlink formFld fromB
fromT front fullPage ganada gems general gingerbreadMan gradient gray grayWhite green gregorian
gregorianArabic gregorianMeFrench gregorianUs gregorianXlitEnglish gregorianXlitFrench hairline
handmade1 handmade2 handoutView heartBalloon heartGray hearts heavy hebrew hebrew1 hebrew2
heebieJeebies hex hidden highKashida hijri hindiConsonants hindiCounting hindiNumbers
hindiVowels hlink holly horz horzCross horzStripe houseFunky
http://schemas.microsoft.com/office/word hybridMultilevel hyperlink hyphen hypnotic i
iceCreamCones ideographDigital ideographEnclosedCircle ideographLegalTraditional
ideographTraditional ideographZodiac ideographZodiacTraditional indent inline inset inside
insideMargin invGray iroha irohaFullWidth iso-8859-1 iso-8859-9 japan japaneseCounting
japaneseDigitalTenThousand japaneseLegal justify korea koreanCounting koreanDigital
koreanDigital2 koreanLegal ks_c-5601-1987 l landscape largest lastCol lastLineOnly lastRow left
leftMargin legacy letter light1 light2 lightBulb lightGray lightning1 lightning2 lights line
lines linesAndChars lowKashida lowerLetter lowerRoman lr lrTb lrTbV lrV lt1 lt2 ltGray ltr
macintosh magenta majorAscii majorBidi majorEastAsia majorHAnsi mapPins mapleLeaf mapleMuffins
margin marquee marqueeToothed master masterPages mediumKashida mid middleDot minorAscii
minorBidi minorEastAsia minorHAnsi modern mongolianVert moons mosaic multilevel musicNotes
native neCell never newPage newSection next nextColumn nextPage nil none norm normal northwest
notBeside notFirstPage notSpecified notesMasterView notesView nothing null num numTab number
numberInDash numbering nwCell oddPage off on ordinal ordinalText outline outlineView outset
outside outsideMargin ovals overflow overlap overrideTableStyleFontSizeAndJustification p
packages page pageBottom palmsBlack palmsColor paperClips papyrus paragraph partyFavor
partyGlass pct pct10 pct12 pct15 pct20 pct25 pct30 pct35 pct37 pct40 pct45 pct5 pct50 pct55
pct60 pct62 pct65 pct70 pct75 pct80 pct85 pct87 pct90 pct95 pencils people peopleHats
peopleWaving period poinsettias portrait postageStamp preserve prev print pumpkin1 pushPinNote1
pushPinNote2 pyramids pyramidsAbove quadrants r red regular rest restart rev reverseDiagStripe
right rightMargin rightVertical rings rl rlV roman round rtl russianLower russianUpper safari
saka sawtooth sawtoothGray scaredCat script seCell seattle sectEnd separate separator
shadowedSquares shapes1 shapes2 sharksTeeth shift_jis shimmer shorebirdTracks single
singleAccounting singleLevel skyrocket sldMasterView sldSorterView sldThumbnailView sldView
snapToChars snowflakeFancy snowflakes solid sombrero southwest space sparkle speller square
stars stars3d starsBlack starsShadowed starsTop start strict subscript sun superscript swCell
swirligig swiss t tab table taiwan taiwaneseCounting taiwaneseCountingThousand taiwaneseDigital
tb tbLrV tbRl tbRlV tbV text text1 text2 textFit textWrapping thai thaiCounting thaiDistribute
thaiLetters thaiNumbers thick thickBetweenThin thickBetweenThinLarge thickBetweenThinSmall
thickThin thickThinLarge thickThinLargeGap thickThinMediumGap thickThinSmall thickThinSmallGap
thinDiagCross thinDiagStripe thinHorzCross thinHorzStripe thinReverseDiagStripe thinThick
thinThickLarge thinThickLargeGap thinThickMediumGap thinThickSmall thinThickSmallGap
thinThickThinLargeGap thinThickThinMediumGap thinThickThinSmallGap thinVertStripe threeDEmboss
threeDEngrave through tight toolbar top topMargin tornPaper tornPaperBlack transitional trees
triangle1 triangle2 triangleCircle1 triangleCircle2 triangleParty triangles tribal1 tribal2
tribal3 tribal4 tribal5 tribal6 triple true twistedLines1 twistedLines2 umalqura underDot
underscore upperLetter upperRoman useWord2013TrackBottomHyphenation variable vert vert270
vertStripe vietnameseCounting vine warning wave waveline wavyDouble wavyHeavy weavingAngles
weavingBraid weavingRibbon weavingStrips web white whiteFlowers wholeTable windows-1250
windows-1251 windows-1253 windows-1255 windows-1256 windows-1257 windows-1258 windows-874
woodwork wordArtVert wordArtVertRtl words x-none xIllusions yellow zanyTriangles zigZag
zigZagStitch
"""
#: Every value of the enumerations among the types of the attributes above.
WORDS: Final = frozenset(_WORDS.split())
