"""What nobody sees does not cross: a canary at every hidden place of an OpenDocument file."""

import io
import struct
import zipfile
import zlib

import pytest

from tests.sanitizers.office.opendocuments import (
    FORMULA,
    ODS,
    ODT,
    PNG,
    box,
    chart,
    content,
    drawing,
    embed,
    flat,
    frame,
    manifest,
    meta,
    package,
    picture,
    placed,
    settings,
    sheet,
    slides,
    styles,
    text,
    value,
)
from tests.sanitizers.office.packages import clean

CANARY = "KanariaO9Z"
ADDRESS = f"http://{CANARY}.example/"
MARK = f"<text:p>{CANARY}</text:p>"


def part(name: str, data: str | bytes = CANARY) -> bytes:
    """A text with one more file."""
    return text(files={name: data})


def with_settings(inner: str, make=text) -> bytes:
    """A file whose settings are `inner`."""
    return make(files={"settings.xml": settings(inner)})


def item(name: str, kind: str = "string", data: str = CANARY) -> str:
    """A setting."""
    return (
        '<config:config-item-set config:name="ooo:configuration-settings"><config:config-item '
        f'config:name="{name}" config:type="{kind}">{data}</config:config-item>'
        "</config:config-item-set>"
    )


def view(inner: str) -> str:
    """Settings of a view of Calc."""
    return (
        '<config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        f"{inner}</config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set>"
    )


def with_styles(**sections: str) -> bytes:
    """A text with styles.xml."""
    return text(files={"styles.xml": styles(**sections)})


def with_meta(inner: str) -> bytes:
    """A text with properties."""
    return text(files={"meta.xml": meta(inner)})


def with_object(files: dict[str, str | bytes]) -> bytes:
    """A text that shows the object in the folder `Object 1`."""
    return text(
        placed(embed("object", "./Object 1")),
        {f"Object 1/{name}": data for name, data in files.items()},
    )


def style(inner: str, attributes: str = 'style:family="paragraph"') -> str:
    """A style that a paragraph uses."""
    return f'<style:style style:name="P1" {attributes}>{inner}</style:style>'


def listeners(href: str = f"vnd.sun.star.script:{CANARY}?language=Basic") -> str:
    """Events with a script."""
    return (
        '<office:event-listeners><script:event-listener script:language="ooo:script" '
        f'script:event-name="dom:click" xlink:href="{href}" xlink:type="simple"/>'
        "</office:event-listeners>"
    )


def control(properties: str) -> bytes:
    """A form with one control that the text shows."""
    form = (
        f'<office:forms><form:form><form:button xml:id="c1" form:id="c1" {properties}>'
        f'<form:properties><form:property form:property-name="{CANARY}"/></form:properties>'
        "</form:button></form:form></office:forms>"
    )
    return text(
        f'{form}<text:p><draw:control draw:control="c1" svg:width="3cm" svg:height="1cm"/></text:p>'
    )


