"""VML that crosses (ECMA-376-4:2016, 19): the drawings of Word 97 to 2007.

Read by `_rules`: "elements: attributes"; `=kind` where an attribute holds more than a number, a
switch or a listed word, `#kind` where the element holds text. What is not listed does not cross.
"""

from __future__ import annotations

from typing import Final

V: Final = """
# Part 4, 19.1 VML
arc: alt=text coordorigin=vnum coordsize=vnum endangle fillcolor=color filled id=vid insetpen
    o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    print startangle strokecolor=color stroked strokeweight=vnum style=css wrapcoords=vnum
background: fill fillcolor=color id=vid o:bwmode o:bwnormal o:bwpure o:targetscreensize
curve: alt=text control1=vnum control2=vnum coordorigin=vnum coordsize=vnum fillcolor=color
    filled from=vnum id=vid insetpen o:allowincell o:allowoverlap o:borderbottomcolor=color
    o:borderleftcolor=color o:borderrightcolor=color o:bordertopcolor=color o:bullet
    o:bwmode o:bwnormal o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru
    o:dgmnodekind o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd
    o:insetmode icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn
    o:userhidden print strokecolor=color stroked strokeweight=vnum style=css to=vnum
    wrapcoords=vnum
f: eqn=guide
fill: alignshape angle aspect color=color color2=color colors=vcolors focus=vnum
    focusposition=vnum focussize=vnum id=vid method o:opacity2=vnum on
    opacity=vnum origin=vnum position=vnum r:id=rel recolor rotate size=vnum type
formulas handles
group: alt=text coordorigin=vnum coordsize=vnum editas id=vid o:allowincell o:allowoverlap
    o:bullet o:dgmlayout o:dgmlayoutmru o:dgmnodekind o:hr
    o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode o:oned o:regroupid o:spid=vid o:userdrawn
    o:userhidden print style=css wrapcoords=vnum
h: invx invy map=vnum polar=guide position=guide radiusrange=vnum switch xrange=vnum yrange=vnum
image: alt=text bilevel blacklevel=vnum coordsize=vnum cropbottom=vnum cropleft=vnum
    cropright=vnum croptop=vnum fillcolor=color filled gain=vnum gamma=vnum grayscale id=vid
    insetpen o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    print strokecolor=color stroked strokeweight=vnum style=css wrapcoords=vnum
imagedata: bilevel blacklevel=vnum chromakey=color cropbottom=vnum cropleft=vnum cropright=vnum
    croptop=vnum embosscolor=color gain=vnum gamma=vnum grayscale id=vid
    r:id=rel recolortarget=color
line: alt=text coordorigin=vnum coordsize=vnum fillcolor=color filled from=vnum id=vid insetpen
    o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    print strokecolor=color stroked strokeweight=vnum style=css to=vnum wrapcoords=vnum
oval rect: alt=text coordorigin=vnum coordsize=vnum fillcolor=color filled id=vid insetpen
    o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    print strokecolor=color stroked strokeweight=vnum style=css wrapcoords=vnum
path: arrowok fillok gradientshapeok id=vid insetpenok limo=vnum o:connectangles=vnum
    o:connectlocs=guide o:connecttype o:extrusionok shadowok strokeok textboxrect=guide
    textpathok v=vpath
polyline: alt=text coordorigin=vnum coordsize=vnum fillcolor=color filled id=vid insetpen
    o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    points=vnum print strokecolor=color stroked strokeweight=vnum style=css wrapcoords=vnum
roundrect: alt=text arcsize=vnum coordsize=vnum fillcolor=color filled id=vid insetpen
    o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    print strokecolor=color stroked strokeweight=vnum style=css wrapcoords=vnum
shadow: color=color color2=color id=vid matrix=vnum obscured offset=vnum offset2=vnum on
    opacity=vnum origin=vnum type
shape: adj=vnum alt=text coordorigin=vnum coordsize=vnum fillcolor=color filled id=vid insetpen
    o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    path=vpath print strokecolor=color stroked strokeweight=vnum style=css type=vid
    wrapcoords=vnum
shapetype: adj=vnum alt=text coordorigin=vnum coordsize=vnum fillcolor=color filled id=vid
    insetpen o:allowincell o:allowoverlap o:borderbottomcolor=color o:borderleftcolor=color
    o:borderrightcolor=color o:bordertopcolor=color o:bullet o:bwmode o:bwnormal
    o:bwpure o:clip o:cliptowrap o:connectortype o:dgmlayout o:dgmlayoutmru o:dgmnodekind
    o:forcedash o:hr o:hralign o:hrnoshade o:hrpct o:hrstd o:insetmode
    icon o:oned o:preferrelative o:regroupid o:spid=vid o:spt o:userdrawn o:userhidden
    path=vpath print strokecolor=color stroked strokeweight=vnum style=css wrapcoords=vnum
stroke: color=color color2=color dashstyle=vnum endarrow endarrowlength endarrowwidth endcap
    filltype id=vid imagealignshape imageaspect imagesize=vnum insetpen joinstyle linestyle
    miterlimit=vnum o:forcedash on opacity=vnum r:id=rel startarrow startarrowlength
    startarrowwidth weight=vnum
textbox: id=vid inset=vnum style=css
textpath: fitpath fitshape id=vid on string=text style=css trim xscale
"""

