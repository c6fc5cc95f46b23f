"""The verifier of OpenDocument refuses what the writer would never write."""

import io
import zipfile
from xml.sax.saxutils import quoteattr

import pytest

from sanitizers.office import _odf_names as written
from sanitizers.verify import Rejected, _odf_names, _odf_values
from sanitizers.verify.opendocument import (
    GraphicsVerifier,
    PresentationVerifier,
    SpreadsheetVerifier,
    TextVerifier,
)
from tests.sanitizers.office.opendocuments import (
    FORMULA,
    ODT,
    PNG,
    box,
    chart,
    drawing,
    embed,
    frame,
    meta,
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

DATE = (1980, 1, 1, 0, 0, 0)
SETTING = (
    '<config:config-item-set config:name="ooo:view-settings"><config:config-item '
    'config:name="VisibleAreaTop" config:type="int">5</config:config-item>'
    "</config:config-item-set>"
)
FILES = {
    "Pictures/a.png": PNG,
    "Object 1/content.xml": chart(),
    "Object 1/styles.xml": styles(),
    "Object 2/content.xml": FORMULA.format(""),
    "styles.xml": styles(),
    "settings.xml": settings(SETTING),
    "meta.xml": meta("<meta:generator>LibreOffice/7.4</meta:generator><dc:title>題</dc:title>"),
}


@pytest.fixture(autouse=True, scope="module")
def _warm():
    TextVerifier.warm()


def parts() -> dict[str, bytes]:
    """The files of a cleaned text with everything in it."""
    body = (
        picture()
        + placed(embed("object", "./Object 1"))
        + placed(embed("object", "./Object 2"))
        + '<text:p><text:a xlink:href="https://a.example/" xlink:type="simple">字</text:a></text:p>'
    )
    return clean(text(body, FILES), links="keep").parts


def packed(files: dict[str, bytes], *, deflate_type: bool = False) -> bytes:
    """A ZIP in the form of our writer."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, DATE)
            stored = name == "mimetype" and not deflate_type
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            info.create_system = 0
            info.external_attr = 0
            archive.writestr(info, data)
    return out.getvalue()


def verify(files: dict[str, bytes], verifier=TextVerifier, **how: bool) -> None:
    verifier().verify(memoryview(packed(files, **how)))


def with_xml(
    xml: str, name: str = "content.xml", before: str = "</office:text>"
) -> dict[str, bytes]:
    """The files with `xml` in one of them."""
    files = parts()
    assert before.encode() in files[name]
    files[name] = files[name].replace(before.encode(), (xml + before).encode(), 1)
    return files


def test_what_the_writer_writes_is_accepted():
    verify(parts())


@pytest.mark.parametrize(
    ("make", "own"),
    [(text, TextVerifier), (sheet, SpreadsheetVerifier), (slides, PresentationVerifier),
     (drawing, GraphicsVerifier)],
)  # fmt: skip
def test_each_kind_has_a_verifier_that_takes_no_other(make, own):
    files = clean(make()).parts
    for verifier in (TextVerifier, SpreadsheetVerifier, PresentationVerifier, GraphicsVerifier):
        if verifier is own:
            verify(files, verifier)
        else:
            with pytest.raises(Rejected):
                verify(files, verifier)


INSERTED = [
    "<!-- a -->", "<?a b?>", "text", "<![CDATA[a]]>",
    "<text:script/>", "<text:execute-macro/>", "<text:dde-connection/>", "<text:hidden-text/>",
    "<text:database-display/>", "<text:section><text:section-source/></text:section>",
    "<office:event-listeners/>", "<office:forms/>", "<office:scripts/>", "<office:binary-data/>",
    "<draw:object-ole/>", "<draw:plugin/>", "<draw:applet/>", "<draw:floating-frame/>",
    "<draw:control/>", "<presentation:sound/>", "<anim:command/>", "<anim:audio/>",
    "<table:cell-range-source/>", "<table:dde-links/>", "<table:error-macro/>", "<dc:title/>",
    "<office:body/>", "<office:document-content/>", "<office:settings/>",
    '<config:config-item-set config:name="Views"/>',
    '<text:p text:onclick="a"/>', '<text:p canary="a"/>', '<text:p href="a"/>',
    '<text:p xmlns:z="urn:z"/>', '<z:p xmlns:z="urn:z"/>',
    '<text:p xmlns:s="urn:oasis:names:tc:opendocument:xmlns:script:1.0"/>',
    '<text:p xlink:href="https://a.example/"/>',
    '<text:a xlink:href="file:///a"/>', '<text:a xlink:href="vnd.sun.star.script:a"/>',
    '<text:a xlink:href="javascript:a"/>', '<text:a xlink:href="../a.odt"/>',
    '<text:a xlink:href="https://a.example/&lt;"/>', '<text:a xlink:type="extended"/>',
    '<draw:frame><draw:image xlink:href="https://a.example/a.png"/></draw:frame>',
    '<draw:frame><draw:image xlink:href="Pictures/9.png"/></draw:frame>',
    '<draw:frame><draw:image xlink:href="../Pictures/1.png"/></draw:frame>',
    '<draw:frame><draw:object xlink:href="./Object 9"/></draw:frame>',
    '<draw:frame><draw:object xlink:href="https://a.example/"/></draw:frame>',
    '<draw:frame draw:name="Canary"/>', '<text:p xml:id="Canary"/>', '<text:p xml:id="id0"/>',
    '<draw:equation draw:name="Canary"/>', '<draw:frame draw:z-index="http://a.example/"/>',
    '<draw:frame svg:width="&#233;"/>', '<draw:path svg:d="M 0 0 &quot;"/>',
    '<table:table><table:table-row><table:table-cell table:formula="of:=WEBSERVICE(1)"/>'
    "</table:table-row></table:table>",
    "<text:p><office:annotation><dc:date>Canary</dc:date></office:annotation></text:p>",
    "<text:p><office:annotation><dc:date/></office:annotation></text:p>",
    "<text:section>" * 300 + "</text:section>" * 300,
]  # fmt: skip


@pytest.mark.parametrize("xml", INSERTED)
def test_xml_that_could_act_or_is_not_known_is_rejected(xml):
    with pytest.raises(Rejected):
        verify(with_xml(xml))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("mimetype", b"text", b"text-template"),
        ("mimetype", b"text", b"text\n"),
        ("content.xml", b"<office:document-content",
         b'<!DOCTYPE a [<!ENTITY e "a">]><office:document-content'),
        ("content.xml", b"document-content", b"document-styles"),
        ("content.xml", b'office:version="1.3"', b'office:version="9"'),
        ("content.xml", "字".encode(), b"\xff\xfe"),
        ("content.xml", b"office:text>", b"office:chart>"),
        ("content.xml", b"</office:body>", b"</office:body><office:automatic-styles/>"),
        ("content.xml", b"</office:text>", b"</office:text><office:text/>"),
        ("styles.xml", b"<office:styles/>", b"<office:body/><office:styles/>"),
        ("styles.xml", b"document-styles", b"document-content"),
        ("Object 1/content.xml", b'xlink:href=".."', b'xlink:href="https://a.example/"'),
        ("Object 1/content.xml", b"office:chart>", b"office:text>"),
        ("Object 2/content.xml", b"<math:mn>", b"<text:p/><math:mn>"),
        ("Object 2/content.xml", b"<math:mn>", b'<math:mn href="a">'),
        ("settings.xml", b"VisibleAreaTop", b"PrinterName"),
        ("settings.xml", b'"int">5', b'"int">a'),
        ("settings.xml", b'"int">5', b'"base64Binary">5'),
        ("settings.xml", b"ooo:view-settings", b"canary"),
        ("settings.xml", b"<config:config-item ", b"<text:p/><config:config-item "),
        ("settings.xml", b"<config:config-item ", b'<config:config-item z="a" '),
        ("meta.xml", b"<dc:title>", b"<dc:creator>a</dc:creator><dc:title>"),
        ("meta.xml", b"LibreOffice/7.4", b"Canary/7.4"),
        ("meta.xml", "題".encode(), "題".encode() * 300),
        ("META-INF/manifest.xml", b"</manifest:manifest>",
         b'<manifest:file-entry manifest:full-path="a" manifest:media-type="b"/>'
         b"</manifest:manifest>"),
        ("META-INF/manifest.xml", b"image/png", b"image/gif"),
        ("META-INF/manifest.xml", b"opendocument.chart", b"opendocument.text"),
        ("META-INF/manifest.xml", b'full-path="styles.xml"', b'full-path="other.xml"'),
        ("META-INF/manifest.xml", b"<manifest:manifest", b"<!-- a --><manifest:manifest"),
        ("META-INF/manifest.xml", b"/>", b"><manifest:encryption-data/></manifest:file-entry>"),
    ],
)  # fmt: skip
def test_another_form_of_a_file_is_rejected(name, old, new):
    files = parts()
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    with pytest.raises(Rejected):
        verify(files)


@pytest.mark.parametrize(
    "name",
    ["Basic/Standard/Module1.xml", "Scripts/a.py", "Thumbnails/thumbnail.png", "manifest.rdf",
     "Pictures/2.png", "Pictures/a.png", "Pictures/1.exe", "Object 3/content.xml",
     "Object 3/styles.xml", "Configurations2/a.xml", "META-INF/documentsignatures.xml",
     "Object 1/meta.xml", "ObjectReplacements/Object 1", "layout-cache", "Pictures/"],
)  # fmt: skip
def test_a_file_that_nothing_asks_for_is_rejected(name):
    source = {"png": "Pictures/1.png", "xml": "Object 1/content.xml"}.get(name[-3:], "")
    files = parts()
    with pytest.raises(Rejected):
        verify({**files, name: files.get(source, b"")})


@pytest.mark.parametrize("name", ["content.xml", "meta.xml", "META-INF/manifest.xml", "mimetype",
                                  "Pictures/1.png", "Object 1/content.xml"])  # fmt: skip
def test_a_file_that_is_missing_is_rejected(name):
    files = parts()
    del files[name]
    with pytest.raises(Rejected):
        verify(files)


def test_the_type_must_stand_first_and_unpacked():
    files = parts()
    with pytest.raises(Rejected):
        verify(files, deflate_type=True)
    with pytest.raises(Rejected):
        verify({**{k: v for k, v in files.items() if k != "mimetype"}, "mimetype": ODT.encode()})


def test_a_picture_with_bytes_behind_it_is_rejected():
    files = parts()
    files["Pictures/1.png"] += b"canary"
    with pytest.raises(Rejected):
        verify(files)


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06" + b"\0" * 18, b"\0" * 500])
def test_what_is_no_package_is_rejected(data):
    with pytest.raises(Rejected):
        TextVerifier().verify(memoryview(data))


@pytest.mark.parametrize("cut", [1, 30, 500])
def test_bytes_too_few_or_too_many_are_rejected(cut):
    data = packed(parts())
    for changed in (data[:-cut], data + b"\0" * cut, b"\0" * cut + data):
        with pytest.raises(Rejected):
            TextVerifier().verify(memoryview(changed))


GOOD = [
    "of:=SUM([.A1:.B2];3)", "of:=[$'令和8年度 予算'.A1]*1.1", "of:=COM.MICROSOFT.CONCAT([.A1])",
    'of:=IF([.A1]="http://a.example/";1;0)', "of:=売上-SUM([.A1])", "of:=[.#REF!]+1", "=1+1",
    "oooc:=SUM([.A1:.B2])", "ooow:page+1",
]  # fmt: skip
BAD = [
    'of:=WEBSERVICE("a")', 'of:=DDE("a";"b";"c")', 'of:=HYPERLINK("#a";1)', "of:=INFO(1)",
    "of:=['file:///a.ods'#$a.A1]", "of:=[a#$b.A1]", "of:=[1]a!A1", "x:=1", "of:=cmd|'/c'!A1",
    "of:=自作([.A1])", "of:=http://a", 'of:="a', "of:=" + "1" * 9_000, "of:=SUM@A1", "of:=`a`",
    "msoxl:=1", "of:=_xlfn.FILTERXML(1)",
]  # fmt: skip


@pytest.mark.parametrize("formula", GOOD)
def test_formulas_of_this_file_are_accepted(formula):
    _odf_values.formula(formula)


@pytest.mark.parametrize("formula", BAD)
def test_formulas_that_fetch_are_rejected(formula):
    with pytest.raises(Rejected):
        _odf_values.formula(formula)
    with pytest.raises(Rejected):
        _odf_values.condition(formula)


@pytest.mark.parametrize(
    "condition",
    ["cell-content()>5", "of:cell-content-is-in-list(&quot;)", "value()>=0", "begins-with(1)",
     "of:is-true-formula([.A1]>1)", ">100"],
)  # fmt: skip
def test_conditions_are_accepted(condition):
    _odf_values.condition(condition.replace("&quot;", ""))


def test_the_verifier_knows_what_the_writer_writes_and_nothing_that_acts():
    for prefix, words in written.ELEMENTS.items():
        assert set(words.split()) <= set(_odf_names.ELEMENTS[prefix].split()), prefix
    for prefix, words in written.PLAIN.items():
        assert set(words.split()) <= set(_odf_names.PLAIN[prefix].split()), prefix
    everything = " ".join(_odf_names.ELEMENTS.values()).split()
    assert not {
        "script", "scripts", "event-listener", "event-listeners", "forms", "object-ole", "plugin",
        "applet", "floating-frame", "dde-source", "section-source", "binary-data", "command",
        "audio", "sound", "database", "control", "image-map", "execute-macro",
    } & set(everything)  # fmt: skip


#: Values at the edges of what the writer's checks let through.
TRICKY = (
    "", " ", "a", "1", "１", "-0.5cm", "1e-300", "true", "left top", "rect(1cm,auto,2cm,3cm)",
    "(1cm 2cm)", "(1 2 3) (4 5 6)", "#a1B2c3", "PT1H2M3S", "2026-04-01T09:00:00.5", "ja-JP",
    "Zyyy", "M 0 0 L 10,10 ZM1 1Z N", "?f0 $1", "sin(?f1 *(pi/180))", "x+0.5;y",
    "id1.begin+0.5s", "ooxml-rect", "rectangular-callout", "集計.A1:集計.B2", "$'令和 8'.$A$1",
    "(集計.A1)", "of:=SUM([.A1])", 'of:=""&[.A1]', "cell-content()>5", "#第1章", "a\tb", "a\nb",
    "漢字\"<>&'", "\x7f", "a\x85", "|", "\\", "://", "http://a/", "'a'", "a'b", "`", "@", "(",
    "[", "[1]", "#", "of:=", "1" * 39, "a" * 255, "漢" * 60, "of:=" + "+".join("1" * 4_090),
    "1 " * 1_999, "; ,", "||", "&&",
)  # fmt: skip


@pytest.mark.parametrize("element", ["text:p", "math:mi", "draw:page"])
def test_whatever_value_the_writer_keeps_the_verifier_accepts(element):
    names = [f"{p}:{w}" for p, words in written.PLAIN.items() if p != "math" for w in words.split()]
    names += [word for words in written.KINDS.values() for word in words.split()]
    names.remove("xml:id")  # libxml2 refuses a file whose identifiers are none
    if element == "math:mi":
        names = [*written.PLAIN["math"].split()]
    declared = " ".join(f'xmlns:{p}="{u}"' for p, u in written.NAMESPACES.items())
    body = "".join(f"<{element} {name}={quoteattr(value)}/>" for name in names for value in TRICKY)
    result = clean(text(f"<text:section>{body}</text:section>".replace(
        "<text:section>", f"<text:section {declared}>", 1)))  # fmt: skip
    assert result.parts["content.xml"].count(b"=") > len(names)


def test_slides_and_cells_are_held_to_the_same_tables():
    files = clean(slides(frame(box("字")))).parts
    files["content.xml"] = files["content.xml"].replace(
        b"</draw:page>", b"<presentation:sound/></draw:page>"
    )
    with pytest.raises(Rejected):
        verify(files, PresentationVerifier)
    files = clean(sheet(value("1", "of:=SUM([.A1])"))).parts
    files["content.xml"] = files["content.xml"].replace(b"SUM(", b"DDE(")
    with pytest.raises(Rejected):
        verify(files, SpreadsheetVerifier)
