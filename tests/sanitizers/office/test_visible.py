"""What people see and use stays: text, values, formulas, comments, charts, links by policy."""

import pytest

from sanitizers.model import Cleaned
from tests.sanitizers.office.packages import (
    BOOK,
    DECK,
    DOCUMENT,
    OFFICE,
    SHEET,
    SLIDE,
    XDR,
    A,
    C,
    P,
    Package,
    R,
    W,
    X,
    book,
    clean,
    deck,
    paragraph,
    row,
    shape,
    word,
)

TEXT = "令和八年度㈱髙橋①ｶﾅ𠮟"


def document(body: str) -> bytes:
    """The main part of a cleaned document."""
    return clean(word(body).bytes()).parts[DOCUMENT]


def sheet(rows: str = "", **more: str) -> str:
    """The sheet of a cleaned workbook."""
    return clean(book(rows, **more).bytes()).parts[SHEET].decode()


WORD_TEXT = {
    "text": paragraph(TEXT),
    "table": f"<w:tbl><w:tblPr/><w:tblGrid/><w:tr><w:tc>{paragraph(TEXT)}</w:tc></w:tr></w:tbl>",
    "ruby": "<w:p><w:r><w:ruby><w:rubyPr><w:hps w:val=\"10\"/></w:rubyPr><w:rt><w:r>"
            f"<w:t>{TEXT}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>漢字</w:t></w:r></w:rubyBase>"
            "</w:ruby></w:r></w:p>",
    "inserted text": f'<w:p><w:ins w:id="1" w:author="山田" w:date="2026-04-01T00:00:00Z"><w:r>'
                     f"<w:t>{TEXT}</w:t></w:r></w:ins></w:p>",
    "deleted text": f'<w:p><w:del w:id="1" w:author="山田"><w:r><w:delText>{TEXT}</w:delText>'
                    "</w:r></w:del></w:p>",
    "content control": f"<w:sdt><w:sdtPr><w:text/></w:sdtPr><w:sdtContent>{paragraph(TEXT)}"
                       "</w:sdtContent></w:sdt>",
    "custom XML around it": f'<w:customXml w:element="e" w:uri="u">{paragraph(TEXT)}</w:customXml>',
    "smart tag around it": f'<w:p><w:smartTag w:element="e"><w:r><w:t>{TEXT}</w:t></w:r>'
                           "</w:smartTag></w:p>",
    "result of a field that fetches": '<w:p><w:fldSimple w:instr=" INCLUDETEXT x "><w:r>'
                                      f"<w:t>{TEXT}</w:t></w:r></w:fldSimple></w:p>",
    "button's label": '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>'
                      f" MACROBUTTON NoMacro {TEXT}</w:instrText></w:r>"
                      '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>',
    "fallback": '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="z" xmlns:z="urn:z"><w:t>a'
                f"</w:t></mc:Choice><mc:Fallback><w:t>{TEXT}</w:t></mc:Fallback>"
                "</mc:AlternateContent></w:r></w:p>",
    "hidden text": f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>{TEXT}</w:t></w:r></w:p>",
    "text box of VML": f"<w:p><w:r><w:pict><v:rect><v:textbox><w:txbxContent>{paragraph(TEXT)}"
                       "</w:txbxContent></v:textbox></v:rect></w:pict></w:r></w:p>",
    "choice of a list": '<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="'
                        f'{TEXT}" w:value="1"/></w:dropDownList></w:sdtPr><w:sdtContent>'
                        f"{paragraph('字')}</w:sdtContent></w:sdt>",
    "formula": '<w:p><m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">'
               f"<m:r><m:t>{TEXT}</m:t></m:r></m:oMath></w:p>",
}  # fmt: skip


@pytest.mark.parametrize("what", WORD_TEXT)
def test_text_of_a_document_stays(what):
    assert TEXT in document(WORD_TEXT[what]).decode()


