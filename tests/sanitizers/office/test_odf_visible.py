"""What people see in OpenDocument files crosses, and stays where it was."""

import pytest

from tests.sanitizers.office.opendocuments import (
    ODP,
    ODS,
    ODT,
    PNG,
    box,
    content,
    drawing,
    embed,
    flat,
    frame,
    meta,
    package,
    placed,
    settings,
    sheet,
    slides,
    styles,
    text,
    value,
)
from tests.sanitizers.office.packages import clean

SHOWN = "見える文字①㈱髙"


def written(data: bytes, name: str = "content.xml", **options: str) -> str:
    """A part of the output as text."""
    return clean(data, **options).parts[name].decode()


def changes(inner: str) -> str:
    """A tracked change of a text."""
    return (
        f'<text:tracked-changes><text:changed-region text:id="c1">{inner}</text:changed-region>'
        "</text:tracked-changes>"
    )


INFO = (
    "<office:change-info><dc:creator>総務課</dc:creator><dc:date>2026-04-01T09:00:00</dc:date>"
    "</office:change-info>"
)
IN_TEXT = {
    "paragraph": f"<text:p>{SHOWN}</text:p>",
    "heading": f'<text:h text:outline-level="1">{SHOWN}</text:h>',
    "span": f"<text:p>前<text:span>{SHOWN}</text:span>後</text:p>",
    "list": f"<text:list><text:list-item><text:p>{SHOWN}</text:p></text:list-item></text:list>",
    "table": f"<table:table><table:table-row><table:table-cell><text:p>{SHOWN}</text:p>"
             "</table:table-cell></table:table-row></table:table>",
    "footnote": f'<text:p><text:note text:note-class="footnote"><text:note-citation>1'
                f"</text:note-citation><text:note-body><text:p>{SHOWN}</text:p></text:note-body>"
                "</text:note></text:p>",
    "comment": f"<text:p><office:annotation><dc:creator>課長</dc:creator><text:p>{SHOWN}</text:p>"
               "</office:annotation></text:p>",
    "author of a comment": f"<text:p><office:annotation><dc:creator>{SHOWN}</dc:creator>"
                           "</office:annotation></text:p>",
    "deleted text": changes(f"<text:deletion>{INFO}<text:p>{SHOWN}</text:p></text:deletion>"),
    "author of a change": changes(
        f"<text:insertion>{INFO.replace('総務課', SHOWN)}</text:insertion>"),
    "ruby": f"<text:p><text:ruby><text:ruby-base>漢字</text:ruby-base><text:ruby-text>{SHOWN}"
            "</text:ruby-text></text:ruby></text:p>",
    "text box": placed(box(SHOWN)),
    "shape": '<text:p><draw:custom-shape svg:width="3cm" svg:height="1cm"><text:p>'
             f"{SHOWN}</text:p></draw:custom-shape></text:p>",
    "alternative text": placed(f"{embed('image', 'Pictures/a.png')}<svg:desc>{SHOWN}</svg:desc>"),
    "index": '<text:table-of-content text:name="目次"><text:table-of-content-source/>'
             f"<text:index-body><text:p>{SHOWN}</text:p></text:index-body></text:table-of-content>",
    "field": f'<text:p><text:page-number>{SHOWN}</text:page-number></text:p>',
    "sender": f"<text:p><text:sender-company>{SHOWN}</text:sender-company></text:p>",
    "conditional text that is shown": '<text:p><text:hidden-text text:is-hidden="false">'
                                      f"{SHOWN}</text:hidden-text></text:p>",
    "choice of a field": f'<text:p><text:drop-down text:name="a"><text:label text:value="b"/>'
                         f"{SHOWN}</text:drop-down></text:p>",
    "content control": f"<text:p><loext:content-control>{SHOWN}</loext:content-control></text:p>",
    "text of a link": f'<text:p><text:a xlink:href="http://a.example/">{SHOWN}</text:a></text:p>',
    "hidden section": '<text:section text:name="s" text:display="none"><text:p>'
                      f"{SHOWN}</text:p></text:section>",
    "section from another file": '<text:section text:name="s"><text:section-source '
                                 f'xlink:href="http://a.example/"/><text:p>{SHOWN}</text:p>'
                                 "</text:section>",
    "text of a control": '<office:forms><form:form><form:text form:id="c" form:current-value='
                         f'"{SHOWN}"/></form:form></office:forms><text:p><draw:control '
                         'draw:control="c" svg:width="1cm" svg:height="1cm"/></text:p>',
}  # fmt: skip


