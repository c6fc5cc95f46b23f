"""SpreadsheetML that crosses (ECMA-376-1:2016, 18), with Excel 2010's additions in use.

Read by `_rules`: "elements: attributes"; `=kind` where an attribute holds more than a number, a
switch or a listed word, `#kind` where the element holds text. What is not listed does not cross.
"""

from __future__ import annotations

from typing import Final

X: Final = """
# 18.2 workbook
bookViews definedNames pivotCaches sheets
calcPr: calcCompleted calcId calcMode calcOnSave concurrentCalc concurrentManualCount
    forceFullCalc fullCalcOnLoad fullPrecision iterate iterateCount iterateDelta refMode
definedName: hidden localSheetId name=name sheetId #formula
sheet: name=name r:id=rel sheetId state
workbook: conformance
workbookPr: allowRefreshQuery autoCompressPictures date1904 dateCompatibility
    defaultThemeVersion hidePivotFieldList publishItems showBorderUnselectedTables showObjects
    showPivotChartFilter
workbookProtection: lockRevision lockStructure lockWindows
workbookView: activeTab autoFilterDateGrouping firstSheet minimized showHorizontalScroll
    showSheetTabs showVerticalScroll tabRatio visibility windowHeight windowWidth xWindow
    yWindow
# 18.3.1 worksheets
autoFilter mergeCell: ref=ref
brk: id man max min pt
c: a i l ph r=ref s t
cfRule: aboveAverage bottom dxfId equalAverage operator percent priority rank stdDev stopIfTrue
    text=text timePeriod type
cfvo: gte type val=formula
chartsheet colorScale cols hyperlinks ignoredErrors is sheetViews worksheet
col: bestFit collapsed customWidth hidden max min outlineLevel phonetic style width
colBreaks rowBreaks: count manualBreakCount
color tabColor: auto indexed rgb theme tint
conditionalFormatting: pivot sqref=ref
dataBar: maxLength minLength showValue
dataValidation: allowBlank error=text errorStyle errorTitle=text imeMode operator prompt=text
    promptTitle=text showDropDown showErrorMessage showInputMessage sqref=ref type
dataValidations: count disablePrompts xWindow yWindow
dimension: caption=text measure name=name ref=ref
drawing legacyDrawing picture tablePart: r:id=rel
evenFooter evenHeader firstFooter firstHeader oddFooter oddHeader v: xml:space #text
f: aca bx ca del1 del2 dt2D dtr r1=ref r2=ref ref=ref si t xml:space #formula
formula: xml:space #formula
headerFooter: alignWithMargins differentFirst differentOddEven scaleWithDoc
hyperlink: location=link r:id=rel ref=ref
iconSet: iconSet percent reverse showValue
mergeCells tableParts: count
outlinePr: applyStyles showOutlineSymbols summaryBelow summaryRight
pageMargins: bottom footer header left right top
pageSetUpPr: autoPageBreaks fitToPage
pageSetup: blackAndWhite cellComments copies draft errors firstPageNumber fitToHeight fitToWidth
    horizontalDpi orientation pageOrder paperSize r:id=rel scale useFirstPageNumber
    usePrinterDefaults verticalDpi
pane: activePane state topLeftCell=ref xSplit ySplit
phoneticPr: alignment fontId type
pivotSelection: activeCol activeRow axis click count data dimension extendable label max min
    pane previousCol previousRow r:id=rel showHeader start
printOptions: gridLines gridLinesSet headings horizontalCentered verticalCentered
row: collapsed customFormat customHeight hidden ht outlineLevel ph r s spans thickBot thickTop
selection: activeCell=ref activeCellId pane sqref=ref
sheetCalcPr: fullCalcOnLoad
sheetData: refreshError sheetId
sheetFormatPr: baseColWidth customHeight defaultColWidth defaultRowHeight outlineLevelCol
    outlineLevelRow thickBottom thickTop zeroHeight
sheetPr: enableFormatConditionsCalculation filterMode syncHorizontal syncRef=ref syncVertical
    transitionEntry transitionEvaluation
sheetProtection: autoFilter content deleteColumns deleteRows formatCells formatColumns
    formatRows insertColumns insertHyperlinks insertRows objects pivotTables scenarios
    selectLockedCells selectUnlockedCells sheet sort
sheetView: colorId defaultGridColor rightToLeft showFormulas showGridLines showOutlineSymbols
    showRowColHeaders showRuler showWhiteSpace showZeros tabSelected topLeftCell=ref view
    windowProtection workbookViewId zoomScale zoomScaleNormal zoomScalePageLayoutView
    zoomScaleSheetLayoutView zoomToFit
sortState: caseSensitive columnSort ref=ref sortMethod
# 18.3.2 filters and sorting
colorFilter: cellColor dxfId
customFilter: operator val=text
customFilters: and
dateGroupItem: dateTimeGrouping day hour minute month second year
dynamicFilter: maxVal maxValIso type val valIso
filter: evalOrder fld iMeasureFld iMeasureHier id mpFld name=name stringValue1=text
    stringValue2=text type val=text
filterColumn: colId hiddenButton showButton
filters: blank calendarType count
iconFilter: iconId iconSet
sortCondition: customList=text descending dxfId iconId iconSet ref=ref sortBy
top10: filterVal percent top val
# 18.4 shared strings
b: cp f u v val
charset extend family outline scheme shadow strike sz u vertAlign: val
d: cp f u v
e: b bc cp f fc i in st u un v=text
i: i r t val
m: b bc cp f fc i in st u un
n: b bc cp f fc i in s st u un v x
r rPr si
rFont: val=font
rPh: eb sb
s: b bc c=text cp f fc i in st u un v=text
sst: count uniqueCount
t: b bc fc fi i si st u xml:space #text
x: v
# 18.5 tables
calculatedColumnFormula totalsRowFormula: array xml:space #formula
table: dataCellStyle=name dataDxfId displayName=name headerRowBorderDxfId
    headerRowCellStyle=name headerRowCount headerRowDxfId id insertRow insertRowShift name=name
    ref=ref tableBorderDxfId tableType totalsRowBorderDxfId totalsRowCellStyle=name
    totalsRowCount totalsRowDxfId totalsRowShown
tableColumn: dataCellStyle=name dataDxfId headerRowCellStyle=name headerRowDxfId id name=name
    totalsRowCellStyle=name totalsRowDxfId totalsRowFunction totalsRowLabel=text
tableColumns: count
tableStyleInfo: name=name showColumnStripes showFirstColumn showLastColumn showRowStripes
# 18.7 comments
author: xml:space #text
authors commentList comments text
comment: authorId ref=ref shapeId
# 18.8 styles
alignment: horizontal indent justifyLastLine readingOrder relativeIndent shrinkToFit
    textRotation vertical wrapText
bgColor fgColor: auto indexed rgb theme tint
border: diagonalDown diagonalUp outline
borders cellStyleXfs cellStyles cellXfs dxfs fills fonts numFmts: count
bottom diagonal end horizontal left right start top vertical: style
cellStyle: builtinId customBuiltin hidden iLevel name=name xfId
colors dxf fill font indexedColors mruColors styleSheet
gradientFill: bottom degree left right top type
name: val=font
numFmt: formatCode=text numFmtId
patternFill: patternType
protection: hidden locked
rgbColor: rgb
stop: position
tableStyle: count name=name pivot table
tableStyleElement: dxfId size type
tableStyles: count defaultPivotStyle=name defaultTableStyle=name
xf: applyAlignment applyBorder applyFill applyFont applyNumberFormat applyProtection borderId
    fillId fontId numFmtId pivotButton quotePrefix xfId
# 18.10 pivot tables
autoSortScope
cacheField: caption=text databaseField hierarchy level mappingCount memberPropertyField
    name=name numFmtId serverField sqlType uniqueList
cacheFields calculatedItems chartFormats colFields colItems conditionalFormats dataFields
    discretePr formats groupItems items pageFields pivotCacheRecords pivotFields references
    rowFields rowItems: count
cacheSource: type
fieldGroup: base par
item: d e f h m n=text s sd t x
location: colPageCount firstDataCol firstDataRow firstHeaderRow ref=ref rowPageCount
pivotArea: axis cacheIndex collapsedLevelsAreSubtotals dataOnly field fieldPosition grandCol
    grandRow labelOnly offset=ref outline type
pivotCacheDefinition: createdVersion enableRefresh invalid minRefreshableVersion
    missingItemsLimit optimizeMemory r:id=rel recordCount refreshedDate refreshedDateIso
    refreshedVersion saveData supportAdvancedDrill supportSubquery tupleCache upgradeOnRefresh
pivotField: allDrilled autoShow avgSubtotal axis compact countASubtotal countSubtotal dataField
    dataSourceSort defaultAttributeDrillState defaultSubtotal dragOff dragToCol dragToData
    dragToPage dragToRow hiddenLevel hideNewItems includeNewItemsInFilter insertBlankRow
    insertPageBreak itemPageCount maxSubtotal measureFilter minSubtotal
    multipleItemSelectionAllowed name=name nonAutoSortDefault numFmtId outline productSubtotal
    rankBy serverField showAll showDropDowns showPropAsCaption showPropCell showPropTip sortType
    stdDevPSubtotal stdDevSubtotal subtotalCaption=text subtotalTop sumSubtotal topAutoShow
    varPSubtotal varSubtotal
pivotTableDefinition: applyAlignmentFormats applyBorderFormats applyFontFormats
    applyNumberFormats applyPatternFormats applyWidthHeightFormats asteriskTotals autoFormatId
    cacheId chartFormat colGrandTotals colHeaderCaption=text compact compactData createdVersion
    customListSort dataCaption=text dataOnRows dataPosition disableFieldList editData
    enableDrill enableFieldProperties enableWizard errorCaption=text fieldListSortAscending
    fieldPrintTitles grandTotalCaption=text gridDropZones immersive indent itemPrintTitles
    mdxSubqueries mergeItem minRefreshableVersion missingCaption=text multipleFieldFilters
    name=name outline outlineData pageOverThenDown pageWrap pivotTableStyle=name
    preserveFormatting printDrill rowGrandTotals rowHeaderCaption=text showCalcMbrs
    showDataDropDown showDataTips showDrill showDropZones showEmptyCol showEmptyRow showError
    showHeaders showItems showMemberPropertyTips showMissing showMultipleLabel
    subtotalHiddenItems updatedVersion useAutoFormatting visualTotals
pivotTableStyleInfo: name=name showColHeaders showColStripes showLastColumn showRowHeaders
    showRowStripes
rangePr: autoEnd autoStart endDate endNum groupBy groupInterval startDate startNum
reference: avgSubtotal byPosition count countASubtotal countSubtotal defaultSubtotal field
    maxSubtotal minSubtotal productSubtotal relative selected stdDevPSubtotal stdDevSubtotal
    sumSubtotal varPSubtotal varSubtotal
sharedItems: containsBlank containsDate containsInteger containsMixedTypes containsNonDate
    containsNumber containsSemiMixedTypes containsString count longText maxDate maxValue minDate
    minValue
# others of 18
anchor: moveWithCells sizeWithCells z-order
calculatedItem: field
chartFormat: chart format series
conditionalFormat: priority scope type
dataField: baseField baseItem fld name=name numFmtId showDataAs subtotal
field: x
format: action dxfId
formula1 formula2: xml:space #formula
from to
ignoredError: calculatedColumn emptyCellReference evalError formulaRange listDataValidation
    numberStoredAsText sqref=ref twoDigitTextYear unlockedFormula
k: n np p
pageField: cap=text fld hier item name=name
pageItem: name=name
pivotAreas tables: count
pivotCache: cacheId r:id=rel
worksheetSource: name=name r:id=rel ref=ref sheet=name
"""