@pytest.mark.parametrize(
    ("kind", "root", "use"),
    [
        ("header", "hdr", '<w:sectPr><w:headerReference w:type="default" r:id="rId7"/></w:sectPr>'),
        ("footer", "ftr", '<w:sectPr><w:footerReference w:type="default" r:id="rId7"/></w:sectPr>'),
    ],
)
def test_headers_and_footers_stay(kind, root, use):
    made = word(f"<w:p><w:pPr>{use}</w:pPr></w:p>").relate(DOCUMENT, "rId7", kind, "h.xml")
    made.add("word/h.xml", f'<w:{root} xmlns:w="{W}">{paragraph(TEXT)}</w:{root}>')
    assert TEXT in clean(made.bytes()).parts[f"word/{kind}1.xml"].decode()


@pytest.mark.parametrize(
    ("kind", "element", "use"),
    [
        ("footnotes", "footnote", '<w:footnoteReference w:id="2"/>'),
        ("endnotes", "endnote", '<w:endnoteReference w:id="2"/>'),
        ("comments", "comment", '<w:commentReference w:id="2"/>'),
    ],
)
def test_notes_and_comments_stay_with_their_marks(kind, element, use):
    made = word(f"<w:p><w:r>{use}</w:r></w:p>").relate(DOCUMENT, "rId7", kind, "n.xml")
    note = f'<w:{element} w:id="2" w:author="山田">{paragraph(TEXT)}</w:{element}>'
    note = note if element == "comment" else note.replace(' w:author="山田"', "")
    made.add("word/n.xml", f'<w:{kind} xmlns:w="{W}">{note}</w:{kind}>')
    parts = clean(made.bytes()).parts
    assert TEXT in parts[f"word/{kind}.xml"].decode()
    assert use in parts[DOCUMENT].decode()


def test_styles_and_numbering_stay():
    made = word(
        '<w:p><w:pPr><w:pStyle w:val="見出し1"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
        "</w:p>"
    )
    made.relate(DOCUMENT, "rId7", "styles", "styles.xml")
    made.relate(DOCUMENT, "rId8", "numbering", "numbering.xml")
    made.add(
        "word/styles.xml",
        f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="見出し1">'
        '<w:name w:val="heading 1"/><w:rPr><w:sz w:val="32"/></w:rPr></w:style></w:styles>',
    )
    made.add(
        "word/numbering.xml",
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0">'
        '<w:lvlText w:val="第%1条"/></w:lvl></w:abstractNum><w:num w:numId="1">'
        '<w:abstractNumId w:val="0"/></w:num></w:numbering>',
    )
    parts = clean(made.bytes()).parts
    assert '<w:sz w:val="32"/>' in parts["word/styles.xml"].decode()
    assert "第%1条" in parts["word/numbering.xml"].decode()
    assert '<w:pStyle w:val="見出し1"/>' in parts[DOCUMENT].decode()


@pytest.mark.parametrize("code", ["PAGE", "TOC \\o &quot;1-3&quot;", "SEQ 図", "REF a \\h"])
def test_fields_that_only_count_or_point_stay(code):
    body = f'<w:p><w:fldSimple w:instr=" {code} "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>'
    assert code.split(maxsplit=1)[0] in document(body).decode()


def linked() -> bytes:
    """A document with a link."""
    made = word('<w:p><w:hyperlink r:id="rId8"><w:r><w:t>市役所</w:t></w:r></w:hyperlink></w:p>')
    return made.relate(
        DOCUMENT, "rId8", "hyperlink", "https://www.city.example/?a=1&b=2", external=True
    ).bytes()


def test_a_link_stays_where_the_profile_keeps_links():
    result = clean(linked(), links="keep")
    assert b'Target="https://www.city.example/?a=1&amp;b=2"' in result.everything
    assert b'<w:hyperlink r:id="rId1">' in result.parts[DOCUMENT]


def test_a_link_leaves_its_label_otherwise():
    result = clean(linked())
    assert b"city.example" not in result.everything
    assert "市役所" in result.parts[DOCUMENT].decode()
    assert "link" in result.kinds