@pytest.mark.parametrize("place", IN_TEXT)
def test_the_words_of_a_text_cross(place):
    assert SHOWN in written(text(IN_TEXT[place], {"Pictures/a.png": PNG}))
    assert SHOWN in written(flat(IN_TEXT[place]))


def test_words_and_gaps_keep_their_order():
    body = (
        '<text:p>一<text:s text:c="3"/>二<text:tab/>三<text:line-break/>四<text:span>五'
        "</text:span>六</text:p>"
    )
    assert body in written(text(body))


@pytest.mark.parametrize(
    ("control", "shown"),
    [
        ('checkbox form:id="c" form:label="同意" form:current-state="checked"', "☑ 同意"),
        ('checkbox form:id="c" form:label="同意"', "☐ 同意"),
        ('radio form:id="c" form:label="男" form:current-selected="true"', "☑ 男"),
        ('button form:id="c" form:label="押す"', "押す"),
        ('password form:id="c" form:current-value="秘密"', ""),
    ],
)
def test_a_control_becomes_the_text_that_it_shows(control, shown):
    body = written(text(
        f"<office:forms><form:form><form:{control}/></form:form></office:forms><text:p>"
        '<draw:control draw:control="c" svg:width="1cm" svg:height="1cm"/></text:p>'
    ))  # fmt: skip
    assert f"<draw:text-box><text:p>{shown}</text:p></draw:text-box>" in body


CELLS = {
    "number": value("1234.5"),
    "small number": value("0.0000000000000444089209850063"),
    "text": '<table:table-cell office:value-type="string"><text:p>見える</text:p>'
            "</table:table-cell>",
    "date": '<table:table-cell office:value-type="date" office:date-value="2026-04-01"><text:p>'
            "令和8年4月1日</text:p></table:table-cell>",
    "time": '<table:table-cell office:value-type="time" office:time-value="PT09H30M00S"><text:p>'
            "9:30</text:p></table:table-cell>",
    "truth": '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>'
             "TRUE</text:p></table:table-cell>",
    "money": '<table:table-cell office:value-type="currency" office:currency="JPY" '
             'office:value="500"><text:p>¥500</text:p></table:table-cell>',
    "sum": value("3", "of:=SUM([.A1:.B1])"),
    "other sheet": value("3", "of:=[$'令和8年度 予算'.A1]+[$集計.$B$2]"),
    "text in a formula": value("3", "of:=IF([.A1]=&quot;http://a.example/&quot;;1;0)"),
    "named range": value("3", "of:=売上-SUM([.A1:.A3])"),
    "function of Excel": value("3", "of:=COM.MICROSOFT.CONCAT([.A1];&quot;、&quot;)"),
    "array": '<table:table-cell table:number-matrix-columns-spanned="1" '
             'table:number-matrix-rows-spanned="1" table:formula="of:=TRANSPOSE([.A1:.B1])" '
             'office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>',
    "error": value("0", "of:=[.#REF!]+1"),
    "merged": '<table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="1">'
              "<text:p>広い</text:p></table:table-cell><table:covered-table-cell/>",
    "comment": "<table:table-cell><office:annotation><dc:creator>係</dc:creator><text:p>注</text:p>"
               "</office:annotation></table:table-cell>",
}  # fmt: skip


@pytest.mark.parametrize("place", CELLS)
def test_cells_keep_their_value_and_their_formula(place):
    assert CELLS[place] in written(sheet(CELLS[place]))


FETCHING = (
    "of:=WEBSERVICE(&quot;http://a.example/&quot;)",
    "of:=DDE(&quot;soffice&quot;;&quot;a&quot;;&quot;b&quot;)",
    "of:=HYPERLINK(&quot;http://a.example/&quot;;1)",
    "of:=['file:///b.ods'#$集計.A1]",
    "msoxl:=[1]集計!A1",
    "of:=INFO(&quot;directory&quot;)",
    "of:=COM.SUN.STAR.SHEET.ADDIN.OTHER([.A1])",
    "of:=自作関数([.A1])",
    "x:=1",
)


@pytest.mark.parametrize("formula", FETCHING)
def test_a_formula_that_fetches_becomes_its_last_value(formula):
    result = clean(sheet(value("7", formula)))
    assert value("7") in result.parts["content.xml"].decode()
    assert "formula" in result.kinds