OFFICE: Final = """
# Part 4, 19.2 office extensions of VML
bottom column left right top: color=color color2=color dashstyle=vnum endarrow endarrowlength
    endarrowwidth endcap filltype imagealignshape imageaspect insetpen joinstyle linestyle
    miterlimit o:forcedash on opacity=vnum startarrow startarrowlength startarrowwidth
    weight=vnum
callout: accentbar angle distance=vnum drop=vnum dropauto gap=vnum length=vnum lengthspecified
    minusx minusy on textborder type
clippath: o:v=vpath
complex
extrusion: autorotationcenter backdepth=vnum brightness=vnum color=color diffusity=vnum
    edge=vnum facet=vnum foredepth=vnum lightface lightharsh lightharsh2 lightlevel=vnum
    lightlevel2=vnum lightposition=vnum lightposition2=vnum lockrotationcenter metal on
    orientation=vnum orientationangle render rotationangle=vnum rotationcenter=vnum shininess
    skewamt=vnum skewangle specularity=vnum type viewpoint=vnum viewpointorigin=vnum
fill: type
lock: adjusthandles aspectratio cropping grouping position rotation selection shapetype text
    ungrouping verticies
skew: matrix=vnum offset=vnum on origin=vnum
"""

W10: Final = """
# Part 4, 19.3 wrapping of VML
anchorlock
borderbottom borderleft borderright bordertop: shadow type width
wrap: anchorx anchory side type
"""

_WORDS: Final = """
HTMLInset HTMLOutset absolute any apples archedScallops atLeast atMost auto babyPacifier
babyRattle background balloons3Colors balloonsHotAir basicBlackDashes basicBlackDots
basicBlackSquares basicThinLines basicWhiteDashes basicWhiteDots basicWhiteSquares
basicWideInline basicWideMidline basicWideOutline bats bevel birds birdsFlight black
blackTextAndLines block both boundingCube bullseye cabins cakeSlice candyCorn canvas
celticKnotwork center certificateBanner chainLink champagneBottle checkedBarBlack
checkedBarColor checkered christmasTree circlesLines circlesRectangles classic classicalWave
clocks color compass confetti confettiGrays confettiOutline confettiStreamers confettiWhite
cornerTriangles couponCutoutDashes couponCutoutDots crazyMaze creaturesButterfly creaturesFish
creaturesInsects creaturesLadyBug crossStitch cup curved custom cycle dash dashDotDot
dashDotStroked dashSmallGap dashed dashedSmall decoArch decoArchColor decoBlocks diamond
diamondsGray dot dotDash dotDotDash dotted double doubleD doubleDiamonds doubleWave
drawingRelative earth1 earth2 eclipsingSquares1 eclipsingSquares2 eggsBlack elbow emboss f false
fans film firecrackers flat flowersBlockPrint flowersDaisies flowersModern1 flowersModern2
flowersPansy flowersRedRose flowersRoses flowersTeacup flowersTiny frame gems gingerbreadMan
gradient gradientCenter gradientRadial gradientUnscaled grayOutline grayScale hairline handmade1
handmade2 heartBalloon heartGray hearts heebieJeebies highContrast holly houseFunky hypnotic
iceCreamCones ignore inset inverseGray largest left lightBulb lightGrayScale lightning1
lightning2 linear long mapPins mapleLeaf mapleMuffins margin marquee marqueeToothed medium miter
moons mosaic musicNotes narrow nil none northwest oneCell open orgchart outset oval ovals
packages page palmsBlack palmsColor paperClips papyrus parallel partyFavor partyGlass pattern
pencils people peopleHats peopleWaving perspective poinsettias postageStamp preserve pumpkin1
pushPinNote1 pushPinNote2 pyramids pyramidsAbove quadrants radial rect right rings round safari
sawtooth sawtoothGray scaredCat seattle segments shadowedSquares shapeRelative shapes1 shapes2
sharksTeeth shorebirdTracks short sigma single skyrocket snowflakeFancy snowflakes solid
sombrero southwest square stacked stars stars3d starsBlack starsShadowed starsTop straight sun
swirligig t text thick thickBetweenThin thickBetweenThinLarge thickBetweenThinSmall thickThin
thickThinLarge thickThinLargeGap thickThinMediumGap thickThinSmall thickThinSmallGap thinThick
thinThickLarge thinThickLargeGap thinThickMediumGap thinThickSmall thinThickSmallGap
thinThickThinLargeGap thinThickThinMediumGap thinThickThinSmallGap thinThin threeDEmboss
threeDEngrave through tight tile topAndBottom tornPaper tornPaperBlack trees triangle1 triangle2
triangleCircle1 triangleCircle2 triangleParty triangles tribal1 tribal2 tribal3 tribal4 tribal5
tribal6 triple true twistedLines1 twistedLines2 twoCell undrawn venn vine wave waveline
weavingAngles weavingBraid weavingRibbon weavingStrips white whiteFlowers wide wireFrame
woodwork xIllusions zanyTriangles zigZag zigZagStitch
"""
#: Every value of the enumerations among the types of the attributes above.
WORDS: Final = frozenset(_WORDS.split())
