"""The names that may stand in the XML of an Office file: elements and attributes by vocabulary.

For the verifier of OOXML alone; the writer has tables of its own. Nothing here runs, loads,
plays or links by itself: no `oleObject`, `control`, `altChunk`, `attachedTemplate`, `macro`,
`onAction`, `externalReference`, `ddeLink`, `connection`, `cmd`.
"""

from __future__ import annotations

from typing import Final

#: ECMA-376-1:2016, 17 to 22; ECMA-376-4:2016, 19; [MS-ODRAWXML] 2; [MS-XLSX] 2.6.
ELEMENTS: Final[dict[str, str]] = {
    "w": """
abstractNum abstractNumId adjustLineHeightInTable adjustRightInd alignBordersAndEdges
alignTablesRowByRow allowSpaceOfSameStyleInTable alwaysShowPlaceholderText annotationRef
applyBreakingRules autoHyphenation autoSpaceDE autoSpaceDN autoSpaceLikeWord95
autofitToFirstFixedWidthCell b bCs background balanceSingleByteDoubleByteWidth bar basedOn bdo bdr
between bidi bidiVisual body bookFoldPrinting bookFoldPrintingSheets bookFoldRevPrinting
bookmarkEnd bookmarkStart bordersDoNotSurroundFooter bordersDoNotSurroundHeader bottom br
cachedColBalance calcOnExit calendar cantSplit caps cellDel cellIns cellMerge
characterSpacingControl charset checkBox checked clrSchemeMapping cnfStyle col color cols comboBox
comment commentRangeEnd commentRangeStart commentReference comments compat compatSetting
consecutiveHyphenLimit contextualSpacing continuationSeparator convMailMergeEsc cr cs date
dateFormat dayLong dayShort ddList decimalSymbol default defaultTabStop del delInstrText delText
dir displayBackgroundShape displayHangulFixedWidth displayHorizontalDrawingGridEvery
displayVerticalDrawingGridEvery doNotAutoCompressPictures doNotAutofitConstrainedTables
doNotBreakConstrainedForcedTable doNotBreakWrappedTables doNotDisplayPageBoundaries
doNotExpandShiftReturn doNotHyphenateCaps doNotIncludeSubdocsInStats doNotLeaveBackslashAlone
doNotShadeFormData doNotSnapToGridInCell doNotSuppressIndentation doNotSuppressParagraphBorders
doNotTrackFormatting doNotTrackMoves doNotUseEastAsianBreakRules doNotUseHTMLParagraphAutoSpacing
doNotUseIndentAsNumberingTabStop doNotUseMarginsForDrawingGridOrigin doNotVertAlignCellWithSp
doNotVertAlignInTxbx doNotWrapTextWithPunct docDefaults docGrid document documentType drawing
drawingGridHorizontalOrigin drawingGridHorizontalSpacing drawingGridVerticalOrigin
drawingGridVerticalSpacing dropDownList dstrike eastAsianLayout effect em emboss enabled end
endnote endnotePr endnoteRef endnoteReference endnotes evenAndOddHeaders fHdr family ffData
fitText flatBorders fldChar fldSimple font fonts footerReference footnote footnoteLayoutLikeWW8
footnotePr footnoteRef footnoteReference footnotes forgetLastTabAlignment formProt format framePr
ftr gridAfter gridBefore gridCol gridSpan growAutofit gutterAtTop hMerge hdr headerReference
hidden hideGrammaticalErrors hideMark hideSpellingErrors highlight hps hpsBaseText hpsRaise
hyperlink hyphenationZone i iCs id ilvl imprint ind ins insideH insideV instrText isLgl jc
keepLines keepNext kern kinsoku lang lastRenderedPageBreak layoutRawTableWidth
layoutTableRowsApart left legacy lineWrapLikeWord6 link listEntry listItem listSeparator lnNumType
lvl lvlJc lvlOverride lvlPicBulletId lvlRestart lvlText matchSrc maxLength mirrorIndents
mirrorMargins monthLong monthShort moveFrom moveFromRangeEnd moveFromRangeStart moveTo
moveToRangeEnd moveToRangeStart multiLevelType mwSmallCaps name next noBorder noBreakHyphen
noColumnBalance noEndnote noExtraLineSpacing noLeading noLineBreaksAfter noLineBreaksBefore
noProof noPunctuationKerning noSpaceRaiseLower noTabHangInd noWrap nsid num numFmt numId
numIdMacAtCleanup numPicBullet numPr numRestart numStart numStyleLink numbering numberingChange
oMath outline outlineLvl overflowPunct p pBdr pPr pPrChange pPrDefault pStyle pageBreakBefore
panose1 paperSrc pgBorders pgMar pgNum pgNumType pgSz pict picture pitch pos position
printBodyTextBeforeHeader printColBlack printFractionalCharacterWidth printPostScriptOverText
printTwoOnOne ptab qFormat r rFonts rPr rPrChange rPrDefault rStyle result richText right rt rtl
rtlGutter ruby rubyAlign rubyBase rubyPr sdt sdtContent sdtEndPr sdtPr sectPr sectPrChange
selectFldWithFirstOrLastChar semiHidden separator settings shadow shapeLayoutLikeWW8 shd
showBreaksInFrames showingPlcHdr smallCaps snapToGrid softHyphen spaceForUL spacing
spacingInWholePoints specVanish splitPgBreakAndParaMark start startOverride
strictFirstAndLastChars strike style styleLink styles subFontBySize suff summaryLength
suppressAutoHyphens suppressBottomSpacing suppressLineNumbers suppressOverlap
suppressSpBfAfterPgBrk suppressSpacingAtTopOfPage suppressTopSpacing suppressTopSpacingWP
swapBordersFacingPages sym sz szCs t tab tabs tbl tblBorders tblCaption tblCellMar tblCellSpacing
tblDescription tblGrid tblGridChange tblHeader tblInd tblLayout tblLook tblOverlap tblPr
tblPrChange tblPrEx tblPrExChange tblStyle tblStyleColBandSize tblStylePr tblStyleRowBandSize tblW
tblpPr tc tcBorders tcFitText tcMar tcPr tcPrChange tcW text textAlignment textDirection textInput
textboxTightWrap themeFontLang titlePg tl2br tmpl top topLinePunct tr tr2bl trHeight trPr
trPrChange truncateFontHeightsLikeWP6 txbxContent type u uiCompat97To2003 uiPriority ulTrailSpace
underlineTabInNumList unhideWhenUsed useAltKinsokuLineBreakRules useAnsiKerningPairs useFELayout
useNormalStyleForList usePrinterMetrics useSingleBorderforContiguousCells
useWord2002TableStyleRules useWord97LineBreakRules vAlign vMerge vanish vertAlign view w wAfter
wBefore webHidden widowControl wordWrap wpJustification wpSpaceWidth wrapTrailSpaces yearLong
yearShort zoom
""",
    "wp": """
align anchor cNvGraphicFramePr docPr effectExtent extent inline lineTo posOffset positionH
positionV simplePos start wrapNone wrapPolygon wrapSquare wrapThrough wrapTight wrapTopAndBottom
""",
    "wps": """
bodyPr cNvCnPr cNvPr cNvSpPr linkedTxbx spPr style txbx wsp
""",
    "wpg": """
cNvFrPr cNvGrpSpPr cNvPr graphicFrame grpSp grpSpPr wgp xfrm
""",
    "wpc": """
bg graphicFrame whole wpc
""",
    "x": """
alignment anchor author authors autoFilter autoSortScope b bgColor bookViews border borders bottom
brk c cacheField cacheFields cacheSource calcPr calculatedColumnFormula calculatedItem
calculatedItems cellStyle cellStyleXfs cellStyles cellXfs cfRule cfvo charset chartFormat
chartFormats chartsheet col colBreaks colFields colItems color colorFilter colorScale colors cols
comment commentList comments conditionalFormat conditionalFormats conditionalFormatting
customFilter customFilters d dataBar dataField dataFields dataValidation dataValidations
dateGroupItem definedName definedNames diagonal dimension discretePr drawing dxf dxfs
dynamicFilter e end evenFooter evenHeader ext extLst extend f family fgColor field fieldGroup fill
fills filter filterColumn filters firstFooter firstHeader font fonts format formats formula
formula1 formula2 from gradientFill groupItems headerFooter horizontal hyperlink hyperlinks i
iconFilter iconSet ignoredError ignoredErrors indexedColors is item items k left legacyDrawing
location m mergeCell mergeCells mruColors n name numFmt numFmts oddFooter oddHeader outline
outlinePr pageField pageFields pageItem pageMargins pageSetUpPr pageSetup pane patternFill
phoneticPr picture pivotArea pivotAreas pivotCache pivotCacheDefinition pivotCacheRecords
pivotCaches pivotField pivotFields pivotSelection pivotTableDefinition pivotTableStyleInfo
printOptions protection r rFont rPh rPr rangePr reference references rgbColor right row rowBreaks
rowFields rowItems s scheme selection shadow sharedItems sheet sheetCalcPr sheetData sheetFormatPr
sheetPr sheetProtection sheetView sheetViews sheets si sortCondition sortState sst start stop
strike styleSheet sz t tabColor table tableColumn tableColumns tablePart tableParts tableStyle
tableStyleElement tableStyleInfo tableStyles tables text to top top10 totalsRowFormula u v
vertAlign vertical workbook workbookPr workbookProtection workbookView worksheet worksheetSource x
xf
""",
    "x14": """
axisColor borderColor cfIcon cfRule cfvo color colorAxis colorFirst colorHigh colorLast colorLow
colorMarkers colorNegative colorScale colorSeries conditionalFormatting conditionalFormattings
dataBar dataValidation dataValidations dxf fillColor formula1 formula2 iconSet id
negativeBorderColor negativeFillColor sparkline sparklineGroup sparklineGroups sparklines
""",
    "xm": """
f sqref
""",
    "p": """
anim animClr animEffect animMotion animRot animScale attrName attrNameLst bg bgPr bgRef bldAsOne
bldDgm bldGraphic bldLst bldP bldSub blinds blipFill bodyStyle boolVal by cBhvr cNvCxnSpPr
cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cSld cSldViewPr cTn cViewPr charRg checker
childTnLst circle clrMap clrMapOvr clrMru clrVal cm cmAuthor cmAuthorLst cmLst comb cond cover cut
cxnSp defaultTextStyle diamond dissolve endCondLst endSync excl fade fltVal font from graphicEl
graphicFrame gridSpacing grpSp grpSpPr guide guideLst handoutMaster handoutMasterId
handoutMasterIdLst hf hsl intVal iterate kiosk newsflash nextCondLst normalViewPr notes
notesMaster notesMasterId notesMasterIdLst notesStyle notesSz notesTextViewPr notesViewPr
nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvPr nvSpPr origin otherStyle outlineViewPr pRg par
penClr ph pic plus pos present presentation presentationPr prevCondLst progress pull push rCtr
random randomBar restoredLeft restoredTop rgb rtn scale seq set showPr sld sldAll sldId sldIdLst
sldLayout sldLayoutId sldLayoutIdLst sldMaster sldMasterId sldMasterIdLst sldRg sldSz sldTgt
slideViewPr sorterViewPr sp spPr spTgt spTree split stCondLst strVal strips style subSp subTnLst
tav tavLst text tgtEl timing titleStyle tmAbs tmPct tmpl tmplLst tn tnLst to transition txBody
txEl txStyles val viewPr wedge wheel wipe xfrm zoom
""",
    "a": """
accent1 accent2 accent3 accent4 accent5 accent6 ahLst ahPolar ahXY alpha alphaBiLevel alphaCeiling
alphaFloor alphaInv alphaMod alphaModFix alphaOff alphaOutset alphaRepl anchor arcTo avLst
backdrop band1H band1V band2H band2V bevel bevelB bevelT bgClr bgFillStyleLst biLevel bldChart
bldDgm blend blip blipFill blue blueMod blueOff blur bodyPr bottom br buAutoNum buBlip buChar
buClr buClrTx buFont buFontTx buNone buSzPct buSzPts buSzTx cNvCxnSpPr cNvGraphicFramePr
cNvGrpSpPr cNvPicPr cNvPr cNvSpPr camera cell3D chExt chOff chart close clrChange clrFrom clrMap
clrRepl clrScheme clrTo comp cont contourClr cs cubicBezTo custClr custClrLst custDash custGeom
cxn cxnLst cxnSp cxnSpLocks defPPr defRPr dgm dk1 dk2 ds duotone ea effect effectDag effectLst
effectRef effectStyle effectStyleLst end endCxn endParaRPr ext extraClrScheme extraClrSchemeLst
extrusionClr fgClr fill fillOverlay fillRect fillRef fillStyleLst fillToRect firstCol firstRow
flatTx fld fmtScheme folHlink font fontRef fontScheme gamma gd gdLst glow gradFill graphic
graphicData graphicFrame graphicFrameLocks gray grayscl green greenMod greenOff gridCol grpFill
grpSp grpSpLocks grpSpPr gs gsLst headEnd highlight hlink hlinkClick hlinkHover hlinkMouseOver hsl
hslClr hue hueMod hueOff innerShdw insideH insideV inv invGamma lastCol lastRow latin left
lightRig lin ln lnB lnBlToTr lnDef lnL lnR lnRef lnSpc lnStyleLst lnT lnTlToBr lnTo lstStyle lt1
lt2 lum lumMod lumOff lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr lvl8pPr lvl9pPr
majorFont masterClrMapping minorFont miter moveTo neCell noAutofit noFill norm normAutofit
nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr nwCell objectDefaults off outerShdw
overrideClrMapping p pPr path pathLst pattFill pic picLocks pos prstClr prstDash prstGeom prstShdw
prstTxWarp pt quadBezTo r rPr rect red redMod redOff reflection relOff right rot round rtl sat
satMod satOff scene3d schemeClr scrgbClr seCell shade softEdge solidFill sp sp3d spAutoFit spDef
spLocks spPr spcAft spcBef spcPct spcPts srcRect srgbClr st stCxn stretch style swCell sx sy sym
sysClr t tab tabLst tableStyle tableStyleId tailEnd tbl tblBg tblGrid tblPr tblStyle tblStyleLst
tc tcBdr tcPr tcStyle tcTxStyle theme themeElements themeOverride tile tileRect tint tl2br top tr
tr2bl txBody txDef txSp uFill uFillTx uLn uLnTx up useSpRect wholeTbl xfrm
""",
    "pic": """
blipFill cNvPicPr cNvPr nvPicPr pic spPr
""",
    "xdr": """
absoluteAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr clientData
col colOff cxnSp ext from graphicFrame grpSp grpSpPr nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr
nvSpPr oneCellAnchor pic pos row rowOff sp spPr style to twoCellAnchor txBody wsDr xfrm
""",
    "cdr": """
absSizeAnchor blipFill cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr cNvPicPr cNvPr cNvSpPr cxnSp ext
from graphicFrame grpSp grpSpPr nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr pic
relSizeAnchor sp spPr style to txBody x xfrm y
""",
    "c": """
applyToEnd applyToFront applyToSides area3DChart areaChart auto autoTitleDeleted autoUpdate axId
axPos backWall backward bandFmt bandFmts bar3DChart barChart barDir baseTimeUnit bubble3D
bubbleChart bubbleScale bubbleSize builtInUnit cat catAx chart chartObject chartSpace clrMapOvr
crossAx crossBetween crosses crossesAt custSplit custUnit dLbl dLblPos dLbls dPt dTable data
date1904 dateAx delete depthPercent dispBlanksAs dispEq dispRSqr dispUnits dispUnitsLbl
doughnutChart downBars dropLines errBarType errBars errDir errValType evenFooter evenHeader
explosion externalData f firstFooter firstHeader firstSliceAng floor fmtId formatCode formatting
forward gapDepth gapWidth grouping h hMode hPercent headerFooter hiLowLines holeSize idx intercept
invertIfNegative lang layout layoutTarget lblAlgn lblOffset leaderLines legend legendEntry
legendPos line3DChart lineChart logBase lvl majorGridlines majorTickMark majorTimeUnit majorUnit
manualLayout marker max min minorGridlines minorTickMark minorTimeUnit minorUnit minus
multiLvlStrCache multiLvlStrRef name noEndCap noMultiLvlLbl numCache numFmt numLit numRef
oddFooter oddHeader ofPieChart ofPieType order orientation overlap overlay pageMargins pageSetup
period perspective pictureFormat pictureOptions pictureStackUnit pie3DChart pieChart pivotFmt
pivotFmts pivotSource plotArea plotVisOnly plus printSettings protection pt ptCount rAngAx
radarChart radarStyle rich rotX rotY roundedCorners scaling scatterChart scatterStyle secondPiePt
secondPieSize selection separator ser serAx serLines shape showBubbleSize showCatName
showDLblsOverMax showHorzBorder showKeys showLeaderLines showLegendKey showNegBubbles showOutline
showPercent showSerName showVal showVertBorder sideWall size sizeRepresents smooth spPr splitPos
splitType stockChart strCache strLit strRef style surface3DChart surfaceChart symbol thickness
tickLblPos tickLblSkip tickMarkSkip title trendline trendlineLbl trendlineType tx txPr upBars
upDownBars userShapes v val valAx varyColors view3D w wMode wireframe x xMode xVal y yMode yVal
""",
    "m": """
acc accPr aln alnScr argPr argSz bar barPr baseJc begChr borderBox borderBoxPr box boxPr brk
brkBin brkBinSub cGp cGpRule cSp chr count ctrlPr d dPr defJc deg degHide den diff dispDef e
endChr eqArr eqArrPr f fName fPr func funcPr groupChr groupChrPr grow hideBot hideLeft hideRight
hideTop intLim interSp intraSp jc lMargin lim limLoc limLow limLowPr limUpp limUppPr lit m mPr
mathFont mathPr maxDist mc mcJc mcPr mcs mr nary naryLim naryPr noBreak nor num oMath oMathPara
oMathParaPr objDist opEmu phant phantPr plcHide pos postSp preSp r rMargin rPr rSp rSpRule rad
radPr sPre sPrePr sSub sSubPr sSubSup sSubSupPr sSup sSupPr scr sepChr show shp smallFrac
strikeBLTR strikeH strikeTLBR strikeV sty sub subHide sup supHide t transp type vertJc wrapIndent
wrapRight zeroAsc zeroDesc zeroWid
""",
    "dgm": """
adj adjLst alg animLvl animOne bg bulletEnabled cat catLst chMax chPref choose clrData colorsDef
constr constrLst cxn cxnLst dataModel desc dir effectClrLst else fillClrLst forEach hierBranch if
layoutDef layoutNode linClrLst orgChart param prSet presLayoutVars presOf pt ptLst relIds
resizeHandles rule ruleLst sampData scene3d shape sp3d spPr style styleData styleDef styleLbl t
title txEffectClrLst txFillClrLst txLinClrLst txPr varLst whole
""",
    "dsp": """
cNvGrpSpPr cNvPr cNvSpPr drawing grpSp grpSpPr nvGrpSpPr nvSpPr sp spPr spTree style txBody txXfrm
""",
    "v": """
arc background curve f fill formulas group h handles image imagedata line oval path polyline rect
roundrect shadow shape shapetype stroke textbox textpath
""",
    "o": """
bottom callout clippath column complex extrusion fill left lock right skew top
""",
    "w10": """
anchorlock borderbottom borderleft borderright bordertop wrap
""",
    "mc": """
AlternateContent Choice
""",
}