CELLS = {
    "number": '<c r="A1"><v>0.1</v></c>',
    "text in the cell": f'<c r="A1" t="inlineStr"><is><t>{TEXT}</t></is></c>',
    "formula with value": '<c r="A1"><f>SUM(B1:B9)*VLOOKUP("a",C:D,2,0)</f><v>42</v></c>',
    "text of a formula": f'<c r="A1" t="str"><f>A2&amp;"様"</f><v>{TEXT}</v></c>',
    "error": '<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    "truth": '<c r="A1" t="b"><v>1</v></c>',
    "later function": '<c r="A1"><f>_xlfn.XLOOKUP(1,A:A,B:B)</f><v>7</v></c>',
    "array": '<c r="A1"><f t="array" ref="A1:A2">TRANSPOSE(B1:C1)</f><v>1</v></c>',
    "shared formula": '<c r="A1"><f t="shared" ref="A1:A9" si="0">B1+1</f><v>2</v></c>',
    "columns of a table": '<c r="A1"><f>SUM(Table1[Amount (yen)])</f><v>2</v></c>',
    "link within the book": '<c r="A1"><f>HYPERLINK("#集計!A1","先頭")</f><v>先頭</v></c>',
}  # fmt: skip


@pytest.mark.parametrize("what", CELLS)
def test_cells_stay(what):
    assert CELLS[what] in sheet(row(CELLS[what]))


@pytest.mark.parametrize(
    "after",
    [
        '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>',
        '<conditionalFormatting sqref="A1:A9"><cfRule type="cellIs" priority="1" '
        'operator="greaterThan"><formula>100</formula></cfRule></conditionalFormatting>',
        '<dataValidations count="1"><dataValidation type="list" allowBlank="1" sqref="B1">'
        '<formula1>"可,否"</formula1></dataValidation></dataValidations>',
        '<headerFooter><oddHeader>&amp;C町の予算</oddHeader></headerFooter>',
        '<autoFilter ref="A1:C9"/>',
        '<phoneticPr fontId="1"/>',
        '<hyperlinks><hyperlink ref="A1" location="集計!B2" display="表"/></hyperlinks>',
        '<pageSetup paperSize="9" orientation="landscape"/>',
    ],
)  # fmt: skip
def test_settings_of_a_sheet_stay(after):
    element = after.partition(" ")[0].rstrip(">").partition(">")[0]
    assert element in sheet(after=after)


def test_shared_strings_keep_their_reading():
    made = book(row('<c r="A1" t="s"><v>0</v></c>'))
    made.relate(BOOK, "rId4", "sharedStrings", "sharedStrings.xml")
    item = f'<si><t>{TEXT}</t><rPh sb="0" eb="2"><t>レイワ</t></rPh><phoneticPr fontId="1"/></si>'
    made.add("xl/sharedStrings.xml", f'<sst xmlns="{X}">{item}</sst>')
    assert item in clean(made.bytes()).parts["xl/sharedStrings.xml"].decode()


def test_names_number_formats_tables_and_comments_stay():
    made = book(
        row('<c r="A1" s="0"><v>45000</v></c>'),
        workbook='<definedNames><definedName name="予算額">集計!$A$1</definedName></definedNames>',
        after='<tableParts count="1"><tablePart r:id="rId3"/></tableParts>',
    )
    made.relate(BOOK, "rId4", "styles", "styles.xml")
    made.add(
        "xl/styles.xml",
        f'<styleSheet xmlns="{X}"><numFmts count="1"><numFmt numFmtId="176" '
        'formatCode="[$-411]ggge&quot;年&quot;m&quot;月&quot;"/></numFmts>'
        '<cellXfs count="1"><xf numFmtId="176"/></cellXfs></styleSheet>',
    )
    made.relate(SHEET, "rId3", "table", "../tables/table1.xml")
    made.add(
        "xl/tables/table1.xml",
        f'<table xmlns="{X}" id="1" name="表1" displayName="表1" ref="A1:B2">'
        '<tableColumns count="1">'
        '<tableColumn id="1" name="金額"/></tableColumns></table>',
    )
    made.relate(SHEET, "rId5", "comments", "../comments1.xml")
    made.add(
        "xl/comments1.xml",
        f'<comments xmlns="{X}"><authors><author>山田</author></authors><commentList>'
        f'<comment ref="A1" authorId="0"><text><t>{TEXT}</t></text></comment>'
        "</commentList></comments>",
    )
    parts = {name: data.decode() for name, data in clean(made.bytes()).parts.items()}
    assert '<definedName name="予算額">集計!$A$1</definedName>' in parts["xl/workbook.xml"]
    assert "[$-411]ggge&quot;年&quot;m&quot;月&quot;" in parts["xl/styles.xml"]
    assert 'name="金額"' in parts["xl/tables/table1.xml"]
    assert TEXT in parts["xl/comments1.xml"]
    assert "<x:Row>0</x:Row><x:Column>0</x:Column>" in parts["xl/drawings/vmlDrawing1.vml"]


