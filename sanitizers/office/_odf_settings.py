"""The few settings of OpenDocument that change what a reader sees (ODF 1.3 part 3, 3.10).

Panes that stand still, the sheet shown first, zoom, and how lines are set. Everything else
(printers, paths, last editor's windows, passwords of forms) goes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.office._odf_filter import escaped, opening, quoted
from sanitizers.xmltree import Element

_CONFIG: Final = "urn:oasis:names:tc:opendocument:xmlns:config:1.0"
_OOO: Final = "http://openoffice.org/2004/office"
_NUMBER: Final = re.compile(r"-?\d{1,10}")
_SWITCH: Final = re.compile(r"true|false")
MAX_DEPTH: Final = 8  # sets in maps in maps; programs write five

#: Items of the views of sheets and slides, and of how lines and cells are set, by the type of
#: their value.
_NUMBER_WORDS: Final = """
ActiveSplitRange BaseFontHeight CharacterCompressionType CursorPositionX CursorPositionY
DefaultTabStop HorizontalSplitMode HorizontalSplitPosition PageNumberFormat PageViewZoomValue
PositionBottom PositionLeft PositionRight PositionTop RelativeFontHeightFunctions
RelativeFontHeightIndices RelativeFontHeightLimits RelativeFontHeightOperators
RelativeFontHeightText RelativeLineSpacing RelativeSpacing SyntaxStringRef VerticalSplitMode
VerticalSplitPosition ViewLayoutColumns VisibleAreaHeight VisibleAreaLeft VisibleAreaTop
VisibleAreaWidth ZoomFactor ZoomType ZoomValue
"""

_SWITCH_WORDS: Final = """
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

_NUMBERS: Final = frozenset(_NUMBER_WORDS.split())
_SWITCHES: Final = frozenset(_SWITCH_WORDS.split())
_NAMED: Final = frozenset(("ActiveTable",))
#: Metrics of printers or of the screen set the lines.
_LAYOUT: Final = "PrinterIndependentLayout"
_LAYOUTS: Final = frozenset(("low-resolution", "high-resolution", "disabled", "enabled"))
#: Names of sets and maps: ours, with their prefix.
_SETS: Final[Mapping[str, str]] = {
    "view-settings": "ooo:view-settings",
    "configuration-settings": "ooo:configuration-settings",
    "Views": "Views",
    "Tables": "Tables",
}
_ENTRIES: Final = ("config-item-map-named", "config-item-map-indexed", "config-item-set")


def _attribute(element: Element, local: str) -> str:
    value: str = element.get(f"{{{_CONFIG}}}{local}", "")
    return value


def written(settings: Element, sheets: frozenset[str], version: str, findings: Findings) -> bytes:
    """settings.xml with the items that are kept; `sheets`: the names that they may have."""
    findings.add(Kind.METADATA, Action.REMOVED, where="settings")
    inner = "".join(_set(child, 0, sheets) for child in settings)
    return (
        opening("settings", version, f' xmlns:config="{_CONFIG}" xmlns:ooo="{_OOO}"')
        + f"<office:settings>{inner}</office:settings></office:document-settings>"
    ).encode()


def _set(element: Element, depth: int, sheets: frozenset[str]) -> str:
    """A set, a map, or an entry of a map with whatever of it is kept; "" when nothing is."""
    local = element.tag.rpartition("}")[2]
    own = _attribute(element, "name")
    if depth > MAX_DEPTH:
        return ""
    if local == "config-item":
        return _item(own, _attribute(element, "type"), element.text or "", sheets)
    inner = "".join(_set(child, depth + 1, sheets) for child in element)
    if not inner:
        return ""
    if local in _ENTRIES:
        known = _SETS.get(own.rpartition(":")[2])
        return f'<config:{local} config:name="{known}">{inner}</config:{local}>' if known else ""
    if local == "config-item-map-entry":
        if own and own not in sheets:
            return ""
        named = f" config:name={quoted(own)}" if own else ""
        return f"<config:{local}{named}>{inner}</config:{local}>"
    return ""


def _item(own: str, kind: str, text: str, sheets: frozenset[str]) -> str:
    right = (
        (own in _NUMBERS and kind in ("int", "short", "long") and _NUMBER.fullmatch(text))
        or (own in _SWITCHES and kind == "boolean" and _SWITCH.fullmatch(text))
        or (own in _NAMED and kind == "string" and text in sheets)
        or (own == _LAYOUT and kind == "string" and text in _LAYOUTS)
    )
    if not right:
        return ""
    return (
        f'<config:config-item config:name="{own}" config:type="{kind}">{escaped(text)}'
        "</config:config-item>"
    )
