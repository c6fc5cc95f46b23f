"""What parts of all families share: alternatives, hyperlinks on shapes, graphic frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sanitizers.findings import Action, Kind
from sanitizers.office._filter import Filter, Handler
from sanitizers.office._rules import CHOICES, EXTENSIONS, NAMESPACES
from sanitizers.xmltree import Element


def name(prefixed: str) -> str:
    """lxml's name of an element or attribute that is written with our prefix."""
    prefix, _, local = prefixed.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def names(prefixed: str) -> frozenset[str]:
    """`name` of each of several, separated by spaces."""
    return frozenset(name(word) for word in prefixed.split())


_CHOICE: Final = name("mc:Choice")
_FALLBACK: Final = name("mc:Fallback")
_RELATION: Final = name("r:id")


def alternate_content(tree: Filter, element: Element) -> None:
    """ECMA-376-3, 9.3: the first choice that we keep, else the fallback's content."""
    kept: Element | None = None
    for child in list(element):
        required = set((child.get("Requires") or "").split())
        if kept is None and child.tag == _CHOICE and required and required <= CHOICES:
            kept = child
    for child in list(element):
        if kept is not None and child is not kept:
            tree.drop(child, noted=False)
        elif kept is None and child.tag != _FALLBACK:
            tree.drop(child, noted=False)
            if tree.is_dead(element):
                return
    if kept is not None:
        for attribute in kept.attrib:
            if attribute != "Requires":
                del kept.attrib[attribute]
        return
    for fallback in list(element):
        tree.unwrap(fallback)
    tree.unwrap(element)


def graphic_data(tree: Filter, element: Element) -> None:
    """20.1.2.2.17: a frame whose content is of no known kind goes, with its frame."""
    if element.get("uri") and len(element):
        return
    frame = element
    while (parent := frame.getparent()) is not None:
        frame = parent
        if frame.tag in _FRAMES:
            tree.drop(frame, Kind.EMBEDDED_OBJECT)
            return
    tree.drop(element, Kind.EMBEDDED_OBJECT)


_FRAMES: Final = names(
    "w:drawing p:graphicFrame xdr:graphicFrame cdr:graphicFrame wpg:graphicFrame wpc:graphicFrame"
)


def shape_link(tree: Filter, element: Element) -> None:
    """21.1.2.3.5: a link of a shape or a run that leads nowhere goes, and so do its sounds."""
    action = element.get("action", "")
    jumps = action.startswith("ppaction://hlinkshowjump")
    if not element.get(_RELATION) and not jumps:
        tree.drop(element, Kind.ACTION)
    elif jumps:
        element.set(_RELATION, "")


def extension_list(tree: Filter, element: Element) -> None:
    """18.2.10: only the extensions that are kept; an empty list goes."""
    for extension in list(element):
        if extension.get("uri") not in EXTENSIONS:
            tree.drop(extension, Kind.UNKNOWN_DATA, Action.REMOVED)
    if not len(element) and not tree.is_dead(element):
        tree.drop(element, noted=False)


HANDLERS: Final[Mapping[str, Handler]] = {
    name("mc:AlternateContent"): alternate_content,
    name("a:graphicData"): graphic_data,
    name("a:hlinkClick"): shape_link,
    name("a:hlinkHover"): shape_link,
    name("a:hlinkMouseOver"): shape_link,
}

#: What the removal of elements is called that no table lists; unknown data otherwise.
NAMED: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(
        names(
            "w:attachedTemplate w:subDoc w:linkToQuery w:dataSource w:mailMerge w:frameset "
            "x:externalReferences x:oleLink x:ddeLink x:webPublishing x:webPublishItems "
            "a:quickTimeFile a:videoFile a:audioFile p:htmlPubPr"
        ),
        Kind.EXTERNAL_REFERENCE,
    ),
    **dict.fromkeys(
        names("w:altChunk a:wavAudioFile a:snd a:audioCd p:snd p:sndAc"), Kind.EMBEDDED_FILE
    ),
    **dict.fromkeys(
        names("x:oleObjects x:oleObject o:OLEObject p:oleObj w:object w:contentPart p:contentPart"),
        Kind.EMBEDDED_OBJECT,
    ),
    **dict.fromkeys(names("x:controls x:control w:control p:controls p:control"), Kind.FORM),
    **dict.fromkeys(names("w:entryMacro w:exitMacro"), Kind.MACRO),
    **dict.fromkeys(
        names(
            "w:rsids w:docVars w:dataBinding w:proofErr w:proofState w:latentStyles w:alias w:tag "
            "w:documentProtection w:writeProtection x:fileVersion x:fileSharing x:customProperties "
            "x:customSheetViews x:customWorkbookViews x:legacyDrawingHF x:extLst x:ext a:extLst "
            "a:ext c:extLst p:extLst wp:extLst p:custDataLst p:tags p:modifyVerifier "
            "x:protectedRanges x:functionGroups x:oleSize x:fileRecoveryPr"
        ),
        Kind.METADATA,
    ),
}  # fmt: skip

#: Elements that mean nothing without their relationship.
NEEDED: Final = names(
    "c:chart c:externalData c:userShapes dgm:relIds v:imagedata "
    "w:headerReference w:footerReference "
    "x:drawing x:tablePart x:sheet x:pivotCache x:picture x:legacyDrawing "
    "p:sldId p:sldMasterId p:sldLayoutId p:notesMasterId p:handoutMasterId"
)
#: Elements that may not stay behind empty (minOccurs of their content in the schemas).
LISTS: Final = names(
    "x:hyperlinks x:numFmts x:cellStyles "
    "x:dataValidations x:conditionalFormatting x:tableParts x:definedNames "
    "x:pivotCaches x:extLst x:ext x:mergeCells x:cols x:rowBreaks x:colBreaks x:ignoredErrors "
    "x14:dataValidations x14:conditionalFormattings x14:conditionalFormatting "
    "x14:sparklineGroups x14:sparklineGroup x14:sparklines mc:AlternateContent "
    "p:sldLayoutIdLst p:notesMasterIdLst p:handoutMasterIdLst w:listItem"
)