def charted(plot: str) -> str:
    """The chart of a cleaned deck, whose plot area holds `plot`."""
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name=""/><p:cNvGraphicFramePr/>'
        '<p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="1" cy="1"/></p:xfrm>'
        "<a:graphic>"
        f'<a:graphicData uri="{C}"><c:chart xmlns:c="{C}" r:id="rId6"/></a:graphicData></a:graphic>'
        "</p:graphicFrame>"
    )
    made = deck(frame).relate(SLIDE, "rId6", "chart", "../charts/chart1.xml")
    made.add(
        "ppt/charts/chart1.xml",
        f'<c:chartSpace xmlns:c="{C}" xmlns:a="{A}"><c:chart><c:plotArea>{plot}</c:plotArea>'
        "</c:chart></c:chartSpace>",
    )
    return clean(made.bytes()).parts["ppt/charts/chart1.xml"].decode()


def test_a_chart_stays_with_its_cached_values():
    chart = charted(
        "<c:barChart><c:ser><c:val><c:numRef><c:f>Sheet1!$B$2</c:f><c:numCache>"
        '<c:ptCount val="1"/><c:pt idx="0"><c:v>4.3</c:v></c:pt></c:numCache></c:numRef></c:val>'
        "</c:ser></c:barChart>"
    )
    assert "<c:f>Sheet1!$B$2</c:f>" in chart
    assert "<c:v>4.3</c:v>" in chart


def test_axes_keep_their_partners_under_numbers_of_our_own():
    chart = charted(
        '<c:barChart><c:axId val="52001187"/><c:axId val="77310043"/></c:barChart>'
        '<c:catAx><c:axId val="52001187"/><c:crossAx val="77310043"/></c:catAx>'
        '<c:valAx><c:axId val="77310043"/><c:crossAx val="52001187"/></c:valAx>'
    )
    assert '<c:catAx><c:axId val="1"/><c:crossAx val="2"/></c:catAx>' in chart
    assert '<c:valAx><c:axId val="2"/><c:crossAx val="1"/></c:valAx>' in chart


def test_slides_keep_text_tables_and_notes():
    made = deck(shape(TEXT)).relate(SLIDE, "rId7", "notesSlide", "../notesSlides/notesSlide1.xml")
    made.add(
        "ppt/notesSlides/notesSlide1.xml",
        f'<p:notes xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{R}"><p:cSld><p:spTree><p:nvGrpSpPr>'
        '<p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        f"{shape('発表者' + TEXT)}</p:spTree></p:cSld></p:notes>",
        OFFICE + "presentationml.notesSlide+xml",
    )
    parts = clean(made.bytes()).parts
    assert TEXT in parts[SLIDE].decode()
    assert "発表者" + TEXT in parts["ppt/notesSlides/notesSlide1.xml"].decode()
    assert DECK in parts


def test_a_title_stays_and_nothing_else_of_the_properties():
    made = word().relate(
        "", "rId9",
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
        "docProps/core.xml",
    )  # fmt: skip
    made.add(
        "docProps/core.xml",
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{TEXT}&amp;\n&lt;</dc:title></cp:coreProperties>",
    )
    core = clean(made.bytes()).parts["docProps/core.xml"].decode()
    assert f"<dc:title>{TEXT}&amp; &lt;</dc:title>" in core