#: Attributes of the elements of a vocabulary, any of them on any element. Without a prefix:
#: in no namespace, but for "w" and "m", whose attributes are in the namespace of the element.
ATTRIBUTES: Final[dict[str, str]] = {
    "w": """
abstractNumId accent1 accent2 accent3 accent4 accent5 accent6 after afterAutospacing afterLines
alignment anchor anchorLock ascii asciiTheme author before beforeAutospacing beforeLines bg1 bg2
bidi bottom bottomFromText chapSep chapStyle char charSpace characterSet clear code colFirst
colLast color combine combineBrackets conformance countBy cs cstheme customMarkFollows customStyle
date decorated default displacedByCustomXml display displayText distance dropCap durableId
eastAsia eastAsiaTheme end endChars equalWidth evenHBand evenVBand fill first firstColumn
firstLine firstLineChars firstRow firstRowFirstColumn firstRowLastColumn fldCharType fldLock fmt
followedHyperlink font footer format frame fullDate gutter h hAnchor hAnsi hAnsiTheme hRule hSpace
hanging hangingChars header hint history horzAnchor hyperlink id ilvl initials instr lang
lastColumn lastRow lastRowFirstColumn lastRowLastColumn leader left leftChars leftFromText legacy
legacyIndent legacySpace line linePitch lineRule lines multiLine name noHBand noVBand null num
numId numPicBulletId oddHBand oddVBand offsetFrom orient original other percent pos r:id
relativeTo restart right rightChars rightFromText sep shadow space start startChars styleId sz t1
t2 tblpX tblpXSpec tblpY tblpYSpec tentative themeColor themeFill themeFillShade themeFillTint
themeShade themeTint top topFromText tplc type uri vAnchor vMerge vMergeOrig vSpace val value vert
vertAnchor vertCompress w wrap x xAlign xml:space y yAlign zOrder
""",
    "wp": """
allowOverlap b behindDoc cx cy descr distB distL distR distT edited hidden id l layoutInCell
locked name r relativeFrom relativeHeight simplePos t title wrapText x xml:space y
""",
    "wps": """
anchor anchorCtr bIns bwMode compatLnSpc descr forceAA fromWordArt hidden horzOverflow id lIns
name normalEastAsianFlow numCol rIns rot rtlCol seq spcCol spcFirstLastPara tIns title txBox
upright vert vertOverflow wrap
""",
    "wpg": """
bwMode descr flipH flipV hidden id name rot title
""",
    "x": """
a aboveAverage aca action activeCell activeCellId activeCol activePane activeRow activeTab
alignWithMargins alignment allDrilled allowBlank allowRefreshQuery and applyAlignment
applyAlignmentFormats applyBorder applyBorderFormats applyFill applyFont applyFontFormats
applyNumberFormat applyNumberFormats applyPatternFormats applyProtection applyStyles
applyWidthHeightFormats array asteriskTotals authorId auto autoCompressPictures autoEnd autoFilter
autoFilterDateGrouping autoFormatId autoPageBreaks autoShow autoStart avgSubtotal axis b base
baseColWidth baseField baseItem bc bestFit blackAndWhite blank borderId bottom builtinId bx
byPosition c ca cacheId cacheIndex calcCompleted calcId calcMode calcOnSave calculatedColumn
calendarType cap caption caseSensitive cellColor cellComments chart chartFormat click
colGrandTotals colHeaderCaption colId colPageCount collapsed collapsedLevelsAreSubtotals colorId
columnSort compact compactData concurrentCalc concurrentManualCount conformance containsBlank
containsDate containsInteger containsMixedTypes containsNonDate containsNumber
containsSemiMixedTypes containsString content copies count countASubtotal countSubtotal cp
createdVersion customBuiltin customFormat customHeight customList customListSort customWidth d
data dataCaption dataCellStyle dataDxfId dataField dataOnRows dataOnly dataPosition dataSourceSort
databaseField date1904 dateCompatibility dateTimeGrouping day defaultAttributeDrillState
defaultColWidth defaultGridColor defaultPivotStyle defaultRowHeight defaultSubtotal
defaultTableStyle defaultThemeVersion degree del1 del2 deleteColumns deleteRows descending
diagonalDown diagonalUp differentFirst differentOddEven dimension disableFieldList disablePrompts
displayName draft dragOff dragToCol dragToData dragToPage dragToRow dt2D dtr dxfId e eb editData
emptyCellReference enableDrill enableFieldProperties enableFormatConditionsCalculation
enableRefresh enableWizard endDate endNum equalAverage error errorCaption errorStyle errorTitle
errors evalError evalOrder extendable f fc fi field fieldListSortAscending fieldPosition
fieldPrintTitles fillId filterMode filterVal firstDataCol firstDataRow firstHeaderRow
firstPageNumber firstSheet fitToHeight fitToPage fitToWidth fld fontId footer forceFullCalc format
formatCells formatCode formatColumns formatRows formulaRange fullCalcOnLoad fullPrecision grandCol
grandRow grandTotalCaption gridDropZones gridLines gridLinesSet groupBy groupInterval gte h header
headerRowBorderDxfId headerRowCellStyle headerRowCount headerRowDxfId headings hidden hiddenButton
hiddenLevel hideNewItems hidePivotFieldList hier hierarchy horizontal horizontalCentered
horizontalDpi hour ht i iLevel iMeasureFld iMeasureHier iconId iconSet id imeMode immersive in
includeNewItemsInFilter indent indexed insertBlankRow insertColumns insertHyperlinks
insertPageBreak insertRow insertRowShift insertRows invalid item itemPageCount itemPrintTitles
iterate iterateCount iterateDelta justifyLastLine l label labelOnly left level listDataValidation
localSheetId location lockRevision lockStructure lockWindows locked longText m man
manualBreakCount mappingCount max maxDate maxLength maxSubtotal maxVal maxValIso maxValue
mdxSubqueries measure measureFilter memberPropertyField mergeItem min minDate minLength
minRefreshableVersion minSubtotal minValue minimized minute missingCaption missingItemsLimit month
moveWithCells mpFld multipleFieldFilters multipleItemSelectionAllowed n name nonAutoSortDefault np
numFmtId numberStoredAsText objects offset operator optimizeMemory orientation outline outlineData
outlineLevel outlineLevelCol outlineLevelRow p pageOrder pageOverThenDown pageWrap pane paperSize
par patternType percent ph phonetic pivot pivotButton pivotTableStyle pivotTables position
preserveFormatting previousCol previousRow printDrill priority productSubtotal prompt promptTitle
pt publishItems quotePrefix r r1 r2 r:id rank rankBy readingOrder recordCount ref refMode
refreshError refreshedDate refreshedDateIso refreshedVersion relative relativeIndent reverse rgb
right rightToLeft rowGrandTotals rowHeaderCaption rowPageCount s saveData sb scale scaleWithDoc
scenarios scope sd second selectLockedCells selectUnlockedCells selected series serverField
shapeId sheet sheetId showAll showBorderUnselectedTables showButton showCalcMbrs showColHeaders
showColStripes showColumnStripes showDataAs showDataDropDown showDataTips showDrill showDropDown
showDropDowns showDropZones showEmptyCol showEmptyRow showError showErrorMessage showFirstColumn
showFormulas showGridLines showHeader showHeaders showHorizontalScroll showInputMessage showItems
showLastColumn showMemberPropertyTips showMissing showMultipleLabel showObjects showOutlineSymbols
showPivotChartFilter showPropAsCaption showPropCell showPropTip showRowColHeaders showRowHeaders
showRowStripes showRuler showSheetTabs showValue showVerticalScroll showWhiteSpace showZeros
shrinkToFit si size sizeWithCells sort sortBy sortMethod sortType spans sqlType sqref st start
startDate startNum state stdDev stdDevPSubtotal stdDevSubtotal stopIfTrue stringValue1
stringValue2 style subtotal subtotalCaption subtotalHiddenItems subtotalTop sumSubtotal
summaryBelow summaryRight supportAdvancedDrill supportSubquery syncHorizontal syncRef syncVertical
t tabRatio tabSelected table tableBorderDxfId tableType text textRotation theme thickBot
thickBottom thickTop timePeriod tint top topAutoShow topLeftCell totalsRowBorderDxfId
totalsRowCellStyle totalsRowCount totalsRowDxfId totalsRowFunction totalsRowLabel totalsRowShown
transitionEntry transitionEvaluation tupleCache twoDigitTextYear type u un uniqueCount uniqueList
unlockedFormula updatedVersion upgradeOnRefresh uri useAutoFormatting useFirstPageNumber
usePrinterDefaults v val valIso varPSubtotal varSubtotal vertical verticalCentered verticalDpi
view visibility visualTotals width windowHeight windowProtection windowWidth workbookViewId
wrapText x xSplit xWindow xfId xml:space ySplit yWindow year z-order zeroHeight zoomScale
zoomScaleNormal zoomScalePageLayoutView zoomScaleSheetLayoutView zoomToFit
""",
    "x14": """
aboveAverage activePresent allowBlank auto axisPosition border bottom count custom dateAxis
direction disablePrompts displayEmptyCellsAs displayHidden displayXAxis equalAverage error
errorStyle errorTitle first gradient gte high iconId iconSet id imeMode indexed last lineWeight
low manualMax manualMin markers maxAxisType maxLength minAxisType minLength negative
negativeBarBorderColorSameAsPositive negativeBarColorSameAsPositive operator percent pivot
priority prompt promptTitle rank reverse rgb rightToLeft showDropDown showErrorMessage
showInputMessage showValue stdDev stopIfTrue text theme timePeriod tint type xWindow xml:space
yWindow
""",
    "xm": """
xml:space
""",
    "p": """
accel accent1 accent2 accent3 accent4 accent5 accent6 accumulate additive advAuto advClick advTm
afterEffect animBg authorId autoAdjust autoCompressPictures autoRev autoUpdateAnimBg b backwards
bg1 bg2 bld bldLvl bookmarkIdSeed build bwMode by calcmode charset clrIdx clrSpc collapse
compatMode concurrent conformance cx cy decel delay descr dir display dpi dt dur
embedTrueTypeFonts end evt evtFilter fill filter firstSlideNum flipH flipV fmla folHlink from ftr
g grpId h hasCustomPrompt hdr hidden hlink horzBarState id idx initials isPhoto l lastIdx lastView
loop lvl masterRel name nextAc nodePh nodeType orient origin override panose path pathEditMode
pitchFamily pos prLst preferRelativeResize preferSingleView preserve presetClass presetID
presetSubtype prevAc ptsTypes r r:id rAng rctx removePersonalInfoOnSave repeatCount repeatDur
restart rev rot rotWithShape rtl s saveSubsetFonts serverZoom shadeToTitle show showAnimation
showComments showFormatting showGuides showMasterPhAnim showMasterSp showNarration
showOutlineIcons showSpecialPlsOnTitleSld sldNum snapToGrid snapToObjects snapVertSplitter spd
spid spokes st strictFirstAndLastChars syncBehavior sz thruBlk title tm tmFilter to transition tx1
tx2 txBox type typeface uiExpand useBgFill useTimings userDrawn val valueType varScale
vertBarState x xfrmType xml:space y zoomContents
""",
    "a": """
a accent1 accent2 accent3 accent4 accent5 accent6 action algn altLang amt anchor anchorCtr ang
animBg b bIns bandCol bandRow baseline bg1 bg2 bld bldStep blend blurRad bright bwMode cap
categoryIdx char charset cmpd compatLnSpc contourW contrast cstate cx cy d def defTabSz descr dir
dirty dist dpi dx dy dz eaLnBrk endA endPos endSnd err extrusionH extrusionOk fadeDir fill
firstCol firstRow flip flipH flipV fmla folHlink fontAlgn fontScale forceAA fov fromWordArt g
gdRefAng gdRefR gdRefX gdRefY gridSpan grow h hMerge hR hangingPunct hidden highlightClick history
hlink horzOverflow hue i id idx indent kern kumimoji kx ky l lIns lang lastClr lastCol lastRow lat
latinLnBrk len lim lnSpcReduction lon lum lvl marB marL marR marT maxAng maxR maxX maxY minAng
minR minX minY n name noAdjustHandles noChangeArrowheads noChangeAspect noChangeShapeType noCrop
noDrilldown noEditPoints noGrp noMove noProof noResize noRot noSelect noTextEdit noUngrp
normalizeH numCol panose path pitchFamily pos preferRelativeResize prst prstMaterial r r:embed
r:id rIns rad rev rig rot rotWithShape rowSpan rtl rtlCol sat scaled script seriesIdx smtClean
smtId sp spc spcCol spcFirstLastPara stA stAng stPos startAt strike stroke styleId styleName swAng
sx sy sz t tIns thresh time title track tx tx1 tx2 txBox ty type typeface u upright uri useA
vMerge val vert vertOverflow w wR wrap x xml:space y z zoom
""",
    "pic": """
bwMode descr dpi hidden id name preferRelativeResize rotWithShape title
""",
    "xdr": """
bwMode cx cy descr editAs fLocksText fLocksWithSheet fPrintsWithSheet fPublished flipH flipV
hidden id name preferRelativeResize rot rotWithShape textlink title txBox x xml:space y
""",
    "cdr": """
bwMode cx cy descr dpi fLocksText fPublished flipH flipV hidden id name preferRelativeResize rot
rotWithShape title txBox xml:space
""",
    "c": """
accent1 accent2 accent3 accent4 accent5 accent6 alignWithMargins b bg1 bg2 blackAndWhite bwMode
copies differentFirst differentOddEven draft firstPageNumber folHlink footer formatCode header
hlink horizontalDpi idx l orientation paperSize r r:id sourceLinked t tx1 tx2 useFirstPageNumber
val verticalDpi xml:space
""",
    "m": """
alnAt val xml:space
""",
    "dgm": """
arg axis blipPhldr bwMode chOrder cnt coherent3DOff contourW custAng custFlipHor custFlipVert
custLinFactNeighborX custLinFactNeighborY custLinFactX custLinFactY custRadScaleInc
custRadScaleRad custScaleX custScaleY custSzX custSzY custT cxnId destId destOrd extrusionH fact
for forName func hideGeom hideLastTrans hueDir idx lang lkTxEntry max meth modelId moveWith name
op parTransId phldr presAssocID presName presStyleCnt presStyleIdx presStyleLbl pri prstMaterial
ptType r:blip r:cs r:dm r:lo r:qs ref refFor refForName refPtType refType rev rot sibTransId srcId
srcOrd st step styleLbl type useDef val z zOrderOff
""",
    "dsp": """
bwMode descr flipH flipV hidden id modelId name rot title txBox
""",
    "v": """
adj alignshape alt angle arcsize arrowok aspect bilevel blacklevel chromakey color color2 colors
control1 control2 coordorigin coordsize cropbottom cropleft cropright croptop dashstyle editas
embosscolor endangle endarrow endarrowlength endarrowwidth endcap eqn fill fillcolor filled fillok
filltype fitpath fitshape focus focusposition focussize from gain gamma gradientshapeok grayscale
icon id imagealignshape imageaspect imagesize inset insetpen insetpenok invx invy joinstyle limo
linestyle map matrix method miterlimit o:allowincell o:allowoverlap o:borderbottomcolor
o:borderleftcolor o:borderrightcolor o:bordertopcolor o:bullet o:bwmode o:bwnormal o:bwpure o:clip
o:cliptowrap o:connectangles o:connectlocs o:connectortype o:connecttype o:dgmlayout
o:dgmlayoutmru o:dgmnodekind o:extrusionok o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd
o:insetmode o:oned o:opacity2 o:preferrelative o:regroupid o:spid o:spt o:targetscreensize
o:userdrawn o:userhidden obscured offset offset2 on opacity origin path points polar position
print r:id radiusrange recolor recolortarget rotate shadowok size startangle startarrow
startarrowlength startarrowwidth string strokecolor stroked strokeok strokeweight style switch
textboxrect textpathok to trim type v weight wrapcoords xrange xscale yrange
""",
    "o": """
accentbar adjusthandles angle aspectratio autorotationcenter backdepth brightness color color2
cropping dashstyle diffusity distance drop dropauto edge endarrow endarrowlength endarrowwidth
endcap facet filltype o:forcedash foredepth gap grouping imagealignshape imageaspect insetpen
joinstyle length lengthspecified lightface lightharsh lightharsh2 lightlevel lightlevel2
lightposition lightposition2 linestyle lockrotationcenter matrix metal minusx minusy miterlimit
offset on opacity orientation orientationangle origin position render rotation rotationangle
rotationcenter selection shapetype shininess skewamt skewangle specularity startarrow
startarrowlength startarrowwidth text textborder type ungrouping o:v verticies viewpoint
viewpointorigin weight
""",
    "w10": """
anchorx anchory shadow side type width
""",
    "mc": """
Requires
""",
}