AROUND = {
    "hidden sheet": '<table:table table:name="隠し" table:display="false"><table:table-row>'
                    f"{value('9')}</table:table-row></table:table>",
    "print range": '<table:table table:name="印刷" table:print-ranges="印刷.A1:印刷.B2">'
                   "<table:table-row><table:table-cell/></table:table-row></table:table>",
    "name": '<table:named-expressions><table:named-range table:name="売上" '
            'table:base-cell-address="$集計.$A$1" table:cell-range-address="$集計.$A$1:.$B$2"/>'
            "</table:named-expressions>",
    "filter": '<table:database-ranges><table:database-range table:name="表" '
              'table:target-range-address="集計.A1:集計.B9" table:display-filter-buttons="true"/>'
              "</table:database-ranges>",
    "pivot table": '<table:data-pilot-tables><table:data-pilot-table table:name="集計表" '
                   'table:target-range-address="集計.D1:集計.E9"><table:source-cell-range '
                   'table:cell-range-address="集計.A1:集計.B9"/></table:data-pilot-table>'
                   "</table:data-pilot-tables>",
}  # fmt: skip


@pytest.mark.parametrize("place", AROUND)
def test_what_stands_around_the_cells_crosses(place):
    assert AROUND[place] in written(sheet(after=AROUND[place]))


def test_validations_and_conditional_formats_cross():
    validation = (
        '<table:content-validations><table:content-validation table:name="v1" table:condition='
        '"of:cell-content-is-in-list(&quot;可&quot;;&quot;否&quot;)" '
        'table:base-cell-address="集計.A1"><table:help-message table:title="選"><text:p>選</text:p>'
        "</table:help-message></table:content-validation></table:content-validations>"
    )
    condition = (
        "<calcext:conditional-formats><calcext:conditional-format calcext:target-range-address="
        '"集計.A1:集計.A9"><calcext:condition calcext:apply-style-name="赤" '
        'calcext:value="&gt;100" calcext:base-cell-address="集計.A1"/>'
        "</calcext:conditional-format></calcext:conditional-formats>"
    )
    red = '<style:style style:name="赤" style:family="table-cell"/>'
    data = sheet(before=validation, after=condition, files={"styles.xml": styles(common=red)})
    result = clean(data)
    assert validation in result.parts["content.xml"].decode()
    assert condition in result.parts["content.xml"].decode()
    assert red in result.parts["styles.xml"].decode()


def test_frozen_panes_and_the_sheet_shown_first_stay():
    item = '<config:config-item config:name="{}" config:type="{}">{}</config:config-item>'
    view = (
        '<config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed '
        'config:name="Views"><config:config-item-map-entry><config:config-item-map-named '
        'config:name="Tables"><config:config-item-map-entry config:name="集計">'
        + item.format("HorizontalSplitMode", "short", "2")
        + item.format("HorizontalSplitPosition", "int", "1")
        + "</config:config-item-map-entry></config:config-item-map-named>"
        + item.format("ActiveTable", "string", "集計")
        + "</config:config-item-map-entry></config:config-item-map-indexed>"
        "</config:config-item-set>"
    )
    assert view in written(sheet(files={"settings.xml": settings(view)}), "settings.xml")


IN_SLIDES = {
    "text box": frame(box(SHOWN)),
    "notes": f"<presentation:notes>{frame(box(SHOWN))}</presentation:notes>",
    "comment": f"<office:annotation><dc:creator>課長</dc:creator><text:p>{SHOWN}</text:p>"
               "</office:annotation>",
    "group": f"<draw:g>{frame(box(SHOWN))}</draw:g>",
    "table": frame(f"<table:table><table:table-row><table:table-cell><text:p>{SHOWN}</text:p>"
                   "</table:table-cell></table:table-row></table:table>"),
}  # fmt: skip


@pytest.mark.parametrize("place", IN_SLIDES)
@pytest.mark.parametrize("make", [slides, drawing])
def test_the_words_of_slides_and_drawings_cross(place, make):
    assert SHOWN in written(make(IN_SLIDES[place]))


def test_a_table_of_a_slide_needs_no_preview():
    shown = frame(
        "<table:table><table:table-row><table:table-cell/></table:table-row></table:table>"
        + embed("image", "Pictures/TablePreview1.svm")
    )
    result = clean(slides(shown, {"Pictures/TablePreview1.svm": b"VCLMTF"}))
    assert "draw:image" not in result.parts["content.xml"].decode()
    assert "withheld_part" not in result.kinds