X14: Final = """
# [MS-XLSX] 2.6.x conditional formats, validations, sparklines of Excel 2010
axisColor borderColor color colorAxis colorFirst colorHigh colorLast colorLow colorMarkers
    colorNegative colorSeries fillColor negativeBorderColor negativeFillColor: auto indexed rgb
    theme tint
cfIcon: iconId iconSet
cfRule: aboveAverage activePresent bottom equalAverage id=guid operator percent priority rank
    stdDev stopIfTrue text=text timePeriod type
cfvo: gte type
colorScale conditionalFormattings dxf formula1 formula2 sparkline sparklineGroups sparklines
conditionalFormatting: pivot
dataBar: axisPosition border direction gradient maxLength minLength
    negativeBarBorderColorSameAsPositive negativeBarColorSameAsPositive showValue
dataValidation: allowBlank error=text errorStyle errorTitle=text imeMode operator prompt=text
    promptTitle=text showDropDown showErrorMessage showInputMessage type
dataValidations: count disablePrompts xWindow yWindow
iconSet: custom iconSet percent reverse showValue
id: #guid
sparklineGroup: dateAxis displayEmptyCellsAs displayHidden displayXAxis first high last
    lineWeight low manualMax manualMin markers maxAxisType minAxisType negative rightToLeft type
"""