def extra_field() -> bytes:
    """A local and a central extra field."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("mimetype")
        info.extra = struct.pack("<HH", 0xCAFE, len(CANARY)) + CANARY.encode()
        info.comment = CANARY.encode()
        archive.writestr(info, ODT)
        archive.writestr("content.xml", content("<text:p>本文</text:p>"))
    return out.getvalue()


def gap() -> bytes:
    """Bytes between the last entry and the directory."""
    data = text()
    start = struct.unpack_from("<I", data, len(data) - 6)[0]
    planted = (CANARY * 3).encode()
    return data[:start] + planted + data[start:-6] + struct.pack("<IH", start + len(planted), 0)


def chunk() -> bytes:
    """A picture with a text chunk."""
    body = b"tEXt" + b"Comment\0" + CANARY.encode()
    planted = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return text(picture(), {"Pictures/a.png": PNG[:33] + planted + PNG[33:]})


PLACES = {
    # the package
    "unknown part": lambda: part("canary.bin"),
    "name of a part": lambda: part(f"{CANARY}.xml", "<a/>"),
    "comment of the package": lambda: package(
        {"content.xml": content("<text:p>字</text:p>")}, comment=CANARY.encode()
    ),
    "extra fields": extra_field,
    "after the end": lambda: text() + CANARY.encode(),
    "gap": gap,
    "entry of the manifest": lambda: part("META-INF/manifest.xml", manifest(
        f'<manifest:file-entry manifest:full-path="{CANARY}" manifest:media-type="{CANARY}"/>')),
    "manifest of RDF": lambda: part("manifest.rdf"),
    "signatures": lambda: part("META-INF/documentsignatures.xml"),
    "signatures of macros": lambda: part("META-INF/macrosignatures.xml"),
    "container": lambda: part("META-INF/container.xml"),
    "preview": lambda: part("Thumbnails/thumbnail.png"),
    "settings of toolbars": lambda: part(f"Configurations2/toolbar/{CANARY}.xml"),
    "layout cache": lambda: part("layout-cache"),
    "Basic": lambda: part("Basic/Standard/Module1.xml", f"<x>Sub {CANARY}</x>"),
    "dialogs": lambda: part("Dialogs/Standard/dialog-lb.xml"),
    "Python": lambda: part("Scripts/python/a.py"),
    "unused picture": lambda: part("Pictures/unused.png"),
    "unused object": lambda: part("Object 7/content.xml", chart(data=CANARY)),
    "picture of an object": lambda: part("ObjectReplacements/Object 1"),
    "versions": lambda: part("Versions/Version1"),
    "database": lambda: part("database/script"),
    # properties and settings
    "creator": lambda: with_meta(f"<dc:creator>{CANARY}</dc:creator>"),
    "subject": lambda: with_meta(f"<dc:subject>{CANARY}</dc:subject>"),
    "keyword": lambda: with_meta(f"<meta:keyword>{CANARY}</meta:keyword>"),
    "own field": lambda: with_meta(
        f'<meta:user-defined meta:name="{CANARY}">{CANARY}</meta:user-defined>'),
    "program": lambda: with_meta(f"<meta:generator>{CANARY}/1</meta:generator>"),
    "build of the program": lambda: with_meta(
        f"<meta:generator>LibreOffice/7.4.7.2$Linux LibreOffice_project/{CANARY}</meta:generator>"),
    "template": lambda: with_meta(f'<meta:template xlink:href="{ADDRESS}" xlink:title="a"/>'),
    "auto-reload": lambda: with_meta(f'<meta:auto-reload xlink:href="{ADDRESS}"/>'),
    "printer": lambda: with_settings(item("PrinterName")),
    "printer's own settings": lambda: with_settings(item("PrinterSetup", "base64Binary")),
    "database of the settings": lambda: with_settings(item("CurrentDatabaseDataSource")),
    "unknown setting": lambda: with_settings(item(CANARY, "boolean", "true")),
    "setting of another type": lambda: with_settings(item("TabOverflow", "boolean")),
    "layout of no printer": lambda: with_settings(item("PrinterIndependentLayout")),
    "sheet that is not there": lambda: with_settings(
        view(f'<config:config-item config:name="ActiveTable" config:type="string">{CANARY}'
             "</config:config-item>"), sheet),
    "settings of no sheet": lambda: with_settings(
        view('<config:config-item-map-named config:name="Tables"><config:config-item-map-entry '
             f'config:name="{CANARY}"><config:config-item config:name="ZoomValue" '
             'config:type="int">100</config:config-item></config:config-item-map-entry>'
             "</config:config-item-map-named>"), sheet),
    "name of a set": lambda: with_settings(
        f'<config:config-item-set config:name="{CANARY}"><config:config-item '
        'config:name="ZoomValue" config:type="int">90</config:config-item>'
        "</config:config-item-set>"),
    # markup
    "comment": lambda: text(f"<!-- {CANARY} -->"),
    "instruction": lambda: text(f"<?a {CANARY}?>"),
    "foreign element": lambda: text(f"<z:a>{CANARY}</z:a>"),
    "foreign element in a text": lambda: text(f"<text:p>前<z:a>{CANARY}</z:a>後</text:p>"),
    "foreign attribute": lambda: text(f'<text:p z:a="{CANARY}">字</text:p>'),
    "unknown attribute": lambda: text(f'<text:p text:canary="{CANARY}">字</text:p>'),
    "attribute without prefix": lambda: text(f'<text:p canary="{CANARY}">字</text:p>'),
    "unknown element": lambda: text(f"<text:canary>{CANARY}</text:canary>"),
    "declared namespace": lambda: text(f'<text:p xmlns:k="urn:{CANARY}">字</text:p>'),
    "text of no paragraph": lambda: text(CANARY),
    "text in a row": lambda: sheet(CANARY),
    "text of a gap": lambda: text(f"<text:p>前<text:s>{CANARY}</text:s>後</text:p>"),
    "attribute in the text of a gap": lambda: text(
        f"<text:p>前<text:tab> xlink:href='{ADDRESS}'</text:tab>後</text:p>"),
    "word for a number": lambda: text(
        placed(box("字"), f"draw:z-index='{CANARY}'")),
    "RDF of a paragraph": lambda: text(
        f'<text:p xhtml:about="{CANARY}" xhtml:property="{CANARY}">字</text:p>'),
    "description in RDF": lambda: text(
        f'<text:p><text:meta xhtml:content="{CANARY}">字</text:meta></text:p>'),
    "identifier": lambda: text(f'<text:p xml:id="{CANARY}">字</text:p>'),
    "name of a frame": lambda: text(placed(box("字"), f"draw:name='{CANARY}'")),
    "name of a comment": lambda: text(
        f'<text:p>字<office:annotation office:name="{CANARY}"><text:p>注</text:p>'
        f'</office:annotation>字<office:annotation-end office:name="{CANARY}"/></text:p>'),
    "date of a comment": lambda: text(
        f"<text:p>字<office:annotation><dc:date>{CANARY}</dc:date><text:p>注</text:p>"
        "</office:annotation></text:p>"),
    "rest of the root": lambda: package({"content.xml": content("").replace(
        "<office:body>", f"<office:meta><dc:title>{CANARY}</dc:title></office:meta><office:body>"
    )}),
    # scripts and events
    "scripts": lambda: text(
        before=f'<office:scripts><office:script script:language="ooo:Basic">{CANARY}'
        "</office:script></office:scripts>"),
    "script in a text": lambda: text(
        f'<text:p>字<text:script script:language="JavaScript">{CANARY}</text:script></text:p>'),
    "field of a macro": lambda: text(
        f'<text:p><text:execute-macro text:name="{CANARY}">字</text:execute-macro></text:p>'),
    "event of a link": lambda: text(
        f'<text:p><text:a xlink:href="#a" xlink:type="simple">{listeners()}字</text:a></text:p>'),
    "event of a picture": lambda: text(
        placed(box("字") + listeners())),
    "event of the document": lambda: text(
        before=f"<office:scripts>{listeners()}</office:scripts>"),
    "event of a slide": lambda: slides(
        frame(box("字") + '<office:event-listeners><presentation:event-listener '
              f'presentation:action="execute" xlink:href="{CANARY}"/></office:event-listeners>')),
    "macro of a validation": lambda: sheet(
        before='<table:content-validations><table:content-validation table:name="v">'
        f'<table:error-macro table:execute="true"/>{listeners()}</table:content-validation>'
        "</table:content-validations>"),
    "sound": lambda: slides(
        automatic='<style:style style:name="d" style:family="drawing-page">'
        f'<style:drawing-page-properties><presentation:sound xlink:href="{ADDRESS}"/>'
        "</style:drawing-page-properties></style:style>"),
    "command of an animation": lambda: slides(
        after=f'<anim:par><anim:command anim:command="{CANARY}"/>'
        f'<anim:audio xlink:href="{ADDRESS}"/></anim:par>'),
    # fields, links, sources
    "link": lambda: text(
        f'<text:p><text:a xlink:href="{ADDRESS}" xlink:type="simple">字</text:a></text:p>'),
    "script in a link": lambda: text(
        f'<text:p><text:a xlink:href="javascript:{CANARY}" xlink:type="simple">字</text:a></text:p>'
    ),
    "title of a link": lambda: text(
        f'<text:p><text:a xlink:href="#a" office:title="{CANARY}" xlink:title="{CANARY}" '
        f'office:target-frame-name="{CANARY}">字</text:a></text:p>'),
    "map of links": lambda: text(
        placed(box("字") + f"<draw:image-map><draw:area-rectangle xlink:href='{ADDRESS}'>"
               f"<svg:desc>{CANARY}</svg:desc></draw:area-rectangle></draw:image-map>")),
    "picture from outside": lambda: text(picture(ADDRESS + "a.png")),
    "picture of a folder above": lambda: text(picture(f"../{CANARY}.png")),
    "section from another file": lambda: text(
        f'<text:section text:name="s"><text:section-source xlink:href="{ADDRESS}" '
        f'text:section-name="{CANARY}"/><text:p>字</text:p></text:section>'),
    "section by DDE": lambda: text(
        '<text:section text:name="s"><office:dde-source office:dde-application="soffice" '
        f'office:dde-topic="{CANARY}" office:dde-item="a"/><text:p>字</text:p></text:section>'),
    "field by DDE": lambda: text(
        '<text:dde-connection-decls><text:dde-connection-decl office:name="d" '
        f'office:dde-application="{CANARY}" office:dde-topic="a" office:dde-item="b"/>'
        f'</text:dde-connection-decls><text:p><text:dde-connection text:connection-name="{CANARY}">'
        "字</text:dde-connection></text:p>"),
    "field of a database": lambda: text(
        f'<text:p><text:database-display text:database-name="{CANARY}" text:table-name="{CANARY}" '
        f'text:column-name="{CANARY}">字</text:database-display></text:p>'),
    "hidden field": lambda: text(
        f'<text:p>字<text:hidden-text text:is-hidden="true" text:condition="ooow:1" '
        f'text:string-value="{CANARY}">{CANARY}</text:hidden-text></text:p>'),
    "variable": lambda: text(
        '<text:variable-decls><text:variable-decl office:value-type="string" '
        f'text:name="{CANARY}"/></text:variable-decls><text:user-field-decls>'
        f'<text:user-field-decl office:string-value="{CANARY}" text:name="{CANARY}"/>'
        "</text:user-field-decls>"),
    "description of a field": lambda: text(
        f'<text:p><text:text-input text:description="{CANARY}">字</text:text-input></text:p>'),
    "choices of a field": lambda: text(
        f'<text:p><text:drop-down text:name="{CANARY}"><text:label text:value="{CANARY}"/>字'
        "</text:drop-down></text:p>"),
    "file of an index": lambda: text(
        '<text:alphabetical-index text:name="i"><text:alphabetical-index-source>'
        f'<text:alphabetical-index-auto-mark-file xlink:href="{ADDRESS}"/>'
        "</text:alphabetical-index-source><text:index-body/></text:alphabetical-index>"),
    "sheet from another file": lambda: sheet(
        before=f'<table:table table:name="a"><table:table-source xlink:href="{ADDRESS}" '
        f'table:table-name="{CANARY}"/><table:table-row><table:table-cell/></table:table-row>'
        "</table:table>"),
    "kept sheet of another file": lambda: sheet(
        after=f"<table:table table:name=\"'file:///{CANARY}.ods'#a\"><table:table-row>"
        f"{value(words=CANARY)}</table:table-row></table:table>"),
    "cells from another file": lambda: sheet(
        '<table:table-cell><table:cell-range-source table:name="a" table:filter-name="calc8" '
        f'xlink:href="{ADDRESS}"/><text:p>字</text:p></table:table-cell>'),
    "cells of a database": lambda: sheet(
        after='<table:database-ranges><table:database-range table:name="d" '
        'table:target-range-address="集計.A1:集計.B2"><table:database-source-sql '
        f'table:database-name="{CANARY}" table:sql-statement="SELECT {CANARY}"/>'
        "</table:database-range></table:database-ranges>"),
    "service of a pivot table": lambda: sheet(
        after='<table:data-pilot-tables><table:data-pilot-table table:name="p" '
        f'table:application-data="{CANARY}"><table:source-service table:name="{CANARY}" '
        f'table:source-name="{CANARY}" table:object-name="{CANARY}"/></table:data-pilot-table>'
        "</table:data-pilot-tables>"),
    "links by DDE": lambda: sheet(
        after=f'<table:dde-links><table:dde-link><office:dde-source office:dde-topic="{CANARY}"/>'
        f"<table:table><table:table-row>{value(words=CANARY)}</table:table-row></table:table>"
        "</table:dde-link></table:dde-links>"),
    "scenario": lambda: sheet(
        before=f'<table:table table:name="s"><table:scenario table:comment="{CANARY}" '
        'table:scenario-ranges="s.A1"/></table:table>'),
    "consolidation": lambda: sheet(
        after=f'<table:consolidation table:source-cell-range-addresses="{CANARY}.A1"/>'),
    "web service": lambda: sheet(value(formula=f"of:=WEBSERVICE(&quot;{ADDRESS}&quot;)")),
    "DDE formula": lambda: sheet(
        value(formula=f"of:=DDE(&quot;soffice&quot;;&quot;{CANARY}&quot;;&quot;a&quot;)")),
    "link formula": lambda: sheet(value(formula=f"of:=HYPERLINK(&quot;{ADDRESS}&quot;;1)")),
    "formula of another file": lambda: sheet(
        value(formula=f"of:=['file:///{CANARY}.ods'#$a.A1]")),
    "name of another file": lambda: sheet(
        after='<table:named-expressions><table:named-expression table:name="n" '
        f"table:expression=\"of:=['file:///{CANARY}.ods'#$a.A1]\"/></table:named-expressions>"),
    "language of a formula": lambda: sheet(value(formula=f"{CANARY}:=1")),
    "password of a sheet": lambda: sheet(
        before=f'<table:table table:name="p" table:protected="true" table:protection-key="{CANARY}"'
        '><table:table-row><table:table-cell/></table:table-row></table:table>'),
    # forms
    "property of a control": lambda: control('form:label="押す"'),
    "name of a control": lambda: control(f'form:label="押す" form:name="{CANARY}"'),
    "target of a control": lambda: control(f'form:label="押す" xlink:href="{ADDRESS}"'),
    "title of a control": lambda: control(f'form:label="押す" form:title="{CANARY}"'),
    "hidden control": lambda: text(
        f'<office:forms><form:form xlink:href="{ADDRESS}"><form:hidden form:value="{CANARY}"/>'
        "</form:form></office:forms>"),
    "model of XForms": lambda: text(
        '<office:forms><z:model xmlns:z="http://www.w3.org/2002/xforms"><z:instance>'
        f"{CANARY}</z:instance></z:model></office:forms>"),
    # styles
    "unused style": lambda: with_styles(
        common=f'<style:style style:name="{CANARY}" style:family="paragraph"/>'),
    "display name of an unused style": lambda: with_styles(
        common=f'<style:style style:name="u" style:display-name="{CANARY}" '
        'style:family="paragraph"/>'),
    "unused own style": lambda: text(
        automatic=f'<style:style style:name="{CANARY}" style:family="text"/>'),
    "unused number format": lambda: text(
        automatic=f'<number:number-style style:name="N9"><number:text>{CANARY}</number:text>'
        "</number:number-style>"),
    "unused font": lambda: with_styles(
        fonts=f'<style:font-face style:name="{CANARY}" svg:font-family="{CANARY}"/>'),
    "embedded font": lambda: with_styles(
        fonts=f'<style:font-face style:name="f"><svg:font-face-src><svg:font-face-uri '
        f'xlink:href="{ADDRESS}"/></svg:font-face-src></style:font-face>'),
    "unused gradient": lambda: with_styles(common=f'<draw:gradient draw:name="{CANARY}"/>'),
    "unused template of tables": lambda: with_styles(
        common=f'<table:table-template table:name="{CANARY}"/>'),
    "style that is not there": lambda: text(f'<text:p text:style-name="{CANARY}">字</text:p>'),
    "parent that is not there": lambda: text(
        '<text:p text:style-name="P1">字</text:p>',
        automatic=style("", f'style:family="text" style:parent-style-name="{CANARY}"')),
    "unused master": lambda: with_styles(
        masters='<style:master-page style:name="Standard"/><style:master-page '
        f'style:name="other"><style:header>{MARK}</style:header></style:master-page>'),
    "condition of a style": lambda: text(
        '<text:p text:style-name="P1">字</text:p>', automatic=style(
            f'<style:map style:condition="{CANARY}()" style:apply-style-name="P1"/>')),
    "class of a style": lambda: text(
        '<text:p text:style-name="P1">字</text:p>',
        automatic=style("", f'style:family="paragraph" style:class="{CANARY}"')),
    # pictures and objects
    "comment of a picture": chunk,
    "bytes behind a picture": lambda: text(
        picture(), {"Pictures/a.png": PNG + CANARY.encode()}),
    "filter of a picture": lambda: text(
        placed(f"<draw:image xlink:href='Pictures/a.png' draw:filter-name='{CANARY}'/>"),
        {"Pictures/a.png": PNG}),
    "unknown object": lambda: text(
        placed(embed("object-ole", "./Object 1")),
        {"Object 1": f"\0{CANARY}\0"}),
    "class of an object": lambda: text(
        placed(f"<draw:object-ole draw:class-id='{CANARY}'/>")),
    "parameters of a plug-in": lambda: text(
        placed(f"<draw:plugin draw:mime-type='{CANARY}' xlink:href='{ADDRESS}'>"
               f"<draw:param draw:name='{CANARY}' draw:value='{CANARY}'/></draw:plugin>")),
    "applet": lambda: text(
        placed(f"<draw:applet draw:code='{CANARY}' draw:archive='{ADDRESS}'/>")),
    "floating frame": lambda: text(
        placed(f"<draw:floating-frame xlink:href='{ADDRESS}' draw:frame-name='{CANARY}'/>")),
    "object from outside": lambda: text(placed(embed("object", ADDRESS))),
    "annotation of a formula": lambda: with_object({"content.xml": FORMULA.format(
        f'<annotation encoding="StarMath 5.0">{CANARY}</annotation>')}),
    "action of a formula": lambda: with_object({"content.xml": FORMULA.format("").replace(
        "<mi>", f'<mi xlink:href="{ADDRESS}" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'actiontype="{CANARY}">')}),
    "properties of an object": lambda: with_object(
        {"content.xml": chart(), "meta.xml": meta(f"<dc:title>{CANARY}</dc:title>")}),
    "settings of an object": lambda: with_object(
        {"content.xml": chart(), "settings.xml": settings(item("PrinterName"))}),
    "file beside an object": lambda: with_object({"content.xml": chart(), "x.bin": CANARY}),
    "source of a chart": lambda: with_object({"content.xml": chart().replace(
        'xlink:href=".."', f'xlink:href="{ADDRESS}"')}),
    "style that a chart does not use": lambda: with_object({"content.xml": chart().replace(
        "<office:automatic-styles>",
        f'<office:automatic-styles><style:style style:name="{CANARY}" style:family="chart"/>')}),
    # other kinds
    "notes of a foreign kind": lambda: slides(f"<z:notes>{CANARY}</z:notes>"),
    "own show without slides": lambda: slides(f"<presentation:show {CANARY}='a'/>"),
    "name of an equation": lambda: drawing(
        '<draw:custom-shape svg:width="1cm" svg:height="1cm"><draw:enhanced-geometry '
        f'draw:enhanced-path="M 0 0 L 1 1 N"><draw:equation draw:name="{CANARY}" '
        'draw:formula="1"/></draw:enhanced-geometry></draw:custom-shape>'),
    "outline of letters": lambda: drawing(
        f'<draw:path svg:d="M 0 0 {CANARY}" svg:width="1cm" svg:height="1cm"/>'),
    "layer of a foreign kind": lambda: drawing(f'<draw:layer z:a="{CANARY}"/>'),
    # flat files
    "attribute of the root": lambda: flat(attributes=f'z:a="{CANARY}"'),
    "settings of a flat file": lambda: flat(
        inner=f"<office:settings>{item('PrinterName')}</office:settings>"),
    "properties of a flat file": lambda: flat(
        inner=f"<office:meta><dc:creator>{CANARY}</dc:creator></office:meta>"),
    "macros of a flat file": lambda: flat(
        inner='<office:scripts><office:script script:language="ooo:Basic"><ooo:libraries>'
        f"<ooo:module>{CANARY}</ooo:module></ooo:libraries></office:script></office:scripts>"),
    "unused style of a flat file": lambda: flat(
        inner=f'<office:styles><style:style style:name="{CANARY}"/></office:styles>', kind=ODS),
    "behind a flat file": lambda: flat() + f"<!-- {CANARY} -->".encode(),
}  # fmt: skip


def inflated(data: bytes) -> bytes:
    """The bytes of a file, and of all parts of a package."""
    if data[:2] != b"PK":
        return data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join((data, *(archive.read(name) for name in archive.namelist())))


@pytest.mark.parametrize("place", PLACES)
def test_what_nobody_sees_does_not_cross(place):
    data = PLACES[place]()
    assert CANARY.encode() in inflated(data), "planted nowhere"
    result = clean(data)
    assert CANARY.encode() not in result.everything, place
    assert CANARY.encode("utf-16-le") not in result.everything, place
    assert not result.beside


def test_there_are_places_enough():
    assert len(PLACES) >= 120