def test_animations_keep_their_order_and_who_starts_them():
    data = slides(
        '<draw:rect xml:id="a" draw:id="a"/>',
        after='<anim:par xml:id="p"><anim:par smil:begin="p.begin+0.5s"><anim:set '
        'smil:targetElement="a" smil:attributeName="visibility" smil:to="visible"/></anim:par>'
        "</anim:par>",
    )
    body = written(data)
    assert 'xml:id="id1" draw:id="id1"' in body
    assert 'xml:id="id2"><anim:par smil:begin="id2.begin+0.5s">' in body
    assert 'smil:targetElement="id1"' in body


def test_the_parts_of_an_outline_keep_their_names():
    shape = (
        '<draw:custom-shape svg:width="3cm" svg:height="1cm"><draw:enhanced-geometry '
        'svg:viewBox="0 0 21600 21600" draw:type="rectangular-callout" draw:modifiers="4000 9000" '
        'draw:enhanced-path="M 0 0 L ?f0 21600 Z N"><draw:equation draw:name="f0" '
        'draw:formula="$0 -10800"/></draw:enhanced-geometry></draw:custom-shape>'
    )
    assert shape in written(drawing(shape))


FIELD = 'xmlns:f="urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0"'
TYPE = 'f:type="vnd.oasis.opendocument.field.FORM'


@pytest.mark.parametrize(
    ("inner", "shown"),
    [
        (f'{TYPE}CHECKBOX"><f:param f:name="Checkbox_Checked" f:value="true"/>', "☑"),
        (f'{TYPE}CHECKBOX">', "☐"),
        (f'{TYPE}DROPDOWN"><f:param f:name="Dropdown_ListEntry" f:value="春"/><f:param '
         'f:name="Dropdown_ListEntry" f:value="夏"/><f:param f:name="Dropdown_Selected" '
         'f:value="1"/>', "夏"),
        (f'{TYPE}DROPDOWN"><f:param f:name="Dropdown_Selected" f:value="99999999999"/>', ""),
    ],
)  # fmt: skip
def test_fields_of_words_forms_become_what_they_show(inner, shown):
    body = written(text(f"<text:p>前<f:fieldmark {FIELD} {inner}</f:fieldmark>後</text:p>"))
    assert f"前{shown}後" in body


def test_text_of_an_element_that_has_none_does_not_become_markup():
    gap = "<text:s> text:c='9'</text:s>"
    result = clean(text(f"<text:p>前{gap}後</text:p>"))
    assert "<text:p>前<text:s/>後</text:p>" in result.parts["content.xml"].decode()
    assert "unknown_data" in result.kinds


def test_frames_whose_text_flows_on_stay_chained():
    first = placed(box("一").replace("<draw:text-box", '<draw:text-box draw:chain-next-name="枠2"'),
                   'draw:name="枠1"')  # fmt: skip
    body = written(text(first + placed(box("二"), 'draw:name="枠2"')))
    assert 'draw:name="id1"' in body
    assert 'draw:chain-next-name="id2"' in body
    assert 'draw:name="id2"' in body


def test_styles_that_are_used_stay_with_what_they_build_on():
    automatic = (
        '<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Base">'
        '<style:text-properties fo:color="#ff0000" style:font-name="明朝"/></style:style>'
    )
    base = (
        '<style:style style:name="Base" style:family="paragraph">'
        '<style:paragraph-properties fo:margin-top="0.5cm" fo:text-align="center"/></style:style>'
    )
    font = '<style:font-face style:name="明朝" svg:font-family="&apos;ＭＳ 明朝&apos;"/>'
    data = text(
        '<text:p text:style-name="P1">字</text:p>', {"styles.xml": styles(base, fonts=font)},
        automatic=automatic,
    )  # fmt: skip
    result = clean(data)
    assert automatic in result.parts["content.xml"].decode()
    assert base in result.parts["styles.xml"].decode()
    assert font.replace("&apos;", "'") in result.parts["styles.xml"].decode()
    assert 'text:style-name="P1">字' in result.parts["content.xml"].decode()


def test_headings_stay_numbered():
    outline = (
        '<text:outline-style style:name="Outline"><text:outline-level-style text:level="1" '
        'style:num-format="1" style:num-prefix="第" style:num-suffix="章"/></text:outline-style>'
    )
    assert outline in written(text(files={"styles.xml": styles(outline)}), "styles.xml")


def test_headers_and_footers_of_a_used_master_stay():
    master = (
        '<style:master-page style:name="Standard"><style:header><text:p>役場</text:p>'
        "</style:header></style:master-page>"
    )
    assert master in written(text(files={"styles.xml": styles(masters=master)}), "styles.xml")