_WORDS: Final = """
3Arrows 3ArrowsGray 3Flags 3Signs 3Stars 3Symbols 3Symbols2 3TrafficLights1 3TrafficLights2
3Triangles 4Arrows 4ArrowsGray 4Rating 4RedToBlack 4TrafficLights 5Arrows 5ArrowsGray 5Boxes
5Quarters 5Rating A1 Hiragana M1 M10 M11 M12 M2 M3 M4 M5 M6 M7 M8 M9 NA NoIcons Q1 Q2 Q3 Q4 R1C1
aboveAverage all arc array asDisplayed ascending atEnd auto autoMax autoMin autoNoTable
automatic average avg axisCol axisPage axisRow axisValues b baseline beginsWith belowAverage
between blank blankRow bot bottom bottomLeft bottomRight button callout captionBeginsWith
captionBetween captionContains captionEndsWith captionEqual captionGreaterThan
captionGreaterThanOrEqual captionLessThan captionLessThanOrEqual captionNotBeginsWith
captionNotBetween captionNotContains captionNotEndsWith captionNotEqual cellColor cellIs center
centerContinuous colorScale column connector consolidation containsBlanks containsErrors
containsText context count countA countNums ctr custom d darkDown darkGray darkGrid
darkHorizontal darkTrellis darkUp darkVertical dash dashDot dashDotDot dashDotDotHeavy
dashDotHeavy dashLong dashLongHeavy dashed dashedHeavy data dataBar dataTable date dateBetween
dateEqual dateNewerThan dateNewerThanOrEqual dateNotBetween dateNotEqual dateOlderThan
dateOlderThanOrEqual day days decimal default descending difference disabled displayed
distributed dotDash dotDotDash dotted dottedHeavy double doubleAccounting downThenOver
duplicateValues e endsWith equal expression external false field fill firstColumn
firstColumnStripe firstColumnSubheading firstHeaderCell firstRowStripe firstRowSubheading
firstSubtotalColumn firstSubtotalRow firstTotalCell fontColor formatting formula frozen
frozenSplit fullAlpha fullHangul fullKatakana fullwidthKatakana g gap general grand gray0625
gray125 greaterThan greaterThanOrEqual gregorian gregorianArabic gregorianMeFrench gregorianUs
gregorianXlitEnglish gregorianXlitFrench group hair halfAlpha halfHangul halfKatakana
halfwidthKatakana headerRow hebrew hidden hijri hiragana hour hours icon iconSet index
individual information inline inlineStr inside japan justify korea l landscape last7Days
lastColumn lastHeaderCell lastMonth lastQuarter lastTotalCell lastWeek lastYear left leftToRight
lessThan lessThanOrEqual lightDown lightGray lightGrid lightHorizontal lightTrellis lightUp
lightVertical line linear list m major manual max maxMin medium mediumDashDot mediumDashDotDot
mediumDashed mediumGray mid middle min minMax minor minute minutes month months n nextMonth
nextQuarter nextWeek nextYear noControl noConversion none normal notBetween notContains
notContainsBlanks notContainsErrors notContainsText notEqual null num off on origin outside
overThenDown pageBreakPreview pageFieldLabels pageFieldValues pageLayout path percent
percentDiff percentOfCol percentOfRow percentOfTotal percentile pinYin placeholders portrait
preserve product quarters queryTable r range right rightToLeft row runTotal s saka scenario
second secondColumnStripe secondColumnSubheading secondRowStripe secondRowSubheading
secondSubtotalColumn secondSubtotalRow seconds selection shared single singleAccounting
slantDashDot solid span split stacked stdDev stdDevP stdDevp stop str strict stroke subscript
sum superscript t taiwan textLength thai thick thin thirdColumnSubheading thirdRowSubheading
thirdSubtotalColumn thirdSubtotalRow thisMonth thisQuarter thisWeek thisYear time timePeriod
today tomorrow top top10 topEnd topLeft topRight totalRow transitional true umalqura
uniqueValues unknown v value valueBetween valueEqual valueGreaterThan valueGreaterThanOrEqual
valueLessThan valueLessThanOrEqual valueNotBetween valueNotEqual var varP varp veryHidden
visible w warning wave wavyDouble wavyHeavy whole wholeTable words worksheet xml year yearToDate
years yesterday zero
"""
#: Every value of the enumerations among the types of the attributes above.
WORDS: Final = frozenset(_WORDS.split())