@pytest.mark.parametrize(
    ("made", "main", "output"),
    [
        (word, "application/vnd.ms-word.document.macroEnabled", "wordprocessingml.document"),
        (
            word,
            "application/vnd.ms-word.template.macroEnabledTemplate",
            "wordprocessingml.template",
        ),
        (word, OFFICE + "wordprocessingml.template", "wordprocessingml.template"),
        (book, "application/vnd.ms-excel.sheet.macroEnabled", "spreadsheetml.sheet"),
        (book, "application/vnd.ms-excel.template.macroEnabled", "spreadsheetml.template"),
        (deck, "application/vnd.ms-powerpoint.presentation.macroEnabled",
         "presentationml.presentation"),
        (deck, OFFICE + "presentationml.slideshow", "presentationml.slideshow"),
        (deck, OFFICE + "presentationml.template", "presentationml.template"),
    ],
)  # fmt: skip
def test_macro_forms_become_the_plain_ones(made, main, output):
    result = clean(made(main=main + ".main+xml").bytes())
    assert result.cleaned.media_type == OFFICE + output
    assert isinstance(result.cleaned, Cleaned)
    assert ("format_changed" in result.kinds) == (main != OFFICE + output)


PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02"
    b"\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
VML = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shape id="_x0000_s1025">'
    '<v:imagedata o:relid="rId1"/><x:ClientData ObjectType="Pict"><x:Anchor>\n'
    " 1, 2, 3, 4, 5, 6, 7, 8</x:Anchor></x:ClientData></v:shape></xml>"
)


def with_vml(made: Package, source: str, folder: str) -> bytes:
    """An embedded object whose picture lies in a VML drawing."""
    made.relate(source, "rId8", "oleObject", "../embeddings/o.bin")
    made.relate(source, "rId9", "vmlDrawing", "../drawings/v.vml")
    made.relate(f"{folder}/drawings/v.vml", "rId1", "image", "../media/i.png")
    made.add(f"{folder}/embeddings/o.bin", b"object").add(f"{folder}/drawings/v.vml", VML)
    return made.add(f"{folder}/media/i.png", PICTURE).bytes()


OBJECTS = '<oleObjects><oleObject progId="a" shapeId="1025" r:id="rId8"/></oleObjects>'


def test_the_picture_of_an_object_in_a_sheet_stays_in_its_place():
    parts = clean(with_vml(book(after=OBJECTS), SHEET, "xl")).parts
    drawing = parts["xl/drawings/drawing1.xml"].decode()
    assert "<xdr:col>1</xdr:col><xdr:colOff>19050</xdr:colOff><xdr:row>3</xdr:row>" in drawing
    assert '<drawing r:id="rId1"/>' in parts[SHEET].decode()
    assert parts["xl/media/image1.png"].startswith(b"\x89PNG")


def test_the_picture_of_an_object_joins_the_drawing_of_its_sheet():
    made = book(after=f'<drawing r:id="rId7"/>{OBJECTS}')
    made.relate(SHEET, "rId7", "drawing", "../drawings/drawing5.xml")
    made.add("xl/drawings/drawing5.xml", f'<xdr:wsDr xmlns:xdr="{XDR}"/>')
    parts = clean(with_vml(made, SHEET, "xl")).parts
    assert b'<a:blip r:embed="rId1"/>' in parts["xl/drawings/drawing1.xml"]


def test_the_picture_of_an_object_in_an_old_slide_stays():
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name=""/><p:cNvGraphicFramePr/>'
        '<p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="11" y="12"/><a:ext cx="13" cy="14"/>'
        "</p:xfrm>"
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/presentationml/2006/ole">'
        '<p:oleObj spid="_x0000_s1025" r:id="rId8" progId="a"><p:embed/></p:oleObj></a:graphicData>'
        "</a:graphic></p:graphicFrame>"
    )
    slide = clean(with_vml(deck(frame), SLIDE, "ppt")).parts[SLIDE].decode()
    assert '<a:off x="11" y="12"/><a:ext cx="13" cy="14"/>' in slide
    assert "r:embed=" in slide
    assert "oleObj" not in slide


