"""SmartArt that crosses (ECMA-376-1:2016, 21.4): its data, rules and drawn form.

Read by `_rules`: "elements: attributes"; `=kind` where an attribute holds more than a number, a
switch or a listed word, `#kind` where the element holds text. What is not listed does not cross.
"""

from __future__ import annotations

from typing import Final

DGM: Final = """
# 21.4 diagrams
adj: idx val
adjLst bg catLst colorsDef constrLst cxnLst dataModel layoutDef presLayoutVars ptLst ruleLst
    scene3d style styleDef t txPr varLst whole
alg: rev type
animLvl animOne bulletEnabled chMax chPref dir hierBranch orgChart resizeHandles: val
cat: pri
choose else styleLbl: name=name
clrData sampData styleData: useDef
constr: fact for forName=name op ptType=list refFor refForName=name refPtType refType type val
cxn: destId=node destOrd modelId=node parTransId=node sibTransId=node srcId=node srcOrd type
desc title: lang
effectClrLst fillClrLst linClrLst txEffectClrLst txFillClrLst txLinClrLst: hueDir meth
forEach: axis=list cnt=list hideLastTrans=list name=name ptType=list ref=name st=list step=list
if: arg axis=list cnt=list func hideLastTrans=list name=name op ptType=list st=list step=list
    val
layoutNode: chOrder moveWith=name name=name styleLbl=name
param: type val
prSet: coherent3DOff custAng custFlipHor custFlipVert custLinFactNeighborX custLinFactNeighborY
    custLinFactX custLinFactY custRadScaleInc custRadScaleRad custScaleX custScaleY custSzX
    custSzY custT phldr presAssocID=node presName=name presStyleCnt presStyleIdx
    presStyleLbl=name
presOf: axis=list cnt=list hideLastTrans=list ptType=list st=list step=list
pt: cxnId=node modelId=node type
relIds: r:cs=rel r:dm=rel r:lo=rel r:qs=rel
rule: fact for forName=name max ptType=list type val
shape: blipPhldr hideGeom lkTxEntry r:blip=rel rot type zOrderOff
sp3d: contourW extrusionH prstMaterial z
spPr: bwMode
"""

DSP: Final = """
# [MS-ODRAWXML] 2.4 the drawn diagram
cNvGrpSpPr drawing grpSp nvGrpSpPr nvSpPr spTree style txBody
cNvPr: descr=text hidden id name=blank title=text
cNvSpPr: txBox
grpSpPr spPr: bwMode
sp: modelId=node
txXfrm: flipH flipV rot
"""

_WORDS: Final = """
alignOff alignTx all ar asst auto autoTxRot b bMarg bOff begMarg begPad begPts begSty bendDist
bendPt bkPtFixedVal bkpt black blackGray blackWhite branch ccw ch chAlign chDir clear clr cnt
composite conn connDist connRout contDir ctr ctrShpMap ctrX ctrXOff ctrY ctrYOff cw cycle depth
des diam dim dkEdge doc dstNode endMarg endPad endPts endSty equ exact fallback false flat
flowDir grDir gray grayWhite gt gte h hArH hOff hang hidden hierAlign hierChild hierRoot horz
horzAlign init invGray l lMarg lOff legacyMatte legacyMetal legacyPlastic legacyWireframe lin
linDir lnSpAfChP lnSpAfParP lnSpCh lnSpPar lt ltGray lte ltr lvl matte maxDepth metal neq node
nodeHorzAlign nodeVertAlign nonAsst nonNorm none norm off one parOf parTrans parTxLTRAlign
parTxRTLAlign plastic pos posEven posOdd powder pres presOf presParOf preserve primFontSz pyra
pyraAcctBkgdNode pyraAcctPos pyraAcctRatio pyraAcctTxMar pyraAcctTxNode pyraLvlNode r rMarg rOff
rel repeat rev revPos rotPath rtShortDist rtl secChAlign secFontSz secLinDir secSibSp self
shpTxLTRAlignCh shpTxRTLAlignCh sibSp sibTrans snake softEdge softmetal sp span spanAng srcNode
stAng stBulletLvl stElem std stemThick t tMarg tOff translucentPowder true tx txAnchorHorz
txAnchorHorzCh txAnchorVert txAnchorVertCh txBlDir txDir unknownRelationship userA userB userC
userD userE userF userG userH userI userJ userK userL userM userN userO userP userQ userR userS
userT userU userV userW userX userY userZ var vert vertAlign w wArH wOff warmMatte white
"""
#: Every value of the enumerations among the types of the attributes above.
WORDS: Final = frozenset(_WORDS.split())