def test_the_title_stays_and_nothing_else_of_the_properties_but_the_program():
    data = text(files={"meta.xml": meta(
        "<dc:title>予算  書</dc:title><dc:creator>山田</dc:creator><meta:generator>"
        "LibreOffice/7.4.7.2$Linux_X86_64 LibreOffice_project/40$Build-2</meta:generator>"
    )})  # fmt: skip
    inner = written(data, "meta.xml").partition("<office:meta>")[2].partition("</office:meta>")[0]
    assert inner == (
        "<meta:generator>LibreOffice/7.4.7.2 LibreOffice_project/0</meta:generator>"
        "<dc:title>予算 書</dc:title>"
    )


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("OpenOffice.org/3.2$Linux OpenOffice.org_project/320m19$Build-9505",
         "OpenOffice.org/3.2 OpenOffice.org_project/320m19$Build-9505"),
        ("MicrosoftOffice/14.0 MicrosoftWord", "MicrosoftOffice/14.0 MicrosoftWord"),
        ("Other/1.0", ""),
    ],
)  # fmt: skip
def test_the_program_is_written_from_parts_that_are_listed(said, kept):
    data = text(files={"meta.xml": meta(f"<meta:generator>{said}</meta:generator>")})
    inner = written(data, "meta.xml").partition("<office:meta>")[2].partition("</office:meta>")[0]
    assert inner == (f"<meta:generator>{kept}</meta:generator>" if kept else "")


@pytest.mark.parametrize(("said", "kept"), [("1.2", "1.2"), ("1.0", "1.0"), ("9.9", "1.3")])
def test_the_version_of_the_standard_stays_as_programs_compare_it(said, kept):
    body = content("<text:p>字</text:p>").replace('version="1.3"', f'version="{said}"')
    result = clean(package({"content.xml": body}))
    assert f'office:version="{kept}"' in result.parts["content.xml"].decode()
    assert f'version="{max(kept, "1.2")}"' in result.parts["META-INF/manifest.xml"].decode()


@pytest.mark.parametrize("address", ["https://a.example/字?b=c&amp;d", "mailto:a@b.example"])
def test_links_of_people_stay_by_policy_and_go_without(address):
    data = text(f'<text:p><text:a xlink:href="{address}" xlink:type="simple">字</text:a></text:p>')
    assert "text:a" not in written(data)
    kept = written(data, links="keep")
    assert (
        f'<text:a xlink:href="{address.replace("字", "%E5%AD%97")}" xlink:type="simple">字' in kept
    )


@pytest.mark.parametrize("address", ["file:///etc/passwd", "../a.ods", "vnd.sun.star.script:a"])
def test_other_links_never_stay(address):
    data = text(f'<text:p><text:a xlink:href="{address}" xlink:type="simple">字</text:a></text:p>')
    assert "text:a" not in written(data, links="keep")


def test_links_inside_of_the_document_stay():
    link = '<text:a xlink:href="#第1章|outline" xlink:type="simple">字</text:a>'
    assert link in written(text(f"<text:p>{link}</text:p>"))


def test_names_of_old_drafts_are_written_in_their_new_form():
    automatic = (
        '<style:style style:name="P1" style:family="paragraph"><style:text-properties '
        'xmlns:fo="http://www.w3.org/1999/XSL/Format" fo:color="#ff0000"/></style:style>'
    )
    body = written(text('<text:p text:style-name="P1">字</text:p>', automatic=automatic))
    assert '<style:text-properties fo:color="#ff0000"/>' in body


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(flat(), ODT), (flat(kind=ODS, body="<table:table/>"), ODS), (flat(kind=ODP), ODP)],
)
def test_flat_files_become_packages(data, media_type):
    result = clean(data)
    assert result.cleaned.media_type == media_type
    assert result.parts["mimetype"].decode() == media_type
    assert "format_changed" in result.kinds


def test_what_goes_of_a_flat_file_is_told_once():
    macro = '<office:scripts><office:script script:language="ooo:Basic"/></office:scripts>'
    findings = clean(flat(inner=macro)).cleaned.findings
    assert [(f.kind.value, f.count) for f in findings if f.kind.value == "macro"] == [("macro", 1)]


def test_a_hidden_sheet_stays_and_is_noted():
    hidden = (
        '<style:style style:name="ta1" style:family="table"><style:table-properties '
        'table:display="false"/></style:style>'
    )
    data = sheet(after='<table:table table:name="隠し" table:style-name="ta1"/>', automatic=hidden)
    result = clean(data)
    assert hidden in result.parts["content.xml"].decode()
    assert ("hidden_text", "noted") in {
        (f.kind.value, f.action.value) for f in result.cleaned.findings
    }