def test_a_style_stays_with_those_that_it_is_based_on():
    made = word('<w:p><w:pPr><w:pStyle w:val="b"/></w:pPr></w:p>')
    made.relate(DOCUMENT, "rId7", "styles", "styles.xml")
    made.add(
        "word/styles.xml",
        f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="a"><w:name w:val="基"/>'
        '</w:style><w:style w:type="paragraph" w:styleId="b"><w:basedOn w:val="a"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="c"/></w:styles>',
    )
    styles = clean(made.bytes()).parts["word/styles.xml"].decode()
    assert 'w:styleId="a"' in styles
    assert 'w:styleId="b"' in styles
    assert 'w:styleId="c"' not in styles


def test_a_template_keeps_all_its_styles():
    made = word(main=OFFICE + "wordprocessingml.template.main+xml")
    made.relate(DOCUMENT, "rId7", "styles", "styles.xml")
    made.add(
        "word/styles.xml",
        f'<w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="c"/></w:styles>',
    )
    assert b'w:styleId="c"' in clean(made.bytes()).parts["word/styles.xml"]


@pytest.mark.parametrize(
    ("written_by", "named"),
    [
        ("Microsoft Excel", "Microsoft Excel"),
        (" Microsoft Macintosh Excel ", "Microsoft Excel"),
        ("LibreOffice/7.4.7.2$Linux_X86_64", "LibreOffice"),
        ("山田のプログラム", "LibreOffice"),
        ("", "LibreOffice"),
    ],
)
def test_heights_of_rows_stay_for_the_program_that_set_them(written_by, named):
    base = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"
    source = book().add(
        "docProps/app.xml",
        f'<Properties xmlns="{base}"><Application>{written_by}</Application></Properties>',
        "application/vnd.openxmlformats-officedocument.extended-properties+xml",
    )
    source.relate("", "rId9", "extended-properties", "docProps/app.xml")
    written = clean(source.bytes()).parts["docProps/app.xml"].decode()
    assert f"<Application>{named}</Application>" in written


NOTE_BOXES = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel">'
    '<v:shape style="visibility:visible;x:y"><v:textbox>箱の中の字</v:textbox>'
    '<x:ClientData ObjectType="Note"><x:Anchor>\n 2, 11, 0, 2, 9, 0, 8, 7</x:Anchor>'
    "<x:Row>0</x:Row><x:Column>0</x:Column>{}</x:ClientData></v:shape>"
    '<v:shape><x:ClientData ObjectType="Button"><x:FmlaMacro>[0]!m</x:FmlaMacro>'
    "<x:Anchor>1</x:Anchor></x:ClientData></v:shape></xml>"
)


@pytest.mark.parametrize(
    ("flag", "opened"),
    [("<x:Visible/>", True), ("<x:Visible>False</x:Visible>", False), ("", False)],
)
def test_a_comment_that_is_always_shown_is_shown_where_it_was(flag, opened):
    made = book()
    made.relate(SHEET, "rId5", "comments", "../comments1.xml")
    made.relate(SHEET, "rId6", "vmlDrawing", "../drawings/v.vml")
    made.add("xl/drawings/v.vml", NOTE_BOXES.format(flag))
    made.add(
        "xl/comments1.xml",
        f'<comments xmlns="{X}"><authors><author>山田</author></authors><commentList>'
        f'<comment ref="A1" authorId="0"><text><t>{TEXT}</t></text></comment>'
        "</commentList></comments>",
    )
    drawing = clean(made.bytes()).parts["xl/drawings/vmlDrawing1.vml"].decode()
    assert "<x:Anchor>2,11,0,2,9,0,8,7</x:Anchor>" in drawing
    assert ("visibility:visible" in drawing, "<x:Visible/>" in drawing) == (opened, opened)
    assert "箱の中" not in drawing
    assert "FmlaMacro" not in drawing
