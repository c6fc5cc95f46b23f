"""PresentationML that crosses (ECMA-376-1:2016, 19).

Read by `_rules`: "elements: attributes"; `=kind` where an attribute holds more than a number, a
switch or a listed word, `#kind` where the element holds text. What is not listed does not cross.
"""

from __future__ import annotations

from typing import Final

P: Final = """
# 19.2 presentation
clrMru defaultTextStyle handoutMasterIdLst notesMasterIdLst penClr present presentationPr sldAll
    sldIdLst sldMasterIdLst
kiosk: restart
notesSz: cx cy
presentation: autoCompressPictures bookmarkIdSeed compatMode conformance embedTrueTypeFonts
    firstSlideNum removePersonalInfoOnSave rtl saveSubsetFonts serverZoom
    showSpecialPlsOnTitleSld strictFirstAndLastChars
showPr: loop showAnimation showNarration useTimings
sldId sldMasterId: id r:id=rel
sldRg: end st
sldSz: cx cy type
# 19.3 slides
bg grpSpPr spPr: bwMode
blipFill: dpi rotWithShape
bodyStyle clrMapOvr cmAuthorLst cmLst cxnSp graphicFrame grpSp handoutMaster notesMaster
    notesStyle nvCxnSpPr nvGraphicFramePr nvGrpSpPr nvPicPr nvSpPr otherStyle pic sldLayoutIdLst
    spTree style timing titleStyle txBody txStyles
cNvPr: descr=text hidden id name=blank title=text
cNvSpPr: txBox
cSld: name=name
clrMap: accent1 accent2 accent3 accent4 accent5 accent6 bg1 bg2 folHlink hlink tx1 tx2
cm: authorId dt idx
cmAuthor: clrIdx id initials=name lastIdx name=name
hf: dt ftr hdr sldNum
notes: showMasterPhAnim showMasterSp
nvPr: isPhoto userDrawn
ph: hasCustomPrompt idx orient sz type
pos: x y
sld: collapse r:id=rel show showMasterPhAnim showMasterSp
sldLayout: preserve showMasterPhAnim showMasterSp type userDrawn
sldMaster: preserve
sp: useBgFill
text: #text
transition: advClick advTm spd
xfrm: flipH flipV rot
# 19.3 views
cSldViewPr: showGuides snapToGrid snapToObjects
cViewPr: varScale
gridSpacing: cx cy
guide: orient pos
guideLst notesTextViewPr notesViewPr outlineViewPr scale slideViewPr
normalViewPr: horzBarState preferSingleView showOutlineIcons snapVertSplitter vertBarState
origin: x y
restoredLeft restoredTop: autoAdjust sz
sorterViewPr: showFormatting
viewPr: lastView showComments
# 19.5 animation, 19.3 transitions; others
anim: by=anim calcmode from=anim to=anim valueType
animClr: clrSpc dir
animEffect: filter=anim prLst=anim transition
animMotion: origin path=anim pathEditMode ptsTypes rAng
animRot: by=anim from=anim to=anim
animScale: zoomContents
attrName: #anim
attrNameLst bldAsOne bldLst bldSub cNvCxnSpPr cNvGraphicFramePr cNvGrpSpPr childTnLst circle
    clrVal diamond dissolve endCondLst excl graphicEl newsflash nextCondLst par plus prevCondLst
    progress random set sldTgt stCondLst subTnLst tavLst tgtEl tmplLst tnLst txEl val wedge
bgPr: shadeToTitle
bgRef: idx
bldDgm: bld grpId spid uiExpand
bldGraphic: grpId spid uiExpand
bldP: advAuto animBg autoUpdateAnimBg bldLvl build grpId rev spid uiExpand
blinds checker comb cover pull push randomBar strips wipe zoom: dir
boolVal fltVal intVal rtn tmAbs tmPct tn: val
by from rCtr to: x y
cBhvr: accumulate additive by=anim from=anim override rctx to=anim xfrmType
cNvPicPr: preferRelativeResize
cTn: accel afterEffect autoRev bldLvl decel display dur evtFilter fill grpId id masterRel nodePh
    nodeType presetClass presetID presetSubtype repeatCount repeatDur restart spd syncBehavior
    tmFilter=anim
charRg pRg: end st
cond endSync: delay evt
cut fade: thruBlk
font: charset panose pitchFamily typeface=font
handoutMasterId notesMasterId: r:id=rel
hsl: h l s
iterate: backwards type
rgb: b g r
seq: concurrent nextAc prevAc
sldLayoutId: id r:id=rel
spTgt subSp: spid
split: dir orient
strVal: val=anim
tav: fmla=anim tm
tmpl: lvl
wheel: spokes
"""

_WORDS: Final = """
35mm A3 A4 B4ISO B4JIS B5ISO B5JIS accent1 accent2 accent3 accent4 accent5 accent6 afterEffect
afterGroup all allAtOnce always auto banner base begin black blackGray blackWhite blank body
breadthByLvl breadthByNode canSlip ccw ccwIn ccwOut chart chartAndTx childStyle clickEffect
clickPar clipArt clipArtAndTx clipArtAndVertTx clr ctrTitle cust custom cw cwIn cwOut d dark1
dark2 depthByBranch depthByNode dgm discrete dk1 dk2 down dt el emph end entr exit false fast
first fixed fmla folHlink followedHyperlink fourObj freeze ftr full gray grayWhite hagakiCard
half handoutView hdr hidden hlink hold horz hsl hyperlink img in inByRing indefinite
interactiveSeq invGray l last layout ld ledger letter light1 light2 lin locked lt lt1 lt2 ltGray
ltr lu mainSeq masterPages maximized med media mediaAndTx mediacall minimized mult never
nextClick none norm normal notesMasterView notesView num obj objAndTwoObj objAndTx objOnly
objOverTx objTx onBegin onClick onDblClick onEnd onMediaBookmark onMouseOut onMouseOver onNext
onPrev onStopAudio out outByRing outline outlineView overhead p parent path pic picTx preserve
print pt quarter r rd relative remove repl restored rev rgb rtl ru sameClick screen16x10
screen16x9 screen4x3 secHead seek skipTimed sldImg sldMasterView sldNum sldSorterView
sldThumbnailView sldView slow str strict subTitle sum tbl title titleOnly tmRoot transition
transitional true twoColTx twoObj twoObjAndObj twoObjAndTx twoObjOverTx twoTxTwoObj tx
txAndChart txAndClipArt txAndMedia txAndObj txAndTwoObj txOverObj u up verb vert vertTitleAndTx
vertTitleAndTxOverChart vertTx wd web whenNotActive white whole withEffect withGroup
"""
#: Every value of the enumerations among the types of the attributes above.
WORDS: Final = frozenset(_WORDS.split())
